"""Logging the rows that an operation of the project's own code, or SQL, writes; what is done with the logs is in row_undo."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from handrail.databases.row_logs.base import Column, RowLog, RowLogRules, row_logs_for
from handrail.domain.dataclasses import replace
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.run import Direction, StepStatus
from handrail.errors.hr604 import RowsNotKept
from handrail.execution.journal import forget
from handrail.execution.keeping.row_copies import NO_TRIGGERS, steadied, why_not_copied
from handrail.execution.keeping.row_guard import sees_writes
from handrail.execution.keeping.row_writing import NotCovered, Place, Writing
from handrail.sources.journal_models import KeptRow, StepRow
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.keeper import Keeper

T = TypeVar("T")
UNDER_WAY = (StepStatus.RUNNING, StepStatus.STOPPED, StepStatus.UNWINDING)
"""How steps stand that go on, and need their logs then."""


class RowLogs:
    """The logs of one step.

    Where triggers lock a table against the application they are made before the transaction of the step, and dropped after it;
    those that had to be made inside of it go with it if it is rolled back.
    """

    def __init__(self, keeper: Keeper, prepare: Callable[[], None] = lambda: None) -> None:
        """prepare: sets the timeouts of a transaction that has just begun. Reach nothing yet."""
        self.keeper, self.prepare = keeper, prepare
        self.connection: BaseDatabaseWrapper = keeper.connection
        self.rules: RowLogRules = row_logs_for(self.connection.vendor)
        self.token = secrets.token_hex(8)
        self.wanted: dict[Place, set[str]] = {}
        self.by_sets: set[Place] = set()
        self.demanded: dict[Place, set[str]] = {}
        self.unseen: dict[Place, dict[str, str]] = {}
        self.without: dict[tuple[Place, str], str] = {}
        self.writing: Writing | None = None
        self.is_steady = self.repeats = True
        self._reasons: dict[tuple[Place, str], str] = {}
        self._said: set[tuple[Place, str]] = set()
        self._outside: dict[tuple[Place, str], RowLog] = {}
        self._inside: dict[tuple[Place, str], RowLog] = {}

    def covering(self, run: Callable[[], T], *, repeats: bool = True) -> T:
        """Call something that runs operations, and again with more tables covered where they write to others.

        repeats: whether nothing is done twice then.
        """
        self.repeats = repeats
        while True:
            self._inside.clear()
            self._make_ahead()
            try:
                with self._steadied():
                    return run()
            except NotCovered as found:
                self._demand(found)

    def _demand(self, found: NotCovered) -> None:
        """See that an operation is covered when it runs again. Raises RowsNotKept where that was tried already."""
        place = found.place
        known, unseen = self.demanded.setdefault(place, set()), self.unseen.setdefault(place, {})
        if found.elsewhere:
            why = f"it had no log yet, and to run the operation again would write to {found.elsewhere} twice"
            raise RowsNotKept(operation=words_of(place), table=min(found.tables), why=why) from found
        if found.tables <= known and found.unseen.keys() <= unseen.keys():
            why = "its triggers could not be made before the operation, nor inside of it"
            if not self.lets_go:
                raise RowsNotKept(operation=words_of(place), table=min(found.tables), why=why) from found
            self.without |= {(place, table): why for table in found.tables}
        known |= found.tables
        unseen.update(found.unseen)
        self.wanted.setdefault(place, set()).update(found.tables)

    @contextmanager
    def _steadied(self) -> Iterator[None]:
        """Where a table is copied, let the transactions that begin in the block hold it."""
        if not self.rules.ahead or not any(one.copied for one in self._outside.values()):
            yield
            return
        self.is_steady = not (self.rules.commits and self.connection.in_atomic_block)
        with steadied(self.connection, self.rules) if self.is_steady else nullcontext():
            yield

    def token_of(self, place: Place) -> str:
        """Return what the session says while an operation runs."""
        return f"{self.token} {place.operation} {place.direction} {place.part}".strip()

    def want(self, place: Place, tables: Callable[[], Iterable[str]], *, by_sets: bool = False, is_atomic: bool = True) -> None:
        """Say which tables an operation is likely to write. by_sets: only by statements that are understood.

        tables: asked at once, unless logs are made when tables are first written. is_atomic: whether all is one transaction.
        """
        if by_sets:
            self.by_sets.add(place)
        if self.rules.ahead or not (is_atomic and sees_writes(self.connection)):
            self.wanted.setdefault(place, set()).update(tables())

    def _make_ahead(self) -> None:
        if not self.rules.ahead or not self.keeper.keeps_rows:
            return
        for place, tables in self.wanted.items():
            for table in sorted(tables):
                one = self._outside.get((place, table))
                if one is not None and self._is_other(place, one):
                    self._give_up(place, one)
                    one = None
                if one is None and (place, table) not in self.without:
                    self._outside |= self.made(place, table)

    def _is_other(self, place: Place, one: RowLog) -> bool:
        """Say whether another kind of log is needed."""
        if one.sets and one.table in self.demanded.get(place, ()):
            return True
        return not one.copied and one.table in self.unseen.get(place, {})

    def _give_up(self, place: Place, one: RowLog) -> None:
        """Drop a log with triggers, so that its table can be copied. Raises RowsNotKept where it is in use already."""
        with self.connection.cursor() as cursor:
            if _count(cursor, self.rules, one.name):
                why = "it was written before, outside a transaction, by the same operation"
                notes = tuple(filter(None, [self.unseen.get(place, {}).get(one.table)]))
                raise RowsNotKept(operation=words_of(place), table=one.table, why=why, notes=notes)
        self._drop(self._outside.pop((place, one.table)))

    def add(self, made: dict[tuple[Place, str], RowLog]) -> None:
        """Know of logs that were made inside the step's transaction."""
        self._inside |= made

    def made_inside(self, place: Place, table: str) -> RowLog | None:
        """Return the log of a table if it was made inside the step's transaction, or by code that has none."""
        return self._inside.get((place, table))

    def forget(self, place: Place, table: str = "") -> None:
        """Forget logs whose triggers are gone: with their connection, or a transaction. table: "" for all."""
        self._inside = {key: one for key, one in self._inside.items() if key[0] != place or table not in ("", key[1])}

    def logs_of(self, place: Place) -> list[RowLog]:
        """Return the logs that are being written."""
        return [one for (where, _), one in {**self._outside, **self._inside}.items() if where == place]

    def log_of(self, place: Place, table: str) -> RowLog | None:
        """Return the log that is being written of a table."""
        return self._inside.get((place, table)) or self._outside.get((place, table))

    def made(self, place: Place, table: str, version: int = 0) -> dict[tuple[Place, str], RowLog]:
        """Make the log of a table with its triggers, or without them where it is to be copied.

        {} where there is no such table, it must not be kept, or no log of it can be made: without has then why.
        """
        from django.db import Error

        one = self._described(place, table, version)
        if one is None:
            return {}
        why = self.unseen.get(place, {}).get(table, "")
        if not why:
            try:
                return self._made(place, one)
            except Error as error:
                if not self.rules.not_allowed(error):
                    raise
                drop_unused(self.connection, self.rules, one.name)
                why = NO_TRIGGERS
        return self._made_copied(place, one, why)

    def _made_copied(self, place: Place, one: RowLog, why: str) -> dict[tuple[Place, str], RowLog]:
        from django.db import Error

        self._reasons[place, one.table] = why
        why_not = why_not_copied(self.connection, self.rules, one.table)
        if not why_not:
            with self.keeper.at(place.operation, place.direction):
                name = self.keeper.aside_name("copied", place.part, one.table)
            try:
                return self._made(place, replace(one, name=name, copied=True, sets=False))
            except Error as error:
                if not self.rules.not_allowed(error):
                    raise
                why_not = f"the user must not make a table for it: {' '.join(str(error).split())}"
        self.without[place, one.table] = why_not
        return {}

    @property
    def lets_go(self) -> bool:
        """Whether to go on where something cannot be kept: that was accepted, or a backup has it."""
        return self.keeper.keeping.undo.accept_loss or self.keeper.keeping.has_backup

    def reason(self, place: Place, table: str) -> str:
        """Say why a table has no triggers."""
        return self._reasons.get((place, table), "")

    def say_copied(self, place: Place, table: str, rows: int, operation: str) -> None:
        """Say, once, that a table is copied."""
        if (place, table) not in self._said:
            self._said.add((place, table))
            what = f"{table} ({rows} row{'s' * (rows != 1)}) is copied before {operation} and compared after it"
            why = self.reason(place, table)
            self.keeper.keeping.said(f"{self.keeper.key}: {what}, and nobody else can write it until then: {why}")

    def _made(self, place: Place, one: RowLog) -> dict[tuple[Place, str], RowLog]:
        from django.db.transaction import atomic

        if self.rules.commits:
            self._make(place, one)
        else:
            with atomic(self.connection.alias):
                self.prepare()
                self._make(place, one)
        return {(place, one.table): one}

    def _described(self, place: Place, table: str, version: int) -> RowLog | None:
        keeper = self.keeper
        with self.connection.cursor() as cursor:
            columns = self.rules.columns(cursor, table)
            key = self.rules.key(cursor, table) if columns else ()
        if not columns or not keeper.keeps(table):
            return None
        columns = tuple(column for column in columns if keeper.keeps(table, column.name))
        if not set(key) <= {column.name for column in columns} or not columns:
            return None
        with keeper.at(place.operation, place.direction):
            name = keeper.aside_name("rows", place.part, table, str(version) if version else "")
        one = RowLog(table=table, name=name, columns=columns, key=key, token=self.token_of(place))
        if place not in self.by_sets or table in self.demanded.get(place, ()) or not self.repeats:
            return one
        with self.connection.cursor() as cursor:
            if not self.rules.takes_sets(cursor, one):
                return one
        with keeper.at(place.operation, place.direction):
            return replace(one, name=keeper.aside_name("sets", place.part, table), sets=True)

    def _make(self, place: Place, one: RowLog) -> None:
        with self.keeper.at(place.operation, place.direction):
            self.keeper.intend(KeptKind.ROWS, Form.LOG, one.table, "", one.name, lambda: details_of(place.part, one))
        with self.connection.cursor() as cursor:
            is_there = bool(self.rules.columns(cursor, one.name))
            triggers = self.rules.no_triggers(one) + self.rules.triggers(one) if one.has_triggers else []
            for sql in ([] if is_there else [self.rules.log(one)]) + triggers:
                cursor.execute(sql)

    @contextmanager
    def logging(self, place: Place, operation: str) -> Iterator[None]:
        """Log what is written in the block. operation: in words. Raises NotCovered, and RowsNotKept."""
        if not self.keeper.keeps_rows:
            yield
            return
        writing = Writing(self, place, operation)
        wanted = self.demanded if writing.is_lazy else self.wanted
        for table in sorted(writing.names(wanted.get(place, ()))):
            if (place, table) not in self.without:
                writing.cover(table)
        if not writing.is_single:
            writing.copy(self.demanded.get(place, ()))
        self.writing = writing
        try:
            with writing.watched():
                yield
        except Exception:
            writing.check_denied()
            raise
        finally:
            self.writing = None
        writing.check()
        writing.unkept |= writing.copies.compare()
        self._finish(place, defines=writing.defines, unkept=writing.say_unkept(), drops=writing.drops)

    def _finish(self, place: Place, *, defines: bool, unkept: Sequence[str], drops: Sequence[str]) -> None:
        """Put on record how many rows were written, and that they were looked at; where they are the transaction's, in it.

        unkept: tables that were written too, and are in no log. drops: what holds what code has dropped, and is kept. Where a
        table has two logs then, one from before it lost a column and one from after that, they are not read as one.
        """
        keeper, logged = self.keeper, list[str]()
        with keeper.at(place.operation, place.direction):
            for log in [one for (where, _), one in [*self._outside.items(), *self._inside.items()] if where == place]:
                with self.connection.cursor() as cursor:
                    rows = _counted(cursor, self.rules, log)
                    for sql in [] if self.rules.ahead else self.rules.no_triggers(log):
                        cursor.execute(sql)
                if rows:
                    logged.append(log.table)
                    row = keeper.intend(KeptKind.ROWS, Form.LOG, log.table, "", log.name, dict)
                    keeper.mark(row, KeptStatus.KEPT, rows=rows)
                    if not self.rules.ahead:
                        self.forget(place, log.table)
            self._supersede(place)
            defines |= bool(drops) and len(logged) > len(set(logged))
            details = {"part": place.part, "defines": defines, "unkept": list(unkept), "drops": list(drops)}
            looked = keeper.intend(KeptKind.ROWS, Form.LOG, "", "", place.part, lambda: details)
            keeper.mark(looked, KeptStatus.KEPT, rows=0)

    def _supersede(self, place: Place) -> None:
        """What an operation did another time, and was never taken back by its log, is not taken back any more."""
        rows = KeptRow.objects.using(self.connection.alias).filter(
            app=self.keeper.key.app_label,
            name=self.keeper.key.name,
            direction=place.direction,
            operation=place.operation,
            form=Form.LOG,
            status=KeptStatus.KEPT,
        )
        rows.exclude(step=self.keeper.step).update(status=KeptStatus.RESTORED)

    def close(self) -> None:
        """Drop the triggers that are left, and the logs that nothing was written to; it can be called again where it fails."""
        for known in (self._outside, self._inside):
            while known:
                _, one = known.popitem()
                try:
                    self._drop(one)
                except BaseException:
                    known[Place(-1, Direction.FORWARD, one.name), one.table] = one
                    raise

    def _drop(self, one: RowLog) -> None:
        if one.has_triggers:
            drop_triggers(self.connection, self.rules, one, self.prepare)
        drop_unused(self.connection, self.rules, one.name)


