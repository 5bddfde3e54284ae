"""RunPython functions that were read before: what a reading found holds as long as all its questions have the same answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from handrail.conflicts.python_code import read_python
from handrail.conflicts.python_record import Relations
from handrail.domain.footprint import CodeFootprint, ModelKey
from handrail.domain.migration import Migration
from handrail.domain.value import Value

MOST = 256
"""How many readings are kept."""
NOTHING = object()
ANY, ALL = "any", "all"
"""Questions about all names of a model: whether there are any, and which."""
Names = Mapping[str, ModelKey | None]
Question = tuple[ModelKey, str, str]
"""A model, and ANY, ALL, or "name" with the name that is asked for."""
Answers = dict[Question, object]

_known: dict[tuple[str, str], list[tuple[Value, Answers, CodeFootprint]]] = {}


def footprint_of(migration: Migration, code: Value, relations: Relations) -> CodeFootprint:
    """Return what read_python does, from an earlier reading of the same code where that has got the same answers."""
    place = (migration.path, migration.text)
    for earlier, answers, footprint in _known.get(place, ()):
        if earlier == code and all(_answer(relations, question) == answer for question, answer in answers.items()):
            return footprint
    noted: Answers = {}
    footprint = read_python(migration, code, lambda key: Noted(key, relations, noted))
    if sum(map(len, _known.values())) >= MOST:
        _known.clear()
    _known.setdefault(place, []).append((code, noted, footprint))
    return footprint


def _answer(relations: Relations, question: Question) -> object:
    key, sort, name = question
    names = relations(key)
    return bool(names) if sort == ANY else dict(names) if sort == ALL else names.get(name, NOTHING)


class Noted(Mapping[str, ModelKey | None]):
    """The names on a model; every question about them is noted with its answer."""

    def __init__(self, key: ModelKey, relations: Relations, answers: Answers) -> None:
        self.key = key
        self.relations = relations
        self.answers = answers

    def __getitem__(self, name: str) -> ModelKey | None:
        self._note("name", name)
        return self.relations(self.key)[name]

    def __iter__(self) -> Iterator[str]:
        self._note(ALL)
        return iter(self.relations(self.key))

    def __len__(self) -> int:
        self._note(ALL)
        return len(self.relations(self.key))

    def __bool__(self) -> bool:
        self._note(ANY)
        return bool(self.relations(self.key))

    def _note(self, sort: str, name: str = "") -> None:
        question = (self.key, sort, name)
        if question not in self.answers:
            self.answers[question] = _answer(self.relations, question)
