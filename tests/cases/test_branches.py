"""What two branches, or all of them, would meet: real repositories, nothing merged yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.api.conflicts import conflicts
from handrail.domain.conflict import Conflict
from handrail.domain.outcome import Outcome
from handrail.errors.hr011 import RefNotFound
from handrail.sources.project import Project
from tests.cases.sides import THING, write
from tests.git_sandbox import Sandbox

FIRST = [("shop", "0001_initial")]
WIDER = 'migrations.AlterField("thing", "name", models.CharField(max_length={}))'
FIELD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True))'


@pytest.fixture
def repository(tmp_path: Path) -> Sandbox:
    """A repository whose main branch has shop.0001_initial and blog.0001_initial."""
    sandbox = Sandbox.create(tmp_path / "repository")
    write(sandbox.path, "shop", "0001_initial", THING, [])
    write(
        sandbox.path, "blog", "0001_initial", 'migrations.CreateModel("Post", [("id", models.AutoField(primary_key=True))])', []
    )
    commit(sandbox, "start")
    return sandbox


def commit(sandbox: Sandbox, message: str) -> None:
    sandbox.git("add", "-A")
    sandbox.git("commit", "-qm", message)


def branch(sandbox: Sandbox, name: str, *migrations: tuple[str, str, str, list[tuple[str, str]]]) -> None:
    """Make a branch from main with these migrations, one commit, and go back to main."""
    sandbox.git("checkout", "-qb", name, "main")
    for app, migration, operations, needs in migrations:
        write(sandbox.path, app, migration, operations, needs)
    commit(sandbox, name)
    sandbox.git("checkout", "-q", "main")


def compared(sandbox: Sandbox, base: str, head: str | None = None) -> Outcome:
    return conflicts(Project(root=sandbox.path), base=base, head=head)


def said(outcome: Outcome) -> list[tuple[tuple[str, ...], str]]:
    return [(one.apps, str(one.verdict)) for one in outcome.conflicts or ()]


def leaves(conflict: Conflict) -> list[tuple[str, str]]:
    return [(side.ref, side.leaf.name if side.leaf else "") for side in conflict.sides]


def test_a22_is_found_before_it_merges(repository: Sandbox) -> None:
    branch(repository, "wide", ("shop", "0002_wide", WIDER.format(100), FIRST))
    branch(repository, "wider", ("shop", "0002_wider", WIDER.format(200), FIRST))
    outcome = compared(repository, "wide", "wider")
    assert said(outcome) == [(("shop",), "overlapping")]
    assert [finding.code for finding in outcome.findings] == ["HR101", "HR103"]
    assert leaves((outcome.conflicts or ())[0]) == [("wider", "0002_wider"), ("wide", "0002_wide")]


def test_the_working_tree_is_the_head_where_none_is_named(repository: Sandbox) -> None:
    branch(repository, "wide", ("shop", "0002_wide", WIDER.format(100), FIRST))
    write(repository.path, "shop", "0002_field", FIELD.format("a"), FIRST)
    outcome = compared(repository, "wide")
    assert said(outcome) == [(("shop",), "independent")]
    repository.git("add", "-A")
    (repository.path / "shop/migrations/0002_field.py").unlink()
    assert said(compared(repository, "wide", ":")) == [(("shop",), "independent")]
    assert said(compared(repository, "wide")) == []


def test_a40_two_apps_meet_though_no_app_has_two_leaves(repository: Sandbox) -> None:
    branch(repository, "delete", ("shop", "0002_delete", 'migrations.DeleteModel("Thing")', FIRST))
    key = 'migrations.AddField("post", "thing", models.ForeignKey("shop.Thing", models.CASCADE, null=True))'
    branch(repository, "key", ("blog", "0002_key", key, [("blog", "0001_initial"), *FIRST]))
    outcome = compared(repository, "delete", "key")
    assert said(outcome) == [(("blog", "shop"), "overlapping")]
    assert [finding.code for finding in outcome.findings] == ["HR105", "HR108"]


def test_a_branch_that_merged_its_target_and_left_two_leaves(repository: Sandbox) -> None:
    branch(repository, "feature", ("shop", "0002_feature", FIELD.format("a"), FIRST))
    write(repository.path, "shop", "0002_main", WIDER.format(100), FIRST)
    commit(repository, "main")
    repository.git("checkout", "-q", "feature")
    repository.git("merge", "-q", "--no-edit", "main")
    outcome = compared(repository, "main")
    assert said(outcome) == [(("shop",), "independent")]
    assert [side.leaf.name for side in (outcome.conflicts or ())[0].sides if side.leaf] == ["0002_feature", "0002_main"]


def test_a_merge_migration_on_the_branch_does_not_hide_a_lost_update(repository: Sandbox) -> None:
    branch(repository, "feature", ("shop", "0002_feature", WIDER.format(200), FIRST))
    write(repository.path, "shop", "0002_main", WIDER.format(100), FIRST)
    commit(repository, "main")
    repository.git("checkout", "-q", "feature")
    repository.git("merge", "-q", "--no-edit", "main")
    write(repository.path, "shop", "0003_merge", "", [("shop", "0002_feature"), ("shop", "0002_main")])
    outcome = compared(repository, "main")
    assert [finding.code for finding in outcome.findings] == ["HR103"]


def test_one_name_with_two_contents(repository: Sandbox) -> None:
    branch(repository, "one", ("shop", "0002_auto", FIELD.format("a"), FIRST))
    branch(repository, "two", ("shop", "0002_auto", FIELD.format("b"), FIRST))
    outcome = compared(repository, "one", "two")
    assert said(outcome) == [(("shop",), "overlapping")]
    assert outcome.findings[0].message == "same-name-other-content: each side adds shop.0002_auto with other content"


def test_a_branch_without_a_common_commit_is_compared_file_by_file(repository: Sandbox) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    write(repository.path, "shop", "0002_other", FIELD.format("a"), FIRST)
    commit(repository, "other")
    assert said(compared(repository, "main")) == []


def test_a_missing_ref_is_refused_with_the_command_that_fetches_it(repository: Sandbox) -> None:
    with pytest.raises(RefNotFound) as refused:
        compared(repository, "origin/main")
    assert refused.value.finding.code == "HR011"


def test_only_the_apps_that_are_asked_for(repository: Sandbox) -> None:
    post = [("blog", "0001_initial")]
    added = 'migrations.AddField("post", "{}", models.IntegerField(null=True))'
    for name in ("a", "b"):
        branch(
            repository,
            name,
            ("shop", f"0002_{name}", FIELD.format(name), FIRST),
            ("blog", f"0002_{name}", added.format(name), post),
        )
    outcome = conflicts(Project(root=repository.path), ["blog"], base="a", head="b")
    assert said(outcome) == [(("blog",), "independent")]
    assert [finding.message for finding in outcome.findings] == [
        "conflict: blog has 2 heads 0002_a and 0002_b from common ancestor 0001_initial"
    ]


def test_every_branch_against_every_other(repository: Sandbox) -> None:
    branch(repository, "wide", ("shop", "0002_wide", WIDER.format(100), FIRST))
    branch(repository, "wider", ("shop", "0002_wider", WIDER.format(200), FIRST))
    branch(repository, "field", ("shop", "0002_field", FIELD.format("a"), FIRST))
    branch(repository, "post", ("blog", "0002_p", 'migrations.AlterModelTable("post", "posts")', [("blog", "0001_initial")]))
    outcome = conflicts(Project(root=repository.path), all_branches="*")
    found = {tuple(sorted(side.ref for side in one.sides)): str(one.verdict) for one in outcome.conflicts or ()}
    assert found == {
        ("wide", "wider"): "overlapping",
        ("field", "wide"): "independent",
        ("field", "wider"): "independent",
    }
    only = conflicts(Project(root=repository.path), all_branches="wide*")
    assert [str(one.verdict) for one in only.conflicts or ()] == ["overlapping"]


def test_every_branch_against_what_the_default_branch_got_since(repository: Sandbox) -> None:
    branch(repository, "wide", ("shop", "0002_wide", WIDER.format(100), FIRST))
    write(repository.path, "shop", "0002_main", WIDER.format(200), FIRST)
    commit(repository, "main")
    outcome = conflicts(Project(root=repository.path), all_branches="*")
    assert said(outcome) == [(("shop",), "overlapping")]
    assert leaves((outcome.conflicts or ())[0]) == [("wide", "0002_wide"), ("main", "0002_main")]
    assert outcome.exit == 1
