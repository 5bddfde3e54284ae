"""The names that a model holds, in the state and in the database: what an operation claims and frees is the difference."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode, Resource
from handrail.conflicts.fields import class_name, column, get, has_column, is_many, is_primary_key, is_relation, is_unique
from handrail.conflicts.names import index_name, many_to_many_table
from handrail.conflicts.operations.create_model import summary
from handrail.conflicts.state import Field, Model, State, concrete, family, table_of
from handrail.domain.dataclasses import dataclass
from handrail.domain.value import Call, Value

UNNAMED = "unnamed index"
"""What an index or constraint is called that Django names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A name that a model holds. what: the sort of thing, for people. owner: the model's label for fields and columns."""

    name: str
    what: str
    mode: Mode = Mode.CLAIM
    model: str = ""
    field: str = ""
    value: Value = None


Slots = dict[Resource, Slot]


def slots_of(state: State, model: Model, *, generated: bool) -> Slots:
    """Return the names that a model holds by the resource each stands for. generated: those of unnamed indexes as well."""
    key = model.key
    found: Slots = {
        ("model name", key.app_label, key.name): Slot(name=model.name, what="model", model=model.label, value=summary(model))
    }
    for each in model.fields.values():
        found.update(_field_slots(state, model, each))
    if model.is_proxy or model.options.get("managed") is False:
        return found
    table = table_of(model)
    found["relation", table.lower()] = Slot(name=table, what="table", model=model.label)
    for each in model.fields.values():
        found.update(_physical(model, each))
    if model.options.get("order_with_respect_to"):
        found["field name", model.id, "_order"] = Slot(name="_order", what="field", model=model.label, field="_order")
        found["column", model.id, "_order"] = Slot(name="_order", what="column", model=model.label, field="_order")
    found.update(_member_slots(model))
    if generated:
        found.update(_generated(model, table))
    return found


def _field_slots(state: State, model: Model, each: Field) -> Iterator[tuple[Resource, Slot]]:
    for parent in family(state, model)[1:]:
        below = Slot(name=each.name, what="field", mode=Mode.BELOW, model=parent.label, field=each.name, value=each.value)
        yield ("field name", parent.id, each.name.lower()), below
    own = Slot(name=each.name, what="field", model=model.label, field=each.name, value=each.value)
    yield ("field name", model.id, each.name.lower()), own
    if each.target is None or class_name(each.value).startswith("Generic"):
        return
    target = concrete(state, state.get(each.target))
    for name in reverse_names(model, each):
        slot = Slot(name=name, what="reverse accessor", model=target.label, field=name, value=each.value)
        yield ("field name", target.id, name.lower()), slot


def reverse_names(model: Model, each: Field) -> frozenset[str]:
    """Return the names that a relation gives to its target: the accessor and the name in queries.

    django/db/models/fields/related.py, related_query_name, and reverse_related.py, get_accessor_name (5.2).
    """
    many = is_many(each.value)
    if many and each.target == model.key and get(each.value, "symmetrical") is not False and not get(each.value, "related_name"):
        return frozenset()
    given = get(each.value, "related_name") or model.options.get("default_related_name")
    if isinstance(given, str):
        if given.endswith("+"):
            return frozenset()
        given = given.replace("%(class)s", model.key.name).replace("%(model_name)s", model.key.name)
        given = given.replace("%(app_label)s", model.key.app_label)
    single = class_name(each.value) == "OneToOneField"
    accessor = given or (model.key.name if single else f"{model.key.name}_set")
    query = get(each.value, "related_query_name") or given or model.key.name
    return frozenset(name for name in (accessor, query) if isinstance(name, str))


def _physical(model: Model, each: Field) -> Iterator[tuple[Resource, Slot]]:
    if is_many(each.value):
        if each.through is None and get(each.value, "through") is None:
            name = many_to_many(model, each)
            yield ("relation", name.lower()), Slot(name=name, what="table", model=model.label, field=each.name)
            between = f"{model.key.name}_{each.name}".lower()
            made = Slot(name=between, what="model", model=model.label, field=each.name)
            yield ("model name", model.key.app_label, between), made
    elif has_column(each.value):
        name = column(each.name, each.value)
        slot = Slot(name=name, what="column", model=model.label, field=each.name, value=each.value)
        yield ("column", model.id, name.lower()), slot


def many_to_many(model: Model, each: Field) -> str:
    """Return the table of a many-to-many field without a model in between."""
    given = get(each.value, "db_table")
    return given if isinstance(given, str) and given else many_to_many_table(table_of(model), each.name)


def _member_slots(model: Model) -> Iterator[tuple[Resource, Slot]]:
    for sort, members in model.members.items():
        for each in members:
            slot = Slot(name=each.name, what=sort, model=model.label, value=each.value)
            if sort == "constraint":
                yield ("constraint", each.name.lower()), slot
            if not (isinstance(each.value, Call) and each.value.name == "CheckConstraint"):
                yield ("relation", each.name.lower()), slot


def _generated(model: Model, table: str) -> Iterator[tuple[Resource, Slot]]:
    columns = {each.name: column(each.name, each.value) for each in model.columns()}
    named: list[tuple[tuple[str, ...], str]] = []
    for option, suffix in (("unique_together", "_uniq"), ("index_together", "_idx")):
        value = model.options.get(option)
        for names in sorted(value) if isinstance(value, frozenset) else ():
            named.append((tuple(columns.get(name, name) for name in names), suffix))
    for each in model.columns():
        single = (columns[each.name],)
        if is_primary_key(each.value):
            continue
        if is_unique(each.value):
            named.append((single, "_uniq"))
        elif get(each.value, "db_index", is_relation(each.value) or class_name(each.value) == "SlugField") is True:
            named.append((single, ""))
    for found, suffix in named:
        name = index_name(table, found, suffix)
        yield ("relation", name.lower()), Slot(name=name, what=UNNAMED, model=model.label)
