"""Which migrations a rollback takes back, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from handrail.domain.graph import MigrationGraph
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.rollback import AppliedRow, Judgement, RollbackStep, Verdict
from handrail.domain.run import Direction, OnFailure, Run, RunStatus, Step, StepStatus
from handrail.planning.rollback import (
    after,
    all_of,
    application_order,
    applied_at,
    decided_by,
    last_forward,
    siblings,
    undo_order,
    with_dependants,
    with_squashes,
)
from handrail.sources.loaded_graph import _Body

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MERGED = {"a.1": [], "a.2x": ["a.1"], "a.2y": ["a.1"], "a.3": ["a.2x", "a.2y"], "b.1": ["a.2x"]}


def key(text: str) -> MigrationKey:
    return MigrationKey(*text.split("."))


def keys(*texts: str) -> list[MigrationKey]:
    return [key(text) for text in texts]


def migrations(
    needs: Mapping[str, Sequence[str]], replaces: Mapping[str, Sequence[str]] | None = None
) -> dict[MigrationKey, Migration]:
    return {
        key(name): Migration(
            key=key(name),
            path="",
            text="",
            dependencies=tuple(keys(*parents)),
            replaces=tuple(keys(*(replaces or {}).get(name, ()))),
            body=_Body(),
        )
        for name, parents in needs.items()
    }


def rows(*names: str) -> list[AppliedRow]:
    return [AppliedRow(key=key(name), order=number, moment=START + timedelta(hours=number)) for number, name in enumerate(names)]


def step(id: int, name: str, direction: Direction = Direction.FORWARD, status: StepStatus = StepStatus.DONE) -> Step:
    when = START + timedelta(hours=id)
    return Step(
        id=id, key=key(name), direction=direction, status=status, atomic=True, faked=False, digest="", started=when, finished=when
    )


def run(*steps: Step) -> Run:
    return Run(
        id=steps[0].id,
        command="migrate",
        status=RunStatus.DONE,
        started=START,
        finished=START,
        host="",
        pid=1,
        user="",
        commit="",
        session="",
        from_nothing=False,
        on_failure=OnFailure.UNWIND,
        steps=steps,
    )


@pytest.mark.parametrize(
    ("applied", "undo", "order"),
    [
        (["a.1", "a.2y", "a.2x", "a.3"], ["a.2x", "a.2y", "a.3"], ["a.3", "a.2x", "a.2y"]),
        (["a.1", "a.2x", "a.2y", "a.3"], ["a.2x", "a.2y", "a.3"], ["a.3", "a.2y", "a.2x"]),
        (["a.1", "a.3", "a.2x", "a.2y"], ["a.2x", "a.2y", "a.3"], ["a.3", "a.2y", "a.2x"]),
        (["a.1", "a.2x", "b.1", "a.2y", "a.3"], ["a.2x", "b.1", "a.2y", "a.3"], ["a.3", "a.2y", "b.1", "a.2x"]),
    ],
)
def test_the_last_applied_goes_first_and_never_before_what_depends_on_it(applied: list[str], undo: list[str], order: list[str]):
    graph = MigrationGraph.build(migrations(MERGED))
    assert undo_order(keys(*undo), graph, keys(*applied)) == keys(*order)


def test_the_journal_says_the_order_of_what_it_knows():
    recorded = rows("a.1", "a.2x", "b.1", "a.2y")
    known = last_forward([run(step(1, "a.2y"), step(2, "a.2x"))])
    assert application_order(recorded, known) == keys("a.1", "a.2y", "b.1", "a.2x")


def test_what_was_taken_back_since_is_not_known_as_applied():
    done = [
        run(step(1, "a.1"), step(2, "a.2x")),
        run(step(3, "a.2x", Direction.BACKWARD)),
        run(step(4, "a.3", status=StepStatus.FAILED)),
    ]
    assert list(last_forward(done)) == keys("a.1")
    again = [*done, run(step(5, "a.2x"))]
    assert last_forward(again)[key("a.2x")].id == 5


def test_a_migration_stays_and_what_builds_on_it_in_its_app_goes():
    graph = MigrationGraph.build(migrations(MERGED))
    applied = graph.nodes
    assert after(key("a.2x"), graph, applied) == set(keys("a.3"))
    assert after(key("a.1"), graph, applied) == set(keys("a.2x", "a.2y", "a.3", "b.1"))
    assert after(key("a.1"), graph, set(keys("a.1", "a.2x"))) == set(keys("a.2x"))
    assert all_of("a", graph, applied) == applied
    assert with_dependants(keys("a.2y"), graph, applied) == set(keys("a.2y", "a.3"))


def test_the_other_side_of_a_merge_stays():
    graph = MigrationGraph.build(migrations(MERGED))
    undo = after(key("a.2x"), graph, graph.nodes)
    assert siblings({"a": key("a.2x")}, graph, graph.nodes, undo) == keys("a.2y")
    undo = after(key("a.1"), graph, graph.nodes)
    assert siblings({"a": key("a.1")}, graph, graph.nodes, undo) == []


SQUASHED = {"a.1": [], "a.2": ["a.1"], "a.3": ["a.2"], "a.s": [], "a.4": ["a.3"]}
REPLACES = {"a.s": ["a.1", "a.2", "a.3"]}


def test_a_squashed_migration_stands_where_the_last_of_its_parts_was_applied():
    every = migrations(SQUASHED, REPLACES)
    recorded = frozenset(keys("a.1", "a.2", "a.3", "a.4"))
    graph = MigrationGraph.build(every, applied=decided_by(recorded, recorded, every))
    assert with_squashes(keys("a.1", "a.2", "a.3", "a.4"), graph) == keys("a.s", "a.4")
    assert with_squashes(keys("a.s"), graph) == []


def test_a_squashed_migration_is_opened_for_a_state_inside_of_it():
    every = migrations(SQUASHED, REPLACES)
    recorded = frozenset(keys("a.1", "a.2", "a.3", "a.4", "a.s"))
    wanted = frozenset(keys("a.1", "a.2"))
    graph = MigrationGraph.build(every, applied=decided_by(recorded, wanted, every))
    order = with_squashes(keys("a.1", "a.2", "a.3", "a.4", "a.s"), graph)
    assert order == keys("a.1", "a.2", "a.3", "a.4")
    assert undo_order(after(key("a.2"), graph, order), graph, order) == keys("a.4", "a.3")


def test_a_squashed_migration_that_is_half_applied_stays_open():
    every = migrations(SQUASHED, REPLACES)
    recorded, wanted = frozenset(keys("a.1", "a.2")), frozenset[MigrationKey]()
    graph = MigrationGraph.build(every, applied=decided_by(recorded, wanted, every))
    assert with_squashes(keys("a.1", "a.2"), graph) == keys("a.1", "a.2")


def test_a_moment_is_now_with_all_that_came_since_turned_back():
    recorded = rows("a.1", "a.2x", "b.1")
    runs = [run(step(1, "a.2x")), run(step(2, "a.2y"), step(3, "a.2y", Direction.BACKWARD))]
    at = {hours: applied_at(START + timedelta(hours=hours), recorded, runs) for hours in (0, 1, 2, 3)}
    assert at[0] == set(keys("a.1"))
    assert at[1] == set(keys("a.1", "a.2x"))
    assert at[2] == set(keys("a.1", "a.2x", "a.2y", "b.1"))
    assert at[3] == set(keys("a.1", "a.2x", "b.1"))


def test_a_step_is_as_good_as_its_worst_operation():
    said = [(Verdict.KEPT, "p is set aside", 3), (Verdict.LOSSY, "q is lost", None), (Verdict.LOSSY, "r is lost", 4)]
    judgements = tuple(
        Judgement(operation=index, described="", verdict=verdict, reason=reason, rows=rows, locks=("one lock",))
        for index, (verdict, reason, rows) in enumerate(said)
    )
    one = RollbackStep(key=key("a.1"), judgements=judgements)
    assert (one.verdict, one.reason, one.rows, one.locks) == (Verdict.LOSSY, "q is lost; r is lost", 7, ("one lock",))
    nothing = RollbackStep(key=key("a.1"))
    assert (nothing.verdict, nothing.reason, nothing.rows) == (Verdict.LOSSLESS, "", None)
    many = RollbackStep(
        key=key("a.1"),
        judgements=tuple(Judgement(operation=n, described="", verdict=Verdict.KEPT, reason=f"r{n}") for n in range(5)),
    )
    assert many.brief == "r0; r1; r2; and 2 more"
