"""What the code of migrations can do to a proof: every way out of it is a result. On SQLite in memory, which is the default."""

from pathlib import Path

import pytest

from handrail.domain.migration import MigrationKey
from handrail.domain.proof import Proof
from handrail.execution.proof import Checkout, prove
from handrail.sources.files import WorkingTree, read_snapshot
from tests.databases.small_project import THING, migration, prove_sides, write_project

INITIAL = ("shop", "0001_initial")
THEIRS = 'migrations.AddField("thing", "b", models.IntegerField(null=True)),'
MADE_UP = (
    "no settings module was found (no DJANGO_SETTINGS_MODULE, no manage.py that names one); the orders ran with settings made up "
    "from the files: no app's own code but its migrations was imported"
)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)


def prove_code(tmp_path: Path, body: str, *, head: str = "", theirs: str = THEIRS, base: str = THING, **options: object) -> Proof:
    """Prove a RunPython with a body against a migration that adds a field."""
    code = f"{head}\ndef run(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    {body}\n"
    files = {
        "0001_initial": migration(base),
        "0002_a": migration("migrations.RunPython(run),", INITIAL, code=code),
        "0002_b": migration(theirs, INITIAL),
    }
    return prove_sides(write_project(tmp_path / "project", {"shop": files}), ["shop.0002_a"], ["shop.0002_b"], **options)


def first_error(proof: Proof) -> str:
    """Return what stopped ours when it ran first."""
    assert not proof.equal
    return proof.orders[0].error


def test_sys_exit_is_an_error_of_the_order(tmp_path: Path):
    assert first_error(prove_code(tmp_path, "sys.exit(3)", head="import sys")) == "SystemExit: the code calls sys.exit(3)"


def test_a_question_is_an_error_of_the_order(tmp_path: Path):
    expected = "EOFError: the code asks for input, and there is nobody to answer (EOF when reading a line)"
    assert first_error(prove_code(tmp_path, "input('name? ')")) == expected


def test_a_process_that_ends_itself_is_an_error_of_the_order(tmp_path: Path):
    proof = prove_code(tmp_path, "os._exit(5)", head="import os")
    assert first_error(proof) == "the process that ran the migrations ended with 5"


def test_code_that_catches_everything_cannot_run_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("handrail.execution.proof.GRACE", 0.5)
    body = "\n    ".join(["while True:", "    try:", "        time.sleep(1)", "    except BaseException:", "        pass"])
    proof = prove_code(tmp_path, body, head="import time", timeout=12)
    assert first_error(proof) == "the migrations took more than 12 seconds"


def test_what_the_code_prints_does_not_disturb_the_report(tmp_path: Path):
    proof = prove_code(tmp_path, 'print(\'{"event": "error", "text": "x"}\'); os.write(1, b\'noise\')', head="import os")
    assert (proof.error, proof.equal) == ("", True)


def test_code_that_only_chokes_on_unusual_rows_is_run_on_ordinary_ones(tmp_path: Path):
    proof = prove_code(tmp_path, "[t.name[0] for t in Thing.objects.all()]")
    failure = "shop.0002_a fails (IndexError: string index out of range) by itself"
    assert proof.notes == (MADE_UP, f"on rows at the limits of their fields, {failure}, so other rows were tried")
    assert (proof.rows, proof.equal) == (3, True)


def test_code_that_bears_no_rows_proves_nothing(tmp_path: Path):
    proof = prove_code(tmp_path, "assert not Thing.objects.exists(), 'rows'")
    assert (proof.rows, proof.unseeded) == (0, ("shop.Thing",))
    assert [order.error for order in proof.orders] == ["", "", ""]
    assert not proof.equal


def test_code_that_always_fails_is_an_error_of_every_order(tmp_path: Path):
    proof = prove_code(tmp_path, "1 / 0")
    assert [order.error for order in proof.orders] == ["ZeroDivisionError: division by zero"] * 3
    assert proof.orders[1].failed == MigrationKey("shop", "0002_a")


def test_the_same_rows_are_made_in_every_run(tmp_path: Path):
    body = "raise Exception(str(sorted(Thing.objects.values_list('name', 'n', 'x'))))"
    one, other = prove_code(tmp_path / "1", body), prove_code(tmp_path / "2", body)
    assert one.notes == other.notes
    assert "('a-name', 1, 'a-x')" in one.notes[1]


def test_rows_hold_null_limits_choices_and_relations(tmp_path: Path):
    base = (
        THING
        + """
    migrations.CreateModel("Order", [
        ("id", models.BigAutoField(primary_key=True)),
        ("thing", models.ForeignKey("shop.thing", models.CASCADE)),
        ("only", models.OneToOneField("shop.thing", models.CASCADE, related_name="+")),
        ("others", models.ManyToManyField("shop.thing", related_name="+")),
        ("state", models.CharField(max_length=1, choices=[("a", "A"), ("b", "B")])),
        ("small", models.PositiveSmallIntegerField(null=True)),
        ("price", models.DecimalField(max_digits=5, decimal_places=2, unique=True)),
        ("day", models.DateField(auto_now=True)),
    ]),
    """
    )
    body = """Order = apps.get_model('shop', 'Order')
    fields = ('thing_id', 'only_id', 'state', 'small', 'price', 'day')
    rows = [tuple(map(str, row)) for row in Order.objects.order_by('pk').values_list(*fields)]
    raise Exception(repr((rows, [o.others.count() for o in Order.objects.all()])))"""
    proof = prove_code(tmp_path, body, base=base)
    rows = [
        ("1", "1", "a", "1", "0.01", "2020-01-01"),
        ("2", "2", "b", "0", "-999.99", "1000-01-01"),
        ("3", "3", "a", "None", "999.99", "9999-12-31"),
    ]
    assert f"(Exception: {(rows, [1, 1, 1])!r})" in proof.notes[1]


