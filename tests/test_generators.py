"""Generated ties: the statistics of NetworkX's generators, the same bytes everywhere, clear refusals.

Statistics are compared over `N_SEEDS` networks of each kind by Welch's t: |t| < 4.5 has an error rate below 1e-4 per
comparison. Each comparison has a twin, a slightly different network, that must fail it.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
from networkx.generators import random_graphs
from scipy import stats
from scipy.sparse import csgraph

from simulator import wiring
from simulator.errors import SpecError
from simulator.generators import OFFSETS, empty, holme_kim, networks, parameters, watts_strogatz
from simulator.streams import Draw

N, N_SEEDS, LIMIT = 300, 20, 4.5


def graph_of(ties: np.ndarray, n: int) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(ties.tolist())
    return graph


def statistics(graph: nx.Graph) -> list[float]:
    degree = np.array([d for _, d in graph.degree()], float)
    steps = csgraph.shortest_path(nx.to_scipy_sparse_array(graph), unweighted=True)
    reached = np.isfinite(steps)
    return [
        degree.mean(),
        degree.std(),
        np.sort(degree)[-N // 20 :].mean(),
        nx.transitivity(graph),
        nx.average_clustering(graph),
        steps[reached].mean(),
        reached.mean(),
    ]


def sample(make) -> tuple[np.ndarray, np.ndarray]:
    graphs = [make(seed) for seed in range(N_SEEDS)]
    return np.array([statistics(g) for g in graphs]), np.concatenate([[d for _, d in g.degree()] for g in graphs])


def largest_t(one: np.ndarray, two: np.ndarray) -> float:
    spread = np.sqrt((one.var(axis=0, ddof=1) + two.var(axis=0, ddof=1)) / N_SEEDS)
    apart = np.abs(one.mean(axis=0) - two.mean(axis=0))
    assert (apart[spread == 0] < 1e-9).all()
    return float((apart[spread > 0] / spread[spread > 0]).max())


def ours(generator, **parameters):
    return sample(lambda seed: graph_of(generator(N, Draw(seed, "network").key("layer", "x"), **parameters), N))


def test_watts_strogatz_agrees_with_networkx() -> None:
    theirs, their_degrees = sample(lambda seed: nx.watts_strogatz_graph(N, 6, 0.2, seed=seed))
    mine, degrees = ours(watts_strogatz, mean_degree=6, rewiring=0.2)
    assert largest_t(mine, theirs) < LIMIT
    assert stats.ks_2samp(degrees, their_degrees).pvalue > 1e-4
    twin, _ = ours(watts_strogatz, mean_degree=6, rewiring=0.25)
    assert largest_t(twin, theirs) > LIMIT
    other, _ = ours(watts_strogatz, mean_degree=6, rewiring=0.6)
    assert largest_t(other, theirs) > 10 * LIMIT
    assert stats.ks_2samp(ours(watts_strogatz, mean_degree=6, rewiring=0.6)[1], their_degrees).pvalue < 1e-4


@pytest.mark.parametrize("triangles", [0.0, 0.8])
def test_holme_kim_agrees_with_networkx(monkeypatch: pytest.MonkeyPatch, triangles: float) -> None:
    # NetworkX takes a newcomer's first contact by `set.pop()`, which for small numbers gives the one first in the
    # hash table (numbers divisible by 8 first) and not a random one: with triangles, some people then know far too
    # many. Its own code with the set in random order is what Holme and Kim describe.
    def in_random_order(sequence, size, random):
        chosen: list[int] = []
        while len(chosen) < size:
            one = random.choice(sequence)
            if one not in chosen:
                chosen.append(one)
        return chosen

    monkeypatch.setattr(random_graphs, "_random_subset", in_random_order)
    theirs, their_degrees = sample(lambda seed: nx.powerlaw_cluster_graph(N, 2, triangles, seed=seed))
    mine, degrees = ours(holme_kim, mean_degree=4, triangles=triangles)
    assert largest_t(mine, theirs) < LIMIT
    assert stats.ks_2samp(degrees, their_degrees).pvalue > 1e-4
    twin, _ = ours(holme_kim, mean_degree=4, triangles=abs(triangles - 0.05))
    assert largest_t(twin, theirs) > LIMIT
    twin, _ = ours(holme_kim, mean_degree=4, triangles=0.8 - triangles)
    assert largest_t(twin, theirs) > 10 * LIMIT
    small_world = ours(watts_strogatz, mean_degree=4, rewiring=0.5)[1]
    assert stats.ks_2samp(small_world, their_degrees).pvalue < 1e-4


@pytest.mark.parametrize(
    ("make", "n_ties"),
    [
        (lambda n, key: watts_strogatz(n, key, mean_degree=6, rewiring=0.3), lambda n: 3 * n),
        (lambda n, key: watts_strogatz(n, key, mean_degree=6, rewiring=1.0), lambda n: 3 * n),
        (lambda n, key: holme_kim(n, key, mean_degree=6, triangles=0.7), lambda n: 3 * (n - 3)),
        (lambda n, key: holme_kim(n, key, mean_degree=6, triangles=1.0), lambda n: 3 * (n - 3)),
    ],
)
@pytest.mark.parametrize("n", [7, 8, 20, 501])
def test_ties_are_distinct_sorted_and_as_many_as_promised(make, n_ties, n: int) -> None:
    for key in range(20):
        ties = make(n, key)
        assert ties.shape == (n_ties(n), 2)
        assert ties.dtype == np.int32
        assert ties.flags.c_contiguous
        assert (ties[:, 0] < ties[:, 1]).all()
        packed = ties[:, 0].astype(np.int64) * n + ties[:, 1]
        assert (np.diff(packed) > 0).all()
        assert ties.min() >= 0
        assert ties.max() < n


def test_without_rewiring_there_is_a_ring_and_a_full_circle_cannot_be_rewired() -> None:
    ring = watts_strogatz(9, 1, mean_degree=4, rewiring=0.0)
    assert nx.utils.graphs_equal(graph_of(ring, 9), nx.watts_strogatz_graph(9, 4, 0.0))
    assert len(watts_strogatz(5, 1, mean_degree=4, rewiring=1.0)) == 10  # complete: nowhere to go


def test_everybody_is_equally_likely_to_have_many_contacts() -> None:
    degree = np.mean(
        [np.bincount(holme_kim(60, key, mean_degree=4, triangles=0.5).ravel(), minlength=60) for key in range(400)],
        axis=0,
    )
    # The first to join have about three times the mean; if ids gave the order, person 0 would.
    assert degree.max() < 6
    assert degree[:6].mean() == pytest.approx(degree.mean(), rel=0.15)


def test_the_smallest_networks() -> None:
    for n in (0, 1, 2):
        assert empty(n, 1).shape == (0, 2)
        assert watts_strogatz(n, 1, mean_degree=0, rewiring=0.5).shape == (0, 2)
        assert holme_kim(n, 1, mean_degree=0, triangles=0.5).shape == (0, 2)
    assert holme_kim(2, 1, mean_degree=2, triangles=0.5).tolist() == [[0, 1]]
    assert watts_strogatz(3, 1, mean_degree=2, rewiring=0.5).tolist() == [[0, 1], [0, 2], [1, 2]]


@pytest.mark.parametrize(
    ("call", "place", "words"),
    [
        (lambda: watts_strogatz(10, 1, mean_degree=3, rewiring=0.1), "mean_degree", "must be even"),
        (lambda: watts_strogatz(10, 1, mean_degree=-2, rewiring=0.1), "mean_degree", "must be even"),
        (lambda: watts_strogatz(10, 1, mean_degree=float("nan"), rewiring=0.1), "mean_degree", "must be even"),
        (lambda: watts_strogatz(10, 1, mean_degree=2.5, rewiring=0.1), "mean_degree", "must be even"),
        (lambda: watts_strogatz(4, 1, mean_degree=4, rewiring=0.1), "mean_degree", "4 people cannot have 4"),
        (lambda: watts_strogatz(1, 1, mean_degree=2, rewiring=0.1), "mean_degree", "1 person cannot have 2"),
        (lambda: watts_strogatz(10, 1, mean_degree=4, rewiring=1.1), "rewiring", "share"),
        (lambda: holme_kim(10, 1, mean_degree=5, triangles=0.1), "mean_degree", "must be even"),
        (lambda: holme_kim(2, 1, mean_degree=4, triangles=0.1), "mean_degree", "2 people cannot have 4"),
        (lambda: holme_kim(0, 1, mean_degree=4, triangles=0.1), "mean_degree", "0 people cannot have 4"),
        (lambda: holme_kim(10, 1, mean_degree=4, triangles=-0.1), "triangles", "share"),
    ],
)
def test_impossible_networks_are_refused(call, place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()
    [problem] = caught.value.problems
    assert problem.place == (place,)
    assert words in problem.message


def test_same_key_same_bytes_and_never_others() -> None:
    """Pinned: if these change, every result on a generated network changes, and the changelog must say so."""

    def digest(ties: np.ndarray) -> str:
        return hashlib.blake2b(ties.astype("<i4").tobytes(), digest_size=8).hexdigest()

    key = Draw(1, "network").key("layer", "close_ties")
    calls = [
        lambda: holme_kim(10_000, key, mean_degree=4, triangles=0.8),
        lambda: watts_strogatz(10_000, key, mean_degree=10, rewiring=0.1),
    ]
    expected = ["f2f3b6b4bc21d4ef", "70c16ce1f1ae5f08"]
    with ThreadPoolExecutor(4) as pool:
        for call, pinned in zip(calls, expected, strict=True):
            assert {digest(future) for future in pool.map(lambda _, c=call: c(), range(8))} == {pinned}
    np.random.seed(3)
    assert digest(calls[0]()) == expected[0]
    assert digest(holme_kim(10_000, key + 1, mean_degree=4, triangles=0.8)) != expected[0]


@pytest.mark.parametrize("kind", [np.uint32, np.int64])
@pytest.mark.parametrize("rewiring", [0.0, 0.3, 1.0])
def test_ties_are_sorted_as_a_library_would(rewiring: float, kind: type) -> None:
    for n, half in ((3, 1), (50, 3), (2000, 5)):
        far = wiring.small_world(n, half, rewiring, np.uint64(7))
        ties = np.stack([np.repeat(np.arange(n), half), far.ravel()], axis=1)
        ties.sort(axis=1)
        expected = ties[np.lexsort((ties[:, 1], ties[:, 0]))]
        assert np.array_equal(wiring.sorted_ties(far, np.full(n, 9, kind)), expected)


@pytest.mark.parametrize("key", [1, 2**64 - 1])
def test_compiled_code_does_what_it_says_uncompiled(monkeypatch: pytest.MonkeyPatch, key: int) -> None:
    def calls() -> list[np.ndarray]:
        starts = np.concatenate([[0], np.cumsum(np.r_[9, 5, np.full(18, 4)])])
        contacts = wiring.paired(starts, True, np.uint64(key))
        hub = np.concatenate([[0], np.cumsum(np.r_[19, np.full(19, 1)])])  # made without luck
        drawn = np.sort(wiring.places(190, 20, 7, np.uint64(key)))
        return [
            wiring.small_world(40, 3, 0.5, np.uint64(key)),
            wiring.sorted_ties(wiring.small_world(40, 3, 0.5, np.uint64(key)), np.empty(40, np.uint32)),
            *wiring.growth(40, 3, 0.5, np.uint64(key)),
            contacts,
            wiring.rows_of(starts, contacts),
            wiring.all_but(starts, contacts),
            wiring.paired(hub, True, np.uint64(key)),
            drawn,
            wiring.places(2**61, 50, 0, np.uint64(key)),
            wiring.pairs_at(drawn, 0, np.arange(1, 21), np.full(20, 20)),
            wiring.lattice(4, 5, np.array(OFFSETS[8]), True),
        ]

    compiled = calls()
    for name, function in vars(wiring).copy().items():
        if hasattr(function, "py_func"):
            monkeypatch.setattr(wiring, name, function.py_func)
    with np.errstate(over="ignore"):
        plain = calls()
    for one, two in zip(compiled, plain, strict=True):
        assert np.array_equal(one, two)


def test_the_registry_knows_names_help_and_parameters() -> None:
    assert {"empty", "watts_strogatz", "holme_kim"} <= set(networks.names())
    assert parameters("watts_strogatz") == {"mean_degree": True, "rewiring": True}
    assert parameters("empty") == {}
    assert "triangles" in networks.help("holme_kim")
