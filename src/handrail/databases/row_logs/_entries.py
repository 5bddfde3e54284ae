"""Logs that are filled row by row: an entry has a row before and after a statement."""

from __future__ import annotations

from handrail.databases.row_logs.base import IMAGE, ORDER, RowLog, RowLogRules

BEFORE, AFTER = "b", "a"
"""What the names of columns of an entry begin with; the number of the logged column follows."""
INSERTED, UPDATED, DELETED = 1, 2, 0
"""What an entry is."""


class Entries(RowLogRules):
    """The part that databases have in common whose triggers fire for each row."""

    def pairs(self, one: RowLog) -> list[str]:
        """Return the names of the columns of an entry."""
        return [f"{part}{number}" for part in (BEFORE, AFTER) for number in range(len(one.columns))]

    def entry(self, one: RowLog, event: str) -> str:
        """Return the INSERT of a trigger. event: insert, update or delete."""
        names = [column.name for column in one.columns]
        old = [(f"{BEFORE}{number}", f"OLD.{self.quote(name)}") for number, name in enumerate(names)]
        new = [(f"{AFTER}{number}", f"NEW.{self.quote(name)}") for number, name in enumerate(names)]
        kind, values = {"insert": (INSERTED, new), "update": (UPDATED, [*old, *new]), "delete": (DELETED, old)}[event]
        into = ", ".join([IMAGE, *(name for name, _ in values)])
        return f"INSERT INTO {self.quote(one.name)} ({into}) VALUES ({', '.join([str(kind), *(value for _, value in values)])})"

    def images(self, one: RowLog) -> str:
        """An update is a row that went away, and one that came."""
        log, parts = self.quote(one.name), []
        for image, part, kinds in ((0, BEFORE, (DELETED, UPDATED)), (1, AFTER, (INSERTED, UPDATED))):
            found = zip(one.places, one.columns, strict=True)
            names = ", ".join(f"{self.value(one, part, number)} AS {self.quote(column.name)}" for number, column in found)
            where = " OR ".join(f"{IMAGE} = {kind}" for kind in kinds)
            parts.append(f"SELECT 2 * {ORDER} + {image} AS {ORDER}, {image} AS {IMAGE}, {names} FROM {log} WHERE {where}")
        return " UNION ALL ".join(parts)

    def net(self, one: RowLog) -> str:
        """Entries are found by their order, which is the primary key of the log."""
        before, after = (
            [self.value(one, part, number, alias) for number in one.places] for alias, part in (("f.", "b"), ("l.", "a"))
        )
        log = self.quote(one.name)
        return (
            f"SELECT {self.net_columns(one, before, after)} FROM ({self.spans(one)}) AS g "
            f"JOIN {log} AS f ON f.{ORDER} = {self.halved('g.hrk_f')} JOIN {log} AS l ON l.{ORDER} = {self.halved('g.hrk_l')}"
        )

    def value(self, one: RowLog, part: str, number: int, of: str = "") -> str:  # noqa: ARG002 - for those that need it
        """Return a value of an entry. part: BEFORE or AFTER. of: what stands in front of its columns."""
        return f"{of}{part}{number}"

    def halved(self, number: str) -> str:
        """Return a whole number divided by two."""
        return f"{number} / 2"

    def all_rows(self, one: RowLog) -> str:
        """Entries of rows that are deleted."""
        into = ", ".join(f"{BEFORE}{number}" for number in range(len(one.columns)))
        names = self.names(column.name for column in one.columns)
        return f"INSERT INTO {self.quote(one.name)} ({IMAGE}, {into}) SELECT {DELETED}, {names} FROM {self.quote(one.table)}"
