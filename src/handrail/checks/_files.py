"""The mistakes inside single migration files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from handrail.checks._words import Migrations, flatten
from handrail.checks.hr113 import Swapped
from handrail.checks.hr213 import Preflight
from handrail.checks.hr407 import Lint
from handrail.checks.hr516 import OldCodeInsert
from handrail.conflicts.python_code import read_python
from handrail.domain.finding import Finding
from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration


def file_findings(migrations: Migrations, settings: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is wrong with migrations one by one. settings: the values of swappable settings."""
    yield from Preflight.find(migrations)
    yield from Swapped.find_in_files(migrations, settings)
    for key in sorted(migrations):
        yield from Lint.find_concurrent(migrations[key])
        yield from Lint.find_one_value(migrations[key])
        yield from _code_findings(migrations[key])


def new_findings(migrations: Iterable[Migration]) -> Iterator[Finding]:
    """Yield what is wrong with migrations that are not deployed yet; of others it would come too late."""
    for migration in migrations:
        yield from OldCodeInsert.find(migration)


def _code_findings(migration: Migration) -> Iterator[Finding]:
    for operation in flatten(migration.operations):
        if operation.path == "django.db.migrations.RunPython":
            read = read_python(migration, operation.argument("code"), _no_relations)
            yield from Lint.find_live_models(migration, operation, read.live_models)
            yield from Lint.find_schema_changes(migration, operation)


def _no_relations(model: ModelKey) -> Mapping[str, ModelKey | None]:  # noqa: ARG001 - which models are imported needs none
    return {}
