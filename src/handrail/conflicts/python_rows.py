"""Models, managers, querysets and rows: what their attributes are, and what use of them touches.

The methods are those of Django 6.1 (QuerySet API reference; Model instance reference; Related objects reference).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handrail.conflicts import python_live, python_queries
from handrail.conflicts.python_values import (
    PLAIN,
    Args,
    Attribute,
    FieldValue,
    Instance,
    Live,
    Meta,
    Method,
    Model,
    Related,
    Rows,
    Values,
    join,
    leading,
    only,
    strings,
)
from handrail.conflicts.word_sets import words
from handrail.domain.footprint import ANY, ModelKey

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
PRIMARY_KEYS = frozenset({"pk", "id"})
INSTANCE_METHODS = words(
    """
    save save_base delete refresh_from_db full_clean clean clean_fields validate_unique validate_constraints
    get_deferred_fields serializable_value __class__ __getattribute__ date_error_message
    """
)
VALUE_ATTRIBUTES = words(
    """
    year month day hour minute second microsecond name url path size value label amount currency x y lower upper bounds
    hex int
    """
)
"""Attributes of values (dates, files, UUIDs, ranges) on which nothing of the database hangs."""
WRITING_METHODS = words(
    """
    save delete update create get_or_create update_or_create bulk_create bulk_update add remove set clear all filter
    exclude get first last count exists aggregate annotate values values_list order_by iterator
    """
)
"""Methods that show that an attribute of an unknown model was a row or a manager, not a value."""


def attribute(reader: Reader, atom: Any, name: str) -> Values:
    """Return what an attribute of a model, manager, row or field's value may be."""
    if isinstance(atom, Model):
        return _of_model(reader, atom, name)
    if isinstance(atom, Rows):
        return _of_rows(reader, atom, name)
    if isinstance(atom, Instance):
        return of_instance(reader, atom.key, name, atom)
    if isinstance(atom, Related):
        return _of_related(reader, atom, name)
    if isinstance(atom, Attribute):
        return _of_unknown(reader, atom, name)
    if isinstance(atom, Live):
        return python_live.attribute(atom, name)
    return only(Method(atom, name))


def _of_model(reader: Reader, atom: Model, name: str) -> Values:
    if name in MANAGERS:
        return only(Rows(atom.key))
    if name == "_meta":
        return only(Meta(atom.key))
    if name.startswith("__") or name in ("DoesNotExist", "MultipleObjectsReturned", "NotUpdated"):
        return PLAIN
    if name in reader.record.names(atom.key):
        reader.record.reads(atom.key, {name})
        return only(Method(atom, name))
    return join(only(Rows(atom.key)), only(Method(atom, name)))


def _of_rows(reader: Reader, atom: Rows, name: str) -> Values:
    if name == "model":
        return only(Model(atom.key))
    if name in ("db", "ordered", "query", "name"):
        return PLAIN if name != "query" else reader.opaque(f"uses the query of a queryset of {atom.key}")
    if name == "through" and atom.owner:
        return through(reader, atom.owner, atom.accessor)
    return only(Method(atom, name))


def of_instance(reader: Reader, key: ModelKey, name: str, atom: Any) -> Values:
    """Return what an attribute of a row may be."""
    record = reader.record
    if name == "_meta":
        return only(Meta(key))
    if name == "__class__":
        return only(Model(key))
    if name == "__dict__":
        record.whole(key)
        return only(FieldValue(key, "*"))
    if name in INSTANCE_METHODS or name.startswith(("get_next_by_", "get_previous_by_")):
        return only(Method(atom, name))
    if name.startswith("get_") and name.endswith("_display"):
        shown = {name.removeprefix("get_").removesuffix("_display")}
        record.reads(key, shown)
        record.defined(key, shown)
        return PLAIN
    if name.startswith("_") and name != "_order":
        return only(Method(atom, name)) if name == "_state" else only(Attribute(key, name))
    record.reads(key, {name})
    names = record.names(key)
    target = names.get(name)
    if target is not None:
        return only(Related(target, key, name))
    return only(FieldValue(key, name)) if name in names or name in PRIMARY_KEYS else only(Attribute(key, name))


def _of_related(reader: Reader, atom: Related, name: str) -> Values:
    manager = Rows(atom.key, owner=atom.owner, accessor=atom.accessor)
    known = reader.record.names(atom.key)
    if name in python_queries.METHODS or name in ("model", "through"):
        as_manager = _of_rows(reader, manager, name)
        if name in INSTANCE_METHODS or name in known:
            return join(as_manager, of_instance(reader, atom.key, name, Instance(atom.key)))
        return as_manager
    return of_instance(reader, atom.key, name, Instance(atom.key))


def _of_unknown(reader: Reader, atom: Attribute, name: str) -> Values:
    if name.isupper() or name in VALUE_ATTRIBUTES:
        return PLAIN
    if name in WRITING_METHODS or name in python_live.VALUE_METHODS or name.startswith("__"):
        return only(Method(atom, name))
    return reader.opaque(f"follows {atom.path} of {atom.key} to its {name}, of which nothing is known")


def through(reader: Reader, owner: ModelKey, accessor: str) -> Values:
    """Return the model of the rows between two models: known as app_model_field where Django made it."""
    key = ModelKey(owner.app_label, f"{owner.name}_{accessor}".lower())
    reader.record.reads(owner, {accessor})
    reader.record.updates(owner, {accessor})
    if not reader.record.names(key):
        reader.record.cannot_read(f"uses the model between the two sides of {owner}.{accessor}, which may be any")
    return only(Model(key))


