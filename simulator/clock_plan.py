"""A world's clock plan: what every run on it shares, laid out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.clock_making import hazards_of, numbered_transitions, person_clocks, tie_clocks
from simulator.clocks import Clock, check_rates, first_states
from simulator.hazards import Hazard
from simulator.layout import Base, base_facts
from simulator.world import World


@dataclass(frozen=True, eq=False)
class ClockPlan:
    """What every run on one world shares: its base clocks and what they read.

    Parameters
    ----------
    world : World
    clocks : tuple of Clock
        Sorted by name.
    hazards : tuple of Hazard
        Of every transition, by number.
    ties : int32[n_ties, 2]
        All layers, one after the other.
    first_state : int64[n_behaviours + 1]
    transitions : mapping of (behaviour, transition) to number
    base : Base
        What the kernel is given, before any action.
    """

    world: World
    clocks: tuple[Clock, ...]
    hazards: tuple[Hazard, ...]
    ties: np.ndarray
    first_state: np.ndarray
    transitions: dict[tuple[str, str], int]
    base: Base

    def __deepcopy__(self, memo: dict[int, Any]) -> ClockPlan:
        """Share it: nothing in it is ever written to."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the world only: the base knows arrays of the clocks by their identity."""
        return plan_clocks, (self.world,)


def plan_clocks(world: World) -> ClockPlan:
    """Lay out the clocks of a world; do it once, and share it between arms, replicates and threads.

    Raises
    ------
    SpecError
        If somebody has no rate, or a rate is absurd; places are relative to the behaviours.
    """
    hazards = hazards_of(world)
    clocks = person_clocks(world, hazards)
    first_tie = 0
    for layer in world.network.layers.values():
        clocks += tie_clocks(
            world,
            hazards,
            layer.name,
            layer.ties,
            directed=layer.directed,
            weights=1.0 if layer.weights is None else layer.weights,
            first_tie=first_tie,
        )
        first_tie += layer.n_ties
    check_rates(clocks)
    clocks.sort(key=lambda clock: clock.name)
    layers = [layer.ties for layer in world.network.layers.values() if layer.n_ties]
    joint = layers[0] if len(layers) == 1 else np.concatenate([np.empty((0, 2), np.int32), *layers])
    ties = np.ascontiguousarray(joint, np.int32)
    first_state = first_states(world)
    transitions = numbered_transitions(world)
    regular = [
        (behaviour, transition) for behaviour in world.behaviours.values() for transition in behaviour.transitions
    ]
    numbers = {(behaviour.name, transition.name): number for number, (behaviour, transition) in enumerate(regular)}
    base = base_facts(world, transitions, hazards, clocks, ties, first_state)
    return ClockPlan(world, tuple(clocks), hazards, ties, first_state, numbers, base)
