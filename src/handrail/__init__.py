"""Handrail: what a Django team holds on to on the stairs of its migrations."""

__version__ = "0.1.0.dev0"
