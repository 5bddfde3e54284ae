"""What the reading of a RunPython function has found so far: rows, tables, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from handrail.conflicts.python_django import KNOWN
from handrail.conflicts.tables import merge_tables
from handrail.conflicts.word_sets import words
from handrail.domain.dataclasses import dataclass, field, replace
from handrail.domain.footprint import ANY, CodeFootprint, ModelKey, RowAccess, TableAccess

Relations = Callable[[ModelKey], Mapping[str, ModelKey | None]]
"""For a model all names usable on it, with the model each one leads to, or None; empty where the model is unknown."""

LOOKUPS = words(
    """
    exact iexact contains icontains in gt gte lt lte startswith istartswith endswith iendswith range date year iso_year
    month day week week_day iso_week_day quarter time hour minute second isnull regex iregex unaccent search
    trigram_similar trigram_word_similar overlap contained_by has_key has_keys has_any_keys len lower upper length pk
    """
)
"""Lookups and transforms of Django 6.1 (QuerySet API reference, "Field lookups", and contrib.postgres)."""

PRIMARY_KEYS = frozenset({"pk", "id"})


@dataclass(slots=True)
class Rows:
    """What is done with the rows of one model, while it is being found out."""

    reads: set[str] = field(default_factory=set)
    updates: set[str] = field(default_factory=set)
    inserts: bool = False
    deletes: bool = False
    ordered: bool = False
    saved: bool = False
    columns: bool = False
    definitions: set[str] = field(default_factory=set)

    def size(self) -> tuple[int, ...]:
        """Return something that changes whenever anything is added."""
        flags = (self.inserts, self.deletes, self.ordered, self.saved, self.columns)
        return len(self.reads), len(self.updates), len(self.definitions), *map(int, flags)

    def access(self, model: ModelKey) -> RowAccess:
        """Return the finished record.

        save() without update_fields writes every column, yet only what was assigned counts: the others go back as they
        were read in the same transaction. Where nothing was assigned a field's own pre_save() may change anything.
        """
        blind = self.saved and not self.updates and not self.inserts
        return RowAccess(
            model=model,
            reads=ANY if "*" in self.reads or blind else frozenset(self.reads),
            updates=ANY if "*" in self.updates or blind else frozenset(self.updates),
            inserts=self.inserts,
            deletes=self.deletes,
            ordered=self.ordered,
            columns=self.columns,
            definitions=ANY if "*" in self.definitions else frozenset(self.definitions),
            saved=self.saved,
        )


@dataclass(slots=True)
class Record:
    """Everything found so far."""

    relations: Relations
    rows: dict[ModelKey, Rows] = field(default_factory=dict)
    sql: list[CodeFootprint] = field(default_factory=list)
    opaque: dict[str, None] = field(default_factory=dict)
    live: dict[str, None] = field(default_factory=dict)
    tables: dict[str, ModelKey] = field(default_factory=dict)
    named: dict[ModelKey, None] = field(default_factory=dict)
    """get_model raises LookupError where a model is gone, whatever is done with it afterwards."""

    def names(self, model: ModelKey) -> Mapping[str, ModelKey | None]:
        """Return the names that can be used on a model, one of Django's own included; empty where the model is unknown."""
        return self.relations(model) or KNOWN.get(model, {})

    def size(self) -> object:
        """Return something that changes whenever anything is added."""
        return [rows.size() for rows in self.rows.values()], len(self.sql), len(self.opaque), len(self.live)

    def of(self, model: ModelKey) -> Rows:
        """Return the record of one model's rows: that there is one says that its rows are looked at."""
        return self.rows.setdefault(model, Rows())

    def reads(self, model: ModelKey, names: Iterable[str]) -> None:
        """Note that fields are read."""
        self.of(model).reads.update(names)

    def updates(self, model: ModelKey, names: Iterable[str]) -> None:
        """Note that fields are written."""
        self.of(model).updates.update(names)

    def whole(self, model: ModelKey) -> None:
        """Note that whole rows are read, whatever fields they have."""
        rows = self.of(model)
        rows.reads.add("*")
        rows.columns = True

    def defined(self, model: ModelKey, names: Iterable[str]) -> None:
        """Note that it is asked how fields are defined."""
        self.of(model).definitions.update(names)

    def everything(self, model: ModelKey, live: str = "") -> None:
        """Note that anything may happen to a model's rows; live: the dotted name it was imported under."""
        rows = self.of(model)
        rows.reads.add("*")
        rows.updates.add("*")
        rows.inserts = rows.deletes = rows.ordered = True
        if live:
            self.live[live] = None

    def cannot_read(self, why: str) -> None:
        """Note that something cannot be read."""
        self.opaque[why] = None

    def path(self, model: ModelKey, path: str, *, write: bool = False) -> None:
        """Note that a lookup path such as author__name__in is named in a query on a model."""
        parts = path.lstrip("+-").split("__")
        if not parts[0].isidentifier():
            if path != "?":
                self.reads(model, ANY)
            return
        for position, part in enumerate(parts):
            names = self.names(model)
            if position and part in LOOKUPS and part not in names:
                return
            (self.updates if write else self.reads)(model, {part})
            target = names.get(part)
            rest = parts[position + 1 :]
            if part not in names and rest and part not in PRIMARY_KEYS and rest[0] not in LOOKUPS:
                self.cannot_read(f"follows {model}.{part}, of which nothing is known")
            if target is None:
                return
            model = target

    def inverse(self, owner: ModelKey, target: ModelKey) -> set[str]:
        """Return the names on the target that lead back to the owner."""
        return {name for name, model in self.names(target).items() if model == owner}

    def table_of(self, model: ModelKey) -> str:
        """Return a name that stands for a model's table in SQL that is put together."""
        for name, known in self.tables.items():
            if known == model:
                return name
        name = f"handrail_table_{len(self.tables)}"
        self.tables[name] = model
        return name

    def add_sql(self, footprint: CodeFootprint) -> None:
        """Note what SQL touches; the tables of models that stand in for their names become rows."""
        kept = []
        for table in footprint.tables:
            model = self.tables.get(table.table)
            if model is None:
                kept.append(table)
            else:
                self._add_table(model, table)
        self.opaque.update(dict.fromkeys(footprint.opaque))
        rest = replace(footprint, tables=tuple(kept), opaque=())
        if rest not in self.sql and rest != CodeFootprint():
            self.sql.append(rest)

    def _add_table(self, model: ModelKey, table: TableAccess) -> None:
        if table.creates or table.drops or table.alters or table.renames:
            self.cannot_read(f"alters the table of {model} by SQL")
        self.reads(model, self._fields(model, table.reads))
        self.updates(model, self._fields(model, table.updates))
        rows = self.of(model)
        rows.inserts |= table.inserts
        rows.deletes |= table.deletes

    def _fields(self, model: ModelKey, columns: frozenset[str]) -> frozenset[str]:
        """Return the fields behind columns: a column that is no field's name may belong to any."""
        names = self.names(model)
        return columns if not names or columns <= names.keys() else ANY

    def footprint(self) -> CodeFootprint:
        """Return all that was found, in a fixed order."""
        return CodeFootprint(
            rows=tuple(self.rows[model].access(model) for model in sorted(self.rows)),
            tables=merge_tables(table for part in self.sql for table in part.tables),
            objects=tuple(sorted({item for part in self.sql for item in part.objects})),
            opaque=tuple(self.opaque),
            live_models=tuple(sorted(self.live)),
            named=tuple(key for key in sorted(self.named) if key not in self.rows),
        )
