"""The private servers themselves: every other test leans on them."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.servers import process
from tests.servers.base import Database, Server
from tests.servers.plugin import database_names
from tests.servers.run import Run

ROOT = Path(__file__).parents[2]


def fill(settings: dict[str, object]) -> None:
    """Make one table with one row, by Django's own connection."""
    script = f"""
        from django.conf import settings
        settings.configure(DATABASES={{"default": {settings!r}}})
        import django; django.setup()
        from django.db import connection
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (x integer)")
            cursor.execute("INSERT INTO t VALUES (7)")
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


def test_a_database_is_of_its_kind(database: Database):
    version = "select sqlite_version()" if database.vendor == "sqlite" else "select version()"
    ((answer,),) = database.query(version)
    name = database.server.name
    expected = {"sqlite": "3.", "mariadb": "MariaDB"}.get(name, f"PostgreSQL {name.removeprefix('postgresql')}")
    assert expected in answer


def test_a_fresh_database_is_another_one(database: Database):
    database.query("CREATE TABLE t (x integer)")
    other = database.fresh()
    other.query("CREATE TABLE t (x integer, y integer)")
    assert other.name != database.name
    assert {database.name, other.name} <= database.server.names()


def test_a_template_is_built_once_and_its_copies_are_apart(database: Database):
    built = []

    def build(settings: dict[str, object]) -> None:
        built.append(settings["NAME"])
        fill(settings)

    first = database.from_template("one table", build)
    second = database.from_template("one table", build)
    first.query("DELETE FROM t")
    assert len(built) <= 1
    assert (first.query("SELECT x FROM t"), second.query("SELECT x FROM t")) == ([], [(7,)])


def test_a_database_in_use_is_dropped(database: Database):
    with contextlib.closing(database.server.connect(database.name)) as connection:
        connection.cursor().execute("CREATE TABLE t (x integer)")
        connection.cursor().execute("BEGIN")
        connection.cursor().execute("INSERT INTO t VALUES (1)")
        database.server.drop(database.name)
        assert database.name not in database.server.names()


NESTED = """
import os, time
from pathlib import Path
from tests.servers.run import Run

def test_waits(server):
    marker = Path({marker!r})
    marker.with_suffix(".part").write_text(str(Run.of_environment().folder))
    marker.with_suffix(".part").rename(marker)
    time.sleep(60)
"""


def hear_interrupts() -> None:
    """A shell that starts something in the background tells it to ignore Ctrl-C, and whatever that starts does too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def nested(tmp_path: Path, name: str, **environment: str) -> tuple[subprocess.Popen[str], Path]:
    """Start pytest on a test that holds a server, and wait until it does; return it and the folder of its run."""
    file, marker = tmp_path / "test_nested.py", tmp_path / "marker"
    file.write_text(NESTED.format(marker=str(marker)))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.servers.plugin",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
    ]
    running = subprocess.Popen(
        [*command, "-c", os.devnull, "-k", f"{name} and not durable", str(file)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hear_interrupts,
    )
    while not marker.exists() and running.poll() is None:
        time.sleep(0.05)
    return running, Path(marker.read_text()) if marker.exists() else tmp_path / "none"


def running_in(folder: Path) -> list[int]:
    """Return the processes whose command line names a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [int(path.parent.name)] if str(folder).encode() in path.read_bytes() else []
        except OSError:
            continue
    return found


@pytest.mark.parametrize("name", [name for name in database_names() if name != "sqlite"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, name: str, number: signal.Signals):
    running, folder = nested(tmp_path, name)
    started = running_in(folder)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert started
    assert (running_in(folder), folder.exists()) == ([], False)


def test_the_next_run_cleans_up_after_a_killed_one(tmp_path: Path):
    running, folder = nested(tmp_path, "postgresql18")
    running.kill()
    running.communicate(timeout=60)
    started = running_in(folder)
    Run.begin().end()
    assert started
    assert (running_in(folder), folder.exists()) == ([], False)


def test_a_missing_server_fails_with_one_line(tmp_path: Path):
    running, _ = nested(tmp_path, "mariadb", PATH="", HANDRAIL_TEST_SYSTEM_PATH="")
    output, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "MariaDB is not installed: apt-get install mariadb-server" in output.splitlines()


def test_a_private_server_never_runs_as_root(server: Server):
    pid = getattr(getattr(server, "address", None), "pid", None)
    owner = Path(f"/proc/{pid}").stat().st_uid if pid else process.account()
    assert owner != 0
