"""Django's own models, whose migrations are no part of a project's files: what can be used on them, and their managers.

Sources: django/contrib/{auth,contenttypes,sites,admin,sessions,redirects}/models.py of Django 5.2 to 6.1.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from handrail.conflicts.python_values import PLAIN, Args, Instance, Model, Related, Rows, Values, only
from handrail.conflicts.word_sets import words
from handrail.domain.footprint import ANY, ModelKey
from handrail.domain.migration import SETTING

if TYPE_CHECKING:
    from handrail.conflicts.python_reader import Reader

USER = ModelKey(SETTING, "AUTH_USER_MODEL")
"""The swappable user model: the setting says which one it is."""
CONTENT_TYPE = ModelKey("contenttypes", "contenttype")
PERMISSION = ModelKey("auth", "permission")
GROUP = ModelKey("auth", "group")
SITE = ModelKey("sites", "site")
LOG_ENTRY = ModelKey("admin", "logentry")


def _names(fields: str, **relations: ModelKey) -> Mapping[str, ModelKey | None]:
    return {**dict.fromkeys(words(fields)), **relations}


KNOWN: dict[ModelKey, Mapping[str, ModelKey | None]] = {
    PERMISSION: _names(
        "id name content_type_id codename",
        content_type=CONTENT_TYPE,
        group=GROUP,
        group_set=GROUP,
        user=USER,
        user_set=USER,
    ),
    GROUP: _names("id name", permissions=PERMISSION, user=USER, user_set=USER),
    ModelKey("auth", "group_permissions"): _names("id group_id permission_id", group=GROUP, permission=PERMISSION),
    ModelKey("auth", "user"): _names(
        "id password last_login is_superuser username first_name last_name email is_staff is_active date_joined",
        groups=GROUP,
        user_permissions=PERMISSION,
        logentry=LOG_ENTRY,
        logentry_set=LOG_ENTRY,
    ),
    CONTENT_TYPE: _names(
        "id app_label model",
        permission=PERMISSION,
        permission_set=PERMISSION,
        logentry=LOG_ENTRY,
        logentry_set=LOG_ENTRY,
    ),
    SITE: _names("id domain name"),
    LOG_ENTRY: _names(
        "id action_time user_id content_type_id object_id object_repr action_flag change_message",
        user=USER,
        content_type=CONTENT_TYPE,
    ),
    ModelKey("sessions", "session"): _names("session_key session_data expire_date"),
    ModelKey("redirects", "redirect"): _names("id site_id old_path new_path", site=SITE),
}
"""The names on Django's own models. Rows of a project's models that refer to them are not among them."""

CREATING = frozenset({"create_user", "create_superuser"})
FINDING = frozenset({"get_by_natural_key", "get_for_id", "get_current"})
CONTENT_TYPES = frozenset({"get_for_model", "get_for_models"})
VALUES = frozenset({"clear_cache", "normalize_email", "make_random_password"})


def manager_method(reader: Reader, rows: Rows, name: str, args: Args, node: ast.AST) -> Values | None:
    """Return what a method of a manager gives that Django's own historical models have (use_in_migrations); None for others."""
    record = reader.record
    if rows.key not in KNOWN and rows.key != USER:
        return None
    if name in CREATING:
        record.of(rows.key).inserts = True
        record.updates(rows.key, ANY)
        return only(Instance(rows.key, fresh=True))
    if name in FINDING:
        record.reads(rows.key, {"app_label", "model"} if rows.key == CONTENT_TYPE else ANY)
        return only(Instance(rows.key))
    if name in CONTENT_TYPES and rows.key == CONTENT_TYPE:
        _note_content_types(reader, name, args)
        if name == "get_for_model":
            return only(Instance(CONTENT_TYPE))
        box = reader.box(node)
        reader.changed(box.put_open(PLAIN, only(Instance(CONTENT_TYPE))))
        return only(box)
    return PLAIN if name in VALUES else None


def _note_content_types(reader: Reader, name: str, args: Args) -> None:
    """Note that rows of content types are looked up, and made where they are missing."""
    record = reader.record
    record.of(CONTENT_TYPE).inserts = True
    record.reads(CONTENT_TYPE, {"app_label", "model"})
    given = [*args.positional, *(values for key, values in args.keywords if not key.startswith("for_concrete"))]
    for atom in (atom for values in given for atom in values):
        if isinstance(atom, Model | Instance | Related):
            record.of(atom.key)
        else:
            reader.opaque(f"calls {name}() with a model that cannot be read from the file")
    if args.more is not None or not given:
        reader.opaque(f"calls {name}() with models that cannot be read from the file")
