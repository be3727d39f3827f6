"""A trial as it will be run: arms, towns, outcomes and observation times, made from a scenario once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from scenarios import build
from simulator.engine import ClockPlan, plan_clocks
from simulator.errors import Problem, SpecError, allowed_words, words_of
from simulator.outcomes import Measure
from simulator.streams import Draw
from simulator.units import to_ticks

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from scenarios.loading import Scenario

TOWNS_KEPT = 4
"""Networks held in memory at once; replicates are run network by network."""


@dataclass(frozen=True)
class Trial:
    """What every replicate of a trial shares.

    Parameters
    ----------
    scenario : Scenario
    control : str
        The comparator's arm.
    arms : mapping of str to list of Intervention
        The arms to run, the control among them.
    measures : mapping of str to Measure
        Outcomes.
    times : float64[n_times]
        Observation times, in the scenario's unit.
    horizon : float
    networks : int
        How many networks and populations are generated.
    seed : int
    curves_by : tuple of str
        Columns by which curves are also kept.
    """

    scenario: Scenario
    control: str
    arms: Mapping[str, Sequence[Intervention]]
    measures: Mapping[str, Measure]
    times: np.ndarray
    horizon: float
    networks: int
    seed: int
    curves_by: tuple[str, ...]
    _towns: OrderedDict[int, ClockPlan] = field(default_factory=OrderedDict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def horizon_tick(self) -> int:
        """The horizon, in ticks."""
        return to_ticks(self.horizon)

    @property
    def observe_at(self) -> np.ndarray:
        """Return int64[n_times]: the observation times, in ticks."""
        return np.array([to_ticks(float(time)) for time in self.times], np.int64)

    def town(self, replicate: int) -> ClockPlan:
        """Return the town in which a replicate takes place, made on first use and shared by threads."""
        number = replicate % self.networks
        with self._lock:
            if number not in self._towns:
                while len(self._towns) >= TOWNS_KEPT:
                    self._towns.popitem(last=False)
                self._towns[number] = plan_clocks(build.world_of(self.scenario, number))
            self._towns.move_to_end(number)
            return self._towns[number]

    def sharing_towns(self, other: Trial) -> Trial:
        """Return this trial with another's people and ties, which are the same, so that both make each town once."""
        return replace(self, _towns=other._towns, _lock=other._lock)

    def luck(self, replicate: int) -> Draw:
        """Return a replicate's source of random draws, the same in all arms."""
        return Draw(self.seed, "replicate", replicate)


def design(scenario: Scenario, arms: Sequence[str] | None = None) -> Trial:
    """Make the trial that a scenario describes.

    Parameters
    ----------
    scenario : Scenario
    arms : sequence of str, optional
        Run only these arms; the control always runs.

    Raises
    ------
    NotBuiltError
        If the scenario uses a key that is not built yet.
    SpecError
        If an arm is not one of the scenario's.
    """
    scenario.require_built()
    spec = scenario.spec
    known = build.arms_of(spec)
    arms = None if arms is None else words_of(arms, "arms", f'["{[*known][-1]}"]')
    unknown = [name for name in arms or () if name not in known]
    if unknown:
        raise SpecError(
            [Problem(f"there is no arm `{name}`", hint=allowed_words(name, list(known))) for name in unknown]
        )
    wanted = set(known if arms is None else arms) | {scenario.control}
    return Trial(
        scenario=scenario,
        control=scenario.control,
        arms={name: members for name, members in known.items() if name in wanted},
        measures=build.measures_of(spec),
        times=build.observation_times(spec),
        horizon=build.horizon_of(spec),
        networks=spec.experiment.networks,
        seed=spec.experiment.seed,
        curves_by=tuple(spec.experiment.curves_by),
    )
