"""What a command has to say, before any format is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.finding import Finding, Severity

if TYPE_CHECKING:
    from handrail.domain.conflict import Conflict
    from handrail.domain.edit import Edit

Json = Any
"""None, a bool, an int, a float, a str, or a list or a mapping (with str keys) of these."""

CLEAN, FINDINGS, REFUSED, STOPPED = range(4)
"""The exit codes: clean or done, findings, refused or misused, stopped part-way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of a command, or its plan.

    exit: one of the exit codes above. conflicts and edits: None where the command has nothing to do with them; both become keys
    of the JSON by themselves. extra: the command's other JSON keys, as the documentation lists them. summary: closing lines of
    the text format, lower case, no full stop, such as "2 files written". proof: lines of the text format that show how both
    orders ran. table: rows of the text format, the head first; the last column is broken to fit. sources: the text of the files
    that findings point into, by path, for excerpts.
    """

    command: str
    exit: int
    findings: tuple[Finding, ...] = ()
    conflicts: tuple[Conflict, ...] | None = None
    edits: tuple[Edit, ...] | None = None
    done: bool = False
    extra: Mapping[str, Json] = field(default_factory=dict)
    summary: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)


def exit_of(findings: Iterable[Finding]) -> int:
    """Return the exit code that findings alone make: information is no reason to fail."""
    return CLEAN if all(finding.severity is Severity.INFO for finding in findings) else FINDINGS
