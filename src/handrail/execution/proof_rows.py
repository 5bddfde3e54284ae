"""Rows for a proof, made from the models as the common ancestor has them: the same ones every time.

Three rows a model. The telling ones hold what data migrations stumble over: an ordinary value, a limit of the field, and NULL
or the other limit. Rows that the database does not take are made simpler, and models without any row are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from handrail.domain.dataclasses import dataclass, field
from handrail.execution.proof_values import limit_value, plain_value

LEVELS = {"telling": "rows at the limits of their fields", "plain": "ordinary rows", "none": "empty tables"}
"""The levels of rows, the most telling one first, and what each is called in a note."""
LAST = "none"
ROWS = 3
Values = dict[str, Any]


class UnsuitableError(Exception):
    """No value can be made for a field."""


@dataclass(slots=True)
class Made:
    """How many rows were made, and the models of the sides' apps that have none."""

    rows: int = 0
    unseeded: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def make_rows(connection: Any, apps: Any, own: Collection[str], named: Collection[str], level: str) -> Made:
    """Fill the database that the connection is on.

    apps: the models as they are now (ProjectState.apps). own: the labels of the sides' apps; named: those that the sides depend
    on. The models of both get rows, and all models that these cannot do without.
    """
    made = Made()
    _fill_content_types(connection, apps)
    if level != LAST:
        for model in _in_order(_with_required(apps, {*own, *named})):
            made.rows += _fill(connection, model, level, made)
    for model in _own_tables(apps.get_models(include_auto_created=False)):
        if model._meta.app_label in own and not _manager(model, connection).exists():
            made.unseeded.append(model._meta.label)
    return made


def _own_tables(models: Iterable[Any]) -> Iterator[Any]:
    """Yield the models that migrations make a table for, without those that Django fills by itself."""
    for model in models:
        meta = model._meta
        if meta.managed and not meta.proxy and not meta.swapped and meta.label_lower not in _BY_DJANGO:
            yield model


_BY_DJANGO = ("contenttypes.contenttype", "auth.permission")


def _manager(model: Any, connection: Any) -> Any:
    return model._base_manager.using(connection.alias)


def _fill_content_types(connection: Any, apps: Any) -> None:
    """Make the content types and permissions that Django makes after every migrate: a database at this point has them."""
    try:
        content_type = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    models = sorted(apps.get_models(), key=lambda model: model._meta.label)
    for model in models:
        _manager(content_type, connection).get_or_create(app_label=model._meta.app_label, model=model._meta.model_name)
    try:
        permission = apps.get_model("auth", "Permission")
    except LookupError:
        return
    for model in models:
        kind = _manager(content_type, connection).get(app_label=model._meta.app_label, model=model._meta.model_name)
        for action in model._meta.default_permissions:
            name = f"{action}_{model._meta.model_name}"
            _manager(permission, connection).get_or_create(content_type=kind, codename=name, defaults={"name": name})


def _with_required(apps: Any, labels: set[str]) -> list[Any]:
    """Return the models of some apps, their many-to-many tables, and all models they cannot do without."""
    every = list(_own_tables(apps.get_models(include_auto_created=True)))
    wanted = {model for model in every if model._meta.app_label in labels}
    pending = list(wanted)
    while pending:
        for target in map(_target, _relations(pending.pop())):
            if target in every and target not in wanted:
                wanted.add(target)
                pending.append(target)
    return [model for model in every if model in wanted]


def _relations(model: Any) -> Iterator[Any]:
    """Yield the foreign keys that must have a value."""
    return (each for each in model._meta.local_concrete_fields if each.is_relation and not each.null and each.remote_field.model)


def _target(relation: Any) -> Any:
    return relation.remote_field.model


def _in_order(models: Sequence[Any]) -> list[Any]:
    """Sort models so that what a row must refer to is there before it; circles are left as they are."""
    done: dict[Any, None] = {}
    pending = sorted(models, key=lambda model: model._meta.label)
    while pending:
        ready = [
            model
            for model in pending
            if all(_target(each) in done or _target(each) is model or _target(each) not in pending for each in _relations(model))
        ]
        done.update(dict.fromkeys(ready or pending[:1]))
        pending = [model for model in pending if model not in done]
    return list(done)


def _fill(connection: Any, model: Any, level: str, made: Made) -> int:
    """Insert rows into one model's table; note why where not one can be made."""
    count, problem = 0, ""
    for number in range(ROWS):
        for values in _candidates(connection, model, level, number):
            problem = _insert(connection, model, values)
            if not problem:
                count += 1
                break
    if not count:
        made.notes.append(f"no row of {model._meta.label} could be made ({problem or 'there is no value for one of its fields'})")
    return count


def _candidates(connection: Any, model: Any, level: str, number: int) -> Iterator[Values]:
    """Yield values for one row, the most telling ones first, then simpler ones, then only what is required."""
    fields = [each for each in model._meta.local_concrete_fields if not _made_by_database(each)]
    telling = ["telling"] if level == "telling" and number else []
    for kind, shift in [*((kind, 0) for kind in telling), ("plain", 0), ("plain", ROWS), ("sparse", 0), ("sparse", ROWS)]:
        try:
            yield {each.attname: _value(connection, model, each, kind, number + shift) for each in fields}
        except Exception:  # noqa: BLE001 - fields of other packages may raise anything, and simpler values follow
            continue


def _made_by_database(each: Any) -> bool:
    from django.db.models import AutoField

    return getattr(each, "generated", False) or (each.primary_key and isinstance(each, AutoField))


def _value(connection: Any, model: Any, each: Any, kind: str, number: int) -> Any:
    if each.is_relation:
        return _related(connection, model, each, kind, number)
    if kind == "sparse" and each.null:
        return None
    if kind == "sparse" and each.has_default():
        return each.get_default()
    if kind == "telling" and each.null and number == ROWS - 1:
        return None
    if each.flatchoices:
        return each.flatchoices[number % len(each.flatchoices)][0]
    if kind == "telling" and not each.primary_key:
        return limit_value(each, number, plain_value(each, number))
    return plain_value(each, number)


def _related(connection: Any, model: Any, each: Any, kind: str, number: int) -> Any:
    """Return a key of a row that is there; each row has one of its own, so that unique keys fit."""
    target = each.remote_field.model
    name = each.target_field.attname
    keys = list(_manager(target, connection).order_by("pk").values_list(name, flat=True)[: 10 * ROWS])
    if each.null and (not keys or kind == "sparse" or (kind == "telling" and number == ROWS - 1)):
        return None
    if each.unique and number >= len(keys):
        raise UnsuitableError(f"{model._meta.label} has no free {target._meta.label} for {each.name}")
    if not keys:
        raise UnsuitableError(f"there is no row of {target._meta.label}")
    return keys[number % len(keys)]


def _insert(connection: Any, model: Any, values: Values) -> str:
    """Insert one row as it is given: no signals, no defaults, no auto_now. Return what the database or a field has against it."""
    from django.db import transaction

    try:
        instance = model(**values)
        fields = [each for each in model._meta.local_concrete_fields if each.attname in values]
        with transaction.atomic(using=connection.alias):
            _manager(model, connection)._insert([instance], fields=fields, using=connection.alias, raw=True)
            connection.check_constraints([model._meta.db_table])
    except Exception as error:  # noqa: BLE001 - fields of other packages may raise anything, and simpler values follow
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return ""
