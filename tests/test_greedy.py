"""Greedy choice by simulation: the best people by brute force, never by knowing the luck to come."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
import towns
from small_towns import clique

from experiments.design import Trial, design
from experiments.replicate import run_arms
from interventions.rules import greedy
from interventions.rules.choosing import lazily
from interventions.rules.greedy import Goal, Rehearsal, candidates_of, choose, rehearsal
from interventions.schedule import occurrences
from interventions.specs import Effect, Intervention, Target
from interventions.targeting import Request, check_rank, rank
from scenarios import build
from scenarios.loading import Scenario, load
from simulator.behaviour import Behaviour, Response, Source, Transition
from simulator.conditions import parse
from simulator.errors import SpecError
from simulator.network import Layer
from simulator.past import Past
from simulator.streams import Draw
from simulator.units import to_ticks
from simulator.world import Situation, World

STATE = Source("habit", ("yes",))
SPREAD = Behaviour(
    "habit",
    ("no", "yes"),
    (Transition("catch", ("no",), "yes", 1.0, "per_contact", STATE, {"ties": 1.0}),),
)
FOLLOW_TWO = Behaviour(
    "habit",
    ("no", "yes"),
    (
        Transition("follow", ("no",), "yes", 2.0, "response", STATE, {"ties": 1.0},
                   response=Response("count", ((0.0, 0.0), (2.0, 1.0)))),
    ),
)  # fmt: skip
"""Nobody follows fewer than two contacts."""
START = Intervention("start", "champions", Target(rank="greedy"), effect=Effect(set={"habit": "yes"}))
TWO_STARS = [(0, i) for i in range(1, 5)] + [(5, 6), (5, 7)]
"""Eight people: whom 0 influences, and whom 5 does; nobody else influences anybody."""


def here(world: World, *, replicate: int = 0, seed: int = 1, horizon: float = 2.0, time: float = 0.0) -> Situation:
    states = np.zeros((world.population.size, len(world.behaviours)), np.uint8)
    states.setflags(write=False)
    return Situation(
        world, Draw(seed, number=replicate), to_ticks(time), states, states,
        lambda layer: world.network.layers[layer].ties, Past(world.population.size), to_ticks(horizon),
        lambda tick: world.network, lambda: pytest.fail("nothing was run"),
    )  # fmt: skip


def stars(behaviour: Behaviour = SPREAD) -> World:
    return towns.town(8, [behaviour], [towns.layer(TWO_STARS, directed=True)])


def picked(world: World, n: int, *, intervention: Intervention = START, **given: object) -> list[int]:
    parameters = {"state": STATE, "better": "higher", **given}
    situation = here(world, replicate=int(parameters.pop("replicate", 0)), seed=int(parameters.pop("seed", 1)))
    return rank(situation, "greedy", parameters, Request(situation.present, n, intervention))[:n].tolist()


def tried(world: World, simulations: int = 40, measure: str = "share") -> Rehearsal:
    return rehearsal(here(world), START, Goal(0, STATE, "higher", measure), simulations)


class TestTheBest:
    @pytest.mark.parametrize("lazy", [True, False])
    @pytest.mark.parametrize("measure", ["share", "person_time"])
    def test_brute_force_in_a_town_of_eight(self, lazy: bool, measure: str) -> None:
        trial = tried(stars(), measure=measure)
        best = max(combinations(range(8), 2), key=trial.benefit)
        assert set(best) == {0, 5}
        assert set(choose(trial, np.arange(8), 2, lazy=lazy).tolist()) == set(best)
        assert picked(stars(), 2, lazy=lazy, measure=measure) == [0, 5]

    def test_lazy_and_plain_choose_alike_where_nobody_adds_more_to_a_larger_set(self) -> None:
        for seed in range(3):
            luck = Draw(seed, "network")
            pairs = [(i, j) for i in range(9) for j in range(i)]
            chosen = [pairs[k] for k in luck.order("pairs", n=len(pairs))[:10]]
            world = towns.town(9, [SPREAD], [towns.layer(chosen)])
            assert picked(world, 5, simulations=10) == picked(world, 5, simulations=10, lazy=False)

    def test_what_is_better_and_which_effect_it_has(self) -> None:
        assert set(picked(stars(), 2, better="lower")) & {0, 5} == set()
        nothing = replace(START, effect=Effect())
        assert picked(stars(), 2, intervention=nothing) == [0, 5]  # then those with most contacts
        later = replace(START, effect=Effect(influence={"habit.catch": 3.0}))
        assert picked(stars(), 1, intervention=later) == [0]  # nobody has it: no difference

    def test_uptake_horizon_and_states_with_weights(self) -> None:
        world = stars()
        assert tried(world).benefit([0, 5]) == pytest.approx((2 + 6 * (1 - np.exp(-2))) / 8, abs=0.05)
        mean = tried(world, measure="person_time").benefit([0, 5])  # of 1 - exp(-t), over two years
        assert mean == pytest.approx((2 + 6 * (1 - (1 - np.exp(-2)) / 2)) / 8, abs=0.05)
        half = rehearsal(here(world), START, Goal(0, Source("habit", ("no", "yes"), (0.5, 1.0)), "higher", "share"), 40)
        assert half.benefit([0, 5]) == pytest.approx(0.5 + tried(world).benefit([0, 5]) / 2)

    def test_complex_contagion_takes_pairs_and_nothing_is_promised(self) -> None:
        world = towns.town(9, [FOLLOW_TWO], [towns.layer([*clique(range(5)), (5, 6), (6, 7), (7, 8)])])
        trial = tried(world)
        assert trial.benefit([0]) - trial.benefit([]) == pytest.approx(1 / 9)  # alone, only themself
        assert trial.benefit([0, 1]) > 0.4
        assert set(picked(world, 2)) < set(range(5))


def test_a_wrong_objective_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin of the tests above: whoever takes the worst person first does not choose 0 and 5."""
    good = Rehearsal.benefit
    monkeypatch.setattr(Rehearsal, "benefit", lambda self, persons: -good(self, persons))
    assert set(picked(stars(), 2)) != {0, 5}


