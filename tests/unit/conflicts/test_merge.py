"""Three-way merges of whole values."""

from __future__ import annotations

import pytest

from handrail.conflicts.merge import (
    merge_choices,
    merge_field,
    merge_list,
    merge_options,
    merge_permissions,
    merge_set,
    merge_value,
    same,
)
from handrail.domain.conflict import MISSING
from handrail.domain.value import Call, DictOf, ListOf, Name, Symbolic, Value


def field(name: str, **keywords: Value) -> Call:
    return Call(f"django.db.models.{name}", (), tuple(keywords.items()))


CHAR = field("CharField", max_length=50)


def test_attributes_that_one_side_changed_are_taken_from_it() -> None:
    ours, theirs = field("CharField", max_length=50, null=True), field("CharField", max_length=80)
    assert merge_field(CHAR, ours, theirs) == field("CharField", max_length=80, null=True)


def test_one_attribute_changed_on_both_sides_is_a_choice() -> None:
    assert merge_field(CHAR, field("CharField", max_length=60), field("CharField", max_length=80)) is MISSING


def test_an_attribute_that_one_side_takes_out_is_out() -> None:
    base = field("CharField", max_length=50, null=True, help_text="h")
    ours, theirs = field("CharField", max_length=50, help_text="h"), field("CharField", max_length=50, null=True)
    assert merge_field(base, ours, theirs) == CHAR


def test_null_taken_out_under_a_default_of_none_is_a_choice() -> None:
    base = field("CharField", max_length=50, null=True)
    assert (
        merge_field(base, field("CharField", max_length=50), field("CharField", max_length=50, null=True, default=None))
        is MISSING
    )


def test_another_class_goes_with_attributes_of_every_class() -> None:
    assert merge_field(CHAR, field("TextField"), field("CharField", max_length=50, help_text="h")) == field(
        "TextField", help_text="h"
    )


@pytest.mark.parametrize("theirs", [field("CharField", max_length=80), field("CharField", max_length=50, default="a")])
def test_another_class_is_a_choice_against_what_the_old_one_needs(theirs: Value) -> None:
    assert merge_field(CHAR, field("TextField"), theirs) is MISSING


def test_what_cannot_be_evaluated_is_a_choice() -> None:
    ours = field("CharField", max_length=Symbolic("LENGTH"))
    assert merge_field(CHAR, ours, field("CharField", max_length=Symbolic("LENGTH"), null=True)) is MISSING
    assert merge_field(Symbolic("a"), CHAR, CHAR) is MISSING


def test_equal_values_of_two_files_are_the_same_only_if_they_mean_the_same() -> None:
    assert same(CHAR, field("CharField", max_length=50))
    assert not same(field("CharField", default=Name(".one")), field("CharField", default=Name(".one")))
    assert not same(Symbolic("a"), Symbolic("a"))


def test_choices_are_joined_by_value() -> None:
    base = ListOf((("a", "A"),))
    ours, theirs = ListOf((("a", "A"), ("b", "B"))), ListOf((("a", "A"), ("c", "C")))
    assert merge_choices(base, ours, theirs) == ListOf((("a", "A"), ("b", "B"), ("c", "C")))
    assert merge_choices(base, ours, ListOf((("a", "Alpha"),))) == ListOf((("a", "Alpha"), ("b", "B")))


def test_choices_keep_the_order_of_the_side_that_does_more_than_append() -> None:
    base, appended = ListOf((("a", "A"), ("b", "B"))), ListOf((("a", "A"), ("b", "B"), ("c", "C")))
    moved = ListOf((("b", "B"), ("a", "A")))
    first = ListOf((("d", "D"), ("a", "A"), ("b", "B")))
    assert merge_choices(base, moved, appended) == ListOf((("b", "B"), ("a", "A"), ("c", "C")))
    assert merge_choices(base, appended, moved) == ListOf((("b", "B"), ("a", "A"), ("c", "C")))
    assert merge_choices(base, first, appended) == ListOf((("d", "D"), ("a", "A"), ("b", "B"), ("c", "C")))
    assert merge_choices(base, first, moved) is MISSING


def test_choices_with_one_value_twice_are_a_choice() -> None:
    base = ListOf((("a", "A"),))
    assert merge_choices(base, ListOf((("a", "A"), ("a", "B"))), ListOf((("a", "A"), ("c", "C")))) is MISSING


def test_choices_that_are_taken_out_or_labelled_twice_are_a_choice() -> None:
    base = ListOf((("a", "A"),))
    assert merge_choices(base, ListOf(()), ListOf((("a", "A"), ("b", "B")))) is MISSING
    assert merge_choices(base, ListOf((("a", "X"),)), ListOf((("a", "Y"),))) is MISSING


def test_sets_keep_additions_and_removals_of_both() -> None:
    base = frozenset({("a",), ("b",), ("c",)})
    assert merge_set(base, base - {("a",)}, (base - {("b",)}) | {("d",)}) == {("c",), ("d",)}
    assert merge_set(Symbolic("x"), base, base) is MISSING


