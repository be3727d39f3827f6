"""Every number that cites a publication, against a second transcription of that publication."""

from __future__ import annotations

import csv
import importlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from qc import MEMORY, Expected

import netrial
from scenarios import grammar
from scenarios.bibliography import bibliography
from scenarios.loading import LIBRARY

NAMES = sorted(path.stem for path in LIBRARY.glob("*.yaml"))
PAGES = Path(__file__).parents[2] / "docs" / "scenarios"
NOT_A_KEY = (None, "assumed", "fitted")


def transcription(name: str) -> Any:
    return importlib.import_module(f"qc.{name}")


def parts(value: Any, place: tuple = ()) -> Iterator[tuple[str, grammar.Part]]:
    """Yield every part of a scenario that has a `source`, with its place."""
    if isinstance(value, grammar.Part):
        if "source" in type(value).model_fields and not isinstance(value, grammar.FileLayer):
            yield ".".join(map(str, place)), value
        for key, field in type(value).model_fields.items():
            yield from parts(getattr(value, key), (*place, field.alias or key))
        value = value.__pydantic_extra__ or {}
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from parts(each, (*place, key))
    elif isinstance(value, tuple):
        for i, each in enumerate(value):
            yield from parts(each, (*place, i))


def curve(scenario: netrial.Scenario, given: grammar.Observed, place: str) -> dict[float, float]:
    path = scenario.file_at((*place.split("."), "file"), given.file)
    with path.open() as file:
        rows = list(csv.DictReader(file))
    return {float(row[given.time.column]) - given.time.minus: float(row[given.value]) for row in rows}


def content(scenario: netrial.Scenario, part: Any, place: str) -> Any:
    """Return what a part says, whatever its kind."""
    if isinstance(part, grammar.Observed):
        return curve(scenario, part, place) if part.file else (part.value, part.low, part.high)
    if isinstance(part, grammar.ByCategory):
        return dict(part.values)
    if isinstance(part, grammar.Value):
        return part.value if part.low is None and part.high is None else (part.value, part.low, part.high)
    if isinstance(part, grammar.InitialNumber):
        return part.number
    return part.model_dump(exclude={"source"})


def plain(scenario: netrial.Scenario, place: str) -> Any:
    value: Any = scenario.data
    for key in place.split("."):
        value = value[int(key)] if isinstance(value, list | tuple) else value[key]
    return value


def equal(one: Any, two: Any) -> bool:
    """Compare numbers, pairs and mappings of them; equal but for the last bits of a conversion."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        return one.keys() == two.keys() and all(equal(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(map(equal, one, two))
    if isinstance(one, int | float) and isinstance(two, int | float):
        return math.isclose(one, two, rel_tol=1e-12)
    return one == two


def disagreements(scenario: netrial.Scenario, becomes: Mapping[str, Expected]) -> list[str]:
    """List where a scenario and a transcription differ, and numbers that cite a publication but escape it."""
    found = []
    sourced = dict(parts(scenario.spec))
    for place, expected in becomes.items():
        part = sourced.get(place)
        if expected.cited and part is None:
            found.append(f"{place} has no source")
            continue
        there = content(scenario, part, place) if expected.cited else plain(scenario, place)
        if not equal(there, expected.value):
            found.append(f"{place} is {there}, not {expected.value}")
        if expected.cited and part.source != expected.source:
            found.append(f"{place} cites {part.source}, not {expected.source}")
        if expected.per is not None and (part.unit or scenario.spec.time.unit) != expected.per:
            found.append(f"{place} is not per {expected.per}")
    escaped = {place for place, part in sourced.items() if part.source not in NOT_A_KEY} - becomes.keys()
    return found + [f"{place} escapes" for place in sorted(escaped)]


@pytest.mark.parametrize("name", NAMES)
def test_two_transcriptions_agree(name: str) -> None:
    assert disagreements(netrial.load(name), transcription(name).BECOMES) == []


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_publication(name: str) -> None:
    assert {figure.source for figure in transcription(name).FIGURES.values()} <= bibliography().keys()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_from_memory_is_cited(name: str) -> None:
    for place, expected in transcription(name).BECOMES.items():
        assert expected.source in (None, "assumed") or all(f.how != MEMORY for f in expected.figures), place


@pytest.mark.parametrize("name", NAMES)
def test_the_page_lists_every_number(name: str) -> None:
    rows = [row for row in (PAGES / f"{name}.md").read_text().splitlines() if row.startswith("| ")]
    for place, expected in transcription(name).BECOMES.items():
        (row, *more) = [row for row in rows if f"`{place}`" in row]
        assert expected.source != "assumed" or "assumed" in row, place
        if isinstance(expected.value, int | float):
            assert not more
            assert f"{expected.value:g}" in row, place


CHANGES = [
    ("obesity", "behaviours.obesity.transitions.become_obese.rate.value", 0.03),
    ("obesity", "behaviours.obesity.transitions.become_obese.rate.unit", "month"),
    ("obesity", "behaviours.obesity.transitions.lose_weight.rate.source", "coiera2013"),
    ("obesity", "behaviours.obesity.transitions.lose_weight_with_buddy.rate.source", "hill2010"),
    ("obesity", "behaviours.obesity.transitions.lose_weight.rate.low", 0.02),
    ("obesity", "behaviours.obesity.transitions.lose_weight.rate", 0.04),
    ("family_planning", "observed.0.time.minus", 0),
    ("smoking", "behaviours.smoking.transitions.stop_with_others.layers.friends", 0.34),
    ("drinking", "behaviours.drinking.transitions.turn_heavy_near_heavy.influence.value", 1.5),
    ("mood_hill2010", "behaviours.mood.transitions.cheer_up.rate.source", "hill2010_emotions"),
    ("mood_hill2010", "behaviours.mood.transitions.cool_down.rate.value", 10),
    ("mood_hillem2015", "behaviours.mood.transitions.recover.rate.value", 0.2),
    ("mood_hillem2015", "behaviours.mood.transitions.recover.response.table.0.1", 0.5),
    ("vaccination", "behaviours.knowledge.transitions.hear_of_it.influence.values.taken", 8),
    ("vaccination", "observed.0.high", 0.165),
    ("buddies_centola2010", "behaviours.forum.initial.member.number", 2),
    ("buddies_centola2010", "population.size", 98),
]


@pytest.mark.parametrize(("name", "place", "value"), CHANGES)
def test_a_changed_number_is_caught(name: str, place: str, value: Any) -> None:
    """The twin: on a scenario with one mistake, the comparison fails, and for that mistake only."""
    (found,) = disagreements(netrial.load(name).set(place, value), transcription(name).BECOMES)
    assert found.split()[0] in place or place in found
