"""A reference into another app, with no dependency that orders it."""

from __future__ import annotations

from collections.abc import Mapping

from handrail.checks._reasons import Contradiction, ReasonCheck


class UnorderedAcrossApps(ReasonCheck):
    """A migration refers to a model or field of another app that a second migration changes, and no dependency
    orders the two.

    Why it matters
    --------------
    Each app has one leaf node, so nothing looks wrong, and the order is up to the plan of the day: ``migrate
    blog`` and ``migrate`` may run the two differently. One order fails, or leaves a foreign key to a table that
    is gone, or copies values that were already emptied.

    What Django does
    ----------------
    Nothing: its conflict check counts the leaf nodes of each app. The plan orders what dependencies order, and
    the rest by name.

    What to do
    ----------
    Add the missing dependency: let the migration that refers to the model depend on the migration that changes
    it, or the other way round, whichever of the two orders is meant.

    Example
    -------
    ``shop.0002`` deletes ``Thing``; ``blog.0002`` adds a foreign key to it and depends on ``shop.0001`` alone::

        error[HR108]: unordered-cross-app: blog.0002_b refers to shop.Thing changed by shop.0002_a, no path between them
    """

    code = "HR108"
    summary = "unordered-cross-app: {b} refers to {object} changed by {a}, no path between them"

    @classmethod
    def facts(cls, found: Contradiction) -> Mapping[str, object]:
        """Take the migration of the model's own app for the one that changes it; where both or none are, name no side."""
        app_label = found.reason.model.partition(".")[0]
        keys = list(dict.fromkeys(key.migration for key in found.reason.operations))
        changing = [key for key in keys if key.app_label == app_label]
        others = [key for key in keys if key.app_label != app_label]
        if len(changing) == 1 and len(others) == 1:
            return {"a": changing[0], "b": others[0], "object": found.object}
        return {"a": "the other", "b": f"one of {found.ours} and {found.theirs}", "object": found.object}
