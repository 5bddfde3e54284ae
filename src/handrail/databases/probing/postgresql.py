"""PostgreSQL 14 and later: pg_depend knows what uses which column (manual of 18, 52.18)."""

from __future__ import annotations

from typing import ClassVar

from handrail.databases._sessions import causes
from handrail.databases.probing.base import Ask, Dependent, ProbingRules, merged, named_in, words

_NAME = "CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname || '.' END || c.relname"
_VIEWS = f"""
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'rule' END,
           CASE WHEN c.relkind IN ('v', 'm') THEN {_NAME} ELSE r.rulename END,
           CASE WHEN c.relkind IN ('v', 'm') THEN '' ELSE {_NAME} END, a.attname,
           CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) ELSE pg_get_ruledef(r.oid) END
    FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class c ON c.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(%s)
      AND c.oid <> d.refobjid"""
_KEYS = f"""
    SELECT 'foreign key', k.conname, {_NAME}, a.attname, pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey)
    WHERE k.contype = 'f' AND k.confrelid = to_regclass(%s) AND k.conrelid <> k.confrelid"""
_GENERATED = f"""
    SELECT 'generated column', g.attname, {_NAME}, a.attname, pg_get_expr(e.adbin, e.adrelid)
    FROM pg_attrdef e JOIN pg_class c ON c.oid = e.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute g ON g.attrelid = e.adrelid AND g.attnum = e.adnum AND g.attgenerated <> ''
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = e.adrelid AND d.refobjsubid NOT IN (0, e.adnum)
     AND ((d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid)
          OR (d.classid = 'pg_class'::regclass AND d.objid = e.adrelid AND d.objsubid = e.adnum))
    JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = d.refobjsubid
    WHERE e.adrelid = to_regclass(%s)"""
_OTHERS = """
    SELECT 'function', p.proname, '', a.attname, coalesce(p.prosrc, '') FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
    LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(%s)
    UNION ALL
    SELECT 'policy', p.polname, p.polrelid::regclass::text, a.attname, coalesce(pg_get_expr(p.polqual, p.polrelid), '')
    FROM pg_depend d JOIN pg_policy p ON p.oid = d.objid
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = to_regclass(%s)"""
_TRIGGERS = f"""
    SELECT t.tgname, {_NAME}, t.tgrelid = to_regclass(%s), pg_get_triggerdef(t.oid), coalesce(p.prosrc, '')
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal"""
_COLUMNS = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"

_LATE = ("57014", "55P03")


class PostgresProbing(ProbingRules):
    """What a function does is text to the server, so triggers are read by the words of their function."""

    limits: ClassVar = ("SET LOCAL statement_timeout = {ms}", "SET LOCAL lock_timeout = 1000")

    # "cannot alter type of a column used by a view or rule", and so on for the others (tablecmds.c of 18)
    fixes_type: ClassVar = frozenset({"view", "materialized view", "rule", "generated column", "policy", "function"})

    def is_late(self, error: BaseException) -> bool:
        """By SQLSTATE: query_canceled and lock_not_available (manual of 18, appendix A)."""
        return any((getattr(one, "sqlstate", None) or getattr(one, "pgcode", None)) in _LATE for one in causes(error))

    def dependents(self, ask: Ask, table: str) -> list[Dependent]:
        """Ask the catalogue."""
        quoted = '"' + table.replace('"', '""') + '"'
        found = [row for sql in (_VIEWS, _KEYS, _GENERATED) for row in ask(sql, [quoted]) or ()]
        found += ask(_OTHERS, [quoted, quoted]) or ()
        return [*merged(found), *self._triggers(ask, table, quoted)]

    def _triggers(self, ask: Ask, table: str, quoted: str) -> list[Dependent]:
        columns = [name for (name,) in ask(_COLUMNS, [quoted]) or ()]
        found = []
        for name, owner, is_own, definition, source in ask(_TRIGGERS, [quoted]) or ():
            used = named_in(_without_table(definition, owner) + " " + source, columns)
            if (is_own and used) or (not is_own and table.lower() in words(source)):
                found.append(Dependent("trigger", name, owner, used, f"{definition}; {source.strip()}"))
        return sorted(found)

    def default_collation(self, ask: Ask, table: str) -> str:  # noqa: ARG002
        """The database's own has this name (manual of 18, 23.2.2.1)."""
        return "default"


def _without_table(definition: str, owner: str) -> str:
    """Return what a CREATE TRIGGER says of columns and conditions."""
    head, _, rest = definition.partition(f" ON {owner} ")
    return f"{head.partition(' UPDATE OF ')[2]} {rest.partition(' WHEN ')[2]}"
