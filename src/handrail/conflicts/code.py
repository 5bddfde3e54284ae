"""What code and SQL inside a migration touch, in terms of the state's models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import chain
from typing import Any

from handrail.conflicts import sql_names
from handrail.conflicts.access import EVERY, Access, Mode
from handrail.conflicts.fields import attname, fills_itself, get, has_column, is_many
from handrail.conflicts.inventory import reverse_names
from handrail.conflicts.operations.alter_model_options import OPTION
from handrail.conflicts.operations.base import Place, Touched
from handrail.conflicts.references import fields_in
from handrail.conflicts.state import Field, Model, State, concrete, family, owner_of
from handrail.domain.dataclasses import dataclass
from handrail.domain.footprint import ANY, META, CodeFootprint, ModelKey, RowAccess
from handrail.domain.value import Name

VERBS = {Mode.READ: "reads", Mode.UPDATE: "writes", Mode.DEFINED: "asks for the definition of"}
Relations = Callable[[ModelKey], Mapping[str, ModelKey | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One RunPython or RunSQL: where it stands, "data" or "sql", and what it does in words.

    depends: whether it makes objects that the database ties to columns, such as views and triggers.
    """

    place: Place
    source: str
    phrase: str
    depends: bool = False

    def touch(self, resource: tuple[str, ...], mode: Mode, what: str, **more: Any) -> Access:
        """Return an access of the code. what: what it does, such as "reads shop.Thing.x"."""
        return self.place.touch(resource, mode, f"{what} in {self._where()}", source=self.source, **more)

    def _where(self) -> str:
        return "RunSQL" if self.source == "sql" else "RunPython"


def relations(state: State) -> Relations:
    """Return what says which names can be used on a model."""
    known: dict[ModelKey, Mapping[str, ModelKey | None]] = {}

    def names(key: ModelKey) -> Mapping[str, ModelKey | None]:
        if key not in known:
            known[key] = _names_on(state, key)
        return known[key]

    return names


def _names_on(state: State, key: ModelKey) -> Mapping[str, ModelKey | None]:
    model = state.find(state.follow(key))
    return Names(state, model) if model is not None else {}


class Names(Mapping[str, ModelKey | None]):
    """The names that can be used on a model; what refers to it is looked for where a name is no field's alone."""

    def __init__(self, state: State, model: Model) -> None:
        self.parts: list[Callable[[], Mapping[str, ModelKey | None]]] = []
        for one in family(state, model):
            self.parts += [cache(partial(_fields_of, state, one)), cache(partial(_reverse_of, state, one))]
        self.parts.append(lambda: {"pk": None})

    def __getitem__(self, name: str) -> ModelKey | None:
        for part in self.parts:
            if name in part():
                return part()[name]
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> Mapping[str, None]:
        return {name: None for part in reversed(self.parts) for name in part()}

    def __bool__(self) -> bool:
        return True


def _fields_of(state: State, model: Model) -> Mapping[str, ModelKey | None]:
    found: dict[str, ModelKey | None] = {}
    for each in model.fields.values():
        found[attname(each.name, each.value)] = None
        found[each.name] = state.follow(each.target) if each.target is not None else None
    return found


def _reverse_of(state: State, model: Model) -> Mapping[str, ModelKey | None]:
    return {name: other.key for other, each in state.referring(model.key) for name in reverse_names(other, each)}


def touches(place: Place, footprint: CodeFootprint, source: str, phrase: str) -> Iterator[Touched]:
    """Yield what a footprint touches."""
    code = Code(place=place, source=source, phrase=phrase, depends=bool(footprint.objects))
    yield from chain.from_iterable(_rows(code, row) for row in footprint.rows)
    yield from (_use(code, place.state.get(place.state.follow(key))) for key in footprint.named)
    yield from chain.from_iterable(_table(code, table) for table in footprint.tables)
    for sort, name in footprint.objects:
        yield from _object(code, sort, name)
    for path in footprint.live_models:
        yield _live(code, path)
    if footprint.opaque:
        yield place.opaque(f"{phrase} that cannot be read in full", "; ".join(footprint.opaque), source)


def _live(code: Code, path: str) -> Access:
    from handrail.conflicts.python_live import USER, key_of

    model = code.place.state.get(USER if path.endswith("get_user_model") else key_of(path))
    what = f"imports {path} instead of the historical {model.label}"
    return code.touch(("model", model.id), Mode.LIVE, what, model=model.label)


