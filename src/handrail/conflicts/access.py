"""What an operation does to the things that the two sides of a conflict may share."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from handrail.domain.conflict import MISSING
from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import OperationKey
from handrail.domain.value import Value

Resource = tuple[str, ...]
"""What is touched: the sort of thing, then what tells it from others of its sort.

Identities are what existed at the common ancestor, followed through the renames of each side: ("model", id), ("field", model
id, field id), ("member", model id, sort, id) for indexes and constraints, ("value", model id, option), ("rows", model id).
Name slots hold one thing at a time: ("model name", app, name), ("field name", model id, name), ("column", model id, name),
("table", name), ("relation", name), ("constraint", name), ("object", sort, name). Names are in lower case.
"""

EVERY = "*"
"""A field id that stands for every field of its model."""


class Mode(Enum):
    """How a thing is touched."""

    USE = auto()
    DELETE = auto()
    RENAME = auto()
    ALTER = auto()
    SET = auto()
    TABLE = auto()
    MANAGED = auto()
    FOLLOW = auto()
    STALE = auto()
    FORGOTTEN = auto()
    CODE = auto()
    DDL = auto()
    LIVE = auto()
    READ = auto()
    UPDATE = auto()
    INSERT = auto()
    ERASE = auto()
    REFER = auto()
    SHAPE_INSERT = auto()
    SHAPE_DELETE = auto()
    SHAPE_SAVE = auto()
    WIDEN = auto()
    ORDERING = auto()
    ORDERED = auto()
    COLUMNS = auto()
    DEFINED = auto()
    FILL = auto()
    SAVE = auto()
    MANAGERS = auto()
    CLAIM = auto()
    BELOW = auto()
    FREE = auto()
    NEED = auto()
    REPLACE = auto()
    RETITLE = auto()


ROW_MODES = frozenset({Mode.READ, Mode.UPDATE, Mode.INSERT, Mode.ERASE, Mode.ORDERED})
"""What code does to rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """One thing touched by one operation.

    phrase: what the operation does, after the name of its migration ("renames shop.Thing.x to y"). model, field, name: as in
    Reason. before and after: the values of the thing around the operation, MISSING where there is none. detail: what the mode
    needs to be compared, see the rules. source: "data" for RunPython, "sql" for RunSQL, else "". separate: whether it is a part
    of SeparateDatabaseAndState.
    """

    resource: Resource
    mode: Mode
    operation: OperationKey
    phrase: str
    model: str = ""
    field: str = ""
    name: str = ""
    before: Value = MISSING
    after: Value = MISSING
    detail: Any = None
    source: str = ""
    separate: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """An operation that may do anything within its app, and why."""

    operation: OperationKey
    phrase: str
    why: str
    source: str = ""
    separate: bool = False
