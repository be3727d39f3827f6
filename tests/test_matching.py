"""Followers matched to leaders: known answers, the least total against NetworkX, and what the draw may decide."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from small_towns import BARBELL, CHAIN, STAR, TWO_CLIQUES, Pairs, surveyed, undirected

from interventions import matching
from interventions.cutting import place_in
from interventions.matching import distances, match, nearest, spread
from simulator.network import ContactNetwork, Layer
from simulator.streams import Draw

TREE = [(0, 1), (0, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
RING = [(i, (i + 1) % 8) for i in range(8)]


def network(n_persons: int, *layers: Layer) -> ContactNetwork:
    return ContactNetwork(n_persons, {layer.name: layer for layer in layers})


def matched(
    n_persons: int, pairs: Pairs, leaders: list[int], coupons: int | None = None, luck: str = "x"
) -> dict[int, int]:
    """Match everybody else to the leaders."""
    people = np.setdiff1d(np.arange(n_persons), leaders).astype(np.int32)
    town = network(n_persons, undirected("friends", pairs))
    followers, carriers = match(town, np.array(leaders, np.int32), people, Draw(1), (luck, 0), coupons=coupons)
    assert followers.dtype == carriers.dtype == np.int32
    assert np.all(np.diff(followers) > 0)
    return dict(zip(followers.tolist(), carriers.tolist(), strict=True))


class TestKnownAnswers:
    def test_without_a_limit_everybody_gets_the_nearest(self) -> None:
        assert matched(6, STAR, [3]) == dict.fromkeys((0, 1, 2, 4, 5), 3)
        assert matched(10, TWO_CLIQUES, [0, 9]) == {1: 0, 2: 0, 3: 0, 4: 0, 5: 9, 6: 9, 7: 9, 8: 9}
        assert matched(7, TREE, [1, 2]) | {0: -1} == {0: -1, 3: 1, 4: 1, 5: 2, 6: 2}
        near = matched(10, BARBELL, [0, 9])
        assert {i: near[i] for i in (1, 2, 3, 4, 6, 7, 8)} == {1: 0, 2: 0, 3: 0, 4: 0, 6: 9, 7: 9, 8: 9}
        ring = matched(8, RING, [0, 4])
        assert {i: ring[i] for i in (1, 3, 5, 7)} == {1: 0, 3: 4, 5: 4, 7: 0}

    def test_coupons_limit_the_followers_of_one_leader(self) -> None:
        assert matched(10, TWO_CLIQUES, [0, 1], coupons=4).keys() == {2, 3, 4, 5, 6, 7, 8, 9}
        few = matched(10, TWO_CLIQUES, [0, 1], coupons=2)
        assert few.keys() < {2, 3, 4, 5, 6, 7, 8, 9} or few.keys() == {2, 3, 4}
        assert few.keys() >= {2, 3, 4}, "the nearest come first"
        assert sorted(few.values()) == [0, 0, 1, 1]

    def test_the_total_is_the_least_even_where_somebody_goes_further(self) -> None:
        # 0 and 1 lead. 2 is a contact of both, 3 of 0 only, and each has one place: 2 must leave 0 to 3.
        assert matched(4, [(0, 2), (1, 2), (0, 3)], [0, 1], coupons=1) == {2: 1, 3: 0}

    def test_who_has_no_path_to_a_leader_is_left_out(self) -> None:
        assert matched(5, [(0, 1), (2, 3)], [0]) == {1: 0}
        assert matched(5, [(0, 1), (2, 3)], [0], coupons=3) == {1: 0}
        assert matched(6, [(0, 1), (1, 2), (3, 4)], [0, 3], coupons=1) == {1: 0, 4: 3}

    def test_direction_and_weight_do_not_count(self) -> None:
        people = np.array([0, 1, 2, 3], np.int32)
        for influence in ("source_to_target", "target_to_source"):
            town = network(5, surveyed("advice", CHAIN, influence=influence))
            followers, _ = match(town, np.array([4], np.int32), people, Draw(1), ("x", 0))
            assert followers.tolist() == [0, 1, 2, 3]
        ties = np.array([(0, 1), (0, 2), (1, 2)], np.int32)
        weighted = network(3, Layer("friends", ties, weights=np.array([0.1, 9.0, 9.0])))
        assert match(weighted, np.array([0], np.int32), np.array([1], np.int32), Draw(1), ("x", 0))[1].tolist() == [0]

    def test_layers_that_are_named_are_walked_along(self) -> None:
        town = network(3, undirected("friends", [(0, 1)]), undirected("work", [(1, 2)]))
        people = np.array([1, 2], np.int32)
        leaders = np.array([0], np.int32)
        for layers, expected in ((None, [1, 2]), (["friends"], [1]), (["work"], []), (["work", "friends"], [1, 2])):
            assert match(town, leaders, people, Draw(1), ("x", 0), layers=layers)[0].tolist() == expected

    def test_nobody_walks_through_people_who_are_not_there(self) -> None:
        town = network(5, undirected("friends", CHAIN))
        there = np.array([True, True, False, True, True])
        for coupons in (None, 4):
            followers, _ = match(
                town, np.array([0], np.int32), np.array([1, 3, 4], np.int32), Draw(1), ("x", 0),
                coupons=coupons, there=there,
            )  # fmt: skip
            assert followers.tolist() == [1]

    @pytest.mark.parametrize("coupons", [None, 1])
    def test_nobody_and_one_person(self, coupons: int | None) -> None:
        assert matched(0, [], [], coupons) == {}
        assert matched(1, [], [0], coupons) == {}
        assert matched(1, [], [], coupons) == {}
        assert matched(4, [], [0, 1], coupons) == {}


def cases() -> list[tuple[nx.Graph, list[int], int]]:
    rng = np.random.default_rng(5)
    found = []
    for case in range(40):
        graph = nx.gnp_random_graph(14, [0.1, 0.2, 0.4][case % 3], seed=case)
        leaders = sorted(rng.choice(14, size=int(rng.integers(1, 5)), replace=False).tolist())
        found.append((graph, leaders, int(rng.integers(1, 5))))
    return found


def best(graph: nx.Graph, leaders: list[int], coupons: int) -> tuple[int, int]:
    """How many can be matched, and the least sum of their distances, by NetworkX's network simplex."""
    flow = nx.DiGraph()
    flow.add_node("out")
    for leader in leaders:
        flow.add_edge("in", ("leader", leader), capacity=coupons, weight=0)
        for person, distance in nx.single_source_shortest_path_length(graph, leader).items():
            if person not in leaders:
                flow.add_edge(("leader", leader), person, capacity=1, weight=distance)
                flow.add_edge(person, "out", capacity=1, weight=0)
    found = nx.max_flow_min_cost(flow, "in", "out")
    return sum(found["in"].values()), nx.cost_of_flow(flow, found)


