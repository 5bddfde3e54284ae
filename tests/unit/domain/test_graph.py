"""The graph, held against Django's own loader rules with small hand-made migrations."""

from __future__ import annotations

from dataclasses import dataclass

from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey, Operation


@dataclass(frozen=True)
class Empty:
    operations: tuple[Operation, ...] = ()
    digest: str = ""


def key(text: str) -> MigrationKey:
    app_label, _, name = text.partition(".")
    return MigrationKey(app_label, name)


def keys(text: str) -> tuple[MigrationKey, ...]:
    return tuple(map(key, text.split()))


def migration(name: str, needs: str = "", replaces: str = "", run_before: str = "") -> Migration:
    return Migration(
        key=key(name),
        path=f"{name}.py",
        text="",
        dependencies=keys(needs),
        replaces=keys(replaces),
        run_before=keys(run_before),
        body=Empty(),
    )


def graph(*migrations: Migration, **options: object) -> MigrationGraph:
    return MigrationGraph.build({one.key: one for one in migrations}, **options)  # type: ignore[arg-type]


def test_two_leaves_of_one_app_and_their_ancestors() -> None:
    built = graph(migration("a.1"), migration("a.2", "a.1"), migration("a.3", "a.1"), migration("b.1", "a.2"))
    assert built.leaf_nodes() == list(keys("a.2 a.3 b.1"))
    assert built.leaf_nodes("a") == list(keys("a.2 a.3"))
    assert built.root_nodes() == list(keys("a.1 b.1"))
    assert built.ancestors(key("b.1")) == set(keys("a.1 a.2 b.1"))
    assert built.descendants(key("a.2")) == set(keys("a.2 b.1"))
    assert built.is_ordered(key("b.1"), key("a.1"))
    assert not built.is_ordered(key("a.3"), key("a.2"))


def test_plan_has_the_order_of_djangos_depth_first_search() -> None:
    built = graph(
        migration("a.1"), migration("a.2", "a.1"), migration("a.3", "a.1 c.1"), migration("c.1"), migration("b.1", "a.3 a.2")
    )
    assert built.plan([key("b.1")]) == list(keys("c.1 a.1 a.3 a.2 b.1"))


def test_first_and_latest_are_resolved_and_unknown_apps_are_external() -> None:
    built = graph(
        migration("a.1"),
        migration("a.2", "a.1"),
        migration("b.1", "a.__first__"),
        migration("c.1", "a.__latest__ wild.__first__ plain.__first__"),
        apps=("plain",),
    )
    assert built.parents[key("b.1")] == set(keys("a.1"))
    assert built.parents[key("c.1")] == set(keys("a.2"))
    assert built.external == ((key("c.1"), key("wild.__first__")),)
    assert built.missing == ()


def test_a_swappable_dependency_follows_the_setting() -> None:
    one = migration("b.1", "__setting__.AUTH_USER_MODEL")
    built = graph(one, migration("acc.1"), settings={"AUTH_USER_MODEL": "acc.User"})
    assert built.parents[one.key] == set(keys("acc.1"))
    assert graph(one, migration("acc.1")).external == ((one.key, key("__setting__.AUTH_USER_MODEL")),)


def test_a_parent_that_no_file_has_is_missing() -> None:
    assert graph(migration("a.2", "a.1")).missing == ((key("a.2"), key("a.1")),)


def test_run_before_is_an_edge_the_other_way_round() -> None:
    built = graph(migration("a.1", run_before="b.1"), migration("b.1"))
    assert built.parents[key("b.1")] == set(keys("a.1"))


def test_a_squash_takes_the_place_of_what_it_replaces() -> None:
    files = [
        migration("a.1"),
        migration("a.2", "a.1 c.1"),
        migration("a.s", replaces="a.1 a.2"),
        migration("a.3", "a.2"),
        migration("b.1", "a.1"),
        migration("c.1"),
    ]
    built = graph(*files)
    assert built.nodes == set(keys("a.s a.3 b.1 c.1"))
    assert built.parents[key("a.3")] == set(keys("a.s"))
    assert built.parents[key("b.1")] == set(keys("a.s"))
    assert built.parents[key("a.s")] == set(keys("c.1"))
    assert built.replaced == {key("a.1"): key("a.s"), key("a.2"): key("a.s")}
    assert graph(*files, keep_replaced=True).nodes == {one.key for one in files}


def test_a_squash_that_is_half_applied_leaves_the_graph() -> None:
    files = [migration("a.1"), migration("a.2", "a.1"), migration("a.s", replaces="a.1 a.2"), migration("a.3", "a.s")]
    built = graph(*files, applied=keys("a.1"))
    assert built.nodes == set(keys("a.1 a.2 a.3"))
    assert built.parents[key("a.3")] == set(keys("a.2"))


def test_replaced_files_that_are_gone_still_lead_to_the_squash() -> None:
    built = graph(migration("a.s", replaces="a.1 a.2"), migration("b.1", "a.2"))
    assert built.parents[key("b.1")] == set(keys("a.s"))
    assert built.missing == ()


def test_a_squash_of_a_squash() -> None:
    built = graph(
        migration("a.1"),
        migration("a.2", "a.1"),
        migration("a.s1", replaces="a.1 a.2"),
        migration("a.3", "a.s1"),
        migration("a.s2", replaces="a.s1 a.3"),
        migration("a.4", "a.3"),
    )
    assert built.nodes == set(keys("a.s2 a.4"))
    assert built.parents[key("a.4")] == set(keys("a.s2"))


def test_circular_replaces_are_named_and_do_not_loop() -> None:
    built = graph(migration("a.1", replaces="a.2"), migration("a.2", replaces="a.1"))
    assert built.circular == keys("a.1")


def test_a_cycle_is_found_and_the_plan_is_cut() -> None:
    built = graph(migration("a.1", "b.1"), migration("b.1", "a.1"), migration("c.1"))
    assert built.cycle() == keys("a.1 b.1")
    assert sorted(built.plan(keys("a.1 b.1 c.1"))) == list(keys("a.1 b.1 c.1"))
    assert graph(migration("c.1")).cycle() == ()
