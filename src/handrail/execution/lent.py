"""Migrations that ran here and have no file on this checkout: made from the text that is kept, for one run, and never written."""

from __future__ import annotations

import ast
import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.migration import Migration, MigrationKey
from handrail.domain.run import Step
from handrail.errors.hr520 import NoSource
from handrail.execution.keep_sources import KeptSource, kept_modules
from handrail.sources.digest import digest_of
from handrail.sources.facts import read_facts, to_migration
from handrail.sources.migration_loader import LENT

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from handrail.sources.git import Repository

SOURCE = "handrail_source"
"""Where the texts are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lent:
    """The text of a migration that has no file here. module: its dotted name. whence: where it comes from, in words.

    others: the project's own modules that it imported then, by name; those that are here now are not taken from it.
    """

    key: MigrationKey
    module: str
    text: KeptSource
    whence: str
    others: Mapping[str, KeptSource]

    def to_migration(self) -> Migration:
        """Return what the text says of its place in the graph; nothing of it is run."""
        return to_migration(read_facts(self.text.text.encode()), self.key, "", self.module.rpartition(".")[0])


def find_lent(
    connection: BaseDatabaseWrapper, key: MigrationKey, step: Step, commit: str, repository: Repository | None
) -> Lent | str:
    """Return the text of a migration as it ran in a step, or why it cannot be had.

    commit: what was deployed then, "" where that is not known; repository: where it may be. Both are looked at where nothing
    that can be trusted is kept in the database.
    """
    modules = kept_modules(connection, step)
    name = next((each for each in modules if each.rpartition(".")[2] == key.name), None)
    if name is None:
        return _from_git(key, step, commit, repository) or "no text of it is kept"
    forged = [each for each, text in modules.items() if not text.is_genuine]
    changed = digest_of(ast.parse(modules[name].text)) != step.digest if modules[name].is_genuine else True
    if forged or changed:
        return f"the text of {forged[0] if forged else name} in {SOURCE} is not what this project's SECRET_KEY has signed"
    others = {each: text for each, text in modules.items() if each != name}
    return Lent(key=key, module=name, text=modules[name], whence=SOURCE, others=others)


def _from_git(key: MigrationKey, step: Step, commit: str, repository: Repository | None) -> Lent | None:
    """Take the file from the commit that was deployed, if it says what the journal knows."""
    if repository is None or not commit or not step.digest or repository.objects.get(f"{commit}^{{tree}}") is None:
        return None
    tree = repository.tree(commit)
    paths = [path for path in tree.paths() if path.endswith(f"/{key.name}.py")]
    for path, content in tree.read_many(paths).items():
        text = content.decode(errors="replace")
        if read_facts(content).fault is None and digest_of(ast.parse(text)) == step.digest:
            module = _package_of(key.app_label, path) + f".{key.name}"
            source = KeptSource(digest=step.digest, path=path, text=text, is_genuine=True)
            return Lent(key=key, module=module, text=source, whence=f"git {commit[:10]}", others={})
    return None


def _package_of(app_label: str, path: str) -> str:
    """Return the package of an app's migrations: as Django knows it, or by its folder where the app is not installed."""
    from django.db.migrations.loader import MigrationLoader

    try:
        package, _ = MigrationLoader.migrations_module(app_label)
    except LookupError:
        package = None
    return package or path.rpartition("/")[0].replace("/", ".")


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds modules that nothing else finds: it stands last in sys.meta_path (Python documentation, importlib)."""

    def __init__(self, texts: Mapping[str, KeptSource]) -> None:
        self.texts = texts
        self.packages = {".".join(name.split(".")[:end]) for name in texts for end in range(1, name.count(".") + 1)}
        self.made: list[str] = []

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the base's signature
        target: ModuleType | None = None,  # noqa: ARG002 - the base's signature
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in self.texts and name not in self.packages:
            return None
        text = self.texts.get(name)
        origin = text.path if text is not None else None
        is_package = name in self.packages
        spec = importlib.machinery.ModuleSpec(name, self, origin=origin, loader_state=text, is_package=is_package)
        spec.has_location = text is not None
        return spec

    def exec_module(self, module: ModuleType) -> None:
        self.made.append(module.__name__)
        text = self.texts.get(module.__name__)
        if text is not None:
            exec(compile(text.text, text.path, "exec", dont_inherit=True), vars(module))


@contextmanager
def lending(lent: Sequence[Lent]) -> Iterator[None]:
    """Let Django's loader find migrations in the block as if their files were here. Raises NoSource where one cannot be run."""
    texts = {name: text for one in lent for name, text in one.others.items()} | {one.module: one.text for one in lent}
    finder = _Finder(texts)
    sys.meta_path.append(finder)
    token = None
    try:
        classes = {(one.key.app_label, one.key.name): _class_of(one) for one in lent}
        token = LENT.set({**LENT.get(), **classes})
        yield
    finally:
        if token is not None:
            LENT.reset(token)
        sys.meta_path.remove(finder)
        for name in finder.made:
            sys.modules.pop(name, None)


def _class_of(one: Lent) -> type:
    try:
        found: type = importlib.import_module(one.module).Migration
    except Exception as error:
        why = f"its text from {one.whence} cannot be run here: {type(error).__name__}: {' '.join(str(error).split())}"
        raise NoSource(missing={one.key: why}) from error
    return found
