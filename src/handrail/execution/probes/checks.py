"""HR505: rows that a check constraint forbids, or an exclusion constraint."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.errors.hr505 import Violated
from handrail.execution.probes._asking import SHOWN, counted
from handrail.execution.probes._places import table_of
from handrail.execution.probes._tables import primary_key, source, stand_in
from handrail.execution.probes.base import Moment, Probe

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState


class ChecksProbe(Probe):
    """Looks at constraints that are there at the end of an operation and were not, or were others."""

    backward = frozenset({"RemoveConstraint", "AlterConstraint"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each constraint that rows violate."""
        from django.db.models import CheckConstraint

        for key, start, end in moment.change.pairs:
            if start is None or end is None:
                continue
            rows_of = source(moment, key, start, end)
            for constraint in end.options.get("constraints") or () if rows_of else ():
                if constraint in (start.options.get("constraints") or ()):
                    continue
                asked = None
                if isinstance(constraint, CheckConstraint):
                    asked = _check(moment, end, constraint, str(rows_of))
                elif type(constraint).__name__ == "ExclusionConstraint":
                    asked = _exclusion(moment, end, constraint, str(rows_of))
                if asked and (found := self._violated(moment, end, constraint.name, *asked)):
                    yield found

    def _violated(self, moment: Moment, end: ModelState, name: str, rows_of: str, params: list[Any]) -> Finding | None:
        number = moment.asking.count(rows_of, params)
        if not number:
            return None
        key = primary_key(end)
        keys: list[str] = []
        if key is not None:
            column = moment.asking.quote(key)
            rows = moment.asking.rows(f"SELECT {column} FROM {rows_of} ORDER BY {column} LIMIT {SHOWN}", params) or []
            keys = [f"{key} = {value!r}" for (value,) in rows]
            if number > SHOWN:
                keys.append(f"and {counted(number - SHOWN, 'other') if number <= 10_000 else 'others'}")
        table = str(table_of(moment.connection, end))
        constraint = f"{name} of {table}"
        found = Violated(rows=counted(number), constraint=constraint, keys=keys, migration=str(moment.change.migration)).finding
        return found if moment.is_sure_of(table, end.name) else replace(found, severity=Severity.WARNING)


def _check(moment: Moment, end: ModelState, constraint: Any, rows_of: str) -> tuple[str, list[Any]] | None:
    """Return the rows for which a check is false; one that is not known (NULL) is met."""
    if not moment.connection.features.supports_table_check_constraints:
        return None
    sql = constraint._get_check_sql(stand_in(end), moment.connection.schema_editor())
    return f"{rows_of} WHERE NOT ({sql})", []


def _exclusion(moment: Moment, end: ModelState, constraint: Any, rows_of: str) -> tuple[str, list[Any]] | None:
    """Return the rows that exclude an earlier one, by the operators of the constraint."""
    from django.db.models.expressions import F, OrderBy
    from django.db.models.sql import Query

    key = primary_key(end)
    if key is None:
        return None
    model = stand_in(end)
    query = Query(model, alias_cols=False)
    compiler = query.get_compiler(connection=moment.connection)
    parts, joins, params = [], [], []
    for number, (given_as, operator) in enumerate(constraint.expressions):
        expression: Any = F(given_as) if isinstance(given_as, str) else given_as
        expression = expression.expression if isinstance(expression, OrderBy) else expression
        if type(expression).__name__ == "OpClass":
            expression = expression.get_source_expressions()[0]
        sql, given = compiler.compile(expression.resolve_expression(query))
        parts.append(f"{sql} AS e{number}")
        params += given
        joins.append(f"a.e{number} {operator} b.e{number}")
    condition = constraint._get_condition_sql(compiler, moment.connection.schema_editor(), query)
    quoted = moment.asking.quote(key)
    rows = f"(SELECT {quoted}, {', '.join(parts)} FROM {rows_of}{f' WHERE {condition}' if condition else ''})"
    join = f"{rows} a JOIN {rows} b ON b.{quoted} < a.{quoted} AND {' AND '.join(joins)}"
    return f"(SELECT DISTINCT a.{quoted} FROM {join}) violating", [*params, *params]
