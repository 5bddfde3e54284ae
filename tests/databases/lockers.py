"""Processes that take the lock of a database, steered from a test line by line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = """\
import json, sys, time
from django.conf import settings
settings.configure(DATABASES=json.loads(sys.argv[1]), USE_TZ=True, HANDRAIL=json.loads(sys.argv[2]))
import django
django.setup()
from django.db import connection, connections, transaction
from handrail.domain.run import RunOptions
from handrail.errors.base import Refusal
from handrail.execution import lease, lock, session
from handrail.sources import holder, run_options
from handrail.sources import lease as lease_row
from handrail.sources.backend import backend_of

told = []
held = None
def waiting(who, seconds):
    told.append([str(who) if who else None, seconds])
def take(wait=0, who="ann", alias="default", kind=None):
    global held
    if kind is None:
        held = lock.lock_for(connections[alias], wait=wait, waiting=waiting, who=who)
    else:
        held = kind(connections[alias], "", wait=wait, waiting=waiting, who=who)
    held.acquire()
    return held.kind
def lease_of(wait=0, who="ann"):
    return take(wait, who, kind=lease.Lease)
def opened(alias="default", who="ann"):
    global prepared
    prepared = session.prepared(connections[alias], run_options.read_run_options(), who=who, command="migrate app")
    prepared.__enter__()
    return session.sessions_hold(connections[alias])
def seen(alias="default"):
    found = holder.read_holder(connections[alias])
    return found and {"text": str(found), "host": found.host, "pid": found.pid, "user": found.user, "session": found.session}
def begin(commit=""):
    from handrail.domain.run import OnFailure
    from handrail.execution.journal import Journal
    journal = Journal(connection)
    journal.ensure()
    facts = {"from_nothing": False, "on_failure": OnFailure.UNWIND}
    return journal.begin(command="migrate shop", session=held.session, commit=commit, **facts)
def step(run, name):
    from handrail.domain.migration import MigrationKey
    from handrail.domain.run import Direction
    from handrail.execution.journal import Journal
    facts = {"direction": Direction.FORWARD, "atomic": True, "faked": False, "digest": "", "sources": {}}
    return Journal(connection).step_started(run, MigrationKey("shop", name), **facts)
def sql(text, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(text)
        return [list(row) for row in cursor.fetchall()] if cursor.description else cursor.rowcount
def ask(name, *arguments):
    with connection.cursor() as cursor:
        return getattr(backend_of(connection), name)(cursor, *arguments)
def kind_of(text):
    try:
        sql(text)
    except Exception as error:
        return backend_of(connection).error_kind(error).name
def speed(heartbeat, life):
    lease.HEARTBEAT = heartbeat
    lease.TIME_TO_LIVE = lease_row.TIME_TO_LIVE = life
print("ready", flush=True)
for line in sys.stdin:
    try:
        answer = {"is": eval(line)}
    except Refusal as refusal:
        found = refusal.finding
        answer = {"code": found.code, "message": found.message, "notes": found.notes, "exit": refusal.exit_code}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer, default=str), flush=True)
"""


class Refused(Exception):
    """A refusal in the other process."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(f"{answer['code']}: {answer['message']}")
        self.code: str = answer["code"]
        self.message: str = answer["message"]
        self.notes: list[str] = answer["notes"]
        self.exit: int = answer["exit"]


class Locker:
    """A process with connections to databases of its own."""

    def __init__(self, databases: dict[str, dict[str, Any]], handrail: dict[str, Any] | None = None) -> None:
        arguments = [sys.executable, "-c", PROGRAM, json.dumps(databases, default=str), json.dumps(handrail or {})]
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._read() == "ready"

    def __call__(self, code: str) -> Any:
        """Evaluate code there and return its value; raise Refused for a refusal."""
        self.send(code)
        return self.answer()

    def send(self, code: str) -> None:
        """Begin to evaluate code."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{code}\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """Return the value of what was sent."""
        answer = json.loads(self._read())
        if "code" in answer:
            raise Refused(answer)
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["is"]

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def signal(self, number: signal.Signals) -> None:
        """Send the process a signal; after SIGKILL wait until it is gone."""
        self.process.send_signal(number)
        if number is signal.SIGKILL:
            self.process.wait()

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()


class Lockers:
    """Starts processes, and ends them all with the test."""

    def __init__(self) -> None:
        self.all: list[Locker] = []

    def __call__(self, *settings: dict[str, Any], handrail: dict[str, Any] | None = None, **aliases: dict[str, Any]) -> Locker:
        """Start a process whose default database is the one given."""
        databases = {**({"default": settings[0]} if settings else {}), **aliases}
        self.all.append(Locker(databases, handrail))
        return self.all[-1]


@pytest.fixture
def lockers() -> Iterator[Lockers]:
    """Processes of one test."""
    made = Lockers()
    yield made
    for locker in made.all:
        locker.end()
