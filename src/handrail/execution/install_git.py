"""Sets git up for Handrail, and takes it away again: the merge driver of lock-files, and hooks."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from handrail.domain.dataclasses import dataclass
from handrail.errors.hr013 import NotARepository
from handrail.errors.hr016 import HookInTheWay
from handrail.execution.files import write
from handrail.execution.git_hooks import HOOKS, MARK, hook_text
from handrail.planning.lockfile import FILE_NAME
from handrail.sources.git import Repository

ATTRIBUTE = f"{FILE_NAME} merge=handrail"
"""The line of .gitattributes that hands lock-files to the driver (git help attributes)."""

_SETTINGS = ("merge.handrail.name", "merge.handrail.driver")
_SUFFIX = ".before-handrail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change: what is done, in words, and what does it."""

    said: str
    do: Callable[[], object]


def plan_install(repository: Repository, program: Sequence[str], *, hooks: bool, driver: bool) -> list[Step]:
    """Return the changes that set git up; none where all is in place.

    program: the command line that starts handrail. Raises HookInTheWay before anything is changed, and NotARepository where there
    is no working tree.
    """
    top = _top(repository)
    steps = [*_driver_steps(repository, top, program)] if driver else []
    if hooks:
        folder = _hooks_folder(repository, top)
        steps += [step for name in HOOKS for step in _hook_steps(folder, name, hook_text(name, program, repository.root))]
    return steps


def plan_removal(repository: Repository) -> list[Step]:
    """Return the changes that take away all that plan_install may have set up, and put back what was there before."""
    top = _top(repository)
    folder = top / repository.at_top().run("rev-parse", "--git-path", "hooks").text
    steps = [step for name in HOOKS for step in _unhook_steps(folder / name)]
    if any(_config(repository, name) for name in _SETTINGS):
        remove = partial(repository.at_top().run, "config", "--local", "--remove-section", "merge.handrail")
        steps.append(Step(said="take merge.handrail out of git's configuration of this repository", do=remove))
    return [*steps, *_attribute_removal(top / ".gitattributes")]


def _driver_steps(repository: Repository, top: Path, program: Sequence[str]) -> Iterator[Step]:
    wanted = ("Handrail's lock-files of migrations", f"{shlex.join(program)} merge-driver --marker-size %L %O %A %B %P")
    for name, value in zip(_SETTINGS, wanted, strict=True):
        if _config(repository, name) != value:
            set_it = partial(repository.at_top().run, "config", "--local", name, value)
            yield Step(said=f"set {name} in git's configuration of this repository: {value}", do=set_it)
    path = top / ".gitattributes"
    text = _text(path)
    if ATTRIBUTE not in text.splitlines():
        end = "\r\n" if "\r\n" in text else "\n"
        gap = "" if not text or text.endswith("\n") else end
        yield Step(said=f"add to .gitattributes (commit it): {ATTRIBUTE}", do=partial(_write, path, text + gap + ATTRIBUTE + end))


def _attribute_removal(path: Path) -> Iterator[Step]:
    lines = _text(path).splitlines(keepends=True)
    kept = [line for line in lines if line.strip() != ATTRIBUTE]
    if len(kept) != len(lines):
        do = partial(_write, path, "".join(kept)) if kept else path.unlink
        yield Step(said=f"take out of .gitattributes: {ATTRIBUTE}", do=do)


def _hook_steps(folder: Path, name: str, text: str) -> Iterator[Step]:
    path, before = folder / name, folder / (name + _SUFFIX)
    present = _text(path)
    if present == text and os.access(path, os.X_OK):
        return
    if (path.exists() or path.is_symlink()) and MARK not in present:
        _refuse_foreign(path, before, present)
        yield Step(
            said=f"rename the hook {name} that was there to {before.name}, which runs first", do=partial(path.rename, before)
        )
    yield Step(said=f"write the hook {path}", do=partial(_write, path, text, mode=0o755))


def _unhook_steps(path: Path) -> Iterator[Step]:
    before = path.with_name(path.name + _SUFFIX)
    if MARK not in _text(path):
        return
    if before.exists() or before.is_symlink():
        yield Step(said=f"put the hook {path.name} back that was there before", do=partial(before.replace, path))
    else:
        yield Step(said=f"delete the hook {path}", do=path.unlink)


def _refuse_foreign(path: Path, before: Path, text: str) -> None:
    """Raise HookInTheWay for a hook that must not be moved away."""
    if "pre-commit.com" in text:
        help = "add the hook handrail-conflicts to .pre-commit-config.yaml instead"
        raise HookInTheWay(what=f"the hook {path.name}", reason="it belongs to the pre-commit framework", help=help)
    if before.exists() or before.is_symlink():
        help = f"look at both, keep one, and delete {before.name}"
        raise HookInTheWay(what=f"the hook {path.name}", reason=f"{before.name} is there already", help=help)


def _hooks_folder(repository: Repository, top: Path) -> Path:
    """Return where the hooks of this repository are. Raises HookInTheWay where core.hooksPath leads elsewhere."""
    folder = top / repository.at_top().run("rev-parse", "--git-path", "hooks").text
    common = top / repository.at_top().run("rev-parse", "--git-common-dir").text
    if folder.resolve().is_relative_to(common.resolve()):
        return folder
    inside = folder.resolve().is_relative_to(top)
    raise HookInTheWay(
        what=f"core.hooksPath ({folder})",
        reason="its hooks are files of the project" if inside else "its hooks are shared between repositories",
        help="add this line to its pre-commit hook: handrail conflicts --head :",
    )


def _top(repository: Repository) -> Path:
    if repository.top is None:
        raise NotARepository(path=str(repository.git.folder), reason="a bare repository has no working tree")
    return repository.top


def _config(repository: Repository, name: str) -> str:
    return repository.at_top().run("config", "--local", "--get", name, accept=(0, 1)).text


def _text(path: Path) -> str:
    """Return a file's text, line ends and odd bytes kept; "" where there is none."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""


def _write(path: Path, text: str, mode: int | None = None) -> None:
    """Write a file in one step; what is there keeps its permissions unless others are asked for."""
    if mode is None and path.exists():
        mode = path.stat().st_mode & 0o7777
    write(path, text.encode("utf-8", "surrogateescape"), mode)
