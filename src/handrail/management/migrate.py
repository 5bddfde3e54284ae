"""What Handrail adds to whatever migrate command the project would have without it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands import migrate as django_migrate
from django.db.migrations.executor import MigrationExecutor

from handrail.domain.run import OnFailure
from handrail.execution.collector import collect_nothing_at_exit, collecting_less_often
from handrail.sources.migrate_commands import other_commands

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.cli.open_line import OpenLine
    from handrail.errors.base import Refusal
    from handrail.execution.runner import Talk

NEXT = "  next: handrail "
"""How a line with Handrail's next command begins."""
OWN = ("lock_wait", "lock_timeout", "on_failure", "all_or_nothing", "keep")
"""Handrail's own options, by the names that the settings use too."""


Maker = Callable[[Any], MigrationExecutor]
"""Makes the executor that Django's command is to use, from its progress_callback."""
MAKERS: ContextVar[tuple[str, Maker] | None] = ContextVar("makers", default=None)
"""The alias and the maker of the migrate command that this thread is in."""


def make_executor(connection: BaseDatabaseWrapper, progress_callback: Any = None) -> MigrationExecutor:
    """Make the executor of the command that this thread is in, and Django's own outside of one."""
    alias, make = MAKERS.get() or ("", None)
    executor = make(progress_callback) if make and alias == connection.alias else MigrationExecutor(connection, progress_callback)
    executor.loader.unmigrated_apps.discard("handrail")  # without models there is nothing to synchronise, or to say
    return executor


django_migrate.MigrationExecutor = make_executor  # type: ignore[attr-defined]
"""The handle of Django's command looks the name up here each time it runs, and in no other place (5.2 to 6.1)."""


class Locking(BaseCommand):
    """Runs what a migrate command does under the lock, with every migration as a step of a run."""

    _open_line: OpenLine | None = None

    def execute(self, *args: Any, **options: Any) -> Any:
        """Do all of it, also the system checks, with a garbage collector that is not in the way."""
        if getattr(self, "_called_from_command_line", False):
            collect_nothing_at_exit()
        with collecting_less_often():
            return super().execute(*args, **options)

    def under_lock(self, handle: Callable[..., Any], args: Sequence[Any], options: dict[str, Any]) -> Any:
        """Call a handle; what only reads takes no lock and leaves no trace."""
        from django.db import connections

        from handrail.api.migrate import NotWhatItSays, migrate, reading_executor
        from handrail.api.signals import Terminated, exit_code
        from handrail.errors.base import Refusal
        from handrail.sources.backend import is_known
        from handrail.sources.run_options import read_run_options

        connection = connections[options["database"]]
        handle = partial(handle, *args, **options)
        app = options.get("app_label") or ""
        try:
            if not is_known(connection):
                if options.get("backup"):
                    from handrail.errors.hr620 import NoBackupTools

                    raise NoBackupTools(
                        alias=connection.alias, what=f"support for {connection.display_name}", package="another tool"
                    )
                self.stderr.write(
                    f"{connection.alias} is {connection.display_name}: no lock is taken there, and nothing goes on record"
                )
                return _with(connection, partial(MigrationExecutor, connection), handle)
            if options["plan"] or options["check_unapplied"]:
                return _with(connection, partial(reading_executor, connection, app), handle)
            wanted = read_run_options({name: options.get(name) for name in OWN})
            talk = self._talk(connection.alias)
            backup, accept_loss = bool(options.get("backup")), bool(options.get("accept_loss"))
            return migrate(
                connection,
                wanted,
                _typed(options),
                talk,
                lambda make: _with(connection, make, handle),
                app,
                backup=backup,
                accept_loss=accept_loss,
            )
        except Refusal as refusal:
            raise self._said(refusal) from refusal
        except NotWhatItSays:
            from handrail.domain.outcome import FINDINGS

            if getattr(self, "_called_from_command_line", False):
                sys.exit(FINDINGS)
        except Terminated as ended:
            sys.exit(exit_code(ended))

    def _talk(self, alias: str) -> Talk:
        """Say on standard error what goes on, so that standard output stays Django's."""
        from handrail.cli.open_line import Above, open_line
        from handrail.cli.waiting import Blocking, Waiting
        from handrail.execution.runner import Talk

        stdout: Any = self.stdout
        stream: Any = self.stderr._out
        self._open_line = open_line(stdout._out, stream)
        if self._open_line is not None:
            stdout._out, stream = self._open_line, Above(stream, self._open_line)
        waiting = Waiting(alias, stream)

        def said(line: str) -> None:
            stream.write(f"{self._typeable(line)}\n")

        return Talk(waiting=waiting, locked=waiting.done, said=said, blocked=Blocking(stream))

    def _said(self, refusal: Refusal) -> CommandError:
        """Write a refusal with its notes and its next command, and return what ends the command with its exit code."""
        from handrail.domain.outcome import REFUSED, Outcome
        from handrail.report.base import Form
        from handrail.report.text import TextReport

        if self._open_line is not None:
            self._open_line.end()
        outcome = Outcome(command="migrate", exit=REFUSED, findings=refusal.findings)
        lines = TextReport().render(outcome, Form(colour=False))
        return CommandError("\n".join(map(self._typeable, lines)), returncode=refusal.exit_code)

    def _typeable(self, line: str) -> str:
        """Return a line of output in which the next command goes by the program that was typed."""
        program = sys.argv[0] if getattr(self, "_called_from_command_line", False) else ""
        typed = {"": "", "__main__.py": "python -m django ", "django-admin": "django-admin "}
        name = Path(program).name
        return line.replace(NEXT, f"  next: {typed.get(name, f'python {name} ')}handrail ", 1) if line.startswith(NEXT) else line


