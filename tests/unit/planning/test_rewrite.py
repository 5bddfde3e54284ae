"""References, operations and names are rewritten; everything else in the file stays, byte for byte."""

from __future__ import annotations

from textwrap import dedent

import pytest

from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.planning.changes import Changes
from handrail.planning.draft import GeneratedBody
from handrail.planning.renames import Renames
from handrail.planning.rewrite import rewritten
from handrail.planning.syntax import NotRewritable

OLD = MigrationKey("shop", "0001_initial")
NEW = MigrationKey("shop", "0002_a")
BLOG = MigrationKey("blog", "0001_initial")


def read(*dependencies: MigrationKey, run_before=(), replaces=(), operations=()) -> Migration:
    body = GeneratedBody(operations=tuple(operations))
    key = MigrationKey("shop", "0002_b")
    return Migration(
        key=key,
        path="shop/migrations/0002_b.py",
        text="",
        dependencies=dependencies,
        run_before=run_before,
        replaces=replaces,
        body=body,
    )


def file(dependencies: str, rest: str = "") -> str:
    return f"from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    {dependencies}\n{rest}"


def repoint(text: str, *dependencies: MigrationKey, **changes) -> str:
    changes = changes or {"dependencies": {OLD: (NEW,)}}
    return rewritten(text.encode(), read(*dependencies or (OLD,)), Changes(**changes)).decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('dependencies = [("shop", "0001_initial")]', 'dependencies = [("shop", "0002_a")]'),
        ("dependencies = [('shop', '0001_initial'),]  # why", "dependencies = [('shop', '0002_a'),]  # why"),
        ('dependencies = (("shop", "0001_initial"),)', 'dependencies = (("shop", "0002_a"),)'),
        ('dependencies = [["shop", r"0001_initial"]]', 'dependencies = [["shop", r"0002_a"]]'),
        ('dependencies = [("shop", "0001_" "initial")]', 'dependencies = [("shop", "0002_a")]'),
        ('dependencies: list = [("shop", "0001_initial")]', 'dependencies: list = [("shop", "0002_a")]'),
        ('dependencies = [] + [("shop", "0001_initial")] + []', 'dependencies = [] + [("shop", "0002_a")] + []'),
        ('dependencies = list((("shop", "0001_initial"),))', 'dependencies = list((("shop", "0002_a"),))'),
        ('dependencies = [*[("shop", "0001_initial")]]', 'dependencies = [*[("shop", "0002_a")]]'),
        ('dependencies = [("shop", n) for n in ["0001_initial"]]', 'dependencies = [("shop", "0002_a")]'),
        ('dependencies = [(a, b) for a, b in (("shop", "0001_initial"),)]', 'dependencies = [("shop", "0002_a")]'),
    ],
)
def test_a_dependency_is_replaced_however_it_is_written(before, after):
    assert repoint(file(before)) == file(after)


def test_what_stands_beside_it_stays():
    before = file(
        dedent("""\
        dependencies = [
                migrations.swappable_dependency(settings.AUTH_USER_MODEL),  # the user
                # the one before
                ('shop', '0001_initial'),  # the base

                ("blog", "0001_initial")
            ]""")
    )
    assert repoint(before, OLD, BLOG) == before.replace("'0001_initial'),  # the base", "'0002_a'),  # the base")


def test_a_name_of_the_app_in_a_constant_is_read_and_a_name_of_the_migration_in_one_is_replaced():
    before = 'APP = "shop"\nFIRST = "0001_initial"\n' + file("dependencies = [(APP, FIRST)]")
    assert repoint(before) == 'APP = "shop"\nFIRST = "0001_initial"\n' + file('dependencies = [(APP, "0002_a")]')


def test_a_list_that_is_kept_in_a_constant_is_rewritten_there():
    before = 'NEEDS = [("shop", "0001_initial")]\n' + file("dependencies = NEEDS")
    assert repoint(before) == 'NEEDS = [("shop", "0002_a")]\n' + file("dependencies = NEEDS")


