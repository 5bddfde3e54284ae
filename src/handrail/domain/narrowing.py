"""What an alteration of a column would do to the values that are there."""

from __future__ import annotations

from handrail.domain.dataclasses import dataclass

COUNTED = 10_000
"""How many rows are counted at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """Counts of rows, up to COUNTED + 1, which stands for more.

    cast: the types, as "varchar(200) -> varchar(50)". misfits: rows whose value the new column cannot take, with NULLs that it
    must not have and that get no value. changes: rows whose value fits and becomes another one, with NULLs that are filled; they
    are kept. None: it is not told before. nulls: those NULLs alone. examples: primary keys of misfits. is_key: the column is one
    of the primary key, so that a row whose value changes could not be told again. why: what the database said, where it counted
    nothing.
    """

    table: str
    column: str
    cast: str
    misfits: int
    changes: int | None
    nulls: int = 0
    examples: tuple[str, ...] = ()
    is_key: bool = False
    why: str = ""

    @property
    def refused(self) -> int:
        """How many rows are in the way."""
        return self.misfits + (self.changes or 0) if self.is_key else self.misfits


def said(rows: int) -> str:
    """Write a count of rows."""
    return f"more than {COUNTED} rows" if rows > COUNTED else "1 row" if rows == 1 else f"{rows} rows"
