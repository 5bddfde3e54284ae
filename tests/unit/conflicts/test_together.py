"""unique_together and index_together from the common ancestor: what a side takes out of them is out, and renames are followed."""

from __future__ import annotations

from pathlib import Path

from handrail.conflicts.ancestor import Ancestor
from handrail.conflicts.operations.base import together
from handrail.domain.conflict import Verdict
from handrail.domain.footprint import ModelKey
from handrail.domain.source import to_source
from handrail.domain.value import ListOf
from handrail.sources.files import WorkingTree, read_snapshot
from tests.cases.sides import THING, decided, write

BASE = f'{THING},\nmigrations.AlterUniqueTogether("thing", {{("n", "x")}})'


def sides(path: Path, ours: str, theirs: str) -> tuple[str, str, Verdict]:
    """Return base and merged value of the only reason, as source, and the verdict."""
    reason = decided(path, ours, theirs, base=BASE).only()
    return to_source(reason.base), to_source(reason.merged), reason.verdict


def set_to(*pairs: str) -> str:
    return f'migrations.AlterUniqueTogether("thing", {{{", ".join(repr(tuple(pair.split())) for pair in pairs)}}})'


def test_a_set_stays_as_it_is() -> None:
    assert together(frozenset({("a", "b")})) == frozenset({("a", "b")})
    assert together(ListOf(("a", "b"))) == frozenset({("a", "b")})


def test_what_one_side_takes_out_is_out_of_the_merged_set(tmp_path: Path) -> None:
    base, merged, verdict = sides(tmp_path, set_to("name n"), set_to("n x", "name x"))
    assert base == "{('n', 'x')}"
    assert merged == "{('name', 'n'), ('name', 'x')}"
    assert verdict is Verdict.OVERLAPPING


def test_a_field_that_the_ancestor_names_in_a_set_is_followed_through_its_new_name(tmp_path: Path) -> None:
    write(tmp_path, "shop", "0001_initial", f'{BASE},\nmigrations.RenameField("thing", "x", "y")', [])
    migrations = read_snapshot(WorkingTree(tmp_path)).migrations
    state = Ancestor(list(migrations.values()), {})
    model = state.find(ModelKey("shop", "thing"))
    assert model is not None
    assert model.options["unique_together"] == frozenset({("n", "y")})
