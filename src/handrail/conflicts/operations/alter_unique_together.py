"""AlterUniqueTogether."""

from __future__ import annotations

from handrail.conflicts.operations._options import Together


class AlterUniqueTogether(Together):
    """Sets the whole of unique_together, and makes and drops constraints for the difference."""

    option = "unique_together"
    unique = True
