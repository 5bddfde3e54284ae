"""No index is left, and none is missing, where a foreign key was aside: what SHOW CREATE TABLE says, line by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases.test_keeping_columns import Shop, alone
from tests.servers.base import Database

__all__ = ["alone"]
MODELS = """
migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Alone", [
    ("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("Other", CASCADE)),
    ("b", models.OneToOneField("Other", CASCADE, null=True, related_name="+")),
]),
migrations.CreateModel("Together", [
    ("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("Other", CASCADE)), ("n", models.IntegerField()),
    ("c", models.ForeignKey("Other", CASCADE, related_name="+")),
], options={"unique_together": {("a", "n"), ("a", "c")}}),
migrations.CreateModel("Indexed", [
    ("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("Other", CASCADE)), ("n", models.IntegerField()),
], options={"indexes": [models.Index(fields=["a", "n"], name="a_n")]}),
migrations.CreateModel("Constrained", [
    ("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("Other", CASCADE)), ("n", models.IntegerField()),
], options={"constraints": [models.UniqueConstraint(fields=["a", "n"], name="once")]}),
migrations.CreateModel("Gone", [
    ("id", models.BigAutoField(primary_key=True)), ("a", models.ForeignKey("Other", CASCADE)), ("n", models.IntegerField()),
], options={"unique_together": {("a", "n")}}),
"""
REMOVED = """
migrations.RemoveField("Alone", "a"),
migrations.RemoveField("Alone", "b"),
migrations.AlterUniqueTogether("Together", set()),
migrations.RemoveField("Together", "a"),
migrations.RemoveField("Together", "c"),
migrations.RemoveIndex("Indexed", "a_n"),
migrations.RemoveField("Indexed", "a"),
migrations.RemoveConstraint("Constrained", "once"),
migrations.RemoveField("Constrained", "a"),
migrations.DeleteModel("Gone"),
"""
TABLES = ("alone", "together", "indexed", "constrained", "gone")


def definitions(shop: Shop) -> dict[str, list[str]]:
    """Return the lines of each table; where a key stands among the others means nothing."""
    texts = {table: shop.query(f"SHOW CREATE TABLE shop_{table}")[0][1] for table in TABLES}
    return {table: sorted(line.strip(" ,") for line in text.splitlines()[:-1]) for table, text in texts.items()}


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_no_index_is_left_where_a_foreign_key_was_aside(tmp_path: Path, database: Database):
    shop = Shop.make(tmp_path, database, MODELS, REMOVED)
    shop.to("0001")
    before = definitions(shop)
    for _ in range(2):
        shop.to("0002")
        shop.to("0001")
        assert definitions(shop) == before
