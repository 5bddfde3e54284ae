"""What ends a run from outside: SIGTERM, as deploy tools send it, and SIGHUP, as a terminal does that is closed."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP")
"""Those that would end the process at once; Windows has no SIGHUP."""


class Terminated(KeyboardInterrupt):
    """A signal: the step that runs is ended as by Ctrl-C, so that its transaction is rolled back and the journal says so."""

    def __init__(self, number: int) -> None:
        """number: of the signal."""
        super().__init__(signal.Signals(number).name)
        self.number = number


def exit_code(error: KeyboardInterrupt) -> int:
    """Return what a shell calls a program that was ended by a signal: 128 and its number."""
    return 128 + (error.number if isinstance(error, Terminated) else signal.SIGINT)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Turn signals into exceptions while a run goes on; only the main thread can (Python documentation, signal).

    One that is handled already stays as it is, and so does one that is ignored, as SIGHUP is under nohup.
    """
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    in_main = threading.current_thread() is threading.main_thread()
    numbers = [number for number in numbers if in_main and signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    if number != signal.SIGTERM:
        _write_to_nobody()
    raise Terminated(number)


def _write_to_nobody() -> None:
    """Let what is said go nowhere where the terminal is gone: an error of it would keep a step from being taken back.

    A terminal that was hung up is a character device that answers no ioctl any more (Linux, tty_ioctl: EIO).
    """
    for output in (1, 2):
        try:
            is_gone = stat.S_ISCHR(os.fstat(output).st_mode) and not os.isatty(output)
        except OSError:
            continue
        if is_gone:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, output)
            os.close(nowhere)
