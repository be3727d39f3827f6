"""Laying out for the kernel: clocks, and what they ring about, as tuples of arrays; nothing is decided here.

What a world's transitions read is laid out once (`base_facts`); an arm adds its own ties (`with_added`) and the clocks
that may ring until the next action (`kernel_clocks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simulator.behaviour import GROUP, PER_CONTACT, POOLED, PROPORTION, RESPONSE, Behaviour, Transition
from simulator.clocks import ActiveClock, Clock, poisson_table, slab_shift
from simulator.contact_lists import ContactList, Groups, LayerWeights, contact_list, groups_of, layer_weights
from simulator.hazards import Hazard, OwnFactor, bound_of
from simulator.kernel import (
    BY_ALL_CONTACTS,
    BY_CONTACT,
    BY_MEMBER,
    BY_SLOT,
    EITHER,
    LINEAR,
    OWN_STATES,
    RECEIVER_NUMBER,
    RINGS,
    SENDER_NUMBER,
    SENDER_STATES,
    SOURCE_WEIGHTS,
    STEP,
    THRESHOLD,
    TIME_IN_STATE,
    TIME_NOW,
)
from simulator.kernel_arrays import Clocks, Contacts, Facts, Grouped, Own
from simulator.units import to_ticks
from simulator.world import World

WHOM = {PROPORTION: BY_CONTACT, GROUP: BY_MEMBER, RESPONSE: BY_ALL_CONTACTS}
UNIT = 2.0**-32
"""In which `response` adds up weights, so that no order of adding leaves a trace."""

MOST_BITS = 50
"""Of a sum of weights, before any intervention."""

SHAPES = {"step": STEP, "linear": LINEAR}


class _Blocks:
    """Arrays put one behind the other, each once; `place` says where one begins."""

    def __init__(self, kind: Any, width: int = 0) -> None:
        self._parts: list[np.ndarray] = [np.empty((0, width) if width else 0, kind)]
        self._places: dict[Any, int] = {}
        self._size = 0

    def place(self, key: Any, values: np.ndarray) -> int:
        if key not in self._places:
            self._places[key] = self._size
            self._parts.append(values)
            self._size += len(values)
        return self._places[key]

    def array(self) -> np.ndarray:
        return np.concatenate(self._parts)


class _Rows:
    """Arrays of one length put below one another, each once; `row` says which row one is."""

    def __init__(self, kind: Any, length: int) -> None:
        self._rows: list[np.ndarray] = []
        self._numbers: dict[Any, int] = {}
        self._empty = np.empty((0, length), kind)

    def row(self, key: Any, values: np.ndarray) -> int:
        if key not in self._numbers:
            self._numbers[key] = len(self._rows)
            self._rows.append(values)
        return self._numbers[key]

    def array(self) -> np.ndarray:
        return np.stack(self._rows).astype(self._empty.dtype) if self._rows else self._empty


@dataclass(frozen=True)
class Reads:
    """What one transition's clocks read beside their slots, as the kernel's columns of the same names."""

    whom: int = BY_SLOT
    varies: int = 0
    by_ends: int = 0
    receiver: int = 0
    own: int = 0
    others: int = 0
    sender: int = 0
    source_weights: int = 0
    times: int = 0
    n_times: int = 0
    listed_by: int = 0
    reads_share: int = 0
    shape: int = 0
    table_at: int = 0
    table_size: int = 0
    unit: float = UNIT


@dataclass(frozen=True, eq=False)
class Base:
    """What every run on one world shares.

    Parameters
    ----------
    facts : Facts
        Without added ties and factors.
    reads : tuple of Reads
        One for each transition.
    places : mapping of int to int
        Where each list of slots, or of multipliers, begins, by its identity.
    lists : tuple of LayerWeights
        What the rows of the contact lists are.
    layers : tuple of str
    """

    facts: Facts
    reads: tuple[Reads, ...]
    places: dict[int, int]
    lists: tuple[LayerWeights, ...]
    layers: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class AddedTies:
    """Ties that interventions added, or that people who enter bring.

    Parameters
    ----------
    ties : int32[a, 2]
        In order of layer, segment and row.
    layers : int64[a]
        Number of the layer of each.
    weights : float64[a]
        NaN: for clocks of their own only, since the layer's lists hold the tie already.
    leaves : int64[a]
        When each ends alone; those that ended tie nobody.
    """

    ties: np.ndarray
    layers: np.ndarray
    weights: np.ndarray
    leaves: np.ndarray


def base_facts(
    world: World,
    transitions: Sequence[tuple[Behaviour, Transition]],
    hazards: Sequence[Hazard],
    clocks: Sequence[Clock],
    ties: np.ndarray,
    first_state: np.ndarray,
) -> Base:
    """Lay out what all transitions of a world read.

    Parameters
    ----------
    world : World
    transitions, hazards : sequences
        In the order of their numbers.
    clocks : sequence of Clock
        The base clocks.
    ties : int32[t, 2]
        All layers, one after the other.
    first_state : int64[n_behaviours + 1]
    """
    n = world.population.size
    person_numbers, classes, thresholds = _Rows(np.float64, n), _Rows(np.int32, n), _Rows(np.float64, n)
    numbers, points = _Blocks(np.float64), _Blocks(np.float64, 2)
    step_ticks, step_factors = _Blocks(np.int64), _Blocks(np.float64)
    own_columns, own_strides = _Blocks(np.int64), _Blocks(np.int64)
    entering_ties = world.turnover is not None and world.turnover.enter is not None and world.turnover.enter.ties
    own_factors: list[tuple[int, ...]] = []
    lists: list[LayerWeights] = []
    groups: list[Groups] = []

    def own_factor(factor: OwnFactor, absolute: bool) -> int:
        table = factor.table * factor.most if absolute else factor.table
        key = id(factor)
        row = -1 if factor.classes is None else classes.row(key, factor.classes)
        begins = numbers.place(key, table.ravel())
        first = own_columns.place(key, np.array(factor.columns, np.int64))
        own_strides.place(key, np.array(factor.strides, np.int64))
        own_factors.append((first, len(factor.columns), row, begins, table.shape[1]))
        return len(own_factors) - 1

    def read(transition: Transition, hazard: Hazard) -> Reads:
        found: dict[str, int] = {"whom": WHOM.get(transition.law, BY_SLOT), "varies": 0}
        absolute = transition.law == RESPONSE
        if hazard.own is not None:
            found["varies"] |= OWN_STATES
            found["own"] = own_factor(hazard.own, False)
        if hazard.others is not None:
            found["varies"] |= SENDER_STATES
            found["others"] = own_factor(hazard.others, absolute)
        if hazard.weights:
            found["varies"] |= SOURCE_WEIGHTS
            found["source_weights"] = numbers.place(hazard.weights, np.array(hazard.weights, np.float64))
        if found["whom"] != BY_SLOT and (
            isinstance(hazard.sending, np.ndarray) or (absolute and hazard.sending != 1.0)
        ):
            sending = np.broadcast_to(hazard.sending, n)
            largest = 1.0 if absolute else bound_of(sending, world.population.residents)[0] or 1.0
            found["varies"] |= SENDER_NUMBER
            found["sender"] = person_numbers.row((id(hazard), "sending"), sending / largest)
        elif transition.law == PER_CONTACT and entering_ties:
            for end, bit, values in (
                ("receiver", RECEIVER_NUMBER, hazard.receiving),
                ("sender", SENDER_NUMBER, hazard.sending),
            ):
                if isinstance(values, np.ndarray):
                    found["by_ends"] = found.get("by_ends", 0) | bit
                    largest = bound_of(values, world.population.residents)[0] or 1.0
                    found[end] = person_numbers.row((id(hazard), end), values / largest)
        if transition.time_in_state:
            times = transition.time_in_state
            largest = max(factor for _, factor in times) or 1.0
            found["varies"] |= TIME_IN_STATE
            found["times"] = step_ticks.place(times, np.array([to_ticks(time) for time, _ in times], np.int64))
            found["n_times"] = len(times)
            step_factors.place(times, np.array([factor / largest for _, factor in times], np.float64))
        if transition.law in POOLED:
            key = layer_weights(world, transition.layers)
            if key not in lists:
                lists.append(key)
            found["listed_by"] = lists.index(key)
        if transition.group is not None:
            groups.append(groups_of(world, transition.group))
            found["listed_by"] = len(groups) - 1
        if transition.response is not None:
            response = transition.response
            found["reads_share"] = int(response.reads == "share")
            if response.threshold is None:
                largest = max(factor for _, factor in response.table) or 1.0
                table = np.array([(x, factor / largest) for x, factor in response.table], np.float64)
                found["shape"], found["table_size"] = SHAPES[response.shape], len(table)
                found["table_at"] = points.place(response.table, table.reshape(-1, 2))
            else:
                threshold = response.threshold
                by_column = isinstance(threshold, str)
                values = world.population.columns[str(threshold)].values if by_column else np.full(n, threshold)
                found["shape"], found["table_at"] = THRESHOLD, thresholds.row(threshold, values)
        return Reads(**found)

    reads = tuple(read(transition, hazard) for (_, transition), hazard in zip(transitions, hazards, strict=True))
    slots, multipliers, places = slot_tables(clocks)
    timed = [behaviour.name for behaviour, transition in transitions if transition.time_in_state]
    timed = [name for name in world.behaviours if name in timed]
    facts = Facts(
        ties=ties,
        lists=slots,
        multipliers=multipliers,
        added_lists=np.empty(0, np.int64),
        added_multipliers=np.empty(0),
        factors=np.empty((0, n)),
        first_state=first_state,
        present=np.uint8(len(next(iter(world.behaviours.values())).states)),
        since_column=np.array([timed.index(name) if name in timed else -1 for name in world.behaviours], np.int64),
        step_ticks=step_ticks.array(),
        step_factors=step_factors.array(),
        points=points.array(),
        thresholds=thresholds.array(),
        contacts=Contacts(
            starts=np.empty((0, n + 1), np.int64),
            persons=np.empty(0, np.int32),
            weights=np.empty(0),
            most=np.empty((0, n)),
            extra_first=np.empty((0, n), np.int32),
            extra_next=np.empty((0, 0), np.int32),
            extra_weights=np.empty((0, 0)),
            added=np.empty((0, 2), np.int32),
        ),
        groups=_joined(groups, n),
        own=Own(
            rows=np.array(own_factors, np.int64).reshape(-1, 5),
            columns=own_columns.array(),
            strides=own_strides.array(),
            classes=classes.array(),
            numbers=numbers.array(),
            person_numbers=person_numbers.array(),
        ),
    )
    facts = with_lists(facts, world, lists)
    reads = tuple(
        replace(each, unit=_unit_for(facts.contacts, each.listed_by, hazard)) if each.whom == BY_ALL_CONTACTS else each
        for each, hazard in zip(reads, hazards, strict=True)
    )
    return Base(facts, reads, places, tuple(lists), tuple(world.network.layers))


def _unit_for(contacts: Contacts, row: int, hazard: Hazard) -> float:
    """Return the unit in which `response` adds up weights: finer than any that matter, and far from overflowing."""
    begins = contacts.starts[row]
    most = float(np.diff(begins).max(initial=0))
    if contacts.weights.size and most:
        totals = np.add.reduceat(contacts.weights, begins[:-1][np.diff(begins) > 0])
        most = float(totals.max(initial=0.0))
    most *= float(np.max(hazard.sending, initial=0.0)) * max(hazard.weights, default=1.0)
    most *= hazard.others.most if hazard.others is not None else 1.0
    unit = UNIT
    while most > unit * 2.0**MOST_BITS:  # what is left of 63 bits is for interventions' factors and ties
        unit *= 2
    return unit


def slot_tables(clocks: Sequence[Clock]) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """Put the slots and multipliers of clocks one behind the other, and say where each begins."""
    slots, multipliers = _Blocks(np.int64), _Blocks(np.float64)
    places: dict[int, int] = {}
    for clock in clocks:
        if clock.slots is not None:
            places[id(clock.slots)] = slots.place(id(clock.slots), clock.slots)
        if clock.multipliers is not None:
            places[id(clock.multipliers)] = multipliers.place(id(clock.multipliers), clock.multipliers)
    return slots.array(), multipliers.array(), places


def with_lists(facts: Facts, world: World, lists: Sequence[LayerWeights]) -> Facts:
    """Lay out everyone's contacts, as the ties of `facts` have it."""
    if not lists:
        return facts
    n = world.population.size
    layers = list(world.network.layers.values())
    begins = np.cumsum([0, *(layer.n_ties for layer in layers)])
    made: list[ContactList] = [
        contact_list([(layers[k], facts.ties[begins[k] : begins[k + 1]], weight) for k, weight in key], n)
        for key in lists
    ]
    offsets = np.cumsum([0, *(each.persons.size for each in made)])
    weighted = any(each.weights is not None for each in made)
    weights = [np.ones(each.persons.size) if each.weights is None else each.weights for each in made if weighted]
    contacts = facts.contacts._replace(
        starts=np.stack([each.starts + offset for each, offset in zip(made, offsets, strict=False)]),
        persons=_joined_or_one([each.persons for each in made], np.int32),
        weights=_joined_or_one(weights, np.float64),
        most=np.stack([each.most() for each in made]) if weighted else np.empty((0, n)),
    )
    return facts._replace(contacts=contacts)


