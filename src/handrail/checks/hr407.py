"""A data migration that imports a model instead of asking for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from handrail.checks._words import listed
from handrail.checks.base import Check
from handrail.domain.finding import Finding, Location, Severity
from handrail.domain.migration import Migration, Operation


class LiveModel(Check):
    """The code of a RunPython imports a model from the project instead of taking it from ``apps.get_model``.

    Why it matters
    --------------
    The imported model has the fields of today. As soon as a later migration adds a field, the code names a column
    that is not there yet at its own place in the plan, and every new database, test run and disaster recovery
    fails, while databases that ran it long ago are fine.

    What Django does
    ----------------
    Nothing when the migration is written. On a new database ``migrate`` fails with "no such column" or "column
    does not exist", at a migration that nobody has touched. The documentation of RunPython says to use
    ``apps.get_model``.

    What to do
    ----------
    Take the model from the registry that the function is given: ``Thing = apps.get_model("shop", "Thing")``.
    Methods and managers of the model are not on it; write the few lines that are needed into the migration.

    Example
    -------
    ``0002_fill`` has ``from shop.models import Thing`` and ``Thing.objects.update(...)``::

        warning[HR407]: lint: shop.0002_fill uses shop.models.Thing of today instead of taking it from apps.get_model
    """

    code = "HR407"
    severity = Severity.WARNING
    summary = "lint: {migration} uses {models} of today instead of taking {them} from apps.get_model"

    @classmethod
    def find(cls, migration: Migration, operation: Operation, live_models: Sequence[str]) -> Iterable[Finding]:
        """Yield one finding for a RunPython that uses imported models, given by their dotted names."""
        if live_models:
            names = sorted(set(live_models))
            yield cls.say(
                {"migration": migration.key, "models": listed(names), "them": "it" if len(names) == 1 else "them"},
                locations=[Location(path=migration.path, line=operation.line, remark="the code is run here")],
                help="take the models from the apps argument of the function",
                command="handrail explain HR407",
            )
