"""Content types and permissions that no model of the project state has any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from handrail.checks.base import Check
from handrail.domain.finding import Finding, Severity


class StaleContentTypes(Check):
    """After a rollback, rows of django_content_type or auth_permission belong to models that are not there now.

    ``handrail rollback`` names all of them. ``migrate`` names those that rows refer to: permissions that a user or group has,
    content types of the admin's log or of generic relations.

    Why it matters
    --------------
    They harm nothing, and they are what the model finds again when it comes back: with the same ids, so that generic relations,
    admin logs and the permissions of users and groups are right then. Until then they can be seen in the admin.

    What Django does
    ----------------
    It adds what is missing after every migrate, and never removes anything. Up to 6.0 a model that is renamed and renamed back
    has the permissions of both names.

    What to do
    ----------
    Nothing, if the migrations are to be applied again. Else ``manage.py remove_stale_contenttypes`` deletes content types with
    everything that refers to them; permissions of a name that is not used can be deleted in the admin.

    Example
    -------
    ``0002_rename`` made Item of Thing, and was taken back::

        info[HR514]: stale-content-types: permissions add_item, change_item, delete_item, view_item of shop.thing
    """

    code = "HR514"
    severity = Severity.INFO
    summary = "stale-content-types: {models}"

    @classmethod
    def find(cls, models: Sequence[str], permissions: Mapping[str, Sequence[str]]) -> list[Finding]:
        """Return one finding, or none. models: content types without a model; permissions: codenames of others, by model."""
        parts = [", ".join(models)] if models else []
        parts += [f"permissions {', '.join(names)} of {model}" for model, names in permissions.items() if names]
        if not parts:
            return []
        help = "leave them: they are found again when the migrations are applied again"
        return [cls.say({"models": "; ".join(parts)}, help=help)]
