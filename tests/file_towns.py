"""A small town whose people and ties come from files, for tests of formats, surveys and graphs."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios import build
from scenarios.loading import Scenario, load
from simulator.errors import SpecError
from simulator.network import Layer
from simulator.world import World

FILES = Path(__file__).parent / "data" / "networks"
KFAMILY = Path(__file__).parents[1] / "scenarios" / "data" / "kfamily"
SCENARIO = """
netrial: 1
name: town
time: {unit: year, horizon: 3}
population: %s
network:
  layers:
    talk: %s
behaviours:
  smoking:
    states: [never, smoker]
    initial: {smoker: {number: 1}}
    transitions: {catch: {from: never, to: smoker, rate: 0.3, per_contact: smoker}}
interventions:
  leaders: {kind: champions, target: {rank: most_named, number: 1}, at: 1, effect: {set: {smoking: smoker}}}
arms: {usual: [], leaders: [leaders]}
outcomes: {primary: smokers, smokers: {share: smoking.smoker, at: end, better: lower}}
experiment: {replicates: 2, seed: 3}
"""
PEOPLE = "{file: town_people.csv, id: who}"


def town(folder: Path, talk: str, population: str = PEOPLE) -> Scenario:
    path = folder / "town.yaml"
    path.write_text(SCENARIO % (population, talk))
    return load(path)


def world(folder: Path, talk: str, population: str = PEOPLE) -> World:
    return build.world_of(town(folder, talk, population))


def refusal(folder: Path, talk: str, population: str = PEOPLE) -> str:
    with pytest.raises(SpecError) as caught:
        town(folder, talk, population)
    return str(caught.value)


def same_ties(one: Layer, other: Layer) -> None:
    assert one.directed == other.directed
    for name in ("ties", "weights", "namings"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine is None) == (theirs is None), name
        assert mine is None or mine.tobytes() == theirs.tobytes(), name
    mine, theirs = one.counts, other.counts
    for name in ("rows", "self_ties", "duplicates", "mutual", "outside", "strangers"):
        assert getattr(mine, name) == getattr(theirs, name), name
