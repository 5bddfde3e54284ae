"""What every kind of dump can do; to add a kind of database, add a file with one subclass of Dumping, named as its vendor."""

from __future__ import annotations

import shlex
import shutil
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from handrail import registry
from handrail.errors.hr620 import NoBackupTools
from handrail.errors.hr624 import BackupFailed

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

EXTRA = "django-handrail[backup]"
"""What pip installs django-dbbackup with."""


class Dumping(ABC):
    """Dumps of the database of one connection. is_atomic: whether restoring that fails leaves the database as it was."""

    extension: ClassVar[str]
    is_atomic: ClassVar[bool]

    def __init__(self, connection: BaseDatabaseWrapper, folder: Path) -> None:
        """folder: where files are that are not needed afterwards."""
        self.connection, self.folder = connection, folder

    @abstractmethod
    def require(self) -> None:
        """Raise NoBackupTools where something is not installed."""

    @abstractmethod
    def dump(self, target: IO[bytes]) -> None:
        """Write the whole database into a file. Raises BackupFailed."""

    @abstractmethod
    def problem(self, file: Path) -> str:
        """Say why a file is no complete dump, "" where it is one, as far as reading it tells."""

    @abstractmethod
    def restore(self, file: Path, emptying: Sequence[str], *, is_scratch: bool = False) -> None:
        """Put a dump in the place of all that the database holds. Raises BackupFailed.

        emptying: statements that drop what is there. is_scratch: into one that is dropped again, where owners and grants do not
        matter.
        """


def dumping_for(connection: BaseDatabaseWrapper, folder: Path) -> Dumping:
    """Return what dumps a database; raise LookupError for an unknown kind."""
    from handrail.execution import dumping

    return registry.load(dumping, Dumping, connection.vendor)(connection, folder)  # type: ignore[type-abstract]


PLACE = ("NAME", "HOST", "PORT", "USER", "PASSWORD", "OPTIONS")
"""What leads to a database, by Django's own names of DATABASES: the one that the lock is held on, and no other."""


class Programs:
    """The programs of one kind of database, started by one of django-dbbackup's connectors (5.4).

    The settings DBBACKUP_CONNECTORS count, but for what would leave tables or schemas out of a backup, or lead elsewhere.
    """

    def __init__(self, connection: BaseDatabaseWrapper, connector: str, package: str, folder: Path) -> None:
        """connector: the dotted path of its class. package: what has the programs. Raises NoBackupTools."""
        self.alias, self.package = connection.alias, package
        try:
            from dbbackup import settings
            from dbbackup.db.base import get_connector
        except ImportError:
            raise NoBackupTools(alias=self.alias, what="django-dbbackup", package=EXTRA) from None
        if not hasattr(_project_settings(), "DBBACKUP_TMP_DIR"):
            settings.TMP_DIR = str(folder)  # a dump can be larger than the system's folder for temporary files
        self.connector: Any = get_connector(connection.alias, connector_path=connector)
        self.connector.exclude, self.connector.schemas = [], []
        for name in PLACE:
            self.connector.settings[name] = connection.settings_dict[name]

    def require(self, *commands: str) -> None:
        """Raise NoBackupTools for the first command line whose program is not there."""
        for program in (shlex.split(command)[0] for command in commands):
            if shutil.which(program) is None:
                raise NoBackupTools(alias=self.alias, what=program, package=self.package)

    def call(self, what: str, method: Any, *arguments: Any, **more: Any) -> Any:
        """Call a method of the connector. what: for the message. Raises BackupFailed, which never shows a command line."""
        from dbbackup.db.exceptions import CommandConnectorError

        try:
            return method(*arguments, **more)
        except CommandConnectorError as error:
            reason = str(error).partition("\n")[2]
            raise BackupFailed(alias=self.alias, what=what, reason=reason) from None
        except OSError as error:
            raise BackupFailed(alias=self.alias, what=what, reason=str(error)) from error


def copied(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy a file."""
    source.seek(0)
    shutil.copyfileobj(source, target, 1 << 20)


def _project_settings() -> object:
    from django.conf import settings

    return settings
