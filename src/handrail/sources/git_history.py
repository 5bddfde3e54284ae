"""Which commits touched a file, who wrote them, and where a file that is not here can be found."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass, replace
from handrail.sources.git_tree import FILE_MODES

if TYPE_CHECKING:
    from handrail.sources.git import Repository

_COMMIT = "\x01commit "
"""What starts a commit in the output of git log: no path starts so."""

_FORM = "--format=%x01commit %H%x00%aN%x00%aE%x00%ct%x00%s"

_MERGES_LOOKED_AT = 5000

_MERGE_SUBJECT = re.compile(
    r"Merge (?:remote-tracking )?branch(?:es)? '([^']+)'|Merge pull request #\d+ from [^/\s]+/(\S+)|Merged in (\S+) \("
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One file that differs. status: A (added), M (modified), D (deleted), R (renamed from ``before``).

    path and before: relative to the project root; before equals path but for R. old and new: blob ids, "" where there is none.
    """

    status: str
    path: str
    before: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A commit that touched a path. time: seconds since 1970. branch: the branch it came by, "" where that is not known.

    status, old, new: as in Change.
    """

    commit: str
    author: str
    email: str
    time: int
    subject: str
    branch: str
    status: str
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Where a file is. refs: names of branches and tags that hold it, newest first; blob: its id in the first, or before it was
    deleted, else "". added: the first commit that holds it; deleted: the last that took it away, None where some ref has it.
    """

    path: str
    refs: tuple[str, ...]
    blob: str
    added: Touch | None
    deleted: Touch | None


def changed(repository: Repository, before: str, after: str) -> list[Change]:
    """Return the files below the project root that differ between two commits, sorted, with renames found by content."""
    answer = repository.at_top().run("diff-tree", "-r", "-z", "--raw", "-M", before, after, "--", *_only(repository.root))
    return sorted(changes_in(answer.fields, repository.root), key=lambda change: change.path)


def changes_in(fields: Sequence[str], root: str) -> Iterator[Change]:
    """Read the NUL-separated output of ``diff-tree --raw -z`` (git help diff-tree, "Raw output format").

    A symbolic link or submodule counts as no file: one that becomes a file is added, a file that becomes one is deleted.
    """
    prefix = f"{root}/" if root else ""
    rest = iter(fields)
    for described in rest:
        old_mode, new_mode, old, new, status = described.removeprefix(":").split(" ")
        before = next(rest)
        path = next(rest) if status[0] in "RC" else before
        old, new = old if old_mode in FILE_MODES else "", new if new_mode in FILE_MODES else ""
        if old or new:
            yield Change(
                status="A" if not old else "D" if not new else status[0],
                path=path.removeprefix(prefix),
                before=before.removeprefix(prefix),
                old=old,
                new=new,
            )


def authors(repository: Repository, paths: Sequence[str], ref: str) -> dict[str, Touch]:
    """Return the last commit that touched each path; stops reading the history as soon as every path is found."""
    wanted = {repository.root + "/" + path if repository.root else path: path for path in paths}
    found: dict[str, Touch] = {}
    if not wanted:
        return found
    for touch, path in _log(repository, [repository.resolve(ref)], list(wanted)):
        if path in wanted:
            found.setdefault(wanted.pop(path), touch)
        if not wanted:
            break
    names = _merged_by(repository, found.values(), ref)
    return {path: replace(touch, branch=names.get(touch.commit, "")) for path, touch in found.items()}


def path_history(repository: Repository, path: str, refs: Sequence[str]) -> list[Touch]:
    """Return every commit that touched a path, newest first."""
    full = f"{repository.root}/{path}" if repository.root else path
    return [touch for touch, _ in _log(repository, refs, [full], "--full-history")]


