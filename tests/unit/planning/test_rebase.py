"""Our chains come after what is on the target branch, whatever refers to them."""

from __future__ import annotations

from dataclasses import replace

from handrail.domain.conflict import Conflict, Kind, Reason, Side, Verdict
from handrail.domain.edit import Action
from handrail.domain.graph import MigrationGraph
from handrail.planning.resolution import Strategy
from handrail.sources.files import WorkingTree, read_snapshot
from tests.unit.planning.small_project import SmallProject, key, keys, migration, place


def project(tmp_path, files: dict[str, str]) -> SmallProject:
    base = {"shop.0001_initial": migration()}
    return SmallProject(tmp_path, {**base, **files})


def actions(resolution) -> list[tuple[str, str, str]]:
    return [(edit.action.value, edit.path, edit.to) for edit in resolution.edits]


def test_one_migration_is_renumbered_and_repointed(tmp_path):
    small = project(tmp_path, {"shop.0002_a": migration("shop.0001_initial"), "shop.0002_b": migration("shop.0001_initial")})
    theirs = small.text("shop.0002_a")
    resolution = small.resolve("shop.0002_a")
    assert actions(resolution) == [("rename", "shop/migrations/0002_b.py", "shop/migrations/0003_b.py")]
    assert resolution.strategy is Strategy.REBASE
    assert resolution.renamed == ((key("shop.0002_b"), key("shop.0003_b")),)
    small.write(resolution)
    assert small.text("shop.0002_a") == theirs
    assert small.text("shop.0003_b") == migration("shop.0002_a")
    assert small.django_leaves() == [key("shop.0003_b")]


def test_the_other_side_moves_when_the_target_is_the_other_one(tmp_path):
    small = project(tmp_path, {"shop.0002_a": migration("shop.0001_initial"), "shop.0002_b": migration("shop.0001_initial")})
    resolution = small.resolve("shop.0002_b")
    assert resolution.renamed == ((key("shop.0002_a"), key("shop.0003_a")),)


def test_a_chain_moves_whole_and_a_number_that_is_high_enough_stays(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0003_a": migration("shop.0002_a"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_c": migration("shop.0002_b"),
            "shop.0009_d": migration("shop.0003_c"),
        },
    )
    resolution = small.resolve("shop.0003_a")
    assert resolution.renamed == (
        (key("shop.0002_b"), key("shop.0004_b")),
        (key("shop.0003_c"), key("shop.0005_c")),
    )
    graph = small.write(resolution)
    assert graph.plan(graph.leaf_nodes()) == list(
        keys("shop.0001_initial shop.0002_a shop.0003_a shop.0004_b shop.0005_c shop.0009_d")
    )


def test_a_branching_chain_with_its_own_merge_keeps_its_shape(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_c": migration("shop.0002_b"),
            "shop.0003_d": migration("shop.0002_b"),
            "shop.0004_merge": migration("shop.0003_c shop.0003_d"),
        },
    )
    graph = small.write(small.resolve("shop.0002_a"))
    assert {str(child): sorted(map(str, graph.parents[child])) for child in graph.nodes} == {
        "shop.0001_initial": [],
        "shop.0002_a": ["shop.0001_initial"],
        "shop.0003_b": ["shop.0002_a"],
        "shop.0004_c": ["shop.0003_b"],
        "shop.0004_d": ["shop.0003_b"],
        "shop.0005_merge": ["shop.0004_c", "shop.0004_d"],
    }


def test_three_leaves_come_into_one_line(tmp_path):
    small = project(tmp_path, {f"shop.0002_{name}": migration("shop.0001_initial") for name in "abc"})
    graph = small.write(small.resolve("shop.0002_b"))
    assert graph.plan(graph.leaf_nodes()) == list(keys("shop.0001_initial shop.0002_b shop.0003_a shop.0004_c"))
    assert small.django_leaves() == [key("shop.0004_c")]


def test_two_leaves_of_our_own_chain_come_into_one_line(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_c": migration("shop.0002_b"),
            "shop.0003_d": migration("shop.0002_b"),
        },
    )
    graph = small.write(small.resolve("shop.0002_a"))
    assert graph.plan(graph.leaf_nodes()) == list(keys("shop.0001_initial shop.0002_a shop.0003_b shop.0004_c shop.0005_d"))


def test_a_name_that_is_taken_or_was_just_given_up_gets_a_suffix(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_B": migration("shop.0001_initial"),
            "shop/migrations/0003_b.txt.py": "",
            "shop/migrations/0003_b.py": migration("shop.0002_B"),
        },
    )
    resolution = small.resolve("shop.0002_a")
    assert resolution.renamed == (
        (key("shop.0002_B"), key("shop.0003_B_2")),
        (key("shop.0003_b"), key("shop.0004_b")),
    )
    small.write(resolution)