def test_settings_that_cannot_be_imported_are_named_and_replaced(tmp_path: Path):
    files = {"0001_initial": migration(THING), "0002_a": migration("", INITIAL), "0002_b": migration(THEIRS, INITIAL)}
    root = write_project(tmp_path / "project", {"shop": files}, {})
    (root / "project_settings.py").write_text("import not_installed_anywhere\n")
    proof = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"])
    reason = "the settings project_settings cannot be used (ModuleNotFoundError: No module named 'not_installed_anywhere')"
    assert proof.notes[0].startswith(f"{reason}; the orders ran with settings made up")
    assert proof.equal
    refused = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"], "default")
    assert (refused.error, refused.equal) == (reason, False)


def test_an_alias_that_is_not_there_is_named(tmp_path: Path):
    files = {"0001_initial": migration(THING), "0002_a": migration("", INITIAL), "0002_b": migration("", INITIAL)}
    root = write_project(tmp_path / "project", {"shop": files}, {})
    proof = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"], "replica")
    assert proof.error == "the settings project_settings have no database replica"


def test_each_side_brings_its_own_files(tmp_path: Path):
    helper = "from shop.migrations._words import WORD\ndef run(apps, schema_editor):\n    assert WORD == 'theirs'\n"
    base = {"0001_initial": migration(THING)}
    ours = write_project(tmp_path / "ours", {"shop": {**base, "0002_a": migration(THEIRS, INITIAL)}})
    theirs_files = {**base, "0002_b": migration("migrations.RunPython(run),", INITIAL, code=helper)}
    theirs = write_project(tmp_path / "theirs", {"shop": {**theirs_files, "0002_gone": migration("", INITIAL)}})
    (theirs / "shop" / "migrations" / "_words.py").write_text("WORD = 'theirs'\n")
    checkouts = [Checkout(tree=WorkingTree(root), snapshot=read_snapshot(WorkingTree(root))) for root in (ours, theirs)]
    merged = {**checkouts[0].snapshot.migrations, **checkouts[1].snapshot.migrations}
    del merged[MigrationKey("shop", "0002_gone")]
    proof = prove(checkouts, merged, ([MigrationKey("shop", "0002_a")], [MigrationKey("shop", "0002_b")]))
    assert (proof.error, proof.equal) == ("", True)


def test_an_app_that_only_one_side_installs_is_run_too(tmp_path: Path):
    files = {"0001_initial": migration(THING), "0002_a": migration(THEIRS, INITIAL)}
    blog = {"0001_initial": migration('migrations.CreateModel("Post", [("id", models.BigAutoField(primary_key=True))]),')}
    root = write_project(tmp_path / "project", {"shop": files}, {})
    write_project(root, {"blog": blog})
    proof = prove_sides(root, ["shop.0002_a"], ["blog.0001_initial"])
    assert proof.notes == ("the app blog is not installed by the settings: only its migrations were used",)
    assert proof.equal


def test_a_migration_that_is_replaced_cannot_be_proved(tmp_path: Path):
    squashed = migration(THING).replace(
        "operations =", 'replaces = [("shop", "0001_initial"), ("shop", "0002_a")]\n    operations ='
    )
    files = {"0001_initial": migration(THING), "0002_a": migration("", INITIAL), "0001_squashed": squashed}
    files["0002_b"] = migration("", INITIAL)
    proof = prove_sides(write_project(tmp_path / "project", {"shop": files}), ["shop.0002_a"], ["shop.0002_b"])
    assert proof.error == "shop.0002_a: not in the graph that Django builds of the merged files"
    assert not proof.equal


def test_a_graph_that_cannot_be_built_is_an_error(tmp_path: Path):
    files = {"0001_initial": migration(THING), "0002_a": migration("", ("shop", "0001_gone")), "0002_b": migration("", INITIAL)}
    proof = prove_sides(write_project(tmp_path / "project", {"shop": files}), ["shop.0002_a"], ["shop.0002_b"])
    expected = (
        "the migrations cannot be loaded: NodeNotFoundError: Migration shop.0002_a dependencies reference nonexistent parent node"
    )
    assert proof.error.startswith(expected)


def test_signals_are_not_emitted_and_other_databases_are_empty(tmp_path: Path):
    config = """
from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

class ShopConfig(AppConfig):
    name = "shop"

    def ready(self):
        for signal in (pre_migrate, post_migrate):
            signal.connect(lambda **_: 1 / 0, weak=False)
"""
    code = """
def run(apps, schema_editor):
    from django.conf import settings
    from django.db import connections
    assert str(settings.DATABASES["replica"]["NAME"]) == ":memory:"
    assert connections["replica"].introspection.table_names() == []
"""
    files = {
        "0001_initial": migration(THING),
        "0002_a": migration("migrations.RunPython(run),", INITIAL, code=code),
        "0002_b": migration(THEIRS, INITIAL),
    }
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "real.sqlite3")}
    root = write_project(tmp_path / "project", {"shop": files}, {"default": entry, "replica": entry})
    (root / "shop" / "apps.py").write_text(config)
    proof = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"], "default")
    assert (proof.error, [order.error for order in proof.orders]) == ("", ["", "", ""])
    assert not (tmp_path / "real.sqlite3").exists()
