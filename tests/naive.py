"""A slow, obvious twin of the engine, written from DESIGN §3: pure Python, every ring of every clock listed and sorted.

Which clocks there are is in naive_clocks.py; what a transition's numbers and its exposure law are worth, in
naive_laws.py.

Time is an int: one unit is 2**64, so that the place of a ring in the narrowest slab (2**-32 of a slab of 2**-32 unit)
is exact; a tick (2**-40 unit) is 2**24 of them. Nothing is pruned, cached between stops, or shared with the engine but
the names of streams (`Draw.key`) and the dataclasses that describe a world.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, localcontext
from functools import cache, lru_cache
from math import prod
from typing import Any

import naive_laws as laws
import numpy as np
from naive_clocks import NaiveClock, Way, clocks_of, contact_clocks
from naive_laws import TICK_BITS, Added, Entry, Words, every_transition

from simulator.actions import ActLater, AddTies, Record, ScaleInfluence, ScaleSusceptibility, SetStates
from simulator.behaviour import Response, Series, Transition
from simulator.past import Past
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.world import Occurrence, Situation, World

UNIT_BITS = 64
SUBTICK_BITS = UNIT_BITS - TICK_BITS
FOREVER = 2**63 - 1
CAME, WENT = -32768, -32767
"""Causes in the log: people who enter, and who leave, at the dates of a column."""


def philox(key: int, counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) on Python ints; `key` holds two words."""
    mask = 2**32 - 1
    k0, k1 = key & mask, key >> 32
    x0, x1, x2, x3 = counter
    for _ in range(10):
        first, second = 0xD2511F53 * x0, 0xCD9E8D57 * x2
        x0, x1, x2, x3 = (second >> 32) ^ x1 ^ k0, second & mask, (first >> 32) ^ x3 ^ k1, first & mask
        k0, k1 = (k0 + 0x9E3779B9) & mask, (k1 + 0xBB67AE85) & mask
    return x0, x1, x2, x3


@cache
def poisson_thresholds(mean: float) -> tuple[int, ...]:
    """Cumulative probabilities, in units of 2**-64, of at most 0, 1, 2, … rings; with 50 digits."""
    with localcontext() as context:
        context.prec = 50
        m = Decimal(mean)
        mode = int(mean)
        weights = {mode: Decimal(1)}
        for k in range(mode, 0, -1):
            weights[k - 1] = weights[k] * k / m
        k = mode
        while weights[k] > Decimal("1e-30"):
            weights[k + 1] = weights[k] * m / (k + 1)
            k += 1
        total = sum(weights.values())
        thresholds, so_far = [], Decimal(0)
        for k in sorted(weights):
            so_far += weights[k]
            thresholds.append(int(so_far / total * 2**64))
    return tuple(thresholds)


@lru_cache(maxsize=4096)
def rings_of_slab(key: int, slab: int, mean: float, n_slots: int) -> tuple[tuple[int, int, int], ...]:
    """All rings of one slab in the order in which they were drawn: (place, slot, mark)."""
    low, high = slab % 2**32, (slab >> 32) % 2**32
    x0, x1, _, _ = philox(key, (low, high, 0, 2**32 - 1))
    n_rings = bisect_right(poisson_thresholds(mean), x0 << 32 | x1)
    rings = []
    for ring in range(n_rings):
        place, s0, s1, mark = philox(key, (low, high, ring, 0))
        rings.append((place, (s0 << 32 | s1) * n_slots >> 64, mark))
    return tuple(rings)


@dataclass(frozen=True)
class Ring:
    """A ring of a clock, at an instant in units of 2**-64."""

    instant: int
    name: tuple[Any, ...]
    place_in_slab: int
    slab: int
    clock: NaiveClock
    slot: list[Way]
    mark: int


