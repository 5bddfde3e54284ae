"""RenameIndex."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations import _members
from handrail.conflicts.operations._options import set_value, with_option
from handrail.conflicts.operations.base import Place, Rule, Touched, together, use_fields, use_model
from handrail.conflicts.state import Member, Model
from handrail.domain.dataclasses import replace
from handrail.domain.migration import Operation
from handrail.domain.value import Call, ListOf, Value


class RenameIndex(Rule):
    """Renames an index, or gives a name to one of index_together, which it finds by its columns."""

    renames = True

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        label = _members.model_of(operation, place).label
        old = operation.argument("old_name") or "without a name"
        return f"renames index {old} of {label} to {operation.argument('new_name')}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model, phrase = _members.model_of(operation, place), self.phrase(operation, place)
        columns = operation.argument("old_fields")
        yield use_model(place, model, phrase)
        if not columns:
            old, new = str(operation.argument("old_name")), str(operation.argument("new_name"))
            yield _members.touch_member(place, model, "index", old, Mode.RENAME, phrase, after=new)
            return
        names = tuple(columns) if isinstance(columns, ListOf | tuple) else ()
        before = together(model.options.get("index_together"))
        yield set_value(place, model, "index_together", _left(before, names), phrase, before=before)
        yield from use_fields(place, model, frozenset(names), "together", phrase)
        found = ",".join(sorted(model.field(str(name)).id for name in names))
        yield place.touch(("unnamed", model.id, found), Mode.REPLACE, phrase, model=model.label)

    def apply(self, operation: Operation, place: Place) -> None:
        """Rename the index in the state, or move it there from index_together."""
        model, columns = _members.model_of(operation, place), operation.argument("old_fields")
        new = str(operation.argument("new_name"))
        if columns:
            place.state.put(_named(model, columns, new, place))
            return
        found = model.members.get("index", ())
        old = model.member("index", str(operation.argument("old_name")))
        renamed = replace(old, name=new, value=_with_name(old.value, new))
        place.state.put(_members.with_members(model, "index", (*(each for each in found if each.name != old.name), renamed)))


def _left(before: Value, names: tuple[Value, ...]) -> Value:
    return before - {names} if isinstance(before, frozenset) else before


def _named(model: Model, columns: Value, name: str, place: Place) -> Model:
    names = tuple(columns)
    left = _left(together(model.options.get("index_together")), names)
    value = Call("django.db.models.Index", (), (("fields", ListOf(names)), ("name", name)))
    added = Member(id=place.new_id(name), name=name, value=value)
    changed = with_option(model, "index_together", left)
    return _members.with_members(changed, "index", (*model.members.get("index", ()), added))


def _with_name(value: Value, name: str) -> Value:
    if not isinstance(value, Call):
        return value
    return Call(value.path, value.args, tuple((key, name if key == "name" else part) for key, part in value.keywords))
