"""Tables that Django rebuilds to alter them: nothing is lost there and nothing made up, and other databases are not affected.

B14b, B34, B06: the table has other columns than the migrations say. F17: a column was set aside by hand. E36b: triggers and indexes
that no model knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.servers.base import Database

FIRST = ("shop", "0001_initial")
THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0, db_index=True)),
]),
"""
ALTER = 'migrations.AlterField("Thing", "name", models.CharField(max_length=60)),'
ROW = "INSERT INTO shop_thing (name, n) VALUES ('one', 1)"
UNKNOWN = "help: unapply the migration that made it, with its file, or drop it by hand if nobody needs it"
NEXT = "next: python manage.py handrail explain HR513"


def add(name: str, options: str = "null=True") -> str:
    return f'migrations.AddField("Thing", "{name}", models.IntegerField({options})),'


def begin(path: Path, database: Database, **files: str) -> LiveProject:
    """Make a project and bring its database to the first migration, with one row."""
    made = LiveProject.begin(path / "project", database, {"shop.0001_initial": migration(THING)})
    made.settings(["handrail", "shop"])
    made.migrate()
    made.query(ROW)
    made.put({f"shop.{name}": text for name, text in files.items()})
    return made


def refused(project: LiveProject, *words: str) -> str:
    """Run migrate, which has to refuse, and return what it says as one line."""
    done = project.manage("migrate", "--no-color", *words)
    assert done.exit == 2, done.out + done.err
    return " ".join(done.err.split())


def columns(project: LiveProject) -> list[str]:
    return sorted(name for name, *_ in project.schema()["shop_thing"]["columns"])


def said(message: str, *notes: str, help: str = UNKNOWN) -> str:
    lines = [f"CommandError: error[HR513]: rebuild-loses: SQLite rebuild of shop_thing {message}"]
    return " ".join([*lines, *(f"note: {note}" for note in notes), help, NEXT])


def test_b14b_a_column_of_another_branch_is_not_dropped(database: Database, tmp_path: Path):
    project = begin(tmp_path, database, **{"0002_p": migration(add("p"), FIRST)})
    project.migrate()
    project.query("UPDATE shop_thing SET p = 777")
    project.place("shop.0002_p").unlink()
    project.put(
        {
            "shop.0002_m": migration(add("m"), FIRST),
            "shop.0003_name": migration(ALTER, ("shop", "0002_m")),
        }
    )
    if database.vendor != "sqlite":
        project.migrate()
        assert columns(project) == ["id", "m", "n", "name", "p"]
    else:
        assert refused(project) == said(
            "drops column p",
            "shop.0003_name alters shop_thing on default; the table is as it was",
            "shop_thing has p, which the project state of the applied migrations does not have",
            "recorded as applied, and without a file here: shop.0002_p",
        )
        assert columns(project) == ["id", "n", "name", "p"]
        assert project.recorded() == ["0001_initial", "0002_p"]
    assert project.query("SELECT name, p FROM shop_thing") == [("one", 777)]


def test_b06_a_column_that_was_recorded_and_never_made_is_not_made_up(database: Database, tmp_path: Path):
    project = begin(tmp_path, database, **{"0002_q": migration(add("q"), FIRST)})
    project.migrate("--fake")
    project.put({"shop.0003_name": migration(ALTER, ("shop", "0002_q"))})
    if database.vendor != "sqlite":
        project.migrate()
    else:
        assert refused(project) == said(
            "invents column q",
            "shop.0003_name alters shop_thing on default; the table is as it was",
            "shop_thing lacks q: every row would be given the name of the column as its value",
            help="help: make it by hand as the model says, or take back what was recorded without being run",
        )
    assert project.recorded()[2:] == ([] if database.vendor == "sqlite" else ["0003_name"])
    assert columns(project) == ["id", "n", "name"]
    assert project.query("SELECT name, n FROM shop_thing") == [("one", 1)]


