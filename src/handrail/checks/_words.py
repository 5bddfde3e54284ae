"""How findings name operations, objects and values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from handrail.domain.conflict import MISSING
from handrail.domain.finding import Location
from handrail.domain.migration import SETTING, Migration, MigrationKey, Operation, OperationKey
from handrail.domain.source import to_source
from handrail.domain.value import Call, ListOf, Name, Value

Migrations = Mapping[MigrationKey, Migration]

SHORT = 60
"""The most characters of a value inside a message; notes hold the whole."""


def phrase(operation_name: str) -> str:
    """Turn the name of an operation class into words: add field, for AddField; RunPython and RunSQL stay names."""
    if operation_name in {"RunPython", "RunSQL"}:
        return f"run {operation_name.removeprefix('Run')}"
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", operation_name).lower()


def describe(operation: Operation) -> str:
    """Say what an operation does to what: rename field thing.x to y."""
    old, new = operation.argument("old_name"), operation.argument("new_name")
    model, name = operation.argument("model_name"), operation.argument("name")
    code = operation.argument("code")
    target = ".".join(part for part in (model, old or name) if isinstance(part, str))
    target = code.path.rpartition(".")[2] if isinstance(code, Name) else target
    ending = f" to {new}" if isinstance(new, str) else ""
    return " ".join(filter(None, (phrase(operation.name), target))) + ending


def flatten(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield operations and those nested in them, the outer ones first."""
    for operation in operations:
        yield operation
        for argument in operation.arguments.values():
            items = argument.items if isinstance(argument, ListOf) else argument
            if isinstance(items, tuple):
                yield from flatten(item for item in items if isinstance(item, Operation))


def operation_at(migrations: Migrations, key: OperationKey) -> Operation | None:
    """Return the operation of a key; None where its migration was not read or has changed."""
    migration = migrations.get(key.migration)
    if migration is None or not 0 <= key.position < len(migration.operations):
        return None
    return migration.operations[key.position]


def source(value: Value) -> str:
    """Write a value as Python, or say that there is none."""
    return "nothing" if value is MISSING else to_source(value)


def short_source(value: Value) -> str:
    """Write a value as Python for a message, cut where it is long."""
    text = source(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def compact(value: Value, others: Iterable[Value]) -> str:
    """Write a value for a message beside others: of calls of one class, only the keywords that are not the same in all."""
    calls = [one for one in (value, *others) if one is not MISSING]
    if not all(isinstance(one, Call) and (one.path, one.args) == (calls[0].path, calls[0].args) for one in calls):
        return short_source(value)
    changed = [pair for pair in value.keywords if any(other.keyword(pair[0], MISSING) != pair[1] for other in calls)]
    return f"({', '.join(f'{name}={short_source(part)}' for name, part in changed)})"


def difference(ours: Value, theirs: Value) -> str:
    """Say how two values differ: the keywords alone, where two calls of one class differ in these only."""
    if ours == theirs:
        return "identical"
    if isinstance(ours, Call) and isinstance(theirs, Call) and (ours.path, ours.args) == (theirs.path, theirs.args):
        return f"different: {_keywords(ours, theirs)} and {_keywords(theirs, ours)}"
    return f"different: {short_source(ours)} and {short_source(theirs)}"


def _keywords(call: Call, other: Call) -> str:
    changed = [f"{name}={short_source(value)}" for name, value in call.keywords if other.keyword(name, MISSING) != value]
    lacking = [f"no {name}" for name, _ in other.keywords if call.keyword(name, MISSING) is MISSING]
    return ", ".join([*changed, *lacking]) or "another order"


def listed(items: Iterable[object]) -> str:
    """Join names for a sentence: a, b and c."""
    names = list(map(str, items))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"


def reference_place(migration: Migration, attribute: str, targets: Sequence[MigrationKey], remark: str) -> Location:
    """Return where a migration names another one in dependencies, run_before or replaces; else where the attribute begins."""
    start = migration.lines.get(attribute)
    lines = migration.text.splitlines()[(start or 1) - 1 :]
    for patterns in (_key_pattern, _name_pattern):
        wanted = re.compile("|".join(map(patterns, targets)) or r"(?!)")
        for number, line in enumerate(lines, start or 1):
            if wanted.search(line):
                return Location(path=migration.path, line=number, remark=remark)
    return Location(path=migration.path, line=start, remark=remark)


def _key_pattern(key: MigrationKey) -> str:
    return rf"""["']{re.escape(key.app_label)}["'],\s*{_name_pattern(key)}"""


def _name_pattern(key: MigrationKey) -> str:
    if key.app_label == SETTING:
        return rf"\bsettings\.{re.escape(key.name)}\b"
    return rf"""["']{re.escape(key.name)}["']"""
