"""What can be seen to fail before the first statement: names that do not fit, databases that cannot be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handrail.checks._words import Migrations
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location
from handrail.domain.migration import MigrationKey

LIMIT = 255
"""The length of the columns app and name of django_migrations (Django 6.1, MigrationRecorder), and of a file name in bytes on
Linux (NAME_MAX), macOS and Windows."""


class Preflight(Check):
    """A migration would fail in the middle, or for everybody else, and that can be seen before it begins.

    Why it matters
    --------------
    The name of a migration is written into ``django_migrations`` after the operations ran. A database that refuses it then has
    the schema and no record, or cuts the name off and runs the migration again. A name outside ASCII is written
    differently by file systems that compose letters, so one machine finds the file and the next does not.
    A server that is read-only, or the standby of another one, has records that lag behind, and is the wrong place to migrate
    even where a user with special rights could write. A proof on the project's own server needs scratch databases beside it, and
    the user of the settings often may not make any.

    What Django does
    ----------------
    ``makemigrations -n`` asks for a valid Python identifier of any length. Files that were renamed by hand or
    made by a merge are not checked at all. On a read-only server ``migrate`` fails at the first statement, with "Unable to create
    the django_migrations table" where the database is empty.

    What to do
    ----------
    A name: rename the file before it is applied anywhere, and name the new one in the migrations that depend on it.
    A read-only server: run ``migrate`` against the primary server. A file or folder: let the user that migrates write there. A
    missing privilege: an administrator runs the statement that is shown, or a proof runs without ``--database``.

    Example
    -------
    ::

        error[HR213]: preflight: shop.0002_prix_barré has letters outside ASCII in its name
        error[HR213]: preflight: default cannot be written: the server is a standby (pg_is_in_recovery)
    """

    code = "HR213"
    summary = "preflight: {what} {problem}"

    @classmethod
    def find(cls, migrations: Migrations) -> Iterable[Finding]:
        """Yield one finding for every migration whose name does not fit."""
        for key in sorted(migrations):
            for problem in _problems(key):
                yield cls.say(
                    {"what": key if len(key.name) <= 80 else f"{key.app_label}.{key.name[:60]}…", "problem": problem},
                    locations=[Location(path=migrations[key].path)],
                    help="rename it before it is applied anywhere",
                    command="handrail explain HR213",
                )

    @classmethod
    def refused(cls, alias: str, problem: str, help: str) -> Finding:
        """Return the finding that stops a run on a database. problem: what goes on after the alias, lower case."""
        return cls.say({"what": alias, "problem": problem}, help=help, command="handrail explain HR213")


def _problems(key: MigrationKey) -> Iterator[str]:
    if len(key.name) > LIMIT:
        yield f"has {len(key.name)} characters in its name, and the record table takes {LIMIT}"
    elif len(f"{key.name}.py".encode()) > LIMIT:
        yield f"has a file name of more than {LIMIT} bytes"
    if not key.name.isascii():
        yield "has letters outside ASCII in its name"
    elif not all(letter.isalnum() or letter in "_-" for letter in key.name):
        yield "has a name that cannot be imported"
