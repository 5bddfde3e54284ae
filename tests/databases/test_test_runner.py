"""Django's test runner builds its databases through our migrate, and migrate runs inside a caller's transaction."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.live import LiveProject
from tests.databases.test_migrate_command import APPS, begin, run, same, twins
from tests.servers.base import Database

TESTS = """
from django.db import connection
from django.test import TestCase, TransactionTestCase

from shop.models import Thing


class Tables(TestCase):
    def test_tables_are_the_projects_alone(self):
        found = set(connection.introspection.table_names())
        assert {"shop_thing", "links_link", "bare_bare", "django_migrations"} <= found, found
        assert [name for name in found if name.startswith("handrail")] == []

    def test_rows_of_one_test(self):
        Thing.objects.create(name="two", n=2)
        assert Thing.objects.count() == 2

    def test_are_gone_in_the_next(self):
        assert Thing.objects.count() == 1


class Whole(TransactionTestCase):
    serialized_rollback = True

    def test_what_migrations_wrote_is_there(self):
        assert list(Thing.objects.values_list("name", "n")) == [("one", 3)]

    def test_what_migrations_wrote_is_there_again(self):
        self.test_what_migrations_wrote_is_there()
"""
MIGRATES = """
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase


def columns():
    with connection.cursor() as cursor:
        return [column.name for column in connection.introspection.get_table_description(cursor, "shop_thing")]


class Migrates(TransactionTestCase):
    def test_back_and_forth(self):
        assert columns() == ["id", "name", "n"]
        call_command("migrate", "shop", "0002", verbosity=0)
        assert columns() == ["id", "name"]
        assert not MigrationRecorder.Migration.objects.filter(name="0003_n").exists()
        call_command("migrate", verbosity=0)
        assert columns() == ["id", "name", "n"]

    def test_flush_leaves_what_is_on_record(self):
        call_command("migrate", "shop", "0002", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT status FROM handrail_run")
            assert set(cursor.fetchall()) == {("done",)}
"""


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Iterator[LiveProject]:
    made = begin(tmp_path, database, ["handrail", *APPS])
    made.put({"shop/tests.py": TESTS, "links/tests.py": MIGRATES})
    yield made
    if database.vendor != "sqlite":
        for name in database.server.names():
            if name.startswith(f"test_{database.name}"):
                database.server.drop(name)


def passes(project: LiveProject, *words: str, tests: int = 5) -> str:
    """Run the project's tests, which have to pass, and return what was said."""
    done = project.run_anew("-Wignore", "manage.py", "test", "--noinput", *words)
    assert done.exit == 0, done.out + done.err
    assert f"Ran {tests} tests in " in done.err
    return done.out + done.err


def test_a_test_database_has_no_journal(project: LiveProject):
    said = passes(project, "shop", "-v", "2")
    assert "  Applying shop.0003_n... OK" in said
    assert "handrail" not in said.replace("Preserving", "").replace("handrail_test_", "")
    assert project.aliases["default"].vendor == "sqlite" or not _left_over(project)


def _left_over(project: LiveProject) -> list[str]:
    database = project.aliases["default"]
    return [name for name in database.server.names() if name.startswith(f"test_{database.name}")]


def test_a_test_database_is_cloned_for_parallel_tests(project: LiveProject):
    if project.aliases["default"].vendor == "mysql" and not shutil.which("mysqldump"):
        pytest.skip("Django clones a MySQL database by mysqldump")
    assert "Cloning test database" in passes(project, "shop", "--parallel", "2", "-v", "1")


def test_a_test_database_is_kept_and_used_again(project: LiveProject, tmp_path: Path):
    place = project.path / "project_settings.py"
    if project.aliases["default"].vendor == "sqlite":
        place.write_text(place.read_text() + f'DATABASES["default"]["TEST"] = {{"NAME": {str(tmp_path / "kept.sqlite3")!r}}}\n')
    tests = ["shop.tests.Tables.test_rows_of_one_test", "shop.tests.Tables.test_are_gone_in_the_next"]
    assert "  Applying shop.0003_n... OK" in passes(project, *tests, "--keepdb", "-v", "2", tests=2)
    assert "  No migrations to apply." in passes(project, *tests, "--keepdb", "-v", "2", tests=2)


def test_tests_that_migrate(project: LiveProject):
    passes(project, "links", tests=2)


INSIDE = """
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction


class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("target")
        parser.add_argument("--fail", action="store_true")

    def handle(self, *args, **options):
        with transaction.atomic():
            call_command("migrate", "shop", options["target"], no_color=True)
            if options["fail"]:
                raise ValueError("the caller's own")
"""


def test_migrate_inside_a_transaction_of_the_caller(database: Database, tmp_path: Path):
    pair = twins(tmp_path, database)
    for made in pair:
        made.put({f"bare/{place}/__init__.py": "" for place in ("management", "management/commands")})
        made.put({"bare/management/commands/inside.py": INSIDE})
    if database.vendor == "sqlite":
        lines = ["inside 0001", "migrate -v 0", "inside 0003", "inside 0002", "migrate"]
        no_editor = "SQLite schema editor cannot be used while foreign key constraint checks"
        plain, found = ([one["exit"] for one in run(pair[0], lines)], run(pair[1], lines))
        ours = [one["exit"] for one in found]
        assert [0 if end == 0 else no_editor in end for end in plain] == [True, 0, 0, True, 0]
        assert ours == [plain[0], 0, 0, 2, 0]  # with a journal it is said before the first statement
        assert "error[HR407]: " in found[3]["err"]
        return
    if database.vendor == "mysql":
        prohibited = "TransactionManagementError: Executing DDL statements while in a transaction on databases that can't perform"
        lines = ["inside 0001", "migrate -v 0", "inside 0003", "inside 0002", "inside 0002 --fail"]
        plain, ours = (run(made, lines) for made in pair)
        for part in ("exit", "tables"):
            assert [one[part] for one in ours] == [one[part] for one in plain]
        assert [0 if one["exit"] == 0 else prohibited in one["exit"] for one in ours[1:]] == [0, 0, True, True]
        assert ours[-1]["tables"]["default"]["shop_thing"] == ["id", "name", "n"]
        assert pair[1].query("SELECT status FROM handrail_run") == [("done",)]
        return
    found = same(pair, "inside 0001", "migrate -v 0", "inside 0002 --fail", "inside 0002", "migrate -v 0")
    assert [one["exit"] for one in found] == [0, 0, "ValueError: the caller's own", 0, 0]
    assert found[2]["tables"]["default"]["shop_thing"] == ["id", "name", "n"]


def test_a_callers_transaction_never_makes_the_journal(database: Database, tmp_path: Path):
    plain, ours = twins(tmp_path, database)
    run(plain, ["migrate -v 0"])
    for made in (plain, ours):
        made.use(plain.aliases["default"])
        made.put({f"bare/{place}/__init__.py": "" for place in ("management", "management/commands")})
        made.put({"bare/management/commands/inside.py": INSIDE})
    (done,) = run(ours, ["inside 0003"])
    assert (done["exit"], done["err"]) == (0, "")
    with pytest.raises(Exception, match="handrail_run"):
        ours.query("SELECT count(*) FROM handrail_run")
