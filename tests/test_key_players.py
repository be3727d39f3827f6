"""Key players: sets that one works out by hand, and every person added or removed is the best one by brute force."""

from __future__ import annotations

from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pytest
from small_towns import BARBELL, CHAIN, STAR, TWO_CLIQUES, clique, situation, surveyed, town, undirected

from interventions.rules import key_players
from interventions.rules.cut_points import pairs_left_without
from interventions.rules.ways import FAR, distances_to, ways_of
from interventions.targeting import Request, check_rank, rank
from simulator.network import ContactNetwork, Layer
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.world import World

REACH, FRAGMENTATION = "key_players_reach", "key_players_fragmentation"
TWO_STARS = [*((0, i) for i in range(1, 6)), *((6, i) for i in range(7, 11)), (5, 7)]
"""Eleven people: 0 has five contacts, 6 has four; a leaf of each joins them."""
TWINS = [*((0, i) for i in range(2, 8)), *((1, i) for i in range(2, 8)), (2, 8), (8, 9), (8, 10), (8, 11)]
"""Twelve people: 0 and 1 have the same six contacts, the most there are; 8, with four, knows others."""


def world_of(graph: nx.Graph) -> World:
    layer = undirected("friends", graph.edges)
    if graph.is_directed():
        layer = Layer("friends", np.array(sorted(graph.edges), np.int32).reshape(-1, 2), directed=True)
    return town(len(graph), [layer])


def first(world: World, rule: str, n: int, replicate: int = 0, **parameters: object) -> list[int]:
    here = situation(world, replicate=replicate)
    return rank(here, rule, parameters, Request(here.present, n))[:n].tolist()


def reach_of(graph: nx.Graph, people: tuple[int, ...], steps: int | None = None) -> float:
    """Distance-weighted reach by its formula."""
    total = 0.0
    lengths = [nx.single_source_shortest_path_length(graph, person) for person in people]
    for other in graph:
        nearest = min((found[other] for found in lengths if other in found), default=None)
        if nearest is not None:
            total += (nearest <= steps) if steps is not None else 1 / max(nearest, 1)
    return total / len(graph)


def fragmentation_of(graph: nx.Graph, removed: list[int], measure: str = "distance") -> float:
    """F or DF by its formula."""
    left = graph.copy()
    left.remove_nodes_from(removed)
    n = len(left)
    if n < 2:
        return 1.0
    if measure == "components":
        joined = sum(len(part) * (len(part) - 1) for part in nx.connected_components(left.to_undirected()))
        return 1 - joined / (n * (n - 1))
    close = sum(1 / d for _, found in nx.all_pairs_shortest_path_length(left) for d in found.values() if d)
    return 1 - close / (n * (n - 1))


def random_graph(seed: int, n: int = 12, share: float = 0.2) -> nx.Graph:
    return nx.gnp_random_graph(n, share, seed=seed, directed=bool(seed % 2))