def with_added(
    base: Base, facts: Facts, added: AddedTies, clocks: Sequence[Clock], rescaled: Sequence[Clock] = ()
) -> tuple[Facts, dict[int, int]]:
    """Lay out an arm's added ties: for their own clocks, and, person by person, behind everyone's other contacts.

    Parameters
    ----------
    base : Base
    facts : Facts
    added : AddedTies
    clocks : sequence of Clock
        Those that ring on added ties, or for people who enter.
    rescaled : sequence of Clock
        Base clocks with multipliers of the arm's own.

    Returns
    -------
    facts : Facts
    places : dict of int to int
        Where slots and multipliers that are the arm's own begin, by identity.
    """
    slots, multipliers, places = slot_tables([*clocks, *(replace(clock, slots=None) for clock in rescaled)])
    contacts = facts.contacts._replace(added=added.ties)
    facts = facts._replace(contacts=contacts, added_lists=slots, added_multipliers=multipliers)
    if not len(added.ties) or not base.lists:
        return facts, places
    n_lists, n = contacts.starts.shape[0], contacts.starts.shape[1] - 1
    first = np.full((n_lists, n), -1, np.int32)
    following = np.full((n_lists, 2 * len(added.ties)), -1, np.int32)
    weights = np.zeros((n_lists, len(added.ties)))
    most = contacts.most.copy() if contacts.most.size else np.minimum(np.diff(contacts.starts), 1).astype(float)
    for row, key in enumerate(base.lists):
        by_layer = np.full(int(added.layers.max()) + 1, np.nan)
        for number, weight in key:
            if number < by_layer.size:
                by_layer[number] = weight
        weights[row] = added.weights * by_layer[added.layers]
        living = ~np.isnan(weights[row]) & (added.ties[:, 0] < n)
        entries = np.flatnonzero(np.repeat(living, 2))  # 2 * tie + end
        persons = added.ties.ravel()[entries]
        order = np.argsort(persons, kind="stable")
        entries, persons = entries[order], persons[order]
        again = np.flatnonzero(persons[1:] == persons[:-1])
        following[row, entries[again + 1]] = entries[again]
        first[row, persons] = entries  # the last one stays
        np.maximum.at(most[row], persons, weights[row][entries >> 1])
    uneven = contacts.weights.size or np.any(np.nan_to_num(weights, nan=1.0) != 1.0)
    contacts = contacts._replace(
        extra_first=first,
        extra_next=following,
        extra_weights=np.nan_to_num(weights),
        most=most if uneven else contacts.most,
    )
    return facts._replace(contacts=contacts), places


