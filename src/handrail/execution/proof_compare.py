"""What two databases differ in: read from the live catalogue and the rows, compared as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from handrail.databases.base import Backend, CatalogueObject
from handrail.domain.dataclasses import dataclass

Cell = tuple[str, str]
"""A value: the name of its type, and its repr."""
Row = dict[str, Cell]
Found = list[tuple[str, str]]
Difference = tuple[str, str, str, Found]
"""Table, kind, name, and what each order has ("" for nothing), as handrail.domain.proof.Difference."""
Columns = frozenset[tuple[str, str]]
"""Pairs of a table and a column; "*" stands for all columns."""
RECORDS = "django_migrations"
ROWS_SHOWN = 20
VALUE_SHOWN = 80
"""Characters of a value that are shown, unless those that are left out make the difference."""
_BY_DEFINITION = ("index", "constraint", "sequence")
"""Kinds whose names may be made up: they are told apart by what they are first, and by their name then."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """All rows of a table, and the columns of its primary key (() where it has none)."""

    key: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def columns(self) -> frozenset[str]:
        """The columns, as far as there are rows."""
        return frozenset(self.rows[0]) if self.rows else frozenset()


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a database holds but the records of migrations."""

    objects: tuple[CatalogueObject, ...]
    tables: Mapping[str, TableRows]


def read_contents(connection: Any, backend: Backend) -> Contents:
    """Read the catalogue and every row."""
    with connection.cursor() as cursor:
        objects = [found for found in backend.catalogue(cursor) if found.table != RECORDS]
        columns: dict[str, list[str]] = {found.table: [] for found in objects if found.kind == "table"}
        for found in objects:
            if found.kind == "column" and found.table in columns:
                columns[found.table].append(found.name)
        tables = {table: _read_rows(connection, cursor, table, sorted(names)) for table, names in columns.items()}
    return Contents(tuple(objects), tables)


def _read_rows(connection: Any, cursor: Any, table: str, columns: list[str]) -> TableRows:
    quote = connection.ops.quote_name
    key = tuple(connection.introspection.get_primary_key_columns(cursor, table) or ()) if "." not in table else ()
    if not columns:
        return TableRows(key, ())
    cursor.execute(f"SELECT {', '.join(map(quote, columns))} FROM {'.'.join(map(quote, table.split('.', 1)))}")
    return TableRows(key, tuple(dict(zip(columns, map(_cell, row), strict=True)) for row in cursor.fetchall()))


def _cell(value: Any) -> Cell:
    plain = bytes(value) if isinstance(value, memoryview) else value
    return type(plain).__name__, repr(plain)


def compare(found: Mapping[str, Contents], unstable: Columns, is_generated: Callable[[str], bool]) -> dict[str, Any]:
    """Compare what every order left, by its label."""
    schema: list[Difference] = []
    names: list[Difference] = []
    for group in _groups(found):
        for difference, only_name in _compare_group(group, is_generated):
            (names if only_name else schema).append(difference)
    tables = _common_tables(found)
    rows = [difference for table in tables for difference in _compare_rows(table, found, unstable)]
    return {
        "schema_differences": schema,
        "name_differences": names,
        "row_differences": rows,
        "unstable": sorted(f"{table}.{column}" for table, column in unstable),
    }


def differing_tables(found: Mapping[str, Contents]) -> list[str]:
    """Return the tables whose rows are not the same in every order."""
    return [table for table in _common_tables(found) if any(True for _ in _compare_rows(table, found, frozenset()))]


def unstable_columns(one: Contents, again: Contents) -> Columns:
    """Return the columns whose values differ between two runs of one order; "*" where the number of rows does."""
    columns: set[tuple[str, str]] = set()
    for table, before in one.tables.items():
        after = again.tables.get(table, TableRows((), ()))
        if len(before.rows) != len(after.rows):
            columns.add((table, "*"))
            continue
        keys = [_keys(side, before.key) for side in (before, after)]
        for column in before.columns:
            if before.key and keys[0].keys() == keys[1].keys():
                same = all(row[column] == keys[1][key][column] for key, row in keys[0].items())
            else:
                same = Counter(row[column] for row in before.rows) == Counter(row[column] for row in after.rows)
            columns |= set() if same else {(table, column)}
    return frozenset(columns)


def _groups(found: Mapping[str, Contents]) -> Iterator[dict[str, list[CatalogueObject]]]:
    """Yield the objects of one table and one kind, by label."""
    groups: dict[tuple[str, str], dict[str, list[CatalogueObject]]] = {}
    for label, contents in found.items():
        for each in contents.objects:
            groups.setdefault((each.table, each.kind), {other: [] for other in found})[label].append(each)
    for key in sorted(groups):
        yield groups[key]


