"""Arms tried out in memory: what each came to, without a results folder."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulator.trajectory import FIRST_TREATED

if TYPE_CHECKING:
    from experiments.design import Trial


@dataclass(frozen=True)
class Came:
    """What one arm came to.

    Parameters
    ----------
    values : float64[n_replicates]
        The primary outcome, over everybody.
    costs : float64[n_replicates]
        Money spent.
    treated : float
        People treated (mean).
    """

    values: np.ndarray
    costs: np.ndarray
    treated: float

    @property
    def value(self) -> float:
        """The mean of the outcome."""
        return float(self.values.mean())

    @property
    def cost(self) -> float:
        """The mean of the money spent."""
        return float(self.costs.mean())

    @property
    def most(self) -> float:
        """Money spent in the replicate in which it was most."""
        return float(self.costs.max())


def try_out(trial: Trial, replicates: Sequence[int], jobs: int | None = None) -> dict[str, Came]:
    """Run all arms of some replicates, and return what each arm came to.

    Parameters
    ----------
    trial : Trial
    replicates : sequence of int
    jobs : int, optional
        Threads; default: all cores.
    """
    from experiments.execution import threads_for
    from experiments.replicate import run_arms
    from simulator.outcomes import read

    outcomes = trial.scenario.spec.outcomes
    measure = trial.measures[outcomes.primary or next(iter(trial.measures))]

    def one(replicate: int) -> dict[str, tuple[float, float, float]]:
        town = trial.town(replicate)
        everybody = np.ones(town.world.population.size, bool)
        return {
            name: (
                read(measure, town.world, trajectory).over(everybody).value,
                sum(line.cost for line in trajectory.ledger),
                sum(line.people for line in trajectory.ledger if line.action == FIRST_TREATED),
            )
            for name, trajectory in run_arms(trial, town, replicate).items()
        }

    with ThreadPoolExecutor(max_workers=threads_for(jobs)) as pool:
        rows = list(pool.map(one, replicates))
    found = {}
    for name in trial.arms:
        values, costs, treated = (np.array([row[name][k] for row in rows], float) for k in range(3))
        found[name] = Came(values, costs, float(treated.mean()))
    return found
