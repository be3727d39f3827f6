"""NetworkX graphs go in and come out with everything that they say."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from simulator.conditions import parse
from simulator.errors import SpecError
from simulator.graphs import population_from_networkx, to_graph
from simulator.network import ContactNetwork, Layer
from simulator.population import Categories, Column, Population, from_table, generate
from simulator.streams import Draw
from simulator.ties import generated_layer, layer_from_networkx

DRAW = Draw(seed=5, scope="network")


def town(graph: nx.Graph) -> tuple[Population, ContactNetwork]:
    people = population_from_networkx(graph)
    return people, ContactNetwork(people.size, {"talk": layer_from_networkx("talk", graph, people)})


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph])
def test_a_graph_comes_back_as_it_was(kind) -> None:
    graph = kind()
    graph.add_node("zoe", age=31, village="north")
    graph.add_node("ann", age=40.5)
    graph.add_node("bob", village="south")
    graph.add_edge("zoe", "ann", weight=2.5, since=1999, how="met at school")
    graph.add_edge("bob", "zoe", how="kin")
    people, network = town(graph)
    assert people.ids.tolist() == ["ann", "bob", "zoe"]
    back = to_graph(people, network)
    assert type(back) is (nx.DiGraph if graph.is_directed() else nx.Graph)
    assert list(back) == ["ann", "bob", "zoe"]
    assert dict(back.nodes(data=True)) == dict(graph.nodes(data=True))
    assert back.edges["zoe", "ann"] == {
        "weight": 2.5, "since": 1999, "how": "met at school", "layer": "talk"
    }  # fmt: skip
    assert back.edges["bob", "zoe"] == {"weight": 1.0, "how": "kin", "layer": "talk"}
    assert back.number_of_edges() == 2


def test_an_arc_is_influence() -> None:
    graph = nx.DiGraph([(10, 2), (2, 10), (5, 2)])
    people, network = town(graph)
    assert people.ids.tolist() == [2, 5, 10]
    layer = network.layers["talk"]
    assert layer.directed
    assert layer.ties.tolist() == [[0, 2], [1, 0], [2, 0]]
    assert layer.counts.mutual == 1
    assert set(to_graph(people, network).edges) == set(graph.edges)


@pytest.mark.parametrize("directed", [False, True])
def test_random_graphs_round_trip(directed: bool) -> None:
    for seed in range(5):
        graph = nx.gnp_random_graph(40, 0.1, seed=seed, directed=directed)
        rng = np.random.default_rng(seed)
        for one, two in graph.edges:
            graph.edges[one, two].update(weight=float(rng.random()), kind=int(rng.integers(3)))
        shuffled = type(graph)()
        shuffled.add_nodes_from(rng.permutation(40).tolist())
        edges = list(graph.edges(data=True))
        shuffled.add_edges_from(edges[k] for k in rng.permutation(len(edges)))
        (people, network), (_, again) = town(graph), town(shuffled)
        assert network.layers["talk"].ties.tobytes() == again.layers["talk"].ties.tobytes()
        assert network.layers["talk"].weights.tobytes() == again.layers["talk"].weights.tobytes()
        back = to_graph(people, network)
        for one, two in back.edges:
            assert back.edges[one, two].pop("layer") == "talk"
        assert nx.utils.graphs_equal(graph, back)


def test_repeated_ties_self_ties_and_weights_are_merged_counted_refused() -> None:
    graph = nx.MultiGraph([(1, 2), (2, 1), (3, 3), (2, 3)])
    layer = layer_from_networkx("talk", graph)
    assert layer.ties.tolist() == [[0, 1], [1, 2]]
    assert (layer.counts.rows, layer.counts.duplicates, layer.counts.self_ties) == (4, 1, 1)
    assert layer.namings is None
    for weight, words in ((-1, "-1"), (float("nan"), "missing"), ("strong", "not a number")):
        with pytest.raises(SpecError, match=words):
            layer_from_networkx("talk", nx.Graph([(1, 2, {"weight": weight})]))
    graph = nx.MultiGraph([(1, 2, {"weight": 1}), (1, 2, {"weight": 2})])
    with pytest.raises(SpecError, match="two weights"):
        layer_from_networkx("talk", graph)


def test_nodes_are_people_by_id_or_in_sorted_order() -> None:
    people = from_table(pd.DataFrame({"who": [30, 10, 20], "village": [1, 1, 2]}), "who")
    for nodes in ([30, 10], ["30", "10"], [30.0, 10.0]):
        assert layer_from_networkx("talk", nx.Graph([nodes]), people).ties.tolist() == [[0, 2]]
    with pytest.raises(SpecError, match="not among the people: 40"):
        layer_from_networkx("talk", nx.Graph([(10, 40), (20, 30)]), people)
    village = from_table(pd.DataFrame({"who": [30, 10, 20], "village": [1, 1, 2]}), "who", where=parse("village == 1"))
    layer = layer_from_networkx("talk", nx.Graph([(10, 20), (10, 30)]), village)
    assert layer.ties.tolist() == [[0, 1]]
    assert (layer.counts.rows, layer.counts.outside) == (2, 1)
    # People who were merely counted: the graph's nodes in sorted order.
    three = generate(3, {}, DRAW)
    assert layer_from_networkx("talk", nx.Graph([("b", "c"), ("c", "a")]), three).ties.tolist() == [[0, 2], [1, 2]]
    assert layer_from_networkx("talk", nx.Graph([(1, 2), (2, 10)]), three).ties.tolist() == [[0, 1], [1, 2]]
    assert layer_from_networkx("talk", nx.Graph([(1, 2)]), three).ties.tolist() == [[1, 2]]
    with pytest.raises(SpecError, match="not among the people"):
        layer_from_networkx("talk", nx.Graph([("a", "b")]), three)


def test_nodes_of_any_kind() -> None:
    grid = nx.grid_2d_graph(3, 2)
    people, network = town(grid)
    assert people.ids.tolist()[:2] == ["(0, 0)", "(0, 1)"]
    assert network.layers["talk"].n_ties == grid.number_of_edges()
    assert nx.is_isomorphic(to_graph(people, network), grid)
    words = population_from_networkx(nx.Graph([("10", "9"), ("9", "2")]))
    assert words.ids.tolist() == ["2", "9", "10"]
    assert words.ids.dtype == object
    assert population_from_networkx(nx.Graph([(1, "1"), (1, (2, "1"))])).ids.tolist() == ["'1'", "(2, '1')", "1"]

    class Anonymous:
        def __repr__(self) -> str:
            return "somebody"

    with pytest.raises(SpecError, match="2 nodes of the graph have the same text `somebody`"):
        population_from_networkx(nx.Graph([(Anonymous(), Anonymous())]))
    assert population_from_networkx(nx.Graph()).size == 0


def test_several_layers_make_a_multigraph() -> None:
    people = generate(4, {"area": Categories({"urban": 1})}, DRAW)
    friends = Layer("friends", np.array([[0, 1], [1, 2]], np.int32))
    named = Layer("named", np.array([[1, 0]], np.int32), directed=True, weights=np.array([0.5]))
    none = Layer("buddies", np.empty((0, 2), np.int32))
    one = to_graph(people, ContactNetwork(4, {"friends": friends, "buddies": none}))
    assert type(one) is nx.Graph
    assert one.nodes[3] == {"area": "urban"}
    kin = Layer("kin", np.array([[0, 1]], np.int32))
    two = to_graph(people, ContactNetwork(4, {"friends": friends, "kin": kin}))
    assert type(two) is nx.MultiGraph
    assert sorted(two[0][1]) == ["friends", "kin"]
    mixed = to_graph(people, ContactNetwork(4, {"friends": friends, "named": named}))
    assert type(mixed) is nx.MultiDiGraph
    assert set(mixed.edges(keys=True)) == {
        (0, 1, "friends"), (1, 0, "friends"), (1, 2, "friends"), (2, 1, "friends"), (1, 0, "named")
    }  # fmt: skip
    assert mixed.edges[1, 0, "named"] == {"layer": "named", "weight": 0.5}
    assert type(to_graph(people, ContactNetwork(4, {"named": named}))) is nx.DiGraph


def test_missing_values_are_absent() -> None:
    columns = {
        "age": Column("age", np.array([1.5, np.nan])),
        "job": Column("job", np.array([-1, 0], np.int32), ("clerk",)),
    }
    graph = to_graph(Population(np.arange(2), columns), ContactNetwork(2, {}))
    assert dict(graph.nodes(data=True)) == {0: {"age": 1.5}, 1: {"job": "clerk"}}


def test_a_larger_graph_is_read_whole() -> None:
    layer = generated_layer("a", "watts_strogatz", 20_000, {"mean_degree": 10, "rewiring": 0.1}, DRAW)
    again = layer_from_networkx("a", nx.Graph(layer.ties.tolist()))
    assert again.ties.tobytes() == layer.ties.tobytes()
    assert again.weights is None
