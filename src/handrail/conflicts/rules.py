"""What comes of two accesses to one identity: a model, a field, an index, a constraint, or an option as a whole."""

from __future__ import annotations

from handrail.conflicts import fields
from handrail.conflicts.access import ROW_MODES, Access, Mode
from handrail.conflicts.meeting import Meeting
from handrail.conflicts.merge import as_set, merge_field, merge_options, merge_set, merge_value, same
from handrail.conflicts.operations.alter_model_options import KEYS
from handrail.conflicts.references import fields_in
from handrail.conflicts.state import Model
from handrail.domain.conflict import MISSING, Kind, Reason, Verdict
from handrail.domain.value import DictOf, Value

OVERLAPPING, ORDER, OPAQUE, CONVERGENT = (
    Verdict.OVERLAPPING,
    Verdict.ORDER_DEPENDENT,
    Verdict.OPAQUE,
    Verdict.CONVERGENT,
)
FOLLOWS = "the column of a relation gets the type and the constraint name of the moment"
HERE_KINDS = {"model": Kind.SAME_MODEL, "field": Kind.SAME_FIELD, "member": Kind.SAME_NAME, "object": Kind.SAME_NAME}


def delete_delete(meeting: Meeting) -> Reason:
    """Both sides delete it: one deletion is enough, if it is all there is to it."""
    if meeting.sides.equal(meeting.ours.operation, meeting.theirs.operation) and not _again(meeting):
        return meeting.reason("HR102", Kind.DELETE, CONVERGENT, base=meeting.ours.before)
    why = "it is made again afterwards" if _again(meeting) else ""
    return meeting.reason("HR102", Kind.DELETE, OVERLAPPING, why, base=meeting.ours.before)


def _again(meeting: Meeting) -> bool:
    """Say whether a side makes something under the name of what both delete."""
    sort, model_id, *_ = meeting.ours.resource
    if sort == "model":
        return any(model.label == meeting.ours.model for end in _ends(meeting) for model in end.values() if model.id != model_id)
    models = [end.get(model_id) for end in _ends(meeting)]
    if sort == "field":
        return any(model is not None and meeting.ours.field in model.fields for model in models)
    names = {meeting.ours.name}
    return any(each.name in names for model in models if model for found in model.members.values() for each in found)


def _ends(meeting: Meeting) -> tuple[dict[str, Model], dict[str, Model]]:
    return meeting.sides.our_end, meeting.sides.their_end


def delete_rename(meeting: Meeting) -> Reason:
    """One side deletes what the other renames."""
    return meeting.reason("HR104", Kind.RENAME, OVERLAPPING, base=meeting.first.before, second=meeting.second.after)


def delete_use(meeting: Meeting) -> Reason:
    """One side deletes what the schema of the other needs."""
    after = MISSING if meeting.second.after is None else meeting.second.after
    verdict = OPAQUE if meeting.second.doubtful else OVERLAPPING
    return meeting.reason("HR105", Kind.DELETE, verdict, base=meeting.first.before, second=after)


def delete_code(meeting: Meeting) -> Reason | None:
    """One side deletes what the code of the other works on: the code goes first.

    A deletion of rows that cascades to a table commutes with dropping the table, unless the table protects the rows or stays.
    """
    detail = meeting.second.detail if meeting.second.mode is Mode.CODE else None
    if detail and not detail["named"] and not detail["protects"] and not meeting.separate:
        return None
    verdict = OPAQUE if meeting.second.doubtful else ORDER
    return meeting.reason("HR107", Kind.DATA, verdict, "the data is gone afterwards", order=meeting.second_then_first())


def rename_rename(meeting: Meeting) -> Reason:
    """Both sides rename it."""
    values = {"base": meeting.ours.before, "first": meeting.first.after, "second": meeting.second.after}
    if meeting.ours.resource[0] == "field":
        values["base"] = meeting.ours.field
    alike = meeting.first.after == meeting.second.after
    verdict = CONVERGENT if alike and meeting.sides.equal(meeting.ours.operation, meeting.theirs.operation) else OVERLAPPING
    return meeting.reason("HR102", Kind.RENAME, verdict, **values)


