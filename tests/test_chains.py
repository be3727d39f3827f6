"""Chains: known answers on small networks, what the draw may decide, and the contract of every wave."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from small_towns import (
    BARBELL,
    CHAIN,
    STAR,
    TWO_CLIQUES,
    Pairs,
    category,
    situation,
    surveyed,
    town,
    undirected,
    weighted,
)

from interventions.chains import Passed, act_and_pass_on, pass_on
from interventions.kinds import kinds
from interventions.schedule import occurrences
from interventions.specs import ByContacts, Chain, Cost, Effect, Intervention, NewTies, Target
from interventions.uptake import accept
from simulator.actions import ActLater, Record, SetStates
from simulator.clock_plan import plan_clocks
from simulator.conditions import parse
from simulator.engine import Simulation
from simulator.network import ContactNetwork, Layer
from simulator.past import Past
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.units import TICKS_PER_UNIT, to_ticks
from simulator.world import World

RING = [(i, (i + 1) % 8) for i in range(8)]
TREE = [((i - 1) // 2, i) for i in range(1, 31)]
"""31 people; i passes on to 2i + 1 and 2i + 2, and 0 is the root."""


def passed(
    network: ContactNetwork, carriers: Sequence[int], *, not_to: Sequence[int] = (), luck: str = "x", **how: object
) -> dict[int, int]:
    """Receivers and their messages."""
    eligible = np.ones(network.n_persons, bool)
    eligible[[*carriers, *not_to]] = False
    found = pass_on(network, np.array(carriers, np.int32), eligible, Draw(1), ("chain", luck, 0, 1), **how)  # type: ignore[arg-type]
    assert found.receivers.dtype == np.int32
    assert np.all(np.diff(found.receivers) > 0)
    return dict(zip(found.receivers.tolist(), found.messages.tolist(), strict=True))


def friends(n_persons: int, pairs: Pairs) -> ContactNetwork:
    return ContactNetwork(n_persons, {"friends": undirected("friends", pairs)})


class TestPassingOn:
    def test_all_contacts(self) -> None:
        assert passed(friends(6, STAR), [3]) == dict.fromkeys((0, 1, 2, 4, 5), 1)
        assert passed(friends(6, STAR), [0, 1]) == {3: 2}
        assert passed(friends(8, RING), [0]) == {1: 1, 7: 1}
        assert passed(friends(8, RING), [0, 2]) == {1: 2, 3: 1, 7: 1}
        assert passed(friends(10, BARBELL), [3]) == {0: 1, 1: 1, 2: 1, 4: 1}
        assert passed(friends(10, TWO_CLIQUES), [4]) == {0: 1, 1: 1, 2: 1, 3: 1, 5: 1}
        assert passed(friends(31, TREE), [0]) == {1: 1, 2: 1}
        assert passed(friends(31, TREE), [1, 2], not_to=[0]) == {3: 1, 4: 1, 5: 1, 6: 1}

    def test_along_influence(self) -> None:
        """Each names the next: where influence runs from the one who names, it is passed down the chain."""
        down = ContactNetwork(5, {"advice": surveyed("advice", CHAIN, influence="source_to_target")})
        up = ContactNetwork(5, {"advice": surveyed("advice", CHAIN, influence="target_to_source")})
        assert passed(down, [2]) == {3: 1}
        assert passed(up, [2]) == {1: 1}
        assert passed(down, [4]) == passed(up, [0]) == {}

    def test_nobody_and_one_person(self) -> None:
        assert passed(friends(0, []), []) == {}
        assert passed(friends(1, []), [0]) == {}
        assert passed(friends(3, []), [0, 1]) == {}
        assert passed(friends(6, STAR), []) == {}
        assert passed(friends(5, [(0, 1), (2, 3)]), [0]) == {1: 1}

    def test_only_to_those_who_may_be_passed_it(self) -> None:
        assert passed(friends(6, STAR), [3], not_to=[0, 1]) == {2: 1, 4: 1, 5: 1}
        assert passed(friends(6, STAR), [3], not_to=[0, 1, 2], coupons=2) == {4: 1, 5: 1}

    def test_a_contact_met_in_two_layers_is_handed_it_once(self) -> None:
        layers = [undirected("friends", [(0, 1), (0, 2)]), undirected("work", [(0, 1), (0, 3)])]
        both = ContactNetwork(4, {layer.name: layer for layer in layers})
        assert passed(both, [0]) == {1: 1, 2: 1, 3: 1}
        assert passed(both, [0], layers=["work"]) == {1: 1, 3: 1}
        assert passed(both, [0], layers=("work", "friends")) == {1: 1, 2: 1, 3: 1}

    def test_strong_and_weak_ties(self) -> None:
        ties = np.array([(0, 1), (0, 2), (0, 3), (0, 4)], np.int32)
        one = Layer("friends", ties, weights=np.array([1.0, 4.0, 2.0, 3.0]))
        network = ContactNetwork(5, {"friends": one})
        assert passed(network, [0], coupons=2, ties="strong").keys() == {2, 4}
        assert passed(network, [0], coupons=2, ties="weak").keys() == {1, 3}
        # With the weight of 1 at work, which is not 3.5 but 4.5 together, 1 has the strongest tie.
        work = Layer("work", ties[:1], weights=np.array([3.5]))
        pooled = ContactNetwork(5, {"friends": one, "work": work})
        assert passed(pooled, [0], coupons=1, ties="strong").keys() == {1}
        assert passed(pooled, [0], coupons=1, ties="weak").keys() == {3}
        assert passed(pooled, [0], coupons=1, ties="strong", layers=["friends"]).keys() == {2}

    def test_weights_that_add_up_to_the_same_are_equal(self) -> None:
        """1 has a tie of 0.3, 2 ties of 0.1 and 0.2, whose sum is larger in its last bit: luck decides."""
        layers = {"a": {(0, 1): 0.3, (0, 2): 0.1}, "b": {(0, 2): 0.2}}
        network = ContactNetwork(3, {name: weighted(name, pairs) for name, pairs in layers.items()})
        found = {
            person for luck in range(20) for person in passed(network, [0], coupons=1, ties="strong", luck=f"{luck}")
        }
        assert found == {1, 2}

    def test_weights_of_directed_ties_are_those_of_their_direction(self) -> None:
        ties = np.array([(0, 1), (0, 2), (1, 0)], np.int32)
        layer = Layer("advice", ties, directed=True, weights=np.array([1.0, 2.0, 9.0]))
        assert passed(ContactNetwork(3, {"advice": layer}), [0], coupons=1, ties="strong").keys() == {2}

    @pytest.mark.parametrize("ties", ["random", "strong", "weak"])
    def test_fewer_coupons_reach_some_of_those_whom_more_reach(self, ties: str) -> None:
        rng = np.random.default_rng(3)
        pairs = {tuple(sorted(pair)) for pair in rng.integers(0, 60, (400, 2)).tolist() if pair[0] != pair[1]}
        layer = undirected("friends", pairs)
        weighted = replace(layer, weights=rng.integers(1, 4, layer.n_ties).astype(float))
        network = ContactNetwork(60, {"friends": weighted})
        carriers = [3, 17, 40]
        reached = [passed(network, carriers, coupons=k, ties=ties) for k in range(1, 30)]
        for fewer, more in itertools.pairwise(reached):
            assert fewer.keys() <= more.keys()
            assert all(more[person] >= messages for person, messages in fewer.items())
        assert reached[-1] == passed(network, carriers)
        assert sum(reached[1].values()) == 6

    def test_equal_weights_and_random_ties_are_decided_by_the_draw(self) -> None:
        for ties in ("random", "strong", "weak"):
            many = [passed(friends(6, STAR), [3], coupons=2, ties=ties, luck=f"{k}") for k in range(500)]
            counts = np.bincount([person for each in many for person in each], minlength=6)
            assert np.all(np.abs(counts[[0, 1, 2, 4, 5]] - 200) < 4 * 120**0.5)

    def test_carriers_with_the_same_contacts_pick_apart(self) -> None:
        pairs = [(carrier, contact) for carrier in (0, 1) for contact in range(2, 102)]
        found = passed(friends(102, pairs), [0, 1], coupons=50)
        assert sum(found.values()) == 100
        assert abs(sum(messages == 2 for messages in found.values()) - 25) < 15

    def test_one_carriers_contacts_depend_on_no_other_carrier(self) -> None:
        network = friends(10, TWO_CLIQUES)
        alone = passed(network, [0], not_to=[9], coupons=2)
        together = passed(network, [0, 9], coupons=2)
        assert alone.keys() <= together.keys()
        assert sum(together.values()) == 4


def run(
    world: World,
    *arm: Intervention,
    horizon: float = 10.0,
    replicate: int = 0,
    obese: Sequence[int] = (),
) -> Trajectory:
    """Run an arm; people gain and start to drink at the rates of the small towns."""
    start = np.zeros((world.population.size, len(world.behaviours)), np.uint8)
    start[list(obese), 0] = 1
    end = to_ticks(horizon)
    draw = Draw(1, number=replicate)
    return Simulation(plan_clocks(world), draw, start, occurrences(arm), np.array([0, end]), end).run()


def offers(trajectory: Trajectory, name: str = "word") -> list[tuple[float, list[int]]]:
    """When an intervention was offered, and to whom."""
    return [
        (each.tick / TICKS_PER_UNIT, each.persons.tolist()) for each in trajectory.offers if each.intervention == name
    ]


def lines(trajectory: Trajectory, *actions: str) -> list[tuple[str, int, float]]:
    return [(each.action, each.people, round(each.cost, 9)) for each in trajectory.ledger if each.action in actions]


def word(*, target: Target | None = None, **chain: object) -> Intervention:
    """Word of mouth that begins with person 0, who alone is obese."""
    first = Target(where=parse("start.weight == obese")) if target is None else target
    return Intervention("word", "induction", first, chain=Chain(**chain))  # type: ignore[arg-type]


class TestWaves:
    tree = town(31, [undirected("friends", TREE)])

    def test_respondent_driven_sampling_in_a_tree(self) -> None:
        """Two coupons, branching two: 1, 2, 4, 8, and a wave that finds nobody is not carried out."""
        found = run(self.tree, word(waves=9, coupons=2), obese=[0])
        assert [len(people) for _, people in offers(found)] == [1, 2, 4, 8, 16]
        assert offers(found)[2] == (0.0, [3, 4, 5, 6])
        assert lines(found, "wave", "message") == [
            ("message", 2, 0.0), ("wave", 1, 0.0), ("message", 4, 0.0), ("wave", 2, 0.0), ("message", 8, 0.0),
            ("wave", 4, 0.0), ("message", 16, 0.0), ("wave", 8, 0.0),
        ]  # fmt: skip

    def test_waves_and_their_dates(self) -> None:
        found = run(self.tree, replace(word(waves=3, every=1.5), at=(2.0,)), obese=[0])
        assert [(time, len(people)) for time, people in offers(found)] == [(2, 1), (3.5, 2), (5, 4), (6.5, 8)]
        assert np.flatnonzero(found.targets()).tolist() == [0]

    def test_dates_are_counted_from_the_start_not_added_up(self) -> None:
        found = run(self.tree, replace(word(waves=3, every=0.1), at=(0.3,)), obese=[0])
        ticks = [each.tick for each in found.offers]
        assert ticks == [to_ticks(0.3), *(to_ticks(0.3) + to_ticks(k * 0.1) for k in (1, 2, 3))]

    def test_nothing_is_passed_on_at_the_horizon(self) -> None:
        assert len(offers(run(self.tree, word(waves=3, every=5), obese=[0]))) == 2
        assert len(offers(run(self.tree, replace(word(waves=3), at=(10.0,)), obese=[0]))) == 4

    def test_waves_at_once_are_targets_too(self) -> None:
        found = run(self.tree, word(waves=2), obese=[0])
        assert np.flatnonzero(found.targets()).tolist() == list(range(7))

    def test_one_wave_to_everybody_is_the_contacts_of_the_carriers(self) -> None:
        for pairs, n in ((STAR, 6), (RING, 8), (BARBELL, 10), (TWO_CLIQUES, 10), (TREE, 31)):
            for person in range(n):
                world = town(n, [undirected("friends", pairs)])
                found = run(world, word(), obese=[person])
                expected = world.network.contacts.of(person).tolist()
                assert [people for _, people in offers(found)] == [[person], expected]

    def test_who_was_offered_it_before_is_not_asked_again_unless_wanted(self) -> None:
        ring = town(8, [undirected("friends", RING)])
        once = run(ring, word(waves=4), obese=[0])
        assert [people for _, people in offers(once)] == [[0], [1, 7], [2, 6], [3, 5], [4]]
        again = run(ring, word(waves=3, again=True), obese=[0])
        assert [people for _, people in offers(again)] == [[0], [1, 7], [0, 2, 6], [1, 3, 5, 7]]
        twice = replace(word(), at=(0.0, 1.0))
        assert [people for _, people in offers(run(ring, twice, obese=[0]))] == [[0], [1, 7], [0]]
        reminders = replace(word(again=True), every=1.0, until=2.0)
        assert [people for _, people in offers(run(ring, reminders, obese=[0]))] == [[0], [1, 7]] * 3

    def test_only_those_who_accept_carry_on(self) -> None:
        assert len(offers(run(self.tree, replace(word(waves=3), uptake=0.0), obese=[0]))) == 1
        assert len(offers(run(self.tree, word(waves=3, uptake=0.0), obese=[0]))) == 2
        keen = replace(word(waves=3, uptake=1.0), uptake=ByContacts(None, "count", ((0, 1.0),)))
        assert len(offers(run(self.tree, keen, obese=[0]))) == 4

    def test_uptake_may_depend_on_who_is_in_it(self) -> None:
        """On the ring each has one contact who accepted, 4 has two: only 4 would accept, and is never asked."""
        ring = town(8, [undirected("friends", RING)])
        two = ByContacts(None, "count", ((0, 0.0), (2, 1.0)))
        assert [people for _, people in offers(run(ring, word(waves=9, uptake=two), obese=[0]))] == [[0], [1, 7]]
        one = ByContacts(None, "count", ((0, 0.0), (1, 1.0)))
        assert len(offers(run(ring, word(waves=9, uptake=one), obese=[0]))) == 5

    def test_effects_of_the_chain_are_for_those_it_is_passed_on_to(self) -> None:
        spec = word(waves=2, effect=Effect(set={"drinking": "heavy"}))
        found = run(self.tree, replace(spec, effect=Effect(set={"drinking": "light"})), obese=[0], horizon=1e-9)
        assert found.final[:, 1].tolist() == [1, *[2] * 6, *[0] * 24]
        same = run(self.tree, replace(word(waves=2), effect=Effect(set={"drinking": "light"})), obese=[0], horizon=1e-9)
        assert same.final[:, 1].tolist() == [*[1] * 7, *[0] * 24]

    def test_each_wave_reads_the_states_as_they_are_then(self) -> None:
        """Those who accept begin to drink, and may not be passed it then: even with `again` nobody is asked twice."""
        where = parse("drinking == none")
        spec = replace(word(waves=9, again=True, where=where), effect=Effect(set={"drinking": "heavy"}))
        found = run(town(8, [undirected("friends", RING)]), spec, obese=[0], horizon=1e-9)
        assert [people for _, people in offers(found)] == [[0], [1, 7], [2, 6], [3, 5], [4]]

    def test_where_limits_to_whom_it_is_passed_on(self) -> None:
        world = town(8, [undirected("friends", RING)], [category("sex", ["f", "f", "m", "f", "f", "f", "f", "f"])])
        found = run(world, word(waves=9, where=parse("sex == f")), obese=[0])
        assert [people for _, people in offers(found)] == [[0], [1, 7], [6], [5], [4], [3]]

    def test_ties_that_were_added_are_passed_along(self) -> None:
        """Nobody is tied until buddies are made; then the two of a pair pass it on to each other."""
        world = town(40, [undirected("friends", []), undirected("buddies", [])])
        buddies = Intervention(
            "pairs", "alteration", Target(), at=(1.0,), effect=Effect(ties=NewTies("buddies", 1), lasting=2.0)
        )
        during, after = replace(word(), at=(2.0,)), replace(word(), at=(3.0,))
        assert [len(people) for _, people in offers(run(world, word(), obese=[0]))] == [1]
        reached = offers(run(world, buddies, during, obese=[0]))
        assert len(reached) == 2
        assert len(reached[1][1]) >= 1
        assert len(offers(run(world, buddies, after, obese=[0]))) == 1

    def test_each_wave_gives_ties_of_its_own(self) -> None:
        """Ties that waves add are segments of their own, with draws of their own."""
        world = town(40, [undirected("friends", [(i, i + 1) for i in range(39)]), undirected("buddies", [])])
        giving = word(waves=3, layers=("friends",))
        found = run(world, replace(giving, kind="alteration", effect=Effect(ties=NewTies("buddies", 1))), obese=[20])
        assert lines(found, "add ties to buddies") == [
            ("add ties to buddies", 1, 0.0), *[("add ties to buddies", 2, 0.0)] * 3,
        ]  # fmt: skip

    def test_those_who_drop_out_or_left_pass_nothing_on(self) -> None:
        quick = replace(word(waves=2, every=1.0), drop_out=1e6)
        assert len(offers(run(self.tree, quick, obese=[0]))) == 1
        assert len(offers(run(self.tree, replace(quick, chain=Chain(waves=2)), obese=[0]))) == 3
        here = situation(self.tree, obese=[0])
        (first,) = later(act_and_pass_on(word(waves=2), here, 0))
        states = here.states.copy()
        states[0, 0] = 2  # a code that is no state: not there
        assert first.plan(replace(here, states=states, past=Past(31))) == []
        states[0, 0], states[1, 0] = 1, 2
        (reach, *_) = first.plan(replace(here, states=states, past=Past(31)))
        assert isinstance(reach, Record)
        assert reach.offered is not None
        assert reach.offered.tolist() == [2]

    def test_each_has_luck_of_its_own_in_each_wave_and_occasion(self) -> None:
        """Who accepts is drawn by (intervention, occasion, wave, person): a quarter would accept any two times."""
        spec = Intervention(
            "word", "induction", Target(), uptake=0.5, at=(0.0, 1.0), chain=Chain(waves=2, again=True, every=0.25)
        )
        world = town(2000, [undirected("friends", [(i, i + 1) for i in range(1999)])])
        found, everybody, here = run(world, spec), np.arange(2000, dtype=np.int32), situation(world)
        takers = [accept(spec, here, everybody, k // 3, wave=k % 3) for k in range(6)]
        for k, offer in enumerate(found.offers):
            taken = np.intersect1d(takers[k], offer.persons).size
            assert [each.people for each in found.ledger if each.action == "treat"][k] == taken
        for one, other in itertools.combinations(takers, 2):
            assert abs(np.intersect1d(one, other).size - 500) < 4 * 375**0.5

    def test_a_carrier_picks_other_contacts_in_a_later_wave(self) -> None:
        """The centre of a star hands it out, and again in the third wave, when leaves have handed it back."""
        star = town(201, [undirected("friends", [(0, i) for i in range(1, 201)])])
        (_, _), (_, first), (_, back), (_, third) = offers(run(star, word(waves=3, coupons=100, again=True), obese=[0]))
        assert (len(first), back, len(third)) == (100, [0], 100)
        assert abs(len(set(first) & set(third)) - 50) < 20

    def test_contacts_come_in_another_order_in_each_wave_and_occasion(self) -> None:
        network, carriers, eligible = (
            friends(201, [(0, i) for i in range(1, 201)]),
            np.array([0], np.int32),
            np.ones(201, bool),
        )
        chosen = [
            pass_on(network, carriers, eligible, Draw(1, number=replicate), ("chain", "x", occasion, wave), coupons=100)
            for replicate in (0, 1) for occasion in (0, 1) for wave in (1, 2)
        ]  # fmt: skip
        for one, other in itertools.combinations(chosen, 2):
            assert abs(np.intersect1d(one.receivers, other.receivers).size - 50) < 20


def later(actions: Sequence[object]) -> list[ActLater]:
    return [action for action in actions if isinstance(action, ActLater)]


class TestMatched:
    def test_leaders_and_followers(self) -> None:
        world = town(10, [undirected("friends", TWO_CLIQUES)])
        found = run(world, word(to="matched", coupons=2), obese=[0])
        assert [len(people) for _, people in offers(found)] == [1, 2]
        assert set(offers(found)[1][1]) < {1, 2, 3, 4}
        everybody = run(world, word(to="matched"), obese=[0])
        assert offers(everybody)[1][1] == list(range(1, 10))
        assert lines(everybody, "message", "wave") == [("message", 9, 0.0), ("wave", 1, 0.0)]

    def test_who_may_follow(self) -> None:
        world = town(10, [undirected("friends", TWO_CLIQUES)], [category("sex", ["f"] * 5 + ["m"] * 5)])
        found = run(world, word(to="matched", coupons=3, where=parse("sex == m")), obese=[0])
        assert 5 in offers(found)[1][1]
        assert set(offers(found)[1][1]) < {5, 6, 7, 8, 9}
        again = run(world, word(to="matched", waves=2, again=True), obese=[0])
        assert [people for _, people in offers(again)] == [[0], list(range(1, 10)), [0]]


PAIRS = sorted({tuple(sorted(p)) for p in np.random.default_rng(8).integers(0, 300, (900, 2)).tolist() if p[0] != p[1]})


class TestContract:
    costs = Cost(fixed=50, per_reached=3, per_treated=10, per_message=1, per_step=20)
    world = town(300, [undirected("friends", PAIRS)])
    spec = Intervention(
        "word", "induction", Target(number=10), uptake=0.9, effect=Effect(set={"drinking": "heavy"}), cost=costs,
        chain=Chain(waves=4, coupons=3, every=0.5, uptake=0.5, effect=Effect(susceptibility={"weight.gain": 0.5})),
    )  # fmt: skip

    @pytest.mark.parametrize("how", [{}, {"to": "matched"}, {"coupons": None}, {"again": True}, {"ties": "weak"}])
    @pytest.mark.parametrize("replicate", range(3))
    def test_the_ledger_is_complete(self, how: dict[str, object], replicate: int) -> None:
        spec = replace(self.spec, chain=replace(self.spec.chain, **how))  # type: ignore[type-var]
        found = run(self.world, spec, replicate=replicate)
        reach, treat = lines(found, "reach"), lines(found, "treat")
        messages, waves = lines(found, "message"), lines(found, "wave")
        sizes = [len(people) for _, people in offers(found)]
        assert [people for _, people, _ in reach] == sizes
        assert len(set(range(300)) & {p for _, people in offers(found) for p in people}) == found.ever_offered().sum()
        if not spec.chain or not spec.chain.again:
            assert sum(sizes) == found.ever_offered().sum()
        assert [cost for *_, cost in reach] == [50 + 30, *(3 * size for size in sizes[1:])]
        assert [cost for *_, cost in treat] == [10 * people for _, people, _ in treat]
        assert [cost for *_, cost in waves] == [20] * (len(sizes) - 1)
        assert [cost for *_, cost in messages] == [people for _, people, _ in messages]
        assert all(size <= people for size, (_, people, _) in zip(sizes[1:], messages, strict=True))
        carriers = [people for _, people, _ in treat]
        assert [people for _, people, _ in waves] == carriers[: len(waves)]
        limit = 3 if spec.chain is not None and spec.chain.coupons else 300
        assert all(people <= limit * n for (_, people, _), n in zip(messages, carriers, strict=False))

    def test_nobody_is_touched_who_was_not_offered_it(self) -> None:
        moved = run(self.world, replace(self.spec, chain=replace(self.spec.chain, effect=None)), horizon=5.0)  # type: ignore[type-var]
        control = run(self.world, horizon=5.0)
        never = ~moved.ever_offered()
        assert 0 < never.sum() < 300
        assert np.array_equal(moved.final[never], control.final[never])
        assert not np.array_equal(moved.final, control.final)

    @pytest.mark.parametrize("chain", [{}, {"to": "matched"}, {"coupons": None, "waves": 9}, {"every": 0.0}])
    @pytest.mark.parametrize("budget", [0, 49, 60, 90, 100, 200, 300, 500, 900, 2000, 10_000])
    def test_a_budget_is_never_exceeded_and_spent_as_far_as_it_goes(
        self, budget: float, chain: dict[str, object]
    ) -> None:
        free = replace(self.spec, chain=replace(self.spec.chain, **chain))  # type: ignore[type-var]
        found = run(self.world, replace(free, budget=float(budget)))
        spent = sum(each.cost for each in found.ledger)
        assert spent <= budget
        unlimited = run(self.world, free)
        within = sum(each.cost for each in unlimited.ledger) <= budget
        short = lines(found, "short of money")
        assert bool(short) != within or (within and not short)
        if short:  # the next offer could have cost all of this: a step, the person, and messages of all carriers
            assert budget - spent < 50 + 20 + 13 + 12
            assert found.ever_offered().sum() < unlimited.ever_offered().sum()

    def test_who_is_offered_it_under_a_budget_is_among_those_of_a_larger_one_in_one_wave(self) -> None:
        spec = replace(self.spec, chain=Chain(waves=1))
        reached = [run(self.world, replace(spec, budget=float(b))).ever_offered() for b in range(150, 700, 25)]
        assert all(np.all(fewer <= more) for fewer, more in itertools.pairwise(reached))
        assert reached[0].sum() < reached[-1].sum()

    def test_a_targets_budget_is_for_those_it_picks(self) -> None:
        spec = replace(self.spec, target=Target(budget=100.0))
        found = run(self.world, spec)
        assert sum(each.cost for each in found.ledger if each.tick == 0) <= 100
        assert sum(each.cost for each in found.ledger if each.tick > 0) > 100
        assert {each.tick for each in found.ledger if each.action == "short of money"} == {0}

    def test_a_chain_that_begins_with_nobody_equals_the_control(self) -> None:
        nobody = replace(self.spec, target=Target(where=parse("drinking == heavy")))
        control, arm = run(self.world), run(self.world, nobody)
        for name in ("tick", "person", "left", "entered", "cause"):
            assert getattr(control.events(), name).tobytes() == getattr(arm.events(), name).tobytes()
        assert [line.action for line in arm.ledger] == ["reach", "treat", "treat for the first time"]

    def test_the_same_in_every_arm(self) -> None:
        """Another intervention, on other people's drinking, changes nothing in the chain."""
        other = Intervention("other", "champions", Target(share=0.3), effect=Effect(set={"drinking": "light"}))
        assert offers(run(self.world, self.spec)) == offers(run(self.world, other, self.spec))
        assert offers(run(self.world, self.spec)) == offers(run(self.world, self.spec, other))
        assert offers(run(self.world, self.spec)) != offers(run(self.world, self.spec, replicate=1))

    def test_a_longer_chain_begins_as_a_shorter_one(self) -> None:
        short = replace(self.spec, chain=replace(self.spec.chain, waves=2))  # type: ignore[type-var]
        assert offers(run(self.world, self.spec))[:3] == offers(run(self.world, short))

    def test_more_people_elsewhere_change_nothing(self) -> None:
        """People without ties behind all others: the same people are passed it."""
        larger = town(330, [undirected("friends", PAIRS)])
        target = Target(where=parse("start.weight == obese"))
        spec = replace(self.spec, target=target)
        obese = [3, 50, 199]
        assert offers(run(self.world, spec, obese=obese)) == offers(run(larger, spec, obese=obese))

    def test_a_run_that_is_put_away_between_two_waves_goes_on_as_if_it_were_not(self) -> None:
        end = to_ticks(3)
        start = np.zeros((300, 2), np.uint8)
        whole = Simulation(plan_clocks(self.world), Draw(1), start, occurrences([self.spec]), np.array([0, end]), end)
        whole.advance(to_ticks(0.75))
        copy = pickle.loads(pickle.dumps(whole))
        assert offers(whole.run()) == offers(copy.run()) == offers(run(self.world, self.spec))

    def test_waves_at_once_come_before_the_interventions_that_follow_in_the_arm(self) -> None:
        at_once = replace(word(waves=4), effect=Effect(set={"drinking": "heavy"}))
        last = Intervention("last", "broadcast", Target(where=parse("drinking == heavy")))
        found = run(town(8, [undirected("friends", RING)]), at_once, last, obese=[0])
        assert offers(found, "last") == [(0.0, list(range(8)))]

    def test_induction_takes_no_new_ties_in_its_chain_either(self) -> None:
        spec = replace(self.spec, chain=Chain(effect=Effect(ties=NewTies("friends", 1))))
        (problem,) = kinds["induction"](spec)
        assert problem.place == ("chain", "effect", "ties")
        assert kinds["induction"](self.spec) == []


