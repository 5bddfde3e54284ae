"""HR102 to HR109: what two sides have in common, as findings."""

from __future__ import annotations

from typing import Any

import pytest

from handrail.checks._reasons import findings_of, not_resolved
from handrail.domain.conflict import Reason
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.migration import Operation
from handrail.domain.value import Call, ListOf, Name, SetOf
from tests.finding_samples import Kind, Verdict, conflict, key, migration, operation, reason, table

BOTH = (("shop", "0002_a", 0), ("shop", "0002_b", 0))


def char(**keywords: object) -> Call:
    return Call("django.db.models.CharField", (), tuple(keywords.items()))


def found(one: Reason, ours: Operation, theirs: Operation, *, app: str = "shop", **rest: Any) -> Finding:
    """Return the only finding of a reason between 0002_a of shop and 0002_b."""
    migrations = table(migration("0002_a", ours), migration("0002_b", theirs, app=app))
    (finding,) = findings_of(conflict(one, **rest), migrations)
    return finding


def add(name: str = "extra", **arguments: object) -> Operation:
    return operation("AddField", model_name="thing", name=name, **arguments)


def test_a_finding_has_the_places_of_both_sides_and_what_the_sides_say() -> None:
    one = reason(
        "HR103",
        Kind.SAME_FIELD,
        Verdict.OVERLAPPING,
        model="shop.Thing",
        field="name",
        base=char(max_length=50),
        ours=char(max_length=100),
        theirs=char(max_length=50, null=True),
        merged=char(max_length=100, null=True),
        operations=BOTH,
        explanation="each side alters one field",
    )
    alter = operation("AlterField", line=12, model_name="thing", name="name")
    assert found(one, alter, operation("RunPython", line=14, code=Name(".fill"))) == Finding(
        code="HR103",
        severity=Severity.ERROR,
        message="lost-update: shop.0002_a and shop.0002_b each set the whole definition of shop.Thing.name; "
        "base=(max_length=50) a=(max_length=100) b=(max_length=50, null=True) merged=(max_length=100, null=True)",
        locations=(
            Location(path="shop/migrations/0002_a.py", line=12, remark="ours: alter field thing.name"),
            Location(path="shop/migrations/0002_b.py", line=14, remark="theirs: run Python fill"),
        ),
        notes=(
            "each side alters one field",
            "base:   models.CharField(max_length=50)",
            "ours:   models.CharField(max_length=100)",
            "theirs: models.CharField(max_length=50, null=True)",
            "merged: models.CharField(max_length=100, null=True)",
        ),
        help="let resolve write the merged value",
        command="handrail resolve shop",
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        (char(max_length=50), char(max_length=50), "identical"),
        (char(max_length=50), char(max_length=100), "different: max_length=50 and max_length=100"),
        (char(max_length=50, null=True), char(max_length=50), "different: null=True and no null"),
        (char(a=1, b=2), char(b=2, a=1), "different: another order and another order"),
        (char(max_length=50), Name("shop.X"), "different: models.CharField(max_length=50) and shop.X"),
        ("x" * 80, "y", f"different: '{'x' * 58}… and 'y'"),
    ],
)
def test_hr102_says_how_the_two_differ(ours: object, theirs: object, difference: str) -> None:
    one = reason(
        "HR102", Kind.SAME_FIELD, Verdict.CONVERGENT, model="shop.Thing", field="extra", ours=ours, theirs=theirs, operations=BOTH
    )
    finding = found(one, add(), add())
    assert finding.message == f"duplicate-op: shop.0002_a and shop.0002_b both add field shop.Thing.extra ({difference})"
    assert finding.help == "both sides do the same: keep one of the two"


@pytest.mark.parametrize(("theirs", "word"), [(add(), "identical"), (add(preserve_default=False), "different")])
def test_hr102_without_values_compares_the_operations(theirs: Operation, word: str) -> None:
    one = reason("HR102", Kind.SAME_FIELD, Verdict.CONVERGENT, model="shop.Thing", field="extra", operations=BOTH)
    assert found(one, add(), theirs).message.endswith(f"both add field shop.Thing.extra ({word})")


def test_hr102_of_different_operations() -> None:
    one = reason("HR102", Kind.SAME_MODEL, Verdict.OVERLAPPING, model="shop.New", operations=BOTH)
    finding = found(one, operation("CreateModel", name="New"), operation("RunSQL", sql="x"))
    assert finding.message == "duplicate-op: shop.0002_a and shop.0002_b both change shop.New (different)"


