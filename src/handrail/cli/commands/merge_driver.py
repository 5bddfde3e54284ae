"""handrail merge-driver."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from handrail.cli.base import Command, Session
from handrail.domain.outcome import CLEAN, FINDINGS, Outcome


class MergeDriver(Command):
    """Merge migrations.lock for git; handrail install-git sets it up.

    Git calls it with three versions of a lock-file. It succeeds only where the merged migrations have one leaf node: where one
    side holds the other, or changed other migrations. Everything else stays a conflict, and standard error says what to run.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("merge-driver --marker-size %L %O %A %B %P", "as git's configuration has it (git help attributes)"),
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take what git hands over."""
        parser.add_argument("base", metavar="BASE", type=Path, help="the version of the common ancestor (%%O)")
        parser.add_argument("ours", metavar="OURS", type=Path, help="the version of HEAD, which gets the result (%%A)")
        parser.add_argument("theirs", metavar="THEIRS", type=Path, help="the version of the other side (%%B)")
        parser.add_argument("name", metavar="NAME", help="the path of the file in the repository (%%P)")
        parser.add_argument("--marker-size", metavar="N", type=int, default=7, help="the length of conflict markers (%%L)")

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Merge; what there is to say goes to standard error, for standard output may belong to a script around git."""
        from handrail.execution.merge_driver import drive

        problem = drive(options.base, options.ours, options.theirs, options.marker_size)
        if problem:
            print(f"handrail: {options.name}: {problem}\nhandrail: next: handrail resolve", file=sys.stderr)
        return Outcome(command="merge-driver", exit=FINDINGS if problem else CLEAN)
