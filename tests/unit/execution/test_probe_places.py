"""Where models have their tables."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.models import ManyToManyField

from handrail.execution.probes._places import link_table

PROGRAM = """
from django.conf import settings
settings.configure()
import django
django.setup()
from django.db import connection, models
from django.db.migrations.state import ModelState
from handrail.execution.probes._places import tables_of

class Through(models.ForeignObjectRel):
    through = "shop.Tagged"

class Tags(models.ForeignObject):
    "A relation to many that is no ManyToManyField, as packages for tags have it."
    many_to_many, rel_class = True, Through

fields = [
    ("id", models.AutoField(primary_key=True)),
    ("links", models.ManyToManyField("shop.Other")),
    ("named", models.ManyToManyField("shop.Other", db_table='"named"')),
    ("tags", Tags("shop.Tag", models.CASCADE, from_fields=["id"], to_fields=["id"])),
]
from django.db.backends.sqlite3.base import DatabaseWrapper
print(sorted(tables_of(DatabaseWrapper({"NAME": ":memory:", "OPTIONS": {}}, "default"), [ModelState("shop", "Thing", fields)])))
"""


def test_link_tables_are_those_of_djangos_own_relations() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['named', 'shop_thing', 'shop_thing_links']\n", "")


def test_a_link_table_has_the_name_that_django_gives_it():
    connection = DatabaseWrapper({"NAME": ":memory:"})
    assert link_table(connection, "shop_thing", "tags", ManyToManyField("shop.Tag")) == "shop_thing_tags"
    assert link_table(connection, "shop_thing", "tags", ManyToManyField("shop.Tag", db_table='"Links"')) == "Links"
    assert link_table(connection, '"Things"', "tags", ManyToManyField("shop.Tag")) == "Things_tags"


def test_a_relation_without_a_link_table_of_its_own_has_no_name_for_one():
    """As the managers of packages for tags: many to many, through a model, and no ManyToManyField."""
    relation = SimpleNamespace(many_to_many=True)
    assert link_table(DatabaseWrapper({"NAME": ":memory:"}), "shop_thing", "tags", relation) == "shop_thing_tags"
