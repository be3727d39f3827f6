"""Pajek's network files: vertices with labels, arcs and edges, as lists or as a matrix."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import IO

from simulator.errors import Problem, SpecError
from simulator.graph_tables import (
    LABEL,
    NODE,
    SOURCE,
    TARGET,
    WEIGHT,
    GraphTables,
    Rows,
    graph_tables,
    people_rows,
    tie_rows,
)

COORDINATES = ("x", "y", "z")


def read_pajek(file: IO[bytes], name: str) -> GraphTables:
    """Read a Pajek file: people are known by their labels, numbers are in the column `node`.

    Of vertices, labels and coordinates are read; of ties, their weights (the column `weight`); pairs of a word and a
    value that stand behind these are further columns. Arcs run one way, edges both ways; where both are there, edges
    are there twice.

    Parameters
    ----------
    file : binary file
    name : str
        What errors call it.

    Returns
    -------
    GraphTables

    Raises
    ------
    SpecError
        With the line, if the file is no Pajek file, or a tie names a vertex that is not there; if it is a two-mode
        network.
    """
    return _Pajek(name).read(file)


class _Pajek:
    def __init__(self, name: str) -> None:
        self.name = name
        self.line = 0
        self.people, self.ties = people_rows(), tie_rows()
        self.one_way: list[bool] = []
        self.size = -1
        self.labels: dict[int, str] = {}
        self.row_of_matrix = 0

    def read(self, file: IO[bytes]) -> GraphTables:
        sections: dict[str, Callable[[str], None]] = {
            "*arcs": lambda text: self._tie(text, True),
            "*edges": lambda text: self._tie(text, False),
            "*arcslist": lambda text: self._list(text, True),
            "*edgeslist": lambda text: self._list(text, False),
            "*matrix": self._matrix,
        }
        take: Callable[[str], None] | None = None
        for self.line, raw in enumerate(file, 1):
            try:
                text = raw.decode("utf-8-sig" if self.line == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                raise self._refused("the file is not UTF-8", "save it as UTF-8") from None
            if not text or text[0] == "%":
                continue
            if text[0] != "*":
                if take is None:
                    raise self._refused(f"`{text[:40]}` stands before `*Vertices`", "is this a Pajek network?")
                take(text)
                continue
            word = text.split(maxsplit=1)[0].lower().partition(":")[0]
            if word == "*vertices":
                self._vertices(text)
                take = self._vertex
            elif word in sections and self.size >= 0:
                take = sections[word]
            elif word != "*network":
                hint = f"allowed: *Network, *Vertices, {', '.join(each.capitalize() for each in sections)}"
                raise self._refused(f"`{word[:40]}` is not read here", hint)
        if self.size < 0:
            raise SpecError(Problem(f"`{self.name}` holds no `*Vertices`", hint="is this a Pajek network?"))
        self._put_people()
        return replace(graph_tables(self.people, self.ties, self.one_way), id=LABEL)

    def _refused(self, message: str, hint: str = "") -> SpecError:
        return SpecError(Problem(f"`{self.name}`, line {self.line}: {message}", hint=hint))

    def _vertices(self, text: str) -> None:
        if self.size >= 0:
            raise self._refused("a second network begins here", "netrial reads files of one network")
        numbers = text.split()[1:]
        if len(numbers) > 1:
            raise self._refused("a two-mode network", "ties join people with people; project it first")
        if len(numbers) != 1 or not numbers[0].isascii() or not numbers[0].isdigit() or len(numbers[0]) > 9:
            raise self._refused(f"`{text[:40]}` does not say how many vertices there are")
        self.size = int(numbers[0])

    def _vertex(self, text: str) -> None:
        number, *more = text.split(maxsplit=1)
        vertex, rest = self._number(number), more[0] if more else ""
        if vertex in self.labels:
            raise self._refused(f"vertex {vertex} is listed twice")
        quoted = re.match(r'"([^"]*)"', rest)
        label = quoted[1] if quoted else rest.split(maxsplit=1)[0] if rest else str(vertex)
        self.labels[vertex] = label
        self.people.lines.append(self.line)
        self.people.ids[NODE].append(str(vertex))
        self.people.put(LABEL, label)
        rest = rest[quoted.end() :] if quoted else rest[len(label) :]
        if rest.strip():
            words = self._words(rest)
            for axis in COORDINATES:
                if not words or not _is_number(words[0]):
                    break
                self.people.put(axis, words.pop(0))
            self._pairs(self.people, words[len(words) % 2 :])  # an odd one is the shape

    def _words(self, text: str) -> list[str]:
        """Split a text at its spaces, but not within quotation marks."""
        return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|(\S+)', text)]

    def _pairs(self, rows: Rows, words: list[str]) -> None:
        for name, value in zip(words[::2], words[1::2], strict=False):
            rows.put(name, value)

    def _put_people(self) -> None:
        """Add the vertices that have no line of their own: their number is their label."""
        for vertex in range(1, self.size + 1):
            if vertex not in self.labels:
                self.people.lines.append(self.line)
                self.people.ids[NODE].append(str(vertex))
                self.people.put(LABEL, str(vertex))

    def _tie(self, text: str, one_way: bool) -> None:
        words = text.split(maxsplit=3)
        if len(words) < 2:
            raise self._refused(f"`{text[:40]}` is no tie", "a tie is two numbers of vertices, and a weight")
        self._put(words[0], words[1], one_way, words[2] if len(words) > 2 else None)
        if len(words) > 3:
            more = self._words(words[3])
            if more[0].startswith("["):
                self.ties.put("time", more.pop(0))
            self._pairs(self.ties, more)

    def _list(self, text: str, one_way: bool) -> None:
        first, *others = text.split()
        for other in others:
            self._put(first, other, one_way, None)

    def _matrix(self, text: str) -> None:
        self.row_of_matrix += 1
        cells = text.split()
        if len(cells) != self.size or self.row_of_matrix > self.size:
            raise self._refused(f"a row of {len(cells)} in a matrix of {self.size} × {self.size}")
        for other, value in enumerate(cells, 1):
            if not _is_number(value):
                raise self._refused(f"`{value[:40]}` is not a number")
            if float(value):
                self._put(str(self.row_of_matrix), str(other), True, value)

    def _put(self, one: str, two: str, one_way: bool, weight: str | None) -> None:
        ids = self.ties.ids
        ids[SOURCE].append(str(self._number(one)))
        ids[TARGET].append(str(self._number(two)))
        self.ties.lines.append(self.line)
        self.one_way.append(one_way)
        if weight is not None:
            if not _is_number(weight):
                raise self._refused(f"the weight `{weight[:40]}` is not a number")
            self.ties.put(WEIGHT, weight)

    def _number(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
        if not 0 < number <= self.size:
            raise self._refused(f"there is no vertex `{text[:40]}`", f"vertices are numbered from 1 to {self.size}")
        return number


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
