"""Code that depends on which fields there are, how they are defined, and how they fill themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.sides import Verdict, decided

BASE = """
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("name", models.CharField(max_length=50)),
    ("stamp", models.DateTimeField(auto_now=True)),
    ("price", project.MoneyField(null=True)),
]),
migrations.CreateModel("Log", [("id", models.BigAutoField(primary_key=True)), ("text", models.TextField())]),
migrations.CreateModel("Special", [
    ("thing_ptr", models.OneToOneField("shop.Thing", models.CASCADE, parent_link=True, primary_key=True)),
], bases=("shop.thing",)),
"""
ADD = "migrations.AddField('thing', 'k', models.IntegerField(null=True))"
STAMP = "migrations.AddField('thing', 'changed', models.DateTimeField(auto_now=True, default=timezone.now))"
NAME = "migrations.AlterField('thing', 'name', models.CharField(max_length=50, choices=[('a', 'A')]))"


def run(body: str) -> str:
    """Return a function with a body that can use G(name) for a model."""
    lines = body.replace("\n", "\n    ")
    return f"import project\n\ndef run(apps, schema_editor):\n    G = lambda name: apps.get_model('shop', name)\n    {lines}\n"


def against(tmp_path: Path, operation: str, body: str) -> list[str]:
    """Return the verdict on an operation and a function, and why."""
    code = run(body)
    found = decided(tmp_path, operation, "migrations.RunPython(run)", base=BASE, code_a=code, code_b=code)
    return [str(found.verdict), *(each.explanation for each in found.reasons)]


WHOLE = "what is read depends on the fields that are there"


@pytest.mark.parametrize(
    "body",
    [
        "for each in G('Thing').objects.values():\n    G('Log').objects.filter(text=each).delete()",
        "for each in G('Thing').objects.values_list():\n    G('Log').objects.filter(text=each).delete()",
        "for each in G('Special').objects.values():\n    G('Log').objects.filter(text=each).delete()",
        "G('Log').objects.filter(text=len(G('Thing')._meta.fields)).delete()",
        "G('Log').objects.filter(text=[each.name for each in G('Thing')._meta.concrete_fields]).delete()",
        "for each in G('Thing').objects.all():\n    G('Log').objects.filter(text=each.__dict__).delete()",
        "from django.forms import model_to_dict\nfor each in G('Thing').objects.all():\n    model_to_dict(each)",
    ],
)
def test_a_new_field_and_code_that_reads_whole_rows(tmp_path: Path, body: str) -> None:
    assert against(tmp_path, ADD, body) == [
        "opaque",
        f"0002_a adds field k to shop.Thing; 0002_b reads whole rows of shop.Thing in RunPython: {WHOLE}",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "for each in G('Thing').objects.values('name'):\n    G('Log').objects.filter(text=each).delete()",
        "G('Log').objects.filter(text=G('Thing')._meta.pk.name).delete()",
        "for each in G('Thing').objects.all():\n    each.name = ''\n    each.save()",
        "G('Log').objects.filter(text=G('Thing')._meta.get_field('name').max_length).delete()",
    ],
)
def test_a_new_field_and_code_that_names_its_fields(tmp_path: Path, body: str) -> None:
    assert against(tmp_path, ADD, body) == ["independent"]


def test_a_new_field_and_code_that_asks_whether_it_is_there(tmp_path: Path) -> None:
    body = "if hasattr(G('Thing'), 'k'):\n    G('Log').objects.all().delete()"
    assert against(tmp_path, ADD, body) == [
        "order-dependent",
        "0002_a adds field k to shop.Thing; 0002_b uses shop.Thing.k in RunPython: it is there in one order alone",
    ]


def test_a_new_relation_and_code_that_asks_for_all_of_them(tmp_path: Path) -> None:
    operation = "migrations.AddField('log', 'thing', models.ForeignKey('shop.Thing', models.CASCADE, null=True))"
    assert against(tmp_path, operation, "len(G('Thing')._meta.related_objects)") == [
        "opaque",
        "0002_a adds field thing to shop.Log; 0002_b runs run that cannot be read in full: "
        "0002_b asks for every relation that leads to shop.thing",
    ]


def test_code_that_asks_for_the_options_of_a_model(tmp_path: Path) -> None:
    operation = "migrations.AlterModelOptions('thing', {'verbose_name': 'article'})"
    assert against(tmp_path, operation, "G('Log').objects.filter(text=G('Thing')._meta.verbose_name).delete()") == [
        "order-dependent",
        "0002_a sets the options of shop.Thing; 0002_b asks for the options of shop.Thing in RunPython: "
        "the outcome depends on the order",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "G('Log').objects.filter(text=G('Thing')._meta.get_field('name').choices).delete()",
        "for each in G('Thing').objects.all():\n    G('Log').objects.filter(text=each.get_name_display()).delete()",
    ],
)
def test_an_altered_field_and_code_that_asks_for_its_definition(tmp_path: Path, body: str) -> None:
    assert against(tmp_path, NAME, body) == [
        "order-dependent",
        "0002_a alters shop.Thing.name; 0002_b asks for the definition of shop.Thing.name in RunPython: "
        "the outcome depends on the order",
    ]


def test_an_altered_field_and_code_that_validates_rows(tmp_path: Path) -> None:
    assert against(tmp_path, NAME, "for each in G('Thing').objects.all():\n    each.full_clean()") == [
        "opaque",
        "0002_a alters shop.Thing.name; 0002_b asks for the definition of fields of shop.Thing that cannot be told in RunPython: "
        "the outcome depends on the order",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "for each in G('Thing').objects.all():\n    each.name = ''\n    each.save()",
        "G('Thing').objects.update_or_create(name='a', defaults={'name': 'b'})",
    ],
)
def test_a_field_that_fills_itself_and_code_that_saves_rows(tmp_path: Path, body: str) -> None:
    said = "0002_a adds field changed to shop.Thing, which fills itself; 0002_b saves rows of shop.Thing in RunPython: "
    assert f"{said}rows saved before and after it differ" in against(tmp_path, STAMP, body)


@pytest.mark.parametrize(
    "body", ["G('Thing').objects.update(name='')", "for t in G('Thing').objects.all():\n    t.save(update_fields=['name'])"]
)
def test_a_field_that_fills_itself_and_code_that_writes_one_field(tmp_path: Path, body: str) -> None:
    assert against(tmp_path, STAMP, body) == ["independent"]


def test_a_field_that_begins_to_fill_itself(tmp_path: Path) -> None:
    operation = "migrations.AlterField('thing', 'name', project.SlugField(max_length=50))"
    assert against(tmp_path, operation, "for each in G('Thing').objects.all():\n    each.price = 3\n    each.save()") == [
        "opaque",
        "0002_a alters shop.Thing.name, which fills itself; 0002_b saves rows of shop.Thing in RunPython: "
        "rows saved before and after it differ",
    ]


def both(tmp_path: Path, one: str, other: str) -> list[str]:
    """Return the verdict on two functions, and why."""
    found = decided(
        tmp_path, "migrations.RunPython(run)", "migrations.RunPython(run)", base=BASE, code_a=run(one), code_b=run(other)
    )
    return [str(found.verdict), *(each.explanation for each in found.reasons)]


SAVES = "for each in G('Thing').objects.all():\n    each.name = ''\n    each.save()"


def test_code_that_saves_rows_and_code_that_reads_what_fills_itself(tmp_path: Path) -> None:
    assert both(tmp_path, SAVES, "G('Thing').objects.filter(stamp__year=2020).count()") == [
        "order-dependent",
        "0002_a saves rows of shop.Thing, and so changes stamp in RunPython; 0002_b reads shop.Thing.stamp in RunPython: "
        "the outcome depends on the order",
    ]


def test_code_that_saves_rows_and_code_that_reads_what_may_fill_itself(tmp_path: Path) -> None:
    assert both(tmp_path, SAVES, "G('Thing').objects.filter(price=3).count()") == [
        "opaque",
        "0002_a saves rows of shop.Thing, and so changes price in RunPython; 0002_b reads shop.Thing.price in RunPython: "
        "the outcome depends on the order",
    ]


def test_both_sides_save_rows_for_fields_of_their_own(tmp_path: Path) -> None:
    assert both(tmp_path, SAVES, "for each in G('Special').objects.all():\n    each.stamp = None\n    each.save()") == [
        "order-dependent",
        "0002_a saves rows of shop.Thing, and so changes stamp in RunPython; 0002_b writes shop.Thing.stamp in RunPython: "
        "the outcome depends on the order",
    ]
    assert both(tmp_path / "own", SAVES, SAVES.replace("name", "title")) == ["independent"]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE old AS SELECT * FROM shop_thing",
        "INSERT INTO shop_thing VALUES (1, 'a', NULL, NULL)",
        "INSERT INTO shop_log (text) SELECT t.* FROM shop_thing t",
    ],
)
def test_a_new_field_and_sql_that_counts_on_the_columns(tmp_path: Path, sql: str) -> None:
    found = decided(tmp_path, ADD, f"migrations.RunSQL({sql!r})", base=BASE, code_a="import project\n")
    assert found.verdict is Verdict.OPAQUE
    assert found.only().explanation == (
        f"0002_a adds field k to shop.Thing; 0002_b reads whole rows of shop.Thing in RunSQL: {WHOLE}"
    )


def test_the_order_of_the_sides_does_not_change_which_of_several_doubts_counts(tmp_path: Path) -> None:
    fill = run("G('Log').objects.update(k=1)")
    added = "migrations.AddField('log', 'k', models.IntegerField(default=1)), migrations.RunPython(run)"
    found = decided(tmp_path, added, "migrations.RunSQL('INSERT INTO shop_log VALUES (1, 2)')", base=BASE, code_a=fill)
    assert [said[1:] for said in found.said()] == [
        (
            "sql",
            "order-dependent",
            "0002_a adds field k to shop.Log; 0002_b inserts rows into shop.Log in RunSQL: "
            "rows inserted before and after it differ, or fail",
        ),
        (
            "sql",
            "order-dependent",
            "0002_a changes rows of shop.Log in RunPython; 0002_b inserts rows into shop.Log in RunSQL: "
            "the rows that are met depend on the order",
        ),
    ]
