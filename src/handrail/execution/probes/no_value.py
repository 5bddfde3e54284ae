"""HR503: a column comes back that must not be NULL, or must not be in the end, and rows have no value for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from handrail.databases.keeping.base import rules_for
from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.domain.kept import Form, Kept
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.errors.hr503 import NoValue
from handrail.execution.filling import value_of
from handrail.execution.probes._asking import SHOWN
from handrail.execution.probes._changes import Change, ModelKey
from handrail.execution.probes._logs import CODE, LOOKED, is_long, log_of, staying
from handrail.execution.probes._places import column_of, named, table_of
from handrail.execution.probes._tables import stored_by
from handrail.execution.probes.base import Moment, Probe
from handrail.sources.journal import has_journal
from handrail.sources.kept import latest

if TYPE_CHECKING:
    from django.db.migrations.state import ModelState


class Nulls(NamedTuple):
    """Rows that have NULL in a column that came back. live: their table as it is called now. is_sure: that it will be so many."""

    rows: int
    live: str
    is_sure: bool


class NoValueProbe(Probe):
    """Looks at fields that come back: what was kept of them, and what the rows get that have nothing kept."""

    backward = frozenset({"RemoveField", "AlterField", "RenameField", "RenameModel", *CODE})

    def __init__(self) -> None:
        """Know of no logs that come before, and of no columns that came back with NULL."""
        self._logs: list[list[Kept]] = []
        self._nulls: dict[ModelKey, dict[str, Nulls]] = {}

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each column without a value for all rows."""
        if type(moment.change.operation).__name__ in CODE:
            self._logs += [log_of(moment)] if has_journal(moment.connection) else []
            return
        self._follow(moment.change)
        for key, start, end in moment.change.pairs:
            if start is None or end is None:
                continue
            for name in () if moment.change.renamed_fields else end.fields.keys() - start.fields.keys():
                yield from self._column(moment, key, start, end, name)
                self._note(moment, key, start, end, name)
            for name, nulls in list(self._nulls.get(key, {}).items()):
                if name in end.fields and not end.fields[name].null:
                    del self._nulls[key][name]
                    yield from _required(moment, key, end, name, nulls)

    def _follow(self, change: Change) -> None:
        """Know columns by the names that they have after an operation."""
        for old, new in change.renamed_models.items():
            self._nulls[new] = self._nulls.pop(old, {})
        for key, _, _ in change.pairs if change.renamed_fields else ():
            known = self._nulls.get(key, {})
            self._nulls[key] = {change.renamed_fields.get(name, name): nulls for name, nulls in known.items()}

    def _note(self, moment: Moment, key: ModelKey, start: ModelState, end: ModelState, name: str) -> None:
        """Note a column that comes back with NULL in rows."""
        field = named(end.fields[name], name)
        column, live, table = column_of(field, name), moment.places.table(key, start), table_of(moment.connection, end)
        if column is None or live is None or table is None or not field.null or field.generated:
            return
        empty = _empty(moment, field, live, table, column)
        rows, is_sure = self._staying(moment, live, empty, moment.asking.count(f"{moment.asking.quote(live)} WHERE {empty}"))
        if rows:
            self._nulls.setdefault(key, {})[name] = Nulls(rows, live, is_sure)

    def _column(self, moment: Moment, key: ModelKey, start: ModelState, end: ModelState, name: str) -> Iterator[Finding]:
        field = named(end.fields[name], name)
        column, live, table = column_of(field, name), moment.places.table(key, start), table_of(moment.connection, end)
        if column is None or live is None or table is None or _may_be_made(moment, key, field, table, column):
            return
        kept = _kept(moment, table, column)
        since = _since(moment, kept, live, column) if kept is not None else ""
        if kept is not None and not since:
            return
        rows = moment.asking.count(f"{moment.asking.quote(live)}{f' WHERE {since}' if since else ''}")
        rows, is_sure = self._staying(moment, live, since, rows)
        filled = _filled(moment, key, field, table, column)
        taken = filled and field.unique and kept is not None and _is_taken(moment, key, kept, live, field)
        if not rows or (rows == 1 and field.unique and (_has_value(field) or filled) and not taken):
            return
        several = field.unique and rows > 1
        notes = [f"{moment.change.migration} dropped it, and nothing of it is kept"] if kept is None else []
        if kept is not None:
            notes.append("the rows that were inserted since have no value for it")
        if taken:
            notes.append("it is unique, and another row has the value that --fill says")
        elif several:
            notes.append(
                f"it is unique, and {'--fill' if filled or not _has_value(field) else 'its default'} is one value for all rows"
            )
            notes += _named(moment, live, end, since)
        found = NoValue(table=table, column=column, rows=rows, notes=notes, is_unique=several).finding
        is_sure = is_sure and not (moment.code.may_delete(table) or moment.code.may_delete(end.name))
        yield found if is_sure else replace(found, severity=Severity.WARNING)

    def _staying(self, moment: Moment, live: str, since: str, rows: int | None) -> tuple[int | None, bool]:
        """Return how many of the rows are still there when the column comes back, and whether that is sure."""
        own = [log for log in self._logs if any(one.table == live and one.rows for one in log)]
        if not rows or not own:
            return rows, True
        if any(is_long(log) for log in own):
            moment.asking.unanswered.append(f"rows of {live} are deleted by a log of more than {LOOKED} rows before")
            return None, False
        return min(staying(moment, log, live, since) for log in own), len(own) == 1


