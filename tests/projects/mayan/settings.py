"""A document archive: Mayan EDMS, with the settings that it brings."""

# ruff: noqa: F403

import os
import tempfile

os.environ.setdefault("MAYAN_MEDIA_ROOT", tempfile.mkdtemp())
os.environ.setdefault("MAYAN_SECRET_KEY", "not a secret")
os.environ.setdefault("MAYAN_CELERY_BROKER_URL", "memory://")
os.environ.setdefault("MAYAN_LOCK_MANAGER_BACKEND", "mayan.apps.lock_manager.backends.file_lock.FileLock")

from mayan.settings.base import *

LOGGING = {"version": 1}
