"""The values that an alteration changes are kept, come back when it is reversed, and go again: on every database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.servers.base import Database


def field(kind: str, arguments: str = "") -> str:
    return f"models.{kind}({arguments})"


def number(digits: int, places: int) -> str:
    return field("DecimalField", f"max_digits={digits}, decimal_places={places}")


INTEGER, FLOAT, TEXT, JSON = (field(kind) for kind in ("IntegerField", "FloatField", "TextField", "JSONField"))
SHORT, NAME = field("CharField", "max_length=5"), field("CharField", "max_length=20")
ACCEPT = "accept_loss=True"
COMPOSITE = {
    "a": field("IntegerField", "default=1"),
    "b": field("CharField", "max_length=9, default='b'"),
    "pk": "models.CompositePrimaryKey('a', 'b')",
}
TWO = ["UPDATE {table} SET p = 9 WHERE id = 1"]
SCENARIOS: dict[str, dict[str, Any]] = {
    "rounded": {
        "old": number(10, 4),
        "new": number(8, 2),
        "rows": {1: "1.2345", 2: "2.5", 3: "3.3333", 4: "4.4444", 5: "5.5555"},
        "also": [
            "UPDATE {table} SET p = 9.99 WHERE id = 3",
            "DELETE FROM {table} WHERE id = 4",
            "DELETE FROM {table} WHERE id = 5",
            "INSERT INTO {table} (id, name, p) VALUES (5, 'other', 5.56)",
        ],
    },
    "widened": {"old": SHORT, "new": NAME, "rows": {1: "'a'"}},
    "too long": {"old": TEXT, "new": SHORT, "rows": {1: "'a' * 9", 2: "'b'", 3: "'c' * 6"}},
    "cut": {
        "old": TEXT,
        "new": SHORT,
        "rows": {1: "'abcdefghi'", 2: "'b'", 3: "'cccccc'"},
        "forward": ACCEPT,
        "also": ["UPDATE {table} SET p = 'x' WHERE id = 3", "UPDATE {table} SET name = 'other' WHERE id = 1"],
        "more": {"other": field("IntegerField", "default=1")},
    },
    "no number": {"old": NAME, "new": INTEGER, "rows": {1: "'abc'", 2: "'2'", 3: "''"}},
    "left out": {
        "old": field("CharField", "max_length=20, null=True"),
        "new": field("IntegerField", "null=True"),
        "rows": {1: "'abc'", 2: "'007'", 3: "None"},
        "forward": ACCEPT,
    },
    "replaced": {"old": NAME, "new": field("IntegerField", "default=3"), "rows": {1: "'abc'", 2: "'2'"}, "forward": ACCEPT},
    "nothing in its place": {"old": NAME, "new": INTEGER, "rows": {1: "'abc'"}, "forward": ACCEPT},
    "filled": {
        "old": field("IntegerField", "null=True"),
        "new": field("IntegerField", "default=0"),
        "rows": {1: "None", 2: "2", 3: "None"},
        "also": ["UPDATE {table} SET p = 5 WHERE id = 3"],
    },
    "filled and cast": {
        "old": field("CharField", "max_length=20, null=True"),
        "new": field("IntegerField", "default=0"),
        "rows": {1: "None", 2: "'02'", 3: "'3'"},
    },
    "filled by the database": {
        "old": field("IntegerField", "null=True"),
        "new": field("IntegerField", "db_default=4"),
        "rows": {1: "None", 2: "2"},
    },
    "no default": {"old": field("IntegerField", "null=True"), "new": INTEGER, "rows": {1: "None", 2: "2"}, "forward": ACCEPT},
    "asked for": {
        "old": field("IntegerField", "null=True"),
        "new": field("IntegerField", "default=1"),
        "rows": {1: "None", 2: "2"},
        "forward": "fill={'values_asked_for.p': '8'}",
    },
    "json": {"old": TEXT, "new": JSON, "rows": {1: '\'{"k": 1,  "k": 2}\'', 2: "'[1, 2]'"}},
    "no json": {"old": TEXT, "new": JSON, "rows": {1: "'{'", 2: "'[1]'"}},
    "day": {
        "old": field("DateTimeField"),
        "new": field("DateField"),
        "rows": {1: "'2020-02-03 23:30:00'", 2: "'2020-02-04 00:00:00'"},
    },
    "whole": {"old": FLOAT, "new": INTEGER, "rows": {1: "1.75", 2: "2.0", 3: "-3.25"}},
    "out of range": {"old": field("BigIntegerField"), "new": field("SmallIntegerField"), "rows": {1: "70000", 2: "2"}},
    "negative": {"old": INTEGER, "new": field("PositiveIntegerField"), "rows": {1: "-1", 2: "1"}},
    "stop": {"old": FLOAT, "new": INTEGER, "rows": {1: "1.75", 2: "2.25"}, "also": TWO, "undo": "changed_rows=ChangedRows.STOP"},
    "restore": {
        "old": FLOAT,
        "new": INTEGER,
        "rows": {1: "1.75", 2: "2.25"},
        "also": TWO,
        "undo": "changed_rows=ChangedRows.RESTORE",
    },
    "not kept": {"old": FLOAT, "new": INTEGER, "rows": {1: "1.75"}, "patterns": []},
    "backward": {"old": number(8, 2), "new": number(10, 4), "rows": {1: "1.25"}, "also": ["UPDATE {table} SET p = 1.2345"]},
    "unique": {
        "old": field("CharField", "max_length=9, unique=True"),
        "new": field("IntegerField", "unique=True"),
        "rows": {1: "'007'", 2: "'08'"},
        "also": ["INSERT INTO {table} (id, name, p) VALUES (3, 'c', 9)"],
    },
    "composite": {
        "old": number(10, 4),
        "new": number(8, 2),
        "rows": {"x": "1.2345", "y": "1.2345"},
        "more": COMPOSITE,
        "key": "b",
        "also": ["UPDATE {table} SET p = 3 WHERE b = 'y'"],
    },
    "renamed": {"old": FLOAT, "new": field("IntegerField", "db_column='q'"), "rows": {1: "1.75"}, "now": "q"},
    "a key": {
        "old": field("CharField", "max_length=9, primary_key=True"),
        "new": field("IntegerField", "primary_key=True"),
        "rows": {1: "'007'"},
        "key": "p",
    },
}
"""By name; the table is called after it."""
NOT_KEPT = "values.not_kept keeps nothing of values_not_kept.p: keeping is switched off"
SAME: dict[str, Any] = {"probe": None, "kept": [], "left": [], "said": [], "refused": "", "stopped": ""}
EXPECTED: dict[str, dict[str, Any]] = {
    "rounded": {
        "probe": [0, 4, []],
        "there": {"1": "1.23", "2": "2.5", "3": "3.33", "4": "4.44", "5": "5.56"},
        "kept": [["1", "1.2345", "1.23"], ["3", "3.3333", "3.33"], ["4", "4.4444", "4.44"], ["5", "5.5555", "5.56"]],
        "back": {"1": "1.2345", "2": "2.5", "3": "9.99", "5": "5.56"},
        "left": [["3", "3.3333", "3.33"], ["5", "5.5555", "5.56"]],
        "again": {"1": "1.23", "2": "2.5", "3": "9.99", "5": "5.56"},
        "said": [
            "values_rounded.p: 1 row was changed since and stays as it is (3: before 3.3333, after 3.33, now 9.99)",
            "values_rounded.p: 1 row was changed since in all other columns, or is another one now, and stays as it is"
            " (5: before 5.5555, after 5.56, now 5.56)",
        ],
    },
    "widened": {"there": {"1": "a"}, "back": {"1": "a"}, "again": {"1": "a"}, "left": []},
    "too long": {
        "probe": [2, 0, ["1", "3"]],
        "refused": "HR504: narrowing: 2 rows of values_too_long do not fit under p text -> varchar(5)",
        "there": {"1": "aaaaaaaaa", "2": "b", "3": "cccccc"},
    },
    "cut": {
        "probe": [2, 0, ["1", "3"]],
        "there": {"1": "abcde", "2": "b", "3": "ccccc"},
        "kept": [["1", "abcdefghi", "abcde"], ["3", "cccccc", "ccccc"]],
        "back": {"1": "abcdefghi", "2": "b", "3": "x"},
        "left": [["3", "cccccc", "ccccc"]],
        "again": {"1": "abcde", "2": "b", "3": "x"},
        "said": ["values_cut.p: 1 row was changed since and stays as it is (3: before 'cccccc', after 'ccccc', now 'x')"],
    },
    "no number": {
        "probe": [2, 0, ["1", "3"]],
        "refused": "HR504: narrowing: 2 rows of values_no_number do not fit under p varchar(20) -> integer",
        "there": {"1": "abc", "2": "2", "3": ""},
    },
    "left out": {
        "probe": [1, 1, ["1"]],
        "there": {"1": "NULL", "2": "7", "3": "NULL"},
        "kept": [["1", "abc", "NULL"], ["2", "007", "7"]],
        "back": {"1": "abc", "2": "007", "3": "NULL"},
        "again": {"1": "NULL", "2": "7", "3": "NULL"},
    },
    "replaced": {
        "probe": [1, 0, ["1"]],
        "there": {"1": "3", "2": "2"},
        "kept": [["1", "abc", "3"]],
        "back": {"1": "abc", "2": "2"},
        "again": {"1": "3", "2": "2"},
    },
    "nothing in its place": {
        "probe": [1, 0, ["1"]],
        "refused": "HR504: narrowing: 1 row of values_nothing_in_its_place does not fit under p varchar(20) -> integer",
        "there": {"1": "abc"},
    },
    "filled": {
        "probe": [0, 2, []],
        "there": {"1": "0", "2": "2", "3": "0"},
        "kept": [["1", "NULL", "0"], ["3", "NULL", "0"]],
        "back": {"1": "NULL", "2": "2", "3": "5"},
        "left": [["3", "NULL", "0"]],
        "again": {"1": "0", "2": "2", "3": "5"},
        "said": ["values_filled.p: 1 row was changed since and stays as it is (3: before NULL, after 0, now 5)"],
    },
    "filled and cast": {
        "probe": [0, 2, []],
        "there": {"1": "0", "2": "2", "3": "3"},
        "kept": [["1", "NULL", "0"], ["2", "02", "2"]],
        "back": {"1": "NULL", "2": "02", "3": "3"},
        "again": {"1": "0", "2": "2", "3": "3"},
    },
    "filled by the database": {
        "probe": [0, 1, []],
        "there": {"1": "4", "2": "2"},
        "kept": [["1", "NULL", "4"]],
        "back": {"1": "NULL", "2": "2"},
        "again": {"1": "4", "2": "2"},
    },
    "no default": {
        "probe": [1, 0, ["1"]],
        "refused": "HR504: narrowing: 1 row of values_no_default does not fit under p integer NULL -> NOT NULL",
        "there": {"1": "NULL", "2": "2"},
    },
    "asked for": {
        "probe": [0, 1, []],
        "there": {"1": "8", "2": "2"},
        "kept": [["1", "NULL", "8"]],
        "back": {"1": "NULL", "2": "2"},
        "again": {"1": "8", "2": "2"},
    },
    "json": {
        "probe": [0, 0, []],
        "there": {"1": '{"k": 1,  "k": 2}', "2": "[1, 2]"},
        "back": {"1": '{"k": 1,  "k": 2}', "2": "[1, 2]"},
        "again": {"1": '{"k": 1,  "k": 2}', "2": "[1, 2]"},
    },
    "no json": {
        "probe": [1, 0, ["1"]],
        "refused": "HR504: narrowing: 1 row of values_no_json does not fit under p text -> json",
        "there": {"1": "{", "2": "[1]"},
    },
    "day": {
        "probe": [0, 1, []],
        "there": {"1": "2020-02-03", "2": "2020-02-04"},
        "kept": [["1", "2020-02-03 23:30:00", "2020-02-03"]],
        "back": {"1": "2020-02-03 23:30:00", "2": "2020-02-04 00:00:00"},
        "again": {"1": "2020-02-03", "2": "2020-02-04"},
    },
    "whole": {
        "probe": [0, 2, []],
        "there": {"1": "2", "2": "2", "3": "-3"},
        "kept": [["1", "1.75", "2"], ["3", "-3.25", "-3"]],
        "back": {"1": "1.75", "2": "2", "3": "-3.25"},
        "again": {"1": "2", "2": "2", "3": "-3"},
    },
    "out of range": {
        "probe": [1, 0, ["1"]],
        "refused": "HR504: narrowing: 1 row of values_out_of_range does not fit under p bigint -> smallint",
        "there": {"1": "70000", "2": "2"},
    },
    "negative": {
        "probe": [1, 0, ["1"]],
        "refused": "HR504: narrowing: 1 row of values_negative does not fit under p integer -> integer unsigned",
        "there": {"1": "-1", "2": "1"},
    },
    "stop": {
        "probe": [0, 2, []],
        "there": {"1": "2", "2": "2"},
        "kept": [["1", "1.75", "2"], ["2", "2.25", "2"]],
        "stopped": "HR602: restore-conflict: 1 row of values_stop was changed since",
        "back": {"1": "9", "2": "2"},
        "left": [["1", "1.75", "2"], ["2", "2.25", "2"]],
    },
    "restore": {
        "probe": [0, 2, []],
        "there": {"1": "2", "2": "2"},
        "kept": [["1", "1.75", "2"], ["2", "2.25", "2"]],
        "back": {"1": "1.75", "2": "2.25"},
        "again": {"1": "2", "2": "2"},
    },
    "not kept": {
        "probe": [0, 1, []],
        "there": {"1": "2"},
        "back": {"1": "2"},
        "again": {"1": "2"},
        "said": [NOT_KEPT],
    },
    "backward": {
        "there": {"1": "1.25"},
        "back": {"1": "1.23"},
        "left": [["1", "1.2345", "1.23"]],
        "again": {"1": "1.2345"},
    },
    "unique": {
        "probe": [0, 2, []],
        "there": {"1": "7", "2": "8"},
        "kept": [["1", "007", "7"], ["2", "08", "8"]],
        "back": {"1": "007", "2": "08", "3": "9"},
        "again": {"1": "7", "2": "8", "3": "9"},
    },
    "composite": {
        "probe": [0, 2, []],
        "there": {"x": "1.23", "y": "1.23"},
        "kept": [["1", "1.2345", "1.23"], ["1", "1.2345", "1.23"]],
        "back": {"x": "1.2345", "y": "3"},
        "left": [["1", "1.2345", "1.23"]],
        "again": {"x": "1.23", "y": "3"},
        "said": ["values_composite.p: 1 row was changed since and stays as it is ((1, y): before 1.2345, after 1.23, now 3)"],
    },
    "renamed": {
        "probe": [0, 1, []],
        "there": {"1": "2"},
        "kept": [["1", "1.75", "2"]],
        "back": {"1": "1.75"},
        "again": {"1": "2"},
    },
    "a key": {
        "probe": [0, 1, ["007"]],
        "refused": "HR504: narrowing: 1 row of values_a_key does not fit or change under p varchar(9) -> integer",
        "there": {"007": "007"},
    },
}
OTHERWISE: dict[str, dict[str, dict[str, Any]]] = {
    "sqlite": {
        "no json": {
            "refused": "HR504: narrowing: 1 row of values_no_json does not fit under p text CHECK (JSON_VALID(p) OR p IS NULL)"
        },
        "day": {
            "probe": [0, 2, []],
            "kept": [["1", "2020-02-03 23:30:00", "2020-02-03"], ["2", "2020-02-04 00:00:00", "2020-02-04"]],
        },
        "out of range": {
            "probe": None,
            "refused": "",
            "back": {"1": "70000", "2": "2"},
            "again": {"1": "70000", "2": "2"},
        },
        "not kept": {"there": {"1": "1.75"}, "back": {"1": "1.75"}, "again": {"1": "1.75"}, "said": [NOT_KEPT] * 3},
    },
    "postgresql": {
        "json": {
            "probe": [0, 1, []],
            "there": {"1": '{"k": 2}', "2": "[1, 2]"},
            "kept": [["1", '{"k": 1,  "k": 2}', '{"k": 2}']],
            "again": {"1": '{"k": 2}', "2": "[1, 2]"},
        },
        "no json": {"refused": "HR504: narrowing: 1 row of values_no_json does not fit under p text -> jsonb"},
        "negative": {"refused": "HR504: narrowing: 1 row of values_negative does not fit under p integer CHECK (p >= 0)"},
    },
    "mysql": {
        "too long": {"refused": "HR504: narrowing: 2 rows of values_too_long do not fit under p longtext -> varchar(5)"},
        "json": {"probe": [0, None, []]},
        "no json": {
            "probe": [1, None, ["1"]],
            "refused": "HR504: narrowing: 1 row of values_no_json does not fit under p longtext -> json",
        },
        "negative": {"refused": "HR504: narrowing: 1 row of values_negative does not fit under p integer -> integer UNSIGNED"},
    },
}
"""What differs, by Django's word for the kind of database: how types are called and what JSON is written as; integers of SQLite have
64 bits whatever they are called, and without keeping it is Django's own way, which leaves values as they are there."""


def test_what_changes_is_kept_and_comes_back(database: Database):
    asked = [
        {**one, "rows": {str(key): value for key, value in one["rows"].items()}, "name": name} for name, one in SCENARIOS.items()
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.databases.altered_values"],
        input=json.dumps({"database": database.settings, "scenarios": asked}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    found = dict(zip(SCENARIOS, answer["seen"], strict=True))
    wanted = {name: {**SAME, **one, **OTHERWISE[database.vendor].get(name, {})} for name, one in EXPECTED.items()}
    assert found == {name: {key: one[key] for key in {*found[name]} & {*one}} for name, one in wanted.items()}
    assert answer["asides"] == []
