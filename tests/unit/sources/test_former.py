"""What git tells of files that are not there any more, and of lines that came later than their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.domain.history import Origin
from handrail.domain.migration import MigrationKey
from handrail.sources.facts import FileFacts, read_facts
from handrail.sources.former import digests, file_origin, former_digests, line_origin, paths_of
from handrail.sources.project import Project
from tests.git_sandbox import Sandbox, isolate
from tests.unit.planning.small_project import migration

PATH = "shop/migrations/0002_b.py"
OLD = MigrationKey("shop", "0002_b")
FIRST = MigrationKey("shop", "0001_initial")
OTHER = MigrationKey("shop", "0002_a")


def add(name: str) -> str:
    return f'migrations.AddField("thing", "{name}", models.IntegerField())'


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    isolate(monkeypatch)
    monkeypatch.setenv("HANDRAIL_CACHE", "off")
    made = Sandbox.create(tmp_path / "repo")
    made.commit(shop____init__="", shop__migrations____init__="", shop__migrations__0001_initial=migration())
    return made


def project(sandbox: Sandbox) -> Project:
    return Project(root=sandbox.path)


def digest(text: str) -> str:
    return read_facts(text.encode()).digest


def test_every_content_that_a_file_had_on_any_branch_is_known(sandbox: Sandbox) -> None:
    versions = [migration("shop.0001_initial", add(name)) for name in ("x", "y", "z")]
    sandbox.commit(shop__migrations__0002_b=versions[0])
    sandbox.commit(shop__migrations__0002_b=versions[1])
    sandbox.git("rm", "-q", PATH)
    sandbox.commit("gone")
    sandbox.git("checkout", "-q", "-b", "other", "HEAD~3")
    sandbox.commit(shop__migrations__0002_b=versions[2])
    sandbox.git("checkout", "-q", "main")
    found = former_digests(project(sandbox), {OLD: PATH, OTHER: "shop/migrations/0002_a.py"})
    assert found == {OLD: {digest(text) for text in versions}, OTHER: set()}


def test_what_is_no_migration_has_no_digest() -> None:
    assert digests([b"x = (", b"x = 1", migration("", add("x")).encode()]) == {digest(migration("", add("x")))}


def test_without_git_nothing_is_known(tmp_path: Path, sandbox: Sandbox) -> None:
    outside = Project(root=tmp_path)
    assert former_digests(outside, {OLD: PATH}) == {OLD: set()}
    assert file_origin(outside, PATH) is None
    assert line_origin(outside, PATH, lambda facts: False) is None


def test_only_files_of_the_project_are_asked_for(sandbox: Sandbox) -> None:
    assert paths_of(project(sandbox), [OLD, MigrationKey("auth", "0001_initial")]) == {OLD: PATH}
    assert file_origin(project(sandbox), "../elsewhere/0001_initial.py") is None


def test_where_a_file_came_from(sandbox: Sandbox) -> None:
    first = sandbox.commit("add b", "Bob", shop__migrations__0002_b=migration("shop.0001_initial", add("x")))
    sandbox.commit("change b", shop__migrations__0002_b=migration("shop.0001_initial", add("y")))
    sandbox.write(shop__migrations__0003_c=migration())
    assert file_origin(project(sandbox), PATH) == Origin(commit=first, author="Bob", subject="add b")
    assert str(file_origin(project(sandbox), PATH)) == f"came with {first[:10]} by Bob (add b)"
    assert str(file_origin(project(sandbox), "shop/migrations/0003_c.py")) == "is not committed"


def needs_a(facts: FileFacts) -> bool:
    return OTHER in facts.header.dependencies


def test_where_a_line_came_from(sandbox: Sandbox) -> None:
    sandbox.commit(shop__migrations__0002_b=migration("shop.0001_initial", add("x")))
    assert line_origin(project(sandbox), PATH, needs_a) == Origin()
    changed = sandbox.commit("need a", shop__migrations__0002_b=migration("shop.0002_a", add("x")))
    sandbox.commit("more", shop__migrations__0002_b=migration("shop.0002_a", add("y")))
    assert line_origin(project(sandbox), PATH, needs_a) == Origin(commit=changed, author="Ann", subject="need a")


def test_a_line_as_old_as_its_file_is_nobody_s_news(sandbox: Sandbox) -> None:
    sandbox.commit(shop__migrations__0002_b=migration("shop.0002_a", add("x")))
    sandbox.commit(shop__migrations__0002_b=migration("shop.0002_a", add("y")))
    assert line_origin(project(sandbox), PATH, needs_a) is None
