"""Making the virtual environments that the Makefile works with.

    python3 tools/environment.py FOLDER [--for use|check|test] [--python 3.13] [--django 5.2]

FOLDER is made with python3 -m venv and gets Handrail itself, editable: for use alone, or with what its checks or its tests
need. Versions come from tools/constraints.txt. Nothing happens where FOLDER is up to date.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import interpreters, system_packages

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "tools" / "constraints.txt"
STAMP = "handrail-environment"
PURPOSES = ("use", "check", "test")
"""What an environment is for; each purpose includes those before it."""
TRIES = 3
SECONDS = 900


class EnvironmentNotMadeError(Exception):
    """An environment could not be made; the message is one line for the person who waits for it."""


def make(folder: Path, interpreter: Path) -> None:
    """Make an empty virtual environment, with Debian's package for venv where it is missing."""
    command = [str(interpreter), "-m", "venv", "--clear", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "ensurepip" in done.stdout + done.stderr:
        version = interpreters.version_of(interpreter)
        if line := system_packages.install([f"python{version}-venv"], "a virtual environment"):
            raise EnvironmentNotMadeError(line)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EnvironmentNotMadeError(f"{interpreter} cannot make a virtual environment: {tail(done)}")


def tail(done: subprocess.CompletedProcess[str]) -> str:
    """Return the end of what a command printed."""
    return "\n".join(f"{done.stdout or ''}{done.stderr or ''}".strip().splitlines()[-15:])


def run_patiently(command: Sequence[str | Path], tries: int = TRIES) -> None:
    """Run a command that downloads, again after a failure, never for ever; raise EnvironmentNotMadeError with its output."""
    settings = os.environ | {"UV_HTTP_TIMEOUT": "120", "PIP_DEFAULT_TIMEOUT": "120", "PIP_RETRIES": "5"}
    message = ""
    for _ in range(tries):
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
                env=settings,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
            )
        except subprocess.TimeoutExpired:
            message = f"took more than {SECONDS} seconds"
            continue
        if done.returncode == 0:
            return
        message = tail(done)
    raise EnvironmentNotMadeError(f"{' '.join(map(str, command[:5]))} ... failed: {message}")


def installer(folder: Path) -> list[str | Path]:
    """Return the command that installs into an environment: uv's, which is fast, or pip's where uv cannot be had.

    Bytecode is compiled at once, as pip does: the many short processes of the suite do not write it, and would compile all of
    Django each.
    """
    python = folder / "bin" / "python"
    if (uv := Path(sys.prefix) / "bin" / "uv").exists():
        return [uv, "pip", "install", "-q", "--compile-bytecode", "--python", python]
    pip: list[str | Path] = [python, "-m", "pip"]
    try:
        run_patiently([*pip, "install", "-q", "--disable-pip-version-check", "-r", ROOT / "tools" / "installer.txt"], tries=1)
    except EnvironmentNotMadeError:
        return [*pip, "install", "-q", "--disable-pip-version-check"]
    return [folder / "bin" / "uv", "pip", "install", "-q", "--compile-bytecode", "--python", python]


def need(interpreter: Path, name: str) -> None:
    """Have Debian's packages installed that building a requirement for an interpreter takes."""
    script = ROOT / "tools" / "system_packages.py"
    done = subprocess.run([interpreter, script, name], stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise EnvironmentNotMadeError(tail(done))


def requirements(purpose: str) -> list[str]:
    """Return what is installed for a purpose: Handrail, editable, with the extras and the groups of pyproject.toml."""
    if purpose == "use":
        return ["-e", str(ROOT)]
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    if purpose == "check":
        return ["-e", str(ROOT), *groups["check"]]
    return ["-e", f"{ROOT}[postgres,mysql,backup]", *groups["check"], *groups["test"]]


def digest(purpose: str, django: str, interpreter: Path) -> str:
    """Return what an environment depends on, as one line to compare."""
    parts = [(ROOT / name).read_bytes() for name in ("pyproject.toml", "tools/constraints.txt", "tools/installer.txt")]
    return hashlib.sha256(b"\0".join([*parts, purpose.encode(), django.encode(), str(interpreter).encode()])).hexdigest()


def up_to_date(folder: Path, wanted: str) -> bool:
    """Say whether an environment was finished with the same ingredients and still runs."""
    stamp = folder / STAMP
    return stamp.exists() and wanted in stamp.read_text().split() and bool(interpreters.version_of(folder / "bin" / "python"))


def prepare(folder: Path, purpose: str, version: str, django: str) -> None:
    """Bring an environment up to date, from nothing where there is none or where its Python is another one."""
    interpreter = interpreters.find(version)
    if interpreter is None:
        raise EnvironmentNotMadeError(f"python {version} is not on this machine")
    wanted = digest(purpose, django, interpreter)
    if not up_to_date(folder, wanted):
        make_anew(folder, purpose, version, django, interpreter)
    if purpose == "test":
        compile_own(folder)


def make_anew(folder: Path, purpose: str, version: str, django: str, interpreter: Path) -> None:
    """Install what a purpose needs, in a new environment where there is none of that version."""
    if interpreters.version_of(folder / "bin" / "python") != version:
        shutil.rmtree(folder, ignore_errors=True)
        make(folder, interpreter)
    print(f"preparing {folder.name} (python {version})", flush=True)
    if purpose == "test":
        need(interpreter, "mysqlclient")
    install = installer(folder)
    run_patiently([*install, "-c", CONSTRAINTS, *requirements(purpose)])
    if django:
        run_patiently([*install, f"django~={django}.0"])
    finish(folder, [digest(each, django, interpreter) for each in PURPOSES[: PURPOSES.index(purpose) + 1]])


def compile_own(folder: Path) -> None:
    """Compile Handrail and its tests: hundreds of short processes would, each for itself, where bytecode is not written."""
    sources = [str(ROOT / "src"), str(ROOT / "tests")]
    subprocess.run([folder / "bin" / "python", "-m", "compileall", "-q", *sources], check=False, stdout=subprocess.DEVNULL)


def finish(folder: Path, digests: Sequence[str]) -> None:
    """Write down what an environment is good for: one for the tests is good for everything else too."""
    (folder / STAMP).write_text("\n".join(digests) + "\n")


def main(arguments: Sequence[str]) -> int:
    """Prepare one environment as the command line says; return 1 with one message where it cannot be had."""
    parser = argparse.ArgumentParser(description="make a virtual environment with Handrail in it")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--for", dest="purpose", choices=PURPOSES, default="use")
    parser.add_argument("--python", default="", help="such as 3.13; the newest supported one that is here by default")
    parser.add_argument("--django", default="", help="such as 6.0; by default the newest that the Python can run")
    options = parser.parse_args(arguments)
    found = interpreters.newest()
    if not options.python and not found:
        print(f"no python {' or '.join(interpreters.SUPPORTED)} on this machine", file=sys.stderr)
        return 1
    try:
        prepare(options.folder.absolute(), options.purpose, options.python or (found[0] if found else ""), options.django)
    except EnvironmentNotMadeError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
