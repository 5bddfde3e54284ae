"""An index that Django leaves behind when it goes in the migration that made its table is in nobody's way when that is taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases.test_keeping_columns import Shop
from tests.git_sandbox import isolate
from tests.servers.base import Database

MADE = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("word", models.CharField(max_length=9, db_index=True)),
    ("n", models.IntegerField()),
], options={"indexes": [models.Index(fields=["n", "word"], name="both")]}),
migrations.AlterField("Thing", "word", models.CharField(max_length=9)),
migrations.RemoveIndex("Thing", "both"),
"""


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)


def test_what_django_left_there_is_made_anew(tmp_path: Path, database: Database) -> None:
    shop = Shop.make(
        tmp_path, database, 'migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),', MADE
    )
    shop.to("0002")
    shop.query("INSERT INTO shop_thing (word, n) VALUES ('a', 1), ('b', 2)")
    done = shop.run("-m", "handrail", "rollback", "shop", "0001", "--yes")
    assert done.exit == 0, done.out + done.err
    assert "shop_thing" not in shop.schema()
    shop.to("0002")
    assert shop.rows("id, word, n") == [(1, "a", 1), (2, "b", 2)]
