"""AddField."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.fields import fill_is_the_same, generated_names, get, has_column, is_many, is_primary_key, is_unique
from handrail.conflicts.operations import _fields
from handrail.conflicts.operations.base import Place, Rule, Touched, shape_inserts, use_model, use_targets
from handrail.conflicts.state import Field, Model
from handrail.domain.conflict import MISSING
from handrail.domain.migration import Operation
from handrail.domain.value import Call, Value


class AddField(Rule):
    """Adds a column, or the table of a many-to-many relation, and gives every row a value."""

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"adds field {operation.argument('name')} to {_fields.model_of(operation, place).label}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _fields.model_of(operation, place), self.phrase(operation, place)
        each = _new(operation, place, model)
        generated, rebuilt = generated_names(each.value), _is_rebuilt(each.value)
        yield use_model(place, model, phrase, generated=generated, rebuilt=rebuilt, field=each.name)
        yield from use_targets(place, model, each, phrase)
        if is_many(each.value):
            yield _fields.use_own_key(place, model, phrase)
        yield from _fields.use_expression(place, model, each.value, phrase)
        yield from _fields.use_collation(place, each.value, phrase)
        yield from _fields.widen(place, model, each, phrase)
        preserve = operation.argument("preserve_default", True) is not False
        orm, raw = (not fill_is_the_same(each.value, preserve, by_sql=by_sql) for by_sql in (False, True))
        if orm or raw:
            yield shape_inserts(place, model, phrase, orm=orm, raw=raw, field=each.name)
        default = get(each.value, "default", MISSING)
        if each.target is not None and has_column(each.value) and default is not MISSING and default is not None:
            target = place.state.get(each.target)
            text = f"{phrase} with a default that points at a row of {target.label}"
            yield place.touch(("rows", target.id), Mode.REFER, text, model=target.label)

    def apply(self, operation: Operation, place: Place) -> None:
        """Add the field to the state."""
        model = _fields.model_of(operation, place)
        added = _new(operation, place, model)
        kept = place.state.new_field(model.key, added.name, _fields.in_state(added.value, operation), added.id)
        place.state.put(_fields.with_field(model, kept))


def _new(operation: Operation, place: Place, model: Model) -> Field:
    name = str(operation.argument("name"))
    return place.state.new_field(model.key, name, operation.argument("field"), place.new_id(name))


def _is_rebuilt(value: Value) -> bool:
    """Say whether SQLite makes the table anew for a new field (django/db/backends/sqlite3/schema.py, add_field, 5.2 to 6.1)."""
    if not isinstance(value, Call):
        return True
    plain = get(value, "null", False) is True and get(value, "default", None) is None and not is_unique(value)
    return not plain or is_primary_key(value) or get(value, "db_default", MISSING) is not MISSING
