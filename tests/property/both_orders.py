"""A process that runs pairs of migrations in both orders on SQLite in memory: python -m tests.property.both_orders.

One JSON line in, one out, so that no test process has to set Django up. In: {"base": [...], "ours": [...], "theirs": [...]}, each
a list of [app_label, name, text]. Out: {"alone": what stops a side by itself, "errors": {order: error}, "differences": [...]}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from handrail.execution.proof_compare import Contents, compare, read_contents
from handrail.execution.proof_orders import describe
from handrail.execution.proof_rows import make_rows
from handrail.execution.proof_scratch import Scratch

Files = Sequence[Sequence[str]]
ORDERS = (("ours, theirs", ("ours", "theirs")), ("theirs, ours", ("theirs", "ours")))


class Runner:
    """Keeps the database of each base, with rows, and copies it for every run."""

    def __init__(self) -> None:
        from django.db import connection

        self.scratch = Scratch(connection)
        self.bases: dict[tuple[str, str], tuple[str, Any]] = {}

    def run(self, pair: dict[str, Files]) -> dict[str, Any]:
        """Run both orders on telling rows; on ordinary ones where a side alone cannot bear those."""
        answer: dict[str, Any] = {}
        for level in ("telling", "plain"):
            answer = self._run_level(pair, level)
            if not answer["alone"]:
                break
        return answer

    def _run_level(self, pair: dict[str, Files], level: str) -> dict[str, Any]:
        found: dict[str, Contents] = {}
        errors = {}
        for label, sides in ORDERS:
            origin, state = self._base(pair["base"], level)
            name = self.scratch.make(origin)
            error = ""
            for number, side in enumerate(sides):
                state, error = self._apply(pair[side], unrendered(state))
                if error and number == 0:
                    self.scratch.drop(name)
                    return {"alone": error, "errors": {}, "differences": []}
                if error:
                    errors[label] = error
                    break
            if not error:
                found[label] = read_contents(self.scratch.connection, self.scratch.backend)
            self.scratch.drop(name)
        differences = compare(found, frozenset(), self.scratch.backend.is_generated)
        return {"alone": "", "errors": errors, "differences": differences["schema_differences"] + differences["row_differences"]}

    def _base(self, files: Files, level: str) -> tuple[str, Any]:
        key = (json.dumps(files), level)
        if key not in self.bases:
            from django.db.migrations.state import ProjectState

            name = self.scratch.make()
            state, error = self._apply(files, ProjectState(real_apps=set()))
            assert not error, error
            labels = {label for label, _, _ in files}
            made = make_rows(self.scratch.connection, state.apps, labels, labels, level)
            assert not made.unseeded, made.notes
            self.bases[key] = name, state
        return self.bases[key]

    def _apply(self, files: Files, state: Any) -> tuple[Any, str]:
        connection = self.scratch.connection
        for label, name, text in files:
            space: dict[str, Any] = {"__name__": f"{label}.migrations.{name}"}
            exec(text, space)
            migration = space["Migration"](name, label)
            try:
                with connection.schema_editor(atomic=migration.atomic) as editor:
                    state = migration.apply(state, editor)
            except Exception as error:  # noqa: BLE001 - migrations may raise anything
                return state, f"{label}.{name}: {describe(error)}"
        return state, ""


def unrendered(state: Any) -> Any:
    """Return the state as another deployment would make it, without the model classes of this one."""
    fresh = state.clone()
    fresh.__dict__.pop("apps", None)
    return fresh


def main() -> None:
    """Answer until standard input ends."""
    import django
    from django.conf import settings

    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[],
        USE_TZ=True,
    )
    django.setup()
    runner = Runner()
    for line in sys.stdin:
        print(json.dumps(runner.run(json.loads(line))), flush=True)
    runner.scratch.drop_all()


if __name__ == "__main__":
    main()
