"""The files of refs and of the index, whole, partial and shallow."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from handrail.errors.base import Refusal
from tests.git_sandbox import Sandbox, found, isolated, sandbox

__all__ = ["isolated", "sandbox"]


def test_a_tree_starts_at_the_folder_that_was_asked_for(sandbox: Sandbox) -> None:
    commit = sandbox.commit(back__app__models="1", front__page="2")
    tree = found(sandbox.path / "back").tree("main")
    assert (tree.ref, tree.commit, tree.paths()) == ("main", commit, ["app/models.py"])
    assert tree.read_many(["app/models.py", "front/page.py", "gone.py"]) == {"app/models.py": b"1"}
    assert tree.identities(["app/models.py", "gone.py"]) == {"app/models.py": sandbox.git("rev-parse", "HEAD:back/app/models.py")}
    assert found(sandbox.path).tree("main", "front").paths() == ["page.py"]


def test_a_ref_without_the_folder_has_no_files(sandbox: Sandbox) -> None:
    sandbox.commit(app__models="1")
    sandbox.git("tag", "old")
    sandbox.commit(back__models="1")
    assert found(sandbox.path / "back").tree("old").paths() == []
    assert found(sandbox.path).tree("main", "app/models.py").paths() == []


def test_links_and_submodules_are_left_out(sandbox: Sandbox, tmp_path: Path) -> None:
    Sandbox.create(tmp_path / "part").commit(models="1")
    sandbox.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(tmp_path / "part"), "part")
    (sandbox.path / "link.py").symlink_to("run.py")
    sandbox.write(run="1")
    (sandbox.path / "run.py").chmod(0o755)
    sandbox.commit()
    repository = found(sandbox.path)
    assert repository.tree("HEAD").paths() == [".gitmodules", "run.py"]
    assert repository.index().paths() == [".gitmodules", "run.py"]


def test_names_that_are_no_utf8_or_hold_odd_signs_survive(sandbox: Sandbox) -> None:
    names = [os.fsdecode(b"caf\xe9.py"), "a\nb.py", "tab\t.py", 'quo"te.py', ":(glob)*.py", "[x].py", "ü.py"]
    for name in names:
        (sandbox.path / name).write_text(name, errors="surrogateescape")
    sandbox.commit()
    repository = found(sandbox.path)
    wanted = {name: os.fsencode(name) for name in names}
    for tree in (repository.tree("HEAD"), repository.index()):
        assert tree.paths() == sorted(names)
        assert tree.read_many(names) == wanted


@pytest.mark.parametrize("folder", ["[ab]:c", "*", ":(top)a", ":!a"])
def test_folders_with_odd_names(sandbox: Sandbox, folder: str) -> None:
    sandbox.commit(**{f"{folder}__models": "1", "a__models": "2", "a__other": "2"})
    repository = found(sandbox.path / folder)
    assert repository.tree("HEAD").paths() == ["models.py"]
    assert repository.index().read_many(["models.py", "other.py", "a/other.py"]) == {"models.py": b"1"}
    assert repository.index().paths() == ["models.py"]


def test_the_index_holds_what_is_staged(sandbox: Sandbox) -> None:
    sandbox.commit(app__models="1", app__empty="")
    sandbox.write(app__models="2", app__new="3")
    sandbox.git("add", "app/new.py")
    tree = found(sandbox.path / "app").index()
    assert (tree.ref, tree.commit) == (":", "")
    assert tree.read_many(tree.paths()) == {"empty.py": b"", "models.py": b"1", "new.py": b"3"}


@pytest.mark.parametrize("commit_first", [True, False])
def test_what_is_only_meant_to_be_added_is_not_in_the_index(sandbox: Sandbox, commit_first: bool) -> None:
    if commit_first:
        sandbox.commit(app__models="1")
    sandbox.write(app__new="3", app__staged="")
    sandbox.git("add", "--intent-to-add", "app/new.py")
    sandbox.git("add", "app/staged.py")
    wanted = ["models.py", "staged.py"] if commit_first else ["staged.py"]
    assert found(sandbox.path / "app").index().paths() == wanted


def test_a_conflict_in_the_index_has_three_stages(sandbox: Sandbox) -> None:
    sandbox.commit(app__models="base\n", app__same="1")
    sandbox.git("switch", "--quiet", "--create", "feature")
    sandbox.commit(app__models="feature\n")
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit(app__models="main\n")
    sandbox.git("merge", "feature", status=1)
    repository = found(sandbox.path / "app")
    assert repository.index().paths() == ["same.py"]
    stages = [repository.index(stage=stage).read_many(["models.py"]) for stage in (1, 2, 3)]
    assert stages == [{"models.py": b"base\n"}, {"models.py": b"main\n"}, {"models.py": b"feature\n"}]


def test_an_unborn_branch_has_an_index_and_no_tree(sandbox: Sandbox) -> None:
    sandbox.write(models="1")
    sandbox.git("add", "models.py")
    repository = found(sandbox.path)
    assert (repository.head().branch, repository.head().commit) == ("main", "")
    assert repository.index().paths() == ["models.py"]
    with pytest.raises(Refusal) as caught:
        repository.tree("HEAD")
    assert caught.value.finding.message == "ref not found: HEAD (there is no commit yet)"


def test_blobs_are_read_once_and_many_are_read_in_one_go(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.commit(**{f"file{number}": f"{number}\n" * 5000 for number in range(300)})
    log = sandbox.path.parent / "trace"
    monkeypatch.setenv("GIT_TRACE", str(log))
    repository = found(sandbox.path)
    tree = repository.tree("HEAD")
    first = tree.read_many(tree.paths())
    assert len(first) == 300
    assert first["file7.py"] == b"7\n" * 5000
    shutil.rmtree(sandbox.path / ".git" / "objects")
    assert tree.read_many(tree.paths()) == first
    started = [line.partition("git ")[2] for line in log.read_text().splitlines() if "built-in" in line]
    assert sum("cat-file" in line for line in started) == 1
    assert len(started) == 4  # rev-parse, ls-tree, cat-file, config


def test_a_damaged_repository_is_refused(sandbox: Sandbox) -> None:
    sandbox.commit(models="1")
    blob = sandbox.git("rev-parse", "HEAD:models.py")
    (sandbox.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    tree = found(sandbox.path).tree("HEAD")
    with pytest.raises(Refusal) as caught:
        tree.read_many(["models.py"])
    assert caught.value.finding.code == "HR015"
    assert caught.value.finding.notes == (f"{blob} missing",)


@pytest.fixture
def partial(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A clone without the contents of files: git fetches them from the other repository when they are asked for."""
    sandbox.git("config", "uploadpack.allowFilter", "true")
    sandbox.git("config", "uploadpack.allowAnySHA1InWant", "true")
    sandbox.commit(app__a="1", app__b="2", app__c="3")
    url = f"file://{sandbox.path}"
    Sandbox(tmp_path).git("clone", "--quiet", "--no-checkout", "--filter=blob:none", url, "partial")
    return Sandbox(tmp_path / "partial")


