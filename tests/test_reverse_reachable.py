"""Reverse-reachable sets: reach is what enumeration says, and the choice is as good as is guaranteed."""

from __future__ import annotations

import time
from itertools import combinations, pairwise, product

import numpy as np
import pytest
from small_towns import BARBELL, CHAIN, STAR, clique, situation, surveyed, town, undirected

from interventions.rules.reverse_reachable import (
    BEST_SHARE,
    Cascade,
    ReverseSets,
    cascade_on,
    choice,
    most_met,
    reverse_sets,
    sets_needed,
)
from interventions.rules.ways import ways_of
from interventions.targeting import Request, check_rank, rank
from simulator.network import ContactNetwork, Layer
from simulator.streams import Draw
from simulator.ties import generated_layer

LUCK = Draw(5, "network")
SETS = 40_000
ERROR = 4.5
"""Standard errors that an estimate may be off: about one test in 150,000 fails by chance."""


def directed(n: int, pairs: list[tuple[int, int]], weights: list[float] | None = None) -> ContactNetwork:
    order = sorted(range(len(pairs)), key=lambda k: pairs[k])
    ties = np.array([pairs[k] for k in order], np.int32).reshape(-1, 2)
    given = None if weights is None else np.array([weights[k] for k in order])
    return ContactNetwork(n, {"a": Layer("a", ties, directed=True, weights=given)})


def exact_reach(cascade: Cascade, people: tuple[int, ...]) -> float:
    """How many people are reached on average, over all ways in which each way passes it on or does not."""
    senders, receivers = cascade.ways.senders.tolist(), cascade.ways.receivers.tolist()
    total = 0.0
    for live in product((False, True), repeat=len(senders)):
        chance = np.prod([p if on else 1 - p for p, on in zip(cascade.chances, live, strict=True)])
        reached, found = set(people), list(people)
        while found:
            person = found.pop()
            for sender, receiver, on in zip(senders, receivers, live, strict=True):
                if on and sender == person and receiver not in reached:
                    reached.add(receiver)
                    found.append(receiver)
        total += chance * len(reached)
    return total


def off_by(sets: ReverseSets, people: tuple[int, ...], exact: float) -> float:
    """By how many standard errors the estimate of a reach is off."""
    share = exact / sets.n_persons
    error = sets.n_persons * np.sqrt(share * (1 - share) / sets.n_sets)
    return abs(sets.reach(people) - exact) / error if error else abs(sets.reach(people) - exact) * 1e9


def small_cascade(seed: int, n: int = 6, n_ways: int = 8) -> Cascade:
    luck = Draw(seed, "network")
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    order = luck.order("pairs", n=len(pairs))[:n_ways]
    ways = ways_of(directed(n, [pairs[k] for k in order]))
    return Cascade(ways, luck.uniforms("chances", n=n_ways))


