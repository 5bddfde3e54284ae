"""No statement of a migration waits longer than the lock timeout for its lock, whatever it is and whichever way it goes."""

from __future__ import annotations

import re

import pytest

from tests.cases.migrators import FIRST, GATE, MIGRATIONS, THING, Migrator, Project, launcher, project, soon
from tests.cases.test_c_queue import Reader, blocker, execute, held, said, tries
from tests.databases.small_project import migration

__all__ = ["launcher", "project"]
WRITE = "UPDATE shop_thing SET n = n WHERE id = 1"
READ = "SELECT count(*) FROM shop_thing"
ALTER = 'migrations.RunSQL("ALTER TABLE shop_thing ADD COLUMN q integer", "ALTER TABLE shop_thing DROP COLUMN q"),'
CACHED = """
def forwards(apps, schema_editor):
    Thing, Other = apps.get_model("shop", "Thing"), apps.get_model("shop", "Other")
    if not hasattr(Thing, "made"):  # what ContentType's manager does: it remembers what it has made
        Thing.made = Other.objects.create(n=5).pk
    with open("calls", "a") as file:
        file.write("+")
    gate()
    for thing in Thing.objects.all():
        thing.n = thing.n * 2 + Other.objects.get(pk=Thing.made).n
        thing.save()
"""
OPERATIONS = {
    "add": ('migrations.AddField("thing", "p", models.IntegerField(default=7)),', "p"),
    "alter": ('migrations.AlterField("thing", "name", models.CharField(max_length=80)),', None),
    "index": ('migrations.AddIndex("thing", models.Index(fields=["n"], name="shop_thing_n")),', None),
    "sql": (ALTER, "q"),
    "create_with_key": (
        'migrations.CreateModel("Part", [("id", models.BigAutoField(primary_key=True)), '
        '("thing", models.ForeignKey("shop.Thing", models.CASCADE))]),',
        None,
    ),
}
NOT_ATOMIC = "    atomic = False\n    dependencies"
OTHER = """
migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=0))]),
"""
MIGRATIONS["0001_with_other"] = migration(THING + OTHER)
for kind, (operations, _) in OPERATIONS.items():
    MIGRATIONS[f"0002_{kind}"] = migration(operations, FIRST)
    MIGRATIONS[f"0002_{kind}_not_atomic"] = migration(operations, FIRST).replace("    dependencies", NOT_ATOMIC)
RUN = "migrations.RunPython(forwards, migrations.RunPython.noop, atomic=True),"
MIGRATIONS["0002_code"] = migration(RUN, ("shop", "0001_with_other"), code=GATE + CACHED)
MIGRATIONS["0002_code_not_atomic"] = MIGRATIONS["0002_code"].replace("    dependencies", NOT_ATOMIC)
MIGRATIONS["0002_code_and_add"] = migration(
    f'{RUN}\nmigrations.AddField("thing", "p", models.IntegerField(default=7)),',
    ("shop", "0001_with_other"),
    code=GATE + CACHED,
)


def begin(project: Project, first: str, name: str) -> None:
    """Have one row and a migration that is not applied."""
    project.write(first)
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n) VALUES ('a', 1)")
    project.add(name)


def blocks(project: Project) -> tuple[str, ...]:
    """Return what an application does first in its transaction, so that the statements have to wait for its end."""
    return ("BEGIN", READ) if project.database.vendor == "sqlite" else ("BEGIN", WRITE)


def blocked_and_freed(project: Project, *args: str) -> Migrator:
    """Run migrate while an application's transaction is open, and end that after two tries. Returns the migrator."""
    with held(project.database, *blocks(project)) as application, Reader(project.database) as reader:
        migrator = project.start("--lock-timeout", "200", *args)
        soon(lambda: len(tries(migrator)) >= 2, text=lambda: migrator.text)
        execute(application, "COMMIT")
        assert migrator.end() == 0, migrator.text
    assert reader.longest < (2.5 if project.database.vendor == "mysql" else 1.5)
    return migrator


@pytest.mark.parametrize("kind", OPERATIONS)
def test_a_statement_waits_no_longer_than_the_limit_and_is_tried_again(project: Project, kind: str):
    name = f"0002_{kind}"
    begin(project, "0001_initial", name)
    column = OPERATIONS[kind][1]
    up = blocked_and_freed(project)
    assert f"Applying shop.{name}... OK" in up.out
    assert project.records() == ["0001_initial", name]
    assert column is None or column in project.columns()
    down = blocked_and_freed(project, "shop", "0001")
    assert f"Unapplying shop.{name}... OK" in down.out
    assert project.records() == ["0001_initial"]
    assert column is None or column not in project.columns()
    assert project.query("SELECT name, n FROM shop_thing") == [("a", 1)]


@pytest.mark.parametrize("kind", ["add", "sql"])
def test_at_the_end_of_the_time_a_migration_that_is_not_atomic_has_changed_nothing(project: Project, kind: str):
    name = f"0002_{kind}_not_atomic"
    begin(project, "0001_initial", name)
    columns = project.columns()
    with held(project.database, *blocks(project)):
        migrator = project.start("--lock-timeout", "200", "--lock-wait", "2")
        assert migrator.end() in (2, 3), migrator.text
    assert re.search(r"error\[HR(302|401)\]: ", said(migrator)), migrator.err
    assert project.columns() == columns
    assert project.records() == ["0001_initial"]
    project.migrate()
    assert project.records() == ["0001_initial", name]
    assert OPERATIONS[kind][1] in project.columns()


@pytest.mark.parametrize("name", ["0002_code", "0002_code_not_atomic", "0002_code_and_add"])
def test_code_is_run_again_as_a_whole_with_models_that_know_nothing(project: Project, name: str):
    begin(project, "0001_with_other", name)
    migrator = project.start("--lock-timeout", "200")
    project.reached(migrator)
    is_add = name == "0002_code_and_add"  # what waits is the ALTER, in the transaction of the code if there is one
    with held(project.database, *(("BEGIN", READ) if is_add else blocks(project))) as application:
        project.go()
        soon(lambda: len(tries(migrator)) >= 2, text=lambda: migrator.text)
        execute(application, "COMMIT")
        assert migrator.end() == 0, migrator.text
    again = 0 if is_add and project.database.vendor == "mysql" else len(tries(migrator))
    assert len((project.folder / "calls").read_text()) == 1 + again
    assert f"Applying shop.{name}... OK" in migrator.out
    assert project.records() == ["0001_with_other", name]
    assert project.query("SELECT n FROM shop_other") == [(5,)]
    assert project.things() == [7]


def test_a_backward_step_that_does_not_get_its_lock_has_changed_nothing(project: Project):
    begin(project, "0001_initial", "0002_add")
    project.migrate()
    with held(project.database, *blocks(project)):
        migrator = project.start("shop", "0001", "--lock-timeout", "200", "--lock-wait", "2")
        assert migrator.end() == 2, migrator.text
    who = blocker(project.database, "RowExclusiveLock", WRITE.replace("1", "?"))
    assert re.search(f"error.HR302.: queue: .* note: {who}", said(migrator)), migrator.err
    assert project.records() == ["0001_initial", "0002_add"]
    assert "p" in project.columns()
    project.migrate("shop", "0001")
    assert "p" not in project.columns()
