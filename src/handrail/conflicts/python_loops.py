"""Whether what a loop over rows does may depend on their order."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator

from handrail.conflicts.word_sets import words

CARRYING_METHODS = words(
    """
    append add insert extend setdefault create get_or_create update_or_create bulk_create pop popleft put write update set
    remove discard clear appendleft
    """
)
CARRYING_NODES = (ast.Break, ast.Return, ast.Yield, ast.YieldFrom, ast.NamedExpr, ast.Delete)
HARMLESS_CALLS = frozenset(dir(builtins)) - {"next", "iter", "enumerate", "zip", "setattr"}
"""Calls that carry nothing from one turn of a loop to the next."""
OF_THE_ROW = frozenset({"save", "delete"})
"""Methods that carry nothing as long as they are those of the row of the turn."""


def carries_state(body: list[ast.stmt], target: ast.expr) -> bool:
    """Say whether a loop counts, stops, collects, creates, calls others, writes to other rows, or looks back at an earlier turn.

    target: what the loop assigns the rows to. The rows of a loop within it that belong to the row of the turn are as good.
    """
    rows = frozenset(_stored(target))
    for part in (part for statement in body for part in ast.walk(statement)):
        if isinstance(part, ast.For) and _beginning(part.iter) in rows:
            rows |= frozenset(_stored(part.target))
    if any(_carries(part, rows) for statement in body for part in ast.walk(statement)):
        return True
    return _Names(body).look_back(body, rows)


def _carries(part: ast.AST, rows: frozenset[str]) -> bool:
    if isinstance(part, CARRYING_NODES) or (isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name)):
        return True
    if isinstance(part, ast.Subscript) and isinstance(part.ctx, ast.Store):
        return isinstance(_root(part), ast.Name)
    if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
        return not _is_row(part.value, rows)
    return isinstance(part, ast.Call) and _calls(part, rows)


def _root(target: ast.expr) -> ast.expr:
    """Return what an item is taken of: a name, or an attribute of a row."""
    while isinstance(target, ast.Subscript):
        target = target.value
    return target


def _beginning(node: ast.expr) -> str:
    """Return the name that row.lines.all() begins with, "" for anything else."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


def _is_row(node: ast.expr, rows: frozenset[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in rows


def _calls(call: ast.Call, rows: frozenset[str]) -> bool:
    function = call.func
    if not isinstance(function, ast.Attribute):
        if isinstance(function, ast.Name) and function.id == "setattr" and call.args:
            return not _is_row(call.args[0], rows)
        return not (isinstance(function, ast.Name) and function.id in HARMLESS_CALLS)
    return function.attr in CARRYING_METHODS or (function.attr in OF_THE_ROW and not _is_row(function.value, rows))


class _Names:
    """The names that the body of a loop assigns: one that may be read before it is assigned comes from an earlier turn."""

    def __init__(self, body: Iterable[ast.stmt]) -> None:
        self.stored = frozenset(name for statement in body for name in _stored(statement))

    def look_back(self, body: Iterable[ast.AST], known: frozenset[str]) -> bool:
        """Say whether a statement reads a name that no statement before it has assigned in this turn. known: those that are."""
        for statement in body:
            if isinstance(statement, ast.If):
                branches = (statement.body, statement.orelse)
                if self._reads(statement.test, known) or any(self.look_back(branch, known) for branch in branches):
                    return True
                known |= _all(statement.body) & _all(statement.orelse)
            elif isinstance(statement, ast.For):
                inside = known | frozenset(_stored(statement.target))
                if self._reads(statement.iter, known) or self.look_back([*statement.body, *statement.orelse], inside):
                    return True
            elif isinstance(statement, ast.With):
                taken = [*statement.items, *statement.body]
                if self.look_back(taken, known):
                    return True
                known |= _all(statement.body)
            elif self._reads(statement, known):
                return True
            else:
                known |= frozenset(_stored(statement)) if not isinstance(statement, ast.Try | ast.While) else frozenset()
        return False

    def _reads(self, node: ast.AST, known: frozenset[str]) -> bool:
        names = (part for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load))
        return any(part.id in self.stored - known for part in names)


def _all(body: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that a list of simple statements assigns for certain."""
    plain = (each for each in body if not isinstance(each, ast.If | ast.For | ast.While | ast.Try))
    return frozenset(name for statement in plain for name in _stored(statement))


def _stored(node: ast.AST) -> Iterator[str]:
    """Yield the names that are assigned, without those that live in a comprehension alone."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.comprehension):
            yield from _stored(child)