class TestReach:
    def test_on_a_tree_it_is_the_sum_of_products_of_the_chances(self) -> None:
        pairs, chances = [(0, 1), (0, 2), (1, 3), (3, 4)], {1: 0.5, 2: 0.3, 3: 0.8, 4: 0.25}
        ways = ways_of(directed(5, pairs))
        cascade = Cascade(ways, np.array([chances[int(receiver)] for receiver in ways.receivers]))
        exact = 1 + 0.5 + 0.3 + 0.5 * 0.8 + 0.5 * 0.8 * 0.25
        assert exact_reach(cascade, (0,)) == pytest.approx(exact)
        sets = reverse_sets(cascade, LUCK, "test", 0, SETS)
        assert off_by(sets, (0,), exact) < ERROR
        assert off_by(sets, (2, 3), 2 + 0.25) < ERROR

    @pytest.mark.parametrize("seed", range(6))
    def test_it_is_what_enumeration_says(self, seed: int) -> None:
        cascade = small_cascade(seed)
        sets = reverse_sets(cascade, LUCK, "test", 0, SETS)
        for people in [(0,), (1,), (2, 3), (4, 5, 0)]:
            assert off_by(sets, people, exact_reach(cascade, people)) < ERROR

    def test_a_reversed_direction_would_be_seen(self) -> None:
        for seed in range(6):
            cascade = small_cascade(seed)
            turned = cascade.ways.turned()
            chances = {
                (int(sender), int(receiver)): chance
                for sender, receiver, chance in zip(
                    cascade.ways.senders, cascade.ways.receivers, cascade.chances, strict=True
                )
            }
            wrong = Cascade(
                turned,
                np.array([chances[int(r), int(s)] for s, r in zip(turned.senders, turned.receivers, strict=True)]),
            )
            sets = reverse_sets(wrong, LUCK, "test", 0, SETS)
            assert max(off_by(sets, (person,), exact_reach(cascade, (person,))) for person in range(6)) > 20

    def test_chances(self) -> None:
        ways = ways_of(directed(4, [(0, 2), (1, 2), (2, 3)], [1.0, 3.0, 2.0]))
        assert cascade_on(ways, "weighted").chances.tolist() == [0.25, 0.75, 1.0]
        assert cascade_on(ways, 0.5).chances.tolist() == [0.5, 1 - 0.5**3, 0.75]
        both = ContactNetwork(3, {"a": undirected("a", [(0, 1)]), "b": undirected("b", [(0, 1), (1, 2)])})
        twice = ways_of(both)
        assert cascade_on(twice, 0.1).chances.round(6).tolist() == [0.19, 0.19, 0.1, 0.1]
        assert cascade_on(ways_of(both, ["b"]), 0.1).chances.tolist() == [0.1] * 4

    def test_certain_and_impossible_ways(self) -> None:
        ways = ways_of(directed(3, [(0, 1), (1, 2)]))
        for passing, reach in ((1.0, 3.0), (0.0, 1.0)):
            sets = reverse_sets(cascade_on(ways, passing), LUCK, "test", 0, 3_000)
            assert off_by(sets, (0,), reach) < ERROR

    def test_a_set_does_not_depend_on_the_others(self) -> None:
        cascade = small_cascade(1)
        together, alone = (reverse_sets(cascade, LUCK, "test", *which) for which in ((0, 50), (20, 5)))
        begin, end = together.starts[20], together.starts[25]
        assert together.persons[begin:end].tolist() == alone.persons.tolist()


class TestChoice:
    @pytest.mark.parametrize("seed", range(4))
    def test_it_is_as_good_as_guaranteed(self, seed: int) -> None:
        cascade = small_cascade(seed, n=7, n_ways=9)
        best = max(exact_reach(cascade, three) for three in combinations(range(7), 3))
        for sets in (1_000_000, 200):
            made = choice(cascade, np.ones(7, bool), 3, LUCK, 0.2, 0.01, 3, sets)
            assert made.n_sets == min(max(made.needed, 10_000), sets)
            assert made.guaranteed >= BEST_SHARE - 0.2 or sets == 200
            assert exact_reach(cascade, tuple(made.persons.tolist())) >= made.guaranteed * best

    def test_too_few_sets_guarantee_less(self) -> None:
        cascade = small_cascade(2, n=7, n_ways=9)
        some = [choice(cascade, np.ones(7, bool), 3, LUCK, 0.2, 0.01, 3, sets).guaranteed for sets in (20, 60, 200)]
        assert some == sorted(some)
        assert some[0] < 0.3 < 0.5 < some[2]

    def test_of_people_who_are_worst_it_would_be_seen(self) -> None:
        cascade = small_cascade(2, n=7, n_ways=9)
        best = max(exact_reach(cascade, three) for three in combinations(range(7), 3))
        worst = min(exact_reach(cascade, three) for three in combinations(range(7), 3))
        assert worst < (BEST_SHARE - 0.01) * best

    def test_sets_needed_by_the_formula(self) -> None:
        # n = 1,000, k = 1 of 1,000, epsilon = 0.5, half of delta = 0.02: alpha^2 = ln 100 + ln 2 = 5.298,
        # beta^2 = 0.632 (ln 1,000 + 5.298) = 7.715; 2,000 (0.632 x 2.302 + 2.778)^2 / 0.25 / 10
        assert sets_needed(1_000, 1, 1_000, 0.5, 0.02, 10.0) == pytest.approx(14_320, rel=0.01)

    def test_most_met_is_greedy(self) -> None:
        for seed in range(5):
            sets = reverse_sets(small_cascade(seed, 8, 12), LUCK, "test", 0, 300)
            chosen = most_met(sets, np.arange(8), 8).tolist()
            for k, person in enumerate(chosen):
                assert sets.reach([*chosen[:k], person]) == max(sets.reach([*chosen[:k], other]) for other in range(8))


