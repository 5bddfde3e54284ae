"""Changes to files, as values."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.dataclasses import dataclass


class Action(StrEnum):
    """What an edit does to a file."""

    CREATE = "create"
    REWRITE = "rewrite"
    RENAME = "rename"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One file's change. path and to are relative to the project root, with slashes; to is given for RENAME alone.

    before and after are whole contents: before is None for CREATE, after is None for DELETE; a RENAME may change the content too.
    """

    path: str
    action: Action
    before: bytes | None = None
    after: bytes | None = None
    to: str = ""
