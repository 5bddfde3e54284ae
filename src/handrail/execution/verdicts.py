"""What becomes of every operation of a rollback, told before its first statement: it reads, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from handrail.databases.locks.base import LockRules, locks_of
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.kept import Form, is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.rollback import Judgement, Verdict
from handrail.domain.run import Direction
from handrail.execution.keeping.code_returns import all_there, dropped_by
from handrail.execution.keeping.row_undo import logged
from handrail.execution.keeping.rows import has_reverse, parts_of, unkept
from handrail.execution.keeping.sql_drops import comes_back
from handrail.execution.keeping.sql_losses import kept_by, lost
from handrail.execution.keeping.sql_renames import only_renamed
from handrail.execution.keeping.sql_returns import kept_by_sql
from handrail.execution.probes._asking import Asking
from handrail.execution.probes._changes import Change, ModelKey
from handrail.execution.probes._places import Places, column_of, link_table, named, table_of
from handrail.sources.kept import THERE, has_kept, kept, latest, purged

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.state import ModelState

    from handrail.domain.kept import Kept

BUILDS_INDEX = {"RemoveIndex": False, "RemoveIndexConcurrently": True}
"""Operations whose reverse builds an index, and whether it does so concurrently."""
LOCKLESS = frozenset({"AlterModelOptions", "AlterModelManagers", "RunPython", "RunSQL", "RenameContentType"})
"""Operations whose locks are none, or are not known."""
TABLES, COLUMNS = (Form.ASIDE, Form.COPY), (Form.ASIDE, Form.COPY)
NOT_KEPT = "the values that it dropped were not kept"
NOT_THERE = "the values that it changed or dropped are not kept any more"


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

    def was_kept(self, migration: Migration, table: str, column: str = "") -> int | bool:
        """Return how many rows of what a migration dropped are kept: True where they were not counted, False where nothing is."""
        if not self.keeps_on_record:
            return False
        key = MigrationKey(migration.app_label, migration.name)
        one = latest(self.connection, key, Direction.FORWARD, TABLES, table, column)
        return False if one is None else True if one.rows is None else one.rows

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
    if kept is False:
        key = MigrationKey(change.migration.app_label, change.migration.name)
        gone = judge.keeps_on_record and purged(judge.connection, key, change.index, TABLES)
        return judge.says(change, Verdict.LOSSY, f"{what}: {NOT_THERE if gone else NOT_KEPT}", loses=what)
    rows = None if kept is True else kept
    return judge.says(change, Verdict.KEPT, f"{what} comes back", rows=rows)


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
    gone = _gone(judge, change, (Form.CHANGES,))
    return gone or judge.says(change, Verdict.KEPT if tables else Verdict.LOSSLESS, f"values of {what} that change are kept")


def _gone(judge: Judge, change: Change, forms: Sequence[Form]) -> Judgement | None:
    """Return the judgement where what an operation had kept was purged since, or must not be kept; None where nothing was."""
    if not judge.keeps_on_record:
        return None
    key = MigrationKey(change.migration.app_label, change.migration.name)
    gone = purged(judge.connection, key, change.index, forms)
    if not gone:
        return None
    what = list(dict.fromkeys(f"{one.table}.{one.column}" if one.column else one.table for one in gone))
    rows = None if any(one.rows is None for one in gone) else sum(one.rows or 0 for one in gone)
    return judge.says(change, Verdict.LOSSY, f"{', '.join(what)}: {NOT_THERE}", rows=rows, loses=", ".join(what))


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


def _code(judge: Judge, change: Change) -> Judgement:
    """RunPython and RunSQL: by their author's reverse, by the log of their rows, or not at all."""
    operation, records = change.operation, _log(judge, change)
    if has_reverse(operation):
        by_sql = _gone(judge, change, (Form.ASIDE, Form.COPY, Form.CHANGES)) or _sql(judge, change)
        if by_sql is not None:
            return by_sql
        unchecked = f", and nothing is kept of what it wrote to {' and '.join(unkept(records))}" if unkept(records) else ""
        return judge.says(change, Verdict.LOSSLESS, f"the reverse that its author wrote is run{unchecked}")
    if records:
        return _by_log(judge, change, records)
    back = _sql_back(judge, change)
    if back:
        return judge.says(change, Verdict.KEPT, f"{', '.join(back)} come{'s' * (len(back) == 1)} back")
    if operation.reversible:
        return judge.says(change, Verdict.LOSSLESS, "its reverse does nothing: what it wrote stays", does_nothing=True)
    return judge.says(change, Verdict.IMPOSSIBLE, "it has no reverse, and no log of its rows")


