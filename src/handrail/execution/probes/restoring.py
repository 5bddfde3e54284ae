"""HR602: what is kept cannot be brought back to the rows that are there now."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.databases.keeping.base import ForeignKey, KeepingRules, rules_for
from handrail.domain.finding import Finding
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.errors.hr517 import NoPrimaryKey
from handrail.errors.hr602 import RestoreConflict
from handrail.execution.keeping import foreign_keys
from handrail.execution.keeping.columns import as_aside
from handrail.execution.probes._asking import BOUND
from handrail.execution.probes.base import Moment, Probe
from handrail.sources.kept import has_kept, kept

CODE = frozenset({"RunPython", "RunSQL"})


class RestoringProbe(Probe):
    """Looks at rows that a log would put back, and at foreign keys that must not be NULL of what comes back.

    The step looks again, under its locks. Once code or a log of the plan writes rows before, nobody can tell what they will be.
    """

    backward = frozenset({*CODE, "RemoveField", "DeleteModel"})

    def __init__(self) -> None:
        """Know of no rows that are written."""
        self._is_sure = True

    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield one finding for each log, and each key, that is in the way."""
        is_code = type(moment.change.operation).__name__ in CODE
        if self._is_sure and moment.is_sure and has_kept(moment.connection):
            try:
                _by_log(moment) if is_code else _aside(moment)
            except (RestoreConflict, NoPrimaryKey) as refusal:
                yield refusal.finding
        self._is_sure = self._is_sure and not is_code


def _by_log(moment: Moment) -> None:
    """Raise what putting rows back would raise now. Longer logs are left to the step: looking takes as long as putting back."""
    from handrail.execution.keeping.keeper import Keeper, Keeping
    from handrail.execution.keeping.row_undo import RowUndo, logged
    from handrail.execution.keeping.rows import has_reverse, parts_of

    migration, change = moment.change.migration, moment.change
    if has_reverse(change.operation):
        return
    key = MigrationKey(migration.app_label, migration.name)
    parts = [part for part, each in parts_of(migration.operations[change.index]) if each is change.operation]
    records = logged(moment.connection, key, Direction.FORWARD, change.index)
    own = [one for one in records if parts and one.details["part"] == parts[0]]
    if sum(one.rows or 0 for one in own) > BOUND:
        return
    keeping = Keeping(patterns=(), days=0, undo=moment.undo, said=lambda _: None)
    RowUndo(Keeper(connection=moment.connection, keeping=keeping, run=0, step=0, key=key), own).foresee()


def _aside(moment: Moment) -> None:
    """Raise where a row whose target is gone comes back, and must have one."""
    rules, migration = rules_for(moment.connection.vendor), moment.change.migration
    found = kept(
        moment.connection,
        (KeptStatus.KEPT,),
        app=migration.app_label,
        name=migration.name,
        direction=Direction.FORWARD,
        operation=moment.change.index,
        form__in=(Form.ASIDE, Form.COPY),
    )
    for one in found if rules is not None else ():
        assert rules is not None
        if one.step == found[-1].step and (one.kind is KeptKind.TABLE or moment.asking.columns(one.table)):
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
