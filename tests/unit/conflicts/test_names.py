"""Generated names, compared with those that the installed Django makes."""

from __future__ import annotations

import pytest
from django.db.backends import utils
from django.db.backends.sqlite3.base import DatabaseWrapper

from handrail.conflicts import names

connection = DatabaseWrapper({"NAME": ":memory:"})
LONG = "a_table_with_a_name_that_is_much_longer_than_most_of_them_should_be"


@pytest.mark.parametrize("name", ["shop_thing", LONG, f'other"."{LONG}', '"quoted"'])
@pytest.mark.parametrize("length", [63, 64, 30, None])
def test_truncate_name(name: str, length: int | None) -> None:
    assert names.truncate_name(name, length) == utils.truncate_name(name, length)


def test_names_digest() -> None:
    assert names.names_digest("shop_thing", "x", length=8) == utils.names_digest("shop_thing", "x", length=8)
    assert names.names_digest("shop_thing", "x", length=8) != names.names_digest("shop_thing", "y", length=8)


@pytest.mark.parametrize("table", ["shop_thing", LONG, "_odd", "1st"])
@pytest.mark.parametrize("columns", [("x",), ("name", "x"), ("a" * 40, "b" * 40)])
@pytest.mark.parametrize("suffix", ["", "_uniq", "_idx", "_fk_shop_other_table_with_a_long_name_id"])
@pytest.mark.parametrize("length", [63, 64, None])
def test_index_name(
    monkeypatch: pytest.MonkeyPatch, table: str, columns: tuple[str, ...], suffix: str, length: int | None
) -> None:
    monkeypatch.setattr(connection.ops, "max_name_length", lambda: length)
    expected = connection.SchemaEditorClass(connection)._create_index_name(table, columns, suffix)
    assert names.index_name(table, columns, suffix, length) == expected


def test_foreign_key_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection.ops, "max_name_length", lambda: 63)
    expected = connection.SchemaEditorClass(connection)._create_index_name("shop_thing", ["p_id"], suffix="_fk_shop_p_id")
    assert names.foreign_key_name("shop_thing", "p_id", "shop_p", "id") == expected


def test_tables_of_models_and_relations() -> None:
    assert names.table_name("shop", "Thing") == "shop_thing"
    assert names.many_to_many_table("shop_thing", "tags") == "shop_thing_tags"
    assert names.many_to_many_table('"shop"', "tags") == "shop_tags"
    assert names.table_name("shop", LONG, 63) == utils.truncate_name(f"shop_{LONG}", 63)
