"""A column that a migration drops is kept, in both directions, and comes back with its values, on every database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from handrail import registry
from handrail.databases import purging
from handrail.databases.purging.base import Purging
from tests.cases.live import LiveProject
from tests.git_sandbox import isolate
from tests.servers.base import Database

HEAD = """
from django.db import migrations, models
from django.db.models.deletion import CASCADE, SET_NULL

class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [
{operations}
    ]
"""
MODELS = """
migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),
"""
FIELDS = {
    "maybe": "models.IntegerField(null=True)",
    "wanted": "models.IntegerField(default=7, db_index=True)",
    "counted": "models.PositiveIntegerField(default=1)",
    "code": "models.CharField(max_length=20, unique=True, null=True)",
    "text": """models.TextField(default="it's 100%")""",
    "price": "models.DecimalField(max_digits=8, decimal_places=2, default=0)",
    "data": "models.JSONField(default=dict)",
    "raw": 'models.BinaryField(default=b"")',
    "other": 'models.ForeignKey("Other", SET_NULL, null=True)',
    "owner": 'models.ForeignKey("Other", CASCADE, default=1, related_name="+")',
    "made": "models.DateTimeField(null=True)",
    "uid": "models.UUIDField(null=True)",
}
ADD = "\n".join(f'migrations.AddField("Thing", "{name}", {field}),' for name, field in FIELDS.items())
ADD += """
migrations.AddConstraint("Thing", models.CheckConstraint(condition=models.Q(wanted__gte=0) & models.Q(n__gte=0), name="checked")),
migrations.AddConstraint("Thing", models.UniqueConstraint(fields=["n", "wanted"], name="both")),
migrations.AddIndex("Thing", models.Index(fields=["wanted", "n"], name="wanted_n")),
"""
REMOVE = """
migrations.RemoveIndex("Thing", "wanted_n"),
migrations.RemoveConstraint("Thing", "both"),
migrations.RemoveConstraint("Thing", "checked"),
""" + "\n".join(f'migrations.RemoveField("Thing", "{name}"),' for name in FIELDS)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def migration(operations: str, *dependencies: str) -> str:
    return HEAD.format(operations=operations, dependencies=[("shop", name) for name in dependencies])


class Shop(LiveProject):
    """A project with one app."""

    @classmethod
    def make(cls, path: Path, database: Database, *operations: str) -> Shop:
        """Make it; each text of operations is a migration."""
        files, before = {"shop/models.py": ""}, ()
        for number, text in enumerate(operations, 1):
            files[f"shop.{number:04}_it"] = migration(text, *before)
            before = (f"{number:04}_it",)
        made = cls.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
        assert isinstance(made, Shop)
        return made

    def to(self, name: str) -> str:
        """Migrate to a migration."""
        return self.migrate("shop", name)

    def rows(self, columns: str, table: str = "shop_thing") -> list[tuple[Any, ...]]:
        """Read rows, as texts where a driver has a type of its own."""
        return [tuple(row) for row in self.query(f"SELECT {columns} FROM {table} ORDER BY id")]

    def kept(self) -> list[tuple[str, str, str]]:
        """Return table, column and status of all that is on record as kept."""
        quote = "`" if self.aliases["default"].vendor == "mysql" else '"'
        names = ", ".join(f"{quote}{name}{quote}" for name in ("table", "column", "status"))
        return self.query(f"SELECT {names} FROM handrail_kept ORDER BY id")

    def aside(self) -> list[str]:
        """Return the names of all that is aside."""
        database = self.aliases["default"]
        rules = registry.load(purging, Purging, database.vendor)()  # type: ignore[type-abstract]
        with closing(database.server.connect(database.name)) as connection, closing(connection.cursor()) as cursor:
            return [name for name in rules.names(cursor) if name.startswith("hrk_")]


INSERT = """INSERT INTO shop_thing (id, n, maybe, wanted, counted, code, text, price, data, raw, other_id, owner_id, made, uid) VALUES
    (1, 1, NULL, 5, 0, 'a', 'one', 1.25, '{"a": 1}', 'x', 2, 1, '2020-01-02 03:04:05', NULL),
    (2, 2, 8, 6, 9, NULL, '', 2.50, '[]', 'y', NULL, 2, NULL, '12345678123456781234567812345678'),
    (3, 3, 9, 7, 1, 'c', 'three', 3, 'null', 'z', 1, 2, '2021-01-01 00:00:00', NULL)"""
ALL = "id, n, maybe, wanted, counted, code, text, price, data, raw, other_id, owner_id, made, uid"


def test_up_and_down(tmp_path: Path, database: Database):
    shop = Shop.make(tmp_path, database, MODELS, ADD, REMOVE)
    shop.to("0002")
    shop.query("INSERT INTO shop_other (id) VALUES (1), (2)")
    shop.query(INSERT)
    before, schema = shop.rows(ALL), shop.schema()["shop_thing"]
    shop.to("0003")
    assert {status for _, _, status in shop.kept()} == {"kept"}
    assert sorted(column for _, column, _ in shop.kept()) == sorted(
        ["other_id" if name == "other" else "owner_id" if name == "owner" else name for name in FIELDS]
    )
    shop.query("INSERT INTO shop_thing (id, n) VALUES (10, 10)")
    shop.query("INSERT INTO shop_thing (id, n) VALUES (11, 11)")
    shop.query("DELETE FROM shop_thing WHERE id = 2")
    shop.query("UPDATE shop_thing SET n = 30 WHERE id = 3")
    shop.to("0002")
    found = shop.rows(ALL)
    assert found[0] == before[0]
    assert found[1] == (3, 30, *before[2][2:])
    assert [row[:6] for row in found[2:]] == [(10, 10, None, 7, 1, None), (11, 11, None, 7, 1, None)]
    assert [row[6] for row in found[2:]] == ["it's 100%"] * 2
    assert [row[10:] for row in found[2:]] == [(None, 1, None, None)] * 2
    assert shop.schema()["shop_thing"] == schema
    assert shop.aside() == []
    shop.to("0003")
    shop.to("0002")
    assert shop.rows(ALL) == found
    assert shop.schema()["shop_thing"] == schema


def test_a_required_column_that_is_aside_asks_nothing_of_who_inserts_rows(tmp_path: Path, database: Database):
    """And none of its values that came since is taken for one that was there."""
    fields = "migrations.RemoveField('Thing', 'a'), migrations.RemoveField('Thing', 'b'), migrations.RemoveField('Thing', 'c'),"
    made = "".join(f'("{name}", models.IntegerField()),' for name in "abc")
    shop = Shop.make(tmp_path, database, MODELS.replace('("n", models.IntegerField())', made), fields)
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (id, a, b, c) VALUES (1, 0, 1, 2), (2, 3, 4, 5)")
    schema = shop.schema()["shop_thing"]
    shop.to("0002")
    if database.vendor == "postgresql":
        required = (
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'shop_thing'::regclass AND attnotnull AND attname LIKE 'hrk%'"
        )
        assert shop.query(required) == [(3,)]
        role = f"{database.name}_app"
        shop.query(f"CREATE ROLE {role}")
        shop.query(f"GRANT INSERT ON shop_thing TO {role}")
        with closing(database.server.connect(database.name)) as connection, closing(connection.cursor()) as cursor:
            cursor.execute(f"SET ROLE {role}")
            cursor.execute("INSERT INTO shop_thing (id) VALUES (3)")
            connection.commit()
        shop.query(f"DROP OWNED BY {role}")
        shop.query(f"DROP ROLE {role}")
    else:
        shop.query("INSERT INTO shop_thing (id) VALUES (3)")
    refused = shop.manage("migrate", "shop", "0001")
    assert "error[HR503]: no-value: shop_thing.c NOT NULL without default, 1 row" in refused.err
    filled = [word for name in "abc" for word in ("--fill", f"shop_thing.{name}=9")]
    done = shop.manage("handrail", "rollback", "shop", "0001", "--yes", *filled)
    assert done.exit == 0, done.err
    assert shop.rows("id, a, b, c") == [(1, 0, 1, 2), (2, 3, 4, 5), (3, 9, 9, 9)]
    assert shop.schema()["shop_thing"] == schema
    assert shop.aside() == []


LATE = """
migrations.RunSQL(migrations.RunSQL.noop, "INSERT INTO shop_thing (id, n) VALUES (3, 3)"),
"""


def test_a_row_without_a_value_is_found_wherever_it_is(tmp_path: Path, database: Database):
    """Also where it comes on the way back, and is not among the newest, which are looked at first: the column stays aside."""
    made = MODELS.replace('("n", models.IntegerField())', '("n", models.IntegerField()), ("p", models.IntegerField())')
    shop = Shop.make(tmp_path, database, made, "migrations.RemoveField('Thing', 'p'),", LATE)
    shop.to("0001")
    shop.query(f"INSERT INTO shop_thing (id, n, p) VALUES {', '.join(f'({number}, 1, 2)' for number in range(10, 1020))}")
    schema = shop.schema()["shop_thing"]
    shop.to("0003")
    aside, without = shop.aside(), shop.schema()["shop_thing"]
    refused = shop.manage("migrate", "shop", "0001")
    assert refused.exit == 2
    assert "error[HR503]: no-value: shop_thing.p NOT NULL without default, 1 row" in refused.err
    assert shop.schema()["shop_thing"] == without
    assert set(aside) <= set(shop.aside())
    done = shop.manage("handrail", "rollback", "shop", "0001", "--yes", "--fill", "shop_thing.p=  7")
    assert done.exit == 0, done.err
    # where it is stopped, it goes on by what is on record: as it was typed
    ((command,),) = shop.query("SELECT command FROM handrail_run WHERE command LIKE 'rollback%'")
    assert command == "rollback shop 0001 --fill 'shop_thing.p=  7'"
    assert shop.rows("id, n, p")[:2] == [(3, 3, 7), (10, 1, 2)]
    assert shop.schema()["shop_thing"] == schema


CODES = """
migrations.CreateModel("Thing", [("code", models.CharField(max_length=9, primary_key=True)), ("p", models.IntegerField())]),
"""
LONGER = """
migrations.AlterField("Thing", "code", models.CharField(max_length=20, primary_key=True, db_column="name")),
"""


def test_a_primary_key_that_changes_is_followed(tmp_path: Path, sqlite_database: Database):
    shop = Shop.make(tmp_path, sqlite_database, CODES, 'migrations.RemoveField("Thing", "p"),', LONGER)
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (code, p) VALUES ('a', 1), ('b', 2), ('c', 3), ('d', 4)")
    shop.to("0003")
    shop.query("DELETE FROM shop_thing WHERE name = 'a'")
    shop.query("UPDATE shop_thing SET name = 'z' WHERE name = 'b'")
    shop.query("INSERT OR REPLACE INTO shop_thing (name) VALUES ('c')")
    assert shop.query("SELECT k0, v FROM " + shop.query("SELECT aside FROM handrail_kept")[0][0]) == [("z", 2), ("d", 4)]
    refused = shop.manage("migrate", "shop", "0001")
    assert "error[HR503]: no-value: shop_thing.p NOT NULL without default, 1 row" in refused.err
    shop.query("DELETE FROM shop_thing WHERE code = 'c'")
    shop.to("0001")
    assert shop.query("SELECT code, p FROM shop_thing ORDER BY 1") == [("d", 4), ("z", 2)]


def test_a_column_that_may_be_null_and_has_a_passing_default_comes_back(tmp_path: Path, database: Database):
    add = 'migrations.AddField("Thing", "b", models.IntegerField(null=True, default=4), preserve_default=False),'
    made = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),'
    shop = Shop.make(tmp_path, database, made, add)
    shop.to("0002")
    shop.query("INSERT INTO shop_thing (n, b) VALUES (1, 1), (2, NULL)")
    shop.to("0001")
    shop.query("INSERT INTO shop_thing (n) VALUES (3)")
    shop.to("0002")
    assert shop.rows("n, b") == [(1, 1), (2, None), (3, None)]
