"""Targeting rules that go by the network: the people one works out by hand, and the scores of NetworkX."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import pytest
from every_rule import OF_THE_NETWORK, aged_town, first, in_a_town_of, ranked
from small_towns import (
    BARBELL,
    CHAIN,
    RING,
    STAR,
    TREE,
    TWO_CLIQUES,
    situation,
    surveyed,
    town,
    undirected,
    weighted,
)

from interventions.scores import _found
from simulator import centrality, shortest_paths
from simulator.errors import SpecError
from simulator.network import ContactNetwork, Layer, contacts_of
from simulator.streams import Draw
from simulator.ties import generated_layer

# (town, rule): the people who come first, in groups of equals
BY_HAND: dict[tuple[str, str], list[set[int]]] = {
    ("star", "degree"): [{3}],
    ("star", "strength"): [{3}],
    ("star", "closeness"): [{3}],
    ("star", "betweenness"): [{3}],
    ("star", "eigenvector"): [{3}],
    ("star", "pagerank"): [{3}],
    ("star", "k_core"): [{3}],
    ("star", "constraint"): [{3}],  # 5 x (1/5)² = 0.2 against 1
    ("star", "peripheral"): [{0, 1, 2, 4, 5}, {3}],
    ("barbell", "degree"): [{3, 6}],
    ("barbell", "closeness"): [{4, 5}, {3, 6}],  # 19 and 21 steps to all others
    ("barbell", "betweenness"): [{4, 5}, {3, 6}],  # 4 x 5 and 3 x 6 pairs
    ("barbell", "eigenvector"): [{3, 6}],
    ("barbell", "pagerank"): [{3, 6}],
    ("barbell", "k_core"): [{3, 6}, {0, 1, 2, 7, 8, 9}, {4, 5}],
    ("barbell", "bridging"): [{4, 5}, {3, 6}],
    ("barbell", "constraint"): [{4, 5}, {3, 6}],  # 0.5 and 3 x (5/12)² + (1/4)² = 0.58
    ("barbell", "peripheral"): [{4, 5}, {0, 1, 2, 7, 8, 9}, {3, 6}],
    ("two cliques", "closeness"): [{4, 5}],
    ("two cliques", "betweenness"): [{4, 5}],
    ("two cliques", "eigenvector"): [{4, 5}],
    ("two cliques", "pagerank"): [{4, 5}],
    ("two cliques", "k_core"): [{4, 5}],
    ("two cliques", "bridging"): [{4, 5}],
    ("two cliques", "constraint"): [{4, 5}],
    ("tree", "closeness"): [{0}, {1, 2}],  # 10, 11 and 16 steps
    ("tree", "betweenness"): [{0, 1, 2}],  # 3 x 3, and 1 x 1 + 2 x 1 x 4
    ("tree", "eigenvector"): [{0, 1, 2}],  # at 2, the largest eigenvalue, each of these has twice a leaf's score
    ("tree", "pagerank"): [{1, 2}, {0}],
    ("tree", "k_core"): [{1, 2}, {0}],
    ("tree", "bridging"): [{0}, {1, 2}],  # 4.83, (4.83 + 2 x 2.83) / 3 and 2.83
    ("tree", "constraint"): [{1, 2}, {0}],  # 1/3, 1/2 and 1
    ("chain", "closeness"): [{2}, {1, 3}, {0, 4}],
    ("chain", "betweenness"): [{2}, {1, 3}, {0, 4}],
    ("chain", "eigenvector"): [{2}, {1, 3}, {0, 4}],
    ("chain", "k_core"): [{1, 2, 3}],
    ("chain", "bridging"): [{2}, {1, 3}, {0, 4}],
    ("chain", "constraint"): [{1, 2, 3}],
    ("chain", "peripheral"): [{0, 4}],
}
TOWNS = {"star": STAR, "barbell": BARBELL, "two cliques": TWO_CLIQUES, "tree": TREE, "chain": CHAIN}


@pytest.mark.parametrize(("where", "rule"), BY_HAND)
def test_by_hand(where: str, rule: str) -> None:
    for replicate in range(5):
        order = ranked(rule, in_a_town_of(TOWNS[where], replicate))
        for group in BY_HAND[where, rule]:
            assert set(order[: len(group)]) == group
            order = order[len(group) :]


@pytest.mark.parametrize("rule", OF_THE_NETWORK)
def test_in_a_ring_all_are_alike_and_luck_alone_decides(rule: str) -> None:
    for replicate in range(20):
        here = in_a_town_of(RING, replicate)
        assert ranked(rule, here) == np.argsort(here.draw.words("rank", rule, n=6)).tolist()


@pytest.mark.parametrize(("pairs", "alike"), [(TREE, {0, 1, 2}), (TREE, {3, 4, 5, 6})])
@pytest.mark.parametrize("rule", ["betweenness", "eigenvector"])
def test_equals_come_in_the_keyed_order_though_their_scores_were_added_up_differently(
    rule: str, pairs: list[tuple[int, int]], alike: set[int]
) -> None:
    for replicate in range(10):
        here = in_a_town_of(pairs, replicate)
        luck = here.draw.words("rank", rule, n=7)
        found = [person for person in ranked(rule, here) if person in alike]
        assert found == sorted(alike, key=lambda person: int(luck[person]))


def test_in_a_star_all_ties_hold_it_together_alike() -> None:
    # Without any one tie a person is lost: 1 + 4 x 1/2 of cohesion; so the average is the same for everybody.
    firsts = {ranked("bridging", in_a_town_of(STAR, replicate))[0] for replicate in range(40)}
    assert len(firsts) == 6


@pytest.mark.parametrize("influence", ["source_to_target", "target_to_source"])
def test_a_naming_is_a_vote_for_the_named_whichever_way_influence_runs(influence: str) -> None:
    here = situation(town(5, [surveyed("talk", CHAIN, influence=influence)]))
    assert ranked("pagerank", here) == [4, 3, 2, 1, 0]
    assert ranked("pagerank", here, damping=0.0) != [4, 3, 2, 1, 0]  # then everybody is alike
    for rule in ("closeness", "betweenness", "eigenvector", "bridging"):
        assert ranked(rule, here)[0] == 2  # direction does not count


def test_mutual_namings_are_one_contact_but_two_ties() -> None:
    here = situation(town(4, [surveyed("talk", [(0, 1), (1, 0), (2, 3), (2, 1)], influence="source_to_target")]))
    assert ranked("degree", here)[:2] in ([1, 2], [2, 1])
    assert ranked("strength", here)[0] == 1  # two ties with 0, one with 2


def test_weights_count_for_strength_and_constraint_only() -> None:
    heavy = weighted("friends", {(0, 1): 5.0, (2, 3): 1.0, (2, 4): 1.0, (2, 5): 1.0})
    light = undirected("friends", [(0, 1), (2, 3), (2, 4), (2, 5)])
    for replicate in range(5):
        with_weights = situation(aged_town(6, [heavy]), replicate=replicate)
        without = situation(aged_town(6, [light]), replicate=replicate)
        assert first("strength", with_weights, 2) == {0, 1}
        assert first("strength", without, 1) == {2}
        for rule in ("degree", "closeness", "betweenness", "eigenvector", "pagerank", "k_core", "bridging"):
            assert ranked(rule, with_weights) == ranked(rule, without)
    brokers = weighted("friends", {(0, 1): 9.0, (0, 2): 1.0, (3, 4): 5.0, (3, 5): 5.0})
    assert ranked("constraint", situation(town(6, [brokers])))[:2] == [3, 0]  # 0.5² + 0.5² against 0.9² + 0.1²


def test_layers_are_chosen_and_joined() -> None:
    layers = [undirected("a", [(0, 1), (1, 2)]), undirected("b", [(2, 3), (3, 4), (1, 2)])]
    here = situation(aged_town(5, layers))
    for rule in ("betweenness", "closeness", "bridging"):
        assert ranked(rule, here)[0] == 2  # the path 0 … 4
        assert ranked(rule, here, layers=["a"])[0] == 1
    assert first("k_core", here, 3) == {1, 2, 3}
    assert first("constraint", here, 2, layers=["b"]) == {2, 3}
    assert first("peripheral", here, 2, layers=["a"]) == {3, 4}


def test_a_network_of_several_parts() -> None:
    pairs = [(0, 1), *[(i, i + 1) for i in range(2, 8)]]  # a pair, a path of seven, and 9 alone
    here = in_a_town_of(pairs, n_persons=10)
    assert ranked("closeness", here)[0] == 5  # not the pair, who are as near as can be, but to one another only
    assert ranked("betweenness", here)[0] == 5
    assert ranked("eigenvector", here)[0] == 5
    assert first("eigenvector", here, 7) == set(range(2, 9))
    for rule in ("closeness", "bridging", "constraint", "k_core", "strength"):
        assert ranked(rule, here)[-1] == 9
    assert ranked("peripheral", here)[0] == 9


SEEDS = range(30)


def random_graph(seed: int) -> nx.Graph:
    generator = np.random.default_rng(seed)
    n = int(generator.integers(1, 40))
    graph = nx.gnp_random_graph(n, float(generator.choice([0.03, 0.08, 0.2, 0.6])), seed=seed)
    for one, two in graph.edges:
        graph.edges[one, two]["weight"] = float(generator.integers(1, 9)) / 2
    return graph


def layer_of(graph: nx.Graph, *, weights: bool = False) -> Layer:
    pairs = sorted(tuple(sorted(pair)) for pair in graph.edges)
    ties = np.array(pairs, np.int32).reshape(-1, 2)
    return Layer("a", ties, weights=np.array([graph.edges[pair]["weight"] for pair in pairs]) if weights else None)


def from_all(measure: Callable[..., np.ndarray], graph: nx.Graph) -> np.ndarray:
    n = graph.number_of_nodes()
    contacts = contacts_of(layer_of(graph).ties, n)
    words = Draw(3).words("any", n=n)
    return measure(contacts, shortest_paths.find_sources(contacts, words, n))


def in_order(scores: dict[int, float]) -> np.ndarray:
    return np.array([scores[person] for person in range(len(scores))])


@pytest.mark.parametrize("seed", SEEDS)
def test_shortest_paths_are_those_of_networkx(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = random_graph(seed)
    for at_once in (1, 100, 1 << 16):  # one copy of the network at a time, some, all
        monkeypatch.setattr(shortest_paths, "AT_ONCE", at_once)
        assert from_all(shortest_paths.closeness, graph) == pytest.approx(in_order(nx.closeness_centrality(graph)))
        between = in_order(nx.betweenness_centrality(graph, normalized=False))
        assert from_all(shortest_paths.betweenness, graph) / 2 == pytest.approx(between)


def cohesion(graph: nx.Graph) -> float:
    n = graph.number_of_nodes()
    return nx.global_efficiency(graph) if n > 1 else 0.0


def lost_cohesion(graph: nx.Graph) -> np.ndarray:
    """Bridging as it is defined: delete each tie, and measure the whole network again."""
    whole, lost = cohesion(graph), {}
    for one, two in graph.edges:
        less = graph.copy()
        less.remove_edge(one, two)
        lost[one, two] = lost[two, one] = whole - cohesion(less)
    return np.array([np.mean([lost[i, j] for j in graph[i]]) if graph.degree(i) else 0.0 for i in graph])


@pytest.mark.parametrize("seed", SEEDS)
def test_bridging_is_what_deleting_each_tie_does(seed: int) -> None:
    graph = random_graph(seed)
    assert from_all(shortest_paths.bridging, graph) == pytest.approx(lost_cohesion(graph), abs=1e-12)


@pytest.mark.parametrize(
    "graph", [nx.cycle_graph(9), nx.path_graph(8), nx.circulant_graph(12, [1, 2]), nx.ladder_graph(5)]
)
def test_bridging_where_many_depend_on_one_tie(graph: nx.Graph) -> None:
    assert from_all(shortest_paths.bridging, graph) == pytest.approx(lost_cohesion(graph), abs=1e-12)


def test_bridging_says_where_it_cannot_be_computed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortest_paths, "MOST_PAIRS", 1000)
    with pytest.raises(SpecError, match=r"long chains or rings.*`betweenness`"):
        ranked("bridging", in_a_town_of(nx.path_graph(30).edges))
    assert ranked("bridging", in_a_town_of(TWO_CLIQUES))


def test_bridging_ends_after_so_much_work_with_sources_that_stand_for_all() -> None:
    graph = nx.connected_watts_strogatz_graph(300, 6, 0.1, seed=3)
    contacts = contacts_of(layer_of(graph).ties, 300)
    sources = shortest_paths.find_sources(contacts, Draw(3).words("any", n=300), 300)
    exact = shortest_paths.bridging(contacts, sources)
    assert np.array_equal(shortest_paths.bridging(contacts, sources, 10**9), exact)
    taken = []
    for rounds in (40, 120):
        first = shortest_paths.Sources(sources.rounds[:rounds], sources.of_size, *counted(sources, rounds))
        taken.append(shortest_paths.bridging(contacts, first))
        assert taken[-1].sum() == pytest.approx(exact.sum(), rel=0.1)
    assert np.abs(taken[1] - exact).sum() < np.abs(taken[0] - exact).sum()
    some = shortest_paths.bridging(contacts, sources, 1)
    assert some.sum() == pytest.approx(exact.sum(), rel=0.2)
    assert not np.array_equal(some, exact)


def counted(sources: shortest_paths.Sources, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.zeros(sources.chosen.size, bool)
    chosen[np.concatenate(sources.rounds[:rounds])] = True
    return np.minimum(sources.sources, rounds), chosen


def test_long_chains_and_large_cliques_have_cores() -> None:
    for graph in (nx.path_graph(300), nx.complete_graph(40), nx.barbell_graph(20, 30), nx.caveman_graph(5, 7)):
        contacts = contacts_of(layer_of(graph).ties, graph.number_of_nodes())
        assert centrality.core_numbers(contacts).tolist() == [nx.core_number(graph)[person] for person in sorted(graph)]


def test_triangles_are_found_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = nx.powerlaw_cluster_graph(80, 4, 0.7, seed=2)
    theirs = in_order(nx.constraint(graph))
    for rows in (1, 7, 1 << 22):
        monkeypatch.setattr(centrality, "ROWS", rows)
        assert centrality.constraint([layer_of(graph)], 80) == pytest.approx(theirs)


@pytest.mark.parametrize("seed", SEEDS)
def test_constraint_and_cores_are_those_of_networkx(seed: int) -> None:
    graph = random_graph(seed)
    n = graph.number_of_nodes()
    for weights in (False, True):
        theirs = in_order(nx.constraint(graph, weight="weight" if weights else None))
        ours = centrality.constraint([layer_of(graph, weights=weights)], n)
        assert ours == pytest.approx(theirs, nan_ok=True)
    assert centrality.core_numbers(contacts_of(layer_of(graph).ties, n)).tolist() == list(
        nx.core_number(graph).values()
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_pagerank_and_constraint_of_directed_ties_are_those_of_networkx(seed: int) -> None:
    graph = nx.gnp_random_graph(25, 0.12, seed=seed, directed=True)
    namings = np.array(sorted(graph.edges), np.int32).reshape(-1, 2)
    ours = centrality.pagerank(namings, 25, 0.85)
    assert ours == pytest.approx(in_order(nx.pagerank(graph, alpha=0.85, tol=1e-13, max_iter=1000)), abs=1e-7)
    layer = Layer("a", namings, directed=True)
    assert centrality.constraint([layer], 25) == pytest.approx(in_order(nx.constraint(graph)), nan_ok=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_eigenvector_is_that_of_networkx(seed: int) -> None:
    graph = nx.gnp_random_graph(20, 0.25, seed=seed)
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    graph = nx.convert_node_labels_to_integers(graph)
    ours = centrality.eigenvector(contacts_of(layer_of(graph).ties, graph.number_of_nodes()))
    theirs = in_order(nx.eigenvector_centrality(graph, max_iter=5000, tol=1e-12))
    assert ours / ours.sum() == pytest.approx(theirs / theirs.sum(), abs=1e-6)


def test_settled_scores_forget_the_last_digits_and_nothing_else() -> None:
    generator = np.random.default_rng(1)
    scores = np.concatenate([generator.random(1000), [0.0, -1.5, 1.0, 0.1 + 0.2, 1 / 3, 1e-9, 1e12, np.inf, np.nan]])
    settled = centrality.settled(scores)
    assert settled == pytest.approx(scores, rel=2**-29, nan_ok=True)
    for factor in (1 - 1e-15, 1 + 1e-15):
        assert np.array_equal(centrality.settled(scores * factor), settled, equal_nan=True)
    fractions = np.array([k / m for m in range(1, 200) for k in range(1, m)])
    assert np.array_equal(centrality.settled(fractions * (1 - 2e-16)), centrality.settled(fractions))
    assert centrality.settled(np.array([1.0]))[0] != centrality.settled(np.array([1.0 + 1e-6]))[0]


class TestSampled:
    ties = generated_layer("a", "watts_strogatz", 600, {"mean_degree": 6, "rewiring": 0.1}, Draw(1, "network"))
    world = town(600, [ties])

    def test_everybody_is_a_source_where_as_many_are_asked_for(self) -> None:
        here = situation(self.world)
        for rule in ("closeness", "betweenness", "bridging"):
            assert ranked(rule, here, sampled=600) == ranked(rule, here, sampled=10_000)
        assert ranked("betweenness", here) == ranked("betweenness", here, sampled=600)  # the default: 600 are few

    @pytest.mark.parametrize(("rule", "least"), [("closeness", 0.8), ("betweenness", 0.8), ("bridging", 0.6)])
    def test_some_sources_stand_for_all(self, rule: str, least: float) -> None:
        measure = getattr(shortest_paths, rule)
        contacts = self.world.network.contacts
        words = Draw(5).words("any", n=600)
        exact = measure(contacts, shortest_paths.find_sources(contacts, words, 600))
        guess = measure(contacts, shortest_paths.find_sources(contacts, words, 100))
        assert np.corrcoef(np.argsort(np.argsort(exact)), np.argsort(np.argsort(guess)))[0, 1] > least
        assert guess.sum() == pytest.approx(exact.sum(), rel=0.1)  # some stand for all, and not for themselves
        shuffled = np.random.default_rng(1).permutation(guess)
        assert np.corrcoef(exact, shuffled)[0, 1] < 0.2  # so the bound can fail

    @pytest.mark.parametrize("rule", ["betweenness", "bridging"])
    def test_to_be_a_source_neither_helps_nor_harms(self, rule: str) -> None:
        """Over all choices of three sources, the mean is the same of people who are among them and of others."""
        measure, n = getattr(shortest_paths, rule), 8
        contacts = contacts_of(layer_of(nx.barbell_graph(3, 2)).ties, n)
        guesses, chosen = [], []
        for three in itertools.combinations(range(n), 3):
            sources = shortest_paths.find_sources(contacts, np.where(np.isin(np.arange(n), three), 0, 1), 3)
            guesses.append(measure(contacts, sources))
            chosen.append(sources.chosen)
        means = [
            (np.array(guesses) * among).sum(axis=0) / among.sum(axis=0)
            for among in (np.array(chosen), ~np.array(chosen))
        ]
        assert means[0] == pytest.approx(means[1])
        assert np.std(guesses, axis=0).min() > 0 or rule == "betweenness"  # where the ends are between nobody
        if rule == "betweenness":
            everybody = shortest_paths.find_sources(contacts, np.arange(n), n)
            assert means[0] == pytest.approx(measure(contacts, everybody))

    def test_they_are_drawn_once_for_the_network_not_for_each_replicate(self) -> None:
        world = town(200, [generated_layer("a", "watts_strogatz", 200, {"mean_degree": 4, "rewiring": 0.2}, Draw(1))])
        scores = [self.scored(world, replicate) for replicate in (0, 1, 7)]
        assert np.array_equal(scores[0], scores[1])
        assert np.array_equal(scores[0], scores[2])
        other = ContactNetwork(200, world.network.layers)
        numbered = type(world)(world.population, other, world.behaviours, number=1)
        assert not np.array_equal(self.scored(numbered, 0), scores[0])

    @staticmethod
    def scored(world: Any, replicate: int) -> np.ndarray:
        ranked("betweenness", situation(world, replicate=replicate), sampled=20)
        known = _found[world.network]
        (found,) = [scores for key, scores in known.items() if isinstance(key, tuple) and key[0] == "betweenness"]
        return found

    def test_small_parts_are_measured_from_everybody(self) -> None:
        parts = nx.disjoint_union_all([nx.path_graph(3), nx.star_graph(7), nx.cycle_graph(5), nx.empty_graph(2)])
        contacts = contacts_of(layer_of(parts).ties, 18)
        sources = shortest_paths.find_sources(contacts, Draw(2).words("any", n=18), 8)
        assert sources.chosen.sum() == 16
        assert len(sources.rounds) == 8
        assert shortest_paths.closeness(contacts, sources) == pytest.approx(in_order(nx.closeness_centrality(parts)))
        some = shortest_paths.find_sources(contacts, Draw(2).words("any", n=18), 2)
        assert some.sources.tolist() == [2] * 16 + [1, 1]
        assert shortest_paths.closeness(contacts, some)[3] == pytest.approx(in_order(nx.closeness_centrality(parts))[3])


def test_what_the_network_says_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    for module, name in (
        (shortest_paths, "bridging"),
        (centrality, "eigenvector"),
        (centrality, "constraint"),
        (centrality, "core_numbers"),
    ):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, name=name, real=real: calls.append(name) or real(*given))
    world = aged_town(10, [undirected("friends", BARBELL)])
    for replicate in range(3):
        for rule in ("bridging", "eigenvector", "constraint", "k_core"):
            ranked(rule, situation(world, replicate=replicate))
            ranked(rule, situation(world, replicate=replicate, time=3.0), layers=["friends"])
    assert sorted(calls) == ["bridging", "constraint", "core_numbers", "eigenvector"]
