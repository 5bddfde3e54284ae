"""What a database says is applied: the rows of django_migrations."""

from __future__ import annotations

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey
from handrail.planning.record_renames import Row
from handrail.sources.reach import is_there


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The rows of one database, by their primary keys. has_table: whether there is a table at all."""

    alias: str
    rows: tuple[Row, ...] = ()
    has_table: bool = True

    @property
    def applied(self) -> frozenset[MigrationKey]:
        """What is recorded."""
        return frozenset(row.key for row in self.rows)


def read_history(alias: str) -> History:
    """Read the history of one database through Django's connection; Django has to be set up.

    A missing table is no error: it is OperationalError on SQLite, ProgrammingError on PostgreSQL (42P01) and on MySQL and MariaDB
    (1146), so the table is looked for, and looked for again after an error. Raises django.db.DatabaseError for anything else.
    """
    from django.db import DatabaseError, connections
    from django.db.migrations.recorder import MigrationRecorder

    connection = connections[alias]
    if not is_there(connection) or not MigrationRecorder(connection).has_table():
        return History(alias=alias, has_table=False)
    try:
        return History(alias=alias, rows=tuple(read_rows(alias)))
    except DatabaseError:
        if MigrationRecorder(connection).has_table():
            raise
        return History(alias=alias, has_table=False)


def read_rows(alias: str, *, locked: bool = False) -> list[Row]:
    """Return the rows as they are now. locked: nobody else changes them until the transaction ends, where that is possible."""
    from django.db import connections
    from django.db.migrations.recorder import MigrationRecorder

    connection = connections[alias]
    queryset = MigrationRecorder(connection).migration_qs.order_by("pk")
    if locked and connection.features.has_select_for_update:
        queryset = queryset.select_for_update()
    return [Row(id=pk, key=MigrationKey(app, name)) for pk, app, name in queryset.values_list("pk", "app", "name")]
