"""A ticket shop: pretix, with the settings that it brings."""

# ruff: noqa: F403

import os
import tempfile

os.environ.setdefault("DATA_DIR", tempfile.mkdtemp())
os.environ.setdefault("PRETIX_CONFIG_FILE", os.devnull)

from pretix.settings import *

LOGGING = {"version": 1}
