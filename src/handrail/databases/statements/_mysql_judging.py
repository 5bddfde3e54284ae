"""Whether a statement of MySQL or MariaDB was done, by what its tables and other objects were and are."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.databases.statements._mysql_clauses import Clause
from handrail.databases.statements._mysql_definitions import Table, renamed, table, with_columns
from handrail.databases.statements._mysql_statements import Statement, Verb
from handrail.databases.statements._reader import Name
from handrail.databases.statements._tokens import MYSQL, Kind, tokens
from handrail.databases.statements.base import Definitions, Judgement


def judge(statement: Statement, before: Definitions, live: Definitions) -> Judgement:
    """Say whether a statement was done."""
    if statement.verb is Verb.REPEATABLE:
        return Judgement.NOT_DONE
    if statement.verb is Verb.HIDDEN or any(clause.hidden for clause in statement.clauses):
        return Judgement.AMBIGUOUS
    if statement.verb is Verb.RENAME:
        return _judge_renames(statement, before, live)
    if {key: live.get(key) for key in before} == dict(before):
        return Judgement.NOT_DONE
    if statement.verb is Verb.DROP or statement.verb is Verb.OBJECT:
        return _judge_several(statement, before, live)
    done = _created(statement, before, live) if statement.verb is Verb.CREATE else _altered(statement, before, live)
    return Judgement.DONE if done else Judgement.AMBIGUOUS


def _judge_several(statement: Statement, before: Definitions, live: Definitions) -> Judgement:
    """A server that died between two tables of DROP TABLE has dropped the first; IF EXISTS can go on from there."""
    changed = [key for key in before if live.get(key) != before[key]]
    other = [key for key in before if key not in changed and before[key] is not None]
    if statement.verb is Verb.DROP and any(live.get(key) is not None for key in changed):
        return Judgement.AMBIGUOUS
    if not other:
        return Judgement.DONE
    return Judgement.NOT_DONE if statement.lenient and all(live.get(key) is None for key in changed) else Judgement.AMBIGUOUS


def _judge_renames(statement: Statement, before: Definitions, live: Definitions) -> Judgement:
    """Compare with what the tables would be by their new names; they may change places."""
    expected = after_renames(statement.renames, before)
    if expected is None:
        return Judgement.AMBIGUOUS
    now = {key: live.get(key) for key in before}
    done = _shapes(expected) == _shapes(now)
    not_done = _shapes(dict(before)) == _shapes(now)
    if done == not_done:
        return Judgement.AMBIGUOUS
    return Judgement.DONE if done else Judgement.NOT_DONE


def after_renames(renames: tuple[tuple[Name, Name], ...], before: Definitions) -> dict[str, str | None] | None:
    """Return the definitions by the names that they have after renames; None where one is not there, or in the way."""
    state = dict(before)
    for old, new in renames:
        if state.get(old.key) is None or state.get(new.key) is not None:
            return None
        state[new.key], state[old.key] = state[old.key], None
    return state


def _shapes(definitions: Mapping[str, str | None]) -> dict[str, object]:
    """Return what does not change with a table's name."""
    read = {key: table(text) if text is not None else None for key, text in definitions.items()}
    return {
        key: value and (tuple(column.text for column in value.columns.values()), sorted(value.keys.values()), value.options)
        for key, value in read.items()
    }


def _created(statement: Statement, before: Definitions, live: Definitions) -> bool:
    name = statement.tables[0].key
    others = [key for key in before if key != name]
    return all(live.get(key) == before[key] for key in others) and is_as_created(statement, live)


def is_as_created(statement: Statement, live: Definitions) -> bool:
    """Say whether a table has the columns, by their names, that its CREATE TABLE gives it."""
    text = live.get(statement.tables[0].key)
    if text is None:
        return False
    columns = set(table(text).columns)
    if statement.like:
        source = live.get(statement.like.key)
        return source is not None and columns == set(table(source).columns)
    return columns <= statement.columns


