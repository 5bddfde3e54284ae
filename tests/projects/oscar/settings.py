"""A shop: django-oscar."""

# ruff: noqa: F403, F405

from base_settings import *
from oscar import INSTALLED_APPS as OSCAR_APPS
from oscar.defaults import *

MISSING = "sorl.thumbnail"
INSTALLED_APPS = list(dict.fromkeys([*CONTRIB_APPS, *(app for app in OSCAR_APPS if app != MISSING)]))
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
