"""What a value of SQLite is in another type, by the rules of PostgreSQL and MariaDB: SQLite itself keeps anything anywhere.

Values are those of the sqlite3 module: None, int, float, str, bytes. Types are Django's for SQLite (base.py of its backend, 5.2
to 6.1), decimal with its digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from handrail.databases.values._types import Type

Value = int | float | str | bytes | None
_NUMBER = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_WHOLE = re.compile(r"\s*[-+]?\d+\s*", re.ASCII)
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?))?", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?", re.ASCII)
_EXACT = Context(prec=200)


class MisfitError(ValueError):
    """A value that a type cannot take."""


def converted(value: Value, to: Type) -> Value:
    """Return what a value is in a type; types that are not known take it as it is. Raises MisfitError."""
    if value is None:
        return None
    convert = _FAMILIES.get(to.kind.removesuffix(" unsigned"))
    return convert(value, to) if convert else value


def fits(value: Value, to: Type) -> bool:
    """Say whether a type can take a value."""
    try:
        converted(value, to)
    except MisfitError:
        return False
    return True


def changes(value: Value, was: Type, to: Type) -> bool:
    """Say whether a value is another one when it comes back from a type, or does not fit into it.

    A date or a time is a text of its own form, and has to be written in it.
    """
    try:
        there = converted(value, to)
        back = converted(there, was)
    except MisfitError:
        return True
    if to.kind in ("date", "time") and there != value:
        return True
    if isinstance(value, int | float) and isinstance(back, int | float):
        return value != back
    return type(value) is not type(back) or value != back


def _text(value: Value, to: Type) -> Value:
    if isinstance(value, bytes):
        raise MisfitError
    text = value if isinstance(value, str) else f"{value:.15g}" if isinstance(value, float) else str(value)
    if isinstance(value, float) and re.fullmatch(r"-?\d+", text):
        text += ".0"
    if to.length is not None and len(text) > to.length:
        raise MisfitError
    return text


def _number(value: Value) -> Decimal:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise MisfitError
    if isinstance(value, bytes) or value is None:
        raise MisfitError
    try:
        found = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise MisfitError from None
    if not found.is_finite():
        raise MisfitError
    return found


def _whole(value: Value, _to: Type) -> Value:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        raise MisfitError
    found = int(_number(value).to_integral_value(ROUND_HALF_UP))
    if not -(2**63) <= found < 2**63:
        raise MisfitError
    return found


def _truth(value: Value, _to: Type) -> Value:
    if isinstance(value, str) and value.strip() not in ("0", "1"):
        raise MisfitError
    return int(bool(_number(value)))


def _real(value: Value, _to: Type) -> Value:
    return float(_number(value))


def _decimal(value: Value, to: Type) -> Value:
    number = _number(value)
    if len(to.numbers) == 2:
        digits, scale = to.numbers
        number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
        if abs(number) >= Decimal(10) ** (digits - scale):
            raise MisfitError
    return int(number) if number == number.to_integral_value() and abs(number) < 2**63 else float(number)


def _date(value: Value, _to: Type) -> Value:
    return _moment(value)[1]


def _moment(value: Value) -> re.Match[str]:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise MisfitError
    return match


def _datetime(value: Value, _to: Type) -> Value:
    match = _moment(value)
    return value if match[2] else f"{match[1]} 00:00:00"


def _time(value: Value, _to: Type) -> Value:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return value
    time = _moment(value)[2]
    if time is None:
        raise MisfitError
    return time


_FAMILIES: dict[str, Callable[[Value, Type], Value]] = {
    **dict.fromkeys(("varchar", "char", "text"), _text),
    **dict.fromkeys(("integer", "bigint", "smallint"), _whole),
    "bool": _truth,
    "real": _real,
    "decimal": _decimal,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
}
