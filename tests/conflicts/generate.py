"""Turns a record of a conflict that happened into migration files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conflicts.definitions import is_relation, source
from tests.conflicts.needs import NOTE, Ancestor, Base
from tests.conflicts.operations import Writer

DATA = Path(__file__).parent / "data" / "conflicts.jsonl.gz"
Record = dict[str, Any]
Key = tuple[str, str]

HEAD = """import datetime
import uuid
from decimal import Decimal

from django.db import migrations, models
"""


def records() -> Iterator[Record]:
    """Yield every record whose operations are known."""
    with gzip.open(DATA, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if all("ops" in migration for side in record["segments"] for migration in side):
                yield record


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Migration files by path, with the keys of those that all sides build on and of each side's own, in order."""

    app: str
    files: Mapping[str, str]
    base: tuple[Key, ...]
    sides: tuple[tuple[Key, ...], ...]

    def paths(self) -> Sequence[str]:
        return sorted(self.files)

    def write(self, root: Path) -> None:
        """Write the files under a folder."""
        for path, text in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")


def generate(record: Record) -> Project:
    """Return the project that a record tells of: an ancestor that every side can be applied to, and the sides."""
    app = record["app"]
    ancestor = Ancestor()
    ancestor.model(f"{app}.placeholder")
    ancestor.take(app, record["segments"])
    for (label, name), text in record.get("base_sources", {}).items():
        ancestor.field(label, name, {})
        ancestor.models[label].fields[name] = {"source": text}
    files, base = _ancestor(ancestor)
    sides = []
    for number, migrations in enumerate(record["segments"]):
        keys, before = [], base[-1] if not migrations else (app, "0002_relations")
        for migration in migrations:
            others = [m for n, side in enumerate(record["segments"]) if n != number for m in side]
            name = migration["name"] if migration["name"] not in {m["name"] for m in others} else f"{migration['name']}_{number}"
            writer = Writer(app=app, record=record, side=number, ancestor=ancestor)
            needs = [before, *((label, "0002_relations") for label in writer.apps(migration) if label != app)]
            files[_path(app, name)] = _file(writer.operations(migration), needs, writer.functions)
            keys.append((app, name))
            before = keys[-1]
        sides.append(tuple(keys))
    return Project(app=app, files=_with_packages(files), base=tuple(base), sides=tuple(sides))


def _path(app: str, name: str) -> str:
    return f"{app}/migrations/{name}.py"


def _with_packages(files: dict[str, str]) -> dict[str, str]:
    folders = {path.rpartition("/")[0] for path in files}
    packages = {f"{folder}/__init__.py": "" for folder in folders}
    return {**files, **packages, **{f"{folder.partition('/')[0]}/__init__.py": "" for folder in folders}}


def _file(operations: list[str], dependencies: Sequence[Key], functions: Sequence[str] = ()) -> str:
    needs = "".join(f"        {key!r},\n" for key in dict.fromkeys(dependencies))
    body = "".join(f"        {operation},\n" for operation in operations)
    parts = [HEAD, *functions]
    parts.append(f"class Migration(migrations.Migration):\n    dependencies = [\n{needs}    ]\n    operations = [\n{body}    ]\n")
    return "\n\n".join(parts)


def _ancestor(ancestor: Ancestor) -> tuple[dict[str, str], list[Key]]:
    """Return the files of the ancestor: models without relations first, then the relations, so that no order matters."""
    files: dict[str, str] = {}
    apps = sorted({label.partition(".")[0] for label in ancestor.models})
    first = [(app, "0001_initial") for app in apps]
    for app in apps:
        models = {label.partition(".")[2]: base for label, base in ancestor.models.items() if label.startswith(f"{app}.")}
        files[_path(app, "0001_initial")] = _file([_created(name, base) for name, base in sorted(models.items())], [])
        relations = [text for name, base in sorted(models.items()) for text in _related(name, base)]
        files[_path(app, "0002_relations")] = _file(relations, [(app, "0001_initial"), *(key for key in first if key[0] != app)])
    return files, [*first, *((app, "0002_relations") for app in apps)]


def _created(name: str, base: Base) -> str:
    fields = {each: facts for each, facts in base.fields.items() if not is_relation(facts)}
    keys = [each for each, facts in fields.items() if facts.get("primary_key")]
    parts = [] if keys else ['("id", models.BigAutoField(primary_key=True))']
    parts += [f'("{each}", {source(facts)})' for each, facts in sorted(fields.items()) if each != "id" or keys]
    parts.append(f'("{NOTE}", models.TextField(default=""))')
    return f'migrations.CreateModel(name="{name}", fields=[{", ".join(parts)}])'


def _related(name: str, base: Base) -> Iterator[str]:
    for each, facts in sorted(base.fields.items()):
        if is_relation(facts):
            yield f'migrations.AddField("{name}", "{each}", {source({**facts, "null": True, "primary_key": False})})'
    for index, fields in sorted(base.indexes.items()):
        yield f'migrations.AddIndex("{name}", models.Index(fields={list(fields)!r}, name="{index}"))'
    for constraint, field in sorted(base.constraints.items()):
        yield (
            f'migrations.AddConstraint("{name}", '
            f'models.CheckConstraint(condition=models.Q({field}__isnull=False), name="{constraint}"))'
        )
    together = sorted({fields for _, fields in base.together})
    if together:
        yield f'migrations.AlterIndexTogether("{name}", {set(together)!r})'
