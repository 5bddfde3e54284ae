"""Which apps have a migrate command of their own, and what can be done with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from handrail.domain.dataclasses import dataclass

if TYPE_CHECKING:
    from django.core.management.base import BaseCommand

BY_SCHEMA = "TENANT_BASE_MIGRATE_COMMAND"
"""The setting of django-tenants (3.5 to 4.0): the path of the command that its own runs once for every schema."""
ONE_SCHEMA = "handrail.management.migrate.MigrateSchema"
"""The path of the command that does it under the lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCommand:
    """An app's own migrate command. app: its dotted name. is_first: whether it comes before Handrail in INSTALLED_APPS."""

    app: str
    command: type[BaseCommand]
    is_first: bool

    @property
    def is_djangos(self) -> bool:
        """Whether it is derived from Django's, so that it can run under the lock."""
        from django.core.management.commands.migrate import Command

        return issubclass(self.command, Command)

    @property
    def goes_by_schema(self) -> bool:
        """Whether it runs another command, of the setting BY_SCHEMA, for every schema."""
        from django.apps import apps

        if not apps.is_installed("django_tenants"):
            return False
        from importlib import import_module

        tenants: Any = import_module("django_tenants.management.commands.migrate_schemas")
        utils = import_module("django_tenants.utils")
        return issubclass(self.command, tenants.MigrateSchemasCommand) and hasattr(utils, "get_tenant_base_migrate_command_class")


def other_commands() -> Iterator[OtherCommand]:
    """Yield the migrate commands of all other apps, in the order in which manage.py looks for them: the first one wins.

    Apps are looked through as get_commands does it (django/core/management/__init__.py, 5.2 to 6.1).
    """
    from importlib import import_module
    from pathlib import Path

    from django.apps import apps
    from django.core.management import find_commands

    is_first = True
    for config in apps.get_app_configs():
        if config.name == "handrail":
            is_first = False
        elif "migrate" in find_commands(str(Path(config.path) / "management")):
            command = import_module(f"{config.name}.management.commands.migrate").Command
            yield OtherCommand(app=config.name, command=command, is_first=is_first)


def take_schemas() -> None:
    """Have django-tenants run Handrail's command for every schema, unless the settings name one."""
    from django.conf import settings

    if not hasattr(settings, BY_SCHEMA):
        setattr(settings, BY_SCHEMA, ONE_SCHEMA)
