"""What is said of two sides that were written apart."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import MigrationKey, OperationKey
from handrail.domain.value import Value


class Verdict(StrEnum):
    """Whether two sides can be had both; the later in this list, the worse."""

    INDEPENDENT = "independent"
    CONVERGENT = "convergent"
    OPAQUE = "opaque"
    ORDER_DEPENDENT = "order-dependent"
    OVERLAPPING = "overlapping"

    @property
    def rank(self) -> int:
        """The place in the list: 0 is the best."""
        return list(Verdict).index(self)


class Kind(StrEnum):
    """What two sides have in common."""

    SAME_FIELD = "same-field"
    SAME_MODEL = "same-model"
    SAME_NAME = "same-name"
    RENAME = "rename"
    DELETE = "delete"
    FULL_VALUE = "full-value"
    DATA = "data"
    SQL = "sql"
    STATE_DATABASE = "state-database"
    REFERENCE = "reference"
    SQUASH = "squash"
    GRAPH = "graph"


class Missing:
    """The type of MISSING: no value, told apart from None."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = Missing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why two sides are not independent.

    code: the finding's code (HR102 to HR113). model: app_label.ModelName as the common ancestor names it, else as the sides do.
    name: an index, constraint, table, column or relation name, an option's name, or "". base, ours, theirs: the values in
    question, MISSING where there is none. merged: the three-way result where the values merge without a choice, else MISSING.
    operations: those of ours first, then those of theirs. order: for order-dependent, the migrations in the only order (or the
    safer one) that gives the right result, or () where either order loses. explanation: one sentence, lower case, no full stop.
    """

    code: str
    kind: Kind
    verdict: Verdict
    explanation: str
    model: str = ""
    field: str = ""
    name: str = ""
    base: Value = MISSING
    ours: Value = MISSING
    theirs: Value = MISSING
    merged: Value = MISSING
    operations: tuple[OperationKey, ...] = ()
    order: tuple[MigrationKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a conflict: the ref it was read from ("" for the working tree), its leaf node, and its migrations in order."""

    ref: str
    leaf: MigrationKey | None
    migrations: tuple[MigrationKey, ...]
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two sides, what they have in common, and the verdict. sides: ours first, then theirs (what is on the target branch)."""

    apps: tuple[str, ...]
    ancestor: MigrationKey | None
    sides: tuple[Side, Side]
    verdict: Verdict
    reasons: tuple[Reason, ...] = ()
