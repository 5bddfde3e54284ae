"""The databases that chains run on: CHAIN_DATABASES has the entries of Django's DATABASES, default and fresh."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def databases() -> dict[str, Any]:
    """Return the settings of the database that is tried, and of one to compare it with."""
    found: dict[str, Any] = json.loads(os.environ["CHAIN_DATABASES"])
    return found


def empty(connection: Any) -> None:
    """Leave an empty database to a process that has not connected yet."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        for path in Path(name).parent.glob(f"{Path(name).name}*"):
            path.unlink()
        return
    with connection._nodb_cursor() as cursor:
        quoted = connection.ops.quote_name(name)
        cursor.execute(f"DROP DATABASE IF EXISTS {quoted}")
        cursor.execute(f"CREATE DATABASE {quoted}")