class Migrate(Locking):
    """Mixed into a migrate command, before it."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Add Handrail's options to those that are there."""
        super().add_arguments(parser)
        group = parser.add_argument_group("handrail")
        help = "How long to wait while another process migrates (default: 300)."
        group.add_argument("--lock-wait", type=float, metavar="SECONDS", help=help)
        help = "How long a statement may wait for a lock, and hold up others, before it is tried again (default: 2000)."
        group.add_argument("--lock-timeout", type=int, metavar="MS", help=help)
        help = "What becomes of a migration that failed with a part of it done (default: unwind)."
        group.add_argument("--on-failure", choices=[str(each) for each in OnFailure], help=help)
        help = "If a migration fails, take back those that this run has applied before it."
        group.add_argument("--all-or-nothing", action="store_true", default=None, help=help)
        help = "Make a backup of the database before the first migration, and apply none without it."
        group.add_argument("--backup", action="store_true", help=help)
        help = "Go on where something cannot be kept: keep the rest."
        group.add_argument("--accept-loss", action="store_true", help=help)
        help = "Destroy what the migrations drop, as Django does, instead of keeping it."
        group.add_argument("--no-keep", dest="keep", action="store_false", default=None, help=help)

    def handle(self, *args: Any, **options: Any) -> Any:
        """Do all that the command does under the lock."""
        return self.under_lock(super().handle, args, options)


class Below(Locking, django_migrate.Command):
    """Mixed into another app's command, after it: other databases that it migrates have runs of their own."""

    def handle(self, *args: Any, **options: Any) -> Any:
        """Do Django's part, inside the run of its database."""
        alias, _ = MAKERS.get() or ("", None)
        if alias == options["database"]:
            return super().handle(*args, **options)
        return self.under_lock(super().handle, args, options)


class MigrateSchema(Migrate, django_migrate.Command):
    """What runs for each schema where another app's command goes through schemas: the lock is the schema's."""


def _with(connection: BaseDatabaseWrapper, make: Maker, handle: Callable[[], Any]) -> Any:
    """Call a handle with another executor; it is made there, in a run after the lock is held."""
    token = MAKERS.set((connection.alias, make))
    try:
        return handle()
    finally:
        MAKERS.reset(token)


def command_class() -> type[BaseCommand]:
    """Return Handrail's migrate command, made from the one that manage.py would run without Handrail.

    That is the one of the first other app that has one, else Django's. One that goes through schemas stays as it is, and runs
    MigrateSchema for each; one that is neither is a system check's error, which stops migrate.
    """
    other = next(other_commands(), None)
    if other is not None and other.goes_by_schema:
        return other.command
    if other is None or not other.is_djangos:
        bases: tuple[type, ...] = (Migrate, django_migrate.Command)
    else:
        bases = (Migrate, other.command, Below)
    return type("Command", bases, {"__module__": "handrail.management.commands.migrate", "__doc__": bases[1].__doc__})


def _typed(options: dict[str, Any]) -> str:
    """Return the command as somebody would type it."""
    words = ["migrate", *filter(None, (options.get("app_label"), options.get("migration_name")))]
    flags = ("fake", "fake-initial", "prune", "backup", "accept-loss", "all-or-nothing")
    words += [f"--{name}" for name in flags if options.get(name.replace("-", "_"))]
    words += ["--no-keep"] if options.get("keep") is False else []
    return " ".join(words)
