"""What every test has: the fixtures for database servers, none of which starts before a test asks for it."""

from pathlib import Path

SERVERS = Path(__file__).parent / "servers" / "plugin.py"

pytest_plugins = ["tests.servers.plugin"] if SERVERS.exists() else []
