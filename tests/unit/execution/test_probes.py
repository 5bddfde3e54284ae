"""What probes know without a database: places through renames, what code could change, and what uses what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from handrail.databases.probing.base import Dependent, merged, named_in
from handrail.databases.probing.postgresql import _without_table
from handrail.databases.probing.sqlite import SQLiteProbing
from handrail.execution.probes._asking import BOUND, counted


@pytest.fixture(scope="module")
def django_parts() -> Iterator[Any]:
    """Django's migrations, with settings that name no app."""
    from django.conf import settings

    if not settings.configured:
        settings.configure(INSTALLED_APPS=[])
    from django.db import migrations, models
    from django.db.migrations.state import ProjectState

    yield migrations, models, ProjectState


def plan_of(parts: Any, *operations: Any, backwards: bool = False) -> tuple[Any, Any]:
    """Return a plan of one migration, and the state before it, with the model shop.Thing(id, n)."""
    migrations, models, ProjectState = parts
    state = ProjectState()
    create = migrations.CreateModel("Thing", [("id", models.AutoField(primary_key=True)), ("n", models.IntegerField())])
    create.state_forwards("shop", state)
    migration = migrations.Migration("0002_x", "shop")
    migration.operations = list(operations)
    return [(migration, backwards)], state


def test_a_table_and_a_column_are_followed_through_renames(django_parts: Any) -> None:
    from django.db.backends.sqlite3.base import DatabaseWrapper

    from handrail.execution.probes._changes import changes_of
    from handrail.execution.probes._places import Places

    connection = DatabaseWrapper({"NAME": ":memory:"})
    migrations, models, _ = django_parts
    operations = [
        migrations.RenameField("Thing", "n", "m"),
        migrations.RenameModel("Thing", "Item"),
        migrations.AlterModelTable("Item", "goods"),
        migrations.AddField("Item", "p", models.IntegerField(null=True)),
    ]
    plan, state = plan_of(django_parts, *operations)
    before = {key: list(model.fields) for key, model in state.models.items()}
    places = Places(connection)
    changes = changes_of(plan, state)
    assert {key: list(model.fields) for key, model in state.models.items()} == before
    for change in changes:
        places.take(change)
    model = changes[-1].end["shop", "item"]
    assert places.table(("shop", "item"), model) == "shop_thing"
    assert [places.column(("shop", "item"), model, name) for name in ("id", "m", "p")] == ["id", "n", None]

    backwards = changes_of([(plan[0][0], True)], state)
    assert [type(one.operation).__name__ for one in backwards] == ["AddField", "AlterModelTable", "RenameModel", "RenameField"]
    places = Places(connection)
    for change in backwards:
        places.take(change)
    model = backwards[-1].end["shop", "thing"]
    assert places.table(("shop", "thing"), model) == "goods"
    assert places.column(("shop", "thing"), model, "n") == "m"


def test_only_the_database_part_of_an_operation_counts(django_parts: Any) -> None:
    from handrail.execution.probes._changes import changes_of

    migrations, models, _ = django_parts
    add = migrations.AddField("Thing", "p", models.IntegerField(null=True))
    remove = migrations.RemoveField("Thing", "n")
    plan, state = plan_of(django_parts, migrations.SeparateDatabaseAndState([add], [remove]), add)
    (first, second) = changes_of(plan, state)
    assert list(first.end["shop", "thing"].fields) == ["id", "n", "p"]
    assert list(second.start["shop", "thing"].fields) == ["id"]


def fills(apps: Any, editor: Any) -> None:
    editor.execute("DROP VIEW cheap")


def counts(apps: Any, editor: Any) -> None:
    apps.get_model("shop", "Thing").objects.update(n=1)


