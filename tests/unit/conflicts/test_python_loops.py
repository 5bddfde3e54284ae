"""Loops whose outcome depends on the order of the rows, and loops whose does not."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from handrail.conflicts.python_loops import carries_state

CARRY = {
    "counter": "number += 1",
    "counter on something else": "forwards.number += 1",
    "last row kept on something else": "self.last = row",
    "row of before": """
        if before == row.name:
            row.name = ""
        before = row.name
    """,
    "filled down": """
        if row.title:
            title = row.title
        row.title = title
    """,
    "filled down by two ifs": """
        if row.title:
            title = row.title
        else:
            row.empty = True
        row.title = title
    """,
    "set within a loop that may not run": """
        for line in row.lines.all():
            last = line
        row.last = last
    """,
    "row behind a relation": "row.owner.name = row.name\nrow.owner.save()",
    "other row saved": """
        other = Thing.objects.get(pk=row.other_id)
        other.save()
    """,
    "other rows updated": "Thing.objects.filter(name=row.name).update(price=row.price)",
    "attribute of another row by setattr": "setattr(other, 'name', row.name)",
    "collected": "names.append(row.name)",
    "item set": "names[row.name] = row",
    "stopped": "break",
    "helper": "helper(row)",
    "created": "Line.objects.create(thing=row)",
    "set of relations": "row.tags.set(tags)",
    "within a block": """
        with transaction.atomic():
            row.name = name
            name = row.title
    """,
}
FREE = {
    "assigned": "row.name = row.name.upper()\nrow.save()",
    "counted on the row": "row.number += 1\nrow.save(update_fields=['number'])",
    "by a name of the turn": "name = row.name.strip()\nrow.name = name\nrow.save()",
    "by a name that both branches set": """
        if row.title:
            title = row.title
        else:
            title = "none"
        row.title = title
    """,
    "deleted": "row.delete()",
    "item of a field": "row.data['a'] = 1",
    "setattr": "setattr(row, 'name', '')",
    "comprehension": "row.name = ' '.join(part for part in row.name.split())",
    "inner loop": """
        total = 0
        for line in row.lines.all():
            price = line.price
            line.price = price
        row.total = total
    """,
    "block": """
        with transaction.atomic():
            name = row.name
        row.name = name
    """,
}


def carries(body: str) -> bool:
    (loop,) = ast.parse("for row in rows:\n" + "".join(f"    {line}\n" for line in dedent(body).strip().splitlines())).body
    assert isinstance(loop, ast.For)
    return carries_state(loop.body, loop.target)


@pytest.mark.parametrize("body", CARRY.values(), ids=CARRY)
def test_loop_that_depends_on_the_order(body: str) -> None:
    assert carries(body) is True


@pytest.mark.parametrize("body", FREE.values(), ids=FREE)
def test_loop_that_does_not_depend_on_the_order(body: str) -> None:
    assert carries(body) is False