def arrivals(repository: Repository, paths: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the commits by which files came to what is checked out, oldest first, each with its files.

    On the line of first parents: what a merge brought came with the merge, however old it is. A file that came twice counts once.
    """
    wanted = {repository.root + "/" + path if repository.root else path: path for path in paths}
    found: dict[str, list[str]] = {}
    if wanted:
        for touch, path in _log(repository, ["HEAD"], list(wanted), "-m", "--first-parent", "--diff-filter=A"):
            if path in wanted:
                found.setdefault(touch.commit, []).append(wanted.pop(path))
    return list(reversed(found.items()))


def find_file(repository: Repository, path: str) -> Found:
    """Return where a file is; two git calls however many refs there are."""
    full = f"{repository.root}/{path}" if repository.root else path
    form = "--format=%(refname)%00%(symref)"
    answer = repository.git.run("for-each-ref", form, "--sort=-creatordate", "refs/heads", "refs/remotes", "refs/tags")
    refs = [line.split("\0") for line in answer.text.split("\n") if line]
    held = {ref: found for ref, symbolic in refs if not symbolic and (found := repository.objects.get(f"{ref}:{full}"))}
    history = path_history(repository, path, ("--all",))
    gone = next((touch for touch in history if touch.status == "D"), None)
    blobs = [found.id for found in held.values()]
    return Found(
        path=path,
        refs=tuple(_short(ref) for ref in held),
        blob=blobs[0] if blobs else gone.old if gone else "",
        added=next((touch for touch in reversed(history) if touch.status == "A"), None),
        deleted=None if held else gone,
    )


def _log(repository: Repository, refs: Sequence[str], paths: Sequence[str], *options: str) -> Iterator[tuple[Touch, str]]:
    """Yield commits and the paths that they touched, newest first, while git still writes them.

    A merge appears with the paths that it made differ from every parent (git help log, "Combined diff format"); a renamed file
    is one deleted and one added.
    """
    plain = ("-z", "-c", "--raw", "--no-abbrev", "--no-renames", "--no-show-signature", "--no-follow", "--no-color")
    lines = repository.at_top().stream("log", *plain, *options, _FORM, *refs, "--", *paths)
    with closing(lines):
        yield from _touches(map(os.fsdecode, lines))


def _touches(fields: Iterator[str]) -> Iterator[tuple[Touch, str]]:
    commit: list[str] = []
    for field in fields:
        text = field.lstrip("\n")
        if text.startswith(_COMMIT):
            commit = [text.removeprefix(_COMMIT), *islice(fields, 4)]
        elif text.startswith(":"):
            yield _touch(commit, text), next(fields)


def _touch(commit: Sequence[str], described: str) -> Touch:
    """Read one raw line: a colon per parent, the modes, the blob ids of the parents, that of the commit, and the status."""
    parents = len(described) - len(described.lstrip(":"))
    parts = described.lstrip(":").split(" ")
    name, author, email, time, subject = commit
    return Touch(
        commit=name,
        author=author,
        email=email,
        time=int(time),
        subject=subject,
        branch="",
        status=parts[-1][0],
        old=_blob(parts[parents + 1]),
        new=_blob(parts[2 * parents + 1]),
    )


def _merged_by(repository: Repository, touches: Collection[Touch], ref: str) -> dict[str, str]:
    """Return the branch by which each commit came to a ref: as the subject of the merge says, or the ref itself.

    The history is read back to the oldest of the commits, and so far at most; a commit that is not met is left out.
    """
    if not touches:
        return {}
    oldest = min(touches, key=lambda touch: touch.time).commit
    tip = repository.resolve(ref)
    options = ("-z", "--no-show-signature", "--format=%H%x00%P%x00%s", f"--max-count={_MERGES_LOOKED_AT}")
    fields = map(os.fsdecode, repository.git.stream("log", *options, tip, "--not", f"{oldest}^@"))
    parents: dict[str, list[str]] = {}
    subjects: dict[str, str] = {}
    for commit in fields:
        parents[commit], subjects[commit] = next(fields).split(" "), next(fields)
    own = repository.head().branch if ref == "HEAD" else _short(ref)
    merges = _brought_by(parents, tip)
    by_commit = {touch.commit: merges.get(touch.commit, "") for touch in touches}
    return {commit: own if merge == commit else _merged_branch(subjects.get(merge, "")) for commit, merge in by_commit.items()}


def _brought_by(parents: Mapping[str, Sequence[str]], tip: str) -> dict[str, str]:
    """Return for each commit the first one, on the line of first parents that ends at tip, that contains it."""
    line: list[str] = []
    commit = tip
    while commit in parents:
        line.append(commit)
        commit = parents[commit][0]
    found: dict[str, str] = {}
    for first in reversed(line):
        stack = [first]
        while stack:
            commit = stack.pop()
            if commit in parents and commit not in found:
                found[commit] = first
                stack += parents[commit]
    return found


def _merged_branch(subject: str) -> str:
    """Return the branch that a merge's subject names, as git, GitHub, GitLab and Bitbucket write it, or ""."""
    match = _MERGE_SUBJECT.match(subject)
    return next(filter(None, match.groups()), "") if match else ""


def _blob(name: str) -> str:
    return name if name.strip("0") else ""


def _only(root: str) -> list[str]:
    return [root] if root else []


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("refs/tags/")
