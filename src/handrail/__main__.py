"""The console script, and ``python -m handrail``."""

from __future__ import annotations

import sys

SELDOM = 100_000
"""After how many new objects the garbage collector looks for circles: syntax trees have many objects and no circles."""


def main() -> int:
    """Run the command line of this process and return its exit code."""
    import gc

    from handrail.cli.run import run

    gc.set_threshold(SELDOM)
    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
