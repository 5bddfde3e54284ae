"""The arguments of a RunPython function, and what they lead to: apps, the schema editor, connections, cursors, _meta."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handrail.conflicts import sql_code
from handrail.conflicts.python_django import USER
from handrail.conflicts.python_values import (
    NONE,
    PLAIN,
    UNKNOWN,
    Args,
    Const,
    Definition,
    Handle,
    Live,
    Meta,
    Method,
    Model,
    Outside,
    Tup,
    Values,
    only,
    strings,
)
from handrail.conflicts.word_sets import words
from handrail.domain.footprint import ANY, META, ModelKey

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

DIALECTS = ("postgres", "mysql", "sqlite")
USER_SETTING = "django.conf.settings.AUTH_USER_MODEL"
CONNECTION_VALUES = words(
    """
    alias vendor display_name features settings_dict data_types in_atomic_block is_postgresql pg_version mysql_version
    mysql_is_mariadb Database connection_created queries
    """
)
CONNECTION_CALLS = words(
    """
    close commit rollback savepoint savepoint_commit savepoint_rollback savepoint_rollback get_autocommit set_autocommit
    ensure_connection close_if_unusable_or_obsolete validate_no_atomic_block get_database_version
    """
)
LISTS_OF_FIELDS = words(
    """
    fields many_to_many local_fields local_many_to_many concrete_fields local_concrete_fields private_fields
    _forward_fields_map parents pk auto_field
    """
)
LEADING_BACK = frozenset({"get_fields", "related_objects", "fields_map"})
KEYS = frozenset({"pk", "auto_field"})
OPTIONS = words(
    """
    verbose_name verbose_name_plural verbose_name_raw ordering permissions default_permissions get_latest_by
    """
)
"""Options of a model that AlterModelOptions changes without touching its rows."""
NAMES_OF_FIELD = frozenset({"name", "attname", "column", "primary_key"})
"""Parts of a field's definition that change with its name alone."""
LEADING_ON = words(
    """
    model related_model remote_field rel through opts target_field related_query_name field m2m_reverse_field_name
    value_from_object save_form_data pre_save contribute_to_class swappable_setting foreign_related_fields
    """
)
"""Attributes of fields and of relations through which other models are reached."""
CURSOR_VALUES = words(
    """
    fetchone fetchall fetchmany close description rowcount lastrowid mogrify query arraysize connection __enter__ __exit__
    """
)


def attribute(reader: Reader, atom: Handle | Meta, name: str) -> Values:
    """Return what an attribute of a handle may be."""
    if isinstance(atom, Meta):
        return _of_meta(reader, atom, name)
    if atom.kind == "schema_editor" and name == "connection":
        return only(Handle("connection"))
    if atom.kind == "connection" and name in CONNECTION_VALUES:
        return PLAIN
    if atom.kind == "connection" and name == "ops":
        return only(Handle("operations"))
    if atom.kind == "connection" and name == "connection":
        return only(Handle("connection"))
    if atom.kind == "connection" and name == "introspection":
        return reader.opaque("asks the database which tables, columns or constraints it has")
    return only(Method(atom, name))


def _of_meta(reader: Reader, atom: Meta, name: str) -> Values:
    if name == "db_table":
        return only(Const(reader.record.table_of(atom.key)))
    if name in ("app_label", "model_name", "object_name", "label_lower", "label"):
        return _names_of(atom.key, name)
    if name in ("default_manager", "base_manager"):
        return reader.get_attribute(only(Model(atom.key)), "objects")
    if name in ("model", "concrete_model"):
        return only(Model(atom.key))
    if name in LISTS_OF_FIELDS:
        if name in KEYS:
            reader.record.reads(atom.key, {"pk"})
            return only(Definition(atom.key, frozenset({"pk"})))
        reader.record.whole(atom.key)
        return only(Definition(atom.key))
    if name in OPTIONS:
        reader.record.defined(atom.key, {META})
        return PLAIN
    if name in LEADING_BACK:
        return reader.opaque(f"asks for every relation that leads to {atom.key}")
    return only(Method(atom, name)) if name.startswith("get_") else PLAIN


def of_definition(reader: Reader, atom: Definition, name: str) -> Values:
    """Return what an attribute of a field's definition may be: a value, unless it leads to another model."""
    if name in LEADING_ON:
        return reader.opaque(f"follows the definition of a field of {atom.key} to its {name}")
    if name not in NAMES_OF_FIELD:
        reader.record.defined(atom.key, atom.names)
    return only(Method(atom, name)) if name.startswith("__") else PLAIN


def _names_of(key: ModelKey, name: str) -> Values:
    known = {"app_label": key.app_label, "model_name": key.name, "label_lower": str(key)}
    return only(Const(known[name])) if name in known else PLAIN


