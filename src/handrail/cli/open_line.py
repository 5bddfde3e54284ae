"""What Handrail says while a line of Django's is not complete yet, where both are shown on one terminal."""

from __future__ import annotations

from typing import Any

from handrail.cli.output import is_terminal, terminal_width

CLEAR = "\r\x1b[K"
"""Back to the beginning of the line, and erase to its end (ECMA-48, CR and EL)."""


class OpenLine:
    """Standard output as Django writes it, and what its last line holds so far: "  Applying shop.0002_b..."."""

    def __init__(self, stream: Any) -> None:
        """stream: where all goes that is written here."""
        self.stream, self.text = stream, ""

    def __getattr__(self, name: str) -> Any:
        """Be the stream in everything else."""
        return getattr(self.stream, name)

    def write(self, text: str) -> Any:
        """Write to the stream."""
        self.text = f"{self.text}{text}".rpartition("\n")[2]
        return self.stream.write(text)

    def end(self) -> None:
        """Let what comes next begin a line of its own."""
        if self.text:
            self.write("\n")
            self.stream.flush()


class Above:
    """Standard error, whose lines go above the open line of standard output; Django completes that one later."""

    def __init__(self, stream: Any, below: OpenLine) -> None:
        """Both have to be the same terminal."""
        self.stream, self.below = stream, below

    def __getattr__(self, name: str) -> Any:
        """Be the stream in everything else."""
        return getattr(self.stream, name)

    def write(self, text: str) -> Any:
        """Write whole lines above the open one, anything else as it is."""
        line = self.below.text
        if not line or not text.endswith("\n"):
            return self.stream.write(text)
        self.below.flush()
        before = (
            CLEAR if len(line) < terminal_width(self.stream) else "\n"
        )  # a line that goes on in the next row cannot be cleared
        return self.stream.write(f"{before}{text}{line}")


def open_line(stdout: Any, stderr: Any) -> OpenLine | None:
    """Return what follows standard output, where both are terminals; else None, as they are read apart."""
    return OpenLine(stdout) if is_terminal(stdout) and is_terminal(stderr) else None
