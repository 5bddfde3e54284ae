"""Every code has one page, one meaning, and its place in the documentation."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from handrail import checks, errors, registry
from handrail.checks import _pages
from handrail.checks._pages import all_codes, page
from handrail.checks.base import SECTIONS, Check
from handrail.domain.finding import Severity
from handrail.errors.base import Refusal
from tools import reference

ROOT = Path(__file__).resolve().parents[3]
MEANINGS = {
    "HR001": "usage: {problem}",
    "HR002": "no-folder: {path} {problem}",
    "HR003": "not-confirmed: handrail {command} changed nothing ({reason})",
    "HR004": "no-settings: {problem}",
    "HR005": "database-not-reached: {alias} ({why})",
    "HR101": "conflict: {app} has {n} heads {names} from common ancestor {base}",
    "HR102": "duplicate-op: {a} and {b} both {op} {object} ({difference})",
    "HR103": "lost-update: {a} and {b} each set the whole {attribute} of {object}; base={base} a={va} b={vb} merged={merged}",
    "HR104": "rename-vs-use: {b} uses {old} which {a} renames to {new}",
    "HR105": "delete-vs-use: {b} uses {object} which {a} deletes",
    "HR106": 'name-clash: {kind} "{name}" created by {a} and {b} ({scope})',
    "HR107": "data-order: {a} and {b} touch {object} and do not commute ({explanation})",
    "HR108": "unordered-cross-app: {b} refers to {object} changed by {a}, no path between them",
    "HR109": "same-name-other-content: {explanation}",
    "HR110": "parallel-merges: {a} and {b} merge the same parents",
    "HR111": "squash-vs-branch: {b} depends on {m} which {squash} replaces",
    "HR112": "cycle: {edges}",
    "HR113": "swappable: {setting} changed from {old} to {new}; {n} FKs point at {table}",
    "HR116": "missing-dependency: {child} depends on {parent}, which no file here has",
    "HR201": "record-gap: {child} recorded, {parent} not; schema of {parent} is {schema}",
    "HR202": "renamed-after-apply: record {old} has the content of file {new}",
    "HR206": "in-schema-not-recorded: {present}/{total} operations of {migration}",
    "HR212": "unreadable: {place} {reason}",
    "HR213": "preflight: {what} {problem}",
    "HR301": "locked: {alias} is being migrated by another process (waited {waited} s)",
    "HR302": "queue: {what} did not get its lock on {alias} ({tries} tries in {seconds} s)",
    "HR303": "lock-lost: the migration lock of {alias} is gone ({why})",
    "HR304": "pooler: {what} needs a session, and {alias} is reached through a pooler",
    "HR306": "not-released: the migration lock of {alias} is held ({why})",
    "HR404": "still-running: session {session} of run {run} is still at work on {alias}",
    "HR410": "no-run: {alias} has no run {run}",
    "HR406": "post-migrate-failed: {handler} raised {error}; the schema is complete",
    "HR411": "tag-taken: {name} was made {made}, with {fewer} migrations fewer and {more} more applied than now",
    "HR407": "lint: {migration} {problem}",
    "HR610": "not-purged: {id} ({name}) on {alias}: {reason}",
    "HR620": "no-backup-tools: {what} is not there, which backups of {alias} take",
    "HR621": "backup-folder: {folder} {problem}",
    "HR622": "backup-broken: {id}: {problem}",
    "HR623": "not-restored: {problem}",
    "HR624": "backup-failed: {what} of {alias}: {reason}",
    "HR502": "irreversible: {migration} op {operation}; plan would stop after {done} migration{s}",
    "HR504": "narrowing: {rows} under {column} {cast}",
    "HR505": "constraint: {rows} violate{s} {constraint}",
    "HR510": "dependents: {dependents} use{s} {object}",
    "HR514": "stale-content-types: {models}",
    "HR515": "extension-preexisting: {name}",
    "HR516": "old-code-insert: {column} NOT NULL without database default",
    "HR522": "not-looked-at: operation {operation} of {migration}: {why}",
    "HR900": "bug: {problem}",
}
"""What codes mean: a code is never used for anything else, so no line here is ever changed to say another thing."""


@pytest.mark.parametrize("code", MEANINGS)
def test_a_code_keeps_its_meaning(code: str) -> None:
    assert page(code).summary == MEANINGS[code]


@pytest.mark.parametrize("key", registry.names(checks))
def test_a_check_is_named_after_its_code(key: str) -> None:
    check = registry.load(checks, Check, key)
    assert check.code == key.upper()
    assert check.summary
    assert isinstance(check.severity, Severity)


@pytest.mark.parametrize("key", registry.names(errors))
def test_a_refusal_is_named_after_its_code(key: str) -> None:
    refusal = registry.load(errors, Refusal, key)
    assert refusal.code == key.upper()
    assert refusal.summary
    parameters = list(inspect.signature(refusal.__init__).parameters.values())[1:]
    assert parameters
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters)


@pytest.mark.parametrize("code", all_codes())
def test_a_page_has_every_section_with_something_in_it(code: str) -> None:
    blocks = re.split(r"(?m)^(.+)\n-+\n", page(code).text)
    assert blocks[0].strip().endswith(".")
    assert blocks[1::2] == list(SECTIONS)
    assert all(len(block.split()) > 2 for block in blocks[2::2])


@pytest.mark.parametrize("code", all_codes())
def test_a_page_shows_its_own_message(code: str) -> None:
    example = page(code).text.partition("Example\n-------\n")[2]
    start = re.split(r"[{]", page(code).summary)[0]
    assert f"{page(code).severity}[{code}]: {start}" in example


@pytest.mark.parametrize("code", all_codes())
def test_a_message_is_lower_case_without_a_full_stop(code: str) -> None:
    assert not page(code).summary[0].isupper()
    assert not page(code).summary.endswith(".")


def test_every_code_that_is_written_anywhere_in_the_source_has_a_page() -> None:
    texts = {path: path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py")}
    used = {code for text in texts.values() for code in re.findall(r"""["'](HR\d{3})["']""", text)}
    assert used
    assert used <= set(all_codes())


def test_a_code_is_a_check_or_a_refusal_but_not_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(all_codes()) == len(set(all_codes())) == len(registry.names(checks)) + len(registry.names(errors))
    monkeypatch.setattr(_pages, "errors", checks)
    with pytest.raises(registry.DuplicateKeyError, match="both a check and a refusal: hr101, hr102"):
        all_codes()


def test_pages_are_found_in_any_case_and_only_where_they_are() -> None:
    assert page("hr101") == page("HR101")
    with pytest.raises(LookupError):
        page("HR999")


def test_markdown_has_its_own_headings_and_code() -> None:
    text = page("HR110").markdown
    assert "\n\n## Why it matters\n\nThe app has two leaf nodes again" in text
    assert "depend on `0002_a` and `0002_b`:\n\n    error[HR110]" in text
    assert "## Example\n\n    error[HR212]" in page("HR212").markdown


def test_the_documentation_is_in_step() -> None:
    assert reference.out_of_step(reference.pages(), ROOT) == []


def test_the_list_of_codes_links_every_page() -> None:
    text = (ROOT / "docs/reference/codes.md").read_text("utf-8")
    assert re.findall(r"\| \[(HR\d{3})\]\(codes/\1\.md\)", text) == all_codes()


def test_the_reference_tool_writes_what_differs_and_deletes_what_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "docs/reference/codes"
    folder.mkdir(parents=True)
    (folder / "HR998.md").write_text("gone", "utf-8")
    (folder / "HR101.md").write_text("old", "utf-8")
    made = {"docs/reference/codes/HR101.md": "new", "docs/reference/codes.md": "list"}
    assert reference.out_of_step(made, tmp_path) == [
        "docs/reference/codes.md",
        "docs/reference/codes/HR101.md",
        "docs/reference/codes/HR998.md",
    ]
    reference.write(made, tmp_path)
    assert reference.out_of_step(made, tmp_path) == []
    assert (folder / "HR101.md").read_text("utf-8") == "new"
    assert not (folder / "HR998.md").exists()