def kernel_clocks(
    active: Sequence[ActiveClock], keys: Sequence[int], base: Base, added: dict[int, int], facts: Facts
) -> Clocks:
    """Lay clocks, sorted by name, out as the kernel reads them beside `facts`.

    Parameters
    ----------
    active : sequence of ActiveClock
    keys : sequence of int
        Of their streams.
    base : Base
    added : dict of int to int
        Where slots and multipliers that are the arm's own begin, by identity.
    facts : Facts
    """
    reads, places = base.reads, {**base.places, **added}
    layers = {layer: number for number, layer in enumerate(base.layers)}
    even = not facts.contacts.weights.size and not facts.contacts.extra_first.size
    senders = SENDER_NUMBER | SENDER_STATES | SOURCE_WEIGHTS

    def column(values: Iterable[Any], kind: type = np.int64) -> np.ndarray:
        return np.array(list(values), dtype=kind)

    shifts = [slab_shift(entry.rate) for entry in active]
    poisson = [poisson_table(entry.rate * 2.0**-shift) for entry, shift in zip(active, shifts, strict=True)]
    bases = [entry.clock for entry in active]
    read = [reads[clock.number] for clock in bases]
    varies = [
        each.varies | (TIME_NOW if entry.now != 1.0 else 0) | (each.by_ends if entry.clock.by_ends else 0)
        for each, entry in zip(read, active, strict=True)
    ]
    return Clocks(
        key=column(keys, np.uint64),
        table=np.array(poisson, np.uint64).reshape(len(active), RINGS),
        shift=column(shifts),
        n_slots=column((c.n_slots for c in bases), np.uint64),
        kind=column(c.kind for c in bases),
        added=column(c.added for c in bases),
        first_tie=column(c.first_tie for c in bases),
        listed=column(-1 if c.slots is None else places[id(c.slots)] for c in bases),
        scaled=column(-1 if c.multipliers is None else places[id(c.multipliers)] for c in bases),
        rescaled=column(c.multipliers is not None and id(c.multipliers) in added for c in bases),
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
            entry.level == 0
            and entry.susceptibility < 0
            and entry.influence < 0
            and entry.clock.multipliers is None
            and not varying
            and each.whom != BY_ALL_CONTACTS
            for entry, each, varying in zip(active, read, varies, strict=True)
        ),
        cause=column(c.number for c in bases),
        layer=column(layers.get(c.name.layer, -1) for c in bases),
        whom=column(each.whom for each in read),
        varies=column(varies),
        now=column((entry.now for entry in active), np.float64),
        counted=column((entry.counted for entry in active), np.float64),
        own=column(each.own for each in read),
        others=column(each.others for each in read),
        sender=column(each.sender for each in read),
        source_weights=column(each.source_weights for each in read),
        times=column(each.times for each in read),
        n_times=column(each.n_times for each in read),
        listed_by=column(each.listed_by for each in read),
        reads_share=column(each.reads_share for each in read),
        plain=column(
            even
            and (
                each.whom != BY_ALL_CONTACTS
                or (entry.influence < 0 and entry.counted == 1 and not each.varies & senders)
            )
            for entry, each in zip(active, read, strict=True)
        ),
        shape=column(each.shape for each in read),
        table_at=column(each.table_at for each in read),
        table_size=column(each.table_size for each in read),
        unit=column((each.unit for each in read), np.float64),
        leaving=column(c.leaving for c in bases),
        receiver=column(each.receiver for each in read),
    )


def _joined_or_one(arrays: list[np.ndarray], kind: type) -> np.ndarray:
    """Join arrays; a single one, which may be large, is not copied."""
    return arrays[0] if len(arrays) == 1 else np.concatenate([np.empty(0, kind), *arrays])


def _joined(groups: list[Groups], n: int) -> Grouped:
    """Put several groupings together, groups numbered through."""
    starts, rows, members = [np.empty(0, np.int64)], [], [np.empty(0, np.int32)]
    n_groups = n_members = 0
    for each in groups:
        rows.append(np.where(each.group_of >= 0, each.group_of + n_groups, -1).astype(np.int32))
        starts.append(each.starts + n_members)  # its end is a group that nobody is in
        members.append(each.members)
        n_groups += each.starts.size
        n_members += each.members.size
    group_of = np.stack(rows) if rows else np.empty((0, n), np.int32)
    return Grouped(group_of, np.concatenate(starts), np.concatenate(members))
