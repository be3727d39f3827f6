"""Costs, prices of an effect, numbers needed to treat, and dominance."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from experiments.economics import (
    costs,
    incremental,
    needed_to_treat_text,
    ratio_interval,
    strategies,
)
from experiments.estimands import OutcomeSpec, t_interval
from simulator.trajectory import FIRST_TREATED

CONTROL = "usual"


def trial(averted: list[float], treated: list[int], kind: str = "first_entries"):
    """One arm that reaches 50 people for 5,000 and treats some for 200 each."""
    unit = 100 if kind == "share" else 1
    outcomes, pairs, ledger = [], [], []
    for i, (less, n) in enumerate(zip(averted, treated, strict=True)):
        of = {"replicate": i, "draw": 0, "outcome": "cases"}
        outcomes += [{"arm": CONTROL, **of, "value": 60 / unit}, {"arm": "arm", **of, "value": (60 - less) / unit}]
        pair = {"estimand": "overall", "people": 100, "value": (60 - less) / unit, "control_value": 60 / unit}
        pairs.append({"arm": "arm", **of, **pair})
        line = {"arm": "arm", "replicate": i, "draw": 0, "time": 0.0, "intervention": "x"}
        ledger.append(line | {"action": "reach", "people": 50, "cost": 5000.0})
        ledger.append(line | {"action": "treat", "people": n, "cost": 150.0 * n})
        ledger.append(line | {"action": "treat", "people": n // 2, "cost": 50.0 * n})  # some of them once more
        ledger.append(line | {"action": FIRST_TREATED, "people": n, "cost": 0.0})
        ledger.append(line | {"action": "set advocacy", "people": n, "cost": 0.0})
    specs = {"cases": OutcomeSpec("cases", kind, "lower", primary=True)}
    return pd.DataFrame(ledger), pd.DataFrame(outcomes), pd.DataFrame(pairs), specs


def test_the_ledger_is_added_up_and_an_arm_without_lines_cost_nothing():
    ledger, outcomes, _, _ = trial([10, 20], [40, 30])
    found = costs(ledger, outcomes).set_index(["arm", "replicate"])
    assert found.loc[("arm", 0), ["cost", "reached", "treated"]].tolist() == [13_000, 50, 40]
    assert found.loc[("arm", 1), ["cost", "reached", "treated"]].tolist() == [11_000, 50, 30]
    assert found.loc[(CONTROL, 1), ["cost", "reached", "treated"]].tolist() == [0, 0, 0]
    assert costs(ledger[:0], outcomes)["cost"].sum() == 0


def test_people_whom_nobody_offered_anything_have_no_benefit():
    ledger, outcomes, pairs, _ = trial([10, 20], [0, 0])
    outcomes["value"] = np.nan
    specs = {"cases": OutcomeSpec("cases", "count", "lower", among="targets")}
    table = strategies(ledger, outcomes, pairs[:0], specs, CONTROL, "cases").set_index("arm")
    assert math.isnan(table.loc["arm", "benefit"])
    assert table.loc["arm", "cost"] == 5000


def test_an_outcome_that_counts_nobody_has_no_price():
    ledger, outcomes, pairs, specs = trial([10, 20], [40, 30])
    outcomes["value"] = np.nan
    table = strategies(ledger, outcomes, pairs[:0], specs, CONTROL, "cases").set_index("arm")
    assert table.index.tolist() == ["arm", CONTROL]
    assert table.isna().all(axis=None)


@pytest.mark.parametrize("kind", ["first_entries", "share"])
def test_a_strategy_is_priced_by_the_ratio_of_means(kind):
    ledger, outcomes, pairs, specs = trial([10, 20, 18], [40, 30, 35], kind)
    table = strategies(ledger, outcomes, pairs, specs, CONTROL, "cases").set_index("arm")
    row = table.loc["arm"]
    assert row["benefit"] == pytest.approx(16)
    assert (row["cost"], row["cost_difference"], row["treated"]) == (12_000, 12_000, 35)
    assert row["cost_per_unit"] == pytest.approx(750)
    assert row["needed_to_treat"] == pytest.approx(35 / 16)
    assert row["ntt_low"] < row["needed_to_treat"] < row["ntt_high"]
    assert row[["benefit_low", "benefit_high"]].tolist() == pytest.approx(
        [float(bound) for bound in t_interval(np.array([10.0, 20, 18]))[1:]]
    )
    assert table.loc[CONTROL, ["cost", "benefit", "treated"]].tolist() == [0, 0, 0]
    assert math.isnan(table.loc[CONTROL, "needed_to_treat"])
    assert needed_to_treat_text(table.loc[CONTROL]) == ""


def test_an_outcome_among_targets_is_priced_too():
    ledger, outcomes, pairs, _ = trial([10, 20, 18], [40, 30, 35])
    outcomes.loc[outcomes["arm"] == CONTROL, "value"] = np.nan
    specs = {"cases": OutcomeSpec("cases", "first_entries", "lower", among="targets")}
    row = strategies(ledger, outcomes, pairs, specs, CONTROL, "cases").iloc[0]
    assert (row["benefit"], row["cost_per_unit"]) == (16, 750)


def test_only_people_can_be_needed_to_treat():
    ledger, outcomes, pairs, specs = trial([10, 20, 18], [40, 30, 35], "person_time")
    row = strategies(ledger, outcomes, pairs, specs, CONTROL, "cases").iloc[0]
    assert math.isnan(row["needed_to_treat"])
    assert needed_to_treat_text(row) == ""
    assert row["cost_per_unit_low"] < row["cost_per_unit"] == 750 < row["cost_per_unit_high"]


@pytest.mark.parametrize("mean", [3.0, 0.1, -0.4, -2.0])
def test_the_set_of_ratios_is_where_a_paired_t_test_does_not_reject(mean):
    rng = np.random.default_rng(3)
    luck = rng.normal(0, 1, 12)
    top, bottom = 20 + luck, mean + 0.6 * luck + rng.normal(0, 1, 12)
    ratio, low, high = ratio_interval(top, bottom)
    assert ratio == pytest.approx(top.mean() / bottom.mean())
    _, bottom_low, bottom_high = t_interval(bottom)
    through_infinity = bottom_low <= 0 <= bottom_high
    for candidate in np.concatenate([np.linspace(-300, 300, 601), [low - 1e-6, low + 1e-6, high - 1e-6, high + 1e-6]]):
        kept = stats.ttest_1samp(top - candidate * bottom, 0).pvalue >= 0.05
        inside = low <= candidate <= high
        assert kept == (not inside if through_infinity else inside)


def test_ratios_that_are_exact_or_say_nothing():
    assert ratio_interval(np.array([6.0, 6, 6]), np.array([2.0, 2, 2])) == (3, 3, 3)
    ratio, low, high = ratio_interval(np.array([6.0, 7, 8]), np.zeros(3))
    assert math.isnan(ratio)
    assert math.isnan(low)
    assert math.isnan(high)
    ratio, low, _ = ratio_interval(np.array([6.0]), np.array([2.0]))
    assert ratio == 3
    assert math.isnan(low)
    # Neither mean differs from 0: every ratio is possible.
    assert math.isnan(ratio_interval(np.array([-1.0, 1, 0.5]), np.array([1.0, -1, 0.1]))[1])


def test_numbers_needed_to_treat_in_words():
    def words(averted: list[float]) -> str:
        ledger, outcomes, pairs, specs = trial(averted, [40, 41, 39, 40])
        return needed_to_treat_text(strategies(ledger, outcomes, pairs, specs, CONTROL, "cases").iloc[0])

    assert words([10, 20, 18, 16]).startswith("2.5 (")
    assert words([4, 4, 4, 4]).startswith("10 (")
    assert words([-10, -20, -18, -16]).startswith("harm 2.5 (")
    two_sided = words([10, -9, 8, -6])
    assert two_sided.startswith("benefit ")
    assert " … ∞ … harm " in two_sided
    benefit, harm = (float(part) for part in two_sided.removeprefix("benefit ").split(" … ∞ … harm "))
    _, low, high = t_interval(np.array([10.0, -9, 8, -6]))
    assert benefit == pytest.approx(40 / high, rel=0.03)
    assert harm == pytest.approx(-40 / low, rel=0.03)


def test_dominance():
    table = pd.DataFrame(
        [
            (CONTROL, 0, 0),
            ("cheap", 100, 10),
            ("dear", 400, 50),  # 7.5 a unit after `cheap`, so `between` at 20 a unit after it is no step worth taking
            ("between", 300, 20),
            ("worse", 450, 40),
            ("harmful", 50, -5),
            ("twin", 400, 50),
        ],
        columns=["arm", "cost_difference", "benefit"],
    )
    found = incremental(table).set_index("arm")
    assert found["status"].to_dict() == {
        CONTROL: "frontier",
        "harmful": "dominated",
        "cheap": "extended dominance",
        "between": "extended dominance",
        "dear": "frontier",
        "twin": "dominated",
        "worse": "dominated",
    }
    assert (found.loc["dear", "versus"], found.loc["dear", "cost_per_unit"]) == (CONTROL, 8)
    steps = incremental(table.assign(benefit=[0, 20, 50, 21, 40, -5, 50])).set_index("arm")
    assert (steps.loc["dear", "versus"], steps.loc["dear", "cost_per_unit"]) == ("cheap", 10)
    assert (steps.loc["cheap", "versus"], steps.loc["cheap", "cost_per_unit"]) == (CONTROL, 5)
    assert steps.loc["between", "status"] == "extended dominance"
