"""HR505: values that lead nowhere when a foreign key is made again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.errors.hr505 import Violated
from handrail.execution.probes._asking import SHOWN, counted
from handrail.execution.probes._changes import ModelKey, target_of
from handrail.execution.probes._places import column_of, table_of
from handrail.execution.probes._tables import to_field
from handrail.execution.probes.base import Moment, Probe

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState


class ForeignKeysProbe(Probe):
    """Looks at relations that have another target at the end of an operation, or are then required to have one."""

    backward = frozenset({"AlterField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each relation of which rows have no target."""
        for key, start, end in moment.change.pairs:
            if start is None or end is None:
                continue
            for name, field in end.fields.items():
                if _is_required(field) and _leads(start, key, name) != _leads(end, key, name):
                    yield from self._missing(moment, key, start, end, name)

    def _missing(self, moment: Moment, key: ModelKey, start: ModelState, end: ModelState, name: str) -> Iterator[Finding]:
        target_key = target_of(end.fields[name], key)
        target = moment.change.end.get(target_key) if target_key else None
        to = to_field(end.fields[name], target) if target is not None else None
        live, column = moment.places.table(key, start), moment.places.column(key, start, name)
        if target_key is None or target is None or to is None or live is None or column is None:
            return
        to_table, to_column = moment.places.table(target_key, target), moment.places.column(target_key, target, to)
        if to_table is None or to_column is None or column.lower() not in moment.asking.columns(live):
            return
        if to_column.lower() not in moment.asking.columns(to_table):
            return
        quote = moment.asking.quote
        rows_of = (
            f"{quote(live)} r WHERE r.{quote(column)} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM {quote(to_table)} t WHERE t.{quote(to_column)} = r.{quote(column)})"
        )
        number = moment.asking.count(rows_of)
        if not number:
            return
        values = moment.asking.rows(f"SELECT DISTINCT r.{quote(column)} FROM {rows_of} ORDER BY 1 LIMIT {SHOWN + 1}") or []
        keys = [f"{column} = {value!r} is in no row of {to_table}" for (value,) in values[:SHOWN]]
        constraint = (
            f"the foreign key {table_of(moment.connection, end)}.{column_of(end.fields[name], name)} to {to_table}.{to_column}"
        )
        if len(values) > SHOWN:
            keys.append("and others")
        found = Violated(rows=counted(number), constraint=constraint, keys=keys, migration=str(moment.change.migration)).finding
        yield found if moment.is_sure_of(live, end.name, to_table, target.name) else replace(found, severity=Severity.WARNING)


def _is_required(field: Any) -> bool:
    return bool(field.remote_field and not field.many_to_many and getattr(field, "db_constraint", False))


def _leads(model: ModelState, key: ModelKey, name: str) -> tuple[Any, ...] | None:
    """Return what a relation requires, None where it requires nothing."""
    field: Any = model.fields.get(name)
    if field is None or not _is_required(field):
        return None
    return target_of(field, key), field.remote_field.field_name
