"""Which migrations of different apps may meet at all."""

from __future__ import annotations

import pytest

from handrail.conflicts.between import meetings
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.sources.snapshot import read_snapshot
from tests.unit.planning.small_project import migration
from tests.unit.sources.trees import Files

RENAMED = MigrationKey("staff", "0002_person")
POINTING = MigrationKey("shop", "0002_owner")
FILES = {
    "staff/migrations/0001_initial.py": migration("", 'migrations.CreateModel("User", [])'),
    "staff/migrations/0002_person.py": migration("staff.0001_initial", 'migrations.RenameModel("User", "Person")'),
    "staff/migrations/__init__.py": "",
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_initial.py": migration("", 'migrations.CreateModel("Thing", [])'),
    "shop/migrations/0002_owner.py": migration(
        "shop.0001_initial",
        'migrations.AddField("thing", "owner", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True))',
        imports="from django.conf import settings\n",
    ),
}


@pytest.mark.parametrize(
    ("settings", "met"),
    [
        ({"AUTH_USER_MODEL": "staff.User"}, True),
        ({"AUTH_USER_MODEL": "auth.User"}, False),
        ({}, True),
    ],
)
def test_what_a_setting_names_is_met_where_it_is_renamed(settings: dict[str, str], met: bool) -> None:
    graph = MigrationGraph.build(read_snapshot(Files(FILES)).migrations, settings=settings)
    assert meetings(graph, [RENAMED, POINTING], [RENAMED, POINTING], settings) == ([(POINTING, RENAMED)] if met else [])