def rename_use(meeting: Meeting) -> Reason | None:
    """One side renames what the other calls by its old name: the use goes first."""
    if meeting.second.mode in (Mode.READ, Mode.UPDATE, Mode.CODE) and not meeting.second.detail.get("named", True):
        return None
    verdict = OPAQUE if meeting.second.doubtful else ORDER
    why = "the old name is gone after the renaming"
    return meeting.reason("HR104", Kind.RENAME, verdict, why, order=meeting.second_then_first())


def alter_alter(meeting: Meeting) -> Reason:
    """Both sides give it a whole new definition."""
    if meeting.ours.resource[0] != "field":
        return _alter_member(meeting)
    if not (meeting.ours.detail["known"] and meeting.theirs.detail["known"]):
        return meeting.reason("HR107", Kind.SAME_FIELD, ORDER, "the later one decides")
    sides, resource = meeting.sides, meeting.ours.resource
    found = [_first(side.accesses[resource], Mode.ALTER) for side in (sides.ours, sides.theirs)]
    base = found[0].before
    mine, yours = sides.end_fields(resource[1], resource[2])
    ours, theirs = (MISSING if each is None else each.value for each in (mine, yours))
    if sides.equal(meeting.ours.operation, meeting.theirs.operation) and same(ours, theirs):
        return meeting.reason("HR102", Kind.SAME_FIELD, CONVERGENT, base=base, ours=ours, theirs=theirs)
    if ours == theirs:
        given = (fields.normalise(side.operations[each.operation].argument("field", MISSING))
                 for side, each in ((sides.ours, meeting.ours), (sides.theirs, meeting.theirs)))  # fmt: skip
        ours, theirs = given
        return meeting.reason("HR103", Kind.SAME_FIELD, OVERLAPPING, base=base, ours=ours, theirs=theirs)
    merged = merge_field(base, ours, theirs)
    values = {"base": base, "ours": ours, "theirs": theirs, "merged": merged}
    return meeting.reason("HR103", Kind.SAME_FIELD, OVERLAPPING, "the later one undoes the other", **values)


def _alter_member(meeting: Meeting) -> Reason:
    values = {"base": meeting.ours.before, "ours": meeting.ours.after, "theirs": meeting.theirs.after}
    if meeting.sides.equal(meeting.ours.operation, meeting.theirs.operation):
        return meeting.reason("HR102", Kind.SAME_NAME, CONVERGENT, **values)
    return meeting.reason("HR103", Kind.SAME_NAME, OVERLAPPING, "the later one undoes the other", **values)


def _first(accesses: list[Access], mode: Mode) -> Access:
    return next(access for access in accesses if access.mode is mode)


def alter_use(meeting: Meeting) -> Reason | None:
    """One side alters a field that an index, a constraint, a relation or a generated column of the other is made of."""
    alter, how = meeting.first, meeting.second.detail.get("how")
    if meeting.first.resource[0] != "field":
        return meeting.reason("HR107", HERE_KINDS[meeting.first.resource[0]], ORDER)
    if not alter.detail["known"]:
        return meeting.reason("HR107", Kind.SAME_FIELD, ORDER)
    retyped, recast = (test(alter.before, alter.after) for test in (fields.retyped, fields.recast))
    if how in ("reference", "generated") and (retyped or _restated(alter, how)):
        why = FOLLOWS if how == "reference" else "a column that a generated one is made of cannot be altered on PostgreSQL"
        kind = Kind.REFERENCE if how == "reference" else Kind.SAME_FIELD
        return meeting.reason("HR107", kind, ORDER, why, order=meeting.first_then_second())
    if meeting.second.detail["restricts"] and Mode.READ in alter.detail["effects"]:
        why = "the values that the alteration fills in may break the constraint"
        return meeting.reason("HR107", Kind.SAME_FIELD, ORDER, why)
    if how in ("index", "together", "constraint", "order") and recast:
        why = "what is made of the column depends on its type and name at that moment"
        return meeting.reason("HR107", Kind.SAME_FIELD, ORDER, why, order=meeting.first_then_second())
    if how == "together" and _takes_along(alter, meeting.second.after):
        why = "Django drops whatever makes the column alone unique or indexes it"
        return meeting.reason("HR107", Kind.SAME_FIELD, ORDER, why, order=meeting.first_then_second())
    return None


def _restated(alter: Access, how: str) -> bool:
    """Say whether a change of the comment alone states the type again, as Django does (BaseDatabaseSchemaEditor._alter_field)."""
    return how == "generated" and "db_comment" in alter.detail["changed"]


