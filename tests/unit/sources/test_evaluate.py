"""Expressions as migration files write them, and the values they are read as."""

from __future__ import annotations

import ast

import pytest

from handrail.domain.migration import MigrationKey
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Symbolic, Value
from handrail.sources.evaluate import Evaluator
from handrail.sources.scope import Scope

HEAD = """
import datetime
import django.db.models.deletion
import django.utils.timezone
import shop.fields as own_fields
from django.conf import settings
from django.conf import settings as conf
from django.contrib.postgres.fields.jsonb import JSONField as PgJSON
from django.db import migrations, models
from django.db import models as m
from django.utils.translation import gettext_lazy as _
from . import helpers
from ..models import default_name

PREFIX = "shop"
SIZES = [("s", "Small"), ("l", "Large")]
TWICE = 1
TWICE = 2
GROWS = [1]
GROWS.append(2)
LOOP = LOOP_TOO
LOOP_TOO = LOOP
if settings.DEBUG:
    MAYBE = 1

def forwards(apps, schema_editor):
    pass

class Special(migrations.operations.base.Operation):
    pass
"""


def read(expression: str, head: str = HEAD, package: str = "shop.migrations") -> Value:
    scope = Scope(ast.parse(head).body, package)
    return Evaluator(scope).value(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1", 1),
        ("-1.5", -1.5),
        ("'a' 'b'", "ab"),
        ("b'x'", b"x"),
        ("None", None),
        ("...", ...),
        ("('a', 1)", ("a", 1)),
        ("['a', ('b',)]", ListOf(("a", ("b",)))),
        ("{'a', 'b', 'a'}", SetOf(("b", "a"))),
        ("{'a': [1]}", DictOf((("a", ListOf((1,))),))),
        ("{**{'a': 1}, 'a': 2}", DictOf((("a", 2),))),
        ("[*SIZES, 3]", ListOf((("s", "Small"), ("l", "Large"), 3))),
    ],
)
def test_displays_and_scalars(expression: str, value: Value) -> None:
    assert read(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("PREFIX", "shop"),
        ("PREFIX + '_x'", "shop_x"),
        ("f'{PREFIX}_{1:03d}_{PREFIX!r}'", "shop_001_'shop'"),
        ("'%s-%d' % (PREFIX, 2)", "shop-2"),
        ("'%(a)s' % {'a': PREFIX}", "shop"),
        ("'{}.{x}'.format(PREFIX, x='y')", "shop.y"),
        ("', '.join([PREFIX, 'b'])", "shop, b"),
        ("PREFIX.upper()", "SHOP"),
        ("[1] + [2]", ListOf((1, 2))),
        ("(1,) + (2,)", (1, 2)),
        ("1024 * 1024", 1048576),
        ("[x for x in range(3) if x != 1]", ListOf((0, 2))),
        ("[k for k, v in SIZES]", ListOf(("s", "l"))),
        ("[a + b for a in 'xy' for b in 'z']", ListOf(("xz", "yz"))),
        ("list(x for x in ('a',))", ListOf(("a",))),
        ("tuple(SIZES)", (("s", "Small"), ("l", "Large"))),
        ("{k: v for k, v in SIZES}", DictOf((("s", "Small"), ("l", "Large")))),
        ("{k for k, v in SIZES}", SetOf(("s", "l"))),
        ("dict(a=1)", DictOf((("a", 1),))),
        ("dict(SIZES)", DictOf((("s", "Small"), ("l", "Large")))),
        ("frozenset(['a'])", SetOf(("a",))),
        ("1 if PREFIX == 'shop' else 2", 1),
        ("1 if 'x' in ('a', 'b') else 2", 2),
        ("'a' and not []", True),
        ("SIZES[-1][0]", "l"),
        ("{'a': 1}['a']", 1),
    ],
)
def test_what_is_computed_from_known_parts(expression: str, value: Value) -> None:
    assert read(expression) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("models.CharField", Name("django.db.models.CharField")),
        ("m.fields.CharField", Name("django.db.models.CharField")),
        ("django.db.models.deletion.CASCADE", Name("django.db.models.CASCADE")),
        ("PgJSON", Name("django.contrib.postgres.fields.JSONField")),
        ("settings.AUTH_USER_MODEL", Name("django.conf.settings.AUTH_USER_MODEL")),
        ("conf.MEDIA_ROOT", Name("django.conf.settings.MEDIA_ROOT")),
        ("getattr(settings, 'AUTH_USER_MODEL', 'auth.User')", Name("django.conf.settings.AUTH_USER_MODEL")),
        ("own_fields.Money", Name("shop.fields.Money")),
        ("helpers.fill", Name("shop.migrations.helpers.fill")),
        ("default_name", Name("shop.models.default_name")),
        ("forwards", Name(".forwards")),
        ("Special()", Call(".Special")),
        ("dict", Name("builtins.dict")),
        ("_('text')", Call("django.utils.translation.gettext_lazy", ("text",))),
        (
            "models.CharField('x', max_length=5, choices=SIZES)",
            Call(
                "django.db.models.CharField",
                ("x",),
                (("max_length", 5), ("choices", ListOf((("s", "Small"), ("l", "Large"))))),
            ),
        ),
        ("models.F(*['a'], **{'b': 1})", Call("django.db.models.F", ("a",), (("b", 1),))),
        ("migrations.swappable_dependency(settings.AUTH_USER_MODEL)", MigrationKey("__setting__", "AUTH_USER_MODEL")),
        ("migrations.swappable_dependency(getattr(conf, 'FILE_MODEL', 'a.B'))", MigrationKey("__setting__", "FILE_MODEL")),
        ("migrations.swappable_dependency('auth.User')", MigrationKey("auth", "__first__")),
    ],
)
def test_names_and_calls_have_their_full_path(expression: str, value: Value) -> None:
    assert read(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "undefined",
        "TWICE",
        "GROWS",
        "LOOP",
        "MAYBE",
        "[*undefined]",
        "lambda apps, schema_editor: None",
        "make()()",
        "models.Q(a=1) | models.Q(b=2)",
        "1 if settings.DEBUG else 2",
        "'%s' % settings.NAME",
        "f'{undefined}'",
        "[x for x in settings.NAMES]",
        "10 ** 10 ** 10",
        "'x' * 10000000",
        "'%999999999d' % 1",
        "1 / 0",
        "'a'['b']",
        "range(10 ** 9)",
        "models.F(**undefined)",
        "(yield)",
    ],
)
def test_what_cannot_be_told_stays_as_it_is_written(expression: str) -> None:
    assert read(expression) == Symbolic(ast.unparse(ast.parse(expression, mode="eval").body))


