"""A data migration that updates a million rows at once: with its rows logged, without, and with plain Django; and taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import table
from bench.servers import on_servers
from bench.stall import SETTINGS, migrate
from tests.servers.base import Database, make
from tests.servers.plugin import get_server

SERVERS = ("sqlite", "postgresql18", "mariadb")
ROWS = 1_000_000
TURNS = 3
HEAD = ("database", "plain Django", "Handrail", "not logged", "ratio", "taken back")
FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Thing", [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=50)),
        ("n", models.IntegerField(db_index=True)),
        ("x", models.CharField(max_length=20)),
    ])]
"""
SECOND = """\
from django.db import migrations
from django.db.models import F


def forwards(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.update(n=F("n") + 1)


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
"""
MANY = {
    "sqlite": "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {rows})",
    "postgresql": "WITH s(i) AS (SELECT generate_series(1, {rows}))",
    "mysql": "WITH s AS (SELECT seq AS i FROM seq_1_to_{rows})",
}
NAMES = {"sqlite": "'name ' || i", "postgresql": "'name ' || i", "mysql": "concat('name ', i)"}


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; a server that cannot be had is named in a line instead of its rows."""
    what = f"A data migration that updates {ROWS:,} rows at once: the time of migrate, and of migrate back by the log"
    yield f"{what}; the best of {TURNS}, in turns"
    yield from on_servers(SERVERS, HEAD, scratch, lambda name, scratch: [row_of(name, scratch)])


def row_of(name: str, scratch: Path) -> list[str]:
    """Measure one database. ratio: logged to not logged."""
    plain, logged, unlogged, back = [], [], [], []
    for turn in range(TURNS):
        folder = scratch / f"{name}{turn}"
        plain.append(measure(name, folder / "plain", [])[0])
        unlogged.append(measure(name, folder / "unlogged", ["handrail"], keep=False)[0])
        found = measure(name, folder / "logged", ["handrail"])
        logged.append(found[0])
        back.append(found[1])
    figures = [min(each) for each in (plain, logged, unlogged, back)]
    ratio = f"{figures[1] / figures[2]:.2f}x"
    return [name, *map(table.seconds, figures[:3]), ratio, table.seconds(figures[3])]


def measure(name: str, folder: Path, apps: list[str], *, keep: bool = True) -> tuple[float, float]:
    """Return the seconds of migrate, and of migrate back."""
    made: list[Database] = []
    server = get_server(name)
    database = make(server, made.append)
    try:
        write(folder, database, [*apps, "shop"], keep=keep)
        migrate(folder, "0001").check()
        fill(database)
        return timed(lambda: migrate(folder, "0002").check()), timed(lambda: migrate(folder, "0001").check())
    finally:
        server.drop(database.name)


def fill(database: Database) -> None:
    """Make the rows."""
    series, name = MANY[database.vendor].format(rows=ROWS), NAMES[database.vendor]
    into, select = "INSERT INTO shop_thing (name, n, x)", f"SELECT {name}, i, 'x' FROM s"
    database.query(f"{into} {series} {select}" if database.vendor == "mysql" else f"{series} {into} {select}")


def timed(run: Callable[[], None]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def write(folder: Path, database: Database, apps: list[str], *, keep: bool) -> None:
    """Write the project. keep: whether Handrail keeps what is changed."""
    package = folder / "shop" / "migrations"
    package.mkdir(parents=True)
    (folder / "shop" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "0001_initial.py").write_text(FIRST)
    (package / "0002_p.py").write_text(SECOND if keep else f"{SECOND}    handrail_keep = False\n")
    (folder / "stall_settings.py").write_text(SETTINGS.format(settings=database.settings, apps=apps))
