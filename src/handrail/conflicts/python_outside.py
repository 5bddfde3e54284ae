"""Code that is imported: what is known to leave the database alone, and what is known not to."""

from __future__ import annotations

import sys

from handrail.conflicts.word_sets import words

PURE = words(
    """
    slugify unidecode text_unidecode awesome_slugify pytz dateutil zoneinfo tzdata tqdm six bs4 lxml html5lib html2text
    bleach nh3 markdown markdownify mistune yaml simplejson ujson orjson rapidjson requests httpx babel phonenumbers
    moneyed money prices numpy shortuuid ulid nanoid hashids cryptography jsonschema semver packaging progressbar progress
    rich click colorama termcolor structlog loguru pycountry iso639 isodate delorean arrow pendulum PIL magic mimeparse
    ftfy regex chardet charset_normalizer attr attrs pydantic more_itertools toolz boltons inflection pyparsing jinja2
    premailer inscriptis emoji faker factory tiptapy prosemirror redis sentry_sdk
    """
)
"""Packages of the registry whose functions work on the values they are given."""

DJANGO_PURE = (
    "django.utils.",
    "django.conf.settings",
    "django.core.exceptions.",
    "django.core.files.",
    "django.core.validators.",
    "django.core.serializers.json.",
    "django.core.signing.",
    "django.core.management.color.",
    "django.core.management.base.CommandError",
    "django.contrib.auth.hashers.",
    "django.contrib.gis.geos.",
    "django.contrib.gis.measure.",
    "django.contrib.postgres.fields.",
    "django.contrib.postgres.utils.",
    "django.db.transaction.",
    "django.db.utils.",
    "django.db.router.",
    "django.db.IntegrityError",
    "django.db.OperationalError",
    "django.db.ProgrammingError",
    "django.db.DatabaseError",
    "django.db.DataError",
    "django.db.reset_queries",
    "django.db.models.TextChoices",
    "django.db.models.IntegerChoices",
    "django.db.models.Choices",
    "django.db.models.signals.",
    "django.forms.",
    "django.template.defaultfilters.",
    "django.urls.",
    "django.core.cache.",
    "django.core.mail.",
    "django.VERSION",
    "django.get_version",
    "django.db.DEFAULT_DB_ALIAS",
    "django.db.migrations.RunPython.noop",
    "django.core.paginator.Paginator",
)
"""Parts of Django that leave the database alone, by the beginnings of their names."""

EXPRESSIONS = (
    "django.db.models.",
    "django.contrib.postgres.aggregates.",
    "django.contrib.postgres.search.",
    "django.contrib.postgres.expressions.",
    "django.contrib.gis.db.models.",
)
"""Where query expressions come from."""

DANGEROUS_STDLIB = frozenset({"importlib", "runpy", "subprocess", "ctypes", "code", "sqlite3", "pickle", "marshal"})
"""Modules of the standard library that may run anything, or reach a database."""

REASONS = {
    "django.core.management.call_command": "calls a management command",
    "django.contrib.auth.management.create_permissions": "creates permissions of today's models",
    "django.contrib.contenttypes.management.create_contenttypes": "creates content types of today's models",
    "django.core.management.sql.emit_post_migrate_signal": "sends the post_migrate signal",
    "django.core.serializers.deserialize": "loads rows from a file",
}
"""Functions that are known to touch what cannot be told, and how to say so."""


def is_pure(path: str) -> bool:
    """Say whether the code behind a dotted name is known to leave the database alone."""
    root = path.partition(".")[0]
    if root in PURE:
        return True
    if root == "django":
        return path.startswith(DJANGO_PURE)
    return root in sys.stdlib_module_names and root not in DANGEROUS_STDLIB


def is_expression(path: str) -> bool:
    """Say whether a dotted name is that of a class of query expressions."""
    return path.startswith(EXPRESSIONS)


def reason(path: str) -> str:
    """Return why a call of a dotted name cannot be read."""
    return REASONS.get(path, f"calls {path.lstrip('.')}, which is not in this file")


def is_models_module(path: str) -> bool:
    """Say whether a dotted name looks like that of a model class: .models. before a name that begins with a capital."""
    parts = path.split(".")
    return "models" in parts[:-1] and not path.startswith("django.db.") and parts[-1][:1].isupper()
