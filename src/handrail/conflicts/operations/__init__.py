"""What each operation does to the state of the models, and what it touches: one file per operation."""

from __future__ import annotations

import sys
from functools import cache

from handrail import registry
from handrail.conflicts.operations.base import Rule
from handrail.domain.migration import Operation

PLACES = ("django.db.migrations.", "django.contrib.postgres.operations.", "django.contrib.gis.db.models.")
"""Where Django keeps its operations; a class from elsewhere may do anything."""

EXTENSIONS = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
}
"""Django's subclasses of CreateExtension and the extensions they make (django/contrib/postgres/operations.py, 5.2)."""


def rule_for(operation: Operation) -> Rule | None:
    """Return the rule of one of Django's operations, None for an operation that is not Django's."""
    if not operation.path.startswith(PLACES):
        return None
    name = "CreateExtension" if operation.name in EXTENSIONS else operation.name
    return _rule(name)


@cache
def _rule(name: str) -> Rule | None:
    key = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
    key = {"run-s-q-l": "run-sql"}.get(key, key)
    try:
        return registry.load(sys.modules[__name__], Rule, key)()
    except LookupError:
        return None
