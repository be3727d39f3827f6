"""Filming the network of one replicate: run the control and the best arm once more, and keep what a picture shows.

1. The best arm is run once more, to know its targets; everybody is shown, or in a large town those around the targets.
2. Both arms are run from one observation time to the next (stops are free), and states and ties are read at each.
3. People get a place, the same in both arms, by the ties of the control.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from experiments.design import Trial
from experiments.network_layout import layout
from experiments.network_picture import NetworkPicture, empty_tables
from interventions.schedule import occurrences
from scenarios import build
from simulator.beginning import Beginning
from simulator.network import distinct, pack, unpack
from simulator.streams import Draw
from simulator.world import World

MOST_SHOWN_WHOLE = 2_000
"""A town of at most so many people is shown whole."""
SHOWN = 300
"""How many people of a larger town are shown."""
MOST_PEOPLE = 2_000_000
MOST_TIES = 20_000_000
"""Larger towns have no picture: it would take too long."""
MOST_TIMES = 101
"""Observation times that are kept, evenly, the first and the last among them."""


@dataclass(frozen=True)
class _Film:
    """One arm: states uint8[n_times, shown], offered bool[n_times, shown], ties by layer and time as packed pairs."""

    states: np.ndarray
    offered: np.ndarray
    ties: Mapping[str, Sequence[np.ndarray]]


def film_network(trial: Trial, replicate: int, best: str | None) -> NetworkPicture:
    """Run the control and the best arm of one replicate once more, and keep what a picture shows.

    Parameters
    ----------
    trial : Trial
    replicate : int
    best : str or None
        The arm beside the control; None: the control only.

    Returns
    -------
    NetworkPicture
        The same for equal seeds, whatever else was run.
    """
    arms = [trial.control] if best is None else [trial.control, best]
    town = trial.town(replicate)
    world = town.world
    measure = trial.measures[trial.scenario.spec.outcomes.primary]
    behaviour = measure.behaviour or list(world.behaviours)[-1]  # a package's measure is of none, as the report knows
    states = list(world.behaviours[behaviour].states)
    facts: dict[str, Any] = {
        "left_out": "",
        "replicate": replicate,
        "arms": arms,
        "behaviour": behaviour,
        "states": states,
        "people": world.population.residents,
        "shown": 0,
    }
    n_ties = sum(layer.n_ties for layer in world.network.layers.values())
    if world.population.size > MOST_PEOPLE or n_ties > MOST_TIES:
        town_size = f"{world.population.residents:,} people and {n_ties:,} ties"
        return NetworkPicture({**facts, "left_out": f"a town of {town_size} is too large to draw"}, empty_tables())
    luck = trial.luck(replicate)
    beginning = build.beginning_of(trial.scenario, town, luck)
    shown = _shown(trial, beginning, arms[-1], luck)
    times = _thinned(trial.times)
    films = {arm: _film(trial, beginning, arm, shown, times, behaviour) for arm in arms}
    joined = [pairs for layer in films[trial.control].ties.values() for pairs in layer]
    places = layout(unpack(distinct(np.concatenate([np.empty(0, np.int64), *joined]))), shown.size)
    tables = {
        "network_people": pd.DataFrame(
            {
                "place": np.arange(shown.size),
                "id": [str(person) for person in world.population.ids[shown].tolist()],
                "x": places[:, 0],
                "y": places[:, 1],
            }
        ),
        "network_states": pd.concat([_states(arm, film, times, states) for arm, film in films.items()]),
        "network_ties": pd.concat([_ties(arm, film, times) for arm, film in films.items()]),
    }
    return NetworkPicture({**facts, "shown": int(shown.size)}, tables)


def _thinned(times: np.ndarray) -> np.ndarray:
    if times.size <= MOST_TIMES:
        return times
    chosen = [round(i * (times.size - 1) / (MOST_TIMES - 1)) for i in range(MOST_TIMES)]
    return times[chosen]


def _shown(trial: Trial, beginning: Beginning, arm: str, luck: Draw) -> np.ndarray:
    """Return int64[k], ascending: everybody, or in a large town those around the targets of an arm."""
    world = beginning.plan.world
    if world.population.size <= MOST_SHOWN_WHOLE:
        return np.arange(world.population.size)
    run = beginning.simulation(occurrences(trial.arms[arm]), np.empty(0, np.int64), trial.horizon_tick).run()
    there = beginning.start[:, 0] < len(next(iter(world.behaviours.values())).states)
    targets = run.targets() if run.targets().any() else run.ever_offered()
    return people_around(targets & there, there, world, luck, SHOWN)


def people_around(targets: np.ndarray, there: np.ndarray, world: World, luck: Draw, most: int) -> np.ndarray:
    """Choose people around the targets: one of them, then contacts, contacts of contacts, and so on.

    Who comes first, and who is left out of the last circle, is drawn by name. Where nobody is left to reach, the next
    target begins anew, then anybody.

    Parameters
    ----------
    targets, there : bool[n_persons]
        Only people who are `there` are chosen.
    world : World
    luck : Draw
    most : int

    Returns
    -------
    int64[k]
        Ascending, k = most or all who are there.
    """
    words = luck.words("network picture", n=there.size)
    order = np.lexsort((words, ~targets))  # targets first
    order = order[there[order]]
    chosen = np.zeros(there.size, bool)
    front = chosen.copy()
    room = min(most, order.size)
    while room:
        met = np.zeros(there.size, bool)
        if front.any():
            for layer in world.network.layers.values():
                one, two = layer.ties[:, 0], layer.ties[:, 1]
                met[two[front[one]]] = True
                met[one[front[two]]] = True
        fresh = np.flatnonzero(met & there & ~chosen)
        if not fresh.size:
            fresh = order[~chosen[order]][:1]
        fresh = fresh[np.argsort(words[fresh], kind="stable")][:room]
        front[:] = False
        front[fresh] = chosen[fresh] = True
        room -= fresh.size
    return np.flatnonzero(chosen)


def _film(trial: Trial, beginning: Beginning, arm: str, shown: np.ndarray, times: np.ndarray, behaviour: str) -> _Film:
    world = beginning.plan.world
    column = world.column_of(behaviour)
    ticks = replace(trial, times=times).observe_at
    place = np.full(world.population.size + 1, -1, np.int64)  # a tie that is no more ends at nobody, who comes last
    place[shown] = np.arange(shown.size)
    simulation = beginning.simulation(occurrences(trial.arms[arm]), np.empty(0, np.int64), trial.horizon_tick)
    states = np.empty((ticks.size, shown.size), np.uint8)
    ties: dict[str, list[np.ndarray]] = {name: [] for name in world.network.layers}
    last: dict[str, np.ndarray] = {}
    for k, tick in enumerate(ticks.tolist()):
        simulation.advance(tick)
        states[k] = simulation.states[shown, column]
        for name, found in ties.items():
            pairs = simulation.tied_in(name)
            before = last.get(name)
            if before is not None and before.shape == pairs.shape and before.ctypes.data == pairs.ctypes.data:
                found.append(found[-1])  # nobody writes into ties, so these are the same
                continue
            last[name] = pairs
            ends = place[pairs]
            ends = ends[(ends >= 0).all(axis=1)]
            found.append(distinct(pack(ends.min(axis=1), ends.max(axis=1))) if len(ends) else np.empty(0, np.int64))
    offered = np.zeros((ticks.size, shown.size), bool)
    for offer in simulation.trajectory().offers:
        who = place[offer.persons]
        offered[np.searchsorted(ticks, offer.tick) :, who[who >= 0]] = True
    return _Film(states, offered, ties)


def _states(arm: str, film: _Film, times: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    n_times, n_people = film.states.shape
    codes = film.states.ravel()
    there = codes < len(names)
    table = pd.DataFrame(
        {
            "time": np.repeat(times, n_people),
            "place": np.tile(np.arange(n_people), n_times),
            "state": np.array([*names, ""], object)[np.minimum(codes, len(names))],
            "offered": film.offered.ravel(),
        }
    )[there]
    table.insert(0, "arm", arm)
    return table


def _ties(arm: str, film: _Film, times: np.ndarray) -> pd.DataFrame:
    """Return one row for each stretch of time in which two people are tied in a layer."""
    rows: list[tuple[Any, ...]] = []
    for layer, found in film.ties.items():
        since: dict[int, float] = {}
        before = np.empty(0, np.int64)
        for time, pairs in zip(times.tolist(), found, strict=True):
            if pairs is before:
                continue
            ended = np.setdiff1d(before, pairs, assume_unique=True).tolist()
            rows += [(layer, pair, since.pop(pair), time) for pair in ended]
            since |= dict.fromkeys(np.setdiff1d(pairs, before, assume_unique=True).tolist(), time)
            before = pairs
        rows += [(layer, pair, time, np.nan) for pair, time in since.items()]
    table = pd.DataFrame(rows, columns=["layer", "pair", "since", "until"]).sort_values(["layer", "pair", "since"])
    ends = unpack(table.pop("pair").to_numpy(np.int64))
    table.insert(0, "arm", arm)
    table.insert(2, "one", ends[:, 0])
    table.insert(3, "two", ends[:, 1])
    return table
