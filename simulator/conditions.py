"""Conditions on people: the one small language of every `where` and `to`.

    condition  = either ; either = both {"or" both} ; both = single {"and" single}
    single     = "not" single | "(" either ")" | name operator value | name ["not"] "in" list
    list       = "[" value {"," value} "]"
    name       = a column, a behaviour (its state now) or start.<behaviour> (its state at time 0)
    operator   = "==" | "!=" | "<" | "<=" | ">" | ">="
    value      = a number, a word or a quoted string

Missing values satisfy nothing but ``!=``; to keep that true under ``not``, a negation is carried down to the
comparisons when the text is read (``not age > 40`` is ``age <= 40``). Nothing is ever evaluated as Python.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.errors import allowed_words

if TYPE_CHECKING:  # numpy is imported late: the command line reads conditions long before it needs arrays
    import numpy as np

    from simulator.population import Column
    from simulator.world import World

    StatesOf = Callable[[str], tuple[np.ndarray, tuple[str, ...]] | None]

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


@dataclass(frozen=True)
class Condition:
    """A condition that has been read, ready to be asked of people.

    Parameters
    ----------
    text : str
        As written.
    tree : Comparison, Both or Either
        What it means; free of negations.
    """

    text: str
    tree: Tree

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """All comparisons, in the order of the text."""
        return tuple(_comparisons(self.tree))

    @property
    def columns(self) -> frozenset[str]:
        """Names on the left that do not begin with ``start.``: columns, or behaviours read now."""
        return frozenset(part.name for part in self.comparisons if not part.at_start)

    @property
    def starts(self) -> frozenset[str]:
        """Behaviours read at time 0, named ``start.<behaviour>``."""
        return frozenset(part.name for part in self.comparisons if part.at_start)

    def mask(
        self,
        n: int,
        column: Callable[[str], Column],
        state: StatesOf | None = None,
        start: StatesOf | None = None,
    ) -> np.ndarray:
        """Ask the condition of n people.

        Parameters
        ----------
        n : int
        column : callable
            ``column(name) -> Column`` of length n; raises KeyError for a name that is none.
        state, start : callable, optional
            ``state(behaviour) -> (uint8[n] codes, names of the states)``, or None if it is no behaviour.

        Returns
        -------
        bool[n]

        Raises
        ------
        ConditionError
            If a name is unknown, or a value does not fit it (a word for a column of numbers).
        """
        import numpy as np

        def holds(tree: Tree) -> np.ndarray:
            if isinstance(tree, Comparison):
                return _compare(tree, column, state, start)
            combine = np.logical_and if isinstance(tree, Both) else np.logical_or
            answer = holds(tree.parts[0])
            for part in tree.parts[1:]:
                answer = combine(answer, holds(part))
            return answer

        answer = holds(self.tree)
        if answer.shape != (n,):
            raise ValueError(f"the columns are of shape {answer.shape}, not ({n},)")
        return answer


def parse(text: str) -> Condition:
    """Read a condition.

    Parameters
    ----------
    text : str

    Returns
    -------
    Condition

    Raises
    ------
    ConditionError
        If the text is not in the language; `offset` says where.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"a condition of {len(text)} characters", 0, f"at most {MAX_LENGTH} are allowed")
    return Condition(text, _Parser(text).whole())


