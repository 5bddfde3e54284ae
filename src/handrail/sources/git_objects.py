"""Git's objects, read by one long-lived process and each blob once."""

from __future__ import annotations

import os
import re
import subprocess
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import IO, NamedTuple

from handrail.errors.hr012 import HistoryNotThere
from handrail.errors.hr015 import GitFailed
from handrail.sources.git_process import Git, failure

_AT_ONCE = 60
"""Names asked for before the answers are read: less than 4096 bytes, which every pipe holds, so that neither side blocks."""

_HEADER = re.compile(rb"([0-9a-f]{40,64}) (blob|commit|tree|tag) (\d+)\n")


class Object(NamedTuple):
    """One object: its id, its kind (blob, commit, tree, tag) and its content."""

    id: str
    kind: str
    data: bytes


class Objects:
    """The objects of one repository, through ``git cat-file --batch``."""

    def __init__(self, git: Git) -> None:
        """Start nothing yet: the process starts with the first question."""
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._finalize: weakref.finalize[..., Objects] | None = None
        self._blobs: dict[str, bytes] = {}
        self._promisor: str | None = None

    def get(self, name: str) -> Object | None:
        """Return the object that a name of any kind stands for (main, HEAD~2, v1^{commit}, HEAD:path), or None."""
        if not name or "\n" in name or "\0" in name:
            return None
        return self._ask([os.fsencode(name)])[0]

    def blobs(self, ids: Iterable[str]) -> Mapping[str, bytes]:
        """Return contents by blob id; what a partial clone lacks is fetched by one process.

        Raises HistoryNotThere where it cannot be fetched, GitFailed where the repository is damaged.
        """
        asked = dict.fromkeys(ids)
        new = [blob for blob in asked if blob not in self._blobs]
        if new and self._promisor_remote():
            self._fetch(self._not_here(new))
        for blob, found in zip(new, self._ask([blob.encode() for blob in new]), strict=True):
            if found is None:
                raise GitFailed(name="cat-file", status=0, words=[f"{blob} missing"])
            self._blobs[blob] = found.data
        return {blob: self._blobs[blob] for blob in asked}

    def close(self) -> None:
        """End the process; the next question starts it again."""
        if self._finalize is not None:
            self._finalize()
        self._process = self._finalize = None

    def _ask(self, names: Sequence[bytes]) -> list[Object | None]:
        found: list[Object | None] = []
        for start in range(0, len(names), _AT_ONCE):
            chunk = names[start : start + _AT_ONCE]
            process = self._running()
            assert process.stdin is not None
            try:
                process.stdin.write(b"".join(name + b"\n" for name in chunk))
                process.stdin.flush()
            except BrokenPipeError:
                raise self._died() from None
            found += [self._answer(process) for _ in chunk]
        return found

    def _answer(self, process: subprocess.Popen[bytes]) -> Object | None:
        assert process.stdout is not None
        header = process.stdout.readline()
        match = _HEADER.fullmatch(header)
        if match is None:
            if not header.endswith(b"\n"):
                raise self._died()
            return None
        size = int(match[3])
        data = process.stdout.read(size + 1)
        if len(data) != size + 1:
            raise self._died()
        return Object(match[1].decode(), match[2].decode(), data[:-1])

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            import tempfile  # slow to import; and a pipe that nobody reads would block git once it is full of warnings

            self._errors = tempfile.TemporaryFile()  # noqa: SIM115
            self._process = self._git.start("cat-file", "--batch", stderr=self._errors.fileno())
            self._finalize = weakref.finalize(self, _end, self._process, self._errors)
        return self._process

    def _died(self) -> Exception:
        """Say why the process ended early, and forget it."""
        process, errors = self._process, self._errors
        assert process is not None and errors is not None
        status = process.wait()
        errors.seek(0)
        words = tuple(os.fsdecode(errors.read()).splitlines())
        self.close()
        return failure(["cat-file"], status, words, self._git.folder)

    def _promisor_remote(self) -> str:
        """Return the remote that a partial clone fetches from, or "" (git help partial-clone)."""
        if self._promisor is None:
            pattern = r"^(remote\..*\.promisor|extensions\.partialclone)$"
            answer = self._git.run("config", "--null", "--get-regexp", pattern, accept=(0, 1))
            self._promisor = next(filter(None, map(_promisor_of, answer.fields)), "")
        return self._promisor

    def _not_here(self, blobs: Iterable[str]) -> list[str]:
        """Return the blobs that are not in this clone, without making git fetch them one by one, as asking for one would."""
        missing = {blob.encode(): None for blob in blobs}
        arguments = ("cat-file", "--batch-all-objects", "--unordered", "--buffer", "--batch-check=%(objectname)")
        for name in self._git.stream(*arguments, separator=b"\n"):
            missing.pop(name, None)
        return [blob.decode() for blob in missing]

    def _fetch(self, blobs: Sequence[str]) -> None:
        """Fetch blobs as git itself fetches what a partial clone lacks (promisor-remote.c), but all by one process."""
        if not blobs:
            return
        remote = self._promisor_remote()
        options = ("--no-tags", "--no-write-fetch-head", "--recurse-submodules=no", "--filter=blob:none", "--stdin")
        wanted = "".join(f"{blob}\n" for blob in blobs).encode()
        answer = self._git.run(
            "-c", "fetch.negotiationAlgorithm=noop", "fetch", remote, *options, stdin=wanted, accept=range(256)
        )
        if answer.status:
            raise HistoryNotThere(
                what=f"the contents of {len(blobs)} files of a partial clone",
                reason=answer.words[0] if answer.words else f"git fetch ended with {answer.status}",
                help=f"make sure that {remote} can be reached, then run the command again; or fetch all contents at once",
                command=f"git fetch --refetch --no-filter {remote}",
            )


def _end(process: subprocess.Popen[bytes], errors: IO[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):  # what was not written yet when git ended
            if pipe is not None:
                pipe.close()
    process.wait()
    errors.close()


def _promisor_of(setting: str) -> str:
    """Return the remote that one setting, "key<LF>value", names as a promisor."""
    key, _, value = setting.partition("\n")
    if key == "extensions.partialclone":
        return value
    on = value.lower() in ("", "true", "yes", "on", "1")
    return key.removeprefix("remote.").removesuffix(".promisor") if on else ""
