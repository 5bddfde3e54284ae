"""Real projects: ``migrate`` with Handrail against plain Django's, from an empty database and with nothing to do, on SQLite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from bench import table
from bench.measure import Command, MeasureError, alternate
from tools import projects
from tools.environment import ROOT, EnvironmentNotMadeError

PROJECTS = ("djcontrib", "helpdesk", "wagtail")
ROUNDS = {"from zero": 3, "nothing to do": 5}
HEAD = ("project", "what", "Django", "Handrail", "of Django's processor time")
SETTINGS = """\
from settings import *
ROOT_URLCONF = "no_urls"
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E408", "admin.E409", "admin.E410"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": {name!r}}}}}
INSTALLED_APPS = [{first}*INSTALLED_APPS]
"""


def report(scratch: Path) -> Iterator[str]:
    """Yield the lines of this part; a project that cannot be had is named in a line instead of a row."""
    yield "Real projects: manage.py migrate, plain and with Handrail, seconds of the processor, SQLite"
    rows: list[list[str]] = []
    left_out: list[str] = []
    for name in PROJECTS:
        try:
            rows += rows_of(name, scratch / name)
        except (EnvironmentNotMadeError, MeasureError) as failure:
            left_out.append(f"{name}: not measured: {str(failure).splitlines()[-1]}")
    yield from table.lines(HEAD, rows)
    yield from left_out


def rows_of(name: str, scratch: Path) -> Iterator[list[str]]:
    """Measure one project: from zero each time, and again and again on a database that is up to date."""
    python = projects.python_of(name)
    scratch.mkdir()
    (scratch / "no_urls.py").write_text("urlpatterns = []\n")
    for what, rounds in ROUNDS.items():
        commands = [command(name, python, scratch, kind, empty=what == "from zero") for kind in ("plain", "handrail")]
        plain, ours = (cost.processor for cost in alternate(commands, rounds))
        yield [name, what, table.seconds(plain), table.seconds(ours), f"{ours / plain:.2f}"]


def command(name: str, python: Path, scratch: Path, kind: str, *, empty: bool) -> Command:
    """Return migrate with settings of its own. kind: plain or handrail. empty: whether it begins with no database each time."""
    folder, database = projects.PROJECTS / name, scratch / f"{kind}.sqlite3"
    text = SETTINGS.format(name=str(database), first='"handrail", ' if kind == "handrail" else "")
    (scratch / f"settings_{kind}.py").write_text(text)
    places = [scratch, folder, folder.parent, ROOT / "src", reader_of_sql(scratch)]  # the same for both: each place costs a look
    variables = {"DJANGO_SETTINGS_MODULE": f"settings_{kind}", "PYTHONPATH": os.pathsep.join(map(str, places))}

    def forget() -> None:
        database.unlink(missing_ok=True)

    return Command(
        words=[python, "-m", "django", "migrate", "--verbosity", "0"],
        cwd=scratch,
        variables=variables,
        before=forget if empty else None,
    )


def reader_of_sql(scratch: Path) -> Path:
    """Return a folder with sqlglot, and nothing else, for environments that have what a project asks for but Handrail's own."""
    folder = scratch / "packages"
    folder.mkdir(exist_ok=True)
    spec = find_spec("sqlglot")
    if spec is None or spec.origin is None:
        raise MeasureError("sqlglot is not installed for this Python")
    if not (folder / "sqlglot").exists():
        (folder / "sqlglot").symlink_to(Path(spec.origin).parent)
    return folder