def test_what_code_could_change_before_an_operation(django_parts: Any) -> None:
    from handrail.execution.probes._changes import changes_of
    from handrail.execution.probes._code import Code

    migrations, *_ = django_parts

    def after(operation: Any, *, backwards: bool = False) -> tuple[bool, bool, bool]:
        plan, state = plan_of(django_parts, operation, backwards=backwards)
        code = Code()
        for change in changes_of(plan, state):
            code.take(change)
        return code.is_opaque, code.may_touch("cheap"), code.may_touch("other")

    noop = migrations.RunPython.noop
    assert after(migrations.RunPython(fills, noop)) == (True, True, False)
    assert after(migrations.RunPython(fills, noop), backwards=True) == (False, False, False)
    assert after(migrations.RunPython(counts)) == (True, False, False)
    assert after(migrations.RunSQL("SELECT 1", ["DROP VIEW cheap", ("DELETE FROM x", None)]), backwards=True) == (
        True,
        True,
        False,
    )
    assert after(migrations.RunSQL(migrations.RunSQL.noop)) == (False, False, False)
    assert after(migrations.RenameField("Thing", "n", "m")) == (False, False, False)

    class Own(migrations.RenameField):
        def database_forwards(self, *args: Any) -> None:
            raise AssertionError("cheap")

        def database_backwards(self, *args: Any) -> None:
            super().database_backwards(*args)

    assert after(Own("Thing", "n", "m")) == (True, True, False)
    assert after(Own("Thing", "n", "m"), backwards=True) == (True, True, True)


def test_rows_in_words() -> None:
    assert [counted(1), counted(2), counted(BOUND), counted(BOUND + 1)] == [
        "1 row",
        "2 rows",
        "10000 rows",
        "more than 10000 rows",
    ]
    assert counted(1, "other") == "1 other"


def test_rows_of_the_catalogue_become_one_dependent_each() -> None:
    rows = [("view", "v", "", "b", "SELECT"), ("view", "v", "", "a", "SELECT"), ("rule", "r", "t", None, "x")]
    assert merged(rows) == [
        Dependent("rule", "r", "t", None, "x"),
        Dependent("view", "v", "", frozenset({"a", "b"}), "SELECT"),
    ]
    assert [str(one) for one in merged(rows)] == ["rule r of t", "view v"]


def test_a_trigger_is_read_without_the_name_of_its_table() -> None:
    text = "CREATE TRIGGER t BEFORE UPDATE OF p, q ON price FOR EACH ROW WHEN (new.n > 0) EXECUTE FUNCTION f()"
    assert named_in(_without_table(text, "price"), ["price", "p", "q", "n", "t"]) == {"p", "q", "n"}


def test_sqlite_reads_views_triggers_and_generated_columns_from_their_texts() -> None:
    table = "CREATE TABLE shop_thing (id integer, n integer, name text, g integer GENERATED ALWAYS AS (coalesce(n, 2)) STORED, z text)"
    texts = [
        ("table", "shop_thing", "shop_thing", table),
        ("view", "v", "v", "CREATE VIEW v AS SELECT n FROM Shop_Thing WHERE name = 'z'"),
        ("view", "w", "w", "CREATE VIEW w AS SELECT count(*) FROM shop_thing"),
        ("view", "x", "x", "CREATE VIEW x AS SELECT 'shop_thing n'"),
        ("trigger", "t", "other", "CREATE TRIGGER t AFTER INSERT ON other BEGIN DELETE FROM shop_thing; END"),
        ("trigger", "u", "shop_thing", "CREATE TRIGGER u AFTER INSERT ON shop_thing BEGIN SELECT 1; END"),
    ]
    columns = [("id", 0), ("n", 0), ("name", 0), ("g", 3), ("z", 0)]

    def ask(sql: str, params: Any) -> list[tuple[Any, ...]]:
        return columns if "table_xinfo" in sql else [] if "foreign_key" in sql else texts

    found = [(str(one), one.columns) for one in SQLiteProbing().dependents(ask, "shop_thing")]
    assert found == [
        ("generated column g of shop_thing", {"n"}),
        ("view v", {"n", "name"}),
        ("view w", None),
        ("trigger t of other", frozenset()),
    ]
