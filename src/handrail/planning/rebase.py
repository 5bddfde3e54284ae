"""Put our chains after what stays: new parents, new names, and what one side did already left out."""

from __future__ import annotations

import re

from handrail.domain.migration import Migration, MigrationKey
from handrail.planning.draft import Draft
from handrail.planning.lines import Line
from handrail.planning.naming import free, next_name, number_of

Keys = tuple[MigrationKey, ...]


def rebase(draft: Draft, line: Line) -> None:
    """Re-point and renumber everything of a line that moves, in place in the draft."""
    tail = line.trunk
    before = draft.graph.ancestors(tail) if tail else frozenset[MigrationKey]()
    for segment in line.segments:
        for key in segment:
            _move(draft, key, segment, tail, before)
        before |= draft.graph.ancestors(segment[-1])
        tail = segment[-1]


def _move(draft: Draft, key: MigrationKey, segment: Keys, tail: MigrationKey | None, before: frozenset[MigrationKey]) -> None:
    migration = draft.migrations[key]
    members = _members(draft, migration)
    for member in members:
        _repoint(draft, draft.migrations[member], (*segment, *members), tail, before)
        _rename(draft, member, _new_parents(draft, member))
    _repoint(draft, migration, segment, tail, before)
    if members:
        _rename_squashed(draft, key, members)
    else:
        _rename(draft, key, _new_parents(draft, key))


def _members(draft: Draft, migration: Migration) -> Keys:
    """Return the files that a squashed migration of ours replaces and that move with it, in the order in which it names them."""
    return tuple(
        key
        for key in migration.replaces
        if key.app_label == migration.key.app_label and key in draft.migrations and key not in draft.fixed
    )


def _repoint(
    draft: Draft, migration: Migration, segment: Keys, tail: MigrationKey | None, before: frozenset[MigrationKey]
) -> None:
    """Give the first migrations of a chain the new parent in the place of those that it comes after now anyway."""
    own = [key for key in migration.dependencies if key.app_label == migration.key.app_label]
    inside = [key for key in own if _standing_for(draft, key) in segment]
    if inside or tail is None:
        return
    gone = [key for key in own if _standing_for(draft, key) in before]
    if gone:
        draft.parents[migration.key] = dict.fromkeys(gone, (tail,))
    elif tail not in own:
        draft.added[migration.key] = (*draft.added.get(migration.key, ()), tail)


def _standing_for(draft: Draft, key: MigrationKey) -> MigrationKey:
    """Return what stands for a migration in the graph: itself, what took a removed file's place, or the squashed migration."""
    seen: set[MigrationKey] = set()
    while key not in draft.graph.nodes and key not in seen:
        seen.add(key)
        key = draft.redirect[key][0] if draft.redirect.get(key) else draft.graph.replaced.get(key, key)
    return key


def _new_parents(draft: Draft, key: MigrationKey) -> list[str]:
    """Return the new names of a migration's new parents within its app."""
    migration = draft.migrations[key]
    moved = draft.parents.get(key, {})
    parents = [new for written in migration.dependencies for new in moved.get(written, (written,))]
    parents += draft.added.get(key, ())
    return [final.name for parent in parents for final in draft.final(parent) if final.app_label == key.app_label]


def _rename(draft: Draft, key: MigrationKey, parents: list[str]) -> None:
    plain = draft.plain(key)
    name = next_name(plain.name, parents, draft.names(key.app_label))
    if key != plain and name == plain.name:
        name = free(name, draft.names(key.app_label))
    if name != key.name:
        draft.renamed[key] = draft.take(MigrationKey(key.app_label, name))


def _rename_squashed(draft: Draft, key: MigrationKey, members: Keys) -> None:
    """Rename 0002_squashed_0003_x after what it replaces: the number of the first, the name of the last."""
    first, last = draft.final(members[0])[0], draft.final(members[-1])[0]
    form = re.fullmatch(r"(\d+)_squashed_(.+)", key.name)
    if not form or form[2] != draft.plain(members[-1]).name or number_of(first.name) is None:
        _rename(draft, key, _new_parents(draft, key))
        return
    digits = re.match(r"\d+", first.name)
    name = f"{digits[0] if digits else form[1]}_squashed_{last.name}"
    if name != key.name:
        draft.renamed[key] = draft.take(MigrationKey(key.app_label, name))
