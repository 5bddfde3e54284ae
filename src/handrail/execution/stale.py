"""Looking for content types and permissions that a rollback leaves without a model (HR514)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from handrail.checks.hr514 import StaleContentTypes
from handrail.execution.probes._asking import Asking

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ModelState, ProjectState

    from handrail.domain.finding import Finding

ACTIONS = ("add", "change", "delete", "view")
"""default_permissions of Options (django/db/models/options.py, 5.2 to 6.1)."""
_TYPES = "SELECT id, app_label, model FROM django_content_type"
_PERMISSIONS = "SELECT id, content_type_id, codename FROM auth_permission ORDER BY codename"


def stale(connection: BaseDatabaseWrapper, state: ProjectState, apps: Collection[str], *, in_use: bool = False) -> list[Finding]:
    """Return what is left of models that a project state lacks.

    apps: only these are looked at. in_use: leave out what no row refers to: it waits for its model, and concerns nobody.
    """
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if "django_content_type" not in tables:
            return []
        cursor.execute(_TYPES)
        types = {id: (app, model) for id, app, model in cursor.fetchall() if app in apps}
        permissions: list[tuple[int, int, str]] = []
        if "auth_permission" in tables:
            cursor.execute(_PERMISSIONS)
            permissions = [row for row in cursor.fetchall() if row[1] in types]
    gone = {id for id, key in types.items() if key not in state.models}
    others = [row for row in permissions if row[1] not in gone and _is_of_other_name(state.models[types[row[1]]], row[2])]
    if in_use and (gone or others):
        granted = _referred(connection, "auth", "Permission", {id for id, *_ in permissions}, tables)
        others = [row for row in others if row[0] in granted]
        gone &= _referred(connection, "contenttypes", "ContentType", gone, tables) | {
            type for id, type, _ in permissions if id in granted
        }
    left: dict[str, list[str]] = {}
    for _, type, codename in others:
        left.setdefault(".".join(types[type]), []).append(codename)
    return StaleContentTypes.find(sorted(".".join(types[id]) for id in gone), dict(sorted(left.items())))


def _referred(connection: BaseDatabaseWrapper, app: str, model: str, ids: set[int], tables: set[str]) -> set[int]:
    """Return which rows of a model others refer to, but a content type's permissions; where that cannot be asked, all of them."""
    from django.apps import apps

    if not ids or not apps.is_installed(f"django.contrib.{app}"):
        return set()
    asking = Asking(connection)
    found: set[int] = set()
    for relation in apps.get_model(app, model)._meta.get_fields(include_hidden=True):
        field: Any = getattr(relation, "field", None)
        table = field.model._meta.db_table if field is not None and field.concrete and not field.many_to_many else ""
        if table in tables and table != "auth_permission":
            column = asking.quote(field.column)
            listed = ", ".join(map(str, sorted(ids)))
            rows = asking.rows(f"SELECT DISTINCT {column} FROM {asking.quote(table)} WHERE {column} IN ({listed})")
            found |= ids if rows is None else {id for (id,) in rows}
    return found


def _is_of_other_name(model: ModelState, codename: str) -> bool:
    """Say whether a permission looks like one that was made for a model of another name; others may be somebody's own."""
    return codename not in _codenames(model) and codename.partition("_")[0] in ACTIONS


def _codenames(model: ModelState) -> set[str]:
    """Return what create_permissions makes for a model (django/contrib/auth/management, 5.2 to 6.1)."""
    actions = model.options.get("default_permissions", ACTIONS)
    own = {name for name, _ in model.options.get("permissions") or ()}
    return own | {f"{action}_{model.name_lower}" for action in actions}
