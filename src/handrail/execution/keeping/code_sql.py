"""What code of the project drops and alters by itself: kept as the same SQL of a migration is, as the statements come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases.keeping.base import KeepingRules, rules_for
from handrail.domain.kept import KeptKind
from handrail.errors.hr501 import LosesData
from handrail.execution.keeping.code_editors import Direct, at_work
from handrail.execution.keeping.code_returns import NO_SQL, CodeReturns
from handrail.execution.keeping.sql_drops import SqlDrops
from handrail.execution.keeping.sql_losses import HELP, WHY, lost_by
from handrail.execution.keeping.sql_names import found_column, found_table
from handrail.execution.keeping.sql_text import Drop, Name, Piece, pieces

if TYPE_CHECKING:
    from handrail.execution.keeping.keeper import Keeper

_DEFINES = re.compile(r"\b(?:CREATE|ALTER|DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)


@contextmanager
def code_seen(editor: Any, keeper: Keeper, part: str, described: str) -> Iterator[None]:
    """Keep what code in the block drops, and bring back what it makes again. Raises LosesData, and what else SqlDrops raises.

    What the schema editor of the step does by itself is kept by what is attached to it.
    part: of an operation that holds others. described: the operation in words.
    """
    rules = rules_for(editor.connection.vendor)
    if rules is None:
        yield
        return
    code = CodeSql(editor, keeper, rules, part, described)
    with at_work(editor, code.editing), editor.connection.execute_wrapper(code.watch):
        yield
    code.finish()


class CodeSql:
    """The statements of one operation that runs code, in the direction in which the keeper says that it runs."""

    def __init__(self, editor: Any, keeper: Keeper, rules: KeepingRules, part: str, described: str) -> None:
        """Reach nothing yet."""
        self.connection, self.keeper, self.described = editor.connection, keeper, described
        self.direct = Direct(editor)
        self.returns = CodeReturns(self.direct, keeper, rules, part)
        self.sql = SqlDrops(self.direct, keeper, rules, NO_SQL, part, self.returns)
        self.is_busy = False
        self._tables: set[str] | None = None
        self._dropped: set[tuple[str, str]] = set()

    @contextmanager
    def editing(self) -> Iterator[None]:
        """A method of the schema editor is called by the code in the block, and not by another one."""
        if self.is_busy:
            yield
            return
        with self._ours():
            self._begin()
            yield
            self.returns.look()

    @contextmanager
    def _ours(self) -> Iterator[None]:
        self.is_busy = True
        try:
            yield
        finally:
            self.is_busy = False

    def watch(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """See a statement of the code before it runs (BaseDatabaseWrapper.execute_wrapper, Django 5.2 to 6.1)."""
        text = sql.as_string(self.connection.connection) if hasattr(sql, "as_string") else str(sql)
        if self.is_busy or not _DEFINES.search(text):
            return execute(sql, params, many, context)
        found = pieces(text, self.connection.vendor)
        if not any(map(_matters, found)):
            return execute(sql, params, many, context)
        writing = self.keeper.rows.writing
        defined = writing is not None and writing.defines
        with self._ours():
            self._begin()
            wanted = [piece for piece in found if not self._is_own(piece.drop)]
            self._refuse(wanted, has_params=bool(params))
            done = None
            if params or not any(piece.drop or piece.instead or piece.retypings for piece in wanted):
                done = execute(sql, params, many, context)
            elif self._kept(found, wanted, params) and writing is not None:
                writing.defines = defined
            self.returns.look()
        return done

    def _begin(self) -> None:
        """Note what is there before the first statement that defines something: tables that the code makes are its own."""
        if self._tables is None:
            with self.connection.cursor() as cursor:
                self._tables = {name.lower() for name in self.connection.introspection.table_names(cursor)}
            self.returns.begin()

    def _is_own(self, drop: Drop | None) -> bool:
        """Say whether all that a statement drops was made by the code, or is what it has made anew after it was kept."""
        if drop is None or self._tables is None:
            return False
        names = [one.name.lower() for one in drop.tables]
        if not drop.columns:
            return not self._tables.intersection(names)
        columns = {(names[0], one.name.lower()) for one in drop.columns}
        return names[0] not in self._tables or columns <= self._dropped

    def _refuse(self, found: Sequence[Piece], *, has_params: bool) -> None:
        """Raise LosesData before anything of a text runs that destroys what nothing is kept of."""
        keeping = self.keeper.keeping
        if keeping.undo.accept_loss or keeping.has_backup or not self.keeper.keeps_rows:
            return
        for piece in found:
            what = lost_by(self.connection, keeping.patterns, piece, has_params=has_params)
            if what:
                raise LosesData(operation=self.described, what=what, rows=WHY, migration=self.keeper.key, help=HELP)

    def _kept(self, found: Sequence[Piece], wanted: Sequence[Piece], params: Any) -> bool:
        """Run the statements of a text one after the other, and set aside what they drop; say whether that was all they did."""
        is_all = True
        for piece in found:
            if piece in wanted:
                there = self._there(piece.drop)
                self.sql._piece(piece, params)
                is_all = is_all and piece.drop is not None and self._is_kept(there)
            else:
                self.direct.execute(piece.sql, params)
            self._forget(piece.drop)
        return is_all

    def _there(self, drop: Drop | None) -> list[tuple[KeptKind, Name, str]]:
        """Return what a statement drops that is there."""
        tables = [one for one in drop.tables if found_table(self.connection, one)] if drop is not None else []
        if drop is None or not drop.columns:
            return [(KeptKind.TABLE, one, "") for one in tables]
        columns = [found_column(self.connection, found_table(self.connection, tables[0]), one) for one in drop.columns if tables]
        return [(KeptKind.COLUMN, tables[0], one) for one in columns if one]

    def _is_kept(self, there: Sequence[tuple[KeptKind, Name, str]]) -> bool:
        """Say whether all of that is aside now, and note it for the log of rows."""
        writing, found = self.keeper.rows.writing, [self.sql._on_record(*one) for one in there]
        if writing is not None:
            writing.drops += [one.aside for one in found if one is not None]
        return all(found)

    def _forget(self, drop: Drop | None) -> None:
        """What is made anew under the name of what was kept is the code's own."""
        assert self._tables is not None
        if drop is not None and drop.columns:
            self._dropped |= {(drop.tables[0].name.lower(), one.name.lower()) for one in drop.columns}
        elif drop is not None:
            self._tables -= {one.name.lower() for one in drop.tables}

    def finish(self) -> None:
        """Bring back the tables that the code has made again, and say what it has not."""
        with self._ours():
            self.returns.finish()


def _matters(piece: Piece) -> bool:
    return bool(piece.drop or piece.destroys or piece.takes or piece.instead or piece.retypings or piece.makes or piece.renamed)
