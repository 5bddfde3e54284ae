"""handrail backup, on every database: made, held against what was written down, and put back with all that was in it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from handrail.databases.backups.base import backups_for
from tests.cases.live import LiveProject, Said
from tests.git_sandbox import isolate
from tests.servers import postgresql
from tests.servers.base import Database
from tests.servers.run import Run

FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Owner", [("id", models.BigAutoField(primary_key=True, serialize=False))]),
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("name", models.CharField(max_length=20, unique=True)),
            ("price", models.DecimalField(max_digits=12, decimal_places=4, null=True)),
            ("raw", models.BinaryField(null=True)),
            ("owner", models.ForeignKey("shop.Owner", models.CASCADE, null=True)),
        ]),
    ]
"""
SECOND = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RemoveField("Thing", "price"),
        migrations.CreateModel("New", [
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("thing", models.ForeignKey("shop.Thing", models.CASCADE)),
        ]),
    ]
"""
ROWS = """
import django
django.setup()
from django.apps import apps
from django.db import connection
from django.db.migrations.loader import MigrationLoader
models = MigrationLoader(connection).project_state(("shop", "0001_initial")).apps
owner = models.get_model("shop", "Owner").objects.create()
Thing = models.get_model("shop", "Thing")
Thing.objects.create(name="\\u00e4'\\\\ \\U0001f600", price="12345678.1234", raw=bytes(range(256)), owner=owner)
Thing.objects.create(name="\\n;--\\n", raw=b"")
"""
MORE = {
    "sqlite": [
        "CREATE TRIGGER more AFTER INSERT ON shop_owner BEGIN SELECT 1; END",
    ],
    "postgresql": [
        "CREATE SCHEMA extra",
        "CREATE TYPE extra.mood AS ENUM ('good', 'bad')",
        "CREATE DOMAIN public.few AS integer CHECK (value < 10)",
        "CREATE TABLE part (id few, mood extra.mood) PARTITION BY RANGE (id)",
        "CREATE TABLE extra.part1 PARTITION OF part FOR VALUES FROM (0) TO (9)",
        "CREATE FUNCTION more(extra.mood) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "CREATE MATERIALIZED VIEW mat AS SELECT * FROM part",
        "SELECT lo_from_bytea(0, 'large')",
    ],
    "mysql": [
        "CREATE PROCEDURE more() SELECT 1",
        "CREATE TRIGGER more BEFORE INSERT ON shop_owner FOR EACH ROW SET @more = 1",
    ],
}
"""What a database can hold beside tables; what is there already would stop a backup that makes it again."""
CONTENT = "SELECT id, name, price, raw, owner_id FROM shop_thing ORDER BY id"


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def make(path: Path, database: Database, **settings: Any) -> LiveProject:
    """Make a project with rows and one migration to apply."""
    files = {"shop.0001_initial": FIRST, "shop.0002_new": SECOND, "shop/models.py": ""}
    databases = {"default": database, "other": database.fresh()}
    project = LiveProject.begin(path / "project", databases, files, INSTALLED_APPS=["handrail", "shop"], **settings)
    project.migrate("shop", "0001")
    assert project.run("-c", ROWS, DJANGO_SETTINGS_MODULE="project_settings").err == ""
    return project


def programs(project: LiveProject) -> str:
    """Return a PATH on which the programs of the database's own version come first."""
    server = project.aliases["default"].server
    version = server.name.removeprefix("postgresql")
    folders = [str(postgresql.binaries_of(int(version), Run.of_environment()))] if version.isdigit() else []
    return os.pathsep.join([*folders, os.environ["PATH"]])


def backup(project: LiveProject, *words: str, exit: int = 0) -> Said:
    done = project.run("-m", "handrail", "backup", *words, "--format", "json", PATH=programs(project))
    assert done.exit == exit, done.out + done.err
    assert "Traceback" not in done.err
    return done


def content(project: LiveProject, alias: str = "default") -> list[tuple[Any, ...]]:
    return [
        tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in project.query(CONTENT, alias)
    ]


def schema(project: LiveProject) -> dict[str, Any]:
    """The tables of models and of the journal: types that are made again have other numbers."""
    return {table: found for table, found in project.schema().items() if table != "part"}


def place(project: LiveProject, made: dict[str, Any]) -> Path:
    found = project.path / "backups" / made["file"]
    assert isinstance(found, Path)
    return found


