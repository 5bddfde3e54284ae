"""The graph that is read from files is the one that Django's own loader builds from imported modules."""

from __future__ import annotations

import pytest

from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import App, Snapshot
from handrail.sources.django_names import one_path
from handrail.sources.files import FoldersTree, WorkingTree, read_snapshot
from tests.projects.conftest import Project

SMALL = ["djcontrib", "machina", "helpdesk", "oscar", "wagtail"]
LARGE = ["pretix", "mayan", "netbox"]
ALL = [*SMALL, *(pytest.param(name, marks=pytest.mark.large) for name in LARGE)]

pytestmark = pytest.mark.parametrize("project", ALL, indirect=True)


@pytest.fixture(scope="module")
def snapshot(project: Project) -> Snapshot:
    apps = [App(label=label, path=path, module=module) for label, path, module in project.loaded["apps"]]
    tree = FoldersTree(project.site_packages, [app.path for app in apps])
    return read_snapshot(tree, apps=apps)


@pytest.fixture(scope="module")
def graph(project: Project, snapshot: Snapshot) -> MigrationGraph:
    return MigrationGraph.build(snapshot.migrations, settings=project.loaded["settings"], apps=project.loaded["unmigrated"])


def keys(pairs: list[list[str]]) -> list[MigrationKey]:
    return sorted(MigrationKey(*pair) for pair in pairs)


def test_every_file_is_read(project: Project, snapshot: Snapshot) -> None:
    assert snapshot.findings == ()
    assert sorted(snapshot.apps) == project.loaded["migrated"]
    assert sorted(snapshot.migrations) == keys([key for key, _ in project.loaded["operations"]])


def test_the_nodes_are_the_same(project: Project, graph: MigrationGraph) -> None:
    assert sorted(graph.nodes) == keys(project.loaded["nodes"])
    assert graph.missing == ()


def test_the_edges_are_the_same(project: Project, graph: MigrationGraph) -> None:
    read = sorted((child, parent) for child, parents in graph.parents.items() for parent in parents)
    assert read == sorted((MigrationKey(*child), MigrationKey(*parent)) for child, parent in project.loaded["edges"])


def test_the_leaf_and_root_nodes_are_the_same(project: Project, graph: MigrationGraph) -> None:
    assert graph.leaf_nodes() == keys(project.loaded["leaves"])
    assert graph.root_nodes() == keys(project.loaded["roots"])


def test_the_replacements_are_the_same(project: Project, snapshot: Snapshot) -> None:
    read = sorted((target, key) for key, migration in snapshot.migrations.items() for target in migration.replaces)
    assert read == sorted((MigrationKey(*target), MigrationKey(*key)) for target, key in project.loaded["replaced"])


def test_atomic_and_initial_are_the_same(project: Project, snapshot: Snapshot) -> None:
    assert sorted(key for key, migration in snapshot.migrations.items() if migration.atomic) == keys(project.loaded["atomic"])
    read = {key: migration.initial for key, migration in snapshot.migrations.items()}
    assert read == {MigrationKey(*key): initial for key, initial in project.loaded["initial"]}


def test_the_classes_of_operations_are_the_same(project: Project, snapshot: Snapshot) -> None:
    """An operation that cannot be told from the file (named "?") stands for what Django found there; no other may differ."""
    compared = 0
    for pair, loaded in project.loaded["operations"]:
        operations = snapshot.migrations[MigrationKey(*pair)].operations
        if any(operation.name == "?" for operation in operations):
            continue
        read = [(operation.name, operation.path) for operation in operations]
        assert read == [(name, one_path(path)) for name, path in loaded], pair
        compared += len(read)
    assert compared > 20


def test_the_apps_are_found_without_settings_too(project: Project, snapshot: Snapshot) -> None:
    """By their folders alone: the same labels for the same folders; only apps that are not installed come on top."""
    found = read_snapshot(WorkingTree(project.site_packages)).apps
    labels = {key.app_label for key in snapshot.migrations}
    installed = {label: app for label, app in snapshot.apps.items() if label in labels}
    assert {label: found[label].path for label in installed} == {label: app.path for label, app in installed.items()}
    assert {label: found[label].module for label in installed} == {label: app.module for label, app in installed.items()}
