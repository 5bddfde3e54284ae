"""Both orders were run, and nothing good came of it."""

from __future__ import annotations

from collections.abc import Iterable

from handrail.checks.base import Check
from handrail.domain.conflict import Conflict, Verdict
from handrail.domain.finding import Finding
from handrail.domain.proof import Proof, Status


class NotProved(Check):
    """Running both orders did not end in one schema and one set of rows, or could not be done.

    Why it matters
    --------------
    Databases that got the two sides in different orders would differ from then on, or one of the orders cannot be
    run at all. Where nothing could be run, nothing is known.

    What Django does
    ----------------
    Nothing: ``makemigrations --merge`` runs no migration, and ``migrate`` runs one order, on the database that is
    there.

    What to do
    ----------
    Read the proof above the finding: it names the order that failed, or what differs. Give the two migrations an
    order by a dependency, or change one of them. Where the proof could not be run, the reason is in the message:
    most often the settings cannot be imported, or the server refuses to make a scratch database.

    Example
    -------
    ::

        error[HR117]: not-proved: shop: fails in the order theirs, ours
          next: handrail explain HR117
    """

    code = "HR117"
    summary = "not-proved: {apps}: {ending}"

    @classmethod
    def find(cls, conflict: Conflict, proof: Proof | None) -> Iterable[Finding]:
        """Yield one finding where a proof failed; none where it only confirms that the order matters, or was not run."""
        if proof is None or proof.equal or (conflict.verdict is Verdict.ORDER_DEPENDENT and not proof.error):
            return
        failed = [f"{order.label}: {order.error}" for order in proof.orders if order.status is Status.ERROR]
        wrong = "the files alone said independent: this is worth a bug report" if conflict.verdict is Verdict.INDEPENDENT else ""
        yield cls.say(
            {"apps": ", ".join(conflict.apps), "ending": proof.ending},
            notes=[*failed, *filter(None, [wrong if not proof.error else ""])],
            help="make one of the two depend on the other" if not proof.error else "make it possible to run both orders",
            command="handrail explain HR117",
        )