def _takes_along(alter: Access, together: Value) -> bool:
    """Say whether unique or db_index goes, and unique_together or index_together has the column alone.

    Django finds what to drop by its columns, and spares only what a constraint or an index of the model names (_alter_field,
    5.2 to 6.1).
    """
    gone = any(name in alter.detail["changed"] and fields.get(alter.after, name) is not True for name in ("unique", "db_index"))
    return gone and isinstance(together, frozenset) and any(len(names) == 1 for names in together if isinstance(names, tuple))


def alter_code(meeting: Meeting) -> Reason | None:
    """One side alters a field that the code of the other reads or writes."""
    alter, code = meeting.first, meeting.second
    tied = bool(code.detail and code.detail.get("depends"))
    met = code.mode in alter.detail["effects"] or not alter.detail["known"]
    if not met and not (tied and fields.retyped(alter.before, alter.after)):
        return None
    return meeting.reason("HR107", Kind.DATA, OPAQUE if code.doubtful else ORDER, "the outcome depends on the order")


def set_set(meeting: Meeting) -> Reason:
    """Both sides set an option as a whole."""
    resource = meeting.ours.resource
    option = resource[2]
    base = _first(meeting.sides.ours.accesses[resource], Mode.SET).before
    ours, theirs = (_option(end.get(resource[1]), option) for end in _ends(meeting))
    shown = {"base": as_set(base), "ours": as_set(ours), "theirs": as_set(theirs)}
    if meeting.sides.equal(meeting.ours.operation, meeting.theirs.operation) and ours == theirs:
        return meeting.reason("HR102", Kind.FULL_VALUE, CONVERGENT, **shown)
    merged = as_set(_merged(option, base, ours, theirs)) if not _renamed(meeting) else MISSING
    return meeting.reason("HR103", Kind.FULL_VALUE, OVERLAPPING, "the later one undoes the other", **shown, merged=merged)


def _merged(option: str, base: Value, ours: Value, theirs: Value) -> Value:
    if option in ("unique_together", "index_together"):
        return merge_set(base, ours, theirs)
    return merge_options(base, ours, theirs) if option == "options" else merge_value(base, ours, theirs)


def _option(model: Model | None, option: str) -> Value:
    if model is None:
        return MISSING
    if option == "managers":
        return model.managers
    if option == "options":
        return DictOf(tuple(sorted((key, value) for key, value in model.options.items() if key in KEYS)))
    found = model.options.get(option, MISSING)
    return frozenset() if found is MISSING and option.endswith("_together") else found


def _renamed(meeting: Meeting) -> bool:
    """Say whether a side renames a field of the model: a merged value would mix old and new names."""
    models = (end.get(meeting.ours.resource[1]) for end in _ends(meeting))
    return any(each.id != each.name and "@" not in each.id for model in models if model for each in model.fields.values())


def table_use(meeting: Meeting) -> Reason | None:
    """One side renames the table that the other names something after."""
    if not meeting.second.detail["generated"]:
        return None
    why = "names of indexes and constraints are made from the table's name at that moment"
    return meeting.reason("HR104", Kind.RENAME, ORDER, why, order=meeting.first_then_second())


def follow_use(meeting: Meeting) -> Reason | None:
    """One side alters a key that columns of a model follow, and the other rebuilds the model's table."""
    if meeting.second.mode is Mode.USE and not meeting.second.detail["schema"]:
        return None
    why = "SQLite gives these columns their new type when the table is next rebuilt"
    return meeting.reason("HR107", Kind.REFERENCE, ORDER, why, order=meeting.first_then_second())


def follow_follow(meeting: Meeting) -> Reason | None:
    """Each side alters another key that columns of one model follow."""
    if meeting.ours.detail == meeting.theirs.detail:
        return None
    why = "SQLite gives all of these columns their types of the moment when one of the two rebuilds the table"
    return meeting.reason("HR107", Kind.REFERENCE, ORDER, why)


def stale_use(meeting: Meeting) -> Reason | None:
    """One side renames a field that an index or a constraint of the state still names, and the other rebuilds the table."""
    mine = meeting.sides.theirs.name if meeting.swapped else meeting.sides.ours.name
    end = meeting.sides.our_end if mine == "ours" else meeting.sides.their_end
    model = end.get(meeting.first.resource[1])
    if (meeting.second.mode is Mode.USE and not meeting.second.detail["schema"]) or model is None or not is_stale(model):
        return None
    why = "an index or a constraint still names it, so that the table cannot be rebuilt afterwards"
    return meeting.reason("HR104", Kind.RENAME, ORDER, why, order=meeting.second_then_first())


