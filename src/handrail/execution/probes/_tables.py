"""The rows of a table as a query on them sees them at an operation, and the SQL that Django writes for a model's constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.execution.probes._changes import target_of
from handrail.execution.probes._places import column_of, named, table_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.migrations.state import ModelState

    from handrail.execution.probes._changes import ModelKey
    from handrail.execution.probes.base import Moment


def source(moment: Moment, key: ModelKey, start: ModelState, end: ModelState) -> str | None:
    """Return what comes after FROM for the rows of a model that is there now, named as at the operation's end.

    None where the model has no table now. Columns that are not there now are not there.
    """
    quote = moment.asking.quote
    start_key = next((old for old, new in moment.change.renamed_models.items() if new == key), key)
    live, name = moment.places.table(start_key, start), table_of(moment.connection, end)
    if live is None or name is None:
        return None
    back = {new: old for old, new in moment.change.renamed_fields.items()}
    there = moment.asking.columns(live)
    parts = []
    for field_name, field in end.fields.items():
        column = moment.places.column(start_key, start, back.get(field_name, field_name))
        at_end = column_of(field, field_name)
        if column is not None and column.lower() in there and at_end is not None:
            parts.append(quote(column) if column == at_end else f"{quote(column)} AS {quote(at_end)}")
    return f"(SELECT {', '.join(parts)} FROM {quote(live)}) {quote(name)}" if parts else None


def has_now(moment: Moment, key: ModelKey, start: ModelState, field: str) -> bool:
    """Say whether the values of a field are in the table now."""
    back = {new: old for old, new in moment.change.renamed_fields.items()}
    start_key = next((old for old, new in moment.change.renamed_models.items() if new == key), key)
    live, column = moment.places.table(start_key, start), moment.places.column(start_key, start, back.get(field, field))
    return live is not None and column is not None and column.lower() in moment.asking.columns(live)


def primary_key(model: ModelState) -> str | None:
    """Return the column of the primary key, None where it is none of the model's own, or several."""
    for name, field in model.fields.items():
        if field.primary_key:
            return column_of(field, name)
    return None


def stored_by(models: Mapping[ModelKey, ModelState], key: ModelKey, field: Any) -> Any:
    """Return the field whose values a field has, which is another model's for a relation; None where that is not among models.

    key: of the field's own model.
    """
    while field.remote_field is not None:
        target_key = target_of(field, key)
        target = models.get(target_key) if target_key is not None else None
        name = to_field(field, target) if target is not None else None
        if target_key is None or target is None or name is None:
            return None
        key, field = target_key, named(target.fields[name], name)
    return field


def to_field(field: Any, target: ModelState) -> str | None:
    """Return the name of the field that a relation leads to: the primary key where none is said."""
    said = getattr(field.remote_field, "field_name", None)
    if said:
        return str(said)
    return next((name for name, each in target.fields.items() if each.primary_key), None)


def stand_in(model: ModelState) -> Any:
    """Return a model class with a table's columns alone: relations are plain fields, so that no other model has to be made."""
    from django.apps.registry import Apps
    from django.db import models

    class Key(models.Field):  # type: ignore[type-arg]
        """What stands for a relation: it has its attribute and column, and takes any value."""

        def get_attname(self) -> str:
            return f"{self.name}_id"

    fields: dict[str, Any] = {}
    for name, field in model.fields.items():
        if field.many_to_many or column_of(field, name) is None:
            continue
        if field.remote_field is not None:
            fields[name] = Key(db_column=column_of(field, name), primary_key=field.primary_key, null=True)
        else:
            fields[name] = field.clone()
    meta = {"app_label": model.app_label, "apps": Apps(), "db_table": model.options.get("db_table") or ""}
    if not meta["db_table"]:
        del meta["db_table"]
    return type(model.name, (models.Model,), {"Meta": type("Meta", (), meta), "__module__": "handrail", **fields})
