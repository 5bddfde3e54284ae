"""Pairs of sides that are easily judged wrong, each settled by what the databases and Django really do."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.domain.conflict import MISSING
from tests.cases.sides import THING, Verdict, decided, order_of, to_source

RICH = f"""{THING},
migrations.CreateModel('P', [('id',models.BigAutoField(primary_key=True)), ('label', models.CharField(max_length=9))]),
migrations.AddField('thing', 'p', models.ForeignKey('shop.P', models.CASCADE, null=True)),
migrations.AddField('thing', 'tags', models.ManyToManyField('shop.P', related_name='+')),
migrations.CreateModel('Child', [
    ('thing_ptr', models.OneToOneField('shop.Thing', models.CASCADE, parent_link=True, primary_key=True)),
    ('c', models.IntegerField(default=0)),
], bases=('shop.thing',)),
migrations.CreateModel('Proxy', [], options={{'proxy': True}}, bases=('shop.thing',)),
migrations.CreateModel('Log', [('id',models.BigAutoField(primary_key=True)), ('text', models.CharField(max_length=9))]),
migrations.AddIndex('thing', models.Index(fields=['n'], name='ix_n')),
migrations.AlterIndexTogether('thing', {{('name', 'n')}})
"""


def test_sdas_nested_twice_adds_the_same_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            ""
            "migrations.SeparateDatabaseAndState(state_operations=[migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField('thing',"
            " 'z', models.IntegerField(null=True))])])"
        ),
        "migrations.AddField('thing', 'z', models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR106",
            "state-database",
            "overlapping",
            (
                "0002_a adds field z to shop.Thing in SeparateDatabaseAndState; 0002_b adds field z "
                "to shop.Thing: both are the field z"
            ),
        ),
    ]


def test_sdas_database_part_uses_a_column_that_goes(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            "migrations.SeparateDatabaseAndState(database_operations=[migrations.AddIndex('thing',"
            " models.Index(fields=['x'], name='ix_x'))])"
        ),
        "migrations.RemoveField('thing', 'x')",
    )
    assert found.said() == [
        (
            "HR105",
            "state-database",
            "overlapping",
            ("0002_a adds index ix_x to shop.Thing in SeparateDatabaseAndState; 0002_b removes shop.Thing.x"),
        ),
    ]


def test_sdas_equal_on_both_sides_is_no_agreement(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            "migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField('thing', "
            "'z', models.IntegerField(null=True))])"
        ),
        (
            "migrations.SeparateDatabaseAndState(state_operations=[migrations.AddField('thing', "
            "'z', models.IntegerField(null=True))])"
        ),
    )
    assert found.said() == [
        (
            "HR106",
            "state-database",
            "overlapping",
            (
                "0002_a adds field z to shop.Thing in SeparateDatabaseAndState; 0002_b adds field z "
                "to shop.Thing in SeparateDatabaseAndState: both are the field z"
            ),
        ),
    ]


def test_sdas_state_of_run_sql(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            "migrations.RunSQL('ALTER TABLE shop_thing RENAME COLUMN x TO y', "
            "state_operations=[migrations.RenameField('thing', 'x', 'y')])"
        ),
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
    )
    assert found.said() == [
        (
            "HR107",
            "sql",
            "order-dependent",
            (
                "0002_a alters the table of shop.Thing in RunSQL; 0002_b alters shop.Thing.x: "
                "rebuilding the table on SQLite drops what only SQL made"
            ),
        ),
        (
            "HR104",
            "sql",
            "order-dependent",
            (
                "0002_a renames x of shop.Thing to y in RunSQL; 0002_b alters shop.Thing.x: the old "
                "name is gone after the renaming"
            ),
        ),
        (
            "HR104",
            "state-database",
            "order-dependent",
            (
                "0002_a renames shop.Thing.x to y in SeparateDatabaseAndState; 0002_b alters "
                "shop.Thing.x: the old name is gone after the renaming"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [
        ["shop.0002_b", "shop.0002_a"],
        ["shop.0002_b", "shop.0002_a"],
        ["shop.0002_b", "shop.0002_a"],
    ]


def test_many_to_many_renamed_and_used(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameField('thing', 'tags', 'labels')",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    [t.tags.clear() for t in Thing.objects.all()]\n"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR104",
            "data",
            "order-dependent",
            (
                "0002_a renames shop.Thing.tags to labels; 0002_b writes shop.Thing.tags in "
                "RunPython: the old name is gone after the renaming"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_many_to_many_removed_and_its_table_read(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField('thing', 'tags')",
        "migrations.RunSQL('INSERT INTO shop_log (text) SELECT p_id FROM shop_thing_tags')",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "sql",
            "order-dependent",
            (
                "0002_a removes shop.Thing.tags; 0002_b works on the table of shop.Thing.tags in "
                "RunSQL: the data is gone afterwards"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_many_to_many_table_and_a_model_table(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'marks', models.ManyToManyField('shop.P', related_name='+'))",
        "migrations.CreateModel('Thing_marks', [('id',models.BigAutoField(primary_key=True))])",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a adds field marks to shop.Thing; 0002_b creates model shop.Thing_marks: model "
                "thing_marks and Thing_marks clash, for they share one key in the state, and one table"
            ),
        ),
    ]


def test_many_to_many_against_the_type_of_a_key(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'marks', models.ManyToManyField('shop.P', related_name='+'))",
        "migrations.AlterField('p', 'id', models.AutoField(primary_key=True))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "reference",
            "order-dependent",
            (
                "0002_a adds field marks to shop.Thing; 0002_b alters shop.P.id, which columns of "
                "shop.Thing follow: SQLite gives these columns their new type when the table is next "
                "rebuilt"
            ),
        ),
        (
            "HR107",
            "reference",
            "order-dependent",
            (
                "0002_a adds field marks to shop.Thing whose column follows shop.P.id; 0002_b alters "
                "shop.P.id: the column of a relation gets the type and the constraint name of the "
                "moment"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"], ["shop.0002_b", "shop.0002_a"]]


def test_through_table_by_db_table(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('thing', 'marks', models.ManyToManyField('shop.P', related_name='+', db_table='links'))"),
        ("migrations.CreateModel('Link', [('id',models.BigAutoField(primary_key=True))], options={'db_table': 'Links'})"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a adds field marks to shop.Thing; 0002_b creates model shop.Link: table links "
                "and Links clash, for names are compared without case on SQLite, MySQL and MariaDB"
            ),
        ),
    ]


def test_through_model_deleted(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('thing', 'marks', models.ManyToManyField('shop.P', related_name='+', through='shop.Log'))"),
        "migrations.DeleteModel('Log')",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR105",
            "delete",
            "overlapping",
            ("0002_a adds field marks to shop.Thing which refers to shop.Log; 0002_b deletes model shop.Log"),
        ),
    ]


def test_renamed_then_added_again(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RenameField('thing', 'x', 'old_x'),
        migrations.AddField('thing', 'x', models.IntegerField(null=True))
    """,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a renames shop.Thing.x to old_x; 0002_b alters shop.Thing.x: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_names_swapped(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RenameField('thing', 'x', 'tmp'),
        migrations.RenameField('thing', 'name', 'x'),
        migrations.RenameField('thing', 'tmp', 'name')
    """,
        "migrations.AddIndex('thing', models.Index(fields=['n'], name='ix_only_n'))",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_names_swapped_and_one_altered(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RenameField('thing', 'x', 'tmp'),
        migrations.RenameField('thing', 'name', 'x'),
        migrations.RenameField('thing', 'tmp', 'name')
    """,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a renames shop.Thing.x to tmp; 0002_b alters shop.Thing.x: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_models_swapped_and_one_referred_to(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RenameModel('P', 'Tmp'),
        migrations.RenameModel('Log', 'P'),
        migrations.RenameModel('Tmp', 'Log')
    """,
        ("migrations.AddField('thing', 'q', models.ForeignKey('shop.P', models.CASCADE, null=True, related_name='+'))"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            (
                "0002_a renames shop.P to Tmp; 0002_b adds field q to shop.Thing which refers to "
                "shop.P: the old name is gone after the renaming"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_removed_and_added_again_on_both_sides(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RemoveField('thing', 'n'),
        migrations.AddField('thing', 'n', models.IntegerField(null=True))
    """,
        """
        migrations.RemoveField('thing', 'n'),
        migrations.AddField('thing', 'n', models.IntegerField(null=True))
    """,
    )
    assert found.said() == [
        (
            "HR102",
            "delete",
            "overlapping",
            "0002_a removes shop.Thing.n; 0002_b removes shop.Thing.n: it is made again afterwards",
        ),
        (
            "HR106",
            "same-name",
            "order-dependent",
            ("0002_a removes shop.Thing.n; 0002_b adds field n to shop.Thing: the name has to be free first"),
        ),
        ("HR102", "same-field", "convergent", "0002_a adds field n to shop.Thing; 0002_b adds field n to shop.Thing"),
    ]


def test_removed_on_one_side_and_made_anew_on_the_other(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField('thing', 'n')",
        """
        migrations.RemoveField('thing', 'n'),
        migrations.AddField('thing', 'n', models.IntegerField(null=True))
    """,
    )
    assert found.said() == [
        (
            "HR102",
            "delete",
            "overlapping",
            "0002_a removes shop.Thing.n; 0002_b removes shop.Thing.n: it is made again afterwards",
        ),
        (
            "HR106",
            "same-name",
            "order-dependent",
            ("0002_a removes shop.Thing.n; 0002_b adds field n to shop.Thing: the name has to be free first"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [[], ["shop.0002_a", "shop.0002_b"]]


def test_removed_and_added_again_against_data(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RemoveField('thing', 'n'),
        migrations.AddField('thing', 'n', models.IntegerField(null=True))
    """,
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(n=5)\n"),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a removes shop.Thing.n; 0002_b writes shop.Thing.n in RunPython: the data is gone afterwards"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_two_fields_renamed_to_one_name(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RenameField('thing', 'x', 'y')", "migrations.RenameField('thing', 'name', 'y')")
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a renames shop.Thing.x to y; 0002_b renames shop.Thing.name to y: both are the field y"),
        ),
    ]


def test_renamed_to_what_the_other_adds(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.RenameField('thing', 'x', 'y')", "migrations.AddField('thing', 'y', models.IntegerField(null=True))"
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            "0002_a renames shop.Thing.x to y; 0002_b adds field y to shop.Thing: both are the field y",
        ),
    ]


def test_column_given_away_by_db_column(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=50, db_column='y'))",
        "migrations.AddField('thing', 'y', models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            "0002_a alters shop.Thing.x; 0002_b adds field y to shop.Thing: both are the column y",
        ),
    ]


def test_column_name_of_a_foreign_key(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('thing', 'p', models.ForeignKey('shop.Thing', models.CASCADE, null=True, related_name='+'))"),
        "migrations.AddField('thing', 'p_id', models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds field p to shop.Thing; 0002_b adds field p_id to shop.Thing: both are the column p_id"),
        ),
    ]


def test_db_column_against_raw_sql(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=50, db_column='y'))",
        "migrations.RunSQL(\"UPDATE shop_thing SET x = ''\")",
    )
    assert found.said() == [
        (
            "HR104",
            "sql",
            "order-dependent",
            (
                "0002_a alters shop.Thing.x; 0002_b names column x of the table of shop.Thing in "
                "RunSQL: the name is gone afterwards"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_db_column_against_historical_models(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=50, db_column='y'))",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(x='')\n"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_proxy_and_what_it_stands_for_written(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        code_a=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(n=1)\n"),
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing = apps.get_model('shop', 'Proxy')\n"
            "    Thing.objects.update(n=2)\n"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a writes shop.Thing.n in RunPython; 0002_b writes shop.Thing.n in RunPython: "
                "the outcome depends on the order"
            ),
        ),
    ]


def test_proxy_of_a_deleted_model(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.CreateModel('Proxy2', [], options={'proxy': True}, bases=('shop.log',))",
        "migrations.DeleteModel('Log')",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR105",
            "delete",
            "overlapping",
            ("0002_a creates model shop.Proxy2 which inherits from shop.Log; 0002_b deletes model shop.Log"),
        ),
    ]


def test_parent_gets_a_field_that_a_child_gets(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'extra', models.IntegerField(null=True))",
        "migrations.AddField('child', 'extra', models.IntegerField(null=True))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a adds field extra to shop.Thing; 0002_b adds field extra to shop.Child: an "
                "inherited field cannot be defined again"
            ),
        ),
    ]


def test_child_made_with_a_field_that_the_parent_gets(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'extra', models.IntegerField(null=True))",
        (
            "migrations.CreateModel('Child2', [('thing_ptr', models.OneToOneField('shop.Thing', "
            "models.CASCADE, parent_link=True, primary_key=True)), ('extra', "
            "models.IntegerField(null=True))], bases=('shop.thing',))"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a adds field extra to shop.Thing; 0002_b creates model shop.Child2: an "
                "inherited field cannot be defined again"
            ),
        ),
    ]


def test_children_of_one_parent_get_one_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('child', 'extra', models.IntegerField(null=True))",
        (
            "migrations.CreateModel('Child2', [('thing_ptr', models.OneToOneField('shop.Thing', "
            "models.CASCADE, parent_link=True, primary_key=True)), ('extra', "
            "models.IntegerField(null=True))], bases=('shop.thing',))"
        ),
        base=RICH,
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_base_deleted_under_a_new_child(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            "migrations.CreateModel('Child3', [('log_ptr', models.OneToOneField('shop.Log', "
            "models.CASCADE, parent_link=True, primary_key=True))], bases=('shop.log',))"
        ),
        "migrations.DeleteModel('Log')",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR105",
            "delete",
            "overlapping",
            "0002_a creates model shop.Child3 which refers to shop.Log; 0002_b deletes model shop.Log",
        ),
    ]


def test_rows_of_a_child_are_rows_of_its_parent(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        code_a=("def run(apps, schema_editor):\n    apps.get_model('shop', 'Child').objects.create(c=1)\n"),
        code_b=(
            "def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.create(name='a')\n"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a inserts rows into shop.Thing in RunPython; 0002_b changes rows of shop.Thing "
                "in RunPython: the rows that are met depend on the order"
            ),
        ),
    ]


def test_inherited_field_removed_under_code_on_the_child(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField('thing', 'x')",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'Child').objects.filter(x='a').update(c=1)\n"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a removes shop.Thing.x; 0002_b reads shop.Thing.x in RunPython: the data is gone afterwards"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_generated_column_of_a_removed_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            "migrations.AddField('thing', 'g', models.GeneratedField(expression=models.F('n') * 2,"
            " output_field=models.IntegerField(), db_persist=True))"
        ),
        "migrations.RemoveField('thing', 'n')",
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a adds field g to shop.Thing; 0002_b removes shop.Thing.n"),
    ]


def test_generated_column_of_a_longer_text(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        (
            "migrations.AddField('thing', 'g', "
            "models.GeneratedField(expression=models.functions.Upper('x'), "
            "output_field=models.CharField(max_length=50), db_persist=True))"
        ),
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
    )
    assert found.said() == [
        (
            "HR107",
            "same-field",
            "order-dependent",
            (
                "0002_a adds field g to shop.Thing; 0002_b alters shop.Thing.x: a column that a "
                "generated one is made of cannot be altered on PostgreSQL"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_check_constraint_of_a_retyped_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing', models.CheckConstraint(condition=models.Q(n__gte=0), name='ck'))"),
        "migrations.AlterField('thing', 'n', models.CharField(max_length=9))",
    )
    assert found.said() == [
        (
            "HR107",
            "same-field",
            "order-dependent",
            (
                "0002_a adds constraint ck to shop.Thing; 0002_b alters shop.Thing.n: the values that "
                "the alteration fills in may break the constraint"
            ),
        ),
    ]


def test_check_constraint_of_a_field_with_another_default(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing', models.CheckConstraint(condition=models.Q(n__gte=0), name='ck'))"),
        "migrations.AlterField('thing', 'n', models.IntegerField(default=5))",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_index_by_expression_of_a_renamed_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddIndex('thing', models.Index(models.functions.Lower('x').desc(), name='ix_low'))"),
        "migrations.RenameField('thing', 'x', 'y')",
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a adds index ix_low to shop.Thing; 0002_b renames shop.Thing.x to y: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_index_that_includes_a_removed_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddIndex('thing', models.Index(fields=['name'], include=['x'], name='ix_inc'))",
        "migrations.RemoveField('thing', 'x')",
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a adds index ix_inc to shop.Thing; 0002_b removes shop.Thing.x"),
    ]


def test_related_name_twice(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('thing', 'q', models.ForeignKey('shop.P', models.CASCADE, null=True, related_name='stuff'))"),
        ("migrations.AddField('log', 'r', models.ForeignKey('shop.P', models.CASCADE, null=True, related_name='stuff'))"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds field q to shop.Thing; 0002_b adds field r to shop.Log: both are the reverse accessor stuff"),
        ),
    ]


def test_related_name_and_a_field_of_the_target(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('log', 'q', models.ForeignKey('shop.P', models.CASCADE, null=True, related_name='stuff'))"),
        "migrations.AddField('p', 'stuff', models.IntegerField(null=True))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds field q to shop.Log; 0002_b adds field stuff to shop.P: both are the reverse accessor and field stuff"),
        ),
    ]


def test_default_accessors_of_two_relations(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('log', 'q', models.ForeignKey('shop.P', models.CASCADE, null=True))",
        "migrations.AddField('log', 'r', models.ForeignKey('shop.P', models.CASCADE, null=True))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds field q to shop.Log; 0002_b adds field r to shop.Log: both are the reverse accessor log"),
        ),
    ]


def test_related_name_taken_away_from_code(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AlterField('thing', 'p', models.ForeignKey('shop.P', models.CASCADE, null=True, related_name='things'))"),
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    for p in apps.get_model('shop', 'P').objects.filter(thing__name='a'):\n"
            "        p.label = 'b'\n"
            "        p.save()\n"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR104",
            "data",
            "order-dependent",
            ("0002_a alters shop.Thing.p; 0002_b uses shop.P.thing in RunPython: the name is gone afterwards"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_order_column_and_a_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterOrderWithRespectTo('thing', 'p')",
        "migrations.AddField('thing', '_order', models.IntegerField(null=True))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a sets order_with_respect_to of shop.Thing; 0002_b adds field _order to "
                "shop.Thing: both are the field _order"
            ),
        ),
    ]


def test_order_with_respect_to_and_new_rows(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterOrderWithRespectTo('thing', 'p')",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.create(name='a')\n"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a sets order_with_respect_to of shop.Thing; 0002_b inserts rows into shop.Thing "
                "in RunPython: rows inserted before and after it differ, or fail"
            ),
        ),
    ]


def test_order_with_respect_to_a_removed_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AlterOrderWithRespectTo('thing', 'p')", "migrations.RemoveField('thing', 'p')", base=RICH
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a sets order_with_respect_to of shop.Thing; 0002_b removes shop.Thing.p"),
    ]


def test_table_renamed_and_named_in_sql(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.AlterModelTable('thing', 'things')", "migrations.RunSQL('UPDATE shop_thing SET n = 1')")
    assert found.said() == [
        (
            "HR104",
            "sql",
            "order-dependent",
            ("0002_a sets the table of shop.Thing; 0002_b names table shop_thing in RunSQL: the name is gone afterwards"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_table_renamed_and_used_by_historical_models(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelTable('thing', 'things')",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(n=1)\n"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_table_renamed_and_an_index_named_after_it(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelTable('thing', 'things')",
        "migrations.AddField('thing', 'k', models.IntegerField(db_index=True, null=True))",
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            (
                "0002_a sets the table of shop.Thing; 0002_b adds field k to shop.Thing: names of "
                "indexes and constraints are made from the table's name at that moment"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_table_renamed_and_a_plain_field_added(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelTable('thing', 'things')",
        "migrations.AddField('thing', 'k', models.IntegerField(null=True))",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_table_renamed_to_what_sql_makes(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AlterModelTable('thing', 'things')", "migrations.RunSQL('CREATE TABLE things (id integer)')"
    )
    assert found.said() == [
        (
            "HR106",
            "sql",
            "overlapping",
            ("0002_a sets the table of shop.Thing; 0002_b creates table things in RunSQL: both are the table things"),
        ),
    ]


def test_raw_index_on_a_table_that_sqlite_rebuilds(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunSQL('CREATE INDEX raw ON shop_thing (n)')",
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
    )
    assert found.said() == [
        (
            "HR107",
            "sql",
            "order-dependent",
            (
                "0002_a makes something that depends on the table of shop.Thing in RunSQL; 0002_b "
                "alters shop.Thing.x: rebuilding the table on SQLite drops what only SQL made"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_raw_index_and_an_index_of_that_name(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunSQL('CREATE INDEX raw ON shop_thing (n)')",
        "migrations.AddIndex('log', models.Index(fields=['text'], name='raw'))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR106",
            "sql",
            "overlapping",
            (
                "0002_a makes raw on the table of shop.Thing in RunSQL; 0002_b adds index raw to "
                "shop.Log: both are the name and index raw"
            ),
        ),
    ]


def test_view_of_a_column_that_gets_longer(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunSQL('CREATE VIEW v AS SELECT x FROM shop_thing')",
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
    )
    assert found.said() == [
        (
            "HR107",
            "sql",
            "order-dependent",
            (
                "0002_a makes something that depends on the table of shop.Thing in RunSQL; 0002_b "
                "alters shop.Thing.x: rebuilding the table on SQLite drops what only SQL made"
            ),
        ),
    ]


def test_unnamed_index_found_by_its_columns(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameIndex('thing', old_fields=('name', 'n'), new_name='ix_name_n')",
        "migrations.AddIndex('thing', models.Index(fields=['name', 'n'], name='ix_twin'))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            (
                "0002_a renames index without a name of shop.Thing to ix_name_n; 0002_b adds index "
                "ix_twin to shop.Thing: RenameIndex finds the index by its columns, and must find "
                "only one"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_index_renamed_twice(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameIndex('thing', old_name='ix_n', new_name='a')",
        "migrations.RenameIndex('thing', old_name='ix_n', new_name='b')",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR102",
            "rename",
            "overlapping",
            ("0002_a renames index ix_n of shop.Thing to a; 0002_b renames index ix_n of shop.Thing to b"),
        ),
    ]


def test_index_removed_twice(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RemoveIndex('thing', 'ix_n')", "migrations.RemoveIndex('thing', 'ix_n')", base=RICH)
    assert found.said() == [
        ("HR102", "delete", "convergent", "0002_a removes index ix_n from shop.Thing; 0002_b removes index ix_n from shop.Thing"),
    ]


def test_index_with_a_field_that_is_renamed_elsewhere(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameField('thing', 'n', 'm')",
        "migrations.AddField('thing', 'k', models.IntegerField(null=True))",
        base=RICH,
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            (
                "0002_a renames shop.Thing.n to m; 0002_b adds field k to shop.Thing: an index or a "
                "constraint still names it, so that the table cannot be rebuilt afterwards"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_manager_changed_under_code(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelManagers('thing', [('things', models.Manager())])",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(n=1)\n"),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a sets the managers of shop.Thing; 0002_b changes rows of shop.Thing in "
                "RunPython: the outcome depends on the order"
            ),
        ),
    ]


def test_ordering_changed_under_first(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelOptions('thing', {'ordering': ['n']})",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    t = Thing.objects.first()\n"
            "    t.name = 'a'\n"
            "    t.save()\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a sets the options of shop.Thing; 0002_b relies on the order of the rows of "
                "shop.Thing in RunPython: the outcome depends on the order"
            ),
        ),
    ]


def test_ordering_changed_under_an_update_of_all(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelOptions('thing', {'ordering': ['n']})",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(x='a')\n"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_ordering_by_a_renamed_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AlterModelOptions('thing', {'ordering': ['-x']})", "migrations.RenameField('thing', 'x', 'y')"
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a sets the options of shop.Thing; 0002_b renames shop.Thing.x to y: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_managed_switched_off_under_a_new_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelOptions('thing', {'managed': False})",
        "migrations.AddField('thing', 'k', models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR107",
            "same-model",
            "order-dependent",
            (
                "0002_a sets the options of shop.Thing; 0002_b adds field k to shop.Thing: an "
                "unmanaged model's table is left as it is"
            ),
        ),
    ]


def test_help_text_under_code(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ('migrations.AlterField("thing", "x", models.CharField(max_length=50, help_text="h", blank=True, choices=[("a", "A")]))'),
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(x='a')\n"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_longer_text_under_code(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=60))",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(x='a')\n"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_shorter_text_under_code(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'x', models.CharField(max_length=40))",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(x='a')\n"),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a alters shop.Thing.x; 0002_b writes shop.Thing.x in RunPython: the outcome depends on the order"),
        ),
    ]


def test_not_null_under_code(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'n', models.IntegerField())",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.filter(n=None).update(x='a')\n"
        ),
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(null=True)),
        ])
    """,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a alters shop.Thing.n; 0002_b reads shop.Thing.n in RunPython: the outcome depends on the order"),
        ),
    ]


def test_constant_default_under_inserts(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.IntegerField(default=3))",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.create(name='a')\n"
        ),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_callable_default_under_inserts(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.UUIDField(default=uuid.uuid4))",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.create(name='a')\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a adds field k to shop.Thing; 0002_b inserts rows into shop.Thing in RunPython: "
                "rows inserted before and after it differ, or fail"
            ),
        ),
    ]


