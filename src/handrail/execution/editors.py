"""Schema editors that lose nothing where they rebuild a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from handrail.databases._rebuilds import Attached, Rebuilds
from handrail.domain.dataclasses import dataclass
from handrail.errors.hr513 import RebuildLoses
from handrail.execution.keeping.attaching import attach
from handrail.execution.keeping.models import table_of
from handrail.execution.leftovers import drop_leftover
from handrail.execution.settling import settle
from handrail.sources.backend import backend_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    from handrail.execution.keeping.keeper import Keeper

_KEY = re.compile(r'(OLD|NEW)\."([^"]+)"')
"""A column in a trigger of ours (handrail.databases.keeping.sqlite)."""
ASIDE = "hrk_"
"""What the names of our triggers begin with, as those of all that is aside do (handrail.execution.keeping.keeper)."""
Alterations = list[tuple[Any, Any]]
"""Pairs of old and new field, as the schema editor of SQLite takes them."""


@contextmanager
def editor_for(
    connection: BaseDatabaseWrapper, *, atomic: bool, migration: object, keeper: Keeper
) -> Iterator[BaseDatabaseSchemaEditor]:
    """Open the schema editor of a step; where it rebuilds tables, it raises RebuildLoses before it would lose something.

    migration: the one that is run, for what is said. keeper: what its methods ask that drop, alter and make columns and tables.

    An editor that rebuilds tables checks foreign keys when it is closed, before it ends its transaction; where something failed,
    that check fails too, hides why, and leaves the transaction open (sqlite3/schema.py, __exit__, 5.2 to 6.1). It is done here.
    """
    editor: Any = connection.schema_editor(atomic=atomic)
    rebuilds = rebuilds_of(connection)
    checks = rebuilds is not None and hasattr(editor, "_remake_table")
    if rebuilds is not None and checks:
        editor._remake_table = _safely(editor, rebuilds, str(migration), editor._remake_table, keeper.keeping.said)
    attach(editor, keeper)
    settle(editor, migration)
    with ExitStack() as stack:
        stack.callback(vars(connection).pop, "check_constraints", None)
        stack.enter_context(editor)
        try:
            yield editor
            if checks:
                connection.check_constraints()
        finally:
            if checks:
                vars(connection)["check_constraints"] = _checked


def _checked(*_arguments: object, **_options: object) -> None:
    """Stand for a check that is done."""


def rebuilds_of(connection: BaseDatabaseWrapper) -> Rebuilds | None:
    """Return what reads tables before they are rebuilt, None where Django alters them in place."""
    backend = backend_of(connection)
    return backend if backend.features.rebuilds_tables and isinstance(backend, Rebuilds) else None


def columns_of(model: Any) -> list[str]:
    """Return the columns that a model gives its own table (a composite primary key has none)."""
    return [field.column for field in model._meta.local_concrete_fields if field.column is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """What one call of _remake_table is about to do (django/db/backends/sqlite3/schema.py, 5.2 to 6.1).

    The model may be the one before or after the operation, so the fields that are altered say which columns there are now.
    """

    model: Any
    created: Any
    deleted: Any
    altered: Alterations

    @property
    def columns(self) -> list[str]:
        """The columns that the table has to have now."""
        new = {field.column for _, field in self.altered} | {getattr(self.created, "column", None)}
        return [*(name for name in columns_of(self.model) if name not in new), *(field.column for field, _ in self.altered)]

    @property
    def columns_after(self) -> list[str]:
        """The columns that it will have: a primary key that Django made gives way to a new one; link tables are no columns."""
        gone = {field.column for field, _ in self.altered} | {getattr(self.deleted, "column", None)}
        came = [*(field for _, field in self.altered), *([self.created] if self.created else [])]
        key = self.model._meta.pk
        if key is not None and key.auto_created and any(field.primary_key for field in came):
            gone.add(key.column)
        stay = [name for name in self.columns if name not in gone]
        return [*stay, *(field.column for field in came if field.column is not None)]


def _safely(
    editor: Any, rebuilds: Rebuilds, migration: str, remake: Callable[..., Any], said: Callable[[str], None]
) -> Callable[..., None]:
    def safely(model: Any, create_field: Any = None, delete_field: Any = None, alter_fields: Alterations | None = None) -> None:
        rebuild = Rebuild(model=model, created=create_field, deleted=delete_field, altered=alter_fields or [])
        if getattr(delete_field, "many_to_many", False):  # that drops a table of its own
            remake(model, create_field, delete_field, alter_fields)
            return
        drop_leftover(editor, rebuilds, table_of(editor.connection, model), said)
        kept = _kept(editor, rebuilds, rebuild, migration)
        last = _counter(editor, rebuilds, table_of(editor.connection, model))
        for one in reversed(kept):  # what was made later can stand on what was made before
            if not one.is_own:
                editor.execute(f"DROP {one.kind} IF EXISTS {editor.quote_name(one.name)}", None)
        remake(model, create_field, delete_field, alter_fields)
        _make_again(editor, rebuilds, table_of(editor.connection, model), kept)
        if last and last > _counter(editor, rebuilds, table_of(editor.connection, model)):
            for sql in rebuilds.count_on(table_of(editor.connection, model), last):
                editor.execute(sql, None)

    return safely


def _counter(editor: Any, rebuilds: Rebuilds, table: str) -> int:
    with editor.connection.cursor() as cursor:
        return rebuilds.counter(cursor, table) or 0


def _kept(editor: Any, rebuilds: Rebuilds, rebuild: Rebuild, migration: str) -> list[Attached]:
    """Return what hangs on a table and no model knows. Raises RebuildLoses where the table would lose something."""
    table, fold = table_of(editor.connection, rebuild.model), rebuilds.fold
    with editor.connection.cursor() as cursor:
        live = rebuilds.columns_of(cursor, table)
        attached = rebuilds.attached(cursor, table)
    if not live:
        return []
    known = _indexes_of(editor, rebuilds, rebuild) if attached else set[str]()
    kept = [one for one in attached if one.kind != "index" or rebuilds.index_definition(one.sql) not in known]
    drops, invents = differences(rebuilds, live, rebuild.columns)
    gone = set(map(fold, live)) - set(map(fold, rebuild.columns_after))
    ours = [one for one in kept if one.name.startswith(ASIDE)]
    kept = [one for one in kept if one not in ours]
    kept = [one for one in kept if not (one.words & gone and _is_made_up(editor, table, one))]
    broken = [f"{one.kind} {one.name}" for one in kept if one.words & gone]
    if drops or invents or broken:
        raise RebuildLoses(
            database=editor.connection.display_name,
            alias=editor.connection.alias,
            table=table,
            migration=migration,
            drops=drops,
            invents=invents,
            attached=() if drops or invents else broken,
        )
    return [*kept, *_following(ours, rebuild, gone, fold)]


def _is_made_up(editor: Any, table: str, one: Attached) -> bool:
    """Say whether Django gave an index its name, for a field or for unique_together (_create_index_name, 5.2 to 6.1).

    A migration made it, and its project states have lost it since; it goes with its column, as it does on other databases.
    """
    if one.kind != "index":
        return False
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, table).get(one.name, {})
    columns = found.get("columns") or []
    return bool(columns) and one.name in {editor._create_index_name(table, columns, suffix) for suffix in ("", "_uniq", "_idx")}


def _following(ours: Iterable[Attached], rebuild: Rebuild, gone: set[str], fold: Callable[[str], str]) -> Iterator[Attached]:
    """Let the triggers that follow rows for what is kept name a primary key as it will be called; without it they end.

    They stand in nobody's way: what is kept stays with the rows that were there.
    """
    names = {fold(old.column): new.column for old, new in rebuild.altered if old.column and new.column}
    for one in ours:
        sql = _KEY.sub(lambda match: f'{match[1]}."{names.get(fold(match[2]), match[2])}"', one.sql)
        if not gone & ({fold(match[2]) for match in _KEY.finditer(one.sql)} - set(names)):
            yield one._replace(sql=sql)


def differences(rebuilds: Rebuilds, live: Iterable[str], state: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the columns that only the table has, and those that only the project state has."""
    live, state = ({rebuilds.fold(name): name for name in names} for names in (live, state))
    return [live[name] for name in live if name not in state], [state[name] for name in state if name not in live]


