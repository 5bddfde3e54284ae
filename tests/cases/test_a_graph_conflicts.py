"""Area A: two sides of migrations, one test per case, from files to verdict and words."""

from __future__ import annotations

from pathlib import Path

from handrail.domain.conflict import MISSING
from tests.cases.sides import Verdict, decided, order_of, to_source


def test_a01_unrelated_operations(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','a',models.IntegerField(null=True))",
        "migrations.AddField('thing','b',models.IntegerField(null=True))",
    )
    assert found.verdict is Verdict.INDEPENDENT
    assert found.reasons == ()


def test_a07(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','extra',models.IntegerField(default=0))",
        "migrations.AddField('thing','extra',models.CharField(max_length=5, default=''))",
    )
    assert found.said() == [
        (
            "HR102",
            "same-field",
            "overlapping",
            ("0002_a adds field extra to shop.Thing; 0002_b adds field extra to shop.Thing: with different definitions"),
        ),
    ]


def test_a07_same_definition(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','extra',models.IntegerField(default=0))",
        "migrations.AddField('Thing','extra',models.IntegerField(default=0))",
    )
    assert found.said() == [
        ("HR102", "same-field", "convergent", "0002_a adds field extra to shop.Thing; 0002_b adds field extra to shop.Thing"),
    ]


def test_a08(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.CreateModel('New',[('id',models.BigAutoField(primary_key=True)),('a',models.IntegerField())])"),
        ("migrations.CreateModel('New',[('id',models.BigAutoField(primary_key=True)),('b',models.IntegerField())])"),
    )
    assert found.said() == [
        (
            "HR102",
            "same-model",
            "overlapping",
            "0002_a creates model shop.New; 0002_b creates model shop.New: with different definitions",
        ),
    ]


def test_a08_same_definition(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.CreateModel('New',[('id',models.BigAutoField(primary_key=True)),('a',models.IntegerField())])"),
        ("migrations.CreateModel('New',[('id',models.BigAutoField(primary_key=True)),('a',models.IntegerField())])"),
    )
    assert found.said() == [
        ("HR102", "same-model", "convergent", "0002_a creates model shop.New; 0002_b creates model shop.New"),
    ]


def test_a09(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.RenameField('thing','x','y')", "migrations.AlterField('thing','x',models.CharField(max_length=80))"
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a renames shop.Thing.x to y; 0002_b alters shop.Thing.x: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_a10(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameModel('Thing','Item')",
        (
            "migrations.CreateModel('Part',[('id',models.BigAutoField(primary_key=True)),('t',"
            "models.ForeignKey('shop.Thing',models.CASCADE))])"
        ),
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            (
                "0002_a renames shop.Thing to Item; 0002_b creates model shop.Part which refers to "
                "shop.Thing: the old name is gone after the renaming"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_a11(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.DeleteModel('Thing')", "migrations.AddField('thing','extra',models.IntegerField(default=0))"
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a deletes model shop.Thing; 0002_b adds field extra to shop.Thing"),
    ]


def test_a12(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.RemoveField('thing','x')", "migrations.AlterField('thing','x',models.CharField(max_length=80))"
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a removes shop.Thing.x; 0002_b alters shop.Thing.x"),
    ]


def test_a13(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddIndex('thing',models.Index(fields=['name'],name='ix1'))",
        "migrations.AddIndex('thing',models.Index(fields=['x'],name='ix1'))",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds index ix1 to shop.Thing; 0002_b adds index ix1 to shop.Thing: both are the index ix1"),
        ),
    ]


def test_a14(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing',models.CheckConstraint(condition=models.Q(n__gte=0),name='ck1'))"),
        ("migrations.AddConstraint('thing',models.CheckConstraint(condition=models.Q(n__gte=-5),name='ck1'))"),
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds constraint ck1 to shop.Thing; 0002_b adds constraint ck1 to shop.Thing: both are the constraint ck1"),
        ),
    ]


def test_a14b(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddConstraint('thing',models.UniqueConstraint(fields=['name'],name='uq1'))",
        "migrations.AddConstraint('thing',models.UniqueConstraint(fields=['x'],name='uq1'))",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds constraint uq1 to shop.Thing; 0002_b adds constraint uq1 to shop.Thing: both are the constraint uq1"),
        ),
    ]


def test_a14c(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddIndex('thing',models.Index(fields=['name'],name='ix_same'))",
        "migrations.AddIndex('post',models.Index(fields=['x'],name='ix_same'))",
        other=(
            "migrations.CreateModel('Post',[('id',models.BigAutoField(primary_key=True)),('x',models.IntegerField(default=0))])"
        ),
        app_b="blog",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "shop.0002_a adds index ix_same to shop.Thing; blog.0002_b adds index ix_same to "
                "blog.Post: both are the index ix_same"
            ),
        ),
    ]


