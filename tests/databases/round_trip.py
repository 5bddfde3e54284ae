"""Takes every app of a project up, writes rows with the new code, takes it down and up again, and prints what is seen on the way.

Run in the project: python -m tests.databases.round_trip; takes and prints JSON.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import importlib
import io
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import django

Seen = dict[str, Any]
"""schema: the catalogue of an app's tables. rows: by table, each row as values by column."""


def look(labels: list[str]) -> dict[str, Seen]:
    from django.db import connection

    from handrail.sources.backend import backend_of

    with connection.cursor() as cursor:
        catalogue = sorted(each for each in backend_of(connection).catalogue(cursor) if not is_aside(each))
        names = sorted(each.name for each in connection.introspection.get_table_list(cursor))
        seen = {}
        for label in labels:
            own = (f"{label}_", "moved_elsewhere") if label == "moved" else (f"{label}_",)
            rows = {name: read(cursor, connection, name) for name in names if name.startswith(own)}
            seen[label] = {"schema": [list(each) for each in catalogue if each.table.startswith(own)], "rows": rows}
    return seen


def is_aside(each: tuple[str, ...]) -> bool:
    names = any(str(part).startswith("hrk_") for part in each[:3])
    return names or "`hrk_" in str(each[3])  # a check of such a column has no name of its own on MariaDB


def read(cursor: Any, connection: Any, table: str) -> list[dict[str, str]]:
    columns = [each.name for each in connection.introspection.get_table_description(cursor, table)]
    columns = [name for name in columns if not name.startswith("hrk_")]
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    cursor.execute(f"SELECT {quoted} FROM {connection.ops.quote_name(table)}")
    return sorted((dict(zip(columns, map(repr, row), strict=True)) for row in cursor.fetchall()), key=str)


def models_now(labels: list[str]) -> list[Any]:
    """Return the models of apps as their migrations say now, those that others refer to first."""
    from django.db import connection

    from handrail.execution.project_states import applied_state

    apps = applied_state(connection).apps
    rank = {"Third": 0, "Thing": 1, "A": 2, "B": 3, "Other": 4, "New": 5, "Sub": 6}
    found = [model for label in labels for model in apps.get_app_config(label).get_models(include_auto_created=True)]
    return sorted(found, key=lambda model: (model._meta.auto_created is not False, rank.get(model.__name__, 1)))


def write(models: list[Any], ids: list[int]) -> None:
    """Insert rows into every table; the last of several has NULL wherever that is allowed."""
    from django.db import connection, transaction

    with connection.constraint_checks_disabled(), transaction.atomic():
        for model in models:
            for id in ids:
                row = model(**values(model, id, empty=id == ids[-1]))
                row.save(force_insert=True)


def change(models: list[Any], id: int) -> None:
    """Change the numbers and texts of one row in every table."""
    for model in models:
        for row in model._base_manager.filter(pk=id):
            for field in model._meta.local_concrete_fields:
                old = getattr(row, field.attname)
                if field.get_internal_type() == "IntegerField" and old is not None and field.name != "_order":
                    setattr(row, field.attname, old + 1)
                elif field.get_internal_type() == "CharField" and field.name != "n" and old is not None:
                    setattr(row, field.attname, f"{old}!")
            row.save(force_update=True)


def values(model: Any, id: int, *, empty: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        kind = field.get_internal_type()
        if kind in ("GeneratedField", "OrderWrt") or field.name == "_order":
            continue
        if field.null and empty:
            found[field.attname] = None
        elif field.primary_key or field.is_relation:
            found[field.attname] = id if field.primary_key or field.unique or id > 3 else 4 - id
        else:
            found[field.attname] = value(field, kind, id)
    return found


def value(field: Any, kind: str, id: int) -> Any:
    made: dict[str, Any] = {
        "CharField": str(id) if field.name == "n" else f"{field.name[:4]}{id}",
        "TextField": f"{field.name} {id}\n'%s'",
        "DecimalField": decimal.Decimal(id) + decimal.Decimal("0.25"),
        "DateTimeField": datetime.datetime(2020, 2, id % 28 + 1, 23, 30, 1, 5, tzinfo=datetime.UTC),
        "DateField": datetime.date(2020, 2, id % 28 + 1),
        "BinaryField": bytes([id, 0, 255]),
        "UUIDField": uuid.UUID(int=id),
        "SearchVectorField": f"'word{id}':{id}",
        "JSONField": {"id": id, "list": [1.5, None, "é"]},
    }
    return made.get(kind, id * 10)


def manage(*words: str) -> str:
    """Run a command of manage.py, and return what it says on standard error."""
    from django.core.management import call_command

    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            call_command(*words)
        except SystemExit:
            raise RuntimeError(said.getvalue()) from None
    return said.getvalue()


def forget_modules(labels: list[str]) -> None:
    """Let the loader find the files that have come since."""
    importlib.invalidate_caches()
    for name in [each for each in sys.modules if each.partition(".")[0] in labels]:
        del sys.modules[name]


def trips(labels: list[str], more: dict[str, str]) -> dict[str, Any]:
    """Take all apps through it at once. more: the files of the second migrations, by path."""
    seen: dict[str, Any] = {"said": {}}
    manage("migrate", "--verbosity", "0")
    write(models_now(labels), [1, 2, 3])
    for label in labels:
        precise(label)
    seen["before"] = look(labels)
    manage("handrail", "tag", "before")
    for path, text in more.items():
        Path(path).write_text(text)
    forget_modules(labels)
    seen["said"]["up"] = manage("migrate", "--verbosity", "0")
    models = models_now(labels)
    write(models, [11, 12])
    change(models, 2)
    seen["up"] = look(labels)
    seen["said"]["down"] = manage("handrail", "rollback", "--to-tag", "before", "--yes")
    seen["down"] = look(labels)
    seen["said"]["again"] = manage("migrate", "--verbosity", "0")
    seen["again"] = look(labels)
    return seen


def precise(label: str) -> None:
    """Give the numbers all their decimal places."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {label}_other SET amount = amount + 0.0045")


if __name__ == "__main__":
    django.setup()
    asked = json.load(sys.stdin)
    json.dump(trips(asked["labels"], asked["more"]), sys.stdout)
