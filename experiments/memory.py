"""How much memory a scenario needs, read off its text and files before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.design import TOWNS_KEPT
from simulator.behaviour import POOLED, Behaviour, ByColumn, ByState, HazardRatio, PersonNumber
from simulator.footprint import TIE, Footprint, PlannedLayer, generated, network_bytes, replicate_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from scenarios.loading import Scenario

SURVEY = (16, 140)
"""Bytes a tie that a survey takes at most: of every tie, and of the ties of those who are asked."""

SAMPLE = 1 << 16
"""Bytes of a CSV file, from its beginning, middle and end, from which the number of its rows is estimated."""


def footprint_of(scenario: Scenario, arms: Sequence[str], jobs: int, n_events: int | None = None) -> Footprint:
    """Estimate what running a scenario needs.

    Parameters
    ----------
    scenario : Scenario
    arms : sequence of str
        Those that are run.
    jobs : int
        Threads.
    n_events : int, optional
        Changes of state in one arm, where that is known better than from rates and ties alone.
    """
    from scenarios import build
    from scenarios.turnover import turnover_of

    spec = scenario.spec
    turnover = turnover_of(spec)
    duration = build.horizon_of(spec) + build.warm_up_of(spec)
    residents = _residents(scenario)
    enter = None if turnover is None else turnover.enter
    places = 0 if enter is None else enter.places(duration)
    n = residents + places
    layers = {name: _layer(scenario, name, residents) for name in spec.network.layers}
    behaviours = build.behaviours_of(spec)
    kept, most = network_bytes(n, list(layers.values()), n_columns=len(spec.population.columns))
    lists = {
        tuple(transition.layers.items())
        for behaviour in behaviours.values()
        for transition in behaviour.transitions
        if transition.law in POOLED
    }
    pooled = 0
    for read in lists:
        weighted = any(layers[name].weighted for name, _ in read) or len({weight for _, weight in read} | {1.0}) > 1
        pooled += 8 * n + sum(layers[name].n_ties for name, _ in read) * 2 * (4 + 8 * weighted)
    contacts = sum(layer.n_ties for layer in layers.values()) * 2 * (4 + 8)  # sorted to rank people, then kept
    if n_events is None:
        degrees = {name: 2 * layer.n_ties / max(residents, 1) for name, layer in layers.items()}
        n_events = int(n * sum(events_of(behaviour, degrees, duration) for behaviour in behaviours.values()))
    interventions = [member for name in arms for member in build.arms_of(spec)[name]]
    factors = {
        which
        for one in interventions
        for effect in one.effects
        for which in (*effect.susceptibility, *effect.influence)
    }
    rewired = any(effect.rewire is not None for one in interventions for effect in one.effects)
    known = [one.target.knowledge for one in interventions if one.target.knowledge is not None]
    replicate = replicate_bytes(
        n,
        len(behaviours),
        n_arms=len(arms) + bool(known),  # with perfect knowledge, one arm after the other is run again
        n_outcomes=len(spec.outcomes.measures),
        n_events=n_events,
        n_factors=len(factors),
    )
    if rewired:  # a copy of all ties, and of who reads whom
        replicate += 2 * sum(layer.n_ties for layer in layers.values()) * TIE + pooled
    if known:
        of_all, of_asked = SURVEY
        asked = max(knowledge.asked for knowledge in known)
        replicate += int(sum(layer.n_ties for layer in layers.values()) * (of_all + of_asked * asked)) + contacts
    timed = sum(any(t.time_in_state for t in behaviour.transitions) for behaviour in behaviours.values())
    replicate += 8 * n * timed
    return Footprint(
        network=kept + pooled + contacts,
        making=most + pooled + contacts,
        replicate=replicate,
        networks=min(spec.experiment.networks, TOWNS_KEPT),
        replicates=min(jobs, spec.experiment.replicates),
    )


def people_and_ties(scenario: Scenario) -> tuple[int, int]:
    """Return about how many people and ties a town has, read off the scenario and its files; nothing is made."""
    residents = _residents(scenario)
    return residents, sum(_layer(scenario, name, residents).n_ties for name in scenario.spec.network.layers)


def _residents(scenario: Scenario) -> int:
    from scenarios.files import graph_at
    from scenarios.sources import TABLE, format_of

    population = scenario.spec.population
    if scenario.people is not None:
        return int(scenario.people.number_of_nodes())
    if population.file is not None:
        path, form = scenario.file_at(("population", "file"), population.file), format_of(population)
        return _rows(path) if form == TABLE else len(graph_at(path, form).people)
    return int(population.size or 0)


def _layer(scenario: Scenario, name: str, residents: int) -> PlannedLayer:
    from scenarios import grammar
    from scenarios.files import graph_at
    from scenarios.sources import TABLE, format_of

    given = scenario.spec.network.layers[name]
    if name in scenario.graphs:
        graph = scenario.graphs[name]
        return PlannedLayer(graph.number_of_edges(), weighted=True)
    weighted = given.weight is not None and not isinstance(given.weight, int | float)
    if isinstance(given, grammar.FileLayer):
        path = scenario.file_at(("network", "layers", name, "file"), given.file)
        form = format_of(given)
        rows = _rows(path) * len(given.named or (0,)) if form == TABLE else len(graph_at(path, form).ties)
        return PlannedLayer(rows, weighted=weighted, surveyed=True)
    if isinstance(given, grammar.GeneratedLayer):
        numbers = given.model_dump(include={"mean_degree", "neighbours", "degree"})
        if given.generator == "degrees" and given.column is not None:
            numbers["degree"] = _mean_of(scenario, given.column)
        return generated(given.generator, residents, numbers, weighted=weighted)
    return PlannedLayer(0)  # what a generator of NetworkX makes is known only once it has made it


def _mean_of(scenario: Scenario, name: str) -> float:
    """Return the mean of a column of numbers, of all people of a file or of all who may be drawn."""
    from scenarios.sources import people_at
    from scenarios.worlds import distribution_of

    people = scenario.spec.population
    column = people.columns.get(name)
    if column is not None and column.categories is not None:
        return sum(float(key) * share for key, share in column.categories.items()) / sum(column.categories.values())
    if column is not None and column.distribution is not None:
        return float(distribution_of(column).sample((np.arange(1000) + 0.5) / 1000).mean())
    known = name if column is None else column.from_
    if scenario.people is not None:
        return float(np.mean([float(facts[known]) for _, facts in scenario.people.nodes(data=True)]))
    assert people.file is not None
    frame, _ = people_at(scenario.file_at(("population", "file"), people.file), people)
    return float(frame[known].astype(float).mean())


def _rows(path: Path) -> int:
    """Return about how many rows a table has; a CSV file is not read, but for three samples."""
    if path.suffix.lower() == ".parquet":
        from pyarrow import parquet

        return int(parquet.read_metadata(path).num_rows)
    size = path.stat().st_size
    with path.open("rb") as file:
        samples = []
        for place in (0, max(0, size // 2 - SAMPLE // 2), max(0, size - SAMPLE)):
            file.seek(place)
            samples.append(file.read(SAMPLE))
    read, lines = (sum(count) for count in zip(*((len(part), part.count(b"\n")) for part in samples), strict=True))
    return int(size * lines / read) if lines else 1


def events_of(behaviour: Behaviour, degrees: dict[str, float], duration: float) -> float:
    """Estimate how often a person changes state, were all contacts always in the states that move people.

    The mean flow of the Markov chain of one person at the highest rates, once it has settled, and one move out of the
    first state: a fast transition out of a state that is seldom entered makes few events.

    Parameters
    ----------
    behaviour : Behaviour
    degrees : dict of str to float
        Mean contacts by layer.
    duration : float
    """
    size = len(behaviour.states)
    rates = np.zeros((size, size))
    for transition in behaviour.transitions:
        rate = _highest(transition.rate)
        for number in transition.susceptibility:
            rate *= _highest(number)
        for series in transition.series:
            rate *= max(factor for _, factor in series.points)
        if transition.law == "per_contact":
            rate *= sum(weight * degrees[name] for name, weight in transition.layers.items())
        for state in transition.from_states:
            rates[behaviour.code(state), behaviour.code(transition.to_state)] += rate
    leaving = rates.sum(axis=1)
    fastest = float(leaving.max(initial=0.0))
    if fastest <= 0:
        return 0.0
    steps = np.eye(size) + (rates - np.diag(leaving)) / (2 * fastest)
    settled = np.full(size, 1 / size) @ np.linalg.matrix_power(steps, 1 << 20)
    leaves_first = min(1.0, float(leaving[0]) * duration) * (1 - float(settled[0]))
    return float(settled @ leaving) * duration + leaves_first


def _highest(number: PersonNumber) -> float:
    if isinstance(number, ByColumn | ByState):
        return max(number.values.values(), default=0.0)
    return 1.0 if isinstance(number, HazardRatio) else number
