"""Which keys of a scenario validate but cannot be run yet: the marks of the grammar, and a few words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scenarios import grammar
from simulator.errors import Place, Problem

MARKS = {
    "L": "it comes with more exposure laws and time",
    "I": "it comes with more ways to intervene",
    "T": "it comes with living ties and people who come and go",
    "X": "it comes with larger experiments",
}
"""What each mark of the grammar stands for."""

Later = tuple[Place, str, str]
"""Place, what is not built, and its mark."""


def not_built(spec: grammar.ScenarioSpec) -> list[Problem]:
    """List what a scenario asks for that is not built yet.

    Parameters
    ----------
    spec : ScenarioSpec
        Checked.

    Returns
    -------
    list of Problem
        Each says "`response` is not built yet", with its place.
    """
    found = [later for place, part in _parts(spec, ()) for later in _in_part(place, part)]
    return [
        Problem(f"`{name}` is not built yet", place, MARKS[mark], on_key=place[-1] == name)
        for place, name, mark in dict.fromkeys(found)
    ]


def _mark_of(field: Any) -> str:
    extra = field.json_schema_extra
    return str(extra.get("later", "")) if isinstance(extra, dict) else ""


def _parts(value: Any, place: Place) -> Iterator[tuple[Place, grammar.Part]]:
    """Yield every part of a scenario with its place, but nothing below what is not built."""
    if isinstance(value, grammar.Part):
        yield place, value
        if value.later:
            return
        for name, field in type(value).model_fields.items():
            if not _mark_of(field):
                yield from _parts(getattr(value, name), (*place, field.alias or name))
        for name, extra in (value.__pydantic_extra__ or {}).items():
            yield from _parts(extra, (*place, name))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _parts(each, (*place, name))
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield from _parts(each, (*place, i))


def _in_part(place: Place, part: grammar.Part) -> Iterator[Later]:
    """Yield what one part, not counting the parts in it, asks for that is not built."""
    if part.later:
        key = part.tag.strip("<>")
        yield (*place, key), key, part.later
        return
    for name, field in type(part).model_fields.items():
        if _mark_of(field) and getattr(part, name) is not None:
            key = str(field.alias or name)
            yield (*place, key), key, _mark_of(field)
    if isinstance(part, grammar.AddTies):
        yield from _marked(part.pairing, grammar.PAIRINGS, (*place, "pairing"))


def _marked(word: str, table: Mapping[str, Any], place: Place) -> Iterator[Later]:
    mark = table.get(word, "")
    mark = mark if isinstance(mark, str) else mark[0]
    if mark:
        yield place, word, mark
