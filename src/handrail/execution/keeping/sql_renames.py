"""Taking back SQL that does nothing but rename tables, indexes, sequences and constraints: by the opposite of each statement.

What was renamed is put on record when it is done, as IF EXISTS leaves out what is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import rules_for
from handrail.execution.keeping.applied_again import add_details
from handrail.execution.keeping.sql_text import Renaming, pieces, renaming
from handrail.execution.manners import is_plain_sql, texts_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.kept import Kept
    from handrail.execution.keeping.keeper import Keeper
    from handrail.execution.keeping.row_writing import Place


@contextmanager
def renaming_noted(keeper: Keeper, operation: Any, place: Place) -> Iterator[None]:
    """Put on record how an operation that runs forwards in the block is taken back, where it is SQL that only renames."""
    renamed = _renamings(keeper.connection, operation) if keeper.keeps_rows and is_plain_sql(operation) else None
    yield
    if renamed is not None:
        add_details(keeper, place, renamed=renamed, defines=False)


def _renamings(connection: BaseDatabaseWrapper, operation: Any) -> list[str] | None:
    """Return the statements that will take it back, in their order; None where it is not one transaction with its record."""
    if not (connection.in_atomic_block and connection.features.can_rollback_ddl):
        return None
    texts = [piece.sql for text in texts_of(operation.sql) for piece in pieces(text, connection.vendor)]
    found = [renaming(text, connection.vendor) for text in texts]
    known = [one for one in found if one is not None]
    done = _done(connection, known) if known and len(known) == len(found) else None
    return [one.back for one in reversed(done)] if done is not None else None


def _done(connection: BaseDatabaseWrapper, found: Iterable[Renaming]) -> list[Renaming] | None:
    """Leave out what is not there; None where that cannot be asked before the first of the statements."""
    rules = rules_for(connection.vendor)
    there = rules.there if rules is not None else ""
    named: set[str] = set()
    done: list[Renaming] = []
    for one in found:
        names = {_bare(one.old), _bare(one.new)}
        if one.if_exists and (not there or names & named):
            return None
        named |= names
        if not one.if_exists or _is_there(connection, there, one.old):
            done.append(one)
    return done


def _is_there(connection: BaseDatabaseWrapper, sql: str, name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [name])
        ((found,),) = cursor.fetchall()
    return bool(found)


def _bare(name: str) -> str:
    """Return a name as it can be compared with others: two that are the same in the end must not differ."""
    return name.rpartition(".")[2].strip('"`').lower()


def only_renamed(records: Iterable[Kept]) -> bool:
    """Say whether SQL did nothing but rename, if it did anything. records: of the log of its rows."""
    return any("renamed" in one.details for one in records if not one.table)


def rename_back(editor: Any, records: Iterable[Kept]) -> None:
    """Give everything its old name again."""
    for sql in [sql for one in records if not one.table for sql in one.details.get("renamed", ())]:
        editor.execute(sql, None)
