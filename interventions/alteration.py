"""Alteration of the network: finding the other end of new ties."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.pairs import holds, is_first, pair_keys, pairs_of
from interventions.similar import find_similar_ties

if TYPE_CHECKING:
    from interventions.specs import NewTies
    from simulator.streams import Draw
    from simulator.world import Situation

TRIES = 64
"""Random people tried for one new tie before all people are gone through."""


def new_ties(
    new: NewTies, situation: Situation, persons: np.ndarray, name: str, occasion: int | str
) -> tuple[np.ndarray, np.ndarray]:
    """Find the ties that people are given now.

    Parameters
    ----------
    new : NewTies
    situation : Situation
    persons : int32[k]
        Distinct, ascending.
    name : str
        The intervention.
    occasion : int or str

    Returns
    -------
    ties : int32[j, 2]
    given : int64[k]
        As `find_new_ties` gives them.
    """
    allowed, tied, draw = situation.mask(new.to), situation.tied_in(new.layer), situation.draw
    if new.pairing == "similar":
        assert new.by is not None
        column = situation.world.population.columns[new.by].at(situation.tick)
        return find_similar_ties(persons, new.per_person, allowed, tied, column, draw, name, occasion)
    return find_new_ties(persons, new.per_person, allowed, tied, draw, name, occasion)


def find_new_ties(
    persons: np.ndarray,
    per_person: int,
    allowed: np.ndarray,
    tied: np.ndarray,
    draw: Draw,
    name: str,
    occasion: int | str | str,
) -> tuple[np.ndarray, np.ndarray]:
    """Give each person new ties to random people.

    1. Everybody gets a first new tie before anybody gets a second (k = 0, 1, …).
    2. In try t = 0 … 63, each person still without their k-th tie draws one of *all* people, by (name,
       occasion, person, k, t). The draw is accepted if that person is allowed, is not the person themself,
       and is not tied to them yet; where two people draw each other in one try, the lower-numbered person's
       draw stands.
    3. Whoever is still without goes through everybody who remains possible, in increasing order of person,
       and takes one of them by the keyed draw t = 64; or goes without.

    Drawing among all people, and by person, means that who is allowed in one arm moves nobody's luck in
    another.

    Parameters
    ----------
    persons : int32[k]
        Distinct, ascending.
    per_person : int
    allowed : bool[n_persons]
        Who may be at the other end.
    tied : int32[m, 2]
        Pairs that are joined in the layer already, in either order.
    draw : Draw
    name : str
        The intervention.
    occasion : int or str

    Returns
    -------
    ties : int32[j, 2]
        New pairs: distinct, sorted, smaller person first.
    given : int64[k]
        New ties that each of `persons` was given on their own account; below `per_person`: a shortfall.
    """
    from simulator.streams import scale

    n_persons = allowed.size
    given = np.zeros(persons.size, np.int64)
    new = np.empty(0, np.int64)
    if persons.size == 0 or not allowed.any():
        return pairs_of(new, n_persons), given
    before = pair_keys(tied[:, 0], tied[:, 1], n_persons)
    before = np.sort(before, kind="stable")  # quick, since a layer's ties come sorted
    candidates = np.flatnonzero(allowed)

    def words(waiting: np.ndarray, k: int, attempt: int) -> np.ndarray:
        return draw.words_at("new ties", name, occasion, indices=waiting, k=k, attempt=attempt)

    for k in range(per_person):
        waiting = np.arange(persons.size)
        for attempt in range(TRIES):
            if waiting.size == 0:
                break
            person = persons[waiting]
            other = scale(words(person, k, attempt), n_persons)
            fine = allowed[other] & (other != person)
            keys = pair_keys(person[fine], other[fine], n_persons)
            untied = ~holds(before, keys) & ~holds(new, keys) & is_first(keys)
            fine[fine] = untied
            new = np.sort(np.concatenate([new, keys[untied]]), kind="stable")
            given[waiting[fine]] += 1
            waiting = waiting[~fine]
        for i, word in zip(waiting, words(persons[waiting], k, TRIES), strict=True):
            key = _any_possible(int(persons[i]), int(word), candidates, before, new, n_persons)
            if key is not None:
                new = np.insert(new, np.searchsorted(new, key), key)
                given[i] += 1
    return pairs_of(new, n_persons), given


def _any_possible(
    person: int, word: int, candidates: np.ndarray, before: np.ndarray, new: np.ndarray, n_persons: int
) -> int | None:
    """Return the key of a tie to one of the candidates who are still possible; None if there are none."""
    keys = pair_keys(np.int64(person), candidates, n_persons)
    keys = keys[(candidates != person) & ~holds(before, keys) & ~holds(new, keys)]
    return int(keys[word * keys.size >> 64]) if keys.size else None
