"""What is kept is in nobody's way: not of rows, and not of the same migration (F01-F05, F17, F19)."""

from __future__ import annotations

from tests.cases.kept_story import Story, story

__all__ = ["story"]
KEPT = "shop_thing"


def test_f01_old_code_inserts_beside_a_required_column(story: Story):
    assert story.seen["reversed"].values(KEPT, "name") == [("a",), ("b",), ("c",)]
    assert story.seen["again"].values(KEPT, "name", "q") == [("a", "8"), ("b", "9"), ("c", "5")]


def test_f02_old_code_deletes_what_a_kept_column_refers_to(story: Story):
    assert story.seen["reversed"].values("shop_p", "id") == [("5",)]
    assert story.seen["again"].values(KEPT, "name", "r_id") == [("a", "5"), ("b", "None"), ("c", "None")]
    assert "shop_thing.r_id becomes NULL in 1 row: what shop_p had there is gone\n" in story.seen["again"].said


def test_f03_an_index_of_a_kept_column(story: Story):
    added, again = ({one for one in story.seen[at].names if one[0] == KEPT} for at in ("added", "again"))
    assert again == added
    assert story.seen["again"].values(KEPT, "name", "ix") == [("a", "3"), ("b", "3"), ("c", "None")]


def test_f03b_a_unique_kept_column(story: Story):
    assert story.seen["again"].values(KEPT, "name", "u") == [("a", "4"), ("b", "None"), ("c", "None")]
    assert story.seen["again"].schema[KEPT] == story.seen["added"].schema[KEPT]


def test_f04_a_table_with_an_index_and_a_foreign_key_is_made_again(story: Story):
    added, again = ({one for one in story.seen[at].names if one[0] == "shop_new"} for at in ("added", "again"))
    assert again == added
    assert ("shop_new", "index", "new_name") in again


def test_f05_a_table_that_others_refer_to(story: Story):
    assert story.seen["back"].schema["shop_d"] == story.seen["there"].schema["shop_d"]
    assert story.seen["back"].names == story.seen["there"].names


def test_f17_a_table_is_rebuilt_beside_what_is_kept(story: Story):
    assert "Applying shop.0004_it... OK" in story.seen["removed"].said
    assert story.seen["back"].values(KEPT, "name", "req")[:2] == [("a", "11"), ("b", "12")]


def test_f19_rows_that_old_code_changes_keep_what_is_kept(story: Story):
    assert story.seen["reversed"].values(KEPT, "name", "n") == [("a", "1"), ("b", "20"), ("c", "3")]
    assert story.seen["again"].values(KEPT, "name", "n", "q")[1] == ("b", "20", "9")
