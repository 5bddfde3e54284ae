"""Facts about files, kept between runs: by the contents they were read from, and by all else that decides them."""

from __future__ import annotations

import marshal
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handrail import __version__
from handrail.sources.facts import FileFacts

if TYPE_CHECKING:
    import sqlite3

VARIABLE = "HANDRAIL_CACHE"
"""The environment variable that names the folder of the cache, or switches it off."""
OFF = frozenset({"off", "no", "none", "false", "0"})
LARGEST = 256 * 1024 * 1024
"""How many bytes of facts are kept; the ones that were used longest ago go first."""
DAY = 24 * 60 * 60
OLD = 30 * DAY
"""How long the facts of another version of Handrail or Python are kept."""
PATIENCE = 2.0
"""How long, in seconds, to wait for another process that writes; after that nothing is written."""
RACY = 2_000_000_000
"""A file that was changed so shortly (nanoseconds) before it was read may change again and keep its stat data."""
CHUNK = 500
FEW = 32
"""Reading fewer files than this takes less time than opening the cache."""
TABLES = """
CREATE TABLE IF NOT EXISTS facts (id TEXT PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stats (root TEXT PRIMARY KEY, value BLOB NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS settled (id TEXT PRIMARY KEY, used INTEGER NOT NULL) WITHOUT ROWID;
"""
Stat = tuple[int, int, int, int]
"""Size, and in nanoseconds or numbers: mtime, ctime, inode."""


def cache_folder(environment: Mapping[str, str]) -> Path | None:
    """Return the folder that the environment asks for, else the user's cache folder; None where the cache is switched off."""
    chosen = environment.get(VARIABLE, "").strip()
    if chosen.lower() in OFF:
        return None
    if chosen:
        return Path(chosen).expanduser()
    base = environment.get("XDG_CACHE_HOME", "")
    home = environment.get("HOME", "")
    if base and Path(base).is_absolute():
        return Path(base) / "handrail"
    return Path(home) / ".cache" / "handrail" if home else None


def salt() -> str:
    """Return what decides facts beside the contents: Handrail's version and code, and the version of Python."""
    import hashlib

    return hashlib.sha256("\n".join([__version__, sys.version, *own_modules()]).encode()).hexdigest()[:16]


def own_modules() -> list[str]:
    """Return what the disk says of the modules that read and decide: where one was edited, what it found is worth nothing."""
    here = Path(__file__).parent
    entries = sorted((entry for folder in _folders(here.parent) for entry in os.scandir(folder)), key=os.fspath)
    stats = ((entry.name, entry.stat()) for entry in entries if entry.name.endswith(".py"))
    return [f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in stats]


def _folders(package: Path) -> list[Path]:
    return [package / name for name in ("sources", "domain", "conflicts", "conflicts/operations")]


def content_id(content: bytes) -> str:
    """Return git's blob id of contents."""
    import hashlib

    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def pack(value: Any) -> bytes:
    """Return a plain value as bytes that begin with their checksum."""
    import hashlib

    data = marshal.dumps(value)
    return hashlib.blake2b(data, digest_size=16).digest() + data


def unpack(data: bytes) -> object:
    """Return the value that was packed; None where a single bit has changed."""
    import hashlib

    if hashlib.blake2b(data[16:], digest_size=16).digest() != data[:16]:
        return None
    value: object = marshal.loads(data[16:])
    return value