def test_a16(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RenameField('thing','x','y')", "migrations.RenameField('thing','x','z')")
    assert found.said() == [
        ("HR102", "rename", "overlapping", "0002_a renames shop.Thing.x to y; 0002_b renames shop.Thing.x to z"),
    ]


def test_a16b(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.RenameField('thing','x','y')", "migrations.RenameField('thing','x','y')")
    assert found.said() == [
        ("HR102", "rename", "convergent", "0002_a renames shop.Thing.x to y; 0002_b renames shop.Thing.x to y"),
    ]


def test_a17(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterUniqueTogether('thing',{('name','x')})",
        "migrations.AlterUniqueTogether('thing',{('name','n')})",
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            (
                "0002_a sets unique_together of shop.Thing; 0002_b sets unique_together of "
                "shop.Thing: the later one undoes the other"
            ),
        ),
    ]
    assert to_source(found.reasons[0].merged) == "{('name', 'n'), ('name', 'x')}"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == ("{('name', 'x')}", "{('name', 'n')}")


def test_a18(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AlterIndexTogether('thing',{('name','x')})", "migrations.AlterIndexTogether('thing',{('name','n')})"
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            (
                "0002_a sets index_together of shop.Thing; 0002_b sets index_together of shop.Thing: "
                "the later one undoes the other"
            ),
        ),
    ]
    assert to_source(found.reasons[0].merged) == "{('name', 'n'), ('name', 'x')}"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == ("{('name', 'x')}", "{('name', 'n')}")


def test_a19(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterModelOptions('thing',{'permissions':[('p','P')],'ordering':['name']})",
        "migrations.AlterModelOptions('thing',{'verbose_name':'thingy'})",
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            ("0002_a sets the options of shop.Thing; 0002_b sets the options of shop.Thing: the later one undoes the other"),
        ),
    ]
    assert to_source(found.reasons[0].merged) == "{'ordering': ['name'], 'permissions': [('p', 'P')], 'verbose_name': 'thingy'}"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "{'ordering': ['name'], 'permissions': [('p', 'P')]}",
        "{'verbose_name': 'thingy'}",
    )


def test_a20(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterOrderWithRespectTo('thing','p')",
        "migrations.AlterOrderWithRespectTo('thing','q')",
        base="""
        migrations.CreateModel("P",[("id",models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("Q",[("id",models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)),
        ("p",models.ForeignKey("shop.P",models.CASCADE)),
        ("q",models.ForeignKey("shop.Q",models.CASCADE)),('x',models.CharField(max_length=5))])
    """,
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            (
                "0002_a sets order_with_respect_to of shop.Thing; 0002_b sets order_with_respect_to "
                "of shop.Thing: the later one undoes the other"
            ),
        ),
    ]
    assert found.reasons[0].merged is MISSING
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == ("'p'", "'q'")


def test_a22(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','name',models.CharField(max_length=100))",
        "migrations.AlterField('thing','name',models.CharField(max_length=200))",
    )
    assert found.said() == [
        (
            "HR103",
            "same-field",
            "overlapping",
            ("0002_a alters shop.Thing.name; 0002_b alters shop.Thing.name: the later one undoes the other"),
        ),
    ]
    assert found.reasons[0].merged is MISSING
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.CharField(max_length=100)",
        "models.CharField(max_length=200)",
    )


def test_a23b(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','n',models.IntegerField(default=0,null=True))",
        "migrations.AlterField('thing','n',models.IntegerField(default=7))",
    )
    assert found.said() == [
        (
            "HR103",
            "same-field",
            "overlapping",
            "0002_a alters shop.Thing.n; 0002_b alters shop.Thing.n: the later one undoes the other",
        ),
    ]
    assert to_source(found.reasons[0].merged) == "models.IntegerField(default=7, null=True)"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.IntegerField(default=0, null=True)",
        "models.IntegerField(default=7)",
    )


def test_a24(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','n',models.IntegerField(default=5))",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.bulk_create([Thing(name='new', x='x')])\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a alters shop.Thing.n; 0002_b inserts rows into shop.Thing in RunPython: rows "
                "inserted before and after it differ, or fail"
            ),
        ),
    ]


