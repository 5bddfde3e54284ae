"""What a migration file can be told not to do before it runs anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from handrail.checks._words import flatten, listed
from handrail.checks.base import Check
from handrail.conflicts.word_sets import words
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.migration import Migration, Operation
from handrail.domain.value import Call, Name

POSTGRES = "django.contrib.postgres.operations."
CONCURRENT = frozenset({f"{POSTGRES}AddIndexConcurrently", f"{POSTGRES}RemoveIndexConcurrently"})
"""They are refused inside a transaction (django/contrib/postgres/operations.py, NotInTransactionMixin, 5.2 to 6.1)."""
CHANGES = words(
    """
    execute create_model delete_model alter_unique_together alter_index_together alter_db_table alter_db_tablespace
    add_field remove_field alter_field add_index remove_index rename_index add_constraint remove_constraint
    """
)
"""Methods of a schema editor that execute statements (ref/schema-editor, 5.2 to 6.1)."""


class Lint(Check):
    """A migration does what will fail when it runs: imports a model of today, builds an index concurrently in a transaction.

    Why it matters
    --------------
    A model that the code of a RunPython imports from the project, instead of taking it from ``apps.get_model``, has the
    fields of today. As soon as a later migration adds a field, the code names a column that is not there yet at its own
    place in the plan, and every new database, test run and disaster recovery fails, while databases that ran it long ago
    are fine.

    Code that changes the schema by its schema editor works on PostgreSQL and SQLite. MariaDB and MySQL cannot take such a change
    back, so there it fails, after the operations before it were committed one by one.

    What Django does
    ----------------
    Nothing when the migration is written. ``AddIndexConcurrently`` in a migration without ``atomic = False`` ends with
    NotSupportedError when it runs. A schema editor that is called in a transaction on MariaDB or MySQL ends with
    TransactionManagementError. The default of a field that is added is called once, and its value given to all rows, so that
    a unique one fails where there are two. With an imported model, on a new database ``migrate`` fails with "no such column" or
    "column does not exist", at a migration that nobody has touched.

    What to do
    ----------
    Take the model from the registry that the function is given: ``Thing = apps.get_model("shop", "Thing")``.
    Methods and managers of the model are not on it; write the few lines that are needed into the migration. An index that
    is to be built concurrently belongs into a migration of its own, with ``atomic = False``. What code asks of a
    schema editor is written as operations, or as RunPython with ``atomic=False`` in a migration of its own, or it looks at
    ``schema_editor.connection.vendor`` first. A unique field with a default is
    added in three steps: with ``null=True``, then a RunPython that gives each row a value of its own, then unique. On SQLite
    ``migrate`` is not called inside ``atomic()``.

    Example
    -------
    ``0002_fill`` has ``from shop.models import Thing`` and ``Thing.objects.update(...)``::

        warning[HR407]: lint: shop.0002_fill uses shop.models.Thing of today instead of taking it from apps.get_model
    """

    code = "HR407"
    severity = Severity.WARNING
    summary = "lint: {migration} {problem}"

    @classmethod
    def find_live_models(cls, migration: Migration, operation: Operation, live_models: Sequence[str]) -> Iterable[Finding]:
        """Yield one finding for a RunPython that uses imported models, given by their dotted names."""
        if live_models:
            names = sorted(set(live_models))
            them = "it" if len(names) == 1 else "them"
            problem = f"uses {listed(names)} of today instead of taking {them} from apps.get_model"
            yield cls.say(
                {"migration": migration.key, "problem": problem},
                locations=[Location(path=migration.path, line=operation.line, remark="the code is run here")],
                help="take the models from the apps argument of the function",
                command="handrail explain HR407",
            )

    @classmethod
    def find_one_value(cls, migration: Migration) -> Iterable[Finding]:
        """Yield one finding for every unique field that is added with a default: it is called once, for all rows (5.2 to 6.1)."""
        made = {str(one.argument("name")).lower() for one in migration.operations if one.name == "CreateModel"}
        for operation in flatten(migration.operations):
            field = operation.argument("field")
            if (
                operation.name != "AddField"
                or str(operation.argument("model_name")).lower() in made
                or not isinstance(field, Call)
            ):
                continue
            if field.keyword("unique") is True and field.keyword("default") is not None:
                problem = f"adds {operation.argument('name')}, which is unique, with one value for all rows"
                yield cls.say(
                    {"migration": migration.key, "problem": problem},
                    locations=[Location(path=migration.path, line=operation.line, remark="its default is called once")],
                    help="add it with null=True, give each row its value in a RunPython, then make it unique",
                    command="handrail explain HR407",
                )

    @classmethod
    def find_in_atomic(cls, migration: object) -> Finding:
        """Return what is said where migrate is called in a transaction in which the database cannot alter tables."""
        return cls.say(
            {"migration": migration, "problem": "cannot run inside atomic() on SQLite while foreign keys are checked"},
            severity=Severity.ERROR,
            help="do not call migrate inside atomic() on SQLite",
            command="handrail explain HR407",
        )

    @classmethod
    def find_concurrent(cls, migration: Migration) -> Iterable[Finding]:
        """Yield one finding for every operation that a transaction cannot hold, in a migration that is one."""
        for operation in flatten(migration.operations) if migration.atomic else ():
            if operation.path in CONCURRENT:
                yield cls.say(
                    {"migration": migration.key, "problem": f"has {operation.name} in a transaction, which cannot hold it"},
                    locations=[Location(path=migration.path, line=operation.line, remark="refused when it runs")],
                    help="set atomic = False in a migration that has this operation alone",
                    command="handrail explain HR407",
                )

    @classmethod
    def find_schema_changes(cls, migration: Migration, operation: Operation) -> Iterable[Finding]:
        """Yield one finding for a RunPython in a transaction whose function calls its schema editor, whatever the database.

        BaseDatabaseSchemaEditor.execute refuses it where DDL cannot be rolled back (5.2 to 6.1). That is worth knowing for those
        who use such a database, so it is no warning; a function that asks for the vendor or the features is passed over.
        """
        wanted = operation.argument("atomic")
        if wanted is False or (wanted is not True and not migration.atomic):
            return
        names = {name for code in ("code", "reverse_code") if (name := _own_name(operation.argument(code)))}
        calls = sorted({call for function in _functions(migration.text, names) for call in _editor_calls(function)})
        if calls:
            problem = f"calls {listed([f'schema_editor.{name}()' for name in calls])} in a transaction"
            yield cls.say(
                {"migration": migration.key, "problem": f"{problem}, which MariaDB and MySQL refuse"},
                severity=Severity.INFO,
                locations=[Location(path=migration.path, line=operation.line, remark="the code is run here")],
                help="write it as operations, or give the RunPython atomic=False in a migration of its own",
                command="handrail explain HR407",
            )


def _own_name(code: object) -> str:
    return code.path[1:] if isinstance(code, Name) and code.path.startswith(".") else ""


def _functions(text: str, names: set[str]) -> Iterator[ast.FunctionDef]:
    if names and any(f".{name}(" in text for name in CHANGES):
        yield from (one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef) and one.name in names)


def _editor_calls(function: ast.FunctionDef) -> Iterator[str]:
    """Yield the methods of CHANGES that a function calls on its second argument."""
    arguments = [*function.args.posonlyargs, *function.args.args]
    attributes = [node for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    if len(arguments) < 2 or any(node.attr in ("vendor", "features") for node in attributes):
        return
    for node in ast.walk(function):
        called = node.func if isinstance(node, ast.Call) else None
        if isinstance(called, ast.Attribute) and called.attr in CHANGES and getattr(called.value, "id", "") == arguments[1].arg:
            yield called.attr
