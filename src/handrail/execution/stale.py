"""Looking for content types and permissions that a rollback leaves without a model (HR514)."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from handrail.checks.hr514 import StaleContentTypes

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.state import ModelState, ProjectState

    from handrail.domain.finding import Finding

ACTIONS = ("add", "change", "delete", "view")
"""default_permissions of Options (django/db/models/options.py, 5.2 to 6.1)."""
_TYPES = "SELECT id, app_label, model FROM django_content_type"
_PERMISSIONS = "SELECT content_type_id, codename FROM auth_permission ORDER BY codename"


def stale(connection: BaseDatabaseWrapper, state: ProjectState, apps: Collection[str]) -> list[Finding]:
    """Return what is left of models that a project state lacks. apps: only these are looked at."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if "django_content_type" not in tables:
            return []
        cursor.execute(_TYPES)
        types = {id: (app, model) for id, app, model in cursor.fetchall() if app in apps}
        permissions: list[tuple[Any, ...]] = []
        if "auth_permission" in tables:
            cursor.execute(_PERMISSIONS)
            permissions = list(cursor.fetchall())
    gone = sorted(".".join(key) for key in types.values() if key not in state.models)
    left: dict[str, list[str]] = {}
    for id, codename in permissions:
        key = types.get(id)
        if key is not None and key in state.models and codename not in _codenames(state.models[key]) and _is_default(codename):
            left.setdefault(".".join(key), []).append(codename)
    return StaleContentTypes.find(gone, dict(sorted(left.items())))


def _codenames(model: ModelState) -> set[str]:
    """Return what create_permissions makes for a model (django/contrib/auth/management, 5.2 to 6.1)."""
    actions = model.options.get("default_permissions", ACTIONS)
    own = {name for name, _ in model.options.get("permissions") or ()}
    return own | {f"{action}_{model.name_lower}" for action in actions}


def _is_default(codename: str) -> bool:
    """Say whether it looks like one that was made for a model; others may be somebody's own."""
    return codename.partition("_")[0] in ACTIONS