def _sql(judge: Judge, change: Change) -> Judgement | None:
    """RunSQL with a reverse that drops things, or changes types: by what of that is kept. None for any other."""
    from django.db.migrations.operations import RunSQL

    operation = change.operation
    if not isinstance(operation, RunSQL):
        return None
    what = lost(judge.connection, judge.patterns or ("*",), change.migration, operation, Direction.BACKWARD)
    if what:
        return judge.says(change, Verdict.LOSSY, f"the reverse destroys {what}, and nothing is kept of it", loses=what)
    patterns = judge.patterns if getattr(change.migration, "handrail_keep", True) else ()
    aside, values = kept_by(judge.connection, patterns, operation, Direction.BACKWARD)
    gone = [one for each in kept_by(judge.connection, ("*",), operation, Direction.BACKWARD) for one in each]
    left_out = ", ".join(one for one in gone if one not in (*aside, *values))
    if left_out:
        return judge.says(change, Verdict.LOSSY, f"the reverse changes {left_out}, which must not be kept", loses=left_out)
    back = _back_by_sql(judge, change)
    said = [
        *([f"{', '.join(aside)} {'is' if len(aside) == 1 else 'are'} set aside"] if aside else []),
        *([f"values of {', '.join(values)} that change are kept"] if values else []),
        *([f"{', '.join(back)} come{'s' * (len(back) == 1)} back"] if back else []),
    ]
    if not said:
        return None
    return judge.says(change, Verdict.KEPT, f"the reverse that its author wrote is run: {' and '.join(said)}")


def _back_by_sql(judge: Judge, change: Change) -> list[str]:
    """Return what the SQL of an operation has set aside, and the columns of which it has changed values."""
    if not judge.keeps_on_record:
        return []
    names = {"app": change.migration.app_label, "name": change.migration.name, "operation": change.index}
    there = kept(judge.connection, THERE, direction=Direction.FORWARD, **names)
    found = [one for one in there if one.form is not Form.LOG]
    last = [one for one in found if one.step == found[-1].step]
    return [f"{'values of ' * (one.form is Form.CHANGES)}{'.'.join(filter(None, [one.table, one.column]))}" for one in last]


def _sql_back(judge: Judge, change: Change) -> list[str]:
    """Return what the SQL of an operation without a reverse has dropped, where it is all kept."""
    from django.db.migrations.operations import RunSQL

    if not judge.keeps_on_record or not isinstance(change.operation, RunSQL):
        return []
    key = MigrationKey(change.migration.app_label, change.migration.name)
    for part, each in parts_of(change.migration.operations[change.index]):
        if each is change.operation and comes_back(judge.connection, key, change.index, part, each):
            found = kept_by_sql(judge.connection, key, change.index, part, Direction.FORWARD)
            return [".".join(filter(None, [one.table, one.column])) for one in found]
    return []


def _by_log(judge: Judge, change: Change, records: Sequence[Kept]) -> Judgement:
    """What code or SQL wrote or renamed goes back by its log; what that has not stays."""
    rows, missing = sum(one.rows or 0 for one in records), " and ".join(unkept(records))
    if only_renamed(records):
        return judge.says(change, Verdict.KEPT, "what it renamed gets its old name again")
    if not missing:
        back = [".".join(filter(None, [one.table, one.column])) for one in dropped_by(judge.connection, records)]
        more = f"{', '.join(back)} come{'s' * (len(back) == 1)} back" if back else ""
        reason = " and ".join(filter(None, [more, "the rows that it wrote are put back" if rows or not back else ""]))
        return judge.says(change, Verdict.KEPT, reason, rows=rows)
    reason = f"what it wrote to {missing} is in no log, and stays"
    return judge.says(change, Verdict.LOSSY, reason, loses=f"what was in {missing}")


def _log(judge: Judge, change: Change) -> Sequence[Kept]:
    """Return the log of an operation, () where there is none that says enough."""
    if not judge.keeps_on_record:
        return ()
    migration = change.migration
    parts = [part for part, each in parts_of(migration.operations[change.index]) if each is change.operation]
    records = logged(judge.connection, MigrationKey(migration.app_label, migration.name), Direction.FORWARD, change.index)
    own = [one for one in records if parts and one.details["part"] == parts[0]]
    is_looked_at = any(not one.table and not one.details["defines"] for one in own)
    return own if is_looked_at and all_there(judge.connection, own) else ()


def _other(judge: Judge, change: Change) -> Judgement:
    """Anything else: by its own reverse."""
    from django.db.migrations.operations import RunPython, RunSQL

    if isinstance(change.operation, RunPython | RunSQL):
        return _code(judge, change)
    if not change.operation.reversible:
        records = _log(judge, change)
        return _by_log(judge, change, records) if records else judge.says(change, Verdict.IMPOSSIBLE, "it has no reverse")
    return judge.says(change, Verdict.LOSSLESS)


_RULES: dict[str, Callable[[Judge, Change], Judgement]] = {
    "CreateModel": _created,
    "DeleteModel": _deleted,
    "AddField": _added,
    "RemoveField": _removed,
    "AlterField": _altered,
    "AlterOrderWithRespectTo": _ordered,
    "RunPython": _code,
    "RunSQL": _code,
    "RenameContentType": lambda judge, change: judge.says(change, Verdict.LOSSLESS),
}
