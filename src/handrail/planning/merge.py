"""Merge migrations: the one that is written, and the one too many."""

from __future__ import annotations

from itertools import groupby

from handrail.domain.migration import MigrationKey
from handrail.planning.draft import Draft
from handrail.planning.naming import free, merge_name


def merge(draft: Draft, app_label: str) -> None:
    """Add one merge migration over all leaf nodes of an app."""
    for key in draft.snapshot.aside:
        if key.app_label == app_label and key not in draft.redirect:
            name = free(draft.plain(key).name, draft.names(app_label))
            draft.renamed[key] = draft.take(MigrationKey(app_label, name))
    leaves = draft.graph.leaf_nodes(app_label)
    name = merge_name([new.name for leaf in leaves for new in draft.final(leaf)], draft.names(app_label))
    draft.add(MigrationKey(app_label, name), tuple(leaves))


def drop_twins(draft: Draft, app_label: str) -> None:
    """Keep one of several merge migrations over the same parents, the one that is fixed if there is one (HR110)."""
    merges = []
    for key in sorted(draft.graph.nodes):
        if key.app_label == app_label and not draft.migrations[key].operations:
            parents = tuple(sorted(draft.migrations[key].dependencies))
            if sum(parent.app_label == app_label for parent in parents) > 1:
                merges.append((parents, key not in draft.fixed, key))
    for _, group in groupby(sorted(merges), key=lambda entry: entry[0]):
        (_, _, kept), *others = group
        for _, may_go, key in others:
            if may_go:
                draft.aliases[key] = kept
                draft.redirect[key] = (kept,)
                draft.notes.append(f"{key} merges the same migrations as {kept}: one of the two is enough")
