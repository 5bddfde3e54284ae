"""Reading the folder of backups."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from handrail.domain.backup import Backup, from_json
from handrail.errors.hr621 import BackupFolder
from handrail.errors.hr622 import BackupBroken
from handrail.errors.hr623 import NotRestorable
from handrail.sources.django_setup import find_manage

PARTIAL = ".partial"
"""What the names of files end with that are being written."""
MANIFEST = ".json"


def backup_folder(setting: str) -> Path:
    """Return the folder of backups. setting: HANDRAIL["backups"], beside manage.py where it is relative. Raises BackupFolder."""
    manage = find_manage(Path.cwd())
    folder = ((manage.parent if manage else Path.cwd()) / setting).resolve()
    for name, place in _served():
        if folder.is_relative_to(place):
            raise BackupFolder(folder=folder, problem=f"is inside {name}")
        if place.is_relative_to(folder):
            raise BackupFolder(folder=folder, problem=f"holds {name}")
    return folder


def _served() -> list[tuple[str, Path]]:
    """Return the folders that are handed out by a web server, or copied to where they are, with the settings that name them."""
    from django.apps import apps
    from django.conf import settings

    found: list[tuple[str, Any]] = [("STATIC_ROOT", settings.STATIC_ROOT), ("MEDIA_ROOT", settings.MEDIA_ROOT)]
    found += [("a folder of STATICFILES_DIRS", place[1] if isinstance(place, tuple) else place) for place in _dirs(settings)]
    found += [(f"the static files of {app.label}", Path(app.path) / "static") for app in apps.get_app_configs()]
    return [(name, Path(place).resolve()) for name, place in found if place]


def _dirs(settings: Any) -> list[Any]:
    return list(getattr(settings, "STATICFILES_DIRS", []))


def list_backups(folder: Path) -> list[Backup]:
    """Return the complete backups, the oldest first. Raises BackupBroken for a manifest that cannot be read."""
    if not folder.is_dir():
        return []
    found = [_read(place) for place in sorted(folder.glob(f"*{MANIFEST}")) if not place.name.startswith(".")]
    return sorted(found, key=lambda one: (one.made, one.id))


def _read(place: Path) -> Backup:
    try:
        return from_json(json.loads(place.read_text()))
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BackupBroken(id=place.stem, problem=f"its manifest cannot be read: {type(error).__name__}: {error}") from None


def find_backup(folder: Path, alias: str, id: str | None) -> Backup:
    """Return the backup with an id, or the latest of a database where none is named. Raises NotRestorable."""
    found = list_backups(folder)
    if id is not None:
        named = next((one for one in found if one.id == id), None)
        if named is None:
            raise NotRestorable(problem=f"there is no backup {id} in {folder}")
        return named
    own = [one for one in found if one.alias == alias]
    if not own:
        raise NotRestorable(problem=f"there is no backup of {alias} in {folder}")
    return own[-1]


def check_file(folder: Path, backup: Backup) -> Path:
    """Return the file of a backup, which is what it was when it was made. Raises BackupBroken."""
    place = folder / backup.file
    if not place.is_file():
        raise BackupBroken(id=backup.id, problem=f"{place} is not there")
    size = place.stat().st_size
    if size != backup.size:
        raise BackupBroken(id=backup.id, problem=f"its file has {size} bytes, and had {backup.size}")
    if digest_of(place) != backup.digest:
        raise BackupBroken(id=backup.id, problem="its file is not what it was: its digest is another one")
    return place


def digest_of(place: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
