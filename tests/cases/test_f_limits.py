"""Cases F: what many cycles of keeping and bringing back use up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases.stopped_project import Stopped
from tests.servers.base import Database

ADD = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddField("Thing", "p", models.IntegerField(default=7))]
"""
EXHAUST = {
    "postgresql": """DO $$ BEGIN FOR i IN 1..1597 LOOP
        ALTER TABLE shop_thing ADD COLUMN z integer; ALTER TABLE shop_thing DROP COLUMN z;
    END LOOP; END $$""",
}
"""Uses up all columns that a table of three may ever have, where dropped ones count (PostgreSQL: 1600, limits.html)."""


def test_f20_going_back_and_forth_uses_no_new_columns(database: Database, tmp_path: Path):
    project = Stopped.make(tmp_path, database, ADD)
    project.migrate("shop")
    project.query("UPDATE shop_thing SET p = 99")
    if database.vendor in EXHAUST:
        project.query(EXHAUST[database.vendor])
        with pytest.raises(Exception, match="tables can have at most 1600 columns"):
            project.query("ALTER TABLE shop_thing ADD COLUMN z integer")
    for _ in range(2):
        project.migrate("shop", "0001")
        assert "p" in [one["column"] for one in project.handrail("kept").json["kept"]]
        project.migrate("shop")
        assert project.query("SELECT p FROM shop_thing") == [(99,)]
