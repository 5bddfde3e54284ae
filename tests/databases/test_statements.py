"""Single statements on real servers: what they did is judged, and taken back."""

import threading
import time

import pytest

from handrail.databases.statements.base import Judgement, Manner, Restoring, rules_for
from tests.servers.base import Database

MARIADB = pytest.mark.parametrize("server", ["mariadb"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("server", ["postgresql15", "postgresql18"], indirect=True)

TABLES = [
    "CREATE TABLE `other` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `code` varchar(10) NOT NULL UNIQUE)",
    """CREATE TABLE `thing` (`id` integer AUTO_INCREMENT NOT NULL PRIMARY KEY, `n` integer NOT NULL DEFAULT 5 COMMENT 'a, (b) `c`',
    `name` varchar(20) NOT NULL, `spare` varchar(30) NULL, `positive` integer UNSIGNED NOT NULL CHECK (`positive` >= 0),
    `other_id` bigint NOT NULL, `data` json NULL, `parent_id` integer NULL, `amount` numeric(6, 2) NOT NULL,
    `twice` integer GENERATED ALWAYS AS (`n` * 2) VIRTUAL)""",
    "ALTER TABLE `thing` ADD CONSTRAINT `thing_other_fk` FOREIGN KEY (`other_id`) REFERENCES `other` (`id`)",
    "ALTER TABLE `thing` ADD CONSTRAINT `thing_parent_fk` FOREIGN KEY (`parent_id`) REFERENCES `thing` (`id`) ON DELETE CASCADE",
    "ALTER TABLE `thing` ADD CONSTRAINT `thing_n_name_uniq` UNIQUE (`n`, `name`)",
    "ALTER TABLE `thing` ADD CONSTRAINT `thing_n_ck` CHECK (`n` < 1000)",
    "CREATE INDEX `thing_name` ON `thing` (`name`)",
    "CREATE INDEX `thing_spare` ON `thing` (`spare` DESC, `n`)",
    "CREATE VIEW `v` AS SELECT `n` FROM `thing`",
    "CREATE TRIGGER `tr` BEFORE INSERT ON `thing` FOR EACH ROW SET NEW.`spare` = 'x; y'",
    "CREATE PROCEDURE `pr`() BEGIN SELECT 1; SELECT 2; END",
    "INSERT INTO `other` (`code`) VALUES ('a'), ('b')",
    "INSERT INTO `thing` (`n`, `name`, `positive`, `other_id`, `amount`) VALUES (1, 'one', 1, 1, 1.5), (2, 'two', 2, 2, 2.25)",
]
# Django 6.1's schema editor wrote the statements in upper case; the others are as people write them.
TAKEN_BACK = [
    "ALTER TABLE `thing` ADD COLUMN `p` integer DEFAULT 7 NOT NULL",
    "ALTER TABLE `thing` ALTER COLUMN `n` DROP DEFAULT",
    "ALTER TABLE `thing` ALTER COLUMN `n` SET DEFAULT 9",
    "ALTER TABLE `thing` ADD COLUMN `q_id` bigint NULL , ADD CONSTRAINT `q_fk` FOREIGN KEY (`q_id`) REFERENCES `other`(`id`)",
    "ALTER TABLE `thing` ADD COLUMN `slug` varchar(50) DEFAULT '' NOT NULL, ADD INDEX `slug_ix` (`slug`)",
    "alter table thing add p int unique first, add q int null after p",
    "alter table thing add (p int, q int, key pq (p, q))",
    "ALTER TABLE `thing` MODIFY `n` bigint NOT NULL",
    "ALTER TABLE `thing` DROP FOREIGN KEY `thing_parent_fk`, MODIFY `id` bigint NOT NULL AUTO_INCREMENT",
    "ALTER TABLE `thing` MODIFY `name` varchar(40) NOT NULL",
    "ALTER TABLE `thing` MODIFY `spare` longtext NULL, DROP INDEX `thing_spare`",
    "ALTER TABLE `thing` MODIFY `name` varchar(20) NULL",
    "ALTER TABLE `thing` MODIFY `name` varchar(20) COLLATE `utf8mb4_bin` NOT NULL",
    "ALTER TABLE `thing` MODIFY `name` varchar(20) NOT NULL COMMENT 'it''s; -- \\'new\\''",
    "ALTER TABLE `thing` MODIFY `amount` numeric(10, 3) NOT NULL",
    "ALTER TABLE `thing` MODIFY `positive` integer UNSIGNED NOT NULL",
    "alter table thing modify name varchar(20) not null first, modify n int not null default 5 after spare",
    "ALTER TABLE `thing` CHANGE `name` `title` varchar(20) NOT NULL",
    "ALTER TABLE `thing` RENAME COLUMN `n` TO `number`, DROP CONSTRAINT `thing_n_ck`, DROP COLUMN `twice`",
    "ALTER TABLE `thing` CHANGE `spare` `more` varchar(60) NULL",
    "ALTER TABLE `thing` CHANGE `parent_id` `above_id` integer NULL",
    "ALTER TABLE `thing` ADD CONSTRAINT `uq` UNIQUE (`name`)",
    "ALTER TABLE `thing` ADD CONSTRAINT `ck` CHECK (`name` <> 'a) -- `b`')",
    "ALTER TABLE `thing` DROP CONSTRAINT IF EXISTS `thing_n_ck`",
    "ALTER TABLE `thing` DROP INDEX `thing_n_name_uniq`",
    "ALTER TABLE `thing` DROP FOREIGN KEY `thing_parent_fk`",
    "ALTER TABLE `thing` DROP FOREIGN KEY `thing_other_fk`, DROP KEY `thing_other_fk`",
    "CREATE INDEX `other_ix` ON `thing` (`other_id`, `n`)",
    "create index /* why -- */ `od``d` using btree on thing (name(5) desc) # end\n",
    "CREATE UNIQUE INDEX `amounts` ON `thing` (`amount`, `name`(3) DESC)",
    "CREATE FULLTEXT INDEX `ft` ON `thing` (`name`)",
    "DROP INDEX `thing_name` ON `thing`",
    "ALTER TABLE `thing` RENAME INDEX `thing_name` TO `thing_title`",
    "ALTER TABLE `thing` COMMENT = 'it\\'s, a ''comment'' = 1'",
    "alter table thing row_format=compact comment 'x'",
    "ALTER TABLE `thing` DEFAULT CHARACTER SET latin1",
    "CREATE TABLE `new` (`id` bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, `x` varchar(5) NOT NULL)",
    "create table if not exists `new` like thing",
    "RENAME TABLE `thing` TO `stuff`",
    "alter table thing rename to stuff, add column p int",
    "rename table thing to stuff, other to another",
    "rename table thing to tmp, other to thing, tmp to other",
    "DROP VIEW `v`",
    "create or replace view v as select name from thing",
    "DROP TRIGGER `tr`",
    "DROP PROCEDURE pr",
    "CREATE PROCEDURE pr2() BEGIN SELECT ';'; END",
    "ALTER TABLE `other` DROP PRIMARY KEY, ADD COLUMN `k` int, MODIFY `id` bigint NOT NULL, ADD PRIMARY KEY (`id`, `code`)",
]
LOST = [
    ("ALTER TABLE `thing` DROP COLUMN `spare`", "column spare of thing is gone with its values"),
    (
        "alter table thing drop n, drop constraint thing_n_ck, drop key thing_n_name_uniq, drop twice, drop key thing_spare",
        "column n of thing is gone with its values",
    ),
    ("DROP TABLE `thing` CASCADE", "table thing is gone with its rows"),
    (
        "ALTER TABLE `thing` MODIFY `name` varchar(10) NOT NULL",
        "values of column name of thing may have changed from varchar to varchar",
    ),
    (
        "ALTER TABLE `thing` MODIFY `amount` integer NOT NULL",
        "values of column amount of thing may have changed from decimal to int",
    ),
    (
        "ALTER TABLE `other` CONVERT TO CHARACTER SET latin1",
        "values of column code of other may have changed from varchar to varchar",
    ),
    ("ALTER TABLE `other` ENGINE = MyISAM", "engine of other cannot be changed back"),
]


@pytest.fixture
def things(database: Database) -> Database:
    for statement in TABLES if database.vendor == "mysql" else []:
        database.query(statement)
    return database


class Session:
    """A connection, and the rules of its database."""

    def __init__(self, database: Database) -> None:
        self.connection = database.server.connect(database.name)
        self.cursor = self.connection.cursor()
        self.rules = rules_for(database.vendor)

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.cursor.execute(statement)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        self.cursor.execute(sql)
        return list(self.cursor.fetchall())


@pytest.fixture
def session(things: Database):
    session = Session(things)
    yield session
    session.connection.close()


def everything(session: Session) -> dict[str, str | None]:
    """Return the definitions of all that is in the database."""
    names = [name for (name, *_) in session.rows("SHOW FULL TABLES WHERE table_type = 'BASE TABLE'")]
    return session.rules.snapshot(session.cursor, f"DROP TABLE {', '.join(f'`{name}`' for name in names)}")


ROWS = "SELECT id, n, name, spare, positive, other_id, amount, twice FROM thing ORDER BY id"


@MARIADB
@pytest.mark.parametrize("sql", TAKEN_BACK)
def test_what_a_statement_did_is_judged_and_taken_back(session: Session, sql: str):
    rules, cursor = session.rules, session.cursor
    assert rules.manner(sql) is Manner.ALONE
    whole, rows, before = everything(session), session.rows(ROWS), rules.snapshot(cursor, sql)
    assert rules.judge(sql, before, rules.snapshot(cursor, sql)) is Judgement.NOT_DONE
    assert rules.restoring(sql, before, before) == Restoring()
    session.run(sql)
    live = rules.snapshot(cursor, sql)
    assert live != before
    assert rules.judge(sql, before, live) is Judgement.DONE
    found = rules.restoring(sql, before, live)
    assert found.impossible == ""
    session.run(*found.statements)
    assert rules.snapshot(cursor, sql) == before
    assert everything(session) == whole
    assert session.rows(ROWS) == rows
    assert found.must_be_empty == (("new",) if "`new`" in sql else ())


@MARIADB
@pytest.mark.parametrize("sql", TAKEN_BACK)
def test_it_can_be_stopped_after_every_statement_of_the_way_back(session: Session, sql: str):
    before = session.rules.snapshot(session.cursor, sql)
    session.run(sql)
    for _ in range(6):
        live = session.rules.snapshot(session.cursor, sql)
        left = session.rules.restoring(sql, before, live)
        assert left.impossible == ""
        statements = [each for each in left.statements if not each.startswith("SET ")]
        if not statements:
            break
        session.run(statements[0])
    assert session.rules.snapshot(session.cursor, sql) == before


@MARIADB
@pytest.mark.parametrize("sql", TAKEN_BACK)
def test_what_somebody_else_changed_is_ambiguous(session: Session, sql: str):
    rules, cursor = session.rules, session.cursor
    before = rules.snapshot(cursor, sql)
    session.run("ALTER TABLE `thing` ADD COLUMN `other_one` integer NULL")
    alone = rules.snapshot(cursor, sql)
    seen = alone != before
    assert seen is any(key in ("thing", "other") and "thing" in sql for key in before)
    assert rules.judge(sql, before, alone) is (Judgement.AMBIGUOUS if seen else Judgement.NOT_DONE)
    session.run(sql)
    live = rules.snapshot(cursor, sql)
    assert rules.judge(sql, before, live) is (Judgement.AMBIGUOUS if seen else Judgement.DONE)
    if seen and "like" not in sql and not sql.lower().startswith("rename"):
        assert rules.restoring(sql, before, live) == Restoring(impossible="table thing was changed by something else too")


@MARIADB
@pytest.mark.parametrize(("sql", "why"), LOST)
def test_what_cannot_be_taken_back_says_why(session: Session, sql: str, why: str):
    rules, cursor = session.rules, session.cursor
    before = rules.snapshot(cursor, sql)
    session.run("ALTER TABLE `thing` DROP FOREIGN KEY `thing_other_fk`")
    before = rules.snapshot(cursor, sql)
    session.run(sql)
    live = rules.snapshot(cursor, sql)
    assert rules.judge(sql, before, live) is Judgement.DONE
    assert rules.restoring(sql, before, live) == Restoring(impossible=why)


@MARIADB
def test_truncate_is_never_judged(session: Session):
    sql = "TRUNCATE TABLE `thing`"
    before = session.rules.snapshot(session.cursor, sql)
    assert list(before) == ["thing"]
    assert session.rules.manner(sql) is Manner.ALONE
    assert session.rules.judge(sql, before, before) is Judgement.AMBIGUOUS
    expected = Restoring(impossible="the definitions do not show what the statement did")
    assert session.rules.restoring(sql, before, before) == expected


@MARIADB
def test_a_column_that_was_widened_does_not_lose_what_was_written_since(session: Session):
    sql = "ALTER TABLE `thing` MODIFY `name` varchar(40) NOT NULL"
    before = session.rules.snapshot(session.cursor, sql)
    session.run("SET SESSION sql_mode = ''", sql, f"UPDATE `thing` SET `name` = '{'x' * 30}' WHERE `n` = 1")
    found = session.rules.restoring(sql, before, session.rules.snapshot(session.cursor, sql))
    with pytest.raises(Exception, match="Data truncated for column 'name'"):
        session.run(*found.statements)
    assert session.rows("SELECT length(name) FROM thing WHERE n = 1") == [(30,)]


@MARIADB
def test_a_table_of_another_database_and_names_in_ansi_mode(session: Session, database: Database):
    sql = f"ALTER TABLE `{database.name}`.`thing` ADD COLUMN `p` int"
    plain = session.rules.snapshot(session.cursor, sql)
    session.run("SET SESSION sql_mode = 'ANSI_QUOTES'")
    ansi = f'ALTER TABLE "{database.name}"."thing" ADD COLUMN "p" int'
    before = session.rules.snapshot(session.cursor, ansi.replace('"', "`"))
    assert before == plain
    assert list(before) == [f"{database.name}.thing"]
    session.run(ansi)
    live = session.rules.snapshot(session.cursor, ansi)
    assert session.rules.judge(ansi, before, live) is Judgement.DONE
    session.run(*session.rules.restoring(ansi, before, live).statements)
    assert session.rules.snapshot(session.cursor, ansi) == before


@MARIADB
def test_constraints_without_a_name_follow_their_table(session: Session):
    session.run("CREATE TABLE u (id int PRIMARY KEY, up int, FOREIGN KEY (up) REFERENCES u (id), CHECK (up > 0))")
    sql = "ALTER TABLE u RENAME TO w, ADD COLUMN p int"
    before = session.rules.snapshot(session.cursor, sql)
    session.run(sql)
    live = session.rules.snapshot(session.cursor, sql)
    assert session.rules.judge(sql, before, live) is Judgement.DONE
    session.run(*session.rules.restoring(sql, before, live).statements)
    assert session.rules.snapshot(session.cursor, sql) == before


@MARIADB
def test_a_snapshot_takes_a_few_milliseconds(session: Session):
    started = time.perf_counter()
    for _ in range(50):
        session.rules.snapshot(session.cursor, "RENAME TABLE `thing` TO `stuff`")
    assert (time.perf_counter() - started) / 50 < 0.01


@pytest.fixture
def pg(database: Database):
    session = Session(database)
    session.run(
        "CREATE SCHEMA s",
        "CREATE TABLE t (id integer PRIMARY KEY, c integer, d varchar(9))",
        'CREATE TABLE s."T t" (c integer)',
        "INSERT INTO t VALUES (1, 1, 'x'), (2, 1, 'x')",
        'INSERT INTO s."T t" VALUES (1), (1)',
    )
    yield session
    session.connection.close()


CONCURRENT = [
    'CREATE INDEX CONCURRENTLY "ix" ON "t" ("c") WHERE "c" > 5',
    "create index concurrently if not exists Ix on public.t using btree (lower(d)) -- why",
    'CREATE INDEX CONCURRENTLY "o ""x" ON s."T t" (c)',
    "CREATE INDEX CONCURRENTLY ON t (c, d)",
    "CREATE INDEX CONCURRENTLY " + "n" * 70 + " ON t (c)",
    "DROP INDEX CONCURRENTLY IF EXISTS there",
    'DROP INDEX CONCURRENTLY s."There"',
]


@POSTGRESQL
@pytest.mark.parametrize("sql", CONCURRENT)
def test_an_index_is_judged_and_taken_back(pg: Session, sql: str):
    pg.run("CREATE INDEX there ON t (d, c) INCLUDE (id) WHERE d <> ' INDEX '", 'CREATE INDEX "There" ON s."T t" (c DESC)')
    rules, cursor = pg.rules, pg.cursor
    listed = "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 's') ORDER BY 1"
    assert rules.manner(sql) is Manner.ALONE
    whole, before = pg.rows(listed), rules.snapshot(cursor, sql)
    assert rules.judge(sql, before, rules.snapshot(cursor, sql)) is Judgement.NOT_DONE
    pg.run(sql)
    live = rules.snapshot(cursor, sql)
    assert rules.judge(sql, before, live) is Judgement.DONE
    assert rules.clearing(cursor, sql) == []
    found = rules.restoring(sql, before, live)
    assert len(found.statements) == 1
    pg.run(*found.statements)
    assert pg.rows(listed) == whole
    assert rules.snapshot(cursor, sql) == before
    assert rules.restoring(sql, before, before) == Restoring()


@POSTGRESQL
@pytest.mark.parametrize(
    ("sql", "drop", "mend"),
    [
        ("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (c)", 'DROP INDEX CONCURRENTLY "public"."ix"', "UPDATE t SET c = id"),
        (
            'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "I ""x" ON s."T t" (c)',
            'DROP INDEX CONCURRENTLY "s"."I ""x"',
            'DELETE FROM s."T t"',
        ),
    ],
)
def test_an_invalid_index_is_in_the_way_until_it_is_cleared(pg: Session, sql: str, drop: str, mend: str):
    rules, cursor = pg.rules, pg.cursor
    before = rules.snapshot(cursor, sql)
    assert rules.clearing(cursor, sql) == []
    with pytest.raises(Exception, match="could not create unique index"):
        pg.run(sql)
    live = rules.snapshot(cursor, sql)
    assert [text and text.endswith("\ninvalid") for text in live.values()] == [True]
    assert rules.judge(sql, before, live) is Judgement.NOT_DONE
    assert rules.restoring(sql, before, live) == Restoring((drop,))
    assert rules.clearing(cursor, sql) == [drop]
    pg.run(mend, *rules.clearing(cursor, sql), sql)
    built = rules.snapshot(cursor, sql)
    assert rules.judge(sql, before, built) is Judgement.DONE
    assert rules.judge(sql, live, built) is Judgement.DONE
    assert rules.clearing(cursor, sql) == []


@POSTGRESQL
def test_an_index_that_somebody_else_builds_is_not_cleared(pg: Session, database: Database):
    sql = "CREATE INDEX CONCURRENTLY ix ON t (d)"
    reader, builder = Session(database), Session(database)
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ", "UPDATE t SET c = 3")
    building = threading.Thread(target=builder.run, args=(sql,))
    building.start()
    try:
        wait_for(lambda: pg.rows("SELECT 1 FROM pg_class WHERE relname = 'ix'"))
        assert pg.rules.judge(sql, {"index ix": None}, pg.rules.snapshot(pg.cursor, sql)) is Judgement.NOT_DONE
        assert pg.rules.clearing(pg.cursor, sql) == []
    finally:
        reader.run("COMMIT")
        building.join()
    assert pg.rules.judge(sql, {"index ix": None}, pg.rules.snapshot(pg.cursor, sql)) is Judgement.DONE
    for session in (reader, builder):
        session.connection.close()


def wait_for(found) -> None:
    for _ in range(200):
        if found():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@POSTGRESQL
@pytest.mark.parametrize("sql", ["REINDEX INDEX CONCURRENTLY ix", "reindex (verbose, concurrently) table public.t"])
def test_copies_that_reindex_left_are_cleared(pg: Session, sql: str, database: Database):
    pg.run("CREATE INDEX ix ON t (d)", "CREATE INDEX ix_ccnew_mine ON t (d)")
    before = pg.rules.snapshot(pg.cursor, sql)
    assert pg.rules.manner(sql) is Manner.ALONE
    reader = Session(database)
    reader.run("BEGIN", "UPDATE t SET c = 3")
    pg.run("SET lock_timeout = '100ms'")
    with pytest.raises(Exception, match="lock timeout"):
        pg.run(sql)
    pg.run("SET lock_timeout = 0")
    reader.run("COMMIT")
    reader.connection.close()
    live = pg.rules.snapshot(pg.cursor, sql)
    left = {key.removeprefix("index ") for key in live} - {key.removeprefix("index ") for key in before}
    assert "ix_ccnew" in left
    assert pg.rules.judge(sql, before, live) is Judgement.NOT_DONE
    assert pg.rules.clearing(pg.cursor, sql) == [f'DROP INDEX CONCURRENTLY "public"."{name}"' for name in sorted(left)]
    pg.run(*pg.rules.clearing(pg.cursor, sql), sql)
    assert pg.rules.snapshot(pg.cursor, sql) == before
    assert pg.rules.restoring(sql, before, live) == Restoring()


@POSTGRESQL
def test_an_invalid_index_that_is_to_be_rebuilt_is_not_dropped(pg: Session):
    with pytest.raises(Exception, match="could not create unique index"):
        pg.run("CREATE UNIQUE INDEX CONCURRENTLY ix ON t (c)")
    sql = "REINDEX TABLE CONCURRENTLY t"
    before = pg.rules.snapshot(pg.cursor, sql)
    assert before["index ix"] == "CREATE UNIQUE INDEX ix ON public.t USING btree (c)\ninvalid"
    assert pg.rules.clearing(pg.cursor, sql) == []
    assert pg.rules.clearing(pg.cursor, "DROP INDEX CONCURRENTLY ix") == []
    pg.run("UPDATE t SET c = id", "REINDEX INDEX CONCURRENTLY ix")
    assert pg.rules.judge(sql, before, pg.rules.snapshot(pg.cursor, sql)) is Judgement.DONE


@MARIADB
def test_a_column_of_a_check_is_renamed_whoever_read_its_table(database: Database):
    rename = "ALTER TABLE `thing` RENAME COLUMN `c` TO `d`"
    rules, connection = rules_for("mysql"), database.server.connect(database.name)
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE `thing` (`c` json NULL) COMMENT 'all of it'")
    cursor.execute("SELECT * FROM `thing` AS x")
    cursor.fetchall()
    assert rules.clearing(cursor, "ALTER TABLE `thing` ADD COLUMN `e` integer NULL") == []
    assert rules.clearing(cursor, rename) == ["ALTER TABLE `thing` COMMENT = 'all of it'"]
    with pytest.raises(Exception, match="Unknown column 'c' in 'CHECK'"):
        cursor.execute(rename)
    for statement in (*rules.clearing(cursor, rename), rename):
        cursor.execute(statement)
    cursor.execute("ALTER TABLE `thing` COMMENT = 'it''s'")
    assert rules.clearing(cursor, "ALTER TABLE `thing` CHANGE `d` `c` json NULL") == []
    connection.close()
