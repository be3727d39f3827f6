"""What the entry points name: first lines of docstrings are help, keyword-only arguments are parameters."""

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from interventions.targeting import best_first
from simulator.behaviour import Source
from simulator.population import Column
from simulator.trajectory import Trajectory
from simulator.world import Situation, World

Share = Annotated[float, Field(ge=0, le=1)]


def rank_highest(situation: Situation, *, column: Column) -> np.ndarray:
    """People with the highest number in a column first.

    Parameters
    ----------
    situation : Situation
    column : Column
        A column of numbers.
    """
    return best_first(np.nan_to_num(column.values, nan=-np.inf), situation, "highest")


def households(n: int, key: int, *, size: Annotated[int, Field(ge=1)]) -> np.ndarray:
    """Households of equal size, in which everybody knows everybody.

    Parameters
    ----------
    n : int
    key : int
        Of the random stream; not needed here.
    size : int
        People in each household; the last may be smaller.
    """
    pairs = [
        (one, other)
        for first in range(0, n, size)
        for one in range(first, min(first + size, n))
        for other in range(one + 1, min(first + size, n))
    ]
    return np.array(pairs, np.int32).reshape(-1, 2)


def repeaters(
    world: World, trajectory: Trajectory, people: np.ndarray, *, states: Source, times: Annotated[int, Field(ge=1)] = 2
) -> float:
    """Share of people who enter the states at least so many times.

    Parameters
    ----------
    world : World
    trajectory : Trajectory
    people : bool[n_persons]
        Whom to count.
    states : Source
        States of one behaviour.
    times : int
        How many times, at least.
    """
    codes = tuple(world.behaviours[states.behaviour].code(state) for state in states.states)
    entries = trajectory.entries(world.column_of(states.behaviour), codes)
    return float((entries[people] >= times).mean())


def quit_leaders(*, column: str, share: Share = 0.1, at: float = 0.0) -> dict[str, Any]:
    """Those with the highest number in a column are helped to quit smoking.

    Parameters
    ----------
    column : str
        A column of numbers.
    share : float
        Share of the smokers who are helped.
    at : float
        When.
    """
    return {
        "kind": "champions",
        "target": {"where": "smoking == smoker", "rank": {"rule": "highest", "column": column}, "share": share},
        "at": at,
        "effect": {"set": {"smoking": "former"}},
    }