def test_default_for_existing_rows_alone_under_inserts(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.IntegerField(default=3), preserve_default=False)",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.create(name='a')\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a adds field k to shop.Thing; 0002_b inserts rows into shop.Thing in RunPython: "
                "rows inserted before and after it differ, or fail"
            ),
        ),
    ]


def test_constant_default_under_raw_inserts(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.IntegerField(default=3))",
        "migrations.RunSQL(\"INSERT INTO shop_thing (name, x, n) VALUES ('a', 'b', 1)\")",
    )
    assert found.said() == [
        (
            "HR107",
            "sql",
            "order-dependent",
            (
                "0002_a adds field k to shop.Thing; 0002_b inserts rows into shop.Thing in RunSQL: "
                "rows inserted before and after it differ, or fail"
            ),
        ),
    ]


def test_database_default_under_raw_inserts(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.IntegerField(db_default=3))",
        "migrations.RunSQL(\"INSERT INTO shop_thing (name, x, n) VALUES ('a', 'b', 1)\")",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_deletion_cascades_to_what_the_other_writes(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        code_a=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.all().delete()\n"),
        code_b=("def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.update(n=1)\n"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a deletes rows of shop.P, and with them rows of shop.Thing in RunPython; 0002_b "
                "changes rows of shop.Thing in RunPython: the rows that are met depend on the order"
            ),
        ),
    ]


