"""What handrail rollback is told: which rows get what, what becomes of rows that were changed since, and names that are typed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.git_sandbox import SETTINGS
from tests.servers.base import Database

FIRST = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9)), ("n", models.IntegerField(default=0)),
    ("req", models.IntegerField()), ("u", models.IntegerField(unique=True)), ("maybe", models.IntegerField(null=True)),
]),
"""
SECOND = """
migrations.RunPython(change),
migrations.RemoveField("Thing", "req"),
migrations.RemoveField("Thing", "u"),
migrations.RemoveField("Thing", "maybe"),
"""
CODE = """
def change(apps, editor):
    apps.get_model("shop", "Thing").objects.update(n=9)
"""
POST = """
migrations.CreateModel("Post", [("id", models.BigAutoField(primary_key=True)), ("t", models.ForeignKey("shop.Thing", models.CASCADE))]),
"""
FILL = ("--fill", "shop_thing.req=5", "--fill", "shop_thing.u=3")
BACK = ("shop", "0001", "--also", "blog")


def begin(path: Path, database: Database) -> LiveProject:
    """Make a project with rows of before and after the second migration, on which another app depends."""
    files = {
        "shop/models.py": "",
        "blog/models.py": "",
        "shop.0001_initial": migration(FIRST),
        "shop.0002_step": migration(SECOND, ("shop", "0001_initial"), code=CODE),
        "blog.0001_initial": migration(POST, ("shop", "0002_step")),
    }
    project = LiveProject.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop", "blog"])
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (name, n, req, u) VALUES ('a', 1, 1, 1), ('b', 2, 2, 2)")
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n) VALUES ('c', 3)")
    project.query("UPDATE shop_thing SET n = 50 WHERE name = 'a'")
    project.query("INSERT INTO blog_post (t_id) VALUES (1)")
    return project


def rows(project: LiveProject, columns: str = "name, n") -> list[tuple[Any, ...]]:
    return project.query(f"SELECT {columns} FROM shop_thing ORDER BY name")


def refused(project: LiveProject, *words: str) -> str:
    """Roll back, which has to be refused before the first statement; return the finding as one line."""
    before = rows(project), project.schema(), project.recorded("shop"), project.recorded("blog")
    done = project.run("-m", "handrail", "rollback", *BACK, "--yes", *words)
    assert done.exit == 2, done.out + done.err
    assert (rows(project), project.schema(), project.recorded("shop"), project.recorded("blog")) == before
    return " ".join((done.err or done.out).partition("\n\n")[0].split())


