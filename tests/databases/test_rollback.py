"""handrail rollback on every database: each target, rows that were written since, and files that are gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from handrail.databases.keeping.base import rules_for
from handrail.domain.kept import Form
from tests.cases.live import LiveProject
from tests.databases.small_project import migration
from tests.git_sandbox import isolate
from tests.servers.base import Database

THING = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True, serialize=False)),
    ("n", models.IntegerField(default=1)),
    ("price", models.IntegerField(default=7)),
]),
migrations.RunSQL("INSERT INTO shop_thing (n, price) VALUES (1, 10)", "DELETE FROM shop_thing"),
"""
DOUBLE = """
def double(apps, editor):
    thing = apps.get_model("shop", "Thing")
    thing.objects.update(n=models.F("n") * 2)
"""
FILES = {
    "shop.0001_initial": migration(THING),
    "shop.0002_p": migration('migrations.AddField("Thing", "p", models.IntegerField(null=True)),', ("shop", "0001_initial")),
    "shop.0003_drop": migration('migrations.RemoveField("Thing", "price"),', ("shop", "0002_p")),
    "shop.0004_double": migration("migrations.RunPython(double),", ("shop", "0003_drop"), code=DOUBLE),
    "stock.0001_initial": migration(
        """
        migrations.CreateModel("Box", [
            ("id", models.BigAutoField(primary_key=True, serialize=False)),
            ("thing", models.ForeignKey("shop.Thing", models.CASCADE)),
        ]),
        """,
        ("shop", "0002_p"),
    ),
}
PLANS = """
import contextlib, io, json, sys
from handrail.cli.run import run
found = []
for words in json.loads(sys.argv[1]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        run(["rollback", *words, "--dry-run", "--format", "json"], "handrail")
    found.append(json.loads(out.getvalue()))
print(json.dumps(found))
"""
LOCKS = {
    "sqlite": "write lock on the whole database",
    "postgresql": "ACCESS EXCLUSIVE on shop_thing",
    "mysql": "exclusive metadata lock on shop_thing",
}


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def begin(path: Path, database: Database) -> LiveProject:
    made = LiveProject.begin(path / "project", database, FILES)
    made.settings(["handrail", "shop", "stock"])
    return made


def plans(project: LiveProject, *targets: Sequence[str]) -> list[dict[str, Any]]:
    """Return the JSON of several rollbacks that are only shown, from one process."""
    done = project.run("-c", PLANS, json.dumps(targets))
    assert done.exit == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, list)
    return found


def names(answer: dict[str, Any]) -> list[str]:
    return [".".join(step["migration"]) for step in answer["plan"]["steps"]]


def messages(answer: dict[str, Any]) -> list[str]:
    return [f"{one['code']}: {one['message']}" for one in answer["findings"]]


def state(project: LiveProject) -> tuple[list[tuple[Any, ...]], list[str], list[str]]:
    columns = [name for name, *_ in project.schema()["shop_thing"]["columns"]]
    rows = project.query(f"SELECT {', '.join(sorted(columns))} FROM shop_thing ORDER BY id")
    return rows, sorted(columns), sorted([*project.recorded(), *project.recorded("stock")])


