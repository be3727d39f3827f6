"""Random towns of three people under random laws: where they are after a while, against the master equation.

The equation's hazards are computed from the definitions (DESIGN §2) with no clock, ceiling, thinning or draw of a
contact. Over 1,200 replicates of each town the final states are compared by chi-square, cells with fewer than five
expected joined; the sum over all towns is rejected at four standard deviations of it or more (6e-5). The wrong engine,
all of whose hazards are a fifth larger, is expected at eight or more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from math import prod

import naive_laws as laws
import numpy as np
import pytest
from chains import FAR, SURE, Chain, State, chain
from towns import random_case

from simulator.behaviour import Behaviour, Transition
from simulator.engine import Simulation, plan_clocks
from simulator.streams import Draw
from simulator.units import to_ticks
from simulator.world import World

N_PERSONS, N_TOWNS, N_REPLICATES = 3, 14, 1_200


def exposure(world: World, transition: Transition, person: int, nows: list[laws.Now]) -> float:
    """What the person's contacts add up to, by the definition of the law."""
    source = transition.source
    if source is None:
        return 1.0

    def counts(contact: int) -> float:
        state = nows[contact][source.behaviour]
        if state not in source.states:
            return 0.0
        weight = source.weights[source.states.index(state)] if source.weights else 1.0
        return weight * laws.static_sending(world, transition, contact) * laws.own_sending(transition, nows[contact])

    if transition.law == "group":
        others = [j for j in laws.group_of(world, transition, person) if j != person]
        return sum(map(counts, others)) / len(others) if others else 0.0
    entries = laws.entries_of(world, transition, person, [])
    count, total = sum(weight * counts(j) for j, weight in entries), sum(weight for _, weight in entries)
    if transition.law == "per_contact":
        return count
    share = count / total if total else 0.0
    if transition.law == "proportion":
        return share
    assert transition.response is not None
    value = count if transition.response.reads == "count" else share
    return laws.factor_of(transition.response, laws.threshold_of(world, transition.response, person), value)


@dataclass(frozen=True)
class Town:
    """A random town, its master equation, where it starts and for how long it is watched."""

    world: World
    chain: Chain
    start: np.ndarray
    time: float

    def coded(self, states: np.ndarray) -> State:
        """One number for each person's states of all behaviours."""
        sizes = [len(b.states) for b in self.world.behaviours.values()]
        return tuple(int(np.ravel_multi_index(tuple(row), sizes)) for row in states)


def master_equation(world: World) -> Chain:
    behaviours = list(world.behaviours.values())
    sizes = [len(b.states) for b in behaviours]

    def moves(person: int, state: State) -> list[tuple[int, float]]:
        codes = [np.unravel_index(code, sizes) for code in state]
        nows = [{b.name: b.states[int(c)] for b, c in zip(behaviours, each, strict=True)} for each in codes]
        found = []
        for column, behaviour in enumerate(behaviours):
            for one in behaviour.transitions:
                if nows[person][behaviour.name] in one.from_states:
                    own = laws.static_receiving(world, one, person) * laws.own_receiving(
                        world, one, person, nows[person]
                    )
                    after = list(codes[person])
                    after[column] = behaviour.states.index(one.to_state)
                    found.append((int(np.ravel_multi_index(after, sizes)), own * exposure(world, one, person, nows)))
        return found

    return chain(N_PERSONS, prod(sizes), moves)


def without_time(world: World) -> World:
    """Nothing but states and people: no seasons, no time in state, nobody ages, comes or goes."""

    def still(behaviour: Behaviour) -> Behaviour:
        transitions = tuple(replace(one, time_in_state=(), series=()) for one in behaviour.transitions)
        return replace(behaviour, transitions=transitions)

    columns = {name: replace(column, per_time=0.0) for name, column in world.population.columns.items()}
    behaviours = {name: still(behaviour) for name, behaviour in world.behaviours.items()}
    return replace(world, population=replace(world.population, columns=columns), behaviours=behaviours, turnover=None)


