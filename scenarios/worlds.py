"""Towns: the people and ties of a scenario, read or generated, and who starts in which state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from scenarios import grammar
from scenarios.conversion import (
    background_of,
    behaviours_of,
    condition_of,
    horizon_of,
    person_number_of,
    quantity_of,
    threshold_column,
    warm_up_of,
)
from scenarios.parameters import given_parameters
from scenarios.sources import people_at, ties_at
from scenarios.turnover import turnover_of, with_places
from simulator.behaviour import ByColumn
from simulator.errors import Place, Problem, SpecError
from simulator.units import convert_duration, to_ticks

if TYPE_CHECKING:
    from pathlib import Path

    import networkx
    import numpy as np
    import pandas as pd

    from scenarios.loading import Scenario
    from simulator.beginning import Beginning
    from simulator.clock_plan import ClockPlan
    from simulator.distributions import Distribution
    from simulator.network import Layer
    from simulator.population import Plan, Population
    from simulator.streams import Draw
    from simulator.world import Occurrence, Start, World

    People: TypeAlias = tuple[pd.DataFrame, str] | networkx.Graph | None
    """A table and its column of ids; or a graph given in Python; or nothing: people are generated."""


def world_of(scenario: Scenario, number: int = 0) -> World:
    """Make one town: its people, their ties, and the behaviours.

    Columns and ties are drawn by (seed, "network", number) and their names, so a further column or layer moves
    no other.

    Parameters
    ----------
    scenario : Scenario
    number : int
        Which of the scenario's networks, from 0.

    Returns
    -------
    World

    Raises
    ------
    SpecError
        If a file does not fit; places are those of the scenario.
    """
    try:
        return _world(scenario, number)
    except SpecError as error:
        raise scenario.located(error) from None


def _world(scenario: Scenario, number: int) -> World:
    from simulator.network import ContactNetwork
    from simulator.streams import Draw
    from simulator.world import World

    spec = scenario.spec
    draw = Draw(spec.experiment.seed, "network", number)
    people: People = scenario.people
    if spec.population.file is not None:
        path = scenario.file_at(("population", "file"), spec.population.file)
        people = _placed(("population", "file"), lambda: people_at(path, spec.population))
    population = _placed(("population",), lambda: population_of(spec, people, draw))
    layers: dict[str, Layer] = {}
    problems: list[Problem] = []
    for name, given in spec.network.layers.items():
        place = ("network", "layers", name)
        ties = scenario.file_at((*place, "file"), given.file) if isinstance(given, grammar.FileLayer) else None
        try:
            layers[name] = _placed(
                place,
                lambda name=name, ties=ties: layer_of(spec, name, population, ties, scenario.graphs.get(name), draw),
            )
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    population = _placed(("population",), lambda: with_places(spec, population, draw))
    population = _with_thresholds(spec, population, draw)
    network = ContactNetwork(population.size, layers)
    world = World(population, network, behaviours_of(spec), number, turnover_of(spec))
    return replace(world, initial=partial(_start, spec, world))


def _with_thresholds(spec: grammar.ScenarioSpec, population: Population, draw: Draw) -> Population:
    """Add a column for each `response` whose threshold differs by person without standing in a column."""
    import numpy as np

    from simulator.population import Column

    columns = dict(population.columns)
    for behaviour, each in spec.behaviours.items():
        for name, transition in each.transitions.items():
            threshold = None if transition.response is None else transition.response.threshold
            title = threshold_column(behaviour, name)
            if isinstance(threshold, grammar.Distribution):
                uniforms = draw.uniforms("threshold", behaviour, name, n=population.size)
                columns[title] = Column(title, distribution_of(threshold).sample(uniforms))
            elif isinstance(threshold, grammar.ByCategory):
                codes, labels = population.columns[threshold.by].groups()
                values = [threshold.values.get(label, np.nan) for label in labels]
                columns[title] = Column(title, np.array([*values, np.nan])[codes])  # code -1 reads the last
    return replace(population, columns=columns)


def _placed(place: Place, make: Any) -> Any:
    """Call `make`; put the places of its problems below `place`."""
    try:
        return make()
    except SpecError as error:
        raise type(error)(
            [Problem(each.message, (*place, *each.place), each.hint, each.on_key) for each in error.problems]
        ) from None


def column_plans(columns: Mapping[str, grammar.Column]) -> dict[str, Plan]:
    """Return how each column that is drawn is drawn."""
    from simulator.population import Categories

    plans: dict[str, Plan] = {}
    for name, column in columns.items():
        if column.categories is not None:
            plans[name] = Categories(dict(column.categories))
        elif column.distribution is not None:
            plans[name] = distribution_of(column)
    return plans


def distribution_of(given: grammar.Column | grammar.Distribution) -> Distribution:
    """Return a distribution in the form the simulator takes."""
    from simulator.distributions import Distribution

    return Distribution(str(given.distribution), given.mean, given.sd, given.min, given.max)


def population_of(spec: grammar.ScenarioSpec, people: People, draw: Draw | None = None) -> Population:
    """Return the people: generated, or taken from a table or a graph.

    Parameters
    ----------
    spec : ScenarioSpec
    people : (DataFrame, str) or networkx.Graph, optional
        Where people are not generated: a table and its column of ids, or the graph given in Python.
    draw : Draw, optional
        Of scope "network". Default: that of network 0.

    Returns
    -------
    Population

    Raises
    ------
    SpecError
        Places are relative to ``population``.
    """
    from simulator.graphs import population_from_networkx
    from simulator.population import completed, from_table, generate
    from simulator.streams import Draw

    draw = draw or Draw(spec.experiment.seed, "network", 0)
    given = spec.population
    plans = column_plans(given.columns)
    renames = {name: column.from_ for name, column in given.columns.items() if column.from_ is not None}
    where = condition_of(given.where)
    if people is None:
        found = generate(int(given.size or 0), plans, draw)
    elif isinstance(people, tuple):
        found = from_table(*people, where=where, renames=renames, plans=plans, draw=draw)
    else:
        found = completed(population_from_networkx(people), where=where, renames=renames, plans=plans, draw=draw)
    ageing = [name for name, column in given.columns.items() if column.ages]
    a_year = convert_duration(1.0, spec.time.unit, "year")
    aged = {name: replace(found.columns[name], per_time=a_year) for name in ageing}
    return replace(found, columns={**found.columns, **aged})


def layer_of(
    spec: grammar.ScenarioSpec,
    name: str,
    population: Population,
    path: Path | None = None,
    graph: networkx.Graph | None = None,
    draw: Draw | None = None,
) -> Layer:
    """Return one layer of ties.

    Parameters
    ----------
    spec : ScenarioSpec
    name : str
        The layer.
    population : Population
    path : Path, optional
        The file of ties, where there is one.
    graph : networkx.Graph, optional
        The graph given for this layer in Python.
    draw : Draw, optional
        Of scope "network". Default: that of network 0.

    Returns
    -------
    Layer

    Raises
    ------
    SpecError
        Places are relative to the layer.
    """
    from simulator import ties
    from simulator.streams import Draw

    draw = draw or Draw(spec.experiment.seed, "network", 0)
    given = spec.network.layers[name]
    if graph is not None:
        influence = given.influence if isinstance(given, grammar.NetworkxLayer) else None
        return ties.layer_from_networkx(name, graph, population, influence)
    weight: Any = given.weight
    if isinstance(weight, grammar.Distribution):
        weight = distribution_of(weight)
    if isinstance(given, grammar.FileLayer):
        assert path is not None
        table = ties_at(path, given, spec.population)
        try:
            return ties.layer_from_table(
                name,
                table.frame,
                population,
                source=table.source,
                target=table.target,
                influence=given.influence,
                weight=table.weight or weight,
                where=condition_of(given.where),
                draw=draw,
                drop_strangers=given.strangers == "drop",
                directed=table.directed,
            )
        except SpecError as error:
            raise SpecError(replace(each, place=_key_given(given, each.place)) for each in error.problems) from None
    if isinstance(given, grammar.NetworkxLayer):
        from simulator.networkx_layers import networkx_layer

        return networkx_layer(name, given.networkx, given.arguments, population, draw, given.influence, weight)
    parameters = given_parameters(given)
    return ties.generated_layer(
        name, given.generator, population.size, parameters, draw, weight, columns=population.columns
    )


def _key_given(layer: grammar.FileLayer, place: Place) -> Place:
    """Return the place of a problem with a file's rows: a key that the layer has, or the file itself."""
    if place == ("target",) and layer.named is not None:
        return ("named",)
    missing = place and getattr(layer, str(place[0]), None) is None
    return ("file",) if missing else place


