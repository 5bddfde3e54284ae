"""Follow the other side's renames in the operations of a migration, where it is certain what a name stands for.

Names stand in many places: model_name, fields of an index or a constraint, keywords of Q, strings in F, to= of a relation,
unique_together, ordering. Each place that is known is rewritten; an old name in a place that is not known stops the rewriting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import libcst as cst
import libcst.matchers as m

from handrail.domain.footprint import ModelKey
from handrail.domain.migration import Migration
from handrail.planning.renames import Renames, introduced
from handrail.planning.syntax import NotRewritable, class_attribute, constants_of, line_of, parse, replaced, string_like, text_of

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "CreateModel": ("name", "fields", "options", "bases", "managers"),
    "DeleteModel": ("name",),
    "RenameModel": ("old_name", "new_name"),
    "AlterModelTable": ("name", "table"),
    "AlterModelTableComment": ("name", "table_comment"),
    "AlterUniqueTogether": ("name", "unique_together"),
    "AlterIndexTogether": ("name", "index_together"),
    "AlterOrderWithRespectTo": ("name", "order_with_respect_to"),
    "AlterModelOptions": ("name", "options"),
    "AlterModelManagers": ("name", "managers"),
    "AddField": ("model_name", "name", "field", "preserve_default"),
    "AlterField": ("model_name", "name", "field", "preserve_default"),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
    "AddIndex": ("model_name", "index"),
    "RemoveIndex": ("model_name", "name"),
    "AddIndexConcurrently": ("model_name", "index"),
    "RemoveIndexConcurrently": ("model_name", "name"),
    "RenameIndex": ("model_name", "new_name", "old_name", "old_fields"),
    "AddConstraint": ("model_name", "constraint"),
    "AddConstraintNotValid": ("model_name", "constraint"),
    "RemoveConstraint": ("model_name", "name"),
    "ValidateConstraint": ("model_name", "name"),
    "AlterConstraint": ("model_name", "name", "constraint"),
}
"""The parameters of Django's operations, in order (django/db/migrations/operations and contrib/postgres, 5.2 to 6.1)."""

FIELD_NAME = {
    "AlterField": "name",
    "RemoveField": "name",
    "RenameField": "old_name",
    "AlterOrderWithRespectTo": "order_with_respect_to",
}
"""The parameter that names an existing field of the operation's model."""
MODEL_NAME = {"DeleteModel": "name", "RenameModel": "old_name", "AlterModelTable": "name", "AlterModelTableComment": "name"}
MODEL_NAME |= {"AlterUniqueTogether": "name", "AlterIndexTogether": "name", "AlterOrderWithRespectTo": "name"}
MODEL_NAME |= {"AlterModelOptions": "name", "AlterModelManagers": "name"}
"""The parameter that names the operation's model, where it is not model_name."""
PLAIN = frozenset(
    {"name", "table", "db_column", "db_comment", "verbose_name", "verbose_name_plural", "help_text", "related_name"}
)
PLAIN |= {
    "default",
    "db_default",
    "choices",
    "db_table",
    "db_tablespace",
    "max_length",
    "db_collation",
    "error_messages",
    "upload_to",
}
PLAIN |= {"preserve_default", "table_comment", "opclasses", "violation_error_message", "violation_error_code", "permissions"}
PLAIN |= {"default_permissions", "related_query_name", "db_table_comment", "base_manager_name", "default_manager_name"}
"""Arguments whose strings never name a field or a model."""
RELATED = frozenset({"to", "through"})
"""Arguments that name a model."""
FIELD_LISTS = frozenset({"fields", "include", "old_fields", "unique_together", "index_together", "ordering", "get_latest_by"})
"""Arguments whose strings name fields of the model, - or not before them."""
EXPRESSIONS = frozenset({"condition", "check", "expressions", "expression"})
"""Arguments that hold Q, F and functions on fields of the model."""
LITERALS = frozenset({"Value", "RawSQL", "OpClass", "Deferrable"})
"""Calls in an expression whose strings name no fields."""


def retargeted(text: str, migration: Migration, renames: Renames) -> str:
    """Return the file's text with the new names; raises NotRewritable with the line of a name that is not certain."""
    if not renames:
        return text
    _refuse_reused(migration, renames)
    wrapper = parse(text)
    owner, _, value = class_attribute(wrapper, "operations")
    if value is None:
        raise NotRewritable(line_of(wrapper, owner), "operations is not set by the class itself")
    walker = _Walker(wrapper, migration.key.app_label, renames)
    walker.operations(value)
    return replaced(wrapper.module, walker.nodes).code


def _refuse_reused(migration: Migration, renames: Renames) -> None:
    """Refuse where this migration gives an old name to something new: the name would then stand for two things."""
    models, fields = introduced([migration])
    again = [str(key) for key in sorted(models) if key in renames.models]
    again += [f"{model}.{name}" for model, name in sorted(fields) if name in renames.fields.get(model, {})]
    if again:
        raise NotRewritable(migration.lines.get("operations"), f"{again[0]} is renamed by the other side and made anew here")


