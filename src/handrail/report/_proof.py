"""A proof, written for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from handrail.domain.conflict import Conflict
from handrail.domain.outcome import Json
from handrail.domain.proof import Difference, Order, Proof, Status

SHOWN = 5
"""The most differences of one kind that are written out for people; JSON holds all."""


def proof_lines(conflict: Conflict, proof: Proof | None) -> Iterator[str]:
    """Yield what came of running both orders: one line each, and what differs."""
    title = f"proof of {', '.join(conflict.apps)}"
    if proof is None:
        yield f"{title}: not run, for no order settles an overlap"
        return
    where = " ".join(filter(None, (proof.vendor, proof.version)))
    rows = f", {proof.rows} rows made from the models" if proof.rows else ""
    yield f"{title}{f', on {where}' if where else ''}{rows}: {proof.ending}"
    for order in proof.orders:
        yield f"  {_order(order)}"
    for word, differences in (("schema", proof.schema_differences), ("rows", proof.row_differences)):
        yield from _differences(word, differences)
    if proof.name_differences:
        yield f"  names that differ, and mean the same: {len(proof.name_differences)}"
    if proof.unstable:
        yield f"  left out, for they differ from run to run: {', '.join(proof.unstable)}"
    if proof.unseeded and proof.data:
        yield f"  without rows, so that nothing is proved about them: {', '.join(proof.unseeded)}"
    for note in proof.notes:
        yield f"  note: {note}"


def proof_json(proof: Proof | None) -> Json:
    """Return a proof as JSON; null where none was run."""
    if proof is None:
        return None
    return {
        "vendor": proof.vendor,
        "version": proof.version,
        "equal": proof.equal,
        "ending": proof.ending,
        "rows": proof.rows,
        "orders": [_order_json(order) for order in proof.orders],
        "schema_differences": [_difference_json(one) for one in proof.schema_differences],
        "name_differences": [_difference_json(one) for one in proof.name_differences],
        "row_differences": [_difference_json(one) for one in proof.row_differences],
        "unstable": list(proof.unstable),
        "unseeded": list(proof.unseeded),
        "notes": list(proof.notes),
    }


def _order(order: Order) -> str:
    names = ", ".join(map(str, order.migrations))
    took = f" ({order.seconds:.1f} s)" if order.seconds >= 0.1 else ""
    if order.status is Status.OK:
        return f"{order.label}: {names}: ok{took}"
    place = f" in {order.failed}" if order.failed else ""
    return f"{order.label}: {names}: failed{place}: {order.error}"


def _differences(word: str, found: tuple[Difference, ...]) -> Iterator[str]:
    for one in found[:SHOWN]:
        yield f"  {word}: {' '.join(filter(None, (one.table, one.kind, one.name)))}"
        for label, value in one.found:
            yield f"    after {label}: {value or 'nothing'}"
    if len(found) > SHOWN:
        yield f"  {word}: {len(found) - SHOWN} more"


def _order_json(order: Order) -> Json:
    return {
        "label": order.label,
        "status": str(order.status),
        "migrations": [list(key) for key in order.migrations],
        "failed": list(order.failed) if order.failed else None,
        "error": order.error,
        "seconds": order.seconds,
    }


def _difference_json(one: Difference) -> Json:
    return {"table": one.table, "kind": one.kind, "name": one.name, "found": [list(pair) for pair in one.found]}
