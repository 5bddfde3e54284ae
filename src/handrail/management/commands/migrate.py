"""``manage.py migrate``: Django's own command, or that of another app, under Handrail's lock and journal."""

from __future__ import annotations

from handrail.management.migrate import command_class

Command = command_class()
