"""The pipeline of ``migrate``: Django's own command, as a run under the lock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.domain.outcome import STOPPED, Outcome
from handrail.domain.run import RunOptions, StepStatus
from handrail.errors.hr406 import PostMigrateFailed
from handrail.execution.handlers import failed_handler
from handrail.execution.runner import Runner, Talk
from handrail.report.base import Form
from handrail.report.text import TextReport
from handrail.sources.kept import count_expired

if TYPE_CHECKING:
    from types import FrameType

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.executor import MigrationExecutor

    from handrail.domain.run import Run


Maker = Callable[[Any], "MigrationExecutor"]
"""Makes the executor of a run from Django's progress_callback; it reads the graph and what is applied."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: the step that runs is ended as by Ctrl-C, so that its transaction is rolled back and the journal says so."""


def migrate(
    connection: BaseDatabaseWrapper,
    options: RunOptions,
    command: str,
    talk: Talk,
    run: Callable[[Maker], Any],
    only: str = "",
) -> Any:
    """Do what run does as one run; it is given what makes the executor.

    Raises whatever that raises, and refusals before anything is changed.
    only: the app that is asked for; what is wrong in others that it does not need is then passed over.
    """
    runner = Runner(connection, options=options, command=command, talk=talk, only=only)
    with ended_by_signals(), runner.running():
        try:
            done = run(runner.executor)
        except BaseException as error:
            for line in _what_became(runner, error):
                talk.said(line)
            raise
        if runner.id is not None and (expired := count_expired(connection)):
            talk.said(f"{expired} kept {'thing has' if expired == 1 else 'things have'} expired; see handrail purge")
        return done


def reading_executor(connection: BaseDatabaseWrapper, only: str, progress_callback: Any = None) -> MigrationExecutor:
    """Return an executor for what only reads. only: the app that is asked for, "" for all."""
    from handrail.execution.executor import ReadingExecutor

    return ReadingExecutor(connection, progress_callback, only=only)


def _what_became(runner: Runner, error: BaseException) -> Iterator[str]:
    """Say how far a run came that failed; a handler that failed before or after the migrations is told apart from them."""
    handler = failed_handler(error)
    words = " ".join(f"{type(error).__name__}: {error}".split())
    if handler is None or (handler.signal == "post_migrate" and not runner.is_migrated):
        yield from summary(runner.record() if _can_tell(runner.connection) else None)
    elif handler.signal == "post_migrate":
        found = PostMigrateFailed(handler=handler.name, error=words)
        yield from TextReport().render(Outcome(command="migrate", exit=STOPPED, findings=found.findings), Form(quiet=True))
    else:
        yield f"{handler.name}, a handler of pre_migrate, raised {words}; no migration was begun"


def _can_tell(connection: BaseDatabaseWrapper) -> bool:
    return connection.is_usable() and not connection.needs_rollback


def summary(run: Run | None) -> Iterator[str]:
    """Yield what became of the steps of a run that failed."""
    if run is None or not run.steps:
        return
    words = {
        StepStatus.FAILED: "failed, and nothing of it is left",
        StepStatus.UNWOUND: "failed, and what was done of it was taken back",
        StepStatus.STOPPED: "stopped, and a part of it is done",
        StepStatus.UNWINDING: "was being taken back",
        StepStatus.RUNNING: "was interrupted",
    }
    done = [step for step in run.steps if step.status is StepStatus.DONE]
    yield f"run {run.id}: {len(done)} done" + "".join(
        f", {step.key} {words[step.status]}" for step in run.steps if step.status in words
    )


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn SIGTERM into an exception while a run goes on; only the main thread can (Python documentation, signal)."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise Terminated("SIGTERM")

    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