class TestKnownSets:
    @pytest.mark.parametrize("replicate", range(3))
    def test_by_hand(self, replicate: int) -> None:
        star, barbell = town(6, [undirected("friends", STAR)]), town(10, [undirected("friends", BARBELL)])
        stars = town(11, [undirected("friends", TWO_STARS)])
        assert first(star, REACH, 1, replicate) == first(star, FRAGMENTATION, 1, replicate) == [3]
        assert first(stars, REACH, 2, replicate) == first(stars, FRAGMENTATION, 2, replicate) == [0, 6]
        assert set(first(barbell, REACH, 2, replicate)) == {3, 6}  # one in each clique
        assert set(first(barbell, REACH, 2, replicate, steps=1)) == {3, 6}
        assert first(barbell, FRAGMENTATION, 1, replicate, measure="components")[0] in (4, 5)
        assert set(first(barbell, FRAGMENTATION, 2, replicate, measure="components")) in ({4, 6}, {5, 3})
        assert set(first(barbell, FRAGMENTATION, 1, replicate)) <= {3, 6}
        cliques = town(10, [undirected("friends", TWO_CLIQUES)])
        assert first(cliques, FRAGMENTATION, 1, replicate, measure="components")[0] in (4, 5)
        assert first(cliques, REACH, 1, replicate)[0] in (4, 5)

    def test_the_two_most_central_people_are_not_the_best_pair(self) -> None:
        graph = nx.Graph(TWINS)
        chosen = first(town(12, [undirected("friends", TWINS)]), REACH, 2)
        best = max(reach_of(graph, pair) for pair in combinations(range(12), 2))
        assert reach_of(graph, tuple(chosen)) == pytest.approx(best)
        for scores in (dict(graph.degree), nx.eigenvector_centrality(graph, 1_000), nx.closeness_centrality(graph)):
            pair = sorted(graph, key=lambda person: -scores[person])[:2]
            assert reach_of(graph, tuple(pair)) < best - 0.05
        assert 8 in chosen
        assert len({0, 1, 2} & set(chosen)) == 1

    def test_direction_of_influence(self) -> None:
        down = town(5, [surveyed("talk", CHAIN, influence="source_to_target")])  # 0 reaches all
        up = town(5, [surveyed("talk", CHAIN, influence="target_to_source")])
        assert first(down, REACH, 1) == [0]
        assert first(up, REACH, 1) == [4]
        assert first(down, REACH, 2, steps=1)[0] != 4
        assert first(down, FRAGMENTATION, 1) == first(up, FRAGMENTATION, 1) == [2]

    def test_layers_and_ties_without_weight(self) -> None:
        ties = np.array([(0, 1), (0, 2), (0, 3), (4, 5)], np.int32)
        weak = Layer("a", ties, weights=np.array([0.0, 0.0, 0.0, 1.0]))
        world = town(6, [weak, undirected("b", [(1, 2), (1, 3)])])
        assert first(world, REACH, 1) == [1]
        assert set(first(world, REACH, 1, layers=["a"])) <= {4, 5}
        assert first(world, REACH, 3)[0] == 1

    def test_whom_it_cannot_pick_it_passes_over(self) -> None:
        here = situation(town(11, [undirected("friends", TWO_STARS)]))
        eligible = np.ones(11, bool)
        eligible[[0, 6]] = False
        for rule in (REACH, FRAGMENTATION):
            ranking = rank(here, rule, {}, Request(eligible, 2))
            assert sorted(ranking.tolist()) == [1, 2, 3, 4, 5, 7, 8, 9, 10]
            assert set(ranking[:1].tolist()) <= {5, 7}


@pytest.mark.parametrize("seed", range(12))
class TestEveryOneIsTheBest:
    @pytest.mark.parametrize("steps", [None, 1, 2])
    def test_added(self, seed: int, steps: int | None) -> None:
        graph = random_graph(seed)
        chosen = first(world_of(graph), REACH, 6, **({} if steps is None else {"steps": steps}))
        for k in range(6):
            had = reach_of(graph, tuple(chosen[: k + 1]), steps)
            best = max(reach_of(graph, (*chosen[:k], other), steps) for other in graph if other not in chosen[:k])
            assert had == pytest.approx(best, abs=1e-6)

    @pytest.mark.parametrize("measure", ["distance", "components"])
    def test_removed(self, seed: int, measure: str) -> None:
        graph = random_graph(seed)
        chosen = first(world_of(graph), FRAGMENTATION, 6, measure=measure)
        for k in range(6):
            had = fragmentation_of(graph, chosen[: k + 1], measure)
            best = max(
                fragmentation_of(graph, [*chosen[:k], other], measure) for other in graph if other not in chosen[:k]
            )
            assert had == pytest.approx(best, abs=1e-6)

    def test_at_least_63_percent_of_the_best_set(self, seed: int) -> None:
        graph = random_graph(seed)
        chosen = tuple(first(world_of(graph), REACH, 3))
        best = max(reach_of(graph, three) for three in combinations(graph, 3))
        assert reach_of(graph, chosen) >= (1 - 1 / np.e) * best

    def test_parts(self, seed: int) -> None:
        graph = random_graph(seed, 25, 0.07).to_undirected()
        lost = pairs_left_without(undirected("friends", graph.edges).ties, 25)

        def joined(some: nx.Graph) -> int:
            return sum(len(part) * (len(part) - 1) for part in nx.connected_components(some))

        for person in graph:
            assert lost[person] == joined(graph) - joined(graph.subgraph(set(graph) - {person}))

    def test_distances_and_the_bound(self, seed: int) -> None:
        graph = random_graph(seed)
        ways = ways_of(world_of(graph).network)
        found = distances_to(ways, np.arange(12))
        known = dict(nx.all_pairs_shortest_path_length(graph))
        assert all(found[i, j] == known[i].get(j, FAR) for i in range(12) for j in range(12))
        sources = np.arange(0, 12, 1 + seed % 3)
        least = key_players._closeness_at_least(ways, sources)
        for person in range(12):
            there = np.arange(12) != person
            assert least[person] <= key_players.closeness(ways.among(there), sources[sources != person]) + 1e-6


