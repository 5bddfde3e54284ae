"""SQLite: the texts of sqlite_schema are all there is (schematab.html)."""

from __future__ import annotations

from handrail.databases.probing.base import Ask, Dependent, ProbingRules, merged, named_in
from handrail.databases.sqlite import tokenize

_COLUMNS = "SELECT name, hidden FROM pragma_table_xinfo(%s)"
_KEYS = """
    SELECT m.name, f.id, coalesce(f."to", ''), f."from" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table' AND lower(f."table") = lower(%s) AND lower(m.name) <> lower(%s)"""
_TEXTS = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('view', 'trigger', 'table') AND sql IS NOT NULL"


class SQLiteProbing(ProbingRules):
    """A view, or the trigger of another table, that names the table uses it; of columns it uses those that it names."""

    def dependents(self, ask: Ask, table: str) -> list[Dependent]:
        """Read the texts."""
        columns = ask(_COLUMNS, [table]) or []
        names = [name for name, _ in columns]
        found: list[tuple[str, str, str, str | None, str]] = [
            ("foreign key", column, owner, target or None, f"references {table}")
            for owner, _, target, column in ask(_KEYS, [table, table]) or ()
        ]
        triggers = []
        for kind, name, owner, sql in ask(_TEXTS, []) or ():
            text = " ".join(token for token in tokenize(sql) if not token.startswith("'"))
            is_own, uses = owner.lower() == table.lower(), table.lower() in text.lower().split()
            used = named_in(text, names)
            if kind == "view" and uses:
                found += [(kind, name, "", column, sql) for column in used] or [(kind, name, "", None, sql)]
            elif kind == "trigger" and ((is_own and used) or (not is_own and uses)):
                triggers.append(Dependent(kind, name, owner, used, sql))
            elif kind == "table" and is_own:
                found += _generated(table, columns, sql)
        return [*merged(found), *sorted(triggers)]


def _generated(table: str, columns: list[tuple[str, int]], sql: str) -> list[tuple[str, str, str, str | None, str]]:
    """Return generated columns (hidden is 2 or 3: pragma.html) with the columns that follow their name in the table's text."""
    tokens = [token.lower() for token in tokenize(sql)]
    names = {name.lower(): name for name, _ in columns}
    found: list[tuple[str, str, str, str | None, str]] = []
    for name, hidden in columns:
        if hidden not in (2, 3) or name.lower() not in tokens:
            continue
        rest = tokens[tokens.index(name.lower()) + 1 :]
        text, depth = [], 0
        for token in rest:
            depth += (token == "(") - (token == ")")
            if depth < 0 or (depth == 0 and token == ","):
                break
            text.append(token)
        found += [("generated column", name, table, names[each], " ".join(text)) for each in text if each in names]
    return found
