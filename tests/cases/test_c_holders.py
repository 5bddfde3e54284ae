"""The process that holds the lock: killed, frozen, behind a pooler, ended by the server, or on a server that takes no writes
(C07 to C12, C17)."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from typing import Any

from tests.cases.migrators import (
    FIRST,
    GATE,
    MIGRATIONS,
    RUN,
    Launcher,
    Migrator,
    Project,
    launcher,
    postgres_project,
    project,
    server_project,
    soon,
    waiting_line,
)
from tests.databases.small_project import migration
from tests.servers.base import Database

__all__ = ["launcher", "postgres_project", "project", "server_project"]
NOTHING = "No migrations to apply."
SLEEP = {"postgresql": "SELECT pg_sleep({})", "mysql": "DO SLEEP({})"}
SLEEPER = """
def forwards(apps, schema_editor):
    Path("reached").touch()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("{sql}")
    apps.get_model("shop", "Thing").objects.update(n=2)
"""
IDLE = """
def forwards(apps, schema_editor):
    import time
    time.sleep(2.5)
    apps.get_model("shop", "Thing").objects.update(n=2)
    time.sleep(2.5)
"""
for vendor, sql in SLEEP.items():
    code = "from pathlib import Path\n" + SLEEPER.format(sql=sql.format(3))
    MIGRATIONS[f"0002_sleep_{vendor}"] = migration(RUN, FIRST, code=code)
    code = "from pathlib import Path\n" + SLEEPER.format(sql=sql.format(30))
    MIGRATIONS[f"0002_long_{vendor}"] = migration(RUN, FIRST, code=code)
MIGRATIONS["0002_idle"] = migration(RUN, FIRST, code=IDLE)
MIGRATIONS["0002_concurrently"] = migration(
    """
    migrations.RunPython(forwards, migrations.RunPython.noop),
    AddIndexConcurrently("thing", models.Index(fields=["n"], name="shop_thing_n")),
    """,
    FIRST,
    code="from django.contrib.postgres.operations import AddIndexConcurrently\n"
    + GATE
    + "def forwards(apps, schema_editor):\n    gate()",
).replace("    dependencies", "    atomic = False\n    dependencies")

ADVISORY = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
"""Other tests have databases on the same server."""


def pending(project: Project, name: str, **how: Any) -> None:
    project.write("0001_initial", **how)
    project.migrate()
    project.query("INSERT INTO shop_thing (name, n) VALUES ('a', 1)")
    project.add(name)


def shown(one: Migrator) -> None:
    soon(lambda: one.err.startswith("waiting for the lock"), text=lambda: one.text)


def finish(project: Project, second: Migrator, name: str) -> None:
    """The second one goes on with what the first left, and all is there once."""
    assert second.end() == 0, second.text
    assert project.records() == ["0001_initial", name]
    assert project.things() == [2]


def test_c07_the_lock_of_a_killed_process_is_free_at_once(project: Project):
    pending(project, "0002_gated_double")
    first = project.start()
    project.reached(first)
    second = project.start()
    shown(second)
    killed = time.monotonic()
    first.signal(signal.SIGKILL)
    project.go()
    finish(project, second, "0002_gated_double")
    assert time.monotonic() - killed < 10
    assert waiting_line(first, "shop.0002_gated_double", 2).match(second.err), second.err


def test_c07_a_frozen_process_keeps_the_lock_and_is_named(project: Project):
    pending(project, "0002_gated_double")
    first = project.start()
    project.reached(first)
    first.signal(signal.SIGSTOP)
    second = project.start("--lock-wait", "2")
    assert second.end() == 2
    said = " ".join(second.err.split())
    who = waiting_line(first, "shop.0002_gated_double", 2)
    assert who.match(second.err), second.err
    holder = who.pattern.removeprefix(re.escape("waiting for the lock on default: ")).removesuffix("\\\n")
    pattern = (
        r"CommandError: error\[HR301\]: locked: default is being migrated by another process \(waited 2 s\) note: "
        rf"{holder} (note: at the server: idle in transaction for \d+ s: SELECT set_config\(\?, \?, true\) )?"
        r"help: wait until it is done, or give --lock-wait more seconds next: python manage.py handrail lock$"
    )
    assert re.search(pattern, said), said
    assert project.records() == ["0001_initial"]
    project.go()
    first.signal(signal.SIGCONT)
    finish(project, first, "0002_gated_double")
    assert NOTHING in project.migrate().out


def test_c07_a_statement_of_a_killed_process_keeps_the_lock_until_it_is_over(server_project: Project):
    project = server_project
    name = f"0002_sleep_{project.database.vendor}"
    pending(project, name)
    first = project.start()
    project.reached(first)
    reached = time.monotonic()
    time.sleep(0.3)
    first.signal(signal.SIGKILL)
    second = project.start()
    if project.database.vendor == "mysql":
        shown(second)
    finish(project, second, name)
    if project.database.vendor == "mysql":
        assert time.monotonic() - reached > 5.5  # what was left of the first three seconds, and its own three


def test_c07b_postgresql_looks_whether_its_client_lives(postgres_project: Project):
    project = postgres_project
    pending(project, "0002_long_postgresql")
    first = project.start()
    project.reached(first)
    time.sleep(0.3)
    locks = ADVISORY
    assert project.query(locks) == [(1,)]
    first.signal(signal.SIGKILL)
    assert soon(lambda: project.query(locks) == [(0,)], 20) < 10  # of the thirty seconds that the statement takes
    assert project.things() == [1]
    assert project.records() == ["0001_initial"]


def test_c08_two_processes_behind_pgbouncer(pooled_database: tuple[Database, Any], launcher: Launcher, tmp_path: Path):
    database, pooled = pooled_database
    project = Project(tmp_path, launcher, database)
    pending(project, "0002_gated_double", settings=pooled)
    first = project.start()
    project.reached(first)
    second = project.start()
    shown(second)
    assert waiting_line(first, "shop.0002_gated_double", 2).match(second.err), second.err
    assert project.query(ADVISORY) == [(0,)]
    project.go()
    assert (first.end(), second.end()) == (0, 0), f"{first.text}{second.text}"
    assert NOTHING in second.out
    assert project.records() == ["0001_initial", "0002_gated_double"]
    assert project.things() == [2]
    launcher.clear()


def test_c08_what_needs_a_session_is_refused_behind_pgbouncer(
    pooled_database: tuple[Database, Any], launcher: Launcher, tmp_path: Path
):
    database, pooled = pooled_database
    project = Project(tmp_path, launcher, database)
    pending(project, "0002_concurrently", settings=pooled)
    project.go()
    refused = project.start()
    assert refused.end() == 2, refused.text
    said = " ".join(refused.err.split())
    assert "0 done, shop.0002_concurrently failed, and what was done of it was taken back" in said, said
    assert "pooler: operation 2 of 2 of shop.0002_concurrently" in said, said
    assert project.records() == ["0001_initial"]
    direct = {"default": {name: database.settings[name] for name in ("HOST", "PORT")}}
    project.write(settings=pooled, handrail={"direct": direct})
    project.migrate()
    assert project.records() == ["0001_initial", "0002_concurrently"]
    launcher.clear()


def test_c09_an_index_is_made_concurrently_while_another_process_waits(postgres_project: Project):
    project = postgres_project
    pending(project, "0002_concurrently")
    first = project.start()
    project.reached(first)
    second = project.start()
    shown(second)
    project.go()
    assert (first.end(), second.end()) == (0, 0), f"{first.text}{second.text}"
    assert NOTHING in second.out
    assert project.records() == ["0001_initial", "0002_concurrently"]
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'shop_thing_n'::regclass"
    assert project.query(valid) == [(True,)]


def test_c10b_a_schema_change_does_not_give_the_lock_back(project: Project):
    pending(project, "0002_gated_after_ddl")
    first = project.start()
    project.reached(first)
    second = project.start()
    shown(second)
    if project.database.vendor == "mysql":
        assert "p" in project.columns()
    time.sleep(0.5)
    assert second.code is None
    project.go()
    finish(project, first, "0002_gated_after_ddl")
    assert second.end() == 0
    assert NOTHING in second.out


def test_c11_another_database_of_the_server_has_another_lock(project: Project, launcher: Launcher, tmp_path: Path):
    pending(project, "0002_gated_double")
    first = project.start()
    project.reached(first)
    other = Project(tmp_path / "other", launcher, project.database.fresh())
    other.write("0001_initial", "0002_p")
    other.migrate("--lock-wait", "0")
    assert other.records() == ["0001_initial", "0002_p"]
    assert first.code is None
    project.go()
    finish(project, first, "0002_gated_double")


def test_c12_a_process_whose_session_was_ended_stops_before_it_records(server_project: Project):
    project = server_project
    pending(project, "0002_gated_double")
    first = project.start()
    project.reached(first)
    second = project.start()
    shown(second)
    end_session(project)
    project.go()
    assert first.end() in (1, 3), first.text
    assert "OK" not in first.out
    finish(project, second, "0002_gated_double")


def end_session(project: Project) -> None:
    """Have the server end the session of the run that is on record."""
    ((session,),) = project.query("SELECT session FROM handrail_run WHERE status = 'running'")
    number = session.partition("@")[0]
    project.query({"postgresql": f"SELECT pg_terminate_backend({number})", "mysql": f"KILL {number}"}[project.database.vendor])


def test_c12_timeouts_of_idle_sessions_do_not_end_a_run(server_project: Project):
    project = server_project
    if project.database.vendor == "mysql":
        options = {**project.database.settings["OPTIONS"], "init_command": "SET SESSION wait_timeout = 1"}
        pending(project, "0002_idle", settings={"OPTIONS": options})
    else:
        pending(project, "0002_idle")
        for name in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
            project.query(f"ALTER DATABASE {project.database.name} SET {name} = '1s'")
    finish(project, project.migrate(), "0002_idle")


def test_c17_a_server_that_takes_no_writes_is_refused(server_project: Project):
    project = server_project
    if project.database.vendor == "mysql":
        options = {**project.database.settings["OPTIONS"], "init_command": "SET SESSION TRANSACTION READ ONLY"}
        project.write("0001_initial", settings={"OPTIONS": options})
        reason = "the server is read-only (tx_read_only)"
    else:
        project.write("0001_initial")
        project.query(f"ALTER DATABASE {project.database.name} SET default_transaction_read_only = on")
        reason = "its transactions are read-only (default_transaction_read_only)"
    refused = project.start()
    assert refused.end() == 2, refused.text
    said = " ".join(refused.err.split())
    assert said == (
        f"CommandError: error[HR213]: preflight: default cannot be written: {reason}"
        " help: run it against the server that takes writes next: python manage.py handrail explain HR213"
    )
    schema = "DATABASE()" if project.database.vendor == "mysql" else "'public'"
    assert project.query(f"SELECT count(*) FROM information_schema.tables WHERE table_schema = {schema}") == [(0,)]
