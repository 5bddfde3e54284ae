"""What SQL touches, statement by statement."""

import subprocess
import sys

import pytest

from handrail.conflicts.sql_code import read_sql
from handrail.domain.footprint import NOTHING, CodeFootprint, TableAccess
from handrail.domain.value import Call, ListOf, Name, Symbolic


def table(name, reads="", updates="", *flags, **names):
    """Return an access to a table, its columns given as words and its flags by name."""
    sets = {key: frozenset(value.split()) if isinstance(value, str) else value for key, value in names.items()}
    return TableAccess(
        table=name,
        reads=frozenset(reads.split()),
        updates=frozenset(updates.split()),
        inserts="inserts" in flags,
        deletes="deletes" in flags,
        **sets,
    )


WHOLE = frozenset({""})
READ = {
    "UPDATE shop_thing SET name = lower(slug) WHERE price > 3 -- ; DROP TABLE x": [table("shop_thing", "slug price", "name")],
    "UPDATE shop_thing SET name = 'DELETE FROM shop_line; x' /* DELETE FROM y; */": [table("shop_thing", "", "name")],
    "UPDATE t SET a = %s WHERE b IN (%(x)s) AND c LIKE '50%%'": [table("t", "b c", "a")],
    "UPDATE shop_thing AS t SET price = l.price FROM shop_line l WHERE l.thing_id = t.id": [
        table("shop_line", "price thing_id"),
        table("shop_thing", "id", "price"),
    ],
    "UPDATE a JOIN b ON a.id = b.a_id SET a.x = b.y": [table("a", "id", "x"), table("b", "a_id y")],
    "UPDATE t SET (a, b) = (SELECT c, u.d FROM u WHERE u.id = t.u_id)": [table("t", "c u_id", "a b"), table("u", "c d id")],
    "DELETE FROM t USING u WHERE t.id = u.t_id": [table("t", "id", "", "deletes"), table("u", "t_id")],
    "DELETE FROM t WHERE id NOT IN (SELECT MIN(id) FROM t GROUP BY name)": [table("t", "id name", "", "deletes")],
    "INSERT INTO t (a, b) SELECT x, y FROM u": [table("t", "", "a b", "inserts"), table("u", "x y")],
    "INSERT INTO t SELECT * FROM u": [table("t", "", "*", "inserts"), table("u", "*")],
    "INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = excluded.c": [table("t", "a c", "a b", "inserts")],
    "WITH gone AS (DELETE FROM a WHERE x = 1 RETURNING id) INSERT INTO b (a_id) SELECT id FROM gone": [
        table("a", "x id", "", "deletes"),
        table("b", "", "a_id", "inserts"),
    ],
    "SELECT count(*) FROM t": [table("t")],
    "TRUNCATE TABLE a, b": [table("a", "", "", "deletes"), table("b", "", "", "deletes")],
    'UPDATE public."Shop" SET "Name" = \'x\', Other = 1': [table("Shop", "", "Name other")],
    "CREATE TABLE t (id int PRIMARY KEY, u_id int REFERENCES u (id))": [table("t", creates=WHOLE), table("u")],
    "CREATE TABLE t AS SELECT a FROM u": [table("t", creates=WHOLE), table("u", "a")],
    "DROP TABLE IF EXISTS t": [table("t", drops=WHOLE)],
    "ALTER TABLE t ADD COLUMN a int, DROP COLUMN b, ALTER COLUMN c SET NOT NULL": [
        table("t", creates="a", drops="b", alters="c")
    ],
    "ALTER TABLE t ALTER COLUMN a TYPE bigint USING (b || a)::bigint": [table("t", "a b", alters="a")],
    "ALTER TABLE t MODIFY a bigint": [table("t", alters="a")],
    "ALTER TABLE t CHANGE a b bigint": [table("t", alters="a", renames=(("a", "b"),))],
    "ALTER TABLE t RENAME COLUMN a TO b": [table("t", renames=(("a", "b"),))],
    "ALTER TABLE t RENAME TO u": [table("t", renames=(("", "u"),))],
    "ALTER TABLE t ADD CONSTRAINT c UNIQUE (a, b)": [table("t", "a b", creates="c")],
    "ALTER TABLE t ADD CONSTRAINT c FOREIGN KEY (u_id) REFERENCES u (id)": [table("t", "u_id", creates="c"), table("u")],
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)": [table("t", "a", creates="c")],
    "ALTER TABLE t DROP CONSTRAINT IF EXISTS c": [table("t", drops="c")],
    "ALTER TABLE t RENAME CONSTRAINT a TO b": [table("t", drops="a", creates="b")],
    "COMMENT ON COLUMN t.a IS 'x'": [table("t", alters="a")],
    "SET CONSTRAINTS ALL IMMEDIATE; SET statement_timeout = 0; ANALYZE t; PRAGMA foreign_keys=OFF": [],
    "BEGIN; UPDATE t SET a = 1; COMMIT;": [table("t", "", "a")],
    "": [],
    "-- nothing to do": [],
}


@pytest.mark.parametrize(("sql", "tables"), READ.items(), ids=READ)
def test_statement_that_is_read_in_full(sql, tables):
    assert read_sql(sql) == CodeFootprint(tables=tuple(tables))