def test_hr103_names_the_attribute_of_the_whole_value() -> None:
    one = reason(
        "HR103",
        Kind.FULL_VALUE,
        Verdict.OVERLAPPING,
        model="shop.Thing",
        name="unique_together",
        base=SetOf(()),
        ours=SetOf((("name", "n"),)),
        theirs=SetOf((("name", "x"),)),
        operations=BOTH,
    )
    unique = operation("AlterUniqueTogether", name="thing")
    finding = found(one, unique, unique)
    assert finding.message == (
        "lost-update: shop.0002_a and shop.0002_b each set the whole unique_together of shop.Thing; "
        "base=set() a={('name', 'n')} b={('name', 'x')} merged=none"
    )
    assert finding.help == "choose one of the two, and change the other migration"
    assert finding.command == "handrail explain HR103"


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        (
            operation("RenameField", model_name="thing", old_name="x", new_name="y"),
            operation("AlterField", model_name="thing", name="x"),
            "rename-vs-use: shop.0002_b uses shop.Thing.x which shop.0002_a renames to y",
        ),
        (
            operation("AddIndex", model_name="thing"),
            operation(
                "SeparateDatabaseAndState",
                state_operations=ListOf((operation("RenameModel", old_name="Thing", new_name="Item"),)),
            ),
            "rename-vs-use: shop.0002_a uses shop.Thing.x which shop.0002_b renames to Item",
        ),
        (
            operation("AlterModelTable", name="thing", table="goods"),
            operation("RunSQL", sql="update shop_thing"),
            "rename-vs-use: shop.0002_b uses shop.Thing.x which shop.0002_a renames to goods",
        ),
        (
            operation("RunSQL", sql="alter table shop_thing rename x to y"),
            operation("AlterField", model_name="thing", name="x"),
            "rename-vs-use: the other side uses shop.Thing.x which one side renames to another name",
        ),
    ],
)
def test_hr104_tells_who_renames_from_who_uses(ours: Operation, theirs: Operation, message: str) -> None:
    one = reason(
        "HR104",
        Kind.RENAME,
        Verdict.ORDER_DEPENDENT,
        model="shop.Thing",
        field="x",
        operations=BOTH,
        order=(key("0002_b"), key("0002_a")),
    )
    finding = found(one, ours, theirs)
    assert finding.message == message
    assert finding.help == "put them in this order: shop.0002_b, then shop.0002_a"
    assert finding.command == "handrail resolve shop"


@pytest.mark.parametrize(
    ("ours", "theirs", "message"),
    [
        (operation("DeleteModel", name="Thing"), add(), "delete-vs-use: shop.0002_b uses shop.Thing which shop.0002_a deletes"),
        (
            add(),
            operation("RemoveField", model_name="thing", name="x"),
            "delete-vs-use: shop.0002_a uses shop.Thing which shop.0002_b deletes",
        ),
        (operation("RunSQL", sql="drop table"), add(), "delete-vs-use: the other side uses shop.Thing which one side deletes"),
    ],
)
def test_hr105_tells_who_deletes_from_who_uses(ours: Operation, theirs: Operation, message: str) -> None:
    one = reason("HR105", Kind.DELETE, Verdict.ORDER_DEPENDENT, model="shop.Thing", operations=BOTH)
    finding = found(one, ours, theirs)
    assert finding.message == message
    assert finding.help == "change one of the two: either order loses"
    assert finding.command == "handrail explain HR105"


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "scope"),
    [
        (
            "AddIndex",
            "AddIndexConcurrently",
            "index",
            "unique per schema on PostgreSQL, per database on SQLite, per table on MySQL and MariaDB",
        ),
        (
            "AddConstraint",
            "AddConstraint",
            "constraint",
            "unique per table, and per schema where the database makes an index or a key of it",
        ),
        (
            "CreateModel",
            "AlterModelTable",
            "table",
            "unique per schema, case-insensitive on SQLite and often on MySQL and MariaDB",
        ),
        ("AddField", "RenameField", "column", "unique per table, case-insensitive on SQLite, MySQL and MariaDB"),
        ("AddIndex", "RunSQL", "name", "unique per schema or table, case-insensitive on some databases"),
    ],
)
def test_hr106_says_what_has_the_name_and_where_it_must_be_unique(ours: str, theirs: str, kind: str, scope: str) -> None:
    one = reason("HR106", Kind.SAME_NAME, Verdict.OVERLAPPING, model="shop.Thing", name="ix", operations=BOTH)
    finding = found(one, operation(ours), operation(theirs))
    assert finding.message == f'name-clash: {kind} "ix" created by shop.0002_a and shop.0002_b ({scope})'


def test_hr107_says_why_the_order_matters() -> None:
    one = reason("HR107", Kind.DATA, Verdict.OPAQUE, model="shop.Thing", operations=BOTH, explanation="the SQL cannot be read")
    finding = found(one, add(), add(), refs=("feature", "origin/main"))
    assert (
        finding.message == "data-order: shop.0002_a and shop.0002_b touch shop.Thing and do not commute (the SQL cannot be read)"
    )
    assert finding.help == "run both orders on a scratch database, or put the two in an order by a dependency"
    assert finding.command == "handrail conflicts shop --prove --head feature --base origin/main"


