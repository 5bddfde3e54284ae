"""What every probe has; to add one, add a file with one subclass of Probe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, ClassVar

from handrail.databases.probing.base import Dependent
from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Finding
from handrail.domain.kept import Undo
from handrail.domain.run import Direction
from handrail.execution.probes._asking import Asking
from handrail.execution.probes._changes import Change
from handrail.execution.probes._code import Code
from handrail.execution.probes._logs import leaves
from handrail.execution.probes._places import Places

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One operation of a plan, and what is known of the database as it is before the plan.

    places: where the models of the operation's start are in that database. code: what code and SQL of the plan run before it.
    tables: of all models of the plan. done: how many migrations of the plan come before.
    """

    connection: BaseDatabaseWrapper
    change: Change
    places: Places
    code: Code
    asking: Asking
    undo: Undo
    tables: frozenset[str]
    done: int

    def dependents(self, table: str) -> list[Dependent]:
        """Return what uses a table; the catalogue is read once for each."""
        return self.asking.dependents(table)

    @property
    def is_sure(self) -> bool:
        """Say whether the rows will be those that are there now when the operation runs."""
        return not self.code.is_opaque

    def is_sure_of(self, table: str, *names: str, columns: Collection[str] = ()) -> bool:
        """Say whether the rows of tables and models will be those that are there now when the operation runs.

        Backwards code counts where it names one of them: what is passed over here fails with other migrations already undone.
        columns: those of the first table that matter; a log that changes others alone makes no difference to them.
        """
        if self.change.direction is Direction.FORWARD:
            return self.is_sure
        if any(map(self.code.may_touch, (table, *names))) or any(map(self.code.logs_of, names)):
            return False
        logs = self.code.logs_of(table)
        return not logs or (bool(columns) and all(leaves(self, log, table, columns) for log in logs))


class Probe(ABC):
    """Looks whether one kind of thing would go wrong. It reads, within the limits of Asking, and changes nothing.

    forward, backward: names of the operations it is about, in each direction; it is not asked about others.
    """

    forward: ClassVar[frozenset[str]] = frozenset()
    backward: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def find(self, moment: Moment) -> Iterator[Finding]:
        """Yield what would go wrong: an error stops the plan, anything else is said."""

    def is_for_all(self, connection: BaseDatabaseWrapper) -> bool:  # noqa: ARG002
        """Say whether it is to be asked about every operation on a database."""
        return False

    @classmethod
    def is_about(cls, change: Change) -> bool:
        """Say whether an operation has to be looked at."""
        names = cls.backward if change.direction is Direction.BACKWARD else cls.forward
        return type(change.operation).__name__ in names
