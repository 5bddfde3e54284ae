"""A branch grew from inside a squash."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.checks._reasons import ReasonCheck
from handrail.checks._words import Migrations, reference_place
from handrail.domain.finding import Finding
from handrail.domain.migration import Migration, MigrationKey


class SquashVersusBranch(ReasonCheck):
    """A migration depends on one from the middle of a squash, beside the migrations that the squash goes on with.

    Why it matters
    --------------
    Once the squash stands for the migrations it replaces, the branch comes after all of them, not after the one
    it was written for. What was a conflict becomes an order that nobody chose, and the leaf conflict that would
    have told disappears.

    What Django does
    ----------------
    The loader turns a dependency on a replaced migration into one on the squash, whatever the place of the
    migration in it, and ``squashmigrations`` does not look for other leaf nodes.

    What to do
    ----------
    Join the branch first and squash afterwards; or let the squash end where the branch begins; or rebase the
    branch onto the last migration that the squash replaces.

    Example
    -------
    ``0002_squashed_0003`` replaces ``0002_p`` and ``0003_q``; ``0003_r`` of another branch depends on
    ``0002_p``::

        error[HR111]: squash-vs-branch: shop.0003_r depends on shop.0002_p which shop.0002_squashed_0003 replaces
    """

    code = "HR111"
    summary = "squash-vs-branch: {b} depends on {m} which {squash} replaces"

    @classmethod
    def find_in_files(cls, migrations: Migrations) -> Iterable[Finding]:
        """Yield one finding for every migration of the squash's app that forks off inside it."""
        for key in sorted(migrations):
            squash = migrations[key]
            inside = set(squash.replaces)
            if not inside:
                continue
            middle = _followed(migrations, inside)
            for child, parent in _forks(migrations, squash, inside, middle):
                yield cls._finding(squash, child, parent)

    @classmethod
    def _finding(cls, squash: Migration, child: Migration, parent: MigrationKey) -> Finding:
        return cls.say(
            {"b": child.key, "m": parent, "squash": squash.key},
            locations=[
                reference_place(child, "dependencies", [parent], "the dependency"),
                reference_place(squash, "replaces", [parent], "the squash"),
            ],
            help="join the branch before the squash, or rebase it onto the last migration that the squash replaces",
            command="handrail explain HR111",
        )


def _followed(migrations: Migrations, inside: set[MigrationKey]) -> set[MigrationKey]:
    """Return the replaced migrations that another replaced one depends on: all but the ends of the squash."""
    return {parent for key in inside if key in migrations for parent in migrations[key].dependencies if parent in inside}


def _forks(
    migrations: Migrations, squash: Migration, inside: set[MigrationKey], middle: set[MigrationKey]
) -> Iterable[tuple[Migration, MigrationKey]]:
    for key in sorted(migrations):
        child = migrations[key]
        if key.app_label == squash.key.app_label and key not in inside and key != squash.key and not child.replaces:
            yield from ((child, parent) for parent in child.dependencies if parent in middle)
