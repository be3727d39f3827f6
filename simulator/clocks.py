"""Clocks: which Poisson processes ring for which transition, on which slots, how fast and under what name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulator.behaviour import RESPONSE, SPONTANEOUS, Transition
from simulator.errors import Problem, SpecError
from simulator.hazards import Hazard
from simulator.kernel import EITHER, PERSON, RINGS, TWO_WAY
from simulator.world import World

MEAN_RINGS = 256
MOST_RATE = float(2**40)
"""Rings per time unit of one clock, at most: slabs are then no narrower than 2**-32 unit."""

ANY_STATE = 2**64 - 1
MOST_LEVEL = 10
"""Factors may multiply to at most 2**10 on one slot; beyond, an error, never a clip."""


class ClockName(NamedTuple):
    """What a clock is called: the order of equal places, and the key of its stream."""

    behaviour: str
    transition: str
    law: str
    layer: str = ""
    segment: str = ""
    stratum: int = 0
    level: int = 0


@dataclass(frozen=True)
class Clock:
    """A base clock: one transition, one layer, one segment of ties or people, one stratum of slots.

    Parameters
    ----------
    name : ClockName
    transition : Transition
    hazard : Hazard
        What the transition's rate depends on.
    ceiling : float
        Rate of every slot, per time unit: the largest hazard of its stratum.
    n_slots : int
    kind : int
        `PERSON`, `ONE_WAY`, `TWO_WAY` or `EITHER`.
    number : int
        The transition, counted over all behaviours.
    from_column, from_states, to_state, source_column, source_states : int
        Behaviour and states as the kernel reads them; sets of states are bit masks.
    added : bool
        Whether the ties are those of an added segment.
    first_tie : int
        Row at which the clock's ties begin; for people, the first person.
    slots : int64[n_slots], optional
        Which slots; None: all, in order.
    multipliers : float64[n_slots] or float64[2 * n_slots], optional
        Hazard over ceiling, in (0, 1], of each slot (`EITHER`: of both directions); None: all 1.
    leaving : bool
        Whether it takes people away, out of all behaviours.
    by_ends : bool
        Whether acceptance reads the numbers of both ends, in place of the slot's multiplier.
    excess : float
        How far above the ceiling people who enter may bring it.
    """

    name: ClockName
    transition: Transition = field(compare=False)
    hazard: Hazard = field(compare=False)
    ceiling: float
    n_slots: int
    kind: int
    number: int
    from_column: int
    from_states: int
    to_state: int
    source_column: int
    source_states: int
    added: bool = False
    first_tie: int = 0
    slots: np.ndarray | None = field(default=None, compare=False)
    multipliers: np.ndarray | None = field(default=None, compare=False)
    leaving: bool = False
    by_ends: bool = False
    excess: float = 1.0

    @property
    def rate(self) -> float:
        """Rings per time unit, over all slots."""
        return self.ceiling * self.n_slots


def slab_shift(rate: float) -> int:
    """Return s such that slabs of 2**-s unit (at most 1) hold at most 256 rings on average."""
    shift = 0
    while rate > MEAN_RINGS:
        rate /= 2
        shift += 1
    return shift


@lru_cache(maxsize=4096)
def poisson_table(mean: float) -> np.ndarray:
    """Thresholds that turn a uniform 64-bit word into a Poisson count: how many thresholds are at or below it.

    The table starts at the mode with 1, recurs both ways with products and quotients, cumulates and normalises; no
    exponential is taken, so that every processor makes the same table.

    Parameters
    ----------
    mean : float
        At most 256.

    Returns
    -------
    uint64[RINGS]
        Padded with the largest word.
    """
    mode = int(mean)
    above = [1.0]
    while above[-1] > 2.0**-80 and mode + len(above) < RINGS:
        above.append(above[-1] * mean / (mode + len(above)))
    below: list[float] = []
    p = 1.0
    for k in range(mode, 0, -1):
        p = p * k / mean
        below.append(p)
    weights = below[::-1] + above
    cumulated, total = [], 0.0
    for weight in weights:
        total += weight
        cumulated.append(total)
    largest = 2**64 - 1
    table = np.full(RINGS, largest, np.uint64)
    for k, value in enumerate(cumulated[: RINGS - 1]):
        table[k] = min(int(value / total * 2.0**64), largest)
    table.setflags(write=False)
    return table


def check_rates(clocks: Iterable[Clock | ActiveClock]) -> None:
    """Refuse clocks that would ring absurdly often.

    Raises
    ------
    SpecError
        Places are relative to the behaviours.
    """
    problems = [
        Problem(
            f"{clock.rate:.3g} events per time unit",
            (clock.name.behaviour, "transitions", clock.name.transition, "rate"),
            hint="is the unit of the rate right?",
        )
        for clock in clocks
        if clock.rate > MOST_RATE
    ]
    if problems:
        raise SpecError(problems)


def first_states(world: World) -> np.ndarray:
    """Return int64[n_behaviours + 1]: where each behaviour's states begin when all states are numbered through."""
    return np.concatenate([[0], np.cumsum(world.n_codes, dtype=np.int64)]).astype(np.int64)


