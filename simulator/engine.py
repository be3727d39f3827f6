"""The engine: carries one arm of one replicate from stop to stop, and applies actions in between.

Order at one instant: what ends, then interventions in the arm's order, then observation; rings of that instant come
after. What may ring is laid out anew only after an action; the kernel draws every slab from its key again, so a stop
changes nothing (a checkpoint is the tick, the states and what is active).
"""

from __future__ import annotations

from bisect import insort_right
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simulator import clock_making
from simulator.actions import (
    Action,
    ActLater,
    AddTies,
    Record,
    RewireTies,
    ScaleInfluence,
    ScaleSusceptibility,
    SetStates,
)
from simulator.active import NEVER, Factor, Segment, ends_of, multiplied
from simulator.behaviour import RESPONSE, SPONTANEOUS
from simulator.clock_plan import ClockPlan, plan_clocks
from simulator.clocks import (
    MOST_LEVEL,
    ActiveClock,
    Clock,
    check_rates,
    largest_product,
    levels_for,
    that_can_act,
)
from simulator.entrants import entrants_of
from simulator.errors import Problem, SpecError
from simulator.kernel import LOG_FULL, NOBODY, PERSON, RINGS, advance
from simulator.kernel_arrays import (
    Clocks,
    Comings,
    ComingTies,
    Contacts,
    Ends,
    Facts,
    Log,
    Scratch,
    no_comings,
    scratch_for,
)
from simulator.layout import AddedTies, kernel_clocks, with_added, with_lists
from simulator.network import ContactNetwork
from simulator.network_now import TiesSince
from simulator.past import Past
from simulator.streams import Draw
from simulator.trajectory import BY_HAND, FIRST_TREATED, EventLog, LedgerLine, Offer, Trajectory
from simulator.world import Occurrence, Situation, in_order

__all__ = ["NEVER", "ClockPlan", "Simulation", "plan_clocks"]


@dataclass
class _Layout:
    """What the kernel is given until the next action, or until a factor of the time changes: made anew, not patched."""

    clocks: Clocks
    facts: Facts
    scratch: Scratch
    ties: ComingTies
    until: int
    ends: Ends
    ended: int = 0