def test_inserts_into_different_models(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        code_a=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.create(label='a')\n"),
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'Log').objects.create(text='a')\n"),
        base=RICH,
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_equal_data_migrations_are_no_agreement(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        code_a=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.update(n=models.F('n') + 1)\n"
        ),
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.update(n=models.F('n') + 1)\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a writes shop.Thing.n in RunPython; 0002_b writes shop.Thing.n in RunPython: "
                "the outcome depends on the order"
            ),
        ),
    ]


def test_code_that_cannot_be_read(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.AddField('thing', 'k', models.IntegerField(null=True))",
        code_a=("from shop.helpers import fill\ndef run(apps, schema_editor):\n    fill(apps)\n"),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "opaque",
            (
                "0002_a runs run that cannot be read in full; 0002_b adds field k to shop.Thing: "
                "0002_a calls shop.helpers.fill, which is not in this file"
            ),
        ),
    ]


def test_code_that_cannot_be_read_and_words_for_people(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.AlterField('thing', 'x', models.CharField(max_length=50, help_text='h'))",
        code_a=("from shop.helpers import fill\ndef run(apps, schema_editor):\n    fill(apps)\n"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_operation_of_somebody_else(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "Special('thing')",
        "migrations.AddField('thing', 'k', models.IntegerField(null=True))",
        code_a="""
        class Special(migrations.RunPython):
            pass

    """,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "opaque",
            ("0002_a runs Special; 0002_b adds field k to shop.Thing: 0002_a Special is no operation of Django's"),
        ),
    ]


def test_both_lose_the_model(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.DeleteModel('Log')", "migrations.DeleteModel('Log')", base=RICH)
    assert found.said() == [
        ("HR102", "delete", "convergent", "0002_a deletes model shop.Log; 0002_b deletes model shop.Log"),
    ]


def test_both_rename_the_model_apart(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RenameModel('Log', 'Entry')", "migrations.RenameModel('Log', 'Note')", base=RICH)
    assert found.said() == [
        ("HR102", "rename", "overlapping", "0002_a renames shop.Log to Entry; 0002_b renames shop.Log to Note"),
    ]


def test_extension_twice(tmp_path: Path) -> None:
    found = decided(tmp_path, "HStoreExtension()", "CreateExtension('hstore')")
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_collation_removed_under_a_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "RemoveCollation('german', 'de')",
        ("migrations.AddField('thing', 'k', models.CharField(max_length=9, null=True, db_collation='german'))"),
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a removes collation german; 0002_b adds field k to shop.Thing"),
    ]


def test_collation_made_twice(tmp_path: Path) -> None:
    found = decided(tmp_path, "CreateCollation('german', 'de')", "CreateCollation('german', 'de-AT')")
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a creates collation german; 0002_b creates collation german: both are the collation german"),
        ),
    ]


