"""What is kept of the text of migrations, in a real project."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MIGRATION = """
import json
import shop.rates
from django.db import migrations
from shop import prices
from shop.units import KILO as kilo
from . import _shared


def fill(apps, editor):
    from shop.late import late
    return prices.ALL, kilo


class Migration(migrations.Migration):
    operations = [migrations.RunPython(fill)]
"""
REFORMATTED = MIGRATION.replace(
    "    return prices.ALL, kilo", "    # the same\n    return (\n        prices.ALL,\n        kilo,\n    )"
)
PROGRAM = """
import json, sys
import django
from django.conf import settings
sys.path.insert(0, sys.argv[1])
settings.configure(SECRET_KEY=sys.argv[2], SECRET_KEY_FALLBACKS=sys.argv[3:], INSTALLED_APPS=["shop"], USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1] + "/db.sqlite3"}})
django.setup()
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.execution.journal import Journal
from handrail.execution.keep_sources import digest_now, keep_sources, kept_source
from handrail.sources.journal import runs
import shop.unrelated
journal = Journal(connection)
journal.ensure()
migration = MigrationLoader(None).disk_migrations["shop", "0001_initial"]
(said,) = keep_sources(connection, [migration])
digest, sources = said.digest, said.sources
assert keep_sources(connection, [migration, migration]) == [said, said]
assert digest_now(migration) == digest
run = journal.begin(command="migrate", session="", commit="", from_nothing=True, on_failure="stop")
key = MigrationKey("shop", "0001_initial")
journal.step_started(run, key, direction=Direction.FORWARD, atomic=True, faked=False, digest=digest, sources=sources)
first = runs(connection)[-1].steps[0]
kept = kept_source(connection, first)
with connection.cursor() as cursor:
    cursor.execute("SELECT digest, path, text, signature FROM handrail_source ORDER BY digest")
    rows = cursor.fetchall()
print(json.dumps({"digest": digest, "sources": sources, "rows": rows, "genuine": kept.is_genuine, "text": kept.text, "path": kept.path}))
"""
FORGE = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Write a project whose migration imports five modules of it, one of them only when it runs."""
    folder = tmp_path / "shop" / "migrations"
    folder.mkdir(parents=True)
    for place in (tmp_path / "shop", folder):
        (place / "__init__.py").write_text("")
    for name, text in {
        "rates": "A = 1",
        "prices": "ALL = 1",
        "units": "KILO = 1",
        "unrelated": "B = 1",
        "late": "late = 1",
    }.items():
        (tmp_path / "shop" / f"{name}.py").write_text(text)
    (folder / "_shared.py").write_text("C = 1")
    (folder / "0001_initial.py").write_text(MIGRATION)
    return tmp_path


def keep(project: Path, *keys: str) -> dict[str, Any]:
    """Keep the sources in a process of its own, and return what is kept. keys: SECRET_KEY and its fallbacks."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", PROGRAM, str(project), *(keys or ("one",))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def forge(project: Path, sql: str) -> None:
    subprocess.run([sys.executable, "-c", FORGE, str(project / "db.sqlite3"), sql], check=True)


def test_own_modules_are_kept_and_installed_ones_are_not(project: Path) -> None:
    found = keep(project)
    names = [
        "shop",
        "shop.migrations",
        "shop.migrations.0001_initial",
        "shop.migrations._shared",
        "shop.prices",
        "shop.rates",
        "shop.units",
    ]
    assert sorted(found["sources"]) == names
    texts = {path: text for _, path, text, _ in found["rows"]}
    assert texts[str(project / "shop" / "units.py")] == "KILO = 1"
    assert texts[str(project / "shop" / "migrations" / "0001_initial.py")] == MIGRATION
    assert all(hashlib.sha256(text.encode()).hexdigest() == digest for digest, _, text, _ in found["rows"])
    assert {digest for digest, *_ in found["rows"]} == set(found["sources"].values())


def test_a_text_is_kept_once_and_found_again(project: Path) -> None:
    found = keep(project)
    again = keep(project)
    assert again["rows"] == found["rows"]
    assert (again["text"], again["path"], again["genuine"]) == (MIGRATION, str(project / "shop/migrations/0001_initial.py"), True)


def test_formatting_keeps_the_digest_and_another_text_is_kept_beside_it(project: Path) -> None:
    first = keep(project)
    place = project / "shop/migrations/0001_initial.py"
    place.write_text(REFORMATTED)
    second = keep(project)
    assert second["digest"] == first["digest"]
    assert len(second["rows"]) == len(first["rows"]) + 1
    assert second["text"] == MIGRATION
    place.write_text(MIGRATION.replace("prices.ALL, kilo", "kilo, prices.ALL"))
    assert keep(project)["digest"] != first["digest"]


def test_a_text_that_somebody_else_wrote_is_told_apart(project: Path) -> None:
    assert keep(project)["genuine"] is True
    forge(project, "UPDATE handrail_source SET text = text || 'import os' WHERE path LIKE '%initial.py'")
    assert keep(project)["genuine"] is False


def test_a_signature_of_another_key_is_told_apart(project: Path) -> None:
    assert keep(project, "one")["genuine"] is True
    assert keep(project, "two")["genuine"] is False
    assert keep(project, "two", "one")["genuine"] is True
    forge(project, "UPDATE handrail_source SET signature = (SELECT signature FROM handrail_source WHERE path LIKE '%units.py')")
    assert keep(project, "one")["genuine"] is False
