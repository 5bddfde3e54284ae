"""PgBouncer in transaction mode, in front of a PostgreSQL of this run."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from tests.servers import postgresql, process
from tests.servers.run import Address

MISSING = "PgBouncer is not installed: apt-get install pgbouncer"
SETTINGS = """\
[databases]
* = host={server.host} port={server.port} user={server.user} password={server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 5
server_round_robin = 1
server_idle_timeout = 5
pidfile = {folder}/pgbouncer.pid
"""
"""Round robin: two statements in a row reach two sessions as soon as there are two (PgBouncer 1.18, config.html)."""


def program() -> str:
    """Return the path of pgbouncer, also where sbin is not on PATH."""
    path = os.pathsep.join((os.environ.get("PATH", ""), os.environ.get("HANDRAIL_TEST_SYSTEM_PATH", "/usr/sbin:/usr/local/sbin")))
    found = shutil.which("pgbouncer", path=path)
    if found is None:
        raise process.MissingServerError(MISSING)
    return found


def start(server: Address, folder: Path) -> Address:
    """Start a pooler for all databases of a server, on a free port; it refuses to run as root, as PostgreSQL does."""
    command = program()
    process.give(folder)
    for _ in range(5):
        address = Address(
            host="127.0.0.1", port=process.free_port(), user=server.user, password=server.password, folder=str(folder)
        )
        settings = folder / "pgbouncer.ini"
        settings.write_text(SETTINGS.format(server=server, port=address.port, folder=folder))
        settings.chmod(0o644)
        try:
            pid = process.start([command, settings], folder, folder.with_suffix(".log"), lambda a=address: _answers(a))  # type: ignore[misc]
        except process.ServerStartError as error:
            if "in use" not in str(error):
                raise
            time.sleep(0.1)
            continue
        return Address(
            host=address.host, port=address.port, user=server.user, password=server.password, pid=pid, folder=str(folder)
        )
    raise process.ServerStartError("no free port stayed free for PgBouncer")


def _answers(address: Address) -> bool:
    import psycopg

    try:
        postgresql.connect(address, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True
