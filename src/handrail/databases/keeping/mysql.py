"""MySQL 8.0 and later and MariaDB 10.6 and later: what is kept is renamed; every statement is done at once, and by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from handrail.databases.base import Cursor
from handrail.databases.keeping import _mysql_columns
from handrail.databases.keeping.base import Details, ForeignKey, KeepingRules
from handrail.databases.statements._mysql_definitions import Table, normal, quoted, table
from handrail.databases.statements._tokens import MYSQL, Kind, tokens
from handrail.domain.kept import Form

# MySQL 8.0 manual, 28.3.16 (KEY_COLUMN_USAGE).
_FOREIGN_KEYS = """
    SELECT k.table_name, k.constraint_name, k.column_name, k.referenced_table_name, k.referenced_column_name, c.is_nullable
    FROM information_schema.key_column_usage k JOIN information_schema.columns c
      ON c.table_schema = k.table_schema AND c.table_name = k.table_name AND c.column_name = k.column_name
    WHERE k.table_schema = DATABASE() AND k.referenced_table_schema = DATABASE()
      AND (k.table_name = %s OR k.referenced_table_name = %s)
    ORDER BY k.table_name, k.constraint_name, k.ordinal_position"""
_COUNTER = "SELECT auto_increment FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
_KINDS = """
    SELECT column_name, column_type FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s AND COALESCE(generation_expression, '') = ''
    ORDER BY ordinal_position"""
"""MySQL 8.0 manual, 28.3.8; MariaDB has NULL for a column that is not generated."""
_NUMBERED = """
    SELECT column_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s AND column_key = 'PRI' AND extra LIKE '%%auto_increment%%'"""
_NEWEST = 1000
"""How many rows are looked at first."""
_PLAIN = re.compile(r"-?\d+(\.\d+)?|'[^'\\]*'")
"""Literals that are a default without more ado."""
MARK = "_m"
"""What the marker's name ends with: a column that is 0 in rows that were there, and 1 in those that came since."""


