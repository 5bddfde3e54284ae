"""Logs of whole statements: the rows that one is about to write are copied by its own condition, with what becomes of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar

from handrail.databases.base import Cursor
from handrail.databases.row_logs._entries import AFTER, BEFORE, DELETED, UPDATED, Entries
from handrail.databases.row_logs._set_statements import read
from handrail.databases.row_logs.base import ASSIGNED, IMAGE, ORDER, SAMPLE, RowLog, SetWrite

_MOST = 63
"""How many columns the bits of a number can tell apart."""


class SetEntries(Entries):
    """The part that databases have in common whose triggers for each row cost more than such a copy."""

    sure: ClassVar[Collection[str]] = ()
    """Types whose values become the same in every column of the type; () where all of them do."""
    reading_first: ClassVar = "CROSS JOIN"
    """The join that reads what stands before it first."""
    locked: ClassVar = ""
    """What lets a SELECT lock the rows that it finds."""

    def takes_sets(self, cursor: Cursor, one: RowLog) -> bool:  # noqa: ARG002 - for those that look at the catalogue
        """A name with a percent sign could be taken for a parameter."""
        names = [one.table, *(column.name for column in one.columns)]
        return bool(one.key) and len(one.columns) <= _MOST and not any("%" in name for name in names)

    def understood(self, sql: str, one: RowLog, *, has_params: bool) -> SetWrite | None:
        """Keys stay as they are, so that a row is found again by its own."""
        kinds = {column.name: column.kind for column in one.columns}
        write = read(sql, self.dialect, kinds, has_params=has_params)
        if write is None or any(name in one.key or (self.sure and kinds[name] not in self.sure) for name, _ in write.assigned):
            return None
        return write

    def copying_set(self, one: RowLog, write: SetWrite) -> str:
        """What becomes of a row is computed as the statement will do it, into a column of the same type."""
        names = [column.name for column in one.columns]
        numbers = [names.index(name) for name, _ in write.assigned]
        into = [IMAGE, ASSIGNED, *(f"{BEFORE}{number}" for number in range(len(names))), *(f"{AFTER}{each}" for each in numbers)]
        kind = f"{DELETED}, NULL" if write.deletes else f"{UPDATED}, {sum(1 << number for number in numbers)}"
        values = ", ".join([kind, self.names(names), *(f"({value})" for _, value in write.assigned)])
        where = f" WHERE ({write.where})" if write.where else ""
        select = f"SELECT {values} FROM {self.quote(one.table)}{where}{self.locked}"
        return f"INSERT INTO {self.quote(one.name)} ({', '.join(into)}) {select}"

    def fitting(self, one: RowLog, write: SetWrite, last: int) -> str:
        """By their keys, entry by entry."""
        names, changed = [column.name for column in one.columns], {name for name, _ in write.assigned}
        entries = f"SELECT * FROM {self.quote(one.name)} WHERE {ORDER} > {last} ORDER BY {ORDER} LIMIT {SAMPLE}"
        on = " AND ".join(f"l.{BEFORE}{names.index(name)} = t.{self.quote(name)}" for name in one.key)
        alike = [
            self.same(f"l.{AFTER if each.name in changed else BEFORE}{number}", f"t.{self.quote(each.name)}", each.kind)
            for number, each in enumerate(one.columns)
        ]
        joined = f"({entries}) AS l {self.reading_first} {self.quote(one.table)} AS t ON {on}"
        return f"SELECT count(*) FROM {joined} WHERE {' AND '.join(alike)}"

    def value(self, one: RowLog, part: str, number: int, of: str = "") -> str:
        """What a statement does not assign stays as it was."""
        if not one.sets or part == BEFORE:
            return super().value(one, part, number, of)
        mark = f"{of}{ASSIGNED}"
        return f"CASE WHEN {mark} IS NULL OR {mark} & {1 << number} THEN {of}{AFTER}{number} ELSE {of}{BEFORE}{number} END"
