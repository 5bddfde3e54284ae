"""HR505 on databases whose schema editor checks every foreign key when a migration ends: rows that have no target already."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handrail.databases._rebuilds import Rebuilds
from handrail.domain.finding import Finding
from handrail.errors.hr505 import Violated
from handrail.execution.probes._asking import BOUND, SHOWN, counted
from handrail.execution.probes.base import Moment, Probe
from handrail.sources.backend import backend_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class ViolationsProbe(Probe):
    """Looks once, before the first operation: leaving the schema editor of SQLite runs foreign_key_check (5.2 to 6.1)."""

    def __init__(self) -> None:
        self._is_done = False

    def is_for_all(self, connection: BaseDatabaseWrapper) -> bool:
        """Be asked about the first operation, whatever that is, where foreign keys are checked so."""
        return not self._is_done and isinstance(backend_of(connection), Rebuilds)

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each table with such rows; code that comes first could put them right."""
        from django.db.migrations.operations import RunPython, RunSQL

        self._is_done = True
        backend = backend_of(moment.connection)
        assert isinstance(backend, Rebuilds)
        operations = moment.change.migration.operations
        if any(isinstance(one, RunPython | RunSQL) for one in operations) or not moment.is_sure:
            return
        rows = moment.asking.rows(f"{backend.foreign_key_violations} LIMIT {BOUND + 1}") or []
        tables: dict[tuple[str, str], list[object]] = {}
        for table, row, target in rows:
            tables.setdefault((table, target), []).append(row)
        for (table, target), ids in tables.items():
            keys = [f"rowid {row} of {table} has no row of {target}" for row in ids[:SHOWN]]
            if len(ids) > SHOWN:
                keys.append(f"and {counted(len(ids) - SHOWN, 'other')}")
            yield Violated(
                rows=counted(len(ids)),
                constraint=f"the foreign key of {table} to {target}",
                keys=[*keys, "all foreign keys are checked when a migration ends, also those that it leaves alone"],
            ).finding
