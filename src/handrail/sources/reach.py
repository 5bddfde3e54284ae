"""Reaching the project's databases: a refusal in place of the driver's exceptions, and no database that was not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from handrail.errors.hr005 import DatabaseNotReached


@contextmanager
def reaching(alias: str) -> Iterator[None]:
    """Turn what a driver, or Django on its way to it, raises in the block into DatabaseNotReached.

    ImproperlyConfigured is a driver that is not installed or an ENGINE that does not exist (django/db/utils.py, load_backend).
    """
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error

    try:
        yield
    except (Error, ImproperlyConfigured, ImportError, OSError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise DatabaseNotReached(alias=alias, why=why) from error


def is_there(connection: Any) -> bool:
    """Say whether there is something to open: SQLite makes the file that it is asked for (sqlite.org/c3ref/open.html)."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return True
    name = str(connection.settings_dict["NAME"])
    return Path(name.removeprefix("file:").partition("?")[0] if name.startswith("file:") else name).exists()


def require(connection: Any) -> None:
    """Raise DatabaseNotReached where there is nothing to open: of a name that is wrong, nothing may be said to be in order."""
    if not is_there(connection):
        raise DatabaseNotReached(alias=connection.alias, why="there is no such file")
