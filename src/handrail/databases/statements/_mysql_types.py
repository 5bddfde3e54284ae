"""Which changes of a column keep every value, by the ranges in the MySQL 8.0 manual (13.1, 13.3); MariaDB's are the same."""

from __future__ import annotations

from handrail.databases.statements._mysql_definitions import Column

_INTEGERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
_TEXTS = {"tinytext": 2**8 - 1, "text": 2**16 - 1, "mediumtext": 2**24 - 1, "longtext": 2**32 - 1}
_BLOBS = {"tinyblob": 2**8 - 1, "blob": 2**16 - 1, "mediumblob": 2**24 - 1, "longblob": 2**32 - 1}
_BYTES_A_CHARACTER = 4
"""The most that a character takes in any character set (utf8mb4)."""
_UNSIGNED = " unsigned"


def keeps_values(before: Column, after: Column) -> bool:
    """Say whether every value of a column was kept when it was changed."""
    if before.generated or after.generated:
        return before.generated and after.generated
    if before.collation[0] != after.collation[0]:
        return False
    old, new = before.kind, after.kind
    if old == new and before.arguments == after.arguments:
        return True
    if old.removesuffix(_UNSIGNED) in _INTEGERS and new.removesuffix(_UNSIGNED) in _INTEGERS:
        return _wider_integer(old, new)
    if (old in ("char", "varchar") and new == "varchar") or old == new == "varbinary":
        return _length(before) <= _length(after)
    if old in ("char", "varchar") and new in _TEXTS:
        return _length(before) * _BYTES_A_CHARACTER <= _TEXTS[new]
    if old == "varbinary" and new in _BLOBS:
        return _length(before) <= _BLOBS[new]
    for family in (_TEXTS, _BLOBS):
        if old in family and new in family:
            return family[old] <= family[new]
    return _same_kind(before, after)


def _wider_integer(old: str, new: str) -> bool:
    size, other = _INTEGERS[old.removesuffix(_UNSIGNED)], _INTEGERS[new.removesuffix(_UNSIGNED)]
    if old.endswith(_UNSIGNED) == new.endswith(_UNSIGNED):
        return size <= other
    return old.endswith(_UNSIGNED) and size < other


def _same_kind(before: Column, after: Column) -> bool:
    """Decide about types with arguments that stay of one kind."""
    if before.kind != after.kind:
        return False
    if before.kind.removesuffix(_UNSIGNED) in ("decimal", "numeric"):
        digits, scale = _numbers(before, (10, 0))
        more, finer = _numbers(after, (10, 0))
        return scale <= finer and digits - scale <= more - finer
    if before.kind in ("datetime", "timestamp", "time"):
        return _numbers(before, (0,)) <= _numbers(after, (0,))
    if before.kind in ("enum", "set"):
        return after.arguments[: len(before.arguments)] == before.arguments
    return before.kind == "char" and _length(before) <= _length(after)


def _numbers(column: Column, default: tuple[int, ...]) -> tuple[int, ...]:
    read = tuple(int(argument) for argument in column.arguments)
    return (*read, *default[len(read) :])


def _length(column: Column) -> int:
    return _numbers(column, (1,))[0]
