"""What effects must be, whatever the engine draws: exact zeros, sums, and nobody worse off."""

import numpy as np
import pandas as pd
import pytest

import netrial
from experiments.design import design
from experiments.replicate import run_arms, run_replicate
from simulator.units import to_ticks

ESTIMANDS = {"overall", "total", "spillover", "later"}


@pytest.fixture(scope="module")
def obesity():
    return netrial.load("obesity").set({"population.size": 600, "experiment.replicates": 12})


def test_an_intervention_without_effect_has_no_effect(obesity):
    scenario = obesity.set(
        {
            "interventions.leaders": {
                "kind": "champions",
                "target": {"where": "obesity == obese", "rank": "random", "share": 0.5},
                "at": [0, 4],
                "effect": {},
            }
        }
    )
    pairs = netrial.run(scenario, arms=["champions"]).pairs
    assert set(pairs["estimand"]) == ESTIMANDS
    assert (pairs["value"] == pairs["control_value"]).all()
    assert (pairs["people"] > 0).all()


def test_without_ties_nothing_spills_over(obesity):
    scenario = obesity.set("network.layers.close_ties", {"generator": "empty"})
    pairs = netrial.run(scenario, arms=["groups"]).pairs
    spilled = pairs[pairs["estimand"] == "spillover"]
    treated = pairs[(pairs["estimand"] == "total") & (pairs["outcome"] == "obese_years")]
    assert len(spilled) > 0
    assert (spilled["value"] == spilled["control_value"]).all()
    assert (treated["value"] <= treated["control_value"]).all()
    assert treated["value"].sum() < treated["control_value"].sum()


def test_with_ties_something_does(obesity):
    pairs = netrial.run(obesity, arms=["champions"]).pairs
    spilled = pairs[(pairs["estimand"] == "spillover") & (pairs["outcome"] == "obese_years")]
    assert spilled["value"].mean() < spilled["control_value"].mean() - 20


def test_overall_is_the_sum_of_its_parts(obesity):
    scenario = obesity.set(
        {
            "interventions.leaders.at": [0, 3, 8.5],
            "outcomes.entries": {"entries": "obesity.obese", "better": "lower"},
            "outcomes.exits": {"exits": "obesity.obese", "better": "higher"},
            "outcomes.at_ten": {"count": "obesity.obese", "at": 10, "better": "lower"},
        }
    )
    pairs = netrial.run(scenario, arms=["champions", "alteration"]).pairs
    for outcome, exact in {
        "entries": True,
        "exits": True,
        "new_cases": True,
        "at_ten": True,
        "obese_years": False,
    }.items():
        mine = pairs[pairs["outcome"] == outcome]
        for column in ("value", "control_value", "people"):
            wide = mine.pivot_table(index=["arm", "replicate"], columns="estimand", values=column, fill_value=0)
            parts = wide.drop(columns="overall").sum(axis=1)
            if exact or column == "people":
                assert (parts == wide["overall"]).all()
            else:
                assert np.allclose(parts, wide["overall"], rtol=1e-9, atol=0)
    shares = pairs[pairs["outcome"] == "obese_at_end"].assign(weighted=lambda table: table["value"] * table["people"])
    wide = shares.pivot_table(index=["arm", "replicate"], columns="estimand", values="weighted", fill_value=0)
    assert np.allclose(wide.drop(columns="overall").sum(axis=1), wide["overall"], rtol=1e-12)


def worse_off(scenario, arm, behaviour, harmful, replicates, times):
    """Count the replicates in which anybody is in a harmful state while they are not in it in the control."""
    trial = design(scenario, [arm])
    found = 0
    for replicate in range(replicates):
        town = trial.town(replicate)
        column = town.world.column_of(behaviour)
        codes = tuple(town.world.behaviours[behaviour].code(state) for state in harmful)
        runs = run_arms(trial, town, replicate)
        treated, control = runs[arm], runs[trial.control]
        somebody = any(
            np.any(treated.in_states_at(column, codes, to_ticks(t)) & ~control.in_states_at(column, codes, to_ticks(t)))
            for t in times
        )
        longer = np.any(treated.ticks_in(column, codes) > control.ticks_in(column, codes))
        found += bool(somebody or longer)
    return found


