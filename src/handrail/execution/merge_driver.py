"""Git's merge driver for migrations.lock (git help attributes, "Defining a custom merge driver")."""

from __future__ import annotations

from pathlib import Path

from handrail.planning.lockfile import LockError, merge, parse, render


def drive(base: Path, ours: Path, theirs: Path, marker_size: int = 7) -> str:
    """Merge three versions of a lock-file into the file of ours; returns "" or, in words, why it is a conflict.

    In a conflict the file gets both versions between conflict markers, as git's own driver would write them. The migration
    files themselves are not looked at: while git merges, they are not there yet.
    """
    texts = [path.read_text("utf-8", "replace") for path in (base, ours, theirs)]
    try:
        before = parse(texts[0]) if texts[0].strip() else None
        merged = merge(before, parse(texts[1]), parse(texts[2]))
    except LockError as error:
        merged = f"a version of the file cannot be read: {error}"
    if isinstance(merged, str):
        ours.write_text(_marked(texts[1], texts[2], marker_size), "utf-8")
        return merged
    ours.write_text(render(merged), "utf-8")
    return ""


def _marked(ours: str, theirs: str, size: int) -> str:
    return f"{'<' * size} ours\n{_ended(ours)}{'=' * size}\n{_ended(theirs)}{'>' * size} theirs\n"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
