"""What code and SQL inside a migration read and write."""

from __future__ import annotations

from typing import NamedTuple

from handrail.domain.dataclasses import dataclass, field


class ModelKey(NamedTuple):
    """An app label and a model name in lower case, as Django's project state names a model."""

    app_label: str
    name: str

    def __str__(self) -> str:
        return f"{self.app_label}.{self.name}"


ANY: frozenset[str] = frozenset({"*"})
"""Any field or column: which ones could not be read."""
META = "Meta"
"""What stands for the options of a model among the definitions that code asks for: no field can be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAccess:
    """What code does with the rows of one model, by the names the code uses.

    reads and updates: field names (ANY where they cannot be told). inserts, deletes: whether rows are made or destroyed.
    ordered: whether the result depends on the model's default ordering or managers (first(), slices, loops that count).
    columns: whether the result depends on which fields there are (values() without names, SELECT *). definitions: fields on
    whose definition it depends, and META for the options of the model. saved: whether save() writes fields that nothing is
    assigned to, so that those change that fill themselves (auto_now).
    """

    model: ModelKey
    reads: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    inserts: bool = False
    deletes: bool = False
    ordered: bool = False
    columns: bool = False
    definitions: frozenset[str] = frozenset()
    saved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAccess:
    """What SQL does with one table, by the names the SQL uses (case folded as the database would).

    creates, drops: names of columns, indexes and constraints, or the table itself under "". renames: (old, new) pairs, ""
    standing for the table in old.
    """

    table: str
    reads: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    inserts: bool = False
    deletes: bool = False
    creates: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    alters: frozenset[str] = frozenset()
    renames: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeFootprint:
    """All that a RunPython or RunSQL touches.

    objects: (kind, name) of database objects that are no part of a table, such as ("extension", "hstore"), ("function", "f"),
    ("index", "ix1") made or dropped. opaque: why the rest cannot be read, in words; () where everything was read.
    live_models: models that are imported instead of taken from apps.get_model, as dotted names. named: models that are asked for
    and have no rows looked at; they have to be there all the same. It says nothing of what is done, and does not count when
    footprints are compared.
    """

    rows: tuple[RowAccess, ...] = ()
    tables: tuple[TableAccess, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    opaque: tuple[str, ...] = ()
    live_models: tuple[str, ...] = ()
    named: tuple[ModelKey, ...] = field(default=(), compare=False)


NOTHING = CodeFootprint()
