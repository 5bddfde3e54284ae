"""What becomes of every operation of a rollback, told before its first statement: it reads, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from handrail.databases.locks.base import LockRules, locks_of
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.kept import Form, Kept, KeptKind, is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.rollback import Judgement, Verdict
from handrail.domain.run import Direction
from handrail.execution.probes._asking import Asking
from handrail.execution.probes._changes import Change, ModelKey
from handrail.execution.probes._places import Places, column_of, link_table, named, table_of
from handrail.execution.verdicts_of_code import NOT_THERE, by_log, code, gone_of, log_of
from handrail.sources.kept import had_nothing, has_kept, latest, purged

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ModelState

BUILDS_INDEX = {"RemoveIndex": False, "RemoveIndexConcurrently": True}
"""Operations whose reverse builds an index, and whether it does so concurrently."""
LOCKLESS = frozenset({"AlterModelOptions", "AlterModelManagers", "RunPython", "RunSQL", "RenameContentType"})
"""Operations whose locks are none, or are not known."""
TABLES = (Form.ASIDE, Form.COPY)
NOT_KEPT = "the values that it dropped were not kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Looks at one database. patterns: what is kept, of HANDRAIL["keep"]. keeps_on_record: whether the journal has kept data."""

    connection: BaseDatabaseWrapper
    asking: Asking
    places: Places
    locks: LockRules | None
    patterns: Sequence[str]
    keeps_on_record: bool

    @classmethod
    def of(cls, connection: BaseDatabaseWrapper, patterns: Sequence[str]) -> Judge:
        """Make one that has not looked yet."""
        return cls(
            connection=connection,
            asking=Asking(connection),
            places=Places(connection),
            locks=locks_of(connection.vendor),
            patterns=patterns,
            keeps_on_record=has_kept(connection),
        )

    def judge(self, change: Change) -> Judgement | None:
        """Judge an operation of the plan, in its order; None where routers keep it from this database."""
        try:
            if not self._is_here(change):
                return None
            return self._with_doubts(_RULES.get(type(change.operation).__name__, _other)(self, change))
        finally:
            self.places.take(change)

    def _with_doubts(self, one: Judgement) -> Judgement:
        whys, self.asking.unanswered = self.asking.unanswered, []
        if not whys:
            return one
        return replace(one, is_counted=False, reason="; ".join(filter(None, [one.reason, f"rows not counted: {whys[0]}"])))

    def _is_here(self, change: Change) -> bool:
        from django.db import router

        app, alias = change.migration.app_label, self.connection.alias
        hints = getattr(change.operation, "hints", {})
        if hints:
            return bool(router.allow_migrate(alias, app, **hints))
        return all(router.allow_migrate(alias, app, model_name=name) for _, name in change.named)

    def says(self, change: Change, verdict: Verdict, reason: str = "", **more: Any) -> Judgement:
        """Build a judgement."""
        return Judgement(
            operation=change.index,
            described=change.operation.describe(),
            verdict=verdict,
            reason=reason,
            locks=self._locks(change),
            **more,
        )

    def _locks(self, change: Change) -> tuple[str, ...]:
        name = type(change.operation).__name__
        if self.locks is None or name in LOCKLESS or _is_of_state_alone(change):
            return ()
        tables = self._tables(change)
        if name in BUILDS_INDEX:
            return tuple(self.locks.indexing(table, concurrently=BUILDS_INDEX[name]) for table in tables)
        return tuple(self.locks.altering(table) for table in tables)

    def _tables(self, change: Change) -> list[str]:
        """Return the tables of an operation that are there now."""
        found = [self.places.table(key, model) for key in change.named if (model := change.start.get(key)) is not None]
        return [table for table in dict.fromkeys(found) if table]

    def keeps(self, migration: Migration, table: str, column: str = "") -> bool:
        """Say whether what goes is kept."""
        return bool(getattr(migration, "handrail_keep", True)) and is_kept(self.patterns, table, column)

    def was_kept(self, migration: Migration, table: str, column: str = "") -> Kept | None:
        """Return what is kept of what a migration dropped."""
        if not self.keeps_on_record:
            return None
        key = MigrationKey(migration.app_label, migration.name)
        return latest(self.connection, key, Direction.FORWARD, TABLES, table, column)

    def kept_rows(self, one: Kept) -> int | None:
        """Count the rows of what is kept, up to a bound; None where it is in nothing that is there by its name now."""
        if one.rows is not None:
            return one.rows
        is_column = one.kind is KeptKind.COLUMN and one.form is Form.ASIDE
        there = self.asking.columns(one.table if is_column else one.aside)
        if is_column:
            return self.rows(one.table, f" WHERE {self.asking.quote(one.aside)} IS NOT NULL") if one.aside in there else None
        return self.rows(one.aside) if there else None

    def rows(self, table: str | None, where: str = "") -> int | None:
        """Count the rows of a table up to a bound; None where that is not known."""
        return self.asking.count(f"{self.asking.quote(table)}{where}") if table else None


