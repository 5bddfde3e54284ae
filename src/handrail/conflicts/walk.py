"""What one side touches: its operations one after the other, on the state they find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from handrail.conflicts.access import Access, Mode, Opaque, Resource
from handrail.conflicts.ancestor import Ancestor, fresh, operations_in
from handrail.conflicts.inventory import Slot, Slots, slots_of
from handrail.conflicts.operations import rule_for
from handrail.conflicts.operations.base import Place, Rule
from handrail.conflicts.state import Model, State, unknown_model
from handrail.domain.conflict import MISSING
from handrail.domain.dataclasses import dataclass, field, replace
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration, Operation, OperationKey

NAMES = ("name", "model_name", "old_name", "new_name")
NAMELESS = frozenset({"RunPython", "RunSQL"})
"""Operations that are on no model by name; SeparateDatabaseAndState is taken apart before."""
COLUMNS = frozenset({"AddField", "RemoveField", "RenameField"})
"""Operations after which the state has other columns than before."""
UNSEEN = "is no operation of Django's"


@dataclass(slots=True, kw_only=True)
class SideFootprint:
    """What a side touches. state: where the side ends. touched: the apps that each operation can be noticed in.

    operations: by key, but for those inside SeparateDatabaseAndState, which are never equal to those of another side.
    """

    name: str
    state: State
    accesses: dict[Resource, list[Access]] = field(default_factory=dict)
    opaque: list[Opaque] = field(default_factory=list)
    touched: dict[OperationKey, set[str]] = field(default_factory=dict)
    phrases: dict[OperationKey, str] = field(default_factory=dict)
    operations: dict[OperationKey, Operation] = field(default_factory=dict)
    separate: set[OperationKey] = field(default_factory=set)

    def add(self, access: Access) -> None:
        """Note an access, once."""
        found = self.accesses.setdefault(access.resource, [])
        if access not in found:
            found.append(access)


def walk(name: str, migrations: Iterable[Migration], ancestor: Ancestor) -> SideFootprint:
    """Return what the migrations of a side touch, in their order. name: "ours" or "theirs"."""
    side = SideFootprint(name=name, state=fresh(ancestor))
    for migration in migrations:
        for position, operation in enumerate(migration.operations):
            key = OperationKey(migration.key.app_label, migration.key.name, position)
            side.operations[key] = operation
            place = Place(state=side.state, migration=migration, key=key, side=name)
            _take(side, operation, place)
    return side


def _take(side: SideFootprint, operation: Operation, place: Place) -> None:
    if operation.name == "SeparateDatabaseAndState" and operation.path.startswith("django.db.migrations."):
        side.separate.add(place.key)
        apart = replace(place, separate=True, state=place.state.copy())
        for inner in operations_in(operation.argument("database_operations")):
            _take(side, inner, apart)
        _take_state(side, operation, replace(place, separate=True), operations_in(operation.argument("database_operations")))
        if any(_is_computed(operation, name) for name in ("database_operations", "state_operations")):
            _note_opaque(side, place.opaque("runs SeparateDatabaseAndState", "its operations are computed"))
        return
    rule = rule_for(operation)
    if rule is None:
        why = f"{operation.name} {UNSEEN}"
        side.phrases.setdefault(place.key, f"runs {operation.name}")
        _note_opaque(side, place.opaque(f"runs {operation.name}", why))
        return
    if _is_nameless(operation):
        side.phrases.setdefault(place.key, f"runs {operation.name}")
        _note_opaque(
            side, place.opaque(f"runs {operation.name}", f"names its model by a value that is computed in {operation.name}")
        )
        return
    _apply(side, rule, operation, place)
    if operation.name == "RunSQL":
        _take_state(side, operation, replace(place, separate=True), [operation])


def _take_state(side: SideFootprint, operation: Operation, place: Place, database: Sequence[Operation]) -> None:
    """database: the operations that go with those of the state."""
    for inner in operations_in(operation.argument("state_operations")):
        side.separate.add(place.key)
        _take(side, inner, replace(place, bare=_is_bare(inner, database)))


def _is_bare(inner: Operation, database: Sequence[Operation]) -> bool:
    """Say whether nothing in the database goes with an operation of the state, as far as Django's operations show it."""
    if not database:
        return True
    known = all(one.name not in NAMELESS and rule_for(one) is not None for one in database)
    return known and inner.name in COLUMNS and not any(_is_alike(one, inner) for one in database)


