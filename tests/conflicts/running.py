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
        settings.configure(
            INSTALLED_APPS=[], DATABASES=databases, USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField"
        )
        django.setup()


@contextmanager
def database() -> Iterator[Any]:
    """Give a connection to an empty database that nobody else has."""
    from django.db import connection
    from django.db.backends.sqlite3.base import DatabaseWrapper

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
    text = project.files[path]
    for name_there in ("AddIndex", "RemoveIndex"):
        text = text.replace(f"{name_there}Concurrently(", f"migrations.{name_there}(")
    exec(compile(text, path, "exec"), namespace)
    return namespace["Migration"](name, app)


def run(project: Project) -> tuple[Contents | str, Contents | str]:
    """Make the ancestor with two rows of every model, then apply the sides in both orders, each to a copy of it.

    Returns schema and rows for each order, or what went wrong.
    """
    configure()
    with database() as base:
        try:
            with current(base):
                state = _ancestor(project, base)
                _seed(state, base)
        except CannotRunError as error:
            return str(error), str(error)
        return tuple(_try(project, order, state, base) for order in orders(project))  # type: ignore[return-value]


@contextmanager
def current(connection: Any) -> Iterator[None]:
    """Make a connection the one that models use."""
    from django.db import connections

    before = connections["default"]
    connections["default"] = connection
    try:
        yield
    finally:
        connections["default"] = before


def _ancestor(project: Project, connection: Any) -> Any:
    """Make the tables of the ancestor from its state, at once: what makes them is not in question."""
    from django.db.migrations.state import ProjectState

    state = ProjectState()
    for key in project.base:
        state = load(project, key).mutate_state(state, preserve=False)
    try:
        state.apps  # noqa: B018 - renders the models
    except ValueError as error:
        raise CannotRunError(f"ancestor: {error}") from error
    with connection.schema_editor() as editor:
        for model in state.apps.get_models():
            if model._meta.managed and not model._meta.proxy:
                editor.create_model(model)
                together = state.models[model._meta.app_label, model._meta.model_name].options.get("index_together")
                editor.alter_index_together(model, set(), together or set())
    return state


def _try(project: Project, order: Sequence[Key], state: Any, base: Any) -> Contents | str:
    with database() as connection:
        connection.ensure_connection()
        base.connection.backup(connection.connection)
        state = state.clone()
        try:
            with current(connection):
                for key in order:
                    state = _apply(project, key, state, connection)
        except CannotRunError as error:
            return str(error)
        return schema(connection), rows(connection)


def _apply(project: Project, key: Key, state: Any, connection: Any) -> Any:
    try:
        migration = load(project, key)
        with connection.schema_editor(atomic=migration.atomic) as editor:
            return migration.apply(state, editor)
    except Exception as error:
        raise CannotRunError(f"{key[1]}: {type(error).__name__}: {error}") from error


def _seed(state: Any, connection: Any) -> None:
    """Make two rows of every model; foreign keys lead to the row of the same number."""
    models = [
        model for model in state.apps.get_models(include_auto_created=False) if model._meta.managed and not model._meta.proxy
    ]
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
    with connection.cursor() as cursor:
        return {table: _table(connection, cursor, table) for table in tables(connection)}


def _table(connection: Any, cursor: Any, table: str) -> tuple[Any, ...]:
    columns = cursor.execute(f'PRAGMA table_info("{table}")').fetchall()
    keys = cursor.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
    indexes = cursor.execute(f'PRAGMA index_list("{table}")').fetchall()
    (text,) = cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s AND type = 'table'", [table]).fetchone()
    checks = connection.introspection.get_constraints(cursor, table) if "CHECK" in text.upper() else {}
    return (
        {name: (kind.lower(), bool(required), default, bool(key)) for _, name, kind, required, default, key in columns},
        sorted(key[2:] for key in keys),
        sorted(_index(cursor, index) for index in indexes),
        {name: sorted(each["columns"]) for name, each in checks.items() if each["check"] and not name.startswith("__unnamed")},
    )


def _index(cursor: Any, index: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an index: its name, where it has one, uniqueness, columns, and what was written to make it."""
    _, name, unique, origin, partial = index
    columns = [row[2] for row in cursor.execute(f'PRAGMA index_info("{name}")').fetchall()]
    made = cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s AND type = 'index'", [name]).fetchone()
    return ("" if name.startswith("sqlite_autoindex") else name, unique, origin, partial, str(columns), str(made))


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
