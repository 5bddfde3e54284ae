"""The text of a lock-file, and what two of them merge to."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.planning.lockfile import Entry, Lock, LockError, differences, lock_of, merge, parse, render


@dataclass(frozen=True)
class Body:
    digest: str
    operations: tuple[Operation, ...] = ()


def migration(name: str, *after: str, content: str = "", replaces: tuple[str, ...] = (), app: str = "shop") -> Migration:
    return Migration(
        key=MigrationKey(app, name),
        path=f"{app}/migrations/{name}.py",
        text="",
        dependencies=tuple(MigrationKey(*parent.split(".")) if "." in parent else MigrationKey(app, parent) for parent in after),
        replaces=tuple(MigrationKey(app, old) for old in replaces),
        body=Body(digest=content or name),
    )


def lock(*migrations: Migration) -> Lock:
    return lock_of("shop", MigrationGraph.build({one.key: one for one in migrations}))


FIRST = migration("0001_initial")
NAME = migration("0002_name", "0001_initial")
PRICE = migration("0003_price", "0002_name")
STOCK = migration("0003_stock", "0002_name")
BOTH = migration("0004_merge", "0003_price", "0003_stock")


def test_the_text_is_the_same_on_every_machine() -> None:
    text = render(
        lock(PRICE, migration("0001_initial", app="blog"), FIRST, migration("0002_name", "blog.0001_initial", "0001_initial"))
    )
    assert text == (
        "# Written by handrail. Git stops here when two branches both change the migrations of shop:"
        ' run "handrail resolve" then.\n'
        "# Do not edit it; after other changes of migration files: handrail migrations-lock\n"
        "app shop\n"
        "leaf 0003_price 877da626048a1b47\n"
        "0001_initial 3ef54af11f5dd6ae\n"
        "0002_name e4dad43e2a8d73d4\n"
        "0003_price f50930f24fafb3af\n"
    )


@pytest.mark.parametrize(
    "migrations",
    [
        (),
        (FIRST,),
        (FIRST, NAME, PRICE),
        (FIRST, NAME, PRICE, STOCK),
        (FIRST, NAME, PRICE, STOCK, BOTH),
        (FIRST, migration("0001_other"), migration("0002_name", "0001_initial", "0001_other")),
        (FIRST, NAME, migration("0001_squashed", replaces=("0001_initial", "0002_name"))),
        (migration("a", "b"), migration("b", "a")),
        (migration("0002_lost", "0001_gone"),),
    ],
)
def test_what_is_written_can_be_read(migrations: tuple[Migration, ...]) -> None:
    assert parse(render(lock(*migrations))) == lock(*migrations)


def test_a_squashed_migration_is_the_leaf_node_and_all_files_are_listed() -> None:
    found = lock(FIRST, NAME, migration("0001_squashed", replaces=("0001_initial", "0002_name")))
    assert found.leaves == ("0001_squashed",)
    assert [entry.name for entry in found.entries] == ["0001_initial", "0001_squashed", "0002_name"]


def test_entries_come_after_their_parents_whatever_their_names() -> None:
    found = lock(migration("a", "z"), migration("z"), migration("b", "a"))
    assert [entry.name for entry in found.entries] == ["z", "a", "b"]


def test_any_two_changes_differ_in_the_line_of_the_leaf_node() -> None:
    def leaf_line(*migrations: Migration) -> str:
        return render(lock(*migrations)).splitlines()[3]

    lines = [
        leaf_line(FIRST, NAME),
        leaf_line(FIRST, migration("0002_name", "0001_initial", content="other")),
        leaf_line(migration("0001_initial", content="other"), NAME),
        leaf_line(FIRST, migration("0002_name")),
        leaf_line(FIRST, NAME, PRICE),
        leaf_line(FIRST, NAME, STOCK),
    ]
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it does not start with an app and a leaf node"),
        ("leaf 0001_initial 00\napp shop\n", "it does not start with an app and a leaf node"),
        ("# c\n<<<<<<< ours\napp shop\n=======\napp shop\n>>>>>>> theirs\n", "line 2: conflict markers of git"),
        (render(lock(FIRST)) + "0002_name\n", "line 6: not a migration with its digest"),
        (
            render(lock(FIRST)) + "0002_name 00\n",
            "line 4: the digest does not fit the lines below, so it was edited or merged by hand",
        ),
        (
            render(lock(FIRST, NAME)).rsplit("\n", 2)[0] + "\n",
            "line 4: the digest does not fit the lines below, so it was edited or merged by hand",
        ),
    ],
)
def test_a_text_that_is_no_lock(text: str, problem: str) -> None:
    with pytest.raises(LockError) as caught:
        parse(text)
    assert str(caught.value) == problem


def test_line_ends_of_windows_are_read() -> None:
    found = lock(FIRST, NAME)
    assert parse(render(found).replace("\n", "\r\n")) == found


def test_differences_in_words() -> None:
    said = lock(FIRST, NAME, PRICE, migration("0004_gone", "0003_price"))
    found = lock(FIRST, migration("0002_name", "0001_initial", content="other"), migration("0003_price", "0001_initial"), BOTH)
    assert differences(said, found) == [
        "0002_name was edited",
        "0003_price depends on 0001_initial, not on 0002_name",
        "0004_gone has no file",
        "0004_merge is not in the lock-file",
    ]
    assert differences(said, said) == []


def test_a_side_that_holds_the_other_wins() -> None:
    base, longer = lock(FIRST), lock(FIRST, NAME, PRICE)
    assert merge(base, lock(FIRST, NAME), longer) == longer
    assert merge(base, longer, lock(FIRST, NAME)) == longer
    assert merge(None, longer, longer) == longer


def test_the_side_that_merged_the_other_already_wins() -> None:
    merged = lock(FIRST, NAME, PRICE, STOCK, BOTH)
    assert merge(lock(FIRST, NAME), lock(FIRST, NAME, PRICE), merged) == merged


def test_an_edit_here_and_an_addition_there_are_both_kept() -> None:
    edited = migration("0001_initial", content="other")
    base, ours, theirs = lock(FIRST, NAME), lock(edited, NAME), lock(FIRST, NAME, PRICE)
    assert merge(base, ours, theirs) == merge(base, theirs, ours) == lock(edited, NAME, PRICE)


def test_two_new_leaf_nodes_are_a_conflict_in_either_direction() -> None:
    base, ours, theirs = lock(FIRST, NAME), lock(FIRST, NAME, PRICE), lock(FIRST, NAME, STOCK)
    words = "both sides added migrations, so there would be 2 leaf nodes: 0003_price, 0003_stock"
    assert merge(base, ours, theirs) == merge(base, theirs, ours) == merge(None, ours, theirs) == words


def test_a_side_that_has_two_leaf_nodes_itself_is_a_conflict() -> None:
    torn = lock(FIRST, NAME, PRICE, STOCK)
    assert merge(lock(FIRST), lock(FIRST, NAME), torn) == (
        "both sides added migrations, so there would be 2 leaf nodes: 0003_price, 0003_stock"
    )


def test_one_name_with_two_contents_is_a_conflict() -> None:
    other = migration("0003_price", "0002_name", content="other")
    base = lock(FIRST, NAME)
    assert merge(base, lock(FIRST, NAME, PRICE), lock(FIRST, NAME, other)) == "0003_price is not the same on both sides"


def test_a_file_deleted_here_and_edited_there_is_a_conflict() -> None:
    edited = migration("0003_price", "0002_name", content="other")
    base = lock(FIRST, NAME, PRICE)
    assert merge(base, lock(FIRST, NAME), lock(FIRST, NAME, edited)) == "0003_price is not the same on both sides"


def test_a_file_deleted_here_that_is_built_upon_there_is_a_conflict() -> None:
    base = lock(FIRST, NAME)
    assert merge(base, lock(FIRST), lock(FIRST, NAME, PRICE)) == (
        "0003_price depends on 0002_name, which is gone on the other side"
    )


def test_a_squash_against_an_addition_is_a_conflict() -> None:
    squash = migration("0001_squashed", replaces=("0001_initial", "0002_name"))
    base = lock(FIRST, NAME)
    assert merge(base, lock(FIRST, NAME, squash), lock(FIRST, NAME, PRICE)) == "one side has squashed migrations"


def test_an_entry_has_its_parents_sorted() -> None:
    (entry,) = [entry for entry in lock(FIRST, NAME, PRICE, STOCK, BOTH).entries if entry.name == "0004_merge"]
    assert entry == Entry(name="0004_merge", digest=entry.digest, parents=("0003_price", "0003_stock"))
