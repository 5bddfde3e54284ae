"""Bridges to Django's manage.py."""
