"""HR122: what would have to move is published."""

from __future__ import annotations

from collections.abc import Sequence

from handrail.domain.migration import MigrationKey
from handrail.errors.base import Refusal


class Immovable(Refusal):
    """A migration would have to change that is on the target branch, or recorded as applied.

    Why it matters
    --------------
    A migration that others have applied is known to their databases by its name. Renamed, it runs there a second time; with a new
    parent, ``migrate`` stops with InconsistentMigrationHistory.

    What Django does
    ----------------
    Nothing: it would meet the renamed file as a new migration.

    What to do
    ----------
    Take a merge migration (``--strategy merge``), which changes no file that is there. It is written where the sides are
    independent; where they are not, the findings of ``handrail conflicts`` say what has to be decided.

    Example
    -------
    ::

        error[HR122]: shop.0002_a, shop.0002_b cannot move: they are on the target branch or applied
          next: handrail resolve shop --strategy merge
    """

    code = "HR122"
    summary = "{names} cannot move: on the target branch or applied"

    def __init__(self, *, app: str, keys: Sequence[MigrationKey]) -> None:
        """app: its label; keys: the migrations that would have to change."""
        names = ", ".join(map(str, keys))
        command = f"handrail resolve {app} --strategy merge"
        super().__init__(self.say({"names": names}, help="take a merge migration, which changes no file", command=command))
