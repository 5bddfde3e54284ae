"""What --fill says that rows get, as a value of the field."""

from __future__ import annotations

from typing import Any

from handrail.errors.hr001 import Misused


def value_of(field: Any, said: str, table: str, column: str) -> Any:
    """Return the value of a field that a text stands for. Raises Misused where the field takes no such value."""
    from django.core.exceptions import ValidationError

    try:
        value = field.to_python(said)
        field.run_validators(value)
    except ValidationError as error:
        why = " ".join(error.messages)
        problem = f'"{said}" is no value for {table}.{column}: {why[:1].lower()}{why[1:].rstrip(".")}'
        raise Misused(problem=problem, command="handrail rollback --help") from None
    return value
