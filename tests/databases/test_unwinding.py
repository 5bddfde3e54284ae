"""What code and SQL did to rows is taken back by the log of them, where a run fails or is stopped, on every database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.databases.stopped_project import Stopped
from tests.git_sandbox import isolate
from tests.servers.base import Database

STEP = """
import os, signal, uuid
from django.db import migrations, models
from django.db.models import F

def stop(when):
    if os.environ.get("STOP") == when:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("FAIL") == when:
        raise ValueError("it fails")

def things(apps):
    return apps.get_model("shop", "Thing").objects

def write(apps, editor):
    things(apps).update(n=F("n") + 1)
    things(apps).create(n=77)

def double(apps, editor):
    things(apps).update(n=F("n") * 2)

def halve(apps, editor):
    stop("halve")
    things(apps).update(n=F("n") / 2)

def name(apps, editor):
    for thing in things(apps).all():
        thing.name = uuid.uuid4().hex
        thing.save()

def unname(apps, editor):
    things(apps).update(name="")

def last(apps, editor):
    stop("last")

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("Thing", "name", models.CharField(max_length=40, default="it's")),
        migrations.AddField("Thing", "p", models.IntegerField(null=True)),
        migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),
        migrations.RunPython(write, atomic=True),
        migrations.RunPython(double, halve, atomic=True),
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RunSQL("UPDATE shop_thing SET n = n + 100 WHERE n < 100")]),
        migrations.RunPython(name, unname, atomic=True),
        migrations.RunPython(last, migrations.RunPython.noop, atomic=True),
    ]
"""
WITHOUT = """
import os
from django.db import migrations, models
from django.db.models import F

def write(apps, editor):
    apps.get_model("shop", "Thing").objects.update(n=F("n") + 1)
    if os.environ.get("DEFINE"):
        editor.connection.cursor().execute("CREATE TABLE shop_made (id integer)")

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(write),
        migrations.RunSQL("UPDATE shop_thing SET n = n * 3"),
        migrations.RunSQL("DROP TABLE shop_old"),
    ]
"""
FAILS = """
from django.db import migrations

def fail(apps, editor):
    raise ValueError("it fails")

class Migration(migrations.Migration):
    dependencies = [("shop", "0002_step")]
    operations = [migrations.RunPython(fail)]
