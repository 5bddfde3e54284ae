"""Installing Debian's packages where that is allowed, and naming them in one line where it is not.

    python3 tools/system_packages.py NEED...

The needs are the keys of NEEDS; what is there already is not touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

SBIN = "/usr/sbin:/usr/local/sbin:/sbin"


def has(*commands: str) -> bool:
    """Say whether all commands are installed, also where PATH leaves the folders of servers out."""
    path = os.pathsep.join((os.environ.get("PATH", ""), SBIN))
    return all(shutil.which(command, path=path) for command in commands)


def has_library(name: str) -> bool:
    """Say whether pkg-config knows a library."""
    return has("pkg-config") and subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0


def has_python_headers() -> bool:
    """Say whether C extensions can be built for the Python that runs this."""
    return (Path(sysconfig.get_paths()["include"]) / "Python.h").exists()


Part = tuple[Callable[[], bool], tuple[str, ...]]
"""Whether something is there, and the packages that bring it."""

# The server comes from mariadb-server-core, which brings the programs without the service that mariadb-server starts. Headers are
# asked for only where the Python has none of its own: one that Debian has no package of comes with them.
NEEDS: dict[str, tuple[Part, ...]] = {
    "mariadb": ((lambda: has("mariadbd", "mariadb-install-db", "mariadb-dump"), ("mariadb-server-core", "mariadb-client")),),
    "pgbouncer": ((lambda: has("pgbouncer"), ("pgbouncer",)),),
    "mysqlclient": (
        (lambda: has("cc"), ("gcc", "libc6-dev")),
        (lambda: has("pkg-config"), ("pkg-config",)),
        (lambda: has_library("libmariadb"), ("libmariadb-dev",)),
        (has_python_headers, (f"python3.{sys.version_info.minor}-dev",)),
    ),
}


def missing(need: str) -> list[str]:
    """Return the packages that bring what is not there of a need."""
    return [package for is_there, packages in NEEDS[need] if not is_there() for package in packages]


def administrator() -> list[str] | None:
    """Return what goes before a command that only root may run: nothing for root, sudo without a password, or None."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


def apt_get(before: Sequence[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run apt-get without questions, with retries, and with patience for another one that runs."""
    options = ["-qq", "-y", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::http::Timeout=60"]
    command = [*before, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *options, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200, stdin=subprocess.DEVNULL)


def install(packages: Collection[str], reason: str) -> str:
    """Install packages with apt-get; return "" or one line that says which packages to install and why."""
    line = f"{reason} needs Debian's packages {' '.join(packages)}: apt-get install {' '.join(packages)}"
    before = administrator()
    if before is None or not shutil.which("apt-get"):
        return line
    print(f"installing {' '.join(packages)} for {reason}", flush=True)
    command = ("install", "--no-install-recommends", *packages)
    done = apt_get(before, *command)
    if done.returncode:
        apt_get(before, "update")
        done = apt_get(before, *command)
    return f"{line} (apt-get failed: {last_line(done.stderr)})" if done.returncode else ""


def last_line(text: str) -> str:
    """Return the last line of a text that is not empty."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no output")


def main(needs: Sequence[str]) -> int:
    """Install what is missing; print one line for each need that could not be met and return 1."""
    lines = [line for need in needs if (packages := missing(need)) and (line := install(packages, need))]
    for line in lines:
        print(line, file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