def test_five_digits_and_names_without_a_number(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.00002_a": migration("shop.0001_initial"),
            "shop.00002_b": migration("shop.0001_initial"),
            "shop.later": migration("shop.00002_b"),
        },
    )
    resolution = small.resolve("shop.00002_a")
    assert resolution.renamed == ((key("shop.00002_b"), key("shop.00003_b")),)
    small.write(resolution)
    assert small.text("shop.later") == migration("shop.00003_b")


def test_several_apps_at_once_with_dependencies_between_them(tmp_path):
    small = project(
        tmp_path,
        {
            "blog.0001_initial": migration(),
            "blog.0002_x": migration("blog.0001_initial shop.0002_a"),
            "blog.0002_y": migration("blog.0001_initial shop.0002_b"),
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_c": migration("shop.0002_b blog.0002_y"),
        },
    )
    resolution = small.resolve("shop.0002_a blog.0002_x")
    graph = small.write(resolution)
    assert resolution.leaves == keys("blog.0003_y shop.0004_c")
    assert small.text("blog.0003_y") == migration("blog.0002_x shop.0003_b")
    assert small.text("shop.0004_c") == migration("shop.0003_b blog.0003_y")
    assert graph.is_ordered(key("blog.0002_x"), key("shop.0004_c"))
    assert small.django_leaves() == list(keys("blog.0003_y shop.0004_c"))


def test_only_the_apps_that_are_asked_for(tmp_path):
    small = project(
        tmp_path,
        {f"{app}.{name}": migration(f"{app}.0001_initial") for app in ("shop", "blog") for name in ("0002_a", "0002_b")}
        | {"blog.0001_initial": migration()},
    )
    resolution = small.resolve("shop.0002_a blog.0002_a", apps=["blog"])
    assert resolution.renamed == ((key("blog.0002_b"), key("blog.0003_b")),)
    assert resolution.leaves == keys("blog.0003_b shop.0002_a shop.0002_b")


def test_kpi_0040_another_apps_dependency_follows(tmp_path):
    """kobotoolbox/kpi left the other app's 0001_initial dangling for three days."""
    small = SmallProject(
        tmp_path,
        {
            "kpi.0039_add_support_paired_data_to_asset_file": migration(),
            "kpi.0040_asset_advanced_features": migration("kpi.0039_add_support_paired_data_to_asset_file"),
            "kpi.0040_synchronous_export": migration("kpi.0039_add_support_paired_data_to_asset_file"),
            "subsequences.0001_initial": migration("kpi.0040_asset_advanced_features"),
        },
    )
    resolution = small.resolve("kpi.0040_synchronous_export")
    assert actions(resolution) == [
        ("rename", "kpi/migrations/0040_asset_advanced_features.py", "kpi/migrations/0041_asset_advanced_features.py"),
        ("rewrite", "subsequences/migrations/0001_initial.py", ""),
    ]
    small.write(resolution)
    assert small.text("subsequences.0001_initial") == migration("kpi.0041_asset_advanced_features")
    assert small.django_leaves() == list(keys("kpi.0041_asset_advanced_features subsequences.0001_initial"))


def test_nautobot_0022_the_released_side_does_not_move(tmp_path):
    """nautobot renumbered what was in a release, over what was not."""
    small = SmallProject(
        tmp_path,
        {
            "dcim.0019_data": migration(),
            "dcim.0020_increase_size": migration("dcim.0019_data"),
            "dcim.0021_network_driver": migration("dcim.0020_increase_size"),
            "dcim.0020_move_site": migration("dcim.0019_data"),
            "dcim.0021_mptt": migration("dcim.0020_move_site"),
        },
    )
    resolution = small.resolve("dcim.0021_network_driver")
    assert resolution.renamed == (
        (key("dcim.0020_move_site"), key("dcim.0022_move_site")),
        (key("dcim.0021_mptt"), key("dcim.0023_mptt")),
    )


def test_saleor_account_0043_two_other_apps_are_repointed(tmp_path):
    small = SmallProject(
        tmp_path,
        {
            "account.0041_permissions_to_groups": migration(),
            "account.0042_merge": migration("account.0041_permissions_to_groups"),
            "account.0042_rename_service_account": migration("account.0041_permissions_to_groups webhook.0002_name"),
            "account.0043_unmount_app": migration("account.0042_rename_service_account webhook.0003_unmount"),
            "webhook.0002_name": migration(),
            "webhook.0003_unmount": migration("webhook.0002_name account.0042_rename_service_account"),
            "app.0001_initial": migration(
                "account.0042_rename_service_account",
                extra='    run_before = [("account", "0043_unmount_app")]\n',
            ),
        },
    )
    resolution = small.resolve("account.0042_merge")
    small.write(resolution)
    assert resolution.leaves == keys("account.0044_unmount_app app.0001_initial webhook.0003_unmount")
    assert small.text("account.0044_unmount_app") == migration("account.0043_rename_service_account webhook.0003_unmount")
    assert small.text("webhook.0003_unmount") == migration("webhook.0002_name account.0043_rename_service_account")
    assert small.text("app.0001_initial") == migration(
        "account.0043_rename_service_account", extra='    run_before = [("account", "0044_unmount_app")]\n'
    )
    assert small.django_leaves() == list(keys("account.0044_unmount_app app.0001_initial webhook.0003_unmount"))


