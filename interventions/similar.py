"""Alteration of the network: new ties to people who are alike in a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interventions.pairs import holds, is_first, pair_keys, pairs_of
from simulator.network import distinct

if TYPE_CHECKING:
    from simulator.population import Column
    from simulator.streams import Draw

TRIES = 16
"""Random people tried at one distance before all who are possible there are gone through."""


def find_similar_ties(
    persons: np.ndarray,
    per_person: int,
    allowed: np.ndarray,
    tied: np.ndarray,
    column: Column,
    draw: Draw,
    name: str,
    occasion: int | str | str,
) -> tuple[np.ndarray, np.ndarray]:
    """Give each person new ties to those who are most like them in a column.

    Of a column of categories: people of the same category, and nobody else. Of a column of numbers: people with the
    nearest value, however far that is. Somebody whose value is missing is like nobody.

    1. Everybody gets a first new tie before anybody gets a second (k = 0, 1, …).
    2. Each person looks at the nearest distance at which somebody is still possible: allowed, not the person themself,
       not tied to them yet. In each try t = 0, 1, … they draw one of *all* people who have a value that somebody
       allowed has at that distance, by (name, occasion, person, k, t), and accept whoever is possible; where two people
       draw each other in one try, the lower-numbered person's draw stands. After 16 tries at one distance they draw
       among those who are possible.
    3. Whoever has nobody possible left, at any distance, goes without.

    No table of all pairs is made: people are sorted by value, and each looks around from their own place.

    Parameters
    ----------
    persons : int32[k]
        Distinct, ascending.
    per_person : int
    allowed : bool[n_persons]
        Who may be at the other end.
    tied : int32[m, 2]
        Pairs that are joined in the layer already, in either order.
    column : Column
        As it is now.
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
    given = np.zeros(persons.size, np.int64)
    search = _Search.begin(persons, allowed, tied, column)
    for k in range(per_person):
        waiting = np.arange(persons.size)
        search.tries[:] = 0
        attempt = 0
        while (waiting := search.at_somebody_possible(waiting)).size:
            words = draw.words_at("similar ties", name, occasion, indices=persons[waiting], k=k, attempt=attempt)
            others = search.drawn(waiting, words)
            stands = search.tie(waiting, others)
            given[waiting[stands]] += 1
            waiting = waiting[~stands]
            attempt += 1
    return pairs_of(search.new, allowed.size), given


@dataclass(eq=False)
class _Shelves:
    """People in the order of their values, in rows for each value that somebody allowed has.

    Parameters
    ----------
    values : float64[n_shelves]
        Ascending.
    everybody, allowed : _Rows
        Who has that value; and who of them is allowed.
    place : int64[n_persons]
        Of each allowed person in ``allowed.persons``; -1: not allowed, or without a value.
    """

    values: np.ndarray
    everybody: _Rows
    allowed: _Rows
    place: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, allowed: np.ndarray) -> _Shelves:
        """Put people (values float64[n_persons], NaN: missing) on shelves."""
        known = ~np.isnan(values)
        of_allowed = distinct(values[known & allowed])
        shelf = np.full(values.size, -1)
        if of_allowed.size:
            at = np.minimum(np.searchsorted(of_allowed, values[known]), of_allowed.size - 1)
            shelf[known] = np.where(of_allowed[at] == values[known], at, -1)
        only_allowed = _Rows.of(np.where(allowed, shelf, -1), of_allowed.size)
        place = np.full(values.size, -1)
        place[only_allowed.persons] = np.arange(only_allowed.persons.size)
        return cls(of_allowed, _Rows.of(shelf, of_allowed.size), only_allowed, place)