def _rows(code: Code, row: RowAccess) -> Iterator[Access]:
    state = code.place.state
    model = state.find(state.follow(row.model))
    if model is None:
        between = _many_between(state, row.model)
        if between is not None:
            yield from _between(code, row, *between)
            return
        model = state.get(row.model)
    yield from row_touches(code, model, row)


def _many_between(state: State, key: ModelKey) -> tuple[Model, Field] | None:
    """Return the many-to-many field whose rows the model of a key is; its app was read when the key was looked for."""
    for model in state.seen():
        if model.key.app_label == key.app_label and key.name.startswith(f"{model.key.name}_"):
            for each in model.fields.values():
                if is_many(each.value) and f"{model.key.name}_{each.name}".lower() == key.name:
                    return model, each
    return None


def _between(code: Code, row: RowAccess, model: Model, each: Field) -> Iterator[Access]:
    mode = Mode.UPDATE if row.updates or row.inserts or row.deletes else Mode.READ
    yield _use(code, model)
    yield from _field(code, model, each, mode)


def row_touches(code: Code, model: Model, row: RowAccess, *, raw: bool = False) -> Iterator[Access]:
    """Yield what an access to the rows of a model touches. raw: it is made by SQL."""
    state = code.place.state
    lines = [one for one in family(state, model) if not one.is_proxy] or [model]
    yield _use(code, model)
    if code.depends:
        what = f"makes something that depends on the table of {model.label}"
        yield code.touch(("model", model.id), Mode.DDL, what, model=model.label)
    for one in lines:
        yield _row(code, one, Mode.READ, f"reads rows of {one.label}")
    for names, mode in ((row.reads, Mode.READ), (row.updates, Mode.UPDATE)):
        yield from _named(code, model, lines, names, mode)
    if row.ordered:
        yield from _named(code, model, lines, _ordering(lines), Mode.READ)
        yield _row(code, lines[0], Mode.ORDERED, f"relies on the order of the rows of {lines[0].label}")
    if row.inserts:
        for one in lines:
            yield _row(code, one, Mode.INSERT, f"inserts rows into {one.label}", {"raw": raw})
            yield from _referred(code, one, row.updates)
    yield from _beyond(code, model, lines, row)
    if row.deletes:
        for one in lines:
            yield _row(code, one, Mode.ERASE, f"deletes rows of {one.label}")
        if not raw:
            yield from _cascade(code, model)


def _beyond(code: Code, model: Model, lines: list[Model], row: RowAccess) -> Iterator[Access]:
    """Yield what depends on more than values: on which fields there are, how they are defined, how they fill themselves."""
    yield from _named(code, model, lines, row.definitions - {META}, Mode.DEFINED)
    if META in row.definitions:
        what = f"asks for the options of {model.label}"
        yield code.touch(("value", model.id, OPTION), Mode.DEFINED, what, model=model.label)
    for one in lines:
        if row.columns:
            yield _row(code, one, Mode.COLUMNS, f"reads whole rows of {one.label}")
        if row.saved:
            what = f"saves rows of {one.label}"
            yield _row(code, one, Mode.SAVE, what)
            for each in one.fields.values():
                if fills_itself(each.value):
                    yield _fill(code, one, each, f"{what}, and so changes {each.id.partition('@')[0]}")


def _fill(code: Code, model: Model, each: Field, what: str) -> Access:
    doubtful = get(each.value, "auto_now") is not True
    resource = ("field", model.id, each.id)
    return code.touch(resource, Mode.FILL, what, model=model.label, field=each.id, before=each.value, doubtful=doubtful)


def _ordering(lines: list[Model]) -> frozenset[str]:
    """Return the fields that the default ordering sorts by."""
    value = next((one.options["ordering"] for one in lines if one.options.get("ordering")), None)
    known = frozenset(name for one in lines for name in one.fields)
    return fields_in(value, known)


def _use(code: Code, model: Model, *, named: bool = True, protects: bool = False) -> Access:
    what = f"works on the rows of {model.label}"
    detail = {"named": named, "protects": protects}
    return code.touch(("model", model.id), Mode.CODE, what, model=model.label, detail=detail)


def _row(code: Code, model: Model, mode: Mode, what: str, detail: Any = None) -> Access:
    return code.touch(("rows", model.id), mode, what, model=model.label, detail=detail)


