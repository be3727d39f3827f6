"""Clocks: which Poisson processes ring for which transition, on which slots, how fast and under what name."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulator.behaviour import PER_CONTACT, RESPONSE, SPONTANEOUS, Behaviour, Transition
from simulator.errors import Problem, SpecError
from simulator.hazards import Hazard, bound_of, hazard_of
from simulator.kernel import EITHER, ONE_WAY, PERSON, RINGS, TWO_WAY
from simulator.turnover import leaving
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


def _mask(behaviour: Behaviour, states: Iterable[str]) -> int:
    return sum(1 << behaviour.code(state) for state in states)


def _strata(hazards: np.ndarray) -> list[tuple[int, float, np.ndarray | None, np.ndarray]]:
    """Split slots by powers of two of their hazard below the largest: (stratum, ceiling, slots, multipliers)."""
    largest = float(hazards.max(initial=0.0))
    if largest <= 0:
        return []
    fraction, exponent = np.frexp(hazards / largest)
    stratum = np.where(fraction == 0.5, 1 - exponent, -exponent)
    stratum = np.where(hazards > 0, stratum, -1)
    found = [int(s) for s in np.unique(stratum) if s >= 0]
    split = []
    for s in found:
        slots = np.flatnonzero(stratum == s) if len(found) > 1 or np.any(stratum < 0) else None
        chosen = hazards if slots is None else hazards[slots]
        ceiling = largest * 2.0**-s
        split.append((s, ceiling, slots, chosen / ceiling))
    return split


def _clocks_on(base: Clock, weights: float | np.ndarray, ends: np.ndarray | None) -> list[Clock]:
    """Make one clock per stratum from `base`; `ends` are int32[n_ties, 2], None for people."""
    hazard = base.hazard
    receiving, sending = hazard.receiving, 1.0 if ends is None else hazard.sending
    weights = weights * hazard.largest
    if isinstance(receiving, float) and isinstance(sending, float) and isinstance(weights, float):
        ceiling = receiving * weights * sending
        return [replace(base, ceiling=ceiling)] if ceiling > 0 and base.n_slots else []
    if ends is None:
        people = slice(base.first_tie, base.first_tie + base.n_slots)
        hazards = (
            receiving[people] if isinstance(receiving, np.ndarray) else np.full(base.n_slots, receiving)
        ) * weights
    else:
        forwards = _along(receiving, sending, weights, ends[:, 1], ends[:, 0])
        if base.kind == ONE_WAY:
            hazards = forwards
        else:
            both = np.stack([forwards, _along(receiving, sending, weights, ends[:, 0], ends[:, 1])], axis=1)
            hazards = both.max(axis=1) if base.kind == EITHER else both.ravel()
    clocks = []
    for stratum, ceiling, slots, multipliers in _strata(hazards):
        if base.kind == EITHER:
            multipliers = ((both if slots is None else both[slots]) / ceiling).ravel()
        clocks.append(
            replace(
                base,
                name=base.name._replace(stratum=stratum),
                ceiling=ceiling,
                n_slots=hazards.size if slots is None else slots.size,
                slots=slots,
                multipliers=None if np.all(multipliers == 1.0) else multipliers,
            )
        )
    return clocks


def _along(
    receiving: float | np.ndarray,
    sending: float | np.ndarray,
    weights: float | np.ndarray,
    receivers: np.ndarray,
    senders: np.ndarray,
) -> np.ndarray:
    """Return float64[n_ties]: the hazard of each tie in one direction."""
    at_end = receiving[receivers] if isinstance(receiving, np.ndarray) else np.full(receivers.size, receiving)
    return at_end * weights * (sending[senders] if isinstance(sending, np.ndarray) else sending)


def numbered_transitions(world: World) -> list[tuple[Behaviour, Transition]]:
    """Return every transition with its behaviour; positions are the numbers that the event log holds.

    Leaving, where people do at a rate, is the last, a transition of the first behaviour.
    """
    found = [(behaviour, t) for behaviour in world.behaviours.values() for t in behaviour.transitions]
    first = next(iter(world.behaviours.values()))
    leave = leaving(world.turnover, first)
    return found if leave is None else [*found, (first, leave)]


def hazards_of(world: World) -> tuple[Hazard, ...]:
    """Take the hazard of every transition apart, in the order of their numbers; see `hazards.hazard_of`."""
    return tuple(hazard_of(world, behaviour, transition) for behaviour, transition in numbered_transitions(world))


def person_clocks(
    world: World, hazards: Sequence[Hazard], segment: str = "", first: int = 0, n_slots: int | None = None
) -> list[Clock]:
    """Return the clocks of all transitions in which a slot is a person: every law but `per_contact`.

    Parameters
    ----------
    world : World
    hazards : sequence of Hazard
    segment : str
        Name of a segment of places for people who enter; empty for everybody else.
    first : int
        First person.
    n_slots : int, optional
        How many people; default: all but those who enter at a rate.
    """
    clocks: list[Clock] = []
    size = world.population.residents if n_slots is None else n_slots
    for number, (behaviour, transition) in enumerate(numbered_transitions(world)):
        if transition.law != PER_CONTACT:
            base = _base_clock(world, hazards[number], number, behaviour, transition, "", segment, PERSON, size, first)
            if number == sum(len(each.transitions) for each in world.behaviours.values()):  # behind them all: leaving
                base = replace(base, name=base.name._replace(behaviour=""), leaving=True)
            clocks += _clocks_on(base, 1.0, None)
    return clocks


def entrants_tie_clocks(
    world: World, hazards: Sequence[Hazard], layer: str, segment: str, rows: np.ndarray
) -> list[Clock]:
    """Return the clocks of ties of people who enter, of whom the other ends are not known yet.

    Their ceiling is the largest hazard that any two residents could have; acceptance reads the numbers of both ends.

    Parameters
    ----------
    world : World
    hazards : sequence of Hazard
    layer : str
    segment : str
    rows : int64[k]
        Rows of the ties.
    """
    clocks: list[Clock] = []
    for number, (behaviour, transition) in enumerate(numbered_transitions(world)):
        if transition.law != PER_CONTACT or layer not in transition.layers:
            continue
        hazard, kind = hazards[number], _kind_of_ties(behaviour, transition)
        residents = world.population.residents
        (receiving, more), (sending, still_more) = (
            bound_of(numbers, residents) for numbers in (hazard.receiving, hazard.sending)
        )
        ceiling = receiving * (transition.layers[layer] * hazard.largest) * sending
        slots = rows if kind != TWO_WAY else np.stack([2 * rows, 2 * rows + 1], axis=1).ravel()
        if ceiling > 0:
            base = _base_clock(world, hazard, number, behaviour, transition, layer, segment, kind, slots.size)
            excess = base.excess * more * still_more
            clocks.append(replace(base, ceiling=ceiling, slots=slots, by_ends=True, excess=excess))
    return clocks


def _kind_of_ties(behaviour: Behaviour, transition: Transition) -> int:
    """Return what a slot of an undirected tie is."""
    source = transition.source
    assert source is not None
    apart = source.behaviour == behaviour.name and not set(source.states) & set(transition.from_states)
    return EITHER if apart else TWO_WAY


def tie_clocks(
    world: World,
    hazards: Sequence[Hazard],
    layer: str,
    ties: np.ndarray,
    *,
    directed: bool,
    weights: float | np.ndarray = 1.0,
    segment: str = "",
    first_tie: int = 0,
) -> list[Clock]:
    """Return the clocks of all `per_contact` transitions that read a layer, on these ties of it.

    An undirected tie is two slots, one for each direction; it is one where the contact's state and the state left are
    different states of the same behaviour, since then at most one direction can act.

    Parameters
    ----------
    world : World
    hazards : sequence of Hazard
        Of all transitions, as `hazards_of` gives them.
    layer : str
    ties : int32[n_ties, 2]
    directed : bool
        Column 0 influences column 1 only.
    weights : float or float64[n_ties]
    segment : str
        Name of the added segment; empty for the layer's own ties, whose rows are then those of the joint ties array.
    first_tie : int
        Row at which `ties` begin in the kernel's array.
    """
    clocks: list[Clock] = []
    for number, (behaviour, transition) in enumerate(numbered_transitions(world)):
        if transition.law != PER_CONTACT or layer not in transition.layers:
            continue
        kind = ONE_WAY if directed else _kind_of_ties(behaviour, transition)
        n_slots = 2 * len(ties) if kind == TWO_WAY else len(ties)
        base = _base_clock(
            world, hazards[number], number, behaviour, transition, layer, segment, kind, n_slots, first_tie
        )
        clocks += _clocks_on(base, transition.layers[layer] * weights, ties)
    return clocks


def _base_clock(
    world: World,
    hazard: Hazard,
    number: int,
    behaviour: Behaviour,
    transition: Transition,
    layer: str,
    segment: str,
    kind: int,
    n_slots: int,
    first_tie: int = 0,
) -> Clock:
    source = transition.source
    return Clock(
        name=ClockName(behaviour.name, transition.name, transition.law, layer, segment),
        transition=transition,
        hazard=hazard,
        ceiling=0.0,
        n_slots=n_slots,
        kind=kind,
        number=number,
        from_column=world.column_of(behaviour.name),
        from_states=_mask(behaviour, transition.from_states),
        to_state=behaviour.code(transition.to_state),
        source_column=world.column_of(source.behaviour if source else behaviour.name),
        source_states=_mask(world.behaviours[source.behaviour], source.states) if source else ANY_STATE,
        added=bool(segment),
        first_tie=first_tie,
        excess=hazard.excess,
    )


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


def moved(clock: Clock, first_tie: int) -> Clock:
    """Return the clock with its ties beginning at another row."""
    return replace(clock, first_tie=first_tie)


def silenced(clock: Clock, ties: np.ndarray) -> Clock:
    """Return a clock of a layer's own ties that does nothing on some of them (int64[k], rows of the layer)."""
    slots = np.arange(clock.n_slots) if clock.slots is None else clock.slots
    multipliers = np.ones(clock.n_slots * (1 + (clock.kind == EITHER)))
    if clock.multipliers is not None:
        multipliers = clock.multipliers.copy()
    silent = np.isin(slots >> 1 if clock.kind == TWO_WAY else slots, ties)
    multipliers[np.repeat(silent, 2) if clock.kind == EITHER else silent] = 0.0
    return replace(clock, multipliers=multipliers)


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
        for it.
    """
    loose = (
        now
        * clock.excess
        * math.prod(float(factors.max(initial=0.0)) for factors in (susceptibility, influence) if factors is not None)
    )
    if loose <= 1 or clock.excess > 1 or (susceptibility is None and influence is None):
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
