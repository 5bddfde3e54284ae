"""Setting git up and taking it away again, in real repositories, with hooks and merges that really run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from handrail.errors.base import Refusal
from handrail.execution.install_git import ATTRIBUTE, plan_install, plan_removal
from tests.git_sandbox import Sandbox, found, isolated, sandbox

__all__ = ["isolated", "sandbox"]

PROGRAM = [sys.executable, "-m", "handrail"]
FIRST = (
    "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    dependencies = [{}]\n    operations = []\n"
)


def install(path: Path, *, hooks: bool = True, driver: bool = True) -> list[str]:
    steps = plan_install(found(path), PROGRAM, hooks=hooks, driver=driver)
    for step in steps:
        step.do()
    return [step.said for step in steps]


def remove(path: Path) -> list[str]:
    steps = plan_removal(found(path))
    for step in steps:
        step.do()
    return [step.said for step in steps]


def files_below(path: Path) -> dict[str, tuple[str, int]]:
    """Return texts and modes of all files but git's objects and logs."""
    return {
        str(file.relative_to(path)): (file.read_bytes().decode("latin-1"), file.stat().st_mode)
        for file in sorted(path.rglob("*"))
        if file.is_file() and not file.name.endswith(".sample") and "objects" not in file.parts
    }


def migration(after: str = "") -> str:
    return FIRST.format(f'("app", "{after}")' if after else "")


def package(path: Path) -> None:
    """Make a folder of migrations with its __init__.py."""
    path.mkdir(parents=True)
    (path / "__init__.py").touch()


def hook(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


def test_what_is_set_up_and_that_it_is_told(sandbox: Sandbox) -> None:
    hooks = sandbox.path / ".git" / "hooks"
    command = f"{sys.executable} -m handrail merge-driver --marker-size %L %O %A %B %P"
    assert install(sandbox.path) == [
        "set merge.handrail.name in git's configuration of this repository: Handrail's lock-files of migrations",
        f"set merge.handrail.driver in git's configuration of this repository: {command}",
        "add to .gitattributes (commit it): migrations.lock merge=handrail",
        f"write the hook {hooks}/pre-commit",
        f"write the hook {hooks}/post-merge",
        f"write the hook {hooks}/post-checkout",
        f"write the hook {hooks}/post-rewrite",
    ]
    assert sandbox.git("config", "merge.handrail.driver") == command
    assert sandbox.git("check-attr", "merge", "app/migrations/migrations.lock").endswith("merge: handrail")
    assert all(os.access(hooks / name, os.X_OK) for name in ("pre-commit", "post-merge", "post-checkout", "post-rewrite"))


def test_a_second_time_there_is_nothing_to_do(sandbox: Sandbox) -> None:
    install(sandbox.path)
    assert install(sandbox.path) == []


def test_each_half_alone(sandbox: Sandbox) -> None:
    install(sandbox.path, hooks=False)
    assert not (sandbox.path / ".git" / "hooks" / "pre-commit").exists()
    remove(sandbox.path)
    install(sandbox.path, driver=False)
    assert not (sandbox.path / ".gitattributes").exists()
    assert sandbox.git("config", "merge.handrail.driver", status=1) == ""


def test_removal_leaves_everything_as_it_was(sandbox: Sandbox) -> None:
    (sandbox.path / ".gitattributes").write_bytes(b"*.py text\r\n*.png binary")
    hook(sandbox.path / ".git" / "hooks" / "pre-commit", "#!/bin/sh\necho mine\n")
    before = files_below(sandbox.path)
    install(sandbox.path)
    assert (sandbox.path / ".gitattributes").read_bytes() == f"*.py text\r\n*.png binary\r\n{ATTRIBUTE}\r\n".encode()
    remove(sandbox.path)
    after = files_below(sandbox.path)
    assert after.pop(".gitattributes")[0] == "*.py text\r\n*.png binary\r\n"
    before.pop(".gitattributes")
    assert after == before
    assert remove(sandbox.path) == []


def test_removal_deletes_attributes_that_held_nothing_else(sandbox: Sandbox) -> None:
    install(sandbox.path)
    remove(sandbox.path)
    assert not (sandbox.path / ".gitattributes").exists()


def test_a_hook_that_is_there_runs_first_and_can_still_stop_the_commit(sandbox: Sandbox) -> None:
    log = sandbox.path.parent / "log"
    package(sandbox.path / "app" / "migrations")
    hook(sandbox.path / ".git" / "hooks" / "pre-commit", f'#!/bin/sh\necho ran "$@" >> {log}\n[ ! -e stop ]\n')
    assert "rename the hook pre-commit that was there to pre-commit.before-handrail, which runs first" in install(sandbox.path)
    sandbox.commit(app__migrations__0001_initial=migration())
    assert log.read_text() == "ran\n"
    (sandbox.path / "stop").touch()
    sandbox.git("commit", "--allow-empty", "--message", "no", status=1)
    assert log.read_text() == "ran\nran\n"
    install(sandbox.path)
    assert (sandbox.path / ".git" / "hooks" / "pre-commit.before-handrail").read_text().startswith("#!/bin/sh\necho ran")


def test_a_hook_of_the_pre_commit_framework_is_left_alone(sandbox: Sandbox) -> None:
    hook(sandbox.path / ".git" / "hooks" / "pre-commit", "#!/bin/sh\n# File generated by pre-commit: https://pre-commit.com\n")
    before = files_below(sandbox.path)
    with pytest.raises(Refusal) as caught:
        install(sandbox.path)
    finding = caught.value.finding
    assert finding.code == "HR016"
    assert finding.message == "the hook pre-commit is not changed: it belongs to the pre-commit framework"
    assert finding.help == "add the hook handrail-conflicts to .pre-commit-config.yaml instead"
    assert files_below(sandbox.path) == before


def test_two_hooks_of_others_are_left_alone(sandbox: Sandbox) -> None:
    install(sandbox.path)
    hook(sandbox.path / ".git" / "hooks" / "post-merge", "#!/bin/sh\necho new\n")
    hook(sandbox.path / ".git" / "hooks" / "post-merge.before-handrail", "#!/bin/sh\necho old\n")
    with pytest.raises(Refusal) as caught:
        install(sandbox.path)
    assert caught.value.finding.message == "the hook post-merge is not changed: post-merge.before-handrail is there already"


@pytest.mark.parametrize("inside", [True, False])
def test_hooks_that_are_not_this_repository_s_are_left_alone(sandbox: Sandbox, tmp_path: Path, inside: bool) -> None:
    folder = sandbox.path / ".husky" if inside else tmp_path / "hooks"
    hook(folder / "pre-commit", "#!/bin/sh\n")
    sandbox.git("config", "core.hooksPath", ".husky" if inside else str(folder))
    before = files_below(tmp_path)
    with pytest.raises(Refusal) as caught:
        install(sandbox.path)
    reason = "its hooks are files of the project" if inside else "its hooks are shared between repositories"
    assert caught.value.finding.message == f"core.hooksPath ({folder}) is not changed: {reason}"
    assert caught.value.finding.help == "add this line to its pre-commit hook: handrail conflicts --head :"
    assert files_below(tmp_path) == before


def test_a_hooks_folder_inside_git_s_own_is_used(sandbox: Sandbox) -> None:
    sandbox.git("config", "core.hooksPath", ".git/own")
    install(sandbox.path)
    assert (sandbox.path / ".git" / "own" / "pre-commit").exists()


def test_a_worktree_shares_the_hooks_of_its_repository(sandbox: Sandbox, tmp_path: Path) -> None:
    package(sandbox.path / "app" / "migrations")
    sandbox.commit(app__migrations__0001_initial=migration())
    sandbox.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "tree"))
    install(tmp_path / "tree")
    assert (sandbox.path / ".git" / "hooks" / "pre-commit").exists()
    assert (tmp_path / "tree" / ".gitattributes").exists()
    tree = Sandbox(tmp_path / "tree")
    torn = {"app__migrations__0002_a": migration("0001_initial"), "app__migrations__0002_b": migration("0001_initial")}
    tree.write(**torn)
    tree.git("add", "--all")
    tree.git("commit", "--message", "torn", status=1)


