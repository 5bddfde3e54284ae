"""Statements of PostgreSQL 14 and later: nearly all may be in a transaction; some must not."""

from __future__ import annotations

from handrail.databases.base import Cursor
from handrail.databases.statements._postgresql_indexes import (
    INVALID,
    Concurrent,
    again,
    concurrent,
    indexes,
    is_leftover,
    quoted,
    schema_of,
)
from handrail.databases.statements._reader import Reader
from handrail.databases.statements._tokens import POSTGRESQL, Kind, Token, TokenError, statements_in, tokens, words
from handrail.databases.statements.base import Definitions, Judgement, Manner, Restoring, StatementRules

_TRANSACTION = words(
    "ALTER ANALYZE CHECKPOINT CLUSTER COMMENT COPY CREATE DELETE DO DROP EXPLAIN GRANT IMPORT INSERT LOCK MERGE NOTIFY REASSIGN"
    " REFRESH REINDEX RESET REVOKE SECURITY SELECT SET SHOW TABLE TRUNCATE UPDATE VALUES WITH ("
)
# "cannot be executed inside a transaction block": the pages of these commands in the PostgreSQL 18 manual.
_FORBIDDEN = {
    ("CREATE", "DATABASE"),
    ("CREATE", "TABLESPACE"),
    ("CREATE", "SUBSCRIPTION"),
    ("ALTER", "DATABASE"),
    ("ALTER", "SUBSCRIPTION"),
    ("ALTER", "SYSTEM"),
    ("DROP", "DATABASE"),
    ("DROP", "TABLESPACE"),
    ("DROP", "SUBSCRIPTION"),
    ("REINDEX", "DATABASE"),
    ("REINDEX", "SCHEMA"),
    ("REINDEX", "SYSTEM"),
}
_REPEATABLE = {"VACUUM", "REINDEX", "CLUSTER", "DISCARD"}


class PostgreSQLStatements(StatementRules):
    """PostgreSQL, by its manual."""

    def manner(self, sql: str) -> Manner:
        """A procedure may commit by itself, and a block that says so.

        Several statements sent as one text are one transaction, unless they say where it ends (manual of 18, "Multiple Statements
        in a Simple Query"): where each may be in a transaction, all may.
        """
        try:
            found = tokens(sql, POSTGRESQL)
        except TokenError:
            return Manner.UNKNOWN
        if statements_in(found) > 1:
            all_may = all(_manner(part) is Manner.TRANSACTION for part in _parts(found))
            return Manner.TRANSACTION if all_may else Manner.UNKNOWN
        return _manner(found)

    def snapshot(self, cursor: Cursor, sql: str) -> dict[str, str | None]:
        """Read the index that a statement names, or all of its table."""
        statement = self._concurrent(sql)
        if statement is None:
            return {}
        found: dict[str, str | None] = {f"index {statement.name.key}": None} if statement.name else {}
        for index in indexes(cursor, statement):
            is_it = statement.name is not None and not is_leftover(index.name, statement.name.name)
            found[f"index {statement.name.key if is_it and statement.name else index.name}"] = index.text
        return found

    def judge(self, sql: str, before: Definitions, live: Definitions) -> Judgement:
        """An index that is there and valid was built; one that is invalid has to be built again."""
        if self.manner(sql) is not Manner.ALONE:
            return Judgement.AMBIGUOUS
        statement = concurrent(sql)
        if statement is None:
            first = Reader(tokens(sql, POSTGRESQL)).peek()
            return Judgement.NOT_DONE if first in _REPEATABLE else Judgement.AMBIGUOUS
        return {"create": _judge_create, "drop": _judge_drop, "reindex": _judge_reindex}[statement.verb](before, live)

    def clearing(self, cursor: Cursor, sql: str) -> list[str]:
        """Drop the invalid index of that name on that table, or the copies that REINDEX left."""
        statement = self._concurrent(sql)
        if statement is None or statement.verb == "drop" or (statement.verb == "create" and statement.name is None):
            return []
        broken = [index for index in indexes(cursor, statement) if not index.kept]
        if statement.verb == "reindex":
            broken = [index for index in broken if is_leftover(index.name)]
        return [_drop(index.schema, index.name) for index in broken]

    def broken_index(self, clearing: str) -> str:
        """All that clearing does is to drop indexes."""
        statement = concurrent(clearing)
        return statement.name.name if statement is not None and statement.name is not None else ""

    def restoring(self, sql: str, before: Definitions, live: Definitions) -> Restoring:
        """Drop what was built, and build what was dropped, while the table is in use."""
        if self.manner(sql) is not Manner.ALONE:
            return Restoring(impossible="the statement does not run by itself")
        statement = concurrent(sql)
        if statement is None:
            first = Reader(tokens(sql, POSTGRESQL)).peek()
            return Restoring() if first in _REPEATABLE else Restoring(impossible=_HIDDEN)
        if self.judge(sql, before, live) is Judgement.AMBIGUOUS:
            return Restoring(impossible="the index was changed by something else too")
        return Restoring(tuple(_restored(statement, before, live)))

    def _concurrent(self, sql: str) -> Concurrent | None:
        return concurrent(sql) if self.manner(sql) is Manner.ALONE else None


