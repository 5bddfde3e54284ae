"""Reading tokens one after the other, as a grammar says them."""

from __future__ import annotations

from typing import NamedTuple

from handrail.databases.statements._tokens import Kind, Token


class Name(NamedTuple):
    """The name of an object, with its schema or database where that is said."""

    schema: str
    name: str

    @property
    def key(self) -> str:
        """The name as definitions are kept by it."""
        return f"{self.schema}.{self.name}" if self.schema else self.name


class Reader:
    """A place in a list of tokens. folds: what becomes of a name that is not quoted."""

    def __init__(self, found: list[Token], *, lower: bool = False) -> None:
        self.tokens = found
        self.at = 0
        self._lower = lower

    @property
    def rest(self) -> list[Token]:
        """The tokens that were not read."""
        return self.tokens[self.at :]

    def peek(self, ahead: int = 0) -> str:
        """Return a coming word in upper case or symbol, "" at the end and for names and strings."""
        place = self.at + ahead
        if place >= len(self.tokens) or self.tokens[place].kind in (Kind.NAME, Kind.STRING):
            return ""
        return self.tokens[place].value

    def accept(self, *words: str) -> bool:
        """Read these words, all or none, and say whether they were there."""
        if all(self.peek(index) == word for index, word in enumerate(words)):
            self.at += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str:
        """Read one of these words and return it, "" where none of them comes."""
        word = self.peek()
        if word and word in words:
            self.at += 1
            return word
        return ""

    def if_exists(self) -> bool:
        """Read IF EXISTS or IF NOT EXISTS."""
        return self.accept("IF", "EXISTS") or self.accept("IF", "NOT", "EXISTS")

    def identifier(self) -> str:
        """Read one identifier, "" where none comes; a string counts, as MySQL in its ANSI mode and SQLite quote names so."""
        if self.at >= len(self.tokens):
            return ""
        token = self.tokens[self.at]
        if token.kind is Kind.SYMBOL:
            return ""
        self.at += 1
        if token.kind is Kind.STRING:
            return token.text[1:-1]
        return token.value if token.kind is Kind.NAME else token.text.lower() if self._lower else token.text

    def name(self) -> Name:
        """Read a name that may say its schema."""
        first = self.identifier()
        if self.peek() == ".":
            self.at += 1
            return Name(first, self.identifier())
        return Name("", first)

    def names(self) -> tuple[Name, ...]:
        """Read names with commas between them."""
        found = [self.name()]
        while self.accept(","):
            found.append(self.name())
        return tuple(found)

    def until(self, *words: str) -> bool:
        """Go past the next of these words outside of parentheses; say whether there was one."""
        depth = 0
        while self.at < len(self.tokens):
            word = self.peek()
            self.at += 1
            depth += {"(": 1, ")": -1}.get(word, 0)
            if depth == 0 and word and word in words:
                return True
        return False


def parts(found: list[Token]) -> list[list[Token]]:
    """Split tokens at their commas outside of parentheses."""
    split: list[list[Token]] = [[]]
    depth = 0
    for token in found:
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind is Kind.SYMBOL else 0
        if token.text == "," and depth == 0:
            split.append([])
        else:
            split[-1].append(token)
    return split
