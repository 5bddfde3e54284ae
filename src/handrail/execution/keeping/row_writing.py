"""One operation while it is logged: every statement is seen, and no table is written that has no log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from handrail.domain.run import Direction
from handrail.errors.hr604 import RowsNotKept
from handrail.execution.keeping.row_copies import COMMITS, Copies, acted_on
from handrail.execution.keeping.row_elsewhere import Elsewhere
from handrail.execution.keeping.row_guard import OURS, guarded, may, replacing, sees_writes
from handrail.execution.keeping.row_sets import Sets
from handrail.execution.keeping.row_statements import ROLLS_BACK, Written, assigned_by, written_by

if TYPE_CHECKING:
    from handrail.databases.base import Cursor
    from handrail.execution.keeping.row_log import RowLogs


class Place(NamedTuple):
    """What is logged together: an operation of the migration in one direction. part: of one that holds others, "" for all."""

    operation: int
    direction: Direction
    part: str = ""


class NotCovered(BaseException):
    """An operation has written to tables that have no log yet: it is taken back, and runs again when they have one."""

    def __init__(self, place: Place, tables: Iterable[str], unseen: Mapping[str, str] | None = None, elsewhere: str = "") -> None:
        """Name them. unseen: those of them that are written without triggers, and why. elsewhere: another database that was
        written, and is not taken back.
        """
        self.place, self.tables = place, frozenset(tables)
        self.unseen, self.elsewhere = dict(unseen or {}), elsewhere
        super().__init__(f"{', '.join(sorted(self.tables))} is written, and has no log yet")


class Writing:
    """One operation that is logged while it runs."""

    def __init__(self, logs: RowLogs, place: Place, operation: str) -> None:
        """Look at what is there before. operation: in words."""
        self.logs, self.place, self.operation = logs, place, operation
        self.connection, self.rules = logs.connection, logs.rules
        self.is_local = self.connection.in_atomic_block
        self.missed: set[str] = set()
        self.denied: set[str] = set()
        self.left_out: set[str] = set()
        self.unkept: set[str] = set()
        self.copies = Copies(logs, place, operation)
        self.sets = Sets(logs, place)
        self.elsewhere = Elsewhere(self.connection)
        self.is_single = not self.is_local
        self.is_lazy = self.is_local and logs.repeats and not self.rules.ahead and sees_writes(self.connection)
        """Whether a table gets its log when it is first written, which the driver asks about, and not before."""
        self.versions: dict[str, int] = {}
        self.driver: Any = None
        self.block: Any = None
        self.is_busy = False
        self.defines = False
        self.drops: list[str] = []
        self.ready: set[tuple[str, bool]] = set()
        with self.connection.cursor() as cursor:
            self.before = {name for name in self.connection.introspection.table_names(cursor) if not name.startswith(OURS)}
            self.counts = self.rules.written(cursor) if self.is_local else None
            self.untriggered, self.shadows = self.rules.untriggered(cursor)
        self.named: frozenset[str] = frozenset()
        self.folded = {name.casefold(): name for name in self.before}

    def names(self, tables: Iterable[str]) -> set[str]:
        """Return those tables that were there before, as the database calls them."""
        known = [name for name in tables if name.casefold() in self.folded]
        return {name if name in self.before else self.folded[name.casefold()] for name in known}

    def is_covered(self, table: str) -> bool:
        """Say whether what is written to a table is logged, or need not be."""
        if table in self.left_out or table not in self.before:
            return True
        one = self.logs.log_of(self.place, table)
        if one is not None and one.sets:
            return table == self.sets.table
        return one is not None and (not one.copied or self.is_single or table in self.copies.made)

    def cover(self, table: str) -> bool:
        """See that a table has a log that fits it as it is now, and say whether it has."""
        one = self.logs.log_of(self.place, table)
        with self.connection.cursor() as cursor:
            there = set(self.rules.columns(cursor, table))
        if one is not None and not one.has_triggers:
            return self.is_covered(table)
        if one is not None and set(one.columns) >= there and (not self.rules.commits or set(one.columns) <= there):
            return True
        if self._is_without(table):
            return True
        if not self._may_make(table):
            return False
        if one is not None:
            self.versions[table] = self.versions.get(table, 0) + 1
            self._execute(self.rules.no_triggers(one))
        made = self.logs.made(self.place, table, self.versions.get(table, 0))
        self.logs.add(made)
        self.block = self._outermost()
        if not made and not self._is_without(table):
            self.left_out.add(table)
        return not made or self.is_covered(table)

    def copy(self, tables: Iterable[str]) -> None:
        """Copy tables that have no triggers. Raises RowsNotKept."""
        self._leave_out(self.copies.make(set(tables) - self.left_out))

    def _leave_out(self, tables: Iterable[str]) -> None:
        """Go on though tables are in no log."""
        self.left_out.update(tables)
        self.unkept.update(tables)

    def _is_without(self, table: str) -> bool:
        """Say whether a table has no log because none can be made, and may go without. Raises RowsNotKept."""
        why = self.logs.without.get((self.place, table))
        if why is None:
            return False
        if not self.logs.lets_go:
            notes = (f"it cannot be copied either: {why}",)
            raise RowsNotKept(operation=self.operation, table=table, why=self.logs.reason(self.place, table), notes=notes)
        self._leave_out([table])
        return True

    def say_unkept(self) -> list[str]:
        """Say what was written that is in no log, and return it."""
        found = sorted(self.unkept | self.elsewhere.written)
        if found:
            keeper = self.logs.keeper
            keeper.keeping.said(f"{self.operation} of {keeper.key} writes what no log has: {', '.join(found)}")
        return found

    @contextmanager
    def dropping(self, table: str) -> Iterator[None]:
        """A column of a table goes in the block, or the table itself, with no log in the way; later writes get a new one."""
        with self._aside():
            self.defines = True
            one = self.logs.log_of(self.place, table)
            if one is not None:
                self._execute(self.rules.no_triggers(one))
                self.logs.forget(self.place, table)
                self.versions[table] = self.versions.get(table, 0) + 1
            yield

    def _outermost(self) -> Any:
        """Return what stands for the transaction that is open (BaseDatabaseWrapper.atomic_blocks, Django 5.2 to 6.1)."""
        return self.connection.atomic_blocks[0] if self.connection.atomic_blocks else None

    def _verify(self) -> None:
        """Forget the logs that went with a transaction, or a part of it, that was rolled back."""
        self.ready.clear()
        self.block = self._outermost()
        for table in sorted(self.before):
            one = self.logs.made_inside(self.place, table)
            if one is None:
                continue
            with self.connection.cursor() as cursor:
                if not self.rules.columns(cursor, one.name):
                    self.logs.forget(self.place, table)

    def _may_make(self, table: str) -> bool:
        """Say whether triggers can be made now: they must neither lock the table for long nor commit what was done."""
        if not self.rules.ahead or not self.connection.in_atomic_block:
            return True
        if not self.is_local:  # a transaction of the code's own is a short one
            return not self.rules.commits
        with self.connection.cursor() as cursor:
            return not self.rules.commits and self.rules.holds(cursor, table)

    def _execute(self, statements: Iterable[str]) -> None:
        with self.connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """See every statement of the block."""
        with ExitStack() as stack:
            stack.enter_context(self._speaking())
            stack.enter_context(guarded(self))
            stack.enter_context(self.elsewhere.watched())
            stack.enter_context(self.connection.execute_wrapper(self._watch))
            yield

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        """Let the session be the one that triggers ask for."""
        from django.db import Error

        self._say(self.logs.token_of(self.place))
        try:
            yield
        except BaseException:
            with suppress(Error):
                self._say("")
            raise
        self._say("")

    def _say(self, token: str) -> None:
        sql = self.rules.say_token(token, local=self.is_local)
        if sql:
            self._execute([sql])
        self.driver = self.connection.connection

    def _watch(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.is_busy:
            return execute(sql, params, many, context)
        if many and not isinstance(params, list | tuple):
            params = list(params)  # a statement that is denied at first runs twice, and takes them twice
        with self._aside():
            self._connected()
            if self.block is not None and self.block is not self._outermost():
                self._verify()
            written = written_by(str(sql), self.rules.dialect)
            self.named = written.tables
            if self.is_lazy:
                self._cover_named(written)
            self.sets.begin(str(sql), params, many=many)
            tables = self._ready(written, str(sql))
            self._need(self.sets.copy(params))
            if self.is_single:
                self.copy(tables)
        done = self._run(lambda: execute(sql, params, many, context), str(sql))
        with self._aside():
            self._need(self.sets.compare(context["cursor"]))
            if self.is_single:
                self._leave_out(self.copies.compare())
            if written.defines:
                self._defined()
            elif ROLLS_BACK.match(str(sql)):
                self._verify()
        return done

    @contextmanager
    def _aside(self) -> Iterator[None]:
        self.is_busy = True
        try:
            yield
        finally:
            self.is_busy = False

    def _connected(self) -> None:
        """Code can close the connection, and has another session then."""
        if self.connection.connection is self.driver or self.is_local:
            return
        self._say(self.logs.token_of(self.place))
        if not self.rules.ahead:
            self.logs.forget(self.place)
            self.connection.connection.set_authorizer(partial(may, self))

    def _cover_named(self, written: Written) -> None:
        """Make the logs of tables that a statement names, before the driver would ask."""
        for table in sorted(self.names(written.tables)):
            if self.logs.log_of(self.place, table) is None and not self.is_covered(table):
                self.cover(table)

    def _ready(self, written: Written, sql: str) -> set[str]:
        """See that all that a statement writes has a log, and return it. Raises NotCovered, and RowsNotKept."""
        by_sets = self.sets.tables()
        if written.defines or written.empties:
            self._need(by_sets)
        self.defines |= written.defines
        if self.rules.commits and (written.defines or written.empties):
            self._leave_out(self.copies.give_up(COMMITS))
        parts = {(table, written.deletes) for table in written.tables}
        is_simple = not (written.defines or written.empties or written.is_unknown)
        if not self.rules.ahead or (is_simple and parts <= self.ready and not self.is_single):
            return set()
        self.ready |= set() if by_sets else parts
        tables = self.names(written.tables)
        if written.is_unknown and self.counts is None:
            tables |= self.before
        with self.connection.cursor() as cursor:
            for table in sorted(tables):
                tables |= self.rules.reached_from(cursor, table) & self.before
        self._need({table for table in tables if not self.is_covered(table) and not self.cover(table)})
        tables |= self._unseen(tables, written, sql)
        if written.defines and self.rules.commits:
            for table in sorted(self.before):
                if (one := self.logs.log_of(self.place, table)) is not None:
                    self._execute(self.rules.no_triggers(one))
        if written.empties and self.rules.commits:
            self._execute(self.rules.all_rows(one) for table in tables if (one := self.logs.log_of(self.place, table)))
        return tables

    def _need(self, missing: set[str], unseen: Mapping[str, str] | None = None) -> None:
        if missing and self.logs.lets_go and (self.elsewhere.written or not self.logs.repeats):
            self._leave_out(missing)
            return
        self.missed |= missing
        if missing:
            if not self.logs.repeats:
                why = "it had no log yet, and code outside a transaction cannot run again"
                raise RowsNotKept(operation=self.operation, table=min(missing), why=why)
            raise NotCovered(self.place, missing, unseen, " and ".join(sorted(self.elsewhere.written)))

    def _unseen(self, tables: Iterable[str], written: Written, sql: str) -> set[str]:
        """Return the tables that foreign keys change, which fires no triggers on some databases: they are to be copied."""
        with self.connection.cursor() as cursor:
            found = acted_on(self.rules, cursor, tables) if written.deletes else {}
            for table in tables:
                found |= self._following(cursor, table, written, sql)
        seen = {table: why for table, why in found.items() if table in self.before and not self._is_copied(table)}
        self._need(set(seen), seen)
        return set(found)

    def _following(self, cursor: Cursor, table: str, written: Written, sql: str) -> dict[str, str]:
        """Return the tables that follow when a statement updates keys, each with why."""
        followed = self.rules.followed(cursor, table)
        if not followed:
            return {}
        self.ready -= {(table, written.deletes)}
        columns = None if written.is_unknown else assigned_by(sql, self.rules.dialect)
        why = f"to update rows of {table} changes its rows by a foreign key, which fires no triggers"
        found = {child: why for child, keys in followed.items() if columns is None or keys & columns}
        return found | acted_on(self.rules, cursor, found)

    def _is_copied(self, table: str) -> bool:
        """Say whether what foreign keys do to a table is logged, or need not be."""
        if (self.place, table) in self.logs.without:
            return self._is_without(table)
        one = self.logs.log_of(self.place, table)
        return table in self.left_out or (one is not None and one.copied and self.is_covered(table))

    def _run(self, execute: Callable[[], Any], sql: str) -> Any:
        """Run a statement; again where the driver has asked for tables that had no log."""
        from django.db import DatabaseError

        while True:
            try:
                with replacing(self, sql):
                    return execute()
            except DatabaseError:
                self.missed |= self.sets.failed()
                denied, self.denied = self.denied, set()
                if not denied:
                    raise
                with self._aside():
                    self._need({table for table in sorted(denied) if not self.cover(table)})

    def _defined(self) -> None:
        """After a definition was changed: a log has to fit its table again, which nobody else can reach now."""
        with self.connection.cursor() as cursor:
            there = set(self.connection.introspection.table_names(cursor))
        known = [table for table in sorted(self.before & there) if self.logs.log_of(self.place, table) is not None]
        for table in known:
            if self.rules.commits:
                one = self.logs.log_of(self.place, table)
                assert one is not None
                with self.connection.cursor() as cursor:
                    fits = set(one.columns) <= set(self.rules.columns(cursor, table))
                self._execute([*self.rules.no_triggers(one), *(self.rules.triggers(one) if fits else [])])
            self.cover(table)

    def check_denied(self) -> None:
        """See that an operation runs again which has failed as it wrote past Django's cursors. Raises NotCovered, RowsNotKept."""
        self._need({table for table in self.denied if not self.is_covered(table)})

    def check(self) -> None:
        """Look after the operation whether something was written that has no log. Raises NotCovered, and RowsNotKept."""
        self._need({table for table in self.missed | self.denied if not self.is_covered(table)})
        if self.counts is None:
            return
        with self.connection.cursor() as cursor:
            counts = self.rules.written(cursor) or {}
        changed = {name for name, rows in counts.items() if rows > self.counts.get(name, 0) and not name.startswith(OURS)}
        unseen = sorted(name for name in changed if "." in name)
        self.unkept |= set(unseen)
        if unseen and not self.logs.lets_go:
            raise RowsNotKept(
                operation=self.operation, table=unseen[0], why="it is in a schema that the search path does not find"
            )
        self._need({table for table in changed if not self.is_covered(table)})