class TestBranching:
    """A chain among many random family trees, against the theory of branching processes (Harris 1963).

    Offspring are 0 to 4, each equally likely: mean m = 2. With uptake p, a wave w >= 1 is offered to
    m (m p)^(w - 1) people for each root who begins, on average.
    """

    n_roots, waves, uptake = 3000, 4, 0.4

    def forest(self) -> tuple[World, np.ndarray]:
        """Trees of four generations, whose roots are the first people; and the root of each person."""
        rng = np.random.default_rng(11)
        roots = last = np.arange(self.n_roots)
        people, pairs, tree = self.n_roots, [], [roots]
        for _ in range(self.waves):
            parents = np.repeat(np.arange(people - last.size, people), rng.integers(0, 5, last.size))
            children = people + np.arange(parents.size)
            pairs.append(np.column_stack([parents, children]))
            tree.append(np.concatenate(tree)[parents])
            people, last = people + children.size, children
        ties = np.concatenate(pairs).astype(np.int32)
        order = np.lexsort((ties[:, 1], ties[:, 0]))
        column = category("root", ["yes"] * self.n_roots + ["no"] * (people - self.n_roots))
        return town(people, [Layer("friends", np.ascontiguousarray(ties[order]))], [column]), np.concatenate(tree)

    def expected(self, uptake: float) -> float:
        return sum(2 * (2 * uptake) ** wave for wave in range(self.waves))

    def test_the_size_of_a_chain(self) -> None:
        world, tree = self.forest()
        spec = Intervention(
            "word", "induction", Target(where=parse("root == yes")), chain=Chain(waves=self.waves, uptake=self.uptake)
        )
        found = run(world, spec, horizon=1e-6)
        offered = found.ever_offered()
        sizes = np.bincount(tree[offered], minlength=self.n_roots) - 1
        error = sizes.std() / self.n_roots**0.5
        assert abs(sizes.mean() - self.expected(self.uptake)) < 4 * error  # 6e-5 false alarms
        for wrong in (0.9, 1.1):  # the twin: an uptake off by a tenth would be seen
            assert abs(sizes.mean() - self.expected(wrong * self.uptake)) > 4 * error