def test_a_bare_repository_is_refused(sandbox: Sandbox) -> None:
    sandbox.commit()
    Sandbox(sandbox.path.parent).git("clone", "--quiet", "--bare", "shop", "shop.git")
    with pytest.raises(Refusal) as caught:
        install(sandbox.path.parent / "shop.git")
    assert caught.value.finding.notes == ("a bare repository has no working tree",)


def test_the_commit_hook_stops_a_conflict_that_is_staged_and_nothing_else(sandbox: Sandbox) -> None:
    install(sandbox.path)
    package(sandbox.path / "app" / "migrations")
    sandbox.commit(app__migrations__0001_initial=migration())
    sandbox.write(app__migrations__0002_a=migration("0001_initial"), app__migrations__0002_b=migration("0001_initial"))
    sandbox.git("add", "app/migrations/0002_a.py")
    sandbox.git("commit", "--quiet", "--message", "one leaf node is staged, two are on disk")
    sandbox.git("add", "--all")
    sandbox.git("commit", "--quiet", "--message", "two", status=1)
    sandbox.git("commit", "--quiet", "--no-verify", "--message", "two")
    sandbox.commit(page="no migration is touched")


def test_the_commit_hook_of_a_project_in_a_folder(sandbox: Sandbox) -> None:
    sandbox.commit(back__app__migrations__0001_initial=migration())
    install(sandbox.path / "back")
    assert " conflicts --path back --head : " in (sandbox.path / ".git" / "hooks" / "pre-commit").read_text()
    sandbox.write(
        back__app__migrations__0002_a=migration("0001_initial"), back__app__migrations__0002_b=migration("0001_initial")
    )
    sandbox.git("add", "--all")
    sandbox.git("commit", "--quiet", "--message", "two", status=1)


def test_a_check_that_cannot_run_does_not_stop_a_commit(sandbox: Sandbox) -> None:
    for step in plan_install(found(sandbox.path), ["/nowhere/python", "-m", "handrail"], hooks=True, driver=False):
        step.do()
    sandbox.commit(app__migrations__0001_initial=migration())


def test_a_merge_that_brings_a_conflict_says_so(sandbox: Sandbox) -> None:
    package(sandbox.path / "app" / "migrations")
    sandbox.commit(app__migrations__0001_initial=migration())
    sandbox.git("switch", "--quiet", "--create", "feature")
    sandbox.commit(app__migrations__0002_a=migration("0001_initial"))
    sandbox.git("switch", "--quiet", "main")
    sandbox.commit(app__migrations__0002_b=migration("0001_initial"))
    install(sandbox.path)
    said = sandbox.path.parent / "said"
    sandbox.git("-c", "alias.m=!git merge --quiet --no-edit feature 2>" + str(said), "m")
    assert "conflict: app has 2 heads 0002_a and 0002_b from common ancestor 0001_initial" in " ".join(said.read_text().split())
