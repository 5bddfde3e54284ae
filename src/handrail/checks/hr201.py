"""A migration is recorded, and one that it needs is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handrail.checks._edges import RUN_BEFORE, Edge
from handrail.checks._words import listed
from handrail.checks.base import Check
from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Finding
from handrail.domain.graph import MigrationGraph
from handrail.domain.history import Evidence, Gap, Origin, Presence
from handrail.domain.migration import SETTING, MigrationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class GapFacts:
    """What is known of a gap. edges: the lines that make the children depend on the parent.

    lines: for each edge what brought the line, where it is newer than its file and git knows it. file: what brought the parent's
    file, None where nobody knows.
    """

    gap: Gap
    edges: tuple[Edge, ...]
    evidence: Evidence
    lines: tuple[Origin | None, ...] = ()
    file: Origin | None = None


class RecordGap(Check):
    """A database has a migration applied whose parent in the graph it has not.

    Why it matters
    --------------
    The order in which the files would run is not the one in which this database was made. What the parent does may
    be lacking there, and nothing will run it any more.

    What Django does
    ----------------
    ``migrate`` stops with "InconsistentMigrationHistory" and names the two migrations, also with ``--fake``. Which
    line makes one depend on the other, and whether the schema of the parent is there, it does not say.

    What to do
    ----------
    Where the file or the line is new, take it back: a new migration comes last, and one that is applied gets no new
    dependencies. ``run_before`` cannot reach a migration that is applied already: let the next migration of that
    app have a normal dependency instead. Where the schema of the parent is there, only its record is missing: add
    the record with the statement that is shown. Where it is not, ``manage.py sqlmigrate`` shows what would have run.

    Example
    -------
    The record of ``0001_initial`` was lost, and its table is there::

        error[HR201]: record-gap: shop.0002_p recorded, shop.0001_initial not; schema of shop.0001_initial is present
    """

    code = "HR201"
    summary = "record-gap: {child} recorded, {parent} not; schema of {parent} is {schema}"

    @classmethod
    def find(cls, found: Iterable[GapFacts], graph: MigrationGraph, database: str = "default") -> Iterable[Finding]:
        """Yield one finding for every parent that is not recorded. graph: of the files. database: its alias."""
        for facts in found:
            help, command = _way_out(facts, graph, database)
            yield cls.say(
                {"child": listed(facts.gap.children), "parent": facts.gap.parent, "schema": facts.evidence.presence},
                locations=[edge.place for edge in facts.edges],
                notes=list(_notes(facts, graph, database)),
                help=help,
                command=command,
            )


def _notes(facts: GapFacts, graph: MigrationGraph, database: str) -> Iterator[str]:
    evidence, parent = facts.evidence, facts.gap.parent
    if evidence.found:
        yield f"database {database} has {listed(evidence.found)}"
    if evidence.lacking:
        yield f"database {database} has no {listed(evidence.lacking)}"
    if evidence.other:
        yield f"{parent} does more than the tables and columns that were looked for"
    if facts.file is not None:
        yield f"{graph.migrations[parent].path} {facts.file}"
    for edge, origin in zip(facts.edges, facts.lines, strict=False):
        if origin is not None:
            yield f"line {edge.place.line} of {edge.place.path} {origin}"


def _way_out(facts: GapFacts, graph: MigrationGraph, database: str) -> tuple[str, str]:
    """Return the help and the next command, by what the cause is most likely to be."""
    parent, child = facts.gap.parent, facts.gap.children[0]
    setting = next((key.name for edge in facts.edges for key in edge.written if key.app_label == SETTING), "")
    if facts.evidence.presence is Presence.PRESENT:
        condition = ", if the rest of it ran too" if facts.evidence.other else ""
        return f"record it{condition}: {record_statement(parent)}", f"python manage.py dbshell --database {database}"
    if setting:
        return f"give settings.{setting} its old value again, or swap the model as HR113 says", "handrail explain HR113"
    sql = f"python manage.py sqlmigrate {parent.app_label} {parent.name} --database {database}"
    for edge in facts.edges:
        if edge.attribute == RUN_BEFORE:
            help = f"{child} is applied, so run_before comes too late: take it out, and let the next migration of"
            return f"{help} {child.app_label} that needs {parent} depend on {tuple(parent)}", "handrail explain HR201"
    if any(facts.lines) or facts.file == Origin():
        return _take_back(child, parent, graph), "handrail explain HR201"
    if facts.evidence.presence is Presence.UNKNOWN:
        return f"find out whether it ran; if it did, record it: {record_statement(parent)}", sql
    if facts.evidence.presence is Presence.PARTIAL:
        return f"make by hand what is lacking, then record it: {record_statement(parent)}", sql
    return f"{_take_back(child, parent, graph)}; if it was always there, run its SQL by hand and record it", sql


def _take_back(child: MigrationKey, parent: MigrationKey, graph: MigrationGraph) -> str:
    if child.app_label != parent.app_label:
        help = f"give {child}, which is applied, its old dependencies again, and let the next migration of"
        return f"{help} {child.app_label} that needs {parent} depend on {tuple(parent)}"
    last = next((leaf for leaf in graph.leaf_nodes(parent.app_label) if leaf in graph.descendants(child)), child)
    return f"let {parent} come last: give {child} its old dependencies again, and let {parent} depend on {tuple(last)}"


def record_statement(key: MigrationKey) -> str:
    """Return the SQL that records a migration, on every kind of database."""
    values = f"'{key.app_label}', '{key.name}', CURRENT_TIMESTAMP"
    return f"INSERT INTO django_migrations (app, name, applied) VALUES ({values})"
