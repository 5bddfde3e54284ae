"""Holding the documents and the files together: links lead somewhere, and every page can be reached.

python3 tools/check_documents.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
STARTS = ("README.md", "CONTRIBUTING.md", "docs/README.md")
"""Where a reader comes in."""


def documents(root: Path) -> dict[str, str]:
    """Return the text of every document of the repository by its path."""
    paths = [*root.glob("*.md"), *root.glob("docs/**/*.md")]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in sorted(paths)}


def links(path: str, text: str) -> Iterator[str]:
    """Yield the paths, relative to the root, that a document links to; addresses and links within the page are left out."""
    for target in LINK.findall(FENCE.sub("", text)):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            yield normal(PurePosixPath(path).parent / target.partition("#")[0])


def normal(path: PurePosixPath) -> str:
    """Return a path without its .. parts."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def broken(pages: Mapping[str, str], root: Path) -> Iterator[str]:
    """Yield one line for each link that leads to no file."""
    for path, text in pages.items():
        for target in links(path, text):
            if not (root / target).exists():
                yield f"{path}: links to {target}, which does not exist"


def unreachable(pages: Mapping[str, str]) -> Iterator[str]:
    """Yield one line for each page under docs that no reader comes to by links."""
    reached: set[str] = set()
    waiting = [path for path in STARTS if path in pages]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += [target for target in links(path, pages[path]) if target in pages]
    yield from (f"{path}: no page links to it" for path in pages if path.startswith("docs/") and path not in reached)


def main() -> int:
    """Print what is wrong; return 1 where anything is."""
    pages = documents(ROOT)
    found = [*broken(pages, ROOT), *unreachable(pages)]
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
