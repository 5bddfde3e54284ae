"""Python's garbage collector, while project states are built."""

from __future__ import annotations

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
    is_first = gc.get_freeze_count() == 0
    if is_first:
        gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        if is_first:
            gc.unfreeze()