@dataclass
class Active:
    """A factor or an added segment of ties, until a tick."""

    until: int
    name: tuple[str, int, int, int] = ("", 0, 0, 0)
    end: str = ""
    number: int = -1
    factor: dict[int, float] = field(default_factory=dict)
    leaves: dict[int, int] = field(default_factory=dict)
    fades: tuple[tuple[int, float], ...] = ()
    ends: list[int] = field(default_factory=list)
    layer: str = ""
    segment: str = ""
    weight: float = 1.0
    ties: list[tuple[int, int]] = field(default_factory=list)
    clocks: list[NaiveClock] = field(default_factory=list)

    def stops(self) -> set[int]:
        return {self.until, *self.leaves.values(), *self.ends, *(tick for tick, _ in self.fades)}

    def value(self, person: int, now: int) -> float:
        """The factor of one person, faded, or ended for them alone."""
        if person not in self.factor or self.leaves.get(person, FOREVER) <= now:
            return 1.0
        faded = [weight for tick, weight in self.fades if tick <= now]
        return 1.0 + faded[-1] * (self.factor[person] - 1.0) if faded else self.factor[person]

    def living(self, now: int) -> list[tuple[int, tuple[int, int]]]:
        """Rows and ends of the ties that have not ended."""
        return [(row, ends) for row, ends in enumerate(self.ties) if not self.ends or self.ends[row] > now]

    def let_go(self, now: int) -> None:
        """Let no clock ring for a tie that has ended."""
        if min(self.ends, default=FOREVER) <= now:
            alive = {frozenset(ends) for _, ends in self.living(now)}
            self.clocks = [
                replace(
                    clock,
                    slots=[[w for w in slot if frozenset((w.receiver, w.sender)) in alive] for slot in clock.slots],
                )
                for clock in self.clocks
            ]


