"""MySQL 8.0 and later and MariaDB 10.6 and later: views, triggers and expressions are text with all names quoted."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.databases._sessions import causes
from handrail.databases.probing.base import Ask, Dependent, ProbingRules, merged, named_in, words

_COLUMNS = """
    SELECT column_name, extra, generation_expression FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s"""
_VIEWS = "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = DATABASE()"
_KEYS = """
    SELECT 'foreign key', constraint_name, table_name, referenced_column_name, concat('references ', referenced_table_name)
    FROM information_schema.key_column_usage
    WHERE referenced_table_schema = DATABASE() AND referenced_table_name = %s AND table_name <> referenced_table_name"""
_TRIGGERS = """
    SELECT trigger_name, event_object_table, concat_ws(' ', action_timing, event_manipulation, action_statement)
    FROM information_schema.triggers WHERE trigger_schema = DATABASE()"""
_HIDDEN_TRIGGERS = """
    SELECT trigger_name, event_object_table FROM information_schema.triggers
    WHERE trigger_schema = DATABASE() AND action_statement IS NULL ORDER BY trigger_name"""
"""MariaDB shows triggers without what they do to a user without the privilege TRIGGER (tried on 10.11); MySQL shows none of them
(manual of 8.0, 28.3.44)."""
_HIDDEN_VIEWS = """
    SELECT table_name FROM information_schema.views
    WHERE table_schema = DATABASE() AND view_definition = '' ORDER BY table_name"""
"""Without the privilege SHOW VIEW (MySQL 8.0 manual, 28.3.48)."""
_MAY_SEE = """
    SELECT 1 FROM information_schema.user_privileges
    WHERE privilege_type = 'TRIGGER' AND REPLACE(grantee, '''', '') = CURRENT_USER()
    UNION ALL SELECT 1 FROM information_schema.schema_privileges
    WHERE privilege_type = 'TRIGGER' AND REPLACE(grantee, '''', '') = CURRENT_USER() AND DATABASE() LIKE table_schema
    UNION ALL SELECT 1 FROM information_schema.table_privileges
    WHERE privilege_type = 'TRIGGER' AND REPLACE(grantee, '''', '') = CURRENT_USER()
      AND table_schema = DATABASE() AND table_name = %s"""
"""What a role may is in none of these (MySQL 8.0 manual, 28.3.26, 28.3.33, 28.3.47)."""

_LATE = (3024, 1969, 1205)


class MySQLProbing(ProbingRules):
    """Names are looked for in the texts, as the server keeps no list of what uses what (MySQL does for views alone)."""

    def limited(self, sql: str, seconds: int) -> str:
        """MySQL 8.0 manual, 10.9.3 (MAX_EXECUTION_TIME); MariaDB, "SET STATEMENT" and "max_statement_time"."""
        if self.is_mariadb:
            return f"SET STATEMENT max_statement_time = {seconds} FOR {sql}"
        return f"SELECT /*+ MAX_EXECUTION_TIME({seconds * 1000}) */{sql[6:]}"

    def is_late(self, error: BaseException) -> bool:
        """By number: ER_QUERY_TIMEOUT of MySQL, ER_STATEMENT_TIMEOUT of MariaDB, ER_LOCK_WAIT_TIMEOUT of both."""
        return any(one.args and one.args[0] in _LATE for one in causes(error))

    def dependents(self, ask: Ask, table: str) -> list[Dependent]:
        """Read information_schema."""
        columns = [tuple(map(_text, row)) for row in ask(_COLUMNS, [table]) or ()]
        names = [name for name, *_ in columns]
        found = [tuple(map(_text, row)) for row in ask(_KEYS, [table]) or ()]
        for view, definition in ask(_VIEWS, []) or ():
            text = _text(definition) or ""
            if f"`{table}`" in text:
                used = [name for name in names if f".`{name}`" in text]
                found += [("view", view, "", name, text) for name in used or [None]]
        for name, _, expression in columns:
            used = [other for other in names if f"`{other}`" in (expression or "")]
            found += [("generated column", name, table, other, expression) for other in used]
        return [*merged(found), *self._triggers(ask, table, names)]  # type: ignore[arg-type]

    def hidden(self, ask: Ask, table: str) -> list[str]:
        """Say which triggers and views there are, or may be, whose text is not shown."""
        lacking = "is hidden from the user, who lacks the privilege"
        views = [f"what view {_text(name)} reads {lacking} SHOW VIEW" for (name,) in ask(_HIDDEN_VIEWS, []) or ()]
        if not self.is_mariadb:
            return views if ask(_MAY_SEE, [table]) else [*views, f"what triggers of others do to {table} {lacking} TRIGGER"]
        found = [(_text(name), _text(owner)) for name, owner in ask(_HIDDEN_TRIGGERS, []) or ()]
        return [*views, *(f"what trigger {name} of {owner} does {lacking} TRIGGER" for name, owner in found)]

    def _triggers(self, ask: Ask, table: str, names: Sequence[str]) -> list[Dependent]:
        found = []
        for name, owner, definition in ask(_TRIGGERS, []) or ():
            used = named_in(_text(definition) or "", names)
            if (owner == table and used) or (owner != table and table.lower() in words(_text(definition) or "")):
                found.append(Dependent("trigger", name, owner, used, _text(definition) or ""))
        return sorted(found)

    def default_collation(self, ask: Ask, table: str) -> str:
        """A column without one gets its table's (MySQL 8.0 manual, 12.3.5)."""
        sql = "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"
        rows = ask(sql, [table])
        return str(_text(rows[0][0])) if rows else ""


def _text(value: object) -> str | None:
    return value.decode() if isinstance(value, bytes) else None if value is None else str(value)