def _compare_group(
    group: Mapping[str, list[CatalogueObject]], is_generated: Callable[[str], bool]
) -> Iterator[tuple[Difference, bool]]:
    """Yield the differences within a group, and whether each is one of made-up names alone."""
    counts = {label: Counter(objects) for label, objects in group.items()}
    common = _intersection(counts.values())
    rest = {label: list((count - common).elements()) for label, count in counts.items()}
    sample = next((each for objects in rest.values() for each in objects), None)
    if sample is None:
        return
    table, kind = sample.table, sample.kind
    if kind in _BY_DEFINITION:
        definitions = _intersection(Counter(each.definition for each in objects) for objects in rest.values())
        for definition in sorted(definitions):
            named = [(label, each.name) for label, objects in rest.items() for each in objects if each.definition == definition]
            made_up = all(not name or is_generated(name) for _, name in named)
            yield (table, kind, "", [(label, f"{name}: {definition}") for label, name in named]), made_up
        rest = {label: [each for each in objects if each.definition not in definitions] for label, objects in rest.items()}
    for name in sorted({each.name for objects in rest.values() for each in objects}):
        texts = {label: sorted(each.definition for each in objects if each.name == name) for label, objects in rest.items()}
        yield (table, kind, name, [(label, _text(kind, name, parts)) for label, parts in texts.items()]), False


def _text(kind: str, name: str, definitions: list[str]) -> str:
    """Return definitions as one text that is empty only where there is none."""
    return "; ".join(definition or f"{kind} {name}" for definition in definitions)


def _intersection(counters: Iterable[Counter[Any]]) -> Counter[Any]:
    result: Counter[Any] | None = None
    for counter in counters:
        result = counter if result is None else result & counter
    return result or Counter()


def _common_tables(found: Mapping[str, Contents]) -> list[str]:
    """Return the tables that every order has: the others are differences of schema."""
    sets = [set(contents.tables) for contents in found.values()]
    return sorted(set.intersection(*sets)) if sets else []


def _compare_rows(table: str, found: Mapping[str, Contents], unstable: Columns) -> Iterator[Difference]:
    """Yield the rows that are not the same in every order, by primary key, the first ones one by one."""
    if (table, "*") in unstable:
        return
    tables = {label: contents.tables[table] for label, contents in found.items()}
    left_out = {column for name, column in unstable if name == table}
    filled = [rows.columns for rows in tables.values() if rows.rows]
    columns = frozenset.intersection(*filled) - left_out if filled else frozenset()
    key = next(iter(tables.values())).key
    usable = bool(key) and set(key) <= columns
    indexed = {label: _keys(rows, key if usable else tuple(sorted(columns))) for label, rows in tables.items()}
    differing = []
    for row_key in sorted({name for rows in indexed.values() for name in rows}):
        versions = [rows.get(row_key) for rows in indexed.values()]
        shown = [column for column in sorted(columns) if len({row[column] if row else None for row in versions}) > 1]
        if shown:
            differing.append((row_key, shown))
    for row_key, shown in differing[:ROWS_SHOWN]:
        texts = _row_texts({label: rows.get(row_key) for label, rows in indexed.items()}, shown)
        yield table, "row", ", ".join(text for _, text in row_key[:-1]) if usable else "", texts
    more = len(differing) - ROWS_SHOWN
    if more > 0:
        yield table, "rows", "", [("", f"{more} more rows differ")]


def _keys(rows: TableRows, columns: tuple[str, ...]) -> dict[tuple[Cell, ...], Row]:
    """Index rows by columns; the last part of a key counts the rows that are alike in them."""
    indexed: dict[tuple[Cell, ...], Row] = {}
    seen: Counter[tuple[Cell, ...]] = Counter()
    for row in rows.rows:
        key = tuple(row[column] for column in columns)
        indexed[(*key, ("number", str(seen[key])))] = row
        seen[key] += 1
    return indexed


def _shortened(value: str) -> str:
    """Return the beginning and the end of a long value."""
    return value if len(value) <= VALUE_SHOWN else f"{value[: VALUE_SHOWN // 2]} ... {value[-VALUE_SHOWN // 2 :]}"


def _row_texts(versions: Mapping[str, Row | None], columns: list[str]) -> Found:
    """Write the differing columns of one row, with their types where only these differ."""
    texts = []
    for label, row in versions.items():
        parts = []
        for column in columns:
            values = {other[column][1] for other in versions.values() if other}
            cut = len({_shortened(value) for value in values}) == len(values)
            kind = f" ({row[column][0]})" if row and len(values) == 1 and None not in versions.values() else ""
            value = row[column][1] if row else ""
            parts.append(f"{column}={_shortened(value) if cut else value}{kind}" if row else "")
        texts.append((label, ", ".join(filter(None, parts))))
    return texts
