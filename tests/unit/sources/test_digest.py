"""The digest: what changes it, and what does not."""

from __future__ import annotations

import ast

import pytest

from handrail.sources.digest import digest_of

SOURCE = '''"""What the file is for."""
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# a comment
LIMIT = 10


def forwards(apps, schema_editor):
    """What the function does."""
    apps.get_model("shop", "Shop").objects.update(size=LIMIT)


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("shop", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    replaces = [("shop", "0000")]
    run_before = []
    operations = [
        migrations.AddField("shop", "size", models.IntegerField(default=None, null=True)),
        migrations.RunPython(forwards),
    ]
'''


def digest(source: str) -> str:
    return digest_of(ast.parse(source))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0001_initial", "0005_other"),
        ('("shop", "0001_initial"),\n        migrations.swappable_dependency(settings.AUTH_USER_MODEL),', '("shop", "0002_x"),'),
        ("    run_before = []\n", ""),
        ("    initial = True\n", ""),
        ("    replaces = [", "    replaces: list = ["),
        ("    run_before = []\n", "    dependencies += [('a', 'b')]\n    dependencies.append(('c', 'd'))\n"),
        ("# a comment\n", "\n\n"),
        ('"""What the file is for."""\n', ""),
        ('    """What the function does."""\n', ""),
        ('"shop", "size", ', "'shop',\n            'size',\n            "),
        ("migrations, models", "models, migrations"),
        ("from django.conf import settings\n", ""),
        ("import django.db.models.deletion\n", ""),
        (
            "from django.conf import settings\nfrom django.db import migrations, models\n",
            "from django.db import models\nfrom django.db import migrations\n",
        ),
    ],
)
def test_a_renamed_re_pointed_or_reformatted_copy_has_the_same_digest(old: str, new: str) -> None:
    assert old in SOURCE
    assert digest(SOURCE.replace(old, new)) == digest(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 10", "LIMIT = 11"),
        ("LIMIT = 10", "LIMIT = 10.0"),
        ("LIMIT = 10", "LIMIT = True"),
        ('"size"', '"sizes"'),
        ('"size"', 'b"size"'),
        ("default=None, ", ""),
        ("null=True", "null=False"),
        ("size=LIMIT", "size=-LIMIT"),
        ("    run_before = []\n", "    atomic = False\n"),
        ("migrations.RunPython(forwards)", "migrations.RunPython(forwards, forwards)"),
        ("from django.db import migrations, models", "from django.db import migrations\nfrom shop import models"),
        ("LIMIT = 10", "import shop.signals\nLIMIT = 10"),
        ("        migrations.RunPython(forwards),\n", ""),
        ("LIMIT = 10", "dependencies = LIMIT = 10"),
    ],
)
def test_what_changes_what_is_done_changes_the_digest(old: str, new: str) -> None:
    assert old in SOURCE
    assert digest(SOURCE.replace(old, new, 1)) != digest(SOURCE)


def test_the_order_of_operations_counts() -> None:
    lines = SOURCE.splitlines(keepends=True)
    swapped = [*lines[:-3], lines[-2], lines[-3], lines[-1]]
    assert digest("".join(swapped)) != digest(SOURCE)


def test_pointers_that_are_set_from_outside_the_class_do_not_count() -> None:
    assert digest(SOURCE + "\n\nMigration.dependencies += [('a', 'b')]\n") == digest(SOURCE)
    assert digest(SOURCE + "\n\nMigration.operations += [('a', 'b')]\n") != digest(SOURCE)


def test_the_digest_is_the_same_on_every_version_of_python() -> None:
    assert digest(SOURCE) == "aefcf20e74b933757c02da56d64b4363e0096554eb7e3f3cc4dd8d726f1e3f28"


def test_imports_that_shadow_each_other_keep_their_order() -> None:
    assert digest("from a import x\nfrom b import x\nx()") != digest("from b import x\nfrom a import x\nx()")
    assert digest("from a import *\nfrom b import *\n") != digest("from b import *\nfrom a import *\n")