@pytest.mark.parametrize("arm", ["champions", "groups", "induction", "alteration"])
def test_under_shared_luck_nobody_is_worse_off(arm):
    scenario = netrial.load("obesity").set("population.size", 300)
    assert worse_off(scenario, arm, "obesity", ["obese"], 200, np.linspace(0, 30, 61)) == 0


def test_postponed_initiation_makes_somebody_worse_off(tmp_path):
    """never -> current <- former: who starts later quits later, or never; the check must be able to fail."""
    path = tmp_path / "smoking.yaml"
    path.write_text(SMOKING)
    scenario = netrial.load(path)
    assert worse_off(scenario, "delay", "smoking", ["current"], 200, np.linspace(0, 20, 41)) > 100


SMOKING = """
netrial: 1
name: smoking
time: {unit: year, horizon: 20}
population: {size: 200}
network: {layers: {friends: {generator: watts_strogatz, mean_degree: 4, rewiring: 0.1}}}
behaviours:
  smoking:
    states: [never, current, former]
    initial: {current: 0.2}
    transitions:
      start: {from: never, to: current, rate: 0.05, per_contact: current}
      quit: {from: current, to: former, rate: 0.3}
interventions:
  school:
    kind: broadcast
    target: {}
    at: 0
    effect: {susceptibility: {smoking.start: 0.3}, for: 5}
arms: {usual: [], delay: [school]}
outcomes: {primary: smokers, smokers: {share: smoking.current, better: lower}}
experiment: {replicates: 4, seed: 1}
"""


def test_check_says_which_is_which(tmp_path, capsys):
    from experiments.description import protection_of

    path = tmp_path / "smoking.yaml"
    path.write_text(SMOKING)
    assert protection_of(netrial.load("obesity")).holds
    verdict = protection_of(netrial.load(path))
    assert not verdict.holds
    assert verdict.reasons


def test_a_person_is_a_target_once_however_often_they_are_offered_something(obesity):
    """A monthly broadcast to a million people would otherwise be a table of hundreds of millions of rows."""
    media = {"kind": "broadcast", "target": {}, "at": list(range(10)), "effect": {}}
    changes = {"interventions.media": media, "arms.media": ["media"]}
    targets = run_replicate(design(obesity.set(changes), ["media"]), 0)["targets"]
    assert targets["person"].tolist() == list(range(600))
    assert {len(column) for column in targets.values()} == {600}
    assert set(zip(targets["arm"], targets["intervention"], strict=True)) == {("media", "media")}


def test_a_measure_among_targets(obesity):
    scenario = obesity.set(
        {
            "outcomes.among_targets": {"share": "obesity.obese", "among": "targets", "better": "lower"},
            "outcomes.among_others": {"count": "obesity.obese", "among": "others", "better": "lower"},
        }
    )
    results = netrial.run(scenario, arms=["alteration"])
    pairs = results.pairs.set_index(["outcome", "estimand", "replicate"]).sort_index()
    total = pairs.loc["obese_at_end", "total"]
    pd.testing.assert_series_equal(pairs.loc["among_targets", "overall"]["value"], total["value"], check_names=False)
    others = pairs.loc["among_others", "overall"]["people"]
    assert (others + total["people"] == 600).all()


def test_people_treated_twice_are_needed_to_treat_once(obesity):
    """The number needed to treat is people over people: a second date treats nobody anew."""
    from experiments.economics import costs

    scenario = obesity.set({"interventions.leaders.at": [0, 5], "interventions.leaders.uptake": 1})
    results = netrial.run(scenario, arms=["champions"], replicates=3)
    champions = costs(results.ledger, results.outcomes).set_index("arm").loc["champions"]
    assert (champions["treated"] == 30).all()
    assert (champions["reached"] == 60).all()
    assert (results.ledger.loc[results.ledger["action"] == "treat", "people"] == 30).all()