def test_a_squash_of_ours_moves_with_what_it_replaces(tmp_path):
    replaces = '    replaces = [("shop", "0002_b"), ("shop", "0003_c")]\n'
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_c": migration("shop.0002_b"),
            "shop.0002_squashed_0003_c": migration("shop.0001_initial", extra=replaces),
        },
    )
    resolution = small.resolve("shop.0002_a")
    small.write(resolution)
    assert resolution.leaves == keys("shop.0003_squashed_0004_c")
    assert small.text("shop.0003_b") == migration("shop.0002_a")
    assert small.text("shop.0004_c") == migration("shop.0003_b")
    assert small.text("shop.0003_squashed_0004_c") == migration(
        "shop.0002_a", extra='    replaces = [("shop", "0003_b"), ("shop", "0004_c")]\n'
    )
    assert small.django_leaves() == list(keys("shop.0003_squashed_0004_c"))


def test_hr111_a_branch_off_a_migration_that_the_target_squashed(tmp_path):
    replaces = '    replaces = [("shop", "0001_initial"), ("shop", "0002_a")]\n'
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0001_squashed_0002_a": migration("", extra=replaces),
            "shop.0003_x": migration("shop.0001_squashed_0002_a"),
            "shop.0003_b": migration("shop.0002_a"),
        },
    )
    small.write(small.resolve("shop.0003_x"))
    assert small.text("shop.0004_b") == migration("shop.0003_x")


def test_max_migration_txt_follows_also_with_conflict_markers_in_it(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop/migrations/max_migration.txt": "<<<<<<< HEAD\n0002_b\n=======\n0002_a\n>>>>>>> main\n",
        },
    )
    small.write(small.resolve("shop.0002_a"))
    assert small.text("shop/migrations/max_migration.txt") == "0003_b\n"


def test_an_import_of_the_renamed_module_follows(tmp_path):
    code = "from importlib import import_module\n\nforwards = import_module('shop.migrations.0002_b').forwards\n"
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial", imports="forwards = print\n"),
            "shop.0003_c": migration("shop.0002_b", imports=code),
        },
    )
    small.write(small.resolve("shop.0002_a"))
    assert small.text("shop.0004_c") == migration("shop.0003_b", imports=code.replace("0002_b", "0003_b"))


def test_what_is_applied_in_production_does_not_move_even_if_it_is_ours(tmp_path):
    small = project(tmp_path, {"shop.0002_a": migration("shop.0001_initial"), "shop.0002_b": migration("shop.0001_initial")})
    resolution = small.resolve("shop.0002_a", applied=[key("shop.0002_b")], strategy=Strategy.REBASE)
    assert [(one.code, one.message) for one in resolution.refusals] == [
        ("HR122", "shop.0002_a, shop.0002_b cannot move: on the target branch or applied")
    ]
    assert resolution.edits == ()
    resolution = small.resolve("shop.0002_a", applied=[key("shop.0002_b")])
    assert resolution.strategy is Strategy.MERGE
    assert [edit.path for edit in resolution.edits] == ["shop/migrations/0003_merge_0002_a_0002_b.py"]


def test_without_a_target_nothing_moves(tmp_path):
    small = project(tmp_path, {"shop.0002_a": migration("shop.0001_initial"), "shop.0002_b": migration("shop.0001_initial")})
    resolution = small.resolve(strategy=Strategy.REBASE)
    assert [(one.code, one.message, one.command) for one in resolution.refusals] == [
        (
            "HR121",
            "which side of shop is on the target branch is not known: 0002_a, 0002_b",
            "handrail explain HR121",
        )
    ]
    assert small.resolve().edits[0].action is Action.CREATE


def test_the_order_of_our_chains_respects_what_they_need_in_other_apps(tmp_path):
    small = project(
        tmp_path,
        {
            "blog.0001_initial": migration(),
            "blog.0002_e": migration("blog.0001_initial shop.0002_c"),
            "blog.0002_f": migration("blog.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial blog.0002_e"),
            "shop.0002_c": migration("shop.0001_initial"),
        },
    )
    graph = small.write(small.resolve("shop.0001_initial blog.0001_initial"))
    assert [one for one in graph.plan(graph.leaf_nodes()) if one.app_label == "shop"] == list(
        keys("shop.0001_initial shop.0002_c shop.0003_b")
    )


