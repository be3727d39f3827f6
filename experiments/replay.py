"""One replicate once more, with its full event log: who changed state, when, through whom, by which transition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.design import Trial, design
from experiments.execution import identity_of
from experiments.results import Results
from experiments.stored_trial import trial_again
from interventions.schedule import occurrences
from scenarios import build
from simulator.clock_making import numbered_transitions
from simulator.errors import SpecError, StoreError
from simulator.influence import Influences, run_with_influences
from simulator.kernel import CAME, WENT
from simulator.trajectory import Trajectory
from simulator.units import TICK_BITS
from simulator.world import World, in_order

if TYPE_CHECKING:
    import networkx as nx

    from scenarios.loading import Scenario

ABSENT = "not there"
"""What tables call the state of somebody who has not entered yet, or has left."""


@dataclass(frozen=True, eq=False)
class Replay:
    """One arm of one replicate, event by event; made by `replay`.

    Parameters
    ----------
    trial : Trial
    arm : str
    replicate : int
    world : World
    trajectory : Trajectory
    found : Influences
        As places in the event log and in the order of ids; `influences` says the same in the people's own ids.
    """

    trial: Trial
    arm: str
    replicate: int
    world: World
    trajectory: Trajectory
    found: Influences

    def __repr__(self) -> str:
        name, events = self.trial.scenario.name, len(self.trajectory.events().tick)
        return (
            f"{name}: {self.arm}, replicate {self.replicate}: {events:,} events, {len(self.found.event):,} influences\n"
            "tables: .events .influences; graphs: .graph() .tree()"
        )

    @property
    def time_unit(self) -> str:
        """The scenario's unit of time."""
        return self.trial.scenario.spec.time.unit

    @cached_property
    def events(self) -> pd.DataFrame:
        """Every change of state, in order of time.

        Columns: event (its number), time (the scenario's unit), person (id), behaviour, left, entered (states), how
        (``transition``, ``intervention``, ``enters``, ``leaves``), cause (the name of the transition or intervention),
        by (id of the one contact or group member through whom it came, else missing), layer (of the tie to them, else
        empty), contacts (how many were counted: 0, 1, or under `response` any number).
        """
        log = self.trajectory.events()
        behaviours, states = _names_of_states(self.world)
        gone = states[log.entered] == ABSENT
        how, cause = _causes(self._names_of_causes, log.cause)
        how[gone], cause[gone] = "leaves", ""  # at a rate, or at a known time
        counted = np.bincount(self.found.event, minlength=log.tick.size)
        alone = np.full(log.tick.size, -1, np.int64)
        alone[self.found.event] = self.found.person
        alone[counted != 1] = -1
        layer = np.full(log.tick.size, -1, np.int64)
        layer[self.found.event] = self.found.layer
        ids = self.world.population.ids
        kind: Any = "Int64" if ids.dtype.kind == "i" else "object"
        return pd.DataFrame(
            {
                "event": np.arange(log.tick.size),
                "time": log.tick * 2.0**-TICK_BITS,
                "person": ids[log.person],
                "behaviour": behaviours[log.entered],
                "left": states[log.left],
                "entered": states[log.entered],
                "how": how,
                "cause": cause,
                "by": pd.array([ids[k] if k >= 0 else None for k in alone.tolist()], dtype=kind),
                "layer": self._names_of_layers[layer],
                "contacts": counted,
            }
        )

    @cached_property
    def influences(self) -> pd.DataFrame:
        """Who influenced whom: one row for each contact of each event that came through contacts.

        Columns: event, time, source, target (ids), behaviour, transition, entered, layer, share (1 over the number of
        contacts who were counted: no single one of several is the cause).
        """
        events = self.events.iloc[self.found.event].reset_index(drop=True)
        return pd.DataFrame(
            {
                "event": events["event"],
                "time": events["time"],
                "source": self.world.population.ids[self.found.person],
                "target": events["person"],
                "behaviour": events["behaviour"],
                "transition": events["cause"],
                "entered": events["entered"],
                "layer": self._names_of_layers[self.found.layer],
                "share": 1.0 / events["contacts"],
            }
        )

    def graph(self) -> nx.MultiDiGraph:
        """Return who influenced whom as a NetworkX graph.

        Nodes are the ids of those who influenced somebody or were influenced; an arc u -> v for each row of
        `influences`, with time, behaviour, transition, entered, layer and share; its key is the event.
        """
        import networkx as nx

        graph = nx.MultiDiGraph(arm=self.arm, replicate=self.replicate)
        for row in _rows(self.influences):
            graph.add_edge(row.pop("source"), row.pop("target"), row.pop("event"), **row)
        return graph

    def tree(self) -> nx.DiGraph:
        """Return the chains of influence: a forest whose nodes are events, each with at most one before it.

        An arc leads from the event by which a contact came into the state that counted to the event that came through
        them; under `response`, from the last of those who were counted: the one who tipped it. Nodes are numbers of
        events, with the columns of `events`; what somebody was at the start is a node of its own, with a negative
        number and time 0. Only what influenced or was influenced is in it.
        """
        import networkx as nx

        rows = _rows(self.events)
        forest = nx.DiGraph(arm=self.arm, replicate=self.replicate)
        for event, parent in _parents(self.world, self.trajectory, self.found).items():
            if parent not in forest:
                forest.add_node(parent, **(rows[parent] if parent >= 0 else self._at_the_start(parent)))
            if event not in forest:
                forest.add_node(event, **rows[event])
            forest.add_edge(parent, event)
        return forest

    def _at_the_start(self, node: int) -> dict[str, Any]:
        column, person = divmod(-1 - node, self.trajectory.n_persons)
        behaviour = list(self.world.behaviours.values())[column]
        return {
            "event": node,
            "time": 0.0,
            "person": self.world.population.ids[person],
            "behaviour": behaviour.name,
            "entered": behaviour.states[self.trajectory.start[person, column]],
            "how": "start",
            "cause": "",
        }

    @property
    def _names_of_layers(self) -> np.ndarray:
        return np.array([*self.world.network.layers, ""], object)

    @property
    def _names_of_causes(self) -> tuple[list[str], list[str]]:
        transitions = [transition.name for _, transition in numbered_transitions(self.world)]
        return transitions, in_order(occurrences(self.trial.arms[self.arm]))[1]


