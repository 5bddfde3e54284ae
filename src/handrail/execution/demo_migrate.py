"""The part of the demo that migrates under difficulties: two processes at once, one that is killed, and a release taken back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal

from handrail.execution import demo_project as project
from handrail.execution.demo_checks import leaf_nodes, promise, rows
from handrail.execution.demo_stage import BrokenPromiseError, Stage

DATABASE = "db.sqlite3"
PATIENCE = 60.0
"""Seconds until something that has to happen counts as not happening."""


def waiting(stage: Stage) -> None:
    """Two deploys migrate at the same moment, with a data migration that must not run twice."""
    stage.run("git", "switch", "-q", "main", quiet=True)
    stage.edit("settings.py", project.INSTALLED, project.INSTALLED_WITH_HANDRAIL)
    _write_migration(stage, "double_prices", project.DOUBLE_PRICES)
    before = _prices(stage)
    first = stage.start("python", "manage.py", "migrate")
    _wait_for(lambda: _count(stage, "handrail_step", "status = 'running' AND name LIKE '%double_prices'"), "the first migrate")
    second = stage.run("python", "manage.py", "migrate")
    stage.finish(first)
    stage.say("")
    promise(stage, "waiting for the lock on default: migrate" in second, "the second migrate waits, and says for whom")
    promise(stage, "No migrations to apply." in second, "when it has the lock it plans anew, and finds nothing to do")
    promise(stage, _prices(stage) == [price * 2 for price in before], "every price was doubled once")


def killed(stage: Stage) -> None:
    """A migration without a transaction of its own is killed between two operations."""
    _write_migration(stage, "stock", project.STOCK)
    running = stage.start("python", "manage.py", "migrate")
    _wait_for(lambda: _count(stage, "handrail_statement", "kind = 'operation' AND status = 'done'"), "the first operation")
    stage.kill(running)
    stage.run("python", "manage.py", "migrate")
    stage.say("")
    promise(stage, rows(stage.root / DATABASE, "shop_product", "stock") == [(10,)], "what was done was not done again")
    done = _count(stage, "django_migrations", "name LIKE '%stock'")
    promise(stage, done == 1, "the migration is applied, and recorded once")
    stage.run("handrail", "history")


def taken_back(stage: Stage) -> None:
    """A release drops a column and changes rows without a reverse; rows are written before it is taken back."""
    _execute(stage, project.NUMBERED)
    _write_migration(stage, "bad_release", project.BAD_RELEASE)
    stage.run("python", "manage.py", "migrate")
    _execute(stage, project.SOLD_SINCE)
    stage.say(f"\n(meanwhile, in the application)\n{project.SOLD_SINCE}")
    stage.run("handrail", "kept")
    stage.run("handrail", "rollback", "--last-run", "--yes")
    stage.say("")
    found = rows(stage.root / DATABASE, "shop_product", "title, sku, price, stock")
    promise(stage, found[0][:2] == ("Lamp", "L-1"), "the column is back with its value, and the title is as it was")
    promise(stage, found[0][2] == 35, "the price that was changed since stays changed")
    promise(stage, found[1:] == [("CHAIR", "", 49, 3)], "the row that came since is there, with the column's default")
    stage.run("python", "manage.py", "migrate", quiet=True)
    promise(stage, _count(stage, "django_migrations", "name LIKE '%bad_release'") == 1, "and the release can be applied again")


def _write_migration(stage: Stage, name: str, text: str) -> None:
    leaf = next(name for app, name in leaf_nodes(stage) if app == "shop")
    file = f"shop/migrations/{int(leaf[:4]) + 1:04}_{name}.py"
    stage.write(file, text.replace("LEAF", leaf))
    stage.say(f"\n$ cat {file}\n{text.replace('LEAF', leaf).rstrip()}")


def _prices(stage: Stage) -> list[Decimal]:
    return [Decimal(str(price)) for (price,) in rows(stage.root / DATABASE, "shop_product", "price")]


def _execute(stage: Stage, script: str) -> None:
    with closing(sqlite3.connect(stage.root / DATABASE, timeout=10)) as connection:
        connection.executescript(script)


def _count(stage: Stage, table: str, condition: str) -> int:
    """Count rows of a table, 0 where there is no such table yet."""
    with closing(sqlite3.connect(stage.root / DATABASE, timeout=10)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table]).fetchone():
            return 0
        found: int = connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}").fetchone()[0]
        return found


def _wait_for(happened: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise BrokenPromiseError(f"{what} did not begin in {PATIENCE:.0f} s")
        time.sleep(0.05)
