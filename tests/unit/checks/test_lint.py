"""What is said of single files, from their text."""

from __future__ import annotations

from handrail.checks._files import file_findings, new_findings
from handrail.domain.finding import Finding, Location, Severity
from handrail.sources.snapshot import read_snapshot
from tests.unit.sources.trees import Files

CONCURRENTLY = """from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        AddIndexConcurrently("thing", models.Index(fields=["n"], name="thing_n")),
    ]
"""


def findings(text: str) -> list[Finding]:
    read = read_snapshot(Files({"shop/migrations/__init__.py": "", "shop/migrations/0002_a.py": text}))
    return list(file_findings(read.migrations, {}))


def test_hr407_an_index_that_no_transaction_can_hold() -> None:
    assert findings(CONCURRENTLY) == [
        Finding(
            code="HR407",
            severity=Severity.WARNING,
            message="lint: shop.0002_a has AddIndexConcurrently in a transaction, which cannot hold it",
            locations=(Location(path="shop/migrations/0002_a.py", line=8, remark="refused when it runs"),),
            help="set atomic = False in a migration that has this operation alone",
            command="handrail explain HR407",
        )
    ]


def test_hr407_an_index_that_is_in_no_transaction() -> None:
    assert findings(CONCURRENTLY.replace("    dependencies", "    atomic = False\n    dependencies")) == []


UNIQUE = """import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        {operation},
    ]
"""
ADD = 'migrations.AddField("thing", "u", models.UUIDField(default=uuid.uuid4, unique=True))'


def test_hr407_e56_one_value_for_all_rows() -> None:
    assert findings(UNIQUE.format(operation=ADD)) == [
        Finding(
            code="HR407",
            severity=Severity.WARNING,
            message="lint: shop.0002_a adds u, which is unique, with one value for all rows",
            locations=(Location(path="shop/migrations/0002_a.py", line=8, remark="its default is called once"),),
            help="add it with null=True, give each row its value in a RunPython, then make it unique",
            command="handrail explain HR407",
        )
    ]


def test_hr407_e56_no_rows_or_no_value() -> None:
    table = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))])'
    for operation in (f"{table}, {ADD}", ADD.replace(", unique=True", ""), ADD.replace("default=uuid.uuid4", "null=True")):
        assert findings(UNIQUE.format(operation=operation)) == []


def new(operation: str) -> list[str]:
    text = UNIQUE.format(operation=operation)
    read = read_snapshot(Files({"shop/migrations/__init__.py": "", "shop/migrations/0002_a.py": text}))
    return [one.message for one in new_findings(read.migrations.values())]


def test_hr516_a_column_that_older_code_does_not_fill() -> None:
    add = 'migrations.AddField("Thing", "p", models.{})'
    message = "old-code-insert: shop.Thing.p NOT NULL without database default"
    for field in (
        "IntegerField(default=1)",
        "CharField(max_length=9, blank=True)",
        'ForeignKey("shop.Thing", models.CASCADE, default=1)',
    ):
        assert new(add.format(field)) == [message]
    for field in (
        "IntegerField(null=True)",
        "IntegerField(db_default=1)",
        'ManyToManyField("shop.Thing")',
        "BigAutoField(primary_key=True)",
    ):
        assert new(add.format(field)) == []
    table = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))])'
    assert new(f"{table}, {add.format('IntegerField(default=1)')}") == []


EDITOR = """from django.db import migrations


def forwards(apps, editor):
    editor.execute("ALTER TABLE shop_thing ADD COLUMN q integer NULL")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunPython(forwards),
    ]
"""


def test_hr407_d17_code_that_changes_the_schema_in_a_transaction() -> None:
    assert findings(EDITOR) == [
        Finding(
            code="HR407",
            severity=Severity.INFO,
            message="lint: shop.0002_a calls schema_editor.execute() in a transaction, which MariaDB and MySQL refuse",
            locations=(Location(path="shop/migrations/0002_a.py", line=11, remark="the code is run here"),),
            help="write it as operations, or give the RunPython atomic=False in a migration of its own",
            command="handrail explain HR407",
        )
    ]


def test_hr407_d17_code_that_may_change_the_schema() -> None:
    outside = EDITOR.replace("(forwards)", "(forwards, atomic=False)")
    alone = EDITOR.replace("    dependencies", "    atomic = False\n    dependencies")
    asks = EDITOR.replace("    editor.execute", "    if editor.connection.vendor != 'mysql': editor.execute")
    cursor = EDITOR.replace("editor.execute", "editor.connection.cursor().execute")
    assert [findings(text) for text in (outside, alone, asks, cursor)] == [[], [], [], []]
    again = alone.replace("(forwards)", "(forwards, atomic=True)")
    assert [found.code for found in findings(again)] == ["HR407"]
