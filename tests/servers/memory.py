"""Where a run keeps its files: in memory if there is plenty, as servers under test make and drop thousands of files."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

PLACE = Path("/dev/shm")
"""Linux's file system in memory (man 7 shm_overview)."""
FREE = 4 << 30
AVAILABLE = 8 << 30
"""Bytes that have to be free of the file system and of the machine; a run takes less than 1 GiB."""


def use_memory() -> None:
    """Let temporary files be made in memory by this process and those it starts, unless TMPDIR says where."""
    if "TMPDIR" in os.environ or not os.access(PLACE, os.W_OK):
        return
    if shutil.disk_usage(PLACE).free >= FREE and _available() >= AVAILABLE:
        os.environ["TMPDIR"] = str(PLACE)
        tempfile.tempdir = None


def _available() -> int:
    """Return the bytes of memory that can be had without swapping (man 5 proc: /proc/meminfo)."""
    found = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    return int(found["MemAvailable"].split()[0]) << 10
