"""What has to be done about each reason of a conflict when one side is put after the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from handrail.domain.conflict import MISSING, Conflict, Kind, Reason, Side, Verdict
from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import Migration, MigrationKey, OperationKey
from handrail.planning.renames import Renames, renames_of
from handrail.planning.resolution import Blocked

Keys = tuple[MigrationKey, ...]


@dataclass(slots=True, kw_only=True)
class Judgement:
    """All that the reasons ask for.

    dropped: operations that the earlier side does already. merged: overlapping reasons whose values merge, each with the later
    side's migrations. renames: by migration, the names to follow in it. needs: (migration, migration it must come after) where no
    line orders the two. blocked: reasons that cannot be overcome.
    """

    dropped: set[OperationKey] = field(default_factory=set)
    merged: list[tuple[Conflict, Reason, frozenset[MigrationKey]]] = field(default_factory=list)
    renames: dict[MigrationKey, list[Keys]] = field(default_factory=dict)
    needs: set[tuple[MigrationKey, MigrationKey]] = field(default_factory=set)
    blocked: list[Blocked] = field(default_factory=list)


def judge(
    conflicts: Iterable[Conflict],
    place: Mapping[MigrationKey, int],
    fixed: Collection[MigrationKey],
    migrations: Mapping[MigrationKey, Migration],
    *,
    proved: bool,
) -> Judgement:
    """Judge every reason. place: the positions of the migrations that move (1 and later) in their line; the rest stay."""
    judgement = Judgement()
    for conflict in conflicts:
        earlier, later = _in_time(conflict, place, fixed)
        for reason in conflict.reasons:
            _judge_reason(judgement, conflict, reason, earlier, later, place, fixed, migrations, proved)
    return judgement


def judge_merge(conflicts: Iterable[Conflict], *, proved: bool) -> list[Blocked]:
    """Return the reasons that stand against a merge migration: all but those of independent sides and proved doubts."""
    fine = {Verdict.INDEPENDENT, *([Verdict.OPAQUE] if proved else [])}
    return [
        Blocked(conflict=conflict, reason=reason, why=f"a merge migration would hide it: the sides are {reason.verdict}")
        for conflict in conflicts
        for reason in conflict.reasons
        if reason.verdict not in fine
    ]


def _in_time(conflict: Conflict, place: Mapping[MigrationKey, int], fixed: Collection[MigrationKey]) -> tuple[Side, Side]:
    """Return the side that comes first and the one that comes after it."""

    def rank(side: Side) -> tuple[int, bool]:
        places = [place[key] for key in side.migrations if key in place]
        return (min(places, default=0), not all(key in fixed for key in side.migrations))

    ours, theirs = conflict.sides
    return (ours, theirs) if rank(ours) < rank(theirs) else (theirs, ours)


def _judge_reason(
    judgement: Judgement,
    conflict: Conflict,
    reason: Reason,
    earlier: Side,
    later: Side,
    place: Mapping[MigrationKey, int],
    fixed: Collection[MigrationKey],
    migrations: Mapping[MigrationKey, Migration],
    proved: bool,
) -> None:
    mine = [operation for operation in reason.operations if operation.migration in later.migrations]
    is_fixed = any(operation.migration in fixed for operation in mine)
    why = ""
    if reason.verdict is Verdict.INDEPENDENT or (reason.verdict is Verdict.OPAQUE and proved):
        pass
    elif reason.verdict is Verdict.OPAQUE:
        why = "what it does cannot be read, and both orders were not run"
    elif is_fixed or not mine:
        why = "both sides are on the target branch or applied"
    elif reason.verdict is Verdict.CONVERGENT:
        judgement.dropped.update(mine)
    elif _is_ordered(reason, earlier, later):
        judgement.needs.update(_needs(reason, mine, earlier, place))
    elif _follows_rename(reason, earlier, migrations):
        for operation in mine:
            judgement.renames.setdefault(operation.migration, []).append(earlier.migrations)
    elif reason.verdict is Verdict.OVERLAPPING and reason.merged is not MISSING:
        judgement.merged.append((conflict, reason, frozenset(later.migrations)))
    else:
        why = _why_not(reason)
    if why:
        judgement.blocked.append(Blocked(conflict=conflict, reason=reason, why=why))


def _is_ordered(reason: Reason, earlier: Side, later: Side) -> bool:
    """Say whether the order a reason asks for is the one the line gives."""
    if reason.verdict is not Verdict.ORDER_DEPENDENT or not reason.order:
        return False
    first = [position for position, key in enumerate(reason.order) if key in earlier.migrations]
    second = [position for position, key in enumerate(reason.order) if key in later.migrations]
    return bool(first and second) and max(first) < min(second)


def _needs(
    reason: Reason, mine: Iterable[OperationKey], earlier: Side, place: Mapping[MigrationKey, int]
) -> Iterable[tuple[MigrationKey, MigrationKey]]:
    """Return the dependencies that a line of one app does not give."""
    for operation in mine:
        for other in reason.operations:
            if other.migration in earlier.migrations:
                in_line = other.app_label == operation.app_label and operation.migration in place
                if not in_line:
                    yield operation.migration, other.migration


def _follows_rename(reason: Reason, earlier: Side, migrations: Mapping[MigrationKey, Migration]) -> bool:
    """Say whether the earlier side renames what the later one uses, so that the later one can use the new name."""
    if reason.kind is not Kind.RENAME or reason.merged is not MISSING:
        return False
    theirs = [operation for operation in reason.operations if operation.migration in earlier.migrations]
    mine = [operation for operation in reason.operations if operation.migration not in earlier.migrations]
    names = ("RenameField", "RenameModel")
    return (
        bool(theirs)
        and all(_name_of(operation, migrations) in names for operation in theirs)
        and not any(_name_of(operation, migrations) in (*names, "RunPython", "RunSQL", "") for operation in mine)
    )


def _name_of(operation: OperationKey, migrations: Mapping[MigrationKey, Migration]) -> str:
    migration = migrations.get(operation.migration)
    if migration is None or operation.position >= len(migration.operations):
        return ""
    return migration.operations[operation.position].name


def _why_not(reason: Reason) -> str:
    if reason.verdict is Verdict.OVERLAPPING:
        return "the two values do not merge without a choice"
    if reason.order:
        return f"the right order is {', then '.join(map(str, reason.order))}, and what is on the target branch does not move"
    return "either order loses something"


def followed(chains: Iterable[Keys], migrations: Mapping[MigrationKey, Migration]) -> Renames:
    """Return what the chains of the earlier sides rename, each migration once and in order."""
    keys = dict.fromkeys(key for chain in chains for key in chain)
    return renames_of(migrations[key] for key in keys if key in migrations)