def test_a_worse_choice_would_be_seen() -> None:
    """The twin of the tests above: those with most contacts are not the best additions."""
    worse = 0
    for seed in range(12):
        graph = random_graph(seed)
        chosen = first(world_of(graph), "degree", 6)
        for k in range(1, 6):
            best = max(reach_of(graph, (*chosen[:k], other)) for other in graph if other not in chosen[:k])
            worse += reach_of(graph, tuple(chosen[: k + 1])) < best - 1e-6
    assert worse > 20


@pytest.mark.parametrize("rule", [REACH, FRAGMENTATION])
class TestContract:
    def test_cuts_are_nested_and_the_same_in_all_replicates(self, rule: str) -> None:
        ties = generated_layer("friends", "holme_kim", 90, {"mean_degree": 6, "triangles": 0.5}, Draw(4, "network"))
        world = town(90, [ties])
        orders = [first(world, rule, k) for k in range(0, 90, 10)]
        assert all(one == other[: len(one)] for one, other in pairwise(orders))
        assert first(world, rule, 20, replicate=7) == orders[2]
        again = town(90, [ties])  # another network, so nothing is remembered
        assert first(again, rule, 20) == orders[2]

    def test_ties_in_rank_are_broken_by_luck_of_the_town(self, rule: str) -> None:
        ring = [(i, (i + 1) % 8) for i in range(8)]
        found = set()
        for seed in range(30):
            here = situation(town(8, [undirected("friends", ring)]))
            object.__setattr__(here, "draw", Draw(seed))
            found.add(int(rank(here, rule, {}, Request(here.present, 1))[0]))
        assert len(found) > 4

    @pytest.mark.parametrize(("n", "pairs"), [(0, []), (1, []), (5, []), (7, [*clique(range(3)), (4, 5)])])
    def test_small_and_disconnected_towns(self, rule: str, n: int, pairs: list[tuple[int, int]]) -> None:
        world = town(n, [undirected("friends", pairs)])
        for measure in ("distance", "components"):
            parameters = {"measure": measure} if rule == FRAGMENTATION else {}
            assert sorted(first(world, rule, n, **parameters)) == list(range(n))
        assert first(world, rule, 0) == []


def test_a_path_longer_than_255_steps() -> None:
    world = town(600, [undirected("friends", [(i, i + 1) for i in range(599)])])
    assert first(world, REACH, 1)[0] in range(250, 350)
    assert first(world, FRAGMENTATION, 1, measure="components")[0] in (299, 300)


def test_a_large_town_is_sampled_and_close_to_what_all_distances_give(monkeypatch: pytest.MonkeyPatch) -> None:
    ties = generated_layer("friends", "holme_kim", 500, {"mean_degree": 6, "triangles": 0.5}, Draw(3, "network"))
    graph = nx.Graph(ties.ties.tolist())
    exact = {rule: first(town(500, [ties]), rule, 8) for rule in (REACH, FRAGMENTATION)}
    monkeypatch.setattr(key_players, "MOST_DISTANCES", 1)
    monkeypatch.setattr(key_players, "FEWEST_COUNTED", 100)
    monkeypatch.setattr(key_players, "MOST_CANDIDATES", 200)
    monkeypatch.setattr(key_players, "MOST_STEPS_AT_ONCE", 1)
    sampled = {rule: first(town(500, [ties]), rule, 8) for rule in (REACH, FRAGMENTATION)}
    assert sampled != exact
    assert reach_of(graph, tuple(sampled[REACH])) > 0.97 * reach_of(graph, tuple(exact[REACH]))
    assert fragmentation_of(graph, sampled[FRAGMENTATION]) > 0.97 * fragmentation_of(graph, exact[FRAGMENTATION])
    assert first(town(500, [ties]), FRAGMENTATION, 90)[:8] == sampled[FRAGMENTATION]  # batches do not depend on places


def test_parameters_are_checked() -> None:
    assert check_rank(REACH, {"steps": 2}, ["friends"]) == []
    assert check_rank(REACH, {"steps": 0}, ["friends"])[0].place == ("rank", "steps")
    assert check_rank(FRAGMENTATION, {"layers": ["frends"]}, ["friends"])
    network = ContactNetwork(3, {"friends": undirected("friends", [(0, 1)])})
    assert ways_of(network).turned().senders.tolist() == [1, 0]
