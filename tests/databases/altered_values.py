"""Alters columns with a schema editor that keeps, changes rows, and alters them back and there again: one process for many tables.

Run with the settings of a database and scenarios as JSON on standard input; prints JSON, one object for each.
A scenario: old, new: fields, and more: other attributes of the model, as Python. rows: values of p by primary key, as Python. also: SQL
between the two ways. forward, undo: keywords of Undo for each way, as Python. key, now: a column of the primary key, and what p is
called at the end, where they are others. patterns: what is kept.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
import json
import sys
from typing import Any

Seen = dict[str, Any]


class Scenario:
    """One table in a database."""

    def __init__(self, number: int, asked: dict[str, Any]) -> None:
        self.number, self.asked = number, asked
        self.said: list[str] = []
        self.name = asked["name"].replace(" ", "_")
        self.table = f"values_{self.name}"

    def model(self, text: str) -> Any:
        from django.apps.registry import Apps
        from django.db import models

        more = {name: eval(one, {"models": models}) for name, one in self.asked.get("more", {}).items()}
        meta = type("Meta", (), {"app_label": "values", "apps": Apps(), "db_table": self.table})
        fields = {"p": eval(text, {"models": models}), "name": models.CharField(max_length=9, default="n")}
        return type(f"Thing{self.number}", (models.Model,), {"__module__": "values", "Meta": meta, **fields, **more})

    def keeper(self, step: int, undo: str) -> Any:
        from django.db import connection

        from handrail.domain import kept
        from handrail.domain.migration import MigrationKey
        from handrail.execution.keeping.keeper import Keeper, Keeping

        wanted = eval(f"Undo({undo})", vars(kept))
        patterns = tuple(self.asked.get("patterns", ["*"]))
        keeping = Keeping(patterns=patterns, days=1, undo=wanted, said=self.said.append)
        return Keeper(connection=connection, keeping=keeping, run=1, step=step, key=MigrationKey("values", self.name))

    def alter(self, old: str, new: str, direction: Any, step: int, undo: str) -> str:
        """Alter as one step; return what was refused."""
        from django.db import connection, transaction

        from handrail.errors.base import Refusal
        from handrail.execution.editors import editor_for

        keeper, before, after = self.keeper(step, undo), self.model(old), self.model(new)
        atomic = connection.features.can_rollback_ddl
        try:
            with editor_for(connection, atomic=atomic, migration="values", keeper=keeper) as editor, keeper.at(0, direction):
                editor.alter_field(before, before._meta.get_field("p"), after._meta.get_field("p"))
        except Refusal as refusal:
            assert not transaction.get_connection().in_atomic_block
            return f"{refusal.code}: {refusal}"
        return ""

    def run(self) -> Seen:
        """Go there and back."""
        from django.db import connection

        from handrail.domain.run import Direction

        asked, step, now = self.asked, self.number * 10, self.asked.get("now", "p")
        old = self.model(asked["old"])
        with connection.schema_editor() as editor:
            editor.create_model(old)
        self.fill(old)
        seen: Seen = {"probe": self.probe()}
        seen["refused"] = self.alter(asked["old"], asked["new"], Direction.FORWARD, step, asked.get("forward", ""))
        if seen["refused"]:
            return {**seen, "there": self.rows("p"), "kept": self.kept()}
        seen |= {"there": self.rows(now), "kept": self.kept()}
        for sql in asked.get("also", []):
            self.execute(sql.format(table=self.table))
        seen["stopped"] = self.alter(asked["new"], asked["old"], Direction.BACKWARD, step + 1, asked.get("undo", ""))
        seen |= {"back": self.rows(now if seen["stopped"] else "p"), "left": self.kept()}
        if not seen["stopped"]:
            self.alter(asked["old"], asked["new"], Direction.FORWARD, step + 2, asked.get("forward", ""))
            seen["again"] = self.rows(now)
        return {**seen, "said": self.said}

    def fill(self, model: Any) -> None:
        from django.db import connection

        names = [field.column for field in model._meta.local_concrete_fields if field.column]
        marks = ", ".join(["%s"] * len(names))
        columns = ", ".join(map(connection.ops.quote_name, names))
        for key, value in self.asked["rows"].items():
            row = {"id": key, "name": f"n{key}", "p": eval(value), "a": 1, "b": key, "other": 1}
            self.execute(f"INSERT INTO {self.table} ({columns}) VALUES ({marks})", [row[name] for name in names])

    def execute(self, sql: str, values: Any = None) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(sql, values)

    def rows(self, column: str) -> dict[str, str]:
        from django.db import connection

        key, value = map(connection.ops.quote_name, (self.asked.get("key", "id"), column))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {key}, {value} FROM {self.table} ORDER BY {key}")
            return {str(key): plain(value) for key, value in cursor.fetchall()}

    def kept(self) -> list[list[str]]:
        """Return what lies aside of this table: key, value before, value after."""
        from django.db import connection

        from handrail.sources.kept import kept

        found = []
        with connection.cursor() as cursor:
            there = {name for name in connection.introspection.table_names(cursor) if name.startswith("hrk_")}
            named = {one.aside for one in kept(connection, table=self.table)}
            for name in sorted(named):
                cursor.execute(f"SELECT k1, was, became FROM {name} ORDER BY k1")
                found += [[plain(value) for value in row] for row in cursor.fetchall()]
        assert named <= there
        return found

    def probe(self) -> list[Any] | None:
        """Return what would not fit, what would change, and examples; None where nothing can."""
        from django.db import connection

        from handrail.domain import kept
        from handrail.execution.probes.narrowing import narrowing

        before, after = (self.model(self.asked[one])._meta.get_field("p") for one in ("old", "new"))
        fill = eval(f"Undo({self.asked.get('forward', '')})", vars(kept)).fill
        found = narrowing(connection, before, after, fill=fill)
        return None if found is None else [found.misfits, found.changes, list(found.examples)]


def plain(value: Any) -> str:
    """Write a value as all databases have it: numbers without needless zeros, moments without a zone."""
    if isinstance(value, bool | int | float | decimal.Decimal):
        return f"{decimal.Decimal(str(int(value) if isinstance(value, bool) else value)).normalize():f}"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return "NULL" if value is None else str(value)


def asides() -> list[str]:
    """Return the side tables of the whole database that nothing says are kept."""
    from django.db import connection

    from handrail.sources.kept import kept

    with connection.cursor() as cursor:
        there = {name for name in connection.introspection.table_names(cursor) if name.startswith("hrk_")}
    return sorted(there - {one.aside for one in kept(connection)})


def main() -> None:
    import django
    from django.conf import settings

    asked = json.loads(sys.stdin.read())
    settings.configure(DATABASES={"default": asked["database"]}, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
    django.setup()
    from django.db import connection

    from handrail.execution.journal import Journal
    from handrail.execution.patience import Patience

    Journal(connection, Patience(connection, budget=5, blocked=print)).ensure()
    found = []
    for number, one in enumerate(asked["scenarios"], 1):
        scenario = Scenario(number, one)
        try:
            found.append(scenario.run())
        except Exception as error:  # noqa: BLE001 - the test says what it was, and goes on with the next one
            found.append({"error": f"{type(error).__name__}: {error}"})
            with contextlib.suppress(Exception):
                connection.close()
    print(json.dumps({"seen": found, "asides": asides()}))


if __name__ == "__main__":
    main()
