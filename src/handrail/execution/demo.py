"""The demo: a real small project in a git repository of its own, three conflicts, and three bad days of its database."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from handrail.execution import demo_project as project
from handrail.execution.demo_checks import check_databases, check_files, promise, rows
from handrail.execution.demo_migrate import killed, taken_back, waiting
from handrail.execution.demo_stage import BrokenPromiseError, Stage

FOUND, REFUSED = 1, 2
"""Exit codes of Handrail: something was found; nothing was done."""


def play(folder: Path | None, say: Callable[[str], None]) -> bool:
    """Play the demo in a new or empty folder, or in one that is deleted afterwards; return whether all was as promised.

    say gets what is to be shown, line breaks included.
    """
    root = folder or Path(tempfile.mkdtemp(prefix="handrail-demo-"))
    root.mkdir(parents=True, exist_ok=True)
    stage = Stage(root=root.resolve(), say=say)
    try:
        for scene in (build, independent, merged, overlapping, two_at_once, half_way, bad_release):
            scene(stage)
    except BrokenPromiseError as broken:
        say(f"\n{broken}")
        return False
    finally:
        if folder is None:
            shutil.rmtree(root, ignore_errors=True)
    say("\nEverything was as promised." + (f" The project stays in {folder}." if folder else ""))
    return True


def title(stage: Stage, text: str) -> None:
    """Announce a scene."""
    stage.say(f"\n{text}\n{'=' * len(text)}")


def commit(stage: Stage, message: str) -> None:
    """Commit everything in the project."""
    stage.run("git", "add", "-A", quiet=True)
    stage.run("git", "commit", "-q", "-m", message, quiet=True)


def branch(stage: Stage, name: str, start: str = "main") -> None:
    """Make a branch and switch to it."""
    stage.run("git", "switch", "-q", "-c", name, start)


def migrate_both(stage: Stage) -> None:
    """Migrate the branch's database, which has applied migrations and rows, and an empty one; check that they end alike."""
    fresh = stage.root / "fresh.sqlite3"
    fresh.unlink(missing_ok=True)
    stage.run("python", "manage.py", "migrate")
    stage.run("python", "manage.py", "migrate", settings={"DATABASE": fresh.name})
    stage.run("python", "manage.py", "makemigrations", "--check", "--dry-run")
    stage.say("")
    check_files(stage)
    check_databases(stage, "db.sqlite3", fresh.name)


def land(stage: Stage, name: str) -> None:
    """Bring a resolved branch to main, as a team would after its review."""
    commit(stage, f"Resolve the migrations of {name} with those of main")
    stage.run("git", "switch", "-q", "main", quiet=True)
    stage.run("git", "merge", "-q", "--ff-only", name, quiet=True)


def build(stage: Stage) -> None:
    """Build the project and its first migrations."""
    title(stage, "A shop with two apps, and its first migrations")
    stage.run("git", "init", "-q", "-b", "main")
    for path, text in project.START.items():
        stage.write(path, text)
    stage.run("python", "manage.py", "makemigrations", "shop", "orders")
    stage.run("python", "manage.py", "migrate", quiet=True)
    commit(stage, "A shop")


def independent(stage: Stage) -> None:
    """Two branches that can be had both: two migrations and one in another app that needs them, against one on main."""
    title(stage, "1. Two branches, each fine by itself")
    branch(stage, "loyalty")
    stage.edit("shop/models.py", project.EMAIL, project.EMAIL + project.PHONE)
    stage.run("python", "manage.py", "makemigrations", "shop")
    stage.edit("shop/models.py", project.PHONE, project.PHONE + project.LOYALTY_CARD)
    stage.edit("orders/models.py", project.PLACED, project.PLACED + project.CARD)
    stage.run("python", "manage.py", "makemigrations")
    stage.run("python", "manage.py", "migrate")
    stage.run("python", "manage.py", "shell", "-v", "0", "-c", project.ROWS, quiet=True)
    commit(stage, "Loyalty cards")
    stage.run("git", "switch", "-q", "main")
    stage.edit("shop/models.py", project.PRICE, project.PRICE + project.SKU)
    stage.run("python", "manage.py", "makemigrations", "shop")
    commit(stage, "A number for each product")

    title(stage, "2. The conflict is found before the branch is merged")
    stage.run("git", "switch", "-q", "loyalty")
    stage.run("handrail", "conflicts", "--base", "main", expect={FOUND})
    stage.run("handrail", "explain", "HR101")

    title(stage, "3. git merges without a word; one command resolves it, in files and database")
    stage.run("git", "merge", "-q", "--no-edit", "main")
    stage.run("python", "manage.py", "migrate", expect={1})
    stage.run("handrail", "resolve", "--onto", "main", "--update-databases", "--yes")
    stage.run("handrail", "conflicts")
    stage.run("python", "manage.py", "showmigrations")
    migrate_both(stage)
    cards = rows(stage.root / "db.sqlite3", "shop_loyaltycard", "points")
    promise(stage, cards == [(7,)], "the row written on the branch is still there")
    land(stage, "loyalty")


