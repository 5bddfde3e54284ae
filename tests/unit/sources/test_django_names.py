"""Both tables, compared with the Django that is installed."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest
from django.db import migrations, models
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.models import functions

from handrail.sources.django_names import EXPORTED, MODELS, OPERATIONS, one_path

PUBLIC = {*models.__all__, *functions.__all__, *operations.__all__}
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def resolve(path: str) -> object:
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def submodules(package: str) -> list[ModuleType]:
    found = importlib.import_module(package)
    return [importlib.import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules(found.__path__)]


@pytest.mark.parametrize(
    ("written", "documented"),
    [
        ("django.db.models.fields.CharField", "django.db.models.CharField"),
        ("django.db.models.CharField", "django.db.models.CharField"),
        ("django.db.models.fields.related.ForeignKey", "django.db.models.ForeignKey"),
        ("django.db.models.deletion.CASCADE", "django.db.models.CASCADE"),
        ("django.db.models.functions.datetime.Now", "django.db.models.functions.Now"),
        ("django.contrib.gis.db.models.CharField", "django.db.models.CharField"),
        ("django.contrib.gis.db.models.fields.PointField", "django.contrib.gis.db.models.PointField"),
        ("django.db.migrations.operations.AddField", "django.db.migrations.AddField"),
        ("django.db.migrations.operations.models.CreateModel", "django.db.migrations.CreateModel"),
        ("django.db.migrations.migration.Migration", "django.db.migrations.Migration"),
        ("django.db.migrations.migration.swappable_dependency", "django.db.migrations.swappable_dependency"),
        ("django.db.migrations.operations.base.Operation", "django.db.migrations.operations.base.Operation"),
        ("django.contrib.postgres.fields.jsonb.JSONField", "django.contrib.postgres.fields.JSONField"),
        ("django.contrib.postgres.indexes.GinIndex", "django.contrib.postgres.indexes.GinIndex"),
        ("django.contrib.postgres.search.SearchVectorField", "django.contrib.postgres.search.SearchVectorField"),
        ("django.conf.settings.AUTH_USER_MODEL", "django.conf.settings.AUTH_USER_MODEL"),
        ("shop.models.fields.CharField", "shop.models.fields.CharField"),
        (".CharField", ".CharField"),
    ],
)
def test_one_thing_has_one_path(written: str, documented: str) -> None:
    assert one_path(written) == documented


def test_what_django_db_models_exports_is_all_in_the_table() -> None:
    elsewhere = {"signals", "ObjectDoesNotExist"}
    assert set(models.__all__) - elsewhere <= EXPORTED
    for name in set(models.__all__) & EXPORTED:
        thing = getattr(models, name)
        if isinstance(thing, type):
            assert one_path(f"{thing.__module__}.{thing.__qualname__}") == f"{MODELS}.{name}"


@pytest.mark.parametrize(
    "package",
    ["django.db.models", "django.db.models.fields", "django.db.models.functions", "django.db.migrations.operations"],
)
def test_the_one_path_leads_to_the_same_thing(package: str) -> None:
    checked = 0
    for module in submodules(package):
        for name, thing in vars(module).items():
            path = f"{module.__name__}.{name}"
            own = getattr(thing, "__module__", "") == module.__name__
            if own and name in PUBLIC and one_path(path) != path:
                assert resolve(one_path(path)) is thing, path
                checked += 1
    assert checked >= 10


def test_every_operation_of_django_is_in_the_table_with_its_parameters() -> None:
    for name in operations.__all__:
        check_parameters(getattr(migrations, name), f"django.db.migrations.{name}")


def test_every_operation_of_contrib_postgres_is_in_the_table_with_its_parameters() -> None:
    postgres = importlib.import_module("django.contrib.postgres.operations")
    found = [
        thing
        for thing in vars(postgres).values()
        if isinstance(thing, type) and issubclass(thing, Operation) and thing.__module__ == postgres.__name__
    ]
    for thing in found:
        if thing.__name__ != "CollationOperation":
            check_parameters(thing, f"django.contrib.postgres.operations.{thing.__name__}")
    assert len(found) > 10


def check_parameters(operation: type, path: str) -> None:
    parameters = inspect.signature(operation.__init__).parameters.values()
    names = [parameter.name for parameter in parameters if parameter.kind not in VARIADIC][1:]
    assert list(OPERATIONS[path][: len(names)]) == names, path
    assert OPERATIONS[path][len(names) :] in ((), ("hints",)), f"{path}: only hints are newer than Django 5.2"