def _is_of_state_alone(change: Change) -> bool:
    """Say whether a field is altered in what no database knows (Field.non_db_attrs, 5.2 to 6.1)."""
    if type(change.operation).__name__ != "AlterField":
        return False
    pairs = [(start, end) for _, start, end in change.pairs if start is not None and end is not None]
    name = change.operation.name  # type: ignore[attr-defined]
    fields = [(start.fields.get(name), end.fields.get(name)) for start, end in pairs]
    return all(one is not None and other is not None and _stored(one) == _stored(other) for one, other in fields)


def _stored(field: Any) -> tuple[Any, ...]:
    _, path, arguments, options = field.deconstruct()
    return path, arguments, {name: value for name, value in options.items() if name not in field.non_db_attrs}


def _pairs(change: Change) -> list[tuple[ModelKey, ModelState | None, ModelState | None]]:
    return list(change.pairs)


def _created(judge: Judge, change: Change) -> Judgement:
    """CreateModel: its table goes."""
    for key, start, _ in _pairs(change):
        table = judge.places.table(key, start) if start is not None else None
        if table:
            rows = judge.rows(table)
            if judge.keeps(change.migration, table):
                return judge.says(change, Verdict.KEPT, f"{table} is set aside", rows=rows)
            return _lost(judge, change, table, rows)
    return judge.says(change, Verdict.LOSSLESS)


def _lost(judge: Judge, change: Change, what: str, rows: int | None) -> Judgement:
    if rows == 0:
        return judge.says(change, Verdict.LOSSLESS, f"{what} goes, and nothing is in it", rows=0)
    return judge.says(change, Verdict.LOSSY, f"{what} goes, and must not be kept", rows=rows, loses=what)


def _deleted(judge: Judge, change: Change) -> Judgement:
    """DeleteModel: its table comes back."""
    for _, _, end in _pairs(change):
        table = table_of(judge.connection, end) if end is not None else None
        if table:
            return _comes_back(judge, change, table, "")
    return judge.says(change, Verdict.LOSSLESS)


def _comes_back(judge: Judge, change: Change, table: str, column: str) -> Judgement:
    what = f"{table}.{column}" if column else table
    kept = judge.was_kept(change.migration, table, column)
    if kept is None:
        key = MigrationKey(change.migration.app_label, change.migration.name)
        if judge.keeps_on_record and had_nothing(judge.connection, key, TABLES, table, column):
            return judge.says(change, Verdict.LOSSLESS, f"{what} comes back: nothing was in it")
        gone = judge.keeps_on_record and purged(judge.connection, key, change.index, TABLES)
        return judge.says(change, Verdict.LOSSY, f"{what}: {NOT_THERE if gone else NOT_KEPT}", loses=what)
    return judge.says(change, Verdict.KEPT, f"{what} comes back", rows=judge.kept_rows(kept))


def _added(judge: Judge, change: Change) -> Judgement:
    """AddField: its column, or its link table, goes."""
    for key, start, end in _pairs(change):
        if start is None or end is None:
            continue
        for name in start.fields.keys() - end.fields.keys():
            return _column_goes(judge, change, key, start, name)
    return judge.says(change, Verdict.LOSSLESS)


