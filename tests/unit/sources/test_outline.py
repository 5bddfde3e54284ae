"""The names that a migration names: too many rather than too few."""

from __future__ import annotations

import textwrap

import pytest

from handrail.domain.migration import MigrationKey
from handrail.domain.outline import NOTHING, Outline, Removed
from handrail.sources.facts import read_facts, to_migration

ANY = ("", "")
USER = ("__setting__", "AUTH_USER_MODEL")


def outline(operation: str, before: str = "", label: str = "shop") -> Outline:
    source = (
        "from django.conf import settings\nfrom django.db import migrations, models\n"
        + textwrap.dedent(before)
        + f"\nclass Migration(migrations.Migration):\n    operations = [{operation}]\n"
    )
    facts = read_facts(source.encode())
    return to_migration(facts, MigrationKey(label, "0002_x"), "x.py", "").outline


def test_a_plain_field_names_nothing() -> None:
    assert outline("migrations.AddField('Item', 'size', models.IntegerField(default=0))") == NOTHING


def test_claims_are_names_of_tables_indexes_and_constraints() -> None:
    operations = """
        migrations.CreateModel("Item", [("many", models.ManyToManyField(to="self", db_table="item_many"))],
            options={"db_table": "items", "indexes": [models.Index(fields=["a"], name="a_idx")],
                     "constraints": [models.UniqueConstraint(fields=["a"], name="a_uniq")]}),
        migrations.AddIndex("Item", models.Index(fields=["a"], name="b_idx")),
        migrations.AddConstraint("Item", models.CheckConstraint(condition=models.Q(a=1), name="a_check")),
        migrations.RenameIndex("Item", new_name="c_idx", old_name="b_idx"),
        migrations.AlterModelTable("Item", "goods"),
        migrations.AlterModelOptions("Item", {"verbose_name": "thing"}),
    """
    assert outline(operations).claims == {"item_many", "items", "a_idx", "a_uniq", "b_idx", "a_check", "c_idx", "goods"}


def test_a_claim_that_cannot_be_told_may_be_any() -> None:
    assert outline("migrations.AddIndex('Item', models.Index(fields=['a'], name=make()))").claims == {""}


@pytest.mark.parametrize(
    ("field", "refers"),
    [
        ("models.ForeignKey('Other', models.CASCADE)", {("shop", "other")}),
        ("models.ForeignKey(to='Stock.Item', on_delete=models.CASCADE)", {("Stock", "item")}),
        ("models.ForeignKey(to=settings.AUTH_USER_MODEL, on_delete=models.CASCADE)", {USER}),
        ("models.ManyToManyField(to='self', through='stock.Link')", {("stock", "link")}),
        ("models.ForeignKey(to=target(), on_delete=models.CASCADE)", {ANY}),
        ("models.ForeignKey(to=settings.PREFIX + '.Item', on_delete=models.CASCADE)", {ANY}),
    ],
)
def test_relations_refer_to_their_models(field: str, refers: set[tuple[str, str]]) -> None:
    assert outline(f"migrations.AddField('Item', 'other', {field})").refers == refers


def test_bases_that_are_models_are_referred_to() -> None:
    assert outline("migrations.CreateModel('Item', [], bases=('stock.Thing', models.Model))").refers == {("stock", "thing")}


def test_removals_are_what_is_deleted_renamed_or_retyped() -> None:
    operations = """
        migrations.DeleteModel("Old"), migrations.RenameModel("Was", "Is"), migrations.RemoveField("Item", "Size"),
        migrations.RenameField("Item", "a", "b"), migrations.AlterField("Item", "c", models.TextField()),
        migrations.AlterModelTable("Item", "goods"), migrations.RemoveIndex("Item", "a_idx"),
    """
    assert outline(operations).removes == {
        Removed("shop", "old", ""),
        Removed("shop", "was", ""),
        Removed("shop", "item", "size"),
        Removed("shop", "item", "a"),
        Removed("shop", "item", "c"),
        Removed("shop", "item", ""),
    }


@pytest.mark.parametrize(
    ("code", "refers"),
    [
        ("apps.get_model('stock', 'Item').objects.update(a=1)", {("stock", "item")}),
        ("apps.get_model('stock.Item')", {("stock", "item")}),
        ("apps.get_model(model_name='Item', app_label='stock')", {("stock", "item")}),
        ("apps.get_model(LABEL, 'Item')", {ANY}),
        ("schema_editor.execute('DELETE FROM x')", {ANY}),
        ("schema_editor.connection.alias", set()),
        ("from shop.models import Item", {ANY}),
        ("import json", set()),
    ],
)
def test_code_refers_to_the_models_it_gets(code: str, refers: set[tuple[str, str]]) -> None:
    found = outline("migrations.RunPython(forwards)", f"def forwards(apps, schema_editor):\n    {code}\n")
    assert found == Outline(refers=frozenset(refers))


@pytest.mark.parametrize("operation", ["migrations.RunSQL('SELECT 1')", "make()", "Special()", "shop.operations.Special()"])
def test_what_cannot_be_read_may_touch_anything(operation: str) -> None:
    everything = Outline(claims=frozenset({""}), refers=frozenset({ANY}), removes=frozenset({Removed("", "", "")}))
    assert outline(operation, "import shop.operations\nclass Special(migrations.RunPython):\n    pass\n") == everything


def test_nested_operations_count() -> None:
    operation = "migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('Old')])"
    assert outline(operation) == Outline(removes=frozenset({Removed("shop", "old", "")}))
