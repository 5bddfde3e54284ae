"""python -m bench: every part, one after the other, in a temporary folder; python -m bench PART... for some of them."""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import bulk, kept, large_repository, migrating, open_branches, plan, real_projects, stall

PARTS: dict[str, Callable[[Path], Iterator[str]]] = {
    "projects": real_projects.report,
    "large": large_repository.report,
    "branches": open_branches.report,
    "migrating": migrating.report,
    "stall": stall.report,
    "bulk": bulk.report,
    "kept": kept.report,
    "plan": plan.report,
}


def main(names: list[str]) -> int:
    """Print the report; return 2 where a part is not known."""
    if unknown := [name for name in names if name not in PARTS]:
        print(f"no part of the bench: {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    start = time.monotonic()
    print(f"Python {platform.python_version()}; medians of several runs in turns")
    for name in names or PARTS:
        with tempfile.TemporaryDirectory(prefix="handrail-bench-") as scratch:
            print(flush=True)
            for line in PARTS[name](Path(scratch)):
                print(line, flush=True)
    print(f"\n{time.monotonic() - start:.0f} seconds")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
