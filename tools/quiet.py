"""Run a command and show what it prints only where it fails.

python3 tools/quiet.py COMMAND [ARGUMENT...]
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence


def main(command: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        print(done.stdout, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