@pytest.mark.parametrize(
    ("before", "line", "what"),
    [
        ("dependencies = needs()", 5, "dependencies names shop.0001_initial in a way that cannot be rewritten with certainty"),
        (
            'dependencies = [("shop", f"{1:04}_initial")]',
            5,
            "dependencies names shop.0001_initial in a way that cannot be rewritten with certainty",
        ),
        ('dependencies = [("shop", "0001_initial")]\n    dependencies += []', 6, "dependencies is set in more than one place"),
        ("pass", 4, "dependencies is not set by the class itself"),
        (
            'dependencies = [\n        ("shop", n)  # all\n        for n in ["0001_initial"]\n    ]',
            5,
            "a comprehension with comments",
        ),
    ],
)
def test_what_is_not_certain_is_refused_with_its_line(before, line, what):
    with pytest.raises(NotRewritable) as refused:
        repoint(file(before))
    assert (refused.value.line, refused.value.what) == (line, what)


def test_a_shared_constant_is_not_rewritten():
    before = 'NEEDS = [("shop", "0001_initial")]\nOTHER = NEEDS\n' + file("dependencies = NEEDS")
    with pytest.raises(NotRewritable, match=r"dependencies names shop\.0001_initial"):
        repoint(before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[("shop", "0001_initial"), ("blog", "0001_initial")]', '[("blog", "0001_initial")]'),
        ('[("blog", "0001_initial"), ("shop", "0001_initial")]', '[("blog", "0001_initial")]'),
        ('(("blog", "0001_initial"), ("shop", "0001_initial"))', '(("blog", "0001_initial"),)'),
        (
            '[\n        ("blog", "0001_initial"),  # blog\n        ("shop", "0001_initial"),  # shop\n    ]',
            '[\n        ("blog", "0001_initial"),  # blog\n    ]',
        ),
        (
            '[\n        # first\n        ("shop", "0001_initial"),\n        ("blog", "0001_initial")\n    ]',
            '[\n        # first\n        ("blog", "0001_initial")\n    ]',
        ),
    ],
)
def test_a_dependency_is_taken_out(before, after):
    found = repoint(file(f"dependencies = {before}"), OLD, BLOG, dependencies={OLD: ()})
    assert found == file(f"dependencies = {after}")


def test_the_only_dependency_is_taken_out():
    before = file('dependencies = [\n        ("shop", "0001_initial"),\n    ]')
    assert repoint(before, dependencies={OLD: ()}) == file("dependencies = []")


def test_a_replacement_that_is_there_already_is_not_doubled():
    before = file('dependencies = [("shop", "0001_initial"), ("shop", "0002_a")]')
    assert repoint(before, OLD, NEW) == file('dependencies = [("shop", "0002_a")]')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("dependencies = []", 'dependencies = [("shop", "0002_a")]'),
        ("dependencies = ()", 'dependencies = (("shop", "0002_a"),)'),
        ('dependencies = [("blog", "0001_initial")]', 'dependencies = [("blog", "0001_initial"), ("shop", "0002_a")]'),
        (
            'dependencies = [\n        ("blog", "0001_initial"),  # blog\n    ]',
            'dependencies = [\n        ("blog", "0001_initial"),  # blog\n        ("shop", "0002_a"),\n    ]',
        ),
        (
            'dependencies = [\n        ("blog", "0001_initial")\n    ]',
            'dependencies = [\n        ("blog", "0001_initial"),\n        ("shop", "0002_a")\n    ]',
        ),
    ],
)
def test_a_dependency_is_added(before, after):
    dependencies = (BLOG,) if "blog" in before else (MigrationKey("other", "0001_initial"),)
    found = rewritten(file(before).encode(), read(*dependencies), Changes(added=(NEW,))).decode()
    assert found == file(after)


def test_a_dependency_is_added_where_there_are_none():
    before = file('"""Words."""', "    operations = []\n")
    found = rewritten(before.encode(), read(), Changes(added=(NEW,))).decode()
    assert found == file('"""Words."""\n    dependencies = [("shop", "0002_a")]', "    operations = []\n")