def test_on_delete_changed_under_a_deletion(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AlterField('thing', 'p', models.ForeignKey('shop.P', models.SET_NULL, null=True))"),
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.all().delete()\n"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a alters shop.Thing.p (on_delete); 0002_b deletes rows of shop.P in RunPython: "
                "the outcome depends on the order"
            ),
        ),
    ]


def test_options_set_to_different_values(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelOptions('thing', {'verbose_name': 'a'})",
        "migrations.AlterModelOptions('thing', {'verbose_name': 'b'})",
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            ("0002_a sets the options of shop.Thing; 0002_b sets the options of shop.Thing: the later one undoes the other"),
        ),
    ]
    assert found.reasons[0].merged is MISSING
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "{'verbose_name': 'a'}",
        "{'verbose_name': 'b'}",
    )


def test_precision_against_not_null(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AlterField('thing', 'd', models.DecimalField(max_digits=20, decimal_places=2, null=True))"),
        ("migrations.AlterField('thing', 'd', models.DecimalField(max_digits=12, decimal_places=2, default=0))"),
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(default=0)),
        ]),
        migrations.AddField('thing', 'd', models.DecimalField(max_digits=12, decimal_places=2, null=True))
    """,
    )
    assert found.said() == [
        (
            "HR103",
            "same-field",
            "overlapping",
            "0002_a alters shop.Thing.d; 0002_b alters shop.Thing.d: the later one undoes the other",
        ),
    ]
    assert to_source(found.reasons[0].merged) == "models.DecimalField(max_digits=20, decimal_places=2, default=0)"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.DecimalField(max_digits=20, decimal_places=2, null=True)",
        "models.DecimalField(max_digits=12, decimal_places=2, default=0)",
    )


def test_equal_definitions_with_different_defaults_for_the_rows_there_are(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AlterField('thing', 'n', models.IntegerField(default=1), preserve_default=False)"),
        ("migrations.AlterField('thing', 'n', models.IntegerField(default=2), preserve_default=False)"),
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(null=True)),
        ])
    """,
    )
    assert found.said() == [
        ("HR103", "same-field", "overlapping", "0002_a alters shop.Thing.n; 0002_b alters shop.Thing.n"),
    ]
    assert found.reasons[0].merged is MISSING
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.IntegerField(default=1)",
        "models.IntegerField(default=2)",
    )


