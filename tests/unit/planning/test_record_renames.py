"""Rows follow renames all at one moment, or a contradiction is named."""

from __future__ import annotations

from handrail.domain.migration import Migration, MigrationKey
from handrail.planning.draft import GeneratedBody
from handrail.planning.record_renames import Row, RowChange, row_changes
from tests.unit.planning.small_project import key, keys


def files(**parents: str) -> dict[MigrationKey, Migration]:
    """Return migrations of shop; a="b c" means that a depends on b and c."""
    found = {}
    for name, needs in parents.items():
        one = key(f"shop.{name}")
        dependencies = tuple(key(f"shop.{parent}") for parent in needs.split())
        found[one] = Migration(key=one, path="", text="", dependencies=dependencies, body=GeneratedBody(operations=()))
    return found


def rows(*names: str) -> list[Row]:
    return [Row(id=number, key=key(f"shop.{name}")) for number, name in enumerate(names, 1)]


def pairs(*names: str) -> tuple[tuple[MigrationKey, MigrationKey], ...]:
    return tuple((key(f"shop.{old}"), key(f"shop.{new}")) for old, new in (name.split(":") for name in names))


LINE = files(first="", a="first", b2="a", c2="b2")


def test_chains_and_swaps_are_followed_at_one_moment():
    found = row_changes(rows("x", "y", "z"), pairs("x:y", "y:z", "z:x"), (), files(x="", y="", z=""))
    assert [(change.id, change.new.name) for change in found.changes] == [(1, "y"), (2, "z"), (3, "x")]
    assert (found.contradiction, found.behind) == ("", ())


def test_only_what_is_recorded_follows():
    found = row_changes(rows("first", "a", "b"), pairs("b:b2", "c:c2"), (), LINE)
    assert found.changes == (RowChange(id=3, old=key("shop.b"), new=key("shop.b2")),)
    assert found.behind == ()


def test_a_new_name_that_is_recorded_alone_is_left_alone():
    assert row_changes(rows("first", "a", "b2"), pairs("b:b2"), (), LINE).changes == ()


def test_both_names_recorded_is_a_contradiction():
    found = row_changes(rows("first", "a", "b", "b2"), pairs("b:b2"), (), LINE)
    assert (found.changes, found.contradiction) == ((), "shop.b and shop.b2 are both recorded")


def test_a_removed_file_s_record_becomes_the_kept_one_s_or_stays_as_a_ghost():
    assert [one.new.name for one in row_changes(rows("first", "b"), (), pairs("b:a"), LINE).changes] == ["a"]
    assert row_changes(rows("first", "a", "b"), (), pairs("b:a"), LINE).changes == ()


def test_what_a_renamed_migration_needs_and_lacks_is_named_in_order():
    found = row_changes(rows("first", "b", "c"), pairs("b:b2", "c:c2"), (), LINE)
    assert [one.new.name for one in found.changes] == ["b2", "c2"]
    assert found.behind == keys("shop.a")


def test_a_squashed_migration_counts_when_all_it_replaces_is_recorded():
    squash = Migration(key=key("shop.s"), path="", text="", replaces=keys("shop.first shop.a"), body=GeneratedBody(operations=()))
    found = row_changes(rows("first", "a", "b"), pairs("b:b2"), (), {**files(b2="s"), squash.key: squash})
    assert found.behind == ()


def test_duplicate_rows_all_follow():
    found = row_changes(rows("first", "a", "b", "b"), pairs("b:b2"), (), LINE)
    assert [change.id for change in found.changes] == [3, 4]


def test_what_an_earlier_run_renamed_and_did_not_finish_is_still_behind():
    found = row_changes(rows("first", "b2", "c2"), pairs("b:b2", "c:c2"), (), LINE)
    assert (found.changes, found.behind, found.needing) == ((), keys("shop.a"), key("shop.c2"))
    assert not found.is_empty
    assert row_changes(rows("first", "a", "b2", "c2"), pairs("b:b2", "c:c2"), (), LINE).is_empty


def test_a_recorded_migration_that_no_file_stands_for_any_more_is_named():
    assert row_changes(rows("first", "b"), (), (), LINE, removed=keys("shop.b shop.z")).gone == keys("shop.b")
    assert row_changes(rows("first"), (), (), LINE, removed=keys("shop.b")).gone == ()
