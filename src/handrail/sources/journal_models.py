"""The tables of the journal, as models that belong to no app: makemigrations, flush and dumpdata never meet them.

They are made and brought up to date by handrail.execution.journal, have no foreign keys, and live in every database that is
migrated, beside django_migrations.
"""

from __future__ import annotations

from datetime import datetime

from django.apps.registry import Apps
from django.db import models

VERSION = 3
"""What handrail_schema says of tables that look as they do here."""
PREFIX = "handrail_"
"""What the names of all own tables begin with."""
registry = Apps()


class SchemaRow(models.Model):
    """The version of the journal's own tables; one row."""

    version: models.IntegerField[int, int] = models.IntegerField()

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_schema"


class RunRow(models.Model):
    """One run; see handrail.domain.run.Run."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    command: models.TextField[str, str] = models.TextField()
    status: models.CharField[str, str] = models.CharField(max_length=12)
    started: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    finished: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    host: models.CharField[str, str] = models.CharField(max_length=255)
    pid: models.BigIntegerField[int, int] = models.BigIntegerField()
    user: models.CharField[str, str] = models.CharField(max_length=255)
    commit: models.CharField[str, str] = models.CharField(max_length=64)
    session: models.CharField[str, str] = models.CharField(max_length=255)
    from_nothing: models.BooleanField[bool, bool] = models.BooleanField()
    on_failure: models.CharField[str, str] = models.CharField(max_length=12)
    error: models.TextField[str, str] = models.TextField()

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_run"


class StepRow(models.Model):
    """One migration of a run; sources: the digests of the modules it came from, by name, as JSON."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    run: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)
    app: models.CharField[str, str] = models.CharField(max_length=255)
    name: models.CharField[str, str] = models.CharField(max_length=255)
    direction: models.CharField[str, str] = models.CharField(max_length=12)
    status: models.CharField[str, str] = models.CharField(max_length=12)
    atomic: models.BooleanField[bool, bool] = models.BooleanField()
    faked: models.BooleanField[bool, bool] = models.BooleanField()
    digest: models.CharField[str, str] = models.CharField(max_length=64)
    sources: models.TextField[str, str] = models.TextField()
    started: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    finished: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    error: models.TextField[str, str] = models.TextField()

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_step"


class StatementRow(models.Model):
    """One statement of a step that is not one transaction, or the mark of a whole operation (kind).

    phase: whether it ran or took back. before: the definitions of the tables it touches, as JSON; reads: what the schema editor
    had asked before it, as JSON.
    """

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    step: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)
    phase: models.CharField[str, str] = models.CharField(max_length=12)
    operation: models.IntegerField[int, int] = models.IntegerField()
    kind: models.CharField[str, str] = models.CharField(max_length=12)
    status: models.CharField[str, str] = models.CharField(max_length=12)
    sql: models.TextField[str, str] = models.TextField()
    before: models.TextField[str, str] = models.TextField()
    reads: models.TextField[str, str] = models.TextField()

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_statement"


class SourceRow(models.Model):
    """The text of a module, by its digest, signed so that nobody who can write the table can have code run."""

    digest: models.CharField[str, str] = models.CharField(primary_key=True, max_length=64)
    path: models.TextField[str, str] = models.TextField()
    text: models.TextField[str, str] = models.TextField()
    signature: models.CharField[str, str] = models.CharField(max_length=255)

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_source"


class TagRow(models.Model):
    """A name for what was applied at a moment: applied is a JSON list of [app_label, name]."""

    name: models.CharField[str, str] = models.CharField(primary_key=True, max_length=150)
    made: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    user: models.CharField[str, str] = models.CharField(max_length=255)
    run: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    applied: models.TextField[str, str] = models.TextField()

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_tag"


class LeaseRow(models.Model):
    """The lock where sessions do not hold: one row. heartbeat: by the database's own clock. fence grows with every owner."""

    id: models.IntegerField[int, int] = models.IntegerField(primary_key=True)
    owner: models.CharField[str, str] = models.CharField(max_length=64)
    fence: models.BigIntegerField[int, int] = models.BigIntegerField()
    heartbeat: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True)
    host: models.CharField[str, str] = models.CharField(max_length=255)
    pid: models.BigIntegerField[int, int] = models.BigIntegerField()
    who: models.CharField[str, str] = models.CharField(max_length=255)

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_lease"


class KeptRow(models.Model):
    """One thing that is kept; see handrail.domain.kept.Kept. details: JSON."""

    id: models.BigAutoField[int, int] = models.BigAutoField(primary_key=True)
    run: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)
    step: models.BigIntegerField[int, int] = models.BigIntegerField(db_index=True)
    app: models.CharField[str, str] = models.CharField(max_length=255)
    name: models.CharField[str, str] = models.CharField(max_length=255)
    direction: models.CharField[str, str] = models.CharField(max_length=12)
    operation: models.IntegerField[int, int] = models.IntegerField()
    kind: models.CharField[str, str] = models.CharField(max_length=12)
    form: models.CharField[str, str] = models.CharField(max_length=12)
    status: models.CharField[str, str] = models.CharField(max_length=12, db_index=True)
    table: models.CharField[str, str] = models.CharField(max_length=255)
    column: models.CharField[str, str] = models.CharField(max_length=255)
    aside: models.CharField[str, str] = models.CharField(max_length=255)
    details: models.TextField[str, str] = models.TextField()
    rows: models.BigIntegerField[int | None, int | None] = models.BigIntegerField(null=True)
    made: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    expires: models.DateTimeField[datetime, datetime] = models.DateTimeField()

    class Meta:  # noqa: D106
        apps = registry
        app_label = "handrail"
        db_table = "handrail_kept"


TABLES = (SchemaRow, RunRow, StepRow, StatementRow, SourceRow, TagRow, LeaseRow, KeptRow)
"""All of them, in the order in which they are made: where the first one is there with its row, all are."""
