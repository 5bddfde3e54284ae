"""What a chain does with the project that it is in: it migrates, and looks at the catalogue."""

from __future__ import annotations

import contextlib
import io
from typing import Any

from tests.property import chain_databases


def catalogue(connection: Any) -> list[Any]:
    """Read the catalogue of the app."""
    from handrail.sources.backend import backend_of

    with connection.cursor() as cursor:
        found = [list(one) for one in backend_of(connection).catalogue(cursor) if one.table.startswith("shop_")]
    return sorted(one for one in found if not any(str(part).startswith(("hrk_", "handrail_kept")) for part in one[:3]))


def without_made_up(found: list[Any]) -> list[Any]:
    """Leave names out that Django or the database made up: they say what a table was called once. Those of chains stay."""
    named = ("table", "column")
    return sorted([one[0], one[1], one[2] if one[1] in named or one[2][:2] in ("ix", "uq") else "", *one[3:]] for one in found)


def differing(wanted: list[Any], found: list[Any]) -> str:
    """Say what differs."""
    return f"lacks {[one for one in wanted if one not in found]}, has {[one for one in found if one not in wanted]}"


FRESH: list[list[Any]] = []
"""The catalogues of a database that is migrated by plain Django, without rows: after each migration, as far as it was asked for."""


def fresh(to: int) -> list[Any]:
    """Return the catalogue of a database that was never anywhere else."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    connection = connections["fresh"]
    if not FRESH:
        chain_databases.empty(connection)
    while len(FRESH) < to:
        MigrationExecutor(connection).migrate([("shop", f"{len(FRESH) + 1:04}_m")])
        FRESH.append(catalogue(connection))
    return FRESH[to - 1]


def can_be_made(to: int) -> bool:
    """Say whether plain Django can apply the migrations at all: names that it makes up can be taken after a model was renamed."""
    from django.db import Error

    try:
        fresh(to)
    except Error:
        return False
    return True


def recorded() -> int:
    """Return how many migrations of the app are recorded."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    return sum(app == "shop" for app, _ in MigrationRecorder(connection).applied_migrations())


def manage(*words: str) -> tuple[int, str]:
    """Run a command, and return its exit code and all that it says; 1 where it raises."""
    from django.core.management import CommandError, call_command

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            call_command(*words)
        except SystemExit as error:
            return int(error.code or 0), said.getvalue()
        except CommandError as error:
            return error.returncode, f"{said.getvalue()}{error}"
        except Exception as error:  # noqa: BLE001 - migrations may raise anything
            said.write(repr(error))
            return 1, said.getvalue()
    return 0, said.getvalue()
