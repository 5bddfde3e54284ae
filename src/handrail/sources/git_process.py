"""The git program: how it is started, and what its failures mean."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from handrail.domain.dataclasses import dataclass
from handrail.errors.base import Refusal
from handrail.errors.hr010 import GitNotFound
from handrail.errors.hr012 import HistoryNotThere
from handrail.errors.hr013 import NotARepository
from handrail.errors.hr014 import RepositoryNotTrusted
from handrail.errors.hr015 import GitFailed

REPOSITORY_VARIABLES = (
    "GIT_DIR",
    "GIT_COMMON_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)
"""What git sets for its hooks, and people for unusual layouts (git help git, "Environment Variables")."""

_PATHSPEC_VARIABLES = ("GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")


class Answer(NamedTuple):
    """What one git command said: its exit code, standard output, and standard error as lines."""

    status: int
    output: bytes
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """The output as text without its last line feed; bytes that are no UTF-8 survive as surrogates."""
        return os.fsdecode(self.output).removesuffix("\n")

    @property
    def fields(self) -> list[str]:
        """The parts of a NUL-separated output."""
        return os.fsdecode(self.output).split("\0")[:-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Git:
    """The git program, run in one folder with one environment and never through a shell."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, stdin: bytes = b"", accept: Collection[int] = (0,)) -> Answer:
        """Run one command to its end. Raises a Refusal where git is missing or ends with an exit code that is not accepted."""
        with self.started(*arguments, stderr=subprocess.PIPE) as process:
            output, errors = process.communicate(stdin)
        answer = Answer(process.returncode, output, tuple(os.fsdecode(errors).splitlines()))
        if answer.status not in accept:
            raise failure(arguments, answer.status, answer.words, self.folder)
        return answer

    def start(self, *arguments: str, stderr: int) -> subprocess.Popen[bytes]:
        """Start a command whose standard input and output are pipes; stderr: a file descriptor or subprocess.PIPE."""
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(
                ["git", *arguments], cwd=self.folder, env=dict(self.environment), stdin=pipe, stdout=pipe, stderr=stderr
            )
        except OSError as error:
            if isinstance(error, FileNotFoundError) and not self.folder.is_dir():
                raise NotARepository(path=str(self.folder), reason="there is no such folder") from error
            raise GitNotFound(program="git", reason=error.strerror or str(error)) from error

    def stream(self, *arguments: str, separator: bytes = b"\0") -> Generator[bytes]:
        """Yield the parts of a long output while git still writes it; who stops asking ends git."""
        with self.started(*arguments, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            rest = b""
            while block := os.read(process.stdout.fileno(), 65536):
                *parts, rest = (rest + block).split(separator)
                yield from parts
            if rest:
                yield rest
        if process.returncode:
            raise failure(arguments, process.returncode, (), self.folder)

    @contextmanager
    def started(self, *arguments: str, stderr: int) -> Iterator[subprocess.Popen[bytes]]:
        """Start a command that does not outlive the block, whatever happens in it."""
        with self.start(*arguments, stderr=stderr) as process:
            try:
                yield process
            except BaseException:
                process.kill()
                raise


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which git's words are English, its paths literal, and nothing but reading is done unasked."""
    kept = {name: value for name, value in environment.items() if name not in _PATHSPEC_VARIABLES}
    settings = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
    return {"GIT_TERMINAL_PROMPT": "0", **kept, **settings}


def failure(arguments: Collection[str], status: int, words: tuple[str, ...], folder: Path) -> Refusal:
    """Say what a failed git command means, from its words in English (LC_ALL=C)."""
    said = "\n".join(words)
    first = next((line for line in words if line.startswith("fatal: ")), words[0] if words else "").removeprefix("fatal: ")
    if "detected dubious ownership" in said:
        return _untrusted(words, first, folder)
    if "safe.bareRepository" in said:
        return RepositoryNotTrusted(
            path=str(folder), reason=first, command="git config --global --replace-all safe.bareRepository all"
        )
    if "not a git repository" in said:
        return NotARepository(path=str(folder), reason=first)
    if "promisor remote" in said:
        help = "this is a partial clone: get online and fetch what is missing"
        return HistoryNotThere(what="objects of a partial clone", reason=first, help=help, command="git fetch --refetch")
    name = next((argument for argument in arguments if not argument.startswith("-") and "=" not in argument), "")
    return GitFailed(name=name, status=status, words=words)


def _untrusted(words: tuple[str, ...], first: str, folder: Path) -> Refusal:
    """Repeat the command that git proposes (since 2.35.2), which names the folder as git sees it."""
    proposed = next((line.strip() for line in words if "--add safe.directory" in line), "")
    return RepositoryNotTrusted(
        path=str(folder), reason=first, command=proposed or f"git config --global --add safe.directory {folder}"
    )
