"""HR406: a handler of post_migrate failed."""

from __future__ import annotations

from handrail.errors.base import Refusal


class PostMigrateFailed(Refusal):
    """All migrations are applied and recorded, and a handler of the signal post_migrate failed afterwards.

    Why it matters
    --------------
    It looks like a failed migration, and is none: there is nothing to take back. What the handlers make is missing: those that
    come after the one that failed were not called. Django's own make content types, permissions and the default site.

    What Django does
    ----------------
    The same traceback as for a failed migration, and no word on what is done. The next ``migrate`` says that there is nothing to
    apply, and calls the handlers again.

    What to do
    ----------
    Put the handler right, and run ``migrate`` again: it calls all handlers.

    Example
    -------
    ::

        error[HR406]: post-migrate-failed: shop.apps.fill_prices raised KeyError: 'EUR'; the schema is complete
          help: put the handler right, and run migrate again: it calls all handlers
          next: handrail history
    """

    code = "HR406"
    summary = "post-migrate-failed: {handler} raised {error}; the schema is complete"

    def __init__(self, *, handler: str, error: str) -> None:
        """handler: its name with its module; error: the exception in words."""
        help = "put the handler right, and run migrate again: it calls all handlers"
        super().__init__(self.say({"handler": handler, "error": error}, help=help, command="handrail history"))
