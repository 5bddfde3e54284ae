"""What each target of ``handrail rollback`` means: which migrations have to go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.migration import MigrationKey
from handrail.domain.rollback import ZERO, Goal
from handrail.domain.run import Direction, Run, StepStatus, moment
from handrail.errors.base import Refusal
from handrail.errors.hr001 import Misused
from handrail.errors.hr410 import NoSuchRun
from handrail.errors.hr509 import InsideSquash
from handrail.errors.hr521 import NoSuchTarget
from handrail.execution.rollback_reading import Known, View
from handrail.planning.rollback import after, all_of, applied_at, leaves_of
from handrail.sources.project import Project

HELP = "handrail rollback --help"
AGO = re.compile(r"(\d{1,6})\s*(s|min|h|d|w)( ago)?")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The target as it was typed. words: of APP and NAME. also: other apps that may lose migrations too."""

    words: tuple[str, ...] = ()
    last_run: bool = False
    run: int | None = None
    tag: str = ""
    ref: str = ""
    time: str = ""
    also: tuple[str, ...] = ()

    @property
    def others(self) -> int:
        """How many targets there are beside those of words."""
        return sum((self.last_run, self.run is not None, bool(self.tag), bool(self.ref), bool(self.time)))


def goal_of(asked: Asked, known: Known, root: Path) -> tuple[Goal, View]:
    """Return what is asked for, and the graph for it. Raises refusals where that cannot be told exactly."""
    if asked.others > 1:
        raise Misused(problem="one target at a time: --last-run, --run, --to-tag, --to-ref or --to-time", command=HELP)
    pairs = list(_pairs(asked.words, known))
    if not asked.others:
        if not pairs:
            help = "name a migration (handrail rollback shop 0004), or --last-run, --run, --to-tag, --to-ref, --to-time"
            raise Misused(problem="rollback needs a target", help=help, command=HELP)
        return _named(pairs, known)
    if any(name for _, name in pairs):
        raise Misused(problem="NAME says how far already: leave it out beside another target", command=HELP)
    goal = _of_option(asked, known, root)
    apps = frozenset(app for app, _ in pairs)
    if apps:
        undo = frozenset(key for key in goal.undo if key.app_label in apps)
        lacking = frozenset(key for key in goal.lacking if key.app_label in apps)
        goal = replace(goal, undo=undo, lacking=lacking, apps=apps, target=f"{goal.target}, {' and '.join(sorted(apps))} alone")
    wanted = (known.recorded | goal.lacking) - goal.undo
    view = known.view(wanted)
    _refuse_partial(goal, known)
    return replace(goal, undo=_nodes(goal.undo, known, view)), view


def _of_option(asked: Asked, known: Known, root: Path) -> Goal:
    if asked.last_run:
        return _run(_last_run(known), known)
    if asked.run is not None:
        found = next((run for run in known.runs if run.id == asked.run), None)
        if found is None:
            raise NoSuchRun(alias=known.alias, run=asked.run)
        return _run(found, known)
    if asked.tag:
        return _state(f"tag {asked.tag}", _tagged(asked.tag, known), known)
    if asked.ref:
        return _at_ref(asked.ref, known, root)
    when = read_moment(asked.time)
    return _state(f"the state of {moment(when)}", applied_at(when, known.rows, known.runs), known)


def _pairs(words: Sequence[str], known: Known) -> Iterator[tuple[str, str]]:
    """Yield app labels with the name after each, "" where there is none."""
    apps = {key.app_label for key in (*known.migrations, *known.recorded)}
    app = ""
    for word in words:
        if app and (word not in apps or word == ZERO):
            yield app, word
            app = ""
            continue
        if app:
            yield app, ""
        if word not in apps:
            if "." in word and word.partition(".")[0] in apps:
                yield word.partition(".")[0], word.partition(".")[2]
                app = ""
                continue
            problem = f'there is no app "{word}" with migrations' if not app else f'"{word}" follows no app'
            raise Misused(problem=problem, help="name an app by its label, and then a migration", command=HELP)
        app = word
    if app:
        yield app, ""


