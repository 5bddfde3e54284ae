"""The records of edits: what was to be written, what was there before, and how far it came."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from handrail.domain.dataclasses import dataclass, field, replace
from handrail.domain.edit import Action, Edit
from handrail.errors.base import Refusal
from handrail.errors.hr126 import NotUndone
from handrail.errors.hr127 import UnfinishedEdits
from handrail.execution.files import write
from handrail.sources.git import Repository

STARTED, DONE, UNDOING, UNDONE = "started", "done", "undoing", "undone"
"""How far a record's edits are."""
VERSION = 1
KEPT = 20
"""So many records stay; older ones are removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """One path, with its content and permissions before and after; None where there is no file."""

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None
    new_mode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditRecord:
    """One command's edits. root: the project's folder. details: what else the command kept, as JSON."""

    id: str
    command: str
    status: str
    root: str
    edits: tuple[Edit, ...]
    files: tuple[FileState, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Records:
    """The folder of records: inside the git folder of the right worktree, so that git never sees them, else in .handrail."""

    folder: Path
    root: Path

    @classmethod
    def of(cls, root: Path) -> Records:
        """Return the records of the project at root (resolved)."""
        try:
            repository = Repository.find(root)
        except Refusal:
            repository = None
        base = repository.git_dir / "handrail" if repository else root / ".handrail"
        if repository:
            repository.close()
        return cls(base / "edits", root)

    @contextmanager
    def alone(self) -> Iterator[Records]:
        """Keep other processes out while the block runs; a dead one keeps nobody out. Raises UnfinishedEdits where one is in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(handle)
            yield self
        finally:
            os.close(handle)

    def last(self) -> EditRecord | None:
        """Return the newest record of this project that is not taken back."""
        for path in reversed(self._paths()):
            record = self._load(path)
            if record.root == str(self.root) and record.status != UNDONE:
                return record
        return None

    def all(self) -> Iterator[EditRecord]:
        """Yield every record of this project that can be read, newest first, those that were taken back included."""
        for path in reversed(self._paths()):
            with suppress(Refusal, OSError):
                record = self._load(path)
                if record.root == str(self.root):
                    yield record

    def new(self, *, command: str, edits: Sequence[Edit], files: Sequence[FileState], details: Mapping[str, Any]) -> EditRecord:
        """Write down what is about to be done."""
        paths = self._paths()
        number = int(paths[-1].stem) + 1 if paths else 1
        record = EditRecord(
            id=f"{number:06}",
            command=command,
            status=STARTED,
            root=str(self.root),
            edits=tuple(edits),
            files=tuple(files),
            details=details,
        )
        self._save(record)
        for path in paths[: -KEPT + 1]:
            path.unlink(missing_ok=True)
        return record

    def mark(self, record: EditRecord, status: str) -> EditRecord:
        """Write down how far a record's edits are now."""
        record = replace(record, status=status)
        self._save(record)
        return record

    def keep(self, record: EditRecord, details: Mapping[str, Any]) -> EditRecord:
        """Add to the details of a record."""
        record = replace(record, details={**record.details, **details})
        self._save(record)
        return record

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.json") if path.stem.isdecimal()) if self.folder.is_dir() else []

    def _save(self, record: EditRecord) -> None:
        text = json.dumps(_to_json(record), ensure_ascii=False, indent=1, sort_keys=True)
        digest = sha256(text.encode()).hexdigest()
        write(self.folder / f"{record.id}.json", f"{text}\n{digest}\n".encode(), 0o600)

    def _load(self, path: Path) -> EditRecord:
        text, _, digest = path.read_text(encoding="utf-8").rstrip("\n").rpartition("\n")
        if sha256(text.encode()).hexdigest() != digest:
            raise NotUndone(why=f"the record {path.name} is damaged")
        data = json.loads(text)
        if data["version"] != VERSION:
            raise NotUndone(why=f"the record {path.name} is of another version of Handrail")
        return _from_json(data)


def _lock(handle: int) -> None:
    """Take the lock of an open file; the system gives it back when the process ends, however it ends (man 2 flock)."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        lock = getattr(msvcrt, "locking")  # noqa: B009  (there on Windows alone)
        arguments = (handle, getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
    else:
        lock, arguments = fcntl.flock, (handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[assignment]
    try:
        lock(*arguments)
    except OSError as error:
        raise UnfinishedEdits from error


def _to_json(record: EditRecord) -> dict[str, Any]:
    return {
        "version": VERSION,
        "id": record.id,
        "command": record.command,
        "status": record.status,
        "root": record.root,
        "details": record.details,
        "edits": [
            {"path": edit.path, "action": edit.action, "to": edit.to, "before": _text(edit.before), "after": _text(edit.after)}
            for edit in record.edits
        ],
        "files": [
            {
                "path": state.path,
                "before": _text(state.before),
                "after": _text(state.after),
                "mode": state.mode,
                "new_mode": state.new_mode,
            }
            for state in record.files
        ],
    }


def _from_json(data: Mapping[str, Any]) -> EditRecord:
    edits = (
        Edit(
            path=edit["path"],
            action=Action(edit["action"]),
            before=_content(edit["before"]),
            after=_content(edit["after"]),
            to=edit["to"],
        )
        for edit in data["edits"]
    )
    files = (
        FileState(
            path=state["path"],
            before=_content(state["before"]),
            after=_content(state["after"]),
            mode=state["mode"],
            new_mode=state["new_mode"],
        )
        for state in data["files"]
    )
    return EditRecord(
        id=data["id"],
        command=data["command"],
        status=data["status"],
        root=data["root"],
        edits=tuple(edits),
        files=tuple(files),
        details=data["details"],
    )


def _text(content: bytes | None) -> str | None:
    return None if content is None else base64.b64encode(content).decode()


def _content(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
