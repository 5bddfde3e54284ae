"""Names of migrations: the same for the same leaf nodes on every machine, so without a date, a random part or a user's name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable

MAX_NAME = 255
"""The length of django_migrations.name (MigrationRecorder.Migration, Django 5.2 to 6.1)."""
MAX_FILE_NAME = 255
"""Bytes in a file name on ext4, XFS, APFS and NTFS (there UTF-16 units, which is never the stricter limit here)."""
MERGE_PARTS = 47
"""Up to here Django joins the names of the leaf nodes in a merge migration's name (makemigrations, handle_merge)."""
FRAGMENT = 52
"""Up to here Django joins name fragments (Migration.suggest_name)."""


def number_of(name: str) -> int | None:
    """Return the number Django reads in a name (MigrationAutodetector.parse_number), None where there is none.

    Of 0001_squashed_0004_x that is 4: the number of the last migration it replaces.
    """
    squashed = re.search(r".*_squashed_(\d+)", name)
    if squashed:
        return int(squashed[1])
    digits = _digits(name)
    return int(digits) if digits else None


def numbered(name: str, number: int) -> str:
    """Return the name with another number in at least as many digits; a name without a number stays as it is."""
    digits = _digits(name)
    return str(number).zfill(len(digits)) + name[len(digits) :] if digits else name


def next_name(name: str, parents: Collection[str], taken: Collection[str]) -> str:
    """Return the name a migration has after its new parents (names of its own app).

    It keeps its descriptive part, and its number too where that is higher than the parents' already; taken: the names it must
    not have, letter case aside.
    """
    highest = max((number for number in map(number_of, parents) if number is not None), default=None)
    own = _digits(name)
    if not own or highest is None or int(own) > highest:
        return name
    return free(numbered(name, highest + 1), taken)


def merge_name(leaves: Iterable[str], taken: Collection[str]) -> str:
    """Return the name of a merge migration: as Django makes it, with a digest of the leaves where Django would take the date."""
    names = sorted(leaves)
    joined = "_".join(names)
    if len(joined) > MERGE_PARTS:
        joined = hashlib.sha256("\n".join(names).encode()).hexdigest()[:12]
    return free(f"{_after(names)}_merge_{joined}", taken)


def generated_name(fragments: Iterable[str], parent: str, taken: Collection[str]) -> str:
    """Return the name of a generated migration after its parent: alter_thing_name gives 0003_alter_thing_name_merged."""
    name = ""
    for fragment in dict.fromkeys(re.sub(r"\W+", "_", fragment) for fragment in fragments):
        longer = f"{name}_{fragment}" if name else fragment
        if name and len(longer) > FRAGMENT:
            name = f"{name}_and_more"
            break
        name = longer
    return free(f"{_after([parent])}_{name}_merged", taken)


def free(name: str, taken: Collection[str]) -> str:
    """Return the name, short enough for the record and the file system, with _2, _3 and so on where it is taken.

    Two names that differ in letter case alone are one file on macOS and Windows, and one record in MariaDB's usual collations.
    """
    used = {other.casefold() for other in taken}
    candidate = _fitting(name, "")
    count = 1
    while candidate.casefold() in used:
        count += 1
        candidate = _fitting(name, f"_{count}")
    return candidate


def _fitting(name: str, suffix: str) -> str:
    stem = name[: MAX_NAME - len(suffix)]
    while len(f"{stem}{suffix}.py".encode()) > MAX_FILE_NAME:
        stem = stem[:-1]
    return stem + suffix


def _after(names: Collection[str]) -> str:
    """Return the digits that follow the highest of the names, at least four as Django writes them."""
    width = max([4, *(len(_digits(name)) for name in names)])
    highest = max((number for number in map(number_of, names) if number is not None), default=1)
    return str(highest + 1).zfill(width)


def _digits(name: str) -> str:
    return re.match(r"[0-9]*", name)[0]  # type: ignore[index]
