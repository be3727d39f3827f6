"""Communities: the known answer on small graphs, as good as NetworkX's on larger ones, and always the same."""

from __future__ import annotations

import gc
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import networkit
import networkx as nx
import numpy as np
import pytest

from simulator import communities as module
from simulator.communities import by_size, communities
from simulator.errors import SpecError
from simulator.network import ContactNetwork, Layer
from simulator.streams import Draw
from simulator.ties import generated_layer, layer_from_networkx

DRAW = Draw(seed=5, scope="network")


def network_of(graph: nx.Graph) -> ContactNetwork:
    return ContactNetwork(graph.number_of_nodes(), {"talk": layer_from_networkx("talk", graph)})


def grown(n: int, seed: int = 5) -> ContactNetwork:
    layer = generated_layer("a", "holme_kim", n, {"mean_degree": 4, "triangles": 0.8}, Draw(seed, "network"))
    return ContactNetwork(n, {"a": layer})


def modularity(network: ContactNetwork, labels: np.ndarray) -> float:
    graph = nx.Graph(network.pairs_in().tolist())
    graph.add_nodes_from(range(network.n_persons))
    groups = [set(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)]
    return nx.community.modularity(graph, groups)


def test_two_cliques_and_a_bridge_are_two_communities() -> None:
    graph = nx.disjoint_union(nx.complete_graph(5), nx.complete_graph(6))
    graph.add_edge(4, 5)
    labels = communities(network_of(graph))
    assert labels.dtype == np.int32
    assert labels.tolist() == [1] * 5 + [0] * 6


def test_direction_and_layers_do_not_matter_but_which_layers_does() -> None:
    graph = nx.disjoint_union(nx.complete_graph(4), nx.complete_graph(4))
    arcs = nx.DiGraph([(two, one) for one, two in graph.edges])
    assert np.array_equal(communities(network_of(arcs)), communities(network_of(graph)))
    one = np.array([edge for edge in graph.edges if max(edge) < 4], np.int32)
    two = np.array([edge for edge in graph.edges if min(edge) >= 4], np.int32)
    network = ContactNetwork(8, {"one": Layer("one", one), "two": Layer("two", two)})
    assert communities(network).tolist() == [0] * 4 + [1] * 4
    assert communities(network, ["two"]).tolist() == [1, 2, 3, 4] + [0] * 4
    assert communities(network, ["two", "one"]) is communities(network)
    with pytest.raises(SpecError, match="unknown layer"):
        communities(network, ["three"])


def test_communities_are_numbered_by_size_then_by_their_smallest_person() -> None:
    assert by_size(np.array([7, 3, 3, 9, 9, 1])).tolist() == [2, 0, 0, 1, 1, 3]
    labels = communities(grown(500))
    sizes = np.bincount(labels)
    assert (np.diff(sizes) <= 0).all()
    first = [int(np.flatnonzero(labels == label)[0]) for label in range(sizes.size)]
    assert all(first[k] < first[k + 1] for k in range(sizes.size - 1) if sizes[k] == sizes[k + 1])


def test_modularity_is_that_of_networkx() -> None:
    for network in (grown(1000), network_of(nx.planted_partition_graph(8, 30, 0.3, 0.01, seed=2))):
        ours = modularity(network, communities(network))
        graph = nx.Graph(network.pairs_in().tolist())
        theirs = nx.community.modularity(graph, nx.community.louvain_communities(graph, seed=1))
        assert ours > 0.97 * theirs
        shuffled = np.random.default_rng(1).permutation(communities(network))
        assert modularity(network, shuffled) < 0.1 * theirs


def test_the_same_answer_whoever_else_uses_networkit() -> None:
    expected = communities(grown(2000))
    threads = networkit.getMaxNumberOfThreads()
    try:
        networkit.setNumberOfThreads(2)
        networkit.setSeed(99, True)
        assert np.array_equal(communities(grown(2000)), expected)
        assert networkit.getMaxNumberOfThreads() == 2
    finally:
        networkit.setNumberOfThreads(threads)
    with ThreadPoolExecutor(4) as pool:
        for labels in pool.map(lambda _: communities(grown(2000)), range(8)):
            assert np.array_equal(labels, expected)


def test_they_are_found_once_per_network_and_forgotten_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    partition = module.partition
    monkeypatch.setattr(module, "partition", lambda *arguments: calls.append(1) or partition(*arguments))
    network = grown(300)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(communities, [network] * 8))
    assert len(calls) == 1
    assert all(labels is found[0] for labels in found)
    with pytest.raises(ValueError, match="read-only"):
        found[0][0] = 3
    gone = weakref.ref(network)
    del network
    gc.collect()
    assert gone() is None


def test_nobody_and_nobody_tied() -> None:
    assert communities(ContactNetwork(0, {})).size == 0
    assert communities(ContactNetwork(3, {"a": Layer("a", np.empty((0, 2), np.int32))})).tolist() == [0, 1, 2]


def test_networkit_is_imported_late() -> None:
    import subprocess

    code = "import sys, simulator.communities, simulator.portrait; sys.exit('networkit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
