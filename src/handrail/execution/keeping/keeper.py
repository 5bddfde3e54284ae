"""What one step sets aside, and brings back: the part that its columns, tables, values and rows have in common."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass
from handrail.domain.kept import Form, Kept, KeptKind, KeptStatus, Undo, is_kept
from handrail.domain.migration import MigrationKey
from handrail.domain.run import Direction
from handrail.execution.journal import now
from handrail.sources.journal_models import KeptRow
from handrail.sources.kept import kept, latest

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

PREFIX = "hrk_"
"""What the names of all that is aside begin with; 16 hexadecimal digits follow, which fits every database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a run keeps. patterns: what is kept (what was kept comes back in any case). days: until it may be purged.

    said: takes one line for whoever looks on.
    """

    patterns: Sequence[str]
    days: float
    undo: Undo
    said: Callable[[str], None]


class Keeper:
    """Bound to one step; whoever runs an operation says which one it is (at), and the schema editor's methods ask here.

    direction: in which the operation runs now; a step that is unwound runs its operations in the other one.

    Where a step is one transaction, all rows are written in it. Elsewhere the row with what it takes to bring a thing back is
    written first (intend), so that a step that was stopped finds it again when its statements are written anew.
    """

    def __init__(
        self,
        *,
        connection: BaseDatabaseWrapper,
        keeping: Keeping,
        run: int,
        step: int,
        key: MigrationKey,
        wanted: bool = True,
    ) -> None:
        """Reach nothing yet. wanted: whether the migration lets anything be kept."""
        self.wanted = wanted
        self._told: set[str] = set()
        self.connection, self.keeping = connection, keeping
        self.run, self.step, self.key = run, step, key
        self.operation, self.direction = -1, Direction.FORWARD

    @contextmanager
    def at(self, operation: int, direction: Direction) -> Iterator[None]:
        """Say which operation of the migration runs in the block, and in which direction."""
        before = self.operation, self.direction
        self.operation, self.direction = operation, direction
        try:
            yield
        finally:
            self.operation, self.direction = before

    def keeps(self, table: str, column: str = "") -> bool:
        """Say whether a table, or a column, is kept; where it is not, that is said once, and Django's own way is to run."""
        if self.wanted and is_kept(self.keeping.patterns, table, column):
            return True
        name = f"{table}.{column}" if column else table
        if name not in self._told:
            self._told.add(name)
            self.keeping.said(f"{self.key} keeps nothing of {name}: {self._why_not()}")
        return False

    def keeps_all(self, table: str, columns: Iterable[str]) -> bool:
        """Say whether a table is kept as a whole: it is not where one of its columns must not be kept."""
        return self.keeps(table) and all(self.keeps(table, column) for column in columns)

    def _why_not(self) -> str:
        if not self.wanted:
            return "handrail_keep is False"
        return 'HANDRAIL["keep"] leaves it out' if self.keeping.patterns else "keeping is switched off"

    def aside_name(self, *parts: str) -> str:
        """Return the name for a thing of this step and operation; the same in every process."""
        said = "\0".join([str(self.step), self.direction, str(self.operation), *parts])
        return PREFIX + hashlib.sha256(said.encode()).hexdigest()[:16]

    def intend(
        self,
        kind: KeptKind,
        form: Form,
        table: str,
        column: str,
        aside: str,
        describe: Callable[[], Mapping[str, Any]],
    ) -> Kept:
        """Write what is about to be kept, or return what is on record of it from before this step was stopped.

        describe: reads what it takes to bring the thing back; called only where nothing is on record.
        """
        said = {"step": self.step, "direction": self.direction, "operation": self.operation, "aside": aside}
        statuses = (KeptStatus.KEEPING, KeptStatus.KEPT)
        found = kept(self.connection, statuses, **said)
        if found:
            return found[-1]
        made = now()
        row = KeptRow(
            run=self.run,
            app=self.key.app_label,
            name=self.key.name,
            kind=kind,
            form=form,
            status=KeptStatus.KEEPING,
            table=table,
            column=column,
            details=json.dumps(dict(describe())),
            made=made,
            expires=made + timedelta(days=self.keeping.days),
            **said,
        )
        row.save(using=self.connection.alias, force_insert=True)
        return kept(self.connection, statuses, id=row.id)[0]

    def mark(self, one: Kept, status: KeptStatus, **values: Any) -> None:
        """Write how a thing stands now; values: other columns of its row."""
        KeptRow.objects.using(self.connection.alias).filter(id=one.id).update(status=status, **values)

    def restorable(self, form: Form, table: str, column: str = "") -> Kept | None:
        """Return what this migration kept, on its way in the other direction, of what an operation is about to make anew."""
        other = Direction.BACKWARD if self.direction is Direction.FORWARD else Direction.FORWARD
        return latest(self.connection, self.key, other, [form], table, column)
