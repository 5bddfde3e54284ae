from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from handrail.domain.conflict import Side
from handrail.domain.edit import Action, Edit
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.outcome import CLEAN, FINDINGS, REFUSED, Outcome
from handrail.report.base import Form
from handrail.report.text import TextReport
from tests.finding_samples import Kind, Verdict, conflict, key, reason

PLAIN = Form()
RENAME = Finding(
    code="HR104",
    severity=Severity.ERROR,
    message="rename-vs-use: shop.0002_b uses shop.Thing.x which shop.0002_a renames to y",
    locations=(
        Location(path="shop/migrations/0002_a.py", line=2, remark="ours: rename field thing.x to y"),
        Location(path="shop/migrations/0002_b.py", line=1, remark="theirs: alter field thing.x"),
    ),
    notes=("the field x is altered under its old name, which is gone once the rename has been run",),
    help="put them in this order: shop.0002_b, then shop.0002_a",
    command="handrail resolve shop",
)
SOURCES = {
    "shop/migrations/0002_a.py": 'operations = [\n        migrations.RenameField("thing", "x", "y"),\n]\n',
    "shop/migrations/0002_b.py": 'migrations.AlterField(\n    "thing",\n    "x",\n    models.TextField(),\n),\n',
}


def text(outcome: Outcome, form: Form = PLAIN) -> str:
    return "\n".join(TextReport().render(outcome, form))


def test_a_finding_shows_its_places_with_their_lines_and_what_to_do() -> None:
    outcome = Outcome(command="conflicts", exit=FINDINGS, findings=(RENAME,), sources=SOURCES)
    assert text(outcome) == (
        "error[HR104]: rename-vs-use: shop.0002_b uses shop.Thing.x which shop.0002_a\n"
        "    renames to y\n"
        "  --> shop/migrations/0002_a.py:2  ours: rename field thing.x to y\n"
        '      2 | migrations.RenameField("thing", "x", "y"),\n'
        "  --> shop/migrations/0002_b.py:1  theirs: alter field thing.x\n"
        '      1 | migrations.AlterField("thing", "x", models.TextField()),\n'
        "  note: the field x is altered under its old name, which is gone once the rename\n"
        "        has been run\n"
        "  help: put them in this order: shop.0002_b, then shop.0002_a\n"
        "  next: handrail resolve shop\n"
        "\n"
        "1 error"
    )


def test_paths_are_relative_to_the_working_folder() -> None:
    outcome = Outcome(command="conflicts", exit=FINDINGS, findings=(RENAME,))
    assert "  --> backend/shop/migrations/0002_a.py:2" in text(outcome, Form(prefix="backend/", width=100))


def test_a_remark_that_does_not_fit_stands_on_its_own_line_and_a_long_excerpt_is_cut() -> None:
    lines = text(Outcome(command="conflicts", exit=FINDINGS, findings=(RENAME,), sources=SOURCES), Form(width=50)).splitlines()
    assert lines[2:5] == [
        "  --> shop/migrations/0002_a.py:2",
        "      ours: rename field thing.x to y",
        '      2 | migrations.RenameField("thing", "x", "y…',
    ]
    assert max(map(len, lines)) <= 50


@pytest.mark.parametrize("width", [40, 80, 120])
def test_commands_and_paths_are_never_broken(width: int) -> None:
    command = "handrail resolve shop --onto origin/a-branch-with-a-name-that-is-as-long-as-names-of-branches-are"
    path = "backend/apps/shop/migrations/0002_a_migration_with_the_long_name_that_django_likes_to_give_it_and_more.py"
    finding = replace(RENAME, command=command, locations=(Location(path=path, line=3),))
    lines = text(Outcome(command="conflicts", exit=FINDINGS, findings=(finding,)), Form(width=width)).splitlines()
    assert f"  next: {command}" in lines
    assert f"  --> {path}:3" in lines


