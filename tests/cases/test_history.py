"""Databases whose records disagree with the files: what plain Django says of it, and what Handrail does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.servers.base import Database
from tests.unit.planning.small_project import migration

THING = (
    'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True, serialize=False)), '
    '("name", models.CharField(max_length=50)), ("n", models.IntegerField(default=0)), '
    '("x", models.CharField(max_length=20, default="x"))])'
)
FIELD = 'migrations.AddField("thing", "{}", models.IntegerField(default={}))'
DOUBLE = """from django.db import migrations, models


def double(apps, schema_editor):
    apps.get_model("shop", "Thing").objects.update(n=models.F("n") * 2)


class Migration(migrations.Migration):
    dependencies = [("shop", "{needs}")]
    operations = [migrations.RunPython(double, migrations.RunPython.noop)]
"""
FIRST = "shop.0001_initial"
RENAME_STATEMENT = "UPDATE django_migrations SET name = '{new}' WHERE app = 'shop' AND name = '{old}'"
RECORD_STATEMENT = "INSERT INTO django_migrations (app, name, applied) VALUES ('{}', '{}', CURRENT_TIMESTAMP)"


def add(name: str, default: int = 1) -> str:
    return FIELD.format(name, default)


def begin(path: Path, database: Database | dict[str, Database], files: dict[str, str], **settings: object) -> LiveProject:
    return LiveProject.begin(path / "project", database, {FIRST: migration("", THING), **files}, **settings)


def rows(project: LiveProject) -> list[tuple[int, ...]]:
    return sorted(tuple(row) for row in project.query("SELECT n FROM shop_thing"))


def test_a29_the_user_model_swapped_when_it_was_applied(database: Database, tmp_path: Path) -> None:
    post = (
        'migrations.CreateModel("Post", [("id", models.BigAutoField(primary_key=True, serialize=False)), '
        '("u", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE))])'
    )
    text = migration("", post, imports="from django.conf import settings\n").replace(
        "dependencies = [\n", "dependencies = [\n        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n"
    )
    project = LiveProject.begin(tmp_path / "project", database, {FIRST: text})
    apps = ["django.contrib.contenttypes", "django.contrib.auth", "shop"]
    project.settings(apps)
    project.migrate()
    assert project.handrail("check").messages == []

    user = (
        'migrations.CreateModel("User", [("id", models.BigAutoField(primary_key=True, serialize=False)), '
        '("password", models.CharField(max_length=128)), ("last_login", models.DateTimeField(null=True)), '
        '("name", models.CharField(max_length=50, unique=True))], options={"swappable": "AUTH_USER_MODEL"})'
    )
    model = (
        "from django.contrib.auth.base_user import AbstractBaseUser\nfrom django.db import models\n\n\n"
        "class User(AbstractBaseUser):\n    name = models.CharField(max_length=50, unique=True)\n    USERNAME_FIELD = 'name'\n"
    )
    project.put({"acc.0001_initial": migration("", user), "acc/models.py": model})
    project.settings([*apps, "acc"], AUTH_USER_MODEL="acc.User")
    assert "InconsistentMigrationHistory" in project.manage("migrate").err
    found = project.handrail("check", exit=1)
    assert found.messages == [
        "HR201: record-gap: shop.0001_initial recorded, acc.0001_initial not; schema of acc.0001_initial is absent",
        "HR113: swappable: AUTH_USER_MODEL changed from auth.User to acc.User; 1 FKs point at auth_user",
    ]
    assert found.only("HR113")["notes"] == ["database default has shop_post.u_id -> auth_user.id"]
    gap = found.only("HR201")
    assert gap["locations"] == [{"path": "shop/migrations/0001_initial.py", "line": 7, "remark": "depends on acc.0001_initial"}]
    assert gap["notes"] == ["database default has no acc_user", "acc/migrations/0001_initial.py is not committed"]
    assert gap["help"] == "give settings.AUTH_USER_MODEL its old value again, or swap the model as HR113 says"


def test_a30b_run_before_added_when_its_target_is_applied(sqlite_database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, sqlite_database, {})
    project.migrate()
    early = migration("", THING, extra='    run_before = [("shop", "0001_initial")]\n')
    project.put({"blog.0001_initial": early})
    project.settings(["shop", "blog"])
    assert "is applied before its dependency blog.0001_initial" in project.manage("migrate").err
    gap = project.handrail("check", exit=1).only("HR201")
    assert gap["message"] == (
        "record-gap: shop.0001_initial recorded, blog.0001_initial not; schema of blog.0001_initial is absent"
    )
    assert gap["locations"] == [{"path": "blog/migrations/0001_initial.py", "line": 5, "remark": "run_before shop.0001_initial"}]
    assert gap["notes"] == ["database default has no blog_thing", "blog/migrations/0001_initial.py is not committed"]
    assert gap["help"] == (
        "shop.0001_initial is applied, so run_before comes too late: take it out, and let the next migration of shop that needs "
        "blog.0001_initial depend on ('blog', '0001_initial')"
    )
    project.put(
        {
            "blog.0001_initial": migration("", THING),
            "shop.0002_next": migration("shop.0001_initial blog.0001_initial", add("p")),
        }
    )
    assert project.handrail("check").messages == []
    project.migrate()


OURS = migration(FIRST, add("b", 2))
DOUBLE_OURS = DOUBLE.format(needs="0001_initial")


def two_branches(path: Path, database: Database, ours: str, rows: str) -> LiveProject:
    """Return a project on the branch feature: ours was applied there, rows were written, and theirs was merged from main since."""
    project = begin(path, database, {})
    project.git("checkout", "-q", "-b", "feature")
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n, x) VALUES ('one', 1, 'x'), ('two', 2, 'x')")
    project.put({"shop.0002_b": ours})
    project.commit("ours")
    project.migrate()
    if rows:
        project.query(rows)
    project.git("checkout", "-q", "main")
    project.put({"shop.0002_a": migration(FIRST, add("a"))})
    project.commit("theirs")
    project.git("checkout", "-q", "feature")
    project.git("merge", "-q", "main", "-m", "merge")
    return project


def rebase_by_hand(project: LiveProject) -> None:
    """Renumber ours after theirs as people do: another name, another dependency."""
    text = project.place("shop.0002_b").read_text()
    project.git("mv", "shop/migrations/0002_b.py", "shop/migrations/0003_b.py")
    project.put({"shop.0003_b": text.replace("0001_initial", "0002_a")})
    project.commit("rebase")


def test_a62_a_rebased_migration_that_was_applied_under_its_old_name(database: Database, tmp_path: Path) -> None:
    project = two_branches(tmp_path, database, OURS, "UPDATE shop_thing SET b = 77")
    rebase_by_hand(project)
    found = project.handrail("check", exit=1)
    assert found.messages == ["HR202: renamed-after-apply: record shop.0002_b has the content of file shop.0003_b"]
    said = found.only("HR202")
    assert said["notes"] == [
        "database default has shop.0002_b applied",
        "shop.0002_a is needed by shop.0003_b now, and not applied",
    ]
    assert said["help"] == (
        "give the file its name 0002_b and its old dependencies again, and let handrail resolve --update-databases rename both "
        "and apply what is lacking"
    )
    project.put({"shop.0002_b": OURS})
    project.place("shop.0003_b").unlink()
    project.handrail("resolve", "--onto", "main", "--update-databases", "--yes")
    assert project.names() == ["0001_initial", "0002_a", "0003_b"]
    assert "No migrations to apply" in project.migrate()
    assert project.query("SELECT a, b FROM shop_thing ORDER BY id") == [(1, 77), (1, 77)]
    assert project.handrail("check").messages == []


def test_a62b_a_rebased_data_migration_never_runs_twice(database: Database, tmp_path: Path) -> None:
    project = two_branches(tmp_path, database, DOUBLE_OURS, "")
    rebase_by_hand(project)
    found = project.handrail("check", exit=1)
    assert found.messages == ["HR202: renamed-after-apply: record shop.0002_b has the content of file shop.0003_b"]
    project.put({"shop.0002_b": DOUBLE_OURS})
    project.place("shop.0003_b").unlink()
    project.handrail("resolve", "--onto", "main", "--strategy", "rebase", "--update-databases", "--yes")
    assert "No migrations to apply" in project.migrate()
    assert rows(project) == [(2,), (4,)]
    assert project.recorded() == ["0001_initial", "0003_b", "0002_a"]
    assert project.handrail("check").messages == []


def together(*pairs: str) -> str:
    """Return an operation that sets unique_together; pairs: such as "name n"."""
    return f'migrations.AlterUniqueTogether("thing", {sorted(tuple(pair.split()) for pair in pairs)})'


MODELS = """from django.db import models


