"""How a rollback goes on that was interrupted: as it was asked for."""

from __future__ import annotations

import pytest

from handrail.domain.kept import ChangedRows, Undo
from handrail.domain.undo_asked import undo_of


@pytest.mark.parametrize(
    ("command", "undo"),
    [
        ("migrate shop", Undo()),
        ("recover", Undo()),
        ("rollback shop 0001 --yes", Undo(rows=True)),
        (
            "rollback shop 0001 --changed-rows=restore --accept-loss",
            Undo(changed_rows=ChangedRows.RESTORE, accept_loss=True, rows=True),
        ),
        (
            "rollback --to-tag v1 --fill shop_thing.x=a=b --fill 'shop_thing.y=two words' --changed-rows stop",
            Undo(changed_rows=ChangedRows.STOP, fill={"shop_thing.x": "a=b", "shop_thing.y": "two words"}, rows=True),
        ),
        ("rollback shop 0001 --fill 'shop_thing.x=cut", Undo(rows=True)),
        ("rollback shop 0001 --changed-rows", Undo(rows=True)),
    ],
)
def test_a_rollback_goes_on_as_it_was_asked_for(command: str, undo: Undo):
    assert undo_of(command) == undo
