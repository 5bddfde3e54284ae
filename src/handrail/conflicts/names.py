"""Physical names, as Django makes them where a migration gives none.

Sources: django/db/backends/utils.py (names_digest, truncate_name, split_identifier), django/db/backends/base/schema.py
(_create_index_name), django/db/models/options.py (db_table) and django/db/models/fields/related.py (_get_m2m_db_table),
Django 5.2 and 6.1. Longest names: PostgreSQL 63 bytes (NAMEDATALEN), MySQL and MariaDB 64 characters, SQLite no limit.
"""

from __future__ import annotations

from hashlib import md5

NAME_LENGTHS = {"postgresql": 63, "mysql": 64, "mariadb": 64, "sqlite": None}
"""The longest name of each vendor, in characters; None where there is no limit."""

NO_LIMIT = 200
"""What Django takes for the limit of an index name where the database has none."""


def names_digest(*names: str, length: int) -> str:
    """Return the digest that Django puts into generated names, in hexadecimal."""
    found = md5(usedforsecurity=False)
    for name in names:
        found.update(name.encode())
    return found.hexdigest()[:length]


def truncate_name(name: str, length: int | None) -> str:
    """Return a table name cut to a length in characters, with four digits of a digest at its end where it was cut."""
    namespace, bare = split_name(name)
    if length is None or len(bare) <= length:
        return name
    prefix = f'{namespace}"."' if namespace else ""
    return f"{prefix}{bare[: length - 4]}{names_digest(bare, length=4)}"


def split_name(name: str) -> tuple[str, str]:
    """Return the namespace ("" for none) and the name of a table given as a name or as namespace"."name."""
    namespace, found, bare = name.partition('"."')
    return (namespace.strip('"'), bare.strip('"')) if found else ("", name.strip('"'))


def table_name(app_label: str, model_name: str, length: int | None = 63) -> str:
    """Return the table of a model without db_table. model_name: in any case."""
    return truncate_name(f"{app_label}_{model_name.lower()}", length)


def many_to_many_table(table: str, field: str, length: int | None = 63) -> str:
    """Return the table of a many-to-many field without db_table and through. table: that of its model."""
    return truncate_name(f"{_unquoted(table)}_{field}", length)


def index_name(table: str, columns: tuple[str, ...], suffix: str = "", length: int | None = 63) -> str:
    """Return the name of an index or constraint that is given none: table, columns, digest and suffix ("_uniq", "_idx")."""
    longest = length or NO_LIMIT
    bare = split_name(table)[1]
    end = f"{names_digest(bare, *columns, length=8)}{suffix}"
    name = f"{bare}_{'_'.join(columns)}_{end}"
    if len(name) <= longest:
        return name
    if len(end) > longest / 3:
        end = end[: longest // 3]
    part = (longest - len(end)) // 2 - 1
    name = f"{bare[:part]}_{'_'.join(columns)[:part]}_{end}"
    return f"D{name[:-1]}" if name[0] == "_" or name[0].isdigit() else name


def foreign_key_name(table: str, column: str, to_table: str, to_column: str, length: int | None = 63) -> str:
    """Return the name of a foreign key constraint."""
    return index_name(table, (column,), f"_fk_{split_name(to_table)[1]}_{to_column}", length)


def _unquoted(table: str) -> str:
    return table[1:-1] if table.startswith('"') and table.endswith('"') else table
