from __future__ import annotations

import math

import pytest

from handrail.domain.migration import Operation
from handrail.domain.source import imports_of, to_source
from handrail.domain.value import Call, DictOf, ListOf, Name, SetOf, Symbolic


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "None"),
        (True, "True"),
        (-1.5, "-1.5"),
        (math.inf, "float('inf')"),
        (-math.inf, "float('-inf')"),
        (math.nan, "float('nan')"),
        (2j, "2j"),
        (..., "..."),
        ("it's", '"it\'s"'),
        (b"\x00", "b'\\x00'"),
        ((), "()"),
        ((1,), "(1,)"),
        ((1, "a"), "(1, 'a')"),
        (ListOf(()), "[]"),
        (ListOf((("a", "A"), ("b", "B"))), "[('a', 'A'), ('b', 'B')]"),
        (SetOf(()), "set()"),
        (SetOf((("name", "x"),)), "{('name', 'x')}"),
        (DictOf((("ordering", ListOf(("name",))), ("managed", False))), "{'ordering': ['name'], 'managed': False}"),
        (Name("django.db.models.CASCADE"), "models.CASCADE"),
        (Name("django.conf.settings.AUTH_USER_MODEL"), "settings.AUTH_USER_MODEL"),
        (Name("django.db.models.functions.Lower"), "django.db.models.functions.Lower"),
        (Name(".forwards"), "forwards"),
        (Name("builtins.list"), "list"),
        (Name("list"), "list"),
        (Symbolic("choices()"), "choices()"),
        (
            Call("django.db.models.CharField", (), (("max_length", 50), ("null", True))),
            "models.CharField(max_length=50, null=True)",
        ),
        (Call("shop.fields.Money", (1,), (("currency", "EUR"),)), "shop.fields.Money(1, currency='EUR')"),
        (Call(".Local", (Name(".limit"),)), "Local(limit)"),
    ],
)
def test_a_value_is_written_as_python(value: object, text: str) -> None:
    assert to_source(value) == text


def test_equal_sets_give_equal_text() -> None:
    assert to_source(SetOf(("b", "a"))) == to_source(SetOf(("a", "b"))) == "{'a', 'b'}"


def test_an_operation_is_written_with_its_nested_operations() -> None:
    inner = Operation(
        name="RemoveField",
        path="django.db.migrations.RemoveField",
        arguments={"model_name": "thing", "name": "x"},
        line=3,
        end_line=3,
    )
    outer = Operation(name="Twice", path=".Twice", arguments={"0": 2, "operations": (inner,)}, line=2, end_line=4)
    assert to_source(outer) == "Twice(2, operations=(migrations.RemoveField(model_name='thing', name='x'),))"


def test_the_imports_are_those_the_text_needs() -> None:
    value = Call(
        "django.db.models.ForeignKey",
        (),
        (
            ("to", Name("django.conf.settings.AUTH_USER_MODEL")),
            ("on_delete", Name("django.db.models.deletion.CASCADE")),
            ("default", Name(".default")),
            ("validators", ListOf((Name("builtins.len"), Call("shop.validators.At", ((SetOf((Name("shop.limits.LOW"),)),),))))),
            ("error_messages", DictOf((("a", Name("shop.words.A")),))),
        ),
    )
    assert imports_of(value) == {
        "from django.db import models",
        "from django.conf import settings",
        "import django.db.models.deletion",
        "import shop.validators",
        "import shop.limits",
        "import shop.words",
    }
