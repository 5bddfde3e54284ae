"""Handrail measured against plain Django, both in one run on one machine: ``python -m bench``."""
