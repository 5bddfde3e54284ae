"""The schema editor in the hands of a migration's own code or SQL: which statements it writes, and how ours are executed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from handrail.databases.row_logs.base import row_logs_for
from handrail.execution.keeping.row_statements import written_by
from handrail.execution.keeping.sql_text import pieces
from handrail.execution.manners import texts_of


class Direct:
    """A schema editor that executes at once: inside a transaction on MySQL and MariaDB, Django's refuses to (5.2 to 6.1)."""

    def __init__(self, editor: Any) -> None:
        """Change nothing."""
        self.editor = editor

    def __getattr__(self, name: str) -> Any:
        """Return what the schema editor has."""
        return getattr(self.editor, name)

    def execute(self, sql: Any, params: Any = ()) -> None:
        """Execute a statement, as BaseDatabaseSchemaEditor.execute does where nothing is collected."""
        with self.editor.connection.cursor() as cursor:
            cursor.execute(str(sql), params)


def in_transaction(editor: Any, sql: Any) -> Any:
    """Return what executes SQL inside of a transaction: on MySQL itself where that only writes rows, else the schema editor.

    That one refuses every statement there (execute of django/db/backends/base/schema.py, 5.2 to 6.1), as some of them commit.
    sql: of one direction of a RunSQL.
    """
    connection = editor.connection
    if connection.features.can_rollback_ddl:
        return editor
    dialect = row_logs_for(connection.vendor).dialect
    texts = [piece.sql for text in texts_of(sql) for piece in pieces(text, connection.vendor)]
    found = [written_by(text, dialect) for text in texts]
    commits = any(one.defines or one.empties or one.is_unknown for one in found)
    return editor if commits else Direct(editor)


@contextmanager
def at_work(editor: Any, around: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Call the methods of an editor inside of a context, but for execute, which executes what the code says. around: makes it."""
    before = dict(vars(editor))
    names = [name for name in dir(type(editor)) if not name.startswith("__") and name != "execute"]
    for name in {*names, *before} - {"execute"}:
        method = getattr(editor, name)
        if callable(method) and not isinstance(method, type) and hasattr(method, "__name__"):
            setattr(editor, name, _inside(method, around))
    try:
        yield
    finally:
        for name in set(vars(editor)) - set(before):
            delattr(editor, name)
        vars(editor).update({name: value for name, value in before.items() if callable(value)})


def _inside(method: Callable[..., Any], around: Callable[[], AbstractContextManager[None]]) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        with around():
            return method(*arguments, **options)

    return call
