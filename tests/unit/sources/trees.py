"""Files in memory, as a tree that can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = []
"""


class Files:
    """A tree of texts by path."""

    ref = "main"

    def __init__(self, contents: Mapping[str, str | bytes]) -> None:
        self.contents = {path: text.encode() if isinstance(text, str) else text for path, text in contents.items()}

    def paths(self) -> Sequence[str]:
        return sorted(self.contents)

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        return {path: self.contents[path] for path in paths if path in self.contents}

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {}


def migration(*dependencies: tuple[str, str]) -> str:
    """Return the text of a migration file."""
    return MIGRATION.format(dependencies=", ".join(map(repr, dependencies)))
