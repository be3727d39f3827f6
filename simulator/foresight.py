"""Foreseeing how often clocks will ring: an arm whose dates pass, and whose interventions act, while nobody moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simulator.clock_making import numbered_transitions
from simulator.engine import ClockPlan, Simulation, plan_clocks
from simulator.kernel_arrays import Clocks
from simulator.streams import Draw
from simulator.turnover import LEAVE, comings_of, with_absent
from simulator.world import Occurrence, World


class SilentSimulation(Simulation):
    """An arm in which no clock rings: it adds up how often each would, on average.

    Which clocks ring is settled at every action, as in a run: what could act then, and how high factors reach. Here
    people keep the states that they began with, but for what interventions set; in a run they may differ at later
    dates, so that from then on this is an estimate. Without interventions it is exact.

    `expected` (float64[n_transitions], or empty before anything could ring) holds the rings by transition.
    """

    expected: np.ndarray

    def __post_init__(self) -> None:
        super().__post_init__()
        self.expected = np.zeros(len(numbered_transitions(self.plan.world)))

    def _ring(self, until: int) -> None:
        while self.now < until:
            layout = self._layout
            if layout is None or layout.until <= self.now:
                layout = self._lay_out()
            end = min(until, layout.until)
            rates = rings_per_tick(layout.clocks)
            np.add.at(self.expected, layout.clocks.cause, rates * (end - self.now))
            self.now = end


def rings_per_tick(clocks: Clocks) -> np.ndarray:
    """Return float64[n_clocks]: mean rings per tick, read off the tables that the kernel draws from.

    A count exceeds k with probability 1 - table[k] / 2**64, and its mean is the sum of these.
    """
    above = (np.iinfo(np.uint64).max - clocks.table).astype(np.float64) * 2.0**-64
    return above.sum(axis=1) * 2.0 ** (clocks.shift - 40)


def transition_names(world: World) -> list[str]:
    """Return ``behaviour.transition`` by number, as the event log has them; ``leave`` where people leave at a rate."""
    regular = sum(len(behaviour.transitions) for behaviour in world.behaviours.values())
    return [
        f"{behaviour.name}.{transition.name}" if number < regular else LEAVE
        for number, (behaviour, transition) in enumerate(numbered_transitions(world))
    ]


def before_warm_up(
    plan: ClockPlan, draw: Draw, states: np.ndarray, since: np.ndarray | None, warm_up: int, horizon: int
) -> Callable[..., Simulation]:
    """Let people come and go, as `engine.begin` does, but run nothing yet.

    Parameters
    ----------
    plan, draw, states, since, warm_up, horizon
        As for `engine.begin`.

    Returns
    -------
    callable
        ``make(kind, occurrences=()) -> Simulation`` (or a kind of it) at the beginning of the warm-up. Events are kept,
        since what an arm does may depend on what happened.
    """
    world, comings = comings_of(plan.world, draw, states, -warm_up, horizon)
    if world is not plan.world:
        plan = plan_clocks(world)
    start = with_absent(world, states, -warm_up)
    nothing = np.empty(0, np.int64)

    def make(kind: type[Simulation] = Simulation, occurrences: Sequence[Occurrence] = ()) -> Simulation:
        return kind(plan, draw, start, occurrences, nothing, horizon, now=-warm_up, since=since, comings=comings)

    return make