@dataclass
class NaiveRun:
    """One arm of one replicate."""

    world: World
    draw: Draw
    start: np.ndarray
    occurrences: Sequence[Occurrence]
    observe_at: Sequence[int]
    horizon: int
    now: int = 0
    since: np.ndarray | None = None

    def run(self) -> NaiveRun:
        """Run to the horizon; afterwards `events`, `observed` and `states` hold what happened."""
        self.entering, self.start = self.start, self.at_start()
        self.states = [[int(s) for s in row] for row in self.start]
        given = np.full(self.start.shape, self.now) if self.since is None else self.since
        self.entered = [[int(tick) for tick in row] for row in given]
        self.events: list[tuple[int, int, int, int, int]] = []
        self.observed: list[list[int]] = []
        self.active: list[Active] = []
        self.waiting = list(self.occurrences)
        self.past = Past(len(self.states))
        self.clocks = clocks_of(self.world)
        causes: list[str] = []
        for occurrence in sorted(self.occurrences, key=lambda occurrence: occurrence.tick):
            if occurrence.intervention not in causes:
                causes.append(occurrence.intervention)
        comings = self.comings(self.now)
        dates = {o.tick for o in self.occurrences} | {int(t) for t in self.observe_at} | {self.horizon}
        dates |= {tick for tick, _, _ in comings}
        while True:
            self.active = [a for a in self.active if a.until > self.now]
            while due := [one for one in self.waiting if one.tick == self.now]:
                occurrence = min(due, key=lambda one: one.place)
                self.waiting.remove(occurrence)
                cause = -1 - causes.index(occurrence.intervention)
                for sequence, action in enumerate(occurrence.plan(self.situation())):
                    self.act(action, occurrence, sequence, cause)
            self.active = [a for a in self.active if a.until > self.now]
            for active in self.active:
                active.let_go(self.now)
            for tick, person, enters in comings:
                if tick == self.now < self.horizon:
                    self.come_or_go(person, enters)
            if self.now in self.observe_at:
                self.observed.append(self.counts())
            if self.now == self.horizon:
                return self
            dates |= {one.tick for one in self.waiting}
            stops = [t for t in dates.union(*(a.stops() for a in self.active)) if t > self.now]
            stop = min(stops)
            self.ring(self.now, stop)
            self.now = stop

    def situation(self) -> Situation:
        return Situation(
            self.world, self.draw, self.now, np.array(self.states, np.uint8), self.start,
            lambda layer: np.array(
                [tuple(t) for t in self.world.network.layers[layer].ties]
                + [t for a in self.active if a.layer == layer for _, t in a.living(self.now)]
            ),
            self.past, self.horizon, lambda tick: self.world.network, self.no_trajectory,
        )  # fmt: skip

    def no_trajectory(self) -> Trajectory:
        raise NotImplementedError("the twin keeps no trajectory")

    def first_state(self, column: int) -> int:
        return sum(self.world.n_codes[:column])

    def counts(self) -> list[int]:
        return [
            sum(row[column] == code for row in self.states)
            for column, n_codes in enumerate(self.world.n_codes)
            for code in range(n_codes)
        ]

    def living(self, person: int) -> bool:
        """Whether somebody is there; who is not has a code behind the last state of every behaviour."""
        return self.states[person][0] < len(next(iter(self.world.behaviours.values())).states)

    def comings(self, begin: int) -> list[tuple[int, int, bool]]:
        """Who enters (True) after the beginning, or leaves from it on: (tick, person, enters)."""
        return sorted(move for move in self.dates() if move[0] >= begin + move[2])

    def dates(self) -> list[tuple[int, int, bool]]:
        turnover, moves = self.world.turnover, []
        for enters in (True, False):
            end = turnover and (turnover.enter if enters else turnover.leave)
            if end and end.at is not None:
                for person, date in enumerate(self.world.population.columns[end.at].values.tolist()):
                    if date == date:
                        moves.append((laws.ticks(date), person, enters))
        return moves

    def at_start(self) -> np.ndarray:
        """States at the beginning: who is yet to enter, or has left, is not there."""
        start, codes = np.array(self.start), [len(b.states) for b in self.world.behaviours.values()]
        for tick, person, enters in self.dates():
            if tick > self.now if enters else tick < self.now:
                start[person] = codes
        return start

    def come_or_go(self, person: int, enters: bool) -> None:
        if self.living(person) != enters:
            for column, behaviour in enumerate(self.world.behaviours.values()):
                new = int(self.entering[person, column]) if enters else len(behaviour.states)
                self.move(person, column, new, self.now, CAME if enters else WENT)

    def act(self, action: Any, occurrence: Occurrence, sequence: int, cause: int) -> None:
        names = list(self.world.behaviours)
        name = (occurrence.intervention, occurrence.occasion, occurrence.wave, sequence)
        if isinstance(action, SetStates):
            column = names.index(action.behaviour)
            new = self.world.behaviours[action.behaviour].states.index(action.state)
            for person in sorted({int(p) for p in action.persons if self.living(int(p))}):
                self.move(person, column, new, self.now, cause)
        elif isinstance(action, ScaleSusceptibility | ScaleInfluence):
            known = {(b.name, t.name): n for n, b, t in every_transition(self.world)}
            number = known[action.behaviour, action.transition]
            end = "receiver" if isinstance(action, ScaleSusceptibility) else "sender"
            factor = {int(p): float(f) for p, f in zip(action.persons, action.factors, strict=True)}
            until = FOREVER if action.until is None else action.until
            leaves = {} if action.leaves is None else dict(zip(factor, action.leaves.tolist(), strict=True))
            self.active.append(
                Active(until, name, end=end, number=number, factor=factor, leaves=leaves, fades=action.fades)
            )
        elif isinstance(action, ActLater):
            later = replace(occurrence, tick=action.tick, occasion=action.occasion, plan=action.plan, wave=action.wave)
            self.waiting.append(later)
        elif isinstance(action, AddTies):
            ties = [(int(i), int(j)) for i, j in action.ties]
            wave = f".{occurrence.wave}" if occurrence.wave else ""
            segment, weight = f"{occurrence.intervention}/{occurrence.occasion}{wave}", float(action.weight)
            ends = [] if action.leaves is None else action.leaves.tolist()
            clocks = contact_clocks(
                self.world, action.layer, ties, [weight] * len(ties), directed=False, segment=segment
            )
            until = FOREVER if action.until is None else action.until
            self.active.append(
                Active(
                    until, name, layer=action.layer, segment=segment, weight=weight, ties=ties, clocks=clocks, ends=ends
                )
            )
        else:
            assert isinstance(action, Record)
            self.past.spent += action.cost
            if action.offered is not None:
                self.past.note_offer(occurrence.intervention, action.offered)
            if action.treated is not None:
                self.past.note_treated(occurrence.intervention, action.treated, background=action.background)

    def move(self, person: int, column: int, new: int, tick: int, cause: int) -> None:
        old = self.states[person][column]
        if old != new:
            first = self.first_state(column)
            self.states[person][column] = new
            self.entered[person][column] = tick
            self.events.append((tick, person, first + old, first + new, cause))

    def intervened(self, number: int, end: str, person: int) -> float:
        """The product of what interventions make of somebody's susceptibility ("receiver") or influence ("sender")."""
        product = 1.0
        for factor in sorted((a for a in self.active if a.factor), key=lambda a: a.name):
            if (factor.number, factor.end) == (number, end):
                product *= factor.value(person, self.now)
        return product

    def now_of(self, person: int) -> dict[str, str]:
        """A person's states, in words."""
        behaviours = self.world.behaviours.values()
        return {b.name: b.states[s] for b, s in zip(behaviours, self.states[person], strict=True)}

    def receiving(self, clock: NaiveClock, person: int, tick: int) -> float:
        """All that is the receiving end's, and all that changes with time."""
        transition = clock.transition
        product = laws.static_receiving(self.world, transition, person)
        product *= laws.own_receiving(self.world, transition, person, self.now_of(person))
        product *= self.intervened(clock.number, "receiver", person)
        product *= laws.ageing(self.world, laws.receiving_numbers(transition), tick)
        column = list(self.world.behaviours).index(clock.behaviour.name)
        product *= self.waning(transition, tick - self.entered[person][column])
        return product * prod((self.seasonal(series, tick) for series in transition.series), start=1.0)

    def sending(self, clock: NaiveClock, person: int, tick: int) -> float:
        """All that is the sending end's; 0 where it is not in a source state."""
        source = clock.transition.source
        assert source is not None
        if not self.living(person):
            return 0.0
        now = self.now_of(person)
        if now[source.behaviour] not in source.states:
            return 0.0
        product = laws.static_sending(self.world, clock.transition, person) * laws.own_sending(clock.transition, now)
        product *= self.intervened(clock.number, "sender", person)
        product *= laws.ageing(self.world, clock.transition.influence, tick)
        return product * (source.weights[source.states.index(now[source.behaviour])] if source.weights else 1.0)

    def waning(self, transition: Transition, elapsed: int) -> float:
        return laws.waning(transition, elapsed)

    def seasonal(self, series: Series, tick: int) -> float:
        return laws.seasonal(series, tick)

    def entries_of(self, transition: Transition, person: int) -> list[Entry]:
        """Whom a person meets, over ties that are there now."""
        added = [
            Added(a.layer, a.segment, row, ends, a.weight) for a in self.active for row, ends in a.living(self.now)
        ]
        return laws.entries_of(self.world, transition, person, added)

    def group_of(self, transition: Transition, person: int) -> list[int]:
        return laws.group_of(self.world, transition, person)

    def draw_contact(self, entries: list[Entry], words: Words) -> int | None:
        return laws.draw_contact(entries, self.living, words)

    def draw_other(self, members: list[int], person: int, words: Words) -> int | None:
        return laws.draw_other(members, person, self.living, words)

    def response(self, clock: NaiveClock, person: int, tick: int) -> float:
        """f, of all contacts together."""
        entries, response = self.entries_of(clock.transition, person), clock.transition.response
        assert response is not None
        count = sum(laws.fixed(weight * self.sending(clock, contact, tick)) for contact, weight in entries)
        total = sum(laws.fixed(weight) for contact, weight in entries if self.living(contact))
        value = count / 2**32 if response.reads == "count" else count / total if total else 0.0
        return self.factor_of(response, laws.threshold_of(self.world, response, person), value)

    def factor_of(self, response: Response, threshold: float, value: float) -> float:
        return laws.factor_of(response, threshold, value)

    def hazard(self, clock: NaiveClock, way: Way, tick: int, words: Words) -> float:
        """The hazard that this ring stands for, with everything as it is now."""
        law, transition, person = clock.transition.law, clock.transition, way.receiver
        hazard = self.receiving(clock, person, tick)
        if law == "per_contact":
            assert way.sender is not None
            hazard *= way.weight * self.sending(clock, way.sender, tick)
        elif law == "proportion":
            contact = self.draw_contact(self.entries_of(transition, person), words)
            hazard *= 0.0 if contact is None else self.sending(clock, contact, tick)
        elif law == "group":
            other = self.draw_other(self.group_of(transition, person), person, words)
            hazard *= 0.0 if other is None else self.sending(clock, other, tick)
        elif law == "response":
            hazard *= self.response(clock, person, tick)
        return hazard

    def largest_multiplier(self, clock: NaiveClock, begin: int, stop: int) -> float:
        """At least what any ring of the clock between two stops may stand for, relative to the ceiling."""
        law, everybody = clock.transition.law, range(self.world.population.size)
        aged = {"receiver": laws.receiving_numbers(clock.transition), "sender": ()}
        if law != "response":
            aged["sender"] = clock.transition.influence
        growth = prod(max(laws.ageing(self.world, aged[end], tick) for tick in (begin, stop)) for end in aged)
        most = 0.0
        for slot in clock.slots:
            for way in slot:
                m = way.hazard / clock.ceiling * self.intervened(clock.number, "receiver", way.receiver)
                if way.sender is not None:
                    m *= self.intervened(clock.number, "sender", way.sender)
                elif law in ("proportion", "group"):
                    m *= max(self.intervened(clock.number, "sender", j) for j in everybody)
                most = max(most, m * growth)
        return most

    def ring(self, begin: int, stop: int) -> None:
        """Handle all rings from tick `begin` on and before tick `stop`."""
        rings = []
        for clock in self.clocks + [c for a in self.active for c in a.clocks]:
            most = self.largest_multiplier(clock, begin, stop)
            level = 0
            while level == 0 or most > 2 ** (level - 1):
                assert level <= 10
                rings += self.rings_of(clock, level, begin, stop)
                level += 1
        for ring in self.in_order(rings):
            clock, tick, level = ring.clock, ring.instant >> SUBTICK_BITS, ring.name[-1]
            column = list(self.world.behaviours).index(clock.behaviour.name)
            states = clock.behaviour.states
            for way in ring.slot:
                living = self.living(way.receiver)
                if living and states[self.states[way.receiver][column]] in clock.transition.from_states:
                    m = self.hazard(clock, way, tick, self.words_of(ring)) / clock.ceiling
                    share = m if level == 0 else m / 2 ** (level - 1) - 1
                    if ring.mark / 2**32 < share:
                        new = states.index(clock.transition.to_state)
                        self.move(way.receiver, column, new, tick, clock.number)
                        break

    def in_order(self, rings: list[Ring]) -> list[Ring]:
        """By time, name of the clock, and number in the slab."""
        return sorted(rings, key=lambda ring: (ring.instant, ring.name, ring.place_in_slab))

    def words_of(self, ring: Ring) -> Words:
        """The further random words of a ring, block by block."""
        key, low, high = self.draw.key("clock", *ring.name), ring.slab % 2**32, (ring.slab >> 32) % 2**32
        return lambda attempt: philox(key, (low, high, ring.place_in_slab, attempt))

    def rings_of(self, clock: NaiveClock, level: int, begin: int, stop: int) -> list[Ring]:
        rate = clock.ceiling * len(clock.slots) * 2 ** max(level - 1, 0)
        shift = 0
        while rate / 2**shift > 256:
            shift += 1
        name = (*clock.name, level)
        key = self.draw.key("clock", *name)
        found = []
        width = 2 ** (UNIT_BITS - shift)
        for slab in range((begin << SUBTICK_BITS) // width, -(-(stop << SUBTICK_BITS) // width)):
            drawn = rings_of_slab(key, slab, rate / 2**shift, len(clock.slots))
            for ring, (place, slot, mark) in enumerate(drawn):
                instant = slab * width + place * width // 2**32
                if begin << SUBTICK_BITS <= instant < stop << SUBTICK_BITS:
                    found.append(Ring(instant, name, ring, slab, clock, clock.slots[slot], mark))
        return found
