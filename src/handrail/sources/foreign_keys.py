"""Models that a setting has swapped out, and the foreign keys that a database still has to their tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from handrail.domain.history import ForeignKey, SwappedModel


def swapped_models() -> list[SwappedModel]:
    """Return the models of the app registry that a setting has swapped out (Options.swapped, Django 5.2 to 6.1).

    Those whose setting names a model that does not exist are left out: Django's own checks name them.
    """
    from django.apps import apps

    found = []
    for model in apps.get_models(include_swapped=True):
        if model._meta.swapped and model._meta.swappable:
            try:
                new = apps.get_model(model._meta.swapped)
            except (LookupError, ValueError):
                continue
            found.append(_swapped(model._meta, new._meta))
    return found


def _swapped(old: Any, new: Any) -> SwappedModel:
    return SwappedModel(
        setting=old.swappable,
        old=old.label,
        new=new.label,
        table=old.db_table,
        new_table=new.db_table,
        own_tables=tuple(field.m2m_db_table() for field in old.local_many_to_many if not isinstance(_through(field), str)),
    )


def _through(field: Any) -> Any:
    return field.remote_field.through


def foreign_keys_to(alias: str, tables: Collection[str]) -> list[ForeignKey]:
    """Return every foreign key that leads to one of the tables, as the database has it; none where these are not there.

    Only tables that Django's introspection sees are asked: on PostgreSQL those on the search path.
    """
    from django.db import connections

    connection = connections[alias]
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        if not set(tables) & set(names):
            return []
        return [key for name in names for key in _keys_of(connection, cursor, name) if key.to_table in tables]


def _keys_of(connection: Any, cursor: Any, table: str) -> Iterator[ForeignKey]:
    """Yield the foreign keys of a table; from Django 6.1 on, a relation has what happens on delete as its third part."""
    for column, (to_column, to_table, *_) in connection.introspection.get_relations(cursor, table).items():
        yield ForeignKey(table=table, column=column, to_table=to_table, to_column=to_column or "")
