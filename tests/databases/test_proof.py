"""Proofs on every database: what really happens in both orders, and nothing left behind."""

import time
from pathlib import Path

import pytest

from handrail.databases.base import SCRATCH, scratch_name
from handrail.domain.migration import MigrationKey
from handrail.domain.proof import Proof
from handrail.errors.base import Refusal
from tests.databases.small_project import THING, migration, prove_sides, write_project
from tests.servers.base import Database

INITIAL = ("shop", "0001_initial")
OURS, THEIRS = MigrationKey("shop", "0002_a"), MigrationKey("shop", "0002_b")


def prove_pair(tmp_path: Path, database: Database, ours: str, theirs: str, *, code: str = "", timeout: float = 1800.0) -> Proof:
    """Prove two migrations of one app that both follow its first one, and check that nothing is left of the proof."""
    files = {
        "0001_initial": migration(THING),
        "0002_a": migration(ours, INITIAL, code=code),
        "0002_b": migration(theirs, INITIAL, code=code),
    }
    root = write_project(tmp_path / "project", {"shop": files}, {"default": database.settings})
    before = database.server.names()
    proof = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"], "default", timeout=timeout)
    assert lasting(database, database.server.names() - before) == set()
    return proof


def lasting(database: Database, names: set[str]) -> set[str]:
    """Return the scratch databases among names that stay: those of proofs in other test processes go by themselves."""
    left = {name for name in names if name.startswith(SCRATCH)}
    deadline = time.monotonic() + 60
    while left and time.monotonic() < deadline:
        time.sleep(0.2)
        left &= database.server.names()
    return left


def statuses(proof: Proof) -> list[tuple[str, str]]:
    """Return how each order ended."""
    return [(order.label, str(order.status)) for order in proof.orders]


ALL_OK = [("ours, theirs", "ok"), ("theirs, ours", "ok"), ("merged", "ok")]


def changed(proof: Proof) -> list[tuple[str, str, str]]:
    """Return what differs in the schemas."""
    return [(each.table, each.kind, each.name) for each in proof.schema_differences]


def code(*functions: tuple[str, str]) -> str:
    """Return functions over every Thing: name and body."""
    text = ""
    for name, body in functions:
        text += f"def {name}(apps, schema_editor):\n    Thing = apps.get_model('shop', 'Thing')\n    {body}\n"
    return text


def test_an_independent_pair_is_equal(tmp_path: Path, database: Database):
    proof = prove_pair(
        tmp_path,
        database,
        'migrations.AddField("thing", "a", models.IntegerField(null=True)),',
        'migrations.AddIndex("thing", models.Index(fields=["n"], name="ix_n")),',
    )
    assert (proof.error, proof.schema_differences, proof.row_differences, proof.notes) == ("", (), (), ())
    assert statuses(proof) == ALL_OK
    assert proof.equal
    assert proof.rows == 3
    assert proof.vendor == ("mariadb" if database.server.name == "mariadb" else database.vendor)


def test_a22_two_lengths_of_one_field(tmp_path: Path, database: Database):
    proof = prove_pair(
        tmp_path,
        database,
        'migrations.AlterField("thing", "name", models.CharField(max_length=100)),',
        'migrations.AlterField("thing", "name", models.CharField(max_length=200)),',
    )
    assert statuses(proof) == ALL_OK
    assert changed(proof) == [("shop_thing", "column", "name")]
    ours_first, theirs_first, _ = (text for _, text in proof.schema_differences[0].found)
    assert "200" in ours_first
    assert "100" in theirs_first
    assert not proof.equal


def test_a17_two_values_of_unique_together(tmp_path: Path, database: Database):
    proof = prove_pair(
        tmp_path,
        database,
        'migrations.AlterUniqueTogether("thing", {("name", "n")}),',
        'migrations.AlterUniqueTogether("thing", {("name", "x")}),',
    )
    assert statuses(proof) == ALL_OK
    kind = "constraint" if database.vendor == "postgresql" else "index"
    names = ["shop_thing_name_n_cdeae45b_uniq", "shop_thing_name_x_1c09ce62_uniq"]
    assert changed(proof) == [("shop_thing", kind, name) for name in names]
    assert not proof.equal


