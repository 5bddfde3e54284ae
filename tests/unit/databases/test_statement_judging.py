"""Judging and taking back, on definitions as MySQL and MariaDB write them: what a server shows only after a crash."""

import pytest

from handrail.databases.statements._mysql_definitions import normal, table
from handrail.databases.statements._mysql_types import keeps_values
from handrail.databases.statements.base import Judgement, Restoring, rules_for

RULES = rules_for("mysql")
DONE, NOT_DONE, AMBIGUOUS = Judgement.DONE, Judgement.NOT_DONE, Judgement.AMBIGUOUS


def define(name, *parts, options="ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"):
    return normal(f"CREATE TABLE `{name}` (\n  " + ",\n  ".join(parts) + f"\n) {options}")


ID = "`id` int(11) NOT NULL AUTO_INCREMENT"
PK = "PRIMARY KEY (`id`)"
A, B = define("a", ID, "`x` int(11)", PK), define("b", ID, "`y` int(11)", PK)


def as_name(text, name):
    return f"CREATE TABLE `{name}`" + text[text.index(" (") :]


def test_a_definition_is_normal_without_counter_and_with_keys_in_order():
    written = (
        "CREATE TABLE `t` (\n  `b` varchar(9) DEFAULT 'a,\n(',\n  `a` int(11),\n  KEY `z` (`a`),\n  KEY `y` (`b`),\n"
        "  CONSTRAINT `n` CHECK (`a` > 0),\n  CONSTRAINT `m` CHECK (`b` <> ' AUTO_INCREMENT=3'),\n  PRIMARY KEY (`a`)\n"
        ") ENGINE=InnoDB AUTO_INCREMENT=17 DEFAULT CHARSET=latin1 COMMENT='AUTO_INCREMENT=4'"
    )
    assert normal(written) == (
        "CREATE TABLE `t` (\n  `b` varchar(9) DEFAULT 'a,\n(',\n  `a` int(11),\n  PRIMARY KEY (`a`),\n  KEY `y` (`b`),\n"
        "  KEY `z` (`a`),\n  CONSTRAINT `m` CHECK (`b` <> ' AUTO_INCREMENT=3'),\n  CONSTRAINT `n` CHECK (`a` > 0)\n"
        ") ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='AUTO_INCREMENT=4'"
    )


