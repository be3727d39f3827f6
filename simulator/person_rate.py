"""The rate of one person in a situation that is spelled out: who they are, whom they know, how long they are there.

The same law that the clocks carry out, for somebody who need not be in any town: plans give examples with it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulator.behaviour import (
    GROUP,
    PER_CONTACT,
    SPONTANEOUS,
    Behaviour,
    ByColumn,
    ByState,
    HazardRatio,
    PersonNumber,
    Response,
    Transition,
)
from simulator.conditions import Condition
from simulator.hazards import hazard_ratios, series_at
from simulator.population import Column
from simulator.units import to_ticks

Values = Mapping[str, float | str]
"""What columns say of somebody; a column that is left out is missing."""

ROUNDING = 1e-9
"""By how much a sum of weights may fall short of a threshold that it should reach."""


@dataclass(frozen=True)
class Contact:
    """Somebody whom a person meets, in a layer or in their group.

    Parameters
    ----------
    states : mapping of str to str
        By behaviour.
    columns : mapping of str to float or str
    layer : str
        Where they are met; empty for the others in a group.
    weight : float
        Of the tie.
    """

    states: Mapping[str, str]
    columns: Values = field(default_factory=dict)
    layer: str = ""
    weight: float = 1.0


@dataclass(frozen=True)
class Person:
    """Somebody, as far as rates may depend on them.

    Parameters
    ----------
    states : mapping of str to str
        Their own, by behaviour.
    columns : mapping of str to float or str
        As they are at the time that is asked about.
    contacts : tuple of Contact
    group : tuple of Contact
        The others with the same value of the column that `group` reads.
    there_for : float
        Time units since they entered the state that they would leave.
    """

    states: Mapping[str, str]
    columns: Values = field(default_factory=dict)
    contacts: tuple[Contact, ...] = ()
    group: tuple[Contact, ...] = ()
    there_for: float = 0.0


def rate_for(behaviour: Behaviour, transition: Transition, person: Person, time: float = 0.0) -> float:
    """Return the hazard with which a person makes a transition.

    Parameters
    ----------
    behaviour : Behaviour
        The one that the transition belongs to.
    transition : Transition
    person : Person
    time : float
        In the scenario's unit, for series.

    Returns
    -------
    float
        Per time unit: rate x susceptibility x g(time in state) x series x exposure; 0 for people whom the transition
        does not concern.
    """
    if person.states[behaviour.name] not in transition.from_states or not satisfies(transition.where, person):
        return 0.0
    numbers = (transition.rate, *transition.susceptibility)
    rate = math.prod(_number(number, person.states, person.columns) for number in numbers)
    if transition.time_in_state:
        rate *= _step(transition.time_in_state, person.there_for)
    rate *= math.prod(series_at(series, to_ticks(time)) for series in transition.series)
    return rate * exposure_of(transition, person)


def exposure_of(transition: Transition, person: Person) -> float:
    """Return what a person's contacts add up to under the transition's law; 1 for `spontaneous`."""
    if transition.law == SPONTANEOUS:
        return 1.0
    if transition.law == GROUP:
        assert transition.group is not None
        where = transition.group.where
        others = [one for one in person.group if satisfies(where, Person(one.states, one.columns))]
        return sum(_counted(transition, one) for one in others) / len(others) if others else 0.0
    met = [
        (one, one.weight * transition.layers[one.layer]) for one in person.contacts if one.layer in transition.layers
    ]
    total = sum(weight * _counted(transition, one) for one, weight in met)
    if transition.law == PER_CONTACT:
        return total
    all_of_them = sum(weight for _, weight in met)
    share = total / all_of_them if all_of_them else 0.0
    if transition.response is None:
        return share
    return response_to(transition.response, share if transition.response.reads == "share" else total, person.columns)


def response_to(response: Response, read: float, columns: Values) -> float:
    """Return the factor that a `response` makes of a count or a share.

    Parameters
    ----------
    response : Response
    read : float
        The count or share.
    columns : mapping of str to float or str
        Of the person, one of which may hold their threshold; without it they never act.
    """
    if response.threshold is not None:
        given = response.threshold
        threshold = columns.get(given, math.inf) if isinstance(given, str) else given
        return float(read + ROUNDING >= float(threshold))
    if response.shape == "step":
        return _step(response.table, read + ROUNDING)
    xs, factors = zip(*response.table, strict=True)
    return float(np.interp(read, xs, factors))


def satisfies(condition: Condition | None, person: Person) -> bool:
    """Say whether somebody satisfies a condition on columns and on their own states now."""
    if condition is None:
        return True

    of_words = {each.name for each in condition.comparisons if any(isinstance(value, str) for value in each.values)}

    def column(name: str) -> Column:
        value = person.columns.get(name)
        if isinstance(value, str):
            return Column(name, np.zeros(1, np.int32), (value,))
        if value is None and name in of_words:
            return Column(name, np.full(1, -1, np.int32), ())
        return Column(name, np.array([math.nan if value is None else value]))

    def state(name: str) -> tuple[np.ndarray, tuple[str, ...]] | None:
        return (np.zeros(1, np.uint8), (person.states[name],)) if name in person.states else None

    return bool(condition.mask(1, column, state)[0])


def _number(number: PersonNumber, states: Mapping[str, str], columns: Values) -> float:
    if isinstance(number, ByState):
        return number.values[states[number.behaviour]]
    if isinstance(number, ByColumn):
        value = columns[number.column]
        return number.values[value if isinstance(value, str) else f"{value:.15g}"]
    if isinstance(number, HazardRatio):
        return float(hazard_ratios(number, np.array([columns[number.column]], np.float64))[0])
    return number


def _counted(transition: Transition, contact: Contact) -> float:
    """Return what one contact counts for: their state's weight times their influence."""
    source = transition.source
    assert source is not None
    weights = source.weights or (1.0,) * len(source.states)
    weight = dict(zip(source.states, weights, strict=True)).get(contact.states.get(source.behaviour, ""), 0.0)
    if not weight:
        return 0.0
    return weight * math.prod(_number(number, contact.states, contact.columns) for number in transition.influence)


def _step(points: Sequence[tuple[float, float]], at: float) -> float:
    """Return the factor of the last point at or before `at`; the first one's before all."""
    return next((factor for x, factor in reversed(points) if x <= at), points[0][1])