def _named(pairs: Sequence[tuple[str, str]], known: Known) -> tuple[Goal, View]:
    """Apps alone, zero, and migrations."""
    if len({app for app, _ in pairs}) < len(pairs):
        raise Misused(problem="an app is named twice", command=HELP)
    aims = {app: _find(app, name, known) for app, name in pairs if name not in ("", ZERO)}
    everything = known.view(known.recorded)
    wanted = set(known.recorded)
    for key in aims.values():
        wanted -= _later_parts(key, known, everything)
    view = known.view(frozenset(wanted))
    undo: set[MigrationKey] = set()
    for app, name in pairs:
        if name in ("", ZERO):
            undo |= all_of(app, view.graph, view.applied)
            continue
        aim = aims[app] = view.graph.replaced.get(aims[app], aims[app])
        if aim not in view.applied:
            raise NoSuchTarget(problem=f"{aim} is not applied", help="roll back to one that is: see handrail history")
        undo |= after(aim, view.graph, view.applied)
    words = [f"{app} {ZERO}" if name in ("", ZERO) else str(aims[app]) for app, name in pairs]
    return Goal(target=" and ".join(words), undo=frozenset(undo), apps=frozenset(app for app, _ in pairs), aims=aims), view


def _find(app: str, name: str, known: Known) -> MigrationKey:
    """Return the migration of a name or of its beginning, as Django's migrate finds it."""
    names = sorted(key.name for key in known.migrations if key.app_label == app)
    found = [each for each in names if each == name] or [each for each in names if each.startswith(name)]
    if len(found) == 1:
        return MigrationKey(app, found[0])
    if found:
        raise NoSuchTarget(
            problem=f'{len(found)} migrations of {app} begin with "{name}"', notes=[f"they are {', '.join(found)}"]
        )
    squash = _squash_of(app, name, known)
    if squash is not None:
        raise _inside(MigrationKey(app, name), squash, known)
    applied = [key.name for key in known.order if key.app_label == app]
    raise NoSuchTarget(
        problem=f'{app} has no migration "{name}"', notes=[f"the last that is applied is {applied[-1]}"] if applied else []
    )


def _squash_of(app: str, name: str, known: Known) -> MigrationKey | None:
    for key, migration in known.migrations.items():
        if any(each.app_label == app and each.name.startswith(name) for each in migration.replaces):
            return key
    return None


def _inside(target: MigrationKey, squash: MigrationKey, known: Known) -> InsideSquash:
    """Name the nearest targets: the squashed migration itself, and what it depends on in its app."""
    replaces = known.migrations[squash].replaces
    whole = next((key for key in replaces if key.app_label == target.app_label and key.name.startswith(target.name)), target)
    before = [key.name for key in known.migrations[squash].dependencies if key.app_label == squash.app_label]
    names = [squash.name, *(before[:1] or [ZERO])]
    return InsideSquash(target=whole, squash=squash, nearest=[f"handrail rollback {squash.app_label} {name}" for name in names])


def _later_parts(key: MigrationKey, known: Known, view: View) -> set[MigrationKey]:
    """Return what of the same squashed migration comes after one that it replaces."""
    from handrail.domain.graph import MigrationGraph

    squash = view.graph.replaced.get(key)
    if squash is None:
        return set()
    raw = MigrationGraph.build(known.migrations, apps=known.loader.unmigrated_apps, keep_replaced=True)
    parts = leaves_of(squash, view.graph)
    return {each for each in raw.descendants(key) - {key} if each in parts}


def _last_run(known: Known) -> Run:
    """Return the last run that changed what is applied, and was not taken back in whole."""
    for run in known.runs:
        done = [step for step in run.steps if step.status is StepStatus.DONE]
        if not done:
            continue
        if all(step.direction is Direction.BACKWARD for step in done):
            back = f"run {run.id} ({run.title}) took {_count(len(done))} back; what it took back is applied again by migrate"
            earlier = next((each.id for each in known.runs if each.id < run.id and _done_forward(each, known)), None)
            command = f"handrail rollback --run {earlier}" if earlier is not None else "handrail history"
            raise NoSuchTarget(problem="the last run has applied nothing", notes=[back], help="name the run", command=command)
        return run
    raise NoSuchTarget(
        problem=f"no run on {known.alias} is on record",
        help="name a migration: handrail rollback shop 0004",
        command="handrail history",
    )


def _done_forward(run: Run, known: Known) -> list[MigrationKey]:
    return [key for key, step in known.steps.items() if any(each.id == step.id for each in run.steps) and key in known.recorded]


def _run(run: Run, known: Known) -> Goal:
    undo = _done_forward(run, known)
    if not undo:
        did = [step for step in run.steps if step.status is StepStatus.DONE and step.direction is Direction.FORWARD]
        why = "what it applied was taken back since" if did else "it has applied nothing"
        raise NoSuchTarget(problem=f"run {run.id} is nothing to take back", notes=[why], command="handrail history")
    commit = f", commit {run.commit[:7]}" if run.commit else ""
    whose = f" by {run.user}" if run.user else ""
    return Goal(target=f"the state before run {run.id} ({run.title}{whose}, {moment(run.started)}{commit})", undo=frozenset(undo))


