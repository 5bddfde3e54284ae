"""Every open branch, with what it changed since it left the default branch: three git commands for any number of branches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from handrail.domain.dataclasses import dataclass
from handrail.errors.hr011 import RefNotFound
from handrail.errors.hr012 import HistoryNotThere
from handrail.sources.git import Repository
from handrail.sources.git_history import Change, changes_in
from handrail.sources.git_refs import Branch
from handrail.sources.git_tree import GitTree


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBranch:
    """A branch with commits that the default branch does not have.

    target: the newest commit of the default branch. base: the commit at which the branch left it. changes: files below the
    project root that differ between base and the branch's newest commit; renamed files are one deleted and one added.
    """

    branch: Branch
    target: str
    base: str
    changes: tuple[Change, ...]


def open_branches(repository: Repository, glob: str = "*", onto: str | None = None) -> list[OpenBranch]:
    """Return the open branches, newest commit first.

    onto: what they are compared with, by default the default branch. A local branch and the remote-tracking one it was pushed to
    count as one, as the newer of both has it. Branches of unrelated history are left out. Raises RefNotFound where there is no
    default branch, HistoryNotThere in a shallow clone that does not reach back far enough.
    """
    target = onto or repository.default_branch()
    if target is None:
        raise RefNotFound(ref="the default branch (name it with --base)")
    commit = repository.resolve(target)
    found = _newest_of_each(repository.branches(glob), target)
    bases = _bases(repository, found, commit)
    kept = [branch for branch in found if branch.commit in bases]
    changes = _changes(repository, {branch.commit: bases[branch.commit] for branch in kept})
    return [
        OpenBranch(branch=one, target=commit, base=bases[one.commit], changes=tuple(changes.get(one.commit, ()))) for one in kept
    ]


def trees(repository: Repository, branches: Sequence[OpenBranch]) -> Iterator[GitTree]:
    """Yield the files of each branch: those of the target, listed once, with what differs laid over them."""
    for target, found in groupby(branches, key=lambda branch: branch.target):
        listed = repository.tree(target)
        chosen = list(found)
        changes = _changes(repository, {branch.branch.commit: target for branch in chosen})
        for branch in chosen:
            name, commit = branch.branch.name, branch.branch.commit
            yield listed.with_changes(name, commit, {change.path: change.new for change in changes.get(commit, ())})


def _newest_of_each(branches: Iterable[Branch], target: str) -> list[Branch]:
    """Keep one of a local branch and its remote-tracking one: the first, for they come newest first."""
    remote = target.partition("/")[0] if "/" in target else "origin"
    found: dict[str, Branch] = {}
    for branch in branches:
        found.setdefault(_published_name(branch, remote), branch)
    return list(found.values())


def _published_name(branch: Branch, remote: str) -> str:
    """Return the name that a branch has or would have among the remote-tracking ones."""
    if branch.ref.startswith("refs/remotes/"):
        return branch.name
    upstream = branch.upstream.removeprefix("refs/remotes/")
    return upstream if upstream.partition("/")[2] == branch.short else f"{remote}/{branch.short}"


def _bases(repository: Repository, branches: Sequence[Branch], target: str) -> dict[str, str]:
    """Return where each branch left the target, by its newest commit; branches that are merged or unrelated are left out."""
    if not branches:
        return {}
    tips = dict.fromkeys(branch.commit for branch in branches)
    revisions = "".join(f"{commit}\n" for commit in [*tips, f"^{target}"]).encode()
    lines = repository.git.run("rev-list", "--parents", "--stdin", stdin=revisions).text.split("\n")
    parents = {commit: above for commit, *above in (line.split(" ") for line in lines)}
    bases: dict[str, str] = {}
    for tip in tips:
        left = _left_at(parents, tip)
        if len(left) > 1:
            left = {repository.merge_base(tip, target) or ""}
        elif not left and tip in parents and repository.shallow:
            raise _cut_off(tip, branches)
        if left and tip in parents:
            bases[tip] = left.pop()
    return bases


def _left_at(parents: Mapping[str, Sequence[str]], tip: str) -> set[str]:
    """Return the commits of the target that a branch's own commits stand on: one, unless the target was merged into it."""
    found: set[str] = set()
    seen = {tip}
    stack = [tip]
    while stack:
        for parent in parents.get(stack.pop(), ()):
            if parent not in parents:
                found.add(parent)
            elif parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return found


def _cut_off(tip: str, branches: Iterable[Branch]) -> HistoryNotThere:
    name = next(branch.name for branch in branches if branch.commit == tip)
    return HistoryNotThere(
        what=f"where {name} left the default branch",
        reason="this clone is shallow: it holds only the newest commits",
        help="fetch the whole history, or more of it with: git fetch --deepen 200",
        command="git fetch --unshallow",
    )


def _changes(repository: Repository, bases: Mapping[str, str]) -> dict[str, list[Change]]:
    """Return what differs between each commit and its base; git takes the second id of a line for the parent (--stdin)."""
    pairs = "".join(f"{tip} {base}\n" for tip, base in bases.items()).encode()
    options = ("--stdin", "-r", "-z", "--raw", "--no-renames")
    answer = repository.at_top().run("diff-tree", *options, "--", *([repository.root] if repository.root else []), stdin=pairs)
    fields: dict[str, list[str]] = {}
    parts = iter(answer.fields)
    commit = ""
    for part in parts:
        if part.startswith(":"):
            fields[commit] += [part, next(parts)]
        else:
            commit = part
            fields[commit] = []
    return {commit: list(changes_in(described, repository.root)) for commit, described in fields.items()}
