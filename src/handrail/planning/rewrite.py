"""Change what a migration file says of other migrations, and take operations out of it; comments and formatting stay.

Every change is checked against what was read of the file: where a reference that has to change is not found as often as the
file has it, nothing is rewritten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import cast

import libcst as cst
import libcst.matchers as m

from handrail.domain.migration import Migration, MigrationKey
from handrail.planning.changes import Changed, Changes, Keys
from handrail.planning.displays import extended, without
from handrail.planning.retarget import retargeted
from handrail.planning.syntax import (
    NotRewritable,
    SourceText,
    class_attribute,
    constants_of,
    line_of,
    parse,
    replaced,
    string_like,
    text_of,
)

Display = cst.List | cst.Tuple


def rewritten(content: bytes, migration: Migration, changes: Changes) -> bytes:
    """Return the file's content with the changes made; raises NotRewritable where one cannot be made with certainty."""
    source = SourceText.decode(content)
    text = source.text
    if changes.renames:
        text = retargeted(text, migration, changes.renames)
    if changes.strings:
        text = _with_strings(text, changes.strings)
    for name in ("dependencies", "run_before", "replaces"):
        text = _with_references(text, migration, name, changes)
    if changes.dropped:
        text = _without_operations(text, len(migration.operations), changes.dropped)
    return source.encode(text)


def _with_strings(text: str, strings: Mapping[str, str]) -> str:
    wrapper = parse(text)
    nodes: dict[cst.CSTNode, cst.CSTNode] = {}
    for found in m.findall(wrapper.module, m.SimpleString()):
        node = cast(cst.SimpleString, found)
        value = node.evaluated_value
        if isinstance(value, str) and value in strings:
            nodes[node] = string_like(node, strings[value])
    return replaced(wrapper.module, nodes).code


def _with_references(text: str, migration: Migration, name: str, changes: Changes) -> str:
    change: Changed = getattr(changes, name)
    added = changes.added if name == "dependencies" else ()
    read: Keys = getattr(migration, name)
    wanted = Counter(key for key in read if key in change)
    if not wanted and not added:
        return text
    wrapper = parse(text)
    owner, statement, value = class_attribute(wrapper, name)
    if value is None:
        if wanted or statement is not None:
            raise NotRewritable(line_of(wrapper, statement or owner), f"{name} is not set by the class itself")
        return _with_new_attribute(wrapper.module, owner, name, added)
    rewriter = _References(wrapper, change, set(read))
    rewriter.sequence(value)
    if rewriter.found != wanted:
        lost = ", ".join(map(str, sorted(wanted - rewriter.found) or sorted(wanted)))
        raise NotRewritable(line_of(wrapper, value), f"{name} names {lost} in a way that cannot be rewritten with certainty")
    rewriter.append(value, [key for key in added if key not in read])
    return replaced(wrapper.module, rewriter.nodes).code


def _with_new_attribute(module: cst.Module, owner: cst.ClassDef, name: str, keys: Keys) -> str:
    line = cst.parse_statement(f"{name} = [{', '.join(map(_written, keys))}]", config=module.config_for_parsing)
    body = list(owner.body.body)
    at = 1 if owner.get_docstring() is not None else 0
    body.insert(at, line)
    if not isinstance(owner.body, cst.IndentedBlock):
        raise NotRewritable(None, "the class Migration is written on one line")
    return replaced(module, {owner: owner.with_changes(body=owner.body.with_changes(body=body))}).code


def _written(key: MigrationKey) -> str:
    return f"({_quoted(key.app_label)}, {_quoted(key.name)})"


def _quoted(text: str) -> str:
    return f'"{text}"' if '"' not in text and "\\" not in text else repr(text)


