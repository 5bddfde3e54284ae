"""What the definition of a field says: Call values of field classes, read as Django reads them."""

from __future__ import annotations

from handrail.conflicts.access import Mode
from handrail.domain.conflict import MISSING
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Symbolic, Value

CLASS = "class"
"""The attribute that holds a field's class."""

POSITIONAL = {
    "ForeignKey": ("to", "on_delete"),
    "OneToOneField": ("to", "on_delete"),
    "ManyToManyField": ("to",),
    "GenericRelation": ("to",),
    "DecimalField": ("verbose_name", "name", "max_digits", "decimal_places"),
    "ArrayField": ("base_field", "size"),
}
"""Positional parameters of Django's field classes, where they are not those of Field (django/db/models/fields, 5.2)."""
FIELD_POSITIONAL = ("verbose_name", "name", "primary_key", "max_length", "unique", "blank", "null", "db_index")

COSMETIC = frozenset(
    {
        "verbose_name", "help_text", "choices", "blank", "editable", "validators", "error_messages", "db_comment",
        "limit_choices_to", "serialize", "unique_for_date", "unique_for_month", "unique_for_year", "related_name",
        "related_query_name", "allow_unicode", "protocol", "allow_files", "allow_folders", "match", "recursive", "path",
        "db_index", "db_tablespace", "db_column", "swappable", "auto_created", "unpack_ipv4",
    }
)  # fmt: skip
"""Attributes that change neither the type of a column nor a row. The names among them (related_name, db_column) are compared
as names; db_column is one for SQL alone, since historical models carry it."""

LOOKS = COSMETIC - {"db_index", "db_tablespace", "db_column", "related_name", "related_query_name", "db_comment"}
"""Attributes that touch neither the schema nor a name."""

GENERIC = LOOKS | {"null", "default", "db_index", "db_column", "db_comment", "unique", "db_default"}
"""Attributes that every field class takes."""

SAFE_CALLABLES = frozenset(
    f"{module}{name}"
    for module in ("", "builtins.")
    for name in ("dict", "list", "set", "str", "int", "float", "bool", "tuple", "bytes")
)
CONSTANTS = frozenset({"datetime.timezone.utc", "datetime.UTC", "datetime.date.min", "datetime.date.max"})
SAFE_MODULES = ("datetime.", "decimal.", "uuid.UUID", "django.utils.timezone.timedelta", "django.db.models.Value")
NOT_CONSTANT = frozenset({"now", "today", "utcnow"})
WITHOUT_COLUMN = frozenset({"GenericRelation", "GenericForeignKey", "CompositePrimaryKey", "ForeignObject"})
TEXT_CLASSES = frozenset(
    {"CharField", "TextField", "SlugField", "EmailField", "URLField", "FileField", "ImageField", "FilePathField"}
)
VALUES = frozenset({"default", "null", "unique", "db_default", "on_delete", "db_constraint"})
"""Attributes that say which values a column holds, not of what type they are."""
ALL_ROWS = frozenset({Mode.READ, Mode.UPDATE, Mode.INSERT})
WRITES = frozenset({Mode.UPDATE, Mode.INSERT})


def normalise(value: Value) -> Value:
    """Return a field's definition with its positional arguments under their names and Django's classes under one path."""
    if not isinstance(value, Call):
        return value
    path = value.path
    if path.startswith("django.db.models."):
        path = f"django.db.models.{value.name}"
    names = POSITIONAL.get(value.name, FIELD_POSITIONAL) if path.startswith("django.") else ()
    named = [(names[i] if i < len(names) else str(i), argument) for i, argument in enumerate(value.args)]
    return Call(path, (), (*named, *value.keywords))


def attributes(value: Value) -> dict[str, Value]:
    """Return a definition's attributes by name, the class under CLASS; nothing for MISSING."""
    if isinstance(value, Call):
        return {CLASS: Name(value.path), **dict(value.keywords)}
    return {} if value is MISSING else {CLASS: value}


def from_attributes(found: dict[str, Value]) -> Value:
    """Return the definition with the given attributes: the inverse of attributes."""
    cls = found.get(CLASS, MISSING)
    if not isinstance(cls, Name):
        return cls
    return Call(cls.path, (), tuple((name, value) for name, value in found.items() if name != CLASS))


def get(value: Value, name: str, default: Value = None) -> Value:
    """Return one attribute of a definition."""
    return value.keyword(name, default) if isinstance(value, Call) else default


def class_name(value: Value) -> str:
    """Return the name of a field's class, "" where it is not known."""
    return value.name if isinstance(value, Call) else ""


def is_relation(value: Value) -> bool:
    """Say whether a field leads to a model."""
    return get(value, "to", MISSING) is not MISSING


def is_many(value: Value) -> bool:
    """Say whether a field is a many-to-many relation: one with a table instead of a column."""
    name = class_name(value)
    if not is_relation(value) or name in WITHOUT_COLUMN:
        return False
    return name.endswith("ManyToManyField") or (
        get(value, "on_delete", MISSING) is MISSING and name not in ("ForeignKey", "OneToOneField")
    )


def has_column(value: Value) -> bool:
    """Say whether a field has a column of its own."""
    return not is_many(value) and class_name(value) not in WITHOUT_COLUMN


def attname(name: str, value: Value) -> str:
    """Return the attribute that holds a field's value: author_id for a foreign key author."""
    return f"{name}_id" if is_relation(value) and has_column(value) else name


def column(name: str, value: Value) -> str:
    """Return the name of a field's column as Django makes it."""
    given = get(value, "db_column")
    return given if isinstance(given, str) else attname(name, value)


