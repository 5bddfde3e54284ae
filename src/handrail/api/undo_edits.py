"""The pipeline of ``handrail undo-edits``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from handrail.domain.outcome import CLEAN, Outcome
from handrail.execution.edit_records import Records
from handrail.execution.edits import reversed_edits, undo
from handrail.sources.project import Project


def undo_edits(project: Project, *, dry_run: bool = False, confirm: Callable[[Outcome], None]) -> Outcome:
    """Take the last edits back, after showing them."""
    record = Records.of(project.root.resolve()).last()
    edits = reversed_edits(record) if record else ()
    plan = Outcome(command="undo-edits", exit=CLEAN, edits=edits)
    if dry_run and edits:
        return plan
    if edits:
        confirm(plan)
    done = undo(project.root)
    return replace(plan, done=True, summary=(f"the files are as they were before handrail {done.command}",))
