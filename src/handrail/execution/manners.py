"""How one operation of a step is kept exact where the step is not one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from handrail.databases.statements.base import Manner, StatementRules

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.migration import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState


class Way(Enum):
    """transaction: the operation and its mark are one. statements: each statement is on record before it runs. code: neither."""

    TRANSACTION = auto()
    STATEMENTS = auto()
    CODE = auto()


def way_of(operation: Operation, migration: Migration, connection: BaseDatabaseWrapper, rules: StatementRules) -> Way:
    """Say how an operation of a migration without a transaction of its own is run.

    Code of the project that asks for no transaction gets none: where it stopped is then not known.
    """
    if is_code(operation):
        return Way.TRANSACTION if wants_transaction(operation, migration) else Way.CODE
    if not connection.features.can_rollback_ddl:
        return Way.STATEMENTS
    return Way.TRANSACTION if all(_may(each, rules) for each in _parts(operation)) else Way.STATEMENTS


def wants_transaction(operation: Operation, migration: Migration) -> bool:
    """Say whether Django would give the operation a transaction (Migration.apply, 5.2 to 6.1)."""
    return bool(operation.atomic or (migration.atomic and operation.atomic is not False))


def is_code(operation: Operation) -> bool:
    """Say whether an operation runs code that is not Django's: what that does is known to the database alone."""
    from django.db.migrations.operations import RunPython

    return any(isinstance(each, RunPython) or not _is_djangos(each) for each in _parts(operation))


def _is_djangos(operation: Operation) -> bool:
    methods = (type(operation).database_forwards, type(operation).database_backwards)
    return all(method.__module__.startswith("django.") for method in methods)


def _parts(operation: Operation) -> Iterator[Operation]:
    from django.db.migrations.operations import SeparateDatabaseAndState

    yield operation
    if isinstance(operation, SeparateDatabaseAndState):
        for each in operation.database_operations:
            yield from _parts(each)


def _may(operation: Operation, rules: StatementRules) -> bool:
    """Say whether an operation of Django may be inside a transaction, on a database that rolls schema changes back."""
    from django.db.migrations.operations import RunSQL

    if isinstance(operation, RunSQL):
        return all(rules.manner(text) is Manner.TRANSACTION for text in sql_texts(operation))
    return not hasattr(operation, "_ensure_not_in_transaction")  # NotInTransactionMixin of django.contrib.postgres, 5.2 to 6.1


def in_order(operation: Operation, app_label: str, state: ProjectState) -> None:
    """Let RenameModel alter the keys to a model in one order in every process: that of related_objects comes from sets of names.

    state: the one that the operation begins with.
    """
    from django.db.migrations.operations import RenameModel
    from django.db.models.options import make_immutable_fields_list

    for each in _parts(operation):
        for name in (each.old_name, each.new_name) if isinstance(each, RenameModel) else ():
            if (app_label, name.lower()) in state.models:
                meta = state.apps.get_model(app_label, name)._meta
                found = sorted(meta.related_objects, key=lambda one: (one.related_model._meta.label, one.field.name))
                vars(meta)["related_objects"] = make_immutable_fields_list("related_objects", found)


def sql_texts(operation: Any) -> Iterator[str]:
    """Yield the SQL of a RunSQL, of both directions."""
    for sql in (operation.sql, operation.reverse_sql):
        yield from texts_of(sql)


def is_plain_sql(operation: Operation) -> bool:
    """Say whether an operation is Django's own RunSQL."""
    from django.db.migrations.operations import RunSQL

    return isinstance(operation, RunSQL) and not is_code(operation)


def texts_of(sql: Any) -> Iterator[str]:
    """Yield the SQL of one direction of a RunSQL, without parameters."""
    for item in sql if isinstance(sql, list | tuple) else [sql]:
        text = item[0] if isinstance(item, list | tuple) else item
        if text:
            yield str(text)
