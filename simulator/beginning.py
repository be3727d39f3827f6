"""How a replicate begins: who is there in which states, who comes and goes, and the time before 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.clock_plan import ClockPlan, plan_clocks
from simulator.engine import Simulation
from simulator.kernel_arrays import Comings
from simulator.streams import Draw
from simulator.turnover import comings_of, with_absent
from simulator.world import Occurrence


@dataclass(frozen=True, eq=False)
class Beginning:
    """What all arms of a replicate share at time 0.

    Parameters
    ----------
    plan : ClockPlan
    draw : Draw
        The replicate's luck.
    start : uint8[n_persons, n_behaviours]
    since : int64[n_persons, n_behaviours], optional
    comings : Comings
    entrant_ties : int32[k, 2], optional
    before : Simulation, optional
        The time before 0, at time 0: every arm goes on with what is active in it.
    """

    plan: ClockPlan
    draw: Draw
    start: np.ndarray
    since: np.ndarray | None
    comings: Comings
    entrant_ties: np.ndarray | None = None
    before: Simulation | None = None

    def simulation(
        self, occurrences: Sequence[Occurrence], observe_at: np.ndarray, horizon: int, *, keep_senders: bool = False
    ) -> Simulation:
        """Return one arm, at time 0; the event log says from whom if `keep_senders`."""
        if self.before is not None:
            return self.before.go_on(occurrences, observe_at, horizon, keep_senders=keep_senders)
        return Simulation(
            self.plan, self.draw, self.start, occurrences, observe_at, horizon, since=self.since,
            comings=self.comings, entrant_ties=self.entrant_ties, keep_senders=keep_senders,
        )  # fmt: skip


def begin(
    plan: ClockPlan,
    draw: Draw,
    states: np.ndarray,
    since: np.ndarray | None,
    warm_up: int,
    horizon: int,
    background: Sequence[Occurrence] = (),
) -> Beginning:
    """Let people come and go, and run the time before 0, which is the same in every arm.

    Parameters
    ----------
    plan : ClockPlan
    draw : Draw
        Of scope "replicate".
    states : uint8[n_persons, n_behaviours]
        In which people begin, or, if they are not there yet, enter.
    since : int64[n_persons, n_behaviours], optional
        Tick at which people entered them; default: the beginning.
    warm_up, horizon : int
        Ticks.
    background : sequence of Occurrence
        What is done in every arm. What is dated before 0 acts here, and what is active at time 0 stays so; the rest is
        for the arms to do.
    """
    world, comings = comings_of(plan.world, draw, states, -warm_up, horizon)
    if world is not plan.world:  # columns that age are, of people who enter, this replicate's own
        plan = plan_clocks(world)
    start = with_absent(world, states, -warm_up)
    if not warm_up:
        return Beginning(plan, draw, start, since, comings)
    nothing = np.empty(0, np.int64)
    early = [occurrence for occurrence in background if occurrence.tick < 0]
    before = Simulation(plan, draw, start, early, nothing, horizon, False, now=-warm_up, since=since, comings=comings)
    before.advance(0, act=False)  # what acts, or ends, at 0 does so in every arm
    return Beginning(plan, draw, before.states.copy(), before.entered_at(), comings, before.entrants_tied(), before)
