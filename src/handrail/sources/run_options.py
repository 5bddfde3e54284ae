"""How runs behave: the setting HANDRAIL, and what the command line says instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from os import PathLike
from typing import Any

from handrail.domain.run import OnFailure, RunOptions
from handrail.errors.hr004 import NoSettings

SETTING = "HANDRAIL"
HELP = "correct it in the settings, or in the option of the command line that has its name"
DIRECT = frozenset({"HOST", "PORT", "NAME", "USER", "PASSWORD", "OPTIONS"})
"""What may be said of the direct way to a server, by Django's own names of DATABASES."""


def read_run_options(given: Mapping[str, Any] | None = None) -> RunOptions:
    """Return the options of a run: settings.HANDRAIL, and over it what was given on the command line (None: not given).

    Raises NoSettings for a key that means nothing and a value of the wrong type.
    """
    from django.conf import settings

    setting = getattr(settings, SETTING, {})
    if not isinstance(setting, Mapping):
        raise NoSettings(problem=f"{SETTING} is {_shown(setting)}, not a dict", help=HELP)
    return run_options({**setting, **{name: value for name, value in (given or {}).items() if value is not None}})


def run_options(values: Mapping[str, Any]) -> RunOptions:
    """Return options from values by name; what is not named is as RunOptions has it. Raises NoSettings."""
    for name in values:
        if name not in _READERS:
            raise NoSettings(problem=f"{SETTING} has no key {name!r}{_nearest(str(name))}", help=HELP)
    return RunOptions(**{name: _READERS[name](name, value) for name, value in values.items()})


def _nearest(name: str) -> str:
    near = get_close_matches(name, _READERS, n=1)
    return f": did you mean {near[0]!r}?" if near else f", but {', '.join(map(repr, _READERS))}"


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise _wrong(name, value, "a number of seconds, 0 or more")
    return float(value)


def _milliseconds(name: str, value: Any) -> int:
    """0 would be no limit at all to PostgreSQL."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(name, value, "a whole number of milliseconds, 1 or more")
    return value


def _on_failure(name: str, value: Any) -> OnFailure:
    try:
        return OnFailure(value)
    except ValueError:
        raise _wrong(name, value, f"one of {', '.join(OnFailure)}") from None


def _days(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 36500:
        raise _wrong(name, value, "a number of days, more than 0")
    return float(value)


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _wrong(name, value, "True or False")
    return value


def _patterns(name: str, value: Any) -> Sequence[str]:
    """With "!..." as the first of them nothing would be kept, which nobody means who writes it."""
    if isinstance(value, bool):
        return ("*",) if value else ()
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one.removeprefix("!") for one in value):
        raise _wrong(name, value, 'True, False, or a list of patterns such as ["*", "!shop_customer.email"]')
    if value and value[0].startswith("!"):
        raise _wrong(name, value, f'a list that says first what is kept, such as ["*", "{value[0]}"]')
    return tuple(value)


def _folder(name: str, value: Any) -> str:
    if not isinstance(value, str | PathLike) or not str(value):
        raise _wrong(name, value, 'a folder such as "/var/backups/shop"')
    return str(value)


def _direct(name: str, value: Any) -> Mapping[str, Mapping[str, Any]]:
    if not isinstance(value, Mapping) or not all(isinstance(place, Mapping) for place in value.values()):
        raise _wrong(name, value, 'a dict such as {"default": {"HOST": "db.internal", "PORT": "5432"}}')
    for alias, place in value.items():
        unknown = sorted(map(str, set(place) - DIRECT))
        if unknown:
            raise NoSettings(
                problem=f"{SETTING}[{name!r}][{alias!r}] has no key {unknown[0]!r}, but {', '.join(sorted(DIRECT))}", help=HELP
            )
    return value


def _wrong(name: str, value: Any, wanted: str) -> NoSettings:
    return NoSettings(problem=f"{SETTING}[{name!r}] is {_shown(value)}, not {wanted}", help=HELP)


def _shown(value: Any) -> str:
    """Write a value as it would stand in the settings, unless it may hold a password."""
    return "a dict" if isinstance(value, Mapping) else repr(value)


_READERS: dict[str, Callable[[str, Any], Any]] = {
    "lock_wait": _seconds,
    "lock_timeout": _milliseconds,
    "on_failure": _on_failure,
    "all_or_nothing": _switch,
    "keep": _patterns,
    "keep_for": _days,
    "backups": _folder,
    "direct": _direct,
}
"""What the setting may say; each reader raises NoSettings."""
