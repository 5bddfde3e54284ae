"""What an alteration of a field means for the values of its column, read from the fields alone."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handrail.databases.values.base import CHECKED, ValueRules, either, rules_for
from handrail.domain.dataclasses import dataclass
from handrail.execution.keeping.models import table_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.domain.narrowing import Narrowing
    from handrail.errors.hr504 import Narrows

UNKNOWN = object()
"""The value that NULLs get, where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """An alteration that can change values, or meet values that do not fit. Names are not quoted.

    column, now: what the column is called before and after. keys: of the primary key. others: the other columns of the row.
    check: the new column's condition, "" where it has none or had it before. casts: whether the type may change values.
    fills: whether NULLs are met by NOT NULL; value: what they get then, UNKNOWN where nothing is there for them.
    by_database: whether the database's own default is put in. replacement: what stands for a value that does not fit and cannot
    be cut, UNKNOWN where nothing can.
    """

    rules: ValueRules
    table: str
    column: str
    now: str
    old: str
    new: str
    keys: tuple[str, ...]
    others: tuple[str, ...]
    check: str
    casts: bool
    fills: bool
    value: Any
    by_database: bool
    replacement: Any

    @property
    def is_key(self) -> bool:
        """Whether the column is a part of the primary key."""
        return self.column in self.keys

    @property
    def cast(self) -> str:
        """The types in words."""
        if self.old != self.new:
            return f"{self.old} -> {self.new}"
        if self.fills:
            return f"{self.old} NULL -> NOT NULL"
        check = self.check.replace(self.rules.quoted(CHECKED), self.now)
        return f"{self.new} CHECK {check if check.startswith('(') else f'({check})'}"

    @property
    def misfits(self) -> str:
        """The condition for values that do not fit, "" where none can be; NULLs aside."""
        narrows = self.casts or self.check
        return self.rules.misfits(self.rules.quoted(self.column), self.old, self.new, self.check) if narrows else ""

    @property
    def nulls(self) -> str:
        """The condition for NULLs that cannot stay, "" where they can."""
        return f"{self.rules.quoted(self.column)} IS NULL" if self.fills else ""

    @property
    def has_value(self) -> bool:
        """Whether there is something for these."""
        return self.by_database or self.value is not UNKNOWN

    @property
    def changes(self) -> str:
        """The condition for values that become others, without NULLs; "" where no condition tells."""
        if not self.casts:
            return "1 = 0"
        return self.rules.changes(self.rules.quoted(self.column), self.old, self.new)

    @property
    def copied(self) -> str:
        """The condition for values that may become others, with NULLs and what does not fit."""
        own = self.rules.copied(self.rules.quoted(self.column), self.old, self.new) if self.casts else ""
        return either(own, self.misfits, self.nulls)


def alteration_of(
    connection: BaseDatabaseWrapper, model: Any, old: Any, new: Any, fill: Mapping[str, str] | None = None
) -> Alteration | None:
    """Return what altering a field can do to values, None where it can do nothing. fill: as Undo has it."""
    rules = rules_for(connection.vendor)
    if rules is None or not (_has_values(old, connection) and _has_values(new, connection)):
        return None
    types = type_of(old, connection), type_of(new, connection)
    check = _check(new, connection)
    check = "" if check == _check(old, connection) else check
    casts, fills = not rules.widens(*types), bool(old.null and not new.null)
    if not (casts or check or fills):
        return None
    keys = tuple(field.column for field in model._meta.pk_fields)
    others = [field.column for field in model._meta.local_concrete_fields if field.column and not field.generated]
    table = table_of(connection, model)
    said = (fill or {}).get(f"{table}.{new.column}", (fill or {}).get(f"{table}.{old.column}"))
    value = _said(new, said, table)
    return Alteration(
        rules=rules,
        table=table,
        column=old.column,
        now=new.column,
        old=types[0],
        new=types[1],
        keys=keys,
        others=tuple(name for name in others if name not in (*keys, old.column)),
        check=check,
        casts=casts,
        fills=fills,
        value=value if value is not UNKNOWN or not fills else _default(new),
        by_database=fills and value is UNKNOWN and new.has_db_default(),
        replacement=_replacement(old, new, value),
    )


def _said(field: Any, said: str | None, table: str) -> Any:
    if said is None:
        return UNKNOWN
    from handrail.execution.filling import value_of

    return value_of(field, said, table, field.column)


def in_the_way(found: Alteration, narrowing: Narrowing, *, accept_loss: bool) -> Narrows | None:
    """Return the refusal where values are in the way: a NULL without a value always is, and what nothing can stand for."""
    if not narrowing.refused:
        return None
    from handrail.errors.hr504 import Narrows

    can_be_cut = bool(found.rules.cut("x", found.old, found.new)) or found.replacement is not UNKNOWN
    is_stuck = (bool(narrowing.nulls) and not found.has_value) or not (can_be_cut or found.is_key)
    return Narrows(found=narrowing, can_be_cut=can_be_cut) if is_stuck or not accept_loss else None


def type_of(field: Any, connection: BaseDatabaseWrapper) -> str:
    """Return a field's type, with the digits that SQLite does not write."""
    text = str(field.db_parameters(connection=connection)["type"])
    if "(" not in text and isinstance(getattr(field, "max_digits", None), int):
        return f"{text}({field.max_digits}, {field.decimal_places})"
    return text


def with_default(field: Any, value: Any) -> Any:
    """Return a copy of a field with which Django fills NULLs with a value."""
    made = copy.copy(field)
    made.default = value
    vars(made).pop("_get_default", None)
    return made


def _has_values(field: Any, connection: BaseDatabaseWrapper) -> bool:
    return bool(
        field.column is not None
        and field.concrete
        and not field.many_to_many
        and not field.generated
        and field.db_parameters(connection=connection)["type"]
    )


def _check(field: Any, connection: BaseDatabaseWrapper) -> str:
    named = copy.copy(field)
    named.column = CHECKED
    return named.db_parameters(connection=connection)["check"] or ""


def _default(field: Any) -> Any:
    """Return what Django's schema editor takes for NULLs (effective_default, 5.2 to 6.1)."""
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    if field.has_db_default():
        return UNKNOWN
    found = BaseDatabaseSchemaEditor._effective_default(field)  # type: ignore[attr-defined]
    return UNKNOWN if found is None else found


def _replacement(old: Any, new: Any, value: Any) -> Any:
    if value is not UNKNOWN:
        return value
    if old.null and new.null:
        return None
    return _default(new)
