"""Targeting rules and cuts give the sets that one works out by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from small_towns import (
    BARBELL,
    CHAIN,
    STAR,
    TWO_CLIQUES,
    category,
    situation,
    surveyed,
    town,
    undirected,
)

from interventions.cutting import cut, cut_per_group, largest_remainder, rounded_share, whole_groups
from interventions.groups import rank_groups
from interventions.rules.asking import answers
from interventions.selecting import select
from interventions.specs import Target
from interventions.targeting import check_rank, rank, targets
from simulator.conditions import parse
from simulator.errors import SpecError
from simulator.outcomes import Measure, read_so_far
from simulator.population import Column
from simulator.streams import Draw
from simulator.world import Situation


def first(situation: Situation, rule: str, n: int, **parameters: object) -> set[int]:
    return {int(person) for person in rank(situation, rule, parameters)[:n]}


def last(situation: Situation, rule: str, n: int, **parameters: object) -> set[int]:
    return {int(person) for person in rank(situation, rule, parameters)[-n:]}


REPLICATES = range(5)


@pytest.mark.parametrize("replicate", REPLICATES)
class TestKnownSets:
    def test_star_centre_first(self, replicate: int) -> None:
        here = situation(town(6, [undirected("friends", STAR)]), replicate=replicate)
        assert first(here, "degree", 1) == {3}
        assert first(here, "most_named", 1) == {3}
        assert first(here, "nominated", 1, asked=1.0) == {3}

    def test_barbell_ends_of_the_path_first_its_middle_last(self, replicate: int) -> None:
        here = situation(town(10, [undirected("friends", BARBELL)]), replicate=replicate)
        for rule in ("degree", "most_named"):
            assert first(here, rule, 2) == {3, 6}
            assert last(here, rule, 2) == {4, 5}

    def test_two_cliques_bridge_first(self, replicate: int) -> None:
        here = situation(town(10, [undirected("friends", TWO_CLIQUES)]), replicate=replicate)
        assert first(here, "degree", 2) == {4, 5}
        assert first(here, "most_named", 2) == {4, 5}

    @pytest.mark.parametrize("influence", ["source_to_target", "target_to_source"])
    def test_chain_most_named_ignores_the_direction_of_influence(self, replicate: int, influence: str) -> None:
        here = situation(town(5, [surveyed("talk", CHAIN, influence=influence)]), replicate=replicate)
        assert last(here, "most_named", 1) == {0}  # each names the next; nobody names 0
        assert last(here, "nominated", 1, asked=1.0) == {0}
        assert last(here, "degree", 2) == {0, 4}  # the ends have one contact, the others two

    @pytest.mark.parametrize("influence", ["source_to_target", "target_to_source"])
    def test_named_by_many_before_naming_many(self, replicate: int, influence: str) -> None:
        namings = [(0, 3), (1, 3), (2, 3), (3, 6), (4, 0), (4, 1), (4, 2), (4, 5), (4, 6)]
        here = situation(town(7, [surveyed("talk", namings, influence=influence)]), replicate=replicate)
        assert first(here, "most_named", 2) == {3, 6}  # named 3 and 2 times
        assert first(here, "degree", 1) == {4}  # five contacts, but nobody names them
        assert rank(here, "most_named", {})[-1] == 4

    def test_layers_are_chosen_and_shared_contacts_count_once(self, replicate: int) -> None:
        layers = [
            undirected("a", [(0, 1), (0, 2)]),
            undirected("b", [(0, 1), (0, 2), (3, 1), (3, 4), (3, 5)]),
        ]
        here = situation(town(6, layers), replicate=replicate)
        for rule in ("degree", "most_named"):
            assert first(here, rule, 1) == {3}  # three contacts; 0 has two, whom they meet in both layers
            assert first(here, rule, 1, layers=["a"]) == {0}
        assert first(here, "nominated", 1, layers=["a"], asked=1.0) == {0}


def test_luck_breaks_ties_anew_in_each_replicate_and_never_between_arms() -> None:
    world = town(10, [undirected("friends", TWO_CLIQUES)])
    orders = [tuple(rank(situation(world, replicate=r), "degree", {})) for r in range(20)]
    assert len({order[2:] for order in orders}) > 10
    assert orders[3] == tuple(rank(situation(world, replicate=3, time=4.0, obese=[1]), "degree", {}))


def test_random_is_one_order_per_replicate_and_name() -> None:
    world = town(50)
    here = situation(world)
    order = rank(here, "random", {})
    assert sorted(order) == list(range(50))
    assert np.array_equal(order, rank(situation(world, time=3.0, obese=range(9)), "random", {}))
    assert not np.array_equal(order, rank(here, "random", {"draw": "second"}))
    assert not np.array_equal(order, rank(situation(world, replicate=1), "random", {}))


def test_random_gives_everybody_the_same_chance() -> None:
    times_picked = np.zeros(10)
    for replicate in range(2_000):
        times_picked[rank(situation(town(10), replicate=replicate), "random", {})[:3]] += 1
    assert np.abs(times_picked - 600).max() < 4.5 * np.sqrt(600 * 0.7)


def times_named(here: Situation, asked: float) -> np.ndarray:
    return np.bincount(answers(here, asked, None), minlength=here.world.network.n_persons)


class TestNominated:
    def test_only_the_people_asked_name_anybody(self) -> None:
        here = situation(town(10, [undirected("friends", TWO_CLIQUES)]))
        for asked, n_asked in ((0.2, 2), (0.25, 3), (1.0, 10)):
            assert times_named(here, asked).sum() == n_asked

    def test_asking_more_people_only_adds_answers(self) -> None:
        here = situation(town(10, [undirected("friends", TWO_CLIQUES)]))
        counts = [times_named(here, share / 10) for share in range(1, 11)]
        assert all((more >= fewer).all() for fewer, more in pairwise(counts))

    def test_people_who_name_nobody_give_no_answer(self) -> None:
        here = situation(town(5, [surveyed("talk", CHAIN, influence="target_to_source")]))
        assert times_named(here, 1.0).tolist() == [0, 1, 1, 1, 1]  # 4, the end of the chain, names nobody

    def test_each_contact_is_named_with_the_same_chance(self) -> None:
        world = town(6, [undirected("friends", [(0, i) for i in range(1, 6)])])
        named = np.zeros(6)
        for replicate in range(2_000):
            named[1:] += times_named(situation(world, replicate=replicate), 1.0)[1:]
        assert named.sum() == 2_000
        assert np.abs(named[1:] - 400).max() < 4.5 * np.sqrt(400 * 0.8)


class TestCheck:
    def test_what_is_wrong_is_said_with_its_place(self) -> None:
        problems = {p.place: p for p in check_rank("degree", {"asked": 0.5, "layers": ["frends"]}, ["friends"])}
        assert problems["rank", "asked"].on_key
        assert "did you mean `friends`" in problems["rank", "layers", 0].hint
        assert check_rank("nominated", {"asked": 0}, ["friends"])[0].place == ("rank", "asked")
        assert check_rank("nominated", {"asked": True}, ["friends"])
        assert check_rank("degree", {"layers": "friends"}, ["friends"])
        assert check_rank("random", {"draw": 2}, ["friends"])
        assert "did you mean `degree`" in check_rank("degre", {}, ["friends"])[0].hint

    def test_what_is_right_passes(self) -> None:
        for rule in ("random", "degree", "most_named", "nominated"):
            assert check_rank(rule, {}, ["friends"]) == []
            assert targets.help(rule)
        assert check_rank("nominated", {"asked": 1, "layers": ["friends"]}, ["friends"]) == []

    def test_ranking_refuses_what_the_check_refuses(self) -> None:
        with pytest.raises(SpecError, match="asked"):
            rank(situation(town(6, [undirected("friends", STAR)])), "nominated", {"asked": 2.0})


class TestCuts:
    def test_halves_are_rounded_up_in_decimals(self) -> None:
        assert rounded_share(0.145, 100) == 15  # 14.499999999999998 in binary
        assert rounded_share(0.05, 978) == 49
        assert rounded_share(0.5, 5) == 3
        assert rounded_share(0.49, 1) == 0
        assert rounded_share(1.0, 7) == 7

    def test_largest_remainder_by_hand(self) -> None:
        assert largest_remainder(4, np.array([5, 3, 2])).tolist() == [2, 1, 1]  # 2, 1.2, 0.8
        assert largest_remainder(7, np.array([10, 10, 1])).tolist() == [4, 3, 0]  # 3.33, 3.33, 0.33
        assert largest_remainder(0, np.array([3, 0])).tolist() == [0, 0]
        assert largest_remainder(5, np.array([3, 0, 2])).tolist() == [3, 0, 2]

    def test_largest_remainder_always_adds_up_and_fits(self) -> None:
        generator = np.random.default_rng(1)
        for _ in range(200):
            sizes = generator.integers(0, 30, generator.integers(1, 12))
            total = int(generator.integers(0, sizes.sum() + 1))
            parts = largest_remainder(total, sizes)
            assert parts.sum() == total
            assert ((parts >= 0) & (parts <= sizes)).all()
            assert (np.abs(parts - total * sizes / max(sizes.sum(), 1)) < 1).all()

    def test_only_eligible_people_in_rank_order(self) -> None:
        ranking = np.array([4, 2, 0, 3, 1], np.int32)
        eligible = np.array([True, True, False, True, True])
        assert cut(ranking, eligible, 2).tolist() == [0, 4]

    def test_per_group_takes_the_best_of_each(self) -> None:
        ranking = np.array([7, 6, 5, 4, 3, 2, 1, 0], np.int32)
        codes = np.array([0, 0, 0, 0, 1, 1, 2, -1], np.int32)
        eligible = codes >= 0
        assert cut_per_group(ranking, eligible, 3, codes).tolist() == [2, 3, 5]  # 4, 2, 1 people get 1.7, 0.86, 0.43

    def test_no_group_gets_more_than_its_places_from_a_ranking_that_leaves_people_out(self) -> None:
        ranking, codes = np.array([0, 1, 5, 6, 7], np.int32), np.repeat([0, 1], 5)
        assert cut_per_group(ranking, np.ones(10, bool), 2, codes).tolist() == [0, 5]
        assert cut_per_group(ranking, np.ones(10, bool), 6, codes).tolist() == [0, 1, 5, 6, 7]

    def test_a_group_that_does_not_fit_is_skipped_and_the_next_tried(self) -> None:
        codes = np.array([0, 0, 0, 1, 1, 1, 1, 2, 2, -1], np.int32)
        order = np.array([0, 1, 2])
        eligible = codes >= 0
        assert whole_groups(order, eligible, 5, codes).tolist() == [0, 1, 2, 7, 8]
        assert whole_groups(order[::-1], eligible, 5, codes).tolist() == [0, 1, 2, 7, 8]
        assert whole_groups(np.array([1, 0, 2]), eligible, 5, codes).tolist() == [3, 4, 5, 6]
        assert whole_groups(order, eligible, 1, codes).tolist() == []
        eligible[3] = False  # group 1 now has three eligible members, and those alone are taken
        assert whole_groups(np.array([1, 0, 2]), eligible, 5, codes).tolist() == [4, 5, 6, 7, 8]


class TestSelect:
    villages = category("village", ["a"] * 6 + ["b"] * 3 + [None])

    def picked(self, target: Target, **now: object) -> list[int]:
        world = town(10, [undirected("friends", TWO_CLIQUES)], [self.villages])
        return select(target, situation(world, **now)).persons.tolist()  # type: ignore[arg-type]

    def test_nothing_said_is_everybody(self) -> None:
        assert self.picked(Target()) == list(range(10))

    def test_share_of_those_who_satisfy_where(self) -> None:
        target = Target(where=parse("weight == obese"), rank="degree", share=0.5)
        assert self.picked(target, obese=[0, 4, 5, 9]) == [4, 5]
        assert self.picked(target, obese=[]) == []

    @pytest.mark.parametrize("rule", ["random", "degree", "most_named", "nominated"])
    def test_cuts_are_nested_whatever_the_rule(self, rule: str) -> None:
        cuts = [set(self.picked(Target(rank=rule, share=s / 10))) for s in range(11)]
        assert [len(people) for people in cuts] == list(range(11))
        assert all(fewer < more for fewer, more in pairwise(cuts))

    def test_more_than_there_are_is_all_and_says_so(self) -> None:
        world = town(10, columns=[self.villages])
        selection = select(Target(where=parse("village == b"), number=5), situation(world))
        assert selection.persons.tolist() == [6, 7, 8]
        assert selection.missing == 2

    def test_people_whom_a_rule_never_picks_are_missing(self) -> None:
        world = town(6, [undirected("friends", [(0, 1), (1, 2)])], [category("village", ["a", "b"] * 3)])
        for per in (None, "village"):
            selection = select(Target(rank="isolated", number=5, per=per), situation(world))
            assert selection.persons.tolist() == [3, 4, 5]
            assert selection.missing == 2

    def test_per_splits_the_rounded_share_and_leaves_out_the_missing(self) -> None:
        chosen = self.picked(Target(rank="degree", share=0.34, per="village"))  # 0.34 x 9 = 3.06: 2 in a, 1 in b
        assert {4, 5} < set(chosen)  # the bridge is in a
        assert len(chosen) == 3
        assert set(chosen) - {4, 5} < {6, 7, 8}
        assert self.picked(Target(per="village")) == list(range(9))

    def test_groups_by_column(self) -> None:
        target = Target(groups="village", group_measure=Measure("share", "weight", ("obese",)), number=5)
        assert self.picked(target, obese=[0, 1, 6]) == [6, 7, 8]  # 1/3 in a and b; a's six do not fit
        assert self.picked(target, obese=[0, 1, 2]) == [6, 7, 8]  # a comes first but does not fit
        roomy = Target(groups="village", group_measure=Measure("share", "weight", ("obese",)), number=6)
        assert self.picked(roomy, obese=[0, 1, 2, 6]) == [0, 1, 2, 3, 4, 5]  # 1/2 against 1/3
        assert self.picked(roomy, obese=[0, 6, 9]) == [6, 7, 8]  # 1/6 against 1/3; 9 is in no village
        counted = Target(groups="village", group_measure=Measure("count", "weight", ("obese",)), number=6)
        assert self.picked(counted, obese=[0, 1, 6]) == [0, 1, 2, 3, 4, 5]  # 2 against 1

    def test_groups_by_states_of_different_weight(self) -> None:
        measure = Measure("count", "drinking", ("light", "heavy"), weights=(1.0, 5.0))
        world = town(10, columns=[self.villages])
        drinking = {0: "light", 1: "light", 2: "light", 6: "heavy"}
        target = Target(groups="village", group_measure=measure, number=6)
        assert select(target, situation(world, drinking=drinking)).persons.tolist() == [6, 7, 8]  # 5 against 3
        alike = Target(groups="village", group_measure=Measure("count", "drinking", ("light", "heavy")), number=6)
        assert select(alike, situation(world, drinking=drinking)).persons.tolist() == [0, 1, 2, 3, 4, 5]

    def test_groups_are_measured_over_all_members_but_only_the_eligible_are_taken(self) -> None:
        measure = Measure("share", "weight", ("obese",))
        target = Target(where=parse("weight == lean"), groups="village", group_measure=measure, number=4)
        assert self.picked(target, obese=[0, 1, 6, 7]) == [8]  # b (2/3) first; a's four then do not fit
        assert self.picked(target, obese=[0, 1, 2, 6]) == [3, 4, 5]  # a (1/2) first; b's two then do not fit

    def test_groups_by_size_and_at_random(self) -> None:
        assert self.picked(Target(groups="village", rank="size", number=6)) == [0, 1, 2, 3, 4, 5]
        world = town(10, columns=[self.villages])
        orders = {tuple(rank_groups(Target(groups="village"), situation(world, replicate=r))) for r in range(20)}
        assert orders == {(0, 1), (1, 0)}

    def test_groups_by_a_column_of_numbers(self) -> None:
        ward = Column("ward", np.array([2.0, 2.0, 10.0, 10.0, 10.0, np.nan]))
        world = town(6, columns=[ward])
        assert select(Target(groups="ward", rank="size", number=3), situation(world)).persons.tolist() == [2, 3, 4]

    def test_communities_are_the_two_cliques(self) -> None:
        measure = Measure("share", "weight", ("obese",))
        target = Target(groups="communities", group_measure=measure, share=0.5)
        assert self.picked(target, obese=[5, 6]) == [5, 6, 7, 8, 9]
        assert self.picked(target, obese=[0, 6, 1]) == [0, 1, 2, 3, 4]

    def test_groups_cannot_be_ranked_by_rules_for_people(self) -> None:
        with pytest.raises(SpecError, match="degree"):
            self.picked(Target(groups="village", rank="degree"))
        with pytest.raises(SpecError, match="time_to"):
            self.picked(Target(groups="village", group_measure=Measure("time_to", "weight", ("obese",))))

    HAPPENED = ((1.0, 0, 0, 1), (2.0, 6, 0, 1), (2.5, 0, 1, 0), (3.0, 0, 0, 1))
    """0, of a, became obese twice, for 1.5 and 1 years until time 4; 6, of b, once, for 2."""

    @pytest.mark.parametrize(
        ("kind", "scores"),
        [("entries", (2, 1)), ("first_entries", (1, 1)), ("exits", (1, 0)), ("person_time", (2.5, 2.0))],
    )
    def test_groups_by_what_happened_so_far(self, kind: str, scores: tuple[float, float]) -> None:
        world = town(10, columns=[self.villages])
        here = situation(world, time=4.0, obese=[0, 6], happened=self.HAPPENED)
        reading = read_so_far(Measure(kind, "weight", ("obese",)), here)
        codes = world.population.columns["village"].groups()[0]
        assert tuple(reading.by_group(codes, 2)) == scores
        assert [reading.over(codes == group).value for group in range(2)] == list(scores)
        orders = {
            tuple(rank_groups(Target(groups="village", group_measure=Measure(kind, "weight", ("obese",))), one))
            for one in (replace(here, draw=Draw(1, number=replicate)) for replicate in range(9))
        }
        assert orders == ({(0, 1)} if scores[0] > scores[1] else {(0, 1), (1, 0)})

    def test_groups_by_a_difference_within_each(self) -> None:
        world = town(10, columns=[self.villages, category("sex", ["f", "m"] * 5)])
        measure = Measure("difference", "weight", ("obese",), by="sex", between=("f", "m"))
        here = situation(world, obese=[0, 1, 3, 6])  # a: 1 of 3 women, 2 of 3 men; b: 1 of 2 women, 0 of 1 man
        assert rank_groups(Target(groups="village", group_measure=measure), here).tolist() == [1, 0]

    def test_where_is_asked_of_people_as_they_are_now(self) -> None:
        world = town(10, columns=[self.villages])
        here = situation(
            world, time=4.0, obese=[0, 6], drinking={0: "heavy"}, happened=[*self.HAPPENED, (3.5, 0, 2, 4)]
        )
        measure = Measure("count", "weight", ("obese",), where=parse("drinking == heavy"))
        assert read_so_far(measure, here).over(np.ones(10, bool)).value == 1

    def test_weights_that_add_up_to_the_same_are_equal(self) -> None:
        world = town(6, columns=[category("village", list("aaabbb"))])
        measure = Measure("count", "drinking", ("light", "heavy"), weights=(0.1, 0.3))
        drinking = {0: "light", 1: "light", 2: "light", 3: "heavy"}  # 0.1 × 3 is not 0.3, to the last bit
        target = Target(groups="village", group_measure=measure)
        orders = {tuple(rank_groups(target, situation(world, drinking=drinking, replicate=r))) for r in range(20)}
        assert orders == {(0, 1), (1, 0)}


def test_a_rule_of_another_package_is_one_function() -> None:
    def oldest(situation: Situation, *, column: str) -> np.ndarray:
        """Oldest first."""
        return np.argsort(-situation.world.population.columns[column].values).astype(np.int32)

    targets.add("oldest")(oldest)
    try:
        here = situation(town(4, columns=[Column("age", np.array([20.0, 50.0, 30.0, 40.0]))]))
        assert rank(here, "oldest", {"column": "age"}).tolist() == [1, 3, 2, 0]
        assert check_rank("oldest", {}, [])[0].place == ("rank",)
    finally:
        targets._things.pop("oldest")


def test_columns_that_age_have_aged() -> None:
    """Propensities of 1 and 9 grow by 1 a year: after 991 years those of both are alike."""
    world = town(2, columns=[Column("age", np.array([1.0, 9.0]), per_time=1.0)])

    def firsts(time: float) -> list[int]:
        here = (situation(world, replicate=replicate, time=time, horizon=time + 1) for replicate in range(200))
        return [int(rank(each, "self_selected", {"column": "age"})[0]) for each in here]

    assert np.mean(firsts(0.0)) > 0.8  # 0.9 and, later, 0.5: 200 replicates are off by so much less than once in 10,000
    assert 0.35 < np.mean(firsts(991.0)) < 0.65


def test_two_states_of_a_measure_count_together() -> None:
    world = town(4, columns=[category("village", ["a", "a", "b", "b"])])
    target = Target(groups="village", group_measure=Measure("count", "drinking", ("light", "heavy")), number=2)
    here = situation(world, drinking={0: "light", 1: "heavy", 2: "heavy"})
    assert select(target, here).persons.tolist() == [0, 1]
