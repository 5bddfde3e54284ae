"""PostgreSQL 14 and later: what is kept is renamed or moved, with its values, comments, grants and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from handrail.databases.base import Cursor
from handrail.databases.keeping._postgresql_columns import zero
from handrail.databases.keeping.base import Details, ForeignKey, KeepingRules
from handrail.domain.kept import Form

# Manual of 18: 53.7 (pg_attribute), 53.13 (pg_constraint), 53.26 (pg_index), 9.27.3 (pg_get_constraintdef and others).
_COLUMN = """
    SELECT a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid), n.nspname,
           CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace AND has_schema_privilege(n.oid, 'CREATE')
             AND c.relkind = 'r' AND NOT c.relispartition
             AND (SELECT max(x.attnum) FROM pg_attribute x WHERE x.attrelid = c.oid) < 1000 THEN t.typname ELSE '' END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s::regclass AND a.attname = %s AND NOT a.attisdropped"""
_NAMES = """ARRAY(SELECT a.attname::text FROM unnest({0}) WITH ORDINALITY u(n, o)
    JOIN pg_attribute a ON a.attrelid = {1} AND a.attnum = u.n ORDER BY u.o)"""
_TABLE = """CASE WHEN pg_table_is_visible({0}.oid) THEN {0}.relname::text
    ELSE (SELECT nspname FROM pg_namespace WHERE oid = {0}.relnamespace) || '"."' || {0}.relname END"""
_CONSTRAINTS = f"""
    SELECT k.conname, k.contype, pg_get_constraintdef(k.oid), {_NAMES.format("k.conkey", "k.conrelid")},
           EXISTS (SELECT FROM pg_index x WHERE x.indexrelid = k.conindid AND (x.indpred IS NOT NULL OR x.indnatts > x.indnkeyatts
               OR pg_get_indexdef(x.indexrelid) LIKE '%% NULLS NOT DISTINCT%%'))
    FROM pg_constraint k WHERE k.conrelid = %s::regclass AND k.contype IN ('p', 'u', 'c', 'x')
    ORDER BY k.contype, k.conname"""
_INDEXES = f"""
    SELECT i.relname, x.indisunique, pg_get_indexdef(x.indexrelid), {_NAMES.format("x.indkey::int2[]", "x.indrelid")},
           x.indpred IS NOT NULL OR x.indexprs IS NOT NULL OR x.indnatts > x.indnkeyatts
               OR pg_get_indexdef(x.indexrelid) LIKE '%% NULLS NOT DISTINCT%%',
           EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid
               WHERE p.classid = 'pg_class'::regclass AND p.objid = x.indexrelid AND p.refobjid = x.indrelid AND a.attname = %s)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = %s::regclass
      AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
    ORDER BY i.relname"""
_FOREIGN_KEYS = f"""
    SELECT {_TABLE.format("c")}, {_NAMES.format("k.conkey", "k.conrelid")},
           {_TABLE.format("f")}, {_NAMES.format("k.confkey", "k.confrelid")},
           (SELECT NOT a.attnotnull FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1]),
           k.conname, pg_get_constraintdef(k.oid), k.conrelid = %s::regclass
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
    WHERE k.contype = 'f' AND k.conparentid = 0 AND (k.conrelid = %s::regclass OR k.confrelid = %s::regclass)
    ORDER BY 1, k.conname"""
_KINDS = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum"""
_NUMBERED = """
    SELECT attname, pg_get_serial_sequence(%s, attname) FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"""

MARK, NUMBERS = "_m", "_s"
"""What the names of the marker and of its sequence end with."""


