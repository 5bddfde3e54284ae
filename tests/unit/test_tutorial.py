"""Whoever follows the tutorial sees what it shows."""

from pathlib import Path

from tools.follow import follow

PAGE = Path(__file__).parent.parent.parent / "docs" / "tutorial" / "first-conflict.md"


def test_every_command_prints_what_the_page_shows(tmp_path: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert follow(page, tmp_path) == page, f"write the page anew: python tools/follow.py {PAGE.name}"
