"""Django's loader, which lets nothing stop it that the asked for app does not need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from django.db.migrations.exceptions import NodeNotFoundError
from django.db.migrations.loader import MigrationLoader

from handrail.domain.finding import Finding
from handrail.domain.migration import MigrationKey
from handrail.errors.base import Refusal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ProjectState

Node = tuple[str, str]
LENT: ContextVar[Mapping[Node, Any]] = ContextVar("lent", default=MappingProxyType({}))
"""Classes of migrations that have no file here and belong to the graph all the same, while a run needs them."""


class Loader(MigrationLoader):
    """Reads what Django's loader reads. only: an app label, "" for all apps.

    With an app label, what is wrong in apps that its migrations do not need is passed over: files that cannot be read, several
    leaf nodes, gaps in the records. What it does need is refused with a finding.
    """

    def __init__(self, connection: BaseDatabaseWrapper, only: str = "") -> None:
        """Read everything. Raises Refusal where something that is needed is broken, and what Django raises."""
        self.only = only
        self.unreadable: dict[str, Exception] = {}
        self._reading = ""
        super().__init__(connection)
        self._refuse_unreadable()

    def load_disk(self) -> None:
        """Import the migrations; apart from those of apps that cannot be read and may not be needed."""
        while True:
            try:
                super().load_disk()
            except Exception as error:
                if not self.only or self._reading in {self.only, *self.unreadable}:
                    raise Refusal(unreadable_finding(self._reading, error, "")) from error
                self.unreadable[self._reading] = error
            else:
                self._add_lent()
                return

    def _add_lent(self) -> None:
        for (app, name), migration in LENT.get().items():
            if (app, name) not in self.disk_migrations:
                self.disk_migrations[app, name] = migration(name, app)
                self.migrated_apps.add(app)
                self.unmigrated_apps.discard(app)

    def build_graph(self) -> None:
        """Build the graph; apps that need migrations which are not there are passed over like those that cannot be read."""
        while True:
            try:
                super().build_graph()
            except NodeNotFoundError as error:
                child = error.origin
                if child is None or not self.only or child.app_label in {self.only, *self.unreadable}:
                    raise self.missing(error) from error
                self.unreadable[child.app_label] = error
            else:
                return

    def missing(self, error: NodeNotFoundError) -> Refusal:
        """Return the refusal for a dependency on a migration that is not there, or not in a file that can be read."""
        parent, child = MigrationKey(*error.node), error.origin
        name = MigrationKey(child.app_label, child.name) if child is not None else "a migration"
        if parent.app_label in self.unreadable:
            why = self.unreadable[parent.app_label]
            return Refusal(unreadable_finding(parent.app_label, why, f"{name} needs migrations of {parent.app_label}"))
        return Refusal(_missing_finding(error))

    def migrations_module(self, app_label: str) -> tuple[str | None, bool]:  # type: ignore[override]
        """Return the module of an app's migrations; none for one that cannot be read."""
        self._reading = app_label
        return (None, True) if app_label in self.unreadable else MigrationLoader.migrations_module(app_label)

    def detect_conflicts(self) -> dict[str, list[str]]:
        """Refuse where an app that is needed has several leaf nodes; return nothing, so that Django's command goes on."""
        found: dict[str, list[str]] = super().detect_conflicts()
        needed = {app for app, _ in self.needed()}
        findings = [self._conflict(app, names) for app, names in sorted(found.items()) if app in needed]
        if findings:
            raise Refusal(findings[0], findings[1:])
        return {}

    def check_consistent_history(self, connection: BaseDatabaseWrapper) -> None:  # noqa: ARG002 - the base's signature
        """Refuse where something that is needed is recorded, and what it depends on is not."""
        gaps = list(self._gaps())
        if gaps:
            raise Refusal(gaps[0], gaps[1:])

    def project_state(self, nodes: Any = None, at_end: bool = True) -> ProjectState:
        """Return a project state; of all apps, where none is named: of several leaf nodes of one app the last one by name."""
        if nodes is None and self.only:
            nodes = list({node[0]: node for node in sorted(self.graph.leaf_nodes())}.values())
        state: ProjectState = super().project_state(nodes, at_end)
        return state

    def needed(self) -> set[Node]:
        """Return the nodes that migrating the asked for app may reach: what its nodes need, and what needs them."""
        if not self.only:
            return set(self.graph.nodes)
        found: set[Node] = set()
        for node in [node for node in self.graph.nodes if node[0] == self.only]:
            found.update(self.graph.forwards_plan(node))
            found.update(each for each in self.graph.backwards_plan(node) if each in self.applied_migrations)
        return found

    def _refuse_unreadable(self) -> None:
        """A dependency on an app without migrations is dropped by Django's loader; here it may only be unreadable."""
        if not self.unreadable:
            return
        for node in sorted(self.needed()):
            for app, _ in self.graph.nodes[node].dependencies:
                if app in self.unreadable:
                    raise Refusal(
                        unreadable_finding(app, self.unreadable[app], f"{MigrationKey(*node)} needs migrations of {app}")
                    )

    def _conflict(self, app: str, names: Iterable[str]) -> Finding:
        from handrail.checks.hr101 import LeafConflict

        leaves = sorted(names)
        shared = set.intersection(*(set(self.graph.forwards_plan((app, name))) for name in leaves))
        order = [node for node in self.graph.forwards_plan((app, leaves[0])) if node in shared and node[0] == app]
        facts = {"app": app, "n": len(leaves), "names": ", ".join(leaves), "base": MigrationKey(*order[-1]) if order else "none"}
        return LeafConflict.say(facts, help="make one leaf node of them", command=f"handrail conflicts {app}")

    def _gaps(self) -> Iterator[Finding]:
        """Yield gaps as MigrationLoader.check_consistent_history finds them (django/db/migrations/loader.py, 5.2 to 6.1)."""
        applied: Any = self.applied_migrations
        needed = self.needed()
        for node in sorted(applied):
            if node not in self.graph.nodes or node not in needed:
                continue
            for parent in sorted(each.key for each in self.graph.node_map[node].parents):
                if parent not in applied and not self._is_covered(parent):
                    yield _gap(MigrationKey(*node), MigrationKey(*parent))

    def _is_covered(self, node: Node) -> bool:
        """Say whether a squashed migration counts as applied, because all that it replaces is."""
        replaced = self.replacements[node].replaces if node in self.replacements else ()
        return bool(replaced) and all(key in self.applied_migrations or self._is_covered(key) for key in replaced)


