"""Names are the same on every machine, fit the record and the file system, and are never taken twice."""

from __future__ import annotations

import pytest

from handrail.planning.naming import free, generated_name, merge_name, next_name, number_of


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("0001_initial", 1),
        ("00042_x", 42),
        ("0001_squashed_0004_x", 4),
        ("initial", None),
        ("v2_x", None),
        ("10000_x", 10000),
    ],
)
def test_the_number_is_the_one_django_reads(name, number):
    from django.db.migrations.autodetector import MigrationAutodetector

    assert number_of(name) == number == MigrationAutodetector.parse_number(name)


@pytest.mark.parametrize(
    ("name", "parents", "expected"),
    [
        ("0002_b", ["0002_a"], "0003_b"),
        ("0002_b", ["0001_initial"], "0002_b"),
        ("0007_b", ["0002_a"], "0007_b"),
        ("00002_b", ["0009_a"], "00010_b"),
        ("9999_b", ["9999_a"], "10000_b"),
        ("0002_auto_20200101_1200", ["0002_a"], "0003_auto_20200101_1200"),
        ("later", ["0002_a"], "later"),
        ("0002_b", ["later"], "0002_b"),
        ("0002_b", ["0002_a", "0005_c"], "0006_b"),
        ("0002_b", ["0001_squashed_0004_x"], "0005_b"),
        ("0002", ["0002_a"], "0003"),
    ],
)
def test_a_migration_gets_the_next_number(name, parents, expected):
    assert next_name(name, parents, ()) == expected


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("0003_b", [], "0003_b"),
        ("0003_b", ["0003_B"], "0003_b_2"),
        ("0003_b", ["0003_b", "0003_b_2"], "0003_b_3"),
        ("x" * 255, [], "x" * 252),
        ("x" * 300, ["x" * 252], "x" * 250 + "_2"),
        ("\N{EURO SIGN}" * 255, [], "\N{EURO SIGN}" * 84),
    ],
)
def test_a_name_is_free_and_fits(name, taken, expected):
    assert free(name, taken) == expected
    assert len(f"{expected}.py".encode()) <= 255


@pytest.mark.parametrize(
    ("leaves", "expected"),
    [
        (["0002_b", "0002_a"], "0003_merge_0002_a_0002_b"),
        (["0002_a", "0005_b"], "0006_merge_0002_a_0005_b"),
        (["00002_a", "00002_b"], "00003_merge_00002_a_00002_b"),
        (["a", "b"], "0002_merge_a_b"),
        (["0002_" + "a" * 18, "0002_" + "b" * 18], "0003_merge_0002_" + "a" * 18 + "_0002_" + "b" * 18),
        (["0002_" + "a" * 19, "0002_" + "b" * 18], "0003_merge_b49f39d368d9"),
        (["0002_" + "b" * 18, "0002_" + "a" * 19], "0003_merge_b49f39d368d9"),
    ],
)
def test_a_merge_is_named_as_django_does_without_the_date(leaves, expected):
    assert merge_name(leaves, ()) == expected


@pytest.mark.parametrize(
    ("fragments", "parent", "expected"),
    [
        (["alter_thing_name"], "0002_b", "0003_alter_thing_name_merged"),
        (["alter_a_b", "alter_c_d", "alter_a_b"], "0002_b", "0003_alter_a_b_alter_c_d_merged"),
        (["alter_" + "a" * 30, "alter_" + "b" * 30], "00002_b", "00003_alter_" + "a" * 30 + "_and_more_merged"),
    ],
)
def test_a_generated_migration_is_named_after_what_it_does(fragments, parent, expected):
    assert generated_name(fragments, parent, ()) == expected