def test_a25(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        """
        migrations.AddField('thing','extra',models.CharField(max_length=9,default='old')),
        migrations.AlterField('thing','extra',models.CharField(max_length=9,default='new'))
    """,
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.create(name='new', x='x')\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a alters shop.Thing.extra; 0002_b inserts rows into shop.Thing in RunPython: "
                "rows inserted before and after it differ, or fail"
            ),
        ),
    ]


def test_a26(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameField('thing','x','y')",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.filter(x='a').update(n=1)\n"
        ),
    )
    assert found.said() == [
        (
            "HR104",
            "data",
            "order-dependent",
            ("0002_a renames shop.Thing.x to y; 0002_b reads shop.Thing.x in RunPython: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_a26b(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameField('thing','x','y')",
        "migrations.RunPython(run)",
        code_b=("def run(apps, schema_editor):\n    schema_editor.execute('UPDATE shop_thing SET n = 1 WHERE x = 1')\n"),
    )
    assert found.said() == [
        (
            "HR104",
            "data",
            "order-dependent",
            ("0002_a renames shop.Thing.x to y; 0002_b reads shop.Thing.x in RunPython: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_a26b_in_run_sql(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.RenameField('thing','x','y')", "migrations.RunSQL('UPDATE shop_thing SET n = 1 WHERE x = 1')"
    )
    assert found.said() == [
        (
            "HR104",
            "sql",
            "order-dependent",
            ("0002_a renames shop.Thing.x to y; 0002_b reads shop.Thing.x in RunSQL: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_b", "shop.0002_a"]]


def test_a27(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','late',models.IntegerField(default=0))",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    from shop.models import Thing\n"
            "    for t in Thing.objects.all():\n"
            "        t.save()\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a adds field late to shop.Thing; 0002_b imports shop.models.Thing instead of "
                "the historical shop.Thing in RunPython: a live model needs all columns it has in "
                "today's code"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_a28(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RunPython(run)",
        "migrations.RunPython(run)",
        code_a=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    for t in Thing.objects.all():\n"
            "        t.name = t.name.upper()\n"
            "        t.save()\n"
        ),
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    for t in Thing.objects.all():\n"
            "        t.name = t.name + '-x'\n"
            "        t.save()\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a writes shop.Thing.name in RunPython; 0002_b writes shop.Thing.name in "
                "RunPython: the outcome depends on the order"
            ),
        ),
    ]


def test_a29b(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','u',models.ForeignKey('auth.User',models.CASCADE,null=True))",
        "migrations.AddField('thing','b',models.IntegerField(null=True))",
        settings={"AUTH_USER_MODEL": "acc.User"},
    )
    assert found.said() == [
        ("HR113", "reference", "overlapping", "0002_a refers to auth.User, which AUTH_USER_MODEL swaps for acc.User"),
    ]


def test_a34(tmp_path: Path) -> None:
    found = decided(tmp_path, "migrations.AlterUniqueTogether('thing',{('name','n')})", "migrations.RemoveField('thing','n')")
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a sets unique_together of shop.Thing; 0002_b removes shop.Thing.n"),
    ]


def test_a34b(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddConstraint('thing',models.UniqueConstraint(fields=['name','n'],name='u'))",
        "migrations.RemoveField('thing','n')",
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a adds constraint u to shop.Thing; 0002_b removes shop.Thing.n"),
    ]


def test_a35(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AddIndex('thing',models.Index(fields=['x'],name='ix_x'))", "migrations.RemoveField('thing','x')"
    )
    assert found.said() == [
        ("HR105", "delete", "overlapping", "0002_a adds index ix_x to shop.Thing; 0002_b removes shop.Thing.x"),
    ]


def test_a35b(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AddIndex('thing',models.Index(fields=['x'],name='ix_x'))", "migrations.RenameField('thing','x','y')"
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a adds index ix_x to shop.Thing; 0002_b renames shop.Thing.x to y: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_a36(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.AddConstraint('thing',models.UniqueConstraint(fields=['name'],condition=models.Q(x__gt='a'),name='u'))"),
        "migrations.RenameField('thing','x','y')",
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "order-dependent",
            ("0002_a adds constraint u to shop.Thing; 0002_b renames shop.Thing.x to y: the old name is gone after the renaming"),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_a38(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','name',models.CharField(max_length=50,unique=True))",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.create(name='a', x='x')\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("0002_a alters shop.Thing.name; 0002_b writes shop.Thing.name in RunPython: the outcome depends on the order"),
        ),
    ]


def test_a40(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.DeleteModel('Thing')",
        "migrations.AddField('post','t',models.ForeignKey('shop.Thing',models.CASCADE,null=True))",
        other=(
            "migrations.CreateModel('Post',[('id',models.BigAutoField(primary_key=True)),('x',models.IntegerField(default=0))])"
        ),
        app_b="blog",
    )
    assert found.said() == [
        (
            "HR105",
            "delete",
            "overlapping",
            ("shop.0002_a deletes model shop.Thing; blog.0002_b adds field t to blog.Post which refers to shop.Thing"),
        ),
        ("HR108", "reference", "overlapping", "no dependency orders shop.0002_a and blog.0002_b, and both touch shop.Thing"),
    ]


def test_a42(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel('Thing')],database_operations=[])"),
        "migrations.AddField('thing','extra',models.IntegerField(default=0))",
    )
    assert found.said() == [
        (
            "HR105",
            "state-database",
            "overlapping",
            ("0002_a deletes model shop.Thing in SeparateDatabaseAndState; 0002_b adds field extra to shop.Thing"),
        ),
    ]


def test_a48(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField('thing','x')",
        "migrations.RunPython(run)",
        other=(
            "migrations.CreateModel('Post',[('id',models.BigAutoField(primary_key=True)),('x',models.IntegerField(default=0))])"
        ),
        app_b="blog",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop','Thing')\n"
            "    Post = apps.get_model('blog','Post')\n"
            "    for t in Thing.objects.all():\n"
            "        Post.objects.create(x=t.x)\n"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            ("shop.0002_a removes shop.Thing.x; blog.0002_b reads shop.Thing.x in RunPython: the data is gone afterwards"),
        ),
        (
            "HR108",
            "reference",
            "order-dependent",
            "no dependency orders shop.0002_a and blog.0002_b, and both touch shop.Thing.x",
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["blog.0002_b", "shop.0002_a"], ["blog.0002_b", "shop.0002_a"]]


def test_a51(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        ("migrations.CreateModel('One',[('id',models.BigAutoField(primary_key=True))],options={'db_table':'same'})"),
        ("migrations.CreateModel('Two',[('id',models.BigAutoField(primary_key=True))],options={'db_table':'same'})"),
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            "0002_a creates model shop.One; 0002_b creates model shop.Two: both are the table same",
        ),
    ]


