"""Small migrations and conflicts as values, for the tests of checks and reports."""

from __future__ import annotations

import ast
from typing import Any

from handrail.domain.conflict import MISSING, Conflict, Kind, Reason, Side, Verdict
from handrail.domain.migration import Migration, MigrationKey, Operation, OperationKey
from handrail.domain.value import Value


class Body:
    """The operations of a migration, as they were given."""

    def __init__(self, operations: tuple[Operation, ...], digest: str) -> None:
        self.operations = operations
        self.digest = digest


def key(name: str, app_label: str = "shop") -> MigrationKey:
    return MigrationKey(app_label, name)


def operation(kind: str, /, line: int = 10, **arguments: Value) -> Operation:
    return Operation(name=kind, path=f"django.db.migrations.{kind}", arguments=arguments, line=line, end_line=line)


def migration(name: str, *operations: Operation, app: str = "shop", digest: str = "", **rest: Any) -> Migration:
    """Build a migration with a file text that names its dependencies, run_before and replaces, one a line from line 6 on."""
    lists = {name: rest.get(name, ()) for name in ("dependencies", "run_before", "replaces")}
    lines = ["from django.db import migrations", "", "", "class Migration(migrations.Migration):"]
    places = {}
    for attribute, keys in lists.items():
        if keys:
            places[attribute] = len(lines) + 1
            lines += [f"    {attribute} = [", *(f"        {tuple(one)!r}," for one in keys), "    ]"]
    text = "\n".join([*lines, "    operations = []", ""])
    ast.parse(text)
    return Migration(
        key=key(name, app),
        path=f"{app}/migrations/{name}.py",
        text=text,
        lines=places,
        body=Body(operations, digest or name),
        **rest,
    )


def table(*migrations: Migration) -> dict[MigrationKey, Migration]:
    return {one.key: one for one in migrations}


def reason(code: str, kind: Kind, verdict: Verdict, *, operations: tuple[tuple[str, str, int], ...] = (), **rest: Any) -> Reason:
    rest.setdefault("explanation", "why it matters here")
    return Reason(code=code, kind=kind, verdict=verdict, operations=tuple(OperationKey(*one) for one in operations), **rest)


def conflict(
    *reasons: Reason, ours: str = "0002_a", theirs: str = "0002_b", refs: tuple[str, str] = ("", ""), **rest: Any
) -> Conflict:
    """Build a conflict in shop between two migrations that follow 0001_initial."""
    sides = [Side(ref=ref, leaf=key(name), migrations=(key(name),)) for ref, name in zip(refs, (ours, theirs), strict=True)]
    worst = max((one.verdict for one in reasons), key=lambda verdict: verdict.rank, default=Verdict.INDEPENDENT)
    values = {"apps": ("shop",), "ancestor": key("0001_initial"), "verdict": worst, "sides": tuple(sides), **rest}
    return Conflict(reasons=tuple(reasons), **values)


__all__ = ["MISSING", "Kind", "Verdict", "conflict", "key", "migration", "operation", "reason", "table"]
