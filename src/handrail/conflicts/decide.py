"""Whether two sides of migrations can be had both, whatever the order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from handrail.conflicts.access import Mode
from handrail.conflicts.ancestor import Ancestor, operations_in
from handrail.conflicts.compare import compare
from handrail.conflicts.state import DEFAULT_SETTINGS, model_key
from handrail.conflicts.walk import NAMELESS, SideFootprint, walk
from handrail.domain.conflict import Kind, Reason, Verdict
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Value

BETWEEN_APPS = ("HR104", "HR105", "HR107")
"""Codes that say, between apps, that a dependency is missing."""


def decide(
    base: Sequence[Migration],
    ours: Sequence[Migration],
    theirs: Sequence[Migration],
    *,
    ordered: Callable[[MigrationKey, MigrationKey], bool],
    settings: Mapping[str, str] = {},
) -> tuple[Verdict, tuple[Reason, ...]]:
    """Return the verdict on two sides, and a reason for everything that is not independent; the verdict is the worst of them.

    base: every known migration that both sides build on, in plan order. ours and theirs: the migrations of each side, in plan
    order, of any apps. ordered: whether a path joins two migrations; such pairs are not compared. settings: the values of
    swappable settings that are known.
    """
    ancestor = Ancestor(base, settings)
    _read_ahead(ancestor, (*ours, *theirs))
    sides = walk("ours", ours, ancestor), walk("theirs", theirs, ancestor)
    found = compare(*sides, ordered)
    reasons = (*found, *_unordered(found), *_swapped(*sides, settings))
    verdict = max((reason.verdict for reason in reasons), key=lambda each: each.rank, default=Verdict.INDEPENDENT)
    return verdict, reasons


def _read_ahead(ancestor: Ancestor, migrations: Iterable[Migration]) -> None:
    """Read the apps that the sides work in or name, before either side is walked: each has to see the same models.

    What refers to a model has to be known when it is renamed. Code reaches models over relations and deletions that cascade,
    which may go through apps that neither side names, but both ends are in apps that the other side works in or names.
    """
    apps: set[str] = set()
    code = False
    for migration in migrations:
        apps.add(migration.key.app_label)
        for operation in migration.operations:
            apps.update(_apps_in(tuple(operation.arguments.values())))
        if any(map(_is_code, migration.operations)):
            code = True
            apps.update(label for label in ancestor.unread if label in migration.text)
    if code:
        apps.update(model.partition(".")[0] for model in {**DEFAULT_SETTINGS, **ancestor.settings}.values())
        ancestor.expect(apps)
    for app_label in sorted(apps & ancestor.unread.keys()):
        ancestor.read(app_label)


def _is_code(operation: Operation) -> bool:
    """Say whether an operation is code or SQL, or has some inside."""
    nested = (*operations_in(operation.argument("database_operations")), *operations_in(operation.argument("state_operations")))
    return operation.name in NAMELESS or any(map(_is_code, nested))


def _apps_in(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value.partition(".")[0]
    elif isinstance(value, Operation):
        yield from _apps_in(tuple(value.arguments.values()))
    elif isinstance(value, Call):
        yield from _apps_in((*value.args, *(part for _, part in value.keywords)))
    elif isinstance(value, DictOf):
        yield from _apps_in(tuple(part for pair in value.pairs for part in pair))
    elif isinstance(value, ListOf | SetOf | tuple):
        for part in value:
            yield from _apps_in(part)
    elif isinstance(value, Name):
        yield from value.path.split(".")[:-1]


def _unordered(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """Yield, once for each pair of migrations of different apps, that nothing orders them though one needs the other."""
    said = set()
    for reason in reasons:
        ours, theirs = (reason.operations[place].migration for place in (0, -1))
        if ours.app_label == theirs.app_label or reason.code not in BETWEEN_APPS or (ours, theirs) in said:
            continue
        if reason.verdict in (Verdict.ORDER_DEPENDENT, Verdict.OVERLAPPING):
            said.add((ours, theirs))
            yield Reason(
                code="HR108",
                kind=Kind.REFERENCE,
                verdict=reason.verdict,
                explanation=f"no dependency orders {ours} and {theirs}, and both touch {_thing(reason)}",
                model=reason.model,
                field=reason.field,
                name=reason.name,
                operations=reason.operations,
                order=reason.order,
            )


def _thing(reason: Reason) -> str:
    return ".".join(filter(None, (reason.model, reason.field))) or reason.name


def _swapped(ours: SideFootprint, theirs: SideFootprint, settings: Mapping[str, str]) -> Iterator[Reason]:
    """Yield the relations that are written to lead to a model which a setting swaps for another one."""
    for setting, default in DEFAULT_SETTINGS.items():
        key, chosen = model_key(default), settings.get(setting, default)
        if model_key(chosen) == key:
            continue
        for side in (ours, theirs):
            for access in side.accesses.get(("model", str(key)), ()):
                if access.mode is Mode.USE and access.operation.app_label != "auth":
                    yield Reason(
                        code="HR113",
                        kind=Kind.REFERENCE,
                        verdict=Verdict.OVERLAPPING,
                        explanation=f"{access.operation.name} refers to {default}, which {setting} swaps for {chosen}",
                        model=default,
                        name=setting,
                        operations=(access.operation,),
                    )
