"""Operations that both sides have: left out where they are the same, merged into a new migration where they overlap.

Why a new migration, and why at that place, is in docs/decisions/0004-three-way-results.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from handrail.domain.conflict import Conflict, Reason
from handrail.domain.dataclasses import replace
from handrail.domain.migration import MigrationKey, Operation, OperationKey
from handrail.planning.draft import Draft
from handrail.planning.judge import Judgement
from handrail.planning.naming import generated_name, number_of
from handrail.planning.resolution import Blocked

VALUE: Mapping[str, str] = MappingProxyType(
    {
        "AlterField": "field",
        "AlterUniqueTogether": "unique_together",
        "AlterIndexTogether": "index_together",
        "AlterModelOptions": "options",
        "AlterModelTable": "table",
        "AlterModelTableComment": "table_comment",
        "AlterModelManagers": "managers",
        "AlterOrderWithRespectTo": "order_with_respect_to",
    }
)
"""The operations that set a whole value, and the argument that holds it (django/db/migrations/operations, 5.2 to 6.1)."""


def leave_out_common(draft: Draft, conflicts: Iterable[Conflict], judgement: Judgement) -> None:
    """Take out of the later side's files what the earlier side does already; a file with nothing left goes."""
    same: dict[MigrationKey, set[OperationKey]] = {}
    for conflict in conflicts:
        for reason in conflict.reasons:
            mine = judgement.dropped.intersection(reason.operations)
            for operation in mine:
                same.setdefault(operation.migration, set()).update(set(reason.operations) - judgement.dropped)
            for operation in mine:
                if _operation(draft, operation).name == "SeparateDatabaseAndState":
                    judgement.blocked.append(
                        Blocked(conflict=conflict, reason=reason, why="it is a part of SeparateDatabaseAndState")
                    )
    for key, theirs in sorted(same.items()):
        positions = {operation.position for operation in judgement.dropped if operation.migration == key}
        draft.dropped[key] = frozenset(positions)
        others = sorted({operation.migration for operation in theirs})
        _note_common(draft, key, others, positions)
        if len(positions) == len(draft.migrations[key].operations):
            draft.redirect[key] = tuple(others)
            if len(others) == 1 and len(draft.migrations[others[0]].operations) == len(theirs):
                draft.aliases[key] = others[0]


def _note_common(draft: Draft, key: MigrationKey, others: list[MigrationKey], positions: set[int]) -> None:
    names = ", ".join(
        f"{draft.migrations[key].operations[position].name} in line {draft.migrations[key].operations[position].line}"
        for position in sorted(positions)
    )
    theirs = ", ".join(map(str, others))
    draft.notes.append(f"left out of {key}: {names}, which {theirs} does as well")
    draft.notes.append(f"a database that applied {key} has it already: {theirs} must be recorded there, not run")


def write_merged(draft: Draft, judgement: Judgement) -> None:
    """Put one new migration with the merged values into each of our chains that has overlapping operations."""
    chains: dict[frozenset[MigrationKey], list[tuple[Conflict, Reason]]] = {}
    for conflict, reason, later in judgement.merged:
        chains.setdefault(later, []).append((conflict, reason))
    for later, pairs in sorted(chains.items(), key=lambda item: sorted(item[0])):
        _write_merged_chain(draft, judgement, later, pairs)


def _write_merged_chain(
    draft: Draft, judgement: Judgement, later: frozenset[MigrationKey], pairs: list[tuple[Conflict, Reason]]
) -> None:
    gone: set[OperationKey] = set()
    operations: dict[tuple[str, str, str], Operation] = {}
    for conflict, reason in pairs:
        mine = sorted((operation for operation in reason.operations if operation.migration in later), key=_place_in(draft, later))
        last = _operation(draft, mine[-1])
        if any(
            _operation(draft, operation).name not in VALUE or _target(_operation(draft, operation)) != _target(last)
            for operation in mine
        ):
            judgement.blocked.append(
                Blocked(conflict=conflict, reason=reason, why=f"{last.name} is not an operation that can be merged")
            )
            return
        gone.update(mine)
        operations[last.name, *_target(last)] = replace(last, arguments={**last.arguments, VALUE[last.name]: reason.merged})
    at = max(gone, key=_place_in(draft, later)).migration
    hurdle = _hurdle(draft, later, gone, at, {_target(operation)[0] for operation in operations.values()})
    if hurdle:
        judgement.blocked += [Blocked(conflict=conflict, reason=reason, why=hurdle) for conflict, reason in pairs]
        return
    _insert(draft, at, gone, tuple(operations[name] for name in sorted(operations)))


