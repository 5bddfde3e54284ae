"""HR002: the project root is no folder."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NoSuchFolder(Refusal):
    """``--path`` names something that is not a folder, or one that cannot be read.

    Why it matters
    --------------
    A folder without migrations has no conflicts: a typing error in a CI file would be a check that always passes.

    What Django does
    ----------------
    Nothing: it finds the project by the settings module, not by a folder.

    What to do
    ----------
    Name the folder that holds ``manage.py``, relative to the folder you are in.

    Example
    -------
    ::

        error[HR002]: no-folder: backend/shp is not a folder
    """

    code = "HR002"
    summary = "no-folder: {path} {problem}"

    def __init__(self, *, path: str, problem: str) -> None:
        """path: as it was typed; problem: such as "is not a folder"."""
        super().__init__(self.say({"path": path, "problem": problem}, help="name the project's root, the folder of manage.py"))
