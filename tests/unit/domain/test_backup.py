"""What is written down of a backup, and how it is held against what was restored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from handrail.domain.backup import Backup, backup_id, differences, from_json, to_json
from handrail.domain.migration import MigrationKey

MADE = datetime(2026, 3, 1, 14, 3, 22, tzinfo=UTC)
BACKUP = Backup(
    id="20260301-140322-default",
    alias="default",
    vendor="postgresql",
    version="PostgreSQL 18.6",
    made=MADE,
    user="ann",
    run=None,
    tags=("release-41",),
    commit="",
    applied=(MigrationKey("shop", "0001_initial"),),
    rows={"shop_thing": (2, 4), "shop_old": (1, 1)},
    journal=2,
    file="20260301-140322-default.pgdump",
    size=10,
    digest="ab",
)


def test_what_is_written_down_is_read_again():
    assert from_json(to_json(BACKUP)) == BACKUP
    assert from_json(to_json(BACKUP.before(12))).run == 12


def test_a_manifest_of_a_later_format_is_not_read():
    with pytest.raises(ValueError, match="its format is 2, and this release reads 1"):
        from_json({**to_json(BACKUP), "format": 2})


@pytest.mark.parametrize("key", ["id", "rows", "digest", "applied"])
def test_a_manifest_without_a_part_is_none(key: str):
    values: dict[str, Any] = to_json(BACKUP)
    del values[key]
    with pytest.raises(KeyError):
        from_json(values)


def test_an_id_can_be_a_file_name():
    assert backup_id("a/b.c", MADE) == "20260301-140322-a_b_c"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"shop_thing": 2, "shop_old": 1}, []),
        ({"shop_thing": 4, "shop_old": 1, "more": 9}, []),
        ({"shop_thing": 5, "shop_old": 1}, ["table shop_thing has 5 rows, and had 2 to 4"]),
        ({"shop_thing": 3, "shop_old": 0}, ["table shop_old has 0 rows, and had 1"]),
        ({"shop_thing": 1}, ["table shop_thing has 1 row, and had 2 to 4", "table shop_old is missing"]),
    ],
)
def test_counts_lie_between_those_before_and_after(rows: dict[str, int], expected: list[str]):
    assert differences(BACKUP, rows) == expected