def _column_goes(judge: Judge, change: Change, key: ModelKey, start: ModelState, name: str) -> Judgement:
    field: Any = start.fields[name]
    table = judge.places.table(key, start)
    if table and field.many_to_many:
        return _link_goes(judge, change, link_table(judge.connection, table, name, field), field)
    column = judge.places.column(key, start, name)
    if not table or column is None or field.generated:
        return judge.says(change, Verdict.LOSSLESS)
    quoted = judge.asking.quote(column)
    rows = judge.rows(table, f" WHERE {quoted} IS NOT NULL")
    if judge.keeps(change.migration, table, column):
        return judge.says(change, Verdict.KEPT, f"{table}.{column} is set aside", rows=rows)
    return _lost(judge, change, f"{table}.{column}", rows)


def _link_goes(judge: Judge, change: Change, table: str, field: Any) -> Judgement:
    if field.remote_field.through is not None:
        return judge.says(change, Verdict.LOSSLESS)
    rows = judge.rows(table)
    if judge.keeps(change.migration, table):
        return judge.says(change, Verdict.KEPT, f"{table} is set aside", rows=rows)
    return _lost(judge, change, table, rows)


def _removed(judge: Judge, change: Change) -> Judgement:
    """RemoveField: its column, or its link table, comes back."""
    for _, start, end in _pairs(change):
        if start is None or end is None:
            continue
        for name in end.fields.keys() - start.fields.keys():
            table, field = table_of(judge.connection, end), named(end.fields[name], name)
            if table and field.many_to_many and field.remote_field.through is None:
                return _comes_back(judge, change, link_table(judge.connection, table, name, field), "")
            column = column_of(field, name)
            if table and column is not None and not field.generated:
                return _comes_back(judge, change, table, column)
    return judge.says(change, Verdict.LOSSLESS)


def _altered(judge: Judge, change: Change) -> Judgement:
    """AlterField: values that change are kept, and those that changed come back."""
    if _is_of_state_alone(change):
        return judge.says(change, Verdict.LOSSLESS)
    tables = judge._tables(change)
    name = change.operation.name  # type: ignore[attr-defined]
    what = f"{tables[0]}.{name}" if tables else name
    gone = gone_of(judge, change, (Form.CHANGES,))
    return gone or judge.says(change, Verdict.KEPT if tables else Verdict.LOSSLESS, f"values of {what} that change are kept")


def _ordered(judge: Judge, change: Change) -> Judgement:
    """AlterOrderWithRespectTo: the column _order goes or comes back."""
    for key, start, end in _pairs(change):
        table = judge.places.table(key, start) if start is not None else None
        if not table or start is None or end is None:
            continue
        has, had = (bool(model.options.get("order_with_respect_to")) for model in (start, end))
        if has and not had:
            return judge.says(change, Verdict.KEPT, f"{table}._order is set aside", rows=judge.rows(table))
        if had and not has:
            return _comes_back(judge, change, table, "_order")
    return judge.says(change, Verdict.LOSSLESS)


def _other(judge: Judge, change: Change) -> Judgement:
    """Anything else: by its own reverse."""
    from django.db.migrations.operations import RunPython, RunSQL

    if isinstance(change.operation, RunPython | RunSQL):
        return code(judge, change)
    if not change.operation.reversible:
        records = log_of(judge, change)
        return by_log(judge, change, records) if records else judge.says(change, Verdict.IMPOSSIBLE, "it has no reverse")
    return judge.says(change, Verdict.LOSSLESS)


_RULES: dict[str, Callable[[Judge, Change], Judgement]] = {
    "CreateModel": _created,
    "DeleteModel": _deleted,
    "AddField": _added,
    "RemoveField": _removed,
    "AlterField": _altered,
    "AlterOrderWithRespectTo": _ordered,
    "RunPython": code,
    "RunSQL": code,
    "RenameContentType": lambda judge, change: judge.says(change, Verdict.LOSSLESS),
}
