"""Types of columns, as Django's fields write them (db_parameters), taken apart."""

from __future__ import annotations

import re
from typing import NamedTuple

_TYPE = re.compile(
    r"\s*([a-z_][\w. ]*?)\s*(?:\(([^)]*)\))?\s*((?:with|without|unsigned|zerofill|auto_increment)[a-z_ ]*)?((?:\[\d*\])*)\s*"
)


class Type(NamedTuple):
    """A type. kind: in lower case, with what stands behind the parentheses; arguments: what is in them. array: "" or "[]"."""

    kind: str
    arguments: tuple[str, ...] = ()
    array: str = ""

    @property
    def numbers(self) -> tuple[int, ...]:
        """The arguments, where they are numbers."""
        return tuple(int(one) for one in self.arguments if one.isdecimal())

    @property
    def length(self) -> int | None:
        """The first argument, None where there is none."""
        return next(iter(self.numbers), None)


def parse(text: str) -> Type:
    """Take a type apart; one that is written in another way is a kind of its own."""
    match = _TYPE.fullmatch(text.lower())
    if match is None:
        return Type(" ".join(text.lower().split()))
    name, arguments, suffix, array = match.groups()
    suffix = (suffix or "").replace("auto_increment", "")
    kind = " ".join(f"{name} {suffix}".split())
    return Type(kind, tuple(one.strip() for one in (arguments or "").split(",") if one.strip()), "[]" if array else "")


def holds_number(digits: int, to: Type) -> bool:
    """Say whether a decimal type takes whole numbers of so many digits; one without arguments takes all."""
    precision, scale = (*to.numbers, 0, 0)[:2]
    return not to.numbers or precision - scale >= digits


def holds_decimals(old: Type, new: Type) -> bool:
    """Say whether one decimal type takes all values of another; one without arguments has no limit."""
    if not new.numbers:
        return True
    digits, scale = (*old.numbers, 0, 0)[:2]
    more, finer = (*new.numbers, 0, 0)[:2]
    return bool(old.numbers) and scale <= finer and digits - scale <= more - finer
