"""The texts that a half-done step needs and that have no file on this checkout."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from handrail.domain.migration import MigrationKey
from handrail.execution.lent import Lent, find_lent
from handrail.execution.rollback_reading import read

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.sources.git import Repository
    from handrail.sources.journal import Unfinished


def lent_for(
    connection: BaseDatabaseWrapper, found: Unfinished, only: str, repository: Callable[[], Repository | None]
) -> list[Lent]:
    """Return the text of the migration that was stopped, and of those it needs, as they ran.

    [] where its file is here, or no text of it can be trusted. only: see Loader; repository: looked at where a file is gone.
    """
    from handrail.sources.migration_loader import Loader

    assert found.step is not None
    key = found.step.key
    if (key.app_label, key.name) in Loader(connection, only).disk_migrations:
        return []
    known = read(connection, only, repository())
    own = find_lent(connection, key, found.step, found.run.commit, repository())
    if not isinstance(own, Lent):
        return []
    lent = {**known.lent, key: own}
    needed, left = set[MigrationKey](), [key]
    while left:
        each = left.pop()
        needed.add(each)
        migration = lent[each].to_migration() if each in lent else known.migrations.get(each)
        left += [one for one in (migration.dependencies if migration else ()) if one not in needed]
    return [one for name, one in lent.items() if name in needed]
