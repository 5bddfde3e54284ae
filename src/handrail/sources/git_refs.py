"""Branches and commits: names, suggestions for names that are missing, common ancestors."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.errors.hr011 import RefNotFound
from handrail.errors.hr012 import HistoryNotThere

if TYPE_CHECKING:
    from handrail.sources.git import Repository

_COMMIT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch. ref: refs/heads/x or refs/remotes/origin/x. name: x or origin/x. short: x in both cases.

    commit: the id of its newest commit; author, email, time (seconds since 1970) are that commit's. upstream: the ref of the
    remote-tracking branch that a local one follows, or "".
    """

    ref: str
    name: str
    short: str
    commit: str
    author: str
    email: str
    time: int
    upstream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What is checked out. branch: its name, "" for a detached HEAD. commit: its id, "" where the branch has none yet."""

    branch: str
    commit: str


def resolve(repository: Repository, ref: str) -> str:
    """Return the id of the commit that a ref stands for. Raises RefNotFound."""
    found = repository.objects.get(f"{ref}^{{commit}}")
    if found is None:
        raise _not_found(repository, ref)
    return found.id


def head(repository: Repository) -> Head:
    """Return what is checked out."""
    answer = repository.git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1))
    commit = repository.objects.get("HEAD^{commit}")
    return Head(branch=answer.text.removeprefix("refs/heads/"), commit=commit.id if commit else "")


def merge_bases(repository: Repository, one: str, other: str) -> tuple[str, ...]:
    """Return all best common ancestors, git's choice first; () for unrelated histories."""
    ids = [resolve(repository, one), resolve(repository, other)]
    found = tuple(repository.git.run("merge-base", "--all", *ids, accept=(0, 1)).text.split())
    if not found and repository.shallow:
        raise HistoryNotThere(
            what=f"the common ancestor of {one} and {other}",
            reason="this clone is shallow: it holds only the newest commits",
            help="fetch the whole history, or more of it with: git fetch --deepen 200",
            command="git fetch --unshallow",
        )
    return found


def branches(repository: Repository, glob: str) -> list[Branch]:
    """Return the branches whose name or short name matches, newest commit first, without symbolic refs such as origin/HEAD."""
    return [branch for branch in _all(repository)[0] if fnmatchcase(branch.name, glob) or fnmatchcase(branch.short, glob)]


def default_branch(repository: Repository) -> str | None:
    """Return what origin/HEAD points to, else the first there is of origin/main, origin/master, main, master, init.defaultBranch.

    A repository with one remote of another name is read as if that were origin.
    """
    found, symbolic = _all(repository)
    names = {branch.name for branch in found}
    remotes = _remotes(repository)
    remote = "origin" if "origin" in remotes or len(remotes) != 1 else remotes[0]
    target = symbolic.get(f"refs/remotes/{remote}/HEAD", "").removeprefix("refs/remotes/")
    wanted = [target, f"{remote}/main", f"{remote}/master", "main", "master"]
    known = next((name for name in wanted if name in names), None)
    if known is not None:
        return known
    configured = repository.git.run("config", "--get", "init.defaultBranch", accept=(0, 1)).text
    return configured if configured in names else None


def names_of(repository: Repository, commit: str) -> list[str]:
    """Return the names of the branches whose newest commit this is: the default one first, local ones before the others."""
    default = default_branch(repository) or ""
    short = default.rpartition("/")[2]
    found = [branch for branch in _all(repository)[0] if branch.commit == commit]
    return [branch.name for branch in sorted(found, key=lambda branch: (branch.short != short, branch.ref))]


def _all(repository: Repository) -> tuple[list[Branch], dict[str, str]]:
    """Return all branches, newest first, and the symbolic refs among them with their targets."""
    parts = ("refname", "objectname", "authorname", "authoremail:trim", "committerdate:unix", "symref", "upstream")
    form = "%00".join(f"%({part})" for part in parts)
    answer = repository.git.run("for-each-ref", f"--format={form}", "--sort=-committerdate", "refs/heads", "refs/remotes")
    found: list[Branch] = []
    symbolic: dict[str, str] = {}
    for line in filter(None, os.fsdecode(answer.output).split("\n")):
        ref, commit, author, email, time, target, upstream = line.split("\0")
        if target:
            symbolic[ref] = target
        else:
            found.append(_branch(ref, commit, author, email, int(time or 0), upstream))
    return found, symbolic


def _branch(ref: str, commit: str, author: str, email: str, time: int, upstream: str) -> Branch:
    name = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    short = name if ref.startswith("refs/heads/") else name.partition("/")[2]
    return Branch(ref=ref, name=name, short=short, commit=commit, author=author, email=email, time=time, upstream=upstream)


def _remotes(repository: Repository) -> list[str]:
    return repository.git.run("remote").text.split("\n")


def _not_found(repository: Repository, ref: str) -> RefNotFound:
    if ref == "HEAD":
        return RefNotFound(ref="HEAD (there is no commit yet)", command="")
    similar = _similar(ref, _all(repository)[0])
    return RefNotFound(ref=ref, similar=similar, command=_fetching(repository, ref), shallow=repository.shallow)


def _similar(ref: str, known: Sequence[Branch]) -> list[str]:
    """Return up to three names that may have been meant: the same branch elsewhere, then those spelt nearly alike."""
    from difflib import get_close_matches  # slow to import, and needed for mistakes alone

    bare = _plain(ref)
    same = [branch.name for branch in known if branch.short in (bare, bare.partition("/")[2])]
    alike = get_close_matches(bare, [branch.name for branch in known], n=3, cutoff=0.75)
    return list(dict.fromkeys([*sorted(same, key=len), *alike]))[:3]


def _plain(ref: str) -> str:
    return re.sub(r"^refs/(heads|remotes)/", "", re.split(r"[~^@:]", ref, maxsplit=1)[0])


def _fetching(repository: Repository, ref: str) -> str:
    """Return the command that fetches a ref, "" where there is no remote to fetch it from."""
    remotes = [name for name in _remotes(repository) if name]
    bare = _plain(ref)
    if not remotes or not bare or bare == "HEAD":
        return ""
    remote = next((name for name in remotes if bare.startswith(f"{name}/")), "")
    branch = bare.removeprefix(f"{remote}/") if remote else bare
    remote = remote or ("origin" if "origin" in remotes else remotes[0])
    what = branch if _COMMIT_ID.fullmatch(branch) else f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    if ref.startswith("refs/tags/"):
        what = f"+{bare}:{bare}"
    return " ".join(["git fetch", *(["--unshallow"] if repository.shallow else []), shlex.quote(remote), shlex.quote(what)])
