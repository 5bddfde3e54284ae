"""What is said of records and foreign keys that a live database has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from handrail.checks._edges import edges_between
from handrail.checks._gaps import evidence_of, gaps, made_by
from handrail.checks._renames import Rename, lost_records, renames
from handrail.checks.hr113 import Swapped
from handrail.checks.hr201 import GapFacts, RecordGap
from handrail.checks.hr202 import RenamedAfterApply
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.graph import MigrationGraph
from handrail.domain.history import Evidence, ForeignKey, Gap, Origin, Presence, SwappedModel
from handrail.domain.migration import Migration, MigrationKey
from handrail.sources.facts import read_facts, to_migration
from tests.finding_samples import key

HEAD = "from django.db import migrations, models\nfrom django.conf import settings\n\n\nclass Migration(migrations.Migration):\n"
THING = 'migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),'
ADD = 'migrations.AddField("thing", "{}", models.IntegerField(null=True)),'


def made(name: str, needs: Sequence[str] = (), operations: str = "", *, extra: str = "") -> Migration:
    """Return a migration that was read from a text; name and needs: app.name."""
    parents = ", ".join(repr(tuple(need.split("."))) for need in needs)
    text = f"{HEAD}    dependencies = [{parents}]\n{extra}    operations = [\n        {operations}\n    ]\n"
    label, _, bare = name.partition(".")
    return to_migration(read_facts(text.encode()), MigrationKey(label, bare), f"{label}/migrations/{bare}.py", "")


def graph(*migrations: Migration, recorded: Sequence[MigrationKey] = ()) -> MigrationGraph:
    return MigrationGraph.build({one.key: one for one in migrations}, applied=recorded)


FIRST = made("shop.0001_initial", (), THING)
SECOND = made("shop.0002_p", ["shop.0001_initial"], ADD.format("p"))


def gap_facts(
    found: MigrationGraph,
    recorded: Sequence[MigrationKey],
    evidence: Evidence,
    settings: Mapping[str, str] | None = None,
    **rest: object,
) -> GapFacts:
    (gap,) = gaps(found, recorded)
    edges = [edge for child in gap.children for edge in edges_between(found.migrations, child, gap.parent, settings or {})]
    return GapFacts(gap=gap, edges=tuple(edges), evidence=evidence, **rest)  # type: ignore[arg-type]


def test_hr201_a_lost_record_can_be_put_back() -> None:
    found = graph(FIRST, SECOND)
    evidence = Evidence(presence=Presence.PRESENT, found=("shop_thing",))
    facts = gap_facts(found, [key("0002_p")], evidence, file=Origin(commit="0123456789abcdef", author="Ann", subject="start"))
    assert list(RecordGap.find([facts], found, "replica")) == [
        Finding(
            code="HR201",
            severity=Severity.ERROR,
            message="record-gap: shop.0002_p recorded, shop.0001_initial not; schema of shop.0001_initial is present",
            locations=(Location(path="shop/migrations/0002_p.py", line=6, remark="depends on shop.0001_initial"),),
            notes=(
                "database replica has shop_thing",
                "shop/migrations/0001_initial.py came with 0123456789 by Ann (start)",
            ),
            help="record it: INSERT INTO django_migrations (app, name, applied) "
            "VALUES ('shop', '0001_initial', CURRENT_TIMESTAMP)",
            command="python manage.py dbshell --database replica",
        )
    ]


def test_hr201_run_before_comes_too_late() -> None:
    blog = made("blog.0001_initial", (), THING, extra='    run_before = [("shop", "0001_initial")]\n')
    found = graph(FIRST, blog)
    evidence = Evidence(presence=Presence.ABSENT, lacking=("blog_thing",))
    (finding,) = RecordGap.find([gap_facts(found, [key("0001_initial")], evidence)], found)
    assert finding.locations == (Location(path="blog/migrations/0001_initial.py", line=7, remark="run_before shop.0001_initial"),)
    assert finding.help == (
        "shop.0001_initial is applied, so run_before comes too late: take it out, and let the next migration of shop that needs "
        "blog.0001_initial depend on ('blog', '0001_initial')"
    )


INSERTED = (made("shop.0001b_ins", ["shop.0001_initial"], ADD.format("b")), made("shop.0002_p", ["shop.0001b_ins"]))
OTHER_APP = (made("blog.0001_initial", (), THING), made("shop.0001_initial", ["blog.0001_initial"], THING))
SWAPPED = (
    made("acc.0001_initial", (), THING),
    made("shop.0001_initial", (), "", extra="    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\n"),
)
ABSENT = Evidence(presence=Presence.ABSENT)
TAKE_BACK = (
    "let shop.0001b_ins come last: give shop.0002_p its old dependencies again, and let shop.0001b_ins depend on "
    "('shop', '0002_p')"
)
RECORD = "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001b_ins', CURRENT_TIMESTAMP)"
SQL = "python manage.py sqlmigrate shop 0001b_ins --database default"


@pytest.mark.parametrize(
    ("evidence", "rest", "help", "command"),
    [
        (ABSENT, {"lines": (Origin(),)}, TAKE_BACK, "handrail explain HR201"),
        (ABSENT, {"file": Origin()}, TAKE_BACK, "handrail explain HR201"),
        (ABSENT, {}, f"{TAKE_BACK}; if it was always there, run its SQL by hand and record it", SQL),
        (Evidence(presence=Presence.PARTIAL), {}, f"make by hand what is lacking, then record it: {RECORD}", SQL),
        (Evidence(presence=Presence.UNKNOWN), {}, f"find out whether it ran; if it did, record it: {RECORD}", SQL),
        (
            Evidence(presence=Presence.PRESENT, other=True),
            {},
            f"record it, if the rest of it ran too: {RECORD}",
            "python manage.py dbshell --database default",
        ),
    ],
)
def test_hr201_the_way_out_follows_from_what_is_known(
    evidence: Evidence, rest: dict[str, object], help: str, command: str
) -> None:
    found = graph(FIRST, *INSERTED)
    facts = gap_facts(found, [key("0001_initial"), key("0002_p")], evidence, **rest)  # type: ignore[arg-type]
    (finding,) = RecordGap.find([facts], found)
    assert (finding.help, finding.command) == (help, command)


def test_hr201_a_dependency_on_another_app_that_was_added_later() -> None:
    found = graph(*OTHER_APP)
    facts = gap_facts(found, [key("0001_initial")], ABSENT, lines=(Origin(commit="abc", author="Bob", subject="x"),))
    (finding,) = RecordGap.find([facts], found)
    assert finding.notes == ("line 6 of shop/migrations/0001_initial.py came with abc by Bob (x)",)
    assert finding.help == (
        "give shop.0001_initial, which is applied, its old dependencies again, and let the next migration of shop that needs "
        "blog.0001_initial depend on ('blog', '0001_initial')"
    )


def test_hr201_a_setting_that_swaps_a_model() -> None:
    found = MigrationGraph.build({one.key: one for one in SWAPPED}, settings={"AUTH_USER_MODEL": "acc.User"})
    facts = gap_facts(found, [key("0001_initial")], ABSENT, {"AUTH_USER_MODEL": "acc.User"})
    (finding,) = RecordGap.find([facts], found)
    assert finding.locations == (Location(path="shop/migrations/0001_initial.py", line=7, remark="depends on acc.0001_initial"),)
    assert finding.help == "give settings.AUTH_USER_MODEL its old value again, or swap the model as HR113 says"


def test_gaps_are_those_that_django_would_stop_at() -> None:
    third = made("shop.0003_q", ["shop.0002_p"])
    assert gaps(graph(FIRST, SECOND, third), [key("0003_q")]) == [Gap(parent=key("0002_p"), children=(key("0003_q"),))]
    assert gaps(graph(FIRST, SECOND), [key("0001_initial"), key("0002_p")]) == []
    assert gaps(graph(FIRST, SECOND), [key("0009_gone")]) == []


def test_a_squash_counts_as_recorded_where_all_that_it_replaces_is() -> None:
    squash = made("shop.0001_s", (), extra='    replaces = [("shop", "0001_initial"), ("shop", "0002_p")]\n')
    third = made("shop.0003_q", ["shop.0001_s"])
    recorded = [key("0001_initial"), key("0002_p"), key("0003_q")]
    assert gaps(graph(squash, third, recorded=recorded), recorded) == []
    partly = [key("0001_initial"), key("0003_q")]
    assert [gap.parent for gap in gaps(graph(FIRST, SECOND, squash, third, recorded=partly), partly)] == [key("0002_p")]


LATER = made("shop.0003_r", ["shop.0002_p"], 'migrations.RenameModel("Thing", "Item"), migrations.RenameField("item", "n", "m"),')


def test_what_a_migration_makes_is_looked_for_under_its_present_name() -> None:
    assert made_by(FIRST, [], []) == (("shop_thing", ""), ("shop_thing", "id"), ("shop_thing", "n"))
    assert made_by(FIRST, [], [SECOND, LATER]) == (("shop_item", ""), ("shop_item", "id"), ("shop_item", "m"))
    assert made_by(SECOND, [FIRST], [LATER]) == (("shop_item", "p"),)
    assert made_by(SECOND, [FIRST], [made("shop.0003_d", (), 'migrations.RemoveField("thing", "p"),')]) == ()


LIVE = {"shop_thing": ["id", "n"]}


@pytest.mark.parametrize(
    ("migration", "earlier", "later", "live", "evidence"),
    [
        (FIRST, [], [], LIVE, Evidence(presence=Presence.PRESENT, found=("shop_thing",))),
        (FIRST, [], [], {}, Evidence(presence=Presence.ABSENT, lacking=("shop_thing",))),
        (
            FIRST,
            [],
            [],
            {"shop_thing": ["id"]},
            Evidence(presence=Presence.PARTIAL, found=("shop_thing",), lacking=("shop_thing.n",)),
        ),
        (SECOND, [FIRST], [], LIVE, Evidence(presence=Presence.ABSENT, lacking=("shop_thing.p",))),
        (FIRST, [], [], None, Evidence(presence=Presence.UNKNOWN, lacking=("shop_thing",))),
        (
            FIRST,
            [],
            [made("shop.0002_s", (), 'migrations.RunSQL("DROP TABLE shop_thing"),')],
            {},
            Evidence(presence=Presence.UNKNOWN, lacking=("shop_thing",)),
        ),
        (
            made("shop.0002_run", (), "migrations.RunPython(f),"),
            [FIRST],
            [],
            LIVE,
            Evidence(presence=Presence.UNKNOWN, other=True),
        ),
    ],
    ids=["there", "not there", "a column lacks", "only a column", "routed elsewhere", "SQL may have moved it", "makes nothing"],
)
def test_how_much_of_a_migration_is_there(
    migration: Migration, earlier: list[Migration], later: list[Migration], live: dict[str, list[str]] | None, evidence: Evidence
) -> None:
    assert evidence_of(migration, later, made_by(migration, earlier, later), live) == evidence


RENAMED = made("shop.0003_b", ["shop.0002_p"], ADD.format("b"))
B = key("0002_b")


def renamed(
    recorded: Sequence[MigrationKey],
    former: Mapping[MigrationKey, set[str]],
    last: Mapping[MigrationKey, MigrationKey] | None = None,
) -> list[Rename]:
    return renames(recorded, graph(FIRST, SECOND, RENAMED), former, last or {})


def test_hr202_a_record_without_a_file_whose_content_another_file_has() -> None:
    recorded = [key("0001_initial"), key("0002_p"), B]
    (found,) = renamed(recorded, {B: {"other", RENAMED.digest}})
    assert found == Rename(old=B, new=(key("0003_b"),))
    assert list(RenamedAfterApply.find([found], {RENAMED.key: RENAMED}, "replica")) == [
        Finding(
            code="HR202",
            severity=Severity.ERROR,
            message="renamed-after-apply: record shop.0002_b has the content of file shop.0003_b",
            locations=(Location(path="shop/migrations/0003_b.py", remark="was 0002_b"),),
            notes=("database replica has shop.0002_b applied",),
            help="rename the record before migrate runs there, or the operations run twice: "
            "UPDATE django_migrations SET name = '0003_b' WHERE app = 'shop' AND name = '0002_b'",
            command="python manage.py dbshell --database replica",
        )
    ]


def test_hr202_what_the_last_edits_renamed_is_left_to_resolve() -> None:
    (found,) = renamed([key("0001_initial"), B], {B: {"what it was before"}}, {B: key("0003_b")})
    assert found == Rename(old=B, new=(key("0003_b"),), behind=(key("0002_p"),), remembered=True, changed=True)
    (finding,) = RenamedAfterApply.find([found], {RENAMED.key: RENAMED})
    assert finding.notes == (
        "database default has shop.0002_b applied",
        "handrail resolve changed what it does, too",
        "shop.0002_p is needed by shop.0003_b now, and not applied",
    )
    assert finding.command == "handrail resolve shop --update-databases --database default"


def test_hr202_no_statement_where_it_would_make_the_history_inconsistent() -> None:
    (found,) = renamed([key("0001_initial"), B], {B: {RENAMED.digest}})
    (finding,) = RenamedAfterApply.find([found], {RENAMED.key: RENAMED})
    assert finding.help == (
        "give the file its name 0002_b and its old dependencies again, and let handrail resolve --update-databases rename both "
        "and apply what is lacking"
    )
    assert finding.command == "handrail explain HR202"


def test_hr202_several_files_with_one_content() -> None:
    twin = made("shop.0004_b", ["shop.0003_b"], ADD.format("b"))
    found = renames([B], graph(FIRST, SECOND, RENAMED, twin), {B: {twin.digest}}, {})
    (finding,) = RenamedAfterApply.find(found, {RENAMED.key: RENAMED, twin.key: twin})
    assert finding.message == "renamed-after-apply: record shop.0002_b has the content of file shop.0003_b and shop.0004_b"
    assert finding.help == "find out which of the files it is, and keep one of them before migrate runs there"


@pytest.mark.parametrize(
    ("recorded", "former"),
    [
        ([B, key("0003_b")], {B: {RENAMED.digest}}),
        ([B], {B: {"other"}}),
        ([B], {B: set()}),
        ([key("0002_b", "blog")], {key("0002_b", "blog"): {RENAMED.digest}}),
        ([B], {}),
    ],
    ids=["both recorded", "other content", "unknown content", "another app", "not lost"],
)
def test_hr202_other_records_are_left_alone(recorded: list[MigrationKey], former: dict[MigrationKey, set[str]]) -> None:
    assert renamed(recorded, former) == []


def test_hr202_what_does_nothing_is_like_every_other_that_does_nothing() -> None:
    merge = made("shop.0009_merge", ["shop.0002_p"])
    assert renames([B], graph(FIRST, SECOND, merge), {B: {merge.digest}}, {}) == []


def test_a_record_that_another_migration_replaces_is_not_lost() -> None:
    alias = made("shop.0003_b", (), extra='    replaces = [("shop", "0002_b")]\n')
    migrations = {one.key: one for one in (FIRST, alias)}
    assert lost_records([key("0001_initial"), B, key("0002_gone")], migrations) == [key("0002_gone")]


USER = SwappedModel(
    setting="AUTH_USER_MODEL",
    old="auth.User",
    new="acc.User",
    table="auth_user",
    new_table="acc_user",
    own_tables=("auth_user_groups",),
)


def points(table: str, to: str = "auth_user") -> ForeignKey:
    return ForeignKey(table=table, column="u_id", to_table=to, to_column="id")


def test_hr113_foreign_keys_that_a_database_still_has() -> None:
    keys = [points("shop_post"), points("django_admin_log"), points("auth_user_groups"), points("shop_x", "acc_user")]
    assert list(Swapped.find_in_database([USER], keys, "replica")) == [
        Finding(
            code="HR113",
            severity=Severity.ERROR,
            message="swappable: AUTH_USER_MODEL changed from auth.User to acc.User; 2 FKs point at auth_user",
            notes=(
                "database replica has django_admin_log.u_id -> auth_user.id",
                "database replica has shop_post.u_id -> auth_user.id",
            ),
            help="give AUTH_USER_MODEL its old value again, or follow Django's way of changing it in mid-project",
            command="handrail explain HR113",
        )
    ]


def test_hr113_not_where_nothing_points_at_it_or_the_new_model_has_its_table() -> None:
    assert list(Swapped.find_in_database([USER], [points("auth_user_groups")])) == []
    taken = SwappedModel(setting="S", old="auth.User", new="acc.User", table="auth_user", new_table="auth_user")
    assert list(Swapped.find_in_database([taken], [points("shop_post")])) == []
