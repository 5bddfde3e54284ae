"""What one SQL statement touches, from its tree. Imported only when there is SQL to read, for it imports sqlglot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from handrail.conflicts.sql_columns import Names, fold
from handrail.conflicts.tables import merge_tables
from handrail.conflicts.word_sets import words
from handrail.domain.footprint import ANY, NOTHING, CodeFootprint, TableAccess

HARMLESS = (exp.Transaction, exp.Commit, exp.Rollback, exp.Analyze)
HARMLESS_COMMANDS = frozenset({"VACUUM", "LOCK", "REINDEX", "SAVEPOINT", "RELEASE", "OPTIMIZE", "SHOW", "UNLOCK"})
RISKY_SETTINGS = words(
    """
    search_path role session session_replication_role sql_mode default_tablespace
    """
)
"""Settings that change what later statements mean."""
HARMLESS_PRAGMAS = ("foreign_key", "legacy_alter_table", "synchronous", "journal_mode")
OBJECT_KINDS = frozenset(["EXTENSION", "COLLATION", "TYPE", "SEQUENCE", "DOMAIN", "SCHEMA"])
"""Objects that stand for themselves: to make, alter or drop one touches no table."""
BODIES = frozenset(["FUNCTION", "PROCEDURE", "TRIGGER", "EVENT", "RULE", "AGGREGATE"])
"""Objects with a body of code that is not read."""
READING_FUNCTIONS = words(
    """
    setweight gen_random_uuid uuid_generate_v4 uuid_generate_v1 md5 digest crypt unaccent similarity nlevel subpath
    subltree lpad rpad btrim initcap overlay ascii chr pg_get_serial_sequence currval lastval nextval setval
    last_insert_rowid last_insert_id uuid hex unhex sha1 sha2 rand random ifnull nullif printf typeof total group_concat
    ltree2text text2ltree row format quote_ident quote_literal concat_ws isnull greatest least width_bucket cardinality
    unnest f_unaccent clock_timestamp statement_timestamp transaction_timestamp age hstore akeys avals skeys svals each
    slice host inet_merge network masklen family set_masklen broadcast netmask hostmask abbrev numrange int4range
    int8range tsrange tstzrange daterange lower_inf upper_inf strpos hashtext encode decode get_byte set_byte convert_from
    convert_to instr iif date time datetime julianday strftime from_unixtime unix_timestamp field elt makedate
    """
)
"""Functions that sqlglot has no class for and that touch no table (PostgreSQL 18, MariaDB 11 and SQLite manuals)."""
READING_PREFIXES = ("json", "array_", "regexp_", "st_", "to_", "string_", "date_", "ts_", "pg_column", "pg_size", "tsquery")


def read_statement(tree: exp.Expression, words: str) -> CodeFootprint:
    """Return what a statement touches. words: its first words, for what cannot be read."""
    if isinstance(tree, HARMLESS):
        return NOTHING
    for kind, reader in READERS.items():
        if isinstance(tree, kind):
            return _with_functions(tree, reader(tree, words))
    return _opaque(words)


def _opaque(words: str, **found: Any) -> CodeFootprint:
    return CodeFootprint(opaque=(f"runs SQL that cannot be read: {words}",), **found)


def _with_functions(tree: exp.Expression, footprint: CodeFootprint) -> CodeFootprint:
    """Add the functions that are called: those of the project may do anything."""
    if isinstance(tree, exp.Create) and tree.kind in BODIES:
        return footprint
    unknown = []
    objects = list(footprint.objects)
    for call in tree.find_all(exp.Anonymous, exp.AnonymousAggFunc):
        name = str(call.this).lower()
        if name in ("setval", "nextval"):
            objects.append(("sequence", _sequence(call)))
        if name not in READING_FUNCTIONS and not name.startswith(READING_PREFIXES):
            unknown.append(f"calls the database function {name}()")
    return CodeFootprint(
        tables=footprint.tables,
        objects=tuple(sorted(set(objects))),
        opaque=tuple(dict.fromkeys((*footprint.opaque, *unknown))),
    )


def _sequence(call: Any) -> str:
    """Return the sequence that setval() or nextval() names, or * where that is not stated."""
    first = call.expressions[0] if call.expressions else None
    if isinstance(first, exp.Anonymous):
        parts = [str(part.this).strip('"').lower() for part in first.expressions if isinstance(part, exp.Literal)]
        return "_".join([*parts, "seq"]) if len(parts) == 2 else "*"
    return str(first.this).strip('"').lower() if isinstance(first, exp.Literal) else "*"


def _query(tree: exp.Expression, words: str) -> CodeFootprint:
    """Read SELECT, INSERT, UPDATE, DELETE and MERGE, and those inside WITH."""
    if any(isinstance(each.this, exp.Literal) for part in tree.find_all(exp.Update) for each in part.expressions):
        return _opaque(words)  # a name in double quotes, which is text to MySQL: it was written for another database
    names = Names(tree)
    accesses = names.reads()
    for part in tree.find_all(exp.Insert, exp.Update, exp.Delete, exp.Merge):
        if part.find_ancestor(exp.Merge) is None:
            accesses += _writes(part, names)
    if isinstance(tree, exp.Select) and tree.args.get("into") is not None:
        accesses.append(TableAccess(table=fold(tree.args["into"].this), creates=frozenset({""})))
    return CodeFootprint(tables=merge_tables(accesses))


def _writes(part: exp.Expression, names: Names) -> list[TableAccess]:
    if isinstance(part, exp.Insert):
        return _inserted(part)
    if isinstance(part, exp.Update):
        return _updated(part, names)
    if isinstance(part, exp.Merge):
        return [TableAccess(table=fold(part.this), reads=ANY, updates=ANY, inserts=True, deletes=True)]
    given = part.args.get("tables") or [part.this]
    return [TableAccess(table=table, deletes=True) for each in given for table in names.behind(each)]


def _inserted(part: exp.Insert) -> list[TableAccess]:
    target = part.this
    columns = frozenset(map(fold, target.expressions)) if isinstance(target, exp.Schema) else ANY
    table = fold(target.this if isinstance(target, exp.Schema) else target)
    replaces = bool(part.args.get("overwrite")) or str(part.args.get("alternative") or "").upper() == "REPLACE"
    conflict = part.args.get("conflict")
    set_columns = _assigned(conflict.expressions) if conflict is not None else []
    return [
        TableAccess(table=table, updates=columns, inserts=True, deletes=replaces),
        *(TableAccess(table=table, updates=frozenset({column})) for _, column in set_columns),
    ]


def _updated(part: exp.Update, names: Names) -> list[TableAccess]:
    target = part.this
    found = []
    for qualifier, column in _assigned(part.expressions):
        tables = names.tables_of(qualifier) if qualifier else names.behind(target)
        if not qualifier and isinstance(target, exp.Table) and target.args.get("joins"):
            tables = names.tables
        found += [TableAccess(table=table, updates=frozenset({column})) for table in tables]
    return found or [TableAccess(table=table, updates=ANY) for table in names.behind(target)]


def _assigned(assignments: list[Any]) -> list[tuple[str, str]]:
    """Return the (qualifier, column) pairs left of = in SET."""
    found = []
    for assignment in assignments:
        left = assignment.this if isinstance(assignment, exp.EQ) else assignment
        columns = left.expressions if isinstance(left, exp.Tuple) else [left]
        for column in columns:
            while isinstance(column, exp.Bracket | exp.Dot | exp.Paren):
                column = column.this
            if isinstance(column, exp.Column):
                found.append((column.table.lower(), fold(column.this)))
            elif isinstance(column, exp.Identifier):
                found.append(("", fold(column)))
            else:
                found.append(("", "*"))
    return found


def _truncate(tree: exp.Expression, words: str) -> CodeFootprint:
    tables = tuple(TableAccess(table=fold(table), deletes=True) for table in tree.expressions)
    if tree.args.get("option") == "CASCADE":
        return _opaque(words, tables=merge_tables(tables))
    return CodeFootprint(tables=merge_tables(tables))


def _create(tree: exp.Expression, words: str) -> CodeFootprint:
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "TABLE":
        return _create_table(tree)
    if kind == "INDEX":
        return _create_index(tree)
    if kind == "VIEW":
        made = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        query = _query(tree.expression, words) if tree.expression is not None else _opaque(words)
        return CodeFootprint(tables=query.tables, objects=(("view", fold(made)),), opaque=query.opaque)
    if kind in OBJECT_KINDS:
        return CodeFootprint(objects=((kind.lower(), fold(tree.this)),))
    return _opaque(words, objects=((kind.lower(), _object_name(tree.this)),) if kind in BODIES else ())


def _object_name(node: Any) -> str:
    while isinstance(node, exp.UserDefinedFunction | exp.Schema):
        node = node.this
    return fold(node)


def _create_table(tree: exp.Expression) -> CodeFootprint:
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    made = fold(target)
    accesses = [TableAccess(table=made, creates=frozenset({""}))]
    for table in tree.find_all(exp.Table):
        if table is not target:
            accesses.append(TableAccess(table=fold(table)))
    if tree.expression is not None:
        accesses += Names(tree.expression).reads()
    return CodeFootprint(tables=merge_tables(accesses))


def _create_index(tree: exp.Expression) -> CodeFootprint:
    index = tree.this
    table = fold(index.args["table"])
    name = fold(index.this) if index.this is not None else "*"
    columns = frozenset(fold(column.this) for column in index.find_all(exp.Column))
    access = TableAccess(table=table, reads=columns, creates=frozenset({name}))
    return CodeFootprint(tables=(access,), objects=(("index", name),))


def _drop(tree: exp.Expression, words: str) -> CodeFootprint:
    kind = str(tree.args.get("kind") or "").upper()
    targets = tree.args.get("tables") or [tree.this]
    cascade = (f"drops with CASCADE: {words}",) if tree.args.get("cascade") else ()
    if kind == "TABLE":
        tables = tuple(TableAccess(table=fold(target), drops=frozenset({""})) for target in targets)
        return CodeFootprint(tables=merge_tables(tables), opaque=cascade)
    on_table = tree.args.get("cluster")
    names = frozenset(_object_name(target) for target in targets)
    tables = ()
    if on_table is not None and kind == "INDEX":
        tables = (TableAccess(table=fold(on_table.this), drops=names),)
    if kind not in OBJECT_KINDS | BODIES | {"INDEX", "VIEW"}:
        return _opaque(words)
    objects = tuple(sorted((kind.lower(), name) for name in names))
    stops = (f"drops a trigger: {words}",) if kind == "TRIGGER" else ()
    return CodeFootprint(tables=tables, objects=objects, opaque=(*cascade, *stops))


def _alter(tree: exp.Expression, words: str) -> CodeFootprint:
    kind = str(tree.args.get("kind") or "").upper()
    actions = tree.args.get("actions") or []
    if kind == "INDEX" and all(isinstance(action, exp.AlterRename) for action in actions):
        names = [fold(tree.this), *(fold(action.this) for action in actions)]
        return CodeFootprint(objects=tuple(("index", name) for name in sorted(names)))
    if kind != "TABLE" or not actions:
        return _opaque(words)
    table = fold(tree.this)
    found: list[TableAccess] = []
    for action in actions:
        access = _action(table, action)
        if access is None:
            return _opaque(words, tables=(TableAccess(table=table, alters=ANY),))
        found += access
    return CodeFootprint(tables=merge_tables(found), opaque=_cascades(actions, words))


def _cascades(actions: list[exp.Expression], words: str) -> tuple[str, ...]:
    return (f"drops with CASCADE: {words}",) if any(action.args.get("cascade") for action in actions) else ()


def _action(table: str, action: exp.Expression) -> list[TableAccess] | None:
    """Return what one action of ALTER TABLE does, or None where it is not known."""
    if isinstance(action, exp.ColumnDef):
        return [TableAccess(table=table, creates=frozenset({fold(action.this)})), *_referred(action)]
    if isinstance(action, exp.AlterColumn):
        used = frozenset(fold(column.this) for column in action.find_all(exp.Column))
        return [TableAccess(table=table, alters=frozenset({fold(action.this)}), reads=used)]
    if isinstance(action, exp.ModifyColumn):
        definition = action.this
        old = action.args.get("rename_from")
        new = fold(definition.this if isinstance(definition, exp.ColumnDef) else definition)
        renames = ((fold(old), new),) if old is not None and fold(old) != new else ()
        return [TableAccess(table=table, alters=frozenset({fold(old) if old is not None else new}), renames=renames)]
    if isinstance(action, exp.RenameColumn):
        return [TableAccess(table=table, renames=((fold(action.this), fold(action.args["to"])),))]
    if isinstance(action, exp.AlterRename):
        return [TableAccess(table=table, renames=(("", fold(action.this)),))]
    if isinstance(action, exp.AddConstraint):
        return _added_constraint(table, action)
    if isinstance(action, exp.Drop):
        return [TableAccess(table=table, drops=frozenset(_object_name(each) for each in action.args.get("tables") or []) or ANY)]
    return None


def _referred(action: exp.Expression) -> list[TableAccess]:
    return [TableAccess(table=fold(table)) for table in action.find_all(exp.Table)]


def _added_constraint(table: str, action: exp.Expression) -> list[TableAccess]:
    """Return what ADD CONSTRAINT does: the rows are checked, so the columns are read."""
    names = frozenset(fold(part.this) for part in action.find_all(exp.Constraint) if part.this is not None)
    columns = frozenset(fold(column.this) for column in action.find_all(exp.Column))
    for part in action.find_all(exp.Schema, exp.ForeignKey, exp.PrimaryKey):
        if part.find_ancestor(exp.Reference) is None:
            columns |= frozenset(fold(each) for each in part.expressions if isinstance(each, exp.Identifier))
    return [TableAccess(table=table, reads=columns, creates=names or frozenset({"*"})), *_referred(action)]


def _comment(tree: exp.Expression, words: str) -> CodeFootprint:
    kind, target = str(tree.args.get("kind")).upper(), tree.this
    if kind == "COLUMN" and isinstance(target, exp.Column):
        return CodeFootprint(tables=(TableAccess(table=target.table.lower(), alters=frozenset({fold(target.this)})),))
    if kind == "TABLE":
        return CodeFootprint(tables=(TableAccess(table=fold(target), alters=frozenset({""})),))
    return CodeFootprint(objects=((kind.lower(), fold(target)),)) if isinstance(target, exp.Table) else _opaque(words)


def _set(tree: exp.Expression, words: str) -> CodeFootprint:
    text = tree.sql().lower()
    return _opaque(words) if any(name in text for name in RISKY_SETTINGS) else NOTHING


def _pragma(tree: exp.Expression, words: str) -> CodeFootprint:
    return NOTHING if any(name in tree.sql().lower() for name in HARMLESS_PRAGMAS) else _opaque(words)


def _command(tree: exp.Expression, words: str) -> CodeFootprint:
    """Read the few statements that sqlglot leaves as text and that begin with what they do."""
    verb = str(tree.this).upper()
    rest = str(tree.expression.this if isinstance(tree.expression, exp.Literal) else tree.expression or "").split()
    if verb in HARMLESS_COMMANDS or (verb == "SET" and rest[:1] == ["CONSTRAINTS"]):
        return NOTHING
    upper = [word.upper() for word in rest]
    for skipped in (["OR", "REPLACE"], ["CONSTRAINT"]):
        if upper[: len(skipped)] == skipped:
            rest, upper = rest[len(skipped) :], upper[len(skipped) :]
    if verb == "ALTER" and upper[:1] == ["TABLE"] and "CONSTRAINT" in upper:
        return _renamed_constraint(rest[1:], words)
    if verb in ("CREATE", "DROP", "ALTER") and upper and upper[0] in OBJECT_KINDS | BODIES:
        return _named_object(verb, upper[0], rest[1:], words)
    return _opaque(words)


def _renamed_constraint(rest: list[str], words: str) -> CodeFootprint:
    """Read ALTER TABLE [IF EXISTS] [ONLY] t RENAME CONSTRAINT a TO b."""
    names = [word for word in rest if word.upper() not in ("IF", "EXISTS", "ONLY")]
    if len(names) != 6 or [word.upper() for word in (names[1], names[2], names[4])] != ["RENAME", "CONSTRAINT", "TO"]:
        return _opaque(words)
    table, old, new = (_folded(names[place]) for place in (0, 3, 5))
    return CodeFootprint(tables=(TableAccess(table=table, drops=frozenset({old}), creates=frozenset({new})),))


def _folded(word: str) -> str:
    """Return a name as it is written in the text of a statement: without its schema, in lower case unless it is quoted."""
    name = word.partition("(")[0].rstrip(";,").rpartition(".")[2]
    return name.strip('"`') if name[:1] in ('"', "`") else name.lower()


def _named_object(verb: str, kind: str, rest: list[str], words: str) -> CodeFootprint:
    names = [word for word in rest if word.upper() not in ("IF", "NOT", "EXISTS")]
    if not names:
        return _opaque(words)
    objects: tuple[tuple[str, str], ...] = ((kind.lower(), _folded(names[0])),)
    upper = [word.upper() for word in names]
    if verb == "ALTER" and upper[1:3] == ["RENAME", "TO"] and len(names) == 4:
        objects = tuple(sorted((*objects, (kind.lower(), _folded(names[3])))))
    elif verb == "ALTER" and {"RENAME", "OWNED", "SCHEMA"} & set(upper):
        return _opaque(words, objects=objects)
    if kind in BODIES or "CASCADE" in map(str.upper, rest) or "OWNED" in map(str.upper, rest):
        return _opaque(words, objects=objects)
    return CodeFootprint(objects=objects)


READERS: dict[Any, Callable[[Any, str], CodeFootprint]] = {
    exp.Command: _command,
    exp.Create: _create,
    exp.Drop: _drop,
    exp.Alter: _alter,
    exp.TruncateTable: _truncate,
    exp.Comment: _comment,
    exp.Set: _set,
    exp.Pragma: _pragma,
    (exp.Query, exp.DML, exp.Merge): _query,
}