@pytest.mark.parametrize(
    ("sql", "before", "live", "judgement"),
    [
        (
            "RENAME TABLE a TO c, b TO d",
            {"a": A, "c": None, "b": B, "d": None},
            {"a": None, "c": as_name(A, "c"), "b": B, "d": None},
            AMBIGUOUS,
        ),
        (
            "RENAME TABLE a TO c, b TO d",
            {"a": A, "c": None, "b": B, "d": None},
            {"a": None, "c": as_name(A, "c"), "b": None, "d": as_name(B, "d")},
            DONE,
        ),
        (
            "RENAME TABLE a TO c, b TO a, c TO b",
            {"a": A, "b": B, "c": None},
            {"a": as_name(B, "a"), "b": as_name(A, "b"), "c": None},
            DONE,
        ),
        ("RENAME TABLE a TO c, b TO a, c TO b", {"a": A, "b": B, "c": None}, {"a": A, "b": B, "c": None}, NOT_DONE),
        (
            "RENAME TABLE a TO c, b TO a, c TO b",
            {"a": A, "b": as_name(A, "b"), "c": None},
            {"a": A, "b": as_name(A, "b"), "c": None},
            AMBIGUOUS,
        ),
        ("RENAME TABLE a TO c", {"a": A, "c": None}, {"a": None, "c": as_name(B, "c")}, AMBIGUOUS),
        ("RENAME TABLE a TO c", {"a": A, "c": None}, {"a": None, "c": None}, AMBIGUOUS),
        ("ALTER TABLE a RENAME c", {"a": A, "c": None}, {"a": None, "c": as_name(A, "c")}, DONE),
        ("ALTER TABLE a RENAME c", {"a": A, "c": None}, {"a": A, "c": as_name(A, "c")}, AMBIGUOUS),
        ("DROP TABLE a, b", {"a": A, "b": B}, {"a": None, "b": None}, DONE),
        ("DROP TABLE a, b", {"a": A, "b": B}, {"a": None, "b": B}, AMBIGUOUS),
        ("DROP TABLE IF EXISTS a, b", {"a": A, "b": B}, {"a": None, "b": B}, NOT_DONE),
        ("DROP TABLE IF EXISTS a, b", {"a": A, "b": None}, {"a": None, "b": None}, DONE),
        ("DROP TABLE a", {"a": A}, {"a": as_name(B, "a")}, AMBIGUOUS),
        ("DROP VIEW v, w", {"view v": "x", "view w": "y"}, {"view v": None, "view w": "y"}, AMBIGUOUS),
        ("CREATE TABLE a (id int, x int)", {"a": None}, {"a": A}, DONE),
        ("CREATE TABLE a (id int)", {"a": None}, {"a": A}, AMBIGUOUS),
        ("CREATE TABLE a AS SELECT 1 AS id, 2 AS x", {"a": None}, {"a": A}, AMBIGUOUS),
        ("CREATE TABLE a AS SELECT 1 AS id, 2 AS x", {"a": None}, {"a": None}, NOT_DONE),
        ("ALTER TABLE a ADD y int, ADD z int", {"a": A}, {"a": define("a", ID, "`x` int(11)", "`y` int(11)", PK)}, AMBIGUOUS),
        ("ALTER TABLE a ADD INDEX (x)", {"a": A}, {"a": define("a", ID, "`x` int(11)", PK, "KEY `x` (`x`)")}, DONE),
        ("ALTER TABLE a ADD INDEX (x)", {"a": A}, {"a": define("a", ID, "`x` int(11)", PK, "KEY `i` (`id`)")}, AMBIGUOUS),
        ("ALTER TABLE a ADD INDEX i (x)", {"a": A}, {"a": define("a", ID, "`x` bigint(20)", PK, "KEY `i` (`x`)")}, AMBIGUOUS),
        (
            "ALTER TABLE a MODIFY x bigint",
            {"a": A},
            {"a": define("a", ID, "`x` bigint(20)", PK, options="ENGINE=MyISAM")},
            AMBIGUOUS,
        ),
        ("ALTER TABLE a MODIFY x int AFTER id", {"a": A}, {"a": define("a", "`x` int(11)", ID, PK)}, DONE),
        ("ALTER TABLE a MODIFY x int NULL", {"a": A}, {"a": define("a", "`x` int(11)", ID, PK)}, AMBIGUOUS),
        ("ALTER TABLE a DROP x, DROP INDEX i", {"a": A}, {"a": define("a", ID, PK)}, DONE),
        ("ALTER TABLE a COMMENT 'x'", {"a": A}, {"a": define("a", ID, "`x` int(11) COMMENT 'x'", PK)}, AMBIGUOUS),
        (
            "alter table a wait 5 add column y int, algorithm=inplace, lock = none",
            {"a": A},
            {"a": define("a", ID, "`x` int(11)", "`y` int(11)", PK)},
            DONE,
        ),
        (
            "alter table a partition by hash (id) partitions 2",
            {"a": A},
            {"a": A + "\n PARTITION BY HASH (`id`)\nPARTITIONS 2"},
            DONE,
        ),
        ("alter table a add y int", {"a": A}, {"a": A + "\n PARTITION BY HASH (`id`)\nPARTITIONS 2"}, AMBIGUOUS),
    ],
)
def test_a_statement_is_judged(sql, before, live, judgement):
    assert RULES.judge(sql, before, live) is judgement


