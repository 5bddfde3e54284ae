"""Pairs whose outcome was found by running both orders on the databases."""

from __future__ import annotations

from pathlib import Path

from tests.cases.sides import Verdict, decided, order_of

BASE = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(unique=True)),
    ("text", models.CharField(max_length=50, db_index=True)),
]),
"""


def test_a_column_alone_in_unique_together_loses_its_constraint(tmp_path: Path) -> None:
    """PostgreSQL 18 and MariaDB 10.11 have no unique constraint left when the field is altered last."""
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'n', models.IntegerField())",
        "migrations.AlterUniqueTogether('thing', {('n',)})",
        base=BASE,
    )
    assert found.said() == [
        (
            "HR107",
            "same-field",
            "order-dependent",
            "0002_a alters shop.Thing.n; 0002_b sets unique_together of shop.Thing: "
            "Django drops whatever makes the column alone unique or indexes it",
        ),
    ]
    assert order_of(found.only()) == ["shop.0002_a", "shop.0002_b"]


def test_a_column_in_unique_together_with_others_keeps_its_constraint(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'n', models.IntegerField())",
        "migrations.AlterUniqueTogether('thing', {('n', 'text')})",
        base=BASE,
    )
    assert found.verdict is Verdict.INDEPENDENT


def test_a_comment_on_a_column_that_another_one_is_generated_from(tmp_path: Path) -> None:
    """PostgreSQL 18: cannot alter type of a column used by a generated column."""
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'text', models.CharField(max_length=50, db_index=True, db_comment='c'))",
        "migrations.AddField('thing', 'g', models.GeneratedField(expression=models.F('text'), "
        "output_field=models.CharField(max_length=50), db_persist=True))",
        base=BASE,
    )
    assert found.said() == [
        (
            "HR107",
            "same-field",
            "order-dependent",
            "0002_a alters shop.Thing.text; 0002_b adds field g to shop.Thing: "
            "a column that a generated one is made of cannot be altered on PostgreSQL",
        ),
    ]
    assert order_of(found.only()) == ["shop.0002_a", "shop.0002_b"]