def test_conflicts_are_a_table_with_a_line_for_each_side_and_reason() -> None:
    rename = reason("HR104", Kind.RENAME, Verdict.ORDER_DEPENDENT)
    data = reason("HR107", Kind.DATA, Verdict.ORDER_DEPENDENT)
    torn = conflict(rename, data, data, refs=("", "origin/main"))
    ours = Side(ref="", leaf=key("0003_a"), migrations=(key("0002_a"), key("0003_a")), author="Ada")
    safe = conflict(ours="0009_c", theirs="0009_d", apps=("blog", "shop"))
    outcome = Outcome(command="conflicts", exit=FINDINGS, conflicts=(replace(torn, sides=(ours, torn.sides[1])), safe))
    assert text(outcome) == (
        "apps  sides: ours, then theirs      verdict          reasons\n"
        "shop  0003_a (2 migrations) by Ada  order-dependent  HR104 rename\n"
        "      0002_b on origin/main                          HR107 data\n"
        "blog  0009_c                        independent      none\n"
        "shop  0009_d"
    )


def test_a_table_that_is_too_wide_wraps_its_sides() -> None:
    wide = conflict(ours="0002_a_very_long_name_for_a_migration_file", refs=("feature/of-somebody", "origin/main"))
    lines = text(Outcome(command="conflicts", exit=FINDINGS, conflicts=(wide,))).splitlines()
    assert lines[1:4] == [
        "shop  0002_a_very_long_name_for_a_migration_file on         independent  none",
        "        feature/of-somebody",
        "      0002_b on origin/main",
    ]
    narrow = text(Outcome(command="conflicts", exit=FINDINGS, conflicts=(wide,)), Form(width=60)).splitlines()
    assert max(map(len, narrow)) <= 60


def test_a_plain_table_that_is_too_wide_breaks_its_widest_columns() -> None:
    rows = (
        ("migration", "verdict", "what becomes of it"),
        ("shop.0002_remove_customer_address_customer_city", "kept", "shop_customer.city is set aside; it comes back"),
        ("shop.0003_x", "lossless", "nothing"),
    )
    assert text(Outcome(command="rollback", exit=CLEAN, table=rows)) == (
        "migration                           verdict   what becomes of it\n"
        "shop.0002_remove_customer_address_  kept      shop_customer.city is set aside;\n"
        "  customer_city                                 it comes back\n"
        "shop.0003_x                         lossless  nothing"
    )
    wide = text(Outcome(command="rollback", exit=CLEAN, table=rows), Form(width=120))
    assert "shop.0002_remove_customer_address_customer_city  kept      shop_customer.city is set aside" in wide


def test_edits_are_shown_as_what_changes_in_the_files() -> None:
    before = b'class Migration:\n    a = 1\n    dependencies = [("shop", "0001_initial")]\n    b = 2\n'
    edits = (
        Edit(
            path="m/0002_b.py",
            to="m/0003_b.py",
            action=Action.RENAME,
            before=before,
            after=before.replace(b"0001_initial", b"0002_a"),
        ),
        Edit(path="m/max_migration.txt", action=Action.CREATE, after=b"0003_b\n"),
        Edit(path="m/old.py", action=Action.DELETE, before=b"x = 1\n"),
        Edit(path="m/latin.py", action=Action.REWRITE, before=b"x = '\xe9'\n", after=b"x = 'e'\n"),
    )
    outcome = Outcome(command="resolve", exit=CLEAN, edits=edits, summary=("4 files changed",))
    assert text(outcome) == (
        "rename m/0002_b.py\n"
        "    to m/0003_b.py\n"
        "@@ -1,4 +1,4 @@\n"
        " class Migration:\n"
        "     a = 1\n"
        '-    dependencies = [("shop", "0001_initial")]\n'
        '+    dependencies = [("shop", "0002_a")]\n'
        "     b = 2\n"
        "\n"
        "create m/max_migration.txt\n"
        "@@ -0,0 +1 @@\n"
        "+0003_b\n"
        "\n"
        "delete m/old.py\n"
        "\n"
        "rewrite m/latin.py\n"
        "@@ -1 +1 @@\n"
        "-x = '\ufffd'\n"
        "+x = 'e'\n"
        "\n"
        "4 files changed"
    )


