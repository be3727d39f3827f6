"""Towns small enough to work out by hand what an intervention should do in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from simulator.behaviour import Behaviour, Transition
from simulator.network import ContactNetwork, Layer
from simulator.past import Past
from simulator.population import Column, Population
from simulator.streams import Draw
from simulator.trajectory import EventLog, Trajectory
from simulator.units import TICKS_PER_UNIT
from simulator.world import Situation, World

Pairs = Iterable[tuple[int, int]]

BEHAVIOURS = {
    "weight": Behaviour("weight", ("lean", "obese"), (Transition("gain", ("lean",), "obese", 0.1),)),
    "drinking": Behaviour("drinking", ("none", "light", "heavy"), (Transition("start", ("none",), "light", 0.1),)),
}


def clique(persons: Sequence[int]) -> list[tuple[int, int]]:
    return [(i, j) for i in persons for j in persons if i < j]


STAR = [(i, 3) for i in (0, 1, 2, 4, 5)]
"""Six people; 3 is the centre."""
BARBELL = [*clique(range(4)), (3, 4), (4, 5), (5, 6), *clique(range(6, 10))]
"""Ten people: cliques 0-3 and 6-9, joined by the path 3-4-5-6."""
TWO_CLIQUES = [*clique(range(5)), (4, 5), *clique(range(5, 10))]
"""Ten people: cliques 0-4 and 5-9, joined by the bridge 4-5."""
CHAIN = [(0, 1), (1, 2), (2, 3), (3, 4)]
"""Five people; each names the next."""
RING = [(i, (i + 1) % 6) for i in range(6)]
"""Six people in a circle: all alike."""
TREE = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
"""Seven people: 0 above 1 and 2, each of whom is above two more."""


def undirected(name: str, pairs: Pairs) -> Layer:
    """A layer of ties that nobody surveyed."""
    ties = np.array([sorted(pair) for pair in pairs], np.int32).reshape(-1, 2)
    return Layer(name, ties[np.lexsort((ties[:, 1], ties[:, 0]))])


def weighted(name: str, pairs: Mapping[tuple[int, int], float]) -> Layer:
    """A layer of ties with weights that nobody surveyed; pairs are given smaller person first."""
    given = sorted(pairs.items())
    return Layer(name, np.array([pair for pair, _ in given], np.int32), weights=np.array([each for _, each in given]))


def surveyed(name: str, namings: Pairs, *, influence: str) -> Layer:
    """A layer of directed ties from (namer, named) pairs; influence runs from source (the namer) or from target."""
    named = np.array(sorted(namings), np.int32).reshape(-1, 2)
    ties = named if influence == "source_to_target" else named[:, ::-1]
    ties = np.ascontiguousarray(ties[np.lexsort((ties[:, 1], ties[:, 0]))])
    return Layer(name, ties, directed=True, namings=named, against=influence == "target_to_source")


def category(name: str, labels: Sequence[str | None]) -> Column:
    """A column of words; None: missing."""
    categories = tuple(sorted({label for label in labels if label is not None}))
    codes = [categories.index(label) if label is not None else -1 for label in labels]
    return Column(name, np.array(codes, np.int32), categories)


def town(n_persons: int, layers: Iterable[Layer] = (), columns: Iterable[Column] = ()) -> World:
    layers = list(layers) or [undirected("friends", [])]
    return World(
        Population(np.arange(n_persons), {column.name: column for column in columns}),
        ContactNetwork(n_persons, {layer.name: layer for layer in layers}),
        BEHAVIOURS,
    )


def situation(
    world: World,
    *,
    replicate: int = 0,
    time: float = 0.0,
    obese: Sequence[int] = (),
    drinking: Mapping[int, str] | None = None,
    past: Past | None = None,
    horizon: float = 10.0,
    happened: Iterable[tuple[float, int, int, int]] = (),
) -> Situation:
    """What an intervention sees: everybody in the first state but those named; `happened` is as for `_so_far`."""
    states = np.zeros((world.population.size, len(BEHAVIOURS)), np.uint8)
    states[list(obese), 0] = 1
    for person, state in (drinking or {}).items():
        states[person, 1] = BEHAVIOURS["drinking"].code(state)
    states.setflags(write=False)
    return Situation(
        world,
        Draw(1, number=replicate),
        int(time * TICKS_PER_UNIT),
        states,
        states,
        lambda layer: world.network.layers[layer].ties,
        Past(world.population.size) if past is None else past,
        int(horizon * TICKS_PER_UNIT),
        lambda tick: world.network,
        partial(_so_far, states, int(time * TICKS_PER_UNIT), list(happened)),
    )


def _so_far(states: np.ndarray, now: int, happened: Sequence[tuple[float, int, int, int]]) -> Trajectory:
    """What led to these states: (time, person, state left, state entered), in order; states numbered through."""
    start, first_state = states.copy(), np.array([0, 2, 5], np.int64)
    for _, person, left, _ in reversed(happened):
        column = int(left >= 2)
        start[person, column] = left - first_state[column]
    rows = np.array(happened, np.float64).reshape(-1, 4)
    ticks, moves = (rows[:, 0] * TICKS_PER_UNIT).astype(np.int64), rows[:, 1:].T.astype(np.int32)
    log = EventLog(ticks, *moves, cause=np.zeros(len(ticks), np.int16))
    nothing = np.empty(0, np.int64)
    return Trajectory(start, states, now, first_state, nothing, np.empty((0, 5), np.int64), log, (), (), 0)
