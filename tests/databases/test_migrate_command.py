"""Every option of Django's migrate, with Handrail and without it: the same output, exit codes, signals, records and tables.

Each test runs the same lines in two projects that differ in nothing but "handrail" in INSTALLED_APPS, each with a database of its own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
]),
"""
FILL = "migrations.RunPython(fill, migrations.RunPython.noop),"
FILLING = """
def fill(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.using(schema_editor.connection.alias).create(name="one")
"""
ADD = 'migrations.AddField("Thing", "n", models.IntegerField(default=3)),'
LINK = """
migrations.CreateModel("Link", [
    ("id", models.BigAutoField(primary_key=True)),
    ("thing", models.ForeignKey("shop.Thing", models.CASCADE)),
]),
"""
MODELS = """
from django.db import models


class Thing(models.Model):
    name = models.CharField(max_length=50)
    n = models.IntegerField(default=3)
"""
LINKS = """
from django.db import models


class Link(models.Model):
    thing = models.ForeignKey("shop.Thing", models.CASCADE)
"""
FILES = {
    "shop.0001_initial": migration(FIRST).replace("    operations", "    initial = True\n    operations"),
    "shop.0002_fill": migration(FILL, ("shop", "0001_initial"), code=FILLING),
    "shop.0003_n": migration(ADD, ("shop", "0002_fill")),
    "links.0001_initial": migration(LINK, ("shop", "0003_n")),
    "shop/models.py": MODELS,
    "links/models.py": LINKS,
    "bare/__init__.py": "",
    "bare/models.py": MODELS.replace("Thing", "Bare"),
}
PROGRAM = """
import contextlib, io, json, re, sys
import django
django.setup()
from django.core.management import ManagementUtility
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate

sent = []
def note(name):
    def receive(sender, **kept):
        state = sorted(f"{model._meta.label}: {[field.name for field in model._meta.fields]}" for model in kept["apps"].get_models())
        plan = [[str(migration), backwards] for migration, backwards in kept["plan"]]
        rest = [kept["verbosity"], kept["interactive"], kept["using"], kept["stdout"] is not None, sorted(kept)]
        sent.append([name, sender.label, state, plan, rest])
    return receive
receivers = [note("pre_migrate"), note("post_migrate")]
pre_migrate.connect(receivers[0], weak=False)
post_migrate.connect(receivers[1], weak=False)

answers = []
for words in json.loads(sys.argv[1]):
    sent.clear()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            ManagementUtility(["manage.py", *words]).execute()
            code = 0
        except SystemExit as end:
            code = end.code
        except BaseException as error:
            code = f"{type(error).__name__}: {error}"
    tables = {}
    for alias in connections:
        with connections[alias].cursor() as cursor:
            names = sorted(connections[alias].introspection.table_names(cursor))
            described = connections[alias].introspection.get_table_description
            own = ("handrail_", "hrk_")
            tables[alias] = {
                name: [c.name for c in described(cursor, name) if not c.name.startswith(own)]
                for name in names
                if not name.startswith(own)
            }
            recorded = []
            if "django_migrations" in names:
                cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
                recorded = cursor.fetchall()
        connections[alias].close()
        tables[alias + " recorded"] = [list(row) for row in recorded]
    answers.append({"words": words, "exit": code, "out": re.sub(r"[(][0-9.]+s[)]", "(TIME)", out.getvalue()), "err": err.getvalue(), "sent": list(sent), "tables": tables})
print(json.dumps(answers))
"""
APPS = ["django.contrib.contenttypes", "django.contrib.auth", "shop", "links", "bare"]


def begin(path: Path, databases: Database | dict[str, Database], apps: Sequence[str], **more: object) -> LiveProject:
    path.mkdir(exist_ok=True)
    made = LiveProject.begin(path / "project", databases, FILES)
    made.settings(apps, **more)
    return made


@pytest.fixture
def pair(database: Database, tmp_path: Path) -> list[LiveProject]:
    """The project without and with Handrail."""
    return twins(tmp_path, database)


def twins(path: Path, database: Database, **more: object) -> list[LiveProject]:
    plain = begin(path / "plain", {"default": database.fresh(), "other": database.fresh()}, APPS, **more)
    ours = begin(path / "ours", {"default": database.fresh(), "other": database.fresh()}, ["handrail", *APPS], **more)
    return [plain, ours]


