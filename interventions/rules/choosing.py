"""What rules that choose people as sets share: their luck, what their choice depends on, and lazy greedy choice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from interventions.ranking import best_first
from simulator.streams import Draw

if TYPE_CHECKING:
    from interventions.ranking import Request
    from simulator.world import Situation


def town_luck(situation: Situation) -> Draw:
    """Return luck of the town, not of the replicate: a set that is chosen once is the same in all replicates."""
    return Draw(situation.draw.seed, "network", situation.world.number)


def asked_for(situation: Situation, request: Request) -> tuple[Any, ...]:
    """Return what a set depends on beside the network and the rule's parameters; part of a key of `scores.once`."""
    who = hashlib.blake2b(request.eligible.tobytes(), digest_size=16).digest()
    return situation.draw.seed, situation.world.number, who, request.places


def followed_by_others(chosen: np.ndarray, situation: Situation, request: Request, rule: str) -> np.ndarray:
    """Put behind the people who were chosen all other eligible ones, those with most contacts first.

    They are reached only where somebody who was chosen cannot be taken, or more people are wanted than a rule chooses.

    Parameters
    ----------
    chosen : int[k]
    situation : Situation
    request : Request
    rule : str
        Names the draw that breaks ties.

    Returns
    -------
    int32[n_eligible]
    """
    others = request.eligible.copy()
    others[chosen] = False
    by_degree = best_first(situation.world.network.degree(), situation, rule)
    return np.concatenate([chosen, by_degree[others[by_degree]]]).astype(np.int32)


def lazily(
    gains: Callable[[np.ndarray], np.ndarray],
    take: Callable[[int], None],
    size: int,
    places: int,
    *,
    lazy: bool = True,
) -> list[int]:
    """Choose greedily: again and again whoever adds most; of equals, the earliest.

    Lazily, what somebody added before stands as a bound until it is their turn to be looked at again (Minoux 1978,
    doi:10.1007/BFb0006528; CELF, Leskovec et al. 2007, doi:10.1145/1281192.1281239). The choice is the same as without
    where nobody ever adds more to a larger set; elsewhere somebody may be overlooked.

    Parameters
    ----------
    gains : callable
        ``gains(which) -> number[k]``: what each of some candidates, int64[k], would add to those taken so far.
    take : callable
        Told whom was chosen.
    size : int
        Number of candidates.
    places : int
        How many to choose, at most.
    lazy : bool

    Returns
    -------
    list of int
        Candidates, in the order in which they were chosen.
    """
    everybody = np.arange(size)
    bounds = np.asarray(gains(everybody), np.float64).copy() if size and places > 0 else np.empty(0)
    looked = np.zeros(size, np.int64)  # in which round
    chosen: list[int] = []
    while len(chosen) < min(places, size):
        if not lazy and chosen:
            left = everybody[bounds > -np.inf]
            bounds[left], looked[left] = gains(left), len(chosen)
        best = int(np.argmax(bounds))
        if looked[best] < len(chosen):
            bounds[best], looked[best] = gains(np.array([best]))[0], len(chosen)
            continue
        chosen.append(best)
        take(best)
        bounds[best] = -np.inf
    return chosen
