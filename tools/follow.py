"""Following a page of the documentation: its files are written, its commands are run, and what they print replaces what it shows.

    python tools/follow.py PAGE...      write the pages with what the commands really print

A block marked ``console`` holds commands after ``$`` and what they print. A block after a line that ends with a path in
backquotes and a colon is written to that file. Commands that install something are left out: it is installed here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"`(?P<path>[\w./]+)`:\n\n\Z")
LEFT_OUT = ("pip ", "python -m venv ", "python -m pip ", "cd ", "source ")
VARIABLES = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Reader",
    "GIT_AUTHOR_EMAIL": "reader@example.com",
    "GIT_COMMITTER_NAME": "Reader",
    "GIT_COMMITTER_EMAIL": "reader@example.com",
    "PYTHONDONTWRITEBYTECODE": "1",
    "NO_COLOR": "1",
    "LOGNAME": "reader",
}
MASKS = (
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "14:03:22"),
    (re.compile(r"\bcommit [0-9a-f]{7}\b"), "commit 1a2b3c4"),
    (re.compile(r"\b20\d\d-\d\d-\d\d\b"), "2026-03-01"),
)
"""What is another one every time, and what a page shows for it."""
FOREIGN = ("DJANGO_SETTINGS_MODULE", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def follow(page: str, folder: Path) -> str:
    """Return a page with what its commands really print when it is followed in an empty folder."""
    return "".join(parts(page, folder))


def parts(page: str, folder: Path) -> Iterator[str]:
    """Yield the page piece by piece, doing what each block says on the way."""
    end = 0
    for block in BLOCK.finditer(page):
        before, end = page[end : block.start()], block.end()
        yield before
        if block["kind"] == "console":
            yield f"```console\n{session(block['text'], folder)}```"
            continue
        if named := FILE.search(before):
            target = folder / named["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block["text"], encoding="utf-8")
        yield block[0]
    yield page[end:]


def session(text: str, folder: Path) -> str:
    """Return a block of commands with what they print now."""
    commands = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    return "".join(f"$ {command}\n{output(command, folder)}" for command in commands)


def output(command: str, folder: Path) -> str:
    """Run a command in the folder; return what it prints, without blanks at the ends of lines."""
    if command.startswith(LEFT_OUT):
        return ""
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=inherited | VARIABLES | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    said = done.stdout.rstrip()
    for varying, shown in MASKS:
        said = varying.sub(shown, said)
    return "".join(f"{line.rstrip()}\n" for line in said.splitlines())


def main(paths: Sequence[str]) -> int:
    """Write the pages anew."""
    for path in map(Path, paths):
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(follow(path.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
