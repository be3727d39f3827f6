"""What interventions do when they act: whom they touch, in what order, at what cost, and with whose luck."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from small_towns import TWO_CLIQUES, category, situation, surveyed, town, undirected

from interventions.acting import act
from interventions.alteration import find_new_ties
from interventions.kinds import kinds
from interventions.schedule import occurrences
from interventions.specs import Chain, Cost, Effect, Intervention, NewTies, Target
from interventions.uptake import accept, number_for
from simulator.actions import Action, AddTies, Record, ScaleInfluence, ScaleSusceptibility, SetStates
from simulator.behaviour import ByColumn
from simulator.conditions import parse
from simulator.streams import Draw, scale
from simulator.units import TICKS_PER_UNIT


def records(actions: list[Action]) -> list[tuple[str, int, float]]:
    return [(a.action, a.people, a.cost) for a in actions if isinstance(a, Record)]


def only(actions: list[Action], kind: type) -> list:
    return [action for action in actions if isinstance(action, kind)]


def chosen(actions: list[Action]) -> list[int]:
    reach = actions[0]
    assert isinstance(reach, Record)
    assert reach.offered is not None
    return reach.offered.tolist()


EVERYTHING = Effect(
    set={"weight": "lean", "drinking": {"heavy": "light", "light": "none"}},
    susceptibility={"weight.gain": 0.5},
    influence={"weight.gain": ByColumn("sex", {"f": 2.0})},
    ties=NewTies("friends", 2, to=parse("weight == lean"), weight=0.7),
    lasting=3.0,
)


class TestContract:
    world = town(200, columns=[category("sex", ["f", "m", None, "f"] * 50)])
    costs = Cost(fixed=1000, per_reached=10, per_treated=100)

    def test_order_of_actions_and_lines_of_the_ledger(self) -> None:
        drinkers = {0: "heavy", 1: "light", 2: "none"}
        here = situation(self.world, drinking=drinkers, obese=[0, 5])
        target = Target(where=parse("drinking != none or weight == obese"))
        actions = act(Intervention("x", "champions", target, effect=EVERYTHING, cost=self.costs), here, 0)
        assert [type(action).__name__ for action in actions] == [
            "Record",
            "Record",
            "SetStates",
            "Record",
            "SetStates",
            "SetStates",
            "Record",
            "ScaleSusceptibility",
            "Record",
            "ScaleInfluence",
            "Record",
            "AddTies",
            "Record",
        ]
        assert records(actions) == [
            ("reach", 3, 1030.0),
            ("treat", 3, 300.0),
            ("set weight", 3, 0.0),
            ("set drinking", 2, 0.0),
            ("susceptibility of weight.gain", 3, 0.0),
            ("influence on weight.gain", 3, 0.0),
            ("add ties to friends", 3, 0.0),
        ]

    def test_each_effect_says_what_was_asked(self) -> None:
        here = situation(self.world, time=2.0, drinking={0: "heavy", 1: "light", 3: "light"})
        actions = act(Intervention("x", "champions", Target(number=4), effect=EVERYTHING), here, 0)
        treated = chosen(actions)
        to_lean, *drinking = only(actions, SetStates)
        assert (to_lean.behaviour, to_lean.state, to_lean.persons.tolist()) == ("weight", "lean", treated)
        assert {one.state: one.persons.tolist() for one in drinking} == {
            "light": [i for i in treated if i == 0],
            "none": [i for i in treated if i in (1, 3)],
        }
        (susceptibility,) = only(actions, ScaleSusceptibility)
        (influence,) = only(actions, ScaleInfluence)
        assert susceptibility.factors.tolist() == [0.5] * 4
        assert influence.factors.tolist() == [2.0 if i % 4 in (0, 3) else 1.0 for i in treated]
        (ties,) = only(actions, AddTies)
        assert (ties.layer, ties.weight, len(ties.ties)) == ("friends", 0.7, 8)
        for action in (susceptibility, influence, ties):
            assert action.until == 5 * TICKS_PER_UNIT

    def test_without_for_effects_last(self) -> None:
        effect = Effect(susceptibility={"weight.gain": 0.5}, ties=NewTies("friends", 1))
        actions = act(Intervention("x", "alteration", Target(number=3), effect=effect), situation(self.world), 0)
        assert only(actions, ScaleSusceptibility)[0].until is None
        assert only(actions, AddTies)[0].until is None

    @pytest.mark.parametrize("rule", ["random", "degree", "most_named", "nominated"])
    def test_only_those_who_accepted_are_touched(self, rule: str) -> None:
        world = town(40, [undirected("friends", [(i, (i * 7 + 3) % 40) for i in range(40) if i != 13 and i != 33])])
        spec = Intervention(
            "x", "champions", Target(rank=rule, share=0.5), uptake=0.5, effect=Effect(
                set={"weight": "obese"}, susceptibility={"weight.gain": 2.0}, influence={"weight.gain": 2.0},
                ties=NewTies("friends", 1),
            ),
        )  # fmt: skip
        here = situation(world)
        actions = act(spec, here, 0)
        offered = set(chosen(actions))
        accepted = set(accept(spec, here, np.array(sorted(offered), np.int32), 0).tolist())
        assert 0 < len(accepted) < len(offered) == 20
        for action in actions:
            if isinstance(action, SetStates | ScaleSusceptibility | ScaleInfluence):
                assert set(action.persons.tolist()) == accepted
        (ties,) = only(actions, AddTies)
        assert all(accepted & {int(i), int(j)} for i, j in ties.ties)

    def test_nobody_to_reach_still_costs_the_fixed_cost(self) -> None:
        target = Target(where=parse("weight == obese"))
        actions = act(
            Intervention("x", "champions", target, effect=EVERYTHING, cost=self.costs), situation(self.world), 0
        )
        assert records(actions) == [("reach", 0, 1000.0), ("treat", 0, 0.0)]
        assert len(actions) == 2
        assert chosen(actions) == []

    def test_no_effect_is_only_written_down(self) -> None:
        actions = act(Intervention("x", "broadcast", Target(), cost=self.costs), situation(self.world), 0)
        assert records(actions) == [("reach", 200, 3000.0), ("treat", 200, 20_000.0)]
        assert len(actions) == 2

    def test_only_those_who_accept_cost_what_a_treatment_costs(self) -> None:
        spec = Intervention("x", "broadcast", Target(), uptake=0.5, cost=self.costs)
        (reach, treat) = records(act(spec, situation(self.world), 0))
        assert reach == ("reach", 200, 3000.0)
        assert treat == ("treat", treat[1], 100.0 * treat[1])
        assert 70 < treat[1] < 130

    def test_too_few_people_are_recorded_last(self) -> None:
        actions = act(Intervention("x", "champions", Target(number=203), effect=EVERYTHING), situation(self.world), 0)
        assert records(actions)[-1] == ("short of people", 3, 0.0)
        assert records(actions)[0][:2] == ("reach", 200)

    def test_nothing_the_intervention_sees_is_written_to(self) -> None:
        here = situation(self.world, obese=[1, 2])
        before = here.states.copy()
        act(Intervention("x", "champions", Target(number=9), effect=EVERYTHING), here, 0)
        assert np.array_equal(here.states, before)


class TestSharedLuck:
    world = town(1000, columns=[category("area", (["town"] * 3 + ["farm", None]) * 200)])

    def accepted(
        self, offered: range, *, name: str = "x", occasion: int = 0, uptake: float | ByColumn = 0.6
    ) -> set[int]:
        spec = Intervention(name, "champions", uptake=uptake)
        people = accept(spec, situation(self.world), np.array(offered, np.int32), occasion)
        return set(people.tolist())

    def test_a_person_accepts_whoever_else_is_asked(self) -> None:
        assert self.accepted(range(500)) == self.accepted(range(1000)) & set(range(500))

    def test_higher_uptake_keeps_those_who_accept_at_a_lower_one(self) -> None:
        assert self.accepted(range(1000), uptake=0.3) < self.accepted(range(1000), uptake=0.6)
        assert self.accepted(range(1000), uptake=1.0) == set(range(1000))
        assert self.accepted(range(1000), uptake=0.0) == set()

    def test_uptake_is_the_probability_asked_for(self) -> None:
        n_accepted = [len(self.accepted(range(1000), name=f"x{i}", uptake=0.3)) for i in range(50)]
        assert abs(np.mean(n_accepted) - 300) < 4 * np.sqrt(210 / 50)

    def test_names_and_occasions_have_luck_of_their_own(self) -> None:
        first = self.accepted(range(1000))
        for other in (self.accepted(range(1000), name="y"), self.accepted(range(1000), occasion=1)):
            assert 300 < len(first & other) < 420  # 0.36 of 1,000 by chance

    def test_numbers_by_column_and_people_without_a_value(self) -> None:
        number = ByColumn("area", {"town": 0.0, "farm": 0.25})
        values = number_for(number, np.array([0, 3, 4, 8], np.int32), situation(self.world))
        assert values.tolist() == [0.0, 0.25, 1.0, 0.25]
        accepted = self.accepted(range(1000), uptake=number)
        assert not any(i % 5 < 3 for i in accepted)
        assert {i for i in range(1000) if i % 5 == 4} < accepted

    def test_numbers_by_a_column_of_numbers(self) -> None:
        from simulator.population import Column

        world = town(3, columns=[Column("ward", np.array([3.0, np.nan, 2.5]))])
        values = number_for(ByColumn("ward", {"3": 0.1, "2.5": 0.2}), np.arange(3), situation(world))
        assert values.tolist() == [0.1, 1.0, 0.2]

    def test_same_rule_same_people_in_two_interventions(self) -> None:
        here = situation(town(10, [undirected("friends", TWO_CLIQUES)]))
        for rule in ("random", "degree", "nominated"):
            one = act(Intervention("one", "champions", Target(rank=rule, number=3)), here, 0)
            other = act(Intervention("other", "induction", Target(rank=rule, number=3)), here, 4)
            assert chosen(one) == chosen(other)


def twin(
    persons: list[int], per_person: int, allowed: list[bool], tied: set, draw: Draw, name: str, occasion: int
) -> tuple:
    """The rule for new ties, as slowly and as plainly as it can be said."""
    n = len(allowed)
    taken, new, given = {frozenset(pair) for pair in tied}, set(), Counter()

    def word(person: int, k: int, attempt: int) -> np.ndarray:
        return draw.words_at("new ties", name, occasion, indices=np.array([person]), k=k, attempt=attempt)

    def possible(person: int, other: int) -> bool:
        return allowed[other] and other != person and frozenset((person, other)) not in taken

    def tie(person: int, other: int) -> None:
        taken.add(frozenset((person, other)))
        new.add((min(person, other), max(person, other)))
        given[person] += 1

    for k in range(per_person):
        waiting = list(persons)
        for attempt in range(64):
            still = []
            for person in waiting:
                other = int(scale(word(person, k, attempt), n)[0])
                if possible(person, other):
                    tie(person, other)
                else:
                    still.append(person)
            waiting = still
        for person in waiting:
            others = [other for other in range(n) if possible(person, other)]
            if others:
                tie(person, others[int(scale(word(person, k, 64), len(others))[0])])
    return sorted(new), [given[person] for person in persons]


class TestNewTies:
    @pytest.mark.parametrize("seed", range(12))
    def test_agrees_with_the_plain_twin(self, seed: int) -> None:
        generator = np.random.default_rng(seed)
        n = int(generator.integers(2, 40))
        allowed = generator.random(n) < generator.choice([0.05, 0.3, 1.0])
        persons = np.flatnonzero(generator.random(n) < 0.5).astype(np.int32)
        tied = generator.integers(0, n, (int(generator.integers(0, 3 * n)), 2))
        tied = tied[tied[:, 0] != tied[:, 1]].astype(np.int32)
        per_person = int(generator.integers(1, 6))
        ties, given = find_new_ties(persons, per_person, allowed, tied, Draw(seed), "x", 1)
        plain_ties, plain_given = twin(
            persons.tolist(), per_person, allowed.tolist(), {tuple(pair) for pair in tied.tolist()}, Draw(seed), "x", 1
        )
        assert [tuple(pair) for pair in ties.tolist()] == plain_ties
        assert given.tolist() == plain_given

    def test_rules(self) -> None:
        n = 300
        tied = np.array([(i, (i + 1) % n) for i in range(n)], np.int32)  # either order
        persons = np.arange(0, n, 3, dtype=np.int32)
        allowed = np.arange(n) % 2 == 0
        ties, given = find_new_ties(persons, 2, allowed, tied, Draw(1), "x", 0)
        assert ties.dtype == np.int32
        assert given.tolist() == [2] * 100
        assert len(ties) == 200 == len({frozenset(pair) for pair in ties.tolist()})
        assert (ties[:, 0] < ties[:, 1]).all()
        assert not {frozenset(pair) for pair in ties.tolist()} & {frozenset(pair) for pair in tied.tolist()}
        asked = set(persons.tolist())
        assert all((i in asked and j % 2 == 0) or (j in asked and i % 2 == 0) for i, j in ties.tolist())

    def test_an_allowed_few_are_found_by_the_exact_scan_until_they_run_out(self) -> None:
        n = 5000
        allowed = np.zeros(n, bool)
        allowed[[7, 4000]] = True
        ties, given = find_new_ties(
            np.array([7, 8, 9], np.int32), 3, allowed, np.empty((0, 2), np.int32), Draw(1), "x", 0
        )
        assert given.tolist() == [1, 2, 2]
        assert ties.tolist() == [[7, 8], [7, 9], [7, 4000], [8, 4000], [9, 4000]]

    def test_ties_there_already_are_not_made_again(self) -> None:
        everybody = np.ones(3, bool)
        for tied in ([(0, 1)], [(1, 0)]):
            ties, given = find_new_ties(np.array([0], np.int32), 2, everybody, np.array(tied), Draw(1), "x", 0)
            assert ties.tolist() == [[0, 2]]
            assert given.tolist() == [1]

    def test_two_people_who_find_each_other_have_one_tie(self) -> None:
        persons = np.arange(2, dtype=np.int32)
        ties, given = find_new_ties(persons, 1, np.ones(2, bool), np.empty((0, 2), np.int32), Draw(1), "x", 0)
        assert ties.tolist() == [[0, 1]]
        assert given.sum() == 1

    def test_nobody_allowed_and_nobody_asked(self) -> None:
        none = np.empty((0, 2), np.int32)
        assert find_new_ties(np.array([1], np.int32), 2, np.zeros(4, bool), none, Draw(1), "x", 0)[1].tolist() == [0]
        assert find_new_ties(np.empty(0, np.int32), 2, np.ones(4, bool), none, Draw(1), "x", 0)[0].shape == (0, 2)

    @pytest.mark.parametrize("n_allowed", [5, 40])
    def test_everybody_possible_has_the_same_chance(self, n_allowed: int) -> None:
        n, n_draws = 2000 if n_allowed == 5 else 41, 400  # 5 of 2,000 are found by the scan, 40 of 41 by trying
        allowed = np.zeros(n, bool)
        allowed[-n_allowed:] = True
        found = np.zeros(n)
        for replicate in range(n_draws):
            draw = Draw(1, number=replicate)
            ties, _ = find_new_ties(np.zeros(1, np.int32), 1, allowed, np.empty((0, 2), np.int32), draw, "x", 0)
            found[ties[0, 1]] += 1
        expected = n_draws / n_allowed
        assert found[-n_allowed:].sum() == n_draws
        chi_squared = ((found[-n_allowed:] - expected) ** 2 / expected).sum()
        assert chi_squared < {5: 23.5, 40: 81.0}[n_allowed]  # exceeded by chance once in ten thousand

    def test_luck_is_by_person_not_by_who_else_is_asked(self) -> None:
        n, none = 100_000, np.empty((0, 2), np.int32)
        few = find_new_ties(np.arange(0, 20, 2, dtype=np.int32), 1, np.ones(n, bool), none, Draw(1), "x", 0)[0]
        many = find_new_ties(np.arange(20, dtype=np.int32), 1, np.ones(n, bool), none, Draw(1), "x", 0)[0]
        assert {tuple(p) for p in few.tolist()} < {tuple(p) for p in many.tolist()}

    def test_shortfalls_are_in_the_ledger(self) -> None:
        here = situation(town(10, [undirected("friends", TWO_CLIQUES)]), obese=[0])
        effect = Effect(ties=NewTies("friends", 2, to=parse("weight == obese")))
        spec = Intervention("x", "alteration", Target(), effect=effect)
        actions = act(spec, here, 0)
        assert only(actions, AddTies)[0].ties.tolist() == [[0, 5], [0, 6], [0, 7], [0, 8], [0, 9]]
        assert records(actions)[2:] == [("add ties to friends", 5, 0.0), ("short of ties to friends", 10, 0.0)]

    def test_directed_ties_count_in_either_direction(self) -> None:
        layer = surveyed("talk", [(0, 1), (2, 0)], influence="target_to_source")
        effect = Effect(ties=NewTies("talk", 3))
        actions = act(Intervention("x", "alteration", Target(number=4), effect=effect), situation(town(4, [layer])), 0)
        assert only(actions, AddTies)[0].ties.tolist() == [[0, 3], [1, 2], [1, 3], [2, 3]]


class TestSchedule:
    def test_by_date_then_by_the_order_of_the_arm(self) -> None:
        late = Intervention("late", "champions", at=(5.0, 1.0))
        early = Intervention("early", "champions", at=(0.0, 1.0))
        listed = [(o.tick / TICKS_PER_UNIT, o.intervention, o.occasion) for o in occurrences([late, early])]
        assert listed == [(0.0, "early", 0), (1.0, "late", 0), (1.0, "early", 1), (5.0, "late", 1)]

    def test_a_name_listed_twice_goes_on_counting(self) -> None:
        spec = Intervention("x", "champions", at=(0.0, 2.0))
        assert [o.occasion for o in occurrences([spec, spec])] == [0, 1, 2, 3]

    def test_an_empty_arm_does_nothing(self) -> None:
        assert occurrences([]) == []

    def test_plans_act_with_their_own_occasion(self) -> None:
        spec = Intervention(
            "x", "champions", Target(), at=(0.0, 1.0), uptake=0.5, effect=Effect(set={"weight": "obese"})
        )
        here = situation(town(100))
        plans = [occurrence.plan(here) for occurrence in occurrences([spec])]
        persons = [only(list(actions), SetStates)[0].persons for actions in plans]
        for occasion in (0, 1):
            assert np.array_equal(persons[occasion], accept(spec, here, np.arange(100, dtype=np.int32), occasion))
        assert not np.array_equal(*persons)


class TestKinds:
    ties = Effect(ties=NewTies("friends", 1))

    def places(self, kind: str, **parts: object) -> list[tuple]:
        return [problem.place for problem in kinds[kind](Intervention("x", kind, **parts))]  # type: ignore[arg-type]

    def test_each_kind_says_what_it_is(self) -> None:
        assert kinds.names() == ["alteration", "broadcast", "champions", "groups", "induction"]
        for name in kinds:
            assert 20 < len(kinds.help(name)) < 110

    def test_each_kind_checks_what_it_needs(self) -> None:
        villages = Target(groups="village")
        assert self.places("groups") == [("target",)]
        assert self.places("groups", target=villages) == []
        assert self.places("champions", target=villages) == [("target", "groups")]
        assert self.places("champions") == []
        assert self.places("broadcast", target=villages) == [("target", "groups")]
        assert self.places("broadcast") == []
        assert self.places("alteration") == [("effect",)]
        assert self.places("alteration", effect=self.ties) == []
        assert self.places("alteration", chain=Chain(effect=self.ties)) == []
        assert self.places("induction", effect=self.ties) == [("effect", "ties")]
        assert self.places("induction", chain=Chain(effect=self.ties)) == [("chain", "effect", "ties")]
        assert self.places("induction", target=villages) == []

    @pytest.mark.parametrize("kind", ["alteration", "broadcast", "champions", "groups", "induction"])
    def test_one_cut_and_groups_or_per(self, kind: str) -> None:
        effect = self.ties if kind == "alteration" else Effect()
        target = Target(share=0.1, number=3, groups="village", per="village")
        places = self.places(kind, target=target, effect=effect)
        assert ("target", "number") in places
        assert ("target", "per") in places