def test_hr108_tells_who_changes_by_the_app_of_the_model() -> None:
    operations = (("shop", "0002_a", 0), ("blog", "0002_b", 0))
    one = reason(
        "HR108",
        Kind.REFERENCE,
        Verdict.ORDER_DEPENDENT,
        model="shop.Thing",
        operations=operations,
        order=(key("0002_b", "blog"), key("0002_a")),
    )
    finding = found(one, add(), add(), app="blog", apps=("blog", "shop"))
    assert finding.message == "unordered-cross-app: blog.0002_b refers to shop.Thing changed by shop.0002_a, no path between them"
    assert finding.command == "handrail resolve blog shop"
    unclear = reason("HR108", Kind.REFERENCE, Verdict.ORDER_DEPENDENT, model="other.Thing", operations=operations)
    assert found(unclear, add(), add(), app="blog").message == (
        "unordered-cross-app: one of shop.0002_a and blog.0002_b refers to other.Thing changed by the other, no path between them"
    )


@pytest.mark.parametrize(
    ("kind", "does", "command"),
    [(Kind.SAME_NAME, "adds", "handrail resolve shop"), (Kind.GRAPH, "changes the file of", "handrail explain HR109")],
)
def test_hr109_says_what_the_sides_did_to_the_file(kind: Kind, does: str, command: str) -> None:
    same = (("shop", "0002_a", 0), ("shop", "0002_a", 0))
    said = f"each side {does} shop.0002_a with other content"
    one = reason("HR109", kind, Verdict.OVERLAPPING, name="shop.0002_a", operations=same, explanation=said)
    (finding,) = findings_of(conflict(one, theirs="0002_a"), table(migration("0002_a", add())))
    assert finding.message == f"same-name-other-content: {said}"
    assert finding.command == command


def test_the_command_names_the_target_branch() -> None:
    one = reason("HR102", Kind.SAME_FIELD, Verdict.CONVERGENT, model="shop.Thing", field="extra", operations=BOTH)
    assert found(one, add(), add(), refs=("", "origin/main")).command == "handrail resolve shop --onto origin/main"


def test_an_independent_reason_is_information() -> None:
    one = reason("HR107", Kind.DATA, Verdict.INDEPENDENT, model="shop.Thing", operations=BOTH)
    assert found(one, add(), add()).severity is Severity.INFO


def test_operations_that_are_not_there_any_more_leave_the_file_as_the_place() -> None:
    one = reason(
        "HR107", Kind.DATA, Verdict.OPAQUE, model="shop.Thing", operations=(("shop", "0002_a", 5), ("shop", "0009_gone", 0))
    )
    (finding,) = findings_of(conflict(one, theirs="0009_gone"), table(migration("0002_a", add())))
    assert finding.locations == (Location(path="shop/migrations/0002_a.py", remark="ours"),)
    assert "shop.0002_a and shop.0009_gone touch" in finding.message


def test_every_reason_is_a_finding_of_its_own_in_order() -> None:
    reasons = [
        reason(code, Kind.DATA, Verdict.OPAQUE, model="shop.Thing", operations=BOTH) for code in ("HR107", "HR105", "HR107")
    ]
    migrations = table(migration("0002_a", add()), migration("0002_b", add()))
    assert [finding.code for finding in findings_of(conflict(*reasons), migrations)] == ["HR107", "HR105", "HR107"]


def test_a_code_that_is_no_reason_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="ParallelMerges does not make findings of reasons"):
        list(findings_of(conflict(reason("HR110", Kind.GRAPH, Verdict.OPAQUE)), {}))


def test_what_resolve_left_says_why_and_does_not_lead_back_to_resolve() -> None:
    merges = reason("HR103", Kind.SAME_FIELD, Verdict.OVERLAPPING, model="shop.Thing", field="x", merged=1, operations=BOTH)
    finding = not_resolved(found(merges, add(), add()), merges, "a merge migration would hide it")
    assert finding.notes[-1] == "not resolved: a merge migration would hide it"
    assert finding.help == "set the merged value in a migration that comes after both"
    assert finding.command == "handrail explain HR103"
    opaque = reason("HR107", Kind.DATA, Verdict.OPAQUE, model="shop.Thing", operations=BOTH)
    left = not_resolved(found(opaque, add(), add()), opaque, "it cannot be read")
    assert left.help == "run both orders on a scratch database, or put the two in an order by a dependency"
    assert left.command == "handrail conflicts shop --prove"
