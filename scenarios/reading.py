"""YAML 1.2 to plain data and marks: what a scenario says, and on which line it says it.

Refused here, always with line and column: anchors, aliases, tags, directives, several documents, duplicate
keys, numbers that are not finite or not sensible, and whatever is too large, too deep or not a text. The data
are built from the parser's events, so nothing that was refused is ever expanded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios.finding import nearest_beside
from scenarios.problems import Located, Mark, Marks, ScenarioError, Source
from scenarios.syntax import syntax_problem
from simulator.errors import Place, Problem

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_VALUES = 20_000
MAX_INTEGER = 2**63 - 1

# The core schema of YAML 1.2: `no`, `on`, 1_000 and 2025-01-01 are words.
NULL = re.compile(r"null|Null|NULL|~|")
BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
INTEGER = re.compile(r"[-+]?[0-9]+")
OTHER_INTEGER = re.compile(r"0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")


@dataclass
class Reading:
    """What a text says, and where.

    Parameters
    ----------
    source : Source
    data : dict, list, str, int, float, bool or None
        Keys are texts, as written.
    marks : Marks
    problems : list of Located
        Refusals that let the reading go on.
    """

    source: Source
    data: Any
    marks: Marks
    problems: list[Located] = field(default_factory=list)

    @property
    def refused(self) -> set[Place]:
        """Places of the refusals: nothing further is said about them."""
        return {each.problem.place for each in self.problems}


def read_file(path: Path, name: str) -> Reading:
    """Read a scenario file.

    Parameters
    ----------
    path : Path
    name : str
        What error messages call the file.

    Returns
    -------
    Reading
        Its data are a mapping.

    Raises
    ------
    ScenarioError
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        near = nearest_beside(path) if isinstance(error, FileNotFoundError) else None
        hint = f"did you mean `{path.parent / near}`?" if near else ""
        problem = Problem(f"{name} cannot be read: {error.strerror or error}", hint=hint)
        raise ScenarioError([Located(problem)]) from None
    return read_text(_decode(raw, name), name)


def _decode(raw: bytes, name: str) -> str:
    if len(raw) > MAX_BYTES:
        hint = "keep people and ties in files of their own"
        raise ScenarioError([Located(Problem(f"{name} is larger than {MAX_BYTES // 1_000_000} MB", hint=hint))])
    if b"\0" in raw:
        raise ScenarioError([Located(Problem(f"{name} is not a text file"))])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        source = Source(name, raw.decode("utf-8", "replace"))
        problem = Problem("this is not UTF-8 text", hint="save the file as UTF-8")
        raise ScenarioError([Located(problem, Mark(source, line, column))]) from None


def read_text(text: str, name: str, *, mapping: bool = True) -> Reading:
    """Read a text.

    Parameters
    ----------
    text : str
    name : str
        What error messages call it.
    mapping : bool
        Whether the whole must be a mapping; otherwise any value will do.

    Returns
    -------
    Reading

    Raises
    ------
    ScenarioError
    """
    reader = _Reader(Source(name, text))
    reading = reader.whole()
    if mapping and not isinstance(reading.data, dict):
        empty = reading.data is None and not text.strip()
        message = "the file is empty" if empty else "a scenario is a mapping of keys to values"
        raise ScenarioError([Located(Problem(message), reading.marks.values[()])])
    return reading