"""
REVERSE = "Raw Python operation: the reverse is not used ({}), but the log of rows"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def there(project: Stopped) -> tuple[list[str], list[int], list[str], list[tuple[str, str]]]:
    """Return the columns of the table and its numbers, the tables, and what is set aside."""
    listed = project.handrail("kept").json["kept"]
    aside = sorted((one["table"], one["column"] or "") for one in listed if one["kind"] != "rows")
    tables = sorted(table for table in project.schema() if table.startswith("shop_"))
    return project.columns, [n for (n,) in project.query("SELECT n FROM shop_thing ORDER BY id")], tables, aside


def values(project: Stopped) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in project.query("SELECT id, n, name, p FROM shop_thing ORDER BY id")]


def test_rows_come_back_by_their_log(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, STEP)
    before = (["id", "n"], [1], ["shop_thing"], [])
    assert there(project) == before

    failed = project.stop(exit=1, FAIL="last")
    assert "run 2: 0 done, shop.0002_step failed, and what was done of it was taken back" in failed.err
    assert there(project) == before

    project.stop(STOP="last")
    assert there(project)[1] == [104, 154]
    project.query("INSERT INTO shop_new (n) VALUES (9)")
    project.query("UPDATE shop_thing SET p = 7 WHERE id = 1")
    project.query("INSERT INTO shop_thing (n, name) VALUES (6, 'it''s')")
    project.recover("--back")
    assert there(project) == (["id", "n"], [1, 3], ["shop_thing"], [("shop_new", ""), ("shop_thing", "p")])

    project.migrate("shop")
    rows = values(project)
    assert [(n, p) for _, n, _, p in rows] == [(104, 7), (108, None), (154, None)]
    assert project.query("SELECT n FROM shop_new") == [(9,)]

    project.stop("0001", STOP="halve")
    assert {name for _, _, name, _ in values(project)} == {""}
    said = project.run("-m", "handrail", "recover", "--back", "--yes")
    assert said.exit == 0, said.err
    assert REVERSE.format("3 rows of shop_thing differ from what they were") in said.err
    assert values(project) == rows

    project.handrail("rollback", "shop", "0001", "--yes")
    assert there(project)[:3] == (["id", "n"], [1, 3], ["shop_thing"])


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_all_or_nothing_takes_code_and_sql_back_by_what_is_kept(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, WITHOUT, {"shop.0003_fails": FAILS})
    project.query("CREATE TABLE shop_old (id integer NOT NULL PRIMARY KEY)")
    project.query("INSERT INTO shop_old VALUES (5)")
    before = (["id", "n"], [1], ["shop_old", "shop_thing"], [])
    assert there(project) == before

    failed = project.run("manage.py", "migrate", "--no-color", "--all-or-nothing")
    assert failed.exit == 1
    assert "ValueError: it fails" in failed.err
    assert (there(project), project.recorded()) == (before, ["0001_initial"])
    assert project.query("SELECT id FROM shop_old") == [(5,)]

    refused = project.run("manage.py", "migrate", "--no-color", "--all-or-nothing", DEFINE="1")
    line = "error[HR409]: all-or-nothing: shop.0002_step cannot be taken back ({}) help:"
    why = "Raw Python operation: its code alters definitions, and has no reverse"
    assert line.format(why) in " ".join(refused.err.split())
    assert (there(project), project.recorded()) == (before, ["0001_initial"])

    project.query("CREATE TABLE shop_keyless (n integer)")
    project.put({"shop.0002_step": WITHOUT.replace("UPDATE shop_thing SET n = n * 3", "INSERT INTO shop_keyless VALUES (1)")})
    refused = project.run("manage.py", "migrate", "--no-color", "--all-or-nothing")
    assert line.format("Raw SQL operation: its SQL has no reverse") in " ".join(refused.err.split())


HALF = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "{before}")]
    operations = [{operation}]
"""
ROWS = (
    'migrations.RunSQL(["UPDATE shop_thing SET n = n + 5", "DELETE FROM shop_thing WHERE n = 6", "UPDATE shop_none SET n = 1"])'
)
INDEXED = 'migrations.AddField("Thing", "q", models.IntegerField(default=5, db_index=True))'


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_half_of_an_operation_is_taken_back_without_what_others_wrote(tmp_path: Path, database: Database):
    project = Stopped.make(tmp_path, database, HALF.format(before="0001_initial", operation=ROWS))
    project.query("INSERT INTO shop_thing (n) VALUES (2), (3)")
    failed = project.stop(exit=1)
    assert "shop.0002_step failed, and what was done of it was taken back" in failed.err
    assert project.n == [1, 2, 3]
    project.stop("--on-failure", "stop", exit=3)
    assert project.n == [7, 8]
    project.query("UPDATE shop_thing SET n = 70 WHERE n = 7")
    project.recover("--back")
    assert sorted(project.n) == [1, 3, 70]

    project.put({"shop.0002_step": HALF.format(before="0001_initial", operation=INDEXED)})
    project.migrate("shop")
    names = "SELECT index_name FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'shop_thing'"
    (name,) = {name for (name,) in project.query(names)} - {"PRIMARY"}
    project.handrail("rollback", "shop", "0001", "--yes")
    project.handrail("purge", "--older-than", "0d", "--yes")
    project.query(f"CREATE INDEX {name} ON shop_thing (n)")
    failed = project.stop(exit=1)
    assert "shop.0002_step failed, and what was done of it was taken back" in failed.err
    assert project.columns == ["id", "n"]
    project.stop("--on-failure", "stop", exit=3)
    project.query("UPDATE shop_thing SET q = 9 WHERE n = 3")
    refused = " ".join(project.text("recover", "--back", "--yes", exit=3).split())
    assert "shop_thing.q has values that were written meanwhile, and would be dropped" in refused
    assert project.query("SELECT n, q FROM shop_thing ORDER BY n") == [(1, 5), (3, 9), (70, 5)]
    project.query("UPDATE shop_thing SET q = 5")
    project.recover("--back")
    assert project.columns == ["id", "n"]
