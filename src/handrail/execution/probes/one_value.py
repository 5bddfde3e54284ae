"""HR505: a unique column that is added to rows with one value for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from handrail.domain.finding import Finding
from handrail.errors.hr505 import Violated
from handrail.execution.probes._asking import counted
from handrail.execution.probes._places import column_of, table_of
from handrail.execution.probes.base import Moment, Probe


class OneValueProbe(Probe):
    """Looks for AddField with a unique field that has a default: Django calls it once, for all rows (5.2 to 6.1)."""

    forward = frozenset({"AddField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding where there are several rows."""
        for key, start, end in moment.change.pairs:
            if start is None or end is None:
                continue
            live = moment.places.table(key, start)
            for name in end.fields.keys() - start.fields.keys() if live is not None else ():
                field: Any = end.fields[name]
                column = column_of(field, name)
                if column is None or not field.unique or not field.has_default() or field.default is None:
                    continue
                rows = moment.asking.count(moment.asking.quote(str(live)))
                if rows is not None and rows > 1:
                    yield Violated(
                        rows=counted(rows),
                        constraint=f"unique ({column}) of {table_of(moment.connection, end)}",
                        keys=["the default is called once, and its value used for all rows"],
                        migration=str(moment.change.migration),
                        help="add it with null=True, give each row its value in a RunPython, then make it unique",
                    ).finding
