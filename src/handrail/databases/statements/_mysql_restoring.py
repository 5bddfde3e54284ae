"""The statements that bring definitions of MySQL or MariaDB back to what they were before a statement."""

from __future__ import annotations

from handrail.databases.statements._mysql_alterations import ImpossibleError, alterations, quoted_name
from handrail.databases.statements._mysql_definitions import table
from handrail.databases.statements._mysql_judging import after_renames, as_called, is_as_created, judge
from handrail.databases.statements._mysql_statements import Statement, Verb
from handrail.databases.statements._reader import Name
from handrail.databases.statements.base import Definitions, Judgement, Restoring


def restoring(statement: Statement, before: Definitions, live: Definitions) -> Restoring:
    """Return the way back, or why there is none."""
    if statement.verb is Verb.REPEATABLE:
        return Restoring()
    if statement.verb is Verb.HIDDEN or any(clause.hidden for clause in statement.clauses):
        return Restoring(impossible="the definitions do not show what the statement did")
    try:
        if statement.verb is Verb.OBJECT:
            return Restoring(_objects(statement, before, live))
        if statement.verb is Verb.RENAME:
            return Restoring(_renames(statement, before, live))
        return _tables(statement, before, live)
    except ImpossibleError as error:
        return Restoring(impossible=str(error))


def _objects(statement: Statement, before: Definitions, live: Definitions) -> tuple[str, ...]:
    """A view, trigger or routine has no values: it is dropped, and made again as it was recorded."""
    drops, creates = [], []
    for kind, name in statement.objects:
        key = f"{kind} {name.key}"
        was, now = before.get(key), live.get(key)
        if was == now:
            continue
        if kind == "sequence":
            raise ImpossibleError(f"the values of sequence {name.key} are not in its definition")
        if now is not None:
            drops.append(f"DROP {kind.upper()} {quoted_name(name)}")
        if was is not None:
            creates.append(was)
    return (*drops, *creates)


def _renames(statement: Statement, before: Definitions, live: Definitions) -> tuple[str, ...]:
    """All tables are renamed back by one statement; where only some were renamed, those."""
    verdict = judge(statement, before, live)
    if verdict is Judgement.NOT_DONE:
        return ()
    names = [name.key for pair in statement.renames for name in pair]
    if verdict is Judgement.DONE:
        back = [(new, old) for old, new in reversed(statement.renames)]
    elif len(set(names)) == len(names) and after_renames(statement.renames, before) is not None:
        back = [(new, old) for old, new in reversed(statement.renames) if live.get(old.key) is None and live.get(new.key)]
    else:
        raise ImpossibleError("it cannot be told which of the tables were renamed")
    return (_rename(back),) if back else ()


def _rename(pairs: list[tuple[Name, Name]]) -> str:
    return "RENAME TABLE " + ", ".join(f"{quoted_name(old)} TO {quoted_name(new)}" for old, new in pairs)


def _tables(statement: Statement, before: Definitions, live: Definitions) -> Restoring:
    """Rename a table back first, then alter it; drop what was created."""
    if statement.renames:
        return Restoring(_renamed_and_altered(statement, before, live))
    drops, changes = [], []
    for name in statement.tables:
        was, now = before.get(name.key), live.get(name.key)
        if was is not None and now is None:
            raise ImpossibleError(f"table {name.key} is gone with its rows")
        if was is not None and now is not None and was != now and statement.verb is Verb.SELECT:
            raise ImpossibleError(f"the rows that table {name.key} had are gone")
        if was is None and now is not None:
            if statement.verb is Verb.CREATE and not is_as_created(statement, live):
                raise ImpossibleError(f"table {name.key} was changed by something else too")
            drops.append(name)
        elif was is not None and now is not None and was != now:
            changes += alterations(name, table(was), table(now), statement)
    dropped = tuple(f"DROP TABLE {quoted_name(name)}" for name in drops)
    return Restoring((*dropped, *changes), tuple(name.key for name in drops))


def _renamed_and_altered(statement: Statement, before: Definitions, live: Definitions) -> tuple[str, ...]:
    old, new = statement.tables[0], statement.renames[-1][1]
    was, now, there = before.get(old.key), live.get(new.key), live.get(old.key)
    if was is None:
        raise ImpossibleError(f"table {old.key} was not there")
    if there is not None:
        return tuple(alterations(old, table(was), table(there), statement))
    if now is None or before.get(new.key) is not None:
        raise ImpossibleError(f"table {old.key} is gone, and table {new.key} is not what became of it")
    changes = alterations(old, table(was), as_called(table(now), new, old), statement)
    return (_rename([(new, old)]), *changes)
