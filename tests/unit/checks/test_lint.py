"""What is said of single files, from their text."""

from __future__ import annotations

from handrail.checks._files import file_findings
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
