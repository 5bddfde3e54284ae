"""What the settings of all real projects under test have in common: enough to load their apps, nothing to serve them."""

SECRET_KEY = "not a secret"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
ROOT_URLCONF = "nowhere"
CONTRIB_APPS = [
    f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "messages", "sessions", "sites", "staticfiles")
]
STATIC_URL = "/static/"
