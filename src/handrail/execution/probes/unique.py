"""HR505: values that are to be unique and are not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.errors.hr505 import Violated
from handrail.execution.probes._asking import SHOWN, counted
from handrail.execution.probes._places import column_of, table_of
from handrail.execution.probes._tables import has_now, source, stand_in
from handrail.execution.probes.base import Moment, Probe

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState

    from handrail.execution.probes._changes import ModelKey

GROUPS = 1000
"""Keys that are looked at: more than these are "more than"."""


class Unique(NamedTuple):
    """Something that is to be unique.

    fields: with the collations that decide, "" for the column's own. constraint: Django's, if there is one.
    """

    name: str
    fields: tuple[tuple[str, str], ...]
    constraint: Any = None


class UniqueProbe(Probe):
    """Looks for duplicates where something is unique at the end of an operation and was not, or not by that collation."""

    backward = frozenset({"AlterField", "AlterUniqueTogether", "RemoveConstraint", "AlterConstraint"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each thing that is not unique."""
        for key, start, end in moment.change.pairs:
            if start is None or end is None:
                continue
            before = set(map(_identity, uniques(start)))
            for one in uniques(end):
                one = _collated(moment, key, start, end, one)
                if _identity(one) not in before and (found := self._duplicates(moment, key, start, end, one)):
                    yield found

    def _duplicates(self, moment: Moment, key: ModelKey, start: ModelState, end: ModelState, one: Unique) -> Finding | None:
        rows_of = source(moment, key, start, end)
        if rows_of is None or not all(has_now(moment, key, start, name) for name, _ in one.fields):
            return None
        parts = _query(moment, end, one)
        if parts is None:
            return None
        keys, wheres, params = parts
        where = f" WHERE {' AND '.join(wheres)}" if wheres else ""
        places = ", ".join(str(number + 1) for number in range(len(keys)))
        sql = f"SELECT {', '.join(keys)}, COUNT(*) FROM {rows_of}{where} GROUP BY {places} HAVING COUNT(*) > 1"
        rows = moment.asking.rows(f"{sql} ORDER BY {places} LIMIT {GROUPS + 1}", params)
        return self._said(moment, end, one, rows) if rows else None

    def _said(self, moment: Moment, end: ModelState, one: Unique, rows: list[tuple[Any, ...]]) -> Finding:
        number = sum(row[-1] for row in rows)
        of_all = f"more than {number} rows" if len(rows) > GROUPS else counted(number)
        names = [column_of(end.fields[name], name) for name, _ in one.fields]
        table = table_of(moment.connection, end)
        labels = names if names and len(names) == len(rows[0]) - 1 else [str(each) for each in one.constraint.expressions]
        shown = [
            f"{', '.join(f'{name} = {value!r}' for name, value in zip(labels, row, strict=False))}: {row[-1]} rows"
            for row in rows[:SHOWN]
        ]
        if len(rows) > SHOWN:
            shown.append(f"and {f'more than {GROUPS - SHOWN}' if len(rows) > GROUPS else len(rows) - SHOWN} more")
        collations = {collation for _, collation in one.fields if collation}
        by = f" by the collation {', '.join(sorted(collations))}" if collations else ""
        what = f"unique {f'{one.name} ' if one.name else ''}({', '.join(map(str, labels))}) of {table}{by}"
        found = Violated(rows=of_all, constraint=what, keys=shown, migration=str(moment.change.migration)).finding
        columns = [] if one.constraint is not None and not _is_plain(one.constraint) else [str(name) for name in names]
        return found if moment.is_sure_of(str(table), end.name, columns=columns) else replace(found, severity=Severity.WARNING)


def uniques(model: ModelState) -> Iterator[Unique]:
    """Yield all that is to be unique in the table of a model."""
    from django.db.models import UniqueConstraint

    for name, field in model.fields.items():
        if field.unique and not field.many_to_many and column_of(field, name) is not None:
            yield Unique("", ((name, ""),))
    for together in model.options.get("unique_together") or ():
        yield Unique("", tuple((name, "") for name in together))
    for constraint in model.options.get("constraints") or ():
        if isinstance(constraint, UniqueConstraint):
            yield Unique(constraint.name, tuple((name, "") for name in constraint.fields), constraint)


def _is_plain(constraint: Any) -> bool:
    """Say whether a constraint is about the columns of its fields and nothing else."""
    return bool(constraint.fields) and constraint.condition is None


def _identity(one: Unique) -> tuple[Any, ...]:
    """Return what makes two of them the same: what has only another name needs no look at the rows."""
    made = one.constraint.deconstruct()[2] if one.constraint is not None else {}
    rest = {name: value for name, value in made.items() if name not in ("name", "fields", "violation_error_message")}
    return frozenset(one.fields), repr(sorted(rest.items(), key=str)) if rest else ""


def _collated(moment: Moment, key: ModelKey, start: ModelState, end: ModelState, one: Unique) -> Unique:
    """Name the collation of fields that get another one by the operation."""
    fields = []
    for name, _ in one.fields:
        before, after = (getattr(model.fields.get(name), "db_collation", None) for model in (start, end))
        collation = ""
        if before != after:
            table = moment.places.table(key, start)
            collation = after or (moment.asking.rules.default_collation(moment.asking.rows, table) if table else "")
        fields.append((name, collation))
    return one._replace(fields=tuple(fields))


def _query(moment: Moment, end: ModelState, one: Unique) -> tuple[list[str], list[str], list[Any]] | None:
    """Return the SQL of the keys and of the conditions, with parameters; None where the database makes no such constraint."""
    quote = moment.asking.quote
    constraint = one.constraint
    if constraint is None:
        keys = [_key(quote(str(column_of(end.fields[name], name))), collation, quote) for name, collation in one.fields]
        return keys, [f"{key} IS NOT NULL" for key in keys], []
    model = stand_in(end)
    editor: Any = moment.connection.schema_editor()
    if constraint.create_sql(model, editor) is None:
        return None
    params: list[Any] = []
    if constraint.fields:
        keys = [_key(quote(str(column_of(end.fields[name], name))), collation, quote) for name, collation in one.fields]
    else:
        keys, params = _expressions(moment, model, constraint)
    wheres = [] if constraint.nulls_distinct is False else [f"{key} IS NOT NULL" for key in keys]
    params = params if constraint.nulls_distinct is False else params * 2
    condition = constraint._get_condition_sql(model, editor)
    if condition:
        wheres.append(f"({condition.replace('%', '%%') if params else condition})")
    return keys, wheres, params


def _key(column: str, collation: str, quote: Any) -> str:
    return f"{column} COLLATE {quote(collation)}" if collation else column


def _expressions(moment: Moment, model: Any, constraint: Any) -> tuple[list[str], list[Any]]:
    """Return the SQL of a constraint's expressions, without the order and the operator class that only an index has."""
    from django.db.models.expressions import OrderBy
    from django.db.models.sql import Query

    query = Query(model, alias_cols=False)
    compiler = query.get_compiler(connection=moment.connection)
    keys: list[str] = []
    params: list[Any] = []
    for expression in constraint.expressions:
        if isinstance(expression, OrderBy):
            expression = expression.expression
        if type(expression).__name__ == "OpClass":
            expression = expression.get_source_expressions()[0]
        sql, given = compiler.compile(expression.resolve_expression(query))
        keys.append(sql)
        params += given
    return keys, params