def _altered(statement: Statement, before: Definitions, live: Definitions) -> bool:
    """Compare object by object: what differs must be a clause's own, and what a clause makes must be there."""
    old_name = statement.tables[0]
    new_name = statement.renames[-1][1] if statement.renames else old_name
    old, new = before.get(old_name.key), live.get(new_name.key)
    if old is None or new is None:
        return False
    if new_name.key != old_name.key and (live.get(old_name.key) is not None or before.get(new_name.key) is not None):
        return False
    columns = dict(clause.renamed for clause in statement.clauses if clause.renamed)
    was, now = with_columns(table(old), columns, old_name.name), as_called(table(new), new_name, old_name)
    return has_no_other_changes(statement, was, now) and _effects(statement.clauses, now)


def has_no_other_changes(statement: Statement, was: Table, now: Table) -> bool:
    """Say whether two definitions, by the same names, differ only in what the statement may change."""
    return _Allowed(statement.clauses).differ_only_there(was, now)


def as_called(found: Table, name: Name, old: Name) -> Table:
    """Return a table as it would be by its old name."""
    if name == old:
        return found
    tables = {name.name.lower(): old.name}
    parts = {label: renamed(text, columns={}, tables=tables, own=name.name) for label, text in found.constraints.items()}
    return found._replace(constraints={_label(text): text for text in parts.values()})


def _label(part: str) -> str:
    return next(token.value.lower() for token in tokens(part, MYSQL) if token.kind is Kind.NAME)


class _Allowed:
    """What all clauses of a statement may change."""

    def __init__(self, clauses: tuple[Clause, ...]) -> None:
        self.columns = frozenset().union(*(clause.columns for clause in clauses))
        self.keyed = frozenset().union(*(clause.keyed for clause in clauses))
        self.options = any(clause.options for clause in clauses)
        self.everything = any(clause.everything for clause in clauses)
        self.moves = any(clause.moves for clause in clauses)

    def differ_only_there(self, was: Table, now: Table) -> bool:
        """Say whether two definitions differ only in what may change."""
        if (was.options, was.tail) != (now.options, now.tail) and not self.options:
            return False
        if sorted(was.others) != sorted(now.others):
            return False
        columns = _differing(_texts(was), _texts(now)) - self.columns
        if columns and not (self.everything and columns <= set(was.columns) & set(now.columns)):
            return False
        if not self._same_order(was, now):
            return False
        keys = _differing(was.keys, now.keys, self.keyed)
        return not (keys | _differing(was.constraints, now.constraints, self.keyed))

    def _same_order(self, was: Table, now: Table) -> bool:
        left = [name for name in was.columns if name in now.columns]
        right = [name for name in now.columns if name in was.columns]
        return self.moves or left == right


def _texts(found: Table) -> dict[str, str]:
    return {name: column.text for name, column in found.columns.items()}


def _differing(was: Mapping[str, str], now: Mapping[str, str], keyed: frozenset[str] = frozenset()) -> set[str]:
    """Return the names of parts that differ, without those that are called or hold one of the names keyed."""
    names = {name for name in {*was, *now} if was.get(name) != now.get(name)}
    return {name for name in names if not ({name, *_held(was.get(name, "")), *_held(now.get(name, ""))} & keyed)}


def _held(part: str) -> list[str]:
    """Return the columns of its own table that a part names."""
    held = []
    for token in tokens(part, MYSQL):
        if token.kind is Kind.WORD and token.value == "REFERENCES":
            break
        if token.kind is Kind.NAME:
            held.append(token.value.lower())
    return held


def _effects(clauses: tuple[Clause, ...], now: Table) -> bool:
    """Say whether all that the clauses make is there, and all that they drop is not."""
    there = {f"column {name}" for name in now.columns} | {f"key {name}" for name in now.keys}
    there |= {f"constraint {name}" for name in now.constraints}
    made = frozenset().union(*(clause.made for clause in clauses))
    gone = frozenset().union(*(clause.gone for clause in clauses)) - made
    return made <= there and not gone & there
