"""The orders of a proof: the common ancestor once, then each order on a copy of it, then the comparison."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

from handrail.domain.dataclasses import dataclass, replace
from handrail.domain.proof import Status
from handrail.execution.proof_compare import Contents, compare, differing_tables, read_contents, unstable_columns
from handrail.execution.proof_plan import MERGED, Key, Keys, Plans, has_data_operations, plan_orders
from handrail.execution.proof_rows import LAST, LEVELS, Made, make_rows
from handrail.execution.proof_scratch import PrivilegeError, Scratch, ScratchError

Report = Callable[..., None]
TEXT_LIMIT = 2000


class OrderTimeoutError(BaseException):
    """A step took too long; no Exception, so that the code of a migration does not catch it by accident."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What stopped an order: the migration (None: before the first), the error, and the step, from 0.

    late: it took too long, which other rows will not change.
    """

    migration: Key | None
    error: str
    late: bool = False
    step: int = 0

    def __str__(self) -> str:
        where = ".".join(self.migration) if self.migration else "the loading of the migrations"
        return f"{where} fails ({self.error})"


def prove_orders(request: dict[str, Any], report: Report) -> None:
    """Run the whole proof and report it; what leaves nothing to compare is reported as an error."""
    from django.db import connections

    try:
        scratch = Scratch(connections[request["database"] or "default"])
    except ScratchError as error:
        report("error", text=str(error))
        return
    try:
        scratch.drop_left_behind()
        OrderRunner(request, report, scratch).run()
    except PrivilegeError as error:
        report("privilege", text=str(error), grant=error.grant)
    except ScratchError as error:
        report("error", text=str(error))
    finally:
        scratch.drop_all()


class OrderRunner:
    """The steps of one proof, on the connection of one alias."""

    def __init__(self, request: dict[str, Any], report: Report, scratch: Scratch) -> None:
        self.report = report
        self.scratch = scratch
        self.connection = scratch.connection
        self.timeout: float = request["timeout"]
        self.ours, self.theirs = ([(label, name) for label, name in request[side]] for side in ("ours", "theirs"))
        self.base = ""
        self.origins: dict[str, str] = {}

    def run(self) -> None:
        """Plan, migrate to the common ancestor, and run the orders on the most telling rows that each side bears by itself."""
        self.base = self.scratch.make()
        try:
            with self._limit():
                plans = self._plan()
        except (Exception, SystemExit, OrderTimeoutError) as error:  # noqa: BLE001 - the project's code may raise anything
            self.report("error", text=f"the migrations cannot be loaded: {describe(error)}")
            return
        if plans is None:
            return
        if failure := self._migrate(plans.base):
            self.report("error", text=f"the common ancestor cannot be had: {failure}")
            return
        for level in LEVELS:
            contents = self._run_level(plans, level)
            if contents is not None:
                self._compare(plans, level, contents)
                return

    def _plan(self) -> Plans | None:
        from django.db.migrations.executor import MigrationExecutor

        executor = MigrationExecutor(self.connection)
        graph = executor.loader.graph
        sides = (*self.ours, *self.theirs)
        missing = [".".join(key) for key in sides if key not in graph.nodes]
        if missing:
            self.report("error", text=f"{', '.join(missing)}: not in the graph that Django builds of the merged files")
            return None
        full = [(node.app_label, node.name) for node, _ in executor.migration_plan(graph.leaf_nodes(), clean_start=True)]
        operations = [operation for key in sides for operation in graph.nodes[key].operations]
        self.report("start", vendor=self._vendor(), version=self._version(), data=has_data_operations(operations))
        return plan_orders(full, graph.forwards_plan, self.ours, self.theirs)

    def _vendor(self) -> str:
        return "mariadb" if getattr(self.connection, "mysql_is_mariadb", False) else str(self.connection.vendor)

    def _version(self) -> str:
        return ".".join(map(str, self.connection.get_database_version()))

    def _open_ancestor(self, plans: Plans, level: str) -> str:
        """Make a scratch database as the common ancestor leaves it, with rows, open it, and return its name."""
        copies = self.scratch.backend.features.copies_databases
        if level in self.origins and copies:
            return self.scratch.make(self.origins[level])
        name = self.scratch.make(self.base if copies else "")
        if not copies and (failure := self._migrate(plans.base)):
            raise ScratchError(f"the common ancestor cannot be had a second time: {failure}")
        made = self._seed(plans, level)
        if level not in self.origins:
            self.report("seeded", rows=made.rows, unseeded=made.unseeded)
            for note in made.notes:
                self.report("note", text=note)
        self.origins[level] = name
        return self.scratch.make(name) if copies else name

    def _seed(self, plans: Plans, level: str) -> Made:
        from django.db.migrations.loader import MigrationLoader

        loader = MigrationLoader(self.connection)
        apps = loader.project_state(list(plans.base)).apps
        keys = plans.orders[MERGED][0]
        named = {label for key in keys for label, _ in loader.graph.nodes[key].dependencies}
        return make_rows(self.connection, apps, {label for label, _ in keys}, named, level)

    def _run_level(self, plans: Plans, level: str) -> dict[str, Contents] | None:
        """Run the orders; return what each left by its label, or None when other rows must be tried."""
        found: dict[str, Contents] = {}
        for label, steps in plans.orders.items():
            name = self._open_ancestor(plans, level)
            self.report("running", label=label)
            started = time.monotonic()
            failure = self._run_steps(steps)
            if failure and not failure.late and failure.step == 0 and len(steps) > 1 and level != LAST:
                self.report("note", text=f"on {LEVELS[level]}, {failure} by itself, so other rows were tried")
                return None
            self._report_order(label, sum(steps, ()), failure, time.monotonic() - started)
            if failure is None:
                found[label] = read_contents(self.connection, self.scratch.backend)
            self.scratch.drop(name)
        return found

    def _run_steps(self, steps: tuple[Keys, ...]) -> Failure | None:
        for number, keys in enumerate(steps):
            if failure := self._migrate(keys):
                return replace(failure, step=number)
        return None

    def _migrate(self, keys: Keys) -> Failure | None:
        """Apply migrations as a deployment would: with a state made of what is applied, and without emitting signals."""
        from django.db.migrations.executor import MigrationExecutor

        current: list[Key] = []

        def progress(action: str, migration: Any = None, fake: bool = False) -> None:
            if action == "apply_start" and not fake:
                current[:] = [(migration.app_label, migration.name)]

        try:
            with self._limit():
                executor = MigrationExecutor(self.connection, progress)  # type: ignore[arg-type]
                executor.migrate([], plan=[(executor.loader.graph.nodes[key], False) for key in keys])
        except (Exception, SystemExit, OrderTimeoutError) as error:  # noqa: BLE001 - the project's code may raise anything
            return Failure(current[0] if current else None, describe(error), isinstance(error, OrderTimeoutError))
        return None

    @contextlib.contextmanager
    def _limit(self) -> Iterator[None]:
        def stop(_number: int, _frame: object) -> None:
            raise OrderTimeoutError(f"it takes more than {self.timeout:g} seconds")

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, self.timeout)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _report_order(self, label: str, keys: Keys, failure: Failure | None, seconds: float) -> None:
        self.report(
            "order",
            label=label,
            status=Status.ERROR if failure else Status.OK,
            migrations=keys,
            failed=failure.migration if failure else None,
            error=failure.error if failure else "",
            seconds=round(seconds, 3),
        )

    def _compare(self, plans: Plans, level: str, found: dict[str, Contents]) -> None:
        """Compare what the orders left; where rows differ, run one order again to tell chance from order."""
        unstable: frozenset[tuple[str, str]] = frozenset()
        if differing_tables(found):
            label = next(iter(found))
            self._open_ancestor(plans, level)
            if self._run_steps(plans.orders[label]) is None:
                unstable = unstable_columns(found[label], read_contents(self.connection, self.scratch.backend))
        self.report("compared", **compare(found, unstable, self.scratch.backend.is_generated))


def describe(error: BaseException) -> str:
    """Say what went wrong in one line, with the exception's name."""
    name = type(error).__name__
    if isinstance(error, SystemExit):
        return f"SystemExit: the code calls sys.exit({error.code!r})"
    if isinstance(error, EOFError):
        return f"EOFError: the code asks for input, and there is nobody to answer ({error})"
    if isinstance(error, OrderTimeoutError):
        return str(error)
    text = " ".join(str(error).split())[:TEXT_LIMIT]
    return f"{name}: {text}" if text else name
