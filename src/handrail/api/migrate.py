"""The pipeline of ``migrate``: Django's own command, as a run under the lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from handrail.api.signals import ended_by_signals
from handrail.checks.hr206 import NotRecorded
from handrail.domain.kept import Undo
from handrail.domain.run import RunOptions
from handrail.execution.runner import First, Runner, Talk

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.executor import MigrationExecutor

    from handrail.domain.finding import Finding

Maker = Callable[[Any], "MigrationExecutor"]
"""Makes the executor of a run from Django's progress_callback; it reads the graph and what is applied."""


class NotWhatItSays(Exception):  # noqa: N818 - nothing failed: what is recorded now is not what the database has
    """Migrations were faked backwards, and what they made is there; it was said, and the run is over."""


def migrate(
    connection: BaseDatabaseWrapper,
    options: RunOptions,
    command: str,
    talk: Talk,
    run: Callable[[Maker], Any],
    only: str = "",
    *,
    backup: bool = False,
    accept_loss: bool = False,
) -> Any:
    """Do what run does as one run; it is given what makes the executor.

    Raises whatever that raises, refusals before anything is changed, and NotWhatItSays when all is done.
    only: the app that is asked for; what is wrong in others that it does not need is then passed over. backup: whether one is
    made before the first step; without it, nothing is applied. accept_loss: whether to go on where something cannot be kept.
    """
    first = _backing_up(connection, options, talk) if backup else None
    undo = Undo(accept_loss=accept_loss)
    runner = Runner(connection, options=options, command=command, talk=talk, only=only, undo=undo, first=first)
    left: list[Finding] = []
    with ended_by_signals(), runner.running():
        if first is not None and runner.is_plain():
            first()
        try:
            done = run(runner.executor)
        except BaseException as error:
            from handrail.api.failed import what_became

            for line in what_became(runner, error):
                talk.said(line)
            raise
        if runner.id is not None:
            left += runner.left_behind()
            if left:
                from handrail.execution.before_run import tell

                tell(left, talk.said)
            _say_expired(connection, talk)
    if any(one.code == NotRecorded.code for one in left):
        raise NotWhatItSays
    return done


def _backing_up(connection: BaseDatabaseWrapper, options: RunOptions, talk: Talk) -> First:
    """Return what makes a backup and ties it to a run. Raises NoBackupTools and BackupFolder at once."""
    from handrail.execution.backing_up import make_backup, tie
    from handrail.execution.dumping.base import dumping_for
    from handrail.sources.backups import backup_folder
    from handrail.sources.reach import reaching

    folder = backup_folder(options.backups)
    with reaching(connection.alias):
        dumping_for(connection, folder).require()

    def first() -> Callable[[int], None]:
        made = make_backup(connection, folder)
        talk.said(f"backup {made.id} made in {folder}")

        def tell(run: int) -> None:
            tie(folder, made, run)

        return tell

    return first


def _say_expired(connection: BaseDatabaseWrapper, talk: Talk) -> None:
    from handrail.sources.kept import count_expired

    expired = count_expired(connection)
    if expired:
        talk.said(f"{expired} kept {'thing has' if expired == 1 else 'things have'} expired; see handrail purge")


def reading_executor(connection: BaseDatabaseWrapper, only: str, progress_callback: Any = None) -> MigrationExecutor:
    """Return an executor for what only reads. only: the app that is asked for, "" for all."""
    from handrail.execution.executor import ReadingExecutor

    return ReadingExecutor(connection, progress_callback, only=only)
