"""HR004: the project's settings cannot be used."""

from __future__ import annotations

from handrail.errors.base import Refusal


class NoSettings(Refusal):
    """A command needs the project's settings, and they cannot be found or imported, or name no such database.

    Why it matters
    --------------
    Which databases there are, and how to reach them, is known to the settings alone. Nothing is guessed.

    What Django does
    ----------------
    ``manage.py`` names a settings module; ``django-admin`` asks for DJANGO_SETTINGS_MODULE.

    What to do
    ----------
    Run the command in the folder of ``manage.py`` with the project's own Python, or through ``manage.py handrail``; or set
    DJANGO_SETTINGS_MODULE. Where importing fails, the message has the reason.

    Example
    -------
    ::

        error[HR004]: no-settings: no DJANGO_SETTINGS_MODULE, and no manage.py that names one
    """

    code = "HR004"
    summary = "no-settings: {problem}"

    def __init__(self, *, problem: str, help: str = "") -> None:
        """problem, help: in words; without help: how settings are found."""
        help = help or "run it in the folder of manage.py with the project's Python, or set DJANGO_SETTINGS_MODULE"
        super().__init__(self.say({"problem": problem}, help=help, command="handrail explain HR004"))
