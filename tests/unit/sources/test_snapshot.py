"""Whole projects as snapshots: apps by their folders, labels, and everything that cannot be read as a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from handrail.domain.finding import Location, Severity
from handrail.domain.migration import MigrationKey
from handrail.domain.snapshot import App, Snapshot
from handrail.sources.cache import FactCache
from handrail.sources.files import FoldersTree, WorkingTree, read_snapshot
from tests.unit.sources.trees import Files, migration

APPS_PY = 'from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = "{name}"\n    label = "{label}"\n'


def app(folder: str, **files: str | bytes) -> dict[str, str | bytes]:
    """Return an app's files: an __init__ file in each package, and the migrations by name."""
    found: dict[str, str | bytes] = {f"{folder}/__init__.py": "", f"{folder}/migrations/__init__.py": ""}
    return found | {f"{folder}/migrations/{name.removeprefix('m')}.py": text for name, text in files.items()}


def read(files: dict[str, str | bytes], apps: tuple[App, ...] = ()) -> Snapshot:
    return read_snapshot(Files(files), apps=apps)


def labels(files: dict[str, str | bytes]) -> dict[str, str]:
    snapshot = read(files)
    assert snapshot.findings == ()
    return {label: one.path for label, one in snapshot.apps.items()}


def messages(snapshot: Snapshot) -> list[str]:
    return [finding.message for finding in snapshot.findings]


def test_an_app_is_a_folder_of_migrations() -> None:
    snapshot = read({**app("shop", m0001_initial=migration()), "manage.py": "", "shop/models.py": ""})
    assert snapshot.ref == "main"
    assert snapshot.apps == {"shop": App(label="shop", path="shop/migrations", module="shop.migrations")}
    assert list(snapshot.migrations) == [MigrationKey("shop", "0001_initial")]
    assert snapshot.migrations[MigrationKey("shop", "0001_initial")].path == "shop/migrations/0001_initial.py"


def test_names_are_taken_as_they_are() -> None:
    names = ("m00001_five", "minitial", "m0001-dash", "mß", "m0001_initial")
    snapshot = read(app("shop", **dict.fromkeys(names, migration())))
    assert sorted(key.name for key in snapshot.migrations) == ["00001_five", "0001-dash", "0001_initial", "initial", "ß"]


def test_what_django_does_not_load_is_not_read() -> None:
    files = {
        **app("shop", m0001_initial=migration(), m_helpers=migration(), **{"m~backup": migration(), "m0002.old": migration()}),
        "shop/migrations/0003_package/__init__.py": migration(),
        "shop/migrations/0004_hidden.py": migration(),
        "shop/migrations/0004_hidden/__init__.py": "",
        "shop/migrations/0005_notes.txt": "",
    }
    assert [key.name for key in read(files).migrations] == ["0001_initial"]


def test_what_lies_in_an_environment_is_no_part_of_the_project() -> None:
    assert labels({**app("shop", m0001_initial=migration()), **app("venv/lib/toys", m0001_initial=migration())}) == {
        "shop": "shop/migrations"
    }


def test_folders_of_other_tools_are_no_apps() -> None:
    files: dict[str, str | bytes] = {
        "alembic/migrations/env.py": "x = 1",
        "tool/migrations/__init__.py": "",
        "tool/migrations/base.py": "class Migration:\n    pass\n",
        "tool/migrations/other.py": "from tool.base import Migration\n",
        "docs/migrations/broken.py": "not python at all",
    }
    snapshot = read(files)
    assert (dict(snapshot.apps), snapshot.findings) == ({}, ())


@pytest.mark.parametrize(
    ("extra", "label"),
    [
        ({}, "shop"),
        ({"a/shop/apps.py": APPS_PY.format(name="a.shop", label="store")}, "store"),
        ({"a/shop/apps.py": 'from x import PluginConfig\nclass C(PluginConfig):\n    name = "a.shop"\n'}, "shop"),
        ({"a/shop/__init__.py": APPS_PY.format(name="a.shop", label="store")}, "store"),
        ({"a/shop/apps/__init__.py": APPS_PY.format(name="a.shop", label="store")}, "store"),
        ({"a/shop/apps.py": APPS_PY.format(name="a.other", label="other")}, "shop"),
        ({"a/shop/apps.py": "broken ("}, "shop"),
        (
            {
                "a/shop/apps.py": APPS_PY.format(name="a.shop", label="one")
                + 'class Second(AppConfig):\n    name = "a.shop"\n    label = "two"\n    default = True\n'
            },
            "two",
        ),
        (
            {
                "a/shop/apps.py": APPS_PY.format(name="a.shop", label="one")
                + 'class Second(AppConfig):\n    name = "a.shop"\n    label = "two"\n',
                "settings.py": 'INSTALLED_APPS = ["a.shop.apps.Second"]\n',
            },
            "two",
        ),
    ],
)
def test_the_label_is_that_of_the_app_config(extra: dict[str, str | bytes], label: str) -> None:
    files = {"a/__init__.py": "", **app("a/shop", m0001_initial=migration())} | extra
    assert labels(files) == {label: "a/shop/migrations"}