class MySQLKeeping(KeepingRules):
    """A column that may be NULL is renamed. To let one that is NOT NULL take NULL would write the whole table anew.

    So it gets a default, and a marker beside it says which rows have that default because they came since: the marker is added
    with the default 0, and the statement that renames the column makes that 1. All of it changes only the dictionary (MySQL 8.0
    manual, 17.12.1; MariaDB, "InnoDB Online DDL Operations with the INSTANT Alter Algorithm"; tried on 10.11, also for text).
    Tables are renamed with their triggers, counters and indexes; names of foreign keys are the database's, so those are dropped.
    """

    column_form: ClassVar = Form.ASIDE
    table_form: ClassVar = Form.ASIDE

    def quoted(self, name: str) -> str:
        """With backticks."""
        return quoted(name)

    def column(self, cursor: Cursor, table: str, column: str) -> dict[str, Any]:
        """Read what SHOW CREATE TABLE says of a column, and of what spans it."""
        found, low = _definition(cursor, table), column.lower()
        read = found.columns[low]
        numbered = _mysql_columns.is_number_generator(read)
        unique = any(_is_unique(text) for text in found.keys.values() if low in _held(text))
        required = _mysql_columns.is_required(read) or numbered or (unique and "NOT NULL" in read.text)
        default = _mysql_columns.zero(read) if required else ""
        keys = [key for key in _foreign_keys(cursor, table) if _spans(key, table, column)]
        return {
            "definition": read.text,
            "aside": _mysql_columns.aside(read, column, "{aside}", table, default) if required else "",
            "plain": _mysql_columns.without_numbers(read) if required else "",
            "marked": bool(default),
            "zero": default,
            "counter": _counter(cursor, table) if numbered else None,
            "foreign_keys": [list(key) for key in keys],
            "checks": [[name, text] for name, text in _checks(found) if low in _held(text)],
            **_keys_of(found, low, required=required, released={key.name.lower() for key in keys}),
        }

    def filled(self, details: Details, value: str) -> dict[str, Any]:
        """Where every row has the right value already, no row has to be looked at when the column comes back."""
        if not details["marked"] or not _PLAIN.fullmatch(value):
            return {}
        zero = details["zero"]
        default = f"({value})" if zero.startswith("(") else value
        return {"fills": value, "aside": details["aside"].replace(f"DEFAULT {zero}", f"DEFAULT {default}", 1)}

    def column_aside(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """One statement adds the marker, one does all the rest."""
        q, own = self.quoted, self.quoted(table)
        clauses = [f"DROP CONSTRAINT {q(name)}" for name, _ in details["checks"]]
        before = [f"ALTER TABLE {own} {', '.join(clauses)}"] if clauses else []
        if details["marked"]:
            before.append(f"ALTER TABLE {own} ADD COLUMN {q(aside + MARK)} TINYINT NOT NULL DEFAULT 0")
        change = f"RENAME COLUMN {q(column)} TO {q(aside)}"
        if details["aside"]:
            change = f"CHANGE COLUMN {q(column)} {details['aside'].replace('{aside}', aside)}"
        parts = [
            *(_drop(name) for name, _ in details["keys"]),
            *(f"ADD KEY {q(f'{aside}_s{number}')} {columns}" for number, columns in enumerate(details["stand_ins"])),
            *(f"RENAME KEY {q(name)} TO {q(f'{aside}_{number}')}" for number, name in enumerate(details["kept_keys"])),
            change,
            *([f"ALTER COLUMN {q(aside + MARK)} SET DEFAULT 1"] if details["marked"] else []),
        ]
        return [*before, f"ALTER TABLE {own} {', '.join(parts)}"]

    def column_back(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Rows that come from now on bring their own value, so they are not marked any more."""
        q = self.quoted
        change = f"RENAME COLUMN {q(aside)} TO {q(column)}"
        if details["marked"]:
            change = f"CHANGE COLUMN {q(aside)} {details['plain']}, ALTER COLUMN {q(aside + MARK)} SET DEFAULT 0"
        elif details["aside"]:
            change = f"CHANGE COLUMN {q(aside)} {details['aside'].replace('`{aside}`', q(column))}"
        names = [f"RENAME KEY {q(f'{aside}_{number}')} TO {q(name)}" for number, name in enumerate(details["kept_keys"])]
        return [f"ALTER TABLE {q(table)} {', '.join([change, *names])}"]

    def column_again(self, table: str, column: str, aside: str, details: Details) -> list[str]:  # noqa: ARG002
        """A column that was numbered numbers the rows that came since, which have 0 (MySQL 8.0 manual, 5.6.9)."""
        q = self.quoted
        counter = details["counter"]
        unmarked = details["aside"] and not details["marked"]
        parts = [
            *([f"DROP COLUMN {q(aside + MARK)}"] if details["marked"] else []),
            *(_drop(f"{aside}_s{number}") for number in range(len(details["stand_ins"]))),
            *(f"ADD {text}" for _, text in details["keys"]),
            *(f"ADD {text}" for _, text in details["checks"]),
            *([f"MODIFY COLUMN {details['definition']}"] if unmarked or counter else []),
            *([f"AUTO_INCREMENT = {counter}"] if counter else []),
        ]
        return [f"ALTER TABLE {q(table)} {', '.join(parts)}"] if parts else []

    def since(self, table: str, column: str, aside: str, details: Details, *, back: bool) -> str:  # noqa: ARG002
        """The marker says it; where there is none, NULL does."""
        if details["counter"]:
            return ""
        if details["marked"]:
            return f"{self.quoted(aside + MARK)} = 1"
        return f"{self.quoted(column if back else aside)} IS NULL" if details["aside"] else ""

    def newest(self, cursor: Cursor, table: str, aside: str, details: Details) -> str:
        """Those with the highest numbers, where the database gives them."""
        if not details["marked"]:
            return ""
        cursor.execute(_NUMBERED, [table])
        for (name,) in cursor.fetchall():
            key = self.quoted(name.decode() if isinstance(name, bytes) else str(name))
            mark = self.quoted(aside + MARK)
            return f"(SELECT {mark} FROM {self.quoted(table)} ORDER BY {key} DESC LIMIT {_NEWEST}) newest"
        return ""

    def table(self, cursor: Cursor, table: str) -> dict[str, Any]:
        """Names of checks are the database's on MySQL, as those of foreign keys are (MySQL 8.0 manual, 15.1.20.6)."""
        keys = [list(key) for key in _foreign_keys(cursor, table)]
        cursor.execute("SELECT VERSION()")
        ((version,),) = cursor.fetchall()
        checks = [] if "mariadb" in str(version).lower() else list(_checks(_definition(cursor, table)))
        return {"foreign_keys": keys, "checks": [[name, text] for name, text in checks]}

    def table_aside(self, table: str, aside: str, details: Details) -> list[str]:
        """Rename it."""
        drops = ", ".join(f"DROP CONSTRAINT {self.quoted(name)}" for name, _ in details["checks"])
        before = [f"ALTER TABLE {self.quoted(table)} {drops}"] if drops else []
        return [*before, f"RENAME TABLE {self.quoted(table)} TO {self.quoted(aside)}"]

    def table_back(self, table: str, aside: str, details: Details) -> list[str]:
        """Rename it back."""
        adds = ", ".join(f"ADD {text}" for _, text in details["checks"])
        after = [f"ALTER TABLE {self.quoted(table)} {adds}"] if adds else []
        return [f"RENAME TABLE {self.quoted(aside)} TO {self.quoted(table)}", *after]

    def kinds(self, cursor: Cursor, place: str) -> dict[str, str]:
        """With length and sign."""
        cursor.execute(_KINDS, [place])
        found = [[one.decode() if isinstance(one, bytes) else str(one) for one in row] for row in cursor.fetchall()]
        return {name: kind.lower() for name, kind in found}

    def like(self, table: str, name: str) -> str:
        """With its keys, and without its foreign keys (MySQL 8.0 manual, 15.1.20.3)."""
        return f"CREATE TABLE {self.quoted(name)} LIKE {self.quoted(table)}"

    def counts_on(self, cursor: Cursor, table: str, place: str, details: Details) -> list[str]:  # noqa: ARG002
        """A number that is too small is raised by the database (MySQL 8.0 manual, 15.1.9)."""
        number = _counter(cursor, place)
        return [f"ALTER TABLE {self.quoted(table)} AUTO_INCREMENT = {number}"] if number else []

    def released(self, key: ForeignKey) -> str:
        """Its index stays."""
        return f"ALTER TABLE {self.quoted(key.table)} DROP FOREIGN KEY {self.quoted(key.name)}"

    def required(self, key: ForeignKey) -> str:
        """As SHOW CREATE TABLE wrote it."""
        return f"ALTER TABLE {self.quoted(key.table)} ADD {key.definition}"

    def emptied(self, key: ForeignKey) -> str:
        """A table that is updated is not read in a subquery (MySQL 8.0 manual, 15.2.15), but it can be joined."""
        q = self.quoted
        pairs = " AND ".join(f"target.{q(b)} = own.{q(a)}" for a, b in zip(key.columns, key.target_columns, strict=True))
        there = " AND ".join(f"own.{q(name)} IS NOT NULL" for name in key.columns)
        joined = f"{q(key.table)} own LEFT JOIN {q(key.target)} target ON {pairs}"
        return f"UPDATE {joined} SET own.{q(key.columns[0])} = NULL WHERE {there} AND target.{q(key.target_columns[0])} IS NULL"


def _definition(cursor: Cursor, name: str) -> Table:
    cursor.execute(f"SHOW CREATE TABLE {quoted(name)}")
    ((_, text, *_),) = cursor.fetchall()
    return table(normal(text.decode() if isinstance(text, bytes) else str(text)))


def _counter(cursor: Cursor, name: str) -> int | None:
    cursor.execute(_COUNTER, [name])
    ((number,),) = cursor.fetchall()
    return int(number) if number else None


def _foreign_keys(cursor: Cursor, name: str) -> list[ForeignKey]:
    cursor.execute(_FOREIGN_KEYS, [name, name])
    groups: dict[tuple[str, str], list[Sequence[str]]] = {}
    for row in cursor.fetchall():
        said = [value.decode() if isinstance(value, bytes) else value for value in row]
        groups.setdefault((said[0], said[1]), []).append(said[2:])
    definitions: dict[str, Mapping[str, str]] = {}
    return [_foreign_key(cursor, definitions, name, owner, label, rows) for (owner, label), rows in groups.items()]


def _foreign_key(
    cursor: Cursor,
    definitions: dict[str, Mapping[str, str]],
    name: str,
    owner: str,
    label: str,
    rows: Sequence[Sequence[str]],
) -> ForeignKey:
    if owner not in definitions:
        definitions[owner] = _definition(cursor, owner).constraints
    return ForeignKey(
        table=owner,
        columns=[row[0] for row in rows],
        target=rows[0][1],
        target_columns=[row[2] for row in rows],
        nullable=rows[0][3] == "YES",
        name=label,
        definition=definitions[owner][label.lower()],
        local=owner.lower() == name.lower(),
    )


def _spans(key: ForeignKey, table: str, column: str) -> bool:
    own = key.columns if key.local else ()
    target = key.target_columns if key.target.lower() == table.lower() else ()
    return column.lower() in {name.lower() for name in (*own, *target)}


def _checks(found: Table) -> Iterator[tuple[str, str]]:
    """Return the checks of the table by their names; MariaDB has those of one column in its definition."""
    for text in found.constraints.values():
        label = next(token.value for token in tokens(text, MYSQL) if token.kind is Kind.NAME)
        if " FOREIGN KEY " not in text:
            yield label, text


def _keys_of(found: Table, low: str, *, required: bool, released: set[str]) -> dict[str, Any]:
    """Return what becomes of the keys that span a column: those that are unique can refuse rows that know nothing of them."""
    kept, dropped, stand_ins = [], [], []
    for name, text in found.keys.items():
        columns = _held(text)
        if low not in columns:
            continue
        label = "PRIMARY" if name == "primary" else next(t.value for t in tokens(text, MYSQL) if t.kind is Kind.NAME)
        if not _is_unique(text) or (len(columns) == 1 and not required):
            kept.append(label)
            continue
        dropped.append([label, text])
        if columns[0] != low and _is_needed(found, columns[0], released):
            stand_ins.append(f"({quoted(columns[0])})")
    return {"kept_keys": kept, "keys": dropped, "stand_ins": stand_ins}


def _is_needed(found: Table, first: str, released: set[str]) -> bool:
    """Say whether a foreign key that stays needs an index that begins with a column."""
    own = (text for name, text in found.constraints.items() if " FOREIGN KEY " in text and name not in released)
    return any(first in _held(text.partition(" REFERENCES ")[0]) for text in own)


def _is_unique(text: str) -> bool:
    return text.startswith(("UNIQUE", "PRIMARY"))


def _held(text: str) -> list[str]:
    """Return the columns within the parentheses of a key or check, in lower case."""
    inside = text[text.index("(") :]
    return [token.value.lower() for token in tokens(inside, MYSQL) if token.kind is Kind.NAME]


def _drop(name: str) -> str:
    return "DROP PRIMARY KEY" if name == "PRIMARY" else f"DROP KEY {quoted(name)}"
