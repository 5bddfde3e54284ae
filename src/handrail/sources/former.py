"""What migrations contained under names that no file has any more, and what brought a file or a line: told by git."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice

from handrail.domain.history import Origin
from handrail.domain.migration import MigrationKey
from handrail.sources.facts import FileFacts, read_facts
from handrail.sources.git import Repository
from handrail.sources.git_history import Touch
from handrail.sources.project import Project

COMMITS_LOOKED_AT = 50
"""So many commits that touched a file are read, newest first."""


def paths_of(project: Project, keys: Iterable[MigrationKey]) -> dict[MigrationKey, str]:
    """Return where the files of migrations would be, of those apps whose files belong to the project."""
    apps = project.snapshot().apps
    places = {key: apps[key.app_label].path for key in keys if key.app_label in apps}
    return {key: f"{folder}/{key.name}.py" for key, folder in places.items() if not folder.startswith("../")}


def former_digests(project: Project, paths: Mapping[MigrationKey, str]) -> dict[MigrationKey, set[str]]:
    """Return every digest that files had which git knows: on any ref, and before they were deleted or renamed."""
    if project.repository is None:
        return {key: set() for key in paths}
    return {key: digests(_versions(project.repository, path)) for key, path in paths.items()}


def digests(contents: Iterable[bytes]) -> set[str]:
    """Return the digests of the contents that are migrations."""
    facts = map(read_facts, contents)
    return {one.digest for one in facts if one.fault is None}


def _versions(repository: Repository, path: str) -> Iterable[bytes]:
    touches = islice(repository.path_history(path), COMMITS_LOOKED_AT)
    return repository.objects.blobs({blob for touch in touches for blob in (touch.old, touch.new) if blob}).values()


def file_origin(project: Project, path: str) -> Origin | None:
    """Return what brought a file; None where that cannot be told."""
    if project.repository is None or path.startswith("../"):
        return None
    touches = _touches(project.repository, path)
    return _origin(touches[-1]) if touches else Origin()


def line_origin(project: Project, path: str, holds: Callable[[FileFacts], bool]) -> Origin | None:
    """Return what brought a line that a file has now; None where it is as old as the file, or that cannot be told.

    holds: whether the line is there, by the facts of a version of the file.
    """
    repository = project.repository
    if repository is None or path.startswith("../"):
        return None
    newer: Touch | None = None
    touches = _touches(repository, path)[:COMMITS_LOOKED_AT]
    versions = repository.objects.blobs([touch.new for touch in touches if touch.new])
    for touch in touches:
        if touch.new and not holds(read_facts(versions[touch.new])):
            return _origin(newer) if newer is not None else Origin()
        newer = touch
    return None


def _touches(repository: Repository, path: str) -> list[Touch]:
    return repository.path_history(path, ("HEAD",)) if repository.head().commit else []


def _origin(touch: Touch) -> Origin:
    return Origin(commit=touch.commit, author=touch.author, subject=touch.subject)
