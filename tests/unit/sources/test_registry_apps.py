"""The app registry of a small project, asked in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CODE = """
import json, sys
from pathlib import Path
import django
from django.conf import settings
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
settings.configure(
    INSTALLED_APPS=["shop", "toys", "plain", "bare", "moved", "off", "outside"],
    AUTH_USER_MODEL="shop.User",
    FILE_MODEL="toys.File",
    MIGRATION_MODULES={"moved": "config.moved_history", "off": None},
)
django.setup()
from handrail.sources.registry_apps import installed_apps
found = installed_apps(Path(sys.argv[1]))
apps = [[app.label, app.path, app.module] for app in found.apps]
print(json.dumps([apps, sorted(found.unmigrated), found.settings]))
"""
MODELS = """
from django.db import models
class {name}(models.Model):
    class Meta:
        swappable = "{setting}"
"""


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("")


def test_the_registry_says_which_apps_there_are_and_where(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    for name in ("shop", "toys", "moved", "off"):
        write(root, f"{name}/__init__.py", f"{name}/migrations/__init__.py")
    write(root, "plain/__init__.py", "bare/__init__.py", "bare/migrations/0001_initial.py")
    write(root, "config/__init__.py", "config/moved_history/__init__.py")
    write(other, "outside/__init__.py", "outside/migrations/__init__.py")
    (root / "shop/models.py").write_text(MODELS.format(name="User", setting="AUTH_USER_MODEL"))
    (root / "toys/models.py").write_text(MODELS.format(name="File", setting="FILE_MODEL"))
    (root / "toys/apps.py").write_text(
        "from django.apps import AppConfig\nclass ToysConfig(AppConfig):\n    name = 'toys'\n    label = 'toys'\n"
    )
    done = subprocess.run([sys.executable, "-c", CODE, str(root), str(other)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    apps, unmigrated, settings = json.loads(done.stdout)
    assert apps == [
        ["shop", "shop/migrations", "shop.migrations"],
        ["toys", "toys/migrations", "toys.migrations"],
        ["moved", "config/moved_history", "config.moved_history"],
        ["outside", "../other/outside/migrations", "outside.migrations"],
    ]
    assert unmigrated == ["bare", "off", "plain"]
    assert settings == {"AUTH_USER_MODEL": "shop.User", "FILE_MODEL": "toys.File"}
