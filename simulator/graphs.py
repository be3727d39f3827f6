"""NetworkX graphs: people and ties on the way in and on the way out, with all that is known about them."""

from __future__ import annotations

from collections import Counter
from itertools import chain, compress, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.errors import SpecError
from simulator.network import ContactNetwork, Layer
from simulator.population import Column, Population, column_from_series
from simulator.tables import canonical_ids

if TYPE_CHECKING:
    import networkx as nx


def to_graph(population: Population, network: ContactNetwork) -> nx.Graph:
    """Show people and ties as a NetworkX graph.

    Nodes are the people's ids, in order, with a value per column (missing ones absent); ties carry ``layer``,
    ``weight`` and what else their graph said on the way in. An arc u → v says that u influences v.

    Parameters
    ----------
    population : Population
    network : ContactNetwork

    Returns
    -------
    networkx.Graph, or DiGraph where influence is directed
        MultiGraph or MultiDiGraph (the layer is the key) where more than one layer has ties; an undirected layer
        beside a directed one becomes two opposite arcs per tie.
    """
    import networkx as nx

    layers = [layer for layer in network.layers.values() if layer.n_ties]
    directed = any(layer.directed for layer in layers)
    if len(layers) > 1:
        graph = nx.MultiDiGraph() if directed else nx.MultiGraph()
    else:
        graph = nx.DiGraph() if directed else nx.Graph()
    ids = population.ids.tolist()
    graph.add_nodes_from(ids)
    for name, column in population.columns.items():
        known, values = _values(column)
        nx.set_node_attributes(graph, dict(zip(population.ids[known].tolist(), values, strict=True)), name)
    for layer in layers:
        attributes = _tie_attributes(layer)
        arcs = [layer.ties.T, layer.ties.T[::-1]] if directed and not layer.directed else [layer.ties.T]
        for one, two in arcs:
            ends = (map(ids.__getitem__, one.tolist()), map(ids.__getitem__, two.tolist()))
            if graph.is_multigraph():
                graph.add_edges_from(zip(*ends, repeat(layer.name), attributes))
            else:
                graph.add_edges_from(zip(*ends, attributes, strict=True))
    return graph


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
        If two nodes have the same text.
    """
    import pandas as pd

    order, ids = sorted_ids(graph)
    facts = [graph.nodes[node] for node in graph]
    names = sorted({str(name) for name in chain.from_iterable(facts)})
    columns = {}
    if names:
        frame = pd.DataFrame.from_records(facts).iloc[order]
        frame.columns = frame.columns.astype(str)
        columns = {name: column_from_series(name, frame[name]) for name in names}
    return Population(ids, columns)


def sorted_ids(graph: nx.Graph) -> tuple[np.ndarray, np.ndarray]:
    """Return int64[n], which node of the graph comes k-th by id, and those ids, sorted."""
    nodes = list(graph)
    if all(isinstance(node, int | np.integer) and not isinstance(node, bool) for node in nodes):
        ids = np.array(nodes, np.int64)
    else:
        ids = np.array([str(node) for node in nodes], object)
        text, times = Counter(ids.tolist()).most_common(1)[0]
        if times > 1:
            raise SpecError(f"{times} nodes of the graph have the same text `{text}`")
    order = np.argsort(canonical_ids(ids)[0], kind="stable")
    return order, ids[order]


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