def test_rows_get_what_is_said(tmp_path: Path, database: Database):
    project = begin(tmp_path, database)
    usage = 'error[HR001]: usage: "{}" is no value for shop_thing.req: {} next: handrail rollback --help'
    assert refused(project, "--fill", "shop_thing.req=x") == usage.format("x", "“x” value must be an integer")
    none = "error[HR001]: usage: --fill {}: {} help: it takes shop_thing.req, shop_thing.u next: handrail rollback --help"
    for name, why in (
        ("shop_thing.name", "this plan gives it no values"),
        ("shop_thing.maybe", "it may be NULL, and rows that came since get that"),
    ):
        assert refused(project, *FILL, "--fill", f"{name}=5") == none.format(name, why)
    since = "error[HR503]: no-value: shop_thing.{} NOT NULL without default, 1 row note: the rows that were inserted since have no value for it"
    help = "help: say what they get: --fill shop_thing.{}=value next: handrail explain HR503"
    assert refused(project, *FILL[:2]) == f"{since.format('u')} {help.format('u')}"
    taken = "note: it is unique, and another row has the value that --fill says"
    assert refused(project, *FILL[:2], "--fill", "shop_thing.u=2") == f"{since.format('u')} {taken} {help.format('u')}"
    project.query("INSERT INTO shop_thing (name, n) VALUES ('d', 4)")
    several = (
        "error[HR503]: no-value: shop_thing.u NOT NULL without default, 2 rows note: the rows that were inserted since have no value for it"
        " note: it is unique, and --fill is one value for all rows note: shop_thing id 3, 4"
        " help: delete these rows where they do not matter, or choose a target that leaves the migration applied next: handrail explain HR503"
    )
    assert refused(project, *FILL) == several
    project.query("DELETE FROM shop_thing WHERE name = 'd'")
    changed = (
        "error[HR602]: restore-conflict: 1 row of shop_thing was changed since note: shop_thing id 1: n before 1, after 9, now 50 "
        "help: say with --changed-rows what becomes of them: keep leaves them as they are, restore gives them what is kept "
        "next: handrail explain HR602"
    )
    assert refused(project, *FILL, "--changed-rows", "stop") == changed
    for policy, back, again in (("keep", 50, 70), ("restore", 51, 80)):
        done = project.run("-m", "handrail", "rollback", *BACK, "--yes", *FILL, "--changed-rows", policy)
        assert done.exit == 0, done.out + done.err
        assert rows(project, "name, n, req, u") == [("a", back, 1, 1), ("b", 2, 2, 2), ("c", 3, 5, 3)]
        project.query("UPDATE shop_thing SET n = n + 1 WHERE name = 'a'")
        project.migrate()
        assert rows(project) == [("a", 9), ("b", 9), ("c", 9)]
        assert project.query("SELECT t_id FROM blog_post") == [(1,)]
        project.query(f"UPDATE shop_thing SET n = {again} WHERE name = 'a'")
    done = project.run("-m", "handrail", "rollback", *BACK, "--yes", *FILL)
    assert "\n1 row of shop_thing was changed since, and stays as it is\n" in done.out + done.err
    assert rows(project) == [("a", 80), ("b", 2), ("c", 3)]
    project.migrate()
    assert rows(project) == [("a", 80), ("b", 9), ("c", 9)]


