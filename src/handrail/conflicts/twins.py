"""What both sides make under one name is one thing for everything that they do with it afterwards."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.conflicts.access import Access, Mode, Resource
from handrail.conflicts.state import Model
from handrail.conflicts.walk import SideFootprint
from handrail.domain.dataclasses import replace

Ids = Mapping[str, str]
"""Identities on our side by those on theirs."""

MAKERS = {"model name": "CreateModel", "field name": "AddField"}


def unite(ours: SideFootprint, theirs: SideFootprint) -> SideFootprint:
    """Return their footprint with our identities for the models and fields that both sides make under one name.

    Code that fills the new field on each side works on one field, as soon as one of the two AddField is left out.
    """
    united = theirs
    for sort in MAKERS:
        ids = _twins(ours, united, sort)
        if ids:
            united = _renamed(united, ids)
    return united


def _twins(ours: SideFootprint, theirs: SideFootprint, sort: str) -> Ids:
    found: dict[str, str] = {}
    for resource in ours.accesses.keys() & theirs.accesses.keys():
        if resource[0] == sort:
            mine, yours = (_made(side, resource) for side in (ours, theirs))
            found.update((yours[name], mine[name]) for name in mine.keys() & yours.keys())
    return found


def _made(side: SideFootprint, resource: Resource) -> dict[str, str]:
    """Return the identity of what a side makes under a name last, by the name in its own case."""
    makers = (MAKERS[resource[0]], MAKERS["model name"])
    claims = [access for access in side.accesses[resource] if access.mode is Mode.CLAIM]
    made = [access for access in claims if side.operations[access.operation].name in makers]
    return {made[-1].name: _identity(side, resource, made[-1])} if made else {}


def _identity(side: SideFootprint, resource: Resource, access: Access) -> str:
    """Return the identity that the operation gave, see Place.new_id."""
    name = ".".join(resource[1:]) if resource[0] == "model name" else access.name
    key = access.operation
    return f"{name}@{side.name}:{key.app_label}.{key.name}:{key.position}"


def _renamed(side: SideFootprint, ids: Ids) -> SideFootprint:
    accesses: dict[Resource, list[Access]] = {}
    for resource, found in side.accesses.items():
        new = tuple(ids.get(part, part) for part in resource)
        accesses.setdefault(new, []).extend(replace(access, resource=new) for access in found)
    state = side.state.copy()
    for model in [model for model in state.seen() if model.id in ids or any(each.id in ids for each in model.fields.values())]:
        state.put(_model(model, ids))
    return replace(side, accesses=accesses, state=state)


def _model(model: Model, ids: Ids) -> Model:
    fields = {name: replace(each, id=ids.get(each.id, each.id)) for name, each in model.fields.items()}
    return replace(model, id=ids.get(model.id, model.id), fields=fields)
