"""HR013: no git repository, or not a whole one."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NotARepository(Refusal):
    """A command that needs git was started where there is no usable git repository.

    Why it matters
    --------------
    Other branches can only be read from a repository. A worktree or submodule whose ``.git`` file points to a folder that is not
    there (as in a container that mounts the worktree alone) is no repository either, although it looks like one.

    What Django does
    ----------------
    Nothing: Django reads only the files of the working tree.

    What to do
    ----------
    Go to the project's checkout, or name it with ``--path``. In a container, mount the folder that the ``.git`` file names too.

    Example
    -------
    ::

        error[HR013]: not a git repository: shop
    """

    code = "HR013"
    summary = "not a git repository: {path}"

    def __init__(self, *, path: str, reason: str = "", help: str = "name the project's checkout with --path") -> None:
        """path: where git was asked; reason: git's words."""
        super().__init__(self.say({"path": path}, notes=(reason,) if reason else (), help=help))
