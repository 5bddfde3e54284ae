"""What keeping needs to know of Django's models and fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NO_DEFAULT = "django.db.models.fields.NOT_PROVIDED"
"""What the shape of a field without a default has for it."""


def table_of(connection: BaseDatabaseWrapper, model: Any) -> str:
    """Return the name of a model's table as the database has it."""
    return bare(connection, model._meta.db_table)


def bare(connection: BaseDatabaseWrapper, name: str) -> str:
    """Return a name as the database has it.

    quote_name takes one that is quoted already as it is: in double quotes, on MySQL in backticks, where double quotes are part
    of the name (django/db/backends/*/operations.py, 5.2 to 6.1).
    """
    return str(connection.ops.quote_name(name))[1:-1]


def has_values(field: Any) -> bool:
    """Say whether a field has a column whose values are its own."""
    return field.column is not None and not field.many_to_many and field.concrete and not field.generated


def shape(field: Any, editor: Any) -> list[Any]:
    """Return what has to be the same for a kept column to be what a field wants; as JSON has it, the type first.

    A default that is another one means that the file was edited: its author does not expect the values of the old one.
    """
    return [*_column(field, editor), _default(field)]


def fits(was: list[Any], wanted: list[Any], *, is_same_file: Callable[[], bool] = lambda: False) -> bool:
    """Say whether a kept column is what a field wants, by their shapes.

    AddField gives a field its default only while it adds it where preserve_default is False; to the state that is taken back it
    has none (django/db/migrations/operations/fields.py, 5.2 to 6.1). is_same_file: says whether the migration has the text that
    it had then; where NULL is allowed, a default may also be there because somebody wants the rows to have it now.
    """
    if was == wanted:
        return True
    is_nullable = wanted[2]
    is_passing = was[-1] == NO_DEFAULT and was[:-1] == wanted[:-1]
    return is_passing and (not is_nullable or is_same_file())


def table_shape(model: Any, editor: Any) -> list[Any]:
    """Return what has to be the same for a kept table to be what a model wants; as JSON has it."""
    meta = model._meta
    columns = sorted([field.column, *_column(field, editor)] for field in meta.local_concrete_fields if field.column)
    options = [repr(one.deconstruct()) for one in (*meta.indexes, *meta.constraints)]
    together = [list(names) for names in meta.unique_together]
    return [columns, options, together, [field.name for field in meta.pk_fields]]


def _column(field: Any, editor: Any) -> list[Any]:
    parameters = field.db_parameters(connection=editor.connection)
    target = field.remote_field.model._meta.db_table if field.remote_field and field.db_constraint else ""
    default = [str(part) for part in editor.db_default_sql(field)] if field.has_db_default() else []
    flags = [field.null, field.unique, field.primary_key, field.db_index]
    return [parameters["type"], parameters.get("collation"), *flags, target, default]


def _default(field: Any) -> str:
    """AlterOrderWithRespectTo gives its field a default when it adds it, and none when it removes it (5.2 to 6.1)."""
    from django.db.models.fields.proxy import OrderWrt

    if isinstance(field, OrderWrt):
        return ""
    default = field.default
    return f"{default.__module__}.{default.__qualname__}" if hasattr(default, "__qualname__") else repr(default)


def literal(editor: Any, value: Any) -> str:
    """Quote a value that is ready for the database; MySQL's driver gives bytes, and what the value's bytes are is no text."""
    quoted = editor.quote_value(value)
    if not isinstance(quoted, bytes):
        return str(quoted)
    return f"X'{bytes(value).hex()}'" if isinstance(value, bytes | bytearray | memoryview) else quoted.decode()


def run(editor: Any, statements: Iterable[str]) -> None:
    """Execute statements as they are."""
    for sql in statements:
        if sql:
            editor.execute(sql, None)


def forget_deferred(editor: Any, table: str, column: str = "") -> None:
    """Forget what an editor has deferred about a table or a column that is gone (remove_field, delete_model, 5.2 to 6.1)."""
    from django.db.backends.ddl_references import Statement

    for sql in list(editor.deferred_sql):
        if isinstance(sql, Statement) and (sql.references_column(table, column) if column else sql.references_table(table)):
            editor.deferred_sql.remove(sql)