def _gap(child: MigrationKey, parent: MigrationKey) -> Finding:
    from handrail.checks.hr201 import RecordGap
    from handrail.domain.history import Presence

    facts = {"child": child, "parent": parent, "schema": Presence.UNKNOWN}
    return RecordGap.say(facts, help="see what is there, and either record it or take it back", command="handrail check")


def unreadable_finding(app: str, error: Exception, note: str = "") -> Finding:
    """Return the finding for an app whose migrations cannot be read, or of which one depends on a migration without a file."""
    if isinstance(error, NodeNotFoundError):
        return _missing_finding(error, note)
    from handrail.checks.hr212 import Unreadable

    place = Path(str(getattr(error, "filename", None) or f"migrations of {app}"))
    shown = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
    found = Unreadable.find(shown.as_posix(), getattr(error, "lineno", None), _reason(error), [note] if note else [])
    return next(iter(found))


def _missing_finding(error: NodeNotFoundError, note: str = "") -> Finding:
    from handrail.checks.hr116 import MissingDependency

    child = error.origin
    name = MigrationKey(child.app_label, child.name) if child is not None else "a migration"
    help = "bring the missing file, or name the migration that took its place"
    facts = {"child": name, "parent": MigrationKey(*error.node)}
    notes = [str(error), *([note] if note else [])]
    return MissingDependency.say(facts, notes=notes, help=help, command="handrail explain HR116")


def _reason(error: Exception) -> str:
    if isinstance(error, SyntaxError):
        is_marker = (error.text or "").startswith(("<<<<<<<", "=======", ">>>>>>>"))
        return "conflict markers" if is_marker else f"syntax error: {error.msg}"
    return " ".join(f"{type(error).__name__}: {error}".split())