def test_b34_a_migration_of_one_name_and_another_content_is_noticed_by_its_columns(database: Database, tmp_path: Path):
    project = begin(tmp_path, database, **{"0002_auto": migration(add("p"), FIRST)})
    project.migrate()
    project.put(
        {
            "shop.0002_auto": migration(add("q"), FIRST),
            "shop.0003_q": migration(
                'migrations.AlterField("Thing", "q", models.BigIntegerField(null=True)),', ("shop", "0002_auto")
            ),
        }
    )
    if database.vendor == "sqlite":
        assert refused(project) == said(
            "drops column p and invents column q",
            "shop.0003_q alters shop_thing on default; the table is as it was",
            "shop_thing has p, which the project state of the applied migrations does not have",
            "shop_thing lacks q: every row would be given the name of the column as its value",
            help="help: the table comes from other migrations than these: bring their files here, or make the columns agree by hand",
        )
    else:
        done = project.manage("migrate")
        assert done.exit == 1
        assert "HR513" not in done.err
    assert project.recorded() == ["0001_initial", "0002_auto"]
    assert columns(project) == ["id", "n", "name", "p"]


def test_f17_a_column_that_was_set_aside_outlives_what_others_alter(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, **{"0002_p": migration(add("p"), FIRST)})
    project.migrate()
    project.query("UPDATE shop_thing SET p = 777")
    project.query("ALTER TABLE shop_thing RENAME COLUMN p TO p_aside")
    project.put(
        {
            "shop.0003_p": migration(
                'migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("Thing", "p")]),',
                ("shop", "0002_p"),
            ),
            "shop.0004_name": migration(ALTER, ("shop", "0003_p")),
        }
    )
    assert "rebuild of shop_thing drops column p_aside and invents column p note: " in refused(project)
    project.migrate("shop", "0003_p")
    assert said("drops column p_aside").partition(" help")[0] in refused(project)
    assert project.query("SELECT p_aside FROM shop_thing") == [(777,)]


HANGING = (
    "CREATE TABLE log (text)",
    "CREATE TRIGGER log_n AFTER UPDATE OF n ON shop_thing BEGIN INSERT INTO log VALUES (new.name || ' 100%s'); END",
    "CREATE TRIGGER from_log AFTER DELETE ON log BEGIN INSERT INTO shop_thing (name, n) VALUES (old.text, 5); END",
    "CREATE INDEX Shop_Thing_Raw ON shop_thing (n DESC, name) WHERE name LIKE 'o%'",
)


def hang(project: LiveProject, statements: Sequence[str] = HANGING) -> list[tuple[str, ...]]:
    for statement in statements:
        project.query(statement)
    return hanging(project)


def hanging(project: LiveProject) -> list[tuple[str, ...]]:
    sql = "SELECT type, name, sql FROM sqlite_master WHERE lower(name) IN ('log_n', 'from_log', 'shop_thing_raw') ORDER BY name"
    return project.query(sql)


def test_e36b_triggers_and_indexes_that_no_model_has_are_made_again(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, **{"0002_name": migration(ALTER, FIRST)})
    before = hang(project)
    assert len(before) == 3
    project.migrate()
    assert hanging(project) == before
    assert "varchar(60)" in project.query("SELECT sql FROM sqlite_master WHERE name = 'shop_thing'")[0][0]
    project.query("UPDATE shop_thing SET n = 2")
    assert project.query("SELECT text FROM log") == [("one 100%s",)]
    project.query("DELETE FROM log")
    assert project.query("SELECT name, n FROM shop_thing") == [("one", 2), ("one 100%s", 5)]


REMOVE = 'migrations.RemoveField("Thing", "n"),'