class Thing(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=50)
    n = models.IntegerField(default=0)
    x = models.CharField(max_length=20, default="x")

    class Meta:
        unique_together = {}
"""


def merged_sets(path: Path, database: Database, base: list[str], ours: list[str], theirs: list[str]) -> LiveProject:
    """Return a project on feature, ours applied, which is about to merge theirs."""
    project = begin(path, database, {"shop.0002_base": migration(FIRST, together(*base))})
    project.git("checkout", "-q", "-b", "theirs")
    project.put({"shop.0003_a": migration("shop.0002_base", together(*theirs))})
    project.commit("theirs")
    project.git("checkout", "-q", "-b", "feature", "main")
    project.put({"shop.0003_b": migration("shop.0002_base", together(*ours))})
    project.commit("ours")
    project.git("branch", "-q", "-f", "main", "theirs")
    project.migrate()
    return project


def uniques(project: LiveProject) -> set[str]:
    """Return the unique keys that the database really has, as sets of columns."""
    found = [json.loads(one) for one in project.schema()["shop_thing"]["constraints"]]
    return {" ".join(columns) for columns, primary, unique, *_ in found if unique and not primary}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (["n x"], ["name n"], ["n x", "name x"], {"name n", "name x"}),
        ([], ["name n"], ["name x"], {"name n", "name x"}),
    ],
    ids=["a17", "a74"],
)
def test_the_merged_sets_are_in_every_database(
    database: Database, tmp_path: Path, base: list[str], ours: list[str], theirs: list[str], merged: set[str]
) -> None:
    project = merged_sets(tmp_path, database, base, ours, theirs)
    project.git("merge", "-q", "main", "-m", "merge")
    refused = project.handrail("resolve", "--onto", "main", "--update-databases", "--yes", exit=2)
    assert refused.messages == [
        "HR128: the records of default cannot follow: shop.0003_b is applied, and no file does any more what it did"
    ]
    assert refused.only("HR128")["notes"] == ["unapply shop.0003_b with the old files, resolve again, and migrate"]
    assert project.names() == ["0001_initial", "0002_base", "0003_a", "0003_b"]

    project.git("checkout", "-q", "--detach", "feature~1")
    project.migrate("shop", "0002_base")
    project.git("checkout", "-q", "main")
    had_theirs = database.fresh()
    project.use(had_theirs)
    project.migrate()
    project.use(database)
    project.git("checkout", "-q", "feature")
    project.handrail("resolve", "--onto", "main", "--update-databases", "--yes")
    project.migrate()
    assert uniques(project) == merged
    had_ours = project.schema()
    project.use(had_theirs)
    project.migrate()
    assert project.schema() == had_ours
    project.use(database.fresh())
    project.migrate()
    assert project.schema() == had_ours
    project.put({"shop/models.py": MODELS.format(sorted(tuple(one.split()) for one in merged))})
    assert "No changes detected" in project.manage("makemigrations", "--check", "shop").out


def test_b01_a_lost_record(database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, database, {"shop.0002_p": migration(FIRST, add("p"))})
    project.migrate()
    project.query("DELETE FROM django_migrations WHERE app = 'shop' AND name = '0001_initial'")
    assert "InconsistentMigrationHistory" in project.manage("migrate").err
    found = project.handrail("check", exit=1)
    assert found.messages == [
        "HR201: record-gap: shop.0002_p recorded, shop.0001_initial not; schema of shop.0001_initial is present"
    ]
    said = found.only("HR201")
    statement = RECORD_STATEMENT.format("shop", "0001_initial")
    assert said["locations"] == [{"path": "shop/migrations/0002_p.py", "line": 6, "remark": "depends on shop.0001_initial"}]
    assert said["notes"][0] == "database default has shop_thing"
    assert (said["help"], said["command"]) == (f"record it: {statement}", "python manage.py dbshell --database default")
    project.query(statement)
    assert project.handrail("check").messages == []
    assert "No migrations to apply" in project.migrate()


def test_b02_a_migration_inserted_between_applied_ones(database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, database, {"shop.0002_p": migration(FIRST, add("p"))})
    project.migrate()
    project.put(
        {"shop.0001b_ins": migration(FIRST, add("i")), "shop.0002_p": migration("shop.0001b_ins", add("p"))},
    )
    assert "InconsistentMigrationHistory" in project.manage("migrate").err
    found = project.handrail("check", exit=1)
    assert found.messages == ["HR201: record-gap: shop.0002_p recorded, shop.0001b_ins not; schema of shop.0001b_ins is absent"]
    said = found.only("HR201")
    assert said["notes"] == [
        "database default has no shop_thing.i",
        "shop/migrations/0001b_ins.py is not committed",
        "line 6 of shop/migrations/0002_p.py is not committed",
    ]
    assert said["help"] == (
        "let shop.0001b_ins come last: give shop.0002_p its old dependencies again, and let shop.0001b_ins depend on "
        "('shop', '0002_p')"
    )
    project.put({"shop.0001b_ins": migration("shop.0002_p", add("i")), "shop.0002_p": migration(FIRST, add("p"))})
    assert project.handrail("check").messages == []
    project.migrate()
    assert project.recorded() == ["0001_initial", "0002_p", "0001b_ins"]


def test_b02b_a_dependency_added_to_an_applied_migration(database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, database, {"blog.0001_initial": migration("", THING)})
    project.migrate()
    project.put({FIRST: migration("blog.0001_initial", THING)})
    project.settings(["shop", "blog"])
    edited = project.commit("shop needs blog")
    assert "is applied before its dependency blog.0001_initial" in project.manage("migrate").err
    found = project.handrail("check", exit=1)
    assert found.messages == [
        "HR201: record-gap: shop.0001_initial recorded, blog.0001_initial not; schema of blog.0001_initial is absent"
    ]
    said = found.only("HR201")
    assert said["locations"] == [{"path": "shop/migrations/0001_initial.py", "line": 6, "remark": "depends on blog.0001_initial"}]
    assert said["notes"][0] == "database default has no blog_thing"
    assert said["notes"][1].startswith("blog/migrations/0001_initial.py came with ")
    assert said["notes"][2] == f"line 6 of shop/migrations/0001_initial.py came with {edited[:10]} by Ann (shop needs blog)"
    assert said["help"] == (
        "give shop.0001_initial, which is applied, its old dependencies again, and let the next migration of shop that needs "
        "blog.0001_initial depend on ('blog', '0001_initial')"
    )


def test_b03_a_file_renamed_after_it_was_applied(database: Database, tmp_path: Path) -> None:
    middle = {"shop.0002_p": migration(FIRST, add("p")), "shop.0003_q": migration("shop.0002_p", add("q"))}
    project = begin(tmp_path, database, middle)
    project.migrate()
    project.git("mv", "shop/migrations/0002_p.py", "shop/migrations/0002_price.py")
    project.put({"shop.0003_q": migration("shop.0002_price", add("q"))})
    assert "InconsistentMigrationHistory" in project.manage("migrate").err
    found = project.handrail("check", exit=1)
    assert found.messages == ["HR202: renamed-after-apply: record shop.0002_p has the content of file shop.0002_price"]
    assert found.only("HR202")["locations"] == [{"path": "shop/migrations/0002_price.py", "line": None, "remark": "was 0002_p"}]
    statement = RENAME_STATEMENT.format(old="0002_p", new="0002_price")
    assert found.only("HR202")["help"].endswith(f": {statement}")
    project.query(statement)
    assert project.handrail("check").messages == []
    assert "No migrations to apply" in project.migrate()


def test_b03_the_leaf_node_renamed_and_committed(sqlite_database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, sqlite_database, {"shop.0002_q": migration(FIRST, add("q"))})
    project.migrate()
    project.git("mv", "shop/migrations/0002_q.py", "shop/migrations/0002_quantity.py")
    project.put({"shop.0002_quantity": f"# a better name\n{migration(FIRST, add('q'))}"})
    project.commit("rename")
    found = project.handrail("check", exit=1)
    assert found.messages == ["HR202: renamed-after-apply: record shop.0002_q has the content of file shop.0002_quantity"]
    project.query(RENAME_STATEMENT.format(old="0002_q", new="0002_quantity"))
    assert project.handrail("check").messages == []
    assert "No migrations to apply" in project.migrate()


def test_b03b_a_data_migration_renamed_after_it_was_applied(database: Database, tmp_path: Path) -> None:
    project = begin(tmp_path, database, {"shop.0002_dbl": DOUBLE.format(needs="0001_initial")})
    project.migrate("shop", "0001")
    project.query("INSERT INTO shop_thing (name, n, x) VALUES ('one', 1, 'x'), ('two', 2, 'x')")
    project.migrate()
    project.git("mv", "shop/migrations/0002_dbl.py", "shop/migrations/0002_double.py")
    found = project.handrail("check", exit=1)
    assert found.messages == ["HR202: renamed-after-apply: record shop.0002_dbl has the content of file shop.0002_double"]
    project.query(RENAME_STATEMENT.format(old="0002_dbl", new="0002_double"))
    assert "No migrations to apply" in project.migrate()
    assert rows(project) == [(2,), (4,)]
