"""AddConstraintNotValid."""

from __future__ import annotations

from handrail.conflicts.operations.add_constraint import AddConstraint


class AddConstraintNotValid(AddConstraint):
    """Makes a check constraint that only rows to come must meet: PostgreSQL's NOT VALID."""
