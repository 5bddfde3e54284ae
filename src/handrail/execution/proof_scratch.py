"""Scratch databases: made, copied and dropped through Django's connection of the alias, never touching what it names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from handrail.databases.base import is_left_behind, scratch_name
from handrail.sources.backend import backend_of, is_known


class ScratchError(Exception):
    """No scratch database can be had; the message says why and what helps."""


class PrivilegeError(ScratchError):
    """The user of the database may not make one. privilege: which it lacks. grant: the statement that gives it."""

    def __init__(self, user: str, privilege: str, grant: str) -> None:
        super().__init__(f"{user} may not make a scratch database: it lacks the privilege {privilege}")
        self.grant = grant


class Scratch:
    """The scratch databases of one proof; the connection is moved from one to the next."""

    def __init__(self, connection: Any) -> None:
        """Raise ScratchError for a kind of database that Handrail does not know."""
        if not is_known(connection):
            raise ScratchError(f"{connection.display_name} is not supported")
        self.connection = connection
        self.backend = backend_of(connection)
        self._names: list[str] = []
        self._originals: dict[str, Any] = {}

    def make(self, template: str = "") -> str:
        """Make a scratch database, open the connection on it, and return its name.

        template: the name of one whose copy it shall be, where the kind of database can copy.
        """
        name = scratch_name()
        self.leave()
        if self.backend.features.in_memory:
            self._open_in_memory(name, template)
        else:
            self._run(self.backend.create(name, template))
            self._names.append(name)
            self.connection.settings_dict["NAME"] = name
        return name

    def drop(self, name: str) -> None:
        """Drop one scratch database."""
        self.leave()
        if original := self._originals.pop(name, None):
            original.close()
        if name in self._names:
            self._run(self.backend.drop(name))
            self._names.remove(name)

    def drop_all(self) -> None:
        """Drop every scratch database that this proof made."""
        for name in (*self._names, *self._originals):
            self.drop(name)

    def drop_left_behind(self) -> None:
        """Drop what killed proofs left on the server, as far as the user may; nothing that is in use."""
        if self.backend.features.in_memory:
            return
        with self._maintenance() as cursor:
            left = [name for name in self.backend.idle(cursor) if is_left_behind(name)]
        for name in left:
            with contextlib.suppress(ScratchError):
                self._run(self.backend.drop(name))

    def leave(self) -> None:
        """Close the connection, whatever state the code of a migration left it in; in memory the database stays."""
        self.connection.run_on_commit = []
        self.connection.savepoint_ids = []
        self.connection.in_atomic_block = False
        self.connection.needs_rollback = False
        self.connection.closed_in_transaction = False
        if self.backend.features.in_memory:
            if self.connection.connection is not None:
                self.connection.connection.rollback()
            self.connection.connection = None
        else:
            self.connection.close()

    def _open_in_memory(self, name: str, template: str) -> None:
        self.connection.settings_dict["NAME"] = ":memory:"
        self.connection.connect()
        self._originals[name] = self.connection.connection
        if template:
            self._originals[template].backup(self.connection.connection)

    def _run(self, statements: list[str]) -> None:
        with self._maintenance() as cursor:
            for statement in statements:
                self._execute(cursor, statement)

    def _execute(self, cursor: Any, statement: str) -> None:
        from django.db.utils import DatabaseError

        try:
            cursor.execute(statement)
        except DatabaseError as error:
            if privilege := self.backend.missing_privilege(error):
                user = self.connection.settings_dict.get("USER") or "the database user"
                name, _, grant = privilege.removesuffix(")").partition(" (")
                raise PrivilegeError(user, name, grant) from None
            raise ScratchError(f"a scratch database cannot be made: {str(error).strip()}") from None

    @contextlib.contextmanager
    def _maintenance(self) -> Iterator[Any]:
        """Yield a cursor on a second connection to the server, in autocommit and outside the database that the settings name."""
        from django.db.utils import DatabaseError

        settings = self.backend.maintenance(self.connection.settings_dict)
        other = type(self.connection)(settings, alias=self.connection.alias)
        try:
            cursor = other.cursor()
        except DatabaseError as error:
            raise ScratchError(f"the server cannot be reached: {str(error).strip()}") from None
        try:
            with cursor:
                yield cursor
        finally:
            other.close()
