"""Source text of field definitions, from the few facts that are known of them.

Equal digests give equal definitions and different ones different definitions; the class is one of Django's own of the same sort.
"""

from __future__ import annotations

from typing import Any

Facts = dict[str, Any]

CLASSES = {
    "TextField": "TextField",
    "IntegerField": "IntegerField",
    "BooleanField": "BooleanField",
    "DateTimeField": "DateTimeField",
    "DateField": "DateField",
    "DecimalField": "DecimalField",
    "PositiveIntegerField": "PositiveIntegerField",
    "SmallIntegerField": "SmallIntegerField",
    "PositiveSmallIntegerField": "PositiveSmallIntegerField",
    "BigIntegerField": "BigIntegerField",
    "PositiveBigIntegerField": "PositiveBigIntegerField",
    "FloatField": "FloatField",
    "UUIDField": "UUIDField",
    "DurationField": "DurationField",
    "AutoField": "AutoField",
    "BigAutoField": "BigAutoField",
    "OneToOneField": "OneToOneField",
    "NullBooleanField": "BooleanField",
    "EnumIntegerField": "IntegerField",
    "CounterCacheField": "PositiveIntegerField",
    "ASNField": "BigIntegerField",
    "GeneratedField": "IntegerField",
    "MoneyField": "DecimalField",
    "PriceField": "DecimalField",
    "SearchVectorField": "TextField",
    "HStoreField": "JSONField",
    "ArrayField": "JSONField",
}
LONG_TEXT = ("RichText", "HTML", "Markdown", "Stream", "Polygon", "Point", "Geometry")
DEFAULTS = {
    "BooleanField": "False",
    "DateTimeField": "datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)",
    "DateField": "datetime.date(2020, 1, 1)",
    "DecimalField": "Decimal(0)",
    "JSONField": "dict",
    "UUIDField": 'uuid.UUID("00000000-0000-0000-0000-000000000001")',
    "DurationField": "datetime.timedelta(0)",
    "FloatField": "0.0",
    "CharField": '""',
    "TextField": '""',
    "OneToOneField": "None",
    "ForeignKey": "1",
}
"""Defaults by class; 0 for the other numbers."""
DATABASE_DEFAULTS = {"BooleanField": "False", "CharField": '""', "TextField": '""', "IntegerField": "0", "DecimalField": "0"}


def field_class(facts: Facts) -> str:
    """Return the name of the class of Django's that stands for a field's own class."""
    kind = facts.get("type") or "CharField"
    if facts.get("to"):
        if "ManyToMany" in kind or kind == "TaggableManager":
            return "ManyToManyField"
        return "OneToOneField" if kind == "OneToOneField" else "ForeignKey"
    if kind in CLASSES and kind != "OneToOneField":
        return CLASSES[kind]
    if kind.startswith("JSON") or "JSON" in kind or kind.endswith(("InputField", "InjectorField")):
        return "JSONField"
    return "TextField" if kind.startswith(LONG_TEXT) else "CharField"


def is_many(facts: Facts) -> bool:
    """Say whether a field has no column of its own."""
    return field_class(facts) == "ManyToManyField"


def is_relation(facts: Facts) -> bool:
    """Say whether a field leads to a model."""
    return bool(facts.get("to"))


def source(facts: Facts) -> str:
    """Return the call that makes a field."""
    if facts.get("source"):
        return facts["source"]
    name = field_class(facts)
    arguments = [*_own(name, facts), *_common(name, facts)]
    return f"models.{name}({', '.join(arguments)})"


def _own(name: str, facts: Facts) -> list[str]:
    digest = facts.get("fh") or ""
    if name == "CharField":
        return [f"max_length={50 + int(digest or '0', 16) % 400}"]
    if name == "DecimalField":
        return [f"max_digits={12 + int(digest or '0', 16) % 20}", "decimal_places=2"]
    if name == "ManyToManyField":
        through = facts.get("through")
        return [f'to="{facts["to"]}"', 'related_name="+"', *([f'through="{through}"'] if "." in str(through or "") else [])]
    if name in ("ForeignKey", "OneToOneField"):
        parent = (
            ["parent_link=True", "auto_created=True", "serialize=False"] if facts.get("parent_link") else ['related_name="+"']
        )
        return [f'to="{facts["to"]}"', "on_delete=models.CASCADE", *parent]
    return []


def _common(name: str, facts: Facts) -> list[str]:
    found = [f'help_text="{facts["fh"]}"'] if facts.get("fh") else []
    if facts.get("primary_key"):
        return [*found, "primary_key=True"]
    if facts.get("db_column") and isinstance(facts["db_column"], str):
        found.append(f'db_column="{facts["db_column"]}"')
    if name == "ManyToManyField":
        return found
    unique = facts.get("unique") or name == "OneToOneField"
    if facts.get("unique") and name != "OneToOneField":
        found.append("unique=True")
    if facts.get("db_index") and name not in ("ForeignKey", "OneToOneField"):
        found.append("db_index=True")
    if facts.get("null") or unique:
        return [*found, "null=True"]
    if name == "ForeignKey" and not facts.get("default"):
        return found
    if facts.get("db_default") and name in DATABASE_DEFAULTS:
        found.append(f"db_default={DATABASE_DEFAULTS[name]}")
    return [*found, f"default={DEFAULTS.get(name, '0')}"]