def test_run_before_and_replaces_are_rewritten_too():
    text = file(
        'run_before = [("shop", "0001_initial")]\n'
        '    replaces = [("shop", "0001_initial")]\n'
        '    dependencies = [("shop", "0001_initial")]'
    )
    changes = Changes(run_before={OLD: (NEW,)}, replaces={OLD: (NEW,)})
    found = rewritten(text.encode(), read(OLD, run_before=(OLD,), replaces=(OLD,)), changes).decode()
    assert found == text.replace("0001_initial", "0002_a", 2)


@pytest.mark.parametrize(
    "content",
    [
        file('dependencies = [("shop", "0001_initial")]\n    # ä').replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + file('dependencies = [("shop", "0001_initial")]  # \N{EURO SIGN}').encode(),
        b"# -*- coding: latin-1 -*-\n" + file('dependencies = [("shop", "0001_initial")]  # \xe4').encode("latin-1"),
        file('dependencies = [("shop", "0001_initial")]').rstrip("\n").encode(),
        file('dependencies = [("shop", "0001_initial")]').replace("    ", "\t").encode(),
    ],
)
def test_line_ends_byte_order_marks_and_encodings_stay(content):
    found = rewritten(content, read(OLD), Changes(dependencies={OLD: (NEW,)}))
    assert found == content.replace(b"0001_initial", b"0002_a")


OPERATIONS = """\
    operations = [
        migrations.AddField("thing", "a", models.IntegerField()),  # a
        # about b
        migrations.AddField("thing", "b", models.IntegerField()),
        migrations.RunPython(forwards),  # c
    ]
"""


def operation(name: str = "AddField") -> Operation:
    return Operation(name=name, path=f"django.db.migrations.{name}", arguments={}, line=1, end_line=1)


@pytest.mark.parametrize(
    ("dropped", "gone"),
    [
        ({0}, '        migrations.AddField("thing", "a", models.IntegerField()),  # a\n'),
        ({1}, '        migrations.AddField("thing", "b", models.IntegerField()),\n'),
        ({2}, "        migrations.RunPython(forwards),  # c\n"),
    ],
)
def test_operations_are_taken_out(dropped, gone):
    text = file("dependencies = []", OPERATIONS)
    found = rewritten(text.encode(), read(operations=[operation()] * 3), Changes(dropped=frozenset(dropped))).decode()
    assert found == text.replace(gone, "")


def test_operations_that_are_put_together_are_counted_through():
    text = file("dependencies = []", "    operations = [one(), two()] + [three()]\n")
    found = rewritten(text.encode(), read(operations=[operation()] * 3), Changes(dropped=frozenset({0, 2}))).decode()
    assert found == file("dependencies = []", "    operations = [two()] + []\n")


def test_operations_that_are_computed_are_not_taken_out():
    text = file("dependencies = []", "    operations = make()\n")
    with pytest.raises(NotRewritable) as refused:
        rewritten(text.encode(), read(operations=[operation()] * 3), Changes(dropped=frozenset({0})))
    assert (refused.value.line, refused.value.what) == (6, "operations is not written as a list of all its operations")


