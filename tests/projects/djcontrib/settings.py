"""Django's own apps."""

# ruff: noqa: F403, F405

from base_settings import *

INSTALLED_APPS = [*CONTRIB_APPS, "django.contrib.flatpages", "django.contrib.redirects"]