class _References:
    """Walks the expression behind dependencies, run_before or replaces; nodes holds the replacements, found what was met."""

    def __init__(self, wrapper: cst.MetadataWrapper, change: Changed, read: Collection[MigrationKey]) -> None:
        self.wrapper = wrapper
        self.change = change
        self.present = {key for key in read if key not in change}
        self.constants = constants_of(wrapper.module)
        self.nodes: dict[cst.CSTNode, cst.CSTNode] = {}
        self.found: Counter[MigrationKey] = Counter()
        self.last: tuple[Display, Display] | None = None

    def sequence(self, node: cst.BaseExpression) -> None:
        """Rewrite a sequence of references, however it is put together; what is not understood is left alone."""
        if isinstance(node, cst.List | cst.Tuple):
            self._display(node)
        elif isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add):
            self.sequence(node.left)
            self.sequence(node.right)
        elif isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("list", "tuple", "sorted"):
            for argument in node.args[:1]:
                self.sequence(argument.value)
        elif isinstance(node, cst.ListComp | cst.GeneratorExp):
            self._comprehension(node)
        elif isinstance(node, cst.Name) and node.value in self.constants and self._is_used_once(node.value):
            self.sequence(self.constants[node.value])

    def append(self, node: cst.BaseExpression, keys: Collection[MigrationKey]) -> None:
        """Add references behind the last ones that are written as a display."""
        missing = [key for key in keys if key not in self.present]
        if not missing:
            return
        if self.last is None:
            raise NotRewritable(line_of(self.wrapper, node), "there is no list to which a dependency could be added")
        old, new = self.last
        self.nodes[old] = extended(new, [cst.parse_expression(_written(key)) for key in missing])

    def _display(self, node: Display) -> None:
        elements: list[cst.BaseElement] = []
        dropped: set[int] = set()
        extra: list[cst.BaseExpression] = []
        for position, element in enumerate(node.elements):
            elements.append(element)
            if isinstance(element, cst.StarredElement):
                self.sequence(element.value)
                elements[position] = element.with_changes(value=replaced(element.value, self.nodes))
                continue
            key = self._key(element.value)
            if key is None or key not in self.change:
                continue
            self.found[key] += 1
            first, more = self._taking_the_place_of(key)
            if first is None:
                dropped.add(position)
            else:
                elements[position] = element.with_changes(value=self._renamed(element.value, key, first))
            extra += [cst.parse_expression(_written(other)) for other in more]
        changed = without(node.with_changes(elements=elements), dropped) if dropped else node.with_changes(elements=elements)
        changed = extended(changed, extra)
        if self.found:
            self.nodes[node] = changed
        self.last = (node, changed)

    def _taking_the_place_of(self, key: MigrationKey) -> tuple[MigrationKey | None, Keys]:
        new = [other for other in self.change[key] if other not in self.present]
        self.present.update(new)
        return (new[0], tuple(new[1:])) if new else (None, ())

    def _key(self, node: cst.BaseExpression) -> MigrationKey | None:
        if not isinstance(node, cst.Tuple | cst.List) or len(node.elements) != 2:
            return None
        label, name = (text_of(element.value, self.constants) for element in node.elements)
        return None if label is None or name is None else MigrationKey(label, name)

    def _renamed(self, node: cst.BaseExpression, old: MigrationKey, new: MigrationKey) -> cst.BaseExpression:
        assert isinstance(node, cst.Tuple | cst.List)
        parts = [
            element if one == other else element.with_changes(value=string_like(element.value, other))
            for element, one, other in zip(node.elements, old, new, strict=True)
        ]
        return node.with_changes(elements=parts)

    def _comprehension(self, node: cst.ListComp | cst.GeneratorExp) -> None:
        """Write a comprehension out where something in it changes: the one form in which every reference can differ."""
        keys = self._comprehended(node)
        if not any(key in self.change for key in keys):
            return
        if "#" in self.wrapper.module.code_for_node(node):
            raise NotRewritable(line_of(self.wrapper, node), "a comprehension with comments")
        parts: list[MigrationKey] = []
        for key in keys:
            if key not in self.change:
                parts.append(key)
                continue
            self.found[key] += 1
            first, more = self._taking_the_place_of(key)
            parts += [*([first] if first else []), *more]
        written = cst.parse_expression(f"[{', '.join(map(_written, parts))}]")
        assert isinstance(written, cst.List)
        self.nodes[node] = written

    def _comprehended(self, node: cst.ListComp | cst.GeneratorExp) -> list[MigrationKey]:
        """Return the references of [("app", name) for name in ("0001", "0002")]; [] where it is anything else."""
        loop = node.for_in
        element = node.elt
        if loop.inner_for_in or loop.ifs or loop.asynchronous or not isinstance(loop.iter, cst.List | cst.Tuple):
            return []
        if not isinstance(element, cst.Tuple | cst.List) or len(element.elements) != 2:
            return []
        keys = []
        for item in loop.iter.elements:
            names = self._bound(loop.target, item.value)
            label, name = (text_of(part.value, {**self.constants, **names}) for part in element.elements)
            if label is None or name is None:
                return []
            keys.append(MigrationKey(label, name))
        return keys

    def _bound(self, target: cst.BaseExpression, value: cst.BaseExpression) -> dict[str, cst.BaseExpression]:
        if isinstance(target, cst.Name):
            return {target.value: value}
        if (
            isinstance(target, cst.Tuple)
            and isinstance(value, cst.Tuple | cst.List)
            and len(target.elements) == len(value.elements)
        ):
            bound: dict[str, cst.BaseExpression] = {}
            for inner, part in zip(target.elements, value.elements, strict=True):
                bound |= self._bound(inner.value, part.value)
            return bound
        return {}

    def _is_used_once(self, name: str) -> bool:
        return len(m.findall(self.wrapper.module, m.Name(name))) == 2


def _without_operations(text: str, count: int, dropped: Collection[int]) -> str:
    wrapper = parse(text)
    owner, _, value = class_attribute(wrapper, "operations")
    displays = list(displays_of(value)) if value is not None else []
    if value is None or sum(len(display.elements) for display in displays) != count:
        place = line_of(wrapper, value or owner)
        raise NotRewritable(place, "operations is not written as a list of all its operations")
    nodes: dict[cst.CSTNode, cst.CSTNode] = {}
    start = 0
    for display in displays:
        here = {position - start for position in dropped if start <= position < start + len(display.elements)}
        if here:
            nodes[display] = without(display, here)
        start += len(display.elements)
    return replaced(wrapper.module, nodes).code


def displays_of(value: cst.BaseExpression) -> list[Display]:
    """Return the displays, in order, that + puts together; [] where anything else or a starred part is among them."""
    if isinstance(value, cst.List | cst.Tuple):
        starred = any(isinstance(element, cst.StarredElement) for element in value.elements)
        return [] if starred else [value]
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        left, right = displays_of(value.left), displays_of(value.right)
        return [*left, *right] if left and right else []
    return []
