"""A migration whose name will not fit where it has to be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handrail.checks._words import Migrations
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location
from handrail.domain.migration import MigrationKey

LIMIT = 255
"""The length of the columns app and name of django_migrations (Django 6.1, MigrationRecorder), and of a file name in bytes on
Linux (NAME_MAX), macOS and Windows."""


class NameWillNotFit(Check):
    """The name of a migration does not fit the record table or the file system, or cannot be imported.

    Why it matters
    --------------
    The name is written into ``django_migrations`` after the operations ran. A database that refuses it then has
    the schema and no record, or cuts the name off and runs the migration again. A name outside ASCII is written
    differently by file systems that compose letters, so one machine finds the file and the next does not.

    What Django does
    ----------------
    ``makemigrations -n`` asks for a valid Python identifier of any length. Files that were renamed by hand or
    made by a merge are not checked at all.

    What to do
    ----------
    Rename the file before it is applied anywhere, and name the new one in the migrations that depend on it.

    Example
    -------
    ::

        error[HR213]: preflight: shop.0002_prix_barré has letters outside ASCII in its name
    """

    code = "HR213"
    summary = "preflight: {migration} {problem}"

    @classmethod
    def find(cls, migrations: Migrations) -> Iterable[Finding]:
        """Yield one finding for every migration whose name does not fit."""
        for key in sorted(migrations):
            for problem in _problems(key):
                yield cls.say(
                    {"migration": key if len(key.name) <= 80 else f"{key.app_label}.{key.name[:60]}…", "problem": problem},
                    locations=[Location(path=migrations[key].path)],
                    help="rename it before it is applied anywhere",
                    command="handrail explain HR213",
                )


def _problems(key: MigrationKey) -> Iterator[str]:
    if len(key.name) > LIMIT:
        yield f"has {len(key.name)} characters in its name, and the record table takes {LIMIT}"
    elif len(f"{key.name}.py".encode()) > LIMIT:
        yield f"has a file name of more than {LIMIT} bytes"
    if not key.name.isascii():
        yield "has letters outside ASCII in its name"
    elif not all(letter.isalnum() or letter in "_-" for letter in key.name):
        yield "has a name that cannot be imported"
