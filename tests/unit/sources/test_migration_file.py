"""Migration files in all the forms that real projects write, and what is read from each."""

from __future__ import annotations

import textwrap

import pytest

from handrail.domain.migration import Migration, MigrationKey, Operation
from handrail.domain.value import Call, ListOf, Name, Symbolic, Value
from handrail.sources.facts import read_facts, to_migration

HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n"
A, B, C = MigrationKey("shop", "0001_initial"), MigrationKey("auth", "__first__"), MigrationKey("shop", "0003_x")
USER = MigrationKey("__setting__", "AUTH_USER_MODEL")


def read(source: str, head: str = HEAD) -> Migration:
    facts = read_facts((head + textwrap.dedent(source)).encode())
    assert facts.fault is None, facts.fault.reason
    return to_migration(facts, MigrationKey("shop", "0002_x"), "shop/migrations/0002_x.py", "shop.migrations")


def body(lines: str) -> Migration:
    return read("class Migration(migrations.Migration):\n" + textwrap.indent(textwrap.dedent(lines), "    "))


def operations(lines: str) -> list[tuple[str, str, dict[str, Value]]]:
    return [(one.name, one.path, dict(one.arguments)) for one in body(lines).operations]


def unknown(source: str) -> tuple[str, str, dict[str, Value]]:
    return ("?", "?", {"source": Symbolic(source)})


DELETE = ("DeleteModel", "django.db.migrations.DeleteModel", {"name": "Old"})


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        ("dependencies = []", ()),
        ("pass", ()),
        ("dependencies = [('shop', '0001_initial')]", (A,)),
        ("dependencies = (('shop', '0001_initial'), ['auth', '__first__'])", (A, B)),
        ("dependencies: list[tuple[str, str]] = [('shop', '0001_initial')]", (A,)),
        ("dependencies = [('shop', '0001_initial')] + [('auth', '__first__')]", (A, B)),
        ("dependencies = [('shop', '0001_initial')]\ndependencies += [('auth', '__first__')]", (A, B)),
        ("dependencies = [('shop', '0001_initial')]\ndependencies.append(('auth', '__first__'))", (A, B)),
        ("dependencies = [('shop', '0001_initial')]\ndependencies.extend([('auth', '__first__')])", (A, B)),
        ("dependencies = [('auth', '__first__')]\ndependencies = [('shop', '0001_initial')]", (A,)),
        ("dependencies = [('shop', name) for name in ('0001_initial', '0003_x')]", (A, C)),
        ("APP = 'shop'\ndependencies = [(APP, '0001_initial'), (f'{APP}', '0003_' + 'x')]", (A, C)),
        ("dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]", (USER,)),
        ("dependencies = [migrations.swappable_dependency('auth.User')]", (B,)),
        ("if True:\n    dependencies = [('shop', '0001_initial')]\nelse:\n    dependencies = []", (A,)),
        ("dependencies = list((('shop', '0001_initial'),))", (A,)),
        ("dependencies = [*(('shop', '0001_initial'),), ('auth', '__first__')]", (A, B)),
    ],
)
def test_dependencies_in_every_form(lines: str, keys: tuple[MigrationKey, ...]) -> None:
    migration = body(lines)
    assert migration.dependencies == keys
    assert migration.notes == ()


def test_what_cannot_be_told_is_named_and_the_rest_is_kept() -> None:
    migration = body("dependencies = [('shop', '0001_initial'), (settings.APP, '0001')] + more()")
    assert migration.dependencies == (A,)
    assert migration.notes == (
        "dependencies cannot be told from the file: (settings.APP, '0001')",
        "dependencies cannot be told from the file: more()",
    )


def test_a_condition_that_cannot_be_told_is_named() -> None:
    migration = body("dependencies = [('shop', '0001_initial')]\nif settings.DEBUG:\n    dependencies += [('auth', '__first__')]")
    assert migration.dependencies == (A,)
    assert migration.notes == ("dependencies cannot be told from the file: if settings.DEBUG: ...",)


def test_a_swappable_dependency_that_names_the_user_model_somehow_is_one_on_it() -> None:
    migration = read(
        """
        MODEL = getattr(settings, setting_name("USER"), None) or getattr(settings, "AUTH_USER_MODEL", None)
        class Migration(migrations.Migration):
            dependencies = [migrations.swappable_dependency(MODEL)]
        """
    )
    assert migration.dependencies == (USER,)
    assert migration.notes == ("dependencies cannot be told from the file: migrations.swappable_dependency(MODEL)",)


