"""What becomes of the code and SQL of a rollback: see verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from handrail.domain.kept import Form
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
from handrail.sources.kept import THERE, kept, purged

if TYPE_CHECKING:
    from handrail.domain.kept import Kept
    from handrail.execution.probes._changes import Change
    from handrail.execution.verdicts import Judge

NOT_THERE = "the values that it changed or dropped are not kept any more"


def code(judge: Judge, change: Change) -> Judgement:
    """RunPython and RunSQL: by their author's reverse, by the log of their rows, or not at all."""
    operation, records = change.operation, log_of(judge, change)
    if has_reverse(operation):
        by_sql = gone_of(judge, change, (Form.ASIDE, Form.COPY, Form.CHANGES)) or _sql(judge, change)
        if by_sql is not None:
            return by_sql
        unchecked = f", and nothing is kept of what it wrote to {' and '.join(unkept(records))}" if unkept(records) else ""
        return judge.says(change, Verdict.LOSSLESS, f"the reverse that its author wrote is run{unchecked}")
    if records:
        return by_log(judge, change, records)
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


def by_log(judge: Judge, change: Change, records: Sequence[Kept]) -> Judgement:
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


def log_of(judge: Judge, change: Change) -> Sequence[Kept]:
    """Return the log of an operation, () where there is none that says enough."""
    if not judge.keeps_on_record:
        return ()
    migration = change.migration
    parts = [part for part, each in parts_of(migration.operations[change.index]) if each is change.operation]
    records = logged(judge.connection, MigrationKey(migration.app_label, migration.name), Direction.FORWARD, change.index)
    own = [one for one in records if parts and one.details["part"] == parts[0]]
    is_looked_at = any(not one.table and not one.details["defines"] for one in own)
    return own if is_looked_at and all_there(judge.connection, own) else ()


def gone_of(judge: Judge, change: Change, forms: Sequence[Form]) -> Judgement | None:
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