def total(graph: nx.Graph, pairs: dict[int, int]) -> int:
    return sum(nx.shortest_path_length(graph, one, other) for one, other in pairs.items())


@pytest.mark.parametrize(("graph", "leaders", "coupons"), cases())
def test_the_least_total_is_networkx_s(graph: nx.Graph, leaders: list[int], coupons: int) -> None:
    found = matched(14, list(graph.edges), leaders, coupons)
    assert (len(found), total(graph, found)) == best(graph, leaders, coupons)
    assert max(np.bincount(list(found.values()), minlength=1), default=0) <= coupons


def test_beyond_the_limit_as_many_are_matched_near_the_least_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_PAIRS", 0)
    totals = []
    for graph, leaders, coupons in cases():
        n_matched, least = best(graph, leaders, coupons)
        found = matched(14, list(graph.edges), leaders, coupons)
        assert len(found) == n_matched
        assert max(np.bincount(list(found.values()), minlength=1), default=0) <= coupons
        totals.append((least, total(graph, found)))
    least, ours = np.array(totals).T
    assert np.all(ours >= least)
    assert least.sum() < ours.sum() < 1.15 * least.sum(), "another way than the exact one, and not far from it"


@pytest.mark.parametrize("case", range(20))
def test_who_is_too_far_from_everybody_need_not_be_looked_at(case: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With few places among many followers, the same are matched as if all of them were looked at."""
    graph = nx.gnp_random_graph(120, 0.04, seed=case)
    leaders, coupons = [5, 17, 60], 1 + case % 4
    few = matched(120, list(graph.edges), leaders, coupons)
    monkeypatch.setattr(matching, "_near_enough", lambda cost, n_places: np.arange(len(cost)))
    assert few == matched(120, list(graph.edges), leaders, coupons)


def test_some_are_not_looked_at() -> None:
    cost = np.array([[1.0, 9.0], [2.0, 8.0], [3.0, 1.0], [4.0, 2.0], [5.0, 5.0], [6.0, np.inf]])
    assert matching._near_enough(cost, 2).tolist() == [0, 1, 2, 3]
    assert matching._near_enough(cost, 6).tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(("cells", "coupons"), [(matching.MOST_PAIRS, 2), (0, 2), (0, None)])
def test_ties_are_decided_by_the_draw(cells: int, coupons: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_PAIRS", cells)
    square = [(0, 2), (0, 3), (0, 4), (0, 5), (1, 2), (1, 3), (1, 4), (1, 5)]
    many = [matched(6, square, [0, 1], coupons, f"luck {k}") for k in range(200)]
    assert many[0] == matched(6, square, [0, 1], coupons, "luck 0")
    first = sum(pairs[2] == 0 for pairs in many)
    assert abs(first - 100) < 4 * 50**0.5
    assert all(set(pairs) == {2, 3, 4, 5} for pairs in many)


def test_who_is_left_out_is_decided_by_the_draw() -> None:
    many = [matched(6, STAR, [3], 2, f"luck {k}") for k in range(500)]
    left = np.bincount([person for pairs in many for person in pairs], minlength=6)
    assert np.all(np.abs(left[[0, 1, 2, 4, 5]] - 200) < 4 * 120**0.5)


@pytest.mark.parametrize("case", range(10))
def test_nearest_and_distances_are_networkx_s(case: int) -> None:
    graph = nx.gnp_random_graph(30, 0.08, seed=case)
    town = network(30, undirected("friends", graph.edges))
    carriers = np.array([3, 11, 20], np.int32)
    distance, carrier = nearest(town.contacts, carriers, Draw(1), ("x",))
    paths = dict(nx.all_pairs_shortest_path_length(graph))
    for person in range(30):
        reached = [paths[person][other] for other in carriers.tolist() if other in paths[person]]
        assert distance[person] == (min(reached) if reached else -1)
        assert (carrier[person] >= 0) == bool(reached)
        if reached:
            assert paths[person][int(carrier[person])] == min(reached)
    table = distances(town.contacts, np.arange(30, dtype=np.int32), carriers)
    expected = [[paths[i].get(j, np.inf) for j in carriers.tolist()] for i in range(30)]
    assert np.array_equal(table, expected)


def test_distances_are_measured_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    town = network(10, undirected("friends", BARBELL))
    everybody = np.arange(10, dtype=np.int32)
    whole = distances(town.contacts, everybody, everybody)
    monkeypatch.setattr(matching, "MOST_PAIRS", 30)
    assert np.array_equal(distances(town.contacts, everybody, everybody), whole)


def test_stretches_and_places() -> None:
    rows, places = spread(np.array([3, 7, 7, 0]), np.array([5, 7, 9, 1]))
    assert rows.tolist() == [0, 0, 2, 2, 3]
    assert places.tolist() == [3, 4, 7, 8, 0]
    assert place_in(np.array([4, 4, 4, 2, 7, 7])).tolist() == [0, 1, 2, 0, 0, 1]
    assert place_in(np.empty(0, np.int64)).tolist() == []
