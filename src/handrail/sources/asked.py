"""The apps that a command is asked for: each has to be there, or a typing error would pass for a clean answer."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.domain.snapshot import Snapshot
from handrail.errors.hr001 import Misused

MOST = 8
"""How many labels are named where none is near to what was asked for."""


def require_apps(asked: Iterable[str], *read: Snapshot) -> None:
    """Refuse labels that no app with migrations has, on any of the sides that were read. Raises Misused."""
    known = sorted({label for snapshot in read for label in snapshot.apps})
    unknown = [label for label in asked if label not in known]
    if unknown:
        problem = f"no app {unknown[0]} with migrations"
        raise Misused(problem=problem, help=_help(unknown[0], known), command="handrail explain HR001")


def _help(label: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(label.lower(), known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    if not known:
        return "an app is a folder with a package named migrations: --path names the folder above them"
    more = f" and {len(known) - MOST} more" if len(known) > MOST else ""
    return f"apps go by their labels: {', '.join(known[:MOST])}{more}"
