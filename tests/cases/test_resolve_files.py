"""Resolving from the command line, however the files are written and wherever they lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cases.team import THING, Make, Team, field
from tests.unit.planning.small_project import migration

FIRST = "shop.0001_initial"
A = {"shop.0002_a": migration(FIRST, field("a"))}
B = migration(FIRST, field("b"))
RENAMED = B.replace("0001_initial", "0002_a")

FORMS = {
    "CRLF": (B.replace("\n", "\r\n").encode(), RENAMED.replace("\n", "\r\n").encode()),
    "no line feed at the end": (B.rstrip("\n").encode(), RENAMED.rstrip("\n").encode()),
    "a byte order mark": (b"\xef\xbb\xbf" + B.encode(), b"\xef\xbb\xbf" + RENAMED.encode()),
    "latin-1": (
        f"# -*- coding: latin-1 -*-\n# für später\n{B}".encode("latin-1"),
        f"# -*- coding: latin-1 -*-\n# für später\n{RENAMED}".encode("latin-1"),
    ),
    "comments among the dependencies": (
        B.replace('("shop", "0001_initial"),', "# the first\n        ('shop', '0001_initial'),  # and only one").encode(),
        B.replace('("shop", "0001_initial"),', "# the first\n        ('shop', '0002_a'),  # and only one").encode(),
    ),
    "tabs": (B.replace("    ", "\t").encode(), RENAMED.replace("    ", "\t").encode()),
    "a sum of lists": (
        B.replace("dependencies = [\n", "dependencies = [] + [\n").encode(),
        RENAMED.replace("dependencies = [\n", "dependencies = [] + [\n").encode(),
    ),
    "a tuple on one line": (
        B.replace('[\n        ("shop", "0001_initial"),\n    ]', '(("shop", "0001_initial"),)').encode(),
        B.replace('[\n        ("shop", "0001_initial"),\n    ]', '(("shop", "0002_a"),)').encode(),
    ),
    "a comprehension": (
        B.replace('[\n        ("shop", "0001_initial"),\n    ]', '[("shop", name) for name in ("0001_initial",)]').encode(),
        B.replace('[\n        ("shop", "0001_initial"),\n    ]', '[("shop", "0002_a")]').encode(),
    ),
}


def met(team: Team, ours: dict[str, str | bytes], theirs: dict[str, str | bytes] | None = None) -> dict[str, bytes]:
    """Let the two sides meet on our branch; returns all files."""
    team.two_sides(ours, theirs or A)
    team.git("merge", "-q", "main", "-m", "merge")
    return team.files()


@pytest.mark.parametrize("form", FORMS)
def test_formatting_and_comments_stay(make: Make, form: str) -> None:
    team = make()
    team.start()
    written, expected = FORMS[form]
    before = met(team, {"shop.0002_b": written})
    team.resolve()
    assert team.place("shop.0003_b").read_bytes() == expected
    team.undo(before)


def test_a_form_that_cannot_be_rewritten_is_refused_with_its_line(make: Make) -> None:
    team = make()
    team.start()
    met(team, {"shop.0002_b": B.replace('("shop", "0001_initial"),', '("sh" "op", "%04d_initial" % 1),')})
    found = team.refuse().json["findings"]
    assert [(one["code"], one["command"]) for one in found] == [("HR120", "handrail explain HR120")]
    assert [(place["path"], place["line"]) for place in found[0]["locations"]] == [("shop/migrations/0002_b.py", 5)]


def test_permissions_stay(make: Make) -> None:
    team = make()
    team.start()
    met(team, {"shop.0002_b": B})
    team.place("shop.0002_b").chmod(0o640)
    team.resolve()
    assert team.place("shop.0003_b").stat().st_mode & 0o777 == 0o640
    team.handrail("undo-edits", "--yes")
    assert team.place("shop.0002_b").stat().st_mode & 0o777 == 0o640


CONFIG = 'from django.apps import AppConfig\n\n\nclass Config(AppConfig):\n    name = "backend.store"\n    label = "shop"\n'


def test_a_label_that_is_not_the_name_of_the_folder(make: Make) -> None:
    team = make()
    team.labels = ("backend.store.apps.Config",)
    team.start(
        {
            "backend/store/migrations/0001_initial.py": migration("", THING),
            "backend/__init__.py": "",
            "backend/store/apps.py": CONFIG,
        }
    )
    before = met(team, {"backend/store/migrations/0002_b.py": B}, {"backend/store/migrations/0002_a.py": A["shop.0002_a"]})
    done = team.resolve()
    assert done["renamed"] == [[["shop", "0002_b"], ["shop", "0003_b"]]]
    assert [edit["to"] for edit in done["edits"]] == ["backend/store/migrations/0003_b.py"]
    team.undo(before)


def test_migration_modules(make: Make) -> None:
    team = make()
    team.modules = {"shop": "changes.of_shop"}
    team.start(
        {
            "changes/of_shop/0001_initial.py": migration("", THING),
            "changes/of_shop/__init__.py": "",
            "changes/__init__.py": "",
            "shop/__init__.py": "",
            "site/settings.py": 'MIGRATION_MODULES = {"shop": "changes.of_shop"}\n',
        }
    )
    before = met(team, {"changes/of_shop/0002_b.py": B}, {"changes/of_shop/0002_a.py": A["shop.0002_a"]})
    done = team.resolve()
    assert [edit["to"] for edit in done["edits"]] == ["changes/of_shop/0003_b.py"]
    team.undo(before)


@pytest.mark.parametrize("here", ["option", "folder"])
def test_two_projects_in_one_repository(make: Make, here: str) -> None:
    team = make()
    team.inside = "one"
    team.start({FIRST: migration("", THING), "../other/shop/migrations/0001_initial.py": migration("", THING)})
    ours = {"shop.0002_b": B, "../other/shop/migrations/0002_b.py": B}
    before = met(team, ours, {**A, "../other/shop/migrations/0002_a.py": A["shop.0002_a"]})
    if here == "option":
        team.inside = ""
        done = team.handrail("resolve", "--path", "one", "--yes")
        assert done.exit == 0
        assert [edit["to"] for edit in done.json["edits"]] == ["shop/migrations/0003_b.py"]
        team.inside = "one"
        team.refuses_nothing()
    else:
        team.resolve()
    assert "other/shop/migrations/0002_b.py" in team.files()
    assert "one/shop/migrations/0003_b.py" in team.files()
    team.inside = "other"
    assert team.handrail("undo-edits", "--yes").codes == ["HR126"]
    assert team.handrail("conflicts").codes == ["HR101"]
    team.inside = "one"
    team.undo(before)


def test_both_projects_of_a_repository_at_once_are_told_apart_or_refused(make: Make) -> None:
    team = make()
    team.start({f"{name}/shop/migrations/0001_initial.py": migration("", THING) for name in ("one", "other")})
    met(team, {"one/shop/migrations/0002_b.py": B}, {"one/shop/migrations/0002_a.py": A["shop.0002_a"]})
    said = team.handrail("resolve", "--yes")
    assert (said.exit, said.codes) == (2, ["HR212"])


def test_a_link_out_of_the_project_is_refused(make: Make, tmp_path: Path) -> None:
    team = make()
    team.start()
    (tmp_path / "elsewhere").mkdir()
    outside = tmp_path / "elsewhere" / "0002_b.py"
    outside.write_text(B)
    team.commit_files(A)
    os.symlink(outside, team.place("shop.0002_b"))
    refused = team.refuse()
    assert refused.codes == ["HR124"]
    assert outside.read_text() == B


def test_a_root_that_a_ref_does_not_have(make: Make) -> None:
    team = make()
    team.start({"README.py": "pass"})
    team.git("checkout", "-q", "-b", "feature")
    team.inside = "backend"
    team.commit_files({FIRST: migration("", THING), "shop.0002_b": B})
    found = team.handrail("conflicts", "--base", "main")
    assert (found.exit, found.json["conflicts"]) == (0, [])
    assert team.handrail("resolve", "--onto", "main", "--yes").json["edits"] == []
    team.put(A)
    assert team.handrail("resolve", "--onto", "main", "--yes", "--strategy", "merge").exit == 0
