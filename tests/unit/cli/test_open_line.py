"""What is said while a line of Django's is open."""

from __future__ import annotations

import io

import pytest

from handrail.cli.open_line import Above, OpenLine, open_line
from handrail.cli.output import write_lines
from tests.unit.cli.test_waiting import Terminal

APPLYING = "  Applying shop.0002_b..."


def both(terminal: io.StringIO) -> tuple[OpenLine, Above]:
    below = open_line(terminal, terminal)
    assert below is not None
    return below, Above(terminal, below)


def test_lines_go_above_the_open_one():
    terminal = Terminal()
    out, err = both(terminal)
    out.write("Running migrations:\n")
    write_lines(["before"], err)
    out.write(APPLYING)
    write_lines(["a lock was not free in time; try 2 in 0.1 s"], err)
    out.write(" OK\n")
    write_lines(["after"], err)
    again = f"\r\x1b[Ka lock was not free in time; try 2 in 0.1 s\n{APPLYING} OK\n"
    assert terminal.getvalue() == f"Running migrations:\nbefore\n{APPLYING}{again}after\n"


def test_a_line_that_fills_its_row_is_left_and_written_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    out, err = both(terminal)
    long = f"  Applying shop.0002_{'b' * 40}..."
    out.write(long)
    err.write("said\n")
    assert terminal.getvalue() == f"{long}\nsaid\n{long}"


def test_what_is_no_line_stays_as_it_is():
    terminal = Terminal()
    out, err = both(terminal)
    out.write(APPLYING)
    err.write("\r\x1b[Kwaiting")
    assert terminal.getvalue() == f"{APPLYING}\r\x1b[Kwaiting"


def test_what_ends_the_command_begins_a_line_of_its_own():
    terminal = Terminal()
    out, _ = both(terminal)
    out.end()
    out.write(APPLYING)
    out.end()
    out.end()
    assert terminal.getvalue() == f"{APPLYING}\n"


def test_what_is_read_apart_is_left_alone():
    assert open_line(Terminal(), io.StringIO()) is None
    assert open_line(io.StringIO(), Terminal()) is None
