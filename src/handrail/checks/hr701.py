"""Squashed migrations that cannot stand beside each other."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from handrail.checks._words import Migrations, listed, reference_place
from handrail.checks.base import Check
from handrail.domain.finding import Finding


class SquashBroken(Check):
    """A squashed migration cannot do what the migrations that it replaces do.

    Why it matters
    --------------
    Two squashes that replace one and the same migration both take its place: a fresh database runs its operations
    twice, and fails at the second one. Databases that exist already see nothing of it, so it is found late.

    What Django does
    ----------------
    It puts both into the graph. ``migrate`` on an empty database stops with "duplicate column name" or "table
    already exists".

    What to do
    ----------
    Keep one of the two. Where two branches squashed at the same time, squash again from the first migration that
    either of them replaces, or let the later squash replace the earlier one as a whole.

    Example
    -------
    ::

        error[HR701]: squash-broken: shop.0001_s1 and shop.0002_s2 both replace shop.0002_p
    """

    code = "HR701"
    summary = "squash-broken: {one} and {other} both replace {replaced}"

    @classmethod
    def find(cls, migrations: Migrations) -> Iterable[Finding]:
        """Yield one finding for every two squashes that replace the same migration, unless one replaces the other."""
        squashes = [migrations[key] for key in sorted(migrations) if migrations[key].replaces]
        for one, other in combinations(squashes, 2):
            shared = sorted(set(one.replaces) & set(other.replaces))
            if shared and one.key not in other.replaces and other.key not in one.replaces:
                yield cls.say(
                    {"one": one.key, "other": other.key, "replaced": listed(map(str, shared))},
                    locations=[reference_place(squash, "replaces", shared, "replaces them") for squash in (one, other)],
                    help="keep one of the two squashes",
                    command="handrail explain HR701",
                )