@pytest.mark.parametrize("atomic", [True, False])
def test_e36b_a_trigger_that_names_a_column_that_goes_stops_the_migration(
    sqlite_database: Database, tmp_path: Path, atomic: bool
):
    text = migration(add("m") + "\n" + REMOVE, FIRST)
    if not atomic:
        text = text.replace("    operations", "    atomic = False\n    operations")
    project = begin(tmp_path, sqlite_database, **{"0002_n": text})
    before = hang(project, HANGING[:2])
    assert refused(project).endswith(
        said(
            "drops trigger log_n",
            "shop.0002_n alters shop_thing on default; the table is as it was",
            "trigger log_n names a column that goes",
            help="help: drop it before in the migration, and make it again as it has to be afterwards",
        ).removeprefix("CommandError: ")
    )
    assert hanging(project) == before
    assert columns(project) == ["id", "n", "name"]
    assert project.recorded() == ["0001_initial"]
    drop = 'migrations.RunSQL("DROP TRIGGER log_n"),'
    project.put({"shop.0002_n": text.replace("migrations.RemoveField", drop + "\n        migrations.RemoveField")})
    project.migrate()
    assert columns(project) == ["id", "m", "name"]


def test_e36b_an_index_that_names_a_column_that_goes_stops_the_migration(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, **{"0002_n": migration(REMOVE, FIRST)})
    before = hang(project, HANGING[3:])
    assert "SQLite rebuild of shop_thing drops index Shop_Thing_Raw note: " in refused(project)
    assert hanging(project) == before


def test_e36b_an_index_that_django_named_goes_with_its_column(sqlite_database: Database, tmp_path: Path):
    """A migration made it, and another one took it out of the project state alone."""
    unique = 'migrations.AlterUniqueTogether("Thing", {unique}),'
    forget = f"migrations.SeparateDatabaseAndState(state_operations=[{unique.format(unique='set()')}]),"
    files = {
        "0002_u": migration(unique.format(unique='{("name", "n")}'), FIRST),
        "0003_n": migration(forget + REMOVE, ("shop", "0002_u")),
    }
    project = begin(tmp_path, sqlite_database, **files)
    project.migrate("shop", "0002")
    named = "SELECT count(*) FROM sqlite_master WHERE tbl_name = 'shop_thing' AND name LIKE 'shop_thing%uniq'"
    assert project.query(named) == [(1,)]
    project.migrate()
    assert columns(project) == ["id", "name"]
    assert project.query(named) == [(0,)]


def test_a_column_that_the_plan_makes_by_sql_is_noticed_when_the_table_would_be_rebuilt(
    sqlite_database: Database, tmp_path: Path
):
    sql = 'migrations.RunSQL("ALTER TABLE shop_thing ADD COLUMN p integer"),'
    project = begin(
        tmp_path, sqlite_database, **{"0002_p": migration(sql, FIRST), "0003_name": migration(ALTER, ("shop", "0002_p"))}
    )
    assert "shop_thing drops column p note: " in refused(project)
    assert project.recorded() == ["0001_initial", "0002_p"]
    assert columns(project) == ["id", "n", "name", "p"]


@pytest.mark.parametrize(
    "mend",
    [
        'migrations.RunSQL("ALTER TABLE shop_thing DROP COLUMN p"),',
        'migrations.RunPython(lambda apps, editor: editor.execute("ALTER TABLE shop_thing DROP COLUMN p")),',
    ],
)
def test_a_plan_may_put_the_table_right_itself(sqlite_database: Database, tmp_path: Path, mend: str):
    project = begin(
        tmp_path, sqlite_database, **{"0002_p": migration(mend, FIRST), "0003_name": migration(ALTER, ("shop", "0002_p"))}
    )
    project.query("ALTER TABLE shop_thing ADD COLUMN p integer")
    project.migrate()
    assert columns(project) == ["id", "n", "name"]


def test_what_needs_no_rebuild_is_not_refused(sqlite_database: Database, tmp_path: Path):
    help_text = 'migrations.AlterField("Thing", "name", models.CharField(max_length=50, help_text="a name")),'
    index = 'migrations.AddIndex("Thing", models.Index(fields=["name"], name="thing_name")),'
    project = begin(tmp_path, sqlite_database, **{"0002_m": migration("\n".join([help_text, index, add("m")]), FIRST)})
    project.query("ALTER TABLE shop_thing ADD COLUMN p integer")
    project.migrate()
    assert columns(project) == ["id", "m", "n", "name", "p"]


