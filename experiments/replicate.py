"""One replicate with all its arms: run them on the same people with the same luck, and turn them into tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from experiments.design import Trial
from experiments.distances import MOST_REPLICATES, MOST_TIES, influencing_layers, rows_of
from experiments.knowledge import compare
from interventions.schedule import occurrences
from scenarios import build
from simulator.beginning import Beginning
from simulator.engine import ClockPlan
from simulator.outcomes import Reading, read
from simulator.trajectory import Trajectory
from simulator.units import from_ticks
from simulator.world import World

Columns = dict[str, Any]
"""A table as the arrays or lists of its columns."""


def run_replicate(trial: Trial, replicate: int) -> dict[str, Columns]:
    """Run one replicate, all arms, and return its tables.

    Parameters
    ----------
    trial : Trial
    replicate : int
        Counted from 0.

    Returns
    -------
    dict of tables
        ``curves``, ``outcomes``, ``pairs``, ``distances``, ``knowledge``, ``ledger`` and ``targets``.
    """
    town = trial.town(replicate)
    beginning = _beginning(trial, town, replicate)
    trajectories = _run_arms(trial, beginning)
    readings = _readings(trial, town.world, trajectories)
    tables = {
        "curves": _curves(trial, town.world, trajectories),
        "outcomes": _outcomes(trial, trajectories, readings),
        "pairs": _pairs(trial, trajectories, readings),
        "distances": _distances(trial, replicate, town.world, trajectories, readings),
        "knowledge": compare(trial, town.world, beginning, readings),
        "ledger": _ledger(trajectories),
        "targets": _targets(trajectories),
    }
    return _numbered(tables, replicate)


def run_outcomes(trial: Trial, replicate: int) -> dict[str, Columns]:
    """Run one replicate, all arms, and return of its tables ``outcomes``, ``pairs`` and ``ledger`` only."""
    town = trial.town(replicate)
    trajectories = run_arms(trial, town, replicate)
    readings = _readings(trial, town.world, trajectories)
    tables = {
        "outcomes": _outcomes(trial, trajectories, readings),
        "pairs": _pairs(trial, trajectories, readings),
        "ledger": _ledger(trajectories),
    }
    return _numbered(tables, replicate)


def _readings(trial: Trial, world: World, trajectories: Mapping[str, Trajectory]) -> dict[str, dict[str, Reading]]:
    return {
        arm: {name: read(measure, world, trajectory) for name, measure in trial.measures.items()}
        for arm, trajectory in trajectories.items()
    }


def _numbered(tables: dict[str, Columns], replicate: int) -> dict[str, Columns]:
    for table in tables.values():
        length = len(table["arm"])
        table["replicate"] = np.full(length, replicate, np.int64)
        table["draw"] = np.zeros(length, np.int64)
    return tables


def run_arms(trial: Trial, town: ClockPlan, replicate: int) -> dict[str, Trajectory]:
    """Run all arms of one replicate; they share its initial people and its luck."""
    return _run_arms(trial, _beginning(trial, town, replicate))


def _beginning(trial: Trial, town: ClockPlan, replicate: int) -> Beginning:
    return build.beginning_of(trial.scenario, town, trial.luck(replicate))


def _run_arms(trial: Trial, beginning: Beginning) -> dict[str, Trajectory]:
    return {
        arm: beginning.simulation(occurrences(members), trial.observe_at, trial.horizon_tick).run()
        for arm, members in trial.arms.items()
    }


def _curves(trial: Trial, world: World, trajectories: Mapping[str, Trajectory]) -> Columns:
    labels = [(behaviour.name, state) for behaviour in world.behaviours.values() for state in behaviour.states]
    blocks: list[tuple[str, str, str, np.ndarray]] = []
    for arm, trajectory in trajectories.items():
        blocks.append((arm, "", "", trajectory.counts[:, world.state_numbers]))
        for column in trial.curves_by:
            groups, names = world.population.columns[column].groups()
            by_group = trajectory.counts_by(groups, len(names))
            blocks += [(arm, column, name, by_group[:, world.state_numbers, k]) for k, name in enumerate(names)]
    n_times, n_states = trial.times.size, len(labels)
    rows = n_times * n_states
    return {
        "arm": [block[0] for block in blocks for _ in range(rows)],
        "time": np.tile(np.repeat(trial.times, n_states), len(blocks)),
        "behaviour": [behaviour for behaviour, _ in labels] * (n_times * len(blocks)),
        "state": [state for _, state in labels] * (n_times * len(blocks)),
        "group_by": [block[1] for block in blocks for _ in range(rows)],
        "group": [block[2] for block in blocks for _ in range(rows)],
        "count": np.concatenate([block[3].ravel() for block in blocks]),
    }


def _whom(among: str | None, targets: np.ndarray, ever: np.ndarray) -> np.ndarray:
    """Return the people that an outcome is about: everybody, the arm's targets, or those never offered anything."""
    if among == "targets":
        return targets
    return ~ever if among == "others" else np.ones(targets.size, bool)


