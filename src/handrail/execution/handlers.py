"""Which handler of Django's signals around a migrate failed: its frames are in the traceback."""

from __future__ import annotations

from collections.abc import Iterator
from types import FrameType
from typing import NamedTuple

EMITTERS = {"emit_pre_migrate_signal": "pre_migrate", "emit_post_migrate_signal": "post_migrate"}
"""What sends the signals (django/core/management/sql.py, 5.2 to 6.1)."""
SENDER, DISPATCHER = "django.core.management.sql", "django.dispatch.dispatcher"


class FailedHandler(NamedTuple):
    """A handler by its name with its module, and the signal that it was called for."""

    signal: str
    name: str


def failed_handler(error: BaseException) -> FailedHandler | None:
    """Return the handler that an exception came out of, None where it came from somewhere else."""
    frames = _frames(error)
    for frame in frames:
        signal = EMITTERS.get(frame.f_code.co_name)
        if signal and _module(frame) == SENDER:
            dispatched = [each for each in frames if _module(each) != DISPATCHER]
            return FailedHandler(signal, _name(dispatched[0]) if dispatched else "a handler")
    return None


def _frames(error: BaseException) -> Iterator[FrameType]:
    """Yield the frames, the outermost first."""
    traceback = error.__traceback__
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _name(frame: FrameType) -> str:
    return f"{_module(frame)}.{frame.f_code.co_qualname}"