def call(reader: Reader, atom: Handle | Meta, name: str, args: Args) -> Values:
    """Return what a method of a handle gives, and note what it touches."""
    if isinstance(atom, Meta):
        return _call_meta(reader, atom, name, args)
    if atom.kind == "apps":
        return _call_apps(reader, name, args)
    if atom.kind == "schema_editor":
        return _call_editor(reader, name, args)
    if atom.kind == "connection":
        return _call_connection(reader, name)
    if atom.kind == "operations":
        return _call_operations(reader, name, args)
    return _call_cursor(reader, name, args)


def _call_meta(reader: Reader, atom: Meta, name: str, args: Args) -> Values:
    if name == "get_field":
        names = strings(args.get(0, "field_name") or PLAIN)
        known = ANY if names is None else frozenset(names)
        reader.record.reads(atom.key, known)
        return only(Definition(atom.key, known))
    reader.record.whole(atom.key)
    return only(Definition(atom.key))


def _call_apps(reader: Reader, name: str, args: Args) -> Values:
    if name in ("get_model", "get_registered_model"):
        keys = model_keys(args)
        if keys is None:
            return reader.opaque("calls apps.get_model() with a name that cannot be read from the file")
        reader.record.named.update(dict.fromkeys(keys))
        return frozenset(map(Model, keys))
    if name == "is_installed":
        return PLAIN
    if name in ("clear_cache", "check_apps_ready", "check_models_ready", "lazy_model_operation"):
        return PLAIN
    return reader.opaque(f"calls apps.{name}()")


def model_keys(args: Args) -> list[ModelKey] | None:
    """Return the models that the arguments of get_model may name, or None where they cannot be read."""
    first, second = args.get(0, "app_label"), args.get(1, "model_name")
    if args.more is not None and first is None:
        return [USER] if _is_user(args.more) else None
    if not first or args.more is not None or args.more_keywords is not None:
        return None
    if second is None or second <= NONE:
        return _labels(first)
    if _is_user(first) and _is_user(second):
        return [USER]
    apps, models = strings(first), strings(second)
    return [ModelKey(app, model.lower()) for app in apps for model in models] if apps and models else None


def _labels(values: Values) -> list[ModelKey] | None:
    """Return the models that values such as "shop.Thing" name, or None where one cannot be read."""
    found = []
    for atom in sorted(values, key=str):
        if isinstance(atom, Const) and isinstance(atom.value, str) and atom.value.count(".") == 1:
            app, _, model = atom.value.partition(".")
            found.append(ModelKey(app, model.lower()))
        elif _is_user(only(atom)):
            found.append(USER)
        else:
            return None
    return found


def _is_user(values: Values) -> bool:
    return bool(values) and all(isinstance(atom, Outside) and atom.path.startswith(USER_SETTING) for atom in values)


def _call_editor(reader: Reader, name: str, args: Args) -> Values:
    if name == "execute":
        reader.sql(args.get(0, "sql"))
        return PLAIN
    if name == "quote_name":
        return args.get(0, "name") or PLAIN
    if name in ("quote_value", "__enter__", "__exit__"):
        return PLAIN
    return reader.opaque(f"calls schema_editor.{name}()")


def _call_operations(reader: Reader, name: str, args: Args) -> Values:
    """Return what connection.ops gives: names in quotes, and the SQL that sets sequences behind the largest key."""
    if name == "quote_name":
        return args.get(0, "name") or PLAIN
    if name == "sequence_reset_sql":
        for atom in reader.elements(args.get(1, "model_list") or PLAIN):
            if not isinstance(atom, Model):
                return reader.opaque("resets the sequences of models that cannot be read from the file")
            reader.record.reads(atom.key, {"pk"})
        return only(Tup((only(Const("SELECT 1")),)))
    return PLAIN


def _call_connection(reader: Reader, name: str) -> Values:
    if name in ("cursor", "chunked_cursor", "create_cursor"):
        return only(Handle("cursor"))
    if name == "schema_editor":
        return only(Handle("schema_editor"))
    if name in CONNECTION_CALLS:
        return PLAIN
    return reader.opaque(f"calls connection.{name}()")


def _call_cursor(reader: Reader, name: str, args: Args) -> Values:
    if name in ("execute", "executemany"):
        reader.sql(args.get(0, "sql"))
        return PLAIN
    if name in CURSOR_VALUES:
        return PLAIN
    return reader.opaque(f"calls {name}() of a database cursor")


def run_sql(reader: Reader, given: Values | None) -> None:
    """Note what SQL that the function sends touches."""
    for atom in given or UNKNOWN:
        if isinstance(atom, Const) and isinstance(atom.value, str):
            reader.record.add_sql(sql_code.read_text(atom.value, DIALECTS))
        else:
            reader.opaque("runs SQL that is put together when it runs")


def get_model_live(reader: Reader, args: Args) -> Values:
    """Return what get_model of today's app registry gives."""
    keys = model_keys(args)
    if keys is None:
        return reader.opaque("takes a model from django.apps.apps by a name that cannot be read from the file")
    return frozenset(Live(key, f"{key.app_label}.{key.name}") for key in keys)


def user_model() -> Values:
    """Return what get_user_model() gives."""
    return only(Live(USER, "settings.AUTH_USER_MODEL"))
