"""Resolving from the command line, whatever the graph looks like."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cases.team import THING, Make, Team, field
from tests.unit.planning.small_project import migration

FIRST = "shop.0001_initial"
PART = 'migrations.CreateModel("Part", [("id", models.BigAutoField(primary_key=True)), ("t", models.ForeignKey("shop.Thing", models.CASCADE))])'


def chain(app: str, *names: str, after: str, extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return migrations of which each adds the field it is named after, and needs the one before it; extra: further needs."""
    found = {}
    for name in names:
        needs = f"{after} {(extra or {}).get(name, '')}"
        found[f"{app}.{name}"] = migration(needs, field(name.rpartition("_")[2]))
        after = f"{app}.{name}"
    return found


def merged(team: Team, ours: dict[str, str], theirs: dict[str, str]) -> dict[str, bytes]:
    """Let the two sides meet on our branch; returns all files, of which theirs must not change."""
    team.two_sides(ours, theirs)
    team.git("merge", "-q", "main", "-m", "merge")
    return team.files()


def stays(team: Team, before: dict[str, bytes], theirs: dict[str, str]) -> None:
    """Check that the side on the target did not move by a byte."""
    for name in theirs:
        path = team.place(name).relative_to(team.path).as_posix()
        assert team.files()[path] == before[path]


class Databases:
    """A database at the state of each branch."""

    def __init__(self, team: Team, folder: Path) -> None:
        self.team, self.folder = team, folder
        for branch in ("main", "feature"):
            team.git("worktree", "add", "-q", "--detach", str(folder / branch), branch)
            root, database = folder / branch / team.inside, folder / f"{branch}.sqlite3"
            seen = team.probe.ask(root, team.labels, modules=team.modules, database=database)
            assert not seen.error, seen.error

    def follow(self, *branches: str) -> None:
        """Check that migrate brings a copy of each to the schema that it makes from zero."""
        fresh = self.team.look()
        for branch in branches:
            copy = self.folder / "copy.sqlite3"
            shutil.copy(self.folder / f"{branch}.sqlite3", copy)
            seen = self.team.look(copy)
            assert not seen.error, seen.error
            assert (seen.schema, seen.recorded) == (fresh.schema, fresh.recorded)