def _outcomes(
    trial: Trial, trajectories: Mapping[str, Trajectory], readings: Mapping[str, Mapping[str, Reading]]
) -> Columns:
    rows = []
    for arm, trajectory in trajectories.items():
        targets, ever = trajectory.targets(), trajectory.ever_offered()
        for name, measure in trial.measures.items():
            value = readings[arm][name].over(_whom(measure.among, targets, ever))
            rows.append((arm, name, value.value, value.reached))
    return _columns("arm outcome value reached", rows)


def _pairs(
    trial: Trial, trajectories: Mapping[str, Trajectory], readings: Mapping[str, Mapping[str, Reading]]
) -> Columns:
    rows = []
    for arm, trajectory in trajectories.items():
        if arm == trial.control:
            continue
        targets, ever = trajectory.targets(), trajectory.ever_offered()
        rest = {"total": targets, "spillover": ~ever, "later": ever & ~targets}
        for name, measure in trial.measures.items():
            treated, untreated = readings[arm][name], readings[trial.control][name]
            sets = {"overall": _whom(measure.among, targets, ever)}
            if treated.splits and measure.among is None:
                sets |= rest
            for estimand, people in sets.items():
                value, control = treated.over(people), untreated.over(people)
                if value.people:
                    rows.append((arm, name, estimand, value.people, value.value, control.value))
    return _columns("arm outcome estimand people value control_value", rows)


def _distances(
    trial: Trial,
    replicate: int,
    world: World,
    trajectories: Mapping[str, Trajectory],
    readings: Mapping[str, Mapping[str, Reading]],
) -> Columns:
    """Read the primary outcome by distance from the targets; nothing where that would take too long."""
    layers = influencing_layers(world)
    rows = []
    if replicate < MOST_REPLICATES and sum(layer.n_ties for layer in layers) <= MOST_TIES:
        name = trial.scenario.spec.outcomes.primary
        for arm, trajectory in trajectories.items():
            if arm != trial.control:
                targets, ever = trajectory.targets(), trajectory.ever_offered()
                treated, untreated = readings[arm][name], readings[trial.control][name]
                rows += [(arm, name, *row) for row in rows_of(targets, ever & ~targets, layers, treated, untreated)]
    return _columns("arm outcome distance people value control_value", rows)


def _ledger(trajectories: Mapping[str, Trajectory]) -> Columns:
    rows = [
        (arm, round(from_ticks(line.tick), 9), line.intervention, line.action, line.people, line.cost)
        for arm, trajectory in trajectories.items()
        for line in trajectory.ledger
    ]
    return _columns("arm time intervention action people cost", rows)


def _targets(trajectories: Mapping[str, Trajectory]) -> Columns:
    """Return who was offered what in each arm, once, on however many dates."""
    arms, interventions, persons = [], [], []
    for arm, trajectory in trajectories.items():
        for intervention in dict.fromkeys(offer.intervention for offer in trajectory.offers):
            offered = np.flatnonzero(trajectory.ever_offered(intervention))
            arms.append(np.full(offered.size, arm, object))
            interventions.append(np.full(offered.size, intervention, object))
            persons.append(offered)
    titled = {"arm": arms, "intervention": interventions, "person": persons}
    return {title: np.concatenate(blocks) if blocks else [] for title, blocks in titled.items()}


def _columns(names: str, rows: list[tuple[Any, ...]]) -> Columns:
    titles = names.split()
    return dict(zip(titles, map(list, zip(*rows, strict=True)), strict=True)) if rows else {t: [] for t in titles}