def test_the_files_themselves_tell_the_label_where_no_config_does() -> None:
    chain = {
        "m0001_initial": migration(),
        "m0002_a": migration(("store", "0001_initial")),
        "m0003_b": migration(("store", "0002_a")),
    }
    assert labels(app("shop", **chain)) == {"store": "shop/migrations"}
    mixed = {"m0001_initial": migration(("auth", "0001_initial")), "m0002_a": migration(("shop", "0001_initial"))}
    assert labels(app("shop", **mixed)) == {"shop": "shop/migrations"}


def test_the_module_is_as_long_as_there_are_packages_or_as_the_config_says() -> None:
    files = {"src/a/__init__.py": "", **app("src/a/shop", m0001_initial=migration())}
    assert read(files).apps["shop"].module == "a.shop.migrations"
    named = {**app("lib/shop", m0001_initial=migration()), "lib/shop/apps.py": APPS_PY.format(name="lib.shop", label="shop")}
    assert read(named).apps["shop"].module == "lib.shop.migrations"


def test_migration_modules_name_a_folder_and_its_label() -> None:
    files: dict[str, str | bytes] = {
        "settings.py": 'MIGRATION_MODULES = {"shop": "config.shop_history"}\n',
        "config/shop_history/__init__.py": "",
        "config/shop_history/0001_initial.py": migration(),
    }
    snapshot = read({**app("shop", m0001_old=migration()), **files})
    assert snapshot.findings == ()
    assert snapshot.apps == {"shop": App(label="shop", path="config/shop_history", module="config.shop_history")}
    assert list(snapshot.migrations) == [MigrationKey("shop", "0001_initial")]


def test_apps_that_are_given_are_taken_as_they_are() -> None:
    given = (App(label="store", path="shop/migrations", module="shop.migrations"), App(label="none", path="none/migrations"))
    snapshot = read({**app("shop", m0001_initial=migration()), **app("other", m0001_initial=migration())}, given)
    assert (snapshot.apps, snapshot.findings) == ({"store": given[0]}, ())
    assert list(snapshot.migrations) == [MigrationKey("store", "0001_initial")]


def test_a_folder_without_an_init_file_is_a_finding_and_loads_nothing() -> None:
    files = app("shop", m0001_initial=migration())
    del files["shop/migrations/__init__.py"]
    snapshot = read(files)
    reason = "no __init__.py in the folder, so that Django loads none of its migrations"
    (finding,) = snapshot.findings
    assert (finding.code, finding.severity) == ("HR212", Severity.ERROR)
    assert finding.message == f"unreadable: shop/migrations {reason}"
    assert finding.locations == (Location(path="shop/migrations", line=None, remark=reason),)
    assert dict(snapshot.migrations) == {}


def test_files_that_cannot_be_read_are_findings_and_the_others_are_read() -> None:
    files = app(
        "shop",
        m0001_initial=migration(),
        m0002_markers=migration().replace("    operations", "<<<<<<< HEAD\n    operations") + "=======\n>>>>>>> theirs\n",
        m0003_syntax="class Migration(\n",
        m0004_none="x = 1\n",
        m0005_bytes=b"x = '\xff'\n",
    )
    snapshot = read(files)
    assert messages(snapshot) == [
        "unreadable: shop/migrations/0002_markers.py:6 unresolved git conflict markers",
        "unreadable: shop/migrations/0003_syntax.py:1 syntax error: '(' was never closed",
        "unreadable: shop/migrations/0004_none.py no Migration class",
        "unreadable: shop/migrations/0005_bytes.py:1 it is not text in the encoding utf-8",
    ]
    assert [finding.locations[0].line for finding in snapshot.findings] == [6, 1, None, 1]
    assert [key.name for key in snapshot.migrations] == ["0001_initial"]


def test_an_app_whose_only_migration_has_markers_is_an_app_all_the_same() -> None:
    snapshot = read(app("shop", m0001_initial="<<<<<<< HEAD\n" + migration() + "=======\n>>>>>>> theirs\n"))
    assert messages(snapshot) == ["unreadable: shop/migrations/0001_initial.py:1 unresolved git conflict markers"]


