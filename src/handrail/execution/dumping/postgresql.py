"""PostgreSQL: pg_dump's custom format, restored by psql from what pg_restore makes of it, in one transaction."""

from __future__ import annotations

import shlex
import subprocess
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any, ClassVar

from handrail.databases.backups.postgresql import BackupsPostgreSQL
from handrail.errors.hr620 import NoBackupTools
from handrail.errors.hr624 import BackupFailed
from handrail.execution.dumping.base import Dumping, Programs, copied

CONNECTOR = "dbbackup.db.postgresql.PgDumpBinaryConnector"
PATIENCE = "SET client_min_messages = warning;\nSET lock_timeout = '10s';\n"
"""What restoring waits for each table that somebody else reads: whoever holds one has to end first."""

COMMENT = b" COMMENT - EXTENSION "
"""What the list of a dump's contents says of comments that only a superuser may write (app-pgrestore.html, -l and -L)."""


class DumpingPostgreSQL(Dumping):
    """All schemas, with owners and grants."""

    extension: ClassVar = "pgdump"
    is_atomic: ClassVar = True

    @cached_property
    def programs(self) -> Programs:
        """Raises NoBackupTools."""
        return Programs(self.connection, CONNECTOR, BackupsPostgreSQL.package, self.folder)

    @property
    def _psql(self) -> str:
        """The psql beside the pg_restore that is used."""
        return " ".join(
            f"{word.removesuffix('pg_restore')}psql" if word.endswith("pg_restore") else word for word in self._restore.split()
        )

    @property
    def _restore(self) -> str:
        return str(self.programs.connector.restore_cmd)

    def require(self) -> None:
        """pg_dump, pg_restore and psql, none of them older than the server (app-pgdump.html, Notes)."""
        self.programs.require(self.programs.connector.dump_cmd, self._restore, self._psql)
        command = [*shlex.split(self.programs.connector.dump_cmd), "--version"]
        words = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        server = self.connection.get_database_version()[0]
        found = next((int(word.split(".")[0]) for word in words if word[:1].isdigit()), server)
        if found < server:
            what = f"pg_dump of PostgreSQL {server} (this one is of {found})"
            raise NoBackupTools(alias=self.connection.alias, what=what, package=f"postgresql-client-{server}")

    def dump(self, target: IO[bytes]) -> None:
        """One transaction sees all of it (app-pgdump.html)."""
        out = self.programs.call("making a backup", self.programs.connector.create_dump)
        with out:
            copied(out, target)

    def problem(self, file: Path) -> str:
        """Let pg_restore go through all of it, data and all, without a database."""
        try:
            self._script(file, is_scratch=False).close()
        except BackupFailed as failed:
            return failed.finding.message.partition(": ")[2].partition(": ")[2]
        return ""

    def restore(self, file: Path, emptying: Sequence[str], *, is_scratch: bool = False) -> None:
        """What is dropped and what is made is one transaction: psql ends at the first error (app-psql.html, ON_ERROR_STOP)."""
        with self._script(file, is_scratch=is_scratch) as made, tempfile.TemporaryFile(dir=self.folder) as script:
            script.write(PATIENCE.encode() + "".join(f"{sql};\n" for sql in emptying).encode())
            copied(made, script)
            script.seek(0)
            connector = self.programs.connector
            place, env = self._place()
            command = f"{self._psql} {place} --no-psqlrc --quiet --set ON_ERROR_STOP=on --single-transaction"
            for out in self.programs.call(
                "restoring a backup", connector.run_command, command, stdin=script, env={**connector.restore_env, **env}
            ):
                out.close()

    def _script(self, file: Path, *, is_scratch: bool) -> Any:
        """Return the SQL of a dump, as a file."""
        options = "--no-owner --no-privileges" if is_scratch else ""
        with tempfile.NamedTemporaryFile(dir=self.folder) as wanted:
            with self._read(file, "--list") as contents:
                wanted.writelines(line for line in contents if COMMENT not in line)
            wanted.flush()
            return self._read(file, f"{options} --use-list={shlex.quote(wanted.name)} --file=-")

    def _read(self, file: Path, options: str) -> Any:
        """Return what pg_restore makes of a dump, as a file."""
        run = self.programs.connector.run_command
        with file.open("rb") as dump:
            out, errors = self.programs.call("reading a backup", run, f"{self._restore} {options}", stdin=dump)
        errors.close()
        return out

    def _place(self) -> tuple[str, dict[str, str]]:
        """Return how the programs reach the database: an option, and variables for what no other process may read."""
        from dbbackup.db.postgresql import parse_postgres_settings

        place, env = parse_postgres_settings(self.programs.connector)
        return " ".join(map(shlex.quote, shlex.split(place))), env
