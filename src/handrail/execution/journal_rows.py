"""Rows of the journal by the SQL that Django's ORM would write for them, in a sixth of its time: a run writes some for each step.

No signal is sent for them, as the tables belong to no app.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db import models
    from django.db.backends.base.base import BaseDatabaseWrapper

OTHER_THAN = "!"
"""What stands after the name of a field whose value must be another one."""


def insert(connection: BaseDatabaseWrapper, row: models.Model) -> None:
    """Write a new row, and set its primary key where the database counts it."""
    meta, quote = row._meta, connection.ops.quote_name
    counted: Any = meta.auto_field
    fields: list[Any] = [field for field in meta.local_concrete_fields if field is not counted]
    names, marks = ", ".join(quote(field.column) for field in fields), ", ".join("%s" for _ in fields)
    sql = f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({marks})"
    returns = counted is not None and connection.features.can_return_columns_from_insert
    if returns:
        sql += f" RETURNING {quote(counted.column)}"  # PostgreSQL, SQLite 3.35, MariaDB 10.5 (their manuals, INSERT)
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields])
        if counted is not None:
            setattr(row, counted.attname, cursor.fetchall()[0][0] if returns else cursor.lastrowid)
    row._state.db, row._state.adding = connection.alias, False


def update(
    connection: BaseDatabaseWrapper, model: type[models.Model], where: Mapping[str, Any], values: Mapping[str, Any]
) -> int:
    """Write values into some rows, and return how many these are. where: their values, none of them None; see OTHER_THAN."""
    quote, params = connection.ops.quote_name, list[Any]()

    def named(name: str, value: Any) -> str:
        field: Any = model._meta.get_field(name.removesuffix(OTHER_THAN))
        params.append(field.get_db_prep_save(value, connection))
        return f"{quote(field.column)} {'<>' if name.endswith(OTHER_THAN) else '='} %s"

    assigned = ", ".join([named(*one) for one in values.items()])
    condition = " AND ".join([named(*one) for one in where.items()])
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {quote(model._meta.db_table)} SET {assigned} WHERE {condition}", params)
        return int(cursor.rowcount)
