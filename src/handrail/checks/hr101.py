"""Two or more leaf nodes in one app."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handrail.checks._reasons import Contradiction, needs_a_person
from handrail.checks._words import Migrations, listed
from handrail.checks.base import Check
from handrail.domain.conflict import Conflict, Side, Verdict
from handrail.domain.finding import Finding, Location
from handrail.domain.migration import MigrationKey

PROVED = "both orders were run and ended alike: resolve runs them again, and then makes one leaf node"


class LeafConflict(Check):
    """An app has more than one leaf node: two branches both added a migration after the same one.

    Why it matters
    --------------
    ``migrate`` refuses to run for the whole project until the app has one leaf node again: no deployment, no
    rollback, not even for another app. Joining the two sides without looking is worse: one side's change may be
    lost without an error.

    What Django does
    ----------------
    It stops with "Conflicting migrations detected; multiple leaf nodes in the migration graph" and proposes
    ``makemigrations --merge``, which compares nothing: with ``--noinput`` it also merges sides that contradict
    each other.

    What to do
    ----------
    Read the verdict. ``independent``: either order gives the same schema and the same rows, and ``handrail
    resolve`` joins the sides. For every other verdict each reason is a finding of its own, with its code and its
    next command. ``handrail resolve`` renumbers your side onto the other one or writes a merge migration, and
    never moves what is on the target branch.

    Example
    -------
    Two branches start from ``0001_initial``; one adds ``0002_price``, the other ``0002_stock``::

        $ handrail conflicts
        error[HR101]: conflict: shop has 2 heads 0002_price and 0002_stock from common ancestor 0001_initial
        $ handrail resolve shop
    """

    code = "HR101"
    summary = "conflict: {app} has {n} heads {names} from common ancestor {base}"

    @classmethod
    def find(
        cls,
        app_label: str,
        leaves: Sequence[MigrationKey],
        ancestor: MigrationKey | None,
        conflicts: Sequence[Conflict],
        migrations: Migrations,
        run: Sequence[tuple[Conflict, bool]] = (),
    ) -> Iterable[Finding]:
        """Yield one finding for an app with more than one leaf node.

        conflicts: those between its leaf nodes; run: those whose orders were run, and whether all of them ended alike.
        """
        if len(leaves) < 2:
            return
        facts = {
            "app": app_label,
            "n": len(leaves),
            "names": listed(leaf.name for leaf in leaves),
            "base": ancestor.name if ancestor else "none",
        }
        open_ones = [one for one in conflicts if not (one.verdict is Verdict.OPAQUE and (one, True) in run)]
        unsettled = _unsettled(open_ones, migrations)
        yield cls.say(
            facts,
            locations=[_place(migrations, leaf, conflicts) for leaf in leaves if leaf in migrations],
            notes=[_comparison(conflict, alone=len(conflicts) == 1) for conflict in conflicts],
            help=_help(conflicts, settled=unsettled is None) if open_ones or not conflicts else PROVED,
            command=_command(conflicts, unsettled, run) or f"handrail resolve {app_label}",
        )


def _unsettled(conflicts: Sequence[Conflict], migrations: Migrations) -> Contradiction | None:
    """Return the first reason for which resolve has neither a merged value nor an order."""
    for conflict in conflicts:
        for reason in conflict.reasons:
            if reason.verdict is Verdict.OPAQUE or needs_a_person(reason):
                return Contradiction(conflict=conflict, reason=reason, migrations=migrations)
    return None


def _help(conflicts: Sequence[Conflict], *, settled: bool) -> str:
    if conflicts and all(conflict.verdict is Verdict.INDEPENDENT for conflict in conflicts):
        return "safe to merge: either order gives the same schema and the same rows"
    if any(map(_is_incomplete, conflicts)):
        return "a migration that one side needs is missing: settle that first, then the sides can be compared"
    if conflicts and settled:
        return "each reason has a merged value or a right order: resolve uses them, or says why it cannot"
    return "settle the reasons that are listed, then make one leaf node again"


def _place(migrations: Migrations, leaf: MigrationKey, conflicts: Sequence[Conflict]) -> Location:
    sides = [side for conflict in conflicts for side in conflict.sides if side.leaf == leaf or leaf in side.migrations]
    migration = migrations[leaf]
    remark = " ".join(["leaf node", *(_origin(sides[0]) if sides else ())])
    return Location(path=migration.path, line=migration.lines.get("dependencies"), remark=remark)


def _origin(side: Side) -> Iterable[str]:
    if side.ref:
        yield f"on {side.ref}"
    if side.author:
        yield f"by {side.author}"


def _comparison(conflict: Conflict, *, alone: bool) -> str:
    ours, theirs = (_count(side) for side in conflict.sides)
    return f"verdict {conflict.verdict}" if alone else f"verdict {conflict.verdict}: {ours} against {theirs}"


def _count(side: Side) -> str:
    name = side.leaf.name if side.leaf else "no leaf node"
    more = len(side.migrations) - 1
    return f"{name} and {more} before it" if more > 0 else name


def _is_incomplete(conflict: Conflict) -> bool:
    """Say whether a side needs a migration that no file has: there is no reason, and still it is not known."""
    return conflict.verdict is Verdict.OPAQUE and not conflict.reasons


def _command(conflicts: Sequence[Conflict], unsettled: Contradiction | None, run: Sequence[tuple[Conflict, bool]]) -> str:
    if any(map(_is_incomplete, conflicts)):
        return "handrail explain HR116"
    if unsettled is None:
        return resolve_command(conflicts) if conflicts else ""
    return "handrail explain HR117" if (unsettled.conflict, False) in run else unsettled.command()


def resolve_command(conflicts: Sequence[Conflict]) -> str:
    """Return the command that resolves what has an answer: proved once more where only a proof gave it."""
    words = ["handrail resolve", *conflicts[0].apps]
    refs = {side.ref for conflict in conflicts for side in conflict.sides[1:] if side.ref and side.ref != conflict.sides[0].ref}
    words += ["--onto", *refs] if len(refs) == 1 else []
    words += ["--prove"] if any(conflict.verdict is Verdict.OPAQUE for conflict in conflicts) else []
    return " ".join(words)
