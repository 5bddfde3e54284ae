"""The plan of a rollback of NetBox, ten migrations back, against django.setup() of the same project, on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bench import table
from bench.measure import Command, MeasureError, alternate, measure
from bench.servers import on_servers
from tests.projects.redis_server import redis_server
from tests.servers import postgresql
from tests.servers.base import Database, make
from tests.servers.plugin import get_server
from tools import projects
from tools.environment import ROOT, EnvironmentNotMadeError

PROJECT, STEPS, ROUNDS = "netbox", 10, 3
HEAD = ("database", "django.setup()", "plan", "of django.setup()")
HEADLINE = f"handrail rollback --dry-run: NetBox with rows, {STEPS} of its migrations back, seconds of the processor"
COLLATIONS = "SELECT 1 FROM pg_collation WHERE collprovider = 'i' AND collname <> 'unicode'"
"""NetBox makes a collation of ICU (circuits.0043), which not every build of PostgreSQL has."""
SETTINGS = """\
from settings import *
ROOT_URLCONF = "no_urls"
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E408", "admin.E409", "admin.E410"]
DATABASES = {{"default": {database!r}}}
INSTALLED_APPS = ["handrail", *INSTALLED_APPS]
"""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; what cannot be had is named in a line instead of a row."""
    yield HEADLINE
    servers = [f"postgresql{version}" for version in sorted(postgresql.distribution_versions())]
    try:
        python = projects.python_of(PROJECT)
    except EnvironmentNotMadeError as failure:
        yield f"{PROJECT}: not measured: {str(failure).splitlines()[-1]}"
        return
    with redis_server(scratch):
        yield from on_servers(servers, HEAD, scratch, lambda name, folder: rows_of(name, folder / name, python))


def rows_of(name: str, folder: Path, python: Path) -> list[list[str]]:
    """Migrate and fill a database with NetBox, and measure the plan on it."""
    made: list[Database] = []
    server = get_server(name)
    database = make(server, made.append)
    try:
        if not database.query(COLLATIONS):
            raise MeasureError(f"it was built without what {PROJECT} needs")
        variables = write(folder, database)

        def command(*words: str | Path, codes: tuple[int, ...] = (0,)) -> Command:
            return Command(words=[python, *words], cwd=folder, variables=variables, codes=codes)

        measure(command("-m", "django", "migrate", "--verbosity", "0"))
        measure(command(projects.PROJECTS / "seed.py", str(STEPS)))
        setup = command("-c", "import django; django.setup()")
        # 2: it is refused there and then for a column that has no values to come back, and the work is the same.
        plan = command("-m", "django", "handrail", "rollback", "--to-tag", f"before-{STEPS}", "--dry-run", codes=(0, 2))
        started, planned = (cost.processor for cost in alternate([setup, plan], ROUNDS))
    finally:
        server.drop(database.name)
    return [[name, table.seconds(started), table.seconds(planned), table.times(planned / started)]]


def write(folder: Path, database: Database) -> dict[str, str]:
    """Write what the project is started with, and return the environment's variables."""
    folder.mkdir()
    (folder / "no_urls.py").write_text("urlpatterns = []\n")
    (folder / "plan_settings.py").write_text(SETTINGS.format(database=database.settings))
    places = [folder, projects.PROJECTS / PROJECT, projects.PROJECTS, ROOT / "src", ROOT, projects.packages_beside()]
    return {"DJANGO_SETTINGS_MODULE": "plan_settings", "PYTHONPATH": os.pathsep.join(map(str, places))}