def test_equal_alterations(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'n', models.BigIntegerField())",
        "migrations.AlterField('thing', 'n', models.BigIntegerField())",
    )
    assert found.said() == [
        ("HR102", "same-field", "convergent", "0002_a alters shop.Thing.n; 0002_b alters shop.Thing.n"),
    ]


def test_equal_fields_with_a_default_of_the_file(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.IntegerField(default=one))",
        "migrations.AddField('thing', 'k', models.IntegerField(default=one))",
        code_a="""
        def one():
            return 1

    """,
        code_b="""
        def one():
            return 2

    """,
    )
    assert found.said() == [
        (
            "HR102",
            "same-field",
            "overlapping",
            ("0002_a adds field k to shop.Thing; 0002_b adds field k to shop.Thing: with different definitions"),
        ),
    ]


def test_equal_models_that_go_on_differently(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.CreateModel('New', [('id',models.BigAutoField(primary_key=True))]),
        migrations.AddField('new', 'k', models.IntegerField(null=True))
    """,
        "migrations.CreateModel('New', [('id',models.BigAutoField(primary_key=True))])",
    )
    assert found.said() == [
        (
            "HR102",
            "same-model",
            "overlapping",
            "0002_a creates model shop.New; 0002_b creates model shop.New: with different definitions",
        ),
    ]


def test_model_of_an_app_that_is_not_known(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('ghost', 'a', models.IntegerField(null=True))",
        "migrations.AddField('ghost', 'b', models.IntegerField(null=True))",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_renamed_model_of_an_app_that_is_not_known(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.RenameModel('Ghost', 'Spirit'),
        migrations.AddField('spirit', 'a', models.IntegerField(null=True))
    """,
        "migrations.AddField('ghost', 'b', models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a renames shop.ghost to Spirit; 0002_b adds field b to shop.ghost: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_relation_to_a_model_that_is_not_known(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('thing', 'a', models.ForeignKey('wagtailcore.Page', models.CASCADE, null=True, related_name='+'))"),
        ("migrations.AddField('thing', 'b', models.ForeignKey('wagtailcore.Page', models.CASCADE, null=True, related_name='+'))"),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_cascade_against_the_removal_of_its_foreign_key(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField('thing', 'p')",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.all().delete()\n"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a removes shop.Thing.p; 0002_b reads shop.Thing.p in RunPython: the data is gone afterwards"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_cascade_against_the_renaming_of_its_foreign_key(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameField('thing', 'p', 'q')",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.all().delete()\n"),
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(default=0)),
        ]),
        migrations.CreateModel('P', [('id',models.BigAutoField(primary_key=True)), ('label', models.CharField(max_length=9))]),
        migrations.AddField('thing', 'p', models.ForeignKey('shop.P', models.CASCADE, null=True)),
        migrations.AddField('thing', 'tags', models.ManyToManyField('shop.P', related_name='+')),
        migrations.CreateModel('Child', [
            ('thing_ptr', models.OneToOneField('shop.Thing', models.CASCADE, parent_link=True, primary_key=True)),
            ('c', models.IntegerField(default=0)),
        ], bases=('shop.thing',)),
        migrations.CreateModel('Proxy', [], options={'proxy': True}, bases=('shop.thing',)),
        migrations.CreateModel('Log', [('id',models.BigAutoField(primary_key=True)), ('text', models.CharField(max_length=9))]),
        migrations.AlterIndexTogether('thing', {('name', 'n')})

    """,
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_values_filled_in_against_a_constraint(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing', 'n', models.IntegerField(default=1))",
        "migrations.AddConstraint('thing', models.UniqueConstraint(fields=['n'], name='uq'))",
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(null=True)),
        ])
    """,
    )
    assert found.said() == [
        (
            "HR107",
            "same-field",
            "order-dependent",
            (
                "0002_a alters shop.Thing.n; 0002_b adds constraint uq to shop.Thing: the values that "
                "the alteration fills in may break the constraint"
            ),
        ),
    ]


