"""Whoever follows a tutorial sees what it shows."""

from pathlib import Path

import pytest

from tools.follow import follow

PAGES = Path(__file__).parent.parent.parent / "docs" / "tutorial"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_every_command_prints_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert follow(text, tmp_path) == text, f"write the page anew: python tools/follow.py {page.name}"
