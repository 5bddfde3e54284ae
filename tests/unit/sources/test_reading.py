"""Many files at once: which are opened, and which are not."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from handrail.sources.cache import FactCache, content_id
from handrail.sources.files import WorkingTree
from handrail.sources.reading import is_settled, read_all

SOURCE = b"from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [('a', '%d')]\n"


class Watched(WorkingTree):
    """A working tree that notes what is opened."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.opened: list[str] = []

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        self.opened += paths
        return super().read_many(paths)


class Held:
    """A tree whose contents have ids, as git's have."""

    ref = "main"

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.opened: list[str] = []

    def paths(self) -> Sequence[str]:
        return sorted(self.contents)

    def read_many(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        self.opened += paths
        return {path: self.contents[path] for path in paths}

    def identities(self, paths: Sequence[str]) -> Mapping[str, str]:
        return {path: content_id(self.contents[path]) for path in paths}


def write(root: Path, name: str, number: int, age: float = 100) -> None:
    path = root / name
    path.write_bytes(SOURCE % number)
    os.utime(path, (time.time() - age, time.time() - age))


def read(root: Path, folder: Path) -> tuple[dict[str, str], list[str]]:
    """Return the name of the dependency by path, and the paths that were opened."""
    tree, cache = Watched(root), FactCache(folder)
    facts = read_all(tree, tree.paths(), cache)
    cache.save()
    return {path: one.header.dependencies[0].name for path, one in facts.items()}, tree.opened


def settle(root: Path, folder: Path) -> None:
    """Read once, as if the files had been there for long: ctime cannot be set, so that its age is made up."""
    cache = FactCache(folder)
    tree = Watched(root)
    stats = tree.stats(tree.paths())
    cache.keep_stats(tree.place, {path: (stat, content_id((root / path).read_bytes())) for path, stat in stats.items()})
    cache.save()


def test_without_a_cache_every_file_is_opened_once(tmp_path: Path) -> None:
    write(tmp_path, "a.py", 1)
    tree = Watched(tmp_path)
    facts = read_all(tree, ["a.py", "gone.py"], None)
    assert list(facts) == ["a.py"]
    assert tree.opened == ["a.py", "gone.py"]


def test_files_that_did_not_change_are_not_opened(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "cache"
    root.mkdir()
    write(root, "a.py", 1)
    write(root, "b.py", 2)
    assert read(root, folder) == ({"a.py": "1", "b.py": "2"}, ["a.py", "b.py"])
    settle(root, folder)
    assert read(root, folder) == ({"a.py": "1", "b.py": "2"}, [])
    write(root, "b.py", 3)
    settled = read(root, folder)
    assert settled == ({"a.py": "1", "b.py": "3"}, ["b.py"])


def test_a_change_that_keeps_the_size_and_the_time_is_seen(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "cache"
    root.mkdir()
    write(root, "a.py", 1)
    settle(root, folder)
    before = (root / "a.py").stat()
    (root / "a.py").write_bytes(SOURCE % 2)
    os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read(root, folder) == ({"a.py": "2"}, ["a.py"])


def test_a_file_that_was_changed_just_now_is_opened_again(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "cache"
    root.mkdir()
    write(root, "a.py", 1, age=0)
    assert read(root, folder)[1] == ["a.py"]
    assert read(root, folder)[1] == ["a.py"]


def test_stat_data_counts_once_it_is_older_than_two_seconds() -> None:
    now = 10_000_000_000
    assert is_settled((1, now - 2_000_000_001, now - 2_000_000_001, 1), now)
    assert not is_settled((1, now - 2_000_000_000, 0, 1), now)
    assert not is_settled((1, 0, now - 1, 1), now)
    assert not is_settled((1, now + 5_000_000_000, 0, 1), now)


def test_a_damaged_entry_is_read_again_from_the_file(tmp_path: Path) -> None:
    root, folder = tmp_path / "root", tmp_path / "cache"
    root.mkdir()
    write(root, "a.py", 1)
    settle(root, folder)
    assert read(root, folder) == ({"a.py": "1"}, ["a.py"])


def test_contents_with_ids_are_opened_only_where_nothing_is_known_of_them(tmp_path: Path) -> None:
    one, other = Held({"a.py": SOURCE % 1, "b.py": SOURCE % 2}), Held({"x.py": SOURCE % 2, "y.py": SOURCE % 3})
    cache = FactCache(tmp_path)
    read_all(one, one.paths(), cache)
    facts = read_all(other, other.paths(), cache)
    assert (one.opened, other.opened) == (["a.py", "b.py"], ["y.py"])
    assert {path: found.header.dependencies[0].name for path, found in facts.items()} == {"x.py": "2", "y.py": "3"}


def test_equal_contents_are_read_once() -> None:
    tree = Held({"a.py": SOURCE % 1, "b.py": SOURCE % 1})
    facts = read_all(tree, tree.paths(), None)
    assert facts["a.py"] is facts["b.py"]
