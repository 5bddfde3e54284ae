"""A database that applied our side under the old name follows the renamed files, and migrate goes on from there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from handrail.execution.edit_records import Records
from tests.unit.planning.small_project import SmallProject, migration

BASE = """\
import json, sys
from pathlib import Path
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["shop"], DATABASES=json.loads(sys.argv[1]), USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django.core.management import call_command
from django.db import connection, connections
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.errors.base import Refusal
from handrail.execution import edits, records
from handrail.planning.resolution import Resolution
from handrail.sources.files import WorkingTree, read_snapshot
from handrail.sources.history import read_history
ROOT = Path.cwd()
def keys(pairs):
    return tuple((MigrationKey(*old), MigrationKey(*new)) for old, new in pairs)
def recorded(alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute("select id, app, name, applied from django_migrations order by id")
        return [[pk, app, name, str(applied)] for pk, app, name, applied in cursor.fetchall()]
def columns():
    with connection.cursor() as cursor:
        return sorted(found.name for found in connection.introspection.get_table_description(cursor, "shop_thing"))
def resolution_of(last):
    return Resolution(strategy="rebase", renamed=keys(last.details["renamed"]), aliases=keys(last.details["aliases"]))
def update(aliases=("default",), independent=True):
    last = records.Records.of(ROOT).last()
    after = read_snapshot(WorkingTree(ROOT)).migrations
    plans = records.plan_records(aliases, resolution_of(last), after, independent=independent)
    records.update_records(ROOT, last.id, plans)
    for alias, plan in plans.items():
        if plan.behind:
            records.catch_up(alias, plan.behind)
    return plans
"""

THING = 'migrations.CreateModel("Thing", fields=[("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())])'


def add(name: str, default: str) -> str:
    return f'migrations.AddField("thing", "{name}", models.IntegerField(default={default}))'


def run(project: SmallProject, databases: dict[str, object], code: str) -> object:
    """Run code in a process of its own with Django set up, and return what it printed last, as JSON."""
    arguments = [sys.executable, "-c", BASE + code, json.dumps(databases, default=str)]
    done = subprocess.run(arguments, cwd=project.root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def torn(tmp_path: Path) -> SmallProject:
    files = {
        "shop.0001_initial": migration("", THING),
        "shop.0002_a": migration("shop.0001_initial", add("a", "1")),
        "shop.0002_b": migration("shop.0001_initial", add("b", "2")),
        "shop.0003_c": migration("shop.0002_b", add("c", "3")),
    }
    project = SmallProject(tmp_path, files)
    (tmp_path / "shop/models.py").write_text("")
    return project


def ours_alone(project: SmallProject, databases: dict[str, object]) -> list[list[object]]:
    """Apply our side, as it was before the merge, with a row in it, and return the records."""
    theirs = project.root / "shop/migrations/0002_a.py"
    text = theirs.read_text()
    theirs.unlink()
    code = """
for alias in connections:
    call_command("migrate", verbosity=0, database=alias)
    with connections[alias].cursor() as cursor:
        cursor.execute("insert into shop_thing (n, b, c) values (1, 77, 78)")
print(json.dumps(recorded()))
"""
    found = run(project, databases, code)
    theirs.write_text(text)
    assert isinstance(found, list)
    return found


def resolve(project: SmallProject) -> None:
    project.write(project.resolve("shop.0002_a"))


def test_records_follow_and_migrate_goes_on(torn, database):
    databases = {"default": database.settings}
    before = ours_alone(torn, databases)
    resolve(torn)
    code = """
update()
call_command("migrate", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("select n, a, b, c from shop_thing")
    rows = [list(row) for row in cursor.fetchall()]
print(json.dumps([recorded(), columns(), rows]))
"""
    rows, columns, things = run(torn, databases, code)
    assert columns == ["a", "b", "c", "id", "n"]
    assert things == [[1, 1, 77, 78]]
    names = {pk: name for pk, _, name, _ in rows}
    assert sorted(names.values()) == ["0001_initial", "0002_a", "0003_b", "0004_c"]
    assert [(pk, names[pk], applied) for pk, _, _, applied in before] == [
        (pk, {"0002_b": "0003_b", "0003_c": "0004_c"}.get(name, name), applied) for pk, _, name, applied in before
    ]


def test_undo_gives_the_rows_their_old_names_again(torn, database):
    databases = {"default": database.settings}
    before = ours_alone(torn, databases)
    resolve(torn)
    code = """
last = records.Records.of(ROOT).last()
after = read_snapshot(WorkingTree(ROOT)).migrations
plans = records.plan_records(["default"], resolution_of(last), after, independent=True)
records.update_records(ROOT, last.id, plans)
between = recorded()
undone = records.undo_records(edits.undo(ROOT))
print(json.dumps([between, recorded(), undone]))
"""
    between, after, undone = run(torn, databases, code)
    assert [name for _, _, name, _ in between] == ["0001_initial", "0003_b", "0004_c"]
    assert (after, undone) == (before, {"default": 2})
    assert (torn.root / "shop/migrations/0002_b.py").exists()


def test_a_database_without_the_table_has_nothing_to_follow(torn, database):
    resolve(torn)
    code = """
history = read_history("default")
plans = update()
print(json.dumps([history.has_table, len(history.rows), len(plans["default"].changes), connection.introspection.table_names()]))
"""
    assert run(torn, {"default": database.settings}, code) == [False, 0, 0, []]


REFUSED = """
try:
    update({aliases}, {independent})
except Refusal as refusal:
    print(json.dumps([refusal.finding.message, list(refusal.finding.notes), recorded()]))
"""


def test_where_the_sides_are_not_independent_a_database_that_lacks_theirs_is_refused(torn, sqlite_database):
    databases = {"default": sqlite_database.settings}
    before = ours_alone(torn, databases)
    resolve(torn)
    message, notes, rows = run(torn, databases, REFUSED.format(aliases=("default",), independent=False))
    assert message == (
        "the records of default cannot follow: shop.0004_c would be recorded and shop.0002_a, which it needs now, is not"
    )
    assert notes == ["after that, unapply shop.0003_c with the old files, resolve again, and migrate"]
    assert rows == before


def test_both_names_recorded_is_refused(torn, database):
    databases = {"default": database.settings}
    ours_alone(torn, databases)
    resolve(torn)
    code = """
from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("shop", "0003_b")
before = recorded()
"""
    message, _, rows = run(torn, databases, code + REFUSED.format(aliases=("default",), independent=True))
    assert message == "the records of default cannot follow: shop.0002_b and shop.0003_b are both recorded"
    assert [name for _, _, name, _ in rows] == ["0001_initial", "0002_b", "0003_c", "0003_b"]


def test_several_databases_are_changed_all_or_none(torn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("databases")
    databases = {alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / alias)} for alias in ("default", "other")}
    before = ours_alone(torn, databases)
    resolve(torn)
    code = """
last = records.Records.of(ROOT).last()
after = read_snapshot(WorkingTree(ROOT)).migrations
plans = records.plan_records(["default", "other"], resolution_of(last), after, independent=True)
with connections["other"].cursor() as cursor:
    cursor.execute("delete from django_migrations where name = '0003_c'")
try:
    records.update_records(ROOT, last.id, plans)
except Refusal as refusal:
    print(json.dumps([refusal.finding.message, recorded(), recorded("other")]))
"""
    message, rows, others = run(torn, databases, code)
    assert message == "the records of other cannot follow: shop.0003_c is not recorded as it was a moment ago"
    assert rows == before
    assert [name for _, _, name, _ in others] == ["0001_initial", "0002_b"]


def test_the_inverse_is_kept_before_the_first_row_changes(torn, sqlite_database):
    databases = {"default": sqlite_database.settings}
    ours_alone(torn, databases)
    resolve(torn)
    code = """
import os
from handrail.execution import records as module
def killed(alias, changes):
    os._exit(0)
last = records.Records.of(ROOT).last()
after = read_snapshot(WorkingTree(ROOT)).migrations
plans = records.plan_records(["default"], resolution_of(last), after, independent=True)
module._change = killed
print(json.dumps(len(plans)), flush=True)
records.update_records(ROOT, last.id, plans)
"""
    assert run(torn, databases, code) == 1
    kept = Records.of(torn.root.resolve()).last()
    assert kept is not None
    assert kept.details["databases"] == {
        "default": [[2, ["shop", "0002_b"], ["shop", "0003_b"]], [3, ["shop", "0003_c"], ["shop", "0004_c"]]]
    }
    assert run(torn, databases, "print(json.dumps(records.undo_records(edits.undo(ROOT))))") == {"default": 0}