def test_model_renamed_under_code_on_content_types(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameModel('Log', 'Entry')",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    apps.get_model('contenttypes', 'ContentType').objects.filter(model='log').delete()\n"
        ),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a renames shop.Log to Entry, and with it content types and permissions; 0002_b "
                "reads contenttypes.contenttype.model in RunPython: the outcome depends on the order"
            ),
        ),
    ]


def test_two_models_renamed(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RenameModel('Log', 'Entry')", "migrations.RenameModel('P', 'Part')", base=RICH)
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_model_named_by_a_computed_value(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField(settings.SHOP_MODEL, 'x')",
        "migrations.AddField('thing', 'k', models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "opaque",
            (
                "0002_a runs RemoveField; 0002_b adds field k to shop.Thing: 0002_a names its model "
                "by a value that is computed in RemoveField"
            ),
        ),
    ]


def test_field_defined_by_a_computed_value(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddField('log', 'q', models.ForeignKey(get_target(), models.CASCADE, null=True))"),
        "migrations.DeleteModel('Log')",
        code_a="""
        from shop.helpers import get_target

    """,
        base=RICH,
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a adds field q to shop.Log; 0002_b deletes model shop.Log"),
        (
            "HR107",
            "data",
            "opaque",
            ("0002_a adds field q to shop.Log; 0002_b deletes model shop.Log: 0002_a the definition of q is computed"),
        ),
    ]