def _required(moment: Moment, key: ModelKey, end: ModelState, name: str, nulls: Nulls) -> Iterator[Finding]:
    """Yield a finding where a column that came back with NULL must have none now, and there is no value for all of them."""
    field = named(end.fields[name], name)
    column, table = column_of(field, name), table_of(moment.connection, end)
    if column is None or table is None or _may_be_made(moment, key, field, table, column):
        return
    notes = ["it comes back with NULL in them before that"]
    found = NoValue(table=table, column=column, rows=nulls.rows, notes=notes, is_unique=field.unique and nulls.rows > 1).finding
    is_sure = nulls.is_sure and not (moment.code.may_delete(nulls.live) or moment.code.may_delete(end.name))
    is_sure = is_sure and moment.is_sure_of(nulls.live, end.name)
    yield found if is_sure else replace(found, severity=Severity.WARNING)


def _empty(moment: Moment, field: Any, live: str, table: str, column: str) -> str:
    """Return what is true of the rows for which a column that may be NULL comes back with that, as SQL."""
    rules, kept = rules_for(moment.connection.vendor), _kept(moment, table, column)
    is_filled = _has_value(field) or field.has_db_default()
    if kept is None or rules is None:
        return "1 = 0" if is_filled else "1 = 1"
    if kept.form is Form.COPY and not kept.details.get("key"):
        return "1 = 0"
    found = rules.nulls(live, kept.aside, kept.details)
    since = _since(moment, kept, live, column) if is_filled and kept.form is Form.COPY else ""
    return f"{found} AND NOT ({since})" if since else found


def _named(moment: Moment, live: str, end: ModelState, since: str) -> list[str]:
    """Return the rows in words, by their primary key."""
    keys = [column for name, field in end.fields.items() if field.primary_key and (column := column_of(field, name))]
    if not keys or not {key.lower() for key in keys} <= moment.asking.columns(live):
        return []
    columns = ", ".join(map(moment.asking.quote, keys))
    where = f" WHERE {since}" if since else ""
    sql = f"SELECT {columns} FROM {moment.asking.quote(live)}{where} ORDER BY {columns} LIMIT {SHOWN + 1}"
    values = [" ".join(map(str, row)) for row in moment.asking.rows(sql) or ()]
    more = " and others" if len(values) > SHOWN else ""
    return [f"{live} {', '.join(keys)} {', '.join(values[:SHOWN])}{more}"]


def _filled(moment: Moment, key: ModelKey, field: Any, table: str, column: str) -> bool:
    """Say whether --fill has a value for a column. Raises Misused where it has none that the field takes.

    A relation whose target is not known here takes what its step finds that it takes.
    """
    said = moment.undo.fill.get(f"{table}.{column}")
    stored = stored_by(moment.change.end, key, field)
    return said is not None and (stored is None or value_of(stored, said, table, column) is not None)


def _may_be_made(moment: Moment, key: ModelKey, field: Any, table: str, column: str) -> bool:
    """Say whether every row can get a value, as schema editors make one (effective_default, 5.2 to 6.1)."""
    if field.null or field.generated or field.primary_key or field.has_db_default():
        return True
    return not field.unique and (_filled(moment, key, field, table, column) or _has_value(field))


def _has_value(field: Any) -> bool:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    editor: Any = BaseDatabaseSchemaEditor
    if field.has_default():  # asked without calling it
        return True
    return editor._effective_default(field) is not None


def _kept(moment: Moment, table: str, column: str) -> Kept | None:
    if not has_journal(moment.connection):
        return None
    migration = moment.change.migration
    key = MigrationKey(migration.app_label, migration.name)
    return latest(moment.connection, key, Direction.FORWARD, [Form.ASIDE, Form.COPY], table, column)


def _is_taken(moment: Moment, key: ModelKey, kept: Kept, live: str, field: Any) -> bool:
    """Say whether a kept value is the one that rows are to get that came since."""
    field = stored_by(moment.change.end, key, field)
    if field is None:
        return False
    said = value_of(field, moment.undo.fill[f"{kept.table}.{kept.column}"], kept.table, kept.column)
    value = field.get_db_prep_save(said, moment.connection)
    table, column = (kept.aside, "v") if kept.form is Form.COPY else (live, kept.aside)
    quote = moment.asking.quote
    return bool(moment.asking.rows(f"SELECT 1 FROM {quote(table)} WHERE {quote(column)} = %s", [value]))


def _since(moment: Moment, kept: Kept, live: str, column: str) -> str:
    """Return what is true of the rows that have nothing kept, as SQL; "" where there are none."""
    rules = rules_for(moment.connection.vendor)
    if rules is None or (kept.form is Form.COPY and not kept.details.get("key")):
        return ""
    return rules.since(live, column, kept.aside, kept.details, back=False)
