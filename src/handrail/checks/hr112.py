"""Dependencies, or replacements, that go round in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from handrail.checks._edges import edges_between
from handrail.checks._words import Migrations, reference_place
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location
from handrail.domain.migration import MigrationKey


class Cycle(Check):
    """Migrations depend on each other in a circle, or squashes replace each other.

    Why it matters
    --------------
    There is no order in which the migrations can run: every command that builds the graph fails, on every
    database, and so does every test run.

    What Django does
    ----------------
    It stops with "CircularDependencyError" and the names of the migrations; which file holds the wrong line it
    does not say. For squashes that replace each other, versions before 6.1 say "Unable to find replacement node".

    What to do
    ----------
    Each place below is one edge of the circle. Take one of them out: usually the newest, a ``run_before`` or a
    dependency on another app. After a squash of two apps that need each other, end one squash before the
    migration that the other app needs.

    Example
    -------
    ::

        error[HR112]: cycle: blog.0001_initial -> shop.0001_initial -> blog.0001_initial
          --> blog/migrations/0001_initial.py:7 depends on shop.0001_initial
          --> shop/migrations/0001_initial.py:6 run_before blog.0001_initial
    """

    code = "HR112"
    summary = "cycle: {edges}"

    @classmethod
    def find(cls, cycle: Sequence[MigrationKey], migrations: Migrations) -> Iterable[Finding]:
        """Yield one finding for a cycle of the graph (each key depends on the next, the last on the first), one for replaces."""
        if cycle:
            ring = [*cycle, cycle[0]] if cycle[0] != cycle[-1] or len(cycle) == 1 else list(cycle)
            yield cls._finding(ring, [place for edge in pairwise(ring) for place in _places(migrations, *edge)], _DEPENDENCIES)
        for one, other in _mutual(migrations):
            places = [
                reference_place(migrations[key], "replaces", [replaced], f"replaces {replaced}")
                for key, replaced in ((one, other), (other, one))
            ]
            yield cls._finding([one, other, one], places, _REPLACES)

    @classmethod
    def _finding(cls, ring: Sequence[MigrationKey], places: Sequence[Location], help: str) -> Finding:
        return cls.say({"edges": " -> ".join(map(str, ring))}, locations=places, help=help, command="handrail explain HR112")


_DEPENDENCIES = "take one of these dependencies out"
_REPLACES = "of two squashes, one may replace the other, not both"


def _mutual(migrations: Migrations) -> Iterable[tuple[MigrationKey, MigrationKey]]:
    """Yield the pairs of migrations that replace each other, or one that replaces itself, once each."""
    for key in sorted(migrations):
        for replaced in migrations[key].replaces:
            if key <= replaced and replaced in migrations and key in migrations[replaced].replaces:
                yield key, replaced


def _places(migrations: Migrations, child: MigrationKey, parent: MigrationKey) -> Iterable[Location]:
    return (edge.place for edge in edges_between(migrations, child, parent))
