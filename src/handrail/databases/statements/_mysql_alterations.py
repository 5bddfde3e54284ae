"""The ALTER TABLE statements that make one definition of a table out of another, as long as every value is kept."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.databases.statements._mysql_definitions import Table, quoted, with_columns
from handrail.databases.statements._mysql_judging import has_no_other_changes
from handrail.databases.statements._mysql_statements import Statement
from handrail.databases.statements._mysql_types import keeps_values
from handrail.databases.statements._reader import Name

STRICT = "SET SESSION sql_mode = CONCAT_WS(',', NULLIF(@@SESSION.sql_mode, ''), 'STRICT_ALL_TABLES')"
"""Without it, a column that is changed back cuts what does not fit into it (MySQL 8.0 manual, 7.1.11)."""
_SIMPLE = {"COMMENT": "''", "ROW_FORMAT": "DEFAULT"}
"""Options of a table that say nothing about its values, with what stands for having none."""


class ImpossibleError(Exception):
    """There is no way back that keeps every value."""


def quoted_name(name: Name) -> str:
    """Quote a name with its database."""
    return ".".join(quoted(part) for part in name if part)


def _old_names(statement: Statement) -> dict[str, str]:
    """Return the columns that a statement renames, old names by new ones."""
    return {clause.renamed[1]: clause.renamed[0] for clause in statement.clauses if clause.renamed}


def alterations(name: Name, was: Table, now: Table, statement: Statement) -> list[str]:
    """Return the statements that make was out of now, which is what a statement made of it.

    Foreign keys are dropped first and added last, as one statement cannot drop one and add another of the same name.
    """
    renames = _old_names(statement)
    back = {new: old for new, old in renames.items() if new in now.columns and old not in now.columns}
    if any(new in was.columns and was.columns[new].text != now.columns[new].text for new in renames if new in now.columns):
        raise ImpossibleError(f"columns of {name.key} changed places")
    back = {new: old for new, old in back.items() if new not in was.columns and old in was.columns}
    called = with_columns(now, back, name.name)
    if not has_no_other_changes(statement, was, called):
        raise ImpossibleError(f"table {name.key} was changed by something else too")
    columns = _columns(name, was, called, {old: new for new, old in back.items()})
    main = [*_dropped(was, called), *columns, *_added(was, called)]
    groups = [
        [f"DROP FOREIGN KEY {quoted(key)}" for key in _foreign(called, was)],
        _options(name, was, called),
        main,
        [f"ADD {was.constraints[key]}" for key in _foreign(was, called)],
    ]
    if sorted(was.others) != sorted(now.others):
        raise ImpossibleError(f"periods of {name.key} cannot be changed back")
    statements = [f"ALTER TABLE {quoted_name(name)} {', '.join(group)}" for group in groups if group]
    changes = any(clause.startswith(("MODIFY", "CHANGE")) for clause in columns)
    return [STRICT, *statements] if changes else statements


def _foreign(having: Table, lacking: Table) -> list[str]:
    """Return the foreign keys that one table has and the other has not, or not the same."""
    return [key for key, text in having.constraints.items() if " FOREIGN KEY " in text and lacking.constraints.get(key) != text]


def _dropped(was: Table, now: Table) -> list[str]:
    keys = [key for key, text in now.keys.items() if was.keys.get(key) != text]
    checks = [key for key, text in now.constraints.items() if " FOREIGN KEY " not in text and was.constraints.get(key) != text]
    return [
        *(f"DROP CONSTRAINT {quoted(key)}" for key in checks),
        *("DROP PRIMARY KEY" if key == "primary" else f"DROP INDEX {quoted(key)}" for key in keys),
    ]


def _added(was: Table, now: Table) -> list[str]:
    keys = [text for key, text in was.keys.items() if now.keys.get(key) != text]
    checks = [text for key, text in was.constraints.items() if " FOREIGN KEY " not in text and now.constraints.get(key) != text]
    return [f"ADD {text}" for text in [*keys, *checks]]


def _columns(name: Name, was: Table, now: Table, renamed_to: Mapping[str, str]) -> list[str]:
    """Return the clauses about columns. renamed_to: what a column is called now, by the name it had."""
    for column, before in was.columns.items():
        after = now.columns.get(column)
        if after is None and not before.generated:
            raise ImpossibleError(f"column {column} of {name.key} is gone with its values")
        if after is not None and after.sense != before.sense and not keeps_values(before, after):
            raise ImpossibleError(f"values of column {column} of {name.key} may have changed from {before.kind} to {after.kind}")
    drops = [f"DROP COLUMN {quoted(column)}" for column in now.columns if column not in was.columns]
    places = _places(list(was.columns), [column for column in now.columns if column in was.columns])
    changes = []
    for column, before in was.columns.items():
        after, place = now.columns.get(column), places.get(column, "")
        if after is None:
            changes.append(f"ADD COLUMN {before.text}{place}")
        elif column in renamed_to:
            changes.append(f"CHANGE COLUMN {quoted(renamed_to[column])} {before.text}{place}")
        elif after.sense != before.sense or place:
            changes.append(f"MODIFY COLUMN {before.text}{place}")
    return [*drops, *changes]


def _places(was: list[str], now: list[str]) -> dict[str, str]:
    """Return where columns go that are not at their place, by their names."""
    places = {}
    for index, column in enumerate(was):
        if index < len(now) and now[index] == column:
            continue
        if column in now:
            now.remove(column)
        now.insert(index, column)
        places[column] = f" AFTER {quoted(was[index - 1])}" if index else " FIRST"
    return places


def _options(name: Name, was: Table, now: Table) -> list[str]:
    """Change back what says nothing about values: the comment, the row format, and the collation that new columns get."""
    if was.tail != now.tail:
        raise ImpossibleError(f"the partitions of {name.key} cannot be changed back")
    changed = [key for key in {**was.options, **now.options} if was.options.get(key) != now.options.get(key)]
    clauses = [f"{key}={was.options.get(key, _SIMPLE[key])}" for key in changed if key in _SIMPLE]
    rest = [key for key in changed if key not in _SIMPLE]
    if set(rest) <= {"DEFAULT CHARSET", "COLLATE"}:
        collation = f" COLLATE={was.options['COLLATE']}" if "COLLATE" in was.options else ""
        return [*clauses, f"DEFAULT CHARSET={was.options['DEFAULT CHARSET']}{collation}"] if rest else clauses
    raise ImpossibleError(f"{', '.join(rest).lower()} of {name.key} cannot be changed back")
