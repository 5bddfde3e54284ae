"""The folder that the demo plays in, and the commands that it runs there for everyone to see."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from handrail.domain.dataclasses import dataclass

SECONDS = 300
"""How long one command may take before the demo gives up."""

# Variables of the caller that would lead git or Django away from the demo's own folder.
FOREIGN = ("DJANGO_SETTINGS_MODULE", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "DATABASE")
OWN = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Demo",
    "GIT_AUTHOR_EMAIL": "demo@example.com",
    "GIT_COMMITTER_NAME": "Demo",
    "GIT_COMMITTER_EMAIL": "demo@example.com",
    "GIT_TERMINAL_PROMPT": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "NO_COLOR": "1",
}


class BrokenPromiseError(Exception):
    """Something in the demo is not as promised; the message says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A command that runs in the background. typed: as a user would."""

    typed: str
    process: subprocess.Popen[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A project's folder and the way to say something to the one who watches."""

    root: Path
    say: Callable[[str], None]

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace the only occurrence of a text in a file of the project, as a developer would."""
        text = (self.root / path).read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise BrokenPromiseError(f"{path} holds {text.count(old)} times what the demo wants to change")
        self.write(path, text.replace(old, new))

    def run(
        self, *words: str, expect: Collection[int] = (0,), quiet: bool = False, settings: Mapping[str, str] | None = None
    ) -> str:
        """Run a command in the project, show it with its output, and return the output.

        words: as a user types them; git, python and handrail stand for this environment's own. settings: environment variables
        shown before the command. quiet: show nothing unless it fails. Raises BrokenPromiseError for an unexpected exit code.
        """
        typed = _typed(words, settings or {})
        done = subprocess.run(
            [*_program(words[0]), *words[1:]],
            cwd=self.root,
            env=_environment(settings or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if not quiet or done.returncode not in expect:
            self.say(f"\n$ {typed}\n{done.stdout.rstrip()}".rstrip())
        if done.returncode not in expect:
            wanted = " or ".join(map(str, expect))
            raise BrokenPromiseError(f"`{typed}` ended with exit code {done.returncode}, not {wanted}")
        return done.stdout

    def start(self, *words: str) -> Started:
        """Start a command in the background, and say so; finish or kill it later."""
        typed = _typed(words, {})
        self.say(f"\n$ {typed} &")
        process = subprocess.Popen(
            [*_program(words[0]), *words[1:]],
            cwd=self.root,
            env=_environment({}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Started(typed=typed, process=process)

    def finish(self, started: Started) -> None:
        """Wait for a command in the background and show its output. Raises BrokenPromiseError unless it ends with exit code 0."""
        output, _ = started.process.communicate(timeout=SECONDS)
        self.say(f"\n(what `{started.typed}` wrote)\n{output.rstrip()}")
        if started.process.returncode:
            raise BrokenPromiseError(f"`{started.typed}` ended with exit code {started.process.returncode}, not 0")

    def kill(self, started: Started) -> None:
        """Kill a command in the background as kill -9 does. Raises BrokenPromiseError where it has ended by itself."""
        ended = started.process.poll() is not None
        started.process.kill()
        output, _ = started.process.communicate(timeout=SECONDS)
        self.say(f"\n$ kill -9 {started.process.pid}\n{output.rstrip()}")
        if ended:
            raise BrokenPromiseError(f"`{started.typed}` ended before it was killed")


def _typed(words: Collection[str], settings: Mapping[str, str]) -> str:
    return " ".join([*(f"{name}={value}" for name, value in settings.items()), *map(_quoted, words)])


def _program(name: str) -> list[str]:
    return {"python": [sys.executable], "handrail": [sys.executable, "-m", "handrail"]}.get(name, [name])


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return inherited | OWN | dict(settings)
