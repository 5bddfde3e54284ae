"""A content management system: Wagtail with all its parts."""

# ruff: noqa: F403, F405

import pkgutil

import wagtail.contrib
from base_settings import *

PARTS = ("admin", "documents", "embeds", "images", "locales", "search", "sites", "snippets", "users")
INSTALLED_APPS = [
    *(f"wagtail.contrib.{module.name}" for module in pkgutil.iter_modules(wagtail.contrib.__path__) if module.ispkg),
    *(f"wagtail.{part}" for part in PARTS),
    "wagtail",
    "modelcluster",
    "modelsearch",
    "taggit",
    "rest_framework",
    *CONTRIB_APPS,
]
WAGTAIL_SITE_NAME = "shop"
WAGTAILADMIN_BASE_URL = "http://localhost"
