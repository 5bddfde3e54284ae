"""Taking a migration back with handrail rollback, in the process that calls it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def roll_back(label: str, folder: str) -> dict[str, Any]:
    """Take all of an app back but its first migration, and say how that ended."""
    from handrail.api.rollback import Wanted, rollback
    from handrail.api.rollback_goals import Asked
    from handrail.domain.kept import Undo
    from handrail.errors.base import Refusal
    from handrail.execution.runner import Talk

    talk = Talk(waiting=lambda *_: None, locked=lambda: None, said=lambda _: None, blocked=lambda *_: None)
    wanted = Wanted(
        asked=Asked(words=(label, "0001")),
        undo=Undo(rows=True),
        dry_run=False,
        is_sure=True,
        typed=f"handrail rollback {label} 0001",
        root=Path(folder),
        confirm=lambda *_: None,
    )
    try:
        done = rollback("default", talk, wanted)
    except Refusal as refusal:
        return {"ended": "refused", "text": f"error[{refusal.finding.code}] {refusal.finding}", "exit": refusal.exit_code}
    if done.exit:
        return {"ended": "refused", "text": f"{done.findings}", "exit": done.exit}
    return {"ended": "done", "text": ""}
