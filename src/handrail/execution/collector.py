"""Python's garbage collector, while project states are built and when the process ends."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 50)
"""Objects made before the youngest are looked at, and so on (Python documentation, gc.set_threshold)."""


@contextmanager
def collecting_less_often() -> Iterator[None]:
    """Collect less often, and pass over what was there before: models by the thousand are made, and nearly all of them stay.

    Measured on migrations of real projects: 5 to 15 % of the processor's time, 5 % more memory.
    """
    before = gc.get_threshold()
    is_first = before != THRESHOLDS  # to count what a server has frozen, to share it, takes 20 ms
    if is_first:
        gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        if is_first:
            gc.freeze()  # with the next two: what is young grows old without being looked through at once, 15 ms at the end
        gc.set_threshold(*before)
        if is_first:
            gc.unfreeze()


def collect_nothing_at_exit() -> None:
    """Leave to the system what hangs together in circles when the process ends, as models and project states do.

    Python would look through all of it a last time, and free it piece by piece: 0.1 s for some hundred models (CPython 3.12).
    Modules and what they hold are taken down as ever. That finalizers run at the end is promised for nothing (Python
    documentation, Data model, object.__del__).
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
