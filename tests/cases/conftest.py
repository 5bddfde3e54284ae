"""Teams with real repositories, and a process that looks at them with Django."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cases.django_probe import DjangoProbe, running
from tests.cases.team import Make, Team
from tests.git_sandbox import isolate


@pytest.fixture(scope="session")
def django_probe() -> Iterator[DjangoProbe]:
    """One process for all tests of a run."""
    with running() as found:
        yield found


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], django_probe: DjangoProbe) -> Make:
    """Return what makes empty repositories."""
    isolate(monkeypatch)
    monkeypatch.setenv("HANDRAIL_CACHE", "off")
    Team.patch, Team.capture, Team.probe = monkeypatch, capsys, django_probe

    def build(name: str = "team") -> Team:
        found = Team.create(tmp_path / name)
        assert isinstance(found, Team)
        return found

    return build