class _Walker:
    """Walks operations; nodes holds what is to be replaced."""

    def __init__(self, wrapper: cst.MetadataWrapper, app_label: str, renames: Renames) -> None:
        self.wrapper = wrapper
        self.app_label = app_label
        self.renames = renames
        self.nodes: dict[cst.CSTNode, cst.CSTNode] = {}
        self.constants = constants_of(wrapper.module)

    def operations(self, node: cst.BaseExpression) -> None:
        """Walk a display of operations, nested ones too."""
        if isinstance(node, cst.BinaryOperation):
            self.operations(node.left)
            self.operations(node.right)
        elif isinstance(node, cst.List | cst.Tuple):
            for element in node.elements:
                self._operation(element.value)
        else:
            self._refuse_old_names(node)

    def _operation(self, node: cst.BaseExpression) -> None:
        name = _called(node)
        if not isinstance(node, cst.Call):
            self._refuse_old_names(node)
        elif name == "SeparateDatabaseAndState":
            for argument in node.args:
                self.operations(argument.value)
        elif name in PARAMETERS:
            self._known_operation(name, dict(_arguments(node, PARAMETERS[name])))
        else:
            self._refuse_old_names(node)

    def _known_operation(self, name: str, arguments: Mapping[str, cst.BaseExpression]) -> None:
        model_argument = MODEL_NAME.get(name, "name" if name == "CreateModel" else "model_name")
        written = text_of(arguments.get(model_argument), {})
        if written is None:
            raise NotRewritable(self._line(arguments), f"the model of {name} is not written as a string")
        model = ModelKey(self.app_label, written.lower())
        if name != "CreateModel" and model in self.renames.models:
            self._replace_model(arguments[model_argument], self.renames.models[model])
        fields = self.renames.fields.get(model, {})
        for argument, value in arguments.items():
            if argument == FIELD_NAME.get(name):
                self._replace_name(value, fields)
            elif name == "CreateModel" and argument == "fields":
                self._new_fields(value)
            elif argument != model_argument:
                self._argument(argument, value, fields)

    def _argument(self, name: str, node: cst.BaseExpression, fields: Mapping[str, str]) -> None:
        """Rewrite one argument of an operation, a field, an index or a constraint, or an entry of a model's options."""
        if name in PLAIN or name in ("new_name", "old_name"):
            return
        if name in RELATED:
            self._relation(node)
        elif name in FIELD_LISTS and not _called(node) and not self._holds_calls(node):
            self._field_names(node, fields)
        elif name in EXPRESSIONS or name in FIELD_LISTS:
            self._expression(node, fields)
        elif name == "options" and isinstance(node, cst.Dict):
            self._options(node, fields)
        elif isinstance(node, cst.Call):
            self._call(node, fields)
        elif name == "bases" and isinstance(node, cst.List | cst.Tuple):
            for element in node.elements:
                self._relation(element.value)
        else:
            self._refuse_old_names(node)

    def _new_fields(self, node: cst.BaseExpression) -> None:
        """Rewrite the fields of a CreateModel: pairs of a new name and a field."""
        if not isinstance(node, cst.List | cst.Tuple):
            self._refuse_old_names(node)
            return
        for element in node.elements:
            pair = element.value
            if isinstance(pair, cst.Tuple) and len(pair.elements) == 2 and isinstance(pair.elements[1].value, cst.Call):
                self._call(pair.elements[1].value, {})
            else:
                self._refuse_old_names(pair)

    def _options(self, node: cst.Dict, fields: Mapping[str, str]) -> None:
        for element in node.elements:
            key = text_of(element.key, {}) if isinstance(element, cst.DictElement) else None
            if key is None:
                self._refuse_old_names(element.value)
            else:
                self._argument(key, element.value, fields)

    def _call(self, node: cst.Call, fields: Mapping[str, str]) -> None:
        """Rewrite the arguments of a field, an index or a constraint; anything else must not name what was renamed."""
        name = _called(node)
        relation = name.endswith(("ForeignKey", "OneToOneField", "ManyToManyField"))
        if not relation and not name.endswith(("Field", "Index", "Constraint")):
            self._refuse_old_names(node)
            return
        for position, argument in enumerate(node.args):
            if argument.keyword:
                self._argument(argument.keyword.value, argument.value, fields)
            elif relation and position == 0:
                self._relation(argument.value)
            elif name.endswith(("Index", "Constraint")):
                self._expression(argument.value, fields)

    def _relation(self, node: cst.BaseExpression) -> None:
        written = text_of(node, {})
        if written is None or written == "self":
            return
        label, dot, name = written.rpartition(".")
        model = ModelKey(label or self.app_label, name.lower())
        if model in self.renames.models:
            new = self.renames.models[model]
            self._replace(node, f"{label}{dot}{new.lower() if name.islower() else new}")

    def _field_names(self, node: cst.BaseExpression, fields: Mapping[str, str]) -> None:
        if isinstance(node, cst.List | cst.Tuple | cst.Set):
            for element in node.elements:
                self._field_names(element.value, fields)
        elif isinstance(node, cst.SimpleString | cst.ConcatenatedString):
            self._replace_name(node, fields)
        else:
            self._expression(node, fields)

    def _expression(self, node: cst.BaseExpression, fields: Mapping[str, str]) -> None:
        """Rewrite field names in Q, F, functions on fields, tuples of a lookup and a value, and their combinations."""
        if isinstance(node, cst.BinaryOperation):
            self._expression(node.left, fields)
            self._expression(node.right, fields)
        elif isinstance(node, cst.UnaryOperation):
            self._expression(node.expression, fields)
        elif isinstance(node, cst.List | cst.Tuple | cst.Set):
            for position, element in enumerate(node.elements):
                if position == 0 or isinstance(element.value, cst.Call | cst.List | cst.Tuple | cst.BinaryOperation):
                    self._expression(element.value, fields)
        elif isinstance(node, cst.SimpleString | cst.ConcatenatedString):
            self._replace_name(node, fields)
        elif isinstance(node, cst.Name):
            self._refuse_old_names(node)
        elif isinstance(node, cst.Call) and _called(node) not in LITERALS:
            if isinstance(node.func, cst.Attribute) and not isinstance(node.func.value, cst.Name | cst.Attribute):
                self._expression(node.func.value, fields)
            for argument in node.args:
                self._expression_argument(_called(node), argument, fields)

    def _expression_argument(self, called: str, argument: cst.Arg, fields: Mapping[str, str]) -> None:
        keyword = argument.keyword
        if called == "Q" and keyword and not keyword.value.startswith("_"):
            new = self._renamed_lookup(keyword.value, fields, keyword)
            if new != keyword.value:
                self.nodes[keyword] = keyword.with_changes(value=new)
        if not keyword or isinstance(argument.value, cst.Call):
            self._expression(argument.value, fields)

    def _replace_name(self, node: cst.BaseExpression, fields: Mapping[str, str]) -> None:
        written = text_of(node, {})
        if written is None:
            raise NotRewritable(line_of(self.wrapper, node), "the name of a field is not written as a string")
        sign = "-" if written.startswith("-") else ""
        new = sign + self._renamed_lookup(written.removeprefix("-"), fields, node)
        if new != written:
            self._replace(node, new)

    def _renamed_lookup(self, written: str, fields: Mapping[str, str], node: cst.CSTNode) -> str:
        """Return x__gt as y__gt; a renamed name behind a relation belongs to a model that is not known here."""
        first, *rest = written.split("__")
        for part in rest:
            if any(part in names for names in self.renames.fields.values()):
                raise NotRewritable(line_of(self.wrapper, node), f"{written} may lead to a field that the other side renames")
        attname = first.removesuffix("_id")
        new = fields.get(first) or (f"{fields[attname]}_id" if attname != first and attname in fields else first)
        return "__".join([new, *rest])

    def _replace_model(self, node: cst.BaseExpression, new: str) -> None:
        written = text_of(node, {})
        self._replace(node, new.lower() if written and written.islower() else new)

    def _replace(self, node: cst.BaseExpression, value: str) -> None:
        self.nodes[node] = string_like(node, value)

    def _holds_calls(self, node: cst.BaseExpression) -> bool:
        return bool(m.findall(node, m.Call()))

    def _refuse_old_names(self, node: cst.BaseExpression) -> None:
        """Refuse where something that cannot be read names what was renamed."""
        if isinstance(node, cst.Name):
            node = self.constants.get(node.value, node)
        words = set(re.findall(r"\w+", self.wrapper.module.code_for_node(node).lower()))
        words |= {part for word in words for part in word.split("__")}
        for old in self._old_names():
            if old.lower() in words:
                raise NotRewritable(line_of(self.wrapper, node), f"{old}, which the other side renames, is named in code")

    def _old_names(self) -> Iterator[str]:
        yield from sorted(key.name for key in self.renames.models)
        yield from sorted(name for names in self.renames.fields.values() for name in names)

    def _line(self, arguments: Mapping[str, cst.BaseExpression]) -> int | None:
        return line_of(self.wrapper, next(iter(arguments.values()))) if arguments else None


def _called(node: cst.CSTNode) -> str:
    if not isinstance(node, cst.Call):
        return ""
    function = node.func
    if isinstance(function, cst.Attribute):
        return function.attr.value
    return function.value if isinstance(function, cst.Name) else ""


def _arguments(node: cst.Call, parameters: tuple[str, ...]) -> Iterator[tuple[str, cst.BaseExpression]]:
    for position, argument in enumerate(node.args):
        if argument.star:
            raise NotRewritable(None, "arguments are handed on with a star")
        name = argument.keyword.value if argument.keyword else parameters[position]
        yield name, argument.value
