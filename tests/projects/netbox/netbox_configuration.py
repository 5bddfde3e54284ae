"""What NetBox asks of every installation; nothing of it is reached when migrations are loaded."""

import os

SERVER = {"HOST": "127.0.0.1", "PORT": int(os.environ.get("HANDRAIL_TEST_REDIS_PORT", "6379")), "DATABASE": 0}
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "netbox"}}
REDIS = {"tasks": SERVER, "caching": {**SERVER, "DATABASE": 1}}
SECRET_KEY = "not a secret, but as long as NetBox wants a secret to be"
API_TOKEN_PEPPERS = {1: "not a pepper, but as long as NetBox wants a pepper to be"}
