"""Data is changed or read on both sides."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck


class DataOrder(ReasonCheck):
    """A RunPython or RunSQL of one side touches rows that the other side also touches, or whose schema it changes.

    Why it matters
    --------------
    The rows come out differently in the two orders, and no error tells. A value is converted twice, a default is
    the old one, a column is copied after it was emptied. Databases that ran the sides in different orders can
    then never be told apart by their schema.

    What Django does
    ----------------
    ``makemigrations --merge`` accepts it: for Django, code in a migration has no effect on the project state, so
    it commutes with everything.

    What to do
    ----------
    Say which one comes first: let the later migration depend on the earlier one. ``handrail resolve`` does this
    by a rebase where the order is known. Where the code could not be read, ``--prove`` runs both orders on
    scratch databases with rows in them and compares the result.

    Example
    -------
    One branch makes names upper-case, the other appends "-x" to them::

        error[HR107]: data-order: shop.0002_a and shop.0002_b touch shop.Thing and do not commute (...)
    """

    code = "HR107"
    summary = "data-order: {a} and {b} touch {object} and do not commute ({explanation})"

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Name the two migrations, the model, and why their order matters."""
        return {"a": found.ours, "b": found.theirs, "object": found.object, "explanation": found.reason.explanation}
