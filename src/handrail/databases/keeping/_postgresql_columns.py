"""A required column that is aside on PostgreSQL: it stays required, takes no value, and knows which rows came since."""

from __future__ import annotations

_ZERO = {
    **dict.fromkeys(("int2", "int4", "int8", "numeric", "float4", "float8", "oid", "money"), "0"),
    **dict.fromkeys(("text", "varchar", "bpchar", "name", "bytea"), "''"),
    "bool": "false",
    "date": "'1970-01-02'",
    "timestamp": "'1970-01-02 00:00:00'",
    "timestamptz": "'1970-01-02 00:00:00+00'",
    "time": "'00:00:00'",
    "interval": "'0'",
    "uuid": "'00000000-0000-0000-0000-000000000000'",
    "inet": "'0.0.0.0'",
    "cidr": "'0.0.0.0/32'",
    "json": "'null'",
    "jsonb": "'null'",
}
"""A value that every column of a type takes, by pg_type.typname of pg_catalog."""


def zero(kind: str) -> str:
    """Return a default for a type of pg_catalog, "" where none is known; an array's name begins with _ (53.64, typarray)."""
    return "'{}'" if kind.startswith("_") else _ZERO.get(kind, "")
