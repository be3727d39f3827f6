"""EoN and netrial give the same distributions: seven contagions on one weighted graph, by Kolmogorov-Smirnov.

EoN's answers (400 runs each) are stored in data/second_opinion.json, which `make_second_opinion.py` made; netrial's are
800 copies of the town in one world. A comparison rejects at alpha = 1e-4: where the largest distance between the two
cumulated distributions is 2.225 (1/400 + 1/800)^(1/2) = 0.136 or more. The power is shown, not assumed: with rates of
contagion a tenth larger, 400 of netrial's runs against 800 of the right ones are told apart in nine of ten draws or
more, and so are EoN's stored ones.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import log
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp
from second_opinion import N_PERSONS, QUESTIONS, TABLE, groups, thresholds, ties
from towns import layer, simulate, town

from simulator.behaviour import Behaviour, GroupOf, Response, Source, Transition
from simulator.population import Column
from simulator.streams import Draw
from simulator.world import World

COPIES = 800
ALPHA, POWER = 1e-4, 0.9
STORED = json.loads((Path(__file__).parent / "data" / "second_opinion.json").read_text())


def rejects(one: np.ndarray, two: np.ndarray) -> bool:
    """Whether two samples are of two distributions, by the asymptotic two-sided bound (ties only make it milder)."""
    bound = (-log(ALPHA / 2) / 2) ** 0.5 * (1 / len(one) + 1 / len(two)) ** 0.5
    return bool(ks_2samp(one, two).statistic >= bound)


@dataclass(frozen=True)
class Answer:
    """A behaviour that answers a question, and the state that is counted."""

    behaviour: Behaviour
    begins: int
    counted: int


def answer(name: str, more: float) -> Answer:
    """The question in netrial's words; contagion is `more` times as fast as it should be."""
    question, along = QUESTIONS[name], {"ties": 1.0}
    rates = question.rates
    if name in ("sir", "sis"):
        states = ("susceptible", "infectious", "recovered")
        sick = Source("cold", ("infectious",))
        after = "recovered" if name == "sir" else "susceptible"
        moves = (
            Transition("catch", ("susceptible",), "infectious", more * rates["catch"], "per_contact", sick, along),
            Transition("recover", ("infectious",), after, rates["recover"]),
        )
        return Answer(Behaviour("cold", states, moves), 1, states.index(question.count))
    if name == "four states":
        states = ("susceptible", "early", "infectious", "recovered")
        sick = Source("cold", ("early", "infectious"), (rates["early"], 1.0))
        moves = (
            Transition("catch", ("susceptible",), "early", more * rates["catch"], "per_contact", sick, along),
            Transition("turn", ("early",), "infectious", rates["turn"]),
            Transition("recover", ("infectious",), "recovered", rates["recover"]),
            Transition("wane", ("recovered",), "susceptible", rates["wane"]),
        )
        return Answer(Behaviour("cold", states, moves), 1, 3)
    response = {
        "count": Response("count", TABLE),
        "threshold": Response("share", threshold="threshold"),
    }.get(name)
    join = Transition(
        "join", ("off",), "on", more * rates["peers"], question.law, Source("habit", ("on",)),
        {} if name == "group" else along, group=GroupOf("group") if name == "group" else None, response=response,
    )  # fmt: skip
    alone = (Transition("begin", ("off",), "on", rates["alone"]),) if "alone" in rates else ()
    back = Transition("back", ("on",), "off", rates["back"])
    return Answer(Behaviour("habit", ("off", "on"), (join, *alone, back)), 1, 1)


def copies_of_the_town(behaviour: Behaviour, copies: int) -> World:
    pairs, weights = ties()
    first = N_PERSONS * np.arange(copies)[:, None, None]
    columns = [
        Column("group", (np.tile(groups(), copies) + 50.0 * np.repeat(np.arange(copies), N_PERSONS))),
        Column("threshold", np.tile(thresholds(), copies)),
    ]
    ends = layer((pairs + first).reshape(-1, 2), weights=np.tile(weights, copies).tolist())
    return town(N_PERSONS * copies, [behaviour], [ends], columns)


@cache
def ours(name: str, more: float = 1.0) -> np.ndarray:
    """How many people are in the counted state in the end, in each copy of the town."""
    question, said = QUESTIONS[name], answer(name, more)
    world = copies_of_the_town(said.behaviour, COPIES)
    start = np.zeros((world.population.size, 1), np.uint8)
    start.reshape(COPIES, N_PERSONS)[:, : question.beginners] = said.begins
    run = simulate(world, until=question.time, start=start, draw=Draw(400), keep_events=False)
    return (run.final[:, 0] == said.counted).reshape(COPIES, N_PERSONS).sum(axis=1)


def stored(name: str) -> np.ndarray:
    return np.array(STORED["answers"][name])


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_same_distribution_as_eon(name: str) -> None:
    assert stored(name).size == 400
    assert not rejects(stored(name), ours(name))


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_a_tenth_more_is_told_apart(name: str) -> None:
    rng = np.random.default_rng(1)
    draws = [rng.choice(ours(name, 1.1), 400, replace=False) for _ in range(100)]
    assert np.mean([rejects(draw, ours(name)) for draw in draws]) >= POWER
    assert rejects(stored(name), ours(name, 1.1))


def test_fresh_answers_of_eon() -> None:
    """Where EoN can be imported, it is asked again, with another seed: 60 runs of each question."""
    pytest.importorskip(
        "EoN", reason="EoN is a peer of `make bench`, not a dependency; its stored answers are compared"
    )
    from make_second_opinion import sample

    for name in QUESTIONS:
        assert not rejects(np.array(sample(name, 60, 7)), ours(name)), name
