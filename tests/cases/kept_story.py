"""One project on each database, whose migrations are reversed and applied again while rows are written; what was seen at each stop.

additions: what 0002 makes; its reverse drops that. removals: what 0003 drops; its reverse brings that back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from handrail import databases, registry
from handrail.databases.base import Backend
from tests.cases.live import LiveProject
from tests.cases.shop import ALL
from tests.servers.base import Database, make
from tests.servers.plugin import get_server

HEAD = """
import uuid
from django.db import migrations, models
from django.db.models.deletion import CASCADE, SET_NULL

def key():
    return models.BigAutoField(primary_key=True)

class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [
{operations}
    ]
"""
FIRST = """
migrations.CreateModel("Thing", [
    ("id", key()), ("name", models.CharField(max_length=50)), ("n", models.IntegerField(default=0)),
    ("gone", models.IntegerField(null=True)),
    ("req", models.IntegerField()),
    ("word", models.CharField(max_length=9)),
    ("day", models.DateField()),
    ("uid", models.UUIDField(default=uuid.uuid4, unique=True)),
]),
migrations.CreateModel("P", [("id", key())]),
migrations.CreateModel("Tag", [("id", key())]),
migrations.CreateModel("Part", [("id", key()), ("t", models.ForeignKey("Thing", SET_NULL, null=True))]),
migrations.CreateModel("Piece", [("id", key()), ("thing", models.ForeignKey("Thing", CASCADE))]),
migrations.CreateModel("Old", [("id", key()), ("name", models.CharField(max_length=9, unique=True))]),
migrations.AddField("Thing", "links", models.ManyToManyField("Tag", related_name="+")),
migrations.CreateModel("C", [("id", key())]),
migrations.CreateModel("D", [("id", key()), ("c", models.ForeignKey("C", CASCADE))]),
migrations.AddField("C", "d", models.ForeignKey("D", CASCADE, null=True)),
migrations.CreateModel("Base", [("id", key()), ("name", models.CharField(max_length=9))]),
migrations.CreateModel("Leaf", [
    ("base_ptr", models.OneToOneField("Base", CASCADE, parent_link=True, primary_key=True, serialize=False)),
    ("extra", models.CharField(max_length=9)),
], bases=("shop.base",)),
"""
ADDITIONS = """
migrations.AddField("Thing", "p", models.IntegerField(null=True)),
migrations.AddField("Thing", "q", models.IntegerField(default=5)),
migrations.AddField("Thing", "r", models.ForeignKey("P", SET_NULL, null=True)),
migrations.AddField("Thing", "ix", models.IntegerField(null=True, db_index=True)),
migrations.AddField("Thing", "u", models.IntegerField(null=True, unique=True)),
migrations.CreateModel("New", [
    ("id", key()), ("name", models.CharField(max_length=9)), ("t", models.ForeignKey("Thing", SET_NULL, null=True)),
], options={"indexes": [models.Index(fields=["name"], name="new_name")]}),
migrations.AddField("Thing", "tags", models.ManyToManyField("Tag", related_name="+")),
migrations.CreateModel("Sub", [
    ("thing_ptr", models.OneToOneField("Thing", CASCADE, parent_link=True, primary_key=True, serialize=False)),
    ("extra", models.CharField(max_length=9)),
], bases=("shop.thing",)),
migrations.CreateModel("A", [("id", key())]),
migrations.CreateModel("B", [("id", key()), ("a", models.ForeignKey("A", CASCADE))]),
migrations.AddField("A", "b", models.ForeignKey("B", SET_NULL, null=True)),
migrations.AlterOrderWithRespectTo("Piece", "thing"),
"""
REMOVALS = """
migrations.RemoveField("Thing", "gone"),
migrations.RemoveField("Thing", "req"),
migrations.RemoveField("Thing", "word"),
migrations.RemoveField("Thing", "day"),
migrations.RemoveField("Thing", "uid"),
migrations.RemoveField("Part", "t"),
migrations.RemoveField("Thing", "links"),
migrations.DeleteModel("Old"),
migrations.RemoveField("C", "d"),
migrations.DeleteModel("D"),
migrations.DeleteModel("C"),
migrations.RemoveField("Leaf", "base_ptr"),
migrations.DeleteModel("Base"),
migrations.DeleteModel("Leaf"),
"""
UNRELATED = 'migrations.AlterField("Thing", "n", models.BigIntegerField(default=0)),\n'
THING = "INSERT INTO shop_thing (name, n, gone, req, word, day, uid{more}) VALUES ('{name}', {n}, {n}, 1{n}, 'w{n}', '2020-01-0{n}', '{uid}'{values})"
FILL = ("req=0", "word=new", "day=2026-01-01", "uid=99999999999999999999999999999999")


@dataclass
class Seen:
    """What was there at one stop: the schema, the rows of each table with their values as texts, and what the command said.

    names: table, kind and name of its indexes and constraints.
    """

    schema: dict[str, Any]
    names: set[tuple[str, str, str]]
    rows: dict[str, list[dict[str, str]]]
    said: str = ""

    def values(self, table: str, *columns: str) -> list[tuple[str, ...]]:
        """Return some columns of all rows, in their order."""
        return sorted(tuple(row[name] for name in columns) for row in self.rows[table])


@dataclass
class Story:
    """The stops, by name, in the order in which they came; refused: the command that refused to go on for lack of values."""

    vendor: str
    seen: dict[str, Seen] = field(default_factory=dict)
    refused: str = ""


class Telling(LiveProject):
    """The project while it is told."""

    def look(self, said: str = "") -> Seen:
        """Read everything that is not kept aside."""
        schema = self.schema()
        rows = {}
        for table, found in schema.items():
            if table.startswith("shop_"):
                names = ", ".join(name for name, *_ in found["columns"])
                values = sorted(tuple(map(str, row)) for row in self.query(f"SELECT {names} FROM {table}"))
                rows[table] = [dict(zip(names.split(", "), row, strict=True)) for row in values]
        return Seen(schema, self.names_of_keys(), rows, said)

    def names_of_keys(self) -> set[tuple[str, str, str]]:
        """Read the names of all indexes and constraints that are not aside."""
        database = self.aliases["default"]
        backend: Backend = registry.load(databases, Backend, database.vendor)()  # type: ignore[type-abstract]
        with closing(database.server.connect(database.name)) as connection:
            found = backend.catalogue(connection.cursor())
        keys = [one for one in found if one.kind in ("index", "constraint") and one.table.startswith("shop_")]
        return {(one.table, one.kind, one.name) for one in keys if not one.name.startswith("hrk_")}

    def went(self, *words: str) -> str:
        """Migrate, and return all that is said."""
        done = self.manage("migrate", "--no-color", "shop", *words)
        assert done.exit == 0, done.out + done.err
        return done.out + done.err

    def thing(self, name: str, n: int, more: str = "", values: str = "") -> None:
        """Insert a thing with all that the first migration gave it."""
        uid = f"{n}" * 32
        self.query(THING.format(name=name, n=n, uid=uid, more=more and f", {more}", values=values and f", {values}"))


def tell(path: Path, database: Database) -> Story:
    """Go through it."""
    files = {"shop/models.py": ""}
    before: list[tuple[str, str]] = []
    for number, operations in enumerate((FIRST, ADDITIONS, REMOVALS, UNRELATED), 1):
        files[f"shop.000{number}_it"] = HEAD.format(dependencies=before, operations=operations)
        before = [("shop", f"000{number}_it")]
    project = Telling.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
    assert isinstance(project, Telling)
    story = Story(database.vendor)
    _additions(project, story)
    _removals(project, story)
    return story


def _additions(project: Telling, story: Story) -> None:
    project.went("0002")
    query = project.query
    for sql in ("INSERT INTO shop_p (id) VALUES (5), (6)", "INSERT INTO shop_tag (id) VALUES (1), (2)"):
        query(sql)
    project.thing("a", 1, "p, q, r_id, ix, u", "777, 8, 5, 3, 4")
    project.thing("b", 2, "p, q, r_id, ix, u", "NULL, 9, 6, 3, NULL")
    query("INSERT INTO shop_new (name, t_id) VALUES ('keep', 1)")
    query("INSERT INTO shop_thing_tags (thing_id, tag_id) VALUES (1, 1), (2, 2)")
    query("INSERT INTO shop_sub (thing_ptr_id, extra) VALUES (2, 'sub')")
    query("INSERT INTO shop_a (b_id) VALUES (NULL)")
    query("INSERT INTO shop_b (a_id) VALUES (1)")
    query("UPDATE shop_a SET b_id = 1")
    query("INSERT INTO shop_piece (thing_id, _order) VALUES (1, 7)")
    story.seen["added"] = project.look()
    said = project.went("0001")
    project.thing("c", 3)
    query("DELETE FROM shop_p WHERE id = 6")
    query("UPDATE shop_thing SET n = 20 WHERE name = 'b'")
    story.seen["reversed"] = project.look(said)
    said = project.went("0002")
    query("INSERT INTO shop_new (name) VALUES ('other')")
    story.seen["again"] = project.look(said)


def _removals(project: Telling, story: Story) -> None:
    query = project.query
    query("INSERT INTO shop_part (t_id) VALUES (1), (2)")
    query("INSERT INTO shop_thing_links (thing_id, tag_id) VALUES (1, 2)")
    query("INSERT INTO shop_old (name) VALUES ('one'), ('two')")
    query("INSERT INTO shop_base (name) VALUES ('first'), ('second')")
    if story.vendor != "sqlite":  # it would copy the column by the primary key, which that column is (HR517)
        query("INSERT INTO shop_leaf (base_ptr_id, extra) VALUES (2, 'leaf')")
    query("INSERT INTO shop_c (d_id) VALUES (NULL)")
    query("INSERT INTO shop_d (c_id) VALUES (1)")
    query("UPDATE shop_c SET d_id = 1")
    story.seen["there"] = project.look()
    said = project.went()
    query("INSERT INTO shop_thing (name, n, q) VALUES ('d', 4, 5)")
    query("UPDATE shop_thing SET n = 10 WHERE name = 'a'")
    query("DELETE FROM shop_thing WHERE name = 'c'")
    story.seen["removed"] = project.look(said)
    refused = project.manage("migrate", "--no-color", "shop", "0002")
    assert refused.exit == 2, refused.out
    story.refused = refused.err
    fill = [word for one in FILL for word in ("--fill", f"shop_thing.{one}")]
    done = project.run("-m", "handrail", "rollback", "shop", "0002", "--yes", *fill)
    assert done.exit == 0, done.out + done.err
    query("INSERT INTO shop_old (name) VALUES ('three')")
    story.seen["back"] = project.look(done.out + done.err)


@cache
def _told(name: str, folder: str) -> Story:
    made: list[Database] = []
    server = get_server(name)
    try:
        return tell(Path(folder) / name, make(server, made.append))
    finally:
        for one in made:
            server.drop(one.name)


@pytest.fixture(params=ALL)
def story(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """What was seen on one database; it is told once in a process."""
    folder = tmp_path_factory.getbasetemp() / f"story{os.getpid()}"
    yield _told(request.param, str(folder))