def test_a_symbolic_part_leaves_the_rest_known() -> None:
    assert read("models.CharField(max_length=undefined, null=True)") == Call(
        "django.db.models.CharField", (), (("max_length", Symbolic("undefined")), ("null", True))
    )


def test_a_name_may_hide_behind_a_star_import_but_not_one_that_is_bound() -> None:
    head = "from elsewhere import *\nfrom django.db import models\nA = 1\n"
    assert read("len", head) == Symbolic("len")
    assert read("models.F", head) == Name("django.db.models.F")
    assert read("A", head) == 1


def test_imports_in_try_count_unless_they_disagree() -> None:
    agree = "try:\n    from a import x\nexcept ImportError:\n    from a import x\n"
    differ = "try:\n    from a import x\nexcept ImportError:\n    from b import x\n"
    assert read("x", agree) == Name("a.x")
    assert read("x", differ) == Symbolic("x")


def test_relative_imports_of_an_unknown_package_keep_their_dots() -> None:
    head = "from . import helpers\nfrom ..models import Shop\nfrom .helpers import fill\n"
    assert read("helpers", head, "") == Name("..helpers")
    assert read("Shop", head, "") == Name("...models.Shop")
    assert read("fill", head, "") == Name("..helpers.fill")
    assert read("Shop", head, "shop.migrations") == Name("shop.models.Shop")


def test_the_innermost_scope_comes_first() -> None:
    outer, inner = Scope(ast.parse("A = 1\nB = 2").body), Scope(ast.parse("A = 3").body)
    evaluator = Evaluator(inner, outer)
    assert evaluator.value(ast.parse("(A, B, len)", mode="eval").body) == (3, 2, Name("builtins.len"))
