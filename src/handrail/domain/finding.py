"""What a check reports, and what a refusal carries."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.dataclasses import dataclass


class Severity(StrEnum):
    """How much a finding matters; errors and warnings make the exit code 1."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file: path relative to the project root, line from 1 (None: the whole file), and what is to be seen there."""

    path: str
    line: int | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong: what, where, why, and the one next command.

    code: HRnnn. message: lower case, no full stop, stands alone. notes: facts. help: what to do, in a sentence.
    command: the next command to type, never with --yes.
    """

    code: str
    severity: Severity
    message: str
    locations: tuple[Location, ...] = ()
    notes: tuple[str, ...] = ()
    help: str = ""
    command: str = ""
