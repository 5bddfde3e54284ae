"""The pipeline of ``handrail kept``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.databases.purging.base import Size
from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import Kept, KeptKind, KeptStatus
from handrail.domain.outcome import CLEAN, Json, Outcome
from handrail.sources.django_setup import aliases_of, set_up
from handrail.sources.kept import SHOWN, has_kept, in_the_way, size_of
from handrail.sources.reach import reaching, require

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

HEAD = ("id", "run", "migration", "kept", "rows", "size", "expires")
UNITS = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A kept thing with its size."""

    alias: str
    kept: Kept
    size: Size


def list_kept(root: Path, *, database: str | None = None, all_databases: bool = False, run: int | None = None) -> Outcome:
    """Show what is kept in a database, the oldest first; nothing is changed. run: that one run has kept.

    Raises what set_up, aliases_of and reaching raise.
    """
    set_up(root)
    aliases = aliases_of(None if all_databases else database or "default")
    things = [thing for alias in aliases for thing in _read(alias, run)]
    head = [("database", *HEAD)] if len(aliases) > 1 else [HEAD]
    rows = [(thing.alias, *cells(thing)) if len(aliases) > 1 else cells(thing) for thing in things]
    return Outcome(
        command="kept",
        exit=CLEAN,
        table=(*head, *rows) if things else (),
        summary=tuple(_closing(aliases, things)),
        extra={"kept": [to_json(thing) for thing in things]},
    )


def _read(alias: str, run: int | None) -> list[Thing]:
    from django.db import connections

    connection = connections[alias]
    try:
        with reaching(alias):
            require(connection)
            if not has_kept(connection):
                return []
            wanted = {} if run is None else {"run": run}
            return measured(connection, in_the_way(connection, SHOWN, **wanted))
    finally:
        connection.close()


def measured(connection: BaseDatabaseWrapper, found: Sequence[Kept]) -> list[Thing]:
    """Return kept things with their sizes."""
    return [Thing(alias=connection.alias, kept=one, size=size_of(connection, one)) for one in found]


def _closing(aliases: Sequence[str], things: Sequence[Thing]) -> Iterator[str]:
    if not things:
        yield f"{', '.join(aliases)}: nothing is kept"
    expired = sum(is_expired(thing.kept) for thing in things)
    if expired:
        yield f"{expired} of them {'has' if expired == 1 else 'have'} expired; handrail purge destroys what has"


def is_expired(one: Kept) -> bool:
    """Say whether the time is over for which a thing was to be kept."""
    return one.expires <= datetime.now(UTC)


def cells(thing: Thing) -> tuple[str, ...]:
    """Return the row of a table for a thing."""
    one, size = thing.kept, thing.size
    rows = "" if size.rows is None else f"{size.rows:,}"
    expires = f"{one.expires.astimezone():%Y-%m-%d}"
    state = "expired" if is_expired(one) else expires
    return (str(one.id), str(one.run), str(one.key), named(one), rows, bytes_text(size.bytes), _standing(one) or state)


def _standing(one: Kept) -> str:
    """Say what a thing is in the middle of."""
    words = {
        KeptStatus.KEEPING: "being set aside",
        KeptStatus.RESTORING: "being brought back",
        KeptStatus.PURGING: "half purged",
        KeptStatus.RESTORED: "done with",
    }
    return words.get(one.status, "")


def named(one: Kept) -> str:
    """Say what a thing is: "shop_thing.p", "shop_thing", or "rows of shop_thing"."""
    name = f"{one.table}.{one.column}" if one.column else one.table
    return f"rows of {name}" if one.kind is KeptKind.ROWS else name


def bytes_text(count: int | None) -> str:
    """Write a number of bytes with three digits at least where there are as many."""
    if count is None:
        return ""
    unit = 0
    while count >= 10_000 and unit + 1 < len(UNITS):
        count, unit = count // 1000, unit + 1
    return f"{count:,} {UNITS[unit]}"


def to_json(thing: Thing) -> Json:
    """Return the JSON of a kept thing; rows, bytes: null where they are not known, expires: ISO 8601."""
    one = thing.kept
    return {
        "id": one.id,
        "database": thing.alias,
        "run": one.run,
        "migration": list(one.key),
        "direction": one.direction.value,
        "kind": one.kind.value,
        "form": one.form.value,
        "status": one.status.value,
        "table": one.table,
        "column": one.column or None,
        "rows": thing.size.rows,
        "bytes": thing.size.bytes,
        "made": one.made.isoformat(),
        "expires": one.expires.isoformat(),
    }
