"""How a strategy lays out its money: over its dates, and between the people whom it asks first and those they bring.

A budget buys as many people as it can, in the order of the ranking. A strategy that passes on would so spend all of it
on the people whom it asks first, and have nothing left for those whom they bring. So it is tried out, without a budget,
what a chain costs that begins with 1, 2, 4, … people; with a budget it begins with as few as spend `SPENT` of it on
average, where no chain may spend more than all. A strategy that acts on several dates has an equal part for each.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.units import from_ticks, to_ticks

if TYPE_CHECKING:
    from experiments.design import Trial
    from interventions.specs import Intervention
    from scenarios.loading import Scenario

TRIED = 5
"""Replicates in which chains are tried out."""

SPENT = 0.95
"""Share of its money that a chain shall spend: chains end by chance, and what is left over could have begun another."""


@dataclass(frozen=True)
class Outlay:
    """How a strategy lays out its money.

    Parameters
    ----------
    dates : int
        How many times it acts, as far as that is known beforehand.
    chain : tuple of (int, tuple of float)
        For a strategy that passes on: how many people it begins with, rising, and what it then costs in each of the
        replicates that were tried; empty for one that does not.
    """

    dates: int = 1
    chain: tuple[tuple[int, tuple[float, ...]], ...] = ()

    def cut(self, budget: float) -> dict[str, Any]:
        """Return the cut of the target, as a scenario writes it, that a budget leads to."""
        if self.chain:
            return {"number": self.first_people(budget)}
        return {"budget": budget / self.dates} if self.dates > 1 else {}

    def first_people(self, budget: float) -> int:
        """Return with how many people a chain begins so that it spends `SPENT` of a budget on average; at least one."""
        numbers = np.array([number for number, _ in self.chain], float)
        spent = np.array([np.minimum(costs, budget).mean() for _, costs in self.chain])
        return max(1, round(float(np.interp(SPENT * budget, np.maximum.accumulate(spent), numbers))))


def outlays_of(scenario: Scenario, most: float | None, jobs: int | None = None) -> dict[str, Outlay]:
    """Return how each arm of a scenario but the control lays out its money.

    Parameters
    ----------
    scenario : Scenario
        Whose arms have one intervention each, beside the background, and no budget.
    most : float or None
        The largest budget; None: any.
    jobs : int, optional
    """
    from experiments.design import design

    trial = design(scenario)
    arms = {name: members[-1] for name, members in trial.arms.items() if name != trial.control}
    found = {name: Outlay(dates_of(one, trial.horizon)) for name, one in arms.items()}
    chains = [name for name, one in arms.items() if one.chain is not None]
    for name, known in _chain_costs(trial, chains, most, jobs).items():
        found[name] = replace(found[name], chain=known)
    return found


def dates_of(intervention: Intervention, horizon: float) -> int:
    """Return on how many dates an intervention acts, as far as that is known beforehand; else 1."""
    if intervention.when is not None or intervention.phase is not None:
        return 1
    if intervention.every is None:
        return max(1, len(intervention.at))
    last = to_ticks(horizon) - 1  # at the horizon nothing acts any more
    if intervention.until is not None:
        last = min(last, to_ticks(intervention.until))
    left = last - to_ticks(min(intervention.at, default=0.0))
    repeats = max(0, math.ceil(from_ticks(left) / intervention.every))
    while repeats and to_ticks(repeats * intervention.every) > left:
        repeats -= 1
    return repeats + 1


def _chain_costs(
    trial: Trial, names: list[str], most: float | None, jobs: int | None
) -> Mapping[str, tuple[tuple[int, tuple[float, ...]], ...]]:
    """Try out what chains cost that begin with 1, 2, 4, … people, until they cost more than anybody will have."""
    from experiments.comparison.trying import try_out

    known: dict[str, list[tuple[int, tuple[float, ...]]]] = {name: [] for name in names}
    if not names:
        return {}
    everybody = trial.town(0).world.population.size
    replicates = range(min(TRIED, trial.scenario.spec.experiment.replicates))
    number = 1
    asked = list(names)
    while asked:
        arms = {
            name: [*background, replace(one, target=replace(one.target, share=None, number=number))]
            for name in asked
            for *background, one in [trial.arms[name]]
        }
        came_to = try_out(replace(trial, arms={trial.control: trial.arms[trial.control], **arms}), replicates, jobs)
        for name in asked:
            known[name].append((number, tuple(came_to[name].costs.tolist())))
        asked = [name for name in asked if number < everybody and (most is None or min(known[name][-1][1]) <= most)]
        number = min(2 * number, everybody)
    return {name: tuple(each) for name, each in known.items()}