@dataclass(eq=False)
class _Rows:
    """Members of shelf s at ``persons[starts[s]:starts[s + 1]]``, ascending."""

    persons: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, shelf: np.ndarray, n_shelves: int) -> _Rows:
        """Put people on their shelves (int64[n_persons]; -1: on none)."""
        persons = np.argsort(shelf, kind="stable")[np.count_nonzero(shelf < 0) :]
        starts = np.zeros(n_shelves + 1, np.int64)
        np.cumsum(np.bincount(shelf[persons], minlength=n_shelves), out=starts[1:])
        return cls(persons, starts)

    def ends(self, shelf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where some shelves begin and end; an empty one where it is -1."""
        first = self.starts[np.maximum(shelf, 0)]
        return first, np.where(shelf < 0, first, self.starts[shelf + 1])


@dataclass(eq=False)
class _Search:
    """How far each person has looked, and who is tied by now.

    Parameters
    ----------
    persons : int64[k]
    values : float64[k]
        NaN: missing.
    near : bool
        Whether people with other values are like them, too, if less so.
    allowed : bool[n_persons]
    shelves : _Shelves
    tied : int64[m]
        Pairs tied before, sorted; `new` those tied since.
    met : int64[j]
        Each one who looks with the place of each allowed person who is tied to them, or is themself, sorted;
        `met_since` the same of new ties.
    below, above : int64[k]
        The next shelves downwards and upwards that each has not looked at.
    one, two : int64[k]
        Shelves at the distance that each looks at now; -1: none.
    tries : int64[k]
        At that distance, so far.
    """

    persons: np.ndarray
    values: np.ndarray
    near: bool
    allowed: np.ndarray
    shelves: _Shelves
    tied: np.ndarray
    new: np.ndarray
    met: np.ndarray
    met_since: np.ndarray
    below: np.ndarray
    above: np.ndarray
    one: np.ndarray
    two: np.ndarray
    tries: np.ndarray

    @classmethod
    def begin(cls, persons: np.ndarray, allowed: np.ndarray, tied: np.ndarray, column: Column) -> _Search:
        """Let everybody stand before their own value."""
        values = column.values.astype(np.float64)
        if column.categories is not None:
            values[column.values < 0] = np.nan
        shelves = _Shelves.of(values, allowed)
        keys = distinct(pair_keys(tied[:, 0], tied[:, 1], allowed.size))  # both ways of a directed layer are one
        below = np.searchsorted(shelves.values, values[persons], side="right") - 1
        none, nowhere = np.empty(0, np.int64), np.full(persons.size, -1)
        search = cls(
            persons=persons.astype(np.int64),
            values=values[persons],
            near=column.categories is None,
            allowed=allowed,
            shelves=shelves,
            tied=keys,
            new=none,
            met=none,
            met_since=none,
            below=below,
            above=below + 1,
            one=nowhere,
            two=nowhere.copy(),
            tries=np.zeros(persons.size, np.int64),
        )
        one, other = np.divmod(keys, max(allowed.size, 1))
        search.met = search._meetings(np.append(one, persons), np.append(other, persons))
        search._look_further(np.arange(persons.size))
        return search

    def at_somebody_possible(self, waiting: np.ndarray) -> np.ndarray:
        """Let people look on until somebody is possible where they look; return those who found such a distance."""
        looking = waiting
        while looking.size:
            looking = looking[self.one[looking] >= 0]
            looking = looking[self._possible(looking, self.one) + self._possible(looking, self.two) == 0]
            self._look_further(looking)
        return waiting[self.one[waiting] >= 0]

    def drawn(self, waiting: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return whom each of those who wait draws: one of all at the distance or, late, one of those possible."""
        from simulator.streams import scale

        rows = self.shelves.everybody
        (first, end), (first_too, end_too) = rows.ends(self.one[waiting]), rows.ends(self.two[waiting])
        place = scale(words, end - first + end_too - first_too)
        beyond = place >= end - first
        others = rows.persons[place + np.where(beyond, first_too - (end - first), first)]
        late = self.tries[waiting] >= TRIES
        if late.any():
            others[late] = self._drawn_of_possible(waiting[late], words[late])
        return others

    def tie(self, waiting: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Tie those whose draw stands, and say which (bool)."""
        person = self.persons[waiting]
        keys = pair_keys(person, others, self.allowed.size)
        stands = self.allowed[others] & (others != person) & ~holds(self.tied, keys) & ~holds(self.new, keys)
        stands[stands] = is_first(keys[stands])
        self.new = np.sort(np.concatenate([self.new, keys[stands]]), kind="stable")
        meetings = self._meetings(person[stands], others[stands])
        self.met_since = np.sort(np.concatenate([self.met_since, meetings]), kind="stable")
        self.tries[waiting] += 1
        return stands

    def _look_further(self, some: np.ndarray) -> None:
        values, own = self.shelves.values, self.values[some]
        below, above = self.below[some], self.above[some]
        down = _distance(own, values, below, -1, self.near)
        up = _distance(own, values, above, 1, self.near)
        takes_below, takes_above = (down <= up) & (down < np.inf), (up <= down) & (up < np.inf)
        self.one[some] = np.where(takes_below, below, np.where(takes_above, above, -1))
        self.two[some] = np.where(takes_below & takes_above, above, -1)
        self.below[some] = below - takes_below
        self.above[some] = above + takes_above
        self.tries[some] = 0

    def _possible(self, some: np.ndarray, shelf: np.ndarray) -> np.ndarray:
        """Return how many people are possible on a shelf of each."""
        first, end = self.shelves.allowed.ends(shelf[some])
        return end - first - self._n_met(some, first, end)

    def _drawn_of_possible(self, some: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return one of the possible people of each, in the order of shelves and of people on them."""
        from simulator.streams import scale

        n_first, n_second = (self._possible(some, shelf) for shelf in (self.one, self.two))
        number = scale(words, n_first + n_second)
        beyond = number >= n_first
        first, _ = self.shelves.allowed.ends(np.where(beyond, self.two[some], self.one[some]))
        wanted = first + number - np.where(beyond, n_first, 0)
        place = wanted
        while True:  # further by as many as were passed and are not possible
            further = wanted + self._n_met(some, first, place + 1)
            if np.array_equal(further, place):
                return self.shelves.allowed.persons[place]
            place = further

    def _n_met(self, some: np.ndarray, first: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Return how many of those at some places (from `first` to before `end`) each one is tied to, or is."""
        own = self.persons[some] * self.allowed.size
        n_met = np.zeros(some.size, np.int64)
        for met in (self.met, self.met_since):
            n_met += np.searchsorted(met, own + end) - np.searchsorted(met, own + first)
        return n_met

    def _meetings(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return each one who looks with the place of each allowed person who is tied to them; both ends of ties."""
        looks = np.zeros(self.allowed.size, bool)
        looks[self.persons] = True
        found = [np.empty(0, np.int64)]
        for person, met in ((one, other), (other, one)):
            place = self.shelves.place[met]
            kept = (place >= 0) & looks[person]
            found.append(person[kept].astype(np.int64) * self.allowed.size + place[kept])
        return distinct(np.concatenate(found))


def _distance(own: np.ndarray, values: np.ndarray, shelf: np.ndarray, way: int, near: bool) -> np.ndarray:
    """Return how far a shelf is from each one's own value; infinite where there is none, or it is not to count."""
    there = (shelf >= 0) & (shelf < values.size) & ~np.isnan(own)
    distance = np.full(own.size, np.inf)
    distance[there] = way * (values[shelf[there]] - own[there])
    return distance if near else np.where(distance == 0, 0.0, np.inf)