def typing(project: LiveProject, text: str, *words: str) -> tuple[int, str]:
    """Roll back at a terminal on which somebody types; return the exit code and all that is said as one line."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb", buffering=0) as keyboard, os.fdopen(theirs, "r") as stream:
        keyboard.write(text.encode())
        done = subprocess.run(
            [sys.executable, "-B", "-m", "handrail", "rollback", *words],
            cwd=project.path,
            env={**os.environ, **SETTINGS},
            stdin=stream,
            capture_output=True,
            text=True,
            check=False,
        )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_names_of_other_apps_and_of_apps_with_many_rows_are_typed(tmp_path: Path, sqlite_database: Database):
    project = begin(tmp_path, sqlite_database)
    exit, said = typing(project, "yes\n", *BACK[:2], *FILL)
    assert exit == 2
    assert "Do this? Type blog to go on: " in said
    assert "error[HR003]: not-confirmed: handrail rollback changed nothing (the answer was not blog)" in said
    assert project.recorded("blog") == ["0001_initial"]
    exit, said = typing(project, "blog\n", *BACK[:2], *FILL)
    assert (exit, project.recorded("blog"), project.recorded("shop")) == (0, [], ["0001_initial"]), said
    project.migrate("shop")
    numbers = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 10001)"
    (project.path / "shop" / "migrations" / "0003_more.py").write_text(
        migration('migrations.AddField("Thing", "more", models.IntegerField(null=True)),', ("shop", "0002_step"))
    )
    project.migrate("shop")
    project.query(f"{numbers} INSERT INTO shop_thing (name, n, more) SELECT x, x, x FROM c")
    exit, said = typing(project, "y\n", "shop", "0002")
    assert (exit, project.recorded("shop")[-1]) == (2, "0003_more")
    assert "the answer was not shop" in said
    assert "shop.0003_more kept > 10000 shop_thing.more is set aside" in said
    assert typing(project, "shop\n", "shop", "0002")[0] == 0
    assert project.recorded("shop")[-1] == "0002_step"


def test_a_target_that_is_gone_is_said_before_anything_is_taken_back(tmp_path: Path, database: Database):
    first = """
    migrations.CreateModel("Owner", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("o", models.ForeignKey("Owner", models.CASCADE))]),
    migrations.CreateModel("Old", [("id", models.BigAutoField(primary_key=True)), ("o", models.ForeignKey("Owner", models.CASCADE))]),
    """
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(first),
        "shop.0002_a": migration(
            'migrations.RemoveField("Thing", "o"),\nmigrations.DeleteModel("Old"),', ("shop", "0001_initial")
        ),
        "shop.0003_b": migration('migrations.AddField("Thing", "n", models.IntegerField(null=True)),', ("shop", "0002_a")),
    }
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_owner (id) VALUES (1), (2), (3)")
    project.query("INSERT INTO shop_thing (o_id) VALUES (1), (2)")
    project.query("INSERT INTO shop_old (o_id) VALUES (3)")
    project.migrate()
    project.query("DELETE FROM shop_owner WHERE id > 1")
    message = "HR602: restore-conflict: 1 row of shop_{} was left without their rows of shop_owner (o_id)"
    assert project.handrail("rollback", "shop", "0001", "--yes", exit=2).messages == [
        message.format("old"),
        message.format("thing"),
    ]
    assert project.recorded() == ["0001_initial", "0002_a", "0003_b"]
    project.query("INSERT INTO shop_owner (id) VALUES (2), (3)")
    project.handrail("rollback", "shop", "0001", "--yes")
    assert project.query("SELECT id, o_id FROM shop_thing ORDER BY id") == [(1, 1), (2, 2)]
    assert project.query("SELECT o_id FROM shop_old") == [(3,)]


LONG = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("code", models.IntegerField(unique=True)), ("req", models.IntegerField()),
]),
"""
LONG_CODE = """
from django.db.models import F

def far(apps, editor):
    apps.get_model("shop", "Thing").objects.update(code=F("code") + 1000000)

def more(apps, editor):
    apps.get_model("shop", "Thing").objects.create(code=-1)
    apps.get_model("shop", "Thing").objects.create(code=-2)
"""


def test_rows_that_go_ask_for_nothing_and_long_logs_are_looked_at_first(tmp_path: Path, database: Database):
    files = {
        "shop/models.py": "",
        "shop.0001_initial": migration(LONG),
        "shop.0002_far": migration("migrations.RunPython(far),", ("shop", "0001_initial"), code=LONG_CODE),
        "shop.0003_drop": migration('migrations.RemoveField("Thing", "req"),', ("shop", "0002_far")),
        "shop.0004_more": migration("migrations.RunPython(more),", ("shop", "0003_drop"), code=LONG_CODE),
    }
    project = LiveProject.begin(tmp_path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    project.migrate("shop", "0001")
    values = ", ".join(f"({number}, {number})" for number in range(10_001))
    project.query(f"INSERT INTO shop_thing (code, req) VALUES {values}")
    project.migrate()
    project.query("UPDATE shop_thing SET code = -3 WHERE code = -2")
    stays = project.handrail("rollback", "shop", "0002", "--yes", exit=2)
    assert stays.messages == ["HR503: no-value: shop_thing.req NOT NULL without default, 1 row"]
    project.query("UPDATE shop_thing SET code = -2 WHERE code = -3")
    project.handrail("rollback", "shop", "0002", "--yes")
    assert project.query("SELECT count(*), min(code), sum(req) FROM shop_thing") == [(10_001, 1_000_000, 50_005_000)]
    project.query("INSERT INTO shop_thing (code, req) VALUES (7, 7)")
    taken = project.handrail("rollback", "shop", "0001", "--dry-run", exit=2)
    assert taken.messages == ["HR602: restore-conflict: 1 row of shop_thing was not brought back: another row has its code"]