def first(world, n: int, replicate: int = 0, **parameters: object) -> list[int]:
    here = situation(world, replicate=replicate)
    return rank(here, "reverse_reachable", parameters, Request(here.present, n))[:n].tolist()


class TestRule:
    @pytest.mark.parametrize("replicate", range(2))
    def test_by_hand(self, replicate: int) -> None:
        star = town(6, [undirected("friends", STAR)])
        assert first(star, 1, replicate) == first(star, 1, replicate, passing=0.3) == [3]
        barbell = town(10, [undirected("friends", BARBELL)])
        assert len(set(first(barbell, 2, replicate, passing=0.3)) & set(range(4))) == 1
        down = town(5, [surveyed("talk", CHAIN, influence="source_to_target")])
        up = town(5, [surveyed("talk", CHAIN, influence="target_to_source")])
        assert first(down, 1, replicate, passing=0.5) == [0]
        assert first(up, 1, replicate, passing=0.5) == [4]

    def test_cuts_are_nested_and_the_same_in_all_replicates(self) -> None:
        ties = generated_layer("friends", "holme_kim", 200, {"mean_degree": 6, "triangles": 0.5}, Draw(4, "network"))
        world = town(200, [ties])
        orders = [first(world, k) for k in range(0, 200, 20)]
        assert all(one == other[: len(one)] for one, other in pairwise(orders))
        assert first(world, 20, replicate=9) == orders[1]
        assert first(town(200, [ties]), 20) == orders[1]

    @pytest.mark.parametrize(("n", "pairs"), [(0, []), (1, []), (5, []), (7, [*clique(range(3)), (4, 5)])])
    def test_small_and_disconnected_towns(self, n: int, pairs: list[tuple[int, int]]) -> None:
        world = town(n, [undirected("friends", pairs)])
        assert sorted(first(world, n)) == list(range(n))
        assert first(world, 0) == []

    def test_parameters_are_checked(self) -> None:
        assert check_rank("reverse_reachable", {"passing": "weighted", "epsilon": 0.1}, ["friends"]) == []
        for name, wrong in (("passing", 1.5), ("epsilon", 0), ("delta", 1), ("sets", 0)):
            assert check_rank("reverse_reachable", {name: wrong}, ["friends"])[0].place == ("rank", name)

    def test_100_000_people_take_seconds(self) -> None:
        ties = generated_layer("a", "holme_kim", 100_000, {"mean_degree": 10, "triangles": 0.5}, Draw(1, "network"))
        cascade = cascade_on(ways_of(ContactNetwork(100_000, {"a": ties})), "weighted")
        began = time.process_time()
        made = choice(cascade, np.ones(100_000, bool), 50, LUCK, 0.3, 0.01, 50, 500_000)
        assert time.process_time() - began < 30  # 3 s; the machine may be busy
        assert made.guaranteed > 0.33
        degree = np.bincount(ties.ties.ravel(), minlength=100_000)
        fresh = reverse_sets(cascade, LUCK, "judge", 0, 50_000)
        assert fresh.reach(made.persons) > 0.98 * fresh.reach(np.argsort(-degree)[:50])
