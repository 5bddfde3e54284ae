"""The cache of facts: what it keeps, what it throws away, and that nothing can be wrong with it that matters."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from handrail.sources import cache as cache_module
from handrail.sources.cache import DAY, OLD, FactCache, cache_folder, content_id, pack, unpack
from handrail.sources.facts import read_facts

SOURCE = b"from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [('a', '%d')]\n"


def fill(folder: Path, count: int = 3, now: float | None = None) -> list[str]:
    cache = FactCache(folder, now=now)
    contents = [SOURCE % number for number in range(count)]
    for content in contents:
        cache.keep(content_id(content), read_facts(content))
    cache.save()
    return [content_id(content) for content in contents]


def load(folder: Path, ids: list[str]) -> dict[str, str]:
    cache = FactCache(folder)
    return {key: facts.header.dependencies[0].name for key, facts in cache.load(ids).items()}


def database(folder: Path) -> Path:
    (path,) = folder.glob("facts-*.sqlite3")
    return path


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/ann"}, "/ann/.cache/handrail"),
        ({"HOME": "/ann", "XDG_CACHE_HOME": "/var/ann"}, "/var/ann/handrail"),
        ({"HOME": "/ann", "XDG_CACHE_HOME": "relative"}, "/ann/.cache/handrail"),
        ({"HOME": "/ann", "HANDRAIL_CACHE": "/fast"}, "/fast"),
        ({"HOME": "/ann", "HANDRAIL_CACHE": ""}, "/ann/.cache/handrail"),
        ({"HOME": "/ann", "HANDRAIL_CACHE": "off"}, None),
        ({"HOME": "/ann", "HANDRAIL_CACHE": "OFF"}, None),
        ({}, None),
    ],
)
def test_the_environment_says_where_it_is(environment: dict[str, str], folder: str | None) -> None:
    assert cache_folder(environment) == (None if folder is None else Path(folder))


def test_the_content_id_is_that_of_git() -> None:
    assert content_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert content_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_what_was_kept_is_there_in_the_next_run(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    assert load(tmp_path, [*ids, content_id(b"new")]) == dict(zip(ids, "012", strict=True))


def test_what_is_read_later_is_saved_too(tmp_path: Path) -> None:
    (key,) = fill(tmp_path, 1)
    first = FactCache(tmp_path)
    digest = first.load([key])[key].digest
    first.save()
    plain = FactCache(tmp_path).load([key])[key].to_plain()
    assert plain[3] == digest


def test_nothing_is_written_where_nothing_is_new(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    before = database(tmp_path).stat().st_mtime_ns
    cache = FactCache(tmp_path)
    cache.load(ids)
    cache.save()
    assert database(tmp_path).stat().st_mtime_ns == before


def test_another_version_of_handrail_or_its_code_knows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fill(tmp_path)
    monkeypatch.setattr(cache_module, "__version__", "99.0")
    assert load(tmp_path, ids) == {}
    assert len(list(tmp_path.glob("facts-*.sqlite3"))) == 2


def test_the_files_of_other_versions_go_when_nobody_uses_them(tmp_path: Path) -> None:
    used, unused = tmp_path / "facts-1.sqlite3", tmp_path / "facts-2.sqlite3"
    used.touch()
    unused.touch()
    now = used.stat().st_mtime + OLD
    os.utime(unused, (now - OLD - DAY, now - OLD - DAY))
    fill(tmp_path, now=now)
    assert used.exists()
    assert not unused.exists()


@pytest.mark.parametrize("position", [0, 15, 16, 20, -1])
def test_a_changed_bit_is_found(position: int) -> None:
    data = bytearray(pack(("text", (1, 2), None)))
    assert unpack(bytes(data)) == ("text", (1, 2), None)
    data[position] ^= 1
    assert unpack(bytes(data)) is None


def test_a_damaged_entry_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    ids = fill(tmp_path)
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("UPDATE facts SET value = substr(value, 1, 20) || x'00' || substr(value, 22) WHERE id = ?", (ids[0],))
        connection.execute("UPDATE facts SET value = 'text' WHERE id = ?", (ids[1],))
    assert load(tmp_path, ids) == {ids[2]: "2"}


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_put_away_and_made_anew(tmp_path: Path, damage: bytes) -> None:
    ids = fill(tmp_path)
    database(tmp_path).write_bytes(damage)
    assert load(tmp_path, ids) == {}
    assert fill(tmp_path) == ids
    assert len(load(tmp_path, ids)) == 3


def test_a_file_that_is_cut_short_does_no_harm(tmp_path: Path) -> None:
    ids = fill(tmp_path, 50)
    path = database(tmp_path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 4096):
        path.write_bytes(whole[:length])
        found = load(tmp_path, ids)
        assert all(found[key] == str(ids.index(key)) for key in found)


def test_a_folder_that_cannot_be_made_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ids = fill(tmp_path / "file" / "cache")
    assert load(tmp_path / "file" / "cache", ids) == {}


def test_a_lock_that_lasts_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fill(tmp_path)
    monkeypatch.setattr(cache_module, "PATIENCE", 0.05)
    with closing(sqlite3.connect(database(tmp_path), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert load(tmp_path, ids) == {}
        fill(tmp_path, 5)
        connection.execute("ROLLBACK")
    assert len(load(tmp_path, ids)) == 3


def test_many_processes_may_write_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from handrail.sources.cache import FactCache, content_id\n"
        "from handrail.sources.facts import read_facts\n"
        f"source = {SOURCE!r}\n"
        "for start in range(5):\n"
        "    cache = FactCache(Path(sys.argv[1]))\n"
        "    for number in range(20):\n"
        "        content = source % (int(sys.argv[2]) * 1000 + start * 20 + number)\n"
        "        cache.keep(content_id(content), read_facts(content))\n"
        "    cache.save()\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(number)]) for number in range(4)]
    assert [process.wait() for process in processes] == [0, 0, 0, 0]
    expected = {
        content_id(SOURCE % (number * 1000 + other)): str(number * 1000 + other) for number in range(4) for other in range(100)
    }
    found = load(tmp_path, list(expected))
    assert found == {key: expected[key] for key in found}
    assert len(found) == 400


def test_the_cache_does_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = fill(tmp_path, 10, now=1_000_000)
    monkeypatch.setattr(cache_module, "LARGEST", 2000)
    cache = FactCache(tmp_path, now=2_000_000)
    contents = [SOURCE % number for number in range(100, 106)]
    for content in contents:
        cache.keep(content_id(content), read_facts(content))
    cache.save()
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        (total,) = connection.execute("SELECT sum(length(value)) FROM facts").fetchone()
    assert 0 < total <= 2000
    assert load(tmp_path, old) == {}
    assert set(load(tmp_path, [content_id(content) for content in contents]).values()) <= {
        "100",
        "101",
        "102",
        "103",
        "104",
        "105",
    }


def test_what_is_used_stays(tmp_path: Path) -> None:
    ids = fill(tmp_path, 2, now=1_000_000)
    cache = FactCache(tmp_path, now=1_000_000 + 2 * DAY)
    cache.load(ids[:1])
    cache.save()
    with closing(sqlite3.connect(database(tmp_path))) as connection:
        used = dict(connection.execute("SELECT id, used FROM facts").fetchall())
    assert used == {ids[0]: 1_000_000 + 2 * DAY, ids[1]: 1_000_000}


def test_pairs_that_are_settled_are_known_until_nobody_asks_any_more(tmp_path: Path) -> None:
    fill(tmp_path, now=0)
    first = FactCache(tmp_path, now=0)
    assert first.settled(["a", "b"]) == set()
    first.settle(["a"])
    first.save()
    assert FactCache(tmp_path, now=1).settled(["a", "b"]) == {"a"}
    later = FactCache(tmp_path, now=OLD - DAY)
    assert later.settled([*map(str, range(1000)), "a"]) == {"a"}
    later.save()
    other = FactCache(tmp_path, now=2 * OLD - 2 * DAY)
    other.settle(["b"])
    other.save()
    assert FactCache(tmp_path).settled(["a", "b"]) == {"a", "b"}
    last = FactCache(tmp_path, now=3 * OLD)
    last.settle(["c"])
    last.save()
    assert FactCache(tmp_path).settled(["a", "b", "c"]) == {"c"}


def test_no_pair_is_settled_without_a_file_or_where_it_is_not_worth_opening(tmp_path: Path) -> None:
    for cache in (FactCache(None), FactCache(tmp_path, least=1)):
        cache.settle(["a"])
        cache.save()
        assert cache.settled(["a"]) == set()
    assert not [*tmp_path.iterdir()]
