"""Problems with their place in the file: file:line:column, the line itself, carets, and the way out."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.errors import NotBuiltError, Place, Problem, SpecError

SHOWN_WIDTH = 160


@dataclass(frozen=True)
class Source:
    """A text that was read: a scenario file, or the value of one `--set`."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The text, line by line."""
        return self.text.splitlines()

    def line(self, number: int) -> str:
        """Return line `number`, counted from 1; empty beyond the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True)
class Mark:
    """Where something stands in a text.

    Parameters
    ----------
    source : Source
    line, column : int
        Counted from 1.
    length : int
        Characters to underline, on that line.
    inside : int, optional
        Column of the first character of the text itself, behind a quotation mark; None where the characters
        of the value and of the line do not correspond.
    """

    source: Source
    line: int
    column: int
    length: int = 1
    inside: int | None = None


@dataclass(frozen=True)
class ProblemInside(Problem):
    """A problem at one character of a text: in a condition."""

    offset: int = 0


@dataclass(frozen=True)
class Located:
    """A problem and where it stands, if that is known; a warning is one that refuses nothing."""

    problem: Problem
    mark: Mark | None = None
    warning: bool = False

    @property
    def line(self) -> int:
        """Line, counted from 1; 0 if unknown."""
        return self.mark.line if self.mark else 0

    @property
    def column(self) -> int:
        """Column, counted from 1; 0 if unknown."""
        return self.mark.column if self.mark else 0

    def __str__(self) -> str:
        return _printable(self._text())

    def _text(self) -> str:
        hint = f"\n    {self.problem.hint}" if self.problem.hint else ""
        message = f"warning: {self.problem.message}" if self.warning else self.problem.message
        if self.mark is None:
            place = ".".join(str(part) for part in self.problem.place)
            return (f"{place}: " if place else "") + message + hint
        shown, column = _cut(self.mark.source.line(self.mark.line), self.mark.column)
        carets = "^" * max(1, min(self.mark.length, len(shown) - column + 1))
        # A tab keeps its width in the line of carets, so that they stand below what they point at.
        indent = "".join("\t" if sign == "\t" else " " for sign in shown[: column - 1])
        head = f"{self.mark.source.name}:{self.mark.line}:{self.mark.column}: {message}"
        return f"{head}\n    {shown}\n    {indent}{carets}{hint}"


def _printable(text: str) -> str:
    """Replace signs that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "?" for sign in text)


def _cut(line: str, column: int) -> tuple[str, int]:
    """Shorten a long line around `column`; return it and the column's new place."""
    if len(line) <= SHOWN_WIDTH:
        return line, column
    first = max(0, min(column - 1 - SHOWN_WIDTH // 2, len(line) - SHOWN_WIDTH))
    return line[first : first + SHOWN_WIDTH], column - first


class ScenarioError(SpecError):
    """A scenario cannot be run as it is; says where in the file, for each problem.

    Parameters
    ----------
    located : iterable of Located
        Sorted here by file, line and column; said once each.
    """

    def __init__(self, located: Iterable[Located]) -> None:
        self.located = in_order(located)
        super().__init__(each.problem for each in self.located)

    def __str__(self) -> str:
        return "\n".join(str(each) for each in self.located)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.located,)


class ScenarioNotBuiltError(NotBuiltError):
    """A scenario uses a key that is valid but not built yet; says where in the file.

    Parameters
    ----------
    located : iterable of Located
    """

    def __init__(self, located: Iterable[Located]) -> None:
        self.located = in_order(located)
        super().__init__(each.problem for each in self.located)

    def __str__(self) -> str:
        return "\n".join(str(each) for each in self.located)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.located,)


def in_order(located: Iterable[Located]) -> tuple[Located, ...]:
    """Sort problems by place in the file, and drop those that say the same thing twice."""
    distinct = {str(each): each for each in located}
    return tuple(
        sorted(
            distinct.values(),
            key=lambda each: (each.mark.source.name if each.mark else "", each.line, each.column),
        )
    )


class Marks:
    """Where every key and every value of a scenario stands.

    Parameters
    ----------
    keys, values : mapping of place to Mark
        The whole has the place ``()``.
    """

    def __init__(self, keys: dict[Place, Mark], values: dict[Place, Mark]) -> None:
        self.keys = keys
        self.values = values

    def locate(self, problem: Problem) -> Located:
        """Find the mark of a problem; for a place that is not in the file, that of the nearest part above."""
        place = problem.place
        if place in self.keys and (problem.on_key or place not in self.values):
            return Located(problem, self.keys[place])
        if place in self.values:
            mark = self.values[place]
            if isinstance(problem, ProblemInside):
                if mark.inside is not None:
                    mark = dataclasses.replace(mark, column=mark.inside + problem.offset, length=1)
            elif not place and mark.line == 1:
                mark = dataclasses.replace(mark, length=1)
            return Located(problem, mark)
        while place and place not in self.keys and place not in self.values:
            place = place[:-1]
        mark_above = self.keys.get(place) or self.values.get(place)
        return Located(problem, mark_above)

    def replaced(self, place: Place, new: Marks) -> Marks:
        """Return marks in which everything at and below `place` comes from another text."""
        n = len(place)
        keys = {at: mark for at, mark in self.keys.items() if at[:n] != place}
        values = {at: mark for at, mark in self.values.items() if at[:n] != place}
        keys |= {place + at: mark for at, mark in new.keys.items()}
        values |= {place + at: mark for at, mark in new.values.items()}
        return Marks(keys, values)
