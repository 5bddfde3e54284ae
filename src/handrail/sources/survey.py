"""What of the migrations is applied in a database, and what is pending, whatever is broken in single apps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.migrations.exceptions import NodeNotFoundError
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey
from handrail.sources.migration_loader import Loader, Node, unreadable_finding

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """pending: in an order in which they can be applied, as far as files can be read. applied: how many records there are."""

    pending: tuple[MigrationKey, ...]
    applied: int
    findings: tuple[Finding, ...]


def survey(connection: BaseDatabaseWrapper | None) -> Survey:
    """Read the files of all installed apps and the records of a database; None: of one that is not there yet.

    Django's check for several leaf nodes stops nothing here: each is pending as migrate would find it after a merge.
    Raises django.db.Error where the database cannot be read, and CircularDependencyError.
    """
    loader = _Surveyor(connection)
    applied: Any = loader.applied_migrations or {}
    pending: dict[Node, None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        pending.update(dict.fromkeys(node for node in loader.graph.forwards_plan(leaf) if node not in applied))
    count = len(MigrationRecorder(connection).applied_migrations()) if connection else 0
    return Survey(pending=tuple(MigrationKey(*node) for node in pending), applied=count, findings=tuple(loader.findings()))


class _Surveyor(Loader):
    """Needs no app, so that it passes over everything that is broken."""

    def __init__(self, connection: BaseDatabaseWrapper | None) -> None:
        super().__init__(connection, only="no app at all")  # type: ignore[arg-type]

    def build_graph(self) -> None:
        """Leave out the apps that name a migration which is not there, one after the other."""
        while True:
            try:
                super().build_graph()
            except NodeNotFoundError as error:
                app = getattr(error.origin, "app_label", "")
                if not app or app in self.unreadable:
                    raise
                self.unreadable[app] = error
            else:
                return

    def _broken(self, app: str, error: Exception) -> Finding:
        return self.missing(error).finding if isinstance(error, NodeNotFoundError) else unreadable_finding(app, error)

    def findings(self) -> list[Finding]:
        """Return what is wrong in single apps."""
        conflicts: dict[str, list[str]] = MigrationLoader.detect_conflicts(self)
        return [
            *(self._broken(app, error) for app, error in sorted(self.unreadable.items())),
            *(self._conflict(app, names) for app, names in sorted(conflicts.items())),
        ]