def _named(code: Code, model: Model, lines: list[Model], names: frozenset[str], mode: Mode) -> Iterator[Access]:
    if names == ANY:
        for one in lines:
            yield from _field(code, one, Field(id=EVERY, name=EVERY), mode)
        return
    for name in sorted(names):
        owner, each = find_field(code.place.state, model, name)
        if each is not None:
            yield from _field(code, owner, each, mode)
            continue
        target = concrete(code.place.state, model)
        what = f"uses {target.label}.{name}"
        yield code.touch(("field name", target.id, name.lower()), Mode.NEED, what, model=target.label, field=name, name=name)
        if not any(name in reverse_names(other, found) for other, found in code.place.state.referring(target.key)):
            yield from _field(code, target, target.field(name), mode)


def find_field(state: State, model: Model, name: str) -> tuple[Model, Field | None]:
    """Return the field that a name in a query stands for and the model that holds it."""
    if name == "pk":
        key = model.primary_key()
        return owner_of(state, model, key.name), key
    for one in family(state, model):
        for each in one.fields.values():
            if name in (each.name, attname(each.name, each.value)):
                return one, each
    return concrete(state, model), None


def _field(code: Code, model: Model, each: Field, mode: Mode, *, named: bool = True) -> Iterator[Access]:
    """Yield an access to a field. named: the code says its name, so that a renaming matters."""
    verb, name = VERBS[mode], each.id.partition("@")[0]
    what = f"{verb} fields of {model.label} that cannot be told" if each.id == EVERY else f"{verb} {model.label}.{name}"
    yield code.touch(
        ("field", model.id, each.id),
        mode,
        what,
        model=model.label,
        field=each.id,
        before=each.value,
        detail={"depends": code.depends, "named": named},
        doubtful=each.id == EVERY,
    )
    if mode is Mode.UPDATE:
        yield _row(code, model, Mode.UPDATE, f"changes rows of {model.label}")
        yield from _referred(code, model, frozenset({each.name}) if each.id != EVERY else ANY)


def _referred(code: Code, model: Model, names: frozenset[str]) -> Iterator[Access]:
    """Yield that rows of the targets of foreign keys must be there. names: the fields that get a value; empty for not known."""
    for each in model.fields.values():
        if each.target is None or get(each.value, "db_constraint") is False:
            continue
        if not names or names == ANY or {each.name, attname(each.name, each.value)} & names:
            target = concrete(code.place.state, code.place.state.get(each.target))
            what = f"writes {model.label}.{each.name}, which points at rows of {target.label}"
            yield code.touch(("rows", target.id), Mode.REFER, what, model=target.label)


def _cascade(code: Code, model: Model) -> Iterator[Access]:
    """Yield what a deletion by historical models does to rows that refer to the deleted ones (on_delete)."""
    state, seen, pending = code.place.state, {model.id}, [model]
    while pending:
        target = pending.pop()
        for owner, each in [found for one in family(state, target) for found in state.referring(one.key)]:
            if not has_column(each.value):
                yield from _field(code, owner, each, Mode.UPDATE, named=False)
                continue
            action = get(each.value, "on_delete")
            name = action.path.rpartition(".")[2] if isinstance(action, Name) else "SET"
            if name == "DO_NOTHING":
                continue
            yield from _field(code, owner, each, Mode.READ, named=False)
            yield _use(code, owner, named=False, protects=name in ("PROTECT", "RESTRICT"))
            if name in ("PROTECT", "RESTRICT"):
                yield _row(code, owner, Mode.READ, f"deletes rows of {target.label}, which {owner.label}.{each.name} protects")
            elif name in ("CASCADE", "DB_CASCADE"):
                yield _row(code, owner, Mode.ERASE, f"deletes rows of {target.label}, and with them rows of {owner.label}")
                if owner.id not in seen:
                    seen.add(owner.id)
                    pending.append(owner)
            else:
                yield from _field(code, owner, each, Mode.UPDATE, named=False)


def _table(code: Code, table: Any) -> Iterator[Access]:
    yield from sql_names.table_touches(code, table)


def _object(code: Code, sort: str, name: str) -> Iterator[Access]:
    if sort in ("index", "sequence"):
        for mode in (Mode.CLAIM, Mode.NEED):
            yield code.touch(("relation", name.lower()), mode, f"makes or drops {sort} {name}", name=name, detail=sort)
    yield code.touch(("object", sort, name.lower()), Mode.REPLACE, f"makes or drops {sort} {name}", name=name, detail=sort)
