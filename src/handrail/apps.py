"""The Django app: with "handrail" in INSTALLED_APPS, ``manage.py handrail`` is there."""

from __future__ import annotations

from django.apps import AppConfig


class HandrailConfig(AppConfig):
    """Handrail has no models of Django's kind, so it has no migrations of its own."""

    name = "handrail"
    verbose_name = "Handrail"
