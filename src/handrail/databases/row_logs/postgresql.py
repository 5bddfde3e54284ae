"""PostgreSQL 14 and later: one trigger for each statement, with the rows before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from handrail.databases._sessions import causes
from handrail.databases.base import Cursor
from handrail.databases.row_logs.base import IMAGE, ORDER, Column, Reference, RowLog, RowLogRules, rows_of

_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.oid = to_regclass(quote_ident(%s)) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = '' ORDER BY a.attnum"""
_NULLABLE = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0 AND NOT attisdropped AND NOT attnotnull"""
_KEY = """
    SELECT a.attname FROM pg_index x CROSS JOIN unnest(x.indkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
    WHERE x.indrelid = to_regclass(quote_ident(%s)) AND x.indisprimary ORDER BY k.place"""
_REFERENCES = """
    SELECT c.relname, a.attname, b.attname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1]
    WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND k.confrelid = to_regclass(quote_ident(%s)) AND k.conparentid = 0"""
_UNIQUES = """
    SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index x
    CROSS JOIN unnest(x.indkey) WITH ORDINALITY AS k(number, place)
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.number
    WHERE x.indrelid = to_regclass(quote_ident(%s)) AND x.indisunique AND NOT x.indisprimary AND x.indpred IS NULL
      AND x.indexprs IS NULL AND k.place <= x.indnkeyatts GROUP BY x.indexrelid"""
_LEFTOVERS = """
    SELECT c.relname, g.tgname, n.nspname, p.proname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
    JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND g.tgname LIKE 'hrk\\_%' ORDER BY 1, 2"""
_WRITTEN = """
    SELECT CASE WHEN pg_table_is_visible(s.relid) THEN '' ELSE s.schemaname || '.' END || coalesce(r.relname, s.relname),
           s.n_tup_ins + s.n_tup_upd + s.n_tup_del
    FROM pg_stat_xact_user_tables s LEFT JOIN pg_class r ON r.oid = pg_partition_root(s.relid)
    WHERE s.schemaname !~ '^pg_' AND s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0"""
_HOLDS = """
    SELECT 1 FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
      AND relation = to_regclass(quote_ident(%s)) AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND mode IN ('ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"""
_MAY_LOG = """
    SELECT (has_table_privilege(c.oid, 'TRIGGER') AND has_language_privilege('plpgsql', 'USAGE')
        AND coalesce(has_schema_privilege(current_schema(), 'CREATE'), false))
      OR NOT (has_table_privilege(c.oid, 'DELETE, TRUNCATE') OR has_any_column_privilege(c.oid, 'INSERT, UPDATE'))
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident(%s))"""
_NOT_COPIED = """
    SELECT NOT has_table_privilege(c.oid, 'SELECT'), NOT has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE'),
           row_security_active(c.oid),
           c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_inherits i WHERE c.oid IN (i.inhparent, i.inhrelid))
    FROM pg_class c WHERE c.oid = to_regclass(quote_ident(%s))"""
_WHY_NOT = (
    "the user must not read it",
    "the user must not lock it against other writers",
    "row security hides rows of it",
    "it shares its rows with tables that inherit from it, or that it inherits from",
)
_EXACT = frozenset(
    [
        *["smallint", "integer", "bigint", "numeric", "real", "boolean", "uuid", "bytea", "date", "jsonb", "inet", "cidr"],
        "double precision",
        "timestamp without time zone",
        "timestamp with time zone",
        "time without time zone",
    ]
)
"""Types of which two values are equal only where they are the same (manual of 18, chapter 8)."""
_EVENTS = {"insert": ("", "n"), "update": ("o", "n"), "delete": ("o", "")}
_COPY = 2
"""What the image of a row is called while it is a part of a copy."""
_NOT_ALLOWED = "42501"
"""insufficient_privilege (manual of 18, appendix A)."""


class PostgreSQLRowLogs(RowLogRules):
    """By the manual of 18: CREATE TRIGGER (transition tables, WHEN), 9.28.1 (set_config), 27.2.22 (pg_stat_xact_user_tables)."""

    ahead: ClassVar = True
    commits: ClassVar = False
    dialect: ClassVar = "postgres"

    def columns(self, cursor: Cursor, table: str) -> tuple[Column, ...]:
        """Tables that the search path finds."""
        return tuple(Column(name, kind) for name, kind in rows_of(cursor, _COLUMNS, [table]))

    def key(self, cursor: Cursor, table: str) -> tuple[str, ...]:
        """In the order of the index."""
        return tuple(name for (name,) in rows_of(cursor, _KEY, [table]))

    def nullable(self, cursor: Cursor, table: str) -> set[str]:
        """Those that are not NOT NULL."""
        return {name for (name,) in rows_of(cursor, _NULLABLE, [table])}

    def reached_from(self, cursor: Cursor, table: str) -> set[str]:  # noqa: ARG002 - the base's signature
        """Actions of foreign keys are statements that fire triggers (CREATE TRIGGER, "Notes")."""
        return set()

    def references_to(self, cursor: Cursor, table: str) -> list[Reference]:
        """Those of one column."""
        return [Reference(child, column, table, target) for child, column, target in rows_of(cursor, _REFERENCES, [table])]

    def uniques(self, cursor: Cursor, table: str) -> list[tuple[str, ...]]:
        """Those without a condition or an expression."""
        return [tuple(names) for (names,) in rows_of(cursor, _UNIQUES, [table])]

    def log(self, one: RowLog) -> str:
        """CREATE TABLE AS takes types over with all that belongs to them, and nothing else."""
        return (
            f"CREATE TABLE {self.quote(one.name)} AS SELECT 0::bigint AS {ORDER}, 0::smallint AS {IMAGE}, "
            f"{self.names(column.name for column in one.columns)} FROM {self.quote(one.table)} WITH NO DATA"
        )

    def triggers(self, one: RowLog) -> list[str]:
        """One function for all of them: what it does depends on the event. The sequence gives statements their order."""
        when = f"WHEN (current_setting('handrail.run', true) = '{one.token}')"
        call = f"EXECUTE FUNCTION {self.quote(one.name)}()"
        made = [f"CREATE SEQUENCE {self.quote(f'{one.name}_s')}", self._function(one)]
        for event, (old, new) in _EVENTS.items():
            tables = " ".join(
                f"{word} TABLE AS {name}" for word, name in (("OLD", "o" * bool(old)), ("NEW", "n" * bool(new))) if name
            )
            made.append(
                f"CREATE TRIGGER {self.quote(f'{one.name}_{event[0]}')} AFTER {event.upper()} ON {self.quote(one.table)} "
                f"REFERENCING {tables} FOR EACH STATEMENT {when} {call}"
            )
        emptied = f"CREATE TRIGGER {self.quote(f'{one.name}_t')} BEFORE TRUNCATE ON {self.quote(one.table)}"
        return [*made, f"{emptied} FOR EACH STATEMENT {when} {call}"]

    def _function(self, one: RowLog) -> str:
        names = self.names(column.name for column in one.columns)
        into = f"INSERT INTO {self.quote(one.name)} ({ORDER}, {IMAGE}, {names})"
        old = f"{into} SELECT place, 0, {names} FROM o;"
        new = f"{into} SELECT place + 1, 1, {names} FROM n;"
        return (
            f"CREATE FUNCTION {self.quote(one.name)}() RETURNS trigger LANGUAGE plpgsql AS $handrail$ "
            f"DECLARE place bigint := 2 * nextval('{self.quote(f'{one.name}_s')}'); "
            f"BEGIN IF TG_OP = 'INSERT' THEN {new} ELSIF TG_OP = 'UPDATE' THEN {old} {new} ELSIF TG_OP = 'DELETE' THEN {old} "
            f"ELSE {into} SELECT place, 0, {names} FROM {self.quote(one.table)}; END IF; RETURN NULL; END $handrail$"
        )

    def no_triggers(self, one: RowLog) -> list[str]:
        """The function takes its triggers with it; both lock the table."""
        return [
            f"DROP FUNCTION IF EXISTS {self.quote(one.name)}() CASCADE",
            f"DROP SEQUENCE IF EXISTS {self.quote(f'{one.name}_s')}",
        ]

    def leftovers(self, cursor: Cursor) -> list[tuple[str, str]]:
        """By their functions."""
        found = {(table, schema, function) for table, _, schema, function in rows_of(cursor, _LEFTOVERS)}
        return [
            (table, f"DROP FUNCTION IF EXISTS {self.quote(schema)}.{self.quote(function)}() CASCADE")
            for table, schema, function in sorted(found)
        ]

    def may_log(self, cursor: Cursor, table: str) -> bool | None:
        """9.27.2 (access privilege inquiry functions); CREATE TRIGGER and CREATE FUNCTION say what they need.

        Where the user must not write at all, nothing is in the way of a log.
        """
        return all(is_allowed for (is_allowed,) in rows_of(cursor, _MAY_LOG, [table]))

    def not_copied(self, cursor: Cursor, table: str) -> str:
        """LOCK names the privileges that it needs; policies leave out rows (5.9), and SELECT reads the rows of heirs (5.11)."""
        for row in rows_of(cursor, _NOT_COPIED, [table]):
            return next((why for why, is_so in zip(_WHY_NOT, row, strict=True) if is_so), "")
        return ""

    def copying(self, one: RowLog) -> list[str]:
        """13.3.1: SHARE ROW EXCLUSIVE keeps writers out and lets readers in, until the transaction is over."""
        names = self.names(column.name for column in one.columns)
        return [
            f"LOCK TABLE {self.quote(one.table)} IN SHARE ROW EXCLUSIVE MODE",
            f"INSERT INTO {self.quote(one.name)} ({ORDER}, {IMAGE}, {names}) "
            f"SELECT coalesce((SELECT max({ORDER}) / 2 * 2 + 2 FROM {self.quote(one.name)}), 0), {_COPY}, {names} "
            f"FROM {self.quote(one.table)}",
        ]

    def comparing(self, one: RowLog) -> list[str]:
        """Rows that are the same go from the log; those that are not come into it as they are now."""
        log, table = self.quote(one.name), self.quote(one.table)
        keys = " AND ".join(f"l.{self.quote(name)} = t.{self.quote(name)}" for name in one.key)
        same = [self.same(f"l.{self.quote(each.name)}", f"t.{self.quote(each.name)}", each.kind) for each in one.columns]
        alike = " AND ".join([f"l.{IMAGE} = {_COPY}", keys, *same])
        names = [column.name for column in one.columns]
        return [
            f"ANALYZE {log}",
            f"INSERT INTO {log} ({ORDER}, {IMAGE}, {self.names(names)}) "
            f"SELECT coalesce((SELECT max({ORDER}) / 2 * 2 FROM {log}), 0) + 1, 1, {self.names(names, 't.')} "
            f"FROM {table} AS t WHERE NOT EXISTS (SELECT 1 FROM {log} AS l WHERE {alike})",
            f"DELETE FROM {log} AS l USING {table} AS t WHERE {alike}",
            f"UPDATE {log} SET {IMAGE} = 0 WHERE {IMAGE} = {_COPY}",
        ]

    def say_token(self, token: str, *, local: bool) -> str:
        """A setting of the session, or of the transaction."""
        return f"SELECT set_config('handrail.run', '{token}', {'true' if local else 'false'})"

    def counting(self, one: RowLog) -> str:
        """An update has two images, of one statement each; a copy has those of all rows under one order."""
        log = self.quote(one.name)
        if one.copied:
            return f"SELECT count(*) FROM (SELECT DISTINCT {self.names(one.key)} FROM {log}) x"
        images = ", ".join(f"count(*) FILTER (WHERE {IMAGE} = {image}) AS i{image}" for image in (0, 1))
        return f"SELECT coalesce(sum(greatest(i0, i1)), 0) FROM (SELECT {images} FROM {log} GROUP BY {ORDER} / 2) x"

    def images(self, one: RowLog) -> str:
        """They are what the log has."""
        return f"SELECT * FROM {self.quote(one.name)}"

    def net(self, one: RowLog) -> str:
        """An image is found by its order and its key."""
        before, after = ([f"{alias}.{self.quote(column.name)}" for column in one.columns] for alias in "fl")
        log = self.quote(one.name)
        joins = [
            f"JOIN {log} AS {alias} ON "
            + " AND ".join(
                [f"{alias}.{ORDER} = g.hrk_{alias}", *(f"{alias}.{self.quote(name)} = g.{self.quote(name)}" for name in one.key)]
            )
            for alias in "fl"
        ]
        return f"SELECT {self.net_columns(one, before, after)} FROM ({self.spans(one)}) AS g {' '.join(joins)}"

    def same(self, one: str, other: str, kind: str) -> str:
        """Collations and some types call values equal that are not the same; as text they are compared byte by byte."""
        if kind in _EXACT:
            return f"({one} IS NOT DISTINCT FROM {other})"
        return f'({one}::text COLLATE "C" IS NOT DISTINCT FROM {other}::text COLLATE "C")'

    def update(self, table: str, source: str, on: str, values: Sequence[tuple[str, str]]) -> str:
        """UPDATE, with FROM."""
        assignments = ", ".join(f"{self.quote(name)} = {value}" for name, value in values)
        return f"UPDATE {self.quote(table)} AS t SET {assignments} FROM {source} AS w WHERE {on}"

    def insert(self, table: str, columns: Sequence[str], select: str) -> str:
        """A column GENERATED ALWAYS AS IDENTITY takes a value with that word."""
        return f"INSERT INTO {self.quote(table)} ({self.names(columns)}) OVERRIDING SYSTEM VALUE {select}"

    def scratch(self, name: str, key: Sequence[str], select: str) -> list[str]:
        """It is gone with the transaction, and looks for nobody but this session."""
        return [
            f"DROP TABLE IF EXISTS pg_temp.{self.quote(name)}",
            f"CREATE TEMPORARY TABLE {self.quote(name)} ON COMMIT DROP AS {select}",
            f"CREATE UNIQUE INDEX ON {self.quote(name)} ({', '.join(key)})",
            f"ANALYZE {self.quote(name)}",
        ]

    def locking(self, table: str, source: str, on: str) -> str:
        """Of the two tables, only the rows of the one are locked."""
        return f"SELECT count(*) FROM (SELECT 1 FROM {self.quote(table)} AS t JOIN {source} AS w ON {on} FOR UPDATE OF t) AS x"

    def written(self, cursor: Cursor) -> dict[str, int] | None:
        """What functions, rules and triggers of others write counts too, unless track_counts is off."""
        cursor.execute("SELECT current_setting('track_counts')")
        if cursor.fetchall()[0][0] != "on":
            return None
        found: dict[str, int] = {}
        for table, rows in rows_of(cursor, _WRITTEN):
            found[table] = found.get(table, 0) + rows
        return found

    def holds(self, cursor: Cursor, table: str) -> bool:
        """13.3.1: CREATE TRIGGER takes SHARE ROW EXCLUSIVE."""
        return bool(rows_of(cursor, _HOLDS, [table]))

    def not_allowed(self, error: BaseException) -> bool:
        """By SQLSTATE."""
        states = [getattr(one, "sqlstate", None) or getattr(one, "pgcode", None) for one in causes(error)]
        return _NOT_ALLOWED in states

    def unchecked(self) -> tuple[str, str]:
        """What can be deferred is checked when all is in its place."""
        return "SET CONSTRAINTS ALL DEFERRED", "SET CONSTRAINTS ALL IMMEDIATE"