def test_a28_two_updates_of_one_column(tmp_path: Path, database: Database):
    functions = code(
        ("upper", "[Thing.objects.filter(pk=t.pk).update(name=t.name.upper()) for t in Thing.objects.all()]"),
        ("append", "[Thing.objects.filter(pk=t.pk).update(name=t.name[:9] + '-x') for t in Thing.objects.all()]"),
    )
    proof = prove_pair(tmp_path, database, "migrations.RunPython(upper),", "migrations.RunPython(append),", code=functions)
    assert statuses(proof) == ALL_OK
    assert proof.schema_differences == ()
    first = proof.row_differences[0]
    assert (first.table, first.kind, first.name) == ("shop_thing", "row", "1")
    assert dict(first.found) == {
        "ours, theirs": "name='A-NAME-x'",
        "theirs, ours": "name='A-NAME-X'",
        "merged": "name='A-NAME-x'",
    }
    assert len(proof.row_differences) == 3
    assert not proof.equal


def test_a26_code_that_reads_a_renamed_field(tmp_path: Path, database: Database):
    functions = code(("count", "list(Thing.objects.filter(x='xa'))"))
    proof = prove_pair(
        tmp_path, database, 'migrations.RenameField("thing", "x", "y"),', "migrations.RunPython(count),", code=functions
    )
    assert statuses(proof) == [("ours, theirs", "error"), ("theirs, ours", "ok"), ("merged", "error")]
    assert proof.orders[0].failed == THEIRS
    assert proof.orders[0].error == "FieldError: Cannot resolve keyword 'x' into field. Choices are: id, n, name, y"
    assert not proof.equal


def test_a57_the_type_of_a_foreign_key_follows_the_primary_key(tmp_path: Path, database: Database):
    proof = prove_pair(
        tmp_path,
        database,
        'migrations.AlterField("thing", "id", models.AutoField(primary_key=True)),',
        """
        migrations.CreateModel("Part", [
            ("id", models.BigAutoField(primary_key=True)),
            ("t", models.ForeignKey("shop.thing", models.CASCADE)),
        ]),
        """,
    )
    names = [(each.table, each.kind) for each in proof.name_differences]
    assert statuses(proof) == ALL_OK
    assert changed(proof) == ([("shop_part", "column", "t_id")] if database.vendor == "sqlite" else [])
    assert names == {
        "sqlite": [],
        "postgresql": [("shop_part", "constraint")],
        "mysql": [("shop_part", "constraint"), ("shop_part", "index")],
    }.get(database.vendor)
    assert proof.equal is (database.vendor != "sqlite")


def test_a13_two_indexes_of_one_name(tmp_path: Path, database: Database):
    proof = prove_pair(
        tmp_path,
        database,
        'migrations.AddIndex("thing", models.Index(fields=["n"], name="ix1")),',
        'migrations.AddIndex("thing", models.Index(fields=["x"], name="ix1")),',
    )
    assert statuses(proof) == [("ours, theirs", "error"), ("theirs, ours", "error"), ("merged", "error")]
    assert [order.failed for order in proof.orders] == [THEIRS, OURS, THEIRS]
    assert "ix1" in proof.orders[0].error
    assert not proof.equal


@pytest.mark.parametrize(("theirs", "equal"), [("UPDATE shop_thing SET x = 'y'", True), ("UPDATE shop_thing SET n = 5", False)])
def test_two_statements_of_sql(tmp_path: Path, database: Database, theirs: str, equal: bool):
    ours = 'migrations.RunSQL("UPDATE shop_thing SET n = 4"),'
    proof = prove_pair(tmp_path, database, ours, f"migrations.RunSQL({theirs!r}),")
    assert statuses(proof) == ALL_OK
    assert proof.data
    assert proof.equal is equal
    assert [each.found[0] for each in proof.row_differences] == ([] if equal else [("ours, theirs", "n=5")] * 3)


