"""What comes of two accesses to one name: claims, and uses of a name that the other side takes away."""

from __future__ import annotations

from handrail.conflicts.access import Mode
from handrail.conflicts.meeting import Meeting
from handrail.conflicts.operations.create_model import summary
from handrail.conflicts.state import Model
from handrail.domain.conflict import MISSING, Kind, Reason, Verdict
from handrail.domain.footprint import ModelKey
from handrail.domain.value import Value

CASELESS = "names are compared without case on SQLite, MySQL and MariaDB"
STATE_CASELESS = "they share one key in the state, and one table"


def claim_claim(meeting: Meeting) -> Reason:
    """Both sides give a name to something."""
    what = str(meeting.ours.detail)
    twins = meeting.ours.detail == meeting.theirs.detail and meeting.ours.name == meeting.theirs.name
    made = {_operation(meeting, ours=True), _operation(meeting, ours=False)}
    if twins and what == "model" and made == {"CreateModel"}:
        return _twice(meeting, Kind.SAME_MODEL)
    if twins and what == "field" and made == {"AddField"}:
        return _twice(meeting, Kind.SAME_FIELD)
    if twins and meeting.sides.equal(meeting.ours.operation, meeting.theirs.operation):
        return meeting.reason("HR102", Kind.SAME_NAME, Verdict.CONVERGENT, **_values(meeting))
    return meeting.reason("HR106", Kind.SAME_NAME, Verdict.OVERLAPPING, _clash(meeting), **_values(meeting))


def _operation(meeting: Meeting, *, ours: bool) -> str:
    side, access = (meeting.sides.ours, meeting.ours) if ours else (meeting.sides.theirs, meeting.theirs)
    return side.operations[access.operation].name


def _twice(meeting: Meeting, kind: Kind) -> Reason:
    """Both sides make the same field or model: one of them is enough if they end as equals."""
    mine, yours = _end(meeting, ours=True), _end(meeting, ours=False)
    equal = meeting.sides.equal(meeting.ours.operation, meeting.theirs.operation) and mine == yours
    verdict = Verdict.CONVERGENT if equal else Verdict.OVERLAPPING
    why = "" if equal else "with different definitions"
    return meeting.reason("HR102", kind, verdict, why, **_values(meeting), name="")


def _end(meeting: Meeting, *, ours: bool) -> Value:
    """Return what a side leaves under the name."""
    side = meeting.sides.ours if ours else meeting.sides.theirs
    ends = meeting.sides.our_end if ours else meeting.sides.their_end
    sort, *parts = meeting.ours.resource
    if sort == "field name":
        model = ends.get(parts[0])
        found = {each.name.lower(): each.value for each in model.fields.values()} if model else {}
        return found.get(parts[1], MISSING)
    made = side.state.find(ModelKey(parts[0], parts[1]))
    return MISSING if made is None else _whole(made)


def _whole(model: Model) -> Value:
    members = {sort: frozenset((each.name, each.value) for each in found) for sort, found in model.members.items()}
    return (summary(model), members, model.managers)


def _values(meeting: Meeting) -> dict[str, Value]:
    return {
        key: access.name if access.after is None else access.after
        for key, access in (("ours", meeting.ours), ("theirs", meeting.theirs))
    }


def _clash(meeting: Meeting) -> str:
    one, other = meeting.ours.name, meeting.theirs.name
    sorts = " and ".join(dict.fromkeys(f"{access.detail}" for access in (meeting.ours, meeting.theirs)))
    if one == other:
        return f"both are the {sorts} {one}"
    return f"{sorts} {one} and {other} clash, for {STATE_CASELESS if meeting.ours.detail == 'model' else CASELESS}"


def claim_below(meeting: Meeting) -> Reason | None:
    """One side gives a name to a field that the other gives to a field of an inheriting model: in one case, as Python does."""
    if meeting.first.name != meeting.second.name:
        return None
    return meeting.reason("HR106", Kind.SAME_NAME, Verdict.OVERLAPPING, "an inherited field cannot be defined again")


def free_need(meeting: Meeting) -> Reason:
    """One side takes a name away that the code of the other uses: the use goes first."""
    why = "the name is gone afterwards"
    return meeting.reason("HR104", Kind.RENAME, Verdict.ORDER_DEPENDENT, why, order=meeting.second_then_first())


def free_claim(meeting: Meeting) -> Reason:
    """One side gives a name to something that the other takes away from something else: the taking goes first."""
    why = "the name has to be free first"
    return meeting.reason("HR106", Kind.SAME_NAME, Verdict.ORDER_DEPENDENT, why, order=meeting.first_then_second())


def claim_need(meeting: Meeting) -> Reason:
    """One side makes something that the other needs, though the common ancestor does not have it."""
    if meeting.second.detail == "model":
        why = "the model is there in one order alone"
        return meeting.reason("HR107", Kind.REFERENCE, Verdict.ORDER_DEPENDENT, why, order=meeting.first_then_second())
    return meeting.reason("HR107", Kind.SQL, Verdict.ORDER_DEPENDENT, "it is there in one order alone")


def replace_any(meeting: Meeting) -> Reason:
    """One side's SQL makes or drops an object that the other makes, drops or needs."""
    return meeting.reason("HR107", Kind.SQL, Verdict.ORDER_DEPENDENT, "the later one decides")


def rename_unnamed(meeting: Meeting) -> Reason:
    """One side looks for an index by its columns, of which the other makes a second one."""
    why = "RenameIndex finds the index by its columns, and must find only one"
    return meeting.reason("HR104", Kind.RENAME, Verdict.ORDER_DEPENDENT, why, order=meeting.first_then_second())


NAME_RULES = {
    (Mode.CLAIM, Mode.CLAIM): claim_claim,
    (Mode.CLAIM, Mode.BELOW): claim_below,
    (Mode.FREE, Mode.NEED): free_need,
    (Mode.FREE, Mode.CLAIM): free_claim,
    (Mode.CLAIM, Mode.NEED): claim_need,
    (Mode.REPLACE, Mode.REPLACE): replace_any,
    (Mode.REPLACE, Mode.USE): replace_any,
    (Mode.REPLACE, Mode.CLAIM): replace_any,
}
"""The rules for names, by the modes of the two accesses in either order."""
