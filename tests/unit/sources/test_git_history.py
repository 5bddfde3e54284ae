"""Who wrote a file, what differs, and where a file that is not here is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handrail.sources.git_history import Change
from tests.git_sandbox import Sandbox, found, isolated, sandbox

__all__ = ["isolated", "sandbox"]


def test_what_differs_between_two_refs(sandbox: Sandbox) -> None:
    long = "".join(f"line {number}\n" for number in range(50))
    sandbox.commit(app__gone="1", app__moved=long, app__same="2", app__edited="3", other="4")
    sandbox.git("tag", "before")
    (sandbox.path / "app" / "gone.py").unlink()
    (sandbox.path / "app" / "moved.py").unlink()
    odd = os.fsdecode(b"\xe9\n.py")
    (sandbox.path / "app" / odd).write_text("5")
    sandbox.commit(app__new_place=long + "end\n", app__edited="33", other="44")
    repository = found(sandbox.path / "app")
    changes = repository.changed("before", "main")
    assert [(change.status, change.before, change.path) for change in changes] == [
        ("M", "edited.py", "edited.py"),
        ("D", "gone.py", "gone.py"),
        ("R", "moved.py", "new_place.py"),
        ("A", odd, odd),
    ]
    before, after = repository.tree("before"), repository.tree("main")
    by_path = {change.path: change for change in changes}
    assert by_path["edited.py"] == Change(
        status="M",
        path="edited.py",
        before="edited.py",
        old=before.entries["edited.py"],
        new=after.entries["edited.py"],
    )
    assert (by_path["gone.py"].new, by_path[odd].old) == ("", "")
    assert repository.changed("main", "main") == []


def test_a_link_that_becomes_a_file_is_added_and_the_other_way_deleted(sandbox: Sandbox) -> None:
    (sandbox.path / "link.py").symlink_to("file.py")
    sandbox.commit(file="1")
    (sandbox.path / "link.py").unlink()
    (sandbox.path / "file.py").unlink()
    (sandbox.path / "file.py").symlink_to("link.py")
    (sandbox.path / "new.py").symlink_to("link.py")
    sandbox.commit(link="2")
    repository = found(sandbox.path)
    before, after = repository.tree("HEAD~1").entries, repository.tree("HEAD").entries
    assert repository.changed("HEAD~1", "HEAD") == [
        Change(status="D", path="file.py", before="file.py", old=before["file.py"], new=""),
        Change(status="A", path="link.py", before="link.py", old="", new=after["link.py"]),
    ]


def test_the_last_author_of_each_path(sandbox: Sandbox) -> None:
    sandbox.commit("Start", "Ann", app__one="1", app__two="1")
    later = sandbox.commit("Change one", "Bob", app__one="2")
    authors = found(sandbox.path / "app").authors(["one.py", "two.py", "none.py"])
    assert {path: (touch.author, touch.email, touch.subject) for path, touch in authors.items()} == {
        "one.py": ("Bob", "bob@example.org", "Change one"),
        "two.py": ("Ann", "ann@example.org", "Start"),
    }
    assert (authors["one.py"].commit, authors["one.py"].branch) == (later, "main")
    assert authors["one.py"].time == int(sandbox.git("log", "-1", "--format=%ct"))


def test_no_paths_ask_nothing(sandbox: Sandbox) -> None:
    sandbox.commit(one="1")
    assert found(sandbox.path).authors([]) == {}


def test_the_branch_that_a_file_came_by(sandbox: Sandbox) -> None:
    sandbox.commit(start="1")
    sandbox.git("switch", "--quiet", "--create", "feature/price")
    sandbox.commit("Add a price", "Bob", app__price="1")
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit("Add a name", "Ann", app__name="1")
    sandbox.git("merge", "--quiet", "--no-ff", "--no-edit", "feature/price")
    sandbox.git("switch", "--quiet", "--create", "colour", "HEAD~1")
    sandbox.commit("Add a colour", "Cid", app__colour="1")
    sandbox.git("switch", "--quiet", "main")
    sandbox.git("merge", "--quiet", "--no-ff", "-m", "Merge pull request #7 from cid/colour", "colour")
    authors = found(sandbox.path).authors(["app/price.py", "app/name.py", "app/colour.py"], "main")
    assert {path: (touch.author, touch.branch) for path, touch in authors.items()} == {
        "app/price.py": ("Bob", "feature/price"),
        "app/name.py": ("Ann", "main"),
        "app/colour.py": ("Cid", "colour"),
    }


@pytest.mark.parametrize(
    ("subject", "branch"),
    [
        ("Merge branch 'a/b' into main", "a/b"),
        ("Merge remote-tracking branch 'origin/a'", "origin/a"),
        ("Merge branches 'a' and 'b'", "a"),
        ("Merge pull request #12 from someone/a/b", "a/b"),
        ("Merged in a/b (pull request #3)", "a/b"),
        ("Ship it", ""),
    ],
)
def test_the_subjects_of_merges(sandbox: Sandbox, subject: str, branch: str) -> None:
    sandbox.commit(start="1")
    sandbox.git("switch", "--quiet", "--create", "side")
    sandbox.commit(side="1")
    sandbox.git("switch", "--quiet", "main")
    sandbox.git("merge", "--quiet", "--no-ff", "-m", subject, "side")
    assert found(sandbox.path).authors(["side.py"])["side.py"].branch == branch


def test_a_file_made_in_a_merge_belongs_to_who_merged(sandbox: Sandbox) -> None:
    sandbox.commit(start="1")
    sandbox.git("switch", "--quiet", "--create", "feature")
    sandbox.commit("Side", "Bob", side="1")
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit("Main", "Ann", start="2")
    sandbox.git("merge", "--quiet", "--no-commit", "feature")
    merge = sandbox.commit("Merge branch 'feature'", "Cid", merged="1")
    authors = found(sandbox.path).authors(["merged.py", "side.py", "start.py"])
    assert {path: touch.author for path, touch in authors.items()} == {"merged.py": "Cid", "side.py": "Bob", "start.py": "Ann"}
    assert (authors["merged.py"].commit, authors["merged.py"].status) == (merge, "A")


def test_signatures_and_other_settings_do_not_reach_the_answer(sandbox: Sandbox) -> None:
    sandbox.git("config", "log.showSignature", "true")
    sandbox.git("config", "log.follow", "true")
    sandbox.git("config", "color.ui", "always")
    sandbox.git("config", "diff.renames", "copies")
    sandbox.commit("A", "Ann", one="1" * 500)
    sandbox.git("mv", "one.py", "two.py")
    sandbox.commit("B", "Bob")
    authors = found(sandbox.path).authors(["two.py"])
    assert (authors["two.py"].author, authors["two.py"].status) == ("Bob", "A")


def test_a_file_on_another_branch(sandbox: Sandbox) -> None:
    sandbox.commit(app__start="1")
    sandbox.git("switch", "--quiet", "--create", "feature")
    commit = sandbox.commit("Add it", "Bob", app__gone="1")
    sandbox.git("switch", "--quiet", "main")
    where = found(sandbox.path / "app").find_file("gone.py")
    assert (where.path, where.refs, where.deleted) == ("gone.py", ("feature",), None)
    assert where.blob == sandbox.git("rev-parse", "feature:app/gone.py")
    assert where.added is not None
    assert (where.added.commit, where.added.author) == (commit, "Bob")


def test_a_file_on_a_remote_branch_and_a_tag(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.commit(gone="1")
    sandbox.git("tag", "v1")
    Sandbox(tmp_path).git("clone", "--quiet", "shop", "clone")
    cloned = Sandbox(tmp_path / "clone")
    cloned.git("rm", "--quiet", "gone.py")
    cloned.commit("Take it away")
    assert sorted(found(cloned.path).find_file("gone.py").refs) == ["origin/main", "v1"]


def test_a_file_deleted_long_ago_even_on_a_branch_that_was_merged(sandbox: Sandbox) -> None:
    sandbox.commit(start="1")
    sandbox.git("switch", "--quiet", "--create", "feature")
    added = sandbox.commit("Add it", "Bob", gone="text")
    blob = sandbox.git("rev-parse", "HEAD:gone.py")
    sandbox.git("rm", "--quiet", "gone.py")
    deleted = sandbox.commit("Take it away", "Cid")
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit(start="2")
    sandbox.git("merge", "--quiet", "--no-ff", "--no-edit", "feature")
    sandbox.git("branch", "--delete", "feature")
    repository = found(sandbox.path)
    where = repository.find_file("gone.py")
    assert (where.refs, where.blob) == ((), blob)
    assert where.deleted is not None and where.added is not None
    assert (where.deleted.commit, where.deleted.author, where.added.commit) == (deleted, "Cid", added)
    assert [(touch.status, touch.commit) for touch in repository.path_history("gone.py")] == [("D", deleted), ("A", added)]
    assert repository.objects.blobs([where.deleted.old]) == {blob: b"text"}


def test_a_file_that_never_was(sandbox: Sandbox) -> None:
    sandbox.commit(start="1")
    where = found(sandbox.path).find_file("never.py")
    assert (where.refs, where.blob, where.added, where.deleted) == ((), "", None, None)