def test_lists_are_joined_by_their_items() -> None:
    assert merge_list(MISSING, ListOf(("a",)), ListOf(("b", "a"))) == ListOf(("a", "b"))
    assert merge_list(ListOf(("a", "b")), ListOf(("a",)), ListOf(("b", "a", "c"))) == ListOf(("a", "c"))


def test_options_are_merged_key_by_key() -> None:
    base = DictOf((("ordering", ListOf(("a",))),))
    ours = DictOf((("ordering", ListOf(("a",))), ("verbose_name", "thing")))
    assert merge_options(base, ours, DictOf(())) == DictOf((("verbose_name", "thing"),))
    assert merge_options(base, ours, DictOf((("verbose_name", "item"),))) is MISSING


def test_permissions_are_merged_by_codename() -> None:
    base, ours = ListOf((("a", "A"), ("b", "B"))), ListOf((("a", "Alpha"), ("b", "B"), ("c", "C")))
    assert merge_permissions(base, ours, ListOf((("a", "A"),))) == ListOf((("a", "Alpha"), ("c", "C")))
    assert merge_permissions(MISSING, ListOf((("a", "A"),)), ListOf((("b", "B"),))) == ListOf((("a", "A"), ("b", "B")))
    assert merge_permissions(base, ours, ListOf((("a", "First"), ("b", "B")))) is MISSING
    assert merge_permissions(base, ours, ListOf((("b", "B"),))) is MISSING
    assert merge_permissions(Symbolic("PERMISSIONS"), ours, base) is MISSING


CASCADE, SET_NULL, SET_DEFAULT = (Name(f"django.db.models.{name}") for name in ("CASCADE", "SET_NULL", "SET_DEFAULT"))
AB = ListOf((("a", "A"), ("b", "B")))
TOGETHER_WRONG = {
    "null taken away under SET_NULL": (
        field("ForeignKey", to="shop.A", on_delete=CASCADE, null=True),
        field("ForeignKey", to="shop.A", on_delete=SET_NULL, null=True),
        field("ForeignKey", to="shop.A", on_delete=CASCADE),
    ),
    "default taken away under SET_DEFAULT": (
        field("ForeignKey", to="shop.A", on_delete=CASCADE, default=1),
        field("ForeignKey", to="shop.A", on_delete=SET_DEFAULT, default=1),
        field("ForeignKey", to="shop.A", on_delete=CASCADE),
    ),
    "primary key that may be null": (CHAR, field("CharField", max_length=50, primary_key=True), field("CharField", max_length=50, null=True)),
    "filled in two ways": (field("DateField"), field("DateField", auto_now=True), field("DateField", auto_now_add=True)),
    "filled by a default as well": (field("DateField"), field("DateField", auto_now=True), field("DateField", default=None, null=True)),
    "more places than digits": (
        field("DecimalField", max_digits=5, decimal_places=2),
        field("DecimalField", max_digits=3, decimal_places=2),
        field("DecimalField", max_digits=5, decimal_places=4),
    ),
    "default that is too long": (CHAR, field("CharField", max_length=3), field("CharField", max_length=50, default="four")),
    "choice that is too long": (
        field("CharField", max_length=9, choices=AB),
        field("CharField", max_length=1, choices=AB),
        field("CharField", max_length=9, choices=ListOf((*AB, ("group", ListOf((("long", "Long"),)))))),
    ),
    "default that is no choice any more": (
        field("CharField", max_length=9, choices=AB, default="a"),
        field("CharField", max_length=9, choices=ListOf((("a", "A"),)), default="a"),
        field("CharField", max_length=9, choices=AB, default="b"),
    ),
    "text that is unique": (CHAR, field("TextField"), field("CharField", max_length=50, unique=True)),
    "text with an index": (CHAR, field("TextField"), field("CharField", max_length=50, db_index=True)),
}  # fmt: skip


@pytest.mark.parametrize("case", TOGETHER_WRONG)
def test_attributes_that_do_not_go_together_are_a_choice(case: str) -> None:
    base, ours, theirs = TOGETHER_WRONG[case]
    assert merge_field(base, ours, theirs) is MISSING
    assert merge_field(base, theirs, ours) is MISSING


def test_what_a_side_contradicts_by_itself_is_no_matter_of_the_merge() -> None:
    ours = field("CharField", max_length=2, default="long")
    assert merge_field(CHAR, ours, field("CharField", max_length=50, help_text="h")) == field(
        "CharField", max_length=2, default="long", help_text="h"
    )


def test_plain_values_are_merged_as_wholes() -> None:
    assert merge_value("a", "a", "b") == "b"
    assert merge_value("a", "b", "a") == "b"
    assert merge_value("a", "b", "b") == "b"
    assert merge_value("a", "b", "c") is MISSING
    assert merge_value(MISSING, "b", "c") is MISSING