@pytest.mark.parametrize(
    ("sql", "before", "live", "expected"),
    [
        (
            "RENAME TABLE a TO c, b TO d",
            {"a": A, "c": None, "b": B, "d": None},
            {"a": None, "c": as_name(A, "c"), "b": B, "d": None},
            Restoring(("RENAME TABLE `c` TO `a`",)),
        ),
        (
            "RENAME TABLE a TO c, b TO a, c TO b",
            {"a": A, "b": B, "c": None},
            {"a": as_name(B, "a"), "b": as_name(A, "b"), "c": None},
            Restoring(("RENAME TABLE `b` TO `c`, `a` TO `b`, `c` TO `a`",)),
        ),
        (
            "RENAME TABLE a TO c, b TO a, c TO b",
            {"a": A, "b": B, "c": None},
            {"a": None, "b": B, "c": as_name(A, "c")},
            Restoring(impossible="it cannot be told which of the tables were renamed"),
        ),
        (
            "RENAME TABLE x.a TO x.c",
            {"x.a": A, "x.c": None},
            {"x.a": None, "x.c": as_name(A, "c")},
            Restoring(("RENAME TABLE `x`.`c` TO `x`.`a`",)),
        ),
        ("CREATE TABLE a (id int, x int)", {"a": None}, {"a": A}, Restoring(("DROP TABLE `a`",), ("a",))),
        ("CREATE TABLE a SELECT 1 AS id", {"a": None}, {"a": A}, Restoring(("DROP TABLE `a`",), ("a",))),
        (
            "CREATE OR REPLACE TABLE a SELECT 1 AS id",
            {"a": B},
            {"a": A},
            Restoring(impossible="the rows that table a had are gone"),
        ),
        ("CREATE TABLE a (id int)", {"a": None}, {"a": A}, Restoring(impossible="table a was changed by something else too")),
        ("DROP TABLE a, b", {"a": A, "b": B}, {"a": None, "b": B}, Restoring(impossible="table a is gone with its rows")),
        (
            "ALTER TABLE a RENAME COLUMN x TO id, RENAME COLUMN id TO x",
            {"a": A},
            {"a": define("a", "`x` int(11) NOT NULL AUTO_INCREMENT", "`id` int(11)", "PRIMARY KEY (`x`)")},
            Restoring(impossible="columns of a changed places"),
        ),
        (
            "ALTER TABLE a REMOVE PARTITIONING",
            {"a": A + "\n PARTITION BY HASH (`id`)"},
            {"a": A},
            Restoring(impossible="the partitions of a cannot be changed back"),
        ),
        (
            "CREATE OR REPLACE VIEW v AS SELECT 2",
            {"view v": "CREATE VIEW `v` AS SELECT 1"},
            {"view v": "CREATE VIEW `v` AS SELECT 2"},
            Restoring(("DROP VIEW `v`", "CREATE VIEW `v` AS SELECT 1")),
        ),
        (
            "DROP SEQUENCE s",
            {"sequence s": "CREATE SEQUENCE s"},
            {"sequence s": None},
            Restoring(impossible="the values of sequence s are not in its definition"),
        ),
        (
            "ALTER TABLE a DROP COLUMN x",
            {"a": define("a", ID, "`x` int(11) GENERATED ALWAYS AS (`id` + 1) VIRTUAL", PK)},
            {"a": define("a", ID, PK)},
            Restoring(("ALTER TABLE `a` ADD COLUMN `x` int(11) GENERATED ALWAYS AS (`id` + 1) VIRTUAL AFTER `id`",)),
        ),
    ],
)
def test_a_statement_is_taken_back(sql, before, live, expected):
    assert RULES.restoring(sql, before, live) == expected


def test_the_default_collation_is_changed_back_without_a_word_about_columns():
    latin = "ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci"
    was = define("a", ID, "`x` varchar(9) DEFAULT NULL")
    now = define("a", ID, "`x` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci DEFAULT NULL", options=latin)
    sql = "ALTER TABLE a DEFAULT CHARACTER SET latin1"
    assert RULES.judge(sql, {"a": was}, {"a": now}) is DONE
    expected = "ALTER TABLE `a` DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
    assert RULES.restoring(sql, {"a": was}, {"a": now}) == Restoring((expected,))


def test_constraints_that_the_database_named_follow_the_name_of_their_table():
    def keyed(name, *columns):
        key = f"CONSTRAINT `{name}_ibfk_1` FOREIGN KEY (`x`) REFERENCES `{name}` (`id`)"
        return define(name, ID, "`x` int(11)", *columns, PK, "KEY `x` (`x`)", key)

    sql = "ALTER TABLE a RENAME c, ADD y int"
    before, live = {"a": keyed("a"), "c": None}, {"a": None, "c": keyed("c", "`y` int(11)")}
    assert RULES.judge(sql, before, live) is DONE
    assert RULES.restoring(sql, before, live) == Restoring(("RENAME TABLE `c` TO `a`", "ALTER TABLE `a` DROP COLUMN `y`"))


