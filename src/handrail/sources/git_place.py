"""Whether git could find a repository from a folder at all: where it could not, nothing of git needs to be loaded or started."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def may_be_in_repository(folder: Path, environment: Mapping[str, str] = os.environ) -> bool:
    """Say whether a folder may be in a git repository; only git can say whether it is.

    Git takes the repository that GIT_DIR names, else looks for .git (a folder, file or link) in the folder and in all above it,
    else for a bare repository, which has a HEAD (git help git, gitrepository-layout; setup.c, setup_git_directory_gently_1).
    """
    if "GIT_DIR" in environment:
        return True
    here = os.path.realpath(folder)
    places = [here, *map(os.fspath, Path(here).parents)]
    return any(os.path.lexists(os.path.join(place, name)) for place in places for name in (".git", "HEAD"))  # noqa: PTH118
