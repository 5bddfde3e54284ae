"""What to change in a migration file, as a value."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.migration import MigrationKey
from handrail.planning.renames import Renames

Keys = tuple[MigrationKey, ...]
Changed = Mapping[MigrationKey, Keys]
"""For a reference as it is written: what takes its place; () takes it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to change in one file.

    dependencies, run_before, replaces: references to replace. added: dependencies to add. dropped: positions of operations to
    take out. renames: names of models and fields to follow in the operations. strings: string literals to replace anywhere else.
    """

    dependencies: Changed = field(default_factory=dict)
    run_before: Changed = field(default_factory=dict)
    replaces: Changed = field(default_factory=dict)
    added: Keys = ()
    dropped: frozenset[int] = frozenset()
    renames: Renames | None = None
    strings: Mapping[str, str] = field(default_factory=dict)
