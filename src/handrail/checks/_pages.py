"""The pages that ``handrail explain`` prints: the docstrings of all checks and refusals."""

from __future__ import annotations

import inspect
import re

from handrail import checks, errors, registry
from handrail.checks.base import Check
from handrail.domain.dataclasses import dataclass
from handrail.domain.finding import Severity
from handrail.errors.base import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a code means. summary: the template of its message. text: the long page, in reStructuredText."""

    code: str
    severity: Severity
    summary: str
    text: str

    @property
    def title(self) -> str:
        """The first sentence of the page on one line, without its full stop."""
        return " ".join(self.text.partition("\n\n")[0].split()).rstrip(".")

    @property
    def markdown(self) -> str:
        """The page in Markdown: headings with number signs, and no two colons before code."""
        text = re.sub(r"(?m)^(.+)\n-{3,}\n", r"## \1\n\n", self.text)
        return re.sub(r"(?m)^::\n\n", "", text).replace("::\n", ":\n").replace("``", "`")


def all_codes() -> list[str]:
    """Return every code, sorted. Raises DuplicateKeyError where a check and a refusal claim one code."""
    keys = [*registry.names(checks), *registry.names(errors)]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise registry.DuplicateKeyError(f"both a check and a refusal: {', '.join(sorted(twice))}")
    return sorted(key.upper() for key in keys)


def page(code: str) -> Page:
    """Return the page of a code, in any case of letters. Raises LookupError where there is none."""
    key = code.lower()
    if key in registry.names(checks):
        check = registry.load(checks, Check, key)
        return _page(check.code, check.severity, check.summary, check)
    refusal = registry.load(errors, Refusal, key)
    return _page(refusal.code, Severity.ERROR, refusal.summary, refusal)


def _page(code: str, severity: Severity, summary: str, holder: type) -> Page:
    return Page(code=code, severity=severity, summary=summary, text=inspect.cleandoc(holder.__doc__ or ""))
