"""An application that goes on writing while migrations come and go, and knows what it has committed.

python -m tests.databases.writing NUMBER, in a project's folder, until SIGTERM; then it prints what it has committed, as JSON: the last
values of its rows by name. Old and new code run side by side after a release, so a statement that names a column that is not there is
said again without it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import Any

Values = dict[str, Any]
COLUMNS = (("note", "price", "code"), ("note", "code"), ("note",))
"""What the statements of the old code name, and those of the new one."""
NOT_THERE = ("column", "default value", "NOT NULL")
MOST = 300


class Writer:
    """One connection, and the rows that are its own."""

    def __init__(self, number: int) -> None:
        self.number, self.random = number, random.Random(number)
        self.rows: dict[str, Values] = {}
        self.made = 0
        self.goes_on = True
        self.others: set[str] = set()

    def end(self, *_: object) -> None:
        """Write no further row."""
        self.goes_on = False

    def write(self) -> None:
        """Insert, update or delete one row, and remember what was committed."""
        kind = self.random.choice(("insert", "insert", "update", "update", "update", "delete"))
        if len(self.rows) < 10 or (kind == "insert" and len(self.rows) < MOST):
            self.made += 1
            self.attempt("insert", f"w{self.number}-{self.made}")
        else:
            self.attempt("update" if kind == "insert" else kind, self.random.choice(list(self.rows)))

    def attempt(self, kind: str, name: str) -> None:
        """Say it with all columns, then with fewer."""
        for columns in COLUMNS:
            values = {column: f"{self.random.randrange(10**6)}" for column in columns}
            done = self.commits(kind, name, values)
            if done is None:
                continue
            if done:
                self.remember(kind, name, values)
            return

    def commits(self, kind: str, name: str, values: Values) -> bool | None:
        """Run one transaction: True when it is committed, False when it was to be tried later, None when a column is not there."""
        from django.db import Error, connection, transaction

        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(*statement(kind, name, values))
                assert cursor.rowcount == 1, (kind, name, values)
        except Error as error:
            if any(word in str(error) for word in NOT_THERE):
                return None
            self.others.add(str(error)[:80])
            return False
        return True

    def remember(self, kind: str, name: str, values: Values) -> None:
        """Keep what is now in the database."""
        if kind == "delete":
            del self.rows[name]
        else:
            self.rows[name] = {**self.rows.get(name, {}), **values}


def statement(kind: str, name: str, values: Values) -> tuple[str, list[Any]]:
    """Return SQL and its parameters."""
    if kind == "delete":
        return "DELETE FROM shop_thing WHERE name = %s", [name]
    if kind == "update":
        return f"UPDATE shop_thing SET {', '.join(f'{column} = %s' for column in values)} WHERE name = %s", [
            *values.values(),
            name,
        ]
    places = ", ".join(["%s"] * (len(values) + 1))
    return f"INSERT INTO shop_thing (name, {', '.join(values)}) VALUES ({places})", [name, *values.values()]


def main(number: int) -> None:
    """Write until SIGTERM."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "project_settings"
    sys.path.insert(0, "")
    import django

    django.setup()
    writer = Writer(number)
    signal.signal(signal.SIGTERM, writer.end)
    while writer.goes_on:
        writer.write()
        time.sleep(0.002)
    print(json.dumps({"rows": writer.rows, "others": sorted(writer.others)}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
