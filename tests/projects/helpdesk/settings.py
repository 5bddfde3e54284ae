"""A help desk: django-helpdesk."""

# ruff: noqa: F403, F405

from base_settings import *

INSTALLED_APPS = [*CONTRIB_APPS, "django.contrib.humanize", "helpdesk", "rest_framework"]
HELPDESK_TEAMS_MODE_ENABLED = False
