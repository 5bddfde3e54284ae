"""handrail post-checkout."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.cli.output import is_terminal, write_lines
from handrail.domain.outcome import CLEAN, Outcome


class PostCheckout(Command):
    """Let a developer's database follow a switch of branches; the hook of handrail install-git calls it.

    Lists the migrations that are applied and that the new branch does not have, and asks whether handrail rollback shall take
    them back, with their data kept. When a branch returns whose migrations were taken back, it asks whether they shall be
    applied again, and the data comes back. Where the input is no terminal it says which commands do that. It does nothing in CI,
    and to no database on another machine.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (("post-checkout main feature", "as the hook calls it, with two commits"),)

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take what git hands over (git help hooks)."""
        parser.add_argument("old", metavar="OLD", help="the commit before")
        parser.add_argument("new", metavar="NEW", help="the commit now")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Ask; a refusal of what cannot be read is said, and the checkout is done all the same."""
        done = Outcome(command="post-checkout", exit=CLEAN)
        if os.environ.get("CI"):
            return done
        from handrail.api.post_checkout import apply_again, look

        alias = options.database or "default"
        found = look(session.root, alias, options.old, options.new)
        words = ["--to-ref", options.new, *(["--database", alias] if alias != "default" else [])]
        if found.gone:
            write_lines([f"applied to {alias}, and not on this branch: {', '.join(map(str, found.gone))}"], sys.stderr)
            if is_terminal(sys.stdin):
                self._roll_back(session, words)
            else:
                _say_next(f"handrail rollback {shlex.join(words)}")
        if found.back:
            write_lines([f"on this branch again, and taken back from {alias}: {', '.join(map(str, found.back))}"], sys.stderr)
            if not is_terminal(sys.stdin):
                _say_next(f"python manage.py migrate{f' --database {alias}' if alias != 'default' else ''}")
            elif _agreed("Apply them again, with the data that was kept? Type yes or no: "):
                apply_again(alias, found.back)
        return done

    def _roll_back(self, session: Session, words: Sequence[str]) -> None:
        """Call the command, which shows its plan and asks."""
        from handrail.cli.run import run

        run(["rollback", *words, "--path", str(session.root)])


def _say_next(command: str) -> None:
    write_lines([f"  next: {command}"], sys.stderr)


def _agreed(question: str) -> bool:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
