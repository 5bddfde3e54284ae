"""Taking back what code or SQL did to rows, by the log of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.row_logs.base import RowLog, row_logs_for
from handrail.domain.kept import ChangedRows, Form, Kept, KeptKind, KeptStatus
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.errors.hr517 import NoPrimaryKey
from handrail.errors.hr602 import RestoreConflict
from handrail.execution.keeping.keeper import PREFIX
from handrail.execution.keeping.row_log import log_from
from handrail.execution.keeping.row_nets import CHANGED, EITHER, GONE, PUT_BACK, REFERRED, REUSED, TAKEN, Net
from handrail.execution.keeping.sparing import spared
from handrail.sources.kept import kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.keeping.keeper import Keeper

HELP = "correct these rows by hand, and run it again"
POLICY = "say with --changed-rows what becomes of them: keep leaves them as they are, restore gives them what is kept"
STAY = {
    CHANGED: ("changed since", "changed since"),
    EITHER: (
        "changed since in all other columns, or replaced by another with its primary key",
        "changed since in all other columns, or replaced by others with their primary keys",
    ),
    REUSED: ("replaced by another with its primary key", "replaced by others with their primary keys"),
    TAKEN: ("deleted, and its primary key is taken", "deleted, and their primary keys are taken"),
    REFERRED: ("inserted, and others refer to it now", "inserted, and others refer to them now"),
}
"""What happened to rows that are not put back: to one, and to several."""
DONE = {False: ("stays as it is", "stay as they are"), True: ("gets what is kept", "get what is kept")}
"""What becomes of them. True: --changed-rows=restore says so."""


def logged(connection: BaseDatabaseWrapper, key: MigrationKey, direction: Direction, operation: int) -> tuple[Kept, ...]:
    """Return what is on record of the last time that an operation ran in a direction: its logs, and for each part a row without
    a table that says it was looked at. () where it ran without a log, or was taken back since.
    """
    found = kept(
        connection, app=key.app_label, name=key.name, direction=direction, operation=operation, form=Form.LOG, kind=KeptKind.ROWS
    )
    steps = [one.step for one in found if not one.table]
    return tuple(one for one in found if one.step == max(steps)) if steps else ()


class RowUndo:
    """The logs of one operation, or of one part of it, and what they come to. It is used inside of a transaction."""

    def __init__(self, keeper: Keeper, records: Sequence[Kept]) -> None:
        """records: as logged returns them."""
        self.keeper, self.records = keeper, records
        self.connection, self.undo = keeper.connection, keeper.keeping.undo
        self.rules = row_logs_for(self.connection.vendor)
        self.logs = [(one, self._readable(log_from(one))) for one in records if one.table]
        self.nets = [Net(self.connection, self.rules, log) for _, log in self.logs if log.key]
        self.seen: list[Net] = []
        self.lines: list[str] = []
        restores = self.undo.changed_rows is ChangedRows.RESTORE
        self.acts = (PUT_BACK, CHANGED, EITHER) if restores else (PUT_BACK,)
        self.fills = (CHANGED, EITHER) if restores else (CHANGED,)

    def _readable(self, log: RowLog) -> RowLog:
        """Leave out columns that were aside when the log was made and are purged: on PostgreSQL the log has lost them too."""
        live = self._live(log)
        return log.without({column.name for column in log.columns if column.name.startswith(PREFIX) and column.name not in live})

    def look(self) -> None:
        """Note, before the author's reverse runs, which rows are still as the operation left them."""
        for net in self._there():
            net.compute(lock=False)
            self.seen.append(net)

    def compare(self) -> list[str]:
        """Return in words which of those rows the reverse has left other than they were before the operation."""
        lines = []
        for net in [each for each in self._there() if each in self.seen]:
            net.refresh()
            rows = net.count(net.differing())
            if rows:
                words = "row of {} differs from what it was" if rows == 1 else "rows of {} differ from what they were"
                lines.append(f"{rows} {words.format(net.log.table)}")
                lines += net.examples(net.differing())
        for net in self.seen:
            net.drop()
        return lines

    def _there(self) -> list[Net]:
        with self.connection.cursor() as cursor:
            return [net for net in self.nets if set(net.log.columns) <= set(self.rules.columns(cursor, net.log.table))]

    def take_back(self) -> list[str]:
        """Bring rows back to what they were, and return in words which ones are not. Raises RestoreConflict and NoPrimaryKey, and
        has changed nothing then.
        """
        from django.db import IntegrityError
        from django.db.transaction import atomic

        self._check()
        try:
            with atomic(self.connection.alias), spared(self.connection, Direction.BACKWARD):
                for net in self.nets:
                    net.compute(lock=True)
                self._look()
                self._write()
                return self.lines
        except IntegrityError as error:
            tables = ", ".join(net.log.table for net in self.nets)
            notes = (" ".join(str(error).split()),)
            rows = sum(one.rows or 0 for one, _ in self.logs)
            raise RestoreConflict(rows=rows, table=tables, what="in the way of others", notes=notes, help=HELP) from error

    def foresee(self) -> None:
        """Raise what take_back would raise now, by the columns that are there. Only tables of the session are written."""
        self._check_keys()
        if not self._can_look():
            return
        with self._only_looking():
            self._look()

    @contextmanager
    def _only_looking(self) -> Iterator[None]:
        """Compute the tables of the session for the block, and commit nothing: a commit waits for readers on SQLite."""
        from django.db.transaction import atomic, set_rollback

        alias = self.connection.alias
        with atomic(alias):
            for net in self.nets:
                net.compute(lock=False)
            yield
            for net in self.nets:
                net.drop()
            set_rollback(True, using=alias)

    def _can_look(self) -> bool:
        """Say whether the tables are there with their keys; note which other columns are not."""
        for net in self.nets:
            live = self._live(net.log)
            net.absent = {number for number, one in enumerate(net.log.columns) if live.get(one.name) != one.kind}
        return not any(net.absent & set(net.key) for net in self.nets)

    def staying(self, table: str, condition: str) -> int:
        """Count the rows of a table that meet a condition now, and that take_back does not delete."""
        own = [net for net in self.nets if net.log.table == table]
        if not own or not self._can_look():
            return self._counted(table, condition)
        with self._only_looking():
            self._keep_all_referred()
            live = self.rules.quote(table)
            leaves = " OR ".join(
                f"EXISTS (SELECT 1 FROM {net.table} AS w WHERE {net.on(live, 'w')} AND {self._deleting('w.')})" for net in own
            )
            return self._counted(table, f"({condition or '1 = 1'}) AND NOT ({leaves})")

    def leaves(self, table: str, columns: Collection[str]) -> bool:
        """Say whether take_back leaves all rows of a table there, adds none, and leaves some columns as they are."""
        own = [net for net in self.nets if net.log.table == table]
        if len(own) < sum(log.table == table for _, log in self.logs) or not self._can_look() or any(net.absent for net in own):
            return False
        with self._only_looking():
            return not any(net.count(net.changing(columns)) for net in own)

    def _counted(self, table: str, condition: str) -> int:
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {self.rules.quote(table)} WHERE {condition or '1 = 1'}")
            return int(cursor.fetchall()[0][0])

    def _check(self) -> None:
        self._check_keys()
        for one, log in self.logs:
            live = self._live(log)
            other = sorted(column.name for column in log.columns if live.get(column.name) != column.kind)
            if other:
                notes = (f"columns that are gone or have another type: {', '.join(other)}",)
                what = "logged when the table had other columns than now"
                raise RestoreConflict(rows=one.rows or 0, table=log.table, what=what, notes=notes)

    def _check_keys(self) -> None:
        for one, log in self.logs:
            if not log.key:
                raise NoPrimaryKey(table=log.table, rows=one.rows or 0, what=f"the rows in its log {log.name} cannot be put back")

    def _live(self, log: RowLog) -> dict[str, str]:
        """Return the columns of a table now, and their types."""
        with self.connection.cursor() as cursor:
            return {column.name: column.kind for column in self.rules.columns(cursor, log.table)}

    def _look(self) -> None:
        """Find all that is in the way before anything is written."""
        self._keep_all_referred()
        for net in self.nets:
            for verdict in STAY:
                self._say_rows(net, verdict)
            gone = net.count(f"v = {GONE}")
            if gone:
                self._say(f"{gone} row{'s' * (gone > 1)} of {net.log.table} deleted since stay{'s' * (gone == 1)} deleted")
        for net in self.nets:
            self._look_for_targets(net)
            self._look_for_taken(net)

    def _say(self, line: str) -> None:
        self.lines.append(line)

    def _say_rows(self, net: Net, verdict: int) -> None:
        rows = net.count(f"v = {verdict}")
        if not rows:
            return
        what = STAY[verdict][rows > 1]
        examples = net.examples(f"v = {verdict}")
        if self.undo.changed_rows is ChangedRows.STOP:
            raise RestoreConflict(rows=rows, table=net.log.table, what=what, notes=examples, help=POLICY)
        done = DONE[verdict in self.acts][rows > 1]
        verb = "was" if rows == 1 else "were"
        self._say(f"{rows} row{'s' * (rows > 1)} of {net.log.table} {verb} {what}, and {done}")
        for line in examples:
            self._say(line)

    def _deleting(self, of: str = "") -> str:
        return f"{of}had = 0 AND {of}has = 1 AND {of}v IN ({_list(self.acts)})"

    def _keep_all_referred(self) -> None:
        """What stays because others refer to it keeps what it refers to itself."""
        staying = -1
        while (found := sum(net.count(f"v = {REFERRED}") for net in self.nets)) != staying:
            staying = found
            for net in self.nets:
                self._keep_referred(net)

    def _keep_referred(self, net: Net) -> None:
        """A row that was inserted stays where others refer to it that do not go too."""
        rules = self.rules
        with self.connection.cursor() as cursor:
            references = rules.references_to(cursor, net.log.table)
        names = [column.name for column in net.log.columns]
        for one in references:
            if one.target_column not in names:
                continue
            value = f"a{names.index(one.target_column)}"
            child = next((each for each in self.nets if each.log.table == one.table), None)
            leaves = f" AND NOT EXISTS ({self._leaving(child, one.column)})" if child else ""
            refers = (
                f"SELECT 1 FROM {rules.quote(one.table)} AS c WHERE c.{rules.quote(one.column)} = {net.table}.{value}{leaves}"
            )
            net.run([f"UPDATE {net.table} SET v = {REFERRED} WHERE {self._deleting()} AND EXISTS ({refers})"])

    def _leaving(self, child: Net, column: str) -> str:
        """Select the net row of a live row c that is deleted, or gets another value in a column.

        A column that came after the log was made is in no net row, and keeps its value.
        """
        names = [each.name for each in child.log.columns]
        acts = _list((PUT_BACK, *self.fills))
        changes = f"z.had = 1 AND {child.was_changed(names.index(column), 'z.')}" if column in names else "1 = 0"
        return f"SELECT 1 FROM {child.table} AS z WHERE {child.on('c', 'z')} AND z.v IN ({acts}) AND (z.had = 0 OR ({changes}))"

    def _final(self, net: Net, number: int, of: str) -> str:
        """Return the value that a column of a row gets that stays."""
        wanted = net.was_changed(number, of)
        if self.undo.changed_rows is not ChangedRows.RESTORE:
            wanted += f" AND {net.same(number, 'n', 'a', of)}"
        return f"CASE WHEN {of}has = 0 OR ({wanted}) THEN {of}b{number} ELSE {of}n{number} END"

    def _putting(self, of: str = "") -> str:
        return f"{of}had = 1 AND ({of}v = {PUT_BACK} OR ({of}has = 1 AND {of}v IN ({_list(self.fills)})))"

    def _look_for_targets(self, net: Net) -> None:
        """Targets of foreign keys that are gone: NULL where that can be, else nothing is done at all."""
        with self.connection.cursor() as cursor:
            relations = self.connection.introspection.get_relations(cursor, net.log.table)
            nullable = self.rules.nullable(cursor, net.log.table)
        for number in net.free:
            name = net.log.columns[number].name
            if name not in relations:
                continue
            column, target = relations[name][:2]
            missing = f"{self._putting('w.')} AND {self._gone(net, number, target, column)}"
            rows = net.count(missing)
            if not rows:
                continue
            words = f"{'their' if rows > 1 else 'its'} {name} names rows of {target} that are gone"
            if name not in nullable:
                what = f"not brought back: {words}"
                raise RestoreConflict(rows=rows, table=net.log.table, what=what, notes=net.examples(missing), help=HELP)
            self._say(f"{rows} row{'s' * (rows > 1)} of {net.log.table}: {words}, and {'are' if rows > 1 else 'is'} NULL now")
            for line in net.examples(missing):
                self._say(line)
            keys = ", ".join(f"k{each}" for each in net.key)
            found = net.rows(f"SELECT {keys} FROM {net.table} AS w WHERE {missing}")
            self._nullify(net, number, found)

    def _nullify(self, net: Net, number: int, keys: Iterable[Sequence[Any]]) -> None:
        where = " AND ".join(f"k{each} = %s" for each in net.key)
        with self.connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {net.table} SET b{number} = NULL WHERE {where}", [list(key) for key in keys])

    def _gone(self, net: Net, number: int, target: str, column: str) -> str:
        """Return the condition that the target of a key is neither there nor comes back."""
        rules, value = self.rules, f"w.b{number}"
        there = f"EXISTS (SELECT 1 FROM {rules.quote(target)} AS r WHERE r.{rules.quote(column)} = {value})"
        other = next((each for each in self.nets if each.log.table == target), None)
        names = [each.name for each in other.log.columns] if other is not None else []
        if other is not None and column in names:
            place = names.index(column)
            comes = f"{self._putting('z.')} AND {self._final(other, place, 'z.')} = {value}"
            there = f"({there} OR EXISTS (SELECT 1 FROM {other.table} AS z WHERE {comes}))"
        return f"(w.has = 0 OR {net.was_changed(number, 'w.')}) AND {value} IS NOT NULL AND NOT {there}"

    def _look_for_taken(self, net: Net) -> None:
        """Unique values that another row has by now."""
        with self.connection.cursor() as cursor:
            uniques = self.rules.uniques(cursor, net.log.table)
        names = [column.name for column in net.log.columns]
        for unique in uniques:
            if not set(unique) <= set(names):
                continue
            numbers = [names.index(name) for name in unique]
            alike = " AND ".join(f"r.{self.rules.quote(names[n])} = ({self._final(net, n, 'w.')})" for n in numbers)
            itself = f"({net.on('r', 'w')})"
            moves = " OR ".join(["z.had = 0", *(net.was_changed(n, "z.") for n in numbers)])
            leaves = f"SELECT 1 FROM {net.table} AS z WHERE {net.on('r', 'z')} AND z.v = {PUT_BACK} AND ({moves})"
            other = (
                f"SELECT 1 FROM {self.rules.quote(net.log.table)} AS r WHERE {alike} AND NOT {itself} AND NOT EXISTS ({leaves})"
            )
            taken = f"{self._putting('w.')} AND EXISTS ({other})"
            rows = net.count(taken)
            if rows:
                what = f"not brought back: another row has {'their' if rows > 1 else 'its'} {', '.join(unique)}"
                raise RestoreConflict(rows=rows, table=net.log.table, what=what, notes=net.examples(taken), help=HELP)

    def _write(self) -> None:
        """Deletions first, and then updates, so that unique values are free for what comes back."""
        off, on = self.rules.unchecked()
        self._run([off])
        try:
            for net in self.nets:
                self._delete(net)
            for net in self.nets:
                self._update(net)
            for net in self.nets:
                self._insert(net)
        finally:
            self._run([on])
        for net in self.nets:
            net.drop()

    def _run(self, statements: Iterable[str]) -> None:
        with self.connection.cursor() as cursor:
            for sql in filter(None, statements):
                cursor.execute(sql)

    def _delete(self, net: Net) -> None:
        if net.count(self._deleting("w.")):
            key = [(net.log.columns[number].name, f"k{number}") for number in net.key]
            self._run([self.rules.delete(net.log.table, key, net.table, self._deleting("w."))])

    def _update(self, net: Net) -> None:
        values = [(net.log.columns[number].name, self._final(net, number, "w.")) for number in net.changed_columns()]
        if values:
            on = f"{net.on('t', 'w')} AND w.has = 1 AND {self._putting('w.')}"
            self._run([self.rules.update(net.log.table, net.table, on, values)])

    def _insert(self, net: Net) -> None:
        names = [column.name for column in net.log.columns]
        values = ", ".join(f"b{number}" for number in net.columns)
        select = f"SELECT {values} FROM {net.table} WHERE had = 1 AND has = 0 AND v = {PUT_BACK}"
        self._run([self.rules.insert(net.log.table, names, select)])

    def done(self) -> None:
        """Put on record that the operation is taken back: its log is not used again."""
        for one in self.records:
            self.keeper.mark(one, KeptStatus.RESTORED)


def _list(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, numbers))