def test_every_target(tmp_path: Path, database: Database):
    project = begin(tmp_path, database)
    project.migrate("shop", "0002")
    project.handrail("tag", "one")
    first = project.git("rev-parse", "HEAD").strip()
    (project.path / "shop/migrations/0004_double.py").rename(tmp_path / "later.py")
    (project.path / "shop/migrations/0003_drop.py").rename(tmp_path / "drop.py")
    project.commit("without the last two")
    (tmp_path / "drop.py").rename(project.path / "shop/migrations/0003_drop.py")
    (tmp_path / "later.py").rename(project.path / "shop/migrations/0004_double.py")
    project.migrate()
    last = ["stock.0001_initial", "shop.0004_double", "shop.0003_drop"]
    of_shop = ["shop.0004_double", "shop.0003_drop"]
    before = state(project)
    wanted: list[tuple[list[str], list[str]]] = [
        (["--last-run"], last),
        (["--run", "2"], last),
        (["--run", "1"], [*last, "shop.0002_p", "shop.0001_initial"]),
        (["--to-tag", "one"], last),
        (["--to-tag", "one", "shop"], of_shop),
        (["--to-ref", "HEAD"], of_shop),
        (["--to-ref", first], []),
        (["--to-time", "1d ago"], [*last, "shop.0002_p", "shop.0001_initial"]),
        (["--to-time", "2999-01-01"], []),
        (["shop", "0003"], ["shop.0004_double"]),
        (["shop", "0001"], [*last, "shop.0002_p"]),
        (["shop", "0002", "stock", "zero"], last),
        (["shop.0002_p"], of_shop),
        (["stock"], ["stock.0001_initial"]),
        (["shop", "0004"], []),
    ]
    for (words, expected), answer in zip(wanted, plans(project, *(words for words, _ in wanted)), strict=True):
        assert (words, names(answer), answer["exit"]) == (words, expected, 0), messages(answer)
        assert answer["run"] is None
    assert state(project) == before
    steps = {step["migration"][1]: step for step in plans(project, ["shop", "0001"])[0]["plan"]["steps"]}
    assert steps["0004_double"].pop("rows") > 0
    assert {name: (step["verdict"], step.get("rows"), step["reason"]) for name, step in steps.items()} == {
        "0001_initial": ("kept", 0, "stock_box is set aside"),
        "0004_double": ("kept", None, "the rows that it wrote are put back"),
        "0003_drop": ("kept", 1, "shop_thing.price comes back"),
        "0002_p": ("kept", 0, "shop_thing.p is set aside"),
    }
    assert steps["0002_p"]["locks"] == [LOCKS[database.vendor]]
    assert steps["0004_double"]["locks"] == []
    assert {step["direction"] for step in steps.values()} == {"backward"}


def test_targets_that_cannot_be(tmp_path: Path, sqlite_database: Database):
    project = begin(tmp_path, sqlite_database)
    project.migrate("shop", "0002")
    wanted = {
        ("shop", "0009"): 'HR521: no-such-target: shop has no migration "0009"',
        ("shop", "000"): 'HR521: no-such-target: 4 migrations of shop begin with "000"',
        ("shop", "0003"): "HR521: no-such-target: shop.0003_drop is not applied",
        ("cart", "0001"): 'HR001: usage: there is no app "cart" with migrations',
        ("shop", "0001", "0002"): 'HR001: usage: there is no app "0002" with migrations',
        ("shop", "shop"): "HR001: usage: an app is named twice",
        (): "HR001: usage: rollback needs a target",
        ("--last-run", "--run", "1"): "HR001: usage: one target at a time: --last-run, --run, --to-tag, --to-ref or --to-time",
        ("shop", "0001", "--last-run"): "HR001: usage: NAME says how far already: leave it out beside another target",
        ("--run", "7"): "HR410: no-run: default has no run 7",
        ("--to-tag", "two"): 'HR521: no-such-target: default has no tag "two"',
        ("--to-time", "soon"): 'HR001: usage: "soon" is no moment',
    }
    found = plans(project, *wanted)
    assert [messages(answer) for answer in found] == [[message] for message in wanted.values()]
    assert {answer["exit"] for answer in found} == {2}
    assert project.recorded() == ["0001_initial", "0002_p"]


def test_the_last_run_is_taken_back_and_nothing_is_lost(tmp_path: Path, database: Database):
    project = begin(tmp_path, database)
    project.migrate("shop", "0002")
    before = state(project)
    project.migrate()
    project.query("INSERT INTO shop_thing (n, p) VALUES (5, 50)")
    project.query("INSERT INTO stock_box (thing_id) VALUES (1)")
    after = state(project)
    done = project.run("-m", "handrail", "rollback", "--last-run", "--yes")
    assert done.exit == 0, done.out + done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert len(done.out.splitlines()) <= 24
    assert "\nrun 3: 3 migrations taken back; default is at the state before run 2" in done.out
    rules = rules_for(database.vendor)
    values = 2 if rules is not None and rules.column_form is Form.ASIDE else 1  # the row that came got the default there at once
    assert f"shop.0003_drop      kept     {values}     shop_thing.price comes back\n" in done.out
    rows, columns, recorded = state(project)
    assert (columns, recorded) == before[1:]
    assert rows == [*before[0], (2, 5, 50, 7)]
    again = project.run("-m", "handrail", "rollback", "--last-run", "--yes")
    assert again.exit == 2
    assert "error[HR521]: no-such-target: the last run has applied nothing" in again.err + again.out
    assert "next: handrail rollback --run 1" in again.err + again.out
    project.migrate()
    assert state(project) == after
    assert project.query("SELECT thing_id FROM stock_box") == [(1,)]