def test_a_viral_chain_among_100000_people_is_quick() -> None:
    import time

    rng = np.random.default_rng(1)
    packed = np.unique(np.sort(rng.integers(0, 100_000, (500_000, 2)), axis=1), axis=0)
    ties = np.ascontiguousarray(packed[packed[:, 0] < packed[:, 1]], np.int32)
    network = ContactNetwork(100_000, {"friends": Layer("friends", ties)})
    offered = np.zeros(100_000, bool)
    carriers = np.arange(100, dtype=np.int32)
    offered[carriers] = True
    pass_on(network, carriers, ~offered, Draw(1), ("chain", "x", 0, 0), coupons=1)  # warm
    began = time.process_time()
    for wave in range(1, 51):
        each = pass_on(network, carriers, ~offered, Draw(1), ("chain", "x", 0, wave), coupons=5)
        assert isinstance(each, Passed)
        offered[each.receivers] = True
        carriers = each.receivers[::3]
    assert offered.sum() > 50_000
    assert time.process_time() - began < 5.0


def test_what_is_set_is_set_for_those_who_accept_only() -> None:
    world = town(200, [undirected("friends", [(i, i + 1) for i in range(199)])])
    here = situation(world, obese=[100])
    spec = replace(word(waves=3), effect=Effect(set={"drinking": "heavy"}), uptake=0.5, target=Target())
    (first,) = later(act_and_pass_on(spec, here, 0))
    actions = first.plan(replace(here, past=Past(200)))
    reach, treat = actions[0], actions[1]
    assert isinstance(reach, Record)
    assert isinstance(treat, Record)
    assert reach.offered is not None
    assert treat.treated is not None
    assert reach.wave == 1
    (setting,) = [action for action in actions if isinstance(action, SetStates)]
    assert setting.persons.tolist() == treat.treated.tolist()
    assert set(treat.treated.tolist()) < set(reach.offered.tolist())