def store(reader: Reader, atom: Any, name: str, value: Values) -> None:
    """Note atom.name = value for a row; a row whose primary key is set anew is saved as a copy."""
    record = reader.record
    if isinstance(atom, Related | Instance):
        if name in PRIMARY_KEYS:
            record.of(atom.key).inserts = True
            record.reads(atom.key, ANY)
        if not name.startswith("_"):
            record.updates(atom.key, {name})
    elif isinstance(atom, Attribute | Live):
        touch(reader, only(atom))
    elif isinstance(atom, Method) and atom.name == "_state":
        record.of(atom.owner.key).inserts = True
        record.reads(atom.owner.key, ANY)
    elif isinstance(atom, Model | Rows):
        reader.opaque(f"sets {name} on the model {atom.key}")
    elif isinstance(atom, FieldValue):
        record.updates(atom.key, {atom.name})
    elif isinstance(atom, Method) and isinstance(atom.owner, FieldValue):
        record.updates(atom.owner.key, {atom.owner.name})
    elif leading(value):
        reader.opaque("puts a model or a row where it cannot be followed")


def construct(reader: Reader, key: ModelKey, args: Args) -> Values:
    """Return a row made by calling a model. It counts as inserted, for almost every one is."""
    record = reader.record
    record.of(key).inserts = True
    names = {name for name, _ in args.keywords}
    record.updates(key, names if not args.positional and args.more is None and args.more_keywords is None else ANY)
    for values in args.everything():
        look_at(reader, values)
    return only(Instance(key, fresh=True))


def call_instance(reader: Reader, atom: Instance, name: str, args: Args) -> Values:
    """Return what a method of a row gives, and note what it touches."""
    record = reader.record
    if name in ("save", "save_base"):
        return _save(reader, atom, args)
    if name == "delete":
        record.of(atom.key).deletes = True
    elif name == "serializable_value":
        names = strings(args.get(0, "field_name") or PLAIN)
        record.reads(atom.key, ANY if names is None else names)
    elif name.startswith(("get_next_by_", "get_previous_by_")):
        record.reads(atom.key, {name.split("_by_", 1)[1], "pk"})
        return only(Instance(atom.key))
    elif name in ("full_clean", "clean_fields", "validate_unique", "validate_constraints"):
        record.whole(atom.key)
        record.defined(atom.key, ANY)
    elif name in ("refresh_from_db", "clean", "get_deferred_fields", "date_error_message"):
        record.of(atom.key)
    else:
        return reader.opaque(f"calls {name}() on a row of {atom.key}, which Django's own models do not have")
    return PLAIN


def _save(reader: Reader, atom: Instance, args: Args) -> Values:
    rows = reader.record.of(atom.key)
    if atom.fresh:
        rows.inserts = True
        return PLAIN
    given = args.get(3, "update_fields")
    if given is None or any(getattr(value, "value", 0) is None for value in given):
        rows.saved = True
    elif given is not None:
        reader.record.updates(atom.key, python_queries.names_in(reader, given))
    if dict(args.keywords).get("force_insert") is not None:
        rows.inserts = True
    return PLAIN


def iterate(reader: Reader, atom: Rows | Related, *, ordered: bool) -> Values:
    """Return what a loop over a queryset gives; ordered: the loop depends on the order."""
    if isinstance(atom, Related):
        atom = Rows(atom.key, owner=atom.owner, accessor=atom.accessor)
    rows = reader.record.of(atom.key)
    if ordered and not atom.sorted:
        rows.ordered = True
    return PLAIN if atom.raw else only(Instance(atom.key))


def indexed(reader: Reader, atom: Rows | Related) -> Values:
    """Return what queryset[0] gives."""
    return iterate(reader, atom, ordered=True)


def cut(reader: Reader, atom: Rows | Related) -> Values:
    """Return what queryset[:n] gives."""
    iterate(reader, atom, ordered=True)
    return only(atom)


def look_at(reader: Reader, values: Values) -> None:
    """Note that values are used as values: querysets are run, the primary keys of rows are read."""
    for atom in values:
        if isinstance(atom, Rows | Related | Instance):
            reader.record.of(atom.key)


def touch(reader: Reader, values: Values) -> None:
    """Note that anything may be read of what leads to rows, in any order; code of the file is not run."""
    for atom in leading(values):
        if isinstance(atom, Live):
            python_live.use(reader, atom)
        elif isinstance(atom, Attribute):
            reader.opaque(f"writes to {atom.path} of {atom.key}, of which nothing is known")
        elif isinstance(atom, Rows | Related | Instance | Model):
            reader.record.whole(atom.key)
            reader.record.of(atom.key).ordered = True


def call_model_method(reader: Reader, atom: Model, name: str, args: Args) -> Values:
    """Return what a method of a model class gives: historical models have Django's own alone."""
    if name in ("check", "full_clean"):
        return PLAIN
    for values in args.everything():
        look_at(reader, values)
    return reader.opaque(f"calls {atom.key}.{name}(), which Django's own models do not have")


def model_part(reader: Reader, owner: Method, name: str) -> Values:
    """Return what Model.field.name may be: the model between two, else a part of the field's definition."""
    if name == "through":
        return through(reader, owner.owner.key, owner.name)
    return PLAIN if owner.name in reader.record.names(owner.owner.key) else only(Method(owner, name))


def call_unknown(reader: Reader, atom: Attribute, name: str) -> Values:
    """Return what a method of an attribute gives where the model is unknown: of a value, surely, unless it writes or queries."""
    if name in WRITING_METHODS:
        return reader.opaque(f"calls {name}() on {atom.path} of {atom.key}, of which nothing is known")
    return PLAIN
