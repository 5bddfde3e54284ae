"""HR101 and HR110 to HR407: what the files say by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handrail.checks.hr101 import LeafConflict
from handrail.checks.hr110 import ParallelMerges
from handrail.checks.hr111 import SquashVersusBranch
from handrail.checks.hr112 import Cycle
from handrail.checks.hr113 import Swapped
from handrail.checks.hr116 import MissingDependency
from handrail.checks.hr212 import Unreadable
from handrail.checks.hr213 import Preflight
from handrail.checks.hr407 import Lint
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.value import Call, DictOf, ListOf, Name
from tests.finding_samples import Kind, Verdict, conflict, key, migration, operation, reason, table

FIRST = migration("0001_initial")
A = migration("0002_a", dependencies=(key("0001_initial"),))
B = migration("0002_b", dependencies=(key("0001_initial"),))
C = migration("0002_c", dependencies=(key("0001_initial"),))


def leaf_findings(*conflicts: object, leaves: tuple[str, ...] = ("0002_a", "0002_b")) -> list[Finding]:
    keys = [key(name) for name in leaves]
    return list(LeafConflict.find("shop", keys, key("0001_initial"), conflicts, table(FIRST, A, B, C)))  # type: ignore[arg-type]


def test_hr101_one_leaf_node_is_no_conflict() -> None:
    assert leaf_findings(leaves=("0002_a",)) == []


def test_hr101_independent_sides_are_an_error_that_is_safe_to_merge() -> None:
    assert leaf_findings(conflict()) == [
        Finding(
            code="HR101",
            severity=Severity.ERROR,
            message="conflict: shop has 2 heads 0002_a and 0002_b from common ancestor 0001_initial",
            locations=(
                Location(path="shop/migrations/0002_a.py", line=5, remark="leaf node"),
                Location(path="shop/migrations/0002_b.py", line=5, remark="leaf node"),
            ),
            notes=("verdict independent",),
            help="safe to merge: either order gives the same schema and the same rows",
            command="handrail resolve shop",
        )
    ]


def test_hr101_says_whose_the_leaf_nodes_are_and_what_to_settle_first() -> None:
    torn = conflict(reason("HR107", Kind.DATA, Verdict.OPAQUE), refs=("", "origin/main"))
    torn = replace(torn, sides=(torn.sides[0], replace(torn.sides[1], author="Ada")))
    (finding,) = leaf_findings(torn)
    assert [place.remark for place in finding.locations] == ["leaf node", "leaf node on origin/main by Ada"]
    assert finding.notes == ("verdict opaque",)
    assert finding.help == "settle the reasons that are listed, then make one leaf node again"
    assert finding.command == "handrail conflicts shop --prove --base origin/main"


@pytest.mark.parametrize(
    ("verdict", "more", "help", "command"),
    [
        (
            Verdict.CONVERGENT,
            {},
            "each reason has a merged value or a right order: resolve uses them, or says why it cannot",
            "resolve shop",
        ),
        (
            Verdict.OVERLAPPING,
            {"merged": 1},
            "each reason has a merged value or a right order: resolve uses them, or says why it cannot",
            "resolve shop",
        ),
        (Verdict.OVERLAPPING, {}, "settle the reasons that are listed, then make one leaf node again", "explain HR103"),
        (Verdict.ORDER_DEPENDENT, {}, "settle the reasons that are listed, then make one leaf node again", "explain HR103"),
    ],
)
def test_hr101_leads_to_what_is_to_be_done_first(verdict: Verdict, more: dict[str, Any], help: str, command: str) -> None:
    first = reason("HR102", Kind.SAME_FIELD, Verdict.CONVERGENT)
    (finding,) = leaf_findings(conflict(first, reason("HR103", Kind.SAME_FIELD, verdict, **more)))
    assert finding.help == help
    assert finding.command == f"handrail {command}"


def test_hr101_three_leaf_nodes_are_one_finding_with_every_pair() -> None:
    long = conflict(ours="0002_b", theirs="0002_c")
    long = replace(long, sides=(long.sides[0], replace(long.sides[1], migrations=(key("0001_x"), key("0002_c")))))
    pairs = (conflict(), conflict(theirs="0002_c"), long)
    (finding,) = leaf_findings(*pairs, leaves=("0002_a", "0002_b", "0002_c"))
    assert finding.message == "conflict: shop has 3 heads 0002_a, 0002_b and 0002_c from common ancestor 0001_initial"
    assert finding.notes == (
        "verdict independent: 0002_a against 0002_b",
        "verdict independent: 0002_a against 0002_c",
        "verdict independent: 0002_b against 0002_c and 1 before it",
    )


def test_hr101_without_a_common_ancestor_and_without_a_comparison_promises_nothing() -> None:
    (finding,) = LeafConflict.find("shop", [key("0001_a"), key("0001_b")], None, [], {})
    assert finding.message == "conflict: shop has 2 heads 0001_a and 0001_b from common ancestor none"
    assert finding.help == "settle the reasons that are listed, then make one leaf node again"
    assert finding.locations == ()


def test_hr110_two_merges_of_the_same_parents() -> None:
    parents = (key("0002_a"), key("0002_b"))
    one = migration("0003_merge", dependencies=parents)
    other = migration("0003_merge_again", dependencies=(*reversed(parents), key("0001_initial", "blog")))
    assert list(ParallelMerges.find(table(FIRST, A, B, one, other))) == [
        Finding(
            code="HR110",
            severity=Severity.ERROR,
            message="parallel-merges: shop.0003_merge and shop.0003_merge_again merge the same parents",
            locations=(
                Location(path="shop/migrations/0003_merge.py", line=6, remark="merge migration"),
                Location(path="shop/migrations/0003_merge_again.py", line=6, remark="merge migration"),
            ),
            help="keep one of the two: neither has operations",
            command="handrail resolve shop",
        )
    ]


@pytest.mark.parametrize(
    "other",
    [
        migration("0003_x", dependencies=(key("0002_a"), key("0002_c"))),
        migration("0003_x", operation("RunPython"), dependencies=(key("0002_a"), key("0002_b"))),
        migration("0003_x", dependencies=(key("0002_a"),)),
    ],
    ids=["other parents", "operations", "one parent"],
)
def test_hr110_other_migrations_are_no_parallel_merges(other: object) -> None:
    one = migration("0003_merge", dependencies=(key("0002_a"), key("0002_b")))
    assert list(ParallelMerges.find(table(A, B, C, one, other))) == []  # type: ignore[arg-type]


P = migration("0002_p", dependencies=(key("0001_initial"),))
Q = migration("0003_q", dependencies=(key("0002_p"),))
SQUASH = migration("0002_squashed", dependencies=(key("0001_initial"),), replaces=(key("0002_p"), key("0003_q")))


def test_hr111_a_branch_from_inside_a_squash() -> None:
    branch = migration("0003_r", dependencies=(key("0001_initial", "blog"), key("0002_p")))
    assert list(SquashVersusBranch.find_in_files(table(FIRST, P, Q, SQUASH, branch))) == [
        Finding(
            code="HR111",
            severity=Severity.ERROR,
            message="squash-vs-branch: shop.0003_r depends on shop.0002_p which shop.0002_squashed replaces",
            locations=(
                Location(path="shop/migrations/0003_r.py", line=7, remark="the dependency"),
                Location(path="shop/migrations/0002_squashed.py", line=9, remark="the squash"),
            ),
            help="join the branch before the squash, or rebase it onto the last migration that the squash replaces",
            command="handrail explain HR111",
        )
    ]


def test_hr111_going_on_after_a_squash_and_other_apps_are_no_branches_from_inside() -> None:
    after = migration("0004_s", dependencies=(key("0003_q"),))
    elsewhere = migration("0002_x", app="blog", dependencies=(key("0002_p"),))
    assert list(SquashVersusBranch.find_in_files(table(FIRST, P, Q, SQUASH, after, elsewhere))) == []


def test_hr112_a_cycle_names_the_line_of_every_edge() -> None:
    blog = migration("0001_initial", app="blog", dependencies=(key("0001_initial", "auth"), key("0001_initial")))
    shop = migration("0001_initial", dependencies=(key("0003_x", "blog"),))
    x = migration("0003_x", app="blog", run_before=(key("0001_initial"),), dependencies=(key("0001_initial", "blog"),))
    cycle = (key("0001_initial", "blog"), key("0001_initial"), key("0003_x", "blog"))
    (finding,) = Cycle.find(cycle, table(blog, shop, x))
    assert finding == Finding(
        code="HR112",
        severity=Severity.ERROR,
        message="cycle: blog.0001_initial -> shop.0001_initial -> blog.0003_x -> blog.0001_initial",
        locations=(
            Location(path="blog/migrations/0001_initial.py", line=7, remark="depends on shop.0001_initial"),
            Location(path="shop/migrations/0001_initial.py", line=6, remark="depends on blog.0003_x"),
            Location(path="blog/migrations/0003_x.py", line=9, remark="run_before shop.0001_initial"),
            Location(path="blog/migrations/0003_x.py", line=6, remark="depends on blog.0001_initial"),
        ),
        help="take one of these dependencies out",
        command="handrail explain HR112",
    )


def test_hr112_an_edge_that_a_squash_inherits_is_found_in_the_replaced_file() -> None:
    old = migration("0002_fk", dependencies=(key("0001_initial", "blog"),))
    squash = migration("0001_squashed", replaces=(key("0001_initial"), key("0002_fk")))
    blog = migration("0001_initial", app="blog", dependencies=(key("__first__"),))
    (finding,) = Cycle.find((key("0001_squashed"), key("0001_initial", "blog")), table(old, squash, blog))
    assert finding.locations == (
        Location(path="shop/migrations/0002_fk.py", line=6, remark="depends on blog.0001_initial"),
        Location(path="blog/migrations/0001_initial.py", line=6, remark="depends on shop.0001_squashed"),
    )


def test_hr112_squashes_that_replace_each_other() -> None:
    one = migration("0002_a", replaces=(key("0002_b"),))
    other = migration("0002_b", replaces=(key("0002_a"),))
    assert list(Cycle.find((), table(one, other))) == [
        Finding(
            code="HR112",
            severity=Severity.ERROR,
            message="cycle: shop.0002_a -> shop.0002_b -> shop.0002_a",
            locations=(
                Location(path="shop/migrations/0002_a.py", line=6, remark="replaces shop.0002_b"),
                Location(path="shop/migrations/0002_b.py", line=6, remark="replaces shop.0002_a"),
            ),
            help="of two squashes, one may replace the other, not both",
            command="handrail explain HR112",
        )
    ]
    assert list(Cycle.find((), table(P, Q, SQUASH))) == []


def foreign_key(model: object) -> Call:
    return Call("django.db.models.ForeignKey", (), (("to", model), ("on_delete", Name("django.db.models.CASCADE"))))


@pytest.mark.parametrize(
    "made",
    [
        operation("AddField", model_name="post", name="author", field=foreign_key("auth.User")),
        operation("AddField", model_name="post", name="author", field=Call("django.db.models.ForeignKey", ("AUTH.user",))),
        operation("CreateModel", name="Post", fields=ListOf((("author", foreign_key("auth.User")),))),
        operation("CreateModel", name="Post", fields=DictOf((("author", foreign_key("auth.User")),))),
        operation("SeparateDatabaseAndState", state_operations=(operation("AddField", field=foreign_key("auth.User")),)),
    ],
)
def test_hr113_a_foreign_key_to_the_model_that_was_swapped_out(made: object) -> None:
    post = replace(migration("0001_initial", made, app="blog"), text="to='auth.User'")  # type: ignore[arg-type]
    assert list(Swapped.find_in_files(table(post), {"AUTH_USER_MODEL": "acc.User"})) == [
        Finding(
            code="HR113",
            severity=Severity.ERROR,
            message="swappable: AUTH_USER_MODEL changed from auth.User to acc.User; 1 FKs point at auth_user",
            locations=(Location(path="blog/migrations/0001_initial.py", line=10, remark="a foreign key to auth.User"),),
            notes=("in blog/migrations/0001_initial.py",),
            help="name settings.AUTH_USER_MODEL in these foreign keys, and depend on it by swappable_dependency",
            command="handrail explain HR113",
        )
    ]
    assert list(Swapped.find_in_files(table(post), {"AUTH_USER_MODEL": "auth.User"})) == []
    assert list(Swapped.find_in_files(table(post), {})) == []


def test_hr113_a_foreign_key_to_the_setting_is_right() -> None:
    made = operation("AddField", field=foreign_key(Name("django.conf.settings.AUTH_USER_MODEL")))
    post = replace(migration("0001_initial", made, app="blog"), text="settings.AUTH_USER_MODEL, not auth.User")
    assert list(Swapped.find_in_files(table(post), {"AUTH_USER_MODEL": "acc.User"})) == []


CHILD = migration("0003_c", dependencies=(key("0001_initial", "blog"), key("0002_gone")))
EDGE = (key("0003_c"), key("0002_gone"))


def test_hr116_names_the_branch_that_has_the_missing_migration() -> None:
    assert list(MissingDependency.find([EDGE], table(FIRST, CHILD), {key("0002_gone"): ["origin/prices"]})) == [
        Finding(
            code="HR116",
            severity=Severity.ERROR,
            message="missing-dependency: shop.0003_c depends on shop.0002_gone, which no file here has",
            locations=(Location(path="shop/migrations/0003_c.py", line=7, remark="depends on shop.0002_gone"),),
            notes=("origin/prices has it",),
            help="merge origin/prices first",
            command="git merge origin/prices",
        )
    ]


def test_hr116_names_the_nearest_migration_where_no_branch_is_known() -> None:
    near = migration("0002_gone_again")
    (finding,) = MissingDependency.find([EDGE], table(near, CHILD), {})
    assert finding.notes == ("the nearest name here is shop.0002_gone_again",)
    assert finding.command == "handrail explain HR116"
    (both,) = MissingDependency.find([EDGE], table(CHILD), {key("0002_gone"): ["a", "b"]})
    assert both.notes == ("a and b have it",)


def test_hr212_says_where_and_what() -> None:
    assert list(Unreadable.find("shop/migrations/0002_b.py", 14, "conflict markers", ["<<<<<<< HEAD"])) == [
        Finding(
            code="HR212",
            severity=Severity.ERROR,
            message="unreadable: shop/migrations/0002_b.py:14 conflict markers",
            locations=(Location(path="shop/migrations/0002_b.py", line=14, remark="conflict markers"),),
            notes=("<<<<<<< HEAD",),
            help="make the file a migration that Python can read",
            command="handrail explain HR212",
        )
    ]
    (finding,) = Unreadable.find("a.py", None, "no Migration class")
    assert finding.message == "unreadable: a.py no Migration class"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "0002_" + "x" * 251,
            "preflight: shop.0002_" + "x" * 55 + "… has 256 characters in its name, and the record table takes 255",
        ),
        ("0002_" + "x" * 249, "preflight: shop.0002_" + "x" * 55 + "… has a file name of more than 255 bytes"),
        ("0002_barré", "preflight: shop.0002_barré has letters outside ASCII in its name"),
        ("0002_a.b", "preflight: shop.0002_a.b has a name that cannot be imported"),
    ],
)
def test_hr213_names_that_do_not_fit(name: str, message: str) -> None:
    (finding,) = Preflight.find(table(migration(name)))
    assert finding.message == message
    assert finding.locations == (Location(path=f"shop/migrations/{name}.py"),)


@pytest.mark.parametrize("name", ["0001_initial", "initial", "00002-squashed_0003", "0002_" + "x" * 247])
def test_hr213_names_that_fit(name: str) -> None:
    assert list(Preflight.find(table(migration(name)))) == []


def test_hr407_models_that_are_imported() -> None:
    run = operation("RunPython", line=20)
    (finding,) = Lint.find_live_models(A, run, ["shop.models.Thing"])
    assert finding == Finding(
        code="HR407",
        severity=Severity.WARNING,
        message="lint: shop.0002_a uses shop.models.Thing of today instead of taking it from apps.get_model",
        locations=(Location(path="shop/migrations/0002_a.py", line=20, remark="the code is run here"),),
        help="take the models from the apps argument of the function",
        command="handrail explain HR407",
    )
    (several,) = Lint.find_live_models(A, run, ["b.B", "a.A", "b.B"])
    assert several.message == "lint: shop.0002_a uses a.A and b.B of today instead of taking them from apps.get_model"
    assert list(Lint.find_live_models(A, run, [])) == []
