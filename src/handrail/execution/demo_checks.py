"""What the demo looks at afterwards, without Handrail: Django's own graph, and the databases themselves."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from handrail.execution.demo_stage import BrokenPromiseError, Stage

LEAVES = """\
import json, os
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.db.migrations.loader import MigrationLoader
print(json.dumps(sorted(MigrationLoader(None).graph.leaf_nodes())))
"""
FACTS = {
    "columns": "SELECT name, type, [notnull], dflt_value, pk, hidden FROM pragma_table_xinfo(?)",
    "indexes": "SELECT l.name, l.[unique], l.partial, i.seqno, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i",
    "foreign keys": "SELECT [from], [table], [to], on_update, on_delete FROM pragma_foreign_key_list(?)",
}


def leaf_nodes(stage: Stage) -> list[tuple[str, str]]:
    """Return the leaf nodes of the graph that Django itself builds, as (app label, name), sorted."""
    found: list[tuple[str, str]] = [(app, name) for app, name in json.loads(stage.run("python", "-c", LEAVES, quiet=True))]
    return found


def schema(path: Path) -> dict[str, object]:
    """Return the columns, indexes and foreign keys of every table of an SQLite database, without their order.

    The order of columns follows the order in which migrations ran and means nothing to Django (PRAGMA statements, SQLite 3.35).
    """
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        tables = sorted(name for (name,) in names)
        return {
            table: {kind: sorted(connection.execute(query, [table]), key=repr) for kind, query in FACTS.items()}
            for table in tables
        }


def recorded(path: Path) -> set[tuple[str, str]]:
    """Return the migrations that a database has recorded as applied, as (app label, name)."""
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT app, name FROM django_migrations"))


def rows(path: Path, table: str, columns: str) -> list[tuple[object, ...]]:
    """Return some columns of all rows of a table."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY id").fetchall()


def promise(stage: Stage, kept: bool, sentence: str) -> None:
    """Say that a promise is kept, or raise BrokenPromiseError with its sentence."""
    if not kept:
        raise BrokenPromiseError(f"not as promised: {sentence}")
    stage.say(f"as promised: {sentence}")


def check_files(stage: Stage) -> None:
    """Check that Django finds one leaf node in each app."""
    leaves = leaf_nodes(stage)
    names = ", ".join(f"{app}.{name}" for app, name in leaves)
    promise(stage, len({app for app, _ in leaves}) == len(leaves), f"one leaf node in each app: {names}")


def check_databases(stage: Stage, first: str, second: str) -> None:
    """Check that two databases have come to one schema and one history."""
    one, two = stage.root / first, stage.root / second
    promise(stage, schema(one) == schema(two), f"{first} and {second} have the same schema ({len(schema(one))} tables)")
    promise(stage, recorded(one) == recorded(two), f"{first} and {second} have the same {len(recorded(one))} migrations recorded")
