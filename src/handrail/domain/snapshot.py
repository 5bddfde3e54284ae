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
class Snapshot:
    """The migrations of a project, from the working tree (ref ""), the index (ref ":") or a git ref.

    settings: the values of swappable settings that are known, such as AUTH_USER_MODEL. findings: the files that could not be
    read (HR212); their migrations are not in migrations.
    """

    ref: str
    apps: Mapping[str, App]
    migrations: Mapping[MigrationKey, Migration]
    settings: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

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
