"""Handrail as the bench runs it: the command of this environment, with a cache of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from bench.measure import Command

FOUND_OR_NOT = (0, 1)


def handrail(scratch: Path, *words: str | Path) -> tuple[Command, Command]:
    """Return a handrail command twice: with an empty cache of facts each time, and with the cache of its earlier runs."""
    empty, kept = scratch / "cache-empty", scratch / "cache-kept"

    def forget() -> None:
        shutil.rmtree(empty, ignore_errors=True)

    full = [Path(sys.executable).parent / "handrail", *words]
    cold = Command(words=full, cwd=scratch, variables={"XDG_CACHE_HOME": str(empty)}, codes=FOUND_OR_NOT, before=forget)
    cached = Command(words=full, cwd=scratch, variables={"XDG_CACHE_HOME": str(kept)}, codes=FOUND_OR_NOT)
    return cold, cached
