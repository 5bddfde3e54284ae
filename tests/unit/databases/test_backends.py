"""What backends say without a database."""

from datetime import UTC, datetime, timedelta

import pytest

import handrail.databases
from handrail import registry
from handrail.databases.base import Backend, check_scratch_name, is_left_behind, scratch_name, words
from handrail.databases.sqlite import tokenize

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
BACKENDS = registry.discover(handrail.databases, Backend)


def test_there_is_one_file_for_each_vendor_of_django():
    assert list(BACKENDS) == ["mysql", "postgresql", "sqlite"]


def test_a_scratch_name_is_recognised_and_says_when_it_was_made():
    name = scratch_name(NOW)
    assert name.startswith("handrail_scratch_20260504030201_")
    assert check_scratch_name(name) == name
    assert not is_left_behind(name, NOW + timedelta(hours=2))
    assert is_left_behind(name, NOW + timedelta(hours=2, seconds=1))


WRONG = ["production", "handrail_scratch_", "handrail_scratch_20260504030201_zzzzzz", f"x{scratch_name(NOW)}"]


@pytest.mark.parametrize("name", WRONG, ids=range(len(WRONG)))
def test_nothing_but_a_scratch_database_is_ever_made_or_dropped(name: str):
    assert not is_left_behind(name, NOW + timedelta(days=9999))
    for key in ("mysql", "postgresql"):
        for statements in (BACKENDS[key]().create, BACKENDS[key]().drop):
            with pytest.raises(ValueError, match=f"^{name} is no scratch database$"):
                statements(name)


def test_a_copy_is_made_of_a_scratch_database_alone():
    name = scratch_name(NOW)
    with pytest.raises(ValueError, match=r"^production is no scratch database$"):
        BACKENDS["postgresql"]().create(name, "production")
    with pytest.raises(ValueError, match=r"^MySQL and MariaDB cannot copy a database$"):
        BACKENDS["mysql"]().create(name, name)


@pytest.mark.parametrize(("vendor", "name"), [("postgresql", None), ("mysql", ""), ("sqlite", ":memory:")])
def test_maintenance_never_opens_the_database_itself(vendor: str, name: str | None):
    settings = {"NAME": "production", "USER": "u"}
    assert BACKENDS[vendor]().maintenance(settings) == {"NAME": name, "USER": "u"}
    assert settings["NAME"] == "production"


@pytest.mark.parametrize(
    ("vendor", "name", "generated"),
    [
        ("sqlite", "shop_thing_name_n_cdeae45b_uniq", True),
        ("postgresql", "shop_part_t_id_58dcc1d5_fk_shop_thing_id", True),
        ("postgresql", "shop_thing_pkey", True),
        ("postgresql", "shop_thing_name_key1", True),
        ("postgresql", "ix_key_customers", False),
        ("mysql", "CONSTRAINT_1", True),
        ("mysql", "shop_thing_ibfk_2", True),
        ("mysql", "unique_names", False),
        ("sqlite", "ix1", False),
    ],
)
def test_made_up_names_are_told_from_those_of_people(vendor: str, name: str, generated: bool):
    assert BACKENDS[vendor]().is_generated(name) is generated


def test_tokens_keep_strings_and_drop_quotes_and_comments():
    sql = """CREATE TABLE "a ""b" (`c` TEXT DEFAULT 'It''s, ok' /* , */, [d] integer) -- ( end"""
    expected = ["create", "table", 'a "b', "(", "c", "text", "default", "'It''s, ok'", ",", "d", "integer", ")"]
    assert tokenize(sql) == expected


def test_words_leave_out_what_says_nothing():
    assert words("a", "", None, False, 0, "b") == "a 0 b"
