"""Columns that the code of before cannot insert rows beside."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.checks._words import flatten
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.migration import Migration, Operation
from handrail.domain.value import Call

WITHOUT_COLUMN = frozenset({"ManyToManyField", "GeneratedField", "CompositePrimaryKey", "GenericForeignKey", "GenericRelation"})
MAKES_VALUES = frozenset({"AutoField", "BigAutoField", "SmallAutoField"})


class OldCodeInsert(Check):
    """A new migration adds a column that must not be NULL and has no default in the database.

    Why it matters
    --------------
    While processes of before still run, during a deploy or after one was rolled back without its migrations, every insert of
    theirs fails: they do not know the column, and the database has no value for it.

    What Django does
    ----------------
    It gives the rows that are there the field's default and takes that from the column again (Django 5.2 to 6.1): afterwards the
    default is in Python alone.

    What to do
    ----------
    Say ``db_default`` beside or instead of ``default``, and the database has it too. Or add the field with ``null=True``, and
    make it required in a later deploy.

    Example
    -------
    ::

        warning[HR516]: old-code-insert: shop.Thing.p NOT NULL without database default
    """

    code = "HR516"
    severity = Severity.WARNING
    summary = "old-code-insert: {column} NOT NULL without database default"

    @classmethod
    def find(cls, migration: Migration) -> Iterable[Finding]:
        """Yield one finding for each such column of a migration that is new."""
        made = {_lower(one, "name") for one in migration.operations if one.name == "CreateModel"}
        for operation in flatten(migration.operations):
            field = operation.argument("field")
            if operation.name != "AddField" or not isinstance(field, Call) or _lower(operation, "model_name") in made:
                continue
            if field.name not in WITHOUT_COLUMN | MAKES_VALUES and _is_required(field):
                column = f"{migration.key.app_label}.{operation.argument('model_name')}.{operation.argument('name')}"
                yield cls.say(
                    {"column": column},
                    locations=[
                        Location(path=migration.path, line=operation.line, remark="inserts of older code fail from here on")
                    ],
                    help="say db_default, or add it with null=True",
                    command="handrail explain HR516",
                )


def _is_required(field: Call) -> bool:
    given = dict(field.keywords)
    return given.get("null", False) is False and "db_default" not in given


def _lower(operation: Operation, name: str) -> str:
    return str(operation.argument(name)).lower()