def initial_states(scenario: Scenario, world: World, draw: Draw) -> np.ndarray:
    """Draw who starts in which state.

    Of each behaviour, conditions come first, in the order of its states; then shares and numbers, in the same
    order, take the people who come first in one random order of this behaviour and replicate. Shares are of all
    people (or of all in the category), rounded, halves up; so every replicate has the same counts.

    Parameters
    ----------
    scenario : Scenario
    world : World
    draw : Draw
        Of scope "replicate".

    Returns
    -------
    uint8[n_persons, n_behaviours]

    Raises
    ------
    SpecError
        If two conditions hold for one person, or fewer people are left than a state needs.
    """
    try:
        return _initial_states(scenario.spec, world, draw)
    except SpecError as error:
        raise scenario.located(error) from None


def _initial_states(spec: grammar.ScenarioSpec, world: World, draw: Draw) -> np.ndarray:
    import numpy as np

    from interventions.cutting import rounded_share
    from simulator.streams import first_of

    n = world.population.residents
    states = np.zeros((world.population.size, len(world.behaviours)), dtype=np.uint8)
    for b, (name, behaviour) in enumerate(world.behaviours.items()):
        initial = spec.behaviours[name].initial
        place = ("behaviours", name, "initial")
        free = np.ones(n, dtype=bool)
        for code, state in enumerate(behaviour.states):
            given = initial.get(state)
            if isinstance(given, grammar.InitialWhere):
                chosen = _satisfying(given.where, world)[:n]
                if (chosen & ~free).any():
                    message = f"{int((chosen & ~free).sum())} people would start in two states"
                    raise SpecError(Problem(message, (*place, state, "where")))
                states[:n][chosen, b] = code
                free &= ~chosen
        words: np.ndarray | None = None  # the order of the people; it is never made, since it takes long for many
        shares = Decimal(0)  # so far: rounding their sum lets shares that add up to 1 fill the town exactly
        for code, state in enumerate(behaviour.states):
            given = initial.get(state)
            if given is None or isinstance(given, grammar.InitialWhere):
                continue
            if words is None:
                words = draw.words("initial", name, n=n)
            counts = _counts(given, world)
            if not isinstance(given, grammar.InitialNumber | grammar.InitialByCategory):
                share = Decimal(str(quantity_of(given)))
                counts = [(None, rounded_share(float(shares + share), n) - rounded_share(float(shares), n))]
                shares += share
            for members, wanted in counts:
                there = free if members is None else free & members
                left = int(np.count_nonzero(there))
                if wanted > left:
                    message = f"{wanted} people are to start in `{state}`, but {left} are left"
                    raise SpecError(Problem(message, (*place, state)))
                chosen = first_of(words, there, wanted)
                states[chosen, b] = code
                free[chosen] = False
    return states


