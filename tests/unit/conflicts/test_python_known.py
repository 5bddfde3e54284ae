"""Readings of RunPython functions that are used again: only where every question has the same answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from handrail.conflicts import python_known
from handrail.conflicts.python_known import footprint_of
from handrail.domain.footprint import CodeFootprint, ModelKey
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.value import Name
from handrail.sources.facts import read_facts, to_migration

ITEM, SHOP, TOWN = (ModelKey("stock", name) for name in ("item", "shop", "town"))
FILE = """
from django.db import migrations
def fill(apps, schema_editor):
    for item in apps.get_model("stock", "Item").objects.all():
        item.size = item.{path}
        item.save()
class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
"""
NAMES: dict[ModelKey, dict[str, ModelKey | None]] = {
    ITEM: {"id": None, "size": None, "shop": SHOP},
    SHOP: {"id": None, "town": None, "name": None},
    TOWN: {"id": None, "name": None},
}


class Asking:
    """Relations that count how often they are asked."""

    def __init__(self, names: Mapping[ModelKey, Mapping[str, ModelKey | None]]) -> None:
        self.names = names
        self.asked: list[ModelKey] = []

    def __call__(self, key: ModelKey) -> Mapping[str, ModelKey | None]:
        self.asked.append(key)
        return self.names.get(key, {})


def migration(path: str) -> Migration:
    return to_migration(
        read_facts(FILE.format(path=path).encode()), MigrationKey("stock", "0002_x"), "stock/migrations/0002_x.py", ""
    )


def rows(footprint: CodeFootprint) -> dict[str, set[str]]:
    return {str(row.model): set(row.reads | row.updates) for row in footprint.rows}


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    python_known._known.clear()


def test_the_same_answers_give_the_same_footprint_without_reading() -> None:
    first = footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES))
    assert rows(first) == {"stock.item": {"size", "shop"}, "stock.shop": {"name"}}
    more = {**NAMES, TOWN: {"other": None}, ITEM: {**NAMES[ITEM], "colour": None}}
    assert footprint_of(migration("shop.name"), Name(".fill"), Asking(more)) is first


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ({**NAMES, SHOP: {"id": None, "name": TOWN}}, {"stock.item", "stock.shop"}),
        ({**NAMES, ITEM: {**NAMES[ITEM], "shop": TOWN}}, {"stock.item", "stock.town"}),
        ({**NAMES, ITEM: {"id": None, "size": None, "shop": None}}, {"stock.item"}),
        ({**NAMES, SHOP: {}}, {"stock.item", "stock.shop"}),
        ({}, {"stock.item"}),
    ],
)
def test_another_answer_is_read_anew(names: dict[ModelKey, dict[str, ModelKey | None]], found: set[str]) -> None:
    first = footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES))
    second = footprint_of(migration("shop.name"), Name(".fill"), Asking(names))
    assert second is not first
    assert set(rows(second)) == found
    assert footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES)) is first
    assert footprint_of(migration("shop.name"), Name(".fill"), Asking(names)) is second


def test_another_file_or_function_is_read_anew() -> None:
    first = footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES))
    assert rows(footprint_of(migration("shop.town"), Name(".fill"), Asking(NAMES)))["stock.shop"] == {"town"}
    assert footprint_of(migration("shop.name"), Name(".other"), Asking(NAMES)) != first


def test_no_more_is_kept_than_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_known, "MOST", 2)
    first = footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES))
    footprint_of(migration("shop.town"), Name(".fill"), Asking(NAMES))
    assert footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES)) is first
    footprint_of(migration("shop.id"), Name(".fill"), Asking(NAMES))
    assert footprint_of(migration("shop.name"), Name(".fill"), Asking(NAMES)) is not first
