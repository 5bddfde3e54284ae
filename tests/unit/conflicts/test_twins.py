"""What both sides make alike, and then treat in ways that do not go together."""

from __future__ import annotations

from pathlib import Path

from tests.cases.sides import Decided, Verdict, decided

FIELD = "migrations.AddField('thing', 'z', models.IntegerField(null=True))"
MODEL = "migrations.CreateModel('Z', [('id', models.BigAutoField(primary_key=True)), ('a', models.IntegerField(null=True))])"
FILL = "def fill(apps, schema_editor):\n    apps.get_model('shop', '{}').objects.update({})\n"
THEN = ", migrations.RunPython(fill)"


def filled(tmp_path: Path, first: str, model: str, ours: str, theirs: str) -> Decided:
    """Return what is decided where both sides begin with one operation and each fills a model in its own way."""
    codes = [FILL.format(model, values) for values in (ours, theirs)]
    return decided(tmp_path, first + THEN, first + THEN, code_a=codes[0], code_b=codes[1])


def test_one_field_filled_with_two_values(tmp_path: Path) -> None:
    found = filled(tmp_path, FIELD, "Thing", "z=1", "z=2")
    assert found.verdict is Verdict.ORDER_DEPENDENT
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            "0002_a writes shop.Thing.z in RunPython; 0002_b writes shop.Thing.z in RunPython: the outcome depends on the order",
        ),
        ("HR102", "same-field", "convergent", "0002_a adds field z to shop.Thing; 0002_b adds field z to shop.Thing"),
    ]


def test_one_model_filled_with_two_values(tmp_path: Path) -> None:
    found = filled(tmp_path, MODEL, "Z", "a=1", "a=2")
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            "0002_a writes shop.Z.a in RunPython; 0002_b writes shop.Z.a in RunPython: the outcome depends on the order",
        ),
        ("HR102", "same-model", "convergent", "0002_a creates model shop.Z; 0002_b creates model shop.Z"),
    ]


def test_one_field_that_only_one_side_fills(tmp_path: Path) -> None:
    found = decided(tmp_path, FIELD + THEN, FIELD, code_a=FILL.format("Thing", "z=1"))
    assert found.verdict is Verdict.CONVERGENT
    assert found.only().explanation == "0002_a adds field z to shop.Thing; 0002_b adds field z to shop.Thing"


def test_one_field_filled_and_renamed(tmp_path: Path) -> None:
    found = decided(
        tmp_path, FIELD + THEN, f"{FIELD}, migrations.RenameField('thing', 'z', 'y')", code_a=FILL.format("Thing", "z=1")
    )
    assert (
        "HR104",
        "data",
        "order-dependent",
        "0002_a writes shop.Thing.z in RunPython; 0002_b renames shop.Thing.z to y: the old name is gone after the renaming",
    ) in found.said()


def test_one_field_with_an_index_of_each_side(tmp_path: Path) -> None:
    index = "migrations.AddIndex('thing', models.Index(fields=['z'], name='{}'))"
    found = decided(tmp_path, f"{FIELD}, {index.format('i1')}", f"{FIELD}, {index.format('i2')}")
    assert found.verdict is Verdict.CONVERGENT


def test_one_model_altered_to_the_same_by_both(tmp_path: Path) -> None:
    then = ", migrations.AlterField('z', 'a', models.IntegerField(default=1))"
    found = decided(tmp_path, MODEL + then, MODEL + then)
    assert [said[:3] for said in found.said()] == [
        ("HR102", "same-field", "convergent"),
        ("HR102", "same-model", "convergent"),
    ]
