"""Starting and ending a server's process."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

STARTED: dict[int, subprocess.Popen[bytes]] = {}
"""The servers this process started, by process id: they are waited for when they end, so that none stays a zombie."""


class MissingServerError(Exception):
    """A server or its driver is not installed; the message says in one line what to install."""


class ServerStartError(Exception):
    """A server did not start; the message holds the end of its log."""


def free_port() -> int:
    """Return a TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def account() -> str | None:
    """Return the unprivileged user that servers run as: None (ourselves) unless we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("nobody", "postgres", "daemon") if name in names)


def readable_by_others(folder: Path) -> bool:
    """Say whether any user can reach a folder and list it."""
    path = folder.resolve()
    return bool(path.stat().st_mode & stat.S_IROTH) and all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def give(folder: Path) -> None:
    """Make a new folder that belongs to the user the servers run as."""
    folder.mkdir(mode=0o700)
    if name := account():
        entry = pwd.getpwnam(name)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _as_account() -> dict[str, object]:
    name = account()
    return {} if name is None else {"user": name, "group": pwd.getpwnam(name).pw_gid, "extra_groups": []}


def prepare(command: Sequence[str | Path], folder: Path) -> None:
    """Run a command that sets a server's data folder up, in that folder; raise ServerStartError with its output if it fails."""
    done = subprocess.run(  # type: ignore[call-overload]
        [*map(str, command)], cwd=folder, capture_output=True, text=True, check=False, timeout=120, **_as_account()
    )
    if done.returncode:
        raise ServerStartError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")


def start(command: Sequence[str | Path], folder: Path, log: Path, ready: Callable[[], bool]) -> int:
    """Start a server in a session of its own, so that Ctrl-C does not reach it; return its process id once it is ready."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [*map(str, command)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **_as_account(),
        )
    STARTED[process.pid] = process
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return int(process.pid)
        time.sleep(0.02)
    end(process.pid, signal.SIGKILL)
    raise ServerStartError(f"{command[0]} did not start: {log.read_text(errors='replace')[-2000:]}")


def alive(pid: int) -> bool:
    """Say whether a process runs; one that ended but was not waited for does not."""
    if process := STARTED.get(pid):
        return process.poll() is None
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        pass
    if Path("/proc/self").exists():
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def end(pid: int, first: signal.Signals) -> None:
    """End a process with a signal, and after ten seconds with SIGKILL; return when it has gone."""
    for number in (first, signal.SIGKILL):
        if not alive(pid):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + 10
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.01)
    STARTED.pop(pid, None)
