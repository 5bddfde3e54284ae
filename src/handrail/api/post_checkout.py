"""What a switch of branches means for a developer's database: which applied migrations it leaves behind, and which come back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction, StepStatus
from handrail.sources.django_setup import aliases_of, set_up
from handrail.sources.history import read_history
from handrail.sources.journal import has_journal, runs
from handrail.sources.project import Project
from handrail.sources.reach import is_there, reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
"""Hosts of a developer's own database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What is applied and only the branch before had; and what a rollback took back and the branch now has again."""

    gone: tuple[MigrationKey, ...] = ()
    back: tuple[MigrationKey, ...] = ()


def look(root: Path, alias: str, old: str, new: str) -> Switch:
    """Compare two commits with what is applied to a database; one that is not local, or not there, is not looked at.

    Raises NoSettings, DatabaseNotReached, and the refusals of git.
    """
    from django.db import connections

    set_up(root)
    aliases_of(alias)
    connection = connections[alias]
    if not is_local(connection.settings_dict) or not is_there(connection):
        return Switch()
    project = Project(root=root)
    before, now = (frozenset(project.snapshot(ref).migrations) for ref in (old, new))
    try:
        with reaching(alias):
            applied = read_history(alias).applied
            taken = _taken_back(connection)
    finally:
        connection.close()
    return Switch(gone=tuple(sorted((applied & before) - now)), back=tuple(sorted((taken & now) - applied)))


def is_local(settings: Mapping[str, Any]) -> bool:
    """Say whether an entry of DATABASES leads to a database on this machine: to a file, a socket, or the machine itself."""
    host = str(settings.get("HOST") or "")
    return host.lower() in LOCAL or host.startswith("/")


def _taken_back(connection: BaseDatabaseWrapper) -> frozenset[MigrationKey]:
    """Return the migrations that a rollback took back, and that nothing has applied since."""
    last: dict[MigrationKey, bool] = {}
    for run in reversed(runs(connection)) if has_journal(connection) else ():
        for step in run.steps:
            if step.status is StepStatus.DONE:
                last[step.key] = step.direction is Direction.BACKWARD and run.command.startswith("rollback")
    return frozenset(key for key, is_back in last.items() if is_back)


def apply_again(alias: str, keys: tuple[MigrationKey, ...]) -> None:
    """Apply migrations, as migrate does: what the rollback kept comes back with them."""
    from django.core.management import call_command

    last = {key.app_label: key.name for key in keys}
    for app, name in last.items():
        call_command("migrate", app, name, database=alias)
