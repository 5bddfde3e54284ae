"""A real small project with manage.py, settings and a database, used from the command line as its developers would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.forking import fork_server
from tests.git_sandbox import SETTINGS, Sandbox
from tests.servers.base import Database

MANAGE = """import os, sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project_settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
SCHEMA = """
import json
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    introspection = connection.introspection
    found = {}
    for table in sorted(set(introspection.table_names(cursor)) - {"django_migrations"}):
        columns = [each for each in introspection.get_table_description(cursor, table) if not each.name.startswith("hrk_")]
        constraints = introspection.get_constraints(cursor, table).values()
        constraints = [each for each in constraints if not any(name.startswith("hrk_") for name in each["columns"])]
        if table.startswith("hrk_"):
            continue
        parts = ("columns", "primary_key", "unique", "index", "check", "foreign_key")
        found[table] = {
            "columns": sorted([each.name, str(each.type_code), each.null_ok, str(each.internal_size)] for each in columns),
            "constraints": sorted(json.dumps([each[part] for part in parts]) for each in constraints),
        }
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Said:
    """How a process ended."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as one JSON object."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found

    @property
    def codes(self) -> list[str]:
        """The codes of the findings."""
        return [finding["code"] for finding in self.json["findings"]]

    @property
    def next(self) -> list[str]:
        """The next command of every finding."""
        return [finding["command"] for finding in self.json["findings"]]

    @property
    def messages(self) -> list[str]:
        """Code and message of every finding that is not information."""
        return [f"{one['code']}: {one['message']}" for one in self.json["findings"] if one["severity"] != "info"]

    def only(self, code: str) -> dict[str, Any]:
        """Return the one finding of a code."""
        (found,) = [one for one in self.json["findings"] if one["code"] == code]
        assert isinstance(found, dict)
        return found


class LiveProject(Sandbox):
    """A git repository whose top is the project's root. Files are app.name for migrations, else paths."""

    aliases: dict[str, Database]

    @classmethod
    def begin(
        cls, path: Path, database: Database | Mapping[str, Database], files: Mapping[str, str], **more: object
    ) -> LiveProject:
        """Make a project, with files committed. more: further settings."""
        made = cls.create(path)
        assert isinstance(made, cls)
        made.aliases = {"default": database} if isinstance(database, Database) else dict(database)
        made.put(files)
        made.settings(**more)
        (made.path / "manage.py").write_text(MANAGE)
        (made.path / ".gitignore").write_text("__pycache__/\n*.sqlite3\n.handrail/\n")
        made.commit("start")
        return made

    def settings(self, apps: Sequence[str] = ("shop",), **more: object) -> None:
        """Write the settings."""
        values = {
            "SECRET_KEY": "x",
            "USE_TZ": True,
            "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
            "INSTALLED_APPS": list(apps),
            "DATABASES": {alias: dict(database.settings) for alias, database in self.aliases.items()},
            **more,
        }
        (self.path / "project_settings.py").write_text("".join(f"{name} = {value!r}\n" for name, value in values.items()))

    def put(self, files: Mapping[str, str]) -> None:
        """Write files, and the packages around migrations."""
        for name, text in files.items():
            place = self.place(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.parent.name == "migrations":
                (place.parent / "__init__.py").touch()
                (place.parent.parent / "__init__.py").touch()
            place.write_text(text)

    def place(self, name: str) -> Path:
        """Return where a file is."""
        return self.path / (name if "/" in name else "{}/migrations/{}.py".format(*name.split(".")))

    def names(self, app: str = "shop") -> list[str]:
        """Return the names of an app's migrations."""
        return sorted(path.stem for path in (self.path / app / "migrations").glob("0*.py"))

    def run(self, *arguments: str, **variables: str) -> Said:
        """Run Python in the project's root, with Django and Handrail imported already."""
        return Said(*fork_server().run(arguments, self.path, self._environment(variables)))

    def run_anew(self, *arguments: str, **variables: str) -> Said:
        """Run Python in the project's root with nothing imported, for tests of what is imported and of options of Python."""
        command = [sys.executable, "-B", *arguments]
        environment = self._environment(variables)
        done = subprocess.run(command, cwd=self.path, env=environment, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    @staticmethod
    def _environment(variables: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DJANGO_"))}
        return {**kept, **SETTINGS, "HANDRAIL_CACHE": "off", "COLUMNS": "120", **variables}

    def manage(self, *arguments: str) -> Said:
        """Run manage.py."""
        return self.run("manage.py", *arguments)

    def migrate(self, *arguments: str) -> str:
        """Run plain migrate, which has to succeed, and return what it says."""
        done = self.manage("migrate", "--no-color", *arguments)
        assert done.exit == 0, done.err
        return done.out

    def handrail(self, *words: str, exit: int = 0) -> Said:
        """Run handrail as its console script does, with an answer in JSON, and check its exit code."""
        done = self.run("-m", "handrail", *words, "--format", "json")
        assert done.exit == exit, done.out + done.err
        assert "Traceback" not in done.err
        return done

    def schema(self, database: Database | None = None) -> dict[str, Any]:
        """Return what Django's introspection sees in the database, by table, without made-up names and what is kept."""
        if database is not None:
            self.use(database)
        done = self.run("-c", SCHEMA, DJANGO_SETTINGS_MODULE="project_settings")
        assert done.exit == 0, done.err
        return done.json

    def use(self, database: Database) -> None:
        """Let the settings name another database; nothing else in them changes."""
        place = self.path / "project_settings.py"
        old, self.aliases = self.aliases["default"], {**self.aliases, "default": database}
        text = place.read_text()
        assert repr(dict(old.settings)) in text
        place.write_text(text.replace(repr(dict(old.settings)), repr(dict(database.settings))))

    def query(self, sql: str, alias: str = "default") -> list[tuple[Any, ...]]:
        """Run one statement on a database."""
        return self.aliases[alias].query(sql)

    def recorded(self, app: str = "shop", alias: str = "default") -> list[str]:
        """Return the names that a database has recorded for an app, oldest first."""
        return [name for (name,) in self.query(f"SELECT name FROM django_migrations WHERE app = '{app}' ORDER BY id", alias)]