def words_of(place: Place) -> str:
    """Return an operation in words where nothing but its place is known."""
    return f"operation {place.operation + 1}"


def details_of(part: str, one: RowLog) -> dict[str, Any]:
    """Return what has to be known of a log to read it again."""
    columns = [list(column) for column in one.columns]
    return {"part": part, "columns": columns, "key": list(one.key), "copied": one.copied, "sets": one.sets}


def log_from(one: Kept) -> RowLog:
    """Return a log that is on record; its triggers are gone."""
    columns = tuple(Column(*column) for column in one.details["columns"])
    key, copied, sets = tuple(one.details["key"]), bool(one.details.get("copied")), bool(one.details.get("sets"))
    return RowLog(table=one.table, name=one.aside, columns=columns, key=key, token="", copied=copied, sets=sets)


def drop_triggers(connection: BaseDatabaseWrapper, rules: RowLogRules, one: RowLog, prepare: Callable[[], None]) -> None:
    """Drop what fills a log, in a transaction of its own."""
    from django.db.transaction import atomic

    with atomic(connection.alias), connection.cursor() as cursor:
        prepare()
        for sql in rules.no_triggers(one):
            cursor.execute(sql)


def drop_unused(connection: BaseDatabaseWrapper, rules: RowLogRules, name: str) -> None:
    """Drop a log that nothing was written to, and its record; one that has rows, of code that was stopped, is kept."""
    from django.db.transaction import atomic

    with atomic(connection.alias), connection.cursor() as cursor:
        for one in kept(connection, (KeptStatus.KEEPING,), form=Form.LOG, aside=name):
            row = KeptRow.objects.using(connection.alias).filter(id=one.id)
            rows = _count(cursor, rules, name)
            if rows:
                row.update(status=KeptStatus.KEPT, rows=_counted(cursor, rules, log_from(one)))
            else:
                cursor.execute(f"DROP TABLE IF EXISTS {rules.quote(name)}")
                forget(row)


def _counted(cursor: Any, rules: RowLogRules, one: RowLog) -> int:
    cursor.execute(rules.counting(one))
    return int(cursor.fetchall()[0][0])


def _count(cursor: Any, rules: RowLogRules, name: str) -> int:
    if not rules.columns(cursor, name):
        return 0
    cursor.execute(f"SELECT count(*) FROM {rules.quote(name)}")
    return int(cursor.fetchall()[0][0])


def drop_leftovers(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers that a run which was killed has left, and its empty logs; the lock is held, and no operation runs now.

    The triggers fire for nobody, so where a lock is in the way they stay until the next run.
    """
    from django.db import Error
    from django.db.transaction import atomic

    if connection.in_atomic_block:
        return
    rules = row_logs_for(connection.vendor)
    with connection.cursor() as cursor:
        found = rules.leftovers(cursor)
    for _, sql in found:
        with suppress(Error), atomic(connection.alias), connection.cursor() as cursor:
            cursor.execute(sql)
    over = StepRow.objects.using(connection.alias).exclude(status__in=UNDER_WAY).values("id")
    for one in kept(connection, (KeptStatus.KEEPING,), form=Form.LOG, step__in=over):
        with suppress(Error):
            drop_unused(connection, rules, one.aside)
