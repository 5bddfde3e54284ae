"""All that was read of the files at one moment."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.finding import Finding
from handrail.domain.migration import Migration, MigrationKey


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A Django app with migrations. path: the folder of its migration files, relative to the root, with slashes.

    module: the dotted name of that folder's package where it is known, else "".
    """

    label: str
    path: str
    module: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Our migration of two that have one name; it has another key until it gets another name.

    key: what both are called. ours: the content of our file, None where the file in the tree is ours. theirs: what belongs in the
    place of our file, None where git brings it with the merge.
    """

    key: MigrationKey
    ours: bytes | None = None
    theirs: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The migrations of a project, from the working tree (ref ""), the index (ref ":") or a git ref.

    settings: the values of swappable settings that are known, such as AUTH_USER_MODEL. findings: the files that could not be
    read (HR212); their migrations are not in migrations. aside: what is called as a migration of the other side is. written: by
    migration, the references that mean another one than its file says, with what the file says.
    """

    ref: str
    apps: Mapping[str, App]
    migrations: Mapping[MigrationKey, Migration]
    settings: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    aside: Mapping[MigrationKey, Aside] = field(default_factory=dict)
    written: Mapping[MigrationKey, Mapping[MigrationKey, MigrationKey]] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """A digest (SHA-256, hexadecimal) of all that was read."""
        from hashlib import sha256

        found = sha256()
        for part in (self.apps, self.settings, self.findings):
            found.update(repr(sorted(part.items()) if isinstance(part, Mapping) else part).encode(errors="surrogatepass"))
        for migration in sorted(self.migrations.values(), key=lambda one: one.path):
            found.update(repr((migration.path, migration.text)).encode(errors="surrogatepass"))
        return found.hexdigest()
