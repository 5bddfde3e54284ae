"""HR510: what uses a column or a table that goes, and is known to the database alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.databases.probing.base import Dependent
from handrail.domain.finding import Finding
from handrail.errors.hr510 import Dependents
from handrail.execution.ahead import is_rebuilt
from handrail.execution.probes._changes import ModelKey
from handrail.execution.probes._places import column_of, named
from handrail.execution.probes.base import Moment, Probe

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState

ASIDE = ("hrk_", "handrail_kept")
"""What the names of all that is set aside begin with."""


class DependentsProbe(Probe):
    """Looks at columns and tables that are there before an operation and not after it."""

    forward = frozenset({"RemoveField", "DeleteModel", "AlterField"})
    backward = frozenset({"AddField", "CreateModel", "AlterField"})

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each column or table that something uses."""
        for key, start, end in moment.change.pairs:
            if start is None:
                continue
            if end is None:
                yield from self._table(moment, key, start)
                continue
            for name in start.fields.keys() - end.fields.keys():
                yield from self._column(moment, key, start, end, name)
            if moment.asking.rules.fixes_type and type(moment.change.operation).__name__ == "AlterField":
                yield from self._altered(moment, key, start, end)

    def _altered(self, moment: Moment, key: ModelKey, start: ModelState, end: ModelState) -> Iterator[Finding]:
        name = str(getattr(moment.change.operation, "name", ""))
        table, column = moment.places.table(key, start), moment.places.column(key, start, name)
        if table is None or column is None or name not in end.fields or not _gets_another_type(moment, start, end, name):
            return
        using = [one for one in moment.dependents(table) if one.kind in moment.asking.rules.fixes_type]
        using = [one for one in using if one.columns is not None and column in one.columns]
        yield from _said(moment, using, f"{table}.{column}", "alters")

    def _column(self, moment: Moment, key: ModelKey, start: ModelState, end: ModelState, name: str) -> Iterator[Finding]:
        table, column = moment.places.table(key, start), moment.places.column(key, start, name)
        if table is None or column is None:
            return
        own = {column_of(field, each) for each, field in end.fields.items() if _uses(field, name)}
        using = [one for one in moment.dependents(table) if one.columns is not None and column in one.columns]
        known = {column_of(field, each) for each, field in start.fields.items() if each not in end.fields}
        known |= {each for where, each in moment.places.gone if where == table}
        using = [one for one in using if not (one.kind == "generated column" and one.name in known)]
        if is_rebuilt(moment.connection, named(start.fields[name], name)):  # what hangs on the table is looked at there (HR513)
            using = [one for one in using if not (one.kind == "trigger" and one.owner == table)]
        if own and not any(one.kind == "generated column" for one in using):
            using += [Dependent("generated column", str(each), table, frozenset({column}), "") for each in sorted(own, key=str)]
        yield from _said(moment, using, f"{table}.{column}")

    def _table(self, moment: Moment, key: ModelKey, start: ModelState) -> Iterator[Finding]:
        table = moment.places.table(key, start)
        if table is not None:
            using = [one for one in moment.dependents(table) if one.kind != "generated column" and one.owner != table]
            yield from _said(moment, using, table)


def _gets_another_type(moment: Moment, start: ModelState, end: ModelState, name: str) -> bool:
    """Say whether the column of a field gets another type; that of a relation is its target's."""
    before, after = (named(model.fields[name], name) for model in (start, end))
    if before.remote_field or after.remote_field:
        return False
    return bool(before.db_parameters(moment.connection) != after.db_parameters(moment.connection))


def _said(moment: Moment, using: list[Dependent], what: str, does: str = "drops") -> Iterator[Finding]:
    """Yield one finding for what will still be there when the operation runs."""
    left = [
        one
        for one in using
        if not moment.code.may_touch(one.name)
        and not (one.owner and moment.code.may_touch(one.owner))
        and not (one.kind == "foreign key" and one.owner in moment.tables)
        and not one.name.startswith(ASIDE)
        and not one.owner.startswith(ASIDE)
    ]
    if left:
        names, definitions = [str(one) for one in left], [one.definition for one in left]
        migration = str(moment.change.migration)
        yield Dependents(dependents=names, definitions=definitions, object=what, migration=migration, does=does).finding


def _uses(field: Any, name: str) -> bool:
    """Say whether a generated field is computed from another one."""
    if not field.generated:
        return False
    made = named(field, "generated")
    sources = [made.expression, *_below(made.expression)]
    return any(getattr(one, "name", None) == name or getattr(one, "_constructor_args", None) == name for one in sources)


def _below(expression: Any) -> Iterator[Any]:
    for each in getattr(expression, "get_source_expressions", list)():
        if each is not None:
            yield each
            yield from _below(each)
