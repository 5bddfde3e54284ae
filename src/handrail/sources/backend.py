"""What Handrail knows of the kind of database that a connection is to."""

from __future__ import annotations

from typing import Any

from handrail import databases, registry
from handrail.databases.base import Backend
from handrail.errors.hr004 import NoSettings


def is_known(connection: Any) -> bool:
    """Say whether Handrail knows the kind of database."""
    return connection.vendor in registry.names(databases)


def backend_of(connection: Any) -> Backend:
    """Return the backend of Django's connection. Raises NoSettings for a kind of database that Handrail does not know."""
    try:
        return registry.load(databases, Backend, connection.vendor)()  # type: ignore[type-abstract]
    except LookupError:
        problem = f"{connection.alias} is {connection.display_name}, which Handrail does not know"
        raise NoSettings(problem=problem) from None