class FactCache:
    """The facts of this run, and those of earlier runs in one SQLite file, which several processes may use at once.

    Whatever is wrong with the file (it cannot be made, is locked, was damaged), reading goes on without: an entry that is not as
    it was written is as if it were not there. folder: None for no file. least: the file is left alone by who asks for fewer.
    """

    def __init__(self, folder: Path | None, *, least: int = 0, now: float | None = None) -> None:
        self.folder = folder
        self.least = least
        self.now = int(time.time() if now is None else now)
        self._facts: dict[str, FileFacts] = {}
        self._stale: set[str] = set()
        self._stats: dict[str, dict[str, tuple[Stat, str]]] = {}
        self._settled: set[str] = set()
        self._usable = True

    @classmethod
    def of_environment(cls) -> FactCache:
        """Return the cache that the environment asks for."""
        return cls(cache_folder(os.environ), least=FEW)

    @cached_property
    def path(self) -> Path:
        """The SQLite file."""
        assert self.folder is not None
        return self.folder / f"facts-{salt()}.sqlite3"

    def is_worth_asking(self, count: int) -> bool:
        """Say whether to ask the file about so many contents."""
        return self.folder is not None and count >= self.least

    def load(self, ids: Iterable[str]) -> Mapping[str, FileFacts]:
        """Return the facts that are known, by the ids of contents."""
        asked = set(ids)
        unknown = asked - self._facts.keys()
        if unknown and self.is_worth_asking(len(asked)):
            self._read(sorted(unknown))
        return {key: self._facts[key] for key in asked & self._facts.keys()}

    def keep(self, key: str, facts: FileFacts) -> None:
        """Keep facts, from the next save on."""
        self._facts[key] = facts

    def known_stats(self, root: str) -> Mapping[str, tuple[Stat, str]]:
        """Return stat data and content id by path, as they were when a root was read last."""
        rows = self._rows([("SELECT value FROM stats WHERE root = ?", [root])])
        value = _unpacked(rows[0][0]) if rows else None
        return value if isinstance(value, dict) else {}

    def keep_stats(self, root: str, stats: dict[str, tuple[Stat, str]]) -> None:
        """Keep stat data and content ids of all files that were read below a root, from the next save on."""
        self._stats[root] = stats

    def settled(self, ids: Iterable[str]) -> set[str]:
        """Return which of these pairs are known to be independent; see sources.settled."""
        asked = sorted(ids)
        if not asked or not self.is_worth_asking(len(self._facts)):
            return set()
        rows = self._rows([*_chunks("SELECT id, used FROM settled WHERE id IN", asked)])
        self._settled |= {key for key, used in rows if used < self.now - DAY}
        return {key for key, _ in rows}

    def settle(self, ids: Iterable[str]) -> None:
        """Keep that pairs are independent, from the next save on."""
        self._settled.update(ids)

    def save(self) -> None:
        """Write what is new; nothing where another process is writing for too long, or the disk is full."""
        if not self.is_worth_asking(len(self._facts)):
            return
        changed = [(key, facts) for key, facts in self._facts.items() if facts.changed]
        if not changed and not self._stats and not self._stale and not self._settled:
            return
        rows = [(key, pack(facts.to_plain()), self.now) for key, facts in changed]
        stats = [(root, pack(value), self.now) for root, value in self._stats.items()]
        if self._write(rows, stats):
            for _, facts in changed:
                facts.changed = False
            self._stats.clear()
            self._stale.clear()
            self._settled.clear()

    def _read(self, ids: Sequence[str]) -> None:
        for key, data, used in self._rows([*_chunks("SELECT id, value, used FROM facts WHERE id IN", ids)]):
            value = _unpacked(data)
            if isinstance(value, tuple):
                self._facts[key] = FileFacts.from_plain(value)
                if used < self.now - DAY:
                    self._stale.add(key)

    def _rows(self, queries: Sequence[tuple[str, Sequence[str]]]) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = []

        def read(connection: sqlite3.Connection) -> None:
            for query, values in queries:
                found.extend(connection.execute(query, values).fetchall())

        return found if self._with_database(read) else []

    def _write(self, rows: list[tuple[str, bytes, int]], stats: list[tuple[str, bytes, int]]) -> bool:
        def write(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", rows)
                connection.executemany("INSERT OR REPLACE INTO stats VALUES (?, ?, ?)", stats)
                connection.executemany("UPDATE facts SET used = ? WHERE id = ?", [(self.now, key) for key in self._stale])
                connection.executemany("INSERT OR REPLACE INTO settled VALUES (?, ?)", [(key, self.now) for key in self._settled])
                _shrink(connection, self.now)

        return self._with_database(write)

    def _with_database(self, use: Callable[[sqlite3.Connection], None]) -> bool:
        """Use the database; return whether that went well. Where it did not, it is not tried again in this run."""
        import sqlite3

        if self.folder is None or not self._usable:
            return False
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not self.path.exists():
                _remove_old(self.path, self.now)
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as connection:
                connection.text_factory = _lenient
                connection.executescript(TABLES)
                use(connection)
        except (OSError, sqlite3.OperationalError):
            self._usable = False
        except sqlite3.DatabaseError:
            self._usable = False
            _put_away(self.path)
        return self._usable


def _chunks(select: str, ids: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield a query, with its values, for every few ids: SQLite takes no more than some thousands at once."""
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        yield f"{select} ({','.join('?' * len(some))})", some


def _put_away(path: Path) -> None:
    """Remove a damaged file, and what SQLite may have left beside it."""
    for each in (path, path.with_name(f"{path.name}-journal")):
        with suppress(OSError):
            each.unlink()


def _lenient(text: bytes) -> str:
    """Decode a text of the database; a damaged one must not hide the sound ones beside it."""
    return text.decode(errors="replace")


def _unpacked(data: object) -> object:
    try:
        return unpack(data) if isinstance(data, bytes) else None
    except (ValueError, TypeError, EOFError):
        return None


def _shrink(connection: sqlite3.Connection, now: int) -> None:
    """Remove what was used longest ago, until the rest fits."""
    (total,) = connection.execute("SELECT coalesce(sum(length(value)), 0) FROM facts").fetchone()
    for table in ("stats", "settled"):
        connection.execute(f"DELETE FROM {table} WHERE used < ?", (now - OLD,))
    if total <= LARGEST:
        return
    kept = 0
    for key, length in connection.execute("SELECT id, length(value) FROM facts ORDER BY used DESC, id").fetchall():
        kept += length
        if kept > LARGEST // 2:
            connection.execute("DELETE FROM facts WHERE id = ?", (key,))


def _remove_old(path: Path, now: int) -> None:
    """Remove the files of other versions that nobody has used for long."""
    for other in path.parent.glob("facts-*.sqlite3"):
        if other != path and other.stat().st_mtime < now - OLD:
            other.unlink(missing_ok=True)
