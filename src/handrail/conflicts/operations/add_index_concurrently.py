"""AddIndexConcurrently."""

from __future__ import annotations

from handrail.conflicts.operations.add_index import AddIndex


class AddIndexConcurrently(AddIndex):
    """Makes an index without blocking writers: PostgreSQL's CREATE INDEX CONCURRENTLY."""
