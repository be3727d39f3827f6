"""How long people stay: drop-out at a rate, and factors that fade by half-lives, without a logarithm or a power."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from interventions.uptake import number_for
from simulator.active import NEVER
from simulator.units import TICKS_PER_UNIT, to_ticks

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.streams import Draw
    from simulator.world import Situation

ROUNDS = 64
"""Rounds, and comparisons in a round, after which a draw would stop; the chance that one needs more is below 1e-27."""

STEPS = 8
"""Steps in which a factor loses half of its excess over 1."""

HALVINGS = 10
"""Half-lives after which a factor ends: what is left of it is below a thousandth."""


def leaves_of(
    intervention: Intervention, situation: Situation, persons: np.ndarray, occasion: int, wave: int = 0
) -> np.ndarray | None:
    """Draw when people drop out of an intervention that they accept now.

    Drawn by (intervention, occasion, person), so that who else accepts, and in which arm, moves nobody's date.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    persons : int32[k]
    occasion, wave : int

    Returns
    -------
    int64[k] or None
        Ticks; beyond the horizon: never. None where nobody ever drops out.
    """
    if intervention.drop_out == 0.0:
        return None
    rates = number_for(intervention.drop_out, persons, situation)
    name: tuple[str | int, ...] = ("drop out", intervention.name, occasion, *(("wave", wave) if wave else ()))
    times = exponentials(situation.draw, name, persons)
    ticks = np.full(persons.size, NEVER)
    left = (situation.horizon - situation.tick) / TICKS_PER_UNIT
    early = times < rates * left
    ticks[early] = situation.tick + np.rint(times[early] / rates[early] * TICKS_PER_UNIT).astype(np.int64)
    return ticks


def exponentials(draw: Draw, name: tuple[str | int, ...], persons: np.ndarray) -> np.ndarray:
    """Draw exponential times of mean 1 by comparing uniform words (von Neumann 1951), so that every CPU agrees.

    In a round, words are drawn as long as each is at most the one before; the first is kept as the time's fraction if
    their number, the one that rises included, is even, which has probability exp(-word). Each round that is not kept
    adds 1 to the time.

    Parameters
    ----------
    draw : Draw
    name : tuple of str and int
    persons : int32[k]

    Returns
    -------
    float64[k]
    """
    times = np.zeros(persons.size)
    waiting = np.arange(persons.size)
    for k in range(ROUNDS):
        if not waiting.size:
            break
        first = draw.words_at(*name, indices=persons[waiting], k=k)
        last, falling, even = first.copy(), np.arange(waiting.size), np.zeros(waiting.size, bool)
        for attempt in range(1, ROUNDS):
            if not falling.size:
                break
            words = draw.words_at(*name, indices=persons[waiting[falling]], k=k, attempt=attempt)
            rises = words > last[falling]
            even[falling[rises]] = attempt % 2 == 1  # `attempt` + 1 words were drawn
            last[falling] = words
            falling = falling[~rises]
        times[waiting[even]] = k + (first[even] >> np.uint64(11)) * 2.0**-53
        waiting = waiting[~even]
    return times


def fades_of(half_life: float | None, tick: int) -> tuple[tuple[int, float], ...]:
    """Return by what a factor that begins now is weakened, step by step: (tick, weight) of its excess over 1.

    The weight is that of the middle of each step, 2**-x, and 0 after ten half-lives.

    Parameters
    ----------
    half_life : float, optional
        In the scenario's unit; None: it does not fade.
    tick : int
        Now.
    """
    if half_life is None:
        return ()
    eighth = math.sqrt(math.sqrt(math.sqrt(0.5)))  # a square root is rounded alike on every CPU, a power is not
    weight, weights = math.sqrt(eighth), []
    for step in range(STEPS * HALVINGS):
        weights.append((tick + to_ticks(half_life * step / STEPS), weight))
        weight *= eighth
    return (*weights, (tick + to_ticks(half_life * HALVINGS), 0.0))
