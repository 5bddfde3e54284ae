"""One operation, statement by statement: each is on record before it runs, so that it is never run twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from handrail.checks.hr403 import InvalidIndex
from handrail.databases.statements.base import Judgement, Manner, StatementRules
from handrail.domain.dataclasses import dataclass
from handrail.domain.run import Mark, Phase, Statement
from handrail.errors.hr304 import BehindPooler
from handrail.errors.hr401 import InDoubt
from handrail.execution.journal import Journal

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

    from handrail.domain.finding import Finding

READS = ("get_constraints", "get_storage_engine", "get_sequences", "get_relations", "get_primary_key_columns")
"""What schema editors ask the database before they write a statement (django/db/backends/*/schema.py, 5.2 to 6.1)."""
Attempt = Callable[[Callable[[], None], str], None]
"""Runs something, again where a lock was in the way; the text is the statement it waits with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The session that migrates. holds: whether all statements reach one session of the server, with its timeouts.

    prepare: sets the timeouts of a transaction that has just begun, where the session does not hold them.
    """

    holds: bool
    prepare: Callable[[], None]


class Guard(Protocol):
    """Called before anything is written: raises where the lock is lost."""

    def __call__(self) -> None:
        """Raise LockLost, or return."""


class Unit:
    """The statements of one operation, in the order in which they are written.

    earlier: those on record from a run that was stopped. They are written again by the same code, which asks the same
    questions and gets the answers that are on record, so that the same statements come; those that were done are passed over.
    """

    def __init__(
        self,
        *,
        connection: BaseDatabaseWrapper,
        journal: Journal,
        rules: StatementRules,
        step: int,
        phase: Phase,
        operation: int,
        earlier: Sequence[Statement],
        attempt: Attempt,
        session: Session,
        place: str,
        said: Callable[[Iterable[Finding]], None],
    ) -> None:
        """place: the operation in words, for what is said when it cannot go on. said: told what is put right before."""
        self.connection, self.journal, self.rules = connection, journal, rules
        self.step, self.phase, self.operation, self.place = step, phase, operation, place
        self.attempt, self.session, self.said = attempt, session, said
        self._earlier = list(earlier)
        self._answers = [read for statement in earlier for read in statement.reads]
        self._reads: list[Any] = []
        self._asking = False

    def execute(self, sql: str, params: Sequence[Any] | None) -> None:
        """Run one statement of the schema editor, unless it is known to be done. Raises InDoubt."""
        text = shown(sql, params)
        earlier = self._take(text)
        if earlier is not None and self._is_done(earlier):
            return
        manner = self.rules.manner(sql)
        if manner is Manner.TRANSACTION:
            self.attempt(lambda: self._in_transaction(sql, params, text), text)
        else:
            self._alone(sql, params, text, earlier)
        self._reads = []

    def _take(self, text: str) -> Statement | None:
        """Return what is on record of the statement that comes now."""
        if not self._earlier:
            return None
        earlier = self._earlier.pop(0)
        if earlier.sql != text:
            raise InDoubt(place=self.place, sql=earlier.sql, why="the operation writes other statements than those on record")
        return earlier

    def _is_done(self, earlier: Statement) -> bool:
        if earlier.status is Mark.DONE:
            return True
        with self.connection.cursor() as cursor:
            found = self.rules.judge(earlier.sql, earlier.before, self.rules.snapshot(cursor, earlier.sql))
        if found is Judgement.AMBIGUOUS:
            why = "the tables are neither as they were before this statement nor as it leaves them"
            raise InDoubt(place=self.place, sql=earlier.sql, why=why)
        if found is Judgement.DONE:
            self.journal.statement_done(earlier.id)
        return found is Judgement.DONE

    def _in_transaction(self, sql: str, params: Sequence[Any] | None, text: str) -> None:
        from django.db.transaction import atomic

        with atomic(self.connection.alias):
            self.session.prepare()
            self._run(sql, params)
            row = self.journal.statement_started(self.step, self.phase, self.operation, text, {}, self._reads)
            self.journal.statement_done(row)

    def _alone(self, sql: str, params: Sequence[Any] | None, text: str, earlier: Statement | None) -> None:
        """Outside a transaction only a session can hold the timeouts. Raises BehindPooler.

        Inside one of the caller's, which it would commit, it is refused as the schema editor refuses it (execute of
        django/db/backends/base/schema.py, 5.2 to 6.1).
        """
        from django.db.transaction import TransactionManagementError

        if self.connection.in_atomic_block and not self.connection.features.can_rollback_ddl:
            raise TransactionManagementError(
                "Executing DDL statements while in a transaction on databases that can't perform a rollback is prohibited."
            )
        if not self.session.holds:
            raise BehindPooler(alias=self.connection.alias, what=self.place)
        self.attempt(lambda: self._clear(sql, self.said), text)
        if earlier is None:
            with self.connection.cursor() as cursor:
                before = self.rules.snapshot(cursor, text)
            row = self.journal.statement_started(self.step, self.phase, self.operation, text, before, self._reads)
        else:
            row = earlier.id
        self.attempt(lambda: self._cleared(sql, params), text)
        self.journal.statement_done(row)

    def _clear(self, sql: str, said: Callable[[Iterable[Finding]], None] = lambda _: None) -> None:
        with self.connection.cursor() as cursor:
            for leftover in self.rules.clearing(cursor, sql):
                said(InvalidIndex.find(self.rules.broken_index(leftover)))
                cursor.execute(leftover)

    def _cleared(self, sql: str, params: Sequence[Any] | None) -> None:
        """A try that gave way to another session's lock has left something in its own way too."""
        self._clear(sql)
        self._run(sql, params)

    def _run(self, sql: str, params: Sequence[Any] | None) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)

    def read(self, method: str, arguments: Sequence[Any], ask: Callable[[], Any]) -> Any:
        """Answer a question of the schema editor: as on record where it was asked before, else by the database.

        A question that comes up while another one is answered is a part of that one. Raises InDoubt.
        """
        if self._asking:
            return ask()
        asked = json.loads(json.dumps([method, list(arguments)], default=str))
        if self._answers:
            known = self._answers.pop(0)
            if known[:2] != asked:
                raise InDoubt(
                    place=self.place, sql="", why="the operation asks the database other questions than those on record"
                )
            return known[2]
        self._asking = True
        try:
            answer = json.loads(json.dumps(ask(), default=_plain))
        finally:
            self._asking = False
        self._reads.append([*asked, answer])
        return answer


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, set | frozenset | tuple) or hasattr(value, "__iter__") else str(value)


def shown(sql: str, params: Sequence[Any] | None) -> str:
    """Return a statement as it is kept on record: with its parameters, which decide whether it is the same one."""
    return f"{sql} /* {repr(list(params)).replace('*/', '* /')} */" if params else sql


@contextmanager
def statements_through(editor: BaseDatabaseSchemaEditor, unit: Unit) -> Iterator[None]:
    """Let everything that a schema editor executes, and what it asks the database, go through a unit.

    ask: for those who ask something else between statements: takes a name, arguments, and what answers.
    """
    introspection = editor.connection.introspection
    editor.execute = lambda sql, params=(): unit.execute(str(sql), params)  # type: ignore[method-assign]
    editor.ask = unit.read  # type: ignore[attr-defined]
    for name in READS:
        if hasattr(introspection, name):
            setattr(introspection, name, _recorded(unit, name, getattr(introspection, name)))
    try:
        yield
    finally:
        del editor.execute, editor.ask  # type: ignore[attr-defined]
        for name in READS:
            vars(introspection).pop(name, None)


def _recorded(unit: Unit, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def ask(cursor: Any, *arguments: Any) -> Any:
        return unit.read(name, arguments, lambda: method(cursor, *arguments))

    return ask
