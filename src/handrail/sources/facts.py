"""What one file's contents say, wherever the file lies: the unit of reading, and of the cache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.outline import Outline, Removed
from handrail.sources.digest import digest_of
from handrail.sources.header import Header, read_header
from handrail.sources.migration_class import MigrationClass, find_migration_class
from handrail.sources.operations import read_operations, too_deep
from handrail.sources.outline import EVERYTHING, OWN, read_outline
from handrail.sources.source_file import FAILURES, Unreadable, decode, parse

TOO_DEEP = "it is nested too deep to be read"


class FileFacts:
    """What was read from the contents of one migration file. fault: why it is no migration, or None.

    Neither the path nor the app of the file is known here. header is read at once; digest and outline when they are asked for.
    changed: whether something was read since the facts came out of the cache.
    """

    __slots__ = ("_digest", "_outline", "changed", "fault", "header", "text")

    def __init__(self, text: str, header: Header, fault: Unreadable | None = None) -> None:
        self.text = text
        self.header = header
        self.fault = fault
        self.changed = True
        self._digest = ""
        self._outline: Outline | None = None

    @property
    def digest(self) -> str:
        """The digest of what the migration does; see sources.digest."""
        if not self._digest:
            try:
                self._digest = digest_of(parse(self.text), self.migration_class().names)
            except RecursionError:
                import hashlib

                self._digest = hashlib.sha256(self.text.encode(errors="surrogatepass")).hexdigest()
            self.changed = True
        return self._digest

    @property
    def outline(self) -> Outline:
        """The outline, in which OWN stands for the label of the file's app."""
        if self._outline is None:
            try:
                self._outline = read_outline(self.operations(), parse(self.text))
            except RecursionError:
                self._outline = EVERYTHING
            self.changed = True
        return self._outline

    def operations(self, package: str = "") -> tuple[Operation, ...]:
        """Return the operations; package: the dotted name of the file's package, for relative imports."""
        try:
            return read_operations(self.migration_class(package))
        except RecursionError:
            return (too_deep(self.header.lines.get("operations", 1)),)

    def migration_class(self, package: str = "") -> MigrationClass:
        """Return the file's Migration class."""
        return find_migration_class(parse(self.text), package)

    def to_plain(self) -> tuple[Any, ...]:
        """Return all facts as tuples, texts and numbers."""
        header = (*(tuple(map(tuple, keys)) for keys in self.header[:3]), *self.header[3:6], dict(self.header.lines))
        outline = self._outline and tuple(
            tuple(map(plain, part)) for part in (self._outline.claims, self._outline.refers, self._outline.removes)
        )
        fault = self.fault and (self.fault.reason, self.fault.line, self.fault.is_python)
        return (self.text, header, fault, self._digest, outline)

    @classmethod
    def from_plain(cls, plain: tuple[Any, ...]) -> FileFacts:
        """Return the facts that to_plain gave."""
        text, header, fault, digest, outline = plain
        dependencies, run_before, replaces = (tuple(MigrationKey(*key) for key in part) for part in header[:3])
        facts = cls(
            text,
            Header(dependencies, run_before, replaces, *header[3:]),
            Unreadable(fault[0], fault[1], is_python=fault[2]) if fault else None,
        )
        facts._digest = digest
        facts._outline = outline and Outline(
            claims=frozenset(outline[0]),
            refers=frozenset(outline[1]),
            removes=frozenset(Removed(*removed) for removed in outline[2]),
        )
        facts.changed = False
        return facts


def plain(value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """Return a text, or a named tuple of texts as a plain one."""
    return value if isinstance(value, str) else tuple(value)


def read_facts(content: bytes) -> FileFacts:
    """Return the facts of a file's contents; never raises, whatever the bytes are."""
    text = ""
    try:
        text = decode(content)
        return FileFacts(text, read_header(find_migration_class(parse(text))))
    except Unreadable as fault:
        return FileFacts(text, Header(), fault)
    except FAILURES:
        return FileFacts(text, Header(), Unreadable(TOO_DEEP))


class FileBody:
    """What is read of a migration only when it is asked for: domain.migration.MigrationBody of one file in one app."""

    __slots__ = ("_facts", "_label", "_operations", "_package")

    def __init__(self, facts: FileFacts, label: str, package: str) -> None:
        self._facts = facts
        self._label = label
        self._package = package
        self._operations: tuple[Operation, ...] | None = None

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations, in order."""
        if self._operations is None:
            self._operations = self._facts.operations(self._package)
        return self._operations

    @property
    def digest(self) -> str:
        """The digest of what the migration does."""
        return self._facts.digest

    @property
    def outline(self) -> Outline:
        """The outline, with the label of the app in it."""
        whole = self._facts.outline
        label = {OWN: self._label}
        return Outline(
            claims=whole.claims,
            refers=frozenset((label.get(app, app), model) for app, model in whole.refers),
            removes=frozenset(Removed(label.get(app, app), model, field) for app, model, field in whole.removes),
        )


def to_migration(facts: FileFacts, key: MigrationKey, path: str, package: str) -> Migration:
    """Return the migration that facts are, at its place in a project."""
    fields: Mapping[str, Any] = facts.header._asdict()
    return Migration(key=key, path=path, text=facts.text, body=FileBody(facts, key.app_label, package), **fields)


def is_migration_like(content: bytes) -> bool:
    """Say whether a file that cannot be read looks as if it were meant to be a migration."""
    return b"Migration" in content