def test_the_other_attributes() -> None:
    migration = body(
        """
        initial = True
        atomic = False
        run_before = [("auth", "__first__")]
        replaces = [("shop", "0001_initial"), ("shop", "0003_x")]
        """
    )
    assert (migration.initial, migration.atomic) == (True, False)
    assert (migration.run_before, migration.replaces) == ((B,), (A, C))
    assert migration.lines == {"run_before": 7, "replaces": 8}
    assert (body("pass").initial, body("pass").atomic) == (None, True)


def test_atomic_that_cannot_be_told_is_named() -> None:
    assert body("atomic = settings.ATOMIC").notes == ("atomic cannot be told from the file: settings.ATOMIC",)


@pytest.mark.parametrize(
    "source",
    [
        "class Migration(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]",
        "class Real(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]\nMigration = Real",
        "class Base(migrations.Migration):\n    dependencies = [('shop', '0001_initial')]\nclass Migration(Base): pass",
        "if True:\n    class Migration(migrations.Migration):\n        dependencies = [('shop', '0001_initial')]",
        "try:\n    class Migration(migrations.Migration):\n        dependencies = [('shop', '0001_initial')]\nfinally:\n    pass",
        "class Migration(migrations.Migration):\n    pass\nMigration.dependencies = [('shop', '0001_initial')]",
        "class Migration(migrations.Migration):\n    dependencies = []\nMigration.dependencies += [('shop', '0001_initial')]",
        "class Migration(migrations.Migration):\n    dependencies = []\nMigration.dependencies.append(('shop', '0001_initial'))",
        "import django.db.migrations as m\nclass Migration(m.Migration):\n    dependencies = [('shop', '0001_initial')]",
    ],
)
def test_the_class_is_found_however_it_is_made(source: str) -> None:
    migration = read(source)
    assert migration.dependencies == (A,)
    assert migration.notes == ()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "no Migration class"),
        ("class Migration:\n    operations = []", "no Migration class"),
        ("class Other(migrations.Migration):\n    pass", "no Migration class"),
        ("from shop.old import Migration", "the Migration class is that of shop.old.Migration"),
    ],
)
def test_a_file_without_a_migration_class_is_none(source: str, reason: str) -> None:
    fault = read_facts((HEAD + source).encode()).fault
    assert fault is not None
    assert (fault.reason, fault.is_python) == (reason, True)


def test_a_base_that_is_not_read_makes_the_operations_unknown() -> None:
    migration = read("from shop.base import Checked\nclass Migration(Checked):\n    dependencies = []")
    assert migration.notes == ("the class shop.base.Checked that Migration is based on is not read",)
    assert [(one.name, one.arguments) for one in migration.operations] == [("?", {"source": Symbolic("shop.base.Checked")})]


def test_positional_arguments_get_djangos_names() -> None:
    assert operations("operations = [migrations.AddField('Shop', 'size', models.IntegerField(), preserve_default=False)]") == [
        (
            "AddField",
            "django.db.migrations.AddField",
            {"model_name": "Shop", "name": "size", "field": Call("django.db.models.IntegerField"), "preserve_default": False},
        )
    ]


def test_operations_under_other_names_have_one_path() -> None:
    migration = read(
        """
        from django.contrib.postgres.operations import AddIndexConcurrently as Add
        from django.db.migrations.operations import RunSQL
        from django.db.migrations.operations.models import DeleteModel as Drop
        import django.contrib.postgres.operations
        class Migration(migrations.Migration):
            operations = [Add("Shop", models.Index(fields=["a"], name="i")), RunSQL("SELECT 1"), Drop("Old"),
                          django.contrib.postgres.operations.TrigramExtension()]
        """
    )
    assert [(one.path, sorted(one.arguments)) for one in migration.operations] == [
        ("django.contrib.postgres.operations.AddIndexConcurrently", ["index", "model_name"]),
        ("django.db.migrations.RunSQL", ["sql"]),
        ("django.db.migrations.DeleteModel", ["name"]),
        ("django.contrib.postgres.operations.TrigramExtension", []),
    ]


