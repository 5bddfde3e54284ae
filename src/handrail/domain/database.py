"""What a kind of database can do, as facts that checks and proofs ask for instead of its name, and why it refuses."""

from __future__ import annotations

from enum import StrEnum

from handrail.domain.dataclasses import dataclass


class Scope(StrEnum):
    """Inside what a name must be the only one."""

    NOWHERE = "nowhere"
    TABLE = "table"
    SCHEMA = "schema"
    """Inside a PostgreSQL schema, or a MySQL or SQLite database, which has no schemas."""


class ErrorKind(StrEnum):
    """Why a database refused a statement, as far as Handrail acts on it."""

    LOCK_TIMEOUT = "lock timeout"
    DEADLOCK = "deadlock"
    CONNECTION_LOST = "connection lost"
    READ_ONLY = "read-only"
    DISK_FULL = "disk full"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFeatures:
    """The facts; each file of handrail.databases states them with their source.

    vendor: Django's connection.vendor. transactional_ddl: whether a rolled back transaction takes schema changes back.
    index_names, check_names, unique_names, foreign_key_names: inside what such a name is taken once.
    folds_table_names, folds_column_names, folds_index_names: whether names that differ only in case, quoted as Django quotes
    them, are one name. max_name_length: of identifiers, None where there is no limit; in bytes where name_length_in_bytes.
    table_comments: whether comments on tables and columns are stored. in_memory: whether a scratch database needs no server.
    copies_databases: whether the server can copy a database by itself. rebuilds_tables: whether Django's schema editor alters a
    table by making a new one from the project state, filling it and dropping the old one.
    """

    vendor: str
    transactional_ddl: bool
    index_names: Scope
    check_names: Scope
    unique_names: Scope
    foreign_key_names: Scope
    folds_table_names: bool
    folds_column_names: bool
    folds_index_names: bool
    max_name_length: int | None
    name_length_in_bytes: bool
    table_comments: bool
    in_memory: bool
    copies_databases: bool
    rebuilds_tables: bool
