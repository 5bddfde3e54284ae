"""A git repository, read through the git program: any ref, the index, a merge in progress, and who wrote what."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from handrail.domain.dataclasses import dataclass
from handrail.errors.base import Refusal
from handrail.errors.hr010 import GitNotFound
from handrail.errors.hr013 import NotARepository
from handrail.sources import git_history, git_refs, git_state, git_tree
from handrail.sources.git_history import Change, Found, Touch
from handrail.sources.git_objects import Objects
from handrail.sources.git_process import REPOSITORY_VARIABLES, Git, clean_environment
from handrail.sources.git_refs import Branch, Head
from handrail.sources.git_state import InProgress
from handrail.sources.git_tree import GitTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One repository, as seen from one of its folders.

    top: the top of the working tree, None for a bare repository. git_dir: the folder with HEAD and index (a worktree's own).
    root: the folder that was asked for, relative to top, with slashes, "" for top itself; what tree() and index() start from.
    shallow: whether the history is cut off. Paths below are relative to root; refs are anything git understands.
    """

    git: Git
    git_dir: Path
    top: Path | None
    root: str
    shallow: bool
    objects: Objects

    @classmethod
    def find(cls, path: Path, environment: Mapping[str, str] | None = None) -> Repository | None:
        """Return the repository that a folder is in, or None where there is none.

        environment: os.environ by default; what git sets for its hooks (GIT_DIR, GIT_INDEX_FILE) holds where the folder is in
        that repository, and is left out where it is in another one. Raises GitNotFound, NotARepository (the .git file points to
        nowhere) and RepositoryNotTrusted.
        """
        return _find(path.resolve(), dict(os.environ) if environment is None else dict(environment))

    def close(self) -> None:
        """End the process that reads objects; it also ends with the last reference to it."""
        self.objects.close()

    def at_top(self) -> Git:
        """Return git started at the top, for commands that take paths from there."""
        return Git(folder=self.top or self.git.folder, environment=self.git.environment)

    def resolve(self, ref: str) -> str:
        """Return the id of the commit that a ref stands for. Raises RefNotFound with the command that fetches it."""
        return git_refs.resolve(self, ref)

    def head(self) -> Head:
        """Return what is checked out."""
        return git_refs.head(self)

    def tree(self, ref: str, root: str | None = None) -> GitTree:
        """Return the files of a ref below root; none where the ref has no such folder."""
        return git_tree.tree_of(self, ref, self.root if root is None else root)

    def index(self, root: str | None = None, *, stage: int = 0) -> GitTree:
        """Return the files of the index below root; stages 1 to 3 hold conflicted paths alone (git_tree.index_of)."""
        return git_tree.index_of(self, self.root if root is None else root, stage)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the best common ancestor as git chooses it, None for unrelated histories. Raises HistoryNotThere."""
        return next(iter(self.merge_bases(one, other)), None)

    def merge_bases(self, one: str, other: str) -> tuple[str, ...]:
        """Return all best common ancestors (several in criss-cross histories), git's choice first. Raises HistoryNotThere."""
        return git_refs.merge_bases(self, one, other)

    def branches(self, glob: str = "*") -> list[Branch]:
        """Return local and remote-tracking branches whose name, with or without the remote, matches; newest commit first."""
        return git_refs.branches(self, glob)

    def default_branch(self) -> str | None:
        """Return the branch that others merge into, such as origin/main or main; None where that cannot be told."""
        return git_refs.default_branch(self)

    def in_progress(self) -> InProgress | None:
        """Return the merge, rebase, cherry-pick, revert or am that is not finished."""
        return git_state.in_progress(self)

    def changed(self, before: str, after: str) -> list[Change]:
        """Return the files that differ between two refs, renames found by content."""
        return git_history.changed(self, self.resolve(before), self.resolve(after))

    def authors(self, paths: Iterable[str], ref: str = "HEAD") -> dict[str, Touch]:
        """Return the last commit that touched each path, its author, and the branch it came by; unknown paths are left out."""
        return git_history.authors(self, list(paths), ref)

    def arrivals(self, paths: Iterable[str]) -> list[tuple[str, list[str]]]:
        """Return the commits by which paths came to what is checked out, oldest first, as git_history.arrivals says."""
        return git_history.arrivals(self, list(paths))

    def find_file(self, path: str) -> Found:
        """Return where a file that is not here is: the refs that hold it, and the commit that deleted it."""
        return git_history.find_file(self, path)

    def path_history(self, path: str, refs: Sequence[str] = ("--all",)) -> list[Touch]:
        """Return every commit on refs (all of them by default) that touched a path, newest first."""
        return git_history.path_history(self, path, refs)


def _find(path: Path, environment: dict[str, str]) -> Repository | None:
    own = {name: value for name, value in environment.items() if name not in REPOSITORY_VARIABLES}
    try:
        found = _look(path, own)
        if "GIT_DIR" not in environment:
            index = environment.get("GIT_INDEX_FILE")
            return _look(path, {**own, "GIT_INDEX_FILE": str(Path(index).absolute())}) if index else found
        given = _look_from_hook(path, environment)
    except GitNotFound:
        if any((folder / ".git").exists() for folder in (path, *path.parents)):
            raise
        return None
    return given if given is not None and _is_meant(given, found, path) else found


def _is_meant(given: Repository, found: Repository | None, path: Path) -> bool:
    """Say whether the repository that the environment names is the one that path is in."""
    if found is not None and found.git_dir == given.git_dir:
        return True
    if given.top is None:
        return found is None
    inside = path.is_relative_to(given.top)
    return inside and (found is None or found.top is None or given.top.is_relative_to(found.top))


def _look_from_hook(path: Path, environment: Mapping[str, str]) -> Repository | None:
    """Look with git's variables made independent of the folder; the working tree is the present one unless it is named."""
    fixed = {name: value for name, value in environment.items() if name != "GIT_PREFIX"}
    for name in REPOSITORY_VARIABLES:
        if name in fixed and name not in ("GIT_NAMESPACE", "GIT_PREFIX"):
            fixed[name] = str(Path(fixed[name]).absolute())
    if "GIT_WORK_TREE" not in fixed:
        here = _look(Path.cwd(), fixed)
        if here is None or here.top is None:
            return here
        fixed["GIT_WORK_TREE"] = str(here.top)
    return _look(path, fixed) if path.is_relative_to(Path(fixed["GIT_WORK_TREE"]).resolve()) else None


def _look(path: Path, environment: Mapping[str, str]) -> Repository | None:
    git = Git(folder=path, environment=clean_environment(environment))
    try:
        answer = git.run("rev-parse", "--is-inside-work-tree", "--is-shallow-repository", "--show-cdup", "--absolute-git-dir")
    except NotARepository as refusal:
        if _is_nowhere(refusal):
            return None
        raise
    inside, shallow, up, git_dir = _four_lines(answer.text)
    top = (path / up).resolve() if inside == "true" else None
    return Repository(
        git=git,
        git_dir=Path(git_dir).resolve(),
        top=top,
        root="" if top is None or path == top else path.relative_to(top).as_posix(),
        shallow=shallow == "true",
        objects=Objects(git),
    )


def _four_lines(text: str) -> Sequence[str]:
    """Split the answer; the last line is a path and may hold line feeds. Outside a working tree git leaves out the third."""
    if text.startswith("true\n"):
        return text.split("\n", 3)
    inside, shallow, git_dir = text.split("\n", 2)
    return inside, shallow, "", git_dir


def _is_nowhere(refusal: Refusal) -> bool:
    """Tell "in no repository" from "in a broken one", by git's words."""
    return any("or any " in note for note in refusal.finding.notes)
