"""Money: every cost key is charged as it says, and a budget buys as much as it can and never more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_towns import STAR, category, situation, town, undirected
from test_schedule import TOWN, loaded

import netrial
from interventions.acting import act
from interventions.money import left_for
from interventions.specs import Cost, Effect, Intervention, NewTies, Rewiring, Target
from scenarios.loading import Scenario
from simulator.actions import Record
from simulator.past import Past


def ledger(found: Scenario) -> pd.DataFrame:
    lines = netrial.run(found).ledger
    return lines[(lines["replicate"] == 0) & (lines["arm"] == "treated")]


def priced(it: Mapping[str, Any], budget: float | None = None) -> Scenario:
    arm: Any = ["it"] if budget is None else {"interventions": ["it"], "budget": budget}
    base = {"kind": "champions", "target": {"number": 20}, "at": 0, "effect": {}}
    return loaded({**TOWN, "interventions": {"it": {**base, **it}}, "arms": {"usual": [], "treated": arm}})


def costs(actions: list[Any]) -> dict[str, float]:
    return {each.action: each.cost for each in actions if isinstance(each, Record) and each.cost}


class TestPrices:
    world = town(200, [undirected("friends", [(i, i + 1) for i in range(199)])])

    def charged(self, cost: Cost, **given: Any) -> dict[str, float]:
        effect = given.pop("effect", Effect())
        here = situation(self.world, time=given.pop("time", 0.0), horizon=10.0)
        target = given.pop("target", Target(number=20))
        return costs(act(Intervention("x", "champions", target, effect=effect, cost=cost, **given), here, 0))

    def test_each_key(self) -> None:
        assert self.charged(Cost(fixed=5, per_reached=2, per_treated=3)) == {"reach": 45, "treat": 60}
        assert self.charged(Cost(per_time=7)) == {"run": 70}
        assert self.charged(Cost(per_time=7), time=4.0) == {"run": 42}
        assert self.charged(Cost(per_time=7), effect=Effect(lasting=2.0)) == {"run": 14}
        assert self.charged(Cost(per_time=7), every=3.0) == {"run": 21}
        assert self.charged(Cost(per_time_treated=1)) == {"keep": 200}
        assert self.charged(Cost(per_time_treated=1), effect=Effect(lasting=2.5)) == {"keep": 50}
        ties = Effect(ties=NewTies("friends", 2))
        assert self.charged(Cost(per_tie=4), effect=ties) == {"add ties to friends": 160}
        moved = Effect(rewire=Rewiring("friends"))
        everybody = self.charged(Cost(per_tie=1), effect=moved, target=Target())
        assert 190 <= everybody["rewire ties of friends"] <= 199

    def test_time_of_people_ends_when_they_leave(self) -> None:
        rate, people = 0.5, 200
        total = self.charged(Cost(per_time_treated=1), drop_out=rate, target=Target())["keep"]
        expected = people * (1 - np.exp(-10 * rate)) / rate
        assert abs(total - expected) < 4 * np.sqrt(people) / rate
        assert abs(total - people * 10) > 8 * np.sqrt(people) / rate  # the twin: nobody leaves


class TestBudgets:
    @pytest.mark.parametrize("budget", [0.0, 99.0, 100.0, 151.0, 1000.0, 1999.5, 2000.0, 1e6])
    def test_certain_uptake_buys_exactly_what_it_pays_for(self, budget: float) -> None:
        lines = ledger(priced({"target": {}, "cost": {"fixed": 100, "per_reached": 20, "per_treated": 30}}, budget))
        people = 0 if budget < 150 else min(int((budget - 100) // 50), 400)
        assert lines[lines["action"] == "reach"]["people"].item() == people
        assert lines["cost"].sum() == (100 + 50 * people if people else 0)
        short = lines[lines["action"] == "short of money"]["people"].sum()
        assert short == 400 - people

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize(
        "extra",
        [
            {"target": {"rank": "degree"}},
            {"target": {"rank": "degree", "per": "ward"}},
            {"target": {"groups": "ward", "rank": "size"}},
            {"target": {"rank": "random"}, "drop_out": 0.3, "every": 2},
            {"target": {"share": 0.5}, "effect": {"ties": {"add": {"per_person": 2, "layer": "friends"}}, "for": 3}},
            {"target": {"share": 0.5}, "effect": {"ties": {"rewire": {"layer": "friends", "share": 0.5}}}},
        ],
        ids=["rank", "per", "groups", "again", "ties", "rewired"],
    )
    def test_it_is_never_exceeded_and_as_much_is_bought_as_it_pays_for(self, seed: int, extra: dict[str, Any]) -> None:
        prices = {"fixed": 50, "per_reached": 3, "per_treated": 40, "per_time": 1, "per_time_treated": 4, "per_tie": 2}
        kind = {"kind": "groups"} if "groups" in extra["target"] else {}
        kind = {"kind": "alteration"} if "ties" in extra.get("effect", {}) else kind
        found = priced({"uptake": 0.6, "cost": prices, **kind, **extra}, 6000).set("experiment.seed", seed)
        results = netrial.run(found)
        spent = results.ledger.groupby("replicate")["cost"].sum()
        assert (spent <= 6000 * (1 + 1e-9)).all()
        most = 3 + 40 + 4 * 10 + 2 * 12
        left = 150 * most if "groups" in extra["target"] else most
        if "rewire" in extra.get("effect", {}).get("ties", {}):
            left = 600  # ties that two of them share are counted twice before they are known
        assert (spent > 6000 - left).all()

    def test_a_larger_budget_reaches_everybody_whom_a_smaller_one_reached(self) -> None:
        def people(budget: float) -> set[Any]:
            found = priced({"target": {"rank": "degree"}, "uptake": 0.5, "cost": {"per_treated": 10}}, budget)
            return set(netrial.run(found.set("experiment.replicates", 1)).targets["id"])

        assert people(300) < people(600) < people(900)

    def test_two_interventions_share_a_purse_first_come_first_served(self) -> None:
        data = {
            **TOWN,
            "interventions": {
                "first": {
                    "kind": "champions",
                    "target": {"number": 30},
                    "at": 0,
                    "effect": {},
                    "cost": {"per_treated": 10},
                },
                "second": {"kind": "champions", "target": {}, "at": [0, 3], "effect": {}, "cost": {"per_treated": 7}},
            },
            "arms": {"usual": [], "treated": {"interventions": ["first", "second"], "budget": 500}},
        }
        lines = ledger(loaded(data)).query("action == 'reach'")
        assert lines["people"].tolist() == [30, 28, 0]  # 300 for the first; of 200, 28 x 7 for the second

    def test_of_a_target_it_is_for_each_time(self) -> None:
        it = {"target": {"budget": 105}, "at": [0, 1], "cost": {"fixed": 5, "per_treated": 10}}
        lines = ledger(priced(it))
        assert lines[lines["action"] == "reach"]["people"].tolist() == [10, 10]

    def test_without_prices_it_buys_everybody(self) -> None:
        assert ledger(priced({"target": {}}, 10)).query("action == 'reach'")["people"].item() == 400

    def test_whole_groups_that_cannot_be_paid_for_are_skipped(self) -> None:
        wards = ["a"] * 5 + ["b"] * 3 + ["c"] * 2
        world = town(10, columns=[category("ward", wards)])
        target = Target(groups="ward", rank="size", budget=52.0)
        actions = act(Intervention("x", "groups", target, cost=Cost(per_treated=10)), situation(world), 0)
        assert actions[0].offered.tolist() == [0, 1, 2, 3, 4]  # type: ignore[union-attr]
        target = Target(groups="ward", rank="size", budget=49.0)
        actions = act(Intervention("x", "groups", target, cost=Cost(per_treated=10)), situation(world), 0)
        assert actions[0].offered.tolist() == [5, 6, 7]  # type: ignore[union-attr]

    def test_who_will_accept_is_not_known_before_they_are_asked(self) -> None:
        """The next person is asked only if money is left for them to accept."""
        world = town(6, [undirected("friends", STAR)])
        for replicate in range(20):
            here = situation(world, replicate=replicate)
            one = Intervention(
                "x", "champions", Target(budget=25.0), uptake=0.5, cost=Cost(per_reached=1, per_treated=10)
            )
            reach, treat = (each for each in act(one, here, 0)[:2])
            assert isinstance(reach, Record)
            assert isinstance(treat, Record)
            assert treat.people <= 2
            left = 25 - reach.cost - treat.cost
            assert left < 11 or reach.people == 6

    def test_what_is_left(self) -> None:
        past = Past(6)
        past.spent = 70.0
        here = situation(town(6), past=past)
        assert left_for(Intervention("x", "champions"), here) == float("inf")
        assert left_for(Intervention("x", "champions", budget=100.0), here) == 30
        assert left_for(Intervention("x", "champions", Target(budget=20.0), budget=100.0), here, 5.0) == 15


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("arms.treated.budget", -5, "-5"),
        ("interventions.it.target.budget", "much", "much"),
        ("interventions.it.cost.per_ties", 5, "did you mean `per_tie`"),
        ("study.currency", None, "a cost needs a currency"),
    ],
)
def test_slips_are_told(path: str, value: Any, words: str) -> None:
    found = priced({"cost": {"per_treated": 10}, "target": {}}, 100)
    with pytest.raises(netrial.SpecError) as refused:
        found.set(path, value)
    assert words in str(refused.value)