def test_a51b(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','one',models.IntegerField(null=True,db_column='same'))",
        "migrations.AddField('thing','two',models.IntegerField(null=True,db_column='same'))",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            ("0002_a adds field one to shop.Thing; 0002_b adds field two to shop.Thing: both are the column same"),
        ),
    ]


def test_a52(tmp_path: Path) -> None:
    found = decided(
        tmp_path, "migrations.AlterModelTableComment('thing','from A')", "migrations.AlterModelTableComment('thing','from B')"
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            (
                "0002_a sets the table comment of shop.Thing; 0002_b sets the table comment of "
                "shop.Thing: the later one undoes the other"
            ),
        ),
    ]
    assert found.reasons[0].merged is MISSING
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == ("'from A'", "'from B'")


def test_a53(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RenameIndex('thing',old_name='ix0',new_name='ix1')",
        "migrations.RemoveIndex('thing','ix0')",
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(default=0)),
        ]),
        migrations.AddIndex('thing',models.Index(fields=['x'],name='ix0'))
    """,
    )
    assert found.said() == [
        (
            "HR104",
            "rename",
            "overlapping",
            "0002_a renames index ix0 of shop.Thing to ix1; 0002_b removes index ix0 from shop.Thing",
        ),
    ]


def test_a54(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','n',models.CharField(max_length=9))",
        "migrations.RunPython(run)",
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
            ("0002_a alters shop.Thing.n; 0002_b writes shop.Thing.n in RunPython: the outcome depends on the order"),
        ),
    ]


def test_a55(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.RemoveField('thing','x')",
        "migrations.RunPython(run)",
        code_b=(
            "def run(apps, schema_editor):\n"
            "    Thing = apps.get_model('shop', 'Thing')\n"
            "    Thing.objects.update(name=models.F('x'))\n"
        ),
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


def test_a56(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','p',models.ForeignKey('shop.P',models.CASCADE,default=1))",
        "migrations.RunPython(run)",
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(default=0)),
        ]),
        migrations.CreateModel('P',[('id',models.BigAutoField(primary_key=True))])
    """,
        code_b=("def run(apps, schema_editor):\n    apps.get_model('shop','P').objects.filter(pk=1).delete()\n"),
    )
    assert found.said() == [
        (
            "HR107",
            "data",
            "order-dependent",
            (
                "0002_a adds field p to shop.Thing with a default that points at a row of shop.P; "
                "0002_b deletes rows of shop.P in RunPython: the rows that are met depend on the order"
            ),
        ),
    ]


