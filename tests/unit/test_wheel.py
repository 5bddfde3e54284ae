"""What is published: a wheel that installs into an empty environment and starts there."""

import os
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

import handrail

ROOT = Path(__file__).parent.parent.parent


def run(*words: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run([*map(str, words)], cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"handrail", f"django_handrail-{handrail.__version__}.dist-info"}
    on_disk = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src/handrail").rglob("*") if path.is_file()}
    assert {name for name in names if name.startswith("handrail/")} == {name for name in on_disk if "__pycache__" not in name}


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
    assert metadata["Requires-Python"] == ">=3.11"
    needed = {line.split("<")[0].split(">")[0] for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line}
    assert needed == {"django", "libcst", "rich", "sqlglot"}


def test_it_installs_and_starts_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    # Without its dependencies: reading files and git must not need them to start.
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    options = ("--disable-pip-version-check", "--quiet", "--no-deps", "--no-index")
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel, cwd=tmp_path)
    for command in ([python.with_name("handrail")], [python, "-m", "handrail"]):
        assert run(*command, "--help", cwd=tmp_path).startswith("usage: handrail ")
