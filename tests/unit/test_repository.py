"""The repository holds nothing that belongs to one machine: no paths of somebody's home, no addresses of package hosts."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# Ann is the user of examples. Put together from parts, so that this file does not hold what it looks for.
HOMES = "|".join(
    ("/" + "root/", "/" + "home/(?!ann\\b)[a-z]", "/" + "Users/[A-Za-z]", "/" + "work/[a-z]", "/" + "opt/[a-z]+/simple")
)
HOSTS = "|".join(
    re.escape(".".join(parts))
    for parts in (("pypi", "org"), ("files", "pythonhosted", "org"), ("deb", "debian", "org"), ("registry", "npmjs", "org"))
)
FORBIDDEN = {
    "a path of one machine": re.compile(rf"(?<![\w.])(?:{HOMES})"),
    "the address of a package host": re.compile(HOSTS),
    "an address on a private network": re.compile(r"\b(?:10\.\d{1,3}|192\.168)\.\d{1,3}\.\d{1,3}\b"),
}


def files() -> Iterator[tuple[str, str]]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for path in listed.stdout.decode().split("\0"):
        if path and (ROOT / path).is_file():
            yield path, (ROOT / path).read_bytes().decode(errors="replace")


def found(pattern: re.Pattern[str], text: str) -> list[str]:
    return [line.strip()[:100] for line in text.splitlines() if pattern.search(line)]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    assert {path: lines for path, text in files() if (lines := found(FORBIDDEN[what], text))} == {}


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a path of one machine", 'root = "/' + 'home/bob/project"'),
        ("a path of one machine", "/" + "root/.cache"),
        ("a path of one machine", "cd /" + "Users/Ann/src"),
        ("the address of a package host", "index-url = https://pypi" + ".org/simple"),
        ("an address on a private network", "HOST = '10." + "0.0.7'"),
    ],
)
def test_the_patterns_see(what: str, line: str) -> None:
    assert found(FORBIDDEN[what], line) == [line]


def test_other_paths_and_versions_are_let_through() -> None:
    text = "/tmp/x\n/usr/bin/python3\nlibcst==1.10.0.2\n/home/ann/project\ndocs/work/plan\n"
    assert [found(pattern, text) for pattern in FORBIDDEN.values()] == [[], [], []]
