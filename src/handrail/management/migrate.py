"""What Handrail adds to whatever migrate command the project would have without it."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.management.commands import migrate as django_migrate
from django.db.migrations.executor import MigrationExecutor

from handrail.domain.run import OnFailure

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.errors.base import Refusal
    from handrail.execution.runner import Runner, Talk

OWN = ("lock_wait", "lock_timeout", "on_failure", "all_or_nothing")
"""Handrail's own options, by the names that the settings use too."""


RUNNER: ContextVar[Runner | None] = ContextVar("runner", default=None)
"""The run that a migrate command is in, in this thread."""


def make_executor(connection: BaseDatabaseWrapper, progress_callback: Any = None) -> MigrationExecutor:
    """Make the executor of the run that this thread is in, and Django's own outside of one."""
    runner = RUNNER.get()
    if runner is None or runner.connection.alias != connection.alias:
        return MigrationExecutor(connection, progress_callback)
    return runner.executor(progress_callback)


django_migrate.MigrationExecutor = make_executor  # type: ignore[attr-defined]
"""The handle of Django's command looks the name up here each time it runs, and in no other place (5.2 to 6.1)."""


class Migrate(BaseCommand):
    """Mixed into a migrate command: it runs under the lock, with every migration as a step of a run."""

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

    def handle(self, *args: Any, **options: Any) -> Any:
        """Migrate; whatever only reads is Django's alone."""
        if options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        from django.db import connections

        from handrail.api.migrate import migrate
        from handrail.errors.base import Refusal
        from handrail.sources.run_options import read_run_options

        try:
            wanted = read_run_options({name: options.get(name) for name in OWN})
            connection = connections[options["database"]]
            talk = self._talk(connection.alias)
            app = options.get("app_label") or ""
            return migrate(connection, wanted, _typed(options), talk, lambda runner: self._run(runner, args, options), app)
        except Refusal as refusal:
            raise self._said(refusal) from refusal

    def _run(self, runner: Runner, args: Sequence[Any], options: dict[str, Any]) -> Any:
        """Run the handle below with this run's executor; it is made there, after the lock is held."""
        token = RUNNER.set(runner)
        try:
            return super().handle(*args, **options)
        finally:
            RUNNER.reset(token)

    def _talk(self, alias: str) -> Talk:
        """Say on standard error what goes on, so that standard output stays Django's."""
        from handrail.cli.waiting import Blocking, Waiting
        from handrail.execution.runner import Talk

        stream: Any = self.stderr
        waiting = Waiting(alias, stream._out)
        said = partial(print, file=stream._out)
        return Talk(waiting=waiting, locked=waiting.done, said=said, blocked=Blocking(stream._out))

    def _said(self, refusal: Refusal) -> CommandError:
        """Write a refusal with its notes and its next command, and return what ends the command with its exit code."""
        from handrail.domain.outcome import REFUSED, Outcome
        from handrail.report.base import Form
        from handrail.report.text import TextReport

        outcome = Outcome(command="migrate", exit=REFUSED, findings=refusal.findings)
        lines = TextReport().render(outcome, Form(colour=False))
        return CommandError("\n".join(lines), returncode=refusal.exit_code)


def command_class() -> type[BaseCommand]:
    """Return Handrail's migrate command, made from the one that manage.py would run without Handrail.

    That is the one of the first other app that has one and derives it from Django's (django/core/management/__init__.py,
    get_commands: apps that come first win), else Django's.
    """
    found = next(filter(None, map(_command_of, _others())), django_migrate.Command)
    return type("Command", (Migrate, found), {"__module__": "handrail.management.commands.migrate", "__doc__": found.__doc__})


def _others() -> list[str]:
    return [config.name for config in apps.get_app_configs() if config.name != "handrail"]


def _command_of(app: str) -> type[django_migrate.Command] | None:
    from importlib.util import find_spec

    try:
        name = f"{app}.management.commands.migrate"
        found = import_module(name).Command if find_spec(name) else None
    except (ModuleNotFoundError, AttributeError):
        return None
    return found if isinstance(found, type) and issubclass(found, django_migrate.Command) else None


def _typed(options: dict[str, Any]) -> str:
    """Return the command as somebody would type it."""
    words = ["migrate", *filter(None, (options.get("app_label"), options.get("migration_name")))]
    words += [f"--{name}" for name in ("fake", "fake-initial", "prune") if options.get(name.replace("-", "_"))]
    return " ".join(words)
