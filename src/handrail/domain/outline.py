"""What a migration file names, read without evaluating it in full: enough to ask where two apps could meet at all."""

from __future__ import annotations

from typing import NamedTuple

from handrail.domain.dataclasses import dataclass


class Removed(NamedTuple):
    """Something that is deleted, renamed or retyped: a model in lower case, or one of its fields ("" for the model itself)."""

    app_label: str
    model: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The names in a migration file that others could depend on or claim too. An outline may name too much, never too little.

    claims: names of indexes, constraints and tables that are written out (Meta options and AlterModelTable included); "" stands
    for any name. refers: other models that are named, as (app_label, model in lower case): ("", "") is any model at all, and
    ("__setting__", NAME) the model that the setting NAME says. removes: what is deleted, renamed or retyped, by its old name;
    Removed("", "", "") is anything at all.
    """

    claims: frozenset[str] = frozenset()
    refers: frozenset[tuple[str, str]] = frozenset()
    removes: frozenset[Removed] = frozenset()


NOTHING = Outline()
