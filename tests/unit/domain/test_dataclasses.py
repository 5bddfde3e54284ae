"""The dataclasses of this project behave as those of the standard library, which its functions take them for."""

from __future__ import annotations

import dataclasses as standard
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from handrail.domain.dataclasses import dataclass, field, replace

ROOT = Path(__file__).parent.parent.parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A thing."""

    name: str
    size: int = 1
    parts: Mapping[str, int] = field(default_factory=dict, compare=False)
    text: str = field(default="long", repr=False)

    @property
    def double(self) -> int:
        return self.size * 2


@dataclass(frozen=True, slots=True)
class Pair:
    one: int
    other: int = 2

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pair)

    def __hash__(self) -> int:
        return 7


@dataclass(slots=True)
class Box:
    items: list[int] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Node:
    name: str


@dataclass(frozen=True, kw_only=True)
class Open:
    name: str


def test_a_value_holds_what_it_was_given_and_defaults():
    thing = Thing(name="a")
    assert (thing.name, thing.size, thing.parts, thing.text, thing.double) == ("a", 1, {}, "long", 2)
    assert repr(thing) == "Thing(name='a', size=1, parts={})"
    assert Thing.__doc__ == "A thing."
    assert not hasattr(thing, "__dict__")
    assert Thing(name="a").parts is not thing.parts


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Thing() lacks or does not know: ['name']"),
        ({"name": "a", "colour": 1}, "Thing() lacks or does not know: ['colour']"),
        ({"size": 1, "parts": {}, "text": "", "colour": 1}, "Thing() lacks or does not know: ['colour', 'name']"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], message: str):
    with pytest.raises(TypeError) as caught:
        Thing(**arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_positions_are_for_classes_that_take_them():
    assert (Pair(1).one, Pair(1, 3).other) == (1, 3)
    for wrong in (lambda: Thing("a"), lambda: Pair(1, 2, 3), lambda: Pair(1, one=2)):  # type: ignore[misc, call-arg]
        with pytest.raises(TypeError, match=r"^(Thing|Pair)\(\) was given a wrong number of positional arguments$"):
            wrong()


def test_equal_values_are_equal_and_hash_alike():
    assert Thing(name="a", parts={"x": 1}) == Thing(name="a")
    assert Thing(name="a") != Thing(name="b")
    assert Thing(name="a", text="other") != Thing(name="a")
    one, same = Open(name="a"), Open(name="a")
    assert (one == same, hash(one) == hash(same), one == Node("a")) == (True, True, False)
    assert (Pair(1) == Pair(2), hash(Pair(1))) == (True, 7), "what a class writes itself stays"
    assert Node("a") != Node("a"), "eq=False: only itself"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Box())


def test_frozen_values_cannot_be_changed():
    thing = Thing(name="a")
    for change in (
        lambda: setattr(thing, "name", "b"),
        lambda: delattr(thing, "name"),
        lambda: setattr(Open(name="a"), "name", "b"),
    ):
        with pytest.raises(AttributeError, match=r"^cannot change field 'name' of a frozen (Thing|Open)$"):
            change()
    box = Box()
    box.items = [1]
    assert box == Box([1])


def test_replace_leaves_the_rest_as_it_is():
    thing = replace(Thing(name="a", size=3), name="b")
    assert (thing.name, thing.size) == ("b", 3)
    with pytest.raises(TypeError, match="does not know"):
        replace(thing, colour=1)  # type: ignore[call-arg]


def test_the_functions_of_the_standard_library_take_them():
    thing = Thing(name="a", size=3)
    assert standard.replace(thing, name="b") == Thing(name="b", size=3)
    assert standard.asdict(thing) == {"name": "a", "size": 3, "parts": {}, "text": "long"}
    assert [(one.name, one.compare, one.repr) for one in standard.fields(Thing)] == [
        ("name", True, True),
        ("size", True, True),
        ("parts", False, True),
        ("text", True, False),
    ]


def test_nothing_of_the_package_uses_the_standard_ones():
    code = ROOT / "src" / "handrail"
    users = [path.name for path in code.rglob("*.py") if "from dataclasses import" in path.read_text()]
    assert users == ["dataclasses.py"], "and there for type checkers alone"


def test_it_does_not_import_the_standard_ones():
    code = "import handrail.domain.migration, sys; print({'dataclasses', 'inspect'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
