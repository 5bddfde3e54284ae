"""A process that runs chains of migrations on a real database, and says what is not as it has to be: python -m tests.property.chain_runner.

One JSON line in (see chains), one out: {"problems": texts, "went": how many moves were made, "refused": codes}.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.property import chain_databases
from tests.property.chain_story import Story


def write_files(chain: dict[str, Any], folder: Path) -> None:
    """Write the migrations, and let the loader find them."""
    migrations = folder / "shop" / "migrations"
    for old in migrations.glob("0*.py"):
        old.unlink()
    for number, text in enumerate(chain["migrations"], 1):
        (migrations / f"{number:04}_m.py").write_text(text)
    importlib.invalidate_caches()
    for name in [each for each in sys.modules if each.startswith("shop.migrations.")]:
        del sys.modules[name]


@contextlib.contextmanager
def project() -> Iterator[Path]:
    """Set Django up on an app without models."""
    import django
    from django.conf import settings

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shop" / "migrations").mkdir(parents=True)
        (folder / "shop" / "__init__.py").touch()
        (folder / "shop" / "migrations" / "__init__.py").touch()
        sys.path.insert(0, name)
        sys.dont_write_bytecode = True
        os.chdir(name)
        settings.configure(
            SECRET_KEY="x",
            HANDRAIL={"lock_wait": 3},
            DATABASES=chain_databases.databases(),
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            INSTALLED_APPS=["handrail", "shop"],
            USE_TZ=True,
        )
        django.setup()
        yield folder


def answer(chain: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Go through one chain."""
    from django.db import connection

    chain_databases.empty(connection)
    write_files(chain, folder)
    story = Story(chain)
    problems = story.run()
    return {"problems": problems, "went": story.went, "refused": story.refused}


def main() -> None:
    """Answer until standard input ends; every chain has a process of its own, so that nothing of one is left for the next."""
    with project() as folder:
        for line in sys.stdin:
            pid = os.fork()
            if pid == 0:
                try:
                    print(json.dumps(answer(json.loads(line), folder)), flush=True)
                except BaseException:  # noqa: BLE001 - the process ends here, whatever happens
                    print(json.dumps({"problems": [traceback.format_exc()], "went": 0, "refused": []}), flush=True)
                os._exit(0)
            os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