def _indexes_of(editor: Any, rebuilds: Rebuilds, rebuild: Rebuild) -> set[str]:
    """Return the definitions of the indexes that the migrations made for the model: Django makes again those that stay."""
    from django.db.models import UniqueConstraint

    model, options = rebuild.model, rebuild.model._meta
    made = list(editor._model_indexes_sql(model))
    for old, _ in rebuild.altered:
        made += editor._field_indexes_sql(model, old)
    made += [editor._create_unique_sql(model, [options.get_field(name) for name in names]) for names in options.unique_together]
    made += [one.create_sql(model, editor) for one in options.constraints if isinstance(one, UniqueConstraint)]
    renamed = {new.column: old.column for old, new in rebuild.altered}
    definitions = {rebuilds.index_definition(str(sql)) for sql in made if sql}
    return definitions | {" ".join(renamed.get(word, word) for word in text.split(" ")) for text in definitions}


def _make_again(editor: Any, rebuilds: Rebuilds, table: str, kept: Iterable[Attached]) -> None:
    """Make what was set aside again, but what Django has made by now: SQLite compares names of indexes without their case."""
    if not kept:
        return
    with editor.connection.cursor() as cursor:
        there = rebuilds.attached(cursor, table)
    names = {rebuilds.fold(one.name) for one in there}
    definitions = {rebuilds.index_definition(one.sql) for one in there if one.kind == "index"}
    for one in kept:
        is_there = one.kind == "index" and rebuilds.index_definition(one.sql) in definitions
        if rebuilds.fold(one.name) not in names and not is_there:
            editor.execute(one.sql, None)
