"""What a migration drops comes back when it is reversed, and when it is applied again (E01-E04, E12-E15, E23, E41, E60-E62)."""

from __future__ import annotations

from tests.cases.kept_story import Story, story

__all__ = ["story"]
KEPT = "shop_thing"


def test_e01_a_column_that_new_code_filled(story: Story):
    assert "p" not in story.seen["reversed"].rows[KEPT][0]
    assert story.seen["again"].values(KEPT, "name", "p") == [("a", "777"), ("b", "None"), ("c", "None")]


def test_e02_a_table_with_rows(story: Story):
    assert "shop_new" not in story.seen["reversed"].rows
    assert story.seen["again"].values("shop_new", "name", "t_id")[0] == ("keep", "1")


def test_e03_a_removed_column(story: Story):
    assert "gone" not in story.seen["removed"].rows[KEPT][0]
    assert story.seen["back"].values(KEPT, "name", "gone") == [("a", "1"), ("b", "2"), ("d", "None")]


def test_e04_a_required_column_comes_back_with_its_values(story: Story):
    assert story.seen["back"].values(KEPT, "name", "req") == [("a", "11"), ("b", "12"), ("d", "0")]
    assert "error[HR503]: no-value: shop_thing.req NOT NULL without default, 1 row" in story.refused
    assert "help: say what they get: --fill shop_thing.req=value" in story.refused


def test_e04b_a_required_text(story: Story):
    assert story.seen["back"].values(KEPT, "name", "word") == [("a", "w1"), ("b", "w2"), ("d", "new")]


def test_e04c_a_required_date(story: Story):
    assert story.seen["back"].values(KEPT, "name", "day") == [("a", "2020-01-01"), ("b", "2020-01-02"), ("d", "2026-01-01")]


def test_e04e_a_unique_value(story: Story):
    found = [(name, uid.replace("-", "")) for name, uid in story.seen["back"].values(KEPT, "name", "uid")]
    assert found == [("a", "1" * 32), ("b", "2" * 32), ("d", "9" * 32)]
    assert story.seen["back"].schema[KEPT] == story.seen["there"].schema[KEPT]


def test_e12_a_deleted_model(story: Story):
    assert "shop_old" not in story.seen["removed"].rows
    assert story.seen["back"].values("shop_old", "id", "name") == [("1", "one"), ("2", "two"), ("3", "three")]


def test_e13_links_that_new_code_made(story: Story):
    assert "shop_thing_tags" not in story.seen["reversed"].rows
    assert story.seen["again"].rows["shop_thing_tags"] == story.seen["added"].rows["shop_thing_tags"] != []


def test_e13b_removed_links(story: Story):
    assert "shop_thing_links" not in story.seen["removed"].rows
    assert story.seen["back"].rows["shop_thing_links"] == story.seen["there"].rows["shop_thing_links"] != []


def test_e14_a_child_of_multi_table_inheritance(story: Story):
    assert "shop_sub" not in story.seen["reversed"].rows
    assert story.seen["again"].rows["shop_sub"] == [{"extra": "sub", "thing_ptr_id": "2"}]


def test_e14b_a_parent_that_goes_before_its_child(story: Story):
    """The autodetector deletes them by name; plain Django cannot take that back: it makes the pointer twice."""
    assert {"shop_base", "shop_leaf"}.isdisjoint(story.seen["removed"].rows)
    back = story.seen["back"]
    assert back.rows["shop_base"] == [{"id": "1", "name": "first"}, {"id": "2", "name": "second"}]
    assert back.rows["shop_leaf"] == ([] if story.vendor == "sqlite" else [{"base_ptr_id": "2", "extra": "leaf"}])
    assert all(back.schema[table] == story.seen["there"].schema[table] for table in ("shop_base", "shop_leaf"))


def test_e15_a_cycle_of_foreign_keys(story: Story):
    assert {"shop_a", "shop_b"}.isdisjoint(story.seen["reversed"].rows)
    again = story.seen["again"]
    assert (again.rows["shop_a"], again.rows["shop_b"]) == ([{"b_id": "1", "id": "1"}], [{"a_id": "1", "id": "1"}])
    assert all(again.schema[table] == story.seen["added"].schema[table] for table in ("shop_a", "shop_b"))


def test_e15b_both_tables_of_a_cycle_deleted(story: Story):
    assert {"shop_c", "shop_d"}.isdisjoint(story.seen["removed"].rows)
    back = story.seen["back"]
    assert (back.rows["shop_c"], back.rows["shop_d"]) == ([{"d_id": "1", "id": "1"}], [{"c_id": "1", "id": "1"}])
    assert all(back.schema[table] == story.seen["there"].schema[table] for table in ("shop_c", "shop_d"))


def test_e23_numbers_go_on(story: Story):
    assert story.seen["again"].values("shop_new", "id", "name") == [("1", "keep"), ("2", "other")]
    assert story.seen["back"].values("shop_old", "id", "name")[-1] == ("3", "three")


def test_e41_an_order_with_respect_to(story: Story):
    assert "_order" not in story.seen["reversed"].rows["shop_piece"][0]
    assert story.seen["again"].rows["shop_piece"] == [{"_order": "7", "id": "1", "thing_id": "1"}]


def test_e60_a_foreign_key_with_its_names(story: Story):
    assert story.seen["back"].rows["shop_part"] == [{"id": "1", "t_id": "1"}, {"id": "2", "t_id": "2"}]
    there, back = ({one for one in story.seen[at].names if one[0] == "shop_part"} for at in ("there", "back"))
    assert back == there
    assert len(back) == {"sqlite": 1, "postgresql": 3, "mysql": 3}[story.vendor]


def test_e61_rows_deleted_and_inserted_since(story: Story):
    assert story.seen["there"].values(KEPT, "name") == [("a",), ("b",), ("c",)]
    assert story.seen["back"].values(KEPT, "name", "n", "gone") == [("a", "10", "1"), ("b", "20", "2"), ("d", "4", "None")]


def test_e62_the_order_of_columns_does_not_matter(story: Story):
    assert story.seen["back"].schema == story.seen["there"].schema
    assert story.seen["again"].schema == story.seen["added"].schema
