"""The pipeline of ``handrail lock``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handrail.api.status import holder_to_json
from handrail.domain.outcome import CLEAN, Outcome
from handrail.domain.run import LockHolder
from handrail.execution.release import release_dead
from handrail.sources.django_setup import aliases_of, set_up
from handrail.sources.holder import read_holder
from handrail.sources.reach import is_there, reaching

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def lock(root: Path, *, database: str = "default", release: bool = False, dry_run: bool = False) -> Outcome:
    """Say who holds the migration lock of a database. release: what a dead process left of it.

    Raises NoSettings, DatabaseNotReached, and NotReleased.
    """
    set_up(root)
    from django.db import connections

    (alias,) = aliases_of(database)
    connection = connections[alias]
    try:
        released = release_dead(connection, dry_run=dry_run) if release else ""
        holder = _holder(connection)
    finally:
        connection.close()
    lines = [f"the migration lock of {alias}: {holder}" if holder else f"nobody holds the migration lock of {alias}"]
    if release:
        done = "would be released" if dry_run else "released"
        lines = [f"{done}: {released}"] if released else [*lines, "there is nothing to release"]
    return Outcome(
        command="lock", exit=CLEAN, summary=tuple(lines), extra={"lock": holder_to_json(holder), "released": bool(released)}
    )


def _holder(connection: BaseDatabaseWrapper) -> LockHolder | None:
    if not is_there(connection):
        return None
    with reaching(connection.alias):
        return read_holder(connection)
