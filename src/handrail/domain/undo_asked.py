"""What was asked of a rollback, read from its record: one that was interrupted goes on like that."""

from __future__ import annotations

import argparse
import shlex

from handrail.domain.kept import ChangedRows, Undo


def undo_of(command: str) -> Undo:
    """Return how a run brings kept data back, from the command that is on record of it.

    Version 2 of the journal cut what is longer than 200 characters: that has the options that can be read.
    """
    name, _, rest = command.partition(" ")
    if name != "rollback":
        return Undo()
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--changed-rows", default=ChangedRows.KEEP, type=ChangedRows)
    parser.add_argument("--fill", action="append", default=[])
    parser.add_argument("--accept-loss", action="store_true")
    try:
        found, _ = parser.parse_known_args(shlex.split(rest))
    except (ValueError, argparse.ArgumentError):
        return Undo(rows=True)
    fill = {column: value for column, equals, value in (each.partition("=") for each in found.fill) if equals}
    return Undo(changed_rows=found.changed_rows, fill=fill, accept_loss=found.accept_loss, rows=True)