@pytest.mark.parametrize(
    "ours", [("0002_b",), ("0002_b", "0003_c", "0004_d"), ("0002_b", "0003_c", "0004_d", "0005_e", "0006_f")]
)
@pytest.mark.parametrize("theirs", [("0002_p",), ("0002_p", "0003_q", "0004_r", "0005_s")])
def test_chains_of_any_length(make: Make, tmp_path: Path, ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    team = make()
    team.start()
    their_files = chain("shop", *theirs, after=FIRST)
    team.two_sides(chain("shop", *ours, after=FIRST), their_files)
    databases = Databases(team, tmp_path)
    team.git("merge", "-q", "main", "-m", "merge")
    before = team.files()
    done = team.resolve()
    numbers = range(len(theirs) + 2, len(theirs) + len(ours) + 2)
    new = [f"{number:04}_{name.rpartition('_')[2]}" for number, name in zip(numbers, ours, strict=True)]
    assert team.names() == sorted(["0001_initial", *theirs, *new])
    assert done["graph"]["leaves"] == [["shop", new[-1]]]
    stays(team, before, their_files)
    databases.follow("main")
    team.undo(before)
    merge = team.resolve("--strategy", "merge")
    assert [edit["action"] for edit in merge["edits"]] == ["create"]
    databases.follow("main", "feature")
    team.undo(before)


def test_several_apps_that_need_each_other_both_ways(make: Make, tmp_path: Path) -> None:
    team = make()
    team.labels = ("shop", "blog")
    team.start({FIRST: migration("", THING), "blog.0001_initial": migration(FIRST, THING)})
    ours = {
        **chain("shop", "0002_b", after=FIRST),
        **chain("blog", "0002_g", "0003_h", after="blog.0001_initial", extra={"0002_g": "shop.0002_b"}),
        "shop.0003_c": migration("shop.0002_b blog.0002_g", field("c")),
    }
    theirs = {
        **chain("blog", "0002_x", after="blog.0001_initial"),
        **chain("shop", "0002_y", "0003_z", after=FIRST, extra={"0002_y": "blog.0002_x"}),
    }
    team.two_sides(ours, theirs)
    databases = Databases(team, tmp_path)
    team.git("merge", "-q", "main", "-m", "merge")
    before = team.files()
    done = team.resolve()
    assert done["graph"]["leaves"] == [["blog", "0004_h"], ["shop", "0005_c"]]
    assert '("shop", "0004_b")' in team.text("blog.0003_g")
    assert '("blog", "0003_g")' in team.text("shop.0005_c")
    stays(team, before, theirs)
    databases.follow("main")
    team.undo(before)


def test_one_app_of_several(make: Make) -> None:
    team = make()
    team.labels = ("shop", "blog")
    team.start({FIRST: migration("", THING), "blog.0001_initial": migration("", THING)})
    ours = {**chain("shop", "0002_b", after=FIRST), **chain("blog", "0002_b", after="blog.0001_initial")}
    theirs = {**chain("shop", "0002_a", after=FIRST), **chain("blog", "0002_a", after="blog.0001_initial")}
    before = merged(team, ours, theirs)
    done = team.handrail("resolve", "blog", "--yes").json
    assert done["renamed"] == [[["blog", "0002_b"], ["blog", "0003_b"]]]
    assert team.handrail("conflicts").json["conflicts"][0]["apps"] == ["shop"]
    team.resolve("shop")
    team.handrail("undo-edits", "--yes")
    team.undo(before)


def test_references_in_other_apps_follow(make: Make) -> None:
    team = make()
    team.labels = ("shop", "blog")
    team.start({FIRST: migration("", THING), "blog.0001_initial": migration("", THING)})
    ours = {
        **chain("shop", "0002_b", "0003_c", after=FIRST),
        "blog.0002_needs": migration("blog.0001_initial shop.0003_c", field("nn")),
        "blog.0003_before": migration("blog.0002_needs", field("m"), extra='    run_before = [("shop", "0004_last")]\n'),
        "shop.0004_last": migration("shop.0003_c", field("l")),
    }
    before = merged(team, ours, chain("shop", "0002_a", after=FIRST))
    team.resolve()
    assert team.names() == ["0001_initial", "0002_a", "0003_b", "0004_c", "0005_last"]
    assert '("shop", "0004_c")' in team.text("blog.0002_needs")
    assert 'run_before = [("shop", "0005_last")]' in team.text("blog.0003_before")
    team.undo(before)


def test_theirs_needs_nothing_of_ours_but_runs_before_it(make: Make) -> None:
    team = make()
    team.labels = ("shop", "blog")
    team.start({FIRST: migration("", THING), "blog.0001_initial": migration("", THING)})
    theirs = {
        "blog.0002_x": migration("blog.0001_initial", field("x"), extra='    run_before = [("shop", "0002_a")]\n'),
        **chain("shop", "0002_a", after=FIRST),
    }
    before = merged(team, chain("shop", "0002_b", after=FIRST), theirs)
    team.resolve()
    stays(team, before, theirs)
    team.undo(before)


SQUASH = '    replaces = [("shop", "0002_b"), ("shop", "0003_c")]\n'


def test_a_squash_on_our_side(make: Make) -> None:
    team = make()
    team.start()
    ours = {
        **chain("shop", "0002_b", "0003_c", after=FIRST),
        "shop.0002_squashed_0003_c": migration(FIRST, f"{field('b')}\n{field('c')}", extra=SQUASH),
        "shop.0004_d": migration("shop.0002_squashed_0003_c", field("d")),
    }
    before = merged(team, ours, chain("shop", "0002_a", after=FIRST))
    team.resolve()
    assert team.names() == ["0001_initial", "0002_a", "0003_b", "0003_squashed_0004_c", "0004_c", "0005_d"]
    assert 'replaces = [("shop", "0003_b"), ("shop", "0004_c")]' in team.text("shop.0003_squashed_0004_c")
    team.undo(before)


def test_a_squash_on_their_side(make: Make, tmp_path: Path) -> None:
    team = make()
    team.start({FIRST: migration("", THING), **chain("shop", "0002_b", "0003_c", after=FIRST)})
    theirs = {
        "shop.0002_squashed_0003_c": migration(FIRST, f"{field('b')}\n{field('c')}", extra=SQUASH),
        "shop.0004_x": migration("shop.0002_squashed_0003_c", field("x")),
    }
    team.two_sides(chain("shop", "0004_d", "0005_e", after="shop.0003_c"), theirs)
    databases = Databases(team, tmp_path)
    team.git("merge", "-q", "main", "-m", "merge")
    before = team.files()
    team.resolve()
    assert team.names() == ["0001_initial", "0002_b", "0002_squashed_0003_c", "0003_c", "0004_x", "0005_d", "0006_e"]
    stays(team, before, theirs)
    databases.follow("main")
    team.undo(before)


def test_a_squash_on_their_side_whose_files_are_gone(make: Make) -> None:
    team = make()
    team.start({FIRST: migration("", THING), **chain("shop", "0002_b", "0003_c", after=FIRST)})
    team.git("checkout", "-q", "-b", "feature")
    team.commit_files(chain("shop", "0004_d", after="shop.0003_c"))
    team.git("checkout", "-q", "main")
    team.git("rm", "-q", "shop/migrations/0002_b.py", "shop/migrations/0003_c.py")
    team.commit_files({"shop.0002_squashed_0003_c": migration(FIRST, f"{field('b')}\n{field('c')}")})
    team.git("checkout", "-q", "feature")
    for state in ("apart", "merged"):
        if state == "merged":
            team.git("merge", "-q", "main", "-m", "merge")
        found = team.handrail("conflicts", *(["--base", "main"] if state == "apart" else [])).json
        assert [(one["code"], one["command"]) for one in found["findings"]] == [
            ("HR116", "handrail explain HR116"),
            ("HR101", "handrail explain HR116"),
        ]
        assert [one["verdict"] for one in found["conflicts"]] == ["opaque"]
        assert team.refuse(*(["--onto", "main"] if state == "apart" else [])).codes == ["HR116"]


@pytest.mark.parametrize("count", [3, 4])
def test_more_than_two_leaves(make: Make, count: int) -> None:
    team = make()
    team.start()
    theirs = chain("shop", "0002_a", after=FIRST)
    ours: dict[str, str] = {}
    for name in "bcd"[: count - 1]:
        ours |= chain("shop", f"0002_{name}", f"0003_{name}{name}", after=FIRST)
    before = merged(team, ours, theirs)
    team.resolve()
    ends = ["0003_b", "0004_bb", "0005_c", "0006_cc", "0007_d", "0008_dd"][: 2 * (count - 1)]
    assert team.names() == ["0001_initial", "0002_a", *ends]
    stays(team, before, theirs)
    team.undo(before)
    done = team.resolve("--strategy", "merge")
    assert len(done["edits"]) == 1
    team.undo(before)


def test_max_migration_and_lock_files_follow(make: Make) -> None:
    team = make()
    team.start()
    team.put({"shop/migrations/max_migration.txt": "0001_initial\n"})
    team.handrail("migrations-lock", "--all")
    team.commit("locked")
    team.git("checkout", "-q", "-b", "feature")
    team.put({**chain("shop", "0002_b", after=FIRST), "shop/migrations/max_migration.txt": "0002_b\n"})
    team.handrail("migrations-lock")
    team.commit("ours")
    team.git("checkout", "-q", "main")
    team.put({**chain("shop", "0002_a", after=FIRST), "shop/migrations/max_migration.txt": "0002_a\n"})
    team.handrail("migrations-lock")
    team.commit("theirs")
    locked = team.text("shop/migrations/migrations.lock")
    team.git("checkout", "-q", "feature")
    team.git("merge", "-q", "main", status=1)
    before = team.files()
    assert b"<<<<<<<" in before["shop/migrations/migrations.lock"]
    assert b"<<<<<<<" in before["shop/migrations/max_migration.txt"]
    team.resolve()
    assert team.text("shop/migrations/max_migration.txt") == "0003_b\n"
    assert team.text("shop/migrations/migrations.lock").startswith(locked.partition("app shop")[0])
    assert "\nleaf 0003_b " in team.text("shop/migrations/migrations.lock")
    assert team.handrail("migrations-lock").json["edits"] == []
    assert team.handrail("check").json["findings"] == []
    team.undo(before)


NAMES = [
    ("names without numbers", "add_stock", "add_price", ["0001_initial", "add_price", "add_stock"]),
    ("five digits", "00002_b", "00002_a", ["0001_initial", "00002_a", "00003_b"]),
    ("other digits", "0002_b", "00002_a", ["0001_initial", "00002_a", "0003_b"]),
    ("one name but for the case", "0002_Thing", "0002_thing", ["0001_initial", "0002_thing", "0003_Thing"]),
    ("a higher number", "0007_b", "0002_a", ["0001_initial", "0002_a", "0007_b"]),
    ("digits in the name", "0002_2fa_b", "0002_2fa_a", ["0001_initial", "0002_2fa_a", "0003_2fa_b"]),
]


@pytest.mark.parametrize(("ours", "theirs", "names"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_names(make: Make, ours: str, theirs: str, names: list[str]) -> None:
    team = make()
    team.start()
    theirs_files = {f"shop.{theirs}": migration(FIRST, field("a"))}
    before = merged(team, {f"shop.{ours}": migration(FIRST, field("b"))}, theirs_files)
    team.resolve()
    assert team.names() == sorted(names)
    stays(team, before, theirs_files)
    team.undo(before)


def test_a_name_is_never_given_to_another_content(make: Make) -> None:
    team = make()
    team.start()
    theirs = chain("shop", "0002_a", "0003_b", after=FIRST)
    before = merged(
        team, {"shop.0002_b": migration(FIRST, field("e")), "shop.0004_b": migration("shop.0002_b", field("f"))}, theirs
    )
    team.resolve()
    assert team.names() == ["0001_initial", "0002_a", "0003_b", "0004_b_2", "0005_b"]
    assert team.text("shop.0004_b_2") == migration("shop.0003_b", field("e"))
    assert team.text("shop.0005_b") == migration("shop.0004_b_2", field("f"))
    team.undo(before)


def test_the_same_files_on_every_machine(make: Make) -> None:
    found = []
    for name in ("one", "other"):
        team = make(name)
        team.start()
        if name == "other":
            team.git("branch", "aaa")
            team.git("branch", "zzz")
        sides = [chain("shop", f"0002_{letter}", after=FIRST) for letter in ("bee", "cee")]
        for side in sides if name == "one" else reversed(sides):
            team.put(side)
            for file in side:
                team.place(file).touch()
        before = team.files()
        done = team.resolve("--strategy", "merge")
        merge = team.files()
        team.undo(before)
        team.commit_files(chain("shop", "0002_a", after=FIRST), "theirs")
        for side in sides:
            for file in side:
                team.git("rm", "--cached", "-q", team.place(file).relative_to(team.path).as_posix())
        team.git("commit", "-q", "--amend", "-m", "theirs")
        found.append((done, merge, team.resolve(), team.files()))
    assert found[0] == found[1]
    assert "0003_bee" in str(found[0][3].keys())
