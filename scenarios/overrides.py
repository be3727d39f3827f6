"""Values given apart from the file, by ``--set`` or `Scenario.set`: read like the file, and pointed at like it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from scenarios.problems import Located, Mark, Marks, ScenarioError, Source
from scenarios.reading import Reading, read_text
from simulator.errors import Place, Problem, found_in

PREFIX = "--set "


def is_override(source: Source) -> bool:
    """Say whether a text is the value of an override, not a scenario file."""
    return source.name.startswith(PREFIX)


def reading_of_assignment(assignment: str) -> tuple[str, Reading]:
    """Read ``a.b.c=value``, as the command line gives it.

    Returns
    -------
    path : str
    reading : Reading

    Raises
    ------
    ScenarioError
    """
    path, equals, text = assignment.partition("=")
    path = path.strip()
    if not equals or not path:
        hint = "write --set population.size=2000"
        raise ScenarioError([Located(Problem(f"`--set {assignment[:80]}` is not an assignment", hint=hint))])
    return path, read_text(text, PREFIX + assignment, mapping=False)


def reading_of_value(path: str, value: Any) -> Reading:
    """Take a value from Python, and write it as YAML would, so that problems can point at it.

    Raises
    ------
    ScenarioError
        If it is nothing that a scenario can hold.
    """
    try:
        text = value if isinstance(value, str) else json.dumps(plain(value), ensure_ascii=False)
    except (TypeError, ValueError):
        hint = "a value is a number, a word, true, false, a list or a mapping of these"
        problem = Problem(f"`{path}` cannot be set to {found_in(value)}", hint=hint)
        raise ScenarioError([Located(problem)]) from None
    if isinstance(value, str):  # a word, whatever it looks like: "1" stays a word, as in YAML's quotes
        source = Source(f"{PREFIX}{path}={text}", text)
        mark = Mark(source, 1, 1, max(1, len(text)), inside=1)
        return Reading(source, text, Marks({}, {(): mark}))
    return read_text(text, f"{PREFIX}{path}={text}", mapping=False)


def plain(value: Any) -> Any:
    """Turn tuples, paths, numpy numbers and arrays into what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, PurePath):
        return str(value)
    return plain(value.tolist()) if hasattr(value, "tolist") else value


def put(
    data: Mapping[str, Any], marks: Marks, path: str, reading: Reading
) -> tuple[dict[str, Any], Marks, list[Located]]:
    """Put a value into a copy of a scenario's data.

    Parameters
    ----------
    data : mapping
    marks : Marks
    path : str
        ``a.b.c``; an item of a list by its number, from 0.
    reading : Reading

    Returns
    -------
    data : dict
    marks : Marks
    refused : list of Located
        What was refused when the value was read, with places in the scenario.

    Raises
    ------
    ScenarioError
        If the path leads through a list by a word, or beyond a list's end, or through a plain value.
    """
    place, found = _place_of(data, path, reading)
    # Keys that the file does not have are the override's own: a misspelt one is pointed at where it was typed.
    typed = _typed(place, reading)
    new_keys = {place[:n]: typed[n - 1] for n in range(found + 1, len(place) + 1)}
    new_values = {place[:n]: typed[n - 1] for n in range(found + 1, len(place))}
    changed = marks.replaced(place, reading.marks)
    keys = {**changed.keys, **{at: marks.keys[at] for at in (place,) if at in marks.keys}, **new_keys}
    refused = [
        Located(dataclasses.replace(each.problem, place=(*place, *each.problem.place)), each.mark)
        for each in reading.problems
    ]
    return _with(data, place, reading.data), Marks(keys, {**changed.values, **new_values}), refused


def _typed(place: Place, reading: Reading) -> list[Mark]:
    """Return where each part of a path stands in the assignment."""
    source = Source(reading.source.name, reading.source.name.removeprefix(PREFIX))
    marks, column = [], 1
    for part in place:
        marks.append(Mark(source, 1, column, len(str(part))))
        column += len(str(part)) + 1
    return marks


def _place_of(data: Any, path: str, reading: Reading) -> tuple[Place, int]:
    """Return the place a path means, and how many parts of it are there already."""
    place: list[str | int] = []
    found = 0
    for part in path.split("."):
        if not part:
            raise _refused(reading, f"`{path}` is not the path of a key", "an example: population.size")
        if isinstance(data, list):
            if not part.isascii() or not part.isdigit() or len(part) > 9 or int(part) >= len(data):
                at = ".".join(map(str, place))
                raise _refused(reading, f"`{at}` is a list of {len(data)}", f"items are numbered from 0, not `{part}`")
            place.append(int(part))
            data = data[int(part)]
            found += 1
        elif isinstance(data, Mapping):
            place.append(part)
            found += part in data and found == len(place) - 1
            data = data.get(part, {})
        elif data is None:
            place.append(part)
            data = {}
        else:
            at = ".".join(map(str, place))
            raise _refused(reading, f"`{at}` is a single value, it has no `{part}`", f"set {at} itself")
    if len(place) > 50:
        raise _refused(reading, f"`{path[:80]}` is nested too deep", "")
    return tuple(place), found


def _refused(reading: Reading, message: str, hint: str) -> ScenarioError:
    mark = Mark(reading.source, 1, 1, len(reading.source.line(1)) or 1)
    return ScenarioError([Located(Problem(message, hint=hint), mark)])


def _with(data: Any, place: Place, value: Any) -> Any:
    """Return a copy of nested mappings and lists with a value at `place`."""
    if not place:
        return value
    if isinstance(data, list):
        items = list(data)
        items[int(place[0])] = _with(items[int(place[0])], place[1:], value)
        return items
    copy = dict(data) if isinstance(data, Mapping) else {}
    copy[str(place[0])] = _with(copy.get(str(place[0])), place[1:], value)
    return copy