OBJECTS = {
    "CREATE EXTENSION IF NOT EXISTS hstore": ("extension", "hstore"),
    'CREATE EXTENSION "uuid-ossp"': ("extension", "uuid-ossp"),
    "DROP INDEX CONCURRENTLY IF EXISTS Ix_One": ("index", "ix_one"),
    "CREATE SEQUENCE s": ("sequence", "s"),
    "CREATE TYPE mood AS ENUM ('a')": ("type", "mood"),
    "ALTER TYPE mood ADD VALUE 'b'": ("type", "mood"),
    "CREATE COLLATION german (provider = icu, locale = 'de')": ("collation", "german"),
    "DROP FUNCTION f()": ("function", "f"),
    "DROP VIEW IF EXISTS v": ("view", "v"),
}


@pytest.mark.parametrize(("sql", "name"), OBJECTS.items(), ids=OBJECTS)
def test_object_that_is_no_part_of_a_table(sql, name):
    assert read_sql(sql) == CodeFootprint(objects=(name,))


def test_renamed_sequences_and_indexes_are_both_names():
    assert read_sql("ALTER SEQUENCE a RENAME TO b").objects == (("sequence", "a"), ("sequence", "b"))
    assert read_sql("ALTER INDEX a RENAME TO b").objects == (("index", "a"), ("index", "b"))


def test_an_index_reads_its_columns():
    found = read_sql("CREATE UNIQUE INDEX CONCURRENTLY ix ON shop_thing (lower(name)) WHERE price > 0")
    assert found == CodeFootprint(tables=(table("shop_thing", "name price", creates="ix"),), objects=(("index", "ix"),))


def test_a_view_reads_what_it_shows():
    found = read_sql("CREATE OR REPLACE VIEW v AS SELECT name FROM shop_thing")
    assert found == CodeFootprint(tables=(table("shop_thing", "name"),), objects=(("view", "v"),))


def test_setting_a_sequence_reads_its_table():
    found = read_sql("SELECT setval(pg_get_serial_sequence('\"shop_thing\"', 'id'), max(id)) FROM shop_thing")
    assert found == CodeFootprint(tables=(table("shop_thing", "id"),), objects=(("sequence", "shop_thing_id_seq"),))


NOT_READ = {
    "DO $$ BEGIN UPDATE t SET a = 1; END $$": "runs SQL that cannot be read: DO $$ BEGIN UPDATE",
    "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN DELETE FROM t; RETURN NEW; END $$ LANGUAGE plpgsql": (
        "runs SQL that cannot be read: CREATE FUNCTION f() RETURNS"
    ),
    "CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()": (
        "runs SQL that cannot be read: CREATE TRIGGER tr AFTER"
    ),
    "DROP TRIGGER tr ON t": "drops a trigger: DROP TRIGGER tr ON",
    "DROP TABLE t CASCADE": "drops with CASCADE: DROP TABLE t CASCADE",
    "TRUNCATE t CASCADE": "runs SQL that cannot be read: TRUNCATE t CASCADE",
    "SELECT rebuild_index()": "calls the database function rebuild_index()",
    "UPDATE t SET a = my_function(b)": "calls the database function my_function()",
    "SET search_path TO other": "runs SQL that cannot be read: SET search_path TO other",
    "GRANT ALL ON t TO someone": "runs SQL that cannot be read: GRANT ALL ON t",
    "this is no SQL": "runs SQL that cannot be read: this is no SQL",
    "UPDATE t SET a = 'open": "runs SQL that cannot be read: UPDATE t SET a",
    "CALL fix_things()": "runs SQL that cannot be read: CALL fix_things()",
    "ALTER TABLE t ENABLE ROW LEVEL SECURITY": "runs SQL that cannot be read: ALTER TABLE t ENABLE",
    "EXECUTE prepared": "runs SQL that cannot be read: EXECUTE prepared",
}


@pytest.mark.parametrize(("sql", "why"), NOT_READ.items(), ids=NOT_READ)
def test_what_cannot_be_read_is_named(sql, why):
    assert read_sql(sql).opaque == (why,)


def test_what_is_read_beside_what_is_not_is_kept():
    found = read_sql("DELETE FROM a; DO $$ BEGIN END $$; UPDATE b SET c = 1")
    assert found.tables == (table("a", "", "", "deletes"), table("b", "", "c"))
    assert found.opaque == ("runs SQL that cannot be read: DO $$ BEGIN END",)


def test_dialects_that_read_it_differently_are_joined():
    sql = "UPDATE t SET a = b # c\n WHERE d = 1"
    assert read_sql(sql, ["postgres"]).tables == (table("t", "b c d", "a"),)
    assert read_sql(sql, ["mysql"]).tables == (table("t", "b d", "a"),)
    assert read_sql(sql).tables == (table("t", "b c d", "a"),)


def test_the_arguments_of_run_sql():
    update = "UPDATE t SET a = 1"
    expected = CodeFootprint(tables=(table("t", "", "a"),))
    assert read_sql(None) == NOTHING
    assert read_sql(Name("django.db.migrations.RunSQL.noop")) == NOTHING
    assert read_sql(ListOf((update, ("UPDATE t SET a = %s", ListOf((1,)))))) == expected
    assert read_sql((update, "SELECT 1")) == expected
    assert read_sql(Call("textwrap.dedent", (update,))) == expected
    for dynamic in (Symbolic("f'{x}'"), Name("shop.sql.QUERY"), ListOf((Symbolic("x"),))):
        assert read_sql(dynamic).opaque == ("runs SQL that is put together when it runs",)


def test_sqlglot_is_imported_for_sql_alone():
    code = (
        "import handrail.conflicts.sql_code, handrail.conflicts.python_code, sys; "
        "print('sqlglot' in sys.modules, 'django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
