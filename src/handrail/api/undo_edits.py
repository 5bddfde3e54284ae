"""The pipeline of ``handrail undo-edits``."""

from __future__ import annotations

from collections.abc import Callable

from handrail.domain.dataclasses import replace
from handrail.domain.outcome import CLEAN, Outcome
from handrail.execution.edit_records import EditRecord, Records
from handrail.execution.edits import reversed_edits, undo
from handrail.execution.records import DATABASES, undo_records
from handrail.sources.django_setup import set_up
from handrail.sources.project import Project


def undo_edits(project: Project, *, dry_run: bool = False, confirm: Callable[[Outcome], None]) -> Outcome:
    """Take the last edits back, after showing them."""
    record = Records.of(project.root.resolve()).last()
    edits = reversed_edits(record) if record else ()
    databases = record.details.get(DATABASES, {}) if record else {}
    rows = [f"database {alias}: {len(changed)} records get their old names" for alias, changed in databases.items() if changed]
    if rows:
        set_up(project.root)
    plan = Outcome(command="undo-edits", exit=CLEAN, edits=edits, summary=tuple(rows))
    if dry_run and edits:
        return plan
    if edits:
        confirm(plan)
    restored: dict[str, int] = {}

    def finish(done: EditRecord) -> None:
        restored.update(undo_records(done))

    done = undo(project.root, finish if rows else None)
    followed = [f"database {alias}: {count} records have their old names again" for alias, count in restored.items()]
    return replace(plan, done=True, summary=(f"the files are as they were before handrail {done.command}", *followed))