Change = tuple[str, Callable[[], None]]
"""The name of a migration, and the edit of a model that it is made for."""


def alter_on_both(stage: Stage, ours: Change, theirs: Change) -> None:
    """Alter one field on a branch and on main, each with the migration that Django makes for it; end on the branch."""
    branch(stage, ours[0])
    migration_for(stage, ours)
    stage.run("git", "switch", "-q", "main")
    migration_for(stage, theirs)
    stage.run("git", "switch", "-q", ours[0])


def migration_for(stage: Stage, change: Change) -> None:
    """Make a change, the migration for it, and a commit of both."""
    name, edit = change
    edit()
    stage.run("python", "manage.py", "makemigrations", "shop", "--name", name)
    commit(stage, name)


def merged(stage: Stage) -> None:
    """One field altered on both sides, in different attributes: neither order is right, the merged value is."""
    title(stage, "4. One field, altered on both sides: longer here, nullable there")
    alter_on_both(
        stage,
        ("longer_names", lambda: stage.edit("shop/models.py", project.NAME_LENGTH, project.NAME_LENGTH.replace("50", "100"))),
        ("nullable_names", lambda: stage.edit("shop/models.py", project.NAME_HELP, project.NAME_HELP + project.NULL)),
    )
    stage.run("handrail", "conflicts", "--base", "main", expect={FOUND})
    stage.run("git", "merge", "-q", "--no-edit", "main")
    stage.run("handrail", "resolve", "--onto", "main", "--yes")
    migrate_both(stage)
    names = [column for column in columns(stage, "shop_customer") if column[0] == "name"]
    promise(stage, names == [("name", "varchar(100)", 0)], "name is both: 100 characters long, and nullable")
    land(stage, "longer_names")


def columns(stage: Stage, table: str) -> list[tuple[object, ...]]:
    """Return name, type and NOT NULL of the columns of a table in the branch's database."""
    return rows(stage.root / "db.sqlite3", f"(SELECT cid AS id, * FROM pragma_table_info('{table}'))", "name, type, [notnull]")


def overlapping(stage: Stage) -> None:
    """One attribute set to two values: a choice that no program should make."""
    title(stage, "5. One value, set to 100 here and to 200 there: refused")
    alter_on_both(
        stage,
        ("longer_titles", lambda: stage.edit("shop/models.py", project.TITLE_LENGTH, project.TITLE_LENGTH.replace("50", "100"))),
        (
            "very_long_titles",
            lambda: stage.edit("shop/models.py", project.TITLE_LENGTH, project.TITLE_LENGTH.replace("50", "200")),
        ),
    )
    output = stage.run("handrail", "conflicts", "--base", "main", expect={FOUND})
    stage.say("")
    promise(stage, all(value in output for value in ("50", "100", "200")), "all three values are shown: before, here, there")
    before = contents(stage)
    stage.run("handrail", "resolve", "--onto", "main", "--yes", expect={REFUSED})
    stage.say("")
    promise(stage, contents(stage) == before, "nothing was written")


def two_at_once(stage: Stage) -> None:
    """Two migrators."""
    title(stage, '6. With "handrail" in INSTALLED_APPS, one process migrates at a time')
    waiting(stage)


def half_way(stage: Stage) -> None:
    """One that is killed."""
    title(stage, "7. A migrate that is killed half-way: the next one goes on from there")
    killed(stage)


def bad_release(stage: Stage) -> None:
    """One that should not have been."""
    title(stage, "8. A release that drops a column is taken back, with what was in it")
    taken_back(stage)


def contents(stage: Stage) -> dict[str, bytes]:
    """Return what is in the project's Python files."""
    return {path.relative_to(stage.root).as_posix(): path.read_bytes() for path in stage.root.rglob("*.py")}
