"""AppConfig classes as they are written, and which of several Django takes."""

from __future__ import annotations

import pytest

from handrail.sources.app_configs import Config, choose, read_configs

HEAD = b"from django.apps import AppConfig\n"
NOBODY: frozenset[str] = frozenset()


def read(source: bytes) -> list[tuple[str, str, str, bool | None]]:
    return [tuple(config) for config in read_configs(HEAD + source)]


@pytest.mark.parametrize(
    ("source", "configs"),
    [
        (b'class ShopConfig(AppConfig):\n    name = "shop"\n', [("ShopConfig", "shop", "", None)]),
        (b'class ShopConfig(AppConfig):\n    name = "a.shop"\n    label = "store"\n', [("ShopConfig", "a.shop", "store", None)]),
        (b'NAME = "shop"\nclass S(AppConfig):\n    name = NAME\n    label = NAME + "_x"\n', [("S", "shop", "shop_x", None)]),
        (b'class S(AppConfig):\n    app = "shop"\n    name = f"a.{app}"\n', [("S", "a.shop", "", None)]),
        (b'class S(AppConfig):\n    name: str = "shop"\n    default = True\n', [("S", "shop", "", True)]),
        (
            b'class B(AppConfig):\n    name = "shop"\nclass S(B):\n    label = "x"\n',
            [("B", "shop", "", None), ("S", "shop", "x", None)],
        ),
        (b'class S(AppConfig):\n    name = compute()\n    label = "x"\n', [("S", "", "x", None)]),
        (b"class S(AppConfig):\n    name = compute()\n", []),
        (b'class S:\n    name = "shop"\n', []),
        (b"class S(AppConfig:\n", []),
        (b"\xff\xfe", []),
    ],
)
def test_configs_are_read_as_they_are_written(source: bytes, configs: list[tuple[str, str, str, bool | None]]) -> None:
    assert read(source) == configs


def test_the_label_is_the_last_part_of_the_name_unless_it_is_written() -> None:
    assert Config("S", "a.shop", "", None).app_label == "shop"
    assert Config("S", "a.shop", "store", None).app_label == "store"


A, B = Config("A", "shop", "a", None), Config("B", "shop", "b", None)


@pytest.mark.parametrize(
    ("configs", "installed", "chosen"),
    [
        ((), NOBODY, None),
        ((A,), NOBODY, A),
        ((A, B), NOBODY, None),
        ((A, B._replace(default=True)), NOBODY, B._replace(default=True)),
        ((A, B._replace(default=False)), NOBODY, A),
        ((A._replace(default=False),), NOBODY, None),
        ((A, B), frozenset({"shop.apps.B"}), B),
        ((A._replace(default=True), B), frozenset({"shop.apps.B"}), B),
        ((A, A._replace(class_name="C")), NOBODY, A),
    ],
)
def test_the_one_that_django_takes(configs: tuple[Config, ...], installed: frozenset[str], chosen: Config | None) -> None:
    assert choose(configs, installed, "shop.apps") == chosen
