"""A small project whose migration is stopped in the middle, for the tests of what is done about it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cases.live import LiveProject, Said
from tests.servers.base import Database

FIRST = """
from django.db import migrations, models

class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True, serialize=False)), ("n", models.IntegerField(default=1))]),
        migrations.RunSQL("INSERT INTO shop_thing (n) VALUES (1)", "DELETE FROM shop_thing"),
    ]
"""
SECOND = """
import os, signal
from django.db import migrations, models
from django.db.models import F

def change(apps, by, when):
    apps.get_model("shop", "Thing").objects.update(n=F("n") + by)
    if os.environ.get("STOP") == when:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("FAIL") == when:
        raise ValueError("it fails")

def up(apps, editor):
    change(apps, 1, "up")

def down(apps, editor):
    change(apps, -1, "down")

def last(apps, editor):
    change(apps, 0, "last")

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("shop", "0001_initial")]
    operations = [
        {first},
        migrations.RunPython(up, down, atomic={code}),
        migrations.AddField("Thing", "q", models.IntegerField(null=True)),
        migrations.RunPython(last, migrations.RunPython.noop, atomic=True),
    ]
"""
ADD = 'migrations.AddField("Thing", "p", models.IntegerField(null=True))'
REMOVE = 'migrations.RemoveField("Thing", "n")'


def second(*, atomic: bool = False, code: bool = True, first: str = ADD) -> str:
    """Return the migration that can be stopped. code: whether its code is in a transaction of its own."""
    return SECOND.format(atomic=atomic, code=code, first=first)


class Stopped(LiveProject):
    """The project. STOP says where a process kills itself, FAIL where it raises: up, down or last."""

    @classmethod
    def make(cls, path: Path, database: Database, migration: str, more: Mapping[str, str] | None = None) -> Stopped:
        """Make it with the first migration applied."""
        files = {"shop.0001_initial": FIRST, "shop.0002_step": migration, "shop/models.py": "", **(more or {})}
        made = cls.begin(path / "project", database, files, INSTALLED_APPS=["handrail", "shop"])
        assert isinstance(made, Stopped)
        made.migrate("shop", "0001")
        return made

    def stop(self, *target: str, exit: int | None = -9, **variables: str) -> Said:
        """Migrate, and be killed."""
        done = self.run("manage.py", "migrate", "--no-color", "shop", *target, **variables)
        assert done.exit == exit, done.out + done.err
        return done

    def recover(self, *words: str, exit: int = 0) -> dict[str, Any]:
        """Recover without being asked, and return the JSON."""
        return self.handrail("recover", "--yes", *words, exit=exit).json

    def text(self, *words: str, exit: int = 0) -> str:
        """Run handrail, check its exit code, and return all that a person sees."""
        done = self.run("-m", "handrail", *words)
        assert done.exit == exit, done.out + done.err
        return done.out + done.err

    @property
    def columns(self) -> list[str]:
        """The columns of the table now."""
        return sorted(name for name, *_ in self.schema()["shop_thing"]["columns"])

    @property
    def n(self) -> list[int]:
        """The values that the code changes."""
        return [n for (n,) in self.query("SELECT n FROM shop_thing")]

    def status(self) -> tuple[str, list[str]]:
        """Return the status of the run that was stopped, and those of its steps."""
        ((id, status),) = self.query("SELECT id, status FROM handrail_run WHERE id = 2")
        steps = self.query(f"SELECT status FROM handrail_step WHERE run = {id} ORDER BY id")
        return status, [step for (step,) in steps]
