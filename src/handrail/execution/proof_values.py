"""Values for the fields of models: an ordinary one for each row, and those at the limits."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

LETTERS = "abcdefghijklmnopqrstuvwxyz"
Make = Callable[[Any, int], Any]


def plain_value(field: Any, number: int) -> Any:
    """Return an ordinary value, another one for every row number, the same in every run.

    Raises LookupError for a kind of field that nothing is known of.
    """
    if _is_array(field):
        return [plain_value(field.base_field, number)]
    return _PLAIN[_kind(field, _PLAIN)](field, number)


def limit_value(field: Any, number: int, otherwise: Any) -> Any:
    """Return the lower limit for an odd row number and the upper one for an even; otherwise where a kind of field has none."""
    if _is_array(field):
        return [] if number % 2 else otherwise
    try:
        low, high = _LIMITS[_kind(field, _LIMITS)](field)
    except LookupError:
        return otherwise
    return low if number % 2 else high


def _kind(field: Any, known: dict[str, Any]) -> str:
    """Return the name under which a field's class, or the one it descends from, is known."""
    names = [*(base.__name__ for base in type(field).__mro__), field.get_internal_type()]
    return next((name for name in names if name in known), "unknown")


def _is_array(field: Any) -> bool:
    return any(base.__name__ == "ArrayField" for base in type(field).__mro__)


def _word(field: Any, number: int) -> str:
    letter = LETTERS[number % len(LETTERS)]
    word = f"{letter}-{field.name}"
    return word[: field.max_length] if field.max_length else word


def _moment(number: int) -> datetime:
    from django.conf import settings

    return datetime(2020, 1, 1 + number, 12, 30, 15, 123456, tzinfo=UTC if settings.USE_TZ else None)


def _aware(moment: datetime) -> datetime:
    from django.conf import settings

    return moment.replace(tzinfo=UTC) if settings.USE_TZ else moment


def _whole_numbers(field: Any) -> tuple[int, int]:
    """Return the range that Django gives a type on every database (BaseDatabaseOperations.integer_field_ranges)."""
    from django.db.backends.base.operations import BaseDatabaseOperations

    low, high = BaseDatabaseOperations.integer_field_ranges[field.get_internal_type()]
    return low, high


def _decimals(field: Any) -> tuple[Decimal, Decimal]:
    high = Decimal(10 ** (field.max_digits or 10) - 1).scaleb(-(field.decimal_places or 0))
    return -high, high


def _texts(field: Any) -> tuple[str, str]:
    length = field.max_length or 300
    return "", ("Zz9é" * length)[: min(length, 2000)]


_PLAIN: dict[str, Make] = {
    "EmailField": lambda _, number: f"{LETTERS[number % 26]}@example.com",
    "URLField": lambda _, number: f"https://example.com/{LETTERS[number % 26]}",
    "CharField": _word,
    "SlugField": _word,
    "TextField": _word,
    "FileField": lambda field, number: f"{_word(field, number)}.txt"[-(field.max_length or 100) :],
    "FilePathField": _word,
    "AutoField": lambda _, number: number + 1,
    "BigAutoField": lambda _, number: number + 1,
    "SmallAutoField": lambda _, number: number + 1,
    "IntegerField": lambda _, number: number + 1,
    "DecimalField": lambda field, number: Decimal(number + 1).scaleb(-(field.decimal_places or 0)),
    "FloatField": lambda _, number: number + 0.5,
    "BooleanField": lambda _, number: number % 2 == 0,
    "NullBooleanField": lambda _, number: number % 2 == 0,
    "DateTimeField": lambda _, number: _moment(number),
    "DateField": lambda _, number: date(2020, 1, 1 + number),
    "TimeField": lambda _, number: time(12, 30, number),
    "DurationField": lambda _, number: timedelta(days=number, seconds=5),
    "UUIDField": lambda field, number: uuid.uuid5(uuid.NAMESPACE_OID, f"{field.model._meta.label}.{field.name}.{number}"),
    "JSONField": lambda _, number: {LETTERS[number % 26]: number},
    "BinaryField": lambda _, number: bytes([97 + number]),
    "GenericIPAddressField": lambda field, number: (
        f"10.0.0.{number + 1}" if field.protocol.lower() != "ipv6" else f"::{number + 1}"
    ),
    "HStoreField": lambda _, number: {"key": LETTERS[number % 26]},
}
"""By the name of Django's own field classes."""

_LIMITS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "EmailField": lambda _: ("", "A.B+c@Example.com"),
    "CharField": _texts,
    "TextField": _texts,
    "IntegerField": _whole_numbers,
    "DecimalField": _decimals,
    "FloatField": lambda _: (-1.5e9, 0.1),
    "DateTimeField": lambda _: (_aware(datetime(1000, 1, 2)), _aware(datetime(9999, 12, 30, 23, 59, 59, 999999))),
    "DateField": lambda _: (date(1000, 1, 1), date(9999, 12, 31)),
    "TimeField": lambda _: (time(0), time(23, 59, 59, 999999)),
    "DurationField": lambda _: (timedelta(days=-1, microseconds=1), timedelta(0)),
    "JSONField": lambda _: ([], {"é": [None, 1.5, "x"]}),
    "BinaryField": lambda _: (b"", b"\x00\xff"),
}