def replay(scenario: Scenario | Results | str | Path, *, arm: str | None = None, replicate: int = 0) -> Replay:
    """Run one arm of one replicate again, and say who influenced whom.

    Parameters
    ----------
    scenario : Scenario, Results, str or Path
        A scenario, a bundled one's name or a scenario's file; or results, or their folder: then the replay is compared
        with what is stored, and refused where it differs.
    arm : str, optional
        Default: the control.
    replicate : int
        Counted from 0.

    Returns
    -------
    Replay

    Raises
    ------
    SpecError
        If there is no such arm or replicate.
    StoreError
        If the results cannot be run again as they were: by another engine, or from files that have changed.
    """
    return replay_trial(*trial_of(scenario), arm=arm, replicate=replicate)


def replay_trial(trial: Trial, results: Results | None, *, arm: str | None, replicate: int) -> Replay:
    """Replay what `trial_of` returned; its towns are made once, however many arms are replayed. See `replay`."""
    name = build.chosen_arm(trial.arms, arm, trial.control, replicate)
    town = trial.town(replicate)
    beginning = build.beginning_of(trial.scenario, town, trial.luck(replicate))
    run = run_with_influences(beginning, occurrences(trial.arms[name]), trial.observe_at, trial.horizon_tick)
    replayed = Replay(trial, name, replicate, beginning.plan.world, *run)
    if results is not None:
        _compare(replayed, results)
    return replayed