@cache
def towns() -> list[Town]:
    """The first random towns that have three laws or more, and in which enough happens."""
    found: list[Town] = []
    seed = 0
    while len(found) < N_TOWNS:
        seed += 1
        case = random_case(seed, n_persons=N_PERSONS, n_behaviours=2, n_layers=2, n_occurrences=0, laws=True)
        world = without_time(case.world)
        used = {one.law for b in world.behaviours.values() for one in b.transitions}
        if len(used) < 3 or not used & {"proportion", "group", "response"}:
            continue
        equation = master_equation(world)
        leaving = -equation.matrix.diagonal()
        trial = Town(world, equation, case.start, 0.0)
        rate = leaving[equation.states.index(trial.coded(case.start))]
        if rate > 0:
            time = 2.0 / rate
            p = equation.distribution(trial.coded(case.start), time)
            if np.count_nonzero(p > 0.01) >= 8:
                found.append(replace(trial, time=time))
    return found


def simulated(town: Town, world: World) -> np.ndarray:
    """How many replicates end in each joint state."""
    plan, end, counts = plan_clocks(world), to_ticks(town.time), np.zeros(len(town.chain.states), np.int64)
    number = {state: k for k, state in enumerate(town.chain.states)}
    for replicate in range(N_REPLICATES):
        run = Simulation(plan, Draw(5, number=replicate), town.start, (), np.array([end]), end, keep_events=False).run()
        counts[number[town.coded(run.final)]] += 1
    return counts


def distance(pairs: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """Sum of chi-squares of (observed, expected) counts, in standard deviations beyond its degrees of freedom."""
    square, freedom = 0.0, 0
    for observed, expected in pairs:
        small = expected < 5
        o, e = np.append(observed[~small], observed[small].sum()), np.append(expected[~small], expected[small].sum())
        if e[-1] < 5:
            o, e = np.append(o[:-2], o[-2:].sum()), np.append(e[:-2], e[-2:].sum())
        square += float(((o - e) ** 2 / e).sum())
        freedom += o.size - 1
    return (square - freedom) / (2 * freedom) ** 0.5


def faster(world: World) -> World:
    """All hazards a fifth larger."""

    def each(behaviour: Behaviour) -> Behaviour:
        more = tuple(replace(one, susceptibility=(*one.susceptibility, 1.2)) for one in behaviour.transitions)
        return replace(behaviour, transitions=more)

    return replace(world, behaviours={name: each(b) for name, b in world.behaviours.items()})


def expected(town: Town, factor: float = 1.0) -> np.ndarray:
    return N_REPLICATES * town.chain.distribution(town.coded(town.start), town.time * factor)


def test_the_towns_hold_all_laws() -> None:
    used = [one.law for town in towns() for b in town.world.behaviours.values() for one in b.transitions]
    assert min(used.count(law) for law in ("spontaneous", "per_contact", "proportion", "group", "response")) >= 6


def test_random_towns() -> None:
    assert distance([(simulated(town, town.world), expected(town)) for town in towns()]) < FAR


def test_a_faster_engine_is_told_apart() -> None:
    """Hazards a fifth larger are time a fifth longer."""
    assert distance([(expected(town, 1.2), expected(town)) for town in towns()]) > SURE
    assert distance([(simulated(town, faster(town.world)), expected(town)) for town in towns()]) > FAR


@pytest.mark.parametrize("law", ["proportion", "group", "response"])
def test_another_law_is_told_apart(law: str) -> None:
    """An engine that ran this law as if its exposure were 1."""

    def alone(behaviour: Behaviour) -> Behaviour:
        changed = tuple(
            replace(one, law="spontaneous", source=None, layers={}, group=None, response=None, influence=())
            if one.law == law
            else one
            for one in behaviour.transitions
        )
        return replace(behaviour, transitions=changed)

    pairs = []
    for town in towns():
        if any(one.law == law for b in town.world.behaviours.values() for one in b.transitions):
            wrong = replace(town.world, behaviours={name: alone(b) for name, b in town.world.behaviours.items()})
            pairs.append((simulated(town, wrong), expected(town)))
        if len(pairs) == 3:
            break
    assert distance(pairs) > FAR