def _is_alike(one: Operation, other: Operation) -> bool:
    """Say whether two operations do the same to one field."""
    names = ("model_name", "name", "old_name")
    first, second = ([str(each.argument(name)).lower() for name in names] for each in (one, other))
    return one.name == other.name and first == second


def _is_nameless(operation: Operation) -> bool:
    """Say whether what the operation works on cannot be read."""
    given = [operation.arguments[name] for name in NAMES if name in operation.arguments]
    if any(value is not None and not isinstance(value, str) for value in given):
        return True
    return not given and operation.name not in NAMELESS and not operation.name.endswith("Extension")


def _is_computed(operation: Operation, name: str) -> bool:
    value = operation.argument(name)
    return value is not None and len(operations_in(value)) != (len(value) if isinstance(value, tuple) else -1)


def _apply(side: SideFootprint, rule: Rule, operation: Operation, place: Place) -> None:
    phrase = rule.phrase(operation, place)
    side.phrases.setdefault(place.key, phrase)
    cosmetic = rule.is_cosmetic(operation, place)
    apps = side.touched.setdefault(place.key, set())
    for touched in rule.touches(operation, place):
        if isinstance(touched, Opaque):
            _note_opaque(side, touched)
            continue
        for access in _all(place, touched):
            side.add(access)
        if touched.resource[0] in ("model", "field", "rows") and not cosmetic:
            apps.update({touched.model.partition(".")[0], place.app_label})
    old = place.state.copy()
    rule.apply(operation, place)
    for access in _differences(old, place, phrase, generated=not rule.renames):
        side.add(access)
        apps.add(place.app_label)


def _all(place: Place, touched: Access) -> Iterator[Access]:
    """Yield an access and what follows from it: a model has to be there, and its table and the state may part ways."""
    if touched.resource[0] != "model" or touched.mode not in (Mode.USE, Mode.CODE):
        yield touched
        return
    app_label, _, name = touched.resource[1].partition(".")
    key = ModelKey(app_label, name)
    model = place.state.find(place.state.follow(key))
    if (model is None or not model.known) and "@" not in key.name:
        resource = ("model name", key.app_label, key.name)
        yield replace(touched, resource=resource, mode=Mode.NEED, name=key.name, detail="model")
    if place.bare and touched.mode is Mode.USE and touched.detail["schema"]:
        why = "rebuilding the table on SQLite copies the columns of the state, which are not those of the table"
        yield replace(touched, mode=Mode.FORGOTTEN, detail=why)
        yield replace(touched, detail={**touched.detail, "rebuilt": False})
    else:
        yield touched


def _differences(old: State, place: Place, phrase: str, *, generated: bool) -> Iterator[Access]:
    """Yield the names that an operation gives to something and takes from something."""
    new = place.state
    changed = [key for key, model in new.models.items() if model is not old.models.get(key, MISSING)]
    for key in changed:
        _imagine(old, new.models[key])
    before, after = (_slots(state, changed, generated=generated) for state in (old, new))
    for resource, slot in after.items():
        if resource not in before:
            yield _name(place, resource, slot, slot.mode, phrase)
    for resource, slot in before.items():
        if resource not in after and slot.mode is Mode.CLAIM:
            yield _name(place, resource, slot, Mode.FREE, phrase)


def _imagine(old: State, model: Model | None) -> None:
    """Put a model that was there unseen into the state before: nothing that it held already is new."""
    if model is not None and not model.known and old.find(model.key) is None:
        old.put(unknown_model(model.key))


def _slots(state: State, keys: Iterable[ModelKey], *, generated: bool) -> Slots:
    found: Slots = {}
    for key in keys:
        model = state.find(key)
        if model is not None:
            found.update(slots_of(state, model, generated=generated))
    return found


def _name(place: Place, resource: Resource, slot: Slot, mode: Mode, phrase: str) -> Access:
    return place.touch(
        resource, mode, phrase, model=slot.model, field=slot.field, name=slot.name, after=slot.value, detail=slot.what
    )


def _note_opaque(side: SideFootprint, opaque: Opaque) -> None:
    side.opaque.append(opaque)
    side.touched.setdefault(opaque.operation, set()).add(opaque.operation.app_label)
    side.phrases.setdefault(opaque.operation, opaque.phrase)
