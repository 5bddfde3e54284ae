"""From what is decided to edits of files."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.domain.edit import Action, Edit
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey
from handrail.errors.hr120 import NotRewritten
from handrail.errors.hr122 import Immovable
from handrail.planning.changes import Changes
from handrail.planning.draft import Draft
from handrail.planning.render import NotRenderable, migration_source, modules_of

MAX_MIGRATION = "max_migration.txt"
"""The file in which django-linear-migrations keeps the name of an app's last migration, followed by a line break."""


def edits_of(draft: Draft, final: MigrationGraph) -> tuple[Edit, ...]:
    """Return every file's change, sorted by path; raises a Refusal where one cannot be made."""
    edits: list[Edit] = []
    for key, migration, changes in draft.remaining():
        if not migration.path:
            edits.append(_created(draft, key, migration, changes))
        elif changes != Changes() or key != migration.key or migration.key in draft.snapshot.written:
            if migration.key in draft.fixed:
                raise Immovable(app=key.app_label, keys=[migration.key])
            edits += _rewritten(draft, key, migration, changes)
    for key in draft.redirect:
        edits.append(_removed(draft, key))
    edits += _max_migrations(draft, final)
    return tuple(sorted(edits, key=lambda edit: edit.path))


def _created(draft: Draft, key: MigrationKey, migration: Migration, changes: Changes) -> Edit:
    path = f"{draft.snapshot.apps[key.app_label].path}/{key.name}.py"
    own = (other.text for other in draft.migrations.values() if other.key.app_label == key.app_label)
    try:
        text = migration_source(
            dependencies=draft.dependencies_of(migration, changes),
            operations=migration.operations,
            modules=modules_of(own),
        )
    except NotRenderable as error:
        raise NotRewritten(path=path, line=None, what=f"{error.source} means something in its own file only") from error
    return Edit(path=path, action=Action.CREATE, after=text.encode())


def _removed(draft: Draft, key: MigrationKey) -> Edit:
    path = draft.migrations[key].path
    theirs = draft.snapshot.aside[key].theirs if key in draft.snapshot.aside else None
    if theirs is None:
        return Edit(path=path, action=Action.DELETE, before=draft.files[path])
    return Edit(path=path, action=Action.REWRITE, before=draft.files[path], after=theirs)


def _rewritten(draft: Draft, key: MigrationKey, migration: Migration, changes: Changes) -> list[Edit]:
    """Return the edit of a file; two where our file was mixed with theirs of the same name: theirs stays, ours is made anew."""
    from handrail.planning.rewrite import rewritten
    from handrail.planning.syntax import NotRewritable

    before = draft.files[migration.path]
    aside = draft.snapshot.aside.get(migration.key)
    content = before if aside is None or aside.ours is None else aside.ours
    read, wanted = draft.as_written(migration, changes)
    try:
        after = content if wanted == Changes() else rewritten(content, read, wanted)
    except NotRewritable as error:
        raise NotRewritten(path=migration.path, line=error.line, what=error.what) from error
    if key == migration.key:
        return [Edit(path=migration.path, action=Action.REWRITE, before=before, after=after)]
    to = _moved(migration.path, draft.plain(migration.key), key)
    if aside is None or aside.theirs is None:
        return [Edit(path=migration.path, action=Action.RENAME, before=before, after=after, to=to)]
    return [
        Edit(path=migration.path, action=Action.REWRITE, before=before, after=aside.theirs),
        Edit(path=to, action=Action.CREATE, after=after),
    ]


def _moved(path: str, old: MigrationKey, new: MigrationKey) -> str:
    """Return where a migration's file goes; Django reads no migration from a package (loader.load_disk, 5.2 to 6.1)."""
    folder, slash, name = path.rpartition("/")
    if name != f"{old.name}.py":
        raise LookupError(path)
    return f"{folder}{slash}{new.name}.py"


def _max_migrations(draft: Draft, final: MigrationGraph) -> Iterator[Edit]:
    leaves = {leaf.app_label: leaf.name for leaf in final.leaf_nodes()}
    for label, app in draft.snapshot.apps.items():
        path = f"{app.path}/{MAX_MIGRATION}"
        if path not in draft.files or label not in leaves:
            continue
        before = draft.files[path]
        after = leaves[label].encode() + (b"\r\n" if b"\r\n" in before else b"\n")
        if before != after:
            yield Edit(path=path, action=Action.REWRITE, before=before, after=after)