def test_a_partial_clone_fetches_what_is_asked_for_at_once(partial: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    log = partial.path.parent / "trace"
    monkeypatch.setenv("GIT_TRACE", str(log))
    tree = found(partial.path).tree("origin/main")
    assert tree.read_many(["app/a.py", "app/b.py"]) == {"app/a.py": b"1", "app/b.py": b"2"}
    fetches = [line for line in log.read_text().splitlines() if "built-in: git fetch " in line]
    assert len(fetches) == 1
    held = partial.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split()
    assert {tree.entries["app/a.py"], tree.entries["app/b.py"]} <= set(held)
    assert tree.entries["app/c.py"] not in held


def test_a_partial_clone_reads_offline_what_it_has(partial: Sandbox, sandbox: Sandbox) -> None:
    found(partial.path).tree("origin/main").read_many(["app/a.py"])
    sandbox.path.rename(sandbox.path.with_name("offline"))
    tree = found(partial.path).tree("origin/main")
    assert tree.read_many(["app/a.py"]) == {"app/a.py": b"1"}
    with pytest.raises(Refusal) as caught:
        found(partial.path).tree("origin/main").read_many(["app/a.py", "app/b.py", "app/c.py"])
    finding = caught.value.finding
    assert finding.code == "HR012"
    assert finding.message == "history not there: the contents of 2 files of a partial clone"
    assert finding.command == "git fetch --refetch --no-filter origin"


def test_the_command_for_a_partial_clone_helps(partial: Sandbox, sandbox: Sandbox) -> None:
    partial.git("fetch", "--refetch", "--no-filter", "origin")
    sandbox.path.rename(sandbox.path.with_name("offline"))
    assert found(partial.path).tree("origin/main").read_many(["app/c.py"]) == {"app/c.py": b"3"}


def test_a_clone_without_folders_is_refused_offline(sandbox: Sandbox, partial: Sandbox, tmp_path: Path) -> None:
    url = f"file://{sandbox.path}"
    Sandbox(tmp_path).git("clone", "--quiet", "--no-checkout", "--filter=tree:0", url, "treeless")
    repository = found(tmp_path / "treeless")
    sandbox.path.rename(sandbox.path.with_name("offline"))
    with pytest.raises(Refusal) as caught:
        repository.tree("origin/main")
    assert caught.value.finding.code == "HR012"
    assert caught.value.finding.message == "history not there: objects of a partial clone"


def test_sha256_repositories(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "shop", "--object-format=sha256")
    sandbox.write(new="1", staged="")
    sandbox.git("add", "--intent-to-add", "new.py")
    sandbox.git("add", "staged.py")
    assert found(sandbox.path).index().paths() == ["staged.py"]
    sandbox.commit()
    assert found(sandbox.path).tree("HEAD").read_many(["new.py"]) == {"new.py": b"1"}
