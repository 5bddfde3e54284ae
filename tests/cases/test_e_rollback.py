"""handrail rollback: what it refuses before its first statement, and which migrations it takes (E16, E16c, E17, E21b, E22, E22b, E47)."""

from __future__ import annotations

import json
from typing import Any

from tests.cases.undoing import THING, Undoing, launcher, on_sqlite, undo
from tests.databases.small_project import migration

__all__ = ["launcher", "undo"]
ADD = 'migrations.AddField("Thing", "{}", models.IntegerField(null=True)),'
NO_LOG: dict[str, Any] = {"handrail": {"keep": []}}
ROWS = ["INSERT INTO shop_thing (name, n) VALUES ('a', 1)"]


def rollback(undo: Undoing, *words: str, exit: int = 0) -> dict[str, Any]:
    """Run it without being asked, and return its JSON."""
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", *words, "--yes", "--format", "json"])
    assert one.end() == exit, one.text
    found = json.loads(one.out)
    assert isinstance(found, dict)
    return found


def refused(undo: Undoing, *words: str) -> dict[str, Any]:
    """Run it, which has to be refused with nothing changed."""
    before = undo.everything(), undo.runs()
    answer = rollback(undo, *words, exit=2)
    assert (undo.everything(), undo.runs()) == before
    return answer


def first(answer: dict[str, Any]) -> str:
    """Return the code, the message and the notes of the first finding."""
    one = answer["findings"][0]
    return "; ".join([f"{one['code']}: {one['message']}", *one["notes"]])


def names(answer: dict[str, Any]) -> list[str]:
    return [step["migration"][1] for step in answer["plan"]["steps"]]


def verdicts(answer: dict[str, Any]) -> dict[str, str]:
    return {step["migration"][1]: step["verdict"] for step in answer["plan"]["steps"]}


def test_e16_code_without_a_reverse_in_the_middle_of_the_plan(undo: Undoing):
    code = "def f(apps, editor):\n    apps.get_model('shop', 'Thing').objects.update(n=9)"
    undo.up(ADD.format("b"), "migrations.RunPython(f),", ADD.format("c"), ADD.format("d"), rows=ROWS, code=code, **NO_LOG)
    answer = refused(undo, "shop", "0001")
    assert first(answer) == (
        "HR502: irreversible: shop.0003_x op 1; plan would stop after undoing 2 migrations; "
        "Raw Python operation: it has no reverse, and no log of its rows"
    )
    assert answer["findings"][0]["command"] == "python manage.py handrail rollback shop 0003_x"
    found = {"0005_x": "lossless", "0004_x": "lossless", "0003_x": "impossible", "0002_x": "lossless"}
    assert verdicts(answer) == found
    assert answer["plan"]["backup"] == {"create": "handrail backup create", "restore": None}
    assert rollback(undo, "shop", "0003")["run"] is not None
    assert undo.records() == ["0001_initial", "0002_x", "0003_x"]


def test_e16c_in_the_middle_of_one_migration(undo: Undoing):
    code = "def f(apps, editor):\n    pass"
    undo.up(f"{ADD.format('b')}\nmigrations.RunPython(f),\n{ADD.format('c')}", rows=ROWS, code=code, **NO_LOG)
    answer = refused(undo, "shop", "0001", "--accept-loss")
    assert first(answer).startswith("HR502: irreversible: shop.0002_x op 2; plan would stop after undoing 0 migrations; ")
    assert answer["findings"][0]["command"] == "python manage.py handrail explain HR502"


