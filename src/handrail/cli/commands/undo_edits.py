"""handrail undo-edits."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import ClassVar

from handrail.cli.ask import confirmation
from handrail.cli.base import Command, Session
from handrail.domain.outcome import Outcome


class UndoEdits(Command):
    """Take the last change of files back.

    Puts back what the last resolve wrote, renamed or deleted. Refuses where one of the files was changed since, and says which.
    """

    examples: ClassVar[Sequence[tuple[str, str]]] = (
        ("undo-edits --dry-run", "what would be put back"),
        ("undo-edits", "put it back"),
    )

    def run(self, options: argparse.Namespace, session: Session) -> Outcome:
        """Undo."""
        from handrail.api.undo_edits import undo_edits

        return undo_edits(session.project(), dry_run=options.dry_run, confirm=confirmation(options, session))
