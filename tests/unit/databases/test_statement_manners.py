"""How statements run: with their mark in a transaction, alone, or nobody knows."""

import pytest

from handrail.databases.statements.base import Judgement, Manner, Restoring, rules_for

MANNERS = {
    "mysql": {
        Manner.TRANSACTION: [
            "UPDATE `t` SET `a` = %s WHERE `a` IS NULL",
            "insert into t values ('drop table x; --')",
            "-- why\n/* and */ DELETE FROM t",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "(SELECT 1) UNION (SELECT 2)",
            "REPLACE INTO t VALUES (1)",
            "LOAD DATA INFILE 'x' INTO TABLE t",
            "SET FOREIGN_KEY_CHECKS = 0;",
        ],
        Manner.ALONE: [
            "ALTER TABLE `t` ADD COLUMN `a` integer NULL",
            "/*!50001 CREATE VIEW v AS SELECT 1 */",
            "create index a on t (b);",
            "DROP INDEX `a` ON `t`",
            "RENAME TABLE a TO b",
            "TRUNCATE t",
            "ANALYZE TABLE t",
            "GRANT SELECT ON t TO x",
            "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN SET NEW.a = 1; SET NEW.b = 2; END",
        ],
        Manner.UNKNOWN: [
            "",
            "-- nothing",
            "CALL p()",
            "DO 1",
            "LOCK TABLES t WRITE",
            "UNLOCK TABLES",
            "START TRANSACTION",
            "BEGIN",
            "COMMIT",
            "XA START 'x'",
            "USE other",
            "SET autocommit = 1",
            "SET @@session.`autocommit` = 1",
            "SET PASSWORD = 'x'",
            "CREATE TEMPORARY TABLE t (a int)",
            "CREATE OR REPLACE TEMPORARY TABLE t (a int)",
            "DROP TEMPORARY TABLE t",
            "ALTER TABLE t ADD a int; ALTER TABLE t ADD b int",
            "ALTER TABLE t COMMENT 'x",
            "PREPARE s FROM 'DROP TABLE t'",
        ],
    },
    "postgresql": {
        Manner.TRANSACTION: [
            "CREATE UNLOGGED TABLE t (a int); SELECT 1; -- done",
            'CREATE INDEX "a" ON "t" ("b")',
            "CREATE TABLE concurrently_made (index int)",
            "ALTER TABLE t ADD COLUMN a int",
            "DROP INDEX IF EXISTS a",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
            "DO $$ BEGIN UPDATE t SET a = 1; END $$",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
            "REINDEX TABLE t",
            "CLUSTER t USING i",
            "ALTER DATABASE d SET search_path = x",
            "UPDATE t SET a = 'CREATE INDEX CONCURRENTLY'",
            "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE",
        ],
        Manner.ALONE: [
            "CREATE INDEX CONCURRENTLY a ON t (b)",
            "create /* x */ unique index concurrently if not exists a on t (b);",
            "DROP INDEX CONCURRENTLY a",
            "REINDEX (CONCURRENTLY) TABLE t",
            "REINDEX INDEX CONCURRENTLY a",
            "REINDEX DATABASE d",
            "VACUUM FULL t",
            "CLUSTER",
            "CLUSTER VERBOSE",
            "CREATE DATABASE d",
            "ALTER SYSTEM SET x = 1",
            "ALTER DATABASE d SET TABLESPACE x",
            "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
            "DISCARD ALL",
        ],
        Manner.UNKNOWN: [
            "CALL p()",
            "DO $$ BEGIN UPDATE t SET a = 1; COMMIT; END $$",
            "DO $$ BEGIN CALL p(); END $$",
            "BEGIN",
            "ROLLBACK",
            "SAVEPOINT s",
            "PREPARE TRANSACTION 'x'",
            "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
            "CREATE TEMP TABLE t (a int)",
            "CREATE UNLOGGED TABLE t (a int); VACUUM",
            "BEGIN; UPDATE t SET a = 1; COMMIT",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3",
            "SELECT 'x",
        ],
    },
    "sqlite": {
        Manner.TRANSACTION: [
            'CREATE TABLE "new__t" ("a" integer)',
            "INSERT INTO t SELECT * FROM u",
            "DROP TABLE t",
            "CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET a = 1; DELETE FROM u; END",
            "REINDEX",
        ],
        Manner.ALONE: ["VACUUM", "PRAGMA foreign_keys = OFF", "VACUUM INTO 'x'"],
        Manner.UNKNOWN: ["ATTACH 'x' AS y", "BEGIN", "COMMIT", "CREATE TEMP TABLE t (a)", "SELECT 1; SELECT 2", "SELECT 'x"],
    },
}


@pytest.mark.parametrize(
    ("vendor", "manner", "sql"),
    [(vendor, manner, sql) for vendor, manners in MANNERS.items() for manner, each in manners.items() for sql in each],
)
def test_a_statement_runs_in_its_manner(vendor, manner, sql):
    assert rules_for(vendor).manner(sql) is manner


def test_a_vendor_that_is_not_known():
    with pytest.raises(LookupError, match="oracle"):
        rules_for("oracle")


@pytest.mark.parametrize(
    ("vendor", "sql", "judgement", "impossible"),
    [
        ("sqlite", "VACUUM", Judgement.NOT_DONE, ""),
        ("sqlite", "PRAGMA foreign_keys = OFF", Judgement.NOT_DONE, ""),
        ("sqlite", "INSERT INTO t VALUES (1)", Judgement.AMBIGUOUS, "the statement does not run by itself"),
        ("postgresql", "VACUUM t", Judgement.NOT_DONE, ""),
        ("postgresql", "REINDEX SCHEMA s", Judgement.NOT_DONE, ""),
        ("postgresql", "CREATE DATABASE d", Judgement.AMBIGUOUS, "the definitions do not show what the statement did"),
        ("postgresql", "DROP TABLE t", Judgement.AMBIGUOUS, "the statement does not run by itself"),
        ("mysql", "ANALYZE TABLE t", Judgement.NOT_DONE, ""),
        ("mysql", "GRANT SELECT ON t TO x", Judgement.AMBIGUOUS, "the definitions do not show what the statement did"),
        ("mysql", "CREATE DATABASE d", Judgement.AMBIGUOUS, "the definitions do not show what the statement did"),
        ("mysql", "UPDATE t SET a = 1", Judgement.AMBIGUOUS, "the statement does not run by itself"),
        (
            "mysql",
            "ALTER TABLE t TRUNCATE PARTITION p",
            Judgement.AMBIGUOUS,
            "the definitions do not show what the statement did",
        ),
        (
            "mysql",
            "ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u",
            Judgement.AMBIGUOUS,
            "the definitions do not show what the statement did",
        ),
    ],
)
def test_what_definitions_do_not_show(vendor, sql, judgement, impossible):
    assert rules_for(vendor).judge(sql, {}, {}) is judgement
    assert rules_for(vendor).restoring(sql, {}, {}) == Restoring(impossible=impossible)