class PostgreSQLKeeping(KeepingRules):
    """Nothing is rewritten, and what needs no other column of the table keeps its index.

    A column keeps its indexes of one column, under other names; what spans more is dropped, and made again. Where new rows get a
    value from the database (a default, a sequence), the column keeps asking for one. Else one that is required gets a default,
    and a marker beside it that is NULL in rows that were there: in those that come it has a number of a sequence, which tells
    whether any has come without a look at the rows, as SET NOT NULL would take one. ADD COLUMN without a default, and a default
    that is set later, change only the catalogue (manual of 18, 5.7.1 and ALTER TABLE). Where that cannot be (unique values, types
    without a known value, no right to make a sequence, partitions, a table that has had a thousand of the 1600 columns it can
    have, by appendix K), it takes NULL. A table goes into a schema of its own, so that no name of it is in the way of a new one.
    """

    column_form: ClassVar = Form.ASIDE
    table_form: ClassVar = Form.ASIDE
    there: ClassVar = "SELECT to_regclass(%s) IS NOT NULL"

    def quoted(self, name: str) -> str:
        """As Django quotes: a name with a schema comes as schema"."table."""
        return f'"{name}"'

    def column(self, cursor: Cursor, table: str, column: str) -> dict[str, Any]:
        """Read what is required of a column, and what depends on it."""
        name = self.quoted(table)
        required, identity, default, schema, kind = _rows(cursor, _COLUMN, [name, column])[0]
        indexes = [one for one in _rows(cursor, _INDEXES, [column, name]) if one[5]]
        constraints = [one for one in _rows(cursor, _CONSTRAINTS, [name]) if column in one[3]]
        keys = [
            one
            for one in _rows(cursor, _FOREIGN_KEYS, [name] * 3)
            if column in (one[1] if one[7] else one[3]) or _self(one, column)
        ]
        unique = any(one[1] for one in indexes) or any(one[1] in "pu" for one in constraints)
        numbered = bool(identity) or (default or "").startswith("nextval(")
        fills = bool(numbered or (default is not None and not unique))
        value = zero(kind) if required and not fills and not unique else ""
        return {
            "relaxed": required and not fills and not value,
            "zero": value,
            "schema": schema,
            "default": default if default is not None and not fills else None,
            "kept_indexes": [one[0] for one in indexes if not one[4] and (not one[1] or len(one[3]) == 1)],
            "indexes": [[one[0], one[2]] for one in indexes if one[4] or (one[1] and len(one[3]) > 1)],
            "kept_constraints": [one[0] for one in constraints if _stays(one)],
            "constraints": [[one[0], one[2]] for one in constraints if not _stays(one)],
            "foreign_keys": keys,
        }

    def column_aside(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Release what could stop the application, then rename."""
        q, own = self.quoted, self.quoted(table)
        name = q(column)
        return [
            *(f"ALTER TABLE {own} DROP CONSTRAINT {q(one)}" for one, _ in details["constraints"]),
            *(f"DROP INDEX {self._beside(table, one)}" for one, _ in details["indexes"]),
            *self._renamed(table, aside, details, back=False),
            *([f"ALTER TABLE {own} ALTER COLUMN {name} DROP DEFAULT"] if details["default"] is not None else []),
            *([f"ALTER TABLE {own} ALTER COLUMN {name} DROP NOT NULL"] if details["relaxed"] else []),
            *(self._marked(table, column, aside, details) if details.get("zero") else []),
            f"ALTER TABLE {own} RENAME COLUMN {name} TO {q(aside)}",
        ]

    def _marked(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Whoever may insert rows takes numbers, and needs the right to (manual of 18, 9.17)."""
        q, own, mark = self.quoted, self.quoted(table), self.quoted(aside + MARK)
        sequence = f"{q(details['schema'])}.{q(aside + NUMBERS)}"
        number = "nextval('{}')".format(sequence.replace("'", "''"))
        return [
            f"ALTER TABLE {own} ADD COLUMN {mark} bigint",
            f"CREATE SEQUENCE {sequence} OWNED BY {own}.{mark}",
            f"GRANT USAGE ON SEQUENCE {sequence} TO PUBLIC",
            f"ALTER TABLE {own} ALTER COLUMN {mark} SET DEFAULT {number}, ALTER COLUMN {q(column)} SET DEFAULT {details['zero']}",
        ]

    def column_back(self, table: str, column: str, aside: str, details: Details) -> list[str]:  # noqa: ARG002
        """Rename; its indexes follow with their own names in column_again."""
        q = self.quoted
        return [f"ALTER TABLE {q(table)} RENAME COLUMN {q(aside)} TO {q(column)}"]

    def column_again(self, table: str, column: str, aside: str, details: Details) -> list[str]:
        """Require again what was required."""
        q, own, name = self.quoted, self.quoted(table), self.quoted(column)
        default = details["default"]
        return [
            *([f"ALTER TABLE {own} ALTER COLUMN {name} SET DEFAULT {default}"] if default is not None else []),
            *([f"ALTER TABLE {own} ALTER COLUMN {name} SET NOT NULL"] if details["relaxed"] else []),
            *(
                [f"ALTER TABLE {own} ALTER COLUMN {name} DROP DEFAULT, DROP COLUMN {q(aside + MARK)}"]
                if details.get("zero")
                else []
            ),
            *self._renamed(table, aside, details, back=True),
            *(definition for _, definition in details["indexes"]),
            *(f"ALTER TABLE {own} ADD CONSTRAINT {q(one)} {definition}" for one, definition in details["constraints"]),
        ]

    def since(self, table: str, column: str, aside: str, details: Details, *, back: bool) -> str:
        """The marker says it, and before that its sequence: it is asked once, and where no number was taken no row is looked at.

        Elsewhere a column that was NOT NULL has NULL in the rows that came since, and in no others.
        """
        if details.get("zero"):
            taken = f"(SELECT is_called OR last_value <> 1 FROM {self._beside(table, aside + NUMBERS)})"
            return f"{self.quoted(aside + MARK)} IS NOT NULL AND {taken}"
        return f"{self.quoted(column if back else aside)} IS NULL" if details["relaxed"] else ""

    def _renamed(self, table: str, aside: str, details: Details, *, back: bool) -> list[str]:
        q, own = self.quoted, self.quoted(table)
        statements = []
        for number, name in enumerate(details["kept_indexes"]):
            old, new = (f"{aside}_{number}", name) if back else (name, f"{aside}_{number}")
            statements.append(f"ALTER INDEX {self._beside(table, old)} RENAME TO {q(new)}")
        for number, name in enumerate(details["kept_constraints"]):
            old, new = (f"{aside}_c{number}", name) if back else (name, f"{aside}_c{number}")
            statements.append(f"ALTER TABLE {own} RENAME CONSTRAINT {q(old)} TO {q(new)}")
        return statements

    def _beside(self, table: str, name: str) -> str:
        """Quote the name of an index, which is in the schema of its table."""
        schema, dot, _ = table.rpartition('"."')
        return self.quoted(f"{schema}{dot}{name}")

    def table(self, cursor: Cursor, table: str) -> dict[str, Any]:
        """Read the foreign keys from and to a table, and where it is."""
        name = self.quoted(table)
        schema, may = _rows(
            cursor,
            "SELECT n.nspname, has_database_privilege(current_database(), 'CREATE') FROM pg_class c"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = %s::regclass",
            [name],
        )[0]
        keys = _rows(cursor, _FOREIGN_KEYS, [name] * 3)
        found: dict[str, Any] = {"schema": schema, "moves": may, "foreign_keys": keys}
        if not may:
            found["constraints"] = [one[0] for one in _rows(cursor, _CONSTRAINTS, [name]) if one[1] in "pux"]
            found["indexes"] = [one[0] for one in _rows(cursor, _INDEXES, ["", name])]
            found["sequences"] = [one[0] for one in _rows(cursor, _SEQUENCES, [name])]
        return found

    def table_aside(self, table: str, aside: str, details: Details) -> list[str]:
        """Move it; without the right to make a schema, rename it with all that has a name in the schema."""
        q = self.quoted
        if details["moves"]:
            return [f"CREATE SCHEMA {q(aside)}", f"ALTER TABLE {q(table)} SET SCHEMA {q(aside)}"]
        return [*self._named(table, aside, details, back=False), f"ALTER TABLE {q(table)} RENAME TO {q(aside)}"]

    def table_back(self, table: str, aside: str, details: Details) -> list[str]:
        """Move it back."""
        q, name = self.quoted, table.rpartition('"."')[2]
        if details["moves"]:
            moved = f"ALTER TABLE {q(aside)}.{q(name)} SET SCHEMA {q(details['schema'])}"
            return [moved, f"DROP SCHEMA {q(aside)}"]
        return [
            f"ALTER TABLE {self._beside(table, aside)} RENAME TO {q(name)}",
            *self._named(table, aside, details, back=True),
        ]

    def place(self, table: str, aside: str, details: Details) -> str:
        """In its schema."""
        name = table.rpartition('"."')[2]
        return f'{aside}"."{name}' if details["moves"] else table.removesuffix(name) + aside

    def kinds(self, cursor: Cursor, place: str) -> dict[str, str]:
        """With length and scale."""
        return {str(name): str(kind) for name, kind in _rows(cursor, _KINDS, [self.quoted(place)])}

    def like(self, table: str, name: str) -> str:
        """With what is required of its values, and without keys and defaults (manual of 18, CREATE TABLE)."""
        return f"CREATE TABLE {self.quoted(name)} (LIKE {self.quoted(table)})"

    def counts_on(self, cursor: Cursor, table: str, place: str, details: Details) -> list[str]:  # noqa: ARG002
        """Each table has sequences of its own (manual of 18, 9.17)."""
        now, were = (dict(_rows(cursor, _NUMBERED, [self.quoted(one)] * 2)) for one in (table, place))
        pairs = [(now[name], were[name]) for name in now if now[name] and were.get(name)]
        return [f"SELECT setval('{new}', last_value, is_called) FROM {old}" for new, old in pairs]

    def views(self, cursor: Cursor, table: str, column: str) -> list[list[Any]]:
        """Those that read it, and those that read these."""
        return _rows(cursor, _VIEWS, [self.quoted(table), column, column])

    def views_aside(self, views: Sequence[Any], aside: str, *, is_table: bool) -> list[str]:
        """Move them into the schema of the table, or one of their own: they follow what they read whatever it is called."""
        q = self.quoted
        made = [f"CREATE SCHEMA {q(aside)}"] if views and not is_table else []
        return [*made, *(f"ALTER {kind} {q(schema)}.{q(name)} SET SCHEMA {q(aside)}" for schema, name, kind in views)]

    def views_back(self, views: Sequence[Any], aside: str, *, is_table: bool) -> list[str]:
        """Move them back."""
        q = self.quoted
        gone = [f"DROP SCHEMA {q(aside)}"] if views and not is_table else []
        return [*(f"ALTER {kind} {q(aside)}.{q(name)} SET SCHEMA {q(schema)}" for schema, name, kind in views), *gone]

    def _named(self, table: str, aside: str, details: Details, *, back: bool) -> list[str]:
        q = self.quoted
        patterns = {
            "constraints": f"ALTER TABLE {q(table)} RENAME CONSTRAINT {{0}} TO {{1}}",
            "indexes": "ALTER INDEX {2} RENAME TO {1}",
            "sequences": "ALTER SEQUENCE {2} RENAME TO {1}",
        }
        statements = []
        for kind, pattern in patterns.items():
            for number, name in enumerate(details[kind]):
                other = f"{aside}_{kind[0]}{number}"
                old, new = (other, name) if back else (name, other)
                statements.append(pattern.format(q(old), q(new), self._beside(table, old)))
        return statements

    def written(self, sql: str) -> str:
        """A table with pending trigger events cannot be altered, so they come at once (Django: sql_update_with_default)."""
        return f"{sql}; SET CONSTRAINTS ALL IMMEDIATE"

    def released(self, key: ForeignKey) -> str:
        """What waits to be checked is checked first, or the constraint could not be dropped in this transaction."""
        waiting = f"SET CONSTRAINTS {self._beside(key.table, key.name)} IMMEDIATE; " if "DEFERRABLE" in key.definition else ""
        return f"{waiting}ALTER TABLE {self.quoted(key.table)} DROP CONSTRAINT {self.quoted(key.name)}"

    def required(self, key: ForeignKey) -> str:
        """As pg_get_constraintdef wrote it."""
        return f"ALTER TABLE {self.quoted(key.table)} ADD CONSTRAINT {self.quoted(key.name)} {key.definition}"


_VIEWS = """
    WITH RECURSIVE found(oid) AS (
        SELECT r.ev_class FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = %s::regclass
          AND r.ev_class <> d.refobjid AND (%s = '' OR d.refobjsubid =
            (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = d.refobjid AND a.attname = %s AND NOT a.attisdropped))
        UNION SELECT r.ev_class FROM found JOIN pg_depend d ON d.refobjid = found.oid AND d.refclassid = 'pg_class'::regclass
        JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass WHERE r.ev_class <> found.oid)
    SELECT n.nspname, c.relname, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END
    FROM found JOIN pg_class c ON c.oid = found.oid AND c.relkind IN ('v', 'm') JOIN pg_namespace n ON n.oid = c.relnamespace
    ORDER BY c.oid"""
"""What a view reads is what its rule depends on (PostgreSQL 18 manual, 39.2 and 52.18)."""
_SEQUENCES = """
    SELECT s.relname FROM pg_depend p JOIN pg_class s ON s.oid = p.objid AND s.relkind = 'S'
    WHERE p.classid = 'pg_class'::regclass AND p.refobjid = %s::regclass AND p.deptype IN ('a', 'i') ORDER BY s.relname"""


def _rows(cursor: Cursor, sql: str, params: Sequence[object]) -> list[list[Any]]:
    cursor.execute(sql, params)
    return [list(row) for row in cursor.fetchall()]


def _stays(constraint: Sequence[Any]) -> bool:
    """Say whether a constraint can stay, under another name: a unique column whose values nobody writes."""
    _, kind, definition, columns, special = constraint
    return bool(kind == "u" and len(columns) == 1 and not special and "DEFERRABLE" not in definition)


def _self(key: Sequence[Any], column: str) -> bool:
    """Say whether a table's foreign key to itself targets the column."""
    return bool(key[7] and key[0] == key[2] and column in key[3])
