"""What SQL does with tables, in terms of the models on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handrail.conflicts.access import EVERY, Access, Mode
from handrail.conflicts.fields import ALL_ROWS, column, has_column, is_many
from handrail.conflicts.inventory import many_to_many
from handrail.conflicts.state import Field, Model, State
from handrail.domain.conflict import MISSING
from handrail.domain.footprint import ANY, ModelKey, RowAccess, TableAccess

if TYPE_CHECKING:
    from handrail.conflicts.code import Code


def table_touches(code: Code, table: TableAccess) -> Iterator[Access]:
    """Yield what SQL touches on one table: its name, the names in it, and the model's fields and rows."""
    state = code.place.state
    name = table.table.rpartition(".")[2].strip('"`[]').lower()
    if "" in table.creates:
        yield _claim(code, "relation", name, "table", f"creates table {name}")
    else:
        yield code.touch(("relation", name), Mode.NEED, f"names table {name}", name=name, detail="table")
    between = next(_between(state, name), None)
    if between is not None:
        yield from _many(code, table, *between)
    for model in [*state.table_models(name)] or ([] if between else [*_unknown(state, name)]):
        yield from _on_model(code, model, table)


def _between(state: State, name: str) -> Iterator[tuple[Model, Field]]:
    for model in state.all():
        for each in model.fields.values():
            if is_many(each.value) and each.through is None and many_to_many(model, each).lower() == name:
                yield model, each


def _many(code: Code, table: TableAccess, model: Model, each: Field) -> Iterator[Access]:
    """A table of a many-to-many relation is the field's, whatever is done with it."""
    what = f"works on the table of {model.label}.{each.name}"
    if table.creates or table.drops or table.alters or table.renames:
        what = f"alters the table of {model.label}.{each.name}"
        yield code.touch(("model", model.id), Mode.DDL, what, model=model.label)
    for named in {model.key: model, **({each.target: code.place.state.get(each.target)} if each.target else {})}.values():
        text = f"{what}, in which columns are called after {named.label}"
        detail = {"named": True, "protects": False}
        yield code.touch(("model", named.id), Mode.CODE, text, model=named.label, detail=detail)
    only_read = not (table.updates or table.inserts or table.deletes) and what.startswith("works")
    yield code.touch(
        ("field", model.id, each.id),
        Mode.READ if only_read else Mode.UPDATE,
        what,
        model=model.label,
        field=each.id,
        before=each.value,
        detail={"depends": True},
    )


def _unknown(state: State, name: str) -> Iterator[Model]:
    """Yield what stands for the model on a table that no known model has: every model it may be by Django's naming."""
    yield Model(id=f"table {name}", label=name, key=ModelKey("", name), name=name, known=False)
    parts = name.split("_")
    for place in range(1, len(parts)):
        key = ModelKey("_".join(parts[:place]), "_".join(parts[place:]))
        if state.find(key) is None:
            yield Model(id=str(key), label=str(key), key=key, name=key.name, known=False)


def _on_model(code: Code, model: Model, table: TableAccess) -> Iterator[Access]:
    from handrail.conflicts.code import row_touches

    if table.reads or table.updates or table.inserts or table.deletes:
        row = RowAccess(
            model=model.key,
            reads=_fields(model, table.reads),
            updates=_fields(model, table.updates),
            inserts=table.inserts,
            deletes=table.deletes,
            columns=table.reads == ANY or (table.inserts and table.updates == ANY),
        )
        yield from row_touches(code, model, row, raw=True)
    for name in sorted((table.reads | table.updates) - ANY):
        yield _need(code, model, name)
    if table.creates or table.drops or table.alters or table.renames:
        yield from _definition(code, model, table)


def _definition(code: Code, model: Model, table: TableAccess) -> Iterator[Access]:
    label = model.label
    yield code.touch(("model", model.id), Mode.DDL, f"alters the table of {label}", model=label)
    for name in sorted(table.creates - {""}):
        what = f"makes {name} on the table of {label}"
        for sort in ("relation", "constraint"):
            yield _claim(code, sort, name.lower(), "name", what, model)
        yield code.touch(("column", model.id, name.lower()), Mode.CLAIM, what, model=label, name=name, detail="column")
    if "" in table.drops:
        yield code.touch(("model", model.id), Mode.DELETE, f"drops the table of {label}", model=label)
    for name in sorted(table.drops - {""}):
        yield from _gone(code, model, name, Mode.DELETE, MISSING, f"drops {name} of the table of {label}")
    for name in sorted(table.alters - {""}):
        yield from _altered(code, model, name)
    for old, new in table.renames:
        yield from _renamed(code, model, old, new)


def _altered(code: Code, model: Model, name: str) -> Iterator[Access]:
    each = Field(id=EVERY, name=EVERY) if name == EVERY else _field_of(model, name)
    what = f"alters {name} of the table of {model.label}"
    yield code.touch(
        ("field", model.id, each.id),
        Mode.ALTER,
        what,
        model=model.label,
        field=each.id,
        before=each.value,
        detail={"effects": ALL_ROWS, "changed": frozenset(), "known": False},
    )
    detail = {"orm": True, "raw": True}
    yield code.touch(("rows", model.id), Mode.SHAPE_INSERT, what, model=model.label, detail=detail)
    yield _need(code, model, name)


def _renamed(code: Code, model: Model, old: str, new: str) -> Iterator[Access]:
    what = f"renames {old or 'the table'} of {model.label} to {new}"
    if old:
        yield from _gone(code, model, old, Mode.RENAME, new, what)
        yield code.touch(("column", model.id, new.lower()), Mode.CLAIM, what, model=model.label, name=new, detail="column")
        yield _claim(code, "relation", new.lower(), "name", what, model)
        return
    yield code.touch(("model", model.id), Mode.RENAME, what, model=model.label, before=model.name, after=new)
    yield _claim(code, "relation", new.lower(), "table", what, model)


def _gone(code: Code, model: Model, name: str, mode: Mode, after: object, what: str) -> Iterator[Access]:
    """Yield what a name that is dropped or renamed may have stood for: a column, an index or a constraint."""
    each = _field_of(model, name)
    yield code.touch(("field", model.id, each.id), mode, what, model=model.label, field=each.id, before=each.value, after=after)
    for sort in ("index", "constraint"):
        found = model.member(sort, name)
        resource = ("member", model.id, sort, found.id)
        yield code.touch(resource, mode, what, model=model.label, name=name, before=found.value, after=after)
    for slot in (("column", model.id, name.lower()), ("relation", name.lower()), ("constraint", name.lower())):
        yield code.touch(slot, Mode.FREE, what, model=model.label, name=name)


def _claim(code: Code, sort: str, name: str, detail: str, what: str, model: Model | None = None) -> Access:
    return code.touch((sort, name), Mode.CLAIM, what, model=model.label if model else "", name=name, detail=detail)


def _need(code: Code, model: Model, name: str) -> Access:
    what = f"names column {name} of the table of {model.label}"
    return code.touch(("column", model.id, name.lower()), Mode.NEED, what, model=model.label, name=name, detail="column")


def _field_of(model: Model, name: str) -> Field:
    for each in model.fields.values():
        if has_column(each.value) and column(each.name, each.value).lower() == name.lower():
            return each
    return model.field(name)


def _fields(model: Model, columns: frozenset[str]) -> frozenset[str]:
    return ANY if columns & ANY else frozenset(_field_of(model, name).name for name in columns)
