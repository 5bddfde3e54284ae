"""RemoveIndexConcurrently."""

from __future__ import annotations

from handrail.conflicts.operations.remove_index import RemoveIndex


class RemoveIndexConcurrently(RemoveIndex):
    """Drops an index without blocking writers: PostgreSQL's DROP INDEX CONCURRENTLY."""
