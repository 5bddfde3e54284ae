"""A network inventory: NetBox, with the settings that it brings."""

# ruff: noqa: F403

import os

os.environ.setdefault("NETBOX_CONFIGURATION", "netbox_configuration")

from netbox.settings import *
