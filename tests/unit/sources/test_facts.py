"""Facts about contents: the same wherever they lie, kept without loss, and never an exception."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from handrail.domain.migration import MigrationKey
from handrail.sources.facts import FileFacts, read_facts, to_migration

SOURCE = b"""from django.db import migrations, models
from .helpers import fill

class Migration(migrations.Migration):
    initial = True
    dependencies = [("stock", "0001_initial"), unknown()]
    operations = [migrations.AddField("Item", "other", models.ForeignKey("Other", fill, db_table="t"))]
"""
WORDS = [
    b"class Migration(migrations.Migration):\n",
    b"from django.db import migrations, models\n",
    b"    dependencies = ",
    b"    operations = ",
    b"    dependencies += ",
    b"migrations.RunSQL(",
    b"<<<<<<< HEAD\n",
    b"=======\n",
    b"[*",
    b"[x for x in ",
    b"(",
    b")",
    b"[",
    b"]",
    b"{",
    b"}",
    b"'%s' % ",
    b'f"{',
    b"'",
    b"**",
    b"1",
    b" + ",
    b" ",
    b"\n",
    b"\x00",
    b"\xff",
    b"# coding: utf-16\n",
]


def test_one_content_is_one_migration_in_every_app() -> None:
    facts = read_facts(SOURCE)
    one = to_migration(facts, MigrationKey("shop", "0001_x"), "shop/migrations/0001_x.py", "shop.migrations")
    other = to_migration(facts, MigrationKey("toys", "0002_y"), "toys/migrations/0002_y.py", "toys.migrations")
    assert one.outline.refers == {("shop", "other")}
    assert other.outline.refers == {("toys", "other")}
    assert one.operations[0].argument("field").args[1].path == "shop.migrations.helpers.fill"
    assert other.operations[0].argument("field").args[1].path == "toys.migrations.helpers.fill"
    assert one.digest == other.digest
    assert one.text == SOURCE.decode()


def test_facts_come_back_as_they_were_kept() -> None:
    facts = read_facts(SOURCE)
    assert (facts.digest, facts.outline.claims) == (read_facts(SOURCE).digest, {"t"})
    again = FileFacts.from_plain(facts.to_plain())
    assert (again.header, again.digest, again.outline, again.text) == (facts.header, facts.digest, facts.outline, facts.text)
    assert (again.fault, again.changed) == (None, False)


def test_what_is_read_later_is_to_be_kept_too() -> None:
    facts = FileFacts.from_plain(read_facts(SOURCE).to_plain())
    assert not facts.changed
    assert facts.outline.claims == {"t"}
    assert facts.changed


def test_faults_come_back_as_they_were_kept() -> None:
    again = FileFacts.from_plain(read_facts(b"x = (\n").to_plain())
    assert again.fault is not None
    assert (again.fault.reason, again.fault.line, again.fault.is_python) == ("syntax error: '(' was never closed", 1, False)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(WORDS), max_size=25).map(b"".join)))
def test_reading_never_raises(content: bytes) -> None:
    check(read_facts(content))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map(b"".join))
def test_reading_a_damaged_migration_never_raises(part: bytes) -> None:
    for position in (0, 40, len(SOURCE) // 2, len(SOURCE) - 3):
        check(read_facts(SOURCE[:position] + part + SOURCE[position:]))


def check(facts: FileFacts) -> None:
    if facts.fault is None:
        assert len(facts.digest) == 64
        assert all(operation.line > 0 for operation in facts.operations())
        assert facts.outline == FileFacts.from_plain(facts.to_plain()).outline
    else:
        assert facts.fault.reason


def test_deep_nesting_is_a_fault_and_no_crash() -> None:
    depth = 3000
    source = b"from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = " + b" + ".join(
        [b"[]"] * depth
    )
    facts = read_facts(source + b"\n")
    assert facts.fault is not None
    assert facts.fault.reason in ("it is nested too deep to be read", "it is nested too deep or holds null bytes")


def test_operations_that_are_nested_too_deep_are_unknown() -> None:
    sql = b" + ".join([b"f(1)"] * 1500)
    facts = read_facts(
        b"from django.db import migrations\nclass Migration(migrations.Migration):\n    operations = [migrations.RunSQL("
        + sql
        + b")]\n"
    )
    assert facts.fault is None
    assert [(one.name, one.line) for one in facts.operations()] == [("?", 3)]
    assert len(facts.digest) == 64
    assert facts.outline.removes == {("", "", "")}
