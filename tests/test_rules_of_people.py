"""Targeting rules that ask people, or go by what people are: known answers, chances, and who is left out."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from every_rule import aged_town, first, in_a_town_of, ranked
from small_towns import CHAIN, STAR, TWO_CLIQUES, category, situation, surveyed, town, undirected, weighted

from interventions.rules.asking import most_heard
from interventions.rules.people import waiting_times
from interventions.selecting import select
from interventions.specs import Target
from interventions.targeting import rank
from simulator.behaviour import Behaviour, Response, Source, Transition
from simulator.errors import SpecError
from simulator.population import Column
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.world import Situation, World


def standard_errors(found: int, times: int, chance: float) -> float:
    return abs(found - times * chance) / np.sqrt(times * chance * (1 - chance))


class TestOneHop:
    def test_only_those_who_are_named_and_sooner_who_are_named_sooner(self) -> None:
        here = situation(town(5, [surveyed("talk", CHAIN, influence="target_to_source")]))
        assert set(ranked("one_hop", here, asked=1.0)) == {1, 2, 3, 4}  # nobody names 0
        asked = here.draw.order("rank", "nominated", "asked", n=5)
        assert ranked("one_hop", here, asked=1.0) == [person + 1 for person in asked if person != 4]

    def test_asking_more_people_adds_to_the_end(self) -> None:
        here = in_a_town_of(TWO_CLIQUES)
        named = [ranked("one_hop", here, asked=share / 10) for share in range(1, 11)]
        assert all(more[: len(fewer)] == fewer for fewer, more in pairwise(named))
        assert all(len(set(each)) == len(each) <= 10 * (i + 1) / 10 for i, each in enumerate(named))

    def test_the_same_people_give_the_same_answers_as_for_nominated(self) -> None:
        for replicate in range(10):
            here = in_a_town_of(TWO_CLIQUES, replicate)
            hop, named = ranked("one_hop", here, asked=0.5), ranked("nominated", here, asked=0.5)
            assert set(named[: len(hop)]) == set(hop)

    def test_the_centre_of_a_star_is_first_in_five_of_six(self) -> None:
        times = 1200
        centre = sum(
            ranked("one_hop", in_a_town_of(STAR, replicate), asked=0.1667)[0] == 3 for replicate in range(times)
        )
        assert standard_errors(centre, times, 5 / 6) < 4
        assert standard_errors(centre, times, 3 / 6) > 4  # as it would be if who is asked were taken half of the time

    def test_whoever_is_named_is_taken_however_often(self) -> None:
        # 0 names 1; 2, 3, 4 name 5: by count 5 comes first, by hop 1 does in one replicate of four.
        here = [
            situation(
                town(6, [surveyed("t", [(0, 1), (2, 5), (3, 5), (4, 5)], influence="target_to_source")]), replicate=r
            )
            for r in range(800)
        ]
        assert {ranked("nominated", each, asked=1.0)[0] for each in here[:50]} == {5}
        assert standard_errors(sum(ranked("one_hop", each, asked=1.0)[0] == 1 for each in here), 800, 1 / 4) < 4

    def test_fewer_than_asked_for_are_picked_where_fewer_are_named(self) -> None:
        here = situation(town(5, [surveyed("talk", CHAIN, influence="target_to_source")]))
        target = Target(rank="one_hop", parameters={"asked": 1.0}, number=5)
        assert select(target, here).persons.tolist() == [1, 2, 3, 4]


class TestGossip:
    def test_in_a_star_everybody_names_the_centre(self) -> None:
        for replicate in range(5):
            assert ranked("gossip", in_a_town_of(STAR, replicate), asked=1.0)[0] == 3

    @pytest.mark.parametrize(
        ("influence", "heard"), [("target_to_source", [1, 2, 3, 4]), ("source_to_target", [0, 1, 2, 3])]
    )
    def test_news_runs_the_way_influence_does(self, influence: str, heard: list[int]) -> None:
        # Each names the next. Where the named influence those who name them, person i hears most from i + 1.
        network = town(5, [surveyed("talk", CHAIN, influence=influence)]).network
        hearers, found = most_heard(network, ("talk",), np.arange(5), 0.5, 3)
        assert found.tolist() == heard
        assert hearers.tolist() == ([0, 1, 2, 3] if influence == "target_to_source" else [1, 2, 3, 4])

    @pytest.mark.parametrize("seed", range(8))
    @pytest.mark.parametrize("periods", [1, 2, 5])
    def test_it_is_the_sum_of_the_powers_of_the_matrix(self, seed: int, periods: int) -> None:
        generator = np.random.default_rng(seed)
        n, passing = 14, 0.3
        layers = [
            undirected("a", {(i, j) for i in range(n) for j in range(i) if generator.random() < 0.1}),
            surveyed(
                "b",
                {(i, j) for i in range(n) for j in range(n) if i != j and generator.random() < 0.08},
                influence=str(generator.choice(["source_to_target", "target_to_source"])),
            ),
        ]
        passes = np.zeros((n, n))  # row: from; column: to
        for layer in layers:
            passes[layer.ties[:, 0], layer.ties[:, 1]] = 1
            if not layer.directed:
                passes[layer.ties[:, 1], layer.ties[:, 0]] = 1
        heard = sum(passing**t * np.linalg.matrix_power(passes, t) for t in range(1, periods + 1))
        np.fill_diagonal(heard, 0)
        people = generator.permutation(n)
        rows, found = most_heard(town(n, layers).network, ("a", "b"), people, passing, periods)
        for row, person in enumerate(people):
            best = heard[:, person].max()
            expected = np.flatnonzero(np.isclose(heard[:, person], best)) if best > 0 else []
            assert found[rows == row].tolist() == list(expected)

    def test_many_at_a_time_or_few_makes_no_difference(self, monkeypatch: pytest.MonkeyPatch) -> None:
        layer = generated_layer("a", "holme_kim", 400, {"mean_degree": 6, "triangles": 0.4}, Draw(1, "network"))
        network = town(400, [layer]).network
        expected = most_heard(network, ("a",), np.arange(400), 0.2, 3)
        monkeypatch.setattr("interventions.rules.asking.AT_ONCE", 1)
        again = most_heard(town(400, [layer]).network, ("a",), np.arange(400), 0.2, 3)
        assert [each.tolist() for each in again] == [each.tolist() for each in expected]

    def test_it_finds_who_is_heard_not_who_knows_most_people(self) -> None:
        # 0 knows six people who know nobody else; 7 knows three, and each of them five: 7's news gets further.
        loose = [(0, i) for i in range(1, 7)]
        dense = [(7, 8), (7, 9), (7, 10), *[(i, j) for i in (8, 9, 10) for j in range(11, 16)], (6, 11)]
        here = in_a_town_of([*loose, *dense])
        assert ranked("degree", here)[0] in (0, 8, 9, 10)
        named = first("gossip", here, 3, asked=1.0, passing=0.5, periods=4)
        assert named & {8, 9, 10}

    def test_luck_decides_for_each_who_hears_equally_from_several(self) -> None:
        named: Counter[int] = Counter()
        for replicate in range(600):
            here = situation(town(3, [undirected("friends", [(0, 1), (0, 2)])]), replicate=replicate)
            asked = here.draw.order("rank", "nominated", "asked", n=3)[0]
            if asked == 0:  # the one person asked hears equally from 1 and 2
                named[ranked("gossip", here, asked=0.333, periods=1)[0]] += 1
        assert set(named) == {1, 2}
        assert standard_errors(named[1], named.total(), 0.5) < 4


class TestFewContacts:
    def test_isolated_are_those_alone_in_random_order(self) -> None:
        orders = set()
        for replicate in range(60):
            here = in_a_town_of(STAR, replicate, n_persons=9)
            orders.add(tuple(ranked("isolated", here)))
            assert set(ranked("isolated", here)) == {6, 7, 8}
            assert set(ranked("peripheral", here)[:3]) == {6, 7, 8}
            assert ranked("peripheral", here)[-1] == 3
        assert len(orders) == 6
        assert ranked("isolated", in_a_town_of(STAR)) == []
        assert select(Target(rank="isolated"), in_a_town_of(STAR)).persons.size == 0

    def test_alone_in_one_layer(self) -> None:
        here = situation(town(4, [undirected("a", [(0, 1)]), undirected("b", [(1, 2)])]))
        assert ranked("isolated", here) == [3]
        assert set(ranked("isolated", here, layers=["a"])) == {2, 3}


class TestByColumn:
    ages = Column("age", np.array([30.0, np.nan, 50.0, 30.0, 70.0]))

    def test_highest_or_lowest_first_and_missing_last(self) -> None:
        for replicate in range(5):
            here = situation(town(5, columns=[self.ages]), replicate=replicate)
            highest, lowest = ranked("by_column", here), ranked("by_column", here, order="lowest")
            assert (highest[:2], highest[-1]) == ([4, 2], 1)
            assert (lowest[2:], set(lowest[:2])) == ([2, 4, 1], {0, 3})

    def test_words_unknown_columns_and_other_orders_are_refused(self) -> None:
        here = situation(town(2, columns=[category("area", ["a", "b"]), Column("age", np.arange(2.0))]))
        for parameters, words in (
            ({"column": "area"}, "`area` holds words"),
            ({"column": "aeg"}, "did you mean `age`"),
            ({"column": "age", "order": "up"}, "`order` is up"),
            ({}, "`by_column` needs `column`"),
            ({"column": 3}, "`column` is 3"),
        ):
            with pytest.raises(SpecError, match=words):
                rank(here, "by_column", parameters)


class TestLowThreshold:
    @staticmethod
    def here(threshold: float | str | None) -> Situation:
        law = Response("count", () if threshold is not None else ((0, 0.0), (1, 1.0)), threshold=threshold)
        join = Transition(
            "join", ("out",), "in", 1.0, "response", Source("forum", ("in",)), {"friends": 1.0}, response=law
        )
        world = town(4, columns=[Column("forum.join.threshold", np.array([3.0, 1.0, np.nan, 2.0]))])
        columns = {**world.population.columns, "own": Column("own", np.array([0.1, 0.4, 0.3, 0.2]))}
        people = type(world.population)(world.population.ids, columns)
        behaviours = {**world.behaviours, "forum": Behaviour("forum", ("out", "in"), (join,))}
        here = situation(World(people, world.network, world.behaviours))
        return type(here)(**{**vars(here), "world": World(people, world.network, behaviours)})

    def test_those_of_a_transition_or_of_a_column(self) -> None:
        assert ranked("low_threshold", self.here("forum.join.threshold"), threshold="forum.join") == [1, 3, 0, 2]
        assert ranked("low_threshold", self.here("own"), threshold="forum.join") == [0, 3, 2, 1]
        assert ranked("low_threshold", self.here(None), threshold="own") == [0, 3, 2, 1]

    @pytest.mark.parametrize(("threshold", "named"), [(2.0, "forum.join"), (None, "forum.join"), ("own", "forum.jion")])
    def test_one_that_is_the_same_for_all_or_none_is_refused(self, threshold: float | str | None, named: str) -> None:
        with pytest.raises(SpecError, match=f"`{named}` has no threshold that differs by person"):
            rank(self.here(threshold), "low_threshold", {"threshold": named})


class TestSelfSelected:
    def test_the_first_come_in_proportion_to_their_propensities(self) -> None:
        urge = np.array([1.0, 2.0, 3.0, 4.0])
        world, times = town(4, columns=[Column("urge", urge)]), 4000
        orders = [tuple(rank(situation(world, replicate=r), "self_selected", {"column": "urge"})) for r in range(times)]
        for person in range(4):
            count = sum(order[0] == person for order in orders)
            assert standard_errors(count, times, urge[person] / 10) < 4
        # the second, among those left: 3 first, then 2 in 3/10 x 4/7 of the replicates where 2 comes first
        both = sum(order[:2] == (2, 3) for order in orders)
        assert standard_errors(both, times, 3 / 10 * 4 / 7) < 4
        assert standard_errors(both, times, 1 / 12) > 4  # as it would be without propensities

    def test_without_a_column_everybody_comes_in_random_order(self) -> None:
        firsts = Counter(int(rank(situation(town(5), replicate=r), "self_selected", {})[0]) for r in range(2000))
        assert all(standard_errors(firsts[person], 2000, 1 / 5) < 4 for person in range(5))

    def test_who_has_no_urge_never_comes(self) -> None:
        world = town(5, columns=[Column("urge", np.array([0.0, 1.0, np.nan, -2.0, 1e-9]))])
        for replicate in range(20):
            assert rank(situation(world, replicate=replicate), "self_selected", {"column": "urge"}).tolist() == [1, 4]

    def test_more_urge_never_makes_one_come_later(self) -> None:
        for replicate in range(50):
            urge = np.random.default_rng(replicate).random(30)
            before = rank(
                situation(town(30, columns=[Column("u", urge)]), replicate=replicate), "self_selected", {"column": "u"}
            )
            urge[7] *= 3
            after = rank(
                situation(town(30, columns=[Column("u", urge)]), replicate=replicate), "self_selected", {"column": "u"}
            )
            assert after.tolist().index(7) <= before.tolist().index(7)
            assert [p for p in after if p != 7] == [p for p in before if p != 7]

    def test_waiting_times_are_minus_the_logarithm(self) -> None:
        words = np.concatenate([Draw(1).words("any", n=100_000), np.array([0, 1, 2**63, 2**64 - 1], np.uint64)])
        uniforms = ((words >> np.uint64(11)).astype(np.longdouble) + 0.5) * np.longdouble(2) ** -53
        assert waiting_times(words) == pytest.approx((-np.log(uniforms)).astype(np.float64), rel=1e-14)
        assert (np.diff(waiting_times(np.sort(words))) <= 0).all()


def test_asking_and_volunteering_do_not_look_at_weights() -> None:
    heavy = weighted("friends", {(0, 1): 9.0, (0, 2): 1.0, (1, 2): 1.0, (2, 3): 4.0})
    light = undirected("friends", [(0, 1), (0, 2), (1, 2), (2, 3)])
    for rule in ("nominated", "one_hop", "gossip", "peripheral", "self_selected"):
        for replicate in range(5):
            one, two = (situation(aged_town(4, [layer]), replicate=replicate) for layer in (heavy, light))
            assert ranked(rule, one) == ranked(rule, two)
