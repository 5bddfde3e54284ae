"""A Redis server of its own for NetBox, which does not start without one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PORT = "HANDRAIL_TEST_REDIS_PORT"
"""The environment variable that NetBox's settings read."""


@contextmanager
def redis_server(folder: Path) -> Iterator[None]:
    """Run one where the program is there; else NetBox says itself what it lacks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        os.environ[PORT] = str(free.getsockname()[1])
    program = shutil.which("redis-server")
    if program is None:
        yield
        return
    words = [program, "--port", os.environ[PORT], "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        server.terminate()
        server.wait()
