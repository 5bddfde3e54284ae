"""Both sides give one name to two things."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck
from handrail.checks._words import operation_at

SCOPES = {
    "index": "unique per schema on PostgreSQL, per database on SQLite, per table on MySQL and MariaDB",
    "constraint": "unique per table, and per schema where the database makes an index or a key of it",
    "table": "unique per schema, case-insensitive on SQLite and often on MySQL and MariaDB",
    "column": "unique per table, case-insensitive on SQLite, MySQL and MariaDB",
    "name": "unique per schema or table, case-insensitive on some databases",
}
"""Where a name has to be unique.

PostgreSQL 18, CREATE INDEX: the name is distinct from every other relation of the schema; CREATE TABLE: unique constraints are
indexes. MySQL 8.4, 11.2.3 Identifier Case Sensitivity: column and index names are case-insensitive everywhere, tables depend on
lower_case_table_names. SQLite, CREATE INDEX: indexes and tables of a database share their names; names compare without case.
"""


class NameClash(ReasonCheck):
    """Both sides make something in the database under one name: an index, a constraint, a table or a column.

    Why it matters
    --------------
    The second one fails, in either order and on every new database. Between two apps it stays unseen until both
    are deployed, because neither app has two leaf nodes. SQLite accepts two check constraints of one name and
    enforces both.

    What Django does
    ----------------
    ``makemigrations --merge`` accepts it, and ``migrate`` fails with "already exists". The system checks
    models.E029 to E032 see indexes and constraints of one name only when the models of both sides are loaded
    together. Names that differ in case alone are two names for Django and one for SQLite, MySQL and MariaDB.

    What to do
    ----------
    Give one of the two another name, in the models and in the migration that is not yet on the target branch.
    Where both mean the same thing, keep one.

    Example
    -------
    Both branches add an index ``ix_thing``, on different columns::

        error[HR106]: name-clash: index "ix_thing" created by shop.0002_a and shop.0002_b (unique per schema ...)
    """

    code = "HR106"
    summary = 'name-clash: {kind} "{name}" created by {a} and {b} ({scope})'

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Name the kind of thing by the operations that make it."""
        kind = cls._kind(found)
        name = found.reason.name or found.object
        return {"kind": kind, "name": name, "a": found.ours, "b": found.theirs, "scope": SCOPES[kind]}

    @classmethod
    def _kind(cls, found: Contradiction) -> str:
        operations = [operation_at(found.migrations, key) for key in found.reason.operations]
        kinds = {KINDS.get(operation.name, "name") for operation in operations if operation}
        return kinds.pop() if len(kinds) == 1 else "name"


KINDS = {
    "AddField": "column",
    "AlterField": "column",
    "RenameField": "column",
    "CreateModel": "table",
    "RenameModel": "table",
    "AlterModelTable": "table",
    "AddIndex": "index",
    "AddIndexConcurrently": "index",
    "RenameIndex": "index",
    "AddConstraint": "constraint",
    "AddConstraintNotValid": "constraint",
}
"""What the operations of Django make under a name of their own."""
