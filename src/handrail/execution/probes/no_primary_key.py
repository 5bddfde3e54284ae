"""HR517: a table that would be left without its primary key."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.domain.finding import Finding
from handrail.errors.hr517 import NoPrimaryKey
from handrail.execution.probes._places import table_of
from handrail.execution.probes.base import Moment, Probe


class NoPrimaryKeyProbe(Probe):
    """Looks for a model with a table that is given a CompositePrimaryKey: Django changes nothing in the table for it."""

    forward = frozenset({"AddField", "AlterField"})
    backward = frozenset({"RemoveField", "AlterField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for such a model."""
        for key, start, end in moment.change.pairs:
            if start is None or end is None or moment.places.table(key, start) is None:
                continue
            composite, before = (
                [name for name, field in model.fields.items() if type(field).__name__ == "CompositePrimaryKey"]
                for model in (end, start)
            )
            if composite and not before:
                notes = [
                    f"{moment.change.migration} gives it a CompositePrimaryKey, which does nothing in the database",
                    "the old key is dropped, and no other one made",
                ]
                yield NoPrimaryKey.say(
                    {"table": table_of(moment.connection, end)},
                    notes=notes,
                    help="make a new model with that key and copy the rows, or change the key with RunSQL in database_operations",
                )
