"""What is said of a run that failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handrail.domain.outcome import STOPPED, Outcome
from handrail.domain.run import Run, StepStatus
from handrail.errors.hr406 import PostMigrateFailed
from handrail.execution.handlers import failed_handler
from handrail.report.base import Form
from handrail.report.text import TextReport

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.runner import Runner

WORDS = {
    StepStatus.FAILED: "failed, and nothing of it is left",
    StepStatus.UNWOUND: "failed, and what was done of it was taken back",
    StepStatus.STOPPED: "stopped, and a part of it is done",
    StepStatus.UNWINDING: "was being taken back",
    StepStatus.RUNNING: "was interrupted",
}
"""What became of a step that is not done."""


def what_became(runner: Runner, error: BaseException) -> Iterator[str]:
    """Say how far a run came that failed; a handler that failed before or after the migrations is told apart from them."""
    handler = failed_handler(error)
    words = " ".join(f"{type(error).__name__}: {error}".split())
    if handler is None or (handler.signal == "post_migrate" and not runner.is_migrated):
        yield from summary(runner.record() if _can_tell(runner.connection) else None, runner.not_tried)
    elif handler.signal == "post_migrate":
        found = PostMigrateFailed(handler=handler.name, error=words)
        yield from TextReport().render(Outcome(command="migrate", exit=STOPPED, findings=found.findings), Form(quiet=True))
    else:
        yield f"{handler.name}, a handler of pre_migrate, raised {words}; no migration was begun"


def _can_tell(connection: BaseDatabaseWrapper) -> bool:
    return connection.is_usable() and not connection.needs_rollback


def summary(run: Run | None, not_tried: int) -> Iterator[str]:
    """Yield what became of the steps of a run that failed. not_tried: how many migrations of its plan were not begun."""
    if run is None or not run.steps:
        return
    done = sum(step.status is StepStatus.DONE for step in run.steps)
    failed = "".join(f", {step.key} {WORDS[step.status]}" for step in run.steps if step.status in WORDS)
    rest = f"; {not_tried} not tried" if not_tried else ""
    yield f"run {run.id}: {done} done{failed}{rest}"