def test_what_has_no_file_here_comes_from_the_journal(tmp_path: Path, database: Database):
    project = begin(tmp_path, database)
    project.migrate("shop", "0002")
    before = state(project)
    project.migrate()
    for name in ("shop.0003_drop", "shop.0004_double"):
        project.place(name).unlink()
    project.settings(["handrail", "shop"])
    files = sorted(project.path.rglob("*.py"))
    text = "SELECT text FROM handrail_source WHERE text LIKE '%double%'"
    ((kept,),) = project.query(text)
    project.query(
        "UPDATE handrail_source SET text = text || ' ' WHERE text LIKE '%double%'".replace(
            "text || ' '", "CONCAT(text, ' ')" if database.vendor == "mysql" else "text || ' '"
        )
    )
    for goal in ("0002", "0003_drop"):
        (answer,) = plans(project, ["shop", goal])
        assert messages(answer) == ["HR520: no-source: shop.0004_double is applied, and has no file here"]
    why = "the text of shop.migrations.0004_double in handrail_source is not what this project's SECRET_KEY has signed"
    assert answer["findings"][0]["notes"] == [f"shop.0004_double: {why}"]
    project.query(f"UPDATE handrail_source SET text = '{kept.replace(chr(39), chr(39) * 2)}' WHERE text LIKE '%double%'")
    answer = project.handrail("rollback", "--run", "2", "--yes").json
    assert names(answer) == ["stock.0001_initial", "shop.0004_double", "shop.0003_drop"]
    assert {step["source"] for step in answer["plan"]["steps"]} == {"handrail_source"}
    assert answer["run"] == 3
    assert state(project) == before
    assert sorted(project.path.rglob("*.py")) == files


def test_a_step_that_fails_says_how_far_it_came(tmp_path: Path, database: Database):
    project = begin(tmp_path, database)
    code = 'def down(apps, editor):\n    raise ValueError("no way back")\n'
    fails = migration("migrations.RunPython(migrations.RunPython.noop, down),", ("shop", "0002_p"), code=code)
    q = migration('migrations.AddField("Thing", "q", models.IntegerField(null=True)),', ("shop", "0003_drop"))
    project.put({"shop.0003_drop": fails, "shop.0004_double": q})
    project.migrate("--no-keep")
    answer = project.handrail("rollback", "shop", "0001", "--also", "stock", "--yes", exit=3).json
    assert messages(answer) == ["HR519: rollback-failed: shop.0003_drop could not be taken back (ValueError: no way back)"]
    assert answer["findings"][0]["notes"] == [
        "taken back before it: stock.0001_initial, shop.0004_double",
        "shop.0003_drop failed, and nothing of it is left",
        "1 not tried",
    ]
    assert [project.recorded(), project.recorded("stock")] == [["0001_initial", "0002_p", "0003_drop"], []]
    assert "q" not in state(project)[1]


RECEIVER = """
from django.db.models.signals import pre_delete

def fail(sender, **rest):
    assert not sender.__module__.startswith("handrail"), sender

pre_delete.connect(fail, weak=False)
"""
UNFIT = """
def up(apps, editor):
    apps.get_model("shop", "Thing").objects.filter(n="none").update(n="some")

def down(apps, editor):
    apps.get_model("shop", "Thing").objects.update(n="some")
"""


def test_what_refuses_on_the_way_is_no_refusal_of_the_rollback(tmp_path: Path, database: Database):
    project = begin(tmp_path, database)
    wider = migration('migrations.AlterField("Thing", "n", models.CharField(max_length=20)),', ("shop", "0002_p"))
    code = migration("migrations.RunPython(up, down),", ("shop", "0003_drop"), code=UNFIT)
    project.put({"shop.0003_drop": wider, "shop.0004_double": code, "shop/models.py": RECEIVER})
    project.migrate()
    answer = project.handrail("rollback", "shop", "0002", "--yes", exit=3).json
    narrow = "narrowing: 1 row of shop_thing does not fit under n varchar(20) -> integer"
    assert messages(answer) == [
        f"HR519: rollback-failed: shop.0003_drop could not be taken back ({narrow})",
        f"HR504: {narrow}",
    ]
    assert answer["findings"][0]["notes"] == [
        "taken back before it: shop.0004_double",
        "shop.0003_drop failed, and nothing of it is left",
    ]
    assert project.recorded() == ["0001_initial", "0002_p", "0003_drop"]
    project.migrate()
    assert project.query("SELECT n FROM shop_thing") == [("1",)]