class TestPlanning:
    def test_the_luck_of_replicates_never_enters(self) -> None:
        world = towns.town(
            40, [SPREAD], [towns.layer([(i, (i * 7 + 3) % 40) for i in range(40) if i != (i * 7 + 3) % 40])]
        )
        sets = [picked(replace(world, number=0), 5, simulations=2, replicate=k) for k in range(5)]
        assert all(one == sets[0] for one in sets)
        anew = [picked(_copy(world), 5, simulations=2, replicate=k) for k in range(3)]  # nothing is remembered
        assert all(one == sets[0] for one in anew)

    def test_if_it_entered_it_would_be_seen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The twin of the test above: a plan by the luck of the replicate is another one in each."""
        world = towns.town(
            40, [SPREAD], [towns.layer([(i, (i * 7 + 3) % 40) for i in range(40) if i != (i * 7 + 3) % 40])]
        )
        sets = []
        for replicate in range(5):
            monkeypatch.setattr(
                greedy, "Draw", lambda seed, scope, number, r=replicate: Draw(seed, "replicate", r + number)
            )
            sets.append(tuple(picked(_copy(world), 5, simulations=2)))
        assert len(set(sets)) > 1

    def test_cuts_are_nested_and_seeds_differ(self) -> None:
        world = towns.town(
            40, [SPREAD], [towns.layer([(i, (i * 7 + 3) % 40) for i in range(40) if i != (i * 7 + 3) % 40])]
        )
        orders = [picked(world, k, simulations=3, candidates=12) for k in range(0, 40, 4)]
        assert all(one == other[: len(one)] for one, other in pairwise(orders))
        assert sorted(picked(world, 40, simulations=1, candidates=5)) == list(range(40))
        assert len({tuple(picked(world, 4, simulations=2, seed=seed)) for seed in range(6)}) > 1

    def test_states_that_where_asks_for_are_those_of_now(self) -> None:
        lose = Behaviour("habit", ("no", "yes"), (Transition("stay", ("no",), "yes", 0.0),))
        stop = replace(
            START,
            target=Target(where=parse("habit == yes"), rank="greedy"),
            effect=Effect(set={"habit": {"yes": "no"}}),
        )
        world = replace(towns.town(6, [lose]), initial=lambda draw: pytest.fail("the town is as it is"))
        states = np.array([[0], [0], [1], [1], [1], [0]], np.uint8)
        situation = replace(here(world), states=states)
        request = Request(situation.mask(stop.target.where), 2, stop)
        parameters = {"state": STATE, "better": "lower", "simulations": 2}
        trial = rehearsal(situation, stop, Goal(0, STATE, "lower", "share"), 2)
        assert trial.benefit([2, 3]) == pytest.approx(-1 / 6)
        assert set(rank(situation, "greedy", parameters, request).tolist()) == {2, 3, 4}
        other = replace(situation, states=1 - states)  # others are to be picked from: planned anew
        ranking = rank(other, "greedy", parameters, Request(other.mask(stop.target.where), 2, stop))
        assert set(ranking.tolist()) == {0, 1, 5}

    def test_it_needs_an_intervention(self) -> None:
        with pytest.raises(SpecError, match="only pick people for one"):
            rank(here(stars()), "greedy", {"state": STATE, "better": "lower"})

    @pytest.mark.parametrize(("n", "pairs"), [(0, []), (1, []), (6, []), (7, [*clique(range(3)), (4, 5)])])
    def test_small_and_disconnected_towns(self, n: int, pairs: Sequence[tuple[int, int]]) -> None:
        world = towns.town(n, [SPREAD], [towns.layer(pairs)])
        for places in (0, 1, n):
            assert len(picked(world, places, simulations=2)) == min(places, n)
        assert sorted(picked(world, n, simulations=1)) == list(range(n))
        at_the_end = replace(here(world), tick=to_ticks(2.0))
        ranking = rank(at_the_end, "greedy", {"state": STATE, "better": "lower"}, Request(at_the_end.present, n, START))
        assert sorted(ranking.tolist()) == list(range(n))


def _copy(world: World) -> World:
    """The same town with a network of its own."""
    return replace(world, network=type(world.network)(world.network.n_persons, world.network.layers))


def test_candidates_are_the_best_connected_and_some_at_random() -> None:
    degree = np.array([5, 1, 1, 9, 1, 1, 7, 1, 1, 6])
    eligible = np.arange(10) != 6
    found = candidates_of(degree, eligible, 4, Draw(1, "planning"))
    assert found[:3].tolist() == [3, 9, 0]
    assert found.size == 4
    others = {int(candidates_of(degree, eligible, 4, Draw(seed, "planning"))[3]) for seed in range(40)}
    assert others == {1, 2, 4, 5, 7, 8}
    assert candidates_of(degree, eligible, 100, Draw(1, "planning")).size == 9
    assert candidates_of(degree, eligible, 1, Draw(1, "planning")).tolist() == [3]


def test_lazily_is_greedy_for_a_cover() -> None:
    rows = Draw(3).uniforms("cover", n=300).reshape(30, 10) < 0.2
    for lazy in (True, False):
        covered = np.zeros(10, bool)

        def gains(which: np.ndarray, covered: np.ndarray = covered) -> np.ndarray:
            return (rows[which] & ~covered).sum(axis=1)

        plain, seen = [], np.zeros(10, bool)
        for _ in range(12):
            left = [k for k in range(30) if k not in plain]
            best = max(left, key=lambda k: ((rows[k] & ~seen).sum(), -k))
            plain.append(best)
            seen |= rows[best]
        chosen = lazily(
            gains, lambda k, covered=covered: np.logical_or(covered, rows[k], out=covered), 30, 12, lazy=lazy
        )
        assert chosen == plain
    assert lazily(lambda which: which, lambda k: None, 0, 3) == []


SCENARIO = """
netrial: 1
name: town
time: {unit: year, horizon: 6}
population: {size: 60}
network: {layers: {ties: {generator: holme_kim, mean_degree: 4, triangles: 0.8}}}
behaviours:
  habit:
    states: ["no", "yes"]
    initial: {"yes": {number: 5}}
    transitions:
      catch: {from: "no", to: "yes", rate: LAW}
      stop: {from: "yes", to: "no", rate: 0.1}