def forgotten_use(meeting: Meeting) -> Reason | None:
    """One side makes what the state does not know, or the other way round, and the other side rebuilds the model's table."""
    if meeting.second.mode is Mode.USE and not meeting.second.detail["rebuilt"]:
        return None
    return meeting.reason("HR107", Kind.FULL_VALUE, ORDER, meeting.first.detail, order=meeting.second_then_first())


def is_stale(model: Model) -> bool:
    """Say whether an index or a constraint of the common ancestor names a field that is called otherwise now."""
    renamed = frozenset(each.id for each in model.fields.values() if each.id != each.name and "@" not in each.id)
    old = (each for found in model.members.values() for each in found if "@" not in each.id)
    return any(fields_in(each.value, renamed) for each in old)


def managed_use(meeting: Meeting) -> Reason | None:
    """One side changes whether Django manages the table that the other changes."""
    if not meeting.second.detail["schema"]:
        return None
    return meeting.reason("HR107", Kind.SAME_MODEL, ORDER, "an unmanaged model's table is left as it is")


def definition_use(meeting: Meeting) -> Reason | None:
    """One side alters a table by SQL that Django alters on the other: SQLite's rebuilding drops what Django does not know."""
    if meeting.second.mode is Mode.USE and not meeting.second.detail["schema"]:
        return None
    why = "rebuilding the table on SQLite drops what only SQL made"
    return meeting.reason("HR107", Kind.SQL, ORDER, why, order=meeting.second_then_first())


def definition_code(meeting: Meeting) -> Reason:
    """One side alters a table by SQL while the other works on its rows."""
    return meeting.reason("HR107", Kind.SQL, OPAQUE, "what the SQL makes may change what becomes of the rows")


def live_use(meeting: Meeting) -> Reason | None:
    """One side's code imports the live model, whose columns the other changes."""
    if meeting.second.mode is Mode.USE and not meeting.second.detail["schema"]:
        return None
    why = "a live model needs all columns it has in today's code"
    return meeting.reason("HR107", Kind.DATA, ORDER, why, order=meeting.second_then_first())


def write_code(meeting: Meeting) -> Reason:
    """Both sides' code works on one field, and one of them writes it."""
    doubt = meeting.first.doubtful or meeting.second.doubtful
    return meeting.reason("HR107", Kind.DATA, OPAQUE if doubt else ORDER, "the outcome depends on the order")


def use_write(meeting: Meeting) -> Reason | None:
    """One side restricts the values of a field that the code of the other writes."""
    if not meeting.first.detail.get("restricts"):
        return None
    return meeting.reason("HR107", Kind.DATA, OPAQUE if meeting.second.doubtful else ORDER, "the values may break the constraint")


def rows_rows(meeting: Meeting) -> Reason:
    """Both sides' code works on the rows of one model, and one of them makes or destroys some."""
    both = {meeting.ours.mode, meeting.theirs.mode}
    why = "primary keys depend on the order" if both == {Mode.INSERT} else "the rows that are met depend on the order"
    return meeting.reason("HR107", Kind.DATA, ORDER, why)


def shape_insert(meeting: Meeting) -> Reason | None:
    """One side changes what a row that the other inserts becomes."""
    raw = meeting.second.detail["raw"]
    if not meeting.first.detail["raw" if raw else "orm"]:
        return None
    return meeting.reason("HR107", Kind.DATA, ORDER, "rows inserted before and after it differ, or fail")


def shape_code(meeting: Meeting) -> Reason | None:
    """One side changes the ordering, the managers or the deletions that the code of the other relies on, but for RunSQL."""
    if meeting.first.mode is not Mode.RETITLE and meeting.second.source == "sql":
        return None
    return meeting.reason("HR107", Kind.DATA, ORDER, "the outcome depends on the order")


def alter_defined(meeting: Meeting) -> Reason:
    """One side alters a field, or the options of a model, and the code of the other asks how they are defined."""
    verdict = OPAQUE if meeting.second.doubtful else ORDER
    return meeting.reason("HR107", Kind.DATA, verdict, "the outcome depends on the order")


