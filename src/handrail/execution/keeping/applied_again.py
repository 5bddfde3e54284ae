"""Code and SQL that is applied again after a rollback: its rows come back, where nobody has touched what it reads meanwhile.

What an operation reads is noted when it is applied, what it finds there when it was taken back. Where the same source is applied
again and finds the same, to run it would make rows twice that came back with their tables, and overwrite what people had edited;
so the log of the way back is taken back instead.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.row_logs.base import row_logs_for
from handrail.domain.kept import Kept
from handrail.domain.run import OPPOSITE, Direction, StepStatus
from handrail.errors.hr517 import NoPrimaryKey
from handrail.errors.hr602 import RestoreConflict
from handrail.execution.keeping.keeper import PREFIX
from handrail.execution.keeping.row_undo import RowUndo, logged
from handrail.execution.manners import texts_of
from handrail.sources.journal_models import StepRow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.operations.base import Operation

    from handrail.execution.keeping.keeper import Keeper
    from handrail.execution.keeping.row_writing import Place

MOST = 100_000
"""How many rows a table can have that is read to see whether it is as it was."""
_WORDS = re.compile(r'"([^"]+)"|`([^`]+)`|(\w+)')
_INSERTS = re.compile(r"\s*INSERT\b", re.IGNORECASE)
_SELECTS = re.compile(r"\bSELECT\b", re.IGNORECASE)
_OWN = ("handrail_", PREFIX)

Left = dict[str, list[str] | None]
"""By table, how many rows there are and what they come to; None where there is no such table."""


class Reads:
    """What one operation reads: every table whose name stands in a statement of it."""

    def __init__(self, keeper: Keeper, operation: Operation) -> None:
        """Know what SQL says already: a step that is resumed passes over statements that were done."""
        self.keeper, self.is_elsewhere = keeper, False
        self._words: set[str] = set()
        self._known: set[str] = set()
        for name in ("sql", "reverse_sql"):
            for text in texts_of(getattr(operation, name, None) or ()):
                self._read(text)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what is executed in the block, on this connection and on others."""
        from django.db import connections

        own = self.keeper.connection
        with ExitStack() as stack:
            stack.enter_context(own.execute_wrapper(self._note))
            for other in connections.all():
                if other.alias != own.alias:
                    stack.enter_context(other.execute_wrapper(self._note_elsewhere))
            yield

    def _note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self._read(str(sql))
        return execute(sql, params, many, context)

    def _note_elsewhere(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.is_elsewhere = True
        return execute(sql, params, many, context)

    def _read(self, sql: str) -> None:
        if sql in self._known or (_INSERTS.match(sql) and not _SELECTS.search(sql)):
            return
        if len(self._known) < MOST:
            self._known.add(sql)
        self._words.update("".join(found) for found in _WORDS.findall(sql))

    def note(self, place: Place) -> None:
        """Put on record what was read; nothing where it was read elsewhere too."""
        if not self.is_elsewhere:
            add_details(self.keeper, place, reads=self._tables())

    def _tables(self) -> list[str]:
        connection = self.keeper.connection
        names = connection.introspection.table_names(include_views=True)
        folded = {word.lower() for word in self._words}
        return sorted(name for name in names if name.lower() in folded and not name.startswith(_OWN))


def note_left(keeper: Keeper, place: Place, undone: Sequence[Kept], *, by_log: bool) -> None:
    """Put on record what an operation leaves that was just taken back. undone: the log of what it had done.

    by_log: whether that log did it, and no code ran.
    """
    looked = [one for one in undone if not one.table]
    if keeper.is_unwinding or place.direction is Direction.FORWARD or not keeper.keeps_all_rows or not looked:
        return
    reads = looked[-1].details.get("reads")
    is_of_this_run = looked[-1].run == keeper.run  # all or nothing: nobody has worked with what it did
    if reads is None or is_of_this_run or _is_more(looked):
        return
    own = _of_part(keeper, place, place.direction)
    if not own or (not by_log and _is_more([_looked(own)])):
        return
    tables = {*reads, *(one.table for one in (*undone, *own) if one.table)}
    left = _left(keeper.connection, tables)
    if left is not None:
        add_details(keeper, place, left=left, of=looked[-1].step)


def put_again(keeper: Keeper, operation: Operation, place: Place) -> bool:
    """Bring back what an operation had done before it was taken back, and say whether that takes the place of running it."""
    from django.db.transaction import atomic

    records = _before(keeper, place)
    if not records:
        return False
    undo = RowUndo(keeper, records)
    try:
        with atomic(keeper.connection.alias):
            with keeper.rows.logging(place, operation.describe()):
                lines = undo.take_back()
            undo.done()
            add_details(keeper, place, reads=sorted(_looked(records).details["left"]), defines=False)
    except (RestoreConflict, NoPrimaryKey):
        keeper.rows.forget(place)
        return False
    said = f"{keeper.key}: {operation.describe()} is not run again: what it had done is back as it was before the rollback"
    for line in [said, *lines]:
        keeper.keeping.said(line)
    return True


def comes_again(keeper: Keeper, places: Iterable[Place]) -> bool:
    """Say whether put_again would do instead of running, for all parts of an operation."""
    found = list(places)
    return bool(found) and all(_before(keeper, place) for place in found)


def _before(keeper: Keeper, place: Place) -> tuple[Kept, ...]:
    """Return the log of the last way back, () where what the operation would read is not what it left then."""
    if not keeper.keeps_all_rows or keeper.key not in keeper.migrations():
        return ()
    records = _of_part(keeper, place, OPPOSITE[place.direction])
    details = _looked(records).details if records else {}
    if "left" not in details or not _is_same_source(keeper, records[0].step, details["of"]):
        return ()
    return records if _left(keeper.connection, details["left"]) == details["left"] else ()


def _of_part(keeper: Keeper, place: Place, direction: Direction) -> tuple[Kept, ...]:
    """Return the last log of a part of an operation, () where there is none."""
    found = logged(keeper.connection, keeper.key, direction, place.operation)
    own = tuple(one for one in found if one.details["part"] == place.part)
    return own if any(not one.table for one in own) else ()


def _looked(records: Iterable[Kept]) -> Kept:
    return next(one for one in records if not one.table)


def _is_more(looked: Iterable[Kept]) -> bool:
    """Say whether an operation did more than its log says: it defined or renamed something, or wrote what is not logged."""
    said = [one.details for one in looked]
    return any(one["defines"] or one.get("unkept") or one.get("drops") or "renamed" in one for one in said)


def _is_same_source(keeper: Keeper, back: int, forward: int) -> bool:
    """Say whether the step that is under way has the source of the one that was applied and of the one that took it back last."""
    rows = StepRow.objects.using(keeper.connection.alias).filter(app=keeper.key.app_label, name=keeper.key.name)
    texts = rows.filter(id__in=(keeper.step, back, forward)).values_list("digest", "sources")
    found = [(digest, _helpers(sources, keeper.key.name)) for digest, sources in texts]
    since = rows.filter(id__gt=back, id__lt=keeper.step, status=StepStatus.DONE).exists()
    return not since and len(found) == 3 and len(set(found)) == 1 and bool(found[0][0])


def _helpers(sources: str, name: str) -> tuple[tuple[str, str], ...]:
    """Return the digests of the modules that a migration imports itself; its own digest leaves formatting out."""
    return tuple(sorted(each for each in json.loads(sources).items() if each[0].rpartition(".")[2] != name))


def add_details(keeper: Keeper, place: Place, **details: Any) -> None:
    """Add to what is on record of an operation in this step, if it is."""
    from handrail.domain.kept import KeptStatus

    own = [one for one in _of_part(keeper, place, place.direction) if one.step == keeper.step and not one.table]
    for one in own:
        keeper.mark(one, KeptStatus.KEPT, details=json.dumps({**one.details, **details}))


def _left(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> Left | None:
    """Return what tables hold, None where one of them is too large to be read."""
    found: Left = {}
    rules = row_logs_for(connection.vendor)
    for table in sorted(tables):
        with connection.cursor() as cursor:
            names = sorted(column.name for column in rules.columns(cursor, table) if not column.name.startswith(PREFIX))
            if not names:
                found[table] = None
                continue
            cursor.execute(f"SELECT count(*) FROM (SELECT 1 FROM {rules.quote(table)} LIMIT {MOST + 1}) AS x")
            if cursor.fetchall()[0][0] > MOST:
                return None
        found[table] = _sum(connection, f"SELECT {rules.names(names)} FROM {rules.quote(table)}", names)
    return found


def _sum(connection: BaseDatabaseWrapper, sql: str, names: Sequence[str]) -> list[str]:
    """Return how many rows a query finds, and a sum that does not depend on their order."""
    rows, total = 0, 0
    with connection.cursor() as cursor:
        cursor.execute(sql)
        while some := cursor.fetchmany(1000):
            rows += len(some)
            for row in some:
                words = repr([bytes(one) if isinstance(one, memoryview | bytearray) else one for one in row])
                total += int.from_bytes(hashlib.blake2b(words.encode(errors="backslashreplace"), digest_size=16).digest())
    return [str(rows), f"{total % 2**128:x}", ",".join(names)]
