"""What --fill says that rows get, as a value of the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handrail.domain.kept import Form, KeptKind
from handrail.domain.run import Direction
from handrail.errors.hr001 import Misused
from handrail.execution.probes._changes import Change
from handrail.execution.probes._places import column_of, named, table_of
from handrail.sources.kept import THERE, has_kept, kept

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

HELP = "handrail rollback --help"


def value_of(field: Any, said: str, table: str, column: str) -> Any:
    """Return the value of a field that a text stands for. Raises Misused where the field takes no such value."""
    from django.core.exceptions import ValidationError

    try:
        value = field.to_python(said)
        field.run_validators(value)
    except ValidationError as error:
        why = " ".join(error.messages)
        problem = f'"{said}" is no value for {table}.{column}: {why[:1].lower()}{why[1:].rstrip(".")}'
        raise Misused(problem=problem, command=HELP) from None
    return value


def refuse_unused(connection: BaseDatabaseWrapper, fill: Mapping[str, str], changes: Sequence[Change]) -> None:
    """Raise Misused where --fill names a column to which a plan gives no values. changes: of the plan, backwards."""
    if not fill:
        return
    takes = {name for change in changes for name in _taking(connection, change)}
    for name in fill:
        if name in takes:
            continue
        empty = any(name == each for change in changes for each in _coming(connection, change, may_be_null=True))
        why = "it may be NULL, and rows that came since get that" if empty else "this plan gives it no values"
        help = f"it takes {', '.join(sorted(takes))}" if takes else "leave it out: no column of this plan needs values"
        raise Misused(problem=f"--fill {name}: {why}", help=help, command=HELP)


def _taking(connection: BaseDatabaseWrapper, change: Change) -> Iterator[str]:
    """Yield the columns of one operation whose rows can get what --fill says, with their tables."""
    kind = type(change.operation).__name__
    yield from _coming(connection, change, may_be_null=False)
    if kind == "AlterField":
        yield from _altered(connection, change)
    elif kind in ("RunPython", "RunSQL") and has_kept(connection):
        key = {"app": change.migration.app_label, "name": change.migration.name, "operation": change.index}
        forms = {"kind": KeptKind.COLUMN, "form__in": (Form.ASIDE, Form.COPY), "direction": Direction.FORWARD}
        yield from (f"{one.table}.{one.column}" for one in kept(connection, THERE, **key, **forms))


def _coming(connection: BaseDatabaseWrapper, change: Change, *, may_be_null: bool) -> Iterator[str]:
    """Yield the columns that come back."""
    for _, start, end in change.pairs:
        if start is None or end is None:
            continue
        for name in end.fields.keys() - start.fields.keys():
            field: Any = end.fields[name]
            column = column_of(field, name)
            if column is not None and not field.generated and field.null is may_be_null:
                yield f"{table_of(connection, end)}.{column}"


def _altered(connection: BaseDatabaseWrapper, change: Change) -> Iterator[str]:
    """Yield what an altered field is called before and after, where values may have to be made for it."""
    name = change.operation.name  # type: ignore[attr-defined]
    for _, start, end in change.pairs:
        if start is None or end is None or name not in start.fields or name not in end.fields:
            continue
        old, new = named(start.fields[name], name), named(end.fields[name], name)
        is_same = not (old.remote_field or new.remote_field) and _type(old, connection) == _type(new, connection)
        if not is_same or (old.null and not new.null):
            yield from (f"{table_of(connection, model)}.{field.column}" for model in (start, end) for field in (old, new))


def _type(field: Any, connection: BaseDatabaseWrapper) -> object:
    return field.db_parameters(connection=connection)