UNIQUE = 'migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["name"], name="one_name")),'
SURE = [
    add("m", "default=1"),
    add("m", "null=True, unique=True"),
    REMOVE,
    UNIQUE,
    'migrations.RenameField("Thing", "name", "title"), migrations.AlterField("Thing", "n", models.BigIntegerField(default=0)),',
    f"migrations.SeparateDatabaseAndState(database_operations=[{ALTER}]),",
    'migrations.RunPython(lambda apps, editor: apps.get_model("shop", "Thing").objects.update(n=5)), ' + ALTER,
]


@pytest.mark.parametrize("operations", SURE)
def test_nothing_of_a_plan_has_run_where_it_is_sure_to_rebuild(sqlite_database: Database, tmp_path: Path, operations: str):
    project = begin(
        tmp_path, sqlite_database, **{"0002_k": migration(add("k"), FIRST), "0003_x": migration(operations, ("shop", "0002_k"))}
    )
    project.query("ALTER TABLE shop_thing ADD COLUMN P integer")
    assert "SQLite rebuild of shop_thing drops column P note: " in refused(project)
    assert columns(project) == ["P", "id", "n", "name"]
    assert project.recorded() == ["0001_initial"]


def test_what_is_unapplied_is_looked_at_as_well(sqlite_database: Database, tmp_path: Path):
    project = begin(
        tmp_path, sqlite_database, **{"0002_one": migration(UNIQUE, FIRST), "0003_k": migration(add("k"), ("shop", "0002_one"))}
    )
    project.migrate()
    project.query("ALTER TABLE shop_thing ADD COLUMN p integer")
    assert "note: shop.0002_one alters shop_thing on default" in refused(project, "shop", "0001")
    assert project.recorded() == ["0001_initial", "0002_one", "0003_k"]
    assert columns(project) == ["id", "k", "n", "name", "p"]


COPY = 'CREATE TABLE new__shop_thing ("id" integer PRIMARY KEY, "name" varchar(60) NOT NULL, "n" integer NOT NULL)'


@pytest.mark.parametrize("operations", [ALTER, f"migrations.RunSQL('SELECT 1'), {ALTER}"])
def test_d02_a_copy_that_plain_django_left_is_dropped_where_the_table_has_all_rows(
    sqlite_database: Database, tmp_path: Path, operations: str
):
    project = begin(tmp_path, sqlite_database, **{"0002_wide": migration(operations, FIRST)})
    project.query(COPY)
    project.query("INSERT INTO new__shop_thing SELECT id, name, n FROM shop_thing")
    done = project.manage("migrate", "--no-color")
    assert done.exit == 0, done.err
    assert done.err == (
        "warning[HR405]: leftover: table new__shop_thing (1 row), shop_thing present\n"
        "  note: all of its rows are in shop_thing: it is dropped\n"
    )
    assert project.query("SELECT name, n FROM shop_thing") == [("one", 1)]
    assert not project.query("SELECT 1 FROM sqlite_master WHERE name = 'new__shop_thing'")


def test_d02_a_copy_with_rows_of_its_own_or_without_its_table_is_refused(sqlite_database: Database, tmp_path: Path):
    project = begin(tmp_path, sqlite_database, **{"0002_wide": migration(ALTER, FIRST)})
    project.query(COPY)
    project.query("INSERT INTO new__shop_thing SELECT id + 1, name, n FROM shop_thing")
    said = refused(project)
    assert (
        "error[HR405]: leftover: table new__shop_thing (1 row), shop_thing present note: not in shop_thing: 1 row of the copy"
        in said
    )
    project.query("DROP TABLE shop_thing")
    said = refused(project)
    assert "error[HR405]: leftover: table new__shop_thing (1 row), shop_thing MISSING" in said
    assert 'help: give the copy the name of the table: ALTER TABLE "new__shop_thing" RENAME TO "shop_thing"' in said
    assert project.query("SELECT name, n FROM new__shop_thing") == [("one", 1)]
    assert project.recorded() == ["0001_initial"]
