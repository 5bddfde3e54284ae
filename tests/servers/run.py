"""The folder of one test run: which servers run in it, and their end.

The process that starts the tests owns the folder (it holds a file lock in it as long as it lives) and hands its path to the
workers of pytest-xdist in the environment. Whoever needs a server first starts it under a lock and writes down where it is;
the owner ends them all. What a killed run left behind is ended by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.servers import process

VARIABLE = "HANDRAIL_TEST_RUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server is. pid is None for a server that was there before."""

    host: str
    port: int
    user: str
    password: str
    pid: int | None = None
    folder: str = ""


def _temporary() -> Path:
    """Return a temporary folder that the servers' user can reach."""
    for name in (tempfile.gettempdir(), "/tmp", "/var/tmp"):
        if process.account() is None or process.readable_by_others(Path(name)):
            return Path(name)
    raise process.ServerStartError(
        f"{tempfile.gettempdir()} cannot be read by {process.account()}: set TMPDIR to a folder that can"
    )


def _prefix() -> str:
    return f"handrail-tests-{os.getuid()}-"


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file lock; it is free again when the holder ends, however it ends."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Run:
    """One run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._held: object = None

    @property
    def template_prefix(self) -> str:
        """What the names of this run's template databases begin with, so that two runs can share one server."""
        return f"handrail_template_{self.folder.name[-8:].lower()}_"

    @classmethod
    def of_environment(cls) -> Run:
        """Return the run this process belongs to."""
        return cls(Path(os.environ[VARIABLE]))

    @classmethod
    def begin(cls) -> Run:
        """Make a new run, owned by this process, and clean up what killed runs left."""
        parent = _temporary()
        with locked(parent / f"{_prefix()}lock"):
            for left in parent.glob(f"{_prefix()}*"):
                if left.is_dir() and not _is_owned(left):
                    cls(left).end()
            folder = Path(tempfile.mkdtemp(prefix=_prefix(), dir=parent))
            folder.chmod(0o711)
            run = cls(folder)
            handle = (folder / "owner").open("a")
            fcntl.flock(handle, fcntl.LOCK_EX)
            run._held = handle
        return run

    def server(self, name: str, start: Callable[[Path], Address]) -> Address:
        """Return where a server of this run is; the first that asks starts it, in a new folder."""
        state = self.folder / f"{name}.json"
        with locked(self.folder / f"{name}.lock"):
            if not state.exists():
                address = start(self.folder / name)
                state.touch(mode=0o600)
                state.write_text(json.dumps(asdict(address)))
            return Address(**json.loads(state.read_text()))

    def once(self, name: str, make: Callable[[], None]) -> None:
        """Do something once in this run, whichever process comes first; the others wait for it."""
        done = self.folder / f"{name}.done"
        with locked(self.folder / f"{name}.lock"):
            if not done.exists():
                make()
                done.touch()

    def end(self) -> None:
        """End every server of the run and remove its folder."""
        for state in self.folder.glob("*.json"):
            with contextlib.suppress(ValueError):
                address = json.loads(state.read_text())
                if address["pid"] and _is_ours(address["pid"], self.folder):
                    process.end(address["pid"], signal.SIGQUIT)
        for pid in _servers_below(self.folder):
            process.end(pid, signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._held is not None:
            self._held.close()  # type: ignore[attr-defined]
            self._held = None


def _is_owned(folder: Path) -> bool:
    try:
        with (folder / "owner").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return folder.exists() and (folder / "owner").exists()
    return False


def _is_ours(pid: int, folder: Path) -> bool:
    """Say whether a process id still means a server of this folder: numbers are used again."""
    try:
        return str(folder).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return pid in process.STARTED


def _servers_below(folder: Path) -> list[int]:
    """Return the servers that a run started but was killed before it wrote them down."""
    found = []
    for name in (*folder.glob("*/data/postmaster.pid"), *folder.glob("*/mariadb.pid"), *folder.glob("*/pgbouncer.pid")):
        with contextlib.suppress(OSError, ValueError):
            pid = int(name.read_text().split()[0])
            found += [pid] if _is_ours(pid, folder) else []
    return found