IX = "CREATE INDEX i ON public.t USING btree (c)"
BROKEN = f"{IX}\ninvalid"
CREATE, DROP = "CREATE INDEX CONCURRENTLY i ON t (c)", "DROP INDEX CONCURRENTLY i"


@pytest.mark.parametrize(
    ("sql", "before", "live", "judgement", "back"),
    [
        (CREATE, None, IX, DONE, ('DROP INDEX CONCURRENTLY "public"."i"',)),
        (CREATE, None, BROKEN, NOT_DONE, ('DROP INDEX CONCURRENTLY "public"."i"',)),
        (CREATE, BROKEN, IX, DONE, ()),
        (CREATE, BROKEN, None, NOT_DONE, ()),
        (CREATE, IX, IX.replace("(c)", "(d)"), AMBIGUOUS, None),
        (CREATE, IX, None, AMBIGUOUS, None),
        (DROP, IX, None, DONE, ("CREATE INDEX CONCURRENTLY i ON public.t USING btree (c)",)),
        (
            DROP,
            IX,
            BROKEN,
            NOT_DONE,
            ('DROP INDEX CONCURRENTLY "public"."i"', "CREATE INDEX CONCURRENTLY i ON public.t USING btree (c)"),
        ),
        (DROP, BROKEN, None, DONE, ()),
        (DROP, IX, IX.replace("(c)", "(d)"), AMBIGUOUS, None),
    ],
)
def test_an_index_built_while_its_table_is_in_use(sql, before, live, judgement, back):
    rules = rules_for("postgresql")
    assert rules.judge(sql, {"index i": before}, {"index i": live}) is judgement
    expected = Restoring(impossible="the index was changed by something else too") if back is None else Restoring(back)
    assert rules.restoring(sql, {"index i": before}, {"index i": live}) == expected


def column(text, charset="utf8mb4"):
    return table(f"CREATE TABLE `t` (`c` {text}) ENGINE=InnoDB DEFAULT CHARSET={charset}").columns["c"]


@pytest.mark.parametrize(
    ("before", "after", "back"),
    [
        ("int(11)", "bigint(20) NOT NULL DEFAULT 3 COMMENT 'x'", False),
        ("int unsigned", "bigint", False),
        ("tinyint(1)", "int(11)", False),
        ("varchar(20)", "varchar(21)", False),
        ("char(32)", "varchar(36)", False),
        ("char(9)", "varchar(9)", False),
        ("varchar(16383)", "text", False),
        ("varchar(20)", "longtext", False),
        ("varbinary(20)", "blob", False),
        ("text", "mediumtext", False),
        ("decimal(6,2)", "decimal(8,3)", False),
        ("datetime", "datetime(6)", False),
        ("enum('a','b')", "enum('a','b','c')", False),
        ("int(11)", "int(11) NOT NULL", True),
        ("varchar(9) COLLATE utf8mb4_bin", "varchar(9)", True),
        ("int(11) GENERATED ALWAYS AS (1) VIRTUAL", "bigint(20) GENERATED ALWAYS AS (2) VIRTUAL", True),
    ],
)
def test_these_changes_keep_every_value(before, after, back):
    assert keeps_values(column(before), column(after))
    assert keeps_values(column(after), column(before)) is back


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("int(11)", "int(10) unsigned"),
        ("int(10) unsigned", "int(11)"),
        ("bigint(20)", "double"),
        ("varchar(16384)", "text"),
        ("char(32)", "uuid"),
        ("decimal(6,2)", "decimal(7,4)"),
        ("enum('a','b')", "enum('b','a','c')"),
        ("varchar(9)", "varchar(9) CHARACTER SET latin1"),
        ("int(11)", "int(11) GENERATED ALWAYS AS (1) STORED"),
        ("datetime(6)", "date"),
        ("float", "int(11)"),
    ],
)
def test_these_may_lose_values(before, after):
    assert not keeps_values(column(before), column(after))
    assert not keeps_values(column(after), column(before))