def test_chains_that_are_woven_through_another_app_are_taken_apart(tmp_path):
    small = project(
        tmp_path,
        {
            "blog.0001_initial": migration(),
            "blog.0002_e": migration("blog.0001_initial shop.0002_b"),
            "blog.0002_f": migration("blog.0001_initial shop.0002_c"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_b": migration("shop.0002_b blog.0002_f"),
            "shop.0002_c": migration("shop.0001_initial blog.0002_e"),
        },
    )
    resolution = small.resolve("shop.0001_initial blog.0001_initial")
    small.write(resolution)
    assert resolution.leaves == keys("blog.0003_f shop.0004_b")
    assert small.text("shop.0003_c") == migration("shop.0002_b blog.0002_e")
    assert small.text("shop.0004_b") == migration("shop.0003_c blog.0003_f")


def test_a_circle_through_another_app_is_refused(tmp_path):
    small = project(
        tmp_path,
        {
            "blog.0001_initial": migration(),
            "blog.0002_e": migration("blog.0001_initial shop.0002_c"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0002_c": migration("shop.0001_initial"),
        },
    )
    reason = Reason(
        code="HR107",
        kind=Kind.DATA,
        verdict=Verdict.ORDER_DEPENDENT,
        explanation="the outcome depends on the order",
        operations=(place("shop.0002_b.0"), place("blog.0002_e.0")),
        order=keys("blog.0002_e shop.0002_b"),
    )
    sides = (
        Side(ref="", leaf=key("shop.0002_b"), migrations=keys("shop.0002_b")),
        Side(ref="", leaf=key("blog.0002_e"), migrations=keys("blog.0002_e")),
    )
    across = Conflict(apps=("blog", "shop"), ancestor=None, sides=sides, verdict=reason.verdict, reasons=(reason,))
    inside = replace(reason, operations=(place("shop.0002_b.0"), place("shop.0002_c.0")), order=keys("shop.0002_b shop.0002_c"))
    resolution = small.resolve("shop.0001_initial blog.0001_initial", conflicts=[*small.conflicts([inside]), across])
    assert [(one.code, one.message, one.notes) for one in resolution.refusals] == [
        (
            "HR123",
            "the resolved files would not hold: the dependencies go in a circle",
            ("blog.0002_e -> shop.0003_c -> shop.0002_b -> blog.0002_e",),
        )
    ]


def test_what_cannot_be_rewritten_is_refused_with_file_and_line(tmp_path):
    text = migration("shop.0001_initial").replace('("shop", "0001_initial"),', '("shop", "0001_" + "initial"),')
    small = project(tmp_path, {"shop.0002_a": migration("shop.0001_initial"), "shop.0002_b": text})
    resolution = small.resolve("shop.0002_a")
    assert [(one.code, one.message) for one in resolution.refusals] == [
        ("HR120", "shop/migrations/0002_b.py cannot be rewritten with certainty")
    ]
    (place,) = resolution.refusals[0].locations
    assert (place.path, place.line) == ("shop/migrations/0002_b.py", 5)
    assert place.remark == "dependencies names shop.0001_initial in a way that cannot be rewritten with certainty"


def test_a_file_that_cannot_be_read_stops_it(tmp_path):
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "blog.0001_initial": migration("shop.0002_b"),
        },
    )
    (tmp_path / "blog/migrations/0001_initial.py").write_text("<<<<<<< HEAD\nclass Migration:\n=======\n>>>>>>> main\n")
    small.snapshot = read_snapshot(WorkingTree(tmp_path))
    small.graph = MigrationGraph.build(small.snapshot.migrations)
    resolution = small.resolve("shop.0002_a")
    assert [(one.code, one.locations[0].path) for one in resolution.refusals] == [("HR212", "blog/migrations/0001_initial.py")]
    assert small.resolve("shop.0002_a", strategy=Strategy.MERGE).is_refused is False


def test_an_old_name_in_a_comment_or_in_code_is_named(tmp_path):
    code = "# as in 0002_b\nAFTER = '0002_b'\n"
    small = project(
        tmp_path,
        {
            "shop.0002_a": migration("shop.0001_initial"),
            "shop.0002_b": migration("shop.0001_initial"),
            "shop.0003_c": migration("shop.0002_b", imports=code),
        },
    )
    assert small.resolve("shop.0002_a").notes == (
        "shop.0003_c also says 0002_b outside of its references (lines 1, 2, 8): left as it is",
    )


def test_nothing_to_do_is_no_edit(tmp_path):
    small = project(tmp_path, {"shop.0002_a": migration("shop.0001_initial"), "shop.0002_b": migration("shop.0002_a")})
    resolution = small.resolve("shop.0002_a")
    assert (resolution.edits, resolution.is_refused, resolution.leaves) == ((), False, keys("shop.0002_b"))
