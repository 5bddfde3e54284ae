"""Apps that are asked for by a label that no app has."""

from __future__ import annotations

import pytest

from handrail.domain.snapshot import App, Snapshot
from handrail.errors.hr001 import Misused
from handrail.sources.asked import require_apps


def snapshot(*labels: str) -> Snapshot:
    return Snapshot(ref="", apps={label: App(label=label, path=f"{label}/migrations") for label in labels}, migrations={})


@pytest.mark.parametrize(
    ("asked", "known", "help"),
    [
        ("shopp", ["blog", "shop"], "did you mean shop?"),
        ("Shop", ["blog", "shop"], "did you mean shop?"),
        ("nothing", ["shop", "blog"], "apps go by their labels: blog, shop"),
        ("nothing", [f"a{number}" for number in range(10)], "apps go by their labels: a0, a1, a2, a3, a4, a5, a6, a7 and 2 more"),
        ("nothing", [], "an app is a folder with a package named migrations: --path names the folder above them"),
    ],
)
def test_an_app_that_is_not_there(asked: str, known: list[str], help: str) -> None:
    with pytest.raises(Misused) as caught:
        require_apps([*known, asked], snapshot(*known))
    assert caught.value.finding.message == f"usage: no app {asked} with migrations"
    assert caught.value.finding.help == help
    assert caught.value.finding.command == "handrail explain HR001"


def test_an_app_of_one_side_is_there() -> None:
    require_apps(["shop", "blog"], snapshot("shop"), snapshot("blog"))
    with pytest.raises(Misused):
        require_apps(["shop", "blog"], snapshot("shop"), snapshot("shop"))
