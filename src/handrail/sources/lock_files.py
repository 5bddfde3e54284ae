"""The lock-files of a project: whether they are in step with the migration files, and what would bring them there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from handrail.checks.hr115 import LockFileOutOfStep
from handrail.domain.edit import Action, Edit
from handrail.domain.finding import Finding
from handrail.domain.graph import MigrationGraph
from handrail.domain.snapshot import App, Snapshot
from handrail.planning.lockfile import FILE_NAME, Lock, LockError, differences, lock_of, parse, render
from handrail.sources.tree import Tree


def path_of(app: App) -> str:
    """Return the path of an app's lock-file, relative to the project root."""
    return f"{app.path}/{FILE_NAME}" if app.path else FILE_NAME


def has_lock(tree: Tree, app: App) -> bool:
    """Say whether an app has a lock-file."""
    return bool(tree.read_many([path_of(app)]))


def lock_findings(tree: Tree, snapshot: Snapshot, graph: MigrationGraph, apps: Collection[str] = ()) -> Iterator[Finding]:
    """Yield HR115 for every app whose lock-file differs from its files; apps without a lock-file have no finding.

    graph: of the snapshot, which was read from tree. apps: only these, or all where it is empty.
    """
    for app, text in _locks(tree, snapshot, apps):
        files = lock_of(app.label, graph)
        lock, problem = _parsed(text)
        yield from LockFileOutOfStep.find(
            app.label,
            path_of(app),
            lock.leaves if lock else (),
            files.leaves,
            differences(lock, files) if lock else (),
            problem,
        )


def lock_edits(
    tree: Tree, snapshot: Snapshot, graph: MigrationGraph, apps: Collection[str] = (), *, create: bool = False
) -> tuple[Edit, ...]:
    """Return what brings the lock-files of the apps (all by default) in step with the graph, which may be one still to be made.

    create: also where there is no lock-file yet.
    """
    before = {app.label: text for app, text in _locks(tree, snapshot, apps)}
    edits = []
    for label, app in sorted(snapshot.apps.items()):
        lock = lock_of(label, graph)
        wanted = label in before or (create and bool(lock.entries) and (not apps or label in apps))
        after = render(lock).encode()
        if wanted and _parsed(before.get(label, b""))[0] != lock:
            action = Action.REWRITE if label in before else Action.CREATE
            edits.append(Edit(path=path_of(app), action=action, before=before.get(label), after=after))
    return tuple(edits)


def _locks(tree: Tree, snapshot: Snapshot, apps: Collection[str]) -> Iterator[tuple[App, bytes]]:
    chosen: Mapping[str, App] = {path_of(app): app for label, app in snapshot.apps.items() if not apps or label in apps}
    for path, text in sorted(tree.read_many(sorted(chosen)).items()):
        yield chosen[path], text


def _parsed(text: bytes) -> tuple[Lock | None, str]:
    try:
        return parse(text.decode("utf-8", "replace")), ""
    except LockError as error:
        return None, str(error)
