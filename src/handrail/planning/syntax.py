"""Small steps on libcst's concrete syntax trees that keep comments, quotes, commas and indentation as they are.

Only the modules that rewrite files import this one, and they are imported when something is to be rewritten: libcst takes a
third of a second to import.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import libcst as cst
import libcst.matchers as m
from libcst.metadata import PositionProvider

from handrail.domain.dataclasses import dataclass

CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
"""A coding line, in the first two lines (PEP 263)."""


class NotRewritable(Exception):  # noqa: N818  (a refusal in the making: the caller knows the file)
    """A place in a file that cannot be rewritten with certainty: its line (from 1, None for the whole file) and what is there."""

    def __init__(self, line: int | None, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


Tree = TypeVar("Tree", cst.Module, cst.BaseExpression)


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of a Python file, and what is needed to write it back byte for byte: its encoding and byte order mark."""

    text: str
    encoding: str
    mark: bytes = b""

    @classmethod
    def decode(cls, content: bytes) -> SourceText:
        """Decode a file as Python does (PEP 263); raises NotRewritable where it cannot be."""
        mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
        found = next(filter(None, map(CODING.match, content[len(mark) :].splitlines()[:2])), None)
        encoding = "utf-8" if mark or not found else found[1].decode("ascii", "replace")
        try:
            return cls(content[len(mark) :].decode(encoding), encoding, mark)
        except (LookupError, UnicodeDecodeError) as error:
            raise NotRewritable(1, f"the file is not {encoding}") from error

    def encode(self, text: str) -> bytes:
        """Return new text in the encoding of the old."""
        return self.mark + text.encode(self.encoding)


def parse(text: str) -> cst.MetadataWrapper:
    """Parse a file; raises NotRewritable with the line where it has a syntax error."""
    try:
        return cst.MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
    except cst.ParserSyntaxError as error:
        raise NotRewritable(error.raw_line, "the file has a syntax error") from error


def line_of(wrapper: cst.MetadataWrapper, node: cst.CSTNode) -> int | None:
    """Return the line on which a node of the parsed file begins."""
    position = wrapper.resolve(PositionProvider).get(node)
    return position.start.line if position else None


def replaced(tree: Tree, nodes: Mapping[cst.CSTNode, cst.CSTNode]) -> Tree:
    """Return a module or an expression with nodes (known by identity) put in the place of others."""

    class Replacing(cst.CSTTransformer):
        def on_leave(self, original_node: Any, updated_node: Any) -> Any:
            return nodes.get(original_node, updated_node)

    changed: Any = tree.visit(Replacing())
    return changed  # type: ignore[no-any-return]


def text_of(node: cst.BaseExpression | None, constants: Mapping[str, cst.BaseExpression]) -> str | None:
    """Return the string an expression stands for: a literal, or a constant of the file; None where that is not certain."""
    if isinstance(node, cst.Name) and node.value in constants:
        node = constants[node.value]
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def string_like(node: cst.BaseExpression, value: str) -> cst.SimpleString:
    """Return a string literal in the quotes of the one it replaces."""
    model = node
    while isinstance(model, cst.ConcatenatedString):
        model = model.left
    prefix, quote = (model.prefix, model.quote) if isinstance(model, cst.SimpleString) else ("", '"')
    if not re.fullmatch(r"[^\\\"'\n\r]*", value):
        return cst.SimpleString(repr(value))
    return cst.SimpleString(f"{prefix if prefix.lower() != 'b' else ''}{quote}{value}{quote}")


def class_attribute(
    wrapper: cst.MetadataWrapper, name: str
) -> tuple[cst.ClassDef, cst.Assign | cst.AnnAssign | None, cst.BaseExpression | None]:
    """Return the Migration class, and the statement and the value that set one of its attributes (None where it has none).

    Raises NotRewritable where there is no such class on the top level, or the attribute is set more than once.
    """
    found = [node for node in wrapper.module.body if isinstance(node, cst.ClassDef) and node.name.value == "Migration"]
    if len(found) != 1:
        raise NotRewritable(None, "there is not one class Migration on the top level of the file")
    hits = [hit for hit in assignments(found[0].body.body) if hit[0] == name]
    hits += [hit for hit in _nested(found[0]) if hit[0] == name]
    if len(hits) > 1 or any(isinstance(hit[1], cst.AugAssign) for hit in hits):
        raise NotRewritable(line_of(wrapper, hits[-1][1]), f"{name} is set in more than one place")
    if not hits:
        return found[0], None, None
    statement = hits[0][1]
    assert isinstance(statement, cst.Assign | cst.AnnAssign)
    return found[0], statement, statement.value


def constants_of(module: cst.Module) -> dict[str, cst.BaseExpression]:
    """Return the names that the top level of a file sets exactly once, and their values."""
    seen: dict[str, list[tuple[cst.CSTNode, cst.BaseExpression | None]]] = {}
    for name, statement, value in assignments(module.body):
        seen.setdefault(name, []).append((statement, value))
    return {
        name: value
        for name, hits in seen.items()
        for statement, value in hits
        if len(hits) == 1 and value is not None and not isinstance(statement, cst.AugAssign)
    }


def assignments(body: Sequence[cst.CSTNode]) -> list[tuple[str, cst.CSTNode, cst.BaseExpression | None]]:
    """Return (name, statement, value) of every assignment to a plain name directly in a body."""
    found: list[tuple[str, cst.CSTNode, cst.BaseExpression | None]] = []
    for line in body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else [line]:
            if isinstance(small, cst.Assign):
                targets: list[cst.BaseExpression] = [target.target for target in small.targets]
            elif isinstance(small, cst.AnnAssign | cst.AugAssign):
                targets = [small.target]
            else:
                continue
            found += [(target.value, small, small.value) for target in targets if isinstance(target, cst.Name)]
    return found


def _nested(node: cst.ClassDef) -> list[tuple[str, cst.CSTNode, cst.BaseExpression | None]]:
    """Return assignments inside an if, try, with or for of a class body: they run at class creation as well."""
    found = []
    for line in node.body.body:
        if isinstance(line, cst.If | cst.Try | cst.With | cst.For | cst.While):
            for inner in m.findall(line, m.SimpleStatementLine()):
                found += assignments([inner])
    return found