RENAMES = Renames(
    models={ModelKey("shop", "thing"): "Item"},
    fields={ModelKey("shop", "thing"): {"x": "y"}, ModelKey("shop", "part"): {"n": "m"}},
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'AlterField(model_name="thing", name="x", field=models.TextField(db_column="x"))',
            'AlterField(model_name="item", name="y", field=models.TextField(db_column="x"))',
        ),
        ("AlterField('Thing', 'x', models.TextField('x'))", "AlterField('Item', 'y', models.TextField('x'))"),
        ('RemoveField("part", "x")', 'RemoveField("part", "x")'),
        (
            'AddField("part", "t", models.ForeignKey("shop.Thing", models.CASCADE))',
            'AddField("part", "t", models.ForeignKey("shop.Item", models.CASCADE))',
        ),
        (
            'AddField("part", "t", models.ForeignKey(on_delete=models.CASCADE, to="shop.thing"))',
            'AddField("part", "t", models.ForeignKey(on_delete=models.CASCADE, to="shop.item"))',
        ),
        (
            'AddField("part", "t", models.ManyToManyField("Thing", through="shop.thing"))',
            'AddField("part", "t", models.ManyToManyField("Item", through="shop.item"))',
        ),
        (
            'AddField("part", "t", models.ForeignKey("blog.Thing", models.CASCADE))',
            'AddField("part", "t", models.ForeignKey("blog.Thing", models.CASCADE))',
        ),
        (
            'CreateModel("New", [("x", models.F()), ("t", models.ForeignKey("shop.Thing", models.SET))], bases=("shop.thing",))',
            'CreateModel("New", [("x", models.F()), ("t", models.ForeignKey("shop.Item", models.SET))], bases=("shop.item",))',
        ),
        (
            'AddIndex("thing", models.Index(fields=["-x", "name"], name="x"))',
            'AddIndex("item", models.Index(fields=["-y", "name"], name="x"))',
        ),
        (
            'AddIndex("thing", models.Index(Lower("x").desc(), (F("x") + 1).asc(), name="x"))',
            'AddIndex("item", models.Index(Lower("y").desc(), (F("y") + 1).asc(), name="x"))',
        ),
        (
            'AddIndex("thing", models.Index(Lower("x"), F("x") + 1, name="x", condition=~Q(x__gt=1)))',
            'AddIndex("item", models.Index(Lower("y"), F("y") + 1, name="x", condition=~Q(y__gt=1)))',
        ),
        (
            'AddConstraint("thing", models.CheckConstraint(check=Q(("x__gte", 0), ("name", "x"), _connector="OR"), name="c"))',
            'AddConstraint("item", models.CheckConstraint(check=Q(("y__gte", 0), ("name", "x"), _connector="OR"), name="c"))',
        ),
        (
            'AddConstraint("thing", models.UniqueConstraint(fields=("x",), name="u", include=["x_id"]))',
            'AddConstraint("item", models.UniqueConstraint(fields=("y",), name="u", include=["y_id"]))',
        ),
        (
            'AlterUniqueTogether(name="thing", unique_together={("name", "x"), ("a", "b")})',
            'AlterUniqueTogether(name="item", unique_together={("name", "y"), ("a", "b")})',
        ),
        (
            'AlterModelOptions("thing", {"ordering": ["-x"], "verbose_name": "x"})',
            'AlterModelOptions("item", {"ordering": ["-y"], "verbose_name": "x"})',
        ),
        ('AlterOrderWithRespectTo("thing", "x")', 'AlterOrderWithRespectTo("item", "y")'),
        (
            'SeparateDatabaseAndState(state_operations=[migrations.RemoveField("thing", "x")])',
            'SeparateDatabaseAndState(state_operations=[migrations.RemoveField("item", "y")])',
        ),
        ('AddConstraint("part", models.CheckConstraint(condition=Q(thing__x=1), name="c"))', None),
        ('AddIndex("thing", index_of("x"))', None),
        ('AlterField("thing", NAME, models.TextField())', None),
        ('RunPython(lambda apps, _: apps.get_model("shop", "Thing"))', None),
        ('AddField("part", "t", models.ForeignKey("self", models.CASCADE, to_field="x"))', None),
        ('AddField("part", "t", models.IntegerField(validators=[check("x")]))', None),
    ],
)
def test_renames_are_followed_where_a_name_is_certain(before, after):
    text = file("dependencies = []", f"    operations = [migrations.{before}]\n")
    if after is None:
        with pytest.raises(NotRewritable) as refused:
            rewritten(text.encode(), read(), Changes(renames=RENAMES))
        assert refused.value.line == 6
        return
    found = rewritten(text.encode(), read(), Changes(renames=RENAMES)).decode()
    assert found == file("dependencies = []", f"    operations = [migrations.{after}]\n")
