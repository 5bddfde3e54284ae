"""The pipeline of ``handrail tag``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import replace
from handrail.domain.outcome import CLEAN, Json, Outcome
from handrail.domain.run import Tag
from handrail.errors.hr001 import Misused
from handrail.sources.django_setup import aliases_of
from handrail.sources.journal import has_journal, tags
from handrail.sources.reach import is_there, reaching, require

if TYPE_CHECKING:
    from handrail.execution.runner import Talk

WAIT = 10.0
"""Seconds to wait for the lock: whoever names a state does not mean the one after a migrate that runs now."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+/-]{0,149}")
HEAD = ("tag", "made", "run", "applied", "by")


def list_tags(alias: str) -> Outcome:
    """Show the tags of a database; nothing is changed. Django has to be set up. Raises DatabaseNotReached."""
    from django.db import connections

    aliases_of(alias)
    connection = connections[alias]
    try:
        with reaching(alias):
            found = tags(connection) if is_there(connection) and has_journal(connection) else []
    finally:
        connection.close()
    rows = [(tag.name, _made(tag), _run(tag), str(len(tag.applied)), tag.user) for tag in found]
    return Outcome(
        command="tag",
        exit=CLEAN,
        table=(HEAD, *rows) if rows else (),
        summary=() if rows else (f"{alias}: no tag was made",),
        extra={"tags": [_to_json(tag) for tag in found]},
    )


def tag(alias: str, name: str, talk: Talk, *, dry_run: bool = False) -> Outcome:
    """Name the present state of a database. Django has to be set up. Raises Misused, TagTaken, Interrupted, Locked,
    DatabaseNotReached."""
    from django.db import connections

    from handrail.execution.runner import Runner
    from handrail.execution.tags import write_tag
    from handrail.sources.run_options import read_run_options

    if not NAME.fullmatch(name):
        problem = f'"{name}" is no name for a tag: up to 150 letters and digits of ASCII, and . _ + / - inside'
        raise Misused(problem=problem, command="handrail tag --help")
    aliases_of(alias)
    connection = connections[alias]
    require(connection)
    options = read_run_options()
    runner = Runner(connection, options=replace(options, lock_wait=min(options.lock_wait, WAIT)), command="tag", talk=talk)
    try:
        with runner.locked(), reaching(alias):
            made, is_new = write_tag(connection, name, dry_run=dry_run)
    finally:
        connection.close()
    does = "would name" if dry_run else "names"
    count = f"{len(made.applied)} applied migration{'' if len(made.applied) == 1 else 's'}"
    line = (
        f"{made.name} {does} the state of {alias}: {count}" if is_new else f"{made.name} was made {_made(made)}, with this state"
    )
    return Outcome(command="tag", exit=CLEAN, summary=(line,), extra={"tags": [_to_json(made)]})


def _made(tag: Tag) -> str:
    return f"{tag.made.astimezone():%Y-%m-%d %H:%M}"


def _run(tag: Tag) -> str:
    return "" if tag.run is None else str(tag.run)


def _to_json(tag: Tag) -> Json:
    return {
        "name": tag.name,
        "made": tag.made.isoformat(),
        "user": tag.user,
        "run": tag.run,
        "applied": [list(key) for key in sorted(tag.applied)],
    }