def is_primary_key(value: Value) -> bool:
    """Say whether a field is declared as the primary key."""
    return get(value, "primary_key") is True


def is_unique(value: Value) -> bool:
    """Say whether a field has a unique constraint of its own."""
    return get(value, "unique") is True or is_primary_key(value) or class_name(value) == "OneToOneField"


def generated_names(value: Value) -> bool:
    """Say whether the database gives anything of a field a name made from that of its table.

    Indexes, unique and foreign key constraints, the checks of PositiveIntegerField and JSONField, sequences, and the table of a
    many-to-many relation are named so (django/db/backends/base/schema.py, _create_index_name).
    """
    if not isinstance(value, Call) or is_relation(value):
        return True
    name = value.name
    special = name.startswith("Positive") or name in ("SlugField", "JSONField") or name.endswith("AutoField")
    return special or get(value, "db_index") is True or is_unique(value) or not value.path.startswith("django.")


def fills_itself(value: Value) -> bool:
    """Say whether save() changes a field that nothing is assigned to, or may: the pre_save() of its class decides."""
    if not isinstance(value, Call):
        return value is not MISSING
    return get(value, "auto_now") is True or not value.path.startswith("django.")


def changed(before: Value, after: Value) -> frozenset[str]:
    """Return the names of the attributes in which two definitions differ."""
    old, new = attributes(before), attributes(after)
    return frozenset(name for name in {*old, *new} if _differs(name, old.get(name, MISSING), new.get(name, MISSING)))


def _differs(name: str, old: Value, new: Value) -> bool:
    if name in ("to", "through") and isinstance(old, str) and isinstance(new, str):
        return old.lower() != new.lower()
    return bool(old != new)


def effects(before: Value, after: Value) -> frozenset[Mode]:
    """Return which uses of rows by code depend on whether a field is altered before or after them."""
    if before is MISSING or not isinstance(before, Call) or not isinstance(after, Call):
        return ALL_ROWS
    found: set[Mode] = set()
    for name in changed(before, after):
        found |= _effect(name, before, after)
    return frozenset(found)


def _effect(name: str, before: Value, after: Value) -> frozenset[Mode]:
    if name in COSMETIC:
        return frozenset()
    if name in ("default", "db_default"):
        return frozenset({Mode.INSERT})
    if name == "null":
        return _null_effect(after)
    if name in ("unique", "db_constraint"):
        return WRITES if get(after, name) is (name == "unique") else frozenset({Mode.INSERT})
    if name in ("auto_now", "auto_now_add", "upload_to", "storage"):
        return WRITES
    if name in ("max_length", "max_digits") and _grows(get(before, name), get(after, name)):
        return frozenset()
    if name == "on_delete":
        return frozenset()
    return ALL_ROWS


def _null_effect(after: Value) -> frozenset[Mode]:
    """NOT NULL fills the rows that are NULL or fails on them; NULL changes what an omitted text becomes (Field.get_default)."""
    return frozenset({Mode.INSERT}) if get(after, "null") is True else ALL_ROWS


def _grows(old: Value, new: Value) -> bool:
    return isinstance(old, int) and (new is None or (isinstance(new, int) and new >= old))


def retyped(before: Value, after: Value) -> bool:
    """Say whether the type or the name of a column changes, or may change."""
    return before is MISSING or bool(_typed(before, after))


def recast(before: Value, after: Value) -> bool:
    """Say whether a column's type becomes another one: more than a longer text or number of the same class, or its name."""
    if before is MISSING:
        return True
    return not all(
        name in ("max_length", "max_digits") and _grows(get(before, name), get(after, name)) for name in _typed(before, after)
    )


def _typed(before: Value, after: Value) -> frozenset[str]:
    return changed(before, after) - (COSMETIC - {"db_column"}) - VALUES


def is_constant(value: Value) -> bool:
    """Say whether a default is the same for every row, whenever it is asked for."""
    if isinstance(value, Symbolic):
        return False
    if isinstance(value, Name):
        return value.path in SAFE_CALLABLES or value.path in CONSTANTS
    if isinstance(value, Call):
        inside = (*value.args, *(part for _, part in value.keywords))
        return value.path.startswith(SAFE_MODULES) and value.name not in NOT_CONSTANT and all(map(is_constant, inside))
    if isinstance(value, tuple):
        return all(map(is_constant, value))
    if isinstance(value, ListOf | SetOf):
        return all(map(is_constant, value.items))
    if isinstance(value, DictOf):
        return all(is_constant(part) for pair in value.pairs for part in pair)
    return True


def fill_is_the_same(value: Value, preserve_default: bool, *, by_sql: bool) -> bool:
    """Say whether a row gets the same value in a new column, inserted before the column is added or after.

    by_sql: the row is inserted by SQL that does not name the column, else by a historical model.
    """
    if not has_column(value) or class_name(value) == "GeneratedField":
        return True
    default, db_default = get(value, "default", MISSING), get(value, "db_default", MISSING)
    filled = get(value, "null") is not True or any(each is not MISSING and each is not None for each in (default, db_default))
    if not isinstance(value, Call) or (is_unique(value) and filled) or value.name.endswith("AutoField"):
        return False
    if get(value, "auto_now") is True or get(value, "auto_now_add") is True:
        return False
    if db_default is not MISSING:
        return default is MISSING and is_constant(db_default)
    null = get(value, "null") is True
    if default is MISSING or (default is None and null):
        return null or (not by_sql and value.name in TEXT_CLASSES and get(value, "blank") is True)
    return preserve_default and not by_sql and is_constant(default)
