"""What settings files say of swappable models, migration folders and installed apps; they are read, never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from handrail.domain.dataclasses import dataclass, field
from handrail.domain.value import DictOf, Value
from handrail.sources.evaluate import Evaluator
from handrail.sources.scope import Scope
from handrail.sources.source_file import Unreadable, decode, parse
from handrail.sources.tree import Tree

VARIABLE = "DJANGO_SETTINGS_MODULE"
FOR_TESTS = re.compile(
    r"(^|[/_.-])(tests?|testing|test_?\w+|examples?|sandbox|demo|fixtures?|benchmarks?)([/_.-]|$)", re.IGNORECASE
)
TELLING = re.compile(rb"_MODEL\b|MIGRATION_MODULES|APPS\b|import \*|DJANGO_SETTINGS_MODULE")
"""What a file must hold to be worth parsing."""
DEEPEST = 10
"""How many star imports are followed, one from another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """What could be told. swappable: settings that name a model, such as AUTH_USER_MODEL. migration_modules: by app label.

    installed_apps: every text that stands in a list of apps: packages, and AppConfig classes in full.
    """

    swappable: Mapping[str, str] = field(default_factory=dict)
    migration_modules: Mapping[str, str] = field(default_factory=dict)
    installed_apps: frozenset[str] = frozenset()


NOTHING = ProjectSettings()


def read_settings(tree: Tree, paths: Sequence[str]) -> ProjectSettings:
    """Return what the settings of a project say: the module that manage.py names first, then the other settings files."""
    known = frozenset(paths)
    candidates = settings_files(paths)
    managers = [path for path in paths if path.rpartition("/")[2] == "manage.py" and not is_for_tests(path)]
    contents = dict(tree.read_many([*candidates, *managers]))
    first = [path for manager in managers for path in named_by(contents.get(manager, b""), manager, known)]
    chosen: list[ProjectSettings] = []
    for path in dict.fromkeys([*first, *candidates]):
        chosen.append(read_file(path, tree, known, contents, 0))
    return merged(chosen)


def settings_files(paths: Iterable[str]) -> list[str]:
    """Return the paths of files that look like settings and are not for tests, the ones nearest to the root first."""
    found = [path for path in paths if path.endswith(".py") and is_settings(path) and not is_for_tests(path)]
    return sorted(found, key=lambda path: (path.count("/"), path))


def is_settings(path: str) -> bool:
    """Say whether a file is named as settings are: settings.py, settings_x.py, x_settings.py, settings/x.py."""
    folder, _, name = path.rpartition("/")
    stem = name.removesuffix(".py")
    return (
        stem == "settings"
        or stem.startswith("settings_")
        or stem.endswith("_settings")
        or folder.rpartition("/")[2] == "settings"
    )


def is_for_tests(path: str) -> bool:
    """Say whether a path leads to tests, examples and the like."""
    return FOR_TESTS.search(path) is not None


def named_by(content: bytes, path: str, known: frozenset[str]) -> list[str]:
    """Return the paths of the settings modules that a manage.py names."""
    folder = path.rpartition("/")[0]
    found = []
    for node in ast.walk(parsed(content)):
        if isinstance(node, ast.Call) and len(node.args) == 2:
            values = [part.value if isinstance(part, ast.Constant) else None for part in node.args]
            if values[0] == VARIABLE and isinstance(values[1], str):
                found += module_paths(values[1], folder, known)
    return found


def module_paths(module: str, folder: str, known: frozenset[str]) -> list[str]:
    """Return where a dotted module lies, seen from a folder on the import path."""
    start = f"{folder}/" if folder else ""
    places = (f"{start}{module.replace('.', '/')}{end}" for end in (".py", "/__init__.py"))
    return [path for path in places if path in known]


def parsed(content: bytes) -> ast.Module:
    """Return the syntax tree of a file; an empty one where it cannot be read or has nothing to say here."""
    if not TELLING.search(content):
        return ast.Module(body=[], type_ignores=[])
    try:
        return parse(decode(content))
    except Unreadable:
        return ast.Module(body=[], type_ignores=[])


def read_file(path: str, tree: Tree, known: frozenset[str], contents: dict[str, bytes], depth: int) -> ProjectSettings:
    """Return what one settings file says, and what the files say that it imports everything from."""
    if path not in contents:
        contents.update(tree.read_many([path]))
    module = parsed(contents.get(path, b""))
    found = read_module(module)
    if depth == DEEPEST:
        return found
    for base in star_imports(module, path, known):
        found = merged([found, read_file(base, tree, known, contents, depth + 1)])
    return found


def star_imports(module: ast.Module, path: str, known: frozenset[str]) -> list[str]:
    """Return the paths of the files that a settings file imports everything from, the last one first."""
    found: list[str] = []
    for statement in ast.walk(module):
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            folders = path.split("/")[:-1]
            if statement.level:
                folders = folders[: len(folders) - statement.level + 1]
                found += module_paths(statement.module or "__init__", "/".join(folders), known)
            else:
                starts = ("/".join(folders[:count]) for count in range(len(folders) + 1))
                found += [place for start in starts for place in module_paths(statement.module or "", start, known)]
    return found[::-1]


def read_module(module: ast.Module) -> ProjectSettings:
    """Return what the assignments of one file say."""
    scope = Scope(module.body)
    evaluator = Evaluator(scope)
    values: dict[str, Value] = {}
    for name in scope.constants:
        if (name.endswith("_MODEL") or name == "MIGRATION_MODULES") and (constant := scope.constant(name)) is not None:
            values[name] = evaluator.value(constant)
    modules = values.pop("MIGRATION_MODULES", None)
    return ProjectSettings(
        swappable={name: value for name, value in values.items() if isinstance(value, str) and value.count(".") == 1},
        migration_modules=dict(texts(modules)),
        installed_apps=frozenset(listed_apps(module)),
    )


def texts(value: Value) -> list[tuple[str, str]]:
    """Return the pairs of a dict that are texts: None, which switches an app's migrations off, is left out."""
    pairs = value.pairs if isinstance(value, DictOf) else ()
    return [(key, part) for key, part in pairs if isinstance(key, str) and isinstance(part, str)]


def listed_apps(module: ast.Module) -> list[str]:
    """Return every text in the assignments to INSTALLED_APPS, LOCAL_APPS and the like."""
    found: list[str] = []
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and "APPS" in target.id for target in targets):
                nodes = ast.walk(statement.value)
                found += [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return found


def merged(settings: Sequence[ProjectSettings]) -> ProjectSettings:
    """Return settings as one; of values that differ, the first counts."""
    swappable: dict[str, str] = {}
    modules: dict[str, str] = {}
    for one in reversed(settings):
        swappable.update(one.swappable)
        modules.update(one.migration_modules)
    apps = frozenset(entry for one in settings for entry in one.installed_apps)
    return ProjectSettings(swappable=swappable, migration_modules=modules, installed_apps=apps)
