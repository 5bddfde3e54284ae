"""Write edits so that they are all there or none, and take them back.

What is to be done is recorded, with the contents before and after, before the first file is touched. Files are written beside
their place, flushed, and renamed into it. Wherever the process is stopped, the record says how to put everything back.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from handrail.domain.edit import Action, Edit
from handrail.errors.hr123 import WouldNotHold
from handrail.errors.hr125 import ChangedSinceRead
from handrail.errors.hr126 import NotUndone
from handrail.errors.hr127 import UnfinishedEdits
from handrail.execution.edit_records import DONE, STARTED, UNDOING, UNDONE, EditRecord, FileState, Records
from handrail.execution.files import TEMPORARY, is_inside, read, remove, remove_empty_folders, write


def apply(edits: Sequence[Edit], root: Path, *, command: str = "resolve", details: Mapping[str, object] | None = None) -> str:
    """Make the edits in the project at root, and return the id of their record.

    details: what else to keep with the record, as JSON. Raises OutsideProject, ChangedSinceRead (nothing is written then),
    UnfinishedEdits, and WouldNotHold where the files cannot be read back as they were written (all is put back then).
    """
    root = root.resolve()
    states = _states(edits, root)
    with Records.of(root).alone() as records:
        last = records.last()
        if last is not None and last.status in (STARTED, UNDOING):
            raise UnfinishedEdits(command=last.command)
        for state in states:
            if read(root / state.path) != state.before:
                raise ChangedSinceRead(path=state.path)
        record = records.new(command=command, edits=edits, files=states, details=details or {})
        try:
            _put(root, states, after=True)
        except BaseException:
            _put(root, states, after=False)
            records.mark(record, UNDONE)
            raise
        records.mark(record, DONE)
        return record.id


def undo(root: Path, finish: Callable[[EditRecord], None] | None = None) -> EditRecord:
    """Take the last edits back, finished or not, and return their record. What was taken back is not brought again.

    finish: called when the files are back and before that is on record, so that it is called again after a stop in between.
    Raises NotUndone where there are none, or a file changed after them (nothing is written then).
    """
    root = root.resolve()
    with Records.of(root).alone() as records:
        record = records.last()
        if record is None:
            raise NotUndone(why="there are none on record")
        for state in record.files:
            is_inside(root, state.path)
            now = read(root / state.path)
            expected = {state.after} if record.status == DONE else {state.before, state.after}
            if now not in expected:
                raise NotUndone(why=f"{state.path} changed after them", path=state.path)
        records.mark(record, UNDOING)
        _put(root, record.files, after=False)
        if finish is not None:
            finish(record)
        records.mark(record, UNDONE)
        return record


def reversed_edits(record: EditRecord) -> tuple[Edit, ...]:
    """Return the edits that take a record's edits back, in the reverse order."""
    opposite = {Action.CREATE: Action.DELETE, Action.DELETE: Action.CREATE}
    return tuple(
        Edit(
            path=edit.to or edit.path,
            action=opposite.get(edit.action, edit.action),
            before=edit.after,
            after=edit.before,
            to=edit.path if edit.to else "",
        )
        for edit in reversed(record.edits)
    )


def _states(edits: Sequence[Edit], root: Path) -> tuple[FileState, ...]:
    """Return every path that edits touch, once, before and after; a path can be left by one edit and taken by another."""
    before: dict[str, bytes | None] = {}
    after: dict[str, bytes | None] = {}
    modes: dict[str, int | None] = {}
    for edit in edits:
        for path in filter(None, (edit.path, edit.to)):
            is_inside(root, path)
            before.setdefault(path, None)
        if edit.action is not Action.CREATE:
            before[edit.path] = edit.before
    for edit in edits:
        place = edit.to or edit.path
        if edit.action in (Action.RENAME, Action.DELETE):
            after.setdefault(edit.path, None)
        if edit.action is not Action.DELETE:
            if after.get(place) is not None:
                raise WouldNotHold(what=f"{place} would be written twice")
            after[place] = edit.after
            modes[place] = _mode(root / edit.path)
    return tuple(
        FileState(path=path, before=before[path], after=after.get(path), mode=_mode(root / path), new_mode=modes.get(path))
        for path in sorted(before)
    )


def _mode(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def _put(root: Path, states: Sequence[FileState], *, after: bool) -> None:
    """Bring every file to its state after (or before) the edits: first what is there then, last what is not; and read it back."""
    wanted = {state.path: state.after if after else state.before for state in states}
    modes = {state.path: state.new_mode if after else state.mode for state in states}
    for path, content in wanted.items():
        with suppress(FileNotFoundError, NotADirectoryError):
            (root / f"{path}{TEMPORARY}").unlink()
        if content is not None and (read(root / path) != content or _mode(root / path) != modes[path]):
            write(root / path, content, modes[path])
    for path, content in wanted.items():
        if content is None:
            remove(root / path)
    for path, content in wanted.items():
        if read(root / path) != content:
            raise WouldNotHold(what=f"{path} cannot be read as it was written")
    remove_empty_folders(root, [path for path, content in wanted.items() if content is None])