def test_e17_sql_without_a_reverse(undo: Undoing):
    undo.up(ADD.format("b"), 'migrations.RunSQL("UPDATE shop_thing SET n = 9"),', ADD.format("c"), rows=ROWS, **NO_LOG)
    undo.query("UPDATE shop_thing SET c = 3")
    answer = refused(undo, "shop", "0001")
    assert [one["code"] for one in answer["findings"]] == ["HR502", "HR501"]
    assert first(answer) == (
        "HR502: irreversible: shop.0003_x op 1; plan would stop after undoing 1 migration; "
        "Raw SQL operation: it has no reverse, and no log of its rows"
    )
    message = "loses-data: Add field c to Thing drops shop_thing.c: 1 row, and nothing is kept"
    assert answer["findings"][1]["message"] == message
    assert refused(undo, "shop", "0003")["findings"][0]["message"] == message
    shown = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0003", "--dry-run", "--accept-loss"])
    assert shown.end() == 0, shown.text
    assert "\na backup of what is there now: handrail backup create\n" in shown.out
    assert "from before" not in shown.out
    assert rollback(undo, "shop", "0003", "--accept-loss")["plan"]["backup"] is not None
    assert undo.columns() == {"id", "name", "n", "b"}


@on_sqlite
def test_e17c_the_latest_backup_from_before_what_is_lost_is_named(undo: Undoing):
    undo.up(rows=ROWS, **NO_LOG)
    ids = [backup(undo), backup(undo)]
    undo.write_files(THING, ADD.format("b"), ADD.format("c"))
    undo.migrate("shop", "0002")
    undo.query("UPDATE shop_thing SET b = 3")
    assert backup(undo) not in ids
    lossy = rollback(undo, "shop", "0001", "--dry-run", exit=2)
    restore = f"handrail backup restore {ids[1]}"
    assert lossy["plan"]["backup"] == {"create": "handrail backup create", "restore": restore}
    undo.migrate()
    assert rollback(undo, "shop", "0002", "--dry-run")["plan"]["backup"] is None


def backup(undo: Undoing) -> str:
    """Make a backup, and return its id."""
    made = undo.launcher.begin(undo.folder, ["handrail", "backup", "create", "--format", "json"])
    assert made.end() == 0, made.text
    return str(json.loads(made.out)["backups"][0]["id"])


def test_e21b_one_side_of_a_merge(undo: Undoing):
    undo.write()
    files = {
        "0001_initial": migration(THING),
        "0002_a": migration(ADD.format("a"), ("shop", "0001_initial")),
        "0002_b": migration(ADD.format("b"), ("shop", "0001_initial")),
        "0003_merge": migration("", ("shop", "0002_a"), ("shop", "0002_b")),
        "0004_c": migration(ADD.format("c"), ("shop", "0003_merge")),
    }
    for name, text in files.items():
        (undo.folder / "shop" / "migrations" / f"{name}.py").write_text(text)
    undo.migrate("shop", "0002_b")
    undo.migrate()
    answer = rollback(undo, "shop", "0001", "--dry-run")
    assert names(answer) == ["0004_c", "0003_merge", "0002_a", "0002_b"]
    answer = rollback(undo, "shop", "0002_b", "--dry-run")
    assert names(answer) == ["0004_c", "0003_merge"]
    assert first(answer) == "HR508: merge-side: shop.0002_a stays applied"
    assert answer["findings"][0]["command"] == "python manage.py handrail rollback shop 0001_initial"
    assert names(rollback(undo, "--run", "1", "--dry-run")) == ["0004_c", "0003_merge", "0002_a", "0002_b", "0001_initial"]
    rollback(undo, "--last-run")
    assert undo.records() == ["0001_initial", "0002_b"]
    undo.migrate()
    undo.query("DELETE FROM handrail_step")
    undo.query("UPDATE django_migrations SET id = id + 1000 WHERE name = '0002_b'")
    assert names(rollback(undo, "shop", "0001")) == ["0004_c", "0003_merge", "0002_b", "0002_a"]
    assert undo.columns() == {"id", "name", "n"}


