"""Where a migration is stopped, how, and what is done afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from zlib import crc32

from tests.crash.stopping import MODES, RECORD, Stop, is_write

FEW = 4


@dataclass(frozen=True)
class Try:
    """One stop. back: it is recovered back, else by migrating again. again: where the recovering processes are stopped too."""

    stop: Stop
    back: bool = False
    again: tuple[Stop, ...] = ()

    def __str__(self) -> str:
        way = "back" if self.back else "on"
        return ", ".join([str(self.stop), *(f"then {again}" for again in self.again), way])


def tries(events: Sequence[str], points: str, *, drops: bool, name: str) -> list[Try]:
    """Return what is tried. drops: whether there are sessions that a server can end. name: of what is stopped.

    all: everything at everything. every: a kill after every write and commit, which is the same as one before whatever comes next,
    and before the first; the other ways in turn, so that all of them meet every kind of statement somewhere. few: some of those,
    others for every name, and one at least that is taken back. record: every way when the record was committed just now. first: a
    kill after everything that is written before the first run of Handrail on a database, and with it. few first: some of those.
    """
    modes = [mode for mode in MODES if drops or mode != "drop"]
    if points == "all":
        return list(_all(events, modes))
    if points == "record":
        return [Try(Stop(RECORD, mode, after=True), back) for mode, back in product(modes, (False, True))]
    if points in ("first", "few first"):
        found = [Try(Stop(at, after=True, from_start=True)) for at in _writes(events)]
        return found if points == "first" else _sample(found, 2 * FEW, name)
    found = list(_every(events, modes))
    return found if points == "every" else _with_one_back(_sample(found, FEW, name), found)


def _sample(found: list[Try], size: int, name: str) -> list[Try]:
    if len(found) <= size:
        return found
    first = crc32(name.encode()) % (len(found) // size)
    return [found[int(first + number * len(found) / size)] for number in range(size)]


def _with_one_back(some: list[Try], found: list[Try]) -> list[Try]:
    back = [one for one in found if one.back]
    if any(one.back for one in some) or not back:
        return some
    return [*some[:-1], back[len(back) // 2]]


def _all(events: Sequence[str], modes: Sequence[str]) -> Iterator[Try]:
    for at, mode, after, back in product(range(len(events)), modes, (False, True), (False, True)):
        yield Try(Stop(at, mode, after), back)
    for at, second in product(_writes(events), range(0, 40, 3)):
        yield Try(Stop(at, after=True), again=(Stop(second, after=True),))


def _every(events: Sequence[str], modes: Sequence[str]) -> Iterator[Try]:
    writes = _writes(events)
    others = list(product(modes[1:], (False, True), (False, True)))
    yield Try(Stop(writes[0]))
    for number, at in enumerate(writes):
        yield Try(Stop(at, after=True))
        if number % 3 == 0:
            yield Try(Stop(at, after=True), back=True)
        if number % 5 == 2:
            yield Try(Stop(at, after=True), again=(Stop((number * 7) % 29, after=True),))
        if number % 2 == 0:
            mode, after, back = others[number * 5 // 2 % len(others)]
            yield Try(Stop((at + number // 2 % 3) % len(events), mode, after), back)


def _writes(events: Sequence[str]) -> list[int]:
    return [at for at, event in enumerate(events) if is_write(event)]
