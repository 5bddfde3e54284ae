"""A backup of one database, and what is known of it beside its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.migration import MigrationKey

FORMAT = 1
"""What manifests say that look as they do here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A complete backup. run: the one that it was made before, None where it was made by itself. tags: names of that state.

    file: its name, beside the manifest. digest: SHA-256 of the file, in hexadecimal. size: bytes. rows: by table, how many rows
    it had before and after the backup was made: two numbers that differ where somebody wrote meanwhile. journal: the version of
    the journal's tables, None where there were none. version: of the server, such as "MariaDB 10.11.6".
    """

    id: str
    alias: str
    vendor: str
    version: str
    made: datetime
    user: str
    run: int | None
    tags: tuple[str, ...]
    commit: str
    applied: tuple[MigrationKey, ...]
    rows: Mapping[str, tuple[int, int]]
    journal: int | None
    file: str
    size: int
    digest: str

    def before(self, run: int) -> Backup:
        """Return the backup as one that was made before a run."""
        return replace(self, run=run)


def to_json(backup: Backup) -> dict[str, Any]:
    """Return the manifest of a backup."""
    return {
        "format": FORMAT,
        "id": backup.id,
        "database": backup.alias,
        "vendor": backup.vendor,
        "version": backup.version,
        "made": backup.made.isoformat(),
        "user": backup.user,
        "run": backup.run,
        "tags": list(backup.tags),
        "commit": backup.commit or None,
        "applied": [list(key) for key in backup.applied],
        "rows": {table: list(counts) for table, counts in backup.rows.items()},
        "journal": backup.journal,
        "file": backup.file,
        "size": backup.size,
        "digest": backup.digest,
    }


def from_json(values: Mapping[str, Any]) -> Backup:
    """Return the backup of a manifest. Raises KeyError, TypeError or ValueError where it is none, or of a later format."""
    if values["format"] != FORMAT:
        raise ValueError(f"its format is {values['format']}, and this release reads {FORMAT}")
    rows = {str(table): (int(low), int(high)) for table, (low, high) in values["rows"].items()}
    return Backup(
        id=str(values["id"]),
        alias=str(values["database"]),
        vendor=str(values["vendor"]),
        version=str(values["version"]),
        made=datetime.fromisoformat(values["made"]),
        user=str(values["user"]),
        run=values["run"],
        tags=tuple(values["tags"]),
        commit=values["commit"] or "",
        applied=tuple(MigrationKey(app, name) for app, name in values["applied"]),
        rows=rows,
        journal=values["journal"],
        file=str(values["file"]),
        size=int(values["size"]),
        digest=str(values["digest"]),
    )


def backup_id(alias: str, now: datetime | None = None) -> str:
    """Return the id of a new backup: the moment (UTC) and the alias, as it may stand in the name of a file."""
    return f"{now or datetime.now(UTC):%Y%m%d-%H%M%S}-{re.sub(r'[^A-Za-z0-9_-]', '_', alias)}"


def differences(backup: Backup, rows: Mapping[str, int]) -> list[str]:
    """Say where the tables of a restored backup are not as they were: which are missing, and which have another count."""
    found = []
    for table, (before, after) in backup.rows.items():
        low, high = min(before, after), max(before, after)
        if table not in rows:
            found.append(f"table {table} is missing")
        elif not low <= rows[table] <= high:
            were = str(low) if low == high else f"{low} to {high}"
            found.append(f"table {table} has {rows[table]} row{'' if rows[table] == 1 else 's'}, and had {were}")
    return found
