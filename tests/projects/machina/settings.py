"""A forum: django-machina."""

# ruff: noqa: F403, F405

from base_settings import *

FORUM_PARTS = (
    "forum",
    "forum_conversation",
    "forum_conversation.forum_attachments",
    "forum_conversation.forum_polls",
    "forum_feeds",
    "forum_member",
    "forum_moderation",
    "forum_permission",
    "forum_search",
    "forum_tracking",
)
INSTALLED_APPS = [
    *CONTRIB_APPS,
    "mptt",
    "haystack",
    "widget_tweaks",
    "machina",
    *(f"machina.apps.{part}" for part in FORUM_PARTS),
]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "machina_attachments")}
