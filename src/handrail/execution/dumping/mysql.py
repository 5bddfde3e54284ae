"""MySQL and MariaDB: mariadb-dump or mysqldump, restored by the client."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, ClassVar

from handrail.databases.backups.mysql import BackupsMySQL
from handrail.execution.dumping.base import Dumping, Programs, copied

CONNECTOR = "dbbackup.db.mysql.MysqlDumpConnector"
OPTIONS = "--single-transaction --routines --events --triggers --hex-blob --no-tablespaces --default-character-set=utf8mb4"
"""One snapshot of InnoDB's tables, all that a database holds, and bytes that no character set changes (mariadb-dump's manual)."""
END = b"-- Dump completed"
"""What a dump that came to its end has in its last line."""


class DumpingMySQL(Dumping):
    """A dump is SQL. The password is never on a command line."""

    extension: ClassVar = "sql"
    is_atomic: ClassVar = False

    @cached_property
    def programs(self) -> Programs:
        """Connect as Django's dbshell does (django.db.backends.mysql.client). Raises NoBackupTools."""
        from django.db.backends.mysql.client import DatabaseClient

        made = Programs(self.connection, CONNECTOR, BackupsMySQL.package, self.folder)
        connector = made.connector
        (_, *options), env = DatabaseClient.settings_to_cmd_args_env({**self.connection.settings_dict, "NAME": ""}, [])
        given = shlex.join(option for option in options if option)
        connector.dump_cmd = f"{_program(connector.dump_cmd, 'mysqldump', 'mariadb-dump')} {given}"
        connector.restore_cmd = f"{_program(connector.restore_cmd, 'mysql', 'mariadb')} {given}"
        connector.dump_suffix = f"{OPTIONS} {connector.dump_suffix}"
        for name in ("HOST", "PORT", "USER", "PASSWORD"):
            connector.settings[name] = ""
        connector.settings["NAME"] = shlex.quote(str(connector.settings["NAME"]))
        secret = dict(env or {})
        connector.dump_env = {**connector.dump_env, **secret}
        connector.restore_env = {**connector.restore_env, **secret}
        return made

    def require(self) -> None:
        """The program that dumps, and the client."""
        self.programs.require(self.programs.connector.dump_cmd, self.programs.connector.restore_cmd)

    def dump(self, target: IO[bytes]) -> None:
        """All tables, views, routines, events and triggers."""
        out = self.programs.call("making a backup", self.programs.connector.create_dump)
        with out:
            copied(out, target)

    def problem(self, file: Path) -> str:
        """A dump that was cut off lacks its last line."""
        with file.open("rb") as dump:
            dump.seek(max(0, file.stat().st_size - 200))
            last = dump.read()
        return "" if END in last else f'it does not end with "{END.decode()}"'

    def restore(self, file: Path, emptying: Sequence[str], *, is_scratch: bool = False) -> None:  # noqa: ARG002 - the base's
        """Every statement commits (mysql's manual, implicit commit)."""
        with self.connection.cursor() as cursor:
            for sql in emptying:
                cursor.execute(sql, None)
        with file.open("rb") as dump:
            for out in self.programs.call("restoring a backup", self.programs.connector.restore_dump, dump):
                out.close()


def _program(command: str, usual: str, newer: str) -> str:
    """Return the program that is there, where the settings name none: MariaDB's have names of their own since 10.5."""
    return newer if command == usual and shutil.which(newer, path=os.environ.get("PATH")) else command
