"""How a condition is read: from its text to a tree of comparisons, with the place of whatever cannot be read.

condition  = either ; either = both {"or" both} ; both = single {"and" single}
single     = "not" single | "(" either ")" | name operator value | name ["not"] "in" list
list       = "[" value {"," value} "]"
name       = a column, a behaviour (its state now) or start.<behaviour> (its state at time 0)
operator   = "==" | "!=" | "<" | "<=" | ">" | ">="
value      = a number, a word or a quoted string
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

MAX_LENGTH = 10_000
MAX_DEPTH = 50
OPPOSITE = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
}
ORDERED = frozenset({"<", "<=", ">", ">="})
START = "start."

TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
      | (?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<operator>==|!=|<=|>=|<|>)
      | (?P<mark>[\[\](),])
    """,
    re.VERBOSE,
)
MISTAKES = {"=": "==", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "<>": "!="}
"""What people write who know another language, and what it is called in this one."""


class ConditionError(ValueError):
    """A condition cannot be read, or does not fit the people it is asked about.

    Parameters
    ----------
    message : str
    offset : int
        Position in the text, from 0.
    hint : str, optional
        What is allowed, or the way out.
    """

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True)
class Comparison:
    """One name compared with one value, or with a list of them (`in`, `not in`)."""

    name: str
    at_start: bool
    operator: str
    values: tuple[float | str, ...]
    offset: int
    value_offsets: tuple[int, ...]


@dataclass(frozen=True)
class Both:
    """All parts hold."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Either:
    """At least one part holds."""

    parts: tuple[Tree, ...]


Tree = Comparison | Both | Either


def read(text: str) -> Tree:
    """Read the text of a condition; negations are carried down to the comparisons.

    Raises
    ------
    ConditionError
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"a condition of {len(text)} characters", 0, f"at most {MAX_LENGTH} are allowed")
    return _Parser(text).whole()


def comparisons(tree: Tree) -> Iterator[Comparison]:
    """Yield all comparisons, in the order of the text."""
    if isinstance(tree, Comparison):
        yield tree
    else:
        for part in tree.parts:
            yield from comparisons(part)


def _negated(tree: Tree) -> Tree:
    if isinstance(tree, Comparison):
        return Comparison(
            tree.name, tree.at_start, OPPOSITE[tree.operator], tree.values, tree.offset, tree.value_offsets
        )
    parts = tuple(_negated(part) for part in tree.parts)
    return Either(parts) if isinstance(tree, Both) else Both(parts)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    offset: int


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            _unreadable(text, place)
        elif match.lastgroup != "space":
            yield _Token(str(match.lastgroup), match.group(), place)
        place = match.end() if match else len(text)
    yield _Token("end", "", len(text))


def _unreadable(text: str, place: int) -> NoReturn:
    for wrong in sorted(MISTAKES, key=len, reverse=True):
        if text.startswith(wrong, place):
            raise ConditionError(f"`{wrong}` is not understood", place, f"write `{MISTAKES[wrong]}`")
    if text[place] in "\"'":
        raise ConditionError("a quotation mark is not closed", place, "quote words like 'this one'")
    piece = re.match(r"\S+", text[place:])
    raise ConditionError(
        f"`{piece.group() if piece else text[place]}` is neither a number, a name nor an operator",
        place,
        "quote words that hold other signs than letters, digits and _",
    )


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.place = 0
        self.depth = 0

    @property
    def now(self) -> _Token:
        return self.tokens[self.place]

    def whole(self) -> Tree:
        if self.now.kind == "end":
            raise ConditionError("the condition is empty", 0, "an example: age > 40 and area == urban")
        tree = self.either()
        if self.now.kind != "end":
            if self.now.kind == "operator":
                raise self.unexpected("a comparison has two sides", "write `age > 18 and age < 40`")
            raise self.unexpected("expected `and` or `or`", "join comparisons with `and` or `or`")
        return tree

    def unexpected(self, expected: str, hint: str = "") -> ConditionError:
        found = f"found `{self.now.text}`" if self.now.kind != "end" else "the condition ends here"
        return ConditionError(f"{expected}, {found}", self.now.offset, hint)

    def takes(self, *texts: str) -> bool:
        """Step over a keyword or mark if it comes next."""
        if self.now.kind in ("word", "mark") and self.now.text in texts:
            self.place += 1
            return True
        return False

    def either(self) -> Tree:
        parts = [self.both()]
        while self.takes("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self) -> Tree:
        parts = [self.single()]
        while self.takes("and"):
            parts.append(self.single())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def single(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ConditionError(f"nested deeper than {MAX_DEPTH}", self.now.offset)
        try:
            if self.takes("not"):
                return _negated(self.single())
            if self.takes("("):
                tree = self.either()
                if not self.takes(")"):
                    raise self.unexpected("expected `)`")
                return tree
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Comparison:
        left = self.now
        if left.kind != "word" or left.text in ("and", "or", "in"):
            raise self.unexpected("expected a column or a behaviour", "names stand on the left, values on the right")
        at_start = left.text.startswith(START)
        name = left.text.removeprefix(START)
        if "." in name:
            hint = "write obesity == obese, or start.obesity == obese for the state at time 0"
            raise ConditionError(f"`{left.text}` is not a column or a behaviour", left.offset, hint)
        self.place += 1
        if self.now.kind == "operator":
            operator = self.now.text
            self.place += 1
            values = [self.value()]
        else:
            operator = "not in" if self.takes("not") else "in"
            if not self.takes("in"):
                raise self.unexpected(f"expected a comparison after `{left.text}`", "one of == != < <= > >= in, not in")
            values = self.listed()
        return Comparison(
            name,
            at_start,
            operator,
            tuple(value for value, _ in values),
            left.offset,
            tuple(offset for _, offset in values),
        )

    def listed(self) -> list[tuple[float | str, int]]:
        if not self.takes("["):
            raise self.unexpected("expected a list after `in`", "an example: village in [3, 7]")
        values = [self.value()]
        while self.takes(","):
            values.append(self.value())
        if not self.takes("]"):
            raise self.unexpected("expected `,` or `]`")
        return values

    def value(self) -> tuple[float | str, int]:
        token = self.now
        self.place += 1
        if token.kind == "number":
            number = float(token.text)
            if math.isinf(number):
                raise ConditionError(f"`{token.text}` is too large", token.offset)
            return number, token.offset
        if token.kind == "string":
            return token.text[1:-1], token.offset
        if token.kind == "word" and token.text not in ("and", "or", "not", "in"):
            return token.text, token.offset
        self.place -= 1
        raise self.unexpected("expected a number or a word")