def test_cascade_over_a_model_that_leaves_the_state_alone(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('Child')])",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.all().delete()\n"),
        base=RICH,
    )
    assert found.said() == [
        (
            "HR107",
            "state-database",
            "order-dependent",
            (
                "0002_a deletes model shop.Child in SeparateDatabaseAndState; 0002_b works on the "
                "rows of shop.Child in RunPython: the data is gone afterwards"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_protected_rows_against_the_table_that_protects_them(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.DeleteModel('Guard')",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop', 'P').objects.all().delete()\n"),
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(default=0)),
        ]),
        migrations.CreateModel('P', [('id',models.BigAutoField(primary_key=True)), ('label', models.CharField(max_length=9))]),
        migrations.AddField('thing', 'p', models.ForeignKey('shop.P', models.CASCADE, null=True)),
        migrations.AddField('thing', 'tags', models.ManyToManyField('shop.P', related_name='+')),
        migrations.CreateModel('Child', [
            ('thing_ptr', models.OneToOneField('shop.Thing', models.CASCADE, parent_link=True, primary_key=True)),
            ('c', models.IntegerField(default=0)),
        ], bases=('shop.thing',)),
        migrations.CreateModel('Proxy', [], options={'proxy': True}, bases=('shop.thing',)),
        migrations.CreateModel('Log', [('id',models.BigAutoField(primary_key=True)), ('text', models.CharField(max_length=9))]),
        migrations.AddIndex('thing', models.Index(fields=['n'], name='ix_n')),
        migrations.AlterIndexTogether('thing', {('name', 'n')}),
        migrations.CreateModel('Guard', [('id',models.BigAutoField(primary_key=True)), ('p', models.ForeignKey('shop.P', models.PROTECT))])

    """,
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a deletes model shop.Guard; 0002_b works on the rows of shop.Guard in RunPython: the data is gone afterwards"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_joined_conditions_of_another_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing', models.CheckConstraint(condition=models.Q(n__gte=0) | models.Q(n=-1), name='ck'))"),
        "migrations.RemoveField('thing', 'x')",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_joined_conditions_of_a_removed_field(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing', models.CheckConstraint(condition=models.Q(n__gte=0) | models.Q(x='a'), name='ck'))"),
        "migrations.RemoveField('thing', 'x')",
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a adds constraint ck to shop.Thing; 0002_b removes shop.Thing.x"),
    ]


def test_condition_that_is_computed(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing', models.CheckConstraint(condition=get_condition(), name='ck'))"),
        "migrations.RemoveField('thing', 'x')",
        code_a="""
        from shop.helpers import get_condition

    """,
    )
    assert found.said() == [
        ("HR105", "delete", "opaque", "0002_a adds constraint ck to shop.Thing; 0002_b removes shop.Thing.x"),
    ]


def test_unique_field_without_values_under_inserts(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'k', models.IntegerField(null=True, unique=True))",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    Thing.objects.create(name='a')\n"
        ),
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_name_in_another_case_on_a_child(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing', 'extra', models.IntegerField(null=True))",
        "migrations.AddField('child', 'Extra', models.IntegerField(null=True))",
        base=RICH,
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


PART = "migrations.CreateModel('Part', [('id', models.BigAutoField(primary_key=True)), ('n', models.IntegerField(default=0))])"
UNUSED = """
def f(apps, schema_editor):
    Part = apps.get_model('shop', 'Part')
