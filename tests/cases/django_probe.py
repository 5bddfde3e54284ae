"""A process that has Django loaded and looks at projects with it, each in a child of its own that knows no other project.

Every line of its input is a question as JSON: root, apps (labels or dotted names), modules (MIGRATION_MODULES), database (a path,
"" for one in memory) and migrate (whether to). The line of its answer says what Django's own loader found and how it ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Seen:
    """What Django said. leaves: app.name. schema: the columns of each table. recorded: app.name, sorted. error: "" where all is well."""

    leaves: list[str]
    schema: dict[str, list[str]]
    recorded: list[str]
    error: str


class DjangoProbe:
    """Asks the process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(
        self,
        root: Path,
        apps: Sequence[str],
        *,
        modules: Mapping[str, str] | None = None,
        database: Path | None = None,
        migrate: bool = True,
    ) -> Seen:
        """Return what Django sees of a project, and makes of a database (one in memory where none is named)."""
        question = {"root": str(root), "apps": list(apps), "modules": dict(modules or {}), "migrate": migrate}
        question["database"] = str(database) if database else ":memory:"
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return Seen(**json.loads(self.process.stdout.readline()))


@contextmanager
def running() -> Iterator[DjangoProbe]:
    """Start the process, and end it afterwards."""
    command = [sys.executable, "-B", str(Path(__file__))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield DjangoProbe(process)
        assert process.stdin
        process.stdin.close()


def _look(question: dict[str, Any]) -> dict[str, Any]:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    sys.path.insert(0, question["root"])
    settings.configure(
        INSTALLED_APPS=question["apps"],
        MIGRATION_MODULES=question["modules"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": question["database"]}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    loader = MigrationLoader(None)
    answer: dict[str, Any] = {"leaves": [".".join(leaf) for leaf in loader.graph.leaf_nodes()]}
    conflicts = loader.detect_conflicts()
    if question["migrate"] and not conflicts:
        call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        names = set(connection.introspection.table_names(cursor)) - {"django_migrations"}
        tables = sorted(name for name in names if not name.startswith("handrail_"))
        columns = {table: connection.introspection.get_table_description(cursor, table) for table in tables}
    answer["schema"] = {table: sorted(f"{one.name} {one.type_code}" for one in found) for table, found in columns.items()}
    recorded = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    return {**answer, "recorded": recorded, "error": f"conflicts in {', '.join(conflicts)}" if conflicts else ""}


def _answer(question: dict[str, Any]) -> None:
    """Look, in this process, and write the answer."""
    try:
        answer = _look(question)
    except Exception as error:  # noqa: BLE001  (whatever Django raises is the answer)
        answer = {"leaves": [], "schema": {}, "recorded": [], "error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)


def _serve() -> None:
    from django.core.management.commands import migrate  # noqa: F401  (loaded once, for all children)
    from django.db.backends.sqlite3 import base  # noqa: F401
    from django.db.migrations import autodetector  # noqa: F401

    warnings.simplefilter("ignore", DeprecationWarning)
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _answer(json.loads(line))
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    _serve()
