"""Every operation that Django has is known, and nothing else passes for one."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest
from django.contrib.postgres import operations as postgres
from django.db.migrations import operations as core
from django.db.migrations.operations.base import Operation as DjangoOperation

from handrail.conflicts.operations import rule_for
from handrail.domain.migration import Operation

BASES = {"CollationOperation", "NotInTransactionMixin", "Operation"}


def _classes() -> list[tuple[str, str]]:
    found = [(name, "django.db.migrations") for name in core.__all__]
    for name, value in vars(postgres).items():
        if inspect.isclass(value) and issubclass(value, DjangoOperation) and value.__module__ == postgres.__name__:
            found.append((name, postgres.__name__))
    return [(name, module) for name, module in found if name not in BASES]


@pytest.mark.parametrize(("name", "module"), _classes())
def test_an_operation_of_django_has_a_rule(name: str, module: str) -> None:
    operation = Operation(name=name, path=f"{module}.{name}", arguments={}, line=1, end_line=1)
    if name == "SeparateDatabaseAndState":
        assert rule_for(operation) is None
    else:
        rule = rule_for(operation)
        expected = "CreateExtension" if name.endswith("Extension") else name
        assert type(rule).__name__ == expected


@pytest.mark.parametrize("path", [".AddField", "shop.operations.AddField", "django_extras.AddField"])
def test_a_class_of_that_name_from_elsewhere_has_none(path: str) -> None:
    assert rule_for(Operation(name="AddField", path=path, arguments={}, line=1, end_line=1)) is None


def test_deciding_imports_neither_django_nor_sqlglot() -> None:
    code = "import sys, handrail.conflicts.decide; print(sorted({'django', 'sqlglot', 'libcst'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
