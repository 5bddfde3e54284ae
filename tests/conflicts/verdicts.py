"""Decides records, each pair of their sides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations

from handrail.conflicts.decide import decide
from handrail.domain.conflict import Reason, Verdict
from tests.conflicts.generate import Project, Record, generate, records
from tests.conflicts.reading import read


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A record with its verdict: the worst of every pair of its sides."""

    record: Record
    project: Project
    verdict: Verdict
    reasons: tuple[Reason, ...]

    @property
    def sort(self) -> tuple[str, str]:
        """What the record itself says: a hint, for it was found without reading a function."""
        return self.record["class"]["verdict"], self.record["class"]["tier"]

    @property
    def is_clear(self) -> bool:
        return self.verdict in (Verdict.INDEPENDENT, Verdict.CONVERGENT)


def decided(record: Record) -> Decided:
    """Return a record with its verdict."""
    project = generate(record)
    migrations = read(project)
    base = [migrations[key] for key in project.base]
    sides = [[migrations[key] for key in side] for side in project.sides]
    found = [decide(base, ours, theirs, ordered=lambda _, __: False) for ours, theirs in combinations(sides, 2)]
    verdict = max((verdict for verdict, _ in found), key=lambda each: each.rank)
    return Decided(record=record, project=project, verdict=verdict, reasons=tuple(reason for _, each in found for reason in each))


@cache
def all_decided() -> tuple[Decided, ...]:
    """Return every record whose operations are known, with its verdict."""
    return tuple(decided(record) for record in records())


@cache
def by_id() -> dict[str, Record]:
    """Return the records by their ids."""
    return {record["id"]: record for record in records()}
