"""Who accepts: chances by column, by state, and by how many contacts are in it already; and the keyed draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.specs import ByContacts
from simulator.behaviour import ByColumn, ByState, HazardRatio, PersonNumber
from simulator.hazards import hazard_ratios

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.world import Situation


def accept(
    intervention: Intervention,
    situation: Situation,
    offered: np.ndarray,
    occasion: int,
    *,
    wave: int = 0,
    uptake: PersonNumber | ByContacts | None = None,
) -> np.ndarray:
    """Return who of those offered an intervention accepts.

    Drawn by (intervention, occasion, person): the same people accept in every arm, whoever else is offered
    it, and everybody who accepts at a lower uptake also accepts at a higher one.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    offered : int32[k]
    occasion, wave : int
        Name the luck.
    uptake : PersonNumber or ByContacts, optional
        Instead of the intervention's own.

    Returns
    -------
    int32[j]
    """
    name = (intervention.name, occasion, *(("wave", wave) if wave else ()))
    words = situation.draw.words_at("uptake", *name, indices=offered)
    chance = chances(intervention.uptake if uptake is None else uptake, intervention.name, offered, situation)
    return offered[(words >> np.uint64(11)) * 2.0**-53 < chance]


def chances(uptake: PersonNumber | ByContacts, name: str, persons: np.ndarray, situation: Situation) -> np.ndarray:
    """Return float64[k]: the probability with which each of some people accepts now.

    Parameters
    ----------
    uptake : PersonNumber or ByContacts
    name : str
        The intervention.
    persons : int32[k]
    situation : Situation
    """
    if isinstance(uptake, ByContacts):
        return _by_contacts(uptake, name, persons, situation)
    return number_for(uptake, persons, situation)


def number_for(number: PersonNumber, persons: np.ndarray, situation: Situation) -> np.ndarray:
    """Return a number for each of some people, now.

    It is 1 for people whose category or value is missing or not named, and for people who are not there.

    Parameters
    ----------
    number : PersonNumber
    persons : int32[k]
    situation : Situation

    Returns
    -------
    float64[k]
    """
    world = situation.world
    if isinstance(number, ByState):
        states = world.behaviours[number.behaviour].states
        table = np.array([*(number.values[state] for state in states), 1.0])  # the last: who is not there
        return table[situation.states[persons, world.column_of(number.behaviour)]]
    if isinstance(number, HazardRatio):
        column = world.population.columns[number.column].at(situation.tick)
        return np.nan_to_num(hazard_ratios(number, column.values[persons]), nan=1.0)
    if not isinstance(number, ByColumn):
        return np.full(persons.size, float(number))
    codes, labels = world.population.columns[number.column].groups()
    values = np.array([*(number.values.get(label, 1.0) for label in labels), 1.0])
    return values[codes[persons]]  # code -1, missing, reads the last value


def _by_contacts(uptake: ByContacts, name: str, persons: np.ndarray, situation: Situation) -> np.ndarray:
    """Read the table at each person's number, or share, of distinct contacts who are in it."""
    world = situation.world
    if uptake.source is None:
        inside = (situation.past.members(name, situation.tick) & situation.present).astype(np.float64)
    else:
        behaviour = world.behaviours[uptake.source.behaviour]
        weight_of = np.zeros(256)
        weight_of[[behaviour.code(state) for state in uptake.source.states]] = uptake.source.weights or 1.0
        inside = weight_of[situation.states[:, world.column_of(uptake.source.behaviour)]]
    pairs = situation.network().pairs_in(uptake.layers)
    n_persons = world.population.size
    exposure = np.bincount(pairs[:, 0], inside[pairs[:, 1]], n_persons)
    exposure += np.bincount(pairs[:, 1], inside[pairs[:, 0]], n_persons)
    if uptake.reads == "share":
        there = situation.present.astype(np.float64)
        contacts = np.bincount(pairs[:, 0], there[pairs[:, 1]], n_persons)
        contacts += np.bincount(pairs[:, 1], there[pairs[:, 0]], n_persons)
        exposure = np.divide(exposure, contacts, out=np.zeros(n_persons), where=contacts > 0)
    at, shares = np.array(uptake.table).T
    if uptake.shape == "linear":
        return np.interp(exposure[persons], at, shares)
    return shares[np.maximum(np.searchsorted(at, exposure[persons], side="right") - 1, 0)]