"""


def test_a_model_that_code_asks_for_and_never_uses_has_to_be_there(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RenameModel('Part', 'Piece')", "migrations.RunPython(f)", base=PART, code_b=UNUSED)
    assert found.said() == [
        (
            "HR104",
            "data",
            "order-dependent",
            "0002_a renames shop.Part to Piece; 0002_b works on the rows of shop.Part in RunPython: "
            "the old name is gone after the renaming",
        )
    ]
    assert order_of(found.only()) == ["shop.0002_b", "shop.0002_a"]


def test_a_model_that_code_asks_for_and_never_uses_may_change(tmp_path: Path) -> None:
    field = "migrations.AddField('part', 'x', models.IntegerField(null=True))"
    found = decided(tmp_path, field, "migrations.RunPython(f)", base=PART, code_b=UNUSED)
    assert found.verdict is Verdict.INDEPENDENT


def test_sqlite_forgets_index_together_when_a_renamed_model_rebuilds_the_table(tmp_path: Path) -> None:
    post = """migrations.CreateModel('Post', [
        ('id', models.BigAutoField(primary_key=True)), ('name', models.CharField(max_length=9)),
        ('thing', models.ForeignKey('shop.Thing', models.CASCADE)),
    ])"""
    indexed = "migrations.AlterIndexTogether('post', {('id', 'name')})"
    found = decided(tmp_path, "migrations.RenameModel('Thing', 'Item')", indexed, other=post, app_b="blog")
    reason = found.reasons[0]
    assert (reason.code, reason.verdict, order_of(reason)) == ("HR107", Verdict.ORDER_DEPENDENT, ["shop.0002_a", "blog.0002_b"])
    assert reason.explanation.endswith("rebuilding the table on SQLite forgets the indexes of index_together")


def test_a_field_that_leaves_the_state_alone_is_lost_when_sqlite_rebuilds_the_table(tmp_path: Path) -> None:
    gone = "migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField('thing', 'x')])"
    found = decided(tmp_path, gone, "migrations.AddField('thing', 'y', models.IntegerField(default=1))")
    reason = found.only()
    assert (reason.code, reason.kind, reason.verdict) == ("HR107", "state-database", Verdict.ORDER_DEPENDENT)
    assert order_of(reason) == ["shop.0002_b", "shop.0002_a"]
    assert reason.explanation == (
        "0002_a removes shop.Thing.x in SeparateDatabaseAndState; 0002_b adds field y to shop.Thing: "
        "rebuilding the table on SQLite copies the columns of the state, which are not those of the table"
    )


BESIDE = "migrations.SeparateDatabaseAndState([{database}], [migrations.RemoveField('thing', 'x')])"


@pytest.mark.parametrize(
    ("database", "verdict"),
    [
        ("migrations.AlterField('thing', 'x', models.IntegerField(db_default=0))", Verdict.ORDER_DEPENDENT),
        ("migrations.RemoveField('thing', 'x')", Verdict.INDEPENDENT),
        ("migrations.RunSQL('ALTER TABLE shop_thing DROP COLUMN x')", Verdict.ORDER_DEPENDENT),
    ],
)
def test_a_field_that_leaves_the_state_stays_in_the_table_unless_the_database_operations_take_it(
    tmp_path: Path, database: str, verdict: Verdict
) -> None:
    found = decided(
        tmp_path, BESIDE.format(database=database), "migrations.AddField('thing', 'y', models.IntegerField(default=1))"
    )
    assert found.verdict is verdict
    said = [one.explanation for one in found.reasons if "copies the columns of the state" in one.explanation]
    assert bool(said) is database.startswith("migrations.AlterField")


def test_a_model_that_only_the_other_side_makes(tmp_path: Path) -> None:
    made = "migrations.CreateModel('New', [('id', models.BigAutoField(primary_key=True)), ('a', models.IntegerField())])"
    found = decided(tmp_path, made, "migrations.AddField('new', 'b', models.IntegerField(null=True))")
    reason = found.reasons[0]
    assert (reason.code, reason.kind, reason.verdict) == ("HR107", "reference", Verdict.ORDER_DEPENDENT)
    assert order_of(reason) == ["shop.0002_a", "shop.0002_b"]
    assert reason.explanation.endswith("the model is there in one order alone")