def since_of(scenario: Scenario, world: World, states: np.ndarray) -> np.ndarray | None:
    """Return since when people are in the states they start in.

    Parameters
    ----------
    scenario : Scenario
    world : World
    states : uint8[n_persons, n_behaviours]
        As `initial_states` drew them.

    Returns
    -------
    int64[n_persons, n_behaviours] or None
        Ticks, at or before the beginning, which stands where a column says nothing; None: everybody since then.
    """
    return _since(scenario.spec, world, states)


def _since(spec: grammar.ScenarioSpec, world: World, states: np.ndarray) -> np.ndarray | None:
    import numpy as np

    begin = -to_ticks(warm_up_of(spec))
    since = np.full(states.shape, begin, np.int64)
    for b, (name, behaviour) in enumerate(world.behaviours.items()):
        for state, given in spec.behaviours[name].initial.items():
            column = getattr(given, "since", None)
            if column is not None:
                times = world.population.columns[column].values
                known = (states[:, b] == behaviour.code(state)) & ~np.isnan(times)
                since[known, b] = [min(to_ticks(time), begin) for time in times[known].tolist()]
    return since if (since != begin).any() else None


def _start(spec: grammar.ScenarioSpec, world: World, draw: Draw) -> Start:
    """Return how a run in a town would begin under some luck; for rules that plan by simulation."""
    from simulator.world import Start

    states = _initial_states(spec, world, draw)
    return Start(world.population, states, _since(spec, world, states), to_ticks(warm_up_of(spec)))


def beginning_of(
    scenario: Scenario, plan: ClockPlan, draw: Draw, background: Sequence[Occurrence] | None = None
) -> Beginning:
    """Return what all arms of a replicate share at time 0, after the warm-up.

    Parameters
    ----------
    scenario : Scenario
    plan : ClockPlan
    draw : Draw
        Of scope "replicate".
    background : sequence of Occurrence, optional
        What is done in every arm; default: what the scenario says.
    """
    from interventions.schedule import occurrences
    from simulator.beginning import begin

    states = initial_states(scenario, plan.world, draw)
    since = since_of(scenario, plan.world, states)
    warm_up, horizon = (to_ticks(time) for time in (warm_up_of(scenario.spec), horizon_of(scenario.spec)))
    acts = occurrences(background_of(scenario.spec)) if background is None else background
    return begin(plan, draw, states, since, warm_up, horizon, acts)


def _satisfying(where: str, world: World) -> np.ndarray:
    condition = condition_of(where)
    assert condition is not None
    return condition.mask(world.population.size, world.population.columns.__getitem__)


def _counts(given: Any, world: World) -> list[tuple[np.ndarray | None, int]]:
    """Return (members, how many of them) for each group from which people are drawn; None: everybody."""
    from interventions.cutting import rounded_share

    if isinstance(given, grammar.InitialNumber):
        return [(None, given.number)]
    share = person_number_of(given)
    if not isinstance(share, ByColumn):
        assert isinstance(share, float)
        return [(None, rounded_share(share, world.population.residents))]
    codes, labels = world.population.columns[share.column].groups()
    codes = codes[: world.population.residents]
    groups = [
        (codes == labels.index(category), value) for category, value in share.values.items() if category in labels
    ]
    return [(members, rounded_share(value, int(members.sum()))) for members, value in groups]
