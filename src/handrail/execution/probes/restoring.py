"""HR602: what is kept cannot be brought back to the rows that are there now."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.databases.keeping.base import ForeignKey, KeepingRules, rules_for
from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.run import Direction
from handrail.errors.hr503 import NoValue
from handrail.errors.hr517 import NoPrimaryKey
from handrail.errors.hr602 import RestoreConflict
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.columns import as_aside
from handrail.execution.keeping.sql_returns import SQL
from handrail.execution.probes._logs import CODE, LOOKED, is_long, keeper_of, log_of
from handrail.execution.probes.base import Moment, Probe
from handrail.sources.kept import has_kept, kept


class RestoringProbe(Probe):
    """Looks at rows that a log would put back, and at foreign keys and values that what comes back must have.

    The step looks again, under its locks. Where code of the plan runs before, or a log that has rows of the same tables, nobody
    can tell what the rows will be then, and it is a warning.
    """

    backward = frozenset({*CODE, "RemoveField", "DeleteModel"})

    def __init__(self) -> None:
        """Know of no rows that are written."""
        self._written: set[str] = set()
        self._has_kept: bool | None = None

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each log, and each key, that is in the way."""
        self._has_kept = has_kept(moment.connection) if self._has_kept is None else self._has_kept
        if not self._has_kept:
            return
        is_code = type(moment.change.operation).__name__ in CODE
        own = log_of(moment) if is_code else []
        tables = {one.table for one in own if one.table}
        is_sure = moment.is_sure and (not self._written if not is_code else not tables & self._written)
        self._written |= tables
        try:
            if is_code:
                _by_log(moment, own)
                _columns(moment)
            else:
                _aside(moment)
        except NoPrimaryKey as refusal:
            yield refusal.finding
        except (RestoreConflict, NoValue) as refusal:
            yield refusal.finding if is_sure else replace(refusal.finding, severity=Severity.WARNING)


def _by_log(moment: Moment, own: list[Kept]) -> None:
    """Raise what putting rows back would raise now."""
    from handrail.execution.keeping.row_undo import RowUndo

    if is_long(own):
        moment.asking.unanswered.append(
            f"its log has more than {LOOKED} rows, and what is in their way is looked for in its step"
        )
        return
    RowUndo(keeper_of(moment), own).foresee()


def _columns(moment: Moment) -> None:
    """Raise where a column that SQL has dropped comes back, and rows have no value for it, or no target."""
    from django.db.migrations.operations import RunSQL

    from handrail.execution.keeping.rows import has_reverse
    from handrail.execution.keeping.sql_returns import SqlReturns

    operation, rules = moment.change.operation, rules_for(moment.connection.vendor)
    if rules is None or (has_reverse(operation) and not isinstance(operation, RunSQL)):
        return
    editor = moment.connection.schema_editor()  # it is not opened, and executes nothing
    returns = SqlReturns(editor, keeper_of(moment), rules, operation, "", lambda _: None)
    for one in _kept(moment):
        there = moment.asking.columns(one.table)
        if one.kind is KeptKind.COLUMN and one.details.get("shape", [""])[0] == SQL and there and one.column.lower() not in there:
            returns._check_column(one, returns._filling(one))


def _kept(moment: Moment) -> list[Kept]:
    """Return what the operation has set aside the last time that it ran."""
    migration = moment.change.migration
    names = {"app": migration.app_label, "name": migration.name, "operation": moment.change.index}
    forms = (Form.ASIDE, Form.COPY)
    found = kept(moment.connection, (KeptStatus.KEPT,), direction=Direction.FORWARD, form__in=forms, **names)
    return [one for one in found if one.step == found[-1].step]


def _aside(moment: Moment) -> None:
    """Raise where a row whose target is gone comes back, and must have one."""
    rules = rules_for(moment.connection.vendor)
    for one in _kept(moment) if rules is not None else ():
        assert rules is not None
        if one.kind is KeptKind.TABLE or moment.asking.columns(one.table):
            for key in rules.keys(one.details):
                _target(moment, rules, one, key)


def _target(moment: Moment, rules: KeepingRules, one: Kept, key: ForeignKey) -> None:
    other = key.target if key.local else key.table
    if key.nullable or not (other == one.table or moment.asking.columns(other)):
        return
    rows = foreign_keys.count(moment.connection, _lost(rules, one, key))
    if rows:
        raise foreign_keys.without_targets(key, rows)


def _lost(rules: KeepingRules, one: Kept, key: ForeignKey) -> str:
    """Return what follows FROM where rows are counted whose target is gone."""
    if one.kind is KeptKind.TABLE:
        place = rules.place(one.table, one.aside, one.details)
        target = place if key.target == one.table else key.target
        return rules.lost(key._replace(target=target), table=place if key.local else "")
    if one.form is Form.COPY:
        return rules.lost_of_copy(key, one.aside, one.details)
    since = rules.since(one.table, one.column, one.aside, one.details, back=False)
    return rules.lost(as_aside(key, one), without=since)
