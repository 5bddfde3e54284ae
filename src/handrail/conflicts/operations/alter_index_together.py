"""AlterIndexTogether."""

from __future__ import annotations

from handrail.conflicts.operations._options import Together


class AlterIndexTogether(Together):
    """Sets the whole of index_together, and makes and drops indexes for the difference."""

    option = "index_together"
