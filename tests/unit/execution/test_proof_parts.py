"""The parts of a proof that need no database: plans, comparisons, files and the reading of reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from handrail.databases.base import CatalogueObject
from handrail.domain.migration import MigrationKey
from handrail.domain.proof import Difference, Order, Proof, Status
from handrail.execution.proof import read_events
from handrail.execution.proof_compare import Contents, TableRows, compare, differing_tables, unstable_columns
from handrail.execution.proof_files import lay_out
from handrail.execution.proof_plan import plan_orders
from handrail.sources.files import WorkingTree, read_snapshot

A1, A2, B1, B2, B3 = ("a", "1"), ("a", "2"), ("b", "1"), ("b", "2"), ("b", "3")


def planned(parents: Mapping[tuple[str, str], Sequence[tuple[str, str]]], ours: list, theirs: list):
    """Plan over a small graph; keys in the order of the mapping."""

    def ancestors(key):
        return {key}.union(*(ancestors(parent) for parent in parents[key]))

    return plan_orders(list(parents), ancestors, ours, theirs)


def test_each_side_is_a_step_of_its_own_after_the_common_ancestor():
    plans = planned({A1: [], A2: [A1], B1: [A1], B2: [B1]}, [A2], [B1, B2])
    assert plans.base == (A1,)
    assert plans.orders == {"ours, theirs": ((A2,), (B1, B2)), "theirs, ours": ((B1, B2), (A2,)), "merged": ((A2, B1, B2),)}


def test_what_neither_side_needs_is_left_out():
    assert planned({A1: [], A2: [A1], B1: [], B2: [A1], B3: []}, [A2], [B2]).base == (A1,)


def test_what_follows_a_side_goes_with_it():
    plans = planned({A1: [], A2: [A1], B1: [A2], B2: [B1], B3: [A1]}, [A2, B2], [B3])
    assert plans.base == (A1,)
    assert plans.orders["ours, theirs"] == ((A2, B1, B2), (B3,))


def contents(objects: Sequence[CatalogueObject] = (), rows: Sequence[Mapping[str, object]] = (), key: str = "id") -> Contents:
    """Return a database of one table t."""
    cells = tuple({name: (type(value).__name__, repr(value)) for name, value in row.items()} for row in rows)
    return Contents(tuple(objects), {"t": TableRows((key,) if key else (), cells)})


def compared(one: Contents, other: Contents, unstable=frozenset()):
    return compare({"1": one, "2": other}, unstable, lambda name: name.startswith("made_up"))


def test_the_order_of_columns_is_no_difference():
    objects = [CatalogueObject("t", "column", "a", "integer"), CatalogueObject("t", "column", "b", "text")]
    assert compared(contents(objects), contents(objects[::-1]))["schema_differences"] == []


def test_a_definition_that_differs_is_shown_for_each_order():
    one, other = (contents([CatalogueObject("t", "column", "a", text)]) for text in ("integer", "text"))
    assert compared(one, other)["schema_differences"] == [("t", "column", "a", [("1", "integer"), ("2", "text")])]


def test_what_one_order_lacks_is_empty_there_even_without_a_definition():
    one, other = contents([CatalogueObject("", "extension", "hstore", "")]), contents()
    assert compared(one, other)["schema_differences"] == [("", "extension", "hstore", [("1", "extension hstore"), ("2", "")])]


def test_names_that_were_made_up_are_told_apart_from_those_of_people():
    one, other = (contents([CatalogueObject("t", "index", name, "(a)")]) for name in ("made_up_1", "made_up_2"))
    found = compared(one, other)
    assert found["name_differences"] == [("t", "index", "", [("1", "made_up_1: (a)"), ("2", "made_up_2: (a)")])]
    assert found["schema_differences"] == []
    chosen = contents([CatalogueObject("t", "index", "mine", "(a)")])
    assert compared(one, chosen)["schema_differences"] == [("t", "index", "", [("1", "made_up_1: (a)"), ("2", "mine: (a)")])]


def test_one_name_more_for_one_definition_is_a_difference():
    objects = [CatalogueObject("t", "index", name, "(a)") for name in ("made_up_1", "made_up_2")]
    found = compared(contents(objects), contents(objects[:1]))
    assert found["schema_differences"] == [("t", "index", "made_up_2", [("1", "(a)"), ("2", "")])]


def test_rows_are_compared_by_key_and_type():
    one = contents(rows=[{"id": 1, "n": 1}, {"id": 2, "n": 5}])
    other = contents(rows=[{"id": 2, "n": 5}, {"id": 1, "n": "1"}, {"id": 3, "n": 0}])
    assert compared(one, other)["row_differences"] == [
        ("t", "row", "1", [("1", "n=1"), ("2", "n='1'")]),
        ("t", "row", "3", [("1", ""), ("2", "id=3, n=0")]),
    ]
    assert differing_tables({"1": one, "2": other}) == ["t"]


def test_equal_texts_of_two_types_are_shown_with_the_types():
    one, other = (Contents((), {"t": TableRows(("id",), ({"id": ("int", "1"), "n": (kind, "1")},))}) for kind in ("int", "float"))
    assert compared(one, other)["row_differences"] == [("t", "row", "1", [("1", "n=1 (int)"), ("2", "n=1 (float)")])]


def test_long_values_are_cut_where_the_rest_shows_the_difference():
    one, other = (contents(rows=[{"id": 1, "n": letter + "x" * 100}]) for letter in "ab")
    found = compared(one, other)["row_differences"][0][3]
    assert found == [(label, f"n='{letter}{'x' * 38} ... {'x' * 39}'") for label, letter in (("1", "a"), ("2", "b"))]
    one, other = (contents(rows=[{"id": 1, "n": "x" * 60 + letter + "x" * 60}]) for letter in "ab")
    assert compared(one, other)["row_differences"][0][3][0] == ("1", f"n='{'x' * 60}a{'x' * 60}'")


def test_rows_without_a_key_are_counted():
    one, other = contents(rows=[{"n": 1}, {"n": 1}], key=""), contents(rows=[{"n": 1}], key="")
    assert compared(one, other)["row_differences"] == [("t", "row", "", [("1", "n=1"), ("2", "")])]


def test_only_the_first_rows_are_shown_one_by_one():
    one, other = contents(rows=[{"id": number, "n": 1} for number in range(25)]), contents()
    found = compared(one, other)["row_differences"]
    assert len(found) == 21
    assert found[-1] == ("t", "rows", "", [("", "5 more rows differ")])


def test_unstable_columns_are_found_and_left_out():
    one, again = (contents(rows=[{"id": 1, "n": 1, "token": token}]) for token in ("a", "b"))
    unstable = unstable_columns(one, again)
    assert unstable == {("t", "token")}
    found = compared(one, again, unstable)
    assert (found["row_differences"], found["unstable"]) == ([], ["t.token"])


def test_rows_whose_keys_are_random_are_compared_by_what_is_left():
    one, again = (contents(rows=[{"id": key, "n": 1}, {"id": key * 2, "n": 2}]) for key in ("a", "b"))
    unstable = unstable_columns(one, again)
    other = contents(rows=[{"id": "c", "n": 1}, {"id": "d", "n": 3}])
    assert unstable == {("t", "id")}
    assert [found for *_, found in compared(one, other, unstable)["row_differences"]] == [
        [("1", "n=2"), ("2", "")],
        [("1", ""), ("2", "n=3")],
    ]


def test_a_random_number_of_rows_leaves_the_table_out():
    one, again = contents(rows=[{"id": 1}]), contents(rows=[{"id": 1}, {"id": 2}])
    assert unstable_columns(one, again) == {("t", "*")}
    assert compared(one, again, frozenset({("t", "*")}))["row_differences"] == []


START = {"event": "start", "vendor": "sqlite", "version": "3.45", "data": True}
SEEDED = {"event": "seeded", "rows": 3, "unseeded": []}
RUNNING = {"event": "running", "label": "ours, theirs"}
DONE = {
    "event": "order",
    "label": "ours, theirs",
    "status": "ok",
    "migrations": [["a", "1"]],
    "failed": None,
    "error": "",
    "seconds": 0.5,
}
EMPTY = {"event": "compared", "schema_differences": [], "name_differences": [], "row_differences": [], "unstable": []}


def test_reports_make_a_proof():
    row = ["t", "row", "1", [["ours, theirs", "n=1"], ["theirs, ours", ""]]]
    proof = read_events([START, SEEDED, RUNNING, DONE, {**EMPTY, "row_differences": [row]}])
    assert proof.orders == (Order(label="ours, theirs", status=Status.OK, migrations=(MigrationKey("a", "1"),), seconds=0.5),)
    found = (("ours, theirs", "n=1"), ("theirs, ours", ""))
    assert proof.row_differences == (Difference(table="t", kind="row", name="1", found=found),)
    assert not proof.equal
    assert read_events([START, SEEDED, RUNNING, DONE, EMPTY]).equal


def test_orders_on_rows_that_were_given_up_do_not_count():
    failed = {**DONE, "status": "error", "error": "x"}
    proof = read_events([START, SEEDED, RUNNING, failed, SEEDED, RUNNING, DONE, EMPTY])
    assert [order.status for order in proof.orders] == ["ok"]


def test_a_process_that_ends_early_never_proves_anything():
    assert read_events([], "it ended with -9").error == "it ended with -9"
    assert read_events([START, SEEDED], "").error == "the process that ran the migrations reported nothing"
    cut = read_events([START, SEEDED, RUNNING], "it ended with -9")
    assert (cut.orders[0].status, cut.orders[0].error, cut.equal) == (Status.ERROR, "it ended with -9", False)
    assert not read_events([START, SEEDED, RUNNING, DONE], "it ended with -9").equal


def test_equal_needs_rows_where_code_may_change_them():
    order = Order(label="merged", status=Status.OK)
    assert Proof(vendor="", version="", orders=(order,)).equal
    assert Proof(vendor="", version="", orders=(order,), unseeded=("a.B",)).equal
    assert not Proof(vendor="", version="", orders=(order,), unseeded=("a.B",), data=True).equal
    assert not Proof(vendor="", version="").equal
    assert not Proof(vendor="", version="", orders=(order,), error="x").equal


MIGRATION = "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    operations = []\n# {0}\n"


def written(root: Path, files: Mapping[str, str]):
    """Write files and return the tree and what is read of it."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return WorkingTree(root), read_snapshot(WorkingTree(root))


def test_exactly_the_migrations_of_the_merge_are_laid_out(tmp_path: Path):
    package = {"shop/__init__.py": "", "shop/migrations/__init__.py": ""}
    base = {f"shop/migrations/{name}.py": MIGRATION.format(name) for name in ("0001_a", "0002_renamed_by_us")}
    ours = written(tmp_path / "ours", {**package, "shop/migrations/0001_a.py": MIGRATION.format("ours"), "models.py": "ours"})
    theirs = written(tmp_path / "theirs", {**package, **base, "models.py": "theirs", "helper.py": "theirs", "logo.PNG": ""})
    kept = {MigrationKey("shop", "0001_a"): theirs[1].migrations["shop", "0001_a"]}
    lay_out([ours, theirs], kept, tmp_path / "out")
    found = {
        str(path.relative_to(tmp_path / "out")): path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()
    }
    expected = {**package, "models.py": "ours", "helper.py": "theirs", "shop/migrations/0001_a.py": MIGRATION.format("0001_a")}
    assert found == expected
