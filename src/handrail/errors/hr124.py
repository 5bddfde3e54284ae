"""HR124: a file to write is not inside the project."""

from __future__ import annotations

from handrail.domain.finding import Location
from handrail.errors.base import Refusal


class OutsideProject(Refusal):
    """A file that would be written lies outside the project's folder.

    Why it matters
    --------------
    A symbolic link, or a path with dots, leads out of the folder that the command was given. What lies there belongs to another
    project, or to everyone on the machine.

    What Django does
    ----------------
    It writes wherever the migrations module is.

    What to do
    ----------
    Run the command in the project that the file really belongs to (``--path``), or take the symbolic link away.

    Example
    -------
    ::

        error[HR124]: shop/migrations/0002_b.py leads out of the project
    """

    code = "HR124"
    summary = "{path} leads out of the project"

    def __init__(self, *, path: str) -> None:
        """path: as it was to be written, relative to the root."""
        super().__init__(self.say({"path": path}, locations=(Location(path=path),), help="run it in the project it belongs to"))