def trial_of(scenario: Scenario | Results | str | Path) -> tuple[Trial, Results | None]:
    """Return the trial to replay, and the results that it must agree with, if there are any.

    Raises
    ------
    StoreError
        If the results cannot be run again.
    """
    from scenarios.loading import Scenario, load, names

    if isinstance(scenario, Scenario):
        return design(scenario), None
    if not isinstance(scenario, Results):
        if not isinstance(scenario, str | Path) or not Path(scenario).is_dir() or str(scenario) in names():
            return design(load(scenario)), None
        scenario = Results.load(scenario)
    results = scenario
    try:
        trial = trial_again(results.folder, results.manifest)
    except (SpecError, OSError, ValueError, KeyError) as error:
        raise StoreError(f"{results.folder} cannot be run again: {error}") from error
    if identity_of(trial).hash != results.manifest["hash"]:
        raise StoreError(
            f"{results.folder} cannot be run again as it was: the files of people and ties have changed since, or "
            "another version of netrial ran it. Run the scenario again"
        )
    return trial, results


def _compare(replayed: Replay, results: Results) -> None:
    """Refuse a replay whose curves are not those that are stored."""
    curves = results.curves
    mine = curves[(curves["arm"] == replayed.arm) & (curves["replicate"] == replayed.replicate)]
    mine = mine[mine["group_by"] == ""]
    if mine.empty:
        done = results.manifest["replicates"]
        raise SpecError(f"replicate {replayed.replicate} is not among the results, which hold 0 to {done - 1}")
    labels = [(behaviour.name, state) for behaviour in replayed.world.behaviours.values() for state in behaviour.states]
    counts = replayed.trajectory.counts[:, replayed.world.state_numbers]
    wide = mine.pivot_table(index="time", columns=["behaviour", "state"], values="count", sort=True)
    if not np.array_equal(wide[labels].to_numpy(), counts):
        raise StoreError(
            f"replicate {replayed.replicate} took another course in {results.folder}, which "
            f"{results.manifest['versions'].get('netrial', 'another version')} of netrial wrote. Run the scenario again"
        )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _names_of_states(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Return the behaviour and the state of every state number."""
    behaviours, states = [], []
    for behaviour, codes in zip(world.behaviours.values(), world.n_codes, strict=True):
        names = [*behaviour.states, ABSENT][:codes]
        behaviours += [behaviour.name] * len(names)
        states += names
    return np.array(behaviours, object), np.array(states, object)


def _causes(names: tuple[Sequence[str], Sequence[str]], numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how each event came about, and the name of what did it."""
    transitions, interventions = names
    known = {CAME: ("enters", ""), WENT: ("leaves", "")}
    known |= {k: ("transition", name) for k, name in enumerate(transitions)}
    known |= {-1 - k: ("intervention", name) for k, name in enumerate(interventions)}
    pairs = [known[number] for number in numbers.tolist()]
    return np.array([how for how, _ in pairs], object), np.array([name for _, name in pairs], object)


def _parents(world: World, trajectory: Trajectory, found: Influences) -> dict[int, int]:
    """Return, of each event that came through contacts, the event that put the last of them into the state."""
    log = trajectory.events()
    n_persons = trajectory.n_persons
    column_of = np.searchsorted(trajectory.first_state, log.entered, side="right") - 1
    sources = [
        world.column_of(transition.source.behaviour) if transition.source is not None else -1
        for _, transition in numbered_transitions(world)
    ]
    first = np.searchsorted(found.event, np.arange(log.tick.size + 1))
    last: dict[tuple[int, int], int] = {}
    parents: dict[int, int] = {}
    for event, (column, person, cause) in enumerate(
        zip(column_of.tolist(), log.person.tolist(), log.cause.tolist(), strict=True)
    ):
        contacts = found.person[first[event] : first[event + 1]].tolist()
        if contacts:
            source = sources[cause]
            parents[event] = max(
                last.get((source, contact), -1 - (source * n_persons + contact)) for contact in contacts
            )
        last[column, person] = event
    return parents
