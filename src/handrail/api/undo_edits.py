"""The pipeline of ``handrail undo-edits``."""

from __future__ import annotations

from collections.abc import Callable

from handrail.domain.dataclasses import replace
from handrail.domain.outcome import CLEAN, Outcome
from handrail.execution.edit_records import EditRecord, Records
from handrail.execution.edits import reversed_edits, undo
from handrail.execution.records import DATABASES, still_changed, undo_records
from handrail.sources.django_setup import set_up
from handrail.sources.project import Project


def undo_edits(project: Project, *, dry_run: bool = False, confirm: Callable[[Outcome], None]) -> Outcome:
    """Take the last edits back, after showing them; records that followed them get their old names again.

    Every database whose records followed has to be reached before the first file changes.
    """
    record = Records.of(project.root.resolve()).last()
    edits = reversed_edits(record) if record else ()
    rows = _changed_rows(project, record) if record else {}
    said = [f"database {alias}: {count} records get their old names" for alias, count in rows.items() if count]
    plan = Outcome(command="undo-edits", exit=CLEAN, edits=edits, summary=tuple(said))
    if dry_run and edits:
        return plan
    if edits:
        confirm(plan)
    restored: dict[str, int] = {}

    def finish(done: EditRecord) -> None:
        restored.update(undo_records(done))

    done = undo(project.root, finish if rows else None)
    followed = [f"database {alias}: {count} records have their old names again" for alias, count in restored.items() if count]
    return replace(plan, done=True, summary=(f"the files are as they were before handrail {done.command}", *followed))


def _changed_rows(project: Project, record: EditRecord) -> dict[str, int]:
    if not any(record.details.get(DATABASES, {}).values()):
        return {}
    set_up(project.root)
    return still_changed(record)
