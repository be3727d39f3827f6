"""Who influenced whom: one arm of one replicate once more, with the contact through whom each change of state came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.beginning import Beginning
from simulator.behaviour import RESPONSE
from simulator.clock_making import numbered_transitions
from simulator.engine import Simulation
from simulator.kernel_arrays import Contacts
from simulator.trajectory import EventLog, Trajectory
from simulator.world import Occurrence


@dataclass(frozen=True)
class Influences:
    """Contacts through whom changes of state came, in order of the events.

    Parameters
    ----------
    event : int64[k]
        Place in the event log. A `per_contact`, `proportion` or `group` event has one row; a `response` event one for
        every contact that was counted, possibly none; all else has none.
    person : int32[k]
        The contact or group member.
    layer : int16[k]
        The layer of the tie between them (`per_contact`); -1: a group, or layers pooled.
    """

    event: np.ndarray
    person: np.ndarray
    layer: np.ndarray


def run_with_influences(
    beginning: Beginning, occurrences: Sequence[Occurrence], observe_at: np.ndarray, horizon: int
) -> tuple[Trajectory, Influences]:
    """Run one arm to the horizon; say of each change of state through whom it came.

    Thinning makes this exact: a `per_contact` ring is about one tie, and a `proportion` or `group` ring draws one
    contact with the chance that the law gives them, so the person it finds is the cause. Under `response` no single
    contact is: those who were counted are found by stopping a second run at each such event, which changes nothing.

    Parameters
    ----------
    beginning : Beginning
    occurrences : sequence of Occurrence
        What the arm does.
    observe_at : int64[n_times]
        Ticks.
    horizon : int
        Tick.
    """
    trajectory = beginning.simulation(occurrences, observe_at, horizon, keep_senders=True).run()
    log = trajectory.events()
    found = np.flatnonzero(log.sender >= 0)
    events, persons, layers = [found], [log.sender[found]], [log.layer[found]]
    for event, counted in _counted(beginning, occurrences, horizon, log):
        events.append(np.full(counted.size, event))
        persons.append(counted)
        layers.append(np.full(counted.size, -1, np.int16))
    order = np.argsort(np.concatenate(events), kind="stable")
    columns = (np.concatenate(each)[order] for each in (events, persons, layers))
    return trajectory, Influences(*columns)


def _counted(
    beginning: Beginning, occurrences: Sequence[Occurrence], horizon: int, log: EventLog
) -> list[tuple[int, np.ndarray]]:
    """Return the `response` events with the contacts who were counted at each."""
    plan = beginning.plan
    transitions = numbered_transitions(plan.world)
    reads_all = np.array([transition.law == RESPONSE for _, transition in transitions])
    events = np.flatnonzero((log.cause >= 0) & reads_all[np.maximum(log.cause, 0)])
    if not events.size:
        return []
    again = beginning.simulation(occurrences, np.empty(0, np.int64), horizon)
    found = []
    for event in map(int, events):
        again.advance(int(log.tick[event]))
        number = int(log.cause[event])
        source = transitions[number][1].source
        assert source is not None
        column = plan.world.column_of(source.behaviour)
        codes = plan.world.behaviours[source.behaviour].states
        weights = source.weights or (1.0,) * len(source.states)
        counting = [codes.index(state) for state, weight in zip(source.states, weights, strict=True) if weight > 0]
        contacts = _contacts_of(again, number, int(log.person[event]))
        states = again.states[contacts, column].copy()
        for ring in _at_the_same_tick(log, event):  # the second run stands before the first ring of the instant
            if plan.first_state[column] <= log.entered[ring] < plan.first_state[column + 1]:
                states[contacts == log.person[ring]] = log.entered[ring] - plan.first_state[column]
        found.append((event, contacts[np.isin(states, counting)]))
    return found


def _at_the_same_tick(log: EventLog, event: int) -> range:
    """Return the events of the same instant that came before, but what interventions set."""
    first = event
    while first > 0 and log.tick[first - 1] == log.tick[event] and log.cause[first - 1] >= 0:
        first -= 1
    return range(first, event)


def _contacts_of(simulation: Simulation, number: int, person: int) -> np.ndarray:
    """Return int32[k]: the living contacts whom a transition reads, in layers pooled; ties of weight 0 aside."""
    lists: Contacts = simulation.contacts_read()
    row = simulation.plan.base.reads[number].listed_by
    begin, end = int(lists.starts[row, person]), int(lists.starts[row, person + 1])
    contacts = lists.persons[begin:end].tolist()
    weights = lists.weights[begin:end].tolist() if lists.weights.size else [1.0] * len(contacts)
    entry = int(lists.extra_first[row, person]) if lists.extra_first.size else -1
    while entry >= 0:
        contacts.append(int(lists.added[entry >> 1, 1 - (entry & 1)]))
        weights.append(float(lists.extra_weights[row, entry >> 1]))
        entry = int(lists.extra_next[row, entry])
    n_persons = simulation.states.shape[0]
    living = {contact for contact, weight in zip(contacts, weights, strict=True) if weight > 0 and contact < n_persons}
    return np.array(sorted(living), np.int32)
