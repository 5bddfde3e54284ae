"""A repository of a team that writes migrations on branches, and Handrail's command line in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from handrail.cli.run import run
from tests.cases.django_probe import DjangoProbe, Seen
from tests.cases.live import Said
from tests.git_sandbox import Sandbox
from tests.unit.planning.small_project import migration

THING = (
    'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), '
    '("name", models.CharField(max_length=50)), ("n", models.IntegerField(default=0))])'
)
FIELD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True))'


def field(name: str) -> str:
    """Return an operation that adds a field to the model of an app."""
    return FIELD.format(name)


class Team(Sandbox):
    """A repository with a project in the folder inside ("" for the top). Files are app.name for migrations, else paths."""

    inside = ""
    modules: Mapping[str, str] = {}
    labels: tuple[str, ...] = ("shop",)
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    probe: DjangoProbe

    @property
    def root(self) -> Path:
        """The project's root."""
        return self.path / self.inside

    def put(self, files: Mapping[str, str | bytes]) -> None:
        """Write files, and the packages around migrations."""
        for name, text in files.items():
            place = self.place(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.parent.name == "migrations":
                (place.parent / "__init__.py").touch()
                (place.parent.parent / "__init__.py").touch()
            place.write_bytes(text if isinstance(text, bytes) else text.encode())

    def place(self, name: str) -> Path:
        """Return where a file is."""
        return self.root / (name if "/" in name else "{}/migrations/{}.py".format(*name.split(".")))

    def commit_files(self, files: Mapping[str, str | bytes] | None = None, message: str = "work") -> str:
        """Write and commit files."""
        self.put(files or {})
        return self.commit(message)

    def start(self, files: Mapping[str, str | bytes] | None = None) -> None:
        """Commit shop.0001_initial, or the files that are given, on main."""
        self.commit_files(files or {"shop.0001_initial": migration("", THING)}, "start")

    def two_sides(self, ours: Mapping[str, str | bytes], theirs: Mapping[str, str | bytes]) -> None:
        """Commit theirs on main and ours on the branch feature, which is checked out then."""
        self.git("checkout", "-q", "-b", "feature")
        self.commit_files(ours, "ours")
        self.git("checkout", "-q", "main")
        self.commit_files(theirs, "theirs")
        self.git("checkout", "-q", "feature")

    def handrail(self, *words: str, width: int = 120, format: str = "json") -> Said:
        """Run one command line in the project's root."""
        self.capture.readouterr()
        self.patch.setenv("COLUMNS", str(width))
        with self.patch.context() as here:
            here.chdir(self.root)
            code = run([*words, *(["--format", format] if format != "text" else [])])
        captured = self.capture.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Said(code, captured.out, captured.err)

    def type(self, command: str, *words: str) -> Said:
        """Run a next command as it stands, and further words."""
        program, *rest = command.split()
        assert program == "handrail"
        return self.handrail(*rest, *words)

    def resolve(self, *words: str) -> dict[str, Any]:
        """Resolve, and check that it did what it says: Django sees one leaf node in every app, and a second time nothing is to do."""
        before = self.files()
        dry = self.handrail("resolve", *words, "--dry-run")
        assert self.files() == before, "--dry-run wrote"
        done = self.handrail("resolve", *words, "--yes")
        assert done.exit == 0, done.out + done.err
        assert dry.json == done.json
        return self.check(done.json, *words)

    def check(self, done: dict[str, Any], *words: str) -> dict[str, Any]:
        """Check that the files are what a resolve said they would be."""
        seen = self.look()
        assert not seen.error, seen.error
        assert [".".join(leaf) for leaf in done["graph"]["leaves"]] == seen.leaves
        assert sorted({leaf.partition(".")[0] for leaf in seen.leaves}) == sorted(leaf.partition(".")[0] for leaf in seen.leaves)
        self.refuses_nothing(*words)
        return done

    def refuses_nothing(self, *words: str) -> None:
        """Check that there is nothing to resolve any more."""
        before = self.files()
        again = self.handrail("resolve", *words, "--yes")
        assert (again.exit, again.json["edits"], again.json["findings"]) == (0, [], []), again.out
        assert self.files() == before

    def undo(self, before: Mapping[str, bytes]) -> None:
        """Take the edits back and check that the files are as they were."""
        done = self.handrail("undo-edits", "--yes")
        assert done.exit == 0, done.out
        assert self.files() == before

    def refuse(self, *words: str) -> Said:
        """Resolve in vain: nothing is written, and every finding has a code, and a next command that is another one."""
        before = self.files()
        said = self.handrail("resolve", *words, "--yes")
        assert said.exit == 2, said.out
        assert self.files() == before, "a refusal wrote"
        assert said.codes
        for command in said.next:
            assert command.startswith("handrail "), command
            assert command != " ".join(["handrail", "resolve", *words])
        return said

    def look(self, database: Path | None = None, migrate: bool = True) -> Seen:
        """Return what Django sees of the working tree, once a models.py with git's markers is settled."""
        models = self.root / "shop" / "models.py"
        if models.exists() and "<<<<<<<" in models.read_text():
            with TemporaryDirectory() as folder:
                shutil.copytree(self.root, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", "models.py"))
                return self.probe.ask(Path(folder), self.labels, modules=self.modules, database=database, migrate=migrate)
        return self.probe.ask(self.root, self.labels, modules=self.modules, database=database, migrate=migrate)

    def files(self) -> dict[str, bytes]:
        """Return the content of every file of the working tree, but git's own and what Python compiled."""
        found = {}
        for folder, folders, names in os.walk(self.path):
            folders[:] = [name for name in folders if name not in (".git", "__pycache__", ".handrail")]
            for name in names:
                path = Path(folder, name)
                if name != ".git":
                    found[path.relative_to(self.path).as_posix()] = path.read_bytes()
        return found

    def text(self, name: str) -> str:
        """Return the text of a file, its line ends as they are."""
        return self.place(name).read_bytes().decode()

    def names(self, app: str = "shop") -> list[str]:
        """Return the names of an app's migrations."""
        folder = self.place(f"{app}.x").parent
        return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


Make = Callable[..., Team]
"""Makes an empty repository, by its name."""
