"""The Django app: with "handrail" in INSTALLED_APPS, ``manage.py handrail`` is there and ``migrate`` is Handrail's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig


class HandrailConfig(AppConfig):
    """Handrail has no models of Django's kind, so it has no migrations of its own."""

    name = "handrail"
    verbose_name = "Handrail"

    def ready(self) -> None:
        """Register the system checks; nothing of Handrail is imported before they run."""
        from django.apps import apps
        from django.core.checks import register

        register(check_migrate_commands)
        if apps.is_installed("django_tenants"):
            from handrail.sources.migrate_commands import take_schemas

            take_schemas()


def check_migrate_commands(**_options: object) -> list[Any]:
    """Say which other app's migrate command would run without the lock."""
    return [*_of_apps(), *_of_schemas()]


def _of_apps() -> Iterator[Any]:
    from django.core.checks import Error, Warning

    from handrail.sources.migrate_commands import other_commands

    for other in other_commands():
        if other.goes_by_schema:
            continue
        if not other.is_djangos:
            message = f"the migrate command of {other.app} is not derived from Django's, so it cannot run under Handrail's lock"
            hint = f"derive it from django.core.management.commands.migrate.Command, or take {other.app} or handrail out"
            yield Error(message, hint=f"{hint} of INSTALLED_APPS", id="handrail.E001")
        elif other.is_first:
            message = f"the migrate command of {other.app} is the one that runs, without Handrail's lock and journal"
            hint = f'put "handrail" before "{other.app}" in INSTALLED_APPS: its command then runs inside Handrail\'s'
            yield Warning(message, hint=hint, id="handrail.W001")


def _of_schemas() -> Iterator[Any]:
    """Look at the command that django-tenants runs for every schema."""
    from django.apps import apps
    from django.conf import settings
    from django.core.checks import Warning
    from django.utils.module_loading import import_string

    from handrail.sources.migrate_commands import BY_SCHEMA, ONE_SCHEMA

    if not apps.is_installed("django_tenants"):
        return
    named = getattr(settings, BY_SCHEMA)
    if not issubclass(import_string(named), import_string(ONE_SCHEMA)):
        message = f"{BY_SCHEMA} is {named}, which migrates every schema without Handrail's lock and journal"
        yield Warning(message, hint=f"derive it from {ONE_SCHEMA}", id="handrail.W002")
