"""What every kind of database states about itself; to add one, add a file with one subclass of Backend.

The file's name is Django's connection.vendor. Nothing here connects: a backend writes SQL, and reads through the cursor it is
given.
"""

from __future__ import annotations

import re
import secrets
from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NamedTuple, Protocol

from handrail.databases._sessions import Sessions
from handrail.domain.database import DatabaseFeatures

Settings = dict[str, Any]
"""One entry of Django's DATABASES."""
SCRATCH = "handrail_scratch_"
"""What the name of every scratch database begins with; the moment it was made (UTC) and random letters follow."""
LEFT_BEHIND = timedelta(hours=2)
"""No proof may take that long: an older scratch database has lost its process."""
_STAMP = "%Y%m%d%H%M%S"
_GENERATED = re.compile(r"_[0-9a-f]{8}(_|$)")
"""How Django ends the names it makes: eight hexadecimal digits, and a suffix (_create_index_name of the schema editor, 5.2)."""


class Cursor(Protocol):
    """The part of a DB-API cursor that reading needs."""

    def execute(self, sql: str, params: Any = None) -> object:
        """Run one statement."""

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Return the rows of the last statement."""


class CatalogueObject(NamedTuple):
    """One object of the live catalogue.

    table: its table, "" where it belongs to none. kind: table, column, index, constraint, sequence, view, trigger, and so on.
    name: "" where it has none. definition: all that matters about it but its name, in the database's own words.
    """

    table: str
    kind: str
    name: str
    definition: str


class Backend(Sessions):
    """One kind of database."""

    features: ClassVar[DatabaseFeatures]
    settling: ClassVar[Sequence[str]] = ()
    """Statements after which no check of a constraint is pending, where that would be in the way of an ALTER TABLE."""
    generated_name: ClassVar[re.Pattern[str]] = _GENERATED
    """Names that the database makes by itself where none is given."""

    @abstractmethod
    def maintenance(self, settings: Settings) -> Settings:
        """Return settings that reach the server without opening the database that settings name."""

    @abstractmethod
    def create(self, name: str, template: str = "") -> list[str]:
        """Return the statements that make a scratch database, as a copy of another where features.copies_databases."""

    @abstractmethod
    def drop(self, name: str) -> list[str]:
        """Return the statements that drop a scratch database."""

    @abstractmethod
    def idle(self, cursor: Cursor) -> list[str]:
        """Return the names of the scratch databases to which nobody is connected, as far as the user may see that."""

    @abstractmethod
    def missing_privilege(self, error: BaseException) -> str:
        """Return the privilege whose lack made create fail, and how it is granted; "" for other errors."""

    @abstractmethod
    def catalogue(self, cursor: Cursor) -> list[CatalogueObject]:
        """Return all objects of the database that the cursor is in, without those of the system and of extensions."""

    def is_generated(self, name: str) -> bool:
        """Say whether a name was made up by Django or the database, and not by a person."""
        return bool(_GENERATED.search(name) or self.generated_name.search(name))


def scratch_name(now: datetime | None = None) -> str:
    """Return a name for a new scratch database, 38 characters long."""
    return f"{SCRATCH}{now or datetime.now(UTC):{_STAMP}}_{secrets.token_hex(3)}"


def is_left_behind(name: str, now: datetime | None = None) -> bool:
    """Say whether a name is a scratch database's whose process must be gone."""
    match = re.fullmatch(rf"{SCRATCH}(\d{{14}})_[0-9a-f]{{6}}", name)
    if match is None:
        return False
    made = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
    return (now or datetime.now(UTC)) - made > LEFT_BEHIND


def check_scratch_name(name: str) -> str:
    """Return the name; raise ValueError for any that is no scratch database's, so that nothing else is ever dropped."""
    if not re.fullmatch(rf"{SCRATCH}\d{{14}}_[0-9a-f]{{6}}", name):
        raise ValueError(f"{name} is no scratch database")
    return name


def words(*parts: object) -> str:
    """Join the parts of a definition that say something."""
    return " ".join(str(part) for part in parts if part is not None and part is not False and part != "")
