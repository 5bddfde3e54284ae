"""Operators and methods on known values, as Python would apply them, within bounds."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

from handrail.domain.value import DictOf, ListOf, SetOf, Value, is_known

SCALARS = frozenset({str, int, float, bool})
LARGEST = 1 << 64
LONGEST = 100_000
"""Bounds of computed numbers and texts: a file must not keep its reader busy."""


class Unknown(Exception):  # noqa: N818 - no error: the expression cannot be told from the file alone
    """An expression cannot be evaluated."""


NUMBERS: Mapping[type[ast.operator], Callable[[Value, Value], Value]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.LShift: operator.lshift,
    ast.BitOr: operator.or_,
}
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Value, Value], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}
STRING_METHODS = frozenset(
    {"__format__", "capitalize", "endswith", "format", "join", "lower", "lstrip", "partition", "removeprefix", "removesuffix"}
    | {"replace", "rstrip", "split", "startswith", "strip", "title", "upper"}
)
FAILURES = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)


def binary(kind: ast.operator, left: Value, right: Value) -> Value:
    """Return the value of a binary operator. Raises Unknown."""
    if isinstance(kind, ast.Add):
        if isinstance(left, ListOf) and isinstance(right, ListOf):
            return ListOf(chained(left.items, right.items))
        if type(left) is type(right) is tuple:
            return chained(left, right)
    if isinstance(kind, ast.BitOr) and isinstance(left, DictOf) and isinstance(right, DictOf):
        return DictOf(tuple({**dict(left.pairs), **dict(right.pairs)}.items()))
    if isinstance(kind, ast.Mod) and isinstance(left, str):
        return formatted(left, right)
    if type(left) not in SCALARS or type(right) not in SCALARS or not is_small(kind, left, right):
        raise Unknown
    return attempt(lambda: NUMBERS[type(kind)](left, right))


def chained(left: tuple[Value, ...], right: tuple[Value, ...]) -> tuple[Value, ...]:
    """Return two sequences as one. Raises Unknown."""
    if len(left) + len(right) > LONGEST:
        raise Unknown
    return left + right


def is_small(kind: ast.operator, left: Value, right: Value) -> bool:
    """Say whether the result of an operator on scalars stays within the bounds."""
    if isinstance(left, str) and isinstance(right, str):
        return len(left) + len(right) <= LONGEST
    if isinstance(left, str) or isinstance(right, str):
        text, number = (left, right) if isinstance(left, str) else (right, left)
        return isinstance(kind, ast.Mult) and type(number) is int and number * len(text) <= LONGEST
    if isinstance(kind, ast.Pow | ast.LShift):
        return bool(abs(left) <= LARGEST and 0 <= right <= 64)
    return isinstance(left, float) or isinstance(right, float) or bool(max(abs(left), abs(right)) <= LARGEST**4)


def formatted(template: str, value: Value) -> str:
    """Return template % value. Raises Unknown."""
    parts = value if type(value) is tuple else (value,)
    if isinstance(value, DictOf):
        parts = tuple(part for pair in value.pairs for part in pair)
        value = dict(value.pairs)
    if not all(type(part) in SCALARS for part in parts) or is_wide(template):
        raise Unknown
    if len(template) * max([1, *(len(part) for part in parts if isinstance(part, str))]) > LONGEST:
        raise Unknown
    return str(attempt(lambda: template % value))


def is_wide(template: str) -> bool:
    """Say whether a format asks for a width that could be large: four digits in a row, or one that is given by a value."""
    digits = 0
    for character in template:
        digits = digits + 1 if character.isdigit() else 0
        if digits > 3 or character == "*":
            return "%" in template or "{" in template
    return False


def method(owner: Value, name: str, args: tuple[Value, ...], keywords: Mapping[str, Value]) -> Value:
    """Return the value of a method of a string (or __format__ of a scalar). Raises Unknown."""
    if name not in STRING_METHODS or (name == "format" and is_wide(owner)) or (name == "__format__" and is_wide("%" + args[0])):
        raise Unknown
    if name == "join":
        return joined(owner, args)
    given = (*args, *keywords.values())
    if not all(type(part) in SCALARS for part in given):
        raise Unknown
    if isinstance(owner, str) and len(owner) * max([1, *(len(part) for part in given if isinstance(part, str))]) > LONGEST:
        raise Unknown
    result = attempt(lambda: getattr(owner, name)(*args, **keywords))
    return ListOf(tuple(result)) if isinstance(result, list) else result


def joined(separator: str, args: tuple[Value, ...]) -> str:
    """Return separator.join(args[0]). Raises Unknown."""
    parts = args[0].items if len(args) == 1 and isinstance(args[0], ListOf) else args[0] if len(args) == 1 else None
    if type(parts) is not tuple or not all(type(part) is str for part in parts):
        raise Unknown
    if sum(map(len, parts)) + len(separator) * len(parts) > LONGEST:
        raise Unknown
    return str(separator).join(parts)


def unary(kind: ast.unaryop, value: Value) -> Value:
    """Return the value of -, + or ~ on a number. Raises Unknown."""
    if type(value) not in (int, float, bool, complex):
        raise Unknown
    if isinstance(kind, ast.USub):
        return -value
    if isinstance(kind, ast.UAdd):
        return +value
    if type(value) is int and isinstance(kind, ast.Invert):
        return ~value
    raise Unknown


def compare(kind: ast.cmpop, left: Value, right: Value) -> bool:
    """Return the result of one comparison of known scalars, or of a known scalar with what is in a sequence. Raises Unknown."""
    if isinstance(kind, ast.In | ast.NotIn):
        items = right.items if isinstance(right, ListOf | SetOf) else right
        if isinstance(right, DictOf):
            items = tuple(key for key, _ in right.pairs)
        known = type(items) is str or (type(items) is tuple and all(map(is_scalar, items)))
        if not known or not is_scalar(left):
            raise Unknown
        found: bool = attempt(lambda: left in items)
        return found is isinstance(kind, ast.In)
    if not is_scalar(left) or not is_scalar(right):
        raise Unknown
    result: bool = attempt(lambda: COMPARISONS[type(kind)](left, right))
    return result


def is_scalar(value: Value) -> bool:
    """Say whether a value is a scalar, or a tuple of them, that Python itself would compare."""
    if type(value) is tuple:
        return all(map(is_scalar, value))
    return (type(value) in SCALARS or value is None) and is_known(value)


def attempt(compute: Callable[[], Value]) -> Value:
    """Return what a computation gives; one that fails when the file is run is unknown."""
    try:
        return compute()
    except FAILURES:
        raise Unknown from None
