"""The state at the common ancestor: which apps are read, and when."""

from __future__ import annotations

import sys

import pytest

from handrail.conflicts.ancestor import Ancestor, room
from handrail.conflicts.code import relations
from handrail.conflicts.state import State
from handrail.domain.footprint import ModelKey
from handrail.sources.snapshot import read_snapshot
from tests.unit.planning.small_project import migration
from tests.unit.sources.trees import Files

ITEM = ModelKey("stock", "item")
MODEL = 'migrations.CreateModel("{}", [("id", models.BigAutoField(primary_key=True)), {}])'
KEY = '("item", models.ForeignKey({}, models.CASCADE, related_name="lines"))'


def ancestor(settings: dict[str, str] | None = None, **operations: str) -> Ancestor:
    """Return the state of apps with one migration each, of which all are expected and none is read yet."""
    files = {
        f"{app}/migrations/0001_initial.py": migration("", text, imports="from django.conf import settings\n")
        for app, text in operations.items()
    }
    packages = {f"{app}/migrations/__init__.py": "" for app in operations}
    found = Ancestor(read_snapshot(Files({**files, **packages})).migrations.values(), settings or {})
    found.expect(operations)
    return found


def referring(state: State) -> list[str]:
    return sorted(f"{model.label}.{each.name}" for model, each in state.referring(ITEM))


@pytest.mark.parametrize("to", ['"stock.Item"', '"sto" "ck.Item"', "'stock'\n'.Item'"])
def test_an_app_is_read_where_a_relation_in_it_may_lead_to_the_model(to: str) -> None:
    state = ancestor(stock=MODEL.format("Item", ""), shop=MODEL.format("Line", KEY.format(to)).replace("\n", " "), blog="")
    assert referring(state) == ["shop.Line.item"]
    assert set(state.unread) == {"blog"}


def test_a_relation_over_proxies_in_apps_that_name_the_model() -> None:
    proxy = 'migrations.CreateModel("{}", [], options={{"proxy": True}}, bases=("{}",))'
    state = ancestor(
        stock=MODEL.format("Item", ""),
        near=proxy.format("Near", "stock.Item"),
        far=proxy.format("Far", "near.Near"),
        shop=MODEL.format("Line", KEY.format('"far.Far"')),
        blog=MODEL.format("Post", ""),
    )
    assert referring(state) == ["shop.Line.item"]
    assert set(state.unread) == {"blog"}


def test_a_relation_to_what_a_setting_names() -> None:
    line = MODEL.format("Line", KEY.format("settings.AUTH_USER_MODEL"))
    swapped = MODEL.format("Item", "").replace("])", '], options={"swappable": "AUTH_USER_MODEL"})')
    given = ancestor({"AUTH_USER_MODEL": "stock.Item"}, stock=MODEL.format("Item", ""), shop=line, blog="")
    declared = ancestor(stock=swapped, shop=line, blog="")
    assert referring(given) == referring(declared) == ["shop.Line.item"]
    assert set(given.unread) == set(declared.unread) == {"blog"}


def test_what_all_models_are_asked_for_is_read_first() -> None:
    state = ancestor(stock=MODEL.format("Item", ""), shop=MODEL.format("Line", ""))
    assert [model.label for model in state.seen()] == []
    assert [model.label for model in state.all()] == ["shop.Line", "stock.Item"]
    assert not state.unread


def test_names_on_a_model_are_looked_for_where_a_field_has_them_first() -> None:
    state = ancestor(
        stock=MODEL.format("Item", '("size", models.IntegerField())'), shop=MODEL.format("Line", KEY.format('"stock.Item"'))
    )
    names = relations(state)(ITEM)
    assert names["size"] is None
    assert set(state.unread) == {"shop"}
    assert names["lines"] == ModelKey("shop", "line")
    assert not state.unread
    assert [*names] == ["pk", "lines", "id", "size"]
    assert len(names) == 4
    assert "colour" not in names
    assert relations(state)(ModelKey("stock", "nothing")) == {}


def test_there_is_room_to_read_a_file_from_deep_inside() -> None:
    limit = sys.getrecursionlimit()

    def deep(left: int) -> int:
        return deep(left - 1) if left else sys.getrecursionlimit()

    with pytest.raises(RecursionError):
        deep(limit)
    with room():
        assert deep(limit) > limit
    assert sys.getrecursionlimit() == limit
