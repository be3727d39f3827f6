"""NetworkX graphs: people and ties on the way in and on the way out, with all that is known about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import Problem, SpecError
from simulator.network import ContactNetwork, Layer
from simulator.population import Column, Population, column_from_series
from simulator.tables import canonical_ids, match_ids

if TYPE_CHECKING:
    import networkx as nx

Tie = tuple[Any, Any, Any, dict[str, Any]]
"""Both ends, the key, and the attributes."""

Facts = Mapping[str, tuple[np.ndarray, list[Any]]]
"""What else is known of people: for each attribute, bool[n_persons] of whom it is known, and their values."""


def to_graph(
    population: Population,
    network: ContactNetwork,
    people: nx.Graph | None = None,
    graphs: Mapping[str, nx.Graph] | None = None,
    facts: Facts | None = None,
) -> nx.Graph:
    """Show people and ties as a NetworkX graph.

    Nodes are the people's ids, in order, with a value per column (missing ones absent); ties carry ``layer``,
    ``weight`` and what else their graph said on the way in. An arc u → v says that u influences v. What came from a
    NetworkX graph comes back as it was: its own nodes, all attributes of nodes, ties and the graph, parallel ties and
    their keys. Only ties of a node to itself do not, since they are no ties.

    Parameters
    ----------
    population : Population
    network : ContactNetwork
    people : networkx.Graph, optional
        From whose nodes the people were taken.
    graphs : mapping of str to networkx.Graph, optional
        From which layers were taken; arcs as influence runs.
    facts : Facts, optional
        Further attributes of nodes.

    Returns
    -------
    networkx.Graph, or DiGraph where influence is directed
        MultiGraph or MultiDiGraph where a layer was one, or more than one layer has ties (the layer is the key, or
        the layer with the graph's own key); an undirected layer beside a directed one becomes two opposite arcs per
        tie.
    """
    import networkx as nx

    given = graphs or {}
    layers = [layer for layer in network.layers.values() if layer.n_ties or layer.name in given]
    with_ties = [layer for layer in layers if layer.n_ties]
    directed = any(layer.directed for layer in with_ties or layers)
    several = len(with_ties) > 1
    if several or any(given[layer.name].is_multigraph() for layer in layers if layer.name in given):
        graph = nx.MultiDiGraph() if directed else nx.MultiGraph()
    else:
        graph = nx.DiGraph() if directed else nx.Graph()
    labels = population.ids.tolist()
    attributes: list[dict[Any, Any]] = [{} for _ in labels]
    for origin in (people, *given.values()):
        if origin is not None:
            graph.graph.update(origin.graph)
            for person, (node, known) in zip(persons_of(origin, population), origin.nodes(data=True), strict=True):
                if person >= 0:
                    labels[person] = node
                    attributes[person] |= known
    own = set() if people is None else set(names_of(chain.from_iterable(people.nodes.values())).values())
    columns = {name: _values(column) for name, column in population.columns.items() if name not in own}
    for name, (whose, values) in {**columns, **(facts or {})}.items():
        for person, value in zip(np.flatnonzero(whose).tolist(), values, strict=True):
            attributes[person][name] = value
    graph.add_nodes_from(zip(labels, attributes, strict=True))
    for layer in layers:
        if layer.name in given:
            ties = _own_ties(layer.name, given[layer.name], population, several)
        else:
            ends = [map(labels.__getitem__, end.tolist()) for end in layer.ties.T]
            ties = zip(*ends, repeat(layer.name), _tie_attributes(layer))
        _add_ties(graph, ties, both_ways=directed and not layer.directed)
    return graph


def _own_ties(name: str, graph: nx.Graph, population: Population, several: bool) -> Iterator[Tie]:
    """Yield the ties of a graph as they stand in it, but for self-ties and people left out by `where`."""
    inside = dict(zip(graph, (persons_of(graph, population) >= 0).tolist(), strict=True))
    ties = graph.edges(keys=True, data=True) if graph.is_multigraph() else graph.edges(data=True)
    for one, two, *key, known in ties:
        if one != two and inside[one] and inside[two]:
            yield one, two, ((name, *key) if key and several else key[0] if key else name), {
                "layer": name, "weight": 1.0, **known
            }  # fmt: skip


def _add_ties(graph: nx.Graph, ties: Iterable[Tie], *, both_ways: bool) -> None:
    for one, two, key, known in ties:
        keys = (key,) if graph.is_multigraph() else ()
        graph.add_edges_from([(one, two, *keys, known)] + [(two, one, *keys, known)] * both_ways)


def population_from_networkx(graph: nx.Graph) -> Population:
    """Take people from the nodes of a NetworkX graph; node attributes become columns.

    Parameters
    ----------
    graph : networkx.Graph
        Nodes of any kind: whole numbers stay numbers, all else is known by its text.

    Returns
    -------
    Population
        Sorted by id.

    Raises
    ------
    SpecError
        If two nodes cannot be told apart by their text.
    """
    import pandas as pd

    order, ids = sorted_ids(graph)
    facts = [graph.nodes[node] for node in graph]
    columns = {}
    for key, name in sorted(names_of(chain.from_iterable(facts)).items(), key=lambda each: each[1]):
        values = [facts[k].get(key) for k in order]
        series = pd.Series(values, dtype=None if any(value is not None for value in values) else float)
        try:
            columns[name] = column_from_series(name, series)
        except TypeError:  # lists and the like
            columns[name] = column_from_series(name, series.map(str, na_action="ignore"))
    return Population(ids, columns)


def sorted_ids(graph: nx.Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[n], which node of the graph comes k-th by id, and those ids, sorted."""
    nodes = list(graph)
    if all(isinstance(node, int | np.integer) and not isinstance(node, bool) for node in nodes) and all(
        -(2**63) <= node < 2**63 for node in nodes
    ):
        ids = np.array(nodes, np.int64)
    else:
        ids = np.array([*names_of(nodes).values()], object)
        text, times = Counter(ids.tolist()).most_common(1)[0]
        if times > 1:
            raise SpecError(f"{times} nodes of the graph have the same text `{text}`")
    order = np.argsort(canonical_ids(ids)[0], kind="stable")
    return order, ids[order]


def names_of(things: Iterable[Any]) -> dict[Any, str]:
    """Return the text of each of several things; for those of the same text (1 and "1"), as Python writes them."""
    texts = {thing: str(thing) for thing in things}
    times = Counter(texts.values())
    return {thing: text if times[text] == 1 else repr(thing) for thing, text in texts.items()}


def persons_of(graph: nx.Graph, population: Population) -> np.ndarray:
    """Return who each node of a graph is.

    Parameters
    ----------
    graph : networkx.Graph
    population : Population
        Nodes are people by id; or, where people were merely generated and there are as many nodes, by sorted order.

    Returns
    -------
    int64[n]
        In the graph's order of nodes; -1: left out by the population's `where`.

    Raises
    ------
    SpecError
        If a node is nobody.
    """
    order, ids = sorted_ids(graph)
    found = match_ids(ids, population.ids)
    if (found < 0).any():
        plain, _ = canonical_ids(ids)
        found = match_ids(plain, population.ids)
        unknown = found < 0
        unknown[unknown] = match_ids(plain[unknown], population.left_out) < 0
        if unknown.any():
            generated = population.ids.dtype == np.int64 and (population.ids == np.arange(population.size)).all()
            if not generated or ids.size != population.size:
                shown = ", ".join(str(node) for node in ids[unknown][:5])
                many = f"{unknown.sum():,} nodes of the graph are" if unknown.sum() > 1 else "a node of the graph is"
                hint = f"the graph has {ids.size:,} nodes, the population {population.size:,} people"
                raise SpecError(Problem(f"{many} not among the people: {shown}", ("networkx",), hint))
            found = np.arange(ids.size)
    persons = np.empty(ids.size, np.int64)
    persons[order] = found
    return persons


def adjacency(graph: nx.Graph) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Read all ties of a graph straight from its adjacency (a list of edges would take twenty times as long).

    Returns
    -------
    one, two : int64[n_ties]
        Both ends of each tie, as places in the graph's order of nodes; each undirected tie once.
    attributes : dict of str to array[n_ties]
        What the graph says about its ties; None where it says nothing.
    """
    number = {node: place for place, node in enumerate(graph)}
    contacts = [contacts for _, contacts in graph.adjacency()]
    lengths = np.fromiter(map(len, contacts), np.int64, len(contacts))
    one = np.repeat(np.arange(len(contacts)), lengths)
    two = np.fromiter(map(number.__getitem__, chain.from_iterable(contacts)), np.int64, one.size)
    facts = list(chain.from_iterable(known.values() for known in contacts))
    if graph.is_multigraph():
        times = np.fromiter(map(len, facts), np.int64, len(facts))
        one, two = np.repeat(one, times), np.repeat(two, times)
        facts = list(chain.from_iterable(parallel.values() for parallel in facts))
    if not graph.is_directed():
        once = one <= two
        one, two, facts = one[once], two[once], list(compress(facts, once.tolist()))
    names: set[Any] = set()
    for fact in facts:
        names.update(fact)
    return one, two, {str(name): _array([fact.get(name) for fact in facts]) for name in sorted(names, key=str)}


def _array(values: list[Any]) -> np.ndarray:
    """Keep numbers of one kind as numbers, all else as the objects they are."""
    if len(set(map(type, values))) == 1 and isinstance(values[0], bool | int | float):
        return np.array(values)
    objects = np.empty(len(values), object)
    objects[:] = values
    return objects


def _values(column: Column) -> tuple[np.ndarray, list[Any]]:
    """Return bool[n_persons], who has a value, and those values; whole numbers as int."""
    if column.categories is not None:
        known = column.values >= 0
        return known, [column.categories[code] for code in column.values[known].tolist()]
    known = ~np.isnan(column.values)
    numbers = column.values[known]
    whole = (np.abs(numbers) < 2.0**53).all() and (numbers == np.floor(numbers)).all()
    return known, (numbers.astype(np.int64) if whole else numbers).tolist()


def _tie_attributes(layer: Layer) -> list[dict[str, Any]]:
    weights = [1.0] * layer.n_ties if layer.weights is None else layer.weights.tolist()
    if not layer.attributes:
        return [{"layer": layer.name, "weight": weight} for weight in weights]
    names = list(layer.attributes)
    rows = zip(*(values.tolist() for values in layer.attributes.values()), strict=True)
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        | {"layer": layer.name, "weight": weight}
        for row, weight in zip(rows, weights, strict=True)
    ]
