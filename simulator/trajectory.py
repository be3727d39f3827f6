"""A trajectory: what happened in one arm of one replicate, and what can be read from it person by person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

FIRST_TREATED = "treat for the first time"
"""What the ledger calls people who had not been treated in the arm before: they add up to people, not to treatments."""

BY_HAND = -32766
"""What the event log gives as the cause where somebody set a state between two steps, in Python."""


@dataclass(frozen=True)
class EventLog:
    """Every change of state, in the order in which they happened.

    Parameters
    ----------
    tick : int64[n_events]
    person : int32[n_events]
    left, entered : int16[n_events]
        States, numbered through over all behaviours.
    cause : int16[n_events]
        The transition's number; -1 - k: set by the k-th intervention of the arm; `BY_HAND`: set in Python.
    sender : int32[n_events] or int32[0]
        The contact or group member through whom it came, -1: nobody. Empty where it was not kept.
    layer : int16[n_events] or int16[0]
        The layer of the tie between them; -1: none, or several pooled.
    """

    tick: np.ndarray
    person: np.ndarray
    left: np.ndarray
    entered: np.ndarray
    cause: np.ndarray
    sender: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    layer: np.ndarray = field(default_factory=lambda: np.empty(0, np.int16))


@dataclass(frozen=True)
class LedgerLine:
    """One thing that an intervention did: when (tick), what, to how many people, at what cost."""

    tick: int
    intervention: str
    action: str
    people: int
    cost: float


@dataclass(frozen=True)
class Offer:
    """People offered an intervention at one tick, whether or not they accept; `persons` is int32[k]."""

    tick: int
    intervention: str
    persons: np.ndarray


@dataclass(frozen=True)
class Trajectory:
    """One arm of one replicate, from time 0 to the horizon.

    Parameters
    ----------
    start : uint8[n_persons, n_behaviours]
        States at time 0, before anybody intervened.
    final : uint8[n_persons, n_behaviours]
        States at the horizon.
    horizon : int
        Tick.
    first_state : int64[n_behaviours + 1]
        Where each behaviour's states begin when all states are numbered through.
    observe_at : int64[n_times]
        Ticks.
    counts : int64[n_times, n_states]
        People in each state of each behaviour at these instants, after the interventions of the instant.
    log : EventLog or None
        None where only counts were kept.
    ledger : tuple of LedgerLine
    offers : tuple of Offer
        Who was offered what, and when.
    rings : int
        How many rings the clocks made.
    """

    start: np.ndarray
    final: np.ndarray
    horizon: int
    first_state: np.ndarray
    observe_at: np.ndarray
    counts: np.ndarray
    log: EventLog | None
    ledger: tuple[LedgerLine, ...]
    offers: tuple[Offer, ...]
    rings: int

    @property
    def n_persons(self) -> int:
        """Number of people."""
        return int(self.start.shape[0])

    def events(self) -> EventLog:
        """Return the event log.

        Raises
        ------
        ValueError
            If only counts were kept.
        """
        if self.log is None:
            raise ValueError("this trajectory kept counts only, no events")
        return self.log

    def _crossings(self, column: int, states: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return ticks, persons and direction (+1 into the set of states, -1 out of it) of all crossings."""
        log = self.events()
        numbers = np.array(states, np.int64) + self.first_state[column]
        inside = np.zeros(int(self.first_state[-1]) + 1, np.int8)
        inside[numbers] = 1
        direction = inside[log.entered] - inside[log.left]
        crossing = np.flatnonzero(direction)
        return log.tick[crossing], log.person[crossing], direction[crossing]

    def starts_in(self, column: int, states: tuple[int, ...]) -> np.ndarray:
        """Return bool[n_persons]: who is in one of these states of a behaviour at time 0."""
        return np.isin(self.start[:, column], states)

    def in_states_at(self, column: int, states: tuple[int, ...], tick: int) -> np.ndarray:
        """Return bool[n_persons]: who is in one of these states at an instant, after the interventions of it."""
        if tick >= self.horizon:
            return np.isin(self.final[:, column], states)
        log = self.events()
        before = (log.tick < tick) | ((log.tick == tick) & (log.cause < 0))
        first, last = int(self.first_state[column]), int(self.first_state[column + 1])
        mine = before & (log.entered >= first) & (log.entered < last)
        now = self.start[:, column].copy()
        now[log.person[mine]] = log.entered[mine] - first  # in order of time: the last event stands
        return np.isin(now, states)

    def ticks_in(self, column: int, states: tuple[int, ...]) -> np.ndarray:
        """Return int64[n_persons]: ticks that each person spends in these states from time 0 to the horizon."""
        ticks, persons, direction = self._crossings(column, states)
        total = self.starts_in(column, states) * np.int64(self.horizon)
        np.add.at(total, persons, (self.horizon - ticks) * direction)
        return total

    def entries(self, column: int, states: tuple[int, ...]) -> np.ndarray:
        """Return int64[n_persons]: how often each person enters the set of states."""
        _, persons, direction = self._crossings(column, states)
        return np.bincount(persons[direction > 0], minlength=self.n_persons)

    def exits(self, column: int, states: tuple[int, ...]) -> np.ndarray:
        """Return int64[n_persons]: how often each person leaves the set of states."""
        _, persons, direction = self._crossings(column, states)
        return np.bincount(persons[direction < 0], minlength=self.n_persons)

    def first_entry(self, column: int, state: int) -> np.ndarray:
        """Return int64[n_persons]: the tick at which each person first was in a state; 0: at time 0; -1: never."""
        log = self.events()
        first = np.where(self.start[:, column] == state, 0, -1).astype(np.int64)
        entries = np.flatnonzero(log.entered == self.first_state[column] + state)
        persons, earliest = np.unique(log.person[entries], return_index=True)  # in order of time
        late = first[persons] < 0
        first[persons[late]] = log.tick[entries[earliest[late]]]
        return first

    def first_offer(self, intervention: str) -> np.ndarray:
        """Return int64[n_persons]: the tick at which each person was first offered an intervention; -1: never."""
        first = np.full(self.n_persons, -1, np.int64)
        for offer in sorted((each for each in self.offers if each.intervention == intervention), key=lambda o: -o.tick):
            first[offer.persons] = offer.tick
        return first

    def count_curve(self, column: int, states: tuple[int, ...], people: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the exact course of the number of `people` (bool[n_persons]) in the states.

        Returns
        -------
        ticks : int64[k]
            0 first, then every instant at which the number changes.
        counts : int64[k]
            The number from that instant on.
        """
        ticks, persons, direction = self._crossings(column, states)
        mine = people[persons]
        ticks, direction = ticks[mine], direction[mine]
        began = int(np.count_nonzero(self.starts_in(column, states) & people))
        counts = began + np.cumsum(direction, dtype=np.int64)
        last_of_tick = np.flatnonzero(np.append(ticks[1:] != ticks[:-1], True)) if ticks.size else np.empty(0, np.int64)
        return np.append(np.int64(0), ticks[last_of_tick]), np.append(np.int64(began), counts[last_of_tick])

    def counts_by(self, groups: np.ndarray, n_groups: int) -> np.ndarray:
        """Return int64[n_times, n_states, n_groups]: the counts of `counts`, within groups of people.

        Parameters
        ----------
        groups : int32[n_persons]
            Group of each person; -1: in none.
        n_groups : int
        """
        log = self.events()
        shape = (self.observe_at.size + 1, int(self.first_state[-1]), n_groups + 1)  # people in no group come last
        change = np.zeros(shape, np.int64)
        for column, first in enumerate(self.first_state[:-1]):
            np.add.at(change[0], (self.start[:, column].astype(np.int64) + first, groups), 1)
        after_rings = np.searchsorted(self.observe_at, log.tick, side="right")
        after_actions = np.searchsorted(self.observe_at, log.tick, side="left")
        seen_from = np.where(log.cause < 0, after_actions, after_rings)
        np.add.at(change, (seen_from, log.left, groups[log.person]), -1)
        np.add.at(change, (seen_from, log.entered, groups[log.person]), 1)
        return np.cumsum(change, axis=0)[:-1, :, :n_groups]

    def targets(self) -> np.ndarray:
        """Return bool[n_persons]: who was offered something at the arm's first date."""
        first = min((offer.tick for offer in self.offers), default=0)
        return self._offered(offer for offer in self.offers if offer.tick == first)

    def ever_offered(self, intervention: str | None = None) -> np.ndarray:
        """Return bool[n_persons]: who was ever offered something, or this intervention."""
        return self._offered(offer for offer in self.offers if intervention in (None, offer.intervention))

    def _offered(self, offers: Iterable[Offer]) -> np.ndarray:
        people = np.zeros(self.n_persons, bool)
        for offer in offers:
            people[offer.persons] = True
        return people