def test_a57(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','id',models.AutoField(primary_key=True))",
        (
            "migrations.CreateModel('Part',[('id',models.BigAutoField(primary_key=True)),('t',"
            "models.ForeignKey('shop.Thing',models.CASCADE))])"
        ),
    )
    assert found.said() == [
        (
            "HR107",
            "reference",
            "order-dependent",
            (
                "0002_a alters shop.Thing.id; 0002_b creates model shop.Part whose column follows "
                "shop.Thing.id: the column of a relation gets the type and the constraint name of the "
                "moment"
            ),
        ),
    ]
    assert [order_of(each) for each in found.reasons] == [["shop.0002_a", "shop.0002_b"]]


def test_a65(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','x',models.CharField(max_length=50,choices=[('a','A')]))",
        "migrations.AlterField('thing','x',models.CharField(max_length=50,choices=[('b','B')]))",
    )
    assert found.said() == [
        (
            "HR103",
            "same-field",
            "overlapping",
            "0002_a alters shop.Thing.x; 0002_b alters shop.Thing.x: the later one undoes the other",
        ),
    ]
    assert to_source(found.reasons[0].merged) == "models.CharField(max_length=50, choices=[('a', 'A'), ('b', 'B')])"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.CharField(max_length=50, choices=[('a', 'A')])",
        "models.CharField(max_length=50, choices=[('b', 'B')])",
    )


def test_a72(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AddField('thing','Extra',models.IntegerField(null=True))",
        "migrations.AddField('thing','extra',models.IntegerField(null=True))",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a adds field Extra to shop.Thing; 0002_b adds field extra to shop.Thing: field "
                "Extra and extra clash, for names are compared without case on SQLite, MySQL and "
                "MariaDB"
            ),
        ),
    ]


def test_a73(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.CreateModel('NewItem',[('id',models.BigAutoField(primary_key=True))])",
        "migrations.CreateModel('Newitem',[('id',models.BigAutoField(primary_key=True))])",
    )
    assert found.said() == [
        (
            "HR106",
            "same-name",
            "overlapping",
            (
                "0002_a creates model shop.NewItem; 0002_b creates model shop.Newitem: model NewItem "
                "and Newitem clash, for they share one key in the state, and one table"
            ),
        ),
    ]


def test_a23(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','n',models.IntegerField(default=0,null=True))",
        "migrations.AlterField('thing','n',models.BigIntegerField(default=0))",
    )
    assert found.said() == [
        (
            "HR103",
            "same-field",
            "overlapping",
            "0002_a alters shop.Thing.n; 0002_b alters shop.Thing.n: the later one undoes the other",
        ),
    ]
    assert to_source(found.reasons[0].merged) == "models.BigIntegerField(default=0, null=True)"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.IntegerField(default=0, null=True)",
        "models.BigIntegerField(default=0)",
    )


def test_a65_removal(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterField('thing','x',models.CharField(max_length=50,choices=[('a','A')]))",
        ("migrations.AlterField('thing','x',models.CharField(max_length=50,choices=[('b','B'),('c','C')]))"),
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50, choices=[("a","A"),("b","B")])),
            ("n", models.IntegerField(default=0)),
        ])
    """,
    )
    assert found.said() == [
        (
            "HR103",
            "same-field",
            "overlapping",
            "0002_a alters shop.Thing.x; 0002_b alters shop.Thing.x: the later one undoes the other",
        ),
    ]
    assert found.reasons[0].merged is MISSING
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == (
        "models.CharField(max_length=50, choices=[('a', 'A')])",
        "models.CharField(max_length=50, choices=[('b', 'B'), ('c', 'C')])",
    )


def test_a74(tmp_path: Path) -> None:
    found = decided(
        tmp_path,
        "migrations.AlterUniqueTogether('thing',{('name','n')})",
        "migrations.AlterUniqueTogether('thing',{('name','x')})",
        base="""
        migrations.CreateModel("Thing", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=50)),
            ("x", models.CharField(max_length=50)),
            ("n", models.IntegerField(default=0)),
        ]),
        migrations.AlterUniqueTogether('thing',{('x','n')})
    """,
    )
    assert found.said() == [
        (
            "HR103",
            "full-value",
            "overlapping",
            (
                "0002_a sets unique_together of shop.Thing; 0002_b sets unique_together of "
                "shop.Thing: the later one undoes the other"
            ),
        ),
    ]
    assert to_source(found.reasons[0].merged) == "{('name', 'n'), ('name', 'x')}"
    assert (to_source(found.reasons[0].ours), to_source(found.reasons[0].theirs)) == ("{('name', 'n')}", "{('name', 'x')}")
