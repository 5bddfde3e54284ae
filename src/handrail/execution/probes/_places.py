"""Where the models and fields of a project state are in the database as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.backends.utils import strip_quotes, truncate_name

from handrail.execution.keeping.models import bare

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ModelState

    from handrail.execution.probes._changes import Change, ModelKey


class Places:
    """Follows tables and columns through the operations of a plan; what a plan makes is nowhere yet (None)."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection
        self._tables: dict[ModelKey, str | None] = {}
        self._columns: dict[ModelKey, dict[str, str | None]] = {}
        self.gone: set[tuple[str, str]] = set()
        """Tables and columns that are there now, and that the plan has dropped up to here."""

    def table(self, key: ModelKey, model: ModelState) -> str | None:
        """Return the table that a model has now. model: as it is at this point of the plan."""
        self._meet(key, model)
        return self._tables[key]

    def column(self, key: ModelKey, model: ModelState, field: str) -> str | None:
        """Return the column that a field has now."""
        self._meet(key, model)
        return self._columns[key].get(field)

    def take(self, change: Change) -> None:
        """Go on to after an operation."""
        for end, start_model, end_model in change.pairs:
            start = next((old for old, new in change.renamed_models.items() if new == end), end)
            if start_model is not None:
                self._meet(start, start_model)
            table, columns = self._tables.pop(start, None), self._columns.pop(start, {})
            if end_model is None:
                self._tables[start], self._columns[start] = None, {}
                continue
            columns = {change.renamed_fields.get(name, name): column for name, column in columns.items()}
            dropped = {column for name, column in columns.items() if name not in end_model.fields}
            self.gone |= {(table, column) for column in dropped if table is not None and column is not None}
            self._tables[end] = table
            self._columns[end] = {name: columns.get(name) for name in end_model.fields}

    def _meet(self, key: ModelKey, model: ModelState) -> None:
        if key not in self._tables:
            self._tables[key] = table_of(self.connection, model)
            self._columns[key] = {name: column_of(field, name) for name, field in model.fields.items()}


def table_of(connection: BaseDatabaseWrapper, model: ModelState) -> str | None:
    """Return the name of a model's table, as Options makes it (5.2 to 6.1); None where migrations make none."""
    options = model.options
    if options.get("proxy") or options.get("managed") is False or is_swapped(model):
        return None
    named = options.get("db_table")
    if named:
        return bare(connection, named)
    return truncate_name(f"{model.app_label}_{model.name_lower}", connection.ops.max_name_length())


def link_table(connection: BaseDatabaseWrapper, table: str, name: str, field: Any) -> str:
    """Return the link table of a many-to-many field of a model with a table (ManyToManyField._get_m2m_db_table, 5.2 to 6.1)."""
    given = getattr(field, "db_table", None)  # the relations of packages for tags have none
    made = truncate_name(f"{strip_quotes(table)}_{name}", connection.ops.max_name_length())
    return bare(connection, given) if given else made


def tables_of(connection: BaseDatabaseWrapper, models: Iterable[ModelState]) -> frozenset[str]:
    """Return the tables of models, with the link tables of their many-to-many fields.

    A relation of another kind, as packages for tags have it, has the table of a model of its own.
    """
    from django.db.models import ManyToManyField

    found = set[str]()
    for model in models:
        table = table_of(connection, model)
        if table is None:
            continue
        for name, field in model.fields.items():
            if isinstance(field, ManyToManyField):
                found.add(link_table(connection, table, name, field))
        found.add(table)
    return frozenset(found)


def is_swapped(model: ModelState) -> bool:
    """Say whether the settings put another model in the place of this one (Options.swapped, 5.2 to 6.1)."""
    from django.conf import settings

    swappable = model.options.get("swappable")
    other = getattr(settings, swappable, None) if swappable else None
    return bool(other) and str(other).lower() != f"{model.app_label}.{model.name}".lower()


def column_of(field: Any, name: str) -> str | None:
    """Return the column of a field of a model state; None where it has none."""
    if field.many_to_many:
        return None
    column = named(field, name).column
    return None if column is None else str(column)


def named(field: Any, name: str) -> Any:
    """Return a copy of a field of a model state that knows its name, attribute and column."""
    made = field.clone()
    made.set_attributes_from_name(name)
    return made