interventions:
  planned:
    kind: champions
    target: {rank: {rule: greedy, state: habit.yes, better: higher, simulations: 20, candidates: 30}, number: 6}
    at: 0
    effect: {set: {habit: "yes"}}
  anyone: {kind: champions, target: {rank: random, number: 6}, at: 0, effect: {set: {habit: "yes"}}}
arms: {usual: [], planned: [planned], anyone: [anyone], again: [planned]}
outcomes: {primary: habit, habit: {person_time: habit.yes, better: higher}}
experiment: {replicates: 100, seed: 3}
"""
SIMPLE = '0.15, per_contact: "yes"'
COMPLEX = '1, response: {count: "yes", table: [[0, 0], [1, 0.02], [2, 1]], shape: step}'


def scenario(tmp_path: Path, law: str = SIMPLE, extra: str = "") -> Scenario:
    path = tmp_path / "town.yaml"
    path.write_text(SCENARIO.replace("LAW", law) + extra)
    return load(str(path))


def years(trial: Trial, arm: str, replicates: range) -> np.ndarray:
    """Person-years in the state, by replicate, less those of the control."""
    found = []
    for replicate in replicates:
        runs = run_arms(trial, trial.town(replicate), replicate)
        found.append([runs[each].ticks_in(0, (1,)).sum() / to_ticks(1.0) for each in (arm, trial.control)])
    return np.subtract(*np.array(found).T)


class TestScenario:
    @pytest.mark.parametrize("law", [SIMPLE, COMPLEX])
    def test_it_beats_people_at_random(self, tmp_path: Path, law: str) -> None:
        """By more than 4.5 standard errors of the paired difference: one test in 300,000 fails by chance alone."""
        trial = design(scenario(tmp_path, law))
        difference = years(trial, "planned", range(60)) - years(trial, "anyone", range(60))
        assert difference.mean() > 4.5 * difference.std(ddof=1) / np.sqrt(60)

    def test_random_people_would_not(self, tmp_path: Path) -> None:
        """The twin of the test above: another random choice does not pass it."""
        changed = SCENARIO.replace(
            "rule: greedy, state: habit.yes, better: higher, simulations: 20, candidates: 30",
            "rule: random, draw: second",
        )
        path = tmp_path / "twin.yaml"
        path.write_text(changed.replace("LAW", SIMPLE))
        trial = design(load(str(path)))
        difference = years(trial, "planned", range(60)) - years(trial, "anyone", range(60))
        assert difference.mean() < 4.5 * difference.std(ddof=1) / np.sqrt(60)

    def test_the_same_people_in_all_replicates_and_arms_and_in_another_run(self, tmp_path: Path) -> None:
        offered = []
        for _ in range(2):
            trial = design(scenario(tmp_path))
            for replicate in range(3):
                runs = run_arms(trial, trial.town(replicate), replicate)
                offered += [runs[arm].targets().tobytes() for arm in ("planned", "again")]
        assert len(set(offered)) == 1

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("horizon: 6", "horizon: 6, warm_up: 2"),
            ("at: 0", "at: 3"),
            ("{size: 60}", "{size: 60, leave: {rate: 0.1}, enter: {rate: 5, ties: {ties: 2}}, columns: {age: AGE}}"),
            ("number: 6}\n    at: 0", "number: 6, where: habit == no}\n    at: [0, 3]"),
        ],
    )
    def test_warm_up_later_dates_turnover_and_where(self, tmp_path: Path, old: str, new: str) -> None:
        text = SCENARIO.replace("LAW", SIMPLE)
        assert old in text
        path = tmp_path / "other.yaml"
        age = "{distribution: uniform, min: 20, max: 60, ages: true}"
        path.write_text(text.replace(old, new, 1).replace("simulations: 20", "simulations: 3").replace("AGE", age))
        trial = design(load(str(path)))
        runs = [run_arms(trial, trial.town(0), replicate)["planned"] for replicate in (0, 1)]
        assert runs[0].targets().sum() == 6
        if "where" in new:
            return
        assert runs[0].targets().tolist() == runs[1].targets().tolist()
        trial = design(load(str(path)))  # whichever replicate comes first
        assert run_arms(trial, trial.town(1), 1)["planned"].targets().tolist() == runs[0].targets().tolist()

    def test_a_town_says_how_runs_begin_and_can_be_sent_elsewhere(self, tmp_path: Path) -> None:
        world = build.world_of(scenario(tmp_path))
        assert world.initial is not None
        one, other = world.initial(Draw(3, "planning", 0)), world.initial(Draw(3, "planning", 1))
        assert one.states[:, 0].sum() == other.states[:, 0].sum() == 5
        assert one.states.tolist() != other.states.tolist()
        sent = pickle.loads(pickle.dumps(world))
        assert sent.initial is not None
        assert sent.initial(Draw(3, "planning", 0)).states.tolist() == one.states.tolist()

    def test_bad_parameters(self) -> None:
        given = {"state": STATE, "better": "lower"}
        assert check_rank("greedy", given, ["ties"]) == []
        assert {problem.message for problem in check_rank("greedy", {"state": STATE}, [])} == {
            "`greedy` needs `better`"
        }
        assert check_rank("greedy", {**given, "simulations": 0}, [])[0].place == ("rank", "simulations")
        assert occurrences([START])[0].tick == 0


def test_ties_of_a_layer_without_any() -> None:
    world = towns.town(4, [SPREAD], [Layer("ties", np.empty((0, 2), np.int32))])
    assert sorted(picked(world, 4, simulations=1)) == [0, 1, 2, 3]
