"""What is wrong in one app stops nobody who does not need it: migrate OTHERAPP, both ways, status and history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.live import LiveProject, Said
from tests.databases.small_project import migration
from tests.servers.base import Database

THING = 'migrations.CreateModel("{}", [("id", models.BigAutoField(primary_key=True))]),'
FIELD = 'migrations.AddField("{}", "{}", models.IntegerField(default=0)),'
SHOP = ("shop", "0001_initial")
BLOG = ("blog", "0001_initial")
FILES = {
    "shop.0001_initial": migration(THING.format("Thing")),
    "shop.0002_n": migration(FIELD.format("thing", "n"), SHOP),
    "blog.0001_initial": migration(THING.format("Post")),
}


@pytest.fixture
def project(tmp_path: Path, sqlite_database: Database) -> LiveProject:
    made = LiveProject.begin(tmp_path / "project", sqlite_database, FILES)
    made.settings(("handrail", "shop", "blog"))
    made.migrate()
    return made


def two_heads(project: LiveProject) -> None:
    project.put({f"blog.0002_{name}": migration(FIELD.format("post", name), BLOG) for name in ("a", "b")})


def markers(project: LiveProject) -> None:
    project.put({"blog.0002_a": "<<<<<<< HEAD\n"})


def ghost(project: LiveProject) -> None:
    project.aliases["default"].query(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('blog', '0009_gone', '2026-01-01')"
    )


def gap(project: LiveProject) -> None:
    project.put({"blog.0002_a": migration(FIELD.format("post", "a"), BLOG), "blog.0003_b": migration("", ("blog", "0002_a"))})
    project.aliases["default"].query("INSERT INTO django_migrations (app, name, applied) VALUES ('blog', '0003_b', '2026-01-01')")


REFUSED = {
    two_heads: "CommandError: error[HR101]: conflict: blog has 2 heads 0002_a, 0002_b from common ancestor\n    blog.0001_initial\n",
    markers: "CommandError: error[HR212]: unreadable: blog/migrations/0002_a.py:1 conflict markers\n",
    gap: "CommandError: error[HR201]: record-gap: blog.0003_b recorded, blog.0002_a not; schema of\n    blog.0002_a is unknown\n",
}


@pytest.mark.parametrize("break_blog", [two_heads, markers, ghost, gap])
def test_another_app_migrates_both_ways(project: LiveProject, break_blog: Callable[[LiveProject], None]) -> None:
    break_blog(project)
    back = project.manage("migrate", "shop", "0001")
    assert (back.exit, back.out.splitlines()[-1]) == (0, "  Unapplying shop.0002_n... OK"), back.err
    assert "shop.0002_n" in project.manage("migrate", "shop", "--plan").out
    assert project.manage("migrate", "shop", "--check").exit == 1
    again = project.manage("migrate", "shop")
    assert (again.exit, again.out.splitlines()[-1]) == (0, "  Applying shop.0002_n... OK"), again.err
    nothing = project.manage("migrate", "shop")
    assert (nothing.exit, nothing.out.splitlines()[3]) == (0, "  No migrations to apply."), nothing.err
    assert status(project)["databases"][0]["applied"] == len(FILES) + (break_blog in (ghost, gap))
    assert project.manage("handrail", "history", "--format", "json").json["runs"][0]["status"] == "done"


def status(project: LiveProject) -> dict[str, list[dict[str, object]]]:
    said: Said = project.manage("handrail", "status", "--format", "json")
    return said.json


@pytest.mark.parametrize("break_blog", REFUSED)
def test_what_needs_it_is_refused_and_nothing_is_done(project: LiveProject, break_blog: Callable[[LiveProject], None]) -> None:
    project.manage("migrate", "shop", "0001")
    break_blog(project)
    for words in ([], ["blog"]):
        said = project.manage("migrate", *words)
        assert said.exit == 2
        assert said.err.startswith(REFUSED[break_blog]), said.err
    assert project.manage("migrate", "shop").exit == 0


def test_an_app_that_needs_what_cannot_be_read_is_passed_over_too(project: LiveProject) -> None:
    project.put({"more.0001_initial": migration("", BLOG)})
    (project.path / "more" / "models.py").write_text("")
    project.settings(("handrail", "shop", "blog", "more"))
    markers(project)
    assert project.manage("migrate", "shop", "0001").exit == 0
    assert project.manage("migrate", "more").err.startswith(REFUSED[markers])


def test_a_dependency_on_nothing(project: LiveProject) -> None:
    project.put({"blog.0002_a": migration("", ("blog", "0001_gone"))})
    said = project.manage("migrate")
    assert said.exit == 2
    assert said.err.startswith(
        "CommandError: error[HR116]: missing-dependency: blog.0002_a depends on blog.0001_gone, which\n    no file here has\n"
    )
    assert project.manage("migrate", "shop").exit == 0


def test_a_dependency_on_what_cannot_be_read_is_no_dependency_on_nothing(project: LiveProject) -> None:
    project.put({"shop.0003_post": migration("", ("shop", "0002_n"), BLOG)})
    markers(project)
    said = project.manage("migrate", "shop")
    assert said.exit == 2
    assert "note: shop.0003_post needs migrations of blog\n" in said.err
