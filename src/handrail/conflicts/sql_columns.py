"""Which table each column of a statement may belong to. Imported only when there is SQL to read."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from handrail.domain.footprint import ANY, TableAccess


def fold(node: Any) -> str:
    """Return the name of a table, column or other identifier: in lower case unless it is quoted; the schema is left out."""
    while node is not None and not isinstance(node, exp.Identifier):
        if isinstance(node, str):
            return node.lower()
        node = node.this
    if node is None:
        return "*"
    return str(node.this) if node.args.get("quoted") else str(node.this).lower()


class Names:
    """The tables of a statement and their aliases.

    tables: the tables that are named, without those made by WITH. An alias that stands for several tables in different parts of
    the statement stands for all of them here.
    """

    def __init__(self, tree: exp.Expression) -> None:
        self.tree = tree
        self.made = {cte.alias.lower() for cte in tree.find_all(exp.CTE)} | {
            query.alias.lower() for query in tree.find_all(exp.Subquery, exp.Values, exp.Lateral, exp.Unnest) if query.alias
        }
        self.aliases: dict[str, set[str]] = {}
        self.tables: list[str] = []
        for table in tree.find_all(exp.Table):
            self._add(table)

    def _add(self, table: exp.Table) -> None:
        if not isinstance(table.this, exp.Identifier):
            return
        name = fold(table)
        if name.lower() in {cte.alias.lower() for cte in self.tree.find_all(exp.CTE)}:
            return
        if self._is_alias_of_target(table):
            return
        if name not in self.tables:
            self.tables.append(name)
        self.aliases.setdefault(table.alias.lower() or name.lower(), set()).add(name)

    def _is_alias_of_target(self, table: exp.Table) -> bool:
        """Say whether a table of DELETE a FROM t AS a is an alias alone."""
        parent = table.parent
        named = {other.alias.lower() for other in self.tree.find_all(exp.Table) if other.alias}
        return isinstance(parent, exp.Delete) and table.arg_key == "tables" and table.name.lower() in named

    def tables_of(self, qualifier: str) -> list[str]:
        """Return the tables that an alias or name may stand for; none for one that the statement itself makes."""
        found = self.aliases.get(qualifier.lower())
        if found is not None:
            return sorted(found)
        return [] if qualifier.lower() in self.made else list(self.tables)

    def behind(self, table: Any) -> list[str]:
        """Return the tables behind the target of UPDATE or DELETE."""
        name = fold(table)
        return sorted(self.aliases.get(name.lower(), {name}))

    def reads(self) -> list[TableAccess]:
        """Return every table of the statement with the columns that are read."""
        found = {name: set[str]() for name in self.tables}
        for column in self.tree.find_all(exp.Column):
            if not isinstance(column.this, exp.Star) and _is_assigned(column):
                continue
            for table in self.tables_of(column.table) if column.table else self.around(column):
                found[table].add("*" if isinstance(column.this, exp.Star) else fold(column.this))
        for star in self.tree.find_all(exp.Star):
            if not isinstance(star.parent, exp.Count | exp.Column):
                for table in self.around(star, nearest=True):
                    found[table].add("*")
        return [TableAccess(table=name, reads=ANY if "*" in names else frozenset(names)) for name, names in found.items()]

    def around(self, node: Any, *, nearest: bool = False) -> list[str]:
        """Return the tables that a column without a qualifier may belong to: those of its query and of the queries around it."""
        found: list[str] = []
        scope = node.find_ancestor(*SCOPES)
        inside = node
        if scope is None:
            return self.tables
        while scope is not None:
            found += [name for table in _sources(scope, inside) for name in self._known(table) if name not in found]
            if nearest:
                break
            inside, scope = scope, scope.find_ancestor(exp.CTE, *SCOPES)
            if isinstance(scope, exp.CTE):
                break
        return found

    def _known(self, table: exp.Table) -> list[str]:
        return [name for name in self.aliases.get(table.alias_or_name.lower(), ()) if name in self.tables]


SCOPES = (exp.Select, exp.Update, exp.Delete, exp.Insert, exp.Merge)


def _sources(scope: Any, inside: Any) -> list[exp.Table]:
    """Return the tables that a query's own columns come from; of INSERT the target for what stands outside its SELECT."""
    if isinstance(scope, exp.Insert):
        target = scope.this
        while target is not None and not isinstance(target, exp.Table):
            target = target.this
        within = inside.find_ancestor(exp.Select) if not isinstance(inside, exp.Select) else inside
        return [] if (within is not None and within.find_ancestor(exp.Insert) is scope) or target is None else [target]
    found = []
    for key in ("this", "from_", "joins", "using", "tables", "laterals"):
        for part in _listed(scope.args.get(key)):
            if isinstance(part, exp.Expression) and not (key == "this" and isinstance(scope, exp.Select)):
                found += [table for table in part.find_all(exp.Table) if table.find_ancestor(*SCOPES) is scope]
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_assigned(column: exp.Expression) -> bool:
    """Say whether a column stands left of = in SET."""
    node: Any = column
    while isinstance(node.parent, exp.Tuple | exp.Paren):
        node = node.parent
    parent = node.parent
    if not isinstance(parent, exp.EQ) or parent.this is not node:
        return False
    return isinstance(parent.parent, exp.Update | exp.OnConflict) and parent.arg_key == "expressions"
