"""What tells a pair of migrations from every other: all that decides whether the two are independent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handrail.domain.dataclasses import replace
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import Snapshot
from handrail.sources.settled import pair_ids
from handrail.sources.snapshot import read_snapshot
from tests.unit.sources.trees import Files, migration

ONE, OTHER = MigrationKey("blog", "0001_a"), MigrationKey("shop", "0002_b")
Contents = dict[str, str | bytes]
FILES: Contents = {
    "blog/migrations/__init__.py": "",
    "blog/migrations/0001_a.py": migration(("stock", "0001_a")),
    "shop/migrations/__init__.py": "",
    "shop/migrations/0001_a.py": migration(),
    "shop/migrations/0002_b.py": migration(("shop", "0001_a")),
    "stock/migrations/__init__.py": "",
    "stock/migrations/0001_a.py": migration(),
    "alone/migrations/__init__.py": "",
    "alone/migrations/0001_a.py": migration(),
}


def id_of(contents: Contents, change: Callable[[Snapshot], Snapshot] = lambda found: found) -> str:
    snapshot = change(read_snapshot(Files(contents)))
    graph = MigrationGraph.build(snapshot.migrations, settings=snapshot.settings)
    return pair_ids(graph, [snapshot], snapshot.settings, [(ONE, OTHER)])[ONE, OTHER]


def changed(path: str, text: str) -> Contents:
    return {**FILES, path: text}


def test_what_neither_of_the_two_needs_is_of_no_concern() -> None:
    assert id_of(FILES) == id_of(changed("alone/migrations/0001_a.py", migration(("blog", "0001_a"))))
    assert id_of(FILES) == id_of(changed("shop/migrations/0003_c.py", migration(("shop", "0002_b"))))


@pytest.mark.parametrize(
    "contents",
    [
        changed("blog/migrations/0001_a.py", migration(("stock", "0001_a")) + "\n"),
        changed("shop/migrations/0002_b.py", migration(("shop", "0001_a")) + "\n"),
        changed("shop/migrations/0001_a.py", migration() + "\n"),
        changed("stock/migrations/0001_a.py", migration() + "\n"),
        changed("blog/migrations/0001_a.py", migration(("alone", "0001_a"))),
        changed(
            "alone/migrations/0001_a.py", migration().replace("operations", 'run_before = [("stock", "0001_a")]\n    operations')
        ),
        changed("shop/__init__.py", ""),
        {path.replace("blog/", "inside/blog/"): text for path, text in FILES.items()},
        {path: text for path, text in FILES.items() if path != "stock/migrations/0001_a.py"},
    ],
)
def test_what_one_of_the_two_is_or_needs_counts(contents: Contents) -> None:
    assert id_of(contents) != id_of(FILES)


def test_settings_count() -> None:
    assert id_of(FILES, lambda found: replace(found, settings={"AUTH_USER_MODEL": "shop.User"})) != id_of(FILES)
