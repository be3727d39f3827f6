"""Clocks: which Poisson processes ring for which transition, on which slots, how fast and under what name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulator.behaviour import SPONTANEOUS, Behaviour, ByColumn, Transition
from simulator.errors import Problem, SpecError
from simulator.kernel import EITHER, ONE_WAY, PERSON, RINGS, TWO_WAY, Clocks
from simulator.population import Population
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
    """A base clock: one transition, one layer, one segment of ties, one stratum of slots.

    Parameters
    ----------
    name : ClockName
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
        Row at which the clock's ties begin.
    slots : int64[n_slots], optional
        Which slots; None: all, in order.
    multipliers : float64[n_slots] or float64[2 * n_slots], optional
        Hazard over ceiling, in (0, 1], of each slot (`EITHER`: of both directions); None: all 1.
    """

    name: ClockName
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


def rates_for(behaviour: Behaviour, transition: Transition, population: Population) -> float | np.ndarray:
    """Return a transition's rate: a float, or float64[n_persons] where it differs by column.

    Raises
    ------
    SpecError
        If somebody has no value in the column, or a value that the rate does not name; the place is relative to the
        behaviours.
    """
    number = transition.rate
    if not isinstance(number, ByColumn):
        return float(number)
    codes, labels = population.columns[number.column].groups()
    unnamed = [label for code, label in enumerate(labels) if label not in number.values and np.any(codes == code)]
    missing = int(np.count_nonzero(codes < 0))
    if unnamed or missing:
        what = f"no value for {', '.join(unnamed[:5])}" if unnamed else f"{missing} people have no `{number.column}`"
        place = (behaviour.name, "transitions", transition.name, "rate")
        raise SpecError(Problem(f"by `{number.column}`: {what}", place, hint="name every category of the column"))
    table = np.array([number.values.get(label, 0.0) for label in labels])
    return table[codes]


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


def _clocks_on(
    base: Clock, rates: float | np.ndarray, weights: float | np.ndarray, ends: np.ndarray | None
) -> list[Clock]:
    """Make one clock per stratum from `base`; `ends` are int32[n_ties, 2], None for people."""
    if isinstance(rates, float) and isinstance(weights, float):
        hazard = rates * weights
        return [replace(base, ceiling=hazard)] if hazard > 0 and base.n_slots else []
    if ends is None:
        hazards = np.broadcast_to(rates, base.n_slots) * weights
    else:
        by_end = np.broadcast_to(rates, int(ends.max(initial=-1)) + 1) if isinstance(rates, float) else rates
        forwards = by_end[ends[:, 1]] * weights
        if base.kind == ONE_WAY:
            hazards = forwards
        else:
            both = np.stack([forwards, by_end[ends[:, 0]] * weights], axis=1)
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


def numbered_transitions(world: World) -> list[tuple[Behaviour, Transition]]:
    """Return every transition with its behaviour; positions are the numbers that the event log holds."""
    return [(behaviour, t) for behaviour in world.behaviours.values() for t in behaviour.transitions]


def spontaneous_clocks(world: World) -> list[Clock]:
    """Return the clocks of all spontaneous transitions: a slot is a person."""
    clocks: list[Clock] = []
    for number, (behaviour, transition) in enumerate(numbered_transitions(world)):
        if transition.law == SPONTANEOUS:
            base = _base_clock(world, number, behaviour, transition, "", "", PERSON, world.population.size)
            clocks += _clocks_on(base, rates_for(behaviour, transition, world.population), 1.0, None)
    return clocks


def tie_clocks(
    world: World,
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
        if transition.law == SPONTANEOUS or layer not in transition.layers:
            continue
        source = transition.source
        assert source is not None
        apart = source.behaviour == behaviour.name and not set(source.states) & set(transition.from_states)
        kind = ONE_WAY if directed else EITHER if apart else TWO_WAY
        n_slots = 2 * len(ties) if kind == TWO_WAY else len(ties)
        base = _base_clock(world, number, behaviour, transition, layer, segment, kind, n_slots, first_tie)
        rates = rates_for(behaviour, transition, world.population)
        clocks += _clocks_on(base, rates, transition.layers[layer] * weights, ties)
    return clocks


def _base_clock(
    world: World,
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
    sizes = [len(behaviour.states) for behaviour in world.behaviours.values()]
    return np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)


@dataclass(frozen=True)
class ActiveClock:
    """A clock that may ring now: a base clock or one of its excess levels, and the factor rows it reads."""

    clock: Clock
    level: int = 0
    susceptibility: int = -1
    influence: int = -1

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


def that_can_act(clocks: Sequence[Clock], counts: np.ndarray, first_state: np.ndarray) -> list[Clock]:
    """Return the clocks that could act before anybody intervenes again; the others may as well not ring.

    A clock can act if somebody is, or could come to be, in a state that it leaves, and, for `per_contact`, somebody in
    its source states.

    Parameters
    ----------
    clocks : sequence of Clock
    counts : int64[n_states]
        People in each state of each behaviour now.
    first_state : int64[n_behaviours + 1]
    """
    reached = [
        sum(1 << state for state in range(last - first) if counts[first + state])
        for first, last in zip(first_state[:-1].tolist(), first_state[1:].tolist(), strict=True)
    ]
    able: set[ClockName] = set()
    while True:
        found = [
            clock
            for clock in clocks
            if clock.name not in able
            and reached[clock.from_column] & clock.from_states
            and (clock.kind == PERSON or reached[clock.source_column] & clock.source_states)
        ]
        if not found:
            return [clock for clock in clocks if clock.name in able]
        for clock in found:
            reached[clock.from_column] |= 1 << clock.to_state
            able.add(clock.name)


def largest_product(
    clock: Clock, ties: np.ndarray, susceptibility: np.ndarray | None, influence: np.ndarray | None
) -> float:
    """Return the largest product of all factors on any slot of a clock, relative to its ceiling.

    Parameters
    ----------
    clock : Clock
    ties : int32[t, 2]
        The array that holds the clock's ties.
    susceptibility, influence : float64[n_persons], optional
        Factors at the receiving and at the sending end; None: all 1.

    Returns
    -------
    float
        1 or less: the base clock alone will do.
    """
    loose = np.prod([factors.max(initial=0.0) for factors in (susceptibility, influence) if factors is not None])
    if loose <= 1:
        return float(loose)
    slots = np.arange(clock.n_slots) if clock.slots is None else clock.slots
    ends: list[tuple[np.ndarray, np.ndarray]] = [(slots, slots)]
    if clock.kind == TWO_WAY:
        pairs, backwards = ties[clock.first_tie + (slots >> 1)], slots & 1
        rows = np.arange(slots.size)
        ends = [(pairs[rows, 1 - backwards], pairs[rows, backwards])]
    elif clock.kind != PERSON:
        pairs = ties[clock.first_tie + slots]
        ends = [(pairs[:, 1], pairs[:, 0]), (pairs[:, 0], pairs[:, 1])][: 2 if clock.kind == EITHER else 1]
    most = 0.0
    for way, (receivers, senders) in enumerate(ends):
        product = np.ones(slots.size) if clock.multipliers is None else clock.multipliers[way :: len(ends)].copy()
        if susceptibility is not None:
            product *= susceptibility[receivers]
        if influence is not None:
            product *= influence[senders]
        most = max(most, float(product.max(initial=0.0)))
    return most


def levels_for(most: float) -> range:
    """Return the levels that ring while the largest product of factors is `most`: level l from 2**(l - 1) on."""
    level = 0
    while level <= MOST_LEVEL and most > 2.0**level:
        level += 1
    return range(level + 1)


def table_of(active: Sequence[ActiveClock], keys: Sequence[int]) -> tuple[Clocks, np.ndarray, np.ndarray]:
    """Lay clocks, sorted by name, out as the kernel reads them.

    Returns
    -------
    clocks : Clocks
    lists : int64[…]
    multipliers : float64[…]
    """
    lists: list[np.ndarray] = []
    multipliers: list[np.ndarray] = []
    listed: dict[int, int] = {}
    scaled: dict[int, int] = {}
    for entry in active:
        clock = entry.clock
        if clock.slots is not None and id(clock.slots) not in listed:
            listed[id(clock.slots)] = sum(part.size for part in lists)
            lists.append(clock.slots)
        if clock.multipliers is not None and id(clock.multipliers) not in scaled:
            scaled[id(clock.multipliers)] = sum(part.size for part in multipliers)
            multipliers.append(clock.multipliers)

    def column(values: Iterable[int], kind: type = np.int64) -> np.ndarray:
        return np.array(list(values), dtype=kind)

    shifts = [slab_shift(entry.rate) for entry in active]
    tables = [poisson_table(entry.rate * 2.0**-shift) for entry, shift in zip(active, shifts, strict=True)]
    bases = [entry.clock for entry in active]
    clocks = Clocks(
        key=column(keys, np.uint64),
        table=np.array(tables, np.uint64).reshape(len(active), RINGS),
        shift=column(shifts),
        n_slots=column((c.n_slots for c in bases), np.uint64),
        kind=column(c.kind for c in bases),
        added=column(c.added for c in bases),
        first_tie=column(c.first_tie for c in bases),
        listed=column(-1 if c.slots is None else listed[id(c.slots)] for c in bases),
        scaled=column(-1 if c.multipliers is None else scaled[id(c.multipliers)] for c in bases),
        from_column=column(c.from_column for c in bases),
        from_states=column((c.from_states for c in bases), np.uint64),
        to_state=column(c.to_state for c in bases),
        source_column=column(c.source_column for c in bases),
        source_states=column((c.source_states for c in bases), np.uint64),
        either=column((c.kind == EITHER for c in bases), np.uint64),
        susceptibility=column(entry.susceptibility for entry in active),
        influence=column(entry.influence for entry in active),
        level=column(entry.level for entry in active),
        always=column(
            entry.level == 0 and entry.susceptibility < 0 and entry.influence < 0 and entry.clock.multipliers is None
            for entry in active
        ),
        cause=column(c.number for c in bases),
    )
    no_lists, no_multipliers = np.empty(0, np.int64), np.empty(0, np.float64)
    return (
        clocks,
        np.concatenate(lists) if lists else no_lists,
        np.concatenate(multipliers) if multipliers else no_multipliers,
    )
