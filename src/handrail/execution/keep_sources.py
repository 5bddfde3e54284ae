"""Keeping the text of what is applied, so that it can be unapplied when its file is gone."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from handrail.domain.dataclasses import dataclass
from handrail.domain.run import Step
from handrail.sources.digest import digest_of
from handrail.sources.journal_models import SourceRow, StepRow

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration

SALT = "handrail.source"
"""Signatures made with it mean nothing else in the project (Django, topics/signing: "Using the salt argument")."""
INSTALLED = tuple(
    f"{folder}{os.sep}" for name in ("stdlib", "platstdlib", "purelib", "platlib") if (folder := sysconfig.get_path(name))
)
AT_ONCE = 100
"""How many texts are asked for, and sent, in one statement."""
BODIES = ("body", "orelse", "handlers", "finalbody", "cases")
"""The fields of syntax nodes that hold statements (Python documentation, ast)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A migration as its step has it on record.

    digest: of what it does, "" where its source cannot be read. sources: the digests of the texts it came from, by module.
    """

    digest: str
    sources: Mapping[str, str]


def keep_sources(connection: BaseDatabaseWrapper, migrations: Iterable[Migration]) -> list[Description]:
    """Keep the modules of migrations and the project's own modules that they import themselves; describe each migration."""
    texts: dict[str, tuple[str, str]] = {}
    found = [_describe(migration, texts) for migration in migrations]
    _keep(connection, texts)
    return found


def _describe(migration: Migration, texts: dict[str, tuple[str, str]]) -> Description:
    """Describe a migration, and add to texts what is to be kept of it: path and text by digest."""
    module = sys.modules.get(type(migration).__module__)
    text = _text_of(module)
    if module is None or text is None:
        return Description(digest="", sources={})
    tree = ast.parse(text)
    sources: dict[str, str] = {}
    for each in (module, *_own_imports(tree, module)):
        own = text if each is module else _text_of(each)
        if own is not None:
            digest = sources[each.__name__] = hashlib.sha256(own.encode()).hexdigest()
            texts[digest] = (str(each.__file__), own)
    return Description(digest=digest_of(tree), sources=sources)


def digest_now(migration: Migration) -> str:
    """Return the digest of what a migration does as it is loaded now, "" where its source cannot be read."""
    text = _text_of(sys.modules.get(type(migration).__module__))
    return digest_of(ast.parse(text)) if text is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """The text of a module as it is kept. is_genuine: whether this project has signed it, and it is what was signed."""

    digest: str
    path: str
    text: str
    is_genuine: bool


def kept_source(connection: BaseDatabaseWrapper, step: Step) -> KeptSource | None:
    """Return the text that a step's migration had when it ran, None where none is kept."""
    sources = StepRow.objects.using(connection.alias).filter(id=step.id).values_list("sources", flat=True).first()
    digests: dict[str, str] = json.loads(sources or "{}")
    digest = next((each for module, each in digests.items() if module.rpartition(".")[2] == step.key.name), None)
    row = SourceRow.objects.using(connection.alias).filter(digest=digest).first() if digest else None
    return KeptSource(digest=row.digest, path=row.path, text=row.text, is_genuine=_is_genuine(row)) if row is not None else None


def kept_modules(connection: BaseDatabaseWrapper, step: Step) -> dict[str, KeptSource]:
    """Return all texts that are kept of a step, by the names of their modules: the migration's own, and what it imported."""
    sources = StepRow.objects.using(connection.alias).filter(id=step.id).values_list("sources", flat=True).first()
    digests: dict[str, str] = json.loads(sources or "{}")
    rows = {row.digest: row for row in SourceRow.objects.using(connection.alias).filter(digest__in=digests.values())}
    found = {module: rows[digest] for module, digest in digests.items() if digest in rows}
    return {
        module: KeptSource(digest=row.digest, path=row.path, text=row.text, is_genuine=_is_genuine(row))
        for module, row in found.items()
    }


def _is_genuine(row: SourceRow) -> bool:
    """Keys that were replaced count while SECRET_KEY_FALLBACKS has them (Django, topics/signing)."""
    from django.core.signing import BadSignature, Signer

    if hashlib.sha256(row.text.encode()).hexdigest() != row.digest:
        return False
    signer = Signer(salt=SALT)
    try:
        signer.unsign(f"{row.digest}{signer.sep}{row.signature}")
    except BadSignature:
        return False
    return True


def _keep(connection: BaseDatabaseWrapper, texts: dict[str, tuple[str, str]]) -> None:
    """Write the texts that are not kept yet, by their digests. The signature is of the digest, which readers compute again."""
    from django.core.signing import Signer

    rows = SourceRow.objects.using(connection.alias)
    known = {digest for some in _in_batches(texts) for digest in rows.filter(digest__in=some).values_list("digest", flat=True)}
    signer = Signer(salt=SALT)
    new = [
        SourceRow(digest=digest, path=path, text=text, signature=signer.signature(digest))
        for digest, (path, text) in texts.items()
        if digest not in known
    ]
    rows.bulk_create(new, batch_size=AT_ONCE)


def _in_batches(digests: Iterable[str]) -> Iterator[list[str]]:
    """Yield digests in lists that one statement can name."""
    rest = list(digests)
    while rest:
        yield rest[:AT_ONCE]
        rest = rest[AT_ONCE:]


def _text_of(module: ModuleType | None) -> str | None:
    import tokenize

    name = getattr(module, "__file__", None)
    if not name or not name.endswith(".py"):
        return None
    kept = getattr(getattr(module, "__spec__", None), "loader_state", None)
    if isinstance(kept, KeptSource):
        return kept.text
    try:
        with tokenize.open(name) as file:
            return file.read()
    except (OSError, SyntaxError, UnicodeDecodeError):
        return None


def _own_imports(tree: ast.Module, module: ModuleType) -> Iterator[ModuleType]:
    """Yield the modules of the project that a module imports anywhere in it, as far as they are loaded now."""
    package = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
    for name in sorted({name for node in _statements(tree) for name in _named(node, package)}):
        found = sys.modules.get(name)
        if found is not None and found is not module and _is_own(found):
            yield found


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements in a node, also those in other statements, and look into no expression."""
    for name in BODIES:
        for each in getattr(node, name, ()):
            yield each
            yield from _statements(each)


def _named(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        whole = ".".join([*base, *([node.module] if node.module else [])])
        yield whole
        yield from (f"{whole}.{alias.name}" for alias in node.names)


def _is_own(module: ModuleType) -> bool:
    """Say whether a module is the project's: not Python's and not installed beside it."""
    name = getattr(module, "__file__", None)
    return isinstance(name, str) and not name.startswith(INSTALLED)