def run(project: LiveProject, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Run lines of the command line one after the other in one process."""
    done = project.run("-c", PROGRAM, json.dumps([line.split() for line in lines]), DJANGO_SETTINGS_MODULE="project_settings")
    assert done.exit == 0, done.err
    found: list[dict[str, Any]] = json.loads(done.out)
    return found


def own_words(part: str, found: Any) -> Any:
    """Return what a command said without what Handrail tells of what a reverse leaves (E24b, E44), and of code applied again."""
    lines = "" if part != "err" else found.splitlines(keepends=True)
    told = ("warning[HR206]: in-schema-not-recorded: ", "  note: shop_", "info[HR514]: stale-content-types: ")
    ours = [line for line in lines if line.startswith(told) or " is not run again: " in line]
    return "".join(line for line in lines if line not in ours) if part == "err" else found


FAKED_AWAY = "migrate shop zero --fake --no-color"
"""What ends with 1, as the tables stay (HR206), and with 0 in Django."""


def same(pair: Sequence[LiveProject], *lines: str) -> list[dict[str, Any]]:
    """Run lines in both projects, and return what came of them with Handrail after it was found to be the same."""
    plain, ours = (run(project, lines) for project in pair)
    for line, theirs, mine in zip(lines, plain, ours, strict=True):
        theirs |= {"exit": 1} if line == FAKED_AWAY else {}
        for part in ("exit", "out", "err", "sent", "tables"):
            assert own_words(part, mine[part]) == theirs[part], f"{part} of {' '.join(mine['words'])}"
    return ours


def test_forwards_backwards_and_nothing_to_do(pair: list[LiveProject]):
    found = same(
        pair,
        "migrate --no-color",
        "migrate --no-color",
        "migrate shop 0002 --noinput --no-color",
        "migrate shop zero --no-color",
        "migrate links -v 2 --no-color",
        "migrate shop 0002 -v 0 --no-color",
        "migrate --force-color",
    )
    assert [one["exit"] for one in found] == [0] * 7
    assert "  Applying shop.0003_n... OK\n" in found[0]["out"]
    assert "  Unapplying links.0001_initial... OK\n" in found[2]["out"]
    assert {name for name, *_ in found[0]["sent"]} == {"pre_migrate", "post_migrate"}
    assert found[3]["tables"]["other"] == {}
    (runs,) = pair[1].query("SELECT count(*) FROM handrail_run")[0]
    assert runs == 6


def test_what_only_looks_leaves_nothing_behind(pair: list[LiveProject]):
    found = same(
        pair,
        "migrate --plan --no-color",
        "migrate --check",
        "migrate --plan --check --no-color",
        "migrate shop 0001 --plan --no-color",
    )
    assert [one["exit"] for one in found] == [0, 1, 1, 0]
    assert "shop.0003_n\n    Add field n to Thing\n" in found[0]["out"]
    assert found[-1]["tables"]["default"] == {}
    with pytest.raises(Exception, match="handrail_run"):
        pair[1].query("SELECT count(*) FROM handrail_run")
    found = same(pair, "migrate -v 0", "migrate --check", "migrate shop zero --plan --no-color")
    assert [one["exit"] for one in found] == [0, 0, 0]
    assert found[-1]["out"].startswith("Planned operations:\nlinks.0001_initial\n    Undo Create model Link\n")
    assert pair[1].query("SELECT count(*) FROM handrail_run") == [(1,)]


def test_fake_and_fake_initial(pair: list[LiveProject]):
    found = same(
        pair,
        "migrate shop 0001 --no-color",
        FAKED_AWAY,
        "migrate shop 0001 --fake-initial --no-color",
        "migrate shop 0003 --fake --no-color",
        "migrate shop 0001 --fake --no-color",
        "migrate shop 0002 --no-color",
    )
    assert [one["exit"] for one in found] == [0, 1, 0, 0, 0, 0]
    assert "  Unapplying shop.0001_initial... FAKED\n" in found[1]["out"]
    assert "  Applying shop.0001_initial... FAKED\n" in found[2]["out"]
    assert found[-1]["tables"]["default"]["shop_thing"] == ["id", "name"]
    assert pair[1].query("SELECT count(*) FROM shop_thing") == [(1,)]


def test_prune(pair: list[LiveProject]):
    same(pair, "migrate -v 0")
    for project in pair:
        project.place("links.0001_initial").unlink()
    found = same(pair, "migrate --prune", "migrate links --prune --no-color", "migrate links --prune --no-color")
    assert found[0]["err"] == "CommandError: Migrations can be pruned only when an app is specified.\n"
    assert [one["exit"] for one in found] == [1, 0, 0]
    assert [one["out"] for one in found[1:]] == [
        "Pruning migrations:\n  Pruning links.0001_initial OK\n",
        "Pruning migrations:\n  No migrations to prune.\n",
    ]
    assert pair[1].query("SELECT command FROM handrail_run") == [("migrate",), ("migrate links --prune",)]


def test_run_syncdb(pair: list[LiveProject]):
    found = same(pair, "migrate --run-syncdb --no-color", "migrate bare --run-syncdb --no-color", "migrate shop --run-syncdb")
    assert "Synchronize unmigrated apps: bare\n" in found[0]["out"]
    assert found[0]["tables"]["default"]["bare_bare"] == ["id", "name", "n"]
    assert found[2]["err"] == "CommandError: Can't use run_syncdb with app 'shop' as it has migrations.\n"


def test_another_database(pair: list[LiveProject]):
    found = same(pair, "migrate --database other --no-color", "migrate shop zero --database other --no-color")
    assert found[0]["tables"]["default"] == {}
    assert found[0]["tables"]["other"]["shop_thing"] == ["id", "name", "n"]
    assert pair[1].query("SELECT status FROM handrail_run", "other") == [("done",), ("done",)]


def test_mistakes_end_with_the_same_words(pair: list[LiveProject]):
    found = same(
        pair,
        "migrate nothing",
        "migrate bare",
        "migrate shop 000",
        "migrate shop 0009",
    )
    assert [one["err"] for one in found] == [
        "CommandError: No installed app with label 'nothing'.\n",
        "CommandError: App 'bare' does not have migrations.\n",
        "CommandError: More than one migration matches '000' in app 'shop'. Please be more specific.\n",
        "CommandError: Cannot find a migration matching '0009' from app 'shop'.\n",
    ]
    assert [one["exit"] for one in found] == [1, 1, 1, 1]
    unknown = [run(project, ["migrate --database nowhere"])[0] for project in pair]
    assert [one["exit"] for one in unknown] == [2, 2]
    assert len({one["err"].splitlines()[-1] for one in unknown}) == 1


def test_an_error_of_a_migration_is_the_same_error(pair: list[LiveProject]):
    broken = migration("migrations.RunPython(fail),", ("shop", "0003_n"), code="def fail(apps, editor):\n    {}['no such key']\n")
    for project in pair:
        project.put({"shop.0004_broken": broken})
    plain, ours = (run(project, ["migrate --no-color"])[0] for project in pair)
    assert ours["exit"] == plain["exit"] == "KeyError: 'no such key'"
    assert [ours[part] for part in ("out", "sent", "tables")] == [plain[part] for part in ("out", "sent", "tables")]
    assert ours["err"] == "run 1: 18 done, shop.0004_broken failed, and nothing of it is left\n"


COLLECTOR = """
import atexit, gc
from django.apps import AppConfig

class Bare(AppConfig):
    name = "bare"

    def ready(self):
        atexit.register(lambda: print("at exit", gc.get_threshold() == BEFORE, gc.get_freeze_count() > 10000))

BEFORE = gc.get_threshold()
"""


def test_the_garbage_collector_is_as_it_was_and_has_nothing_to_do_at_exit(sqlite_database: Database, tmp_path: Path):
    """Only where the process ends with the command; what calls the command goes on with its own."""
    made = begin(tmp_path, {"default": sqlite_database}, ["handrail", "shop", "links", "bare"])
    made.put({"bare/apps.py": COLLECTOR})
    assert made.run_anew("manage.py", "migrate", "-v", "0").out == "at exit True True\n"
    call = "import django; django.setup(); from django.core.management import call_command as call; call('migrate', verbosity=0)"
    assert made.run_anew("-c", call, DJANGO_SETTINGS_MODULE="project_settings").out == "at exit True False\n"