def test_a_backup_brings_everything_back(database: Database, tmp_path: Path):
    project = make(tmp_path, database)
    for sql in ["CREATE VIEW report AS SELECT name FROM shop_thing", *MORE[database.vendor]]:
        project.query(sql)
    before, tables = content(project), schema(project)
    assert len(before) == 2
    done = project.run("manage.py", "migrate", "--no-color", "--backup", PATH=programs(project))
    assert done.exit == 0, done.out + done.err
    (made,) = backup(project, "list").json["backups"]
    assert f"backup {made['id']} made in {project.path / 'backups'}\n" in done.err
    assert {key: made[key] for key in ("database", "vendor", "run", "tags", "applied", "journal")} == {
        "database": "default",
        "vendor": database.vendor,
        "run": 2,
        "tags": [],
        "applied": [["shop", "0001_initial"]],
        "journal": 3,
    }
    assert made["commit"] == project.git("rev-parse", "HEAD")
    assert (made["rows"]["shop_thing"], made["rows"]["shop_owner"]) == ([2, 2], [1, 1])
    assert "shop_new" not in made["rows"]
    assert place(project, made).stat().st_mode & 0o077 == 0
    names = {each.name for each in (project.path / "backups").iterdir()}
    assert names == {".gitignore", made["file"], f"{made['id']}.json"}
    assert project.git("status", "--porcelain") == ""
    verified = backup(project, "verify")
    assert verified.json["restored"] is True

    restored = backup(project, "restore", made["id"], "--database", "other", "--yes")
    assert content(project, "other") == before
    assert restored.json["backups"] == [made]
    project.query("DELETE FROM shop_thing")
    name = Path(str(database.settings["NAME"])).name
    wrong = backup(project, "restore", made["id"], "--replace", "wrong", "--yes", exit=2)
    assert {key: wrong.json["findings"][0][key] for key in ("message", "command")} == {
        "message": f"not-restored: 'wrong' is not the name of the database, which is '{name}'",
        "command": f"handrail backup restore {made['id']} --format json",
    }
    unnamed = backup(project, "restore", made["id"], "--yes", exit=2)
    assert unnamed.messages == ["HR623: not-restored: nobody can type the name of the database"]
    assert project.query("SELECT count(*) FROM shop_thing") == [(0,)]
    live = backup(project, "restore", made["id"], "--replace", name)
    assert (content(project), schema(project)) == (before, tables)
    assert project.recorded() == ["0001_initial"]
    assert "applied now and not in the backup: shop.0002_new\n" in live.err
    kept_too = live.json["backups"][1]
    assert (kept_too["applied"], kept_too["rows"]["shop_thing"]) == ([["shop", "0001_initial"], ["shop", "0002_new"]], [0, 0])
    (status,) = project.handrail("status", "--database", "default").json["databases"]
    assert (status["pending"], status["unfinished"]) == ([["shop", "0002_new"]], None)
    last, first = project.handrail("history").json["runs"]
    assert (last["command"], last["status"], first["command"]) == (f"backup restore {made['id']}", "done", "migrate shop 0001")
    project.migrate()
    assert project.query("SELECT count(*) FROM report") == [(2,)]


def test_a_backup_that_is_not_what_it_was_is_refused(sqlite_database: Database, tmp_path: Path):
    project = make(tmp_path, sqlite_database)
    assert project.run("-m", "handrail", "backup", "list").out == f"there is no backup in {project.path / 'backups'}\n"
    none = backup(project, "verify", exit=2)
    assert none.messages == [f"HR623: not-restored: there is no backup of default in {project.path / 'backups'}"]
    (made,) = backup(project, "create").json["backups"]
    file, manifest = place(project, made), project.path / "backups" / f"{made['id']}.json"
    whole, id = file.read_bytes(), made["id"]
    said = {}
    for what, changed in (("cut", whole[:-1]), ("other", whole[:-1] + b"x")):
        file.write_bytes(changed)
        said[what] = backup(
            project, "restore", id, "--replace", Path(str(sqlite_database.settings["NAME"])).name, exit=2
        ).messages
    assert said == {
        "cut": [f"HR622: backup-broken: {id}: its file has {len(whole) - 1} bytes, and had {len(whole)}"],
        "other": [f"HR622: backup-broken: {id}: its file is not what it was: its digest is another one"],
    }
    file.write_bytes(whole)
    manifest.write_text(json.dumps({**made, "rows": {**made["rows"], "shop_thing": [5, 6], "gone": [1, 1]}}))
    broken = backup(project, "verify", exit=2)
    assert broken.messages == [f"HR622: backup-broken: {id}: table shop_thing has 2 rows, and had 5 to 6"]
    assert broken.only("HR622")["notes"] == ["table gone is missing"]
    manifest.write_text(json.dumps({**made, "journal": 99}))
    later = backup(project, "restore", id, "--yes", exit=2)
    assert later.messages == [f"HR623: not-restored: {id} was made by a later release of Handrail"]
    manifest.write_text("{")
    assert backup(project, "list", exit=2).messages[0].startswith(f"HR622: backup-broken: {id}: its manifest cannot be read: ")
    file.unlink()
    manifest.write_text(json.dumps(made))
    assert backup(project, "verify", exit=2).messages == [f"HR622: backup-broken: {id}: {file} is not there"]


def test_without_a_backup_nothing_is_migrated(database: Database, tmp_path: Path):
    if not backups_for(database.vendor).package:
        pytest.skip("no program is needed")
    project = make(tmp_path, database)
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "git").symlink_to(Path("/usr/bin/git"))
    done = project.run("manage.py", "migrate", "--no-color", "--backup", PATH=str(bare))
    program = {"postgresql": "pg_dump", "mysql": "mysqldump"}[database.vendor]
    assert done.exit == 2
    said = " ".join(done.err.split())
    assert f"error[HR620]: no-backup-tools: {program} is not there, which backups of default take" in said
    assert project.recorded() == ["0001_initial"]
    assert not (project.path / "backups").exists()


def test_a_folder_that_is_served_holds_no_backup(sqlite_database: Database, tmp_path: Path):
    media = tmp_path / "media"
    project = make(tmp_path, sqlite_database, MEDIA_ROOT=str(media), HANDRAIL={"backups": str(media / "backups")})
    refused = backup(project, "create", exit=2)
    assert refused.messages == [f"HR621: backup-folder: {media / 'backups'} is inside MEDIA_ROOT"]
    done = project.manage("migrate", "--backup")
    assert (done.exit, project.recorded()) == (2, ["0001_initial"])
    assert not media.exists()


def test_a_backup_that_fails_leaves_nothing(sqlite_database: Database, tmp_path: Path):
    project = make(tmp_path, sqlite_database)
    folder = project.path / "backups"
    folder.mkdir()
    code = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); sys.argv = ['handrail', 'backup', 'create']; runpy.run_module('handrail', run_name='__main__')"
    done = project.run("-c", code, PATH=programs(project))
    assert done.exit == 2, done.out + done.err
    assert "error[HR624]: backup-failed: making a backup of default: " in done.err
    assert list(folder.iterdir()) == []
