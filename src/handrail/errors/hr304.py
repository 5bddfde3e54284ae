"""HR304: something that needs a session, behind a pooler."""

from __future__ import annotations

from handrail.errors.base import Refusal


class BehindPooler(Refusal):
    """A migration needs a session of its own, and the connection goes through a transaction pooler.

    Why it matters
    --------------
    Behind a pooler each statement outside a transaction may reach another session of the server: settings such as a lock timeout
    are lost, or stay in a session that belongs to somebody else. What cannot run in a transaction cannot be protected there.

    What Django does
    ----------------
    It does not notice. A lock taken by one statement is held by a session that the next one may not reach.

    What to do
    ----------
    Name the address of the server itself for migrations, beside the pooler's: ``HANDRAIL = {"direct": {"default": {"HOST":
    "db.internal", "PORT": "5432"}}}``. All other traffic goes on through the pooler.

    Example
    -------
    ::

        error[HR304]: pooler: shop.0003_index needs a session, and default is reached through a pooler
          help: set HANDRAIL["direct"]["default"] to the HOST and PORT of the server itself
    """

    code = "HR304"
    summary = "pooler: {what} needs a session, and {alias} is reached through a pooler"

    def __init__(self, *, alias: str, what: str) -> None:
        """what: the migration or the statement that needs a session."""
        help = f'set HANDRAIL["direct"]["{alias}"] to the HOST and PORT of the server itself'
        super().__init__(self.say({"alias": alias, "what": what}, help=help))
