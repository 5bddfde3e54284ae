"""Where a migration is stopped, how, and what is done afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from tests.crash.stopping import MODES, Stop, is_write


@dataclass(frozen=True)
class Try:
    """One stop. back: it is recovered back, else by migrating again. again: where the recovering processes are stopped too."""

    stop: Stop
    back: bool = False
    again: tuple[Stop, ...] = ()

    def __str__(self) -> str:
        way = "back" if self.back else "on"
        return ", ".join([str(self.stop), *(f"then {again}" for again in self.again), way])


def tries(events: Sequence[str], points: str, *, drops: bool) -> Iterator[Try]:
    """Yield what is tried. drops: whether there are sessions that a server can end.

    all: everything at everything. some: a kill after every write and commit, which is the same as one before whatever comes next, and
    before the first; everything else in turn, so that all of it meets every kind of statement somewhere. few: the same, with two of
    three kills left out.
    """
    modes = [mode for mode in MODES if drops or mode != "drop"]
    every = list(product(modes, (False, True), (False, True)))
    if points == "all":
        for at, (mode, after, back) in product(range(len(events)), every):
            yield Try(Stop(at, mode, after), back)
        for at, second in product([at for at, event in enumerate(events) if is_write(event)], range(0, 40, 3)):
            yield Try(Stop(at, after=True), again=(Stop(second, after=True),))
        return
    writes = [at for at, event in enumerate(events) if is_write(event)]
    few = 3 if points == "few" else 1
    yield Try(Stop(writes[0]))
    for number, at in enumerate(writes):
        if number % few == few - 1 or number >= len(writes) - 4:
            yield Try(Stop(at, after=True))
        if number % (3 * few) == 0:
            yield Try(Stop(at, after=True), back=True)
        if number % (5 * few) == 2:
            yield Try(Stop(at, after=True), again=(Stop((number * 7) % 29, after=True),))
    others = [each for each in every if each[0] != "kill"]
    for number, at in enumerate(range(0, len(events), 4 * few)):
        mode, after, back = others[number * 5 % len(others)]
        yield Try(Stop(at, mode, after), back)
