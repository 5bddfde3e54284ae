"""A merge, rebase, cherry-pick, revert or am that is not finished, in Handrail's words.

Ours is the developer's own work, theirs the side on the target, which never moves. Git's words mean something else: its "ours"
is HEAD, and in a rebase HEAD is the branch that is rebased onto (git help rebase, "--merge").
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.sources import git_refs

if TYPE_CHECKING:
    from handrail.sources.git import Repository


class Doing(StrEnum):
    """What is not finished."""

    MERGE = "merge"
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"
    REVERT = "revert"
    AM = "am"


@dataclass(frozen=True, slots=True, kw_only=True)
class InProgress:
    """What git is in the middle of.

    ours, theirs: commit ids; ours is "" for a patch (am) that names no commit of this clone. our_name, their_name: the branch
    where it is known, else "". base: their best common ancestor, "" where there is none. others: the further heads of a merge of
    more than two. step: the commit that is being replayed, picked or reverted, else "". head_is_ours: whether git's stage 2
    ("ours") is ours, so that stage 3 is theirs; False where it is the other way round.
    """

    doing: Doing
    ours: str
    theirs: str
    our_name: str
    their_name: str
    base: str
    others: tuple[str, ...] = ()
    step: str = ""
    head_is_ours: bool = True


def in_progress(repository: Repository) -> InProgress | None:
    """Return what is not finished, or None. A rebase comes first: it may stop in a merge or pick of its own."""
    if (repository.git_dir / "rebase-merge").is_dir():
        return _rebase(repository, repository.git_dir / "rebase-merge")
    if (repository.git_dir / "rebase-apply").is_dir():
        folder = repository.git_dir / "rebase-apply"
        return _am(repository, folder) if (folder / "applying").exists() else _rebase(repository, folder)
    if merged := _read(repository.git_dir / "MERGE_HEAD").split():
        return _two_heads(repository, Doing.MERGE, merged[0], tuple(merged[1:]))
    for name, doing in (("CHERRY_PICK_HEAD", Doing.CHERRY_PICK), ("REVERT_HEAD", Doing.REVERT)):
        commit = repository.objects.get(f"{name}^{{commit}}")
        if commit is not None:
            return _revert(repository, commit.id) if doing is Doing.REVERT else _two_heads(repository, doing, commit.id)
    return None


def _rebase(repository: Repository, folder: Path) -> InProgress:
    """Read a rebase of either backend: both keep head-name, orig-head and onto (git's sequencer.c and builtin/am.c)."""
    ours, theirs = _commit(repository, _read(folder / "orig-head")), _commit(repository, _read(folder / "onto"))
    name = _read(folder / "head-name")
    step = repository.objects.get("REBASE_HEAD^{commit}")
    return InProgress(
        doing=Doing.REBASE,
        ours=ours,
        theirs=theirs,
        our_name=name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else "",
        their_name=_name(repository, theirs),
        base=_base(repository, ours, theirs),
        step=step.id if step else "",
        head_is_ours=False,
    )


def _am(repository: Repository, folder: Path) -> InProgress:
    """Read ``git am``: the patch is the newcomer, what it is applied to does not move."""
    head = repository.head()
    patch = folder / _read(folder / "next").zfill(4)
    first = _read(patch).partition("\n")[0].split(" ")
    found = repository.objects.get(f"{first[1]}^{{commit}}") if first[0] == "From" and len(first) > 1 else None
    ours = found.id if found else ""
    return InProgress(
        doing=Doing.AM,
        ours=ours,
        theirs=head.commit,
        our_name=_name(repository, ours),
        their_name=head.branch,
        base=_base(repository, ours, head.commit),
        step=ours,
        head_is_ours=False,
    )


def _two_heads(repository: Repository, doing: Doing, other: str, others: tuple[str, ...] = ()) -> InProgress:
    """Tell which of HEAD and the commit that is merged or picked is on the target branch."""
    head = repository.head()
    ours_first = not _head_is_target(repository, head, other)
    mine, yours = (head.commit, head.branch), (other, _name(repository, other))
    ours, theirs = (mine, yours) if ours_first else (yours, mine)
    return InProgress(
        doing=doing,
        ours=ours[0],
        theirs=theirs[0],
        our_name=ours[1],
        their_name=theirs[1],
        base=_base(repository, ours[0], theirs[0]),
        others=others,
        step=other if doing is Doing.CHERRY_PICK else "",
        head_is_ours=ours_first,
    )


def _head_is_target(repository: Repository, head: git_refs.Head, other: str) -> bool:
    """Say whether HEAD is the side that never moves: it is (on) the default branch, and the other side is not on it yet."""
    default = repository.default_branch()
    if default is None:
        return False
    published = repository.resolve(default)
    if _is_ancestor(repository, other, published):
        return False
    short = next((branch.short for branch in repository.branches() if branch.name == default), default)
    return head.branch == short or _is_ancestor(repository, head.commit, published)


def _revert(repository: Repository, commit: str) -> InProgress:
    """Read ``git revert``: the developer's work is HEAD, and git merges the parent of the reverted commit into it."""
    head = repository.head()
    parent = repository.objects.get(f"{commit}^")
    return InProgress(
        doing=Doing.REVERT,
        ours=head.commit,
        theirs=parent.id if parent else "",
        our_name=head.branch,
        their_name="",
        base=commit,
        step=commit,
    )


def _is_ancestor(repository: Repository, one: str, other: str) -> bool:
    return repository.git.run("merge-base", "--is-ancestor", one, other, accept=(0, 1)).status == 0


def _base(repository: Repository, one: str, other: str) -> str:
    return (repository.merge_base(one, other) or "") if one and other else ""


def _name(repository: Repository, commit: str) -> str:
    return next(iter(git_refs.names_of(repository, commit)), "")


def _commit(repository: Repository, text: str) -> str:
    return repository.resolve(text)


def _read(path: Path) -> str:
    """Return a file's text without the last line feed, "" where there is none."""
    try:
        return path.read_text("utf-8", "surrogateescape").strip()
    except FileNotFoundError:
        return ""
