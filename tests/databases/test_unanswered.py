"""Questions about a plan that a database does not answer in time: that is said, and nothing is called safe by it."""

from __future__ import annotations

from contextlib import closing

import pytest

from handrail import registry
from handrail.databases import probing
from handrail.databases.probing.base import ProbingRules
from tests.cases.undoing import Undoing, launcher, on_postgres, undo
from tests.servers.base import Database

__all__ = ["launcher", "undo"]
UNIQUE = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50, unique=True)),
]),
"""
LATE = {
    "postgresql": ["SET statement_timeout = 50", "SELECT pg_sleep(5)"],
    "mysql": ["SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(5) FROM (SELECT 1) t WHERE SLEEP(5) = 0"],
}


@on_postgres
def test_what_nobody_could_look_at_is_not_called_safe(undo: Undoing):
    undo.up('migrations.AlterField("Thing", "name", models.CharField(max_length=50)),', first=UNIQUE)
    planned = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--dry-run"])
    assert planned.end() == 0, planned.text
    assert "HR522" not in planned.text
    with closing(undo.database.server.connect(undo.database.name)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE shop_thing IN ACCESS EXCLUSIVE MODE")
        planned = undo.launcher.begin(undo.folder, ["handrail", "rollback", "shop", "0001", "--dry-run"])
        assert planned.end() == 0, planned.text
    said = " ".join(planned.text.split())
    assert "shop.0002_x unknown" in said
    assert "not looked at: timed out" in said
    assert "warning[HR522]: not-looked-at: operation 1 of shop.0002_x: timed out" in said


def test_an_answer_that_took_too_long_is_told_from_others(database: Database):
    if database.vendor not in LATE:
        pytest.skip("nothing limits the time of a statement")
    rules = registry.load(probing, ProbingRules, database.vendor)()  # type: ignore[type-abstract]
    with closing(database.server.connect(database.name)) as connection, closing(connection.cursor()) as cursor:
        with pytest.raises(Exception) as wrong:
            cursor.execute("SELECT nothing FROM nowhere")
        assert not rules.is_late(wrong.value)
        with pytest.raises(Exception) as late:
            for sql in LATE[database.vendor]:
                cursor.execute(sql)
        assert rules.is_late(late.value)
