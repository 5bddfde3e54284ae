"""Real git repositories for tests, untouched by the configuration of whoever runs them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from handrail.sources.git import Repository

SETTINGS = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_EDITOR": "true",
    "LC_ALL": "C.UTF-8",
}

_clock: Iterator[int] = count(1_700_000_000, 60)


class Sandbox:
    """One working tree (or bare repository) and the git commands of a developer in it."""

    def __init__(self, path: Path, **variables: str) -> None:
        self.path = path
        self.variables = variables

    @classmethod
    def create(cls, path: Path, *options: str) -> Sandbox:
        """Make an empty repository whose branch is main."""
        path.mkdir(parents=True)
        made = cls(path)
        made.git("init", "--quiet", "--initial-branch=main", *options)
        return made

    def git(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """Run git, check its exit code, return its output without the last line feed."""
        date = f"{next(_clock)} +0000"
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env={**os.environ, **SETTINGS, **dates, **self.variables, **variables},
            capture_output=True,
            check=False,
        )
        assert done.returncode == status, done.stdout.decode() + done.stderr.decode()
        return os.fsdecode(done.stdout).removesuffix("\n")

    def write(self, **files: str) -> None:
        """Write files; in the names two underscores stand for a slash and the ending is .py."""
        for name, text in files.items():
            path = self.path / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def commit(self, message: str = "a commit", author: str = "Ann", **files: str) -> str:
        """Write and commit files; returns the commit's id."""
        self.write(**files)
        self.git("add", "--all")
        who = {"GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": f"{author.lower()}@example.org"}
        self.git("commit", "--quiet", "--allow-empty", "--message", message, **who)
        return self.git("rev-parse", "HEAD")


def isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the code under test the same untouched git."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """For every test of a module that imports this: git behaves the same everywhere."""
    isolate(monkeypatch)


@pytest.fixture
def sandbox(isolated: None, tmp_path: Path) -> Sandbox:
    """An empty repository."""
    return Sandbox.create(tmp_path / "shop")


def found(path: Path) -> Repository:
    """Return the repository that a folder belongs to, which has to be there."""
    repository = Repository.find(path)
    assert repository is not None
    return repository
