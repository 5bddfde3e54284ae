"""A tree's files as a snapshot: apps, migrations, settings, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from handrail.checks.hr212 import Unreadable as Check
from handrail.domain.dataclasses import replace
from handrail.domain.finding import Finding, Severity
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.snapshot import App, Snapshot
from handrail.sources.app_configs import read_configs
from handrail.sources.cache import FactCache
from handrail.sources.discovery import Folder, Found, Layout, config_paths, find_folders, name_apps
from handrail.sources.facts import FileFacts, to_migration
from handrail.sources.files import SKIPPED
from handrail.sources.reading import OnDisk, read_all
from handrail.sources.settings import ProjectSettings, is_for_tests, read_settings
from handrail.sources.tree import Tree

NO_PACKAGE = "no __init__.py in the folder, so that Django loads none of its migrations"
COMPILED = "a compiled file without its source, which Django loads"
IN_SKIPPED = re.compile(f"(^|/)({'|'.join(map(re.escape, sorted(SKIPPED)))})/")
"""What a working tree passes over is passed over in git's trees too, where somebody has committed it."""
GONE = "it cannot be opened"
Facts = Mapping[str, FileFacts]


def read_snapshot(tree: Tree, *, cache: FactCache | None = None, apps: Sequence[App] = ()) -> Snapshot:
    """Return all migrations of a project as they are in a tree.

    cache: facts that are known already; what is new is kept in it, for its owner to save. apps: the apps of the project, where
    the app registry is known (those that the tree does not have are left out); otherwise they are found by their folders, and
    named by their AppConfig.
    """
    paths = tree.paths() if isinstance(tree, OnDisk) else [path for path in tree.paths() if not IN_SKIPPED.search(path)]
    layout = Layout(paths)
    settings = read_settings(tree, paths)
    folders = [layout.folder(app.path) for app in apps] if apps else find_folders(layout, settings)
    facts = read_all(tree, [path for folder in folders for path in folder.files], cache)
    if apps:
        found = [Found(app=app, folder=folder, rank=(False, False, 0, "")) for app, folder in zip(apps, folders, strict=True)]
    else:
        found = find_apps(tree, layout, settings, [folder for folder in folders if holds_migrations(folder, facts)], facts)
    return build(tree.ref, found, facts, settings)


def holds_migrations(folder: Folder, facts: Facts) -> bool:
    """Say whether a folder is one of migrations: a file of it is one, or looks as if it were meant to be."""
    read = [facts[path] for path in folder.files if path in facts]
    if not folder.files:
        return folder.is_package
    return any(one.fault is None or (not one.fault.is_python and "Migration" in one.text) for one in read)


def find_apps(tree: Tree, layout: Layout, settings: ProjectSettings, folders: Sequence[Folder], facts: Facts) -> list[Found]:
    """Return the apps of folders by what their AppConfig classes and their migrations say."""
    wanted = {path for folder in folders for path in config_paths(layout, folder)}
    configs = {path: read_configs(content) for path, content in tree.read_many(sorted(wanted)).items()}
    needs = {
        folder.path: [key for path in folder.files if path in facts for key in facts[path].header.dependencies]
        for folder in folders
    }
    return name_apps(layout, folders, settings, configs, needs)


def build(ref: str, found: Sequence[Found], facts: Facts, settings: ProjectSettings) -> Snapshot:
    """Return the snapshot of apps and of the facts about their files."""
    apps: dict[str, App] = {}
    migrations: dict[MigrationKey, Migration] = {}
    findings: list[Finding] = []
    for one in found:
        if one.app.label in apps:
            findings += taken(one, apps[one.app.label])
            continue
        if not one.folder.is_package and not one.folder.files:
            continue
        apps[one.app.label] = one.app
        findings += faults(one.folder, facts)
        if one.folder.is_package:
            migrations.update(migrations_of(one, facts))
    return Snapshot(
        ref=ref,
        apps=apps,
        migrations=migrations,
        settings=settings.swappable,
        findings=tuple(findings),
    )


def migrations_of(found: Found, facts: Facts) -> Iterator[tuple[MigrationKey, Migration]]:
    """Yield the migrations of an app that could be read."""
    for path in found.folder.files:
        one = facts.get(path)
        if one is not None and one.fault is None:
            key = MigrationKey(found.app.label, path.rpartition("/")[2].removesuffix(".py"))
            yield key, to_migration(one, key, path, found.app.module)


def faults(folder: Folder, facts: Facts) -> Iterator[Finding]:
    """Yield a finding for every file of a folder that cannot be read, or that Django would not load."""
    if not folder.is_package:
        yield from Check.find(folder.path, None, NO_PACKAGE)
    for path in folder.files:
        one = facts.get(path)
        if one is None:
            yield from Check.find(path, None, GONE)
        elif one.fault is not None:
            yield from Check.find(path, one.fault.line, one.fault.reason)
    for path in folder.compiled:
        yield from Check.find(path, None, COMPILED)


def taken(found: Found, by: App) -> Iterator[Finding]:
    """Yield the finding for a folder whose app has the label of another: only one of the two can be read."""
    reason = f"the app label {found.app.label} is that of {by.path} already"
    severity = Severity.INFO if is_for_tests(found.app.path) else Severity.WARNING
    for finding in Check.find(found.app.path, None, reason):
        yield replace(finding, severity=severity, help="name one project's root with --path", command="handrail explain HR212")
