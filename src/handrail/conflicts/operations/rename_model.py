"""RenameModel."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.conflicts.access import Mode
from handrail.conflicts.operations.base import Place, Rule, Touched, use_referring
from handrail.domain.dataclasses import replace
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Operation

RENAMED_ROWS = ((ModelKey("contenttypes", "contenttype"), "model"), (ModelKey("auth", "permission"), "codename"))
"""Rows that are renamed with a model: django.contrib.contenttypes.management (RenameContentType, 5.2), and from 6.1 on also
django.contrib.auth.management."""


class RenameModel(Rule):
    """Renames a model, its table, and the columns and tables of many-to-many relations that are named after it."""

    renames = True

    def phrase(self, operation: Operation, place: Place) -> str:
        """Return what the operation does."""
        return f"renames {place.model(operation.argument('old_name')).label} to {operation.argument('new_name')}"

    def touches(self, operation: Operation, place: Place) -> Iterator[Touched]:
        """Yield what the operation touches."""
        model = place.model(operation.argument("old_name"))
        yield place.touch(
            ("model", model.id),
            Mode.RENAME,
            self.phrase(operation, place),
            model=model.label,
            before=model.name,
            after=str(operation.argument("new_name")),
        )
        yield from use_referring(place, model, self.phrase(operation, place))
        yield from _retitle(place, f"{self.phrase(operation, place)}, and with it content types and permissions")

    def apply(self, operation: Operation, place: Place) -> None:
        """Rename the model in the state and in what refers to it."""
        model = place.model(operation.argument("old_name"))
        name = str(operation.argument("new_name"))
        key = ModelKey(place.app_label, name.lower())
        renamed = replace(model, key=key, name=name)
        if key == model.key:
            place.state.put(renamed)
        else:
            place.state.rename(model.key, renamed)


def _retitle(place: Place, phrase: str) -> Iterator[Touched]:
    for key, name in RENAMED_ROWS:
        found = place.state.get(key)
        yield place.touch(("field", found.id, found.field(name).id), Mode.RETITLE, phrase, model=found.label, field=name)
        yield place.touch(("field", found.id, "name"), Mode.RETITLE, phrase, model=found.label, field="name")
        yield place.touch(("rows", found.id), Mode.RETITLE, phrase, model=found.label)
