"""The demo from beginning to end, as a user runs it."""

import subprocess
import sys
from pathlib import Path


def demo(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "handrail", "demo", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_everything_is_as_promised(tmp_path: Path) -> None:
    done = demo("shop", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.removeprefix("as promised: ") for line in done.stdout.splitlines() if line.startswith("as promised: ")] == [
        "one leaf node in each app: orders.0002_order_card, shop.0004_loyaltycard",
        "db.sqlite3 and fresh.sqlite3 have the same schema (5 tables)",
        "db.sqlite3 and fresh.sqlite3 have the same 6 migrations recorded",
        "the row written on the branch is still there",
        "one leaf node in each app: orders.0002_order_card, shop.0006_alter_customer_name_merged",
        "db.sqlite3 and fresh.sqlite3 have the same schema (5 tables)",
        "db.sqlite3 and fresh.sqlite3 have the same 8 migrations recorded",
        "name is both: 100 characters long, and nullable",
        "all three values are shown: before, here, there",
        "nothing was written",
        "the second migrate waits, and says for whom",
        "when it has the lock it plans anew, and finds nothing to do",
        "every price was doubled once",
        "what was done was not done again",
        "the migration is applied, and recorded once",
        "the column is back with its value, and the title is as it was",
        "the price that was changed since stays changed",
        "the row that came since is there, with the column's default",
        "and the release can be applied again",
    ]
    assert done.stdout.endswith("\nEverything was as promised. The project stays in shop.\n")
    assert (tmp_path / "shop" / "shop" / "migrations" / "0004_loyaltycard.py").exists()


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "manage.py").write_text("mine")
    done = demo("shop", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("error[HR001]: usage: shop is there already and is not an empty folder\n")
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["manage.py"]
