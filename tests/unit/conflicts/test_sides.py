"""Which migrations are the two sides."""

from __future__ import annotations

from dataclasses import dataclass, replace

from handrail.conflicts.merged import ancestor_of, merge_files, sides_of_merge
from handrail.conflicts.sides import leaf_sides
from handrail.domain.conflict import Kind, Verdict
from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.snapshot import Snapshot


@dataclass(frozen=True)
class Body:
    digest: str
    operations: tuple[Operation, ...] = ()


def key(text: str) -> MigrationKey:
    app_label, _, name = text.partition(".")
    return MigrationKey(app_label, name)


def keys(text: str) -> tuple[MigrationKey, ...]:
    return tuple(map(key, text.split()))


def migration(name: str, needs: str = "", text: str = "same") -> Migration:
    return Migration(key=key(name), path=f"{name}.py", text=text, dependencies=keys(needs), body=Body(text))


def snapshot(ref: str, *migrations: Migration) -> Snapshot:
    return Snapshot(ref=ref, apps={}, migrations={one.key: one for one in migrations})


def graph(*migrations: Migration) -> MigrationGraph:
    return MigrationGraph.build({one.key: one for one in migrations})


def test_every_pair_of_three_leaves_is_compared() -> None:
    built = graph(migration("a.1"), migration("a.2", "a.1"), migration("a.3", "a.1"), migration("a.4", "a.1"))
    found = [(sides.ours, sides.theirs) for sides in leaf_sides(built)]
    assert found == [(keys("a.2"), keys("a.3")), (keys("a.2"), keys("a.4")), (keys("a.3"), keys("a.4"))]


def test_chains_since_the_nearest_common_ancestor() -> None:
    built = graph(
        migration("a.1"), migration("a.2", "a.1"), migration("a.3", "a.2"), migration("a.4", "a.3"), migration("a.5", "a.2")
    )
    (sides,) = leaf_sides(built)
    assert (sides.ancestor, sides.ours, sides.theirs) == (key("a.2"), keys("a.3 a.4"), keys("a.5"))
    assert sides.base == keys("a.1 a.2")


def test_what_a_side_needs_of_other_apps_is_in_the_base_unless_it_needs_a_side() -> None:
    built = graph(
        migration("a.1"),
        migration("a.2", "a.1 b.1"),
        migration("a.3", "a.1"),
        migration("a.4", "a.3 b.2"),
        migration("b.1"),
        migration("b.2", "b.1 a.3"),
    )
    (sides,) = leaf_sides(built)
    assert (sides.ours, sides.theirs) == (keys("a.2"), keys("a.3 a.4"))
    assert set(sides.base) == set(keys("a.1 b.1"))


def test_only_the_apps_that_are_asked_for() -> None:
    built = graph(*(migration(f"{app}.{n}", f"{app}.1" if n > 1 else "") for app in "ab" for n in (1, 2, 3)))
    assert [sides.apps for sides in leaf_sides(built)] == [("a",), ("b",)]
    assert [sides.apps for sides in leaf_sides(built, ["b"])] == [("b",)]


def test_two_branches_that_each_add_to_two_apps() -> None:
    base = [migration("a.1"), migration("b.1", "a.1")]
    ours = snapshot("", *base, migration("a.2", "a.1"), migration("b.2", "b.1 a.2"))
    theirs = snapshot("main", *base, migration("a.3", "a.1"))
    merged = merge_files(snapshot("base", *base), ours, theirs)
    sides = sides_of_merge(merged)
    assert (sides.ours, sides.theirs) == (keys("a.2 b.2"), keys("a.3"))
    assert ancestor_of(merged, "a") == key("a.1")
    assert merged.reasons == ()


def test_a_migration_that_both_branches_have_is_on_no_side() -> None:
    base, picked = migration("a.1"), migration("a.2", "a.1")
    ours = snapshot("", base, picked, migration("a.3", "a.2"))
    merged = merge_files(snapshot("base", base), ours, snapshot("main", base, picked))
    sides = sides_of_merge(merged)
    assert (sides.ours, sides.theirs, sides.base) == (keys("a.3"), (), keys("a.1 a.2"))


def test_one_name_with_two_contents_is_no_merge_of_files() -> None:
    base = migration("a.1")
    ours, theirs = (snapshot(ref, base, migration("a.2", "a.1", text)) for ref, text in (("", "x"), ("main", "y")))
    (reason,) = merge_files(snapshot("base", base), ours, theirs).reasons
    assert (reason.code, reason.kind, reason.verdict) == ("HR109", Kind.SAME_NAME, Verdict.OVERLAPPING)
    assert reason.explanation == "each side adds a.2 with other content"


def test_a_file_that_one_side_deletes_and_the_other_changes() -> None:
    base = migration("a.1")
    merged = merge_files(snapshot("base", base), snapshot("", replace(base, text="new")), snapshot("main"))
    assert [reason.explanation for reason in merged.reasons] == ["theirs deletes the file of a.1, ours changes it"]


def test_a_file_that_one_side_deletes_is_gone() -> None:
    base = [migration("a.1"), migration("a.2", "a.1")]
    merged = merge_files(snapshot("base", *base), snapshot("", *base), snapshot("main", base[0]))
    assert merged.graph.nodes == set(keys("a.1"))
    assert merged.reasons == ()
