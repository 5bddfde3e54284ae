"""Really applies the migrations of a generated project, on SQLite in memory, and says what the database holds then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.conflicts.generate import Key, Project

Contents = tuple[dict[str, Any], dict[str, Any]]


class CannotRunError(Exception):
    """A migration that SQLite, or Django on it, refuses."""


def configure() -> None:
    """Set Django up once, with no apps: historical models need none."""
    import django
    from django.conf import settings

    if not settings.configured:
        databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
        settings.configure(INSTALLED_APPS=[], DATABASES=databases, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
        django.setup()


@contextmanager
def database() -> Iterator[Any]:
    """Give a connection to an empty database that nobody else has."""
    from django.db.backends.sqlite3.base import DatabaseWrapper
    from django.db import connection

    settings = {**connection.settings_dict, "NAME": ":memory:"}
    fresh = DatabaseWrapper(settings, alias="default")
    try:
        yield fresh
    finally:
        fresh.connection and fresh.connection.close()


def load(project: Project, key: Key) -> Any:
    """Return a migration object from its source."""
    app, name = key
    path = f"{app}/migrations/{name}.py"
    namespace: dict[str, Any] = {"__name__": f"{app}.migrations.{name}"}
    exec(compile(project.files[path], path, "exec"), namespace)  # noqa: S102 - what the generator wrote
    return namespace["Migration"](name, app)


def run(project: Project, order: Sequence[Key]) -> Contents:
    """Apply the ancestor, make two rows of every model, apply the rest in this order; return schema and rows.

    Raises CannotRunError where a migration fails.
    """
    configure()
    from django.db import connections

    with database() as connection:
        before = connections["default"]
        connections["default"] = connection
        try:
            return _run(project, order, connection)
        finally:
            connections["default"] = before


def _run(project: Project, order: Sequence[Key], connection: Any) -> Contents:
    from django.db.migrations.state import ProjectState

    state = ProjectState()
    for key in project.base:
        state = _apply(project, key, state, connection)
    _seed(state, connection)
    for key in order:
        state = _apply(project, key, state, connection)
    return schema(connection), rows(connection)


def _apply(project: Project, key: Key, state: Any, connection: Any) -> Any:
    migration = load(project, key)
    try:
        with connection.schema_editor(atomic=migration.atomic) as editor:
            return migration.apply(state, editor)
    except Exception as error:
        raise CannotRunError(f"{key[1]}: {type(error).__name__}: {error}") from error


def _seed(state: Any, connection: Any) -> None:
    """Make two rows of every model; foreign keys lead to the row of the same number."""
    models = [model for model in state.apps.get_models(include_auto_created=False) if model._meta.managed and not model._meta.proxy]
    with connection.constraint_checks_disabled():
        for model in models:
            for number in (1, 2):
                _insert(model, number, connection)


def _insert(model: Any, number: int, connection: Any) -> None:
    names, values = [], []
    for field in model._meta.local_concrete_fields:
        names.append(field.column)
        values.append(_value(field, number, connection))
    marks = ", ".join(["%s"] * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({marks})', values)


def _value(field: Any, number: int, connection: Any) -> Any:
    if field.primary_key or field.is_relation:
        return number
    kind = field.get_internal_type()
    if kind in ("CharField", "TextField"):
        return f"{field.name} {number}"[: field.max_length]
    if kind.endswith("IntegerField") or kind in ("FloatField", "DecimalField"):
        return number
    if kind == "JSONField":
        return f'{{"n": {number}}}'
    value = field.get_default()
    return field.get_db_prep_save(value, connection)


def tables(connection: Any) -> list[str]:
    return sorted(name for name in connection.introspection.table_names() if not name.startswith("sqlite_"))


def schema(connection: Any) -> dict[str, Any]:
    """Return columns, indexes, foreign keys and checks by table; the order of columns is left out."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in tables(connection):
            columns = cursor.execute(f'PRAGMA table_info("{table}")').fetchall()
            constraints = connection.introspection.get_constraints(cursor, table)
            found[table] = (
                {name: (kind.lower(), bool(required), default, bool(key)) for _, name, kind, required, default, key in columns},
                {name: _plain(definition) for name, definition in constraints.items() if not name.startswith("__unnamed")},
                sorted(str(_plain(definition)) for name, definition in constraints.items() if name.startswith("__unnamed")),
            )
    return found


def _plain(definition: dict[str, Any]) -> dict[str, Any]:
    return {key: list(value) if isinstance(value, (list, tuple)) else value for key, value in definition.items()}


def rows(connection: Any) -> dict[str, Any]:
    """Return the rows of every table, each by column, in a fixed order."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table in tables(connection):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            listed = [tuple(sorted(zip(names, row, strict=True))) for row in cursor.fetchall()]
            found[table] = sorted(listed, key=repr)
    return found


def orders(project: Project) -> Iterable[tuple[Key, ...]]:
    """Return the sides one after the other, and the other way round."""
    sides = [key for side in project.sides for key in side]
    back = [key for side in reversed(project.sides) for key in side]
    return tuple(sides), tuple(back)
