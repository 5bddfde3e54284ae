"""Rows that code and SQL write where the user must not make triggers: a copy of the table, or a refusal before anything runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cases.migrators import GATE, launcher
from tests.cases.shop import FIRST, Shop, on_servers, shop

__all__ = ["launcher", "shop"]
GRANTS = {
    "postgresql": [
        "CREATE ROLE {user} LOGIN PASSWORD 'limited'",
        "GRANT CREATE, USAGE ON SCHEMA public TO {user}",
        "GRANT CREATE ON DATABASE {database} TO {user}",
    ],
    "mysql": [
        "CREATE USER {user} IDENTIFIED BY 'limited'",
        "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES, CREATE TEMPORARY TABLES ON {database}.* "
        "TO {user}",
    ],
}
GOES = {"postgresql": ["DROP OWNED BY {user} CASCADE", "DROP ROLE {user}"], "mysql": ["DROP USER {user}"]}


class Limited(Shop):
    """Its user must not make triggers on shop_thing; privileges: what it may do with that table (PostgreSQL)."""

    user: str

    def begin_limited(self, *, privileges: str = "SELECT, INSERT, UPDATE, DELETE", more: str = "", rows: int = 3) -> None:
        self.write(settings={"USER": self.user, "PASSWORD": "limited"})
        self.put("0001_initial", FIRST + more)
        self.migrate()
        if self.database.vendor == "postgresql":
            self.query("ALTER TABLE shop_thing OWNER TO CURRENT_USER")
            self.query(f"GRANT {privileges} ON shop_thing TO {self.user}")
            self.query(f"GRANT ALL ON SEQUENCE shop_thing_id_seq TO {self.user}")
        for n in range(1, rows + 1):
            self.query(f"INSERT INTO shop_thing (name, n, x) VALUES ('{n}', {n}, 'x{n}')")

    def rows(self) -> list[tuple[Any, ...]]:
        return self.query("SELECT id, name, n, x FROM shop_thing ORDER BY id")


@pytest.fixture
def limited(shop: Shop) -> Iterator[Limited]:
    """The project, with a user of its own."""
    made = Limited(shop.folder, shop.launcher, shop.database)
    made.user = f"u{shop.database.name[-12:]}"
    words = {"user": made.user, "database": shop.database.name}
    for sql in GRANTS[shop.database.vendor]:
        shop.query(sql.format(**words))
    try:
        yield made
    finally:
        for sql in GOES[shop.database.vendor]:
            shop.query(sql.format(**words))


CHANGE = """
def change(apps, schema_editor):
    Thing = apps.get_model("shop", "Thing")
    Thing.objects.filter(id=1).update(n=10)
    Thing.objects.filter(id=2).delete()
    Thing.objects.create(name="new", n=7)
    {more}
    Thing.objects.filter(id=1).update(n=11)
"""


@on_servers
def test_a_table_without_triggers_is_copied(limited: Limited):
    limited.begin_limited()
    before = limited.rows()
    limited.put("0002_change", "migrations.RunPython(change),", CHANGE.format(more="pass"))
    one = limited.migrate()
    assert one.err == (
        "shop.0002_change: shop_thing (3 rows) is copied before Raw Python operation and compared after it, "
        "and nobody else can write it until then: the user must not make triggers on it\n"
    )
    after = limited.rows()
    assert [row[:3] for row in after] == [(1, "1", 11), (3, "3", 3), (4, "new", 7)]
    limited.migrate("shop", "0001")
    assert limited.rows() == before


GATED = CHANGE.format(more="gate()")


@on_servers
def test_nobody_else_writes_a_table_while_it_is_copied(limited: Limited):
    """Else rows of the application would be in the log, and go with the migration."""
    limited.begin_limited()
    limited.put("0002_change", "migrations.RunPython(change),", GATE + GATED)
    one = limited.start()
    limited.reached(one)
    wait = {"postgresql": "SET lock_timeout = 300", "mysql": "SET innodb_lock_wait_timeout = 1"}[limited.database.vendor]
    connection = limited.database.server.connect(limited.database.name)
    cursor = connection.cursor()
    cursor.execute(wait)
    for sql in ("INSERT INTO shop_thing (name, n, x) VALUES ('mine', 1, '')", "UPDATE shop_thing SET n = 33 WHERE id = 3"):
        with pytest.raises(Exception, match=r"(?i)lock"):
            cursor.execute(sql)
    connection.close()
    limited.go()
    assert one.end() == 0, one.text
    limited.query("UPDATE shop_thing SET n = 33 WHERE id = 3")
    limited.migrate("shop", "0001")
    assert [row[:3] for row in limited.rows()] == [(1, "1", 1), (2, "2", 2), (3, "3", 33)]


SQL = """
migrations.RunSQL("UPDATE shop_thing SET n = n + 10 WHERE id < 3"),
migrations.RunSQL(["DELETE FROM shop_thing WHERE id = 1", "UPDATE shop_thing SET x = 'y' WHERE id = 2",
    "INSERT INTO shop_thing (id, name, n, x) VALUES (1, 'again', 1, 'z')"]),
"""


@on_servers
def test_sql_is_compared_too(limited: Limited):
    """Also where each statement is a transaction of its own."""
    limited.begin_limited()
    before = limited.rows()
    limited.put("0002_change", SQL)
    limited.migrate()
    assert limited.rows() == [(1, "again", 1, "z"), (2, "2", 12, "y"), (3, "3", 3, "x3")]
    limited.migrate("shop", "0001")
    assert limited.rows() == before
