"""A small project on disk, resolved and read again."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from handrail.conflicts.sides import leaf_sides
from handrail.domain.conflict import Conflict, Reason, Side, Verdict
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey, OperationKey
from handrail.domain.snapshot import Snapshot
from handrail.execution.resolving import carry_out, complete
from handrail.planning.resolution import Resolution
from handrail.planning.resolve import resolve
from handrail.sources.files import WorkingTree, read_snapshot


def key(text: str) -> MigrationKey:
    return MigrationKey(*text.split("."))


def keys(text: str) -> tuple[MigrationKey, ...]:
    return tuple(map(key, text.split()))


def migration(needs: str = "", operations: str = "", *, extra: str = "", imports: str = "") -> str:
    """Return the text of a migration file; needs: app.name, separated by blanks; operations: one a line."""
    parents = "".join(f'        ("{one.app_label}", "{one.name}"),\n' for one in keys(needs))
    lines = "".join(f"        {line.strip()},\n" for line in operations.strip().splitlines() if line.strip())
    return (
        f"{imports}from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n{extra}"
        f"    dependencies = [\n{parents}    ]\n\n    operations = [\n{lines}    ]\n"
    )


class SmallProject:
    """files: migrations by app.name, other files by path."""

    def __init__(self, root: Path, files: Mapping[str, str]) -> None:
        self.root = root
        for name, text in files.items():
            path = name if "/" in name else "{}/migrations/{}.py".format(*name.split("."))
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.parent.name == "migrations":
                (place.parent / "__init__.py").touch()
                (place.parent.parent / "__init__.py").touch()
            place.write_text(text)
        self.snapshot = self.read()
        self.graph = MigrationGraph.build(self.snapshot.migrations, settings=self.snapshot.settings)

    def read(self) -> Snapshot:
        snapshot = read_snapshot(WorkingTree(self.root))
        assert not snapshot.findings
        return snapshot

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.root.rglob("*") if path.is_file() and "/.handrail/" not in path.as_posix())
        return {path.relative_to(self.root).as_posix(): path.read_bytes() for path in found}

    def text(self, name: str) -> str:
        path = name if "/" in name else "{}/migrations/{}.py".format(*name.split("."))
        return (self.root / path).read_text()

    def conflicts(self, reasons: Sequence[Reason] = ()) -> list[Conflict]:
        """Return the conflict of every pair of leaf nodes, each with the reasons whose operations lie on its sides."""
        found = []
        for sides in leaf_sides(self.graph):
            inside = tuple(
                reason
                for reason in reasons
                if {one.migration for one in reason.operations} <= {*sides.ours, *sides.theirs}
                and {one.migration for one in reason.operations} & set(sides.ours)
                and {one.migration for one in reason.operations} & set(sides.theirs)
            )
            mine, yours = (Side(ref="", leaf=side[-1] if side else None, migrations=side) for side in (sides.ours, sides.theirs))
            worst = max((reason.verdict for reason in inside), key=lambda verdict: verdict.rank, default=Verdict.INDEPENDENT)
            found.append(Conflict(apps=sides.apps, ancestor=sides.ancestor, sides=(mine, yours), verdict=worst, reasons=inside))
        return found

    def resolve(self, published: str = "", reasons: Sequence[Reason] = (), **options) -> Resolution:
        """Resolve, with what the names in published and all that they need on the target branch."""
        known = frozenset[MigrationKey]().union(*(self.graph.ancestors(one) for one in keys(published)))
        options.setdefault("conflicts", self.conflicts(reasons))
        conflicts = options.pop("conflicts")
        return resolve(self.snapshot, self.graph, conflicts, files=self.files(), published=known, **options)

    def write(self, resolution: Resolution) -> MigrationGraph:
        """Write a resolution, read the files again and return their graph, which is whole."""
        assert not resolution.is_refused, (resolution.refusals, resolution.blocked)
        completed = complete(self.root, self.snapshot, resolution, self.files(), read_snapshot)
        carry_out(self.root, self.snapshot, completed, read_snapshot)
        again = self.read()
        graph = MigrationGraph.build(again.migrations, settings=again.settings)
        assert not graph.missing
        assert not graph.cycle()
        assert tuple(graph.leaf_nodes()) == resolution.leaves
        return graph

    def django_leaves(self) -> list[MigrationKey]:
        """Return the leaf nodes that Django's own loader finds, in a process of its own."""
        labels = sorted(self.snapshot.apps)
        code = (
            "import json, django\nfrom django.conf import settings\n"
            f"settings.configure(INSTALLED_APPS={labels!r}, DATABASES={{}})\ndjango.setup()\n"
            "from django.db.migrations.loader import MigrationLoader\n"
            "loader = MigrationLoader(None)\nassert not loader.detect_conflicts()\n"
            "print(json.dumps(loader.graph.leaf_nodes()))\n"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=self.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [MigrationKey(*leaf) for leaf in json.loads(done.stdout)]


def place(text: str) -> OperationKey:
    """Return the key of shop.0002_a.0."""
    label, name, position = text.split(".")
    return OperationKey(label, name, int(position))