@dataclass(frozen=True)
class ActiveClock:
    """A clock that may ring now: a base clock or one of its excess levels, and the factor rows it reads."""

    clock: Clock
    level: int = 0
    susceptibility: int = -1
    influence: int = -1
    now: float = 1.0
    counted: float = 1.0

    @property
    def name(self) -> ClockName:
        """The base clock's name with the level."""
        return self.clock.name._replace(level=self.level)

    @property
    def rate(self) -> float:
        """Rings per time unit: the base rate, and 2**(level - 1) of it for an excess level."""
        return self.clock.rate * 2.0 ** max(self.level - 1, 0)


def that_can_act(
    clocks: Sequence[Clock], counts: np.ndarray, first_state: np.ndarray, entering: np.ndarray
) -> list[Clock]:
    """Return the clocks that could act before anybody intervenes again; the others may as well not ring.

    A clock can act if somebody is, or could come to be, in a state that it leaves, and, for `per_contact`, somebody in
    its source states.

    Parameters
    ----------
    clocks : sequence of Clock
    counts : int64[n_states]
        People in each state of each behaviour now.
    first_state : int64[n_behaviours + 1]
    entering : uint8[k, n_behaviours]
        States in which people may yet enter.
    """
    reached = [
        sum(1 << state for state in range(last - first) if counts[first + state])
        for first, last in zip(first_state[:-1].tolist(), first_state[1:].tolist(), strict=True)
    ]
    for column, states in enumerate(entering.T):
        for state in np.unique(states).tolist():
            reached[column] |= 1 << state
    able: set[ClockName] = set()
    while True:
        found = [
            clock
            for clock in clocks
            if clock.name not in able
            and reached[clock.from_column] & clock.from_states
            and (not _needs_contacts(clock) or reached[clock.source_column] & clock.source_states)
        ]
        if not found:
            return [clock for clock in clocks if clock.name in able]
        for clock in found:
            reached[clock.from_column] |= 1 << clock.to_state
            able.add(clock.name)


def _needs_contacts(clock: Clock) -> bool:
    """Say whether a clock acts only because of somebody in its source states."""
    if clock.transition.law != RESPONSE:
        return clock.transition.law != SPONTANEOUS
    response = clock.transition.response
    return response is not None and bool(response.table) and response.table[0][1] == 0


def largest_product(
    clock: Clock, ties: np.ndarray, now: float, susceptibility: np.ndarray | None, influence: np.ndarray | None
) -> float:
    """Return the largest product of all factors on any slot of a clock, relative to its ceiling; or a little more.

    Parameters
    ----------
    clock : Clock
    ties : int32[t, 2]
        The array that holds the clock's ties.
    now : float
        Factor of the time.
    susceptibility, influence : float64[n_persons], optional
        Factors at the receiving and at the sending end; None: all 1.

    Returns
    -------
    float
        1 or less: the base clock alone will do. Where the sending end is drawn, the largest influence of all stands
        for it; on ties of people who have yet to enter, the largest of all stand for both ends.
    """
    loose = (
        now
        * clock.excess
        * math.prod(float(factors.max(initial=0.0)) for factors in (susceptibility, influence) if factors is not None)
    )
    if loose <= 1 or clock.excess > 1 or clock.by_ends or (susceptibility is None and influence is None):
        return loose
    slots = np.arange(clock.n_slots) if clock.slots is None else clock.slots
    ends: list[tuple[np.ndarray, np.ndarray]] = [(clock.first_tie + slots, clock.first_tie + slots)]
    if clock.kind == TWO_WAY:
        pairs, backwards = ties[clock.first_tie + (slots >> 1)], slots & 1
        rows = np.arange(slots.size)
        ends = [(pairs[rows, 1 - backwards], pairs[rows, backwards])]
    elif clock.kind != PERSON:
        pairs = ties[clock.first_tie + slots]
        ends = [(pairs[:, 1], pairs[:, 0]), (pairs[:, 0], pairs[:, 1])][: 2 if clock.kind == EITHER else 1]
    most = 0.0
    for way, (receivers, senders) in enumerate(ends):
        product = np.full(slots.size, now) if clock.multipliers is None else now * clock.multipliers[way :: len(ends)]
        if susceptibility is not None:
            product *= susceptibility[receivers]
        if influence is not None:
            product *= influence[senders] if clock.kind != PERSON else influence.max(initial=0.0)
        most = max(most, float(product.max(initial=0.0)))
    return most


def levels_for(most: float) -> range:
    """Return the levels that ring while the largest product of factors is `most`: level l from 2**(l - 1) on."""
    level = 0
    while level <= MOST_LEVEL and most > 2.0**level:
        level += 1
    return range(level + 1)