@pytest.mark.parametrize(
    ("outcome", "last"),
    [
        (Outcome(command="check", exit=CLEAN, conflicts=()), "no findings"),
        (Outcome(command="check", exit=CLEAN, summary=("nothing to resolve",)), "nothing to resolve"),
        (
            Outcome(
                command="check",
                exit=FINDINGS,
                findings=(RENAME, RENAME, replace(RENAME, severity=Severity.WARNING), replace(RENAME, severity=Severity.INFO)),
            ),
            "2 errors, 1 warning, 1 note",
        ),
        (Outcome(command="resolve", exit=REFUSED, findings=(RENAME,)), "  next: handrail resolve shop"),
        (
            Outcome(command="resolve", exit=REFUSED, findings=(RENAME,), conflicts=(), summary=("nothing was written",)),
            "nothing was written",
        ),
        (Outcome(command="resolve", exit=CLEAN, proof=("both orders: equal",), summary=("done",)), "done"),
    ],
)
def test_the_last_line_says_how_it_ended(outcome: Outcome, last: str) -> None:
    assert text(outcome).splitlines()[-1] == last


def test_a_command_that_looks_for_nothing_says_nothing_by_itself() -> None:
    assert text(Outcome(command="merge-driver", exit=CLEAN)) == ""


def test_quiet_leaves_only_findings() -> None:
    outcome = Outcome(
        command="check",
        exit=FINDINGS,
        findings=(replace(RENAME, locations=(), notes=()),),
        conflicts=(conflict(),),
        summary=("x",),
    )
    assert text(outcome, Form(quiet=True)).splitlines() == [
        "error[HR104]: rename-vs-use: shop.0002_b uses shop.Thing.x which shop.0002_a",
        "    renames to y",
        "  help: put them in this order: shop.0002_b, then shop.0002_a",
        "  next: handrail resolve shop",
    ]
    assert text(Outcome(command="check", exit=CLEAN, conflicts=()), Form(quiet=True)) == ""


def test_what_was_done_is_said_without_the_differences() -> None:
    edits = (
        Edit(path="m/a.py", to="m/b.py", action=Action.RENAME, before=b"", after=b"x"),
        Edit(path="m/c.py", action=Action.CREATE, after=b"x"),
        Edit(path="m/d.py", action=Action.REWRITE, before=b"", after=b"x"),
        Edit(path="m/e.py", action=Action.DELETE, before=b""),
    )
    outcome = Outcome(command="resolve", exit=CLEAN, edits=edits, done=True, summary=("read again",))
    assert text(outcome, Form(prefix="p/")) == (
        "renamed p/m/a.py to p/m/b.py\ncreated p/m/c.py\nrewrote p/m/d.py\ndeleted p/m/e.py\n\nread again"
    )


def test_the_proof_stands_before_the_last_line() -> None:
    outcome = Outcome(command="conflicts", exit=CLEAN, proof=("ours first: equal", "theirs first: equal"), summary=("proved",))
    assert text(outcome) == "ours first: equal\ntheirs first: equal\n\nproved"


def test_colour_changes_no_letter() -> None:
    edit = Edit(path="m/[a].py", action=Action.REWRITE, before=b"x = [1]\n", after=b"x = [bold]\n")
    outcome = Outcome(
        command="conflicts", exit=FINDINGS, findings=(RENAME,), conflicts=(conflict(),), edits=(edit,), sources=SOURCES
    )
    coloured = text(outcome, Form(colour=True))
    assert "\x1b[1;31merror[HR104]\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == text(outcome)


def test_plain_output_imports_nothing_of_rich() -> None:
    program = (
        "import sys\n"
        "from handrail.domain.outcome import Outcome\n"
        "from handrail.report.base import Form\n"
        "from handrail.report.text import TextReport\n"
        "print(*TextReport().render(Outcome(command='check', exit=0, conflicts=()), Form()))\n"
        "print('rich' in sys.modules)\n"
        "print(*TextReport().render(Outcome(command='check', exit=0, conflicts=()), Form(colour=True)))\n"
        "print('rich' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["no findings", "False", "no findings", "True"]