class _Reader:
    """Builds data and marks from the events of one document."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.keys: dict[Place, Mark] = {}
        self.values: dict[Place, Mark] = {}
        self.problems: list[Located] = []
        self.refusals: list[Located] = []
        self.n_values = 0

    def whole(self) -> Reading:
        if len(self.source.text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            message = f"{self.source.name[:60]} is larger than {MAX_BYTES // 1_000_000} MB"
            raise ScenarioError([Located(Problem(message))])
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        try:
            self.events = YAML(typ="safe", pure=True).parse(self.source.text)
            data = self.document()
        except ScenarioError:
            raise
        except YAMLError as error:
            raise ScenarioError([*self.refusals, syntax_problem(error, self.source)]) from None
        except Exception as error:  # the parser has bugs of its own; a scenario never ends in a traceback
            problem = Problem("this cannot be read as YAML", hint=f"the reader said: {error}"[:200])
            raise ScenarioError([*self.refusals, Located(problem, Mark(self.source, 1, 1))]) from None
        if self.refusals:
            raise ScenarioError(self.refusals)
        return Reading(self.source, data, Marks(self.keys, self.values), self.problems)

    def mark(self, event: Any) -> Mark:
        start, end = event.start_mark, event.end_mark
        line = self.source.line(start.line + 1)
        stop = end.column if end.line == start.line else len(line)
        inside = None
        value = getattr(event, "value", None)
        if isinstance(value, str):
            skip = 0 if event.style is None else 1
            if event.style in (None, "'", '"') and line.startswith(value, start.column + skip):
                inside = start.column + skip + 1
        elif stop <= start.column + 1:
            stop = len(line.rstrip())  # a list or mapping: underline what stands on its first line
        return Mark(self.source, start.line + 1, start.column + 1, max(1, stop - start.column), inside)

    def fatal(self, message: str, mark: Mark | None, hint: str = "") -> ScenarioError:
        return ScenarioError([*self.refusals, Located(Problem(message, hint=hint), mark)])

    def document(self) -> Any:
        from ruamel.yaml import events as kinds

        data: Any = None
        self.values[()] = Mark(self.source, 1, 1)
        n_documents = 0
        for event in self.events:
            if isinstance(event, kinds.DocumentStartEvent):
                n_documents += 1
                mark = Mark(self.source, event.start_mark.line + 1, event.start_mark.column + 1, 3)
                if n_documents > 1:
                    raise self.fatal("a second document begins here", mark, "one file is one scenario")
                if event.version or event.tags:
                    raise self.fatal("directives (%) are not allowed", Mark(self.source, 1, 1))
            elif not isinstance(event, (kinds.StreamStartEvent, kinds.StreamEndEvent, kinds.DocumentEndEvent)):
                data = self.value(event, ())
        return data

    def value(self, event: Any, place: Place) -> Any:
        from ruamel.yaml import events as kinds

        mark = self.mark(event)
        self.values[place] = mark
        self.n_values += 1
        if self.n_values > MAX_VALUES:
            raise self.fatal(f"more than {MAX_VALUES} values", mark, "keep people and ties in files of their own")
        self.refuse_references(event, mark, place)
        if isinstance(event, kinds.AliasEvent):
            return None
        if isinstance(event, kinds.ScalarEvent):
            return event.value if event.style is not None else self.plain(event.value, mark, place)
        if len(place) >= MAX_DEPTH:
            raise self.fatal(f"nested deeper than {MAX_DEPTH}", mark)
        if isinstance(event, kinds.SequenceStartEvent):
            return self.sequence(place, lambda event: isinstance(event, kinds.SequenceEndEvent))
        return self.mapping(place, kinds)

    def refuse_references(self, event: Any, mark: Mark, place: Place) -> None:
        from ruamel.yaml import events as kinds

        what = ""
        if isinstance(event, kinds.AliasEvent):
            what, hint = f"an alias (*{event.anchor})", "write the value out"
        elif event.anchor is not None:
            what, hint = f"an anchor (&{event.anchor})", "write the value out where it is needed"
        elif event.tag is not None:
            what, hint = (
                "a tag (!)",
                "values are numbers, words, lists and mappings; quote words that begin with !",
            )
        if what:
            self.refusals.append(Located(Problem(f"{what} is not allowed", place, hint), mark))

    def sequence(self, place: Place, ends: Callable[[Any], bool]) -> list[Any]:
        items: list[Any] = []
        for event in self.events:
            if ends(event):
                break
            items.append(self.value(event, (*place, len(items))))
        return items

    def mapping(self, place: Place, kinds: Any) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, kinds.MappingEndEvent):
                break
            mark = self.mark(event)
            if not isinstance(event, kinds.ScalarEvent):
                self.refuse_references(event, mark, place)
                raise self.fatal("a key must be a word", mark)
            self.refuse_references(event, mark, (*place, event.value))
            key = event.value
            following = next(self.events)
            if key in data:
                first = self.keys[(*place, key)].line
                problem = Problem(f"the key `{key}` stands here twice", (*place, key), f"first on line {first}", True)
                self.problems.append(Located(problem, mark))
                # What follows is read (it must be), and forgotten with its marks.
                keys, values = self.keys, self.values
                self.keys, self.values = {}, {}
                self.value(following, (*place, key))
                self.keys, self.values = keys, values
            else:
                self.keys[(*place, key)] = mark
                data[key] = self.value(following, (*place, key))
        return data

    def plain(self, text: str, mark: Mark, place: Place) -> Any:
        """Turn a plain scalar into a number, true, false, null or a text."""
        if NULL.fullmatch(text):
            return None
        if BOOLEAN.fullmatch(text):
            return text.lower() == "true"
        other = OTHER_INTEGER.fullmatch(text)
        if INTEGER.fullmatch(text) or other:
            if len(text) > 30:
                return self.refuse_number("this number has too many digits", mark, place)
            base = 10 if not other else 8 if other["octal"] else 16
            number = int(text, base)
            if abs(number) > MAX_INTEGER:
                return self.refuse_number("this number is too large", mark, place)
            return number
        if FLOAT.fullmatch(text):
            value = float(text)
            return value if math.isfinite(value) else self.refuse_number("this number is too large", mark, place)
        if NOT_FINITE.fullmatch(text):
            return self.refuse_number("numbers must be finite", mark, place)
        return text

    def refuse_number(self, message: str, mark: Mark, place: Place) -> int:
        self.problems.append(Located(Problem(message, place), mark))
        return 1
