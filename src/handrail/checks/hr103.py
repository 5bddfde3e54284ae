"""Both sides set the whole of one value."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck
from handrail.checks._words import compact
from handrail.domain.conflict import MISSING, Kind


class LostUpdate(ReasonCheck):
    """Both sides set the whole of one value, so the later one undoes the earlier one without an error.

    Why it matters
    --------------
    An ``AlterField`` holds the whole definition of the field, an ``AlterUniqueTogether`` the whole set. Whichever
    runs last wins: a constraint disappears, a longer column becomes short again, and two databases that ran the
    sides in different orders have different schemas from then on.

    What Django does
    ----------------
    ``makemigrations --merge`` accepts it and ``migrate`` succeeds. ``makemigrations --check`` compares the models
    with the migrations, never with the database, and may say "No changes detected".

    What to do
    ----------
    Look at base, ours and theirs. Where the two changes touch different parts (one sets ``null``, the other
    ``max_length``), the merged value keeps both, and ``handrail resolve`` writes it as one migration after the
    two sides. Where both change the same part, choose, and change one of the two migrations.

    Example
    -------
    ``max_length`` 50 becomes 100 on one branch and 200 on the other::

        error[HR103]: lost-update: shop.0002_a and shop.0002_b each set the whole definition of shop.Thing.name;
            base=(max_length=50) a=(max_length=100) b=(max_length=200) merged=none
    """

    code = "HR103"
    summary = "lost-update: {a} and {b} each set the whole {attribute} of {object}; base={base} a={va} b={vb} merged={merged}"

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Show the three values, short, and what they merge to."""
        reason = found.reason
        values = (reason.base, reason.ours, reason.theirs, reason.merged)
        base, ours, theirs, merged = ("none" if value is MISSING else compact(value, values) for value in values)
        return {
            "a": found.ours,
            "b": found.theirs,
            "attribute": reason.name or ("definition" if reason.kind is Kind.SAME_FIELD else "value"),
            "object": ".".join(filter(None, (reason.model, reason.field))) or found.object,
            "base": base,
            "va": ours,
            "vb": theirs,
            "merged": merged,
        }