def test_custom_operations_keep_their_path_and_arguments() -> None:
    migration = read(
        """
        from shop.operations import Audit
        from .helpers import Fill
        class Special(migrations.RunPython):
            pass
        class Migration(migrations.Migration):
            operations = [Audit("Shop", level=1), Special(len), Fill()]
        """
    )
    assert [(one.name, one.path, dict(one.arguments)) for one in migration.operations] == [
        ("Audit", "shop.operations.Audit", {"0": "Shop", "level": 1}),
        ("Special", ".Special", {"0": Name("builtins.len")}),
        ("Fill", "shop.migrations.helpers.Fill", {}),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "operations = [migrations.DeleteModel('Old')]",
        "operations = (migrations.DeleteModel(name='Old'),)",
        "operations = [] + [migrations.DeleteModel('Old')]",
        "operations = []\noperations.append(migrations.DeleteModel('Old'))",
        "operations = []\noperations += [migrations.DeleteModel('Old')]",
        "operations = [migrations.DeleteModel(name) for name in ['Old']]",
        "drop = migrations.DeleteModel('Old')\noperations = [drop]",
        "steps = [migrations.DeleteModel('Old')]\noperations = steps",
        "steps = [migrations.DeleteModel('Old')]\noperations = [*steps]",
        "operations = [migrations.DeleteModel(**{'name': 'Old'})]",
        "operations = [migrations.DeleteModel('Old')] if True else []",
    ],
)
def test_operations_in_every_form(lines: str) -> None:
    assert operations(lines) == [DELETE]
    assert body(lines).notes == ()


@pytest.mark.parametrize(
    ("lines", "source"),
    [
        ("operations = [make('Old')]", "make('Old')"),
        ("operations = make_all()", "make_all()"),
        ("operations = [models.x.delete('Old')]", "models.x.delete('Old')"),
        ("operations = [migrations.DeleteModel(name) for name in settings.OLD]", None),
        ("operations = [migrations.DeleteModel(*names())]", "migrations.DeleteModel(*names())"),
        ("operations = [migrations.DeleteModel('Old', 'much', 'more')]", "migrations.DeleteModel('Old', 'much', 'more')"),
        ("operations = [first if settings.A else second]", "first if settings.A else second"),
        ("for name in names:\n    operations.append(migrations.DeleteModel(name))", None),
    ],
)
def test_an_operation_that_cannot_be_told_is_unknown(lines: str, source: str | None) -> None:
    (found,) = operations(lines)
    assert found[:2] == ("?", "?")
    assert source is None or found == unknown(source)


def test_an_unknown_operation_stands_among_the_known_ones_and_is_named() -> None:
    lines = "operations = [migrations.DeleteModel('Old'), make()] + more()"
    assert operations(lines) == [DELETE, unknown("make()"), unknown("more()")]
    assert body(lines).notes == (
        "operations cannot be told from the file: make()",
        "operations cannot be told from the file: more()",
    )


def test_a_migration_that_writes_apply_anew_has_an_unknown_operation() -> None:
    migration = body(
        "operations = [migrations.DeleteModel('Old')]\ndef apply(self, state, editor, collect_sql=False):\n    return state"
    )
    assert [one.name for one in migration.operations] == ["DeleteModel", "?"]
    assert migration.notes == ("Migration.apply is written anew",)


def test_nested_operations_are_operations() -> None:
    migration = body(
        """
        operations = [
            migrations.SeparateDatabaseAndState(
                [migrations.RunSQL("DROP TABLE old", state_operations=[migrations.DeleteModel("Old")])],
                state_operations=[migrations.DeleteModel("Old"), make()],
            ),
            migrations.SeparateDatabaseAndState(state_operations=None),
        ]
        """
    )
    outer, empty = migration.operations
    (sql,) = outer.argument("database_operations")
    assert isinstance(sql, Operation)
    assert (sql.argument("sql"), sql.argument("state_operations")[0].path) == (
        "DROP TABLE old",
        "django.db.migrations.DeleteModel",
    )
    assert [one.name for one in outer.argument("state_operations")] == ["DeleteModel", "?"]
    assert empty.argument("state_operations", "missing") is None


def test_operations_have_their_lines() -> None:
    migration = body("operations = [\n    migrations.DeleteModel('Old'),\n    migrations.RunSQL(\n        'SELECT 1',\n    ),\n]")
    assert [(one.line, one.end_line) for one in migration.operations] == [(5, 5), (6, 8)]
    assert migration.lines == {"operations": 4}


def test_values_are_read_through_constants_and_functions_of_the_file() -> None:
    migration = read(
        """
        SIZES = [("s", "Small")]
        def forwards(apps, schema_editor):
            pass
        class Migration(migrations.Migration):
            operations = [
                migrations.AddField("shop", "size", models.CharField(choices=SIZES, default=forwards)),
                migrations.RunPython(forwards, migrations.RunPython.noop),
            ]
        """
    )
    field = migration.operations[0].argument("field")
    assert field.keyword("choices") == ListOf((("s", "Small"),))
    assert field.keyword("default") == Name(".forwards")
    assert migration.operations[1].argument("code") == Name(".forwards")
    assert migration.operations[1].argument("reverse_code") == Name("django.db.migrations.RunPython.noop")
