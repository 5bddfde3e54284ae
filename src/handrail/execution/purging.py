"""Destroying what is kept, one thing after the other; whatever is left of one when it is stopped is found again by its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from handrail.databases.purging.base import Purging, purging_for
from handrail.domain.kept import Form, Kept, KeptStatus
from handrail.errors.hr610 import NotPurged
from handrail.execution.journal import now, user_name
from handrail.sources.journal_models import KeptRow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.execution.patience import Patience

DESTROYABLE = (KeptStatus.KEPT, KeptStatus.PURGING)
"""What may be destroyed: all but what a migration is just setting aside or bringing back."""


def purge(
    connection: BaseDatabaseWrapper, things: Sequence[Kept], patience: Patience, prepare: Callable[[], None]
) -> Iterator[tuple[Kept, NotPurged | None]]:
    """Destroy things and yield each when it is gone, or with why it could not be; the caller holds the lock.

    prepare: what sets the timeouts of a transaction that has just begun. Raises Blocked.
    """
    from django.db import Error

    for one in things:
        try:
            _purge(connection, one, patience, prepare)
        except Error as error:
            if not connection.is_usable():
                raise
            reason = " ".join(str(error).split())
            yield one, NotPurged(alias=connection.alias, id=one.id, table=one.table, column=one.column, reason=reason)
        else:
            yield one, None


def _purge(connection: BaseDatabaseWrapper, one: Kept, patience: Patience, prepare: Callable[[], None]) -> None:
    """What cannot be dropped stays kept as long as nothing of it is gone."""
    rules, what = purging_for(connection.vendor), f"purging {one.table}"
    with connection.cursor() as cursor:
        emptying, before = rules.emptying(cursor, one.aside), rules.dropping(cursor, one.aside)
    together = connection.features.can_rollback_ddl
    _forget_looks(connection, one)
    if emptying or not together:
        _mark(connection, one, KeptStatus.PURGING)
    for sql in emptying:
        while patience(lambda sql=sql: _execute(connection, sql), what):  # type: ignore[misc]
            pass
    try:
        patience(lambda: _drop(connection, one, rules, prepare if together else None), what)
    except Exception:
        with connection.cursor() as cursor:
            is_whole = one.status is KeptStatus.KEPT and not emptying and rules.dropping(cursor, one.aside) == before
        if is_whole:
            _mark(connection, one, KeptStatus.KEPT)
        raise


def _drop(connection: BaseDatabaseWrapper, one: Kept, rules: Purging, prepare: Callable[[], None] | None) -> None:
    """What is dropped is asked for in every try, so that each one begins where the one before ended.

    prepare: what sets the timeouts of the one transaction that it is, None where every statement commits by itself.
    """
    from django.db.transaction import atomic

    with atomic(connection.alias) if prepare else nullcontext():
        if prepare:
            prepare()
        with connection.cursor() as cursor:
            statements = rules.dropping(cursor, one.aside)
        for sql in statements:
            _execute(connection, sql)
        KeptRow.objects.using(connection.alias).filter(id=one.id).update(**_purged())


def _forget_looks(connection: BaseDatabaseWrapper, one: Kept) -> None:
    """Say first that there is no log of an operation any more: what is left of one must not pass for the whole."""
    if one.form is Form.LOG:
        rows = KeptRow.objects.using(connection.alias).filter(table="", form=Form.LOG, status=KeptStatus.KEPT)
        rows.filter(step=one.step, direction=one.direction, operation=one.operation).update(**_purged())


def _purged() -> dict[str, str]:
    """Return the columns of a record whose data is gone."""
    return {"status": KeptStatus.PURGED, "details": json.dumps({"purged": now().isoformat(), "by": user_name()})}


def _execute(connection: BaseDatabaseWrapper, sql: str) -> int:
    """Run a statement and return how many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql, None)
        return int(cursor.rowcount)


def _mark(connection: BaseDatabaseWrapper, one: Kept, status: KeptStatus) -> None:
    KeptRow.objects.using(connection.alias).filter(id=one.id).update(status=status)
