"""Two sides of migrations, written as files, read and decided in both orders of the arguments."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from handrail.conflicts.decide import decide
from handrail.conflicts.sides import Sides, without_descendants
from handrail.domain.conflict import MISSING, Kind, Reason, Verdict
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.source import to_source
from handrail.sources.files import WorkingTree, read_snapshot

HEAD = """\
import uuid

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import CreateCollation, CreateExtension, HStoreExtension, RemoveCollation
from django.db import migrations, models
from django.utils import timezone

"""

THING = """migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("x", models.CharField(max_length=50)),
    ("n", models.IntegerField(default=0)),
])"""

BODY = """
class Migration(migrations.Migration):
    dependencies = {needs}
    operations = [
{operations}
    ]
"""


@dataclass(frozen=True)
class Decided:
    """The verdict with ours first, and all reasons of it."""

    verdict: Verdict
    reasons: tuple[Reason, ...]

    def only(self) -> Reason:
        """Return the only reason."""
        assert len(self.reasons) == 1, "\n".join(f"{each.code} {each.kind} {each.explanation}" for each in self.reasons)
        return self.reasons[0]

    def said(self) -> list[tuple[str, str, str, str]]:
        """Return code, kind, verdict and explanation of every reason."""
        return [(each.code, str(each.kind), str(each.verdict), each.explanation) for each in self.reasons]


def write(root: Path, app: str, name: str, operations: str, needs: Sequence[tuple[str, str]], code: str = "") -> None:
    """Write a migration file of an app, and the packages around it."""
    folder = root / app / "migrations"
    folder.mkdir(parents=True, exist_ok=True)
    for package in (root / app, folder):
        (package / "__init__.py").touch()
    body = textwrap.indent(textwrap.dedent(operations).strip().rstrip(",") + ("," if operations.strip() else ""), " " * 8)
    text = HEAD + textwrap.dedent(code) + BODY.format(needs=list(needs), operations=body)
    (folder / f"{name}.py").write_text(text)


def decided(
    root: Path,
    a: str,
    b: str,
    *,
    base: str = THING,
    code_a: str = "",
    code_b: str = "",
    other: str | None = None,
    app_b: str = "shop",
    settings: Mapping[str, str] | None = None,
) -> Decided:
    """Return what is decided on shop.0002_a against shop.0002_b (or app_b.0002_b), both on shop.0001_initial.

    other: operations of blog.0001_initial, which needs shop.0001_initial; both sides build on it.
    """
    write(root, "shop", "0001_initial", base, [])
    needs = [("shop", "0001_initial")]
    if other is not None:
        write(root, "blog", "0001_initial", other, needs)
        needs = [*needs, ("blog", "0001_initial")]
    write(root, "shop", "0002_a", a, needs, code_a)
    write(root, app_b, "0002_b", b, needs, code_b)
    return judged(root, [MigrationKey("shop", "0002_a")], [MigrationKey(app_b, "0002_b")], settings)


def judged(
    root: Path, ours: Sequence[MigrationKey], theirs: Sequence[MigrationKey], settings: Mapping[str, str] | None = None
) -> Decided:
    """Return what is decided on two lists of migrations in plan order; the other way round must give the same."""
    snapshot = read_snapshot(WorkingTree(root))
    assert snapshot.findings == ()
    graph = MigrationGraph.build(snapshot.migrations)
    plan = graph.plan([*ours, *theirs])
    keys = without_descendants(graph, plan, {*ours, *theirs})
    sides = Sides(apps=(), ancestor=None, ours=tuple(ours), theirs=tuple(theirs), base=keys)
    base, mine, yours = ([graph.migrations[key] for key in part] for part in (sides.base, sides.ours, sides.theirs))
    verdict, reasons = decide(base, mine, yours, ordered=graph.is_ordered, settings=settings or {})
    back, swapped = decide(base, yours, mine, ordered=graph.is_ordered, settings=settings or {})
    assert back is verdict
    assert sorted(map(_plain, reasons)) == sorted(map(_plain, swapped))
    return Decided(verdict, reasons)


def _plain(reason: Reason) -> tuple[str, ...]:
    order = tuple(map(str, reason.order))
    return (reason.code, reason.kind, reason.verdict, str(order), str(reason.merged is MISSING))


def order_of(reason: Reason) -> list[str]:
    """Return the order that gives the right result, as text."""
    return [str(key) for key in reason.order]


__all__ = ["THING", "Decided", "Kind", "Reason", "Verdict", "decided", "judged", "order_of", "to_source", "write"]
