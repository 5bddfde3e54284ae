"""HR504: values do not fit into the column as it is to be."""

from __future__ import annotations

from handrail.domain.narrowing import Narrowing, said
from handrail.errors.base import Refusal


class Narrows(Refusal):
    """A column is to get another type, length or NOT NULL, and values that are there do not fit.

    Why it matters
    --------------
    A text that is longer than the new column, a number out of its range, a text that is no number, text that is no JSON, a NULL
    where none may be: such a value cannot stay. Values that do fit but become others (rounded, without their time of day, written
    in another way) stop nothing: Handrail keeps them as they were, and puts them back when the migration is taken back. A primary
    key that becomes another one is refused too, as its row could not be told again. Nothing was changed.

    What Django does
    ----------------
    PostgreSQL cuts a text that goes into a ``varchar`` without a word, and fails at other values; MySQL and MariaDB fail in
    strict mode, and cut or invent values without it; SQLite keeps the value in a column of the wrong type (Django 5.2 to 6.1).

    What to do
    ----------
    Correct the rows that are named. Where it is a rollback, ``--accept-loss`` cuts the texts and leaves the other values out;
    they are kept as they were, and come back when the migration is applied again. NULLs get what ``--fill table.column=value``
    says.

    Example
    -------
    ::

        error[HR504]: narrowing: 1 row of shop_thing does not fit under name varchar(200) -> varchar(50)
    """

    code = "HR504"
    summary = "narrowing: {rows} under {column} {cast}"

    def __init__(self, *, found: Narrowing, can_be_cut: bool = True) -> None:
        """found: what was counted. can_be_cut: whether consent to loss would let it go on."""
        what = "fit or change" if found.is_key else "fit"
        verb = f"does not {what}" if found.refused == 1 else f"do not {what}"
        facts = {"rows": f"{said(found.refused)} of {found.table} {verb}", "column": found.column, "cast": found.cast}
        notes = []
        if found.examples:
            notes.append(f"for example those with the primary key {', '.join(found.examples)}")
        if found.nulls and found.misfits:
            notes.append(f"{said(found.nulls)} with NULL and no default for {found.column}")
        if found.why:
            notes.append(f"the database says: {found.why}")
        self.narrowing = found
        super().__init__(self.say(facts, notes=notes, help=_help(found, can_be_cut=can_be_cut)))


def _help(found: Narrowing, *, can_be_cut: bool) -> str:
    fill = f"--fill {found.table}.{found.column}=value"
    if found.nulls and found.nulls == found.misfits:
        return f"give them a value first, or say which one a rollback gives them: {fill}"
    if found.is_key:
        return "correct these values first"
    if not can_be_cut:
        return f"correct these values first, or say what a rollback puts in their place: --accept-loss {fill}"
    return "correct these values first; a rollback with --accept-loss cuts or leaves them out, and keeps them as they are"
