"""Networks in which everybody has equally many contacts: lattices, whose every tie is known, and random ones.

A random regular network is compared with the pairing model, drawn again until no tie is to oneself nor comes twice:
then all such networks are equally likely (Bollobás 1980). |t| < 4.5 has an error rate below 1e-4 per comparison, and
each comparison has a twin that must fail it. NetworkX is a twin where triangles are counted: what it draws anew for the
ends left over at first closes about 0.4 triangles too many, however many people there are.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from scenarios.worlds import world_of
from simulator.errors import SpecError
from simulator.generators import lattice, most_square, networks, parameters, random_regular
from simulator.streams import Draw

LIMIT = 4.5
N_DRAWN = 1500
FRIENDS = "network.layers.close_ties"


def graph_of(ties: np.ndarray, n: int) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(ties.tolist())
    return graph


def check_ties(ties: np.ndarray, n: int) -> None:
    assert ties.dtype == np.int32
    assert ties.flags.c_contiguous
    assert (ties[:, 0] < ties[:, 1]).all()
    assert (np.diff(ties[:, 0].astype(np.int64) * n + ties[:, 1]) > 0).all()
    assert not ties.size or (ties.min() >= 0 and ties.max() < n)


def degrees(ties: np.ndarray, n: int) -> np.ndarray:
    return np.bincount(ties.ravel(), minlength=n)


# --- lattices


@pytest.mark.parametrize(
    ("n", "neighbours", "shape", "clustering"),
    [(98, 6, (7, 14), 2 / 5), (128, 6, (8, 16), 2 / 5), (144, 8, (12, 12), 3 / 7), (30, 4, (5, 6), 0), (10, 2, 0, 0)],
)
def test_the_lattices_of_centola(n: int, neighbours: int, shape: tuple[int, int], clustering: float) -> None:
    ties = lattice(n, 1, neighbours=neighbours, periodic=True)
    check_ties(ties, n)
    assert (degrees(ties, n) == neighbours).all()
    graph = graph_of(ties, n)
    assert nx.transitivity(graph) == pytest.approx(clustering)
    assert nx.average_clustering(graph) == pytest.approx(clustering)
    assert nx.is_connected(graph)
    if shape:
        assert most_square(n) == shape
        assert np.array_equal(ties, lattice(n, 2, neighbours=neighbours, periodic=True))  # no luck


@pytest.mark.parametrize("periodic", [False, True])
def test_lattices_are_those_of_networkx(periodic: bool) -> None:
    rows, columns = 5, 6
    number = {(r, c): r * columns + c for r in range(rows) for c in range(columns)}
    graph = nx.relabel_nodes(nx.grid_2d_graph(rows, columns, periodic=periodic), number)
    assert nx.utils.graphs_equal(graph_of(lattice(30, 1, neighbours=4, periodic=periodic), 30), graph)
    kings = [
        (one, two)
        for (r, c), one in number.items()
        for (s, d), two in number.items()
        for down, across in [(abs(r - s), abs(c - d))]
        if one < two
        and (min(down, rows - down) if periodic else down) <= 1
        and (min(across, columns - across) if periodic else across) <= 1
    ]
    assert lattice(30, 1, neighbours=8, periodic=periodic).tolist() == sorted(map(list, kings))
    hexagonal = graph_of(lattice(30, 1, neighbours=6, periodic=periodic), 30)
    assert nx.is_isomorphic(hexagonal, triangular(rows, columns, periodic))
    ring = nx.cycle_graph(30) if periodic else nx.path_graph(30)
    assert nx.utils.graphs_equal(graph_of(lattice(30, 1, neighbours=2, periodic=periodic), 30), ring)


def triangular(rows: int, columns: int, periodic: bool) -> nx.Graph:
    """Points r(1, 0) + c(1/2, √3/2), each tied to those at distance 1."""
    graph = nx.Graph()
    for r in range(rows):
        for c in range(columns):
            for down, right in [(0, 1), (1, 0), (1, -1)]:
                s, d = r + down, c + right
                if periodic:
                    s, d = s % rows, d % columns
                if 0 <= s < rows and 0 <= d < columns:
                    graph.add_edge((r, c), (s, d))
    return graph


@pytest.mark.parametrize("neighbours", [4, 6, 8])
def test_the_smallest_lattice_has_no_tie_twice(neighbours: int) -> None:
    ties = lattice(9, 1, neighbours=neighbours, periodic=True)
    check_ties(ties, 9)
    assert (degrees(ties, 9) == neighbours).all()


# --- random regular networks


@pytest.mark.parametrize(
    ("n", "degree"),
    [(0, 0), (1, 0), (5, 0), (2, 1), (4, 2), (3, 2), (6, 3), (7, 4), (8, 7), (50, 25), (51, 26), (501, 6), (200, 100)],
)
def test_everybody_has_that_many_contacts(n: int, degree: int) -> None:
    for key in range(20):
        ties = random_regular(n, key, degree=degree)
        check_ties(ties, n)
        assert ties.shape == (n * degree // 2, 2)
        assert (degrees(ties, n) == degree).all()


def uniform(n: int, degree: int, random: np.random.Generator) -> nx.Graph:
    while True:
        ties = random.permutation(np.repeat(np.arange(n), degree)).reshape(-1, 2)
        ties.sort(axis=1)
        if (ties[:, 0] < ties[:, 1]).all() and len(np.unique(ties, axis=0)) == len(ties):
            return graph_of(ties, n)


def ours(n: int, degree: int, seed: int) -> nx.Graph:
    return graph_of(random_regular(n, Draw(seed, "network").key("layer", "x"), degree=degree), n)


def t_of(one: list[float], two: list[float]) -> float:
    return float(abs(np.mean(one) - np.mean(two)) / np.sqrt((np.var(one) + np.var(two)) / N_DRAWN))


def test_triangles_come_as_often_as_they_should() -> None:
    def triangles(graph: nx.Graph) -> float:
        return sum(nx.triangles(graph).values()) / 3

    random = np.random.default_rng(1)
    n, degree = 100, 3
    mine = [triangles(ours(n, degree, seed)) for seed in range(N_DRAWN)]
    assert t_of(mine, [triangles(uniform(n, degree, random)) for _ in range(N_DRAWN)]) < LIMIT
    poisson = random.poisson((degree - 1) ** 3 / 6, N_DRAWN).tolist()
    assert t_of(mine, poisson) < LIMIT
    twin = [triangles(nx.random_regular_graph(degree, n, seed=seed)) for seed in range(N_DRAWN)]
    assert t_of(twin, poisson) > LIMIT


def test_two_contacts_each_make_as_many_circles_as_they_should() -> None:
    random = np.random.default_rng(1)
    n = 100
    mine = [nx.number_connected_components(ours(n, 2, seed)) for seed in range(N_DRAWN)]
    right = [nx.number_connected_components(uniform(n, 2, random)) for _ in range(N_DRAWN)]
    assert t_of(mine, right) < LIMIT
    twin: list[float] = []  # circles of a random permutation: those with more circles come too often
    while len(twin) < N_DRAWN:
        next_to = random.permutation(n)
        if (next_to != np.arange(n)).all() and (next_to[next_to] != np.arange(n)).all():
            twin.append(nx.number_connected_components(nx.Graph(list(enumerate(next_to.tolist())))))
    assert t_of(twin, right) > LIMIT


def test_paths_are_as_short_as_those_of_networkx() -> None:
    n, seeds = 300, range(20)

    def steps(graph: nx.Graph) -> float:
        assert nx.is_connected(graph)
        return nx.average_shortest_path_length(graph)

    mine = np.array([steps(ours(n, 4, seed)) for seed in seeds])
    theirs = np.array([steps(nx.random_regular_graph(4, n, seed=seed)) for seed in seeds])
    twin = np.array([steps(switched_lattice(n, seed)) for seed in seeds])
    spread = np.sqrt((mine.var(ddof=1) + theirs.var(ddof=1)) / 20)
    assert abs(mine.mean() - theirs.mean()) / spread < LIMIT
    assert abs(twin.mean() - theirs.mean()) / spread > LIMIT


def switched_lattice(n: int, seed: int) -> nx.Graph:
    graph = graph_of(lattice(n, 1, neighbours=4, periodic=True), n)
    return nx.double_edge_swap(graph, n // 2, 10 * n, seed=seed)


# --- refusals


@pytest.mark.parametrize(
    ("call", "place", "words"),
    [
        (lambda: lattice(100, 1, neighbours=5), "neighbours", "allowed: 2 (a ring), 4"),
        (
            lambda: lattice(97, 1, neighbours=4),
            "neighbours",
            "97 people cannot stand on a lattice: their grid would be 1",
        ),
        (lambda: lattice(202, 1, neighbours=8), "neighbours", "200 (10 x 20) or 204 (12 x 17)"),
        (lambda: lattice(0, 1, neighbours=8), "neighbours", "fit well: 9 (3 x 3)"),
        (lambda: lattice(2, 1, neighbours=2), "neighbours", "2 people cannot stand in a ring"),
        (lambda: random_regular(11, 1, degree=3), "degree", "33 is odd"),
        (lambda: random_regular(10, 1, degree=10), "degree", "10 people cannot have 10 contacts each"),
        (lambda: random_regular(10, 1, degree=-1), "degree", "-1"),
        (lambda: random_regular(10, 1, degree=2.5), "degree", "2.5"),
        (lambda: random_regular(10, 1, degree=float("nan")), "degree", "nan"),
        (lambda: random_regular(2**31 - 2, 1, degree=4), "degree", "too many"),
    ],
)
def test_impossible_networks_are_refused(call, place: str, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        call()
    [problem] = caught.value.problems
    assert problem.place == (place,)
    assert words in f"{problem.message}. {problem.hint}"


@pytest.mark.parametrize(
    ("size", "layer", "words"),
    [
        (1000, {"generator": "lattice", "neighbours": 5}, ["neighbours is 5", "there is no such lattice", "8 (Moore)"]),
        (997, {"generator": "lattice", "neighbours": 6}, ["1 x 997", "it needs 3 rows", "sizes near by"]),
        (997, {"generator": "random_regular", "degree": 3}, ["2,991 is odd", "make one of the two numbers even"]),
        (20, {"generator": "random_regular", "degree": 20}, ["20 people cannot have 20 contacts each", "at most 19"]),
        (20, {"generator": "random_regular", "degree": 4, "periodic": True}, ["takes no `periodic`"]),
    ],
)
def test_check_refuses_them_with_their_place(size: int, layer: dict, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as refused:
        load("obesity").set({"population.size": size, FRIENDS: layer})
    assert all(word in str(refused.value) for word in words)


def regular_town(**layer) -> Scenario:
    return load("obesity").set({"population.size": 98, FRIENDS: layer})


def test_scenarios_can_ask_for_them() -> None:
    torus = regular_town(generator="lattice", neighbours=6, periodic=True)
    assert not torus.not_built()
    assert (degrees(world_of(torus).network.layers["close_ties"].ties, 98) == 6).all()
    at_random = regular_town(generator="random_regular", degree=6)
    assert not at_random.not_built()
    assert (degrees(world_of(at_random).network.layers["close_ties"].ties, 98) == 6).all()
    assert torus.hash8() != at_random.hash8()


def test_the_registry_knows_them() -> None:
    assert parameters("lattice") == {"neighbours": True, "periodic": False}
    assert parameters("random_regular") == {"degree": True}
    assert "grid" in networks.help("lattice")
