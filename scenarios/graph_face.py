"""A scenario on a NetworkX graph, and as one: people, ties, and what happened to them in one replicate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios import build
from scenarios.mesa_face import parts_of
from scenarios.overrides import put, reading_of_value
from simulator.errors import Problem, SpecError, allowed_words
from simulator.graphs import to_graph
from simulator.merging import TARGET_TO_SOURCE
from simulator.units import from_ticks, to_ticks

if TYPE_CHECKING:
    import networkx

    from scenarios.loading import Scenario
    from simulator.trajectory import Trajectory
    from simulator.world import World


def on_graph(scenario: Scenario, graph: networkx.Graph, layer: str | None, influence: str | None) -> Scenario:
    """Return a scenario whose people and ties are those of a graph; see `Scenario.on_graph`."""
    from simulator.graphs import names_of

    _check_graph(graph)
    if not graph.number_of_nodes():
        raise SpecError("the graph has no nodes, so there would be no people")
    name = _layer_meant(scenario) if layer is None else layer
    if graph.is_directed() and influence is None:
        hint = "allowed: source_to_target (u influences v), target_to_source (u named v), both"
        raise SpecError(Problem("the graph is directed: say which way `influence` runs along an arc u -> v", hint=hint))
    has = set(names_of(key for _, known in graph.nodes(data=True) for key in known).values())
    people = scenario.data["population"]
    kept = {key: people[key] for key in ("where", "enter", "leave") if key in people}
    columns = {
        name: how
        for name, how in people.get("columns", {}).items()
        if name not in has and ("from" not in how or how["from"] in has)
    }
    kept |= {"networkx": type(graph).__name__} | ({"columns": columns} if columns else {})
    assert scenario.marks is not None
    data, marks, _ = put(scenario.data, scenario.marks, "population", reading_of_value("population", kept))
    return _with_layer(scenario, data, marks, name, graph.copy(), influence, alone=True)


def with_layer(scenario: Scenario, name: str, graph: networkx.Graph, influence: str | None) -> Scenario:
    """Return a scenario in which a layer's ties are those of a graph; see `Scenario.with_layer`."""
    _check_graph(graph)
    size = scenario.spec.population.size
    if name in list(scenario.spec.network.layers) and size is not None and graph.number_of_nodes() < size:
        message = f"the graph has {graph.number_of_nodes():,} people, the scenario {size:,}"
        raise SpecError(Problem(message, hint="set population.size first, or add the people without ties as nodes"))
    return _with_layer(scenario, scenario.data, scenario.marks, name, graph.copy(), influence, alone=False)


def _check_graph(graph: object) -> None:
    import networkx

    if not isinstance(graph, networkx.Graph):
        hint = "networkx.from_pandas_edgelist and networkx.from_numpy_array make one"
        raise SpecError(Problem(f"expected a NetworkX graph, found a {type(graph).__name__}", hint=hint))


def _with_layer(
    scenario: Scenario, data: Any, marks: Any, name: str, graph: networkx.Graph, influence: str | None, *, alone: bool
) -> Scenario:
    from scenarios.loading import on_graphs

    layers = list(scenario.spec.network.layers)
    if name not in layers:
        raise SpecError(Problem(f"the scenario has no layer `{name}`", hint=allowed_words(name, layers)))
    at = f"network.layers.{name}"
    value = {"networkx": type(graph).__name__} | ({} if influence is None else {"influence": influence})
    data, marks, _ = put(dict(data), marks, at, reading_of_value(at, value))
    people = graph if alone else scenario.people
    return on_graphs(scenario, data, marks, {**scenario.graphs, name: graph}, people)


def _layer_meant(scenario: Scenario) -> str:
    layers = scenario.spec.network.layers
    meant = [name for name, given in layers.items() if getattr(given, "generator", "") != "empty"]
    if len(meant) != 1:
        hint = f"name one: {', '.join(layers)}" if layers else "its ties would be in none"
        raise SpecError(Problem(f"the scenario has {len(meant)} layers that are not empty to begin with", hint=hint))
    return meant[0]


def graph_of(scenario: Scenario, number: int, arm: str | None, replicate: int) -> networkx.Graph:
    """Return one of the scenario's networks as a NetworkX graph; see `Scenario.graph`."""
    if arm is None:
        world, facts = build.world_of(scenario, number).without_reserve(), {}
    else:
        beginning, acts, times = parts_of(scenario, arm, replicate)
        horizon = to_ticks(float(times[-1]))
        trajectory = beginning.simulation(acts, np.array([horizon]), horizon).run()
        world = beginning.plan.world.without_reserve()
        facts = _facts(trajectory, world)
    graph = to_graph(world.population, world.network, scenario.people, _influence_graphs(scenario, world), facts)
    if arm is not None:
        graph.graph |= {"scenario": scenario.name, "arm": arm, "replicate": replicate}
    return graph


def _influence_graphs(scenario: Scenario, world: World) -> dict[str, networkx.Graph]:
    """Return the graphs that layers came from, with arcs as influence runs."""
    graphs = {}
    for name, graph in scenario.graphs.items():
        influence = getattr(scenario.spec.network.layers[name], "influence", None)
        if influence == TARGET_TO_SOURCE:
            graphs[name] = graph.reverse()
        elif graph.is_directed() == world.network.layers[name].directed:
            graphs[name] = graph
    return graphs


def _facts(trajectory: Trajectory, world: World) -> dict[str, tuple[np.ndarray, list[Any]]]:
    """Return what happened to people: states, times of first entry, times at which they were first targeted."""
    facts: dict[str, tuple[np.ndarray, list[Any]]] = {}
    n = world.population.size
    for b, behaviour in enumerate(world.behaviours.values()):
        for title, codes in ((behaviour.name, trajectory.final), (f"start.{behaviour.name}", trajectory.start)):
            there = codes[:n, b] < len(behaviour.states)
            facts[title] = there, [behaviour.states[code] for code in codes[:n, b][there].tolist()]
        for state in behaviour.states:
            ticks = trajectory.first_entry(b, behaviour.code(state))[:n]
            facts[f"entered.{behaviour.name}.{state}"] = ticks >= 0, _times(ticks)
    for intervention in dict.fromkeys(offer.intervention for offer in trajectory.offers):
        ticks = trajectory.first_offer(intervention)[:n]
        facts[f"targeted.{intervention}"] = ticks >= 0, _times(ticks)
    return facts


def _times(ticks: np.ndarray) -> list[float]:
    return [from_ticks(tick) for tick in ticks[ticks >= 0].tolist()]