def _parts(found: list[Token]) -> list[list[Token]]:
    """Split at semicolons; a body that is split too has parts that are no statements, which nobody takes for ones."""
    parts: list[list[Token]] = [[]]
    for token in found:
        if token.text == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _manner(found: list[Token]) -> Manner:
    if not found:
        return Manner.UNKNOWN
    reader = Reader(found)
    first, said = reader.peek(), {token.value for token in found if token.kind is Kind.WORD}
    if first in {"VACUUM", "DISCARD"} or _is_alone(reader, said):
        return Manner.ALONE
    if _is_unknown(reader, said, found):
        return Manner.UNKNOWN
    return Manner.TRANSACTION if first in _TRANSACTION else Manner.UNKNOWN


_HIDDEN = "the definitions do not show what the statement did"


def _is_alone(reader: Reader, said: set[str]) -> bool:
    if (reader.peek(), reader.peek(1)) in _FORBIDDEN:
        return reader.peek(1) != "DATABASE" or reader.peek() != "ALTER" or "TABLESPACE" in said
    if reader.peek() == "CLUSTER":
        return not any(token.kind is Kind.NAME or token.value not in {"CLUSTER", "VERBOSE", ";"} for token in reader.tokens)
    if reader.peek() == "REINDEX":
        return bool(said & {"CONCURRENTLY", "DATABASE", "SCHEMA", "SYSTEM"})
    if reader.peek() == "ALTER":
        return {"TABLE", "DETACH", "PARTITION", "CONCURRENTLY"} <= said
    return (
        {"INDEX", "CONCURRENTLY"} <= said
        and reader.peek() in {"CREATE", "DROP"}
        and "INDEX"
        in (
            reader.peek(1),
            reader.peek(2),
        )
    )


def _is_unknown(reader: Reader, said: set[str], found: list[Token]) -> bool:
    """DO may commit; temporary tables live as long as their session; SET TRANSACTION is about one transaction only."""
    if reader.peek() == "DO":
        body = " ".join(token.text for token in found if token.kind is Kind.STRING).upper()
        return any(word in body for word in ("COMMIT", "ROLLBACK", "CALL"))
    if reader.peek() == "CREATE":
        return bool({"TEMP", "TEMPORARY"} & {reader.peek(1), reader.peek(2), reader.peek(3)})
    return reader.peek() == "SET" and bool({"TRANSACTION", "CHARACTERISTICS"} & said)


def _is_valid(text: str | None) -> bool:
    return text is not None and not text.endswith(f"\n{INVALID}")


def _judge_create(before: Definitions, live: Definitions) -> Judgement:
    changed = [key for key in {**before, **live} if before.get(key) != live.get(key)]
    if any(_is_valid(before.get(key)) for key in changed):
        return Judgement.AMBIGUOUS
    built = [key for key in changed if _is_valid(live.get(key))]
    return Judgement.NOT_DONE if not built else Judgement.DONE if len(built) == 1 else Judgement.AMBIGUOUS


def _judge_drop(before: Definitions, live: Definitions) -> Judgement:
    for key, text in before.items():
        now = live.get(key)
        if text is not None and now is None:
            return Judgement.DONE
        if now is not None and now.removesuffix(f"\n{INVALID}") != (text or "").removesuffix(f"\n{INVALID}"):
            return Judgement.AMBIGUOUS
    return Judgement.NOT_DONE


def _judge_reindex(before: Definitions, live: Definitions) -> Judgement:
    """It can be repeated; that it was done shows only where an index was invalid before."""
    own = [key for key in before if not is_leftover(key)]
    if any(before[key] is not None and live.get(key) is None for key in own):
        return Judgement.AMBIGUOUS
    mended = [key for key in own if not _is_valid(before[key]) and _is_valid(live.get(key))]
    broken = [key for key in live if not _is_valid(live[key])]
    return Judgement.DONE if mended and not broken else Judgement.NOT_DONE


def _restored(statement: Concurrent, before: Definitions, live: Definitions) -> list[str]:
    drops, builds = [], []
    for key in {**before, **live}:
        was, now = before.get(key), live.get(key)
        if statement.verb == "reindex" or was == now:
            continue
        name = key.removeprefix("index ").rpartition(".")[2] if statement.name is None else statement.name.name
        if statement.verb == "create" and was is None and now is not None:
            drops.append(_drop(schema_of(now), name))
        if statement.verb == "drop" and was is not None and _is_valid(was):
            if now is not None:
                drops.append(_drop(schema_of(now), name))
            builds.append(again(was))
    return [*drops, *builds]


def _drop(schema: str, name: str) -> str:
    return f"DROP INDEX CONCURRENTLY {quoted(schema, name)}"