def _tagged(name: str, known: Known) -> frozenset[MigrationKey]:
    from django.db import connections

    from handrail.sources.journal import has_journal, tag_named, tags

    connection = connections[known.alias]
    tag = tag_named(connection, name) if has_journal(connection) else None
    if tag is None:
        names = [each.name for each in tags(connection)] if has_journal(connection) else []
        notes = [f"there is {', '.join(names)}"] if names else ["no tag was made"]
        raise NoSuchTarget(problem=f'{known.alias} has no tag "{name}"', notes=notes, command="handrail tag")
    return tag.applied


def _state(target: str, applied: frozenset[MigrationKey], known: Known) -> Goal:
    """Everything that is applied now and was not then."""
    return Goal(target=target, undo=_beyond(known.recorded, applied, known), lacking=applied - known.recorded)


def _beyond(recorded: Iterable[MigrationKey], wanted: frozenset[MigrationKey], known: Known) -> frozenset[MigrationKey]:
    """Return what is not wanted; a squashed migration is where all that it replaces is."""
    replaces = {key: set(known.migrations[key].replaces) if key in known.migrations else set() for key in recorded}
    return frozenset(key for key, parts in replaces.items() if key not in wanted and not (parts and parts <= wanted))


def _at_ref(ref: str, known: Known, root: Path) -> Goal:
    """What a commit's tree has, of the apps whose migrations are the project's own files, here or there."""
    project = Project(root=root)
    repository = project.require_repository()
    there = project.snapshot(ref)
    if there.findings:
        broken = [one for one in there.findings if one.severity == "error"]
        if broken:
            raise Refusal(broken[0], broken[1:])
    own = _own_apps(root) | {key.app_label for key in there.migrations}
    names = set(there.migrations)
    recorded = {key for key in known.recorded if key.app_label in own}
    replaced = {each for migration in there.migrations.values() for each in migration.replaces if migration.key in recorded}
    undo = _beyond(recorded, frozenset(names | replaced), known)
    lacking = frozenset(
        key
        for key, migration in there.migrations.items()
        if key not in known.recorded and not (migration.replaces and set(migration.replaces) <= known.recorded)
    )
    later = {each for key, migration in there.migrations.items() if key in known.recorded for each in migration.replaces}
    commit = repository.resolve(ref)[:10]
    target = ref if commit.startswith(ref) else f"{ref} ({commit})"
    return Goal(target=target, undo=undo, lacking=lacking - later)


def _own_apps(root: Path) -> set[str]:
    """Return the labels of the installed apps whose migrations lie in the project, not in an environment inside of it."""
    from handrail.sources.registry_apps import installed_apps

    apart = {"site-packages", "dist-packages"}
    return {
        app.label for app in installed_apps(root).apps if not app.path.startswith("../") and not apart & set(app.path.split("/"))
    }


def read_moment(text: str, now: datetime | None = None) -> datetime:
    """Read "2026-03-01 14:03", a time of today such as "14:03:22" (local, as they are shown), or "2h ago". Raises Misused."""
    now = now or datetime.now(UTC)
    match = AGO.fullmatch(text.strip())
    if match:
        return now - timedelta(**{UNITS[match[2]]: int(match[1])})
    for form in (text, f"{now.astimezone():%Y-%m-%d} {text}"):
        try:
            read = datetime.fromisoformat(form)
        except ValueError:
            continue
        return read.astimezone(UTC)
    raise Misused(
        problem=f'"{text}" is no moment', help='write "2026-03-01 14:03", "14:03:22" for today, or "2h ago"', command=HELP
    )


def _nodes(keys: Iterable[MigrationKey], known: Known, view: View) -> frozenset[MigrationKey]:
    """Return the nodes of the graph that stand for recorded migrations; what is blind stays, to be refused."""
    found = {view.graph.replaced.get(key, key) for key in keys}
    return frozenset(key for key in found if key in view.applied or key in known.blind)


def _refuse_partial(goal: Goal, known: Known) -> None:
    """Refuse a state that lies inside of a squashed migration whose old files are gone."""
    for key, migration in known.migrations.items():
        parts = set(migration.replaces) & known.recorded
        gone = parts & goal.undo
        if gone and gone != parts and not parts <= known.migrations.keys():
            raise _inside(min(gone), key, known)


def _count(number: int) -> str:
    return f"{number} migration{'' if number == 1 else 's'}"