def _insert(draft: Draft, at: MigrationKey, gone: set[OperationKey], operations: tuple[Operation, ...]) -> None:
    """Add the new migration behind the last one that loses an operation, or in its place where nothing is left of it."""
    for key in sorted({operation.migration for operation in gone}):
        positions = draft.dropped.get(key, frozenset()) | {operation.position for operation in gone if operation.migration == key}
        draft.dropped[key] = positions
    fragments = [_fragment(operation) for operation in operations]
    name = generated_name(fragments, at.name, draft.names(at.app_label))
    rest = name.lstrip("0123456789")
    new = MigrationKey(at.app_label, "0" * (len(name) - len(rest)) + rest if number_of(at.name) is not None else name)
    children = [key for key in draft.graph.children[at] if key.app_label == at.app_label]
    for key in {operation.migration for operation in gone}:
        if len(draft.dropped[key]) == len(draft.migrations[key].operations):
            own = tuple(parent for parent in draft.migrations[key].dependencies if parent.app_label == key.app_label)
            draft.redirect[key] = (new,) if key == at else own
    draft.add(new, draft.migrations[at].dependencies if at in draft.redirect else (at,), operations)
    for child in children:
        draft.parents.setdefault(child, {})[at] = (new,)
    draft.notes.append(
        f"a new migration holds the merged values of {', '.join(_described(operation) for operation in operations)}"
    )
    draft.notes.append(
        f"a database that applied {at} must unapply it before the files change, or it may have parts of this already"
    )


def _hurdle(draft: Draft, later: frozenset[MigrationKey], gone: set[OperationKey], at: MigrationKey, models: set[str]) -> str:
    """Say which later operation may count on one that is taken out before it; "" where none does."""
    chain = [key for key in draft.graph.plan(sorted(later)) if key in later]
    first = min(gone, key=_place_in(draft, later))
    for key in chain[chain.index(first.migration) : chain.index(at) + 1]:
        for position, operation in enumerate(draft.migrations[key].operations):
            place = OperationKey(key.app_label, key.name, position)
            if place in gone or _place_in(draft, later)(place) < _place_in(draft, later)(first):
                continue
            if _target(operation)[0] in models or not _is_plain(operation):
                return f"{operation.name} in {key} comes after it and may count on it"
    return ""


def _place_in(draft: Draft, later: frozenset[MigrationKey]) -> Callable[[OperationKey], tuple[int, int]]:
    order = {key: place for place, key in enumerate(key for key in draft.graph.plan(sorted(later)) if key in later)}
    return lambda operation: (order[operation.migration], operation.position)


def _is_plain(operation: Operation) -> bool:
    """Say whether an operation is one of Django's that touches only what it names."""
    return operation.path.startswith("django.") and operation.name not in ("RunPython", "RunSQL", "SeparateDatabaseAndState")


def _target(operation: Operation) -> tuple[str, str]:
    """Return the model (in lower case) and the field, or "", that an operation is about."""
    model = operation.argument("model_name")
    if model is None:
        return str(operation.argument("name", "")).lower(), ""
    return str(model).lower(), str(operation.argument("name", "") or "")


def _fragment(operation: Operation) -> str:
    """Return what Django would name a migration after (migration_name_fragment of its operations)."""
    model, name = _target(operation)
    if operation.name == "AlterField":
        return f"alter_{model}_{name}".lower()
    return f"alter_{model}_{VALUE[operation.name]}"


def _described(operation: Operation) -> str:
    model, name = _target(operation)
    return f"{operation.name} {model}{'.' if name else ''}{name}"


def _operation(draft: Draft, key: OperationKey) -> Operation:
    return draft.migrations[key.migration].operations[key.position]
