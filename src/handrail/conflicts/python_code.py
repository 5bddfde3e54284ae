"""What a RunPython function touches."""

from __future__ import annotations

import ast
from functools import lru_cache

from handrail.conflicts import python_statements
from handrail.conflicts.python_reader import Reader, TooLongError
from handrail.conflicts.python_record import Record, Relations
from handrail.conflicts.python_values import PLAIN, Args, Const, Handle, Outside, Partial, Tup, Values, only
from handrail.domain.footprint import NOTHING, CodeFootprint
from handrail.domain.migration import Migration
from handrail.domain.value import Call, ListOf, Name, Symbolic, Value

NOOP = "django.db.migrations.RunPython.noop"
ROUNDS = 4
"""How often a function is run until nothing new is found."""


def read_python(migration: Migration, code: Value, relations: Relations) -> CodeFootprint:
    """Return what a RunPython argument (code or reverse_code) of a migration touches.

    relations: see Relations; it is asked for the models that the code names. What cannot be read is in opaque, never left out.
    """
    if code is None or code == Name(NOOP):
        return NOTHING
    tree = _parse(migration.text)
    if tree is None:
        return CodeFootprint(opaque=("cannot be parsed",))
    record = Record(relations)
    reader = Reader(record, migration.path.removesuffix(".py").replace("/", ".").rpartition(".")[0])
    try:
        _run_module(reader, tree)
        _settle(reader, code)
    except (TooLongError, RecursionError):
        record.cannot_read("is too long to be read")
    return record.footprint()


@lru_cache(maxsize=64)
def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return None


def _run_module(reader: Reader, tree: ast.Module) -> None:
    """Give the names of the file their values; what is done on import belongs to no function."""
    record = reader.record
    reader.record = Record(record.relations)
    python_statements.run(reader, tree.body, reader.module)
    record.tables = reader.record.tables
    reader.record = record
    reader.steps = 0


def _function(code: Value) -> ast.expr | Values:
    """Return the code as an expression of the file, or as what it stands for where it comes from elsewhere."""
    if isinstance(code, Name) and code.path.startswith("."):
        return ast.parse(code.path[1:], mode="eval").body
    if isinstance(code, Symbolic):
        try:
            return ast.parse(code.source, mode="eval").body
        except (SyntaxError, ValueError):
            return only(Outside(code.source))
    return only(Outside(code.path if isinstance(code, Name | Call) else repr(code)))


def _called(reader: Reader, code: Value) -> Values:
    """Return what is run: a function, or a functools.partial of one with its arguments."""
    if isinstance(code, Call) and code.path == "functools.partial" and code.args:
        inner = _called(reader, code.args[0])
        positional = tuple(_argument(value) for value in code.args[1:])
        keywords = tuple((name, _argument(value)) for name, value in code.keywords)
        return frozenset(Partial(atom, positional, keywords) for atom in inner)
    function = _function(code)
    return reader.value(function, reader.module) if isinstance(function, ast.expr) else function


def _argument(value: Value) -> Values:
    """Return an argument of functools.partial as a value of the reader."""
    if isinstance(value, tuple | ListOf):
        return only(Tup(tuple(_argument(item) for item in value)))
    if value is None or isinstance(value, str | int | float | bytes):
        return only(Const(value))
    return only(Outside(value.path)) if isinstance(value, Name) else PLAIN


def _settle(reader: Reader, code: Value) -> None:
    """Run the code with what Django passes to it, until nothing new is found."""
    arguments = Args((only(Handle("apps")), only(Handle("schema_editor"))))
    place = ast.Pass()
    for _ in range(ROUNDS):
        before = reader.state()
        reader.call(_called(reader, code), arguments, place)
        if reader.state() == before:
            return
    reader.opaque("is too complex to be read")
