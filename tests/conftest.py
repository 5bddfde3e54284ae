"""What every test has: the fixtures for database servers, none of which starts before a test asks for it."""

pytest_plugins = ["tests.servers.plugin"]
"""Importing it starts nothing: a run of unit tests alone needs no server and no driver."""
