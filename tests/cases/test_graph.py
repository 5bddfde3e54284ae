"""The hard cases that files and git alone decide: leaf nodes, cycles, squashes, unreadable files."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.api.check import check
from handrail.api.conflicts import conflicts
from handrail.api.resolve import resolve
from handrail.domain.finding import Finding
from handrail.domain.outcome import Outcome
from handrail.sources.project import Project
from tests.cases.sides import THING, write
from tests.git_sandbox import Sandbox

FIELD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True))'
FIRST = [("shop", "0001_initial")]


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_CACHE", "off")


def found(root: Path) -> Outcome:
    return conflicts(Project(root=root))


def messages(outcome: Outcome) -> list[str]:
    return [f"{finding.code}: {finding.message}" for finding in outcome.findings]


def only(outcome: Outcome) -> Finding:
    assert len(outcome.findings) == 1, messages(outcome)
    return outcome.findings[0]


def leaves(outcome: Outcome) -> object:
    return outcome.extra["graph"]["leaves"]


def resolved(root: Path) -> Outcome:
    return resolve(Project(root=root), confirm=lambda plan: None)


def shop(root: Path, *names: str) -> None:
    """Write shop.0001_initial and, beside each other, migrations that add one field each."""
    write(root, "shop", "0001_initial", THING, [])
    for name in names:
        write(root, "shop", name, FIELD.format(name.rpartition("_")[2]), FIRST)


def test_a01_two_leaves_of_one_app(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a", "0002_b")
    outcome = found(tmp_path)
    finding = only(outcome)
    assert messages(outcome) == ["HR101: conflict: shop has 2 heads 0002_a and 0002_b from common ancestor 0001_initial"]
    assert [location.path for location in finding.locations] == ["shop/migrations/0002_a.py", "shop/migrations/0002_b.py"]
    assert finding.notes == ("verdict independent",)
    assert (finding.command, outcome.exit) == ("handrail resolve shop", 1)
    assert leaves(resolved(tmp_path)) == [["shop", "0003_merge_0002_a_0002_b"]]
    assert messages(found(tmp_path)) == []


def test_a01_names_the_author_and_the_branch_of_each_side(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "repository")
    shop(sandbox.path)
    sandbox.git("add", "-A")
    sandbox.git("commit", "-qm", "start")
    sandbox.git("checkout", "-qb", "feature")
    shop(sandbox.path, "0002_b")
    sandbox.git("add", "-A")
    sandbox.git("commit", "-qm", "b", GIT_AUTHOR_NAME="Bea")
    sandbox.git("checkout", "-q", "main")
    shop(sandbox.path, "0002_a")
    sandbox.git("add", "-A")
    sandbox.git("commit", "-qm", "a", GIT_AUTHOR_NAME="Abe")
    sandbox.git("checkout", "-q", "feature")
    sandbox.git("merge", "-q", "--no-edit", "main")
    (conflict,) = conflicts(Project(root=sandbox.path)).conflicts or ()
    ours, theirs = conflict.sides
    assert (ours.leaf, ours.ref, ours.author) == (("shop", "0002_b"), "feature", "Bea")
    assert (theirs.leaf, theirs.ref, theirs.author) == (("shop", "0002_a"), "main", "Abe")


def test_a02_every_pair_of_three_leaves(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a", "0002_b", "0002_c")
    outcome = found(tmp_path)
    assert messages(outcome) == ["HR101: conflict: shop has 3 heads 0002_a, 0002_b and 0002_c from common ancestor 0001_initial"]
    assert len(outcome.conflicts or ()) == 3
    assert leaves(resolved(tmp_path)) == [["shop", "0003_merge_0002_a_0002_b_0002_c"]]


def test_a02_the_third_leaf_may_be_the_one_that_does_not_fit(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a", "0002_b")
    write(tmp_path, "shop", "0002_c", FIELD.format("b"), FIRST)
    verdicts = {tuple(side.leaf.name for side in one.sides): str(one.verdict) for one in found(tmp_path).conflicts or ()}
    assert verdicts == {
        ("0002_a", "0002_b"): "independent",
        ("0002_a", "0002_c"): "independent",
        ("0002_b", "0002_c"): "convergent",
    }


def test_a04_two_apps_at_once_in_the_order_of_their_dependencies(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a", "0002_b")
    write(tmp_path, "blog", "0001_initial", THING, FIRST)
    for name in ("0002_a", "0002_b"):
        write(tmp_path, "blog", name, FIELD.format(name[-1]), [("blog", "0001_initial"), ("shop", name)])
    assert messages(found(tmp_path)) == [
        "HR101: conflict: blog has 2 heads 0002_a and 0002_b from common ancestor 0001_initial",
        "HR101: conflict: shop has 2 heads 0002_a and 0002_b from common ancestor 0001_initial",
    ]
    assert leaves(resolved(tmp_path)) == [["blog", "0003_merge_0002_a_0002_b"], ["shop", "0003_merge_0002_a_0002_b"]]
    assert messages(found(tmp_path)) == []


def test_a05_one_number_twice_in_a_line_is_no_conflict(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a")
    write(tmp_path, "shop", "0002_b", FIELD.format("b"), [("shop", "0002_a")])
    outcome = found(tmp_path)
    assert (outcome.findings, outcome.conflicts, outcome.exit) == ((), (), 0)


def test_a30_the_edge_that_run_before_adds(tmp_path: Path) -> None:
    write(tmp_path, "shop", "0001_initial", THING, [("blog", "0001_initial")])
    write(tmp_path, "blog", "0001_initial", THING, [])
    path = tmp_path / "shop/migrations/0001_initial.py"
    path.write_text(path.read_text() + '    run_before = [("blog", "0001_initial")]\n')
    finding = next(finding for finding in found(tmp_path).findings if finding.code == "HR112")
    assert finding.message == "cycle: blog.0001_initial -> shop.0001_initial -> blog.0001_initial"
    assert [(place.path, place.remark) for place in finding.locations] == [
        ("shop/migrations/0001_initial.py", "run_before blog.0001_initial"),
        ("shop/migrations/0001_initial.py", "depends on blog.0001_initial"),
    ]


def test_a60_a_verdict_for_every_pair_of_operations(tmp_path: Path) -> None:
    write(tmp_path, "shop", "0001_initial", THING, [])
    write(tmp_path, "shop", "0002_a", 'migrations.DeleteModel("Thing")', FIRST)
    write(tmp_path, "shop", "0002_b", FIELD.format("x9"), FIRST)
    outcome = found(tmp_path)
    assert [finding.code for finding in outcome.findings] == ["HR101", "HR105"]
    assert [str(one.verdict) for one in outcome.conflicts or ()] == ["overlapping"]


def test_a60_a_merge_migration_does_not_hide_it(tmp_path: Path) -> None:
    write(tmp_path, "shop", "0001_initial", THING, [])
    write(tmp_path, "shop", "0002_a", 'migrations.AlterField("thing", "name", models.CharField(max_length=100))', FIRST)
    write(tmp_path, "shop", "0002_b", 'migrations.AlterField("thing", "name", models.CharField(max_length=200))', FIRST)
    write(tmp_path, "shop", "0003_merge", "", [("shop", "0002_a"), ("shop", "0002_b")])
    assert [finding.code for finding in found(tmp_path).findings] == ["HR103"]


def test_a60_a_merge_migration_with_operations_is_an_answer(tmp_path: Path) -> None:
    altered = 'migrations.AlterField("thing", "name", models.CharField(max_length={}))'
    write(tmp_path, "shop", "0001_initial", THING, [])
    for name, length in (("0002_a", 100), ("0002_b", 200)):
        write(tmp_path, "shop", name, altered.format(length), FIRST)
    write(tmp_path, "shop", "0003_merge", altered.format(200), [("shop", "0002_a"), ("shop", "0002_b")])
    assert found(tmp_path).findings == ()


def test_a61_the_branch_that_has_the_missing_migration(tmp_path: Path) -> None:
    sandbox = Sandbox.create(tmp_path / "repository")
    shop(sandbox.path)
    sandbox.git("add", "-A")
    sandbox.git("commit", "-qm", "start")
    sandbox.git("checkout", "-qb", "prices")
    shop(sandbox.path, "0002_gone")
    sandbox.git("add", "-A")
    sandbox.git("commit", "-qm", "prices")
    sandbox.git("checkout", "-q", "main")
    write(sandbox.path, "shop", "0003_c", FIELD.format("c"), [("shop", "0002_gone")])
    finding = next(one for one in found(sandbox.path).findings if one.code == "HR116")
    assert finding.message == "missing-dependency: shop.0003_c depends on shop.0002_gone, which no file here has"
    assert finding.notes == ("prices has it",)
    assert finding.command == "git merge prices"


def test_b20_a_name_that_is_too_long_or_not_ascii(tmp_path: Path) -> None:
    shop(tmp_path)
    long, accented = "0002_" + "x" * 240, "0003_größe"
    write(tmp_path, "shop", long, FIELD.format("a"), FIRST)
    write(tmp_path, "shop", accented, FIELD.format("b"), [("shop", long)])
    (tmp_path / "shop/migrations" / f"{long}.py").rename(tmp_path / "shop/migrations" / f"{long[:250]}.py")
    assert [finding.code for finding in check(Project(root=tmp_path)).findings] == ["HR213"]


def test_b27_a_compiled_file_without_its_source_is_named(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "shop/migrations/0002_p.pyc").write_bytes(b"\0")
    finding = only(found(tmp_path))
    assert (finding.code, finding.locations[0].path) == ("HR212", "shop/migrations/0002_p.pyc")


def test_b28_conflict_markers_and_a_file_without_a_migration_class(tmp_path: Path) -> None:
    shop(tmp_path)
    folder = tmp_path / "shop/migrations"
    (folder / "0002_x.py").write_text("x = 1\n")
    (folder / "0003_y.py").write_text("import os\n<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n")
    said = {location.path: (location.line, location.remark) for one in found(tmp_path).findings for location in one.locations}
    assert said["shop/migrations/0003_y.py"] == (2, "unresolved git conflict markers")
    assert said["shop/migrations/0002_x.py"] == (None, "no Migration class")


def test_b29_migration_files_in_a_folder_that_is_no_package(tmp_path: Path) -> None:
    shop(tmp_path)
    (tmp_path / "shop/migrations/__init__.py").unlink()
    finding = only(found(tmp_path))
    assert (finding.code, finding.locations[0].path) == ("HR212", "shop/migrations")


def test_b35_a_helper_module_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a")
    write(tmp_path, "shop", "0003_b", "migrations.RunPython(fill)", [("shop", "0002_a")], "from shop.helpers import fill")
    assert found(tmp_path).findings == ()


def squash(root: Path, app: str, name: str, replaces: list[tuple[str, str]], needs: list[tuple[str, str]]) -> None:
    """Write a squashed migration."""
    write(root, app, name, THING, needs)
    path = root / app / "migrations" / f"{name}.py"
    path.write_text(path.read_text() + f"    replaces = {replaces}\n")


def test_g01_two_squashes_that_need_each_other(tmp_path: Path) -> None:
    write(tmp_path, "a", "0001_initial", THING, [])
    write(tmp_path, "b", "0001_initial", THING, [("a", "0001_initial")])
    write(tmp_path, "a", "0002_fk", "", [("a", "0001_initial"), ("b", "0001_initial")])
    write(tmp_path, "b", "0002_x", "", [("b", "0001_initial")])
    squash(tmp_path, "a", "0001_squashed", [("a", "0001_initial"), ("a", "0002_fk")], [("b", "0001_initial")])
    squash(tmp_path, "b", "0001_squashed", [("b", "0001_initial"), ("b", "0002_x")], [("a", "0001_initial")])
    finding = next(one for one in found(tmp_path).findings if one.code == "HR112")
    assert finding.message == "cycle: a.0001_squashed -> b.0001_squashed -> a.0001_squashed"


def test_g03_a_dependency_on_a_replaced_migration_holds_as_long_as_replaces_does(tmp_path: Path) -> None:
    squash(tmp_path, "shop", "0001_squashed", [("shop", "0001_initial"), ("shop", "0002_p")], [])
    write(tmp_path, "blog", "0001_initial", THING, [("shop", "0002_p")])
    assert found(tmp_path).findings == ()
    path = tmp_path / "shop/migrations/0001_squashed.py"
    path.write_text(path.read_text().replace("    replaces =", "    formerly ="))
    finding = only(found(tmp_path))
    assert finding.message == "missing-dependency: blog.0001_initial depends on shop.0002_p, which no file here has"


def test_g05_a_squash_of_a_squash(tmp_path: Path) -> None:
    shop(tmp_path, "0002_p")
    squash(tmp_path, "shop", "0001_squashed_0002", [("shop", "0001_initial"), ("shop", "0002_p")], [])
    write(tmp_path, "shop", "0003_q", FIELD.format("q"), [("shop", "0001_squashed_0002")])
    squash(tmp_path, "shop", "0001_squashed_0003", [("shop", "0001_squashed_0002"), ("shop", "0003_q")], [])
    assert found(tmp_path).findings == ()


def test_g11_a_branch_that_starts_inside_a_squash(tmp_path: Path) -> None:
    shop(tmp_path, "0002_p")
    write(tmp_path, "shop", "0003_q", FIELD.format("q"), [("shop", "0002_p")])
    write(tmp_path, "shop", "0003_branch", FIELD.format("z"), [("shop", "0002_p")])
    squash(tmp_path, "shop", "0002_squashed_0003_q", [("shop", "0002_p"), ("shop", "0003_q")], FIRST)
    finding = next(one for one in found(tmp_path).findings if one.code == "HR111")
    assert finding.locations[0].path == "shop/migrations/0003_branch.py"


def test_g12_replaces_in_a_circle(tmp_path: Path) -> None:
    shop(tmp_path)
    squash(tmp_path, "shop", "0002_a", [("shop", "0002_b")], FIRST)
    squash(tmp_path, "shop", "0002_b", [("shop", "0002_a")], FIRST)
    finding = next(one for one in found(tmp_path).findings if one.code == "HR112")
    assert finding.message == "cycle: shop.0002_a -> shop.0002_b -> shop.0002_a"


def test_g15_squashes_that_overlap(tmp_path: Path) -> None:
    shop(tmp_path, "0002_p")
    write(tmp_path, "shop", "0003_q", FIELD.format("q"), [("shop", "0002_p")])
    squash(tmp_path, "shop", "0001_s1", [("shop", "0001_initial"), ("shop", "0002_p")], [])
    squash(tmp_path, "shop", "0002_s2", [("shop", "0002_p"), ("shop", "0003_q")], FIRST)
    assert messages(found(tmp_path)) == ["HR701: squash-broken: shop.0001_s1 and shop.0002_s2 both replace shop.0002_p"]


def test_g16_a_squash_over_a_merge_migration(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a", "0002_b")
    write(tmp_path, "shop", "0003_merge", "", [("shop", "0002_a"), ("shop", "0002_b")])
    names = ["0001_initial", "0002_a", "0002_b", "0003_merge"]
    squash(tmp_path, "shop", "0001_squashed", [("shop", name) for name in names], [])
    assert found(tmp_path).findings == ()


def test_g16b_a_squash_up_to_one_side_of_a_fork(tmp_path: Path) -> None:
    shop(tmp_path, "0002_a", "0002_b")
    squash(tmp_path, "shop", "0001_squashed_0002_a", [("shop", "0001_initial"), ("shop", "0002_a")], [])
    assert "HR111" in {finding.code for finding in found(tmp_path).findings}


def test_g17_first_and_latest_lead_to_the_squash(tmp_path: Path) -> None:
    shop(tmp_path, "0002_p")
    squash(tmp_path, "shop", "0001_squashed", [("shop", "0001_initial"), ("shop", "0002_p")], [])
    write(tmp_path, "blog", "0001_initial", THING, [("shop", "__first__")])
    write(tmp_path, "blog", "0002_more", "", [("blog", "0001_initial"), ("shop", "__latest__")])
    outcome = found(tmp_path)
    assert (outcome.findings, outcome.exit) == ((), 0)
