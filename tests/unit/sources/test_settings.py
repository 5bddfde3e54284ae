"""Settings as files state them; nothing is imported."""

from __future__ import annotations

import pytest

from handrail.sources.settings import ProjectSettings, is_for_tests, read_settings, settings_files
from tests.unit.sources.trees import Files

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")\n'


def read(files: dict[str, str | bytes]) -> ProjectSettings:
    tree = Files(files)
    return read_settings(tree, tree.paths())


def test_which_files_are_settings() -> None:
    paths = [
        "deep/down/settings.py",
        "settings.py",
        "config/settings/base.py",
        "local_settings.py",
        "settings_dev.py",
        "settings.txt",
        "shop/models.py",
        "tests/settings.py",
        "test_settings.py",
        "config/settings/test.py",
    ]
    assert settings_files(paths) == [
        "local_settings.py",
        "settings.py",
        "settings_dev.py",
        "config/settings/base.py",
        "deep/down/settings.py",
    ]


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("tests/settings.py", True),
        ("shop/test_app/migrations", True),
        ("examples/shop/settings.py", True),
        ("settings-test.py", True),
        ("latest/settings.py", False),
        ("attestation/settings.py", False),
        ("contest/settings.py", False),
    ],
)
def test_what_is_for_tests(path: str, answer: bool) -> None:
    assert is_for_tests(path) is answer


def test_the_user_model_and_others_are_read() -> None:
    found = read(
        {"settings.py": 'AUTH_USER_MODEL = "accounts.User"\nFILE_MODEL = "files." + "File"\nBASE_MODEL = 1\nSOME_MODEL = "x"\n'}
    )
    assert found.swappable == {"AUTH_USER_MODEL": "accounts.User", "FILE_MODEL": "files.File"}


def test_what_cannot_be_told_is_left_out() -> None:
    found = read(
        {"settings.py": 'import os\nAUTH_USER_MODEL = os.environ["M"]\nMIGRATION_MODULES = load()\nINSTALLED_APPS = load()\n'}
    )
    assert found == ProjectSettings()


def test_migration_modules_are_read_but_none_is_not() -> None:
    found = read({"settings.py": 'MIGRATION_MODULES = {"shop": "config.shop_migrations", "auth": None, "x": f()}\n'})
    assert found.migration_modules == {"shop": "config.shop_migrations"}


def test_apps_are_gathered_from_all_lists() -> None:
    found = read(
        {"settings.py": 'LOCAL_APPS = ["shop.apps.ShopConfig"]\nINSTALLED_APPS = [*LOCAL_APPS]\nINSTALLED_APPS += ["x"]\n'}
    )
    assert found.installed_apps == {"shop.apps.ShopConfig", "x"}


def test_the_module_that_manage_py_names_comes_first_and_its_star_imports_count() -> None:
    found = read(
        {
            "manage.py": MANAGE,
            "a_settings.py": 'AUTH_USER_MODEL = "wrong.User"\n',
            "config/settings/__init__.py": "",
            "config/settings/local.py": 'from .base import *\nAPP_MODEL = "local.App"\n',
            "config/settings/base.py": 'AUTH_USER_MODEL = "accounts.User"\nAPP_MODEL = "base.App"\n',
        }
    )
    assert found.swappable == {"AUTH_USER_MODEL": "accounts.User", "APP_MODEL": "local.App"}


def test_a_project_in_a_folder_is_found_from_its_manage_py() -> None:
    found = read(
        {
            "backend/manage.py": MANAGE,
            "backend/config/settings/local.py": "from config.settings.base import *\n",
            "backend/config/settings/base.py": 'AUTH_USER_MODEL = "accounts.User"\n',
        }
    )
    assert found.swappable == {"AUTH_USER_MODEL": "accounts.User"}


def test_star_imports_in_a_circle_end() -> None:
    files: dict[str, str | bytes] = {
        "settings/a.py": 'from .b import *\nA_MODEL = "a.A"\n',
        "settings/b.py": 'from .a import *\nB_MODEL = "b.B"\n',
    }
    assert read(files).swappable == {"A_MODEL": "a.A", "B_MODEL": "b.B"}


@pytest.mark.parametrize("content", [b"AUTH_USER_MODEL = (", b"\xff\xfeAUTH_USER_MODEL", b"AUTH_USER_MODEL = '\x00'"])
def test_a_file_that_cannot_be_read_says_nothing(content: bytes) -> None:
    assert read({"settings.py": content}) == ProjectSettings()
