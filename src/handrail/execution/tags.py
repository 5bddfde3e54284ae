"""Writing a name for the present state of a database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from handrail.domain.run import Tag, moment
from handrail.errors.hr411 import TagTaken
from handrail.execution.journal import Journal, now, user_name
from handrail.execution.recovering import interrupted
from handrail.sources.history import read_history
from handrail.sources.journal import has_journal, runs, tag_named, unfinished
from handrail.sources.journal_models import TagRow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def write_tag(connection: BaseDatabaseWrapper, name: str, *, dry_run: bool = False) -> tuple[Tag, bool]:
    """Name what is recorded as applied now, and say whether it is new; the caller holds the lock.

    A tag of this name with the same state stays as it is. Raises TagTaken, and Interrupted while a migration is half done.
    """
    applied = read_history(connection.alias).applied
    known = has_journal(connection)
    left = unfinished(connection) if known else None
    if left is not None and left.step is not None and not left.is_over:
        notes = ("the database is between two states, and a tag names one",)
        raise interrupted(connection.alias, left.step, None, left.statements, notes)
    old = tag_named(connection, name) if known else None
    if old is not None:
        if old.applied == applied:
            return old, False
        fewer, more = len(applied - old.applied), len(old.applied - applied)
        raise TagTaken(name=old.name, made=moment(old.made), fewer=fewer, more=more, alias=connection.alias)
    last = next(iter(runs(connection, limit=1)), None) if known else None
    row = TagRow(
        name=name,
        made=now(),
        user=user_name()[:255],
        run=last.id if last else None,
        applied=json.dumps(sorted(map(list, applied))),
    )
    if not dry_run:
        Journal(connection).ensure()
        row.save(using=connection.alias, force_insert=True)
    return Tag(name=name, made=datetime.now(UTC), user=row.user, run=row.run, applied=applied), True
