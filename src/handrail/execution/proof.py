"""Running two sides in both orders on scratch databases.

The project's code runs in a process of its own (proof_worker.py), in a temporary folder that holds the merged files, so that
nothing of it is imported here and nothing of the working tree can be changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from handrail.checks.hr213 import Preflight
from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.proof import Difference, Order, Proof, Status
from handrail.domain.snapshot import App, Snapshot
from handrail.errors.base import Refusal
from handrail.execution.proof_files import lay_out
from handrail.sources.tree import Tree

Keys = Sequence[MigrationKey]
Event = dict[str, Any]
WORKER = "handrail.execution.proof_worker"
GRACE = 20.0
"""How many seconds a worker that was told to end has for dropping its scratch databases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """One of the trees that are merged, and what was read from it."""

    tree: Tree
    snapshot: Snapshot


def prove(
    checkouts: Sequence[Checkout],
    migrations: Mapping[MigrationKey, Migration],
    sides: tuple[Keys, Keys],
    *,
    database: str = "",
    settings: str = "",
    timeout: float = 1800.0,
    python: str = sys.executable,
) -> Proof:
    """Run ours then theirs, theirs then ours, and the merged graph, and compare what comes of it.

    checkouts: the trees, that of our side first; a file is taken from the first that has it, a migration from the one whose text
    it has. migrations: all that a merge of the trees leaves. sides: the migrations of ours and of theirs. database: an alias of
    the project's settings, whose server then gets scratch databases; "" for SQLite in memory. settings: the settings module; else
    what DJANGO_SETTINGS_MODULE or manage.py names. timeout: seconds for everything; each step has a quarter of it.

    Never raises for what the project's code does: that is the result. Raises a refusal, HR213, where the user of the database may
    not make scratch databases.
    """
    with tempfile.TemporaryDirectory(prefix="handrail-proof-", ignore_cleanup_errors=True) as folder:
        lay_out([(one.tree, one.snapshot) for one in checkouts], migrations, Path(folder))
        request = {
            "folder": folder,
            "settings": settings,
            "database": database,
            "ours": [list(key) for key in sides[0]],
            "theirs": [list(key) for key in sides[1]],
            "apps": [_app(app) for app in _apps(checkouts).values()],
            "swappable": {name: value for one in reversed(checkouts) for name, value in one.snapshot.settings.items()},
            "minimal": False,
            "timeout": timeout / 4,
        }
        return _prove(request, timeout, python)


def _prove(request: Event, timeout: float, python: str) -> Proof:
    """Try with the project's settings first, and with made-up ones where those cannot be imported."""
    events, ending = _run(request, timeout, python)
    _require_privilege(events, request["database"])
    unusable = next((event["error"] for event in events if event["event"] == "settings"), "")
    if unusable and request["database"]:
        return Proof(vendor="", version="", error=unusable)
    if unusable:
        events, ending = _run({**request, "minimal": True}, timeout, python)
        note = (
            f"{unusable}; the orders ran with settings made up from the files: no app's own code but its migrations was imported"
        )
        proof = read_events(events, ending)
        return replace(proof, notes=(note, *proof.notes))
    return read_events(events, ending)


def _require_privilege(events: Sequence[Event], alias: str) -> None:
    """Refuse where the database's user may not make scratch databases: that is nothing about the migrations."""
    for event in events:
        if event["event"] == "privilege":
            help = f"run {event['grant']}, or leave --database out: the orders run on SQLite in memory then"
            raise Refusal(Preflight.refused(alias, f"cannot be proved on: {event['text']}", help))


def _apps(checkouts: Sequence[Checkout]) -> dict[str, App]:
    return {label: app for one in reversed(checkouts) for label, app in one.snapshot.apps.items()}


def _app(app: App) -> Event:
    return {"label": app.label, "path": app.path, "module": app.module}


def _run(request: Event, timeout: float, python: str) -> tuple[list[Event], str]:
    """Run the worker; return what it reported, and why it ended early ("" where it did not)."""
    with tempfile.TemporaryFile() as errors:
        worker = subprocess.Popen(
            [python, "-P", "-m", WORKER],
            cwd=request["folder"],
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        late = False
        try:
            output, _ = worker.communicate(json.dumps(request).encode(), timeout=timeout)
            ending = "" if worker.returncode == 0 else f"the process that ran the migrations ended with {worker.returncode}"
        except subprocess.TimeoutExpired:
            output = _stop(worker)
            ending = f"the migrations took more than {timeout:g} seconds"
            late = True
        except BaseException:
            _stop(worker)
            raise
        errors.seek(0)
        last = [] if late else errors.read().decode(errors="replace").strip().splitlines()[-1:]
    ending = f"{ending}: {last[0]}" if ending and last else ending
    return [json.loads(line) for line in output.splitlines()], ending


def _stop(worker: subprocess.Popen[bytes]) -> bytes:
    """Ask the worker to end, so that it drops its scratch databases; end it and all it started if it does not."""
    worker.send_signal(signal.SIGTERM)
    output = b""
    with contextlib.suppress(subprocess.TimeoutExpired):
        output, _ = worker.communicate(timeout=GRACE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(worker.pid, signal.SIGKILL)
    if worker.returncode is None:
        output, _ = worker.communicate()
    return output


def read_events(events: Sequence[Event], ending: str = "") -> Proof:
    """Make the proof of a worker's reports; ending: why it stopped early."""
    proof = Proof(vendor="", version="")
    running = ""
    for event in events:
        kind = event["event"]
        if kind == "start":
            proof = replace(proof, vendor=event["vendor"], version=event["version"], data=event["data"])
        elif kind == "note":
            proof = replace(proof, notes=(*proof.notes, event["text"]))
        elif kind == "seeded":
            proof = replace(proof, rows=event["rows"], unseeded=tuple(event["unseeded"]), orders=())
        elif kind == "running":
            running = event["label"]
        elif kind == "order":
            proof, running = replace(proof, orders=(*proof.orders, _order(event))), ""
        elif kind == "compared":
            proof = replace(proof, **_differences(event))
        elif kind == "error":
            proof = replace(proof, error=event["text"])
    finished = bool(events) and events[-1]["event"] in ("compared", "error")
    if ending and running:
        proof = replace(proof, orders=(*proof.orders, Order(label=running, status=Status.ERROR, error=ending)))
    elif not finished:
        proof = replace(proof, error=proof.error or ending or "the process that ran the migrations reported nothing")
    return proof


def _order(event: Event) -> Order:
    return Order(
        label=event["label"],
        status=Status(event["status"]),
        migrations=tuple(MigrationKey(*key) for key in event["migrations"]),
        failed=MigrationKey(*event["failed"]) if event["failed"] else None,
        error=event["error"],
        seconds=event["seconds"],
    )


def _differences(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {"unstable": tuple(event["unstable"])}
    for name in ("schema_differences", "name_differences", "row_differences"):
        found[name] = tuple(
            Difference(table=table, kind=kind, name=label, found=tuple((order, text) for order, text in values))
            for table, kind, label, values in event[name]
        )
    return found
