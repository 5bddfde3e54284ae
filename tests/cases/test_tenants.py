"""django-tenants: one schema of PostgreSQL for each tenant, each migrated under the lock of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.lockers import Lockers, lockers
from tests.databases.small_project import migration
from tests.servers.base import Database, make
from tests.servers.plugin import POSTGRES_URL, WHEEL_VERSION, get_server

__all__ = ["lockers"]

MODELS = """
from django.db import models
from django_tenants.models import DomainMixin, TenantMixin


class Client(TenantMixin):
    auto_create_schema = False


class Domain(DomainMixin):
    pass
"""
CLIENTS = """
migrations.CreateModel("Client", [
    ("id", models.BigAutoField(primary_key=True)),
    ("schema_name", models.CharField(max_length=63, unique=True, db_index=True)),
]),
migrations.CreateModel("Domain", [
    ("id", models.BigAutoField(primary_key=True)),
    ("domain", models.CharField(max_length=253, unique=True, db_index=True)),
    ("is_primary", models.BooleanField(default=True, db_index=True)),
    ("tenant", models.ForeignKey("clients.Client", models.CASCADE, related_name="domains")),
]),
"""
THING = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=1))]),'
DOUBLE = "migrations.RunPython(double),"
DOUBLING = """
import time

def double(apps, editor):
    time.sleep(0.5)
    apps.get_model("shop", "Thing").objects.update(n=models.F("n") * 2)
"""
TENANTS = ("ann", "bob")


@pytest.fixture
def postgres() -> Iterator[Database]:
    made: list[Database] = []
    server = get_server("postgresql" if POSTGRES_URL in os.environ else f"postgresql{WHEEL_VERSION}")
    try:
        yield make(server, made.append)
    finally:
        for one in made:
            server.drop(one.name)


def begin(path: Path, database: Database, *, first: str = "handrail", **more: object) -> LiveProject:
    """Make a project with two tenants, whose schemas are there and empty but for one table in the first migration."""
    files = {"clients.0001_initial": migration(CLIENTS), "shop.0001_initial": migration(THING), "clients/models.py": MODELS}
    made = LiveProject.begin(path / "project", database, files)
    tenants = ["django_tenants", "django.contrib.contenttypes", "clients"]
    made.settings(
        ["handrail", *tenants, "shop"] if first == "handrail" else [*tenants, "handrail", "shop"],
        SHARED_APPS=["handrail", *tenants],
        TENANT_APPS=["django.contrib.contenttypes", "shop"],
        TENANT_MODEL="clients.Client",
        TENANT_DOMAIN_MODEL="clients.Domain",
        DATABASE_ROUTERS=["django_tenants.routers.TenantSyncRouter"],
        DATABASES={"default": {**database.settings, "ENGINE": "django_tenants.postgresql_backend"}},
        **more,
    )
    done = made.manage("migrate_schemas", "--shared")
    assert done.exit == 0, done.err
    for name in TENANTS:
        database.query(f"INSERT INTO clients_client (schema_name) VALUES ('{name}')")
        database.query(f"CREATE SCHEMA {name}")
    return made


@pytest.mark.parametrize("command", ["migrate", "migrate_schemas"])
@pytest.mark.parametrize("first", ["handrail", "django_tenants"])
def test_every_schema_has_a_run_of_its_own(postgres: Database, tmp_path: Path, first: str, command: str):
    project = begin(tmp_path, postgres, first=first)
    assert "handrail." not in project.manage("check").err
    done = project.manage(command)
    assert done.exit == 0, done.err
    for schema in TENANTS:
        assert postgres.query(f"SELECT count(*), min(status) FROM {schema}.handrail_run") == [(1, "done")]
        assert postgres.query(f"SELECT app, name FROM {schema}.django_migrations WHERE app = 'shop'") == [
            ("shop", "0001_initial")
        ]
        assert postgres.query(f"SELECT app, status FROM {schema}.handrail_step WHERE app = 'shop'") == [("shop", "done")]
    assert postgres.query("SELECT to_regclass('public.shop_thing')") == [(None,)]


def test_the_lock_is_the_schemas(postgres: Database, tmp_path: Path, lockers: Lockers):
    project = begin(tmp_path, postgres, HANDRAIL={"lock_wait": 0.3})
    holder = lockers({**postgres.settings, "OPTIONS": {"options": "-c search_path=bob"}})
    assert holder("take()") == "session"
    assert project.manage("migrate", "--schema", "ann").exit == 0
    done = project.manage("migrate_schemas", "--schema", "bob")
    assert done.exit == 2
    assert done.err.startswith("CommandError: error[HR301]: locked: default is being migrated by ")
    holder("held.release()")
    assert project.manage("migrate", "--schema", "bob").exit == 0


@pytest.mark.parametrize("executor", ["standard", "multiprocessing"])
def test_what_runs_together_runs_once(postgres: Database, tmp_path: Path, executor: str):
    project = begin(tmp_path, postgres)
    assert project.manage("migrate_schemas").exit == 0
    for schema in TENANTS:
        postgres.query(f"INSERT INTO {schema}.shop_thing (n) VALUES (1)")
    project.put({"shop.0002_double": migration(DOUBLE, ("shop", "0001_initial"), code=DOUBLING)})
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda _: project.manage("migrate_schemas", "--executor", executor), range(4)))
    assert [one.exit for one in ended] == [0, 0, 0, 0], "".join(one.err for one in ended)
    assert [postgres.query(f"SELECT n FROM {schema}.shop_thing") for schema in TENANTS] == [[(2,)], [(2,)]]


def test_a_command_that_the_settings_name_is_named_if_it_takes_no_lock(postgres: Database, tmp_path: Path):
    plain = "django.core.management.commands.migrate.Command"
    project = begin(tmp_path, postgres, TENANT_BASE_MIGRATE_COMMAND=plain)
    said = " ".join(project.manage("check").err.split())
    assert (
        f"?: (handrail.W002) TENANT_BASE_MIGRATE_COMMAND is {plain}, which migrates every schema without Handrail's lock"
        " and journal HINT: derive it from handrail.management.migrate.MigrateSchema" in said
    )