def test_a_compiled_file_without_its_source_is_a_finding() -> None:
    files = app("shop", m0001_initial=migration())
    files |= {"shop/migrations/0002_gone.pyc": b"\xcb\r", "shop/migrations/0001_initial.pyc": b"\xcb\r"}
    assert messages(read(files)) == [
        "unreadable: shop/migrations/0002_gone.pyc a compiled file without its source, which Django loads"
    ]


def test_of_two_apps_with_one_label_the_installed_one_is_read_and_the_other_named() -> None:
    files = {**app("old/shop", m0001_old=migration()), **app("new/shop", m0001_new=migration()), "new/__init__.py": ""}
    files["settings.py"] = 'INSTALLED_APPS = ["new.shop"]\n'
    snapshot = read(files)
    assert [key.name for key in snapshot.migrations] == ["0001_new"]
    (finding,) = snapshot.findings
    assert finding.message == "unreadable: old/shop/migrations the app label shop is that of new/shop/migrations already"
    assert (finding.severity, finding.help) == (Severity.WARNING, "name one project's root with --path")


def test_an_app_of_the_tests_gives_way_without_a_warning() -> None:
    files = {**app("tests/shop", m0001_test=migration()), **app("src/lib/shop", m0001_real=migration())}
    snapshot = read(files)
    assert [key.name for key in snapshot.migrations] == ["0001_real"]
    assert [finding.severity for finding in snapshot.findings] == [Severity.INFO]


def test_settings_are_part_of_the_snapshot() -> None:
    snapshot = read({**app("shop", m0001_initial=migration()), "settings.py": 'AUTH_USER_MODEL = "shop.User"\n'})
    assert snapshot.settings == {"AUTH_USER_MODEL": "shop.User"}


def test_the_digest_changes_with_what_was_read_and_with_nothing_else() -> None:
    files = app("shop", m0001_initial=migration())
    digest = read(files).digest
    assert read({**files, "shop/models.py": "x"}).digest == digest
    assert read({**files, "shop/migrations/0001_initial.py": migration() + "#"}).digest != digest
    assert read({**files, "shop/migrations/0002_x.py": migration()}).digest != digest
    assert read({**files, "settings.py": 'AUTH_USER_MODEL = "shop.User"\n'}).digest != digest


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode() if isinstance(text, str) else text)


def test_the_working_tree_gives_the_same_snapshot_with_and_without_the_cache(tmp_path: Path) -> None:
    files = {
        **app("shop", m0001_initial=migration(), m0002_x=migration(("shop", "0001_initial"))),
        "shop/migrations/0003_x.py": "(",
    }
    write(tmp_path / "root", files)
    plain = read_snapshot(WorkingTree(tmp_path / "root"))
    cold = read_snapshot(WorkingTree(tmp_path / "root"), cache=FactCache(tmp_path / "cache"))
    warm = read_snapshot(WorkingTree(tmp_path / "root"), cache=FactCache(tmp_path / "cache"))
    assert plain == cold == warm
    assert plain.ref == ""
    assert len(plain.migrations) == 2


def test_one_file_in_two_apps_is_read_for_each(tmp_path: Path) -> None:
    source = migration().replace("operations = []", "operations = [migrations.DeleteModel('Old')]")
    write(tmp_path / "root", {**app("shop", m0001_x=source), **app("toys", m0001_x=source)})
    for _ in range(2):
        snapshot = read_snapshot(WorkingTree(tmp_path / "root"), cache=FactCache(tmp_path / "cache"))
        removed = {key.app_label: {one.app_label for one in found.outline.removes} for key, found in snapshot.migrations.items()}
        assert removed == {"shop": {"shop"}, "toys": {"toys"}}


def test_folders_outside_of_the_root_are_read_for_apps_that_are_given(tmp_path: Path) -> None:
    write(tmp_path, {**app("lib/toys", m0001_initial=migration()), **app("root/shop", m0001_initial=migration())})
    apps = (App(label="shop", path="shop/migrations"), App(label="toys", path="../lib/toys/migrations"))
    snapshot = read_snapshot(FoldersTree(tmp_path / "root", [one.path for one in apps]), apps=apps)
    assert {key.app_label: found.path for key, found in snapshot.migrations.items()} == {
        "shop": "shop/migrations/0001_initial.py",
        "toys": "../lib/toys/migrations/0001_initial.py",
    }