def squashed(undo: Undoing) -> None:
    """Apply three migrations, then the squashed migration that replaces them, and one that needs the last."""
    undo.up(ADD.format("p"), ADD.format("q"), rows=ROWS)
    whole = THING.rstrip().removesuffix("]),") + '("p", models.IntegerField(null=True)), ("q", models.IntegerField(null=True))]),'
    text = migration(whole).replace(
        "    operations", '    replaces = [("shop", "0001_initial"), ("shop", "0002_x"), ("shop", "0003_x")]\n    operations', 1
    )
    package = undo.folder / "shop" / "migrations"
    (package / "0001_squashed_0003_x.py").write_text(text)
    (package / "0004_r.py").write_text(migration(ADD.format("r"), ("shop", "0003_x")))
    undo.migrate()
    undo.query("UPDATE shop_thing SET p = 5, q = 6, r = 7")
    assert undo.records() == ["0001_initial", "0001_squashed_0003_x", "0002_x", "0003_x", "0004_r"]


def test_e22_inside_of_a_squashed_migration_through_the_old_files(undo: Undoing):
    squashed(undo)
    one = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0002", "--yes"])
    assert one.end() == 0, one.text
    assert "\nthrough the files that shop.0001_squashed_0003_x replaces\n" in one.out
    assert undo.records() == ["0001_initial", "0002_x"]
    assert undo.columns() == {"id", "name", "n", "p"}
    undo.migrate()
    assert undo.records() == ["0001_initial", "0001_squashed_0003_x", "0002_x", "0003_x", "0004_r"]
    assert undo.query("SELECT p, q, r FROM shop_thing") == [(5, 6, 7)]
    assert names(rollback(undo, "shop", "0001_squashed_0003_x")) == ["0004_r"]
    assert undo.records() == ["0001_initial", "0001_squashed_0003_x", "0002_x", "0003_x"]
    assert names(rollback(undo, "shop", "zero")) == ["0001_squashed_0003_x"]
    assert undo.records() == []


def test_e22b_the_old_files_are_gone(undo: Undoing):
    squashed(undo)
    package = undo.folder / "shop" / "migrations"
    for name in ("0001_initial", "0002_x", "0003_x"):
        (package / f"{name}.py").unlink()
    (package / "0004_r.py").write_text(migration(ADD.format("r"), ("shop", "0001_squashed_0003_x")))
    answer = refused(undo, "shop", "0002")
    assert first(answer) == (
        "HR509: inside-squash: target shop.0002_x is inside shop.0001_squashed_0003_x; "
        "the files of the migrations that it replaces are gone; "
        "the nearest targets are: handrail rollback shop 0001_squashed_0003_x, handrail rollback shop zero"
    )
    assert answer["findings"][0]["command"] == "python manage.py handrail rollback shop 0001_squashed_0003_x"
    assert names(rollback(undo, "shop", "0001_squashed_0003_x")) == ["0004_r"]


def test_e47_auth_to_zero_takes_other_apps_too(undo: Undoing):
    undo.write(apps=["django.contrib.contenttypes", "django.contrib.auth"])
    user = 'migrations.AddField("Thing", "user", models.ForeignKey("auth.User", models.CASCADE, null=True)),'
    package = undo.folder / "shop" / "migrations"
    (package / "0001_initial.py").write_text(migration(THING))
    (package / "0002_user.py").write_text(migration(user, ("shop", "0001_initial"), ("auth", "0001_initial")))
    undo.migrate()
    undo.query("INSERT INTO shop_thing (name, n) VALUES ('a', 1)")
    undo.query("INSERT INTO auth_group (name) VALUES ('g')")
    answer = refused(undo, "auth", "zero")
    assert first(answer) == "HR507: cascade-undo: plan undoes shop too (0 rows); they are shop.0002_user"
    assert answer["findings"][0]["command"] == "python manage.py handrail rollback auth zero --format json --also shop"
    shown = rollback(undo, "auth", "zero", "--dry-run")
    assert shown["plan"]["others"] == ["shop"]
    assert len(shown["plan"]["steps"]) == 13
    done = rollback(undo, "auth", "zero", "--also", "shop")
    assert [done["plan"]["others"], len(done["plan"]["steps"])] == [["shop"], 13]
    assert undo.records() == ["0001_initial"]
    assert undo.query("SELECT count(*) FROM django_migrations WHERE app = 'auth'") == [(0,)]
    undo.migrate()
    assert undo.query("SELECT name FROM auth_group") == [("g",)]
