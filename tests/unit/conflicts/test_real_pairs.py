"""Pairs whose outcome was found by running both orders on the databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.domain.migration import MigrationKey
from tests.cases.sides import Verdict, decided, judged, order_of, write

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


SHOP = "migrations.CreateModel('Thing', [('id', models.BigAutoField(primary_key=True)), ('n', models.IntegerField(default=0))])"
BLOG = """
migrations.CreateModel("Post", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(default=0)),
    ("thing", models.ForeignKey("shop.Thing", models.CASCADE, null=True, related_name="posts")),
])
"""
POSTS = "apps.get_model('blog', 'Post').objects.update(n=5)"
OVER_RELATION = "[each.posts.update(n=4) for each in apps.get_model('shop', 'Thing').objects.all()]"


def run(body: str) -> str:
    return f"def run(apps, schema_editor):\n    {body}\n"


@pytest.mark.parametrize(
    ("a", "b", "code_a", "code_b"),
    [
        ("migrations.RunPython(run)", "migrations.RunPython(run)", OVER_RELATION, POSTS),
        ("migrations.RunPython(run)", "migrations.RunSQL('UPDATE blog_post SET n = 3')", OVER_RELATION, "pass"),
        ("migrations.RunPython(run)", "migrations.RunSQL('UPDATE blog_post SET n = 3')", POSTS, "pass"),
    ],
)
def test_both_sides_write_one_model_of_an_app_that_neither_belongs_to(
    tmp_path: Path, a: str, b: str, code_a: str, code_b: str
) -> None:
    found = decided(tmp_path, a, b, base=SHOP, other=BLOG, code_a=run(code_a), code_b=run(code_b))
    assert found.verdict is Verdict.ORDER_DEPENDENT
    place = "RunPython" if "RunPython" in b else "RunSQL"
    assert f"0002_a writes blog.Post.n in RunPython; 0002_b writes blog.Post.n in {place}: the outcome depends on the order" in [
        each.explanation for each in found.reasons
    ]


AUTH = """
migrations.CreateModel("User", [("id", models.BigAutoField(primary_key=True))], options={"swappable": "AUTH_USER_MODEL"})
"""
PROFILE = """
migrations.CreateModel("Profile", [
    ("id", models.BigAutoField(primary_key=True)),
    ("user", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)),
])
"""


def test_users_deleted_under_a_setting_take_rows_of_the_other_side_with_them(tmp_path: Path) -> None:
    write(tmp_path, "auth", "0001_initial", AUTH, [])
    write(tmp_path, "shop", "0001_initial", PROFILE, [("auth", "0001_initial")])
    write(tmp_path, "blog", "0001_initial", "", [])
    needs = [("shop", "0001_initial"), ("blog", "0001_initial")]
    delete = "apps.get_model(settings.AUTH_USER_MODEL).objects.all().delete()"
    write(tmp_path, "blog", "0002_a", "migrations.RunPython(run)", needs, run(delete))
    write(
        tmp_path, "shop", "0002_b", "migrations.RunPython(run)", needs, run("apps.get_model('shop', 'Profile').objects.count()")
    )
    found = judged(tmp_path, [MigrationKey("blog", "0002_a")], [MigrationKey("shop", "0002_b")])
    assert (
        "blog.0002_a deletes rows of auth.User, and with them rows of shop.Profile in RunPython; "
        "shop.0002_b reads rows of shop.Profile in RunPython: the rows that are met depend on the order"
    ) in [each.explanation for each in found.reasons]


KEYS = """
migrations.CreateModel("Owner", [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, unique=True))]),
migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)),
    ("owner", models.ForeignKey("shop.Owner", models.CASCADE, to_field="code")),
    ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
    ("tags", models.ManyToManyField("shop.Tag", related_name="+")),
]),
"""


def test_two_keys_that_columns_of_one_table_follow(tmp_path: Path) -> None:
    """SQLite rebuilds the table for the first one and not for the second, whose column keeps the old type if it comes last."""
    found = decided(
        tmp_path,
        "migrations.AlterField('owner', 'code', models.CharField(max_length=30, unique=True))",
        "migrations.AlterField('tag', 'id', models.AutoField(primary_key=True))",
        base=KEYS,
    )
    assert found.said() == [
        (
            "HR107",
            "reference",
            "order-dependent",
            "0002_a alters shop.Owner.code, which columns of shop.Thing follow; "
            "0002_b alters shop.Tag.id, which columns of shop.Thing follow: "
            "SQLite gives all of these columns their types of the moment when one of the two rebuilds the table",
        ),
    ]
    assert order_of(found.only()) == []


def test_sql_on_a_table_between_two_models_names_columns_after_them(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameModel('Tag', 'Label')",
        "migrations.RunSQL('DELETE FROM shop_thing_tags WHERE tag_id = 1')",
        base=KEYS,
    )
    assert (
        "HR104",
        "sql",
        "order-dependent",
        "0002_a renames shop.Tag to Label; 0002_b works on the table of shop.Thing.tags, in which columns are called after "
        "shop.Tag in RunSQL: the old name is gone after the renaming",
    ) in found.said()


PROXIES = """
migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=0))]),
migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("shop.thing",)),
migrations.CreateModel("Note", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(default=0)),
    ("proxy", models.ForeignKey("shop.Proxy", models.CASCADE, related_name="notes")),
]),
"""


def test_rows_that_lead_to_a_proxy_go_with_the_rows_of_its_model(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        base=PROXIES,
        code_a=run("apps.get_model('shop', 'Thing').objects.filter(n=1).delete()"),
        code_b=run("apps.get_model('shop', 'Note').objects.create(n=1)"),
    )
    assert (
        "0002_a deletes rows of shop.Thing, and with them rows of shop.Note in RunPython; 0002_b changes rows of shop.Note "
        "in RunPython: the rows that are met depend on the order"
    ) in [each.explanation for each in found.reasons]


def test_a_key_that_columns_of_relations_to_a_proxy_follow(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'id', models.AutoField(primary_key=True))",
        "migrations.AddField('note', 'k', models.IntegerField(default=3))",
        base=PROXIES,
    )
    assert found.said() == [
        (
            "HR107",
            "reference",
            "order-dependent",
            "0002_a alters shop.Thing.id, which columns of shop.Note follow; 0002_b adds field k to shop.Note: "
            "SQLite gives these columns their new type when the table is next rebuilt",
        ),
    ]
    assert order_of(found.only()) == ["shop.0002_a", "shop.0002_b"]


THROUGH = """
migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(default=0))]),
migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Link", [
    ("id", models.BigAutoField(primary_key=True)),
    ("thing", models.ForeignKey("shop.Thing", models.CASCADE)),
    ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
]),
migrations.AddField("thing", "tags", models.ManyToManyField("shop.Tag", through="shop.Link", through_fields=("thing", "tag"))),
"""


def test_a_renamed_field_that_through_fields_name(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameField('link', 'thing', 'article')",
        "migrations.RunPython(run)",
        base=THROUGH,
        code_b=run("apps.get_model('shop', 'Thing').objects.filter(tags__n=1).count()"),
    )
    assert found.said() == [
        (
            "HR104",
            "data",
            "order-dependent",
            "0002_a renames shop.Link.thing to article, which through_fields of shop.Thing.tags names; "
            "0002_b reads shop.Thing.tags in RunPython: the old name is gone after the renaming",
        ),
    ]
    assert order_of(found.only()) == ["shop.0002_b", "shop.0002_a"]