@dataclass
class Simulation:
    """One arm of one replicate.

    Parameters
    ----------
    plan : ClockPlan
    draw : Draw
        The replicate's luck; the same in all arms.
    start : uint8[n_persons, n_behaviours]
        States at the beginning; copied.
    occurrences : sequence of Occurrence
        What the arm does; at one instant, in this order. Those before the beginning have acted already.
    observe_at : int64[n_times]
        Ticks at which people are counted, ascending, in [0, horizon].
    horizon : int
        Tick at which the run ends.
    keep_events : bool
        Whether to keep the event log; False: counts only.
    keep_senders : bool
        Whether the event log says from whom.
    now : int
        Tick at which the run begins.
    since : int64[n_persons, n_behaviours], optional
        Tick at which each person entered the state of each behaviour that they are in; default: the beginning.
    comings : Comings, optional
        Who enters and leaves at known instants.
    entrant_ties : int32[k, 2], optional
        Ties of those who entered before the beginning, in the rows kept for people who enter.
    """

    plan: ClockPlan
    draw: Draw
    start: np.ndarray
    occurrences: Sequence[Occurrence]
    observe_at: np.ndarray
    horizon: int
    keep_events: bool = True
    keep_senders: bool = False
    now: int = 0
    since: np.ndarray | None = None
    comings: Comings | None = None
    entrant_ties: np.ndarray | None = None
    rings: int = 0
    states: np.ndarray = field(init=False)
    counts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.start = np.array(self.start, np.uint8, order="C")
        self.start.setflags(write=False)
        # Behind the last person stands one who is nobody: dead ties end there.
        self._all_states = np.concatenate([self.start, np.full((1, self.start.shape[1]), NOBODY, np.uint8)])
        self.states = self._all_states[:-1]
        self._since = self._entered()
        self.observe_at = np.array(self.observe_at, np.int64)
        dated, self._interventions = in_order(self.occurrences)
        self._waiting = [occurrence for occurrence in dated if occurrence.tick >= self.now]
        self._factors: list[Factor] = []
        self._segments: list[Segment] = []
        self._ledger: list[LedgerLine] = []
        self._offers: list[Offer] = []
        self._past = Past(self.states.shape[0])
        self._ties_since: list[TiesSince] = []
        self._layout: _Layout | None = None
        self._facts = self.plan.base.facts  # not to be written to, since arms share them
        self._clocks = list(self.plan.clocks)
        self._comings = no_comings(self.start.shape[1]) if self.comings is None else self.comings
        self._came = int(np.searchsorted(self._comings.tick, self.now))
        self._entrants = entrants_of(self.plan, self.draw, self._comings, self.entrant_ties)
        self._seen = 0
        self._logged = 0
        self._log = self._room_for(1 << 12 if self.keep_events else 0)
        n_states = int(self.plan.first_state[-1])
        self._observed = np.zeros((self.observe_at.size, n_states), np.int64)
        self.counts = np.zeros(n_states, np.int64)
        for column, first in enumerate(self.plan.first_state[:-1]):
            size = int(self.plan.first_state[column + 1] - first)
            self.counts[first : first + size] = [
                np.count_nonzero(self.states[:, column] == code) for code in range(size)
            ]

    def _entered(self) -> np.ndarray:
        """Return int64[n_persons, k]: when people entered their states, of the behaviours in which that matters."""
        timed = np.flatnonzero(self.plan.base.facts.since_column >= 0)
        shape = (self.start.shape[0], timed.size)
        return np.full(shape, self.now, np.int64) if self.since is None else np.array(self.since[:, timed], np.int64)

    def run(self) -> Trajectory:
        """Run to the horizon and return the trajectory."""
        self.advance(self.horizon)
        return self.trajectory()

    def advance(self, until: int, *, act: bool = True) -> None:
        """Run to tick `until`: all rings before it, and what ends and acts at it (unless that is for another run)."""
        self._act()
        while self.now < until:
            self._ring(min(until, self._next_stop()))
            if act or self.now < until:
                self._act()
        if self._seen < self.observe_at.size and self.observe_at[self._seen] == self.now == self.horizon:
            self._observed[self._seen] = self.counts
            self._seen += 1

    def go_on(
        self, occurrences: Sequence[Occurrence], observe_at: np.ndarray, horizon: int, *, keep_senders: bool = False
    ) -> Simulation:
        """Return an arm that begins now, with everything that is active, or is to come; this one stays as it is."""
        arm = Simulation(
            self.plan, self.draw, self.states, occurrences, observe_at, horizon, keep_senders=keep_senders,
            now=self.now, since=self.entered_at(), comings=self.comings, entrant_ties=self.entrants_tied(),
        )  # fmt: skip
        arm._factors, arm._segments = list(self._factors), list(self._segments)
        arm._facts, arm._clocks = self._facts, list(self._clocks)
        arm._past, arm._ties_since = deepcopy(self._past), list(self._ties_since)
        arm._ledger = list(self._ledger)
        for occurrence in self._waiting:
            insort_right(arm._waiting, occurrence, key=_due)
        return arm

    def set_state(self, persons: np.ndarray, column: int, state: int, cause: int) -> int:
        """Put people into a state now; return how many were not in it before.

        Parameters
        ----------
        persons : int32[k]
        column, state : int
            Behaviour and state.
        cause : int
            What the event log says of why: -1 - k for the k-th intervention.
        """
        there = self.states[persons, column] < len(list(self.plan.world.behaviours.values())[column].states)
        moved = np.unique(persons[there & (self.states[persons, column] != state)])
        left = self.states[moved, column] + self.plan.first_state[column]
        entered = int(self.plan.first_state[column]) + state
        self.states[moved, column] = state
        timed = self.plan.base.facts.since_column[column]
        if timed >= 0:
            self._since[moved, timed] = self.now
        np.subtract.at(self.counts, left, 1)
        self.counts[entered] += moved.size
        if self.keep_events:
            self._make_room(moved.size)
            room = slice(self._logged, self._logged + moved.size)
            for array, values in zip(self._log, (self.now, moved, left, entered, cause, -1, -1), strict=True):
                array[room] = values
            self._logged += moved.size
        self._layout = None
        return int(moved.size)

    def set_by_hand(self, person: int, column: int, state: int) -> None:
        """Put somebody who is there into a state now, at the end of whatever happens at this instant."""
        self.set_state(np.array([person], np.int32), column, state, BY_HAND)
        if self._seen and self.observe_at[self._seen - 1] == self.now:  # the horizon, where people were counted at once
            self._observed[self._seen - 1] = self.counts

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is made anew, and what must be one and the same object as in the plan."""
        pairs = zip(self._clocks, self.plan.clocks, strict=True)
        rescaled = [None if clock is base else clock.multipliers for clock, base in pairs]
        return {**self.__dict__, "states": None, "_layout": None, "_clocks": rescaled}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Let `states` be a view of the array that the kernel writes to, and clocks be those of the plan."""
        self.__dict__.update(state)
        self.start.setflags(write=False)
        self.states = self._all_states[:-1]
        pairs = zip(state["_clocks"], self.plan.clocks, strict=True)
        self._clocks = [base if own is None else replace(base, multipliers=own) for own, base in pairs]

    def trajectory(self) -> Trajectory:
        """Return what happened so far; counts of instants not yet reached are left out."""
        log = EventLog(*(array[: self._logged].copy() for array in self._log)) if self.keep_events else None
        return Trajectory(
            start=self.start,
            final=self.states.copy(),
            horizon=self.now,
            first_state=self.plan.first_state,
            observe_at=self.observe_at[: self._seen],
            counts=self._observed[: self._seen],
            log=log,
            ledger=tuple(self._ledger),
            offers=tuple(self._offers),
            rings=self.rings,
        )

    def entered_at(self) -> np.ndarray:
        """Return int64[n_persons, n_behaviours]: when people entered their states; 0 where nothing depends on it."""
        timed = self.plan.base.facts.since_column
        return np.stack([self._since[:, k] if k >= 0 else np.zeros(len(self.states), np.int64) for k in timed], axis=1)

    def entrants_tied(self) -> np.ndarray:
        """Return int32[k, 2]: the rows kept for ties of people who enter, as they are now."""
        return self._entrants.rows.copy()

    def contacts_read(self) -> Contacts:
        """Return everyone's contacts as the pooled laws read them now; not to be written to."""
        if self._layout is None or self._layout.until <= self.now:
            self._lay_out()
        assert self._layout is not None
        return self._layout.facts.contacts

    def _next_stop(self) -> int:
        return min([self._next_change(), *(occurrence.tick for occurrence in self._waiting[:1])])

    def _next_change(self) -> int:
        """Return when something next ends for all, or fades: then all is laid out anew."""
        changes = [segment.until for segment in self._segments]
        for factor in self._factors:
            changes.extend(factor.changes(self.now))
        return min(changes, default=NEVER)

    def _ring(self, until: int) -> None:
        """Let the clocks ring from now to `until`."""
        while self.now < until:
            layout = self._layout
            if layout is None or layout.until <= self.now:
                layout = self._lay_out()
            reason, now, self._seen, self._came, layout.ended, self._logged, rings = advance(
                layout.clocks, layout.facts, layout.scratch, self._all_states, self._since, self.counts,
                np.int64(self.now), np.int64(min(until, layout.until)), self.observe_at, self._observed,
                np.int64(self._seen), self._comings, layout.ties, np.int64(self._came), layout.ends,
                np.int64(layout.ended), self._log, np.int64(self._logged),
            )  # fmt: skip
            self._entrants.keep(layout.facts.contacts.added)
            self.now = int(now)
            self.rings += int(rings)
            if reason == LOG_FULL:
                most = layout.clocks.key.size * RINGS + self._comings.tick.size
                self._make_room(max(self._log.tick.size, most * self.states.shape[1]))

    def _make_room(self, events: int) -> None:
        room = self._log.tick.size
        if self._logged + events > room:
            larger = self._room_for(max(2 * room, self._logged + events))
            for new, old in zip(larger, self._log, strict=True):
                new[: self._logged] = old[: self._logged]
            self._log = larger

    def _room_for(self, events: int) -> Log:
        senders = events if self.keep_senders else 0
        return Log(
            tick=np.empty(events, np.int64),
            person=np.empty(events, np.int32),
            left=np.empty(events, np.int16),
            entered=np.empty(events, np.int16),
            cause=np.empty(events, np.int16),
            sender=np.empty(senders, np.int32),
            layer=np.empty(senders, np.int16),
        )

    def _act(self) -> None:
        """End what ends now, then let the interventions of this instant act."""
        factors = [factor for factor in self._factors if factor.until > self.now]
        segments = [segment for segment in self._segments if segment.until > self.now]
        faded = any(when == self.now for factor in factors for when, _ in factor.fades)
        ties_ended = len(segments) < len(self._segments)
        if faded or ties_ended or len(factors) < len(self._factors):
            self._layout = None
        self._factors, self._segments = factors, segments
        if ties_ended:
            self._note_ties()
        while self._waiting and self._waiting[0].tick <= self.now:
            occurrence = self._waiting.pop(0)
            for sequence, action in enumerate(occurrence.plan(self._situation())):
                self._apply(action, occurrence, sequence)

    def _situation(self) -> Situation:
        states = self.states.view()
        states.setflags(write=False)
        return Situation(
            self.plan.world, self.draw, self.now, states, self.start, self.tied_in, self._past, self.horizon,
            self.network_at, self.trajectory,
        )  # fmt: skip

    def tied_in(self, layer: str) -> np.ndarray:
        """Return int32[k, 2]: the pairs joined in a layer now: its own ties, row by row, then those added so far."""
        own = self._facts.ties[self._rows_of(layer)]
        added = [ties if leaves is None else ties[leaves > self.now] for ties, _, leaves in self._added_to(layer)]
        added += self._entrants.tied_in(list(self.plan.world.network.layers).index(layer))
        return np.concatenate([own, *added]) if added else own

    def _added_to(self, layer: str) -> list[tuple[np.ndarray, float, np.ndarray | None]]:
        """Return the ties that each action added to a layer, with their weight, and when each ends alone."""
        here = [segment for segment in self._segments if segment.layer == layer and segment.rows is None]
        return [(segment.ties, segment.weight, segment.leaves) for segment in here]

    def network_at(self, tick: int) -> ContactNetwork:
        """Return the network as it was at an instant, no later than now: the world's own until ties changed."""
        if tick >= self.now and len(self._entrants.rows):
            self._note_ties()  # people who enter bring ties with them, without an action
        before = [ties for ties in self._ties_since if ties.tick <= tick]
        return before[-1].network(self.plan.world.network, tick) if before else self.plan.world.network

    def _note_ties(self) -> None:
        """Keep the ties as they are from now on."""
        own, added = {}, {}
        for number, name in enumerate(self.plan.world.network.layers):
            own[name] = self._facts.ties[self._rows_of(name)]
            added[name] = [*self._added_to(name), *((rows, 1.0, None) for rows in self._entrants.tied_in(number))]
        if self._ties_since and self._ties_since[-1].tick == self.now:
            self._ties_since.pop()
        self._ties_since.append(TiesSince(self.now, own, added))

    def _rows_of(self, layer: str) -> slice:
        """Return where a layer's own ties stand in the joint array."""
        layers = self.plan.world.network.layers
        first = sum(each.n_ties for each in list(layers.values())[: list(layers).index(layer)])
        return slice(first, first + layers[layer].n_ties)

    def _rewire(self, action: RewireTies, name: str) -> None:
        """Give ties other ends, in their slots; for transitions whose slots are uneven, in slots of a new segment."""
        layer = self.plan.world.network.layers[action.layer]
        first = self._rows_of(action.layer).start
        ties = self._facts.ties.copy()
        ties[first + action.rows] = action.ends
        self._facts = with_lists(self._facts._replace(ties=ties), self.plan.world, self.plan.base.lists)
        uneven = {
            clock.number
            for clock in self.plan.clocks
            if clock.name.layer == action.layer and (clock.slots is not None or clock.multipliers is not None)
        }
        if not uneven:
            return
        self._clocks = [
            clock_making.silenced(clock, action.rows)
            if clock.name.layer == action.layer and clock.number in uneven
            else clock
            for clock in self._clocks
        ]
        nobody = len(self.states)
        for k, segment in enumerate(self._segments):
            if segment.layer == action.layer and segment.rows is not None:
                again = np.isin(segment.rows, action.rows)[:, None]
                self._segments[k] = replace(segment, ties=np.where(again, nobody, segment.ties).astype(np.int32))
        moved = clock_making.tie_clocks(
            self.plan.world,
            self.plan.hazards,
            action.layer,
            action.ends,
            directed=layer.directed,
            weights=1.0 if layer.weights is None else layer.weights[action.rows],
            segment=name,
        )
        moved = [clock for clock in moved if clock.number in uneven]
        self._segments.append(Segment(action.layer, name, action.ends, np.nan, tuple(moved), NEVER, action.rows))

    def _apply(self, action: Action, occurrence: Occurrence, sequence: int) -> None:
        world = self.plan.world
        if isinstance(action, Record):
            self._ledger.append(
                LedgerLine(self.now, occurrence.intervention, action.action, action.people, action.cost)
            )
            self._past.spent += action.cost
            if action.offered is not None:
                if not action.background:
                    self._offers.append(Offer(self.now, occurrence.intervention, action.offered))
                self._past.note_offer(occurrence.intervention, action.offered, action.wave)
            if action.treated is not None:
                first = int(np.count_nonzero(~self._past.ever_treated()[action.treated]))
                self._past.note_treated(
                    occurrence.intervention, action.treated, action.stays, background=action.background
                )
                if not action.background:
                    self._ledger.append(LedgerLine(self.now, occurrence.intervention, FIRST_TREATED, first, 0.0))
            return
        if isinstance(action, SetStates):
            cause = -1 - self._interventions.index(occurrence.intervention)
            state = world.behaviours[action.behaviour].code(action.state)
            self.set_state(action.persons, world.column_of(action.behaviour), state, cause)
            return
        if isinstance(action, ActLater):
            self._wait_for(action, occurrence)
            return
        occasion = f"{occurrence.occasion}.{occurrence.wave}" if occurrence.wave else f"{occurrence.occasion}"
        if isinstance(action, AddTies):
            name = f"{occurrence.intervention}/{occasion}"
            if any((segment.layer, segment.name) == (action.layer, name) for segment in self._segments):
                raise ValueError(f"{name} adds ties to `{action.layer}` twice; their clocks would be the same")
            clocks = clock_making.tie_clocks(
                world,
                self.plan.hazards,
                action.layer,
                action.ties,
                directed=False,
                weights=action.weight,
                segment=name,
            )
            self._segments.append(
                Segment(
                    action.layer,
                    name,
                    action.ties,
                    action.weight,
                    tuple(clocks),
                    _end(action.until),
                    leaves=action.leaves,
                )
            )
        elif isinstance(action, RewireTies):
            self._rewire(action, f"{occurrence.intervention}/{occasion}/rewired")
        elif isinstance(action, ScaleSusceptibility | ScaleInfluence):
            if not action.persons.size:
                return
            end = "susceptibility" if isinstance(action, ScaleSusceptibility) else "influence"
            order = np.argsort(action.persons, kind="stable")
            self._factors.append(
                Factor(
                    name=(occurrence.intervention, occurrence.occasion, occurrence.wave, sequence),
                    row=(end, self.plan.transitions[action.behaviour, action.transition]),
                    persons=action.persons[order],
                    factors=action.factors[order],
                    until=_end(action.until),
                    leaves=None if action.leaves is None else action.leaves[order],
                    fades=action.fades,
                )
            )
        else:
            raise TypeError(f"{occurrence.intervention} asks for {action!r}, which is no action")
        if isinstance(action, AddTies | RewireTies):
            self._note_ties()
        self._layout = None

    def _wait_for(self, action: ActLater, occurrence: Occurrence) -> None:
        """Put a further step of an occurrence where it belongs among those that are to come."""
        if action.tick < self.now:
            raise ValueError(f"{occurrence.intervention} would act again at {action.tick}, before {self.now}")
        later = replace(occurrence, tick=action.tick, occasion=action.occasion, plan=action.plan, wave=action.wave)
        insort_right(self._waiting, later, key=_due)

    def _lay_out(self) -> _Layout:
        """Lay out what may ring from now on: clocks that some person could make act, and the factors they read."""
        rows, factors, highest = multiplied(self._factors, self.now, len(self._all_states))
        added, added_clocks, first_row = self._added()
        active: list[ActiveClock] = []
        until = NEVER
        clocks = sorted([*self._clocks, *added_clocks], key=lambda clock: clock.name)
        entering = self._comings.states[self._came :][self._comings.enters[self._came :]]
        for clock in that_can_act(clocks, self.counts, self.plan.first_state, entering):
            law = clock.transition.law
            susceptibility = rows.get(("susceptibility", clock.number), -1)
            influence = rows.get(("influence", clock.number), -1) if law != SPONTANEOUS else -1
            now = clock.hazard.now(self.now)
            change = clock.hazard.next_change(self.now)
            until = until if change is None else min(until, change)
            most = largest_product(
                clock,
                added.ties if clock.added else self._facts.ties,
                now,
                highest[susceptibility] if susceptibility >= 0 else None,
                highest[influence] if influence >= 0 and law != RESPONSE else None,
            )
            if most > 2.0**MOST_LEVEL:
                raise SpecError(
                    Problem(
                        f"factors on `{clock.name.behaviour}.{clock.name.transition}` multiply to {most:g}",
                        (clock.name.behaviour, "transitions", clock.name.transition),
                        hint="they may multiply to at most 1024; raise the rate of the transition instead",
                    )
                )
            levels = levels_for(most)
            counted = clock.hazard.counted_at(self.now)
            active += [ActiveClock(clock, level, susceptibility, influence, now, counted) for level in levels]
        check_rates(active)
        active.sort(key=lambda entry: entry.name)
        keys = [self.draw.key("clock", *entry.name) for entry in active]
        rescaled = [clock for clock, base in zip(self._clocks, self.plan.clocks, strict=True) if clock is not base]
        facts, places = with_added(self.plan.base, self._facts, added, added_clocks, rescaled)
        table = kernel_clocks(active, keys, self.plan.base, places, facts)
        ties = self._entrants.ties(self.plan, first_row)
        ends = ends_of(
            self._factors, rows, len(self._all_states), added.leaves, self.now, min(until, self._next_change())
        )
        self._layout = _Layout(table, facts._replace(factors=factors), scratch_for(len(active)), ties, until, ends)
        return self._layout

    def _added(self) -> tuple[AddedTies, list[Clock], int]:
        """Put the added segments one behind the other, in order of layer and name; behind them ties of who enters."""
        names = list(self.plan.world.network.layers)
        segments = sorted(self._segments, key=lambda segment: (names.index(segment.layer), segment.name))
        clocks: list[Clock] = []
        first_tie = 0
        for segment in segments:
            clocks += [clock_making.moved(clock, first_tie) for clock in segment.clocks]
            first_tie += len(segment.ties)
        sizes = [len(segment.ties) for segment in segments]
        living = [segment.living(self.now, len(self.states)) for segment in segments]
        entrants = self._entrants
        clocks += [clock if clock.kind == PERSON else clock_making.moved(clock, first_tie) for clock in entrants.clocks]
        ties = AddedTies(
            np.concatenate([np.empty((0, 2), np.int32), *living, entrants.rows]),
            np.concatenate(
                [
                    np.repeat(np.array([names.index(segment.layer) for segment in segments], np.int64), sizes),
                    entrants.layers,
                ]
            ),
            np.concatenate(
                [
                    np.repeat(np.array([segment.weight for segment in segments], np.float64), sizes),
                    np.ones(len(entrants.rows)),
                ]
            ),
            np.concatenate(
                [
                    np.empty(0, np.int64),
                    *(np.full(len(one.ties), NEVER) if one.leaves is None else one.leaves for one in segments),
                    np.full(len(entrants.rows), NEVER),
                ]
            ),
        )
        return ties, clocks, first_tie


def _due(occurrence: Occurrence) -> tuple[int, int]:
    return occurrence.tick, occurrence.place


def _end(until: int | None) -> int:
    return NEVER if until is None else until