def mask_of(condition: Condition | None, world: World, states: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Ask a condition of all people of a town.

    Parameters
    ----------
    condition : Condition, optional
        None: everybody.
    world : World
    states, start : uint8[n_persons, n_behaviours]
        Now, and at time 0.

    Returns
    -------
    bool[n_persons]
    """
    import numpy as np

    n = world.population.size
    if condition is None:
        return np.ones(n, dtype=bool)

    def reader(table: np.ndarray) -> StatesOf:
        def states_of(name: str) -> tuple[np.ndarray, tuple[str, ...]] | None:
            if name not in world.behaviours:
                return None
            return table[:, world.column_of(name)], world.behaviours[name].states

        return states_of

    return condition.mask(n, world.population.columns.__getitem__, reader(states), reader(start))


def check(
    condition: Condition,
    columns: Mapping[str, tuple[str, ...] | None],
    behaviours: Mapping[str, tuple[str, ...]],
    *,
    any_column: bool = False,
) -> list[tuple[str, str, int]]:
    """Compare a condition with what exists.

    Parameters
    ----------
    condition : Condition
    columns : mapping of str to tuple of str or None
        Categories of each column; None: a column of numbers; an empty tuple: categories not known.
    behaviours : mapping of str to tuple of str
        States of each behaviour.
    any_column : bool
        Whether a name that is unknown may be a column that could not be read.

    Returns
    -------
    list of (message, hint, offset)
        Everything that is wrong, in the order of the text.
    """
    problems: list[tuple[str, str, int]] = []
    for part in condition.comparisons:
        if part.name in behaviours:
            words: tuple[str, ...] | None = behaviours[part.name]
            what = "state"
        elif part.at_start:
            hint = allowed_words(part.name, list(behaviours))
            problems.append((f"no behaviour is named `{part.name}`", hint, part.offset + len(START)))
            continue
        elif part.name in columns:
            words, what = columns[part.name], "category"
        else:
            if not any_column:
                hint = allowed_words(part.name, [*behaviours, *columns])
                problems.append((f"no column or behaviour is named `{part.name}`", hint, part.offset))
            continue
        problems += _value_problems(part, words, what)
    return sorted(problems, key=lambda problem: problem[2])


def _value_problems(part: Comparison, words: tuple[str, ...] | None, what: str) -> Iterator[tuple[str, str, int]]:
    """Yield what is wrong with the right-hand side, given the words (None: numbers) on the left."""
    if words is None:
        for value, offset in zip(part.values, part.value_offsets, strict=True):
            if isinstance(value, str):
                yield f"`{part.name}` holds numbers, `{value}` is a word", "compare it with a number", offset
        return
    if part.operator in ORDERED:
        yield f"`{part.name}` holds words, which have no order", "use ==, !=, in or not in", part.offset
        return
    for value, offset in zip(part.values, part.value_offsets, strict=True):
        if words and _label(value) not in words:
            yield (
                f"`{_label(value)}` is no {what} of `{part.name}`",
                allowed_words(_label(value), list(words)),
                offset,
            )


def _comparisons(tree: Tree) -> Iterator[Comparison]:
    if isinstance(tree, Comparison):
        yield tree
    else:
        for part in tree.parts:
            yield from _comparisons(part)


def _negated(tree: Tree) -> Tree:
    if isinstance(tree, Comparison):
        return Comparison(
            tree.name, tree.at_start, OPPOSITE[tree.operator], tree.values, tree.offset, tree.value_offsets
        )
    parts = tuple(_negated(part) for part in tree.parts)
    return Either(parts) if isinstance(tree, Both) else Both(parts)


def _label(value: float | str) -> str:
    """Return how a value is written as a category: 3.0 is `3`."""
    return value if isinstance(value, str) else f"{value:.15g}"


def _compare(
    part: Comparison, column: Callable[[str], Column], state: StatesOf | None, start: StatesOf | None
) -> np.ndarray:
    """Return bool[n]: for whom one comparison holds."""
    import numpy as np

    read = start if part.at_start else state
    found = read(part.name) if read is not None else None
    if found is None and part.at_start:
        raise ConditionError(f"no behaviour is named `{part.name}`", part.offset)
    words: tuple[str, ...] | None
    if found is not None:
        values, words = found
    else:
        try:
            asked = column(part.name)
        except KeyError:
            raise ConditionError(f"no column or behaviour is named `{part.name}`", part.offset) from None
        values, words = asked.values, asked.categories
    for message, hint, offset in _value_problems(part, () if words is not None else None, ""):
        raise ConditionError(message, offset, hint)
    if words is not None:
        codes = [words.index(label) for label in map(_label, part.values) if label in words]
        known = values >= 0
        among = np.isin(values, codes)
    else:
        known = ~np.isnan(values)
        among = np.isin(values, np.array(part.values, dtype=np.float64))
    if part.operator in ("==", "in"):
        return among
    if part.operator == "!=":
        return ~among
    if part.operator == "not in":
        return known & ~among
    ordered = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
    return ordered[part.operator](values, part.values[0])  # comparisons with NaN are False


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


def _unreadable(text: str, place: int) -> None:
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
