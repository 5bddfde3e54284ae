"""git as the bench uses it, whatever the configuration of the one who runs it says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SETTINGS = {"user.name": "Bench", "user.email": "bench@example.com", "commit.gpgsign": "false", "gc.auto": "0"}


def git(folder: Path, *words: str, stdin: str = "") -> str:
    """Run git in a folder and return what it prints."""
    own = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    variables = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *own, *words], cwd=folder, env=variables, input=stdin, text=True, check=True, capture_output=True
    )
    return done.stdout


def commit_all(folder: Path) -> None:
    """Make a folder a repository whose branch main has one commit with everything."""
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "-m", "start")