def test_what_a_killed_proof_left_is_dropped_and_what_is_new_stays(tmp_path: Path, database: Database):
    if database.server.vendor == "sqlite":
        names: set[str] = set()
    else:
        names = {f"{SCRATCH}20200101000000_abcdef", scratch_name()}
        for name in names:
            database.server.create(name)
    files = {"0001_initial": migration(THING), "0002_a": migration("", INITIAL), "0002_b": migration("", INITIAL)}
    root = write_project(tmp_path / "project", {"shop": files}, {"default": database.settings})
    proof = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"], "default")
    left = names & database.server.names()
    for name in left:
        database.server.drop(name)
    assert proof.equal
    assert left == {name for name in names if "_2020" not in name}


def test_the_database_itself_is_never_touched(tmp_path: Path, database: Database):
    database.query("CREATE TABLE shop_thing (mine integer)")
    database.query("INSERT INTO shop_thing VALUES (7)")
    proof = prove_pair(tmp_path, database, 'migrations.RunSQL("DELETE FROM shop_thing"),', 'migrations.DeleteModel("thing"),')
    assert statuses(proof) == [("ours, theirs", "ok"), ("theirs, ours", "error"), ("merged", "ok")]
    assert database.query("SELECT * FROM shop_thing") == [(7,)]


def test_a_user_without_the_right_is_told_which(tmp_path: Path, database: Database):
    settings, expected = dict(database.settings), ("", "")
    if database.vendor == "postgresql":
        database.query("DROP ROLE IF EXISTS handrail_poor")
        database.query("CREATE ROLE handrail_poor LOGIN PASSWORD 'poor'")
        expected = ("CREATEDB", "ALTER ROLE name CREATEDB")
    elif database.vendor == "mysql":
        database.query("CREATE OR REPLACE USER handrail_poor@'127.0.0.1' IDENTIFIED BY 'poor'")
        expected = (
            "ALL on `handrail\\_scratch\\_%`.*",
            "GRANT ALL PRIVILEGES ON `handrail\\_scratch\\_%`.* TO user",
        )
    if any(expected):
        settings |= {"USER": "handrail_poor", "PASSWORD": "poor"}
    files = {"0001_initial": migration(THING), "0002_a": migration("", INITIAL), "0002_b": migration("", INITIAL)}
    root = write_project(tmp_path / "project", {"shop": files}, {"default": settings})
    finding = None
    try:
        proof = prove_sides(root, ["shop.0002_a"], ["shop.0002_b"], "default")
    except Refusal as refusal:
        finding = refusal.finding
    if database.vendor == "postgresql":
        database.query("DROP ROLE handrail_poor")
    elif database.vendor == "mysql":
        database.query("DROP USER handrail_poor@'127.0.0.1'")
    if finding is None:
        assert (expected, proof.equal) == (("", ""), True)
        return
    who = "handrail_poor may not make a scratch database"
    assert finding.code == "HR213"
    assert finding.message == f"preflight: default cannot be proved on: {who}: it lacks the privilege {expected[0]}"
    assert finding.help == f"run {expected[1]}, or leave --database out: the orders run on SQLite in memory then"


def test_values_that_are_made_up_at_every_run_are_named_and_left_out(tmp_path: Path, database: Database):
    functions = "import uuid\n" + code(
        ("token", "[Thing.objects.filter(pk=t.pk).update(x=uuid.uuid4().hex[:20]) for t in Thing.objects.all()]")
    )
    ours = "migrations.RunPython(token),"
    proof = prove_pair(tmp_path, database, ours, 'migrations.RunSQL("UPDATE shop_thing SET n = 5"),', code=functions)
    assert proof.unstable == ("shop_thing.x",)
    assert proof.row_differences == ()
    assert proof.equal


def test_an_order_that_takes_too_long_is_stopped_and_cleaned_up(tmp_path: Path, database: Database):
    functions = "import time\n" + code(("wait", "time.sleep(60)"))
    proof = prove_pair(tmp_path, database, "migrations.RunPython(wait),", "", code=functions, timeout=16)
    assert proof.orders[0].error == "it takes more than 4 seconds"
    assert proof.orders[0].failed == OURS
    assert not proof.equal
