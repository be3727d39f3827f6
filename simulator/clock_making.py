"""Making clocks: from transitions, people and ties to Poisson processes with slots, ceilings and strata."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from simulator.behaviour import PER_CONTACT, Behaviour, Transition
from simulator.clocks import ANY_STATE, Clock, ClockName
from simulator.hazards import Hazard, bound_of, hazard_of
from simulator.kernel import EITHER, ONE_WAY, PERSON, TWO_WAY
from simulator.turnover import leaving
from simulator.world import World


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


def _mask(behaviour: Behaviour, states: Iterable[str]) -> int:
    return sum(1 << behaviour.code(state) for state in states)


def silenced(clock: Clock, ties: np.ndarray) -> Clock:
    """Return a clock of a layer's own ties that does nothing on some of them (int64[k], rows of the layer)."""
    slots = np.arange(clock.n_slots) if clock.slots is None else clock.slots
    multipliers = np.ones(clock.n_slots * (1 + (clock.kind == EITHER)))
    if clock.multipliers is not None:
        multipliers = clock.multipliers.copy()
    silent = np.isin(slots >> 1 if clock.kind == TWO_WAY else slots, ties)
    multipliers[np.repeat(silent, 2) if clock.kind == EITHER else silent] = 0.0
    return replace(clock, multipliers=multipliers)


def moved(clock: Clock, first_tie: int) -> Clock:
    """Return the clock with its ties beginning at another row."""
    return replace(clock, first_tie=first_tie)