def widen_columns(meeting: Meeting) -> Reason:
    """One side adds a field to rows that the code of the other reads with all fields they have."""
    return meeting.reason("HR107", Kind.DATA, OPAQUE, "what is read depends on the fields that are there")


def shape_save(meeting: Meeting) -> Reason:
    """One side makes a field that fills itself when the code of the other saves a row."""
    verdict = OPAQUE if meeting.first.doubtful else ORDER
    return meeting.reason("HR107", Kind.DATA, verdict, "rows saved before and after it differ")


SCHEMA_USES = (Mode.USE, Mode.ALTER, Mode.MANAGED, Mode.DDL, Mode.TABLE)
CODE_USES = (Mode.CODE, Mode.LIVE, Mode.READ, Mode.UPDATE)

RULES = {
    (Mode.DELETE, Mode.DELETE): delete_delete,
    (Mode.DELETE, Mode.RENAME): delete_rename,
    **{(Mode.DELETE, mode): delete_use for mode in SCHEMA_USES},
    **{(Mode.DELETE, mode): delete_code for mode in CODE_USES},
    (Mode.RENAME, Mode.RENAME): rename_rename,
    **{(Mode.RENAME, mode): rename_use for mode in (*SCHEMA_USES, *CODE_USES)},
    (Mode.ALTER, Mode.ALTER): alter_alter,
    (Mode.ALTER, Mode.USE): alter_use,
    (Mode.ALTER, Mode.READ): alter_code,
    (Mode.ALTER, Mode.UPDATE): alter_code,
    (Mode.SET, Mode.SET): set_set,
    (Mode.TABLE, Mode.USE): table_use,
    (Mode.MANAGED, Mode.USE): managed_use,
    **{(Mode.FOLLOW, mode): follow_use for mode in (Mode.USE, Mode.RENAME, Mode.TABLE, Mode.DDL)},
    (Mode.FOLLOW, Mode.FOLLOW): follow_follow,
    **{(Mode.STALE, mode): stale_use for mode in (Mode.USE, Mode.TABLE, Mode.DDL)},
    **{(Mode.FORGOTTEN, mode): forgotten_use for mode in (Mode.USE, Mode.TABLE)},
    (Mode.DDL, Mode.USE): definition_use,
    (Mode.DDL, Mode.DDL): definition_use,
    (Mode.DDL, Mode.TABLE): definition_use,
    (Mode.DDL, Mode.CODE): definition_code,
    (Mode.LIVE, Mode.USE): live_use,
    (Mode.LIVE, Mode.TABLE): live_use,
    (Mode.LIVE, Mode.DDL): live_use,
    (Mode.USE, Mode.UPDATE): use_write,
    (Mode.UPDATE, Mode.UPDATE): write_code,
    (Mode.UPDATE, Mode.READ): write_code,
    (Mode.FILL, Mode.READ): write_code,
    (Mode.FILL, Mode.UPDATE): write_code,
    (Mode.USE, Mode.FILL): use_write,
    (Mode.ALTER, Mode.DEFINED): alter_defined,
    (Mode.SET, Mode.DEFINED): alter_defined,
    **{(Mode.RETITLE, mode): shape_code for mode in (Mode.READ, Mode.UPDATE)},
}
"""The rules for identities, by the modes of the two accesses in either order."""

ROW_RULES = {
    **{(Mode.INSERT, mode): rows_rows for mode in ROW_MODES - {Mode.ORDERED}},
    **{(Mode.ERASE, mode): rows_rows for mode in (Mode.ERASE, Mode.READ, Mode.UPDATE, Mode.REFER)},
    (Mode.SHAPE_INSERT, Mode.INSERT): shape_insert,
    (Mode.SHAPE_DELETE, Mode.ERASE): shape_code,
    (Mode.SHAPE_SAVE, Mode.SAVE): shape_save,
    (Mode.WIDEN, Mode.COLUMNS): widen_columns,
    (Mode.ORDERING, Mode.ORDERED): shape_code,
    **{(Mode.MANAGERS, mode): shape_code for mode in ROW_MODES},
    **{(Mode.RETITLE, mode): shape_code for mode in (Mode.INSERT, Mode.ERASE)},
}
"""The rules for the rows of a model."""
