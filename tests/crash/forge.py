"""A process that has Django ready and forks a child for everything that may be stopped; run as python -m tests.crash.forge.

Its argument is JSON: server and folder. It reads one request a line, {"label", "points"}, and answers each with a Tally by direction.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from io import StringIO
from typing import Any

from tests.crash.child import in_child
from tests.crash.copies import Copies
from tests.crash.migrations import ALL
from tests.crash.points import Try, tries
from tests.crash.rolling_back import roll_back
from tests.crash.state import Kept, Reader, State
from tests.crash.stopping import Stop, Stopper
from tests.servers.base import Server
from tests.servers.plugin import get_server

FASTER = {"sqlite": {"OPTIONS": {"init_command": "PRAGMA synchronous = OFF"}}}
"""What a process wrote is there for others when it is killed; only a machine that loses its power would need more."""
TARGETS = {"forward": "0002", "backward": "0001", "again": "0002"}
"""Where each direction goes. again: forwards, after a way back that has set aside what it has to bring back."""
BEFORE = {"forward": (), "backward": ("forward",), "again": ("forward", "backward")}
"""What has to go before a direction, after plain Django has migrated to 0001."""


NO_DEFAULT = "a_default"
"""A column for which Django writes another default than its own on SQLite: ? for %s (6.1). It stays aside then."""


@dataclass
class Tally:
    """What became of all stops of one migration in one direction. problems: in words, the first ones."""

    stops: int = 0
    before: int = 0
    after: int = 0
    asked: int = 0
    person: int = 0
    lost: int = 0
    refused_back: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Track:
    """One migration in one direction: where it begins and where it has to end, as plain Django does it.

    kept: what is kept where it begins, None as long as that is not known.
    """

    label: str
    direction: str
    before: State
    after: State
    kept: Kept | None = None

    @property
    def target(self) -> str:
        """What migrate is given."""
        return TARGETS[self.direction]

    @property
    def way(self) -> str:
        """Forward or backward."""
        return "backward" if self.direction == "backward" else "forward"


class Forge:
    """Tries all stops on one server."""

    def __init__(self, server: Server, folder: str) -> None:
        self.server, self.folder = server, folder
        self.database = f"handrail_test_crash_{os.getpid()}"
        server.create(self.database)
        self.copies = Copies(server, self.database)
        self.reader = Reader(server, self.database)
        self.last: State | None = None
        self._configure()

    def _configure(self) -> None:
        import django
        from django.conf import settings

        sys.path.insert(0, self.folder)
        settings.configure(
            SECRET_KEY="x",
            USE_TZ=True,
            DATABASES={"default": {**self.server.settings(self.database), **FASTER.get(self.server.vendor, {})}},
            INSTALLED_APPS=[*ALL, "handrail"],
            HANDRAIL={"lock_wait": 20},
        )
        django.setup()
        self._warm()

    def _warm(self) -> None:
        """Import all that children will need, by doing here what they do; nothing stays connected."""
        from django.core.management import call_command
        from django.db import connections

        for label in ("d02", "logged"):
            alone(label)
            call_command("migrate", label, verbosity=0, stdout=StringIO(), stderr=StringIO())
            assert roll_back(label, self.folder)["ended"] == "done"
            self.recover_back(label)
        connections.close_all()
        gc.collect()
        gc.freeze()

    def run(self, label: str, points: str) -> dict[str, Tally]:
        """Stop a migration in all directions.

        What went on from a stop ends where another direction begins, so they take turns as far as they can.
        """
        directions = [each for each in TARGETS if each != "again" or (ALL[label].again and points in ("few", "every"))]
        tallies = {direction: Tally() for direction in directions}
        tracks = self.tracks(label)
        left: dict[str, list[Try]] = {}
        for direction in directions:
            tracks[direction], left[direction] = self.tries(tracks[direction], points, tallies[direction])
            if direction == "backward":
                tracks["again"] = replace(tracks["again"], before=tracks[direction].after)
        while any(left.values()):
            now, kept = self.last, self.reader.kept()
            found = [direction for direction in directions if left[direction]]
            fitting = [each for each in found if now is not None and now.records == tracks[each].before.records]
            direction = ([each for each in fitting if kept == tracks[each].kept] or fitting or found)[0]
            self.prepare(tracks[direction], now, points)
            self.attempt(tracks[direction], left[direction].pop(0), tallies[direction])
        return tallies

    def tries(self, track: Track, points: str, tally: Tally) -> tuple[Track, list[Try]]:
        """Return what is to be tried, and the track with what is kept: it takes a run that is not stopped, which has to be right too."""
        self.prepare(track, self.last, points)
        track = replace(track, kept=self.reader.kept())
        once = in_child(lambda: self.migrate(track, Stop(-1, from_start=points.endswith("first"))))
        self.last = self.reader.state()
        if ALL[track.label].own_schema and track.direction == "backward":
            track = replace(track, after=replace(track.after, schema=self.last.schema))
        problem = self.judged(track, once, self.last)
        tally.problems += [f"not stopped at all: {problem}"] if problem else []
        name = f"{self.server.name} {track.label} {track.direction}"
        found = tries(once["events"], points, drops=self.server.vendor != "sqlite", name=name)
        return track, [] if problem else found

    def tracks(self, label: str) -> dict[str, Track]:
        """Find out where plain Django ends; the way back ends with the rows of before, as all that is dropped is kept.

        Where plain Django has no way back, the schema afterwards is the one before.
        """
        self.copies.forget()
        self.reader.clear()
        states = []
        for target in ("0001", "0002", "0001")[: 2 if ALL[label].irreversible else 3]:
            self.plain(label, target)
            states.append(self.reader.state())
        before, after, back = (*states, states[0])[:3]
        self.last = None
        back = replace(before, schema=back.schema)
        return {
            "forward": Track(label, "forward", before, after),
            "backward": Track(label, "backward", after, back),
            "again": Track(label, "again", back, after),
        }

    def build(self, track: Track) -> None:
        """Make the database anew with plain Django, and go from there to where a direction begins, so that it keeps what it keeps.

        The next time, a copy of that serves.
        """
        if track.direction in self.copies.names:
            self._alone(lambda: self.copies.bring_back(track.direction))
            return
        self.reader.clear()
        self.plain(track.label, "0001")
        for direction in BEFORE[track.direction]:
            answer = in_child(lambda direction=direction: self.migrate(replace(track, direction=direction)))  # type: ignore[misc]
            assert answer["ended"] == "done", answer["text"]
        self._alone(lambda: self.copies.keep(track.direction))

    def _alone(self, work: Callable[[], None]) -> None:
        """Do something while nobody is connected."""
        self.reader.connection.close()
        work()
        self.reader = Reader(self.server, self.database)

    def plain(self, label: str, target: str) -> None:
        """Migrate with plain Django."""

        def work() -> dict[str, Any]:
            from django.db import connection
            from django.db.migrations.executor import MigrationExecutor

            alone(label)
            executor = MigrationExecutor(connection)
            (name,) = [name for app, name in executor.loader.graph.nodes if app == label and name.startswith(target)]
            executor.migrate([(label, name)])
            return {"ended": "done"}

        answer = in_child(work)
        assert answer["ended"] == "done", answer["text"]

    def prepare(self, track: Track, now: State | None, points: str) -> None:
        """Have the database as it is before, from how it is now, with as little work as possible.

        What is kept has to be the same too: a migration that brings something back runs other statements.
        """
        self.reader.forget_runs()
        if now != track.before or points.endswith("first") or self.reader.kept() != track.kept:
            self.build(track)
            self.reader.forget_runs()
        if points.endswith("first"):
            self.reader.drop_journal()

    def attempt(self, track: Track, one: Try, tally: Tally) -> None:
        """Stop once, recover, and count what came of it."""
        first = in_child(lambda: self.migrate(track, one.stop))
        if not first.get("stopped") and first["ended"] == "done" and len(first["events"]) <= one.stop.at:
            self.last = self.reader.state()  # what is kept of rows makes a run some statements longer or shorter
            wrong = self.judged(track, first, self.last)
            tally.problems += [f"{one}, that never came: {wrong}"] if wrong else []
            return
        tally.stops += 1
        problem = "" if first.get("stopped") else f"never stopped: {first}"
        for again in one.again:
            in_child(lambda again=again: self.migrate(track, again))  # type: ignore[misc]
        try:
            problem = problem or (self.go_back if one.back else self.go_on)(track, tally)
        except Exception as error:  # noqa: BLE001 - the other stops are tried too
            problem = f"{type(error).__name__}: {error}"
        if problem:
            self.last = None
            tally.person += 1
            tally.lost += self.reader.state().lost(track.before, track.after)
            if len(tally.problems) < 12:
                tally.problems.append(f"{one} [{first.get('text', '')[-600:]}]: {problem}")

    def go_on(self, track: Track, tally: Tally) -> str:
        """Migrate again, and say what is wrong then."""
        asks = ALL[track.label].asks
        was = self.reader.state() if asks else None
        answer = in_child(lambda: self.migrate(track))
        self.last = self.reader.state()
        if was and answer["ended"] == "refused" and "error[HR402]" in answer["text"] and answer["exit"] == 3:
            tally.asked += 1
            return self.last.difference(was)
        problem = self.judged(track, answer, self.last)
        tally.after += not problem
        return problem

    def judged(self, track: Track, answer: dict[str, Any], now: State) -> str:
        """Say what is wrong after a run that has to end at the end."""
        if answer["ended"] != "done":
            return f"{answer['ended']}: {answer['text']}"
        journal, half = self.reader.journal_says(track.label), self.reader.half_kept()
        wrong = [f"the journal says {journal}"] if journal != f"{track.way} done" else []
        wrong += [f"half kept: {half}"] if half else []
        return now.difference(track.after) or "; ".join(wrong)

    def go_back(self, track: Track, tally: Tally) -> str:
        """Recover back, and say what is wrong then; what is refused must have changed nothing, and be able to go on."""
        was = self.reader.state()
        answer = in_child(lambda: self.recover_back(track.label))
        self.last = self.reader.state()
        if answer["ended"] == "refused" and answer["code"] in ("HR401", "HR402"):
            tally.refused_back += 1
            return self.last.difference(was) or self.go_on(track, tally)
        if answer["ended"] != "done":
            return f"{answer['ended']}: {answer['text']}"
        if self.last.difference(track.after) == "":
            tally.after += 1
            return ""
        tally.before += 1
        aside = [one for one in self.reader.kept() if one[-1] != NO_DEFAULT or self.server.vendor != "sqlite"]
        if track.direction == "forward" and aside:
            return f"what nobody else had written is still set aside: {aside}"
        is_made_up = self.reader.backend.is_generated
        return self.last.without_made_up_names(is_made_up).difference(track.before.without_made_up_names(is_made_up))

    def migrate(self, track: Track, stop: Stop | None = None) -> dict[str, Any]:
        """Run plain migrate, in a child; or handrail rollback, where that is the way back."""
        from django.core.management import CommandError, call_command

        alone(track.label)
        stopper = Stopper(stop, self.end_session)
        stopper.install()
        said = StringIO()
        try:
            if ALL[track.label].rolls_back and track.way == "backward":
                return {**roll_back(track.label, self.folder), "said": "", "events": stopper.events, "stopped": stopper.stopped}
            call_command("migrate", track.label, track.target, verbosity=0, interactive=False, stdout=StringIO(), stderr=said)
            answer = {"ended": "done", "text": ""}
        except CommandError as error:
            answer = {"ended": "refused", "text": str(error), "exit": error.returncode}
        except BaseException:  # noqa: BLE001 - what is raised is what is asked
            answer = {"ended": "failed", "text": traceback.format_exc(limit=-3)}
        return {**answer, "said": said.getvalue(), "events": stopper.events, "stopped": stopper.stopped}

    def recover_back(self, label: str) -> dict[str, Any]:
        """Take the unfinished run back, in a child."""
        from django.db import connections

        from handrail.domain.run import RunOptions
        from handrail.errors.base import Refusal
        from handrail.execution.runner import Runner, Talk
        from handrail.sources.journal import unfinished

        alone(label)
        connection = connections["default"]
        said: list[str] = []
        talk = Talk(waiting=lambda *_: None, locked=lambda: None, said=said.append, blocked=lambda *_: None)
        runner = Runner(connection, options=RunOptions(lock_wait=20), command="recover", talk=talk)
        try:
            with runner.locked():
                found = unfinished(connection)
                if found is not None:
                    runner.recover(found, back=True)
        except Refusal as refusal:
            return {
                "ended": "refused",
                "code": refusal.finding.code,
                "text": f"{refusal.finding.message} {refusal.finding.notes}",
            }
        return {"ended": "done", "text": "\n".join(said)}

    def end_session(self, connection: Any) -> None:
        """Have the server end a session."""
        other = self.server.connect(self.database)
        if self.server.vendor == "postgresql":
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        else:
            other.cursor().execute(f"KILL {connection.thread_id()}")
        other.close()

    def end(self) -> None:
        """Leave nothing behind."""
        self.reader.connection.close()
        self.copies.forget()
        self.server.drop(self.database)


def alone(label: str) -> None:
    """Let a process see the migrations of one app only."""
    from django.conf import settings

    settings.MIGRATION_MODULES = {other: None for other in ALL if other != label}


def requests() -> Iterator[dict[str, str]]:
    """Yield what is asked."""
    for line in sys.stdin:
        yield json.loads(line)


def main(argument: str) -> None:
    """Answer requests until there are no more."""
    asked = json.loads(argument)
    os.environ["HANDRAIL_COMMIT"] = "0" * 40
    forge = Forge(get_server(asked["server"]), asked["folder"])
    try:
        print(json.dumps({"ready": True}), flush=True)
        for request in requests():
            try:
                answer = {direction: asdict(tally) for direction, tally in forge.run(**request).items()}
            except Exception:  # noqa: BLE001 - the test fails with it
                answer = {"broken": traceback.format_exc()}
            print(json.dumps(answer), flush=True)
    finally:
        forge.end()


if __name__ == "__main__":
    main(sys.argv[1])
