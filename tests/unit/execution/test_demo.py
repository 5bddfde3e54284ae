"""The demo keeps its promises, and says so where it does not."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from handrail.execution import demo, demo_checks
from handrail.execution.demo_stage import BrokenPromiseError, Stage


def stage_in(folder: Path) -> tuple[Stage, list[str]]:
    said: list[str] = []
    return Stage(root=folder, say=said.append), said


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("CREATE TABLE django_migrations (app text, name text)", *statements):
            connection.execute(statement)
        connection.commit()
    return path


def test_a_command_is_shown_with_what_it_prints(tmp_path: Path) -> None:
    stage, said = stage_in(tmp_path)
    assert stage.run("python", "-c", "print('hello')", settings={"DATABASE": "x"}) == "hello\n"
    assert said == ["\n$ DATABASE=x python -c print('hello')\nhello"]


def test_an_exit_code_that_was_not_promised_breaks_the_demo(tmp_path: Path) -> None:
    stage, said = stage_in(tmp_path)
    with pytest.raises(BrokenPromiseError, match=r"^`python -c 1/0` ended with exit code 1, not 0 or 2$"):
        stage.run("python", "-c", "1/0", expect=(0, 2), quiet=True)
    assert "ZeroDivisionError" in said[0]


def test_git_and_django_of_the_caller_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "elsewhere")
    stage, _ = stage_in(tmp_path)
    stage.run("git", "init", "-q")
    assert (tmp_path / ".git").is_dir()
    assert stage.run("python", "-c", "import os; print(os.environ.get('DJANGO_SETTINGS_MODULE'))") == "None\n"


def test_an_edit_that_does_not_fit_breaks_the_demo(tmp_path: Path) -> None:
    stage, _ = stage_in(tmp_path)
    stage.write("models.py", "a = 1\na = 1\n")
    with pytest.raises(BrokenPromiseError, match=r"^models.py holds 2 times what the demo wants to change$"):
        stage.edit("models.py", "a = 1", "a = 2")


def test_schemas_are_equal_whatever_the_order_of_columns(tmp_path: Path) -> None:
    one = database(tmp_path / "one", "CREATE TABLE t (id integer PRIMARY KEY, a text, b text)")
    two = database(tmp_path / "two", "CREATE TABLE t (id integer PRIMARY KEY, b text, a text)")
    assert demo_checks.schema(one) == demo_checks.schema(two)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (id integer PRIMARY KEY, a varchar(9), b text)",
        "CREATE TABLE t (id integer PRIMARY KEY, a text NOT NULL, b text)",
        "CREATE TABLE t (id integer PRIMARY KEY, a text UNIQUE, b text)",
        "CREATE TABLE t (id integer PRIMARY KEY, a text REFERENCES t (id), b text)",
    ],
    ids=["type", "null", "unique", "foreign key"],
)
def test_schemas_that_differ_break_a_promise(tmp_path: Path, statement: str) -> None:
    database(tmp_path / "one", "CREATE TABLE t (id integer PRIMARY KEY, a text, b text)")
    database(tmp_path / "two", statement)
    stage, _ = stage_in(tmp_path)
    with pytest.raises(BrokenPromiseError, match=r"^not as promised: one and two have the same schema \(2 tables\)$"):
        demo_checks.check_databases(stage, "one", "two")


def test_histories_that_differ_break_a_promise(tmp_path: Path) -> None:
    database(tmp_path / "one", "INSERT INTO django_migrations VALUES ('shop', '0002_a')")
    database(tmp_path / "two", "INSERT INTO django_migrations VALUES ('shop', '0002_b')")
    stage, said = stage_in(tmp_path)
    with pytest.raises(BrokenPromiseError, match=r"^not as promised: one and two have the same 1 migrations recorded$"):
        demo_checks.check_databases(stage, "one", "two")
    assert said == ["as promised: one and two have the same schema (1 tables)"]


def test_a_broken_promise_is_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def broken(stage: Stage) -> None:
        raise BrokenPromiseError("not as promised: the sky is blue")

    monkeypatch.setattr(demo, "independent", broken)
    monkeypatch.setattr(demo, "build", lambda stage: None)
    assert demo.play(tmp_path, said.append) is False
    assert said == ["\nnot as promised: the sky is blue"]


def test_two_leaf_nodes_in_one_app_break_a_promise(tmp_path: Path) -> None:
    stage, _ = stage_in(tmp_path)
    demo.build(stage)
    demo_checks.check_files(stage)
    migrations = tmp_path / "shop" / "migrations"
    for name in ("0002_a", "0002_b"):
        text = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        (migrations / f"{name}.py").write_text(text + '    dependencies = [("shop", "0001_initial")]\n')
    with pytest.raises(BrokenPromiseError, match=r"^not as promised: one leaf node in each app: .*shop.0002_a, shop.0002_b$"):
        demo_checks.check_files(stage)
