"""Effects: paired intervals, chances of being best, the sum of the parts, and summaries of curves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from experiments.estimands import (
    EFFECT_COLUMNS,
    MEANS,
    RESAMPLES,
    TOTALS,
    WHOLES,
    OutcomeSpec,
    chances_of_best,
    check_decomposition,
    curve_bands,
    effects,
    outcome_specs,
    paired_curves,
    people_counted,
    t_interval,
)
from simulator.errors import SpecError
from simulator.outcomes import MEASURES
from simulator.streams import stream_key

SPECS = {
    "years": OutcomeSpec("years", "person_time", "lower", primary=True),
    "users": OutcomeSpec("users", "count", "higher"),
    "share": OutcomeSpec("share", "share", "lower"),
    "half": OutcomeSpec("half", "time_to", "lower"),
}
CONTROL = "usual"


def tables(values: dict[str, list[float]], outcome: str = "years", draws: list[int] | None = None):
    """Make `outcomes` and `pairs` (overall only) of one outcome from each arm's values by replicate."""
    rows = [
        {"arm": arm, "replicate": i, "draw": draws[i] if draws else 0, "outcome": outcome, "value": float(value)}
        for arm, of_arm in values.items()
        for i, value in enumerate(of_arm)
    ]
    outcomes = pd.DataFrame(rows).assign(reached=pd.array([None] * len(rows), dtype="boolean"))
    control = outcomes[outcomes["arm"] == CONTROL].set_index("replicate")["value"]
    others = outcomes[outcomes["arm"] != CONTROL]
    pairs = others.assign(estimand="overall", people=100, control_value=others["replicate"].map(control))
    return pairs, outcomes


def effect_of(table: pd.DataFrame, arm: str, estimand: str = "overall") -> pd.Series:
    return table[(table["arm"] == arm) & (table["estimand"] == estimand)].iloc[0]


def test_an_outcome_that_counts_nobody_has_no_effects():
    pairs, outcomes = tables({CONTROL: [np.nan] * 2, "leaders": [np.nan] * 2}, "share")
    assert effects(pairs[:0], outcomes, SPECS, CONTROL, 1).empty


def test_every_measure_is_a_total_a_mean_or_a_whole():
    assert {*TOTALS, *MEANS, *WHOLES} == set(MEASURES)


def test_specs_are_read_from_the_scenario():
    specs = outcome_specs(
        {
            "primary": "b",
            "a": {"time_to": {"share": "x.y", "reaches": 0.5}, "better": "lower"},
            "b": {"count": "x.y", "at": "end", "better": "higher", "matters": {"value": 5, "source": "assumed"}},
        }
    )
    assert list(specs.values()) == [
        OutcomeSpec("a", "time_to", "lower"),
        OutcomeSpec("b", "count", "higher", 5.0, primary=True),
    ]
    assert outcome_specs({"a": {"share": "x.y", "better": "lower"}})["a"].primary


def test_effect_is_the_mean_paired_difference_with_its_t_interval():
    pairs, outcomes = tables({CONTROL: [10, 20, 30], "arm": [9, 18, 24]})
    row = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")
    # Differences −1, −2, −6: mean −3, sd √7; the quantile of t with 2 degrees of freedom has a closed form.
    half = 0.95 / np.sqrt(2 * 0.975 * 0.025) * np.sqrt(7) / np.sqrt(3)
    assert (row["mean"], row["control_mean"], row["effect"], row["replicates"]) == (17, 20, -3, 3)
    assert row["low"] == pytest.approx(-3 - half, rel=1e-11)
    assert row["high"] == pytest.approx(-3 + half, rel=1e-11)
    # Points of (−6, −2, −1) by linear interpolation.
    assert row["one_town_low"] == pytest.approx(-6 + 0.05 * 4)
    assert row["one_town_high"] == pytest.approx(-2 + 0.95 * 1)


@pytest.mark.parametrize(("quantile", "holds"), [(None, True), (1.959963984540054, False)])
def test_intervals_cover_what_they_say(quantile, holds):
    values = np.random.default_rng(5).normal(3, 2, size=(20_000, 6))
    mean, low, high = t_interval(values)
    if quantile:  # the twin that must fail: a normal quantile, as if the variance were known
        half = quantile * values.std(axis=1, ddof=1) / np.sqrt(6)
        low, high = mean - half, mean + half
    covered = np.mean((low <= 3) & (high >= 3))
    assert (abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 20_000)) == holds


def test_equal_differences_give_an_interval_of_no_width():
    values = [0.1 + 0.2, 0.7, 1.3, 2.9, 11.1, 23.7, 17.3]
    pairs, outcomes = tables({CONTROL: values, "nothing": values, "shift": [value + 2 for value in values]})
    pairs.loc[pairs["arm"] == "shift", "value"] = pairs["control_value"] + 2
    table = effects(pairs, outcomes, SPECS, CONTROL, 1)
    nothing = effect_of(table, "nothing")
    assert (nothing["effect"], nothing["low"], nothing["high"]) == (0, 0, 0)
    mean, low, high = t_interval(np.full((2, 7), 0.1))
    assert (mean == 0.1).all()
    assert (low == 0.1).all()
    assert (high == 0.1).all()
    assert np.isnan(nothing["variance_ratio"])


def test_one_replicate_has_no_interval():
    pairs, outcomes = tables({CONTROL: [10], "arm": [7]})
    row = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")
    assert row["effect"] == -3
    assert row[["low", "high", "one_town_low", "one_town_high", "probability_best", "variance_ratio"]].isna().all()
    assert row["best_in_world"] == 1


def test_no_replicates_and_no_pairs_give_a_table_all_the_same():
    pairs, outcomes = tables({CONTROL: [10, 11], "arm": [7, 8]})
    assert list(effects(pairs[:0], outcomes[:0], SPECS, CONTROL, 1).columns) == EFFECT_COLUMNS
    alone = effects(pairs[:0], outcomes[outcomes["arm"] == CONTROL], SPECS, CONTROL, 1)
    assert alone[["arm", "effect", "probability_best"]].to_numpy().tolist() == [[CONTROL, 0.0, 1.0]]


def test_variance_ratio_counts_from_twenty_replicates_on():
    rng = np.random.default_rng(2)
    luck, own = rng.normal(0, 10, 30), rng.normal(0, 1, 30)
    for n in (19, 20, 30):
        pairs, outcomes = tables({CONTROL: list(luck[:n]), "arm": list(luck[:n] + own[:n] - 3)})
        ratio = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")["variance_ratio"]
        if n < 20:
            assert np.isnan(ratio)
        else:
            arm, control = luck[:n] + own[:n], luck[:n]
            expected = (arm.var(ddof=1) + control.var(ddof=1)) / (arm - control).var(ddof=1)
            assert ratio == pytest.approx(expected)


def test_probability_best_is_that_of_a_naive_bootstrap():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1, (12, 3)) + np.array([0, 0.2, 0.4])
    pairs, outcomes = tables({name: list(values[:, i]) for i, name in enumerate([CONTROL, "a", "b"])})
    table = effects(pairs, outcomes, SPECS, CONTROL, 7)
    generator = np.random.Generator(np.random.Philox(key=stream_key(7, "bootstrap", "years")))
    won = np.zeros(3)
    for chosen in generator.integers(0, 12, size=(RESAMPLES, 12)):
        won[np.argmin(values[chosen].mean(axis=0))] += 1
    found = [effect_of(table, arm)["probability_best"] for arm in (CONTROL, "a", "b")]
    assert found == (won / RESAMPLES).tolist()
    best = np.bincount(values.argmin(axis=1), minlength=3) / 12
    assert [effect_of(table, arm)["best_in_world"] for arm in (CONTROL, "a", "b")] == best.tolist()


def test_probability_best_of_two_arms_is_about_the_normal_one():
    rng = np.random.default_rng(4)
    difference = rng.normal(0.3, 1, 50)
    common = rng.normal(0, 30, 50)
    pairs, outcomes = tables({CONTROL: list(common), "arm": list(common + difference)}, "users")
    found = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")["probability_best"]
    from scipy import stats

    expected = stats.norm.cdf(difference.mean() / (difference.std() / np.sqrt(50)))
    assert found == pytest.approx(expected, abs=0.02)
    # Resampled each on its own, the arms' common luck would drown the difference.
    unpaired = stats.norm.cdf(difference.mean() / (30 * np.sqrt(2 / 50)))
    assert abs(found - unpaired) > 0.1


def test_arms_that_tie_share_the_chance():
    rng = np.random.default_rng(6)
    base = list(rng.normal(0, 1, 40))
    pairs, outcomes = tables({CONTROL: base, "empty": base, "worse": [value + 5 for value in base]})
    table = effects(pairs, outcomes, SPECS, CONTROL, 1)
    assert [effect_of(table, arm)["probability_best"] for arm in (CONTROL, "empty", "worse")] == [0.5, 0.5, 0]
    assert [effect_of(table, arm)["best_in_world"] for arm in (CONTROL, "empty", "worse")] == [0.5, 0.5, 0]


def test_chances_do_not_depend_on_how_many_are_drawn_at_once():
    values = np.random.default_rng(8).normal(0, 1, (1500, 3))
    whole, _ = chances_of_best(values, values, 1, 5)
    generator = np.random.Generator(np.random.Philox(key=5))
    chosen = np.concatenate([generator.integers(0, 1500, size=(1333, 1500)), generator.integers(0, 1500, (667, 1500))])
    best = np.stack([values[:, i][chosen].sum(axis=1) for i in range(3)], axis=1).argmax(axis=1)
    assert whole == pytest.approx(np.bincount(best, minlength=3) / RESAMPLES, abs=1e-12)


def test_order_of_rows_and_arms_and_other_arms_and_outcomes_change_nothing():
    rng = np.random.default_rng(9)
    values = {name: list(rng.normal(0, 1, 25)) for name in [CONTROL, "a", "b"]}
    pairs, outcomes = tables(values)
    table = effects(pairs, outcomes, SPECS, CONTROL, 1)
    turned = tables({name: values[name] for name in ("b", CONTROL, "a")})
    shuffled = effects(
        turned[0].sample(frac=1, random_state=1), turned[1].sample(frac=1, random_state=2), SPECS, CONTROL, 1
    )
    assert_frame_equal(table, shuffled)
    more = tables({**values, "c": list(rng.normal(0, 1, 25))})
    users = tables({name: list(rng.normal(0, 1, 25)) for name in values}, "users")
    with_more = effects(pd.concat([more[0], users[0]]), pd.concat([more[1], users[1]]), SPECS, CONTROL, 1)
    own = [name for name in EFFECT_COLUMNS if name not in ("probability_best", "best_in_world")]
    kept = with_more[(with_more["outcome"] == "years") & (with_more["arm"] != "c")].reset_index(drop=True)
    assert_frame_equal(table[own], kept[own])


def test_a_replicate_that_failed_in_one_arm_counts_for_none():
    pairs, outcomes = tables({CONTROL: [10, 20, 30], "a": [9, 18, 24], "b": [1, 2, 3]})
    lost = (outcomes["arm"] == "b") & (outcomes["replicate"] == 1)
    table = effects(pairs[~((pairs["arm"] == "b") & (pairs["replicate"] == 1))], outcomes[~lost], SPECS, CONTROL, 1)
    assert (table["replicates"] == 2).all()
    assert effect_of(table, "a")["effect"] == -3.5
    without_value = outcomes.assign(value=outcomes["value"].where(~lost))
    assert_frame_equal(effects(pairs, without_value, SPECS, CONTROL, 1), table)


def test_the_control_has_a_row_of_its_own():
    pairs, outcomes = tables({CONTROL: [10, 20, 30], "arm": [9, 18, 24]})
    row = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), CONTROL)
    assert row[["effect", "low", "high", "one_town_low", "one_town_high"]].tolist() == [0] * 5
    assert row["mean"] == row["control_mean"] == 20


def test_shares_that_reached_the_level_stand_beside_time_to():
    pairs, outcomes = tables({CONTROL: [9, 9, 9, 4], "arm": [3, 9, 2, 2]}, "half")
    outcomes["reached"] = pd.array([False, False, False, True, True, False, True, True], dtype="boolean")
    row = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")
    assert (row["reached"], row["control_reached"]) == (0.75, 0.25)
    pairs, outcomes = tables({CONTROL: [9, 8], "arm": [3, 2]})
    assert np.isnan(effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")["reached"])


def test_with_parameter_draws_intervals_come_from_draw_means():
    draws = [0, 0, 1, 1, 2, 2]
    difference = np.array([1.0, 3, 5, 7, 6, 8])  # means of draws: 2, 6, 7
    pairs, outcomes = tables({CONTROL: [0] * 6, "arm": list(difference)}, draws=draws)
    row = effect_of(effects(pairs, outcomes, SPECS, CONTROL, 1), "arm")
    _, low, high = t_interval(np.array([2.0, 6, 7]))
    assert (row["effect"], row["low"], row["high"], row["replicates"]) == (5, low, high, 6)


def test_what_cannot_be_estimated_is_refused():
    pairs, outcomes = tables({CONTROL: [1, 2], "arm": [2, 3]})
    with pytest.raises(ValueError, match="not among the arms"):
        effects(pairs, outcomes, SPECS, "elsewhere", 1)
    with pytest.raises(ValueError, match="has no spec"):
        effects(pairs, outcomes, {}, CONTROL, 1)


def test_an_outcome_among_targets_has_effects_but_no_ranking():
    specs = {"years": OutcomeSpec("years", "person_time", "lower", among="targets")}
    pairs, outcomes = tables({CONTROL: [10, 20, 30, 40], "a": [9, 18, 24, 40], "b": [3, 2, 1, 0]})
    # The control has no targets, so no value; what it is compared with stands in the pairs.
    outcomes.loc[outcomes["arm"] == CONTROL, "value"] = np.nan
    table = effects(pairs, outcomes[~((outcomes["arm"] == "b") & (outcomes["replicate"] == 3))], specs, CONTROL, 1)
    assert table["arm"].tolist() == ["a", "b"]
    assert (table["replicates"] == 3).all()
    assert effect_of(table, "a")["effect"] == -3
    assert table[["probability_best", "best_in_world"]].isna().all(axis=None)
    assert check_decomposition(pairs, specs) == []
    assert check_decomposition(pairs, SPECS)
    with pytest.raises(SpecError, match="choose another primary outcome"):
        outcome_specs({"a": {"share": "x.y", "better": "lower", "among": "others"}})


# The sum of the parts


def decomposed() -> pd.DataFrame:
    """Three parts that add up, for a count, a person time and a share, in two replicates."""
    rows = []
    people = {"total": 10, "spillover": 85, "later": 5}
    rng = np.random.default_rng(1)
    for replicate in range(2):
        for outcome in ("users", "years", "share"):
            parts = {}
            for estimand, n in people.items():
                value, control = rng.integers(0, n, 2) if outcome != "years" else rng.uniform(0, n, 2) / 3
                parts[estimand] = (float(value), float(control))
            of = {"arm": "arm", "replicate": replicate, "draw": 0, "outcome": outcome}
            mean = outcome == "share"
            for estimand, (value, control) in parts.items():
                n = people[estimand] if mean else 1
                rows.append(
                    of
                    | {
                        "estimand": estimand,
                        "people": people[estimand],
                        "value": value / n,
                        "control_value": control / n,
                    }
                )
            whole, control = (sum(part[i] for part in parts.values()) / (100 if mean else 1) for i in (0, 1))
            rows.append(of | {"estimand": "overall", "people": 100, "value": whole, "control_value": control})
    return pd.DataFrame(rows)


def test_parts_that_add_up_pass():
    pairs = decomposed()
    assert check_decomposition(pairs, SPECS) == []
    whole = pairs[pairs["estimand"] == "overall"].head(1).assign(outcome="half", value=3.5)
    assert check_decomposition(pd.concat([pairs, whole]), SPECS) == []
    assert check_decomposition(pairs[:0], SPECS) == []
    assert people_counted(pairs) == {"users": 100, "years": 100, "share": 100}


@pytest.mark.parametrize("column", ["value", "control_value"])
@pytest.mark.parametrize("estimand", ["overall", "total", "spillover", "later"])
@pytest.mark.parametrize(("outcome", "change"), [("users", 1), ("users", 1e-6), ("years", 1e-6), ("share", 1e-5)])
def test_parts_that_do_not_add_up_are_found(column, estimand, outcome, change):
    pairs = decomposed()
    row = pairs.index[(pairs["outcome"] == outcome) & (pairs["estimand"] == estimand) & (pairs["replicate"] == 1)]
    pairs.loc[row, column] += change
    (problem,) = check_decomposition(pairs, SPECS)
    assert f"{outcome} of arm, replicate 1, draw 0: {column} is" in problem


def test_missing_parts_and_wrong_numbers_of_people_are_found():
    pairs = decomposed()
    assert check_decomposition(pairs[pairs["estimand"] == "overall"], SPECS)
    assert check_decomposition(pairs[pairs["estimand"] != "overall"], SPECS)
    assert check_decomposition(pairs.assign(people=pairs["people"] + 1), SPECS)
    part = pairs[pairs["estimand"] == "total"].head(1).assign(outcome="half")
    assert "half has no total effect" in check_decomposition(pd.concat([pairs, part]), SPECS)[0]
    # An unweighted mean of the parts' shares is not the share of all.
    shares = pairs[(pairs["outcome"] == "share") & (pairs["replicate"] == 0)].copy()
    mean = shares.loc[shares["estimand"] != "overall", ["value", "control_value"]].mean()
    shares.loc[shares["estimand"] == "overall", ["value", "control_value"]] = mean.to_numpy()
    assert check_decomposition(shares, SPECS)


# Curves


def curves(n_replicates: int = 5) -> pd.DataFrame:
    keys = {
        "arm": [CONTROL, "a", "b"],
        "replicate": range(n_replicates),
        "draw": [0],
        "time": [0.0, 1.0, 2.0],
        "behaviour": ["obesity"],
        "state": ["lean", "obese"],
        "group_by": ["area"],
        "group": ["rural", "urban"],
    }
    table = pd.MultiIndex.from_product(list(keys.values()), names=list(keys)).to_frame(index=False)
    return table.assign(count=np.random.default_rng(1).integers(0, 100, len(table)))


def test_bands_are_those_of_a_naive_loop():
    table = curves()
    bands = curve_bands(table.sample(frac=1, random_state=1))
    assert len(bands) == 3 * 3 * 2 * 2
    keys = ["arm", "behaviour", "state", "group_by", "group", "time"]
    for row in bands.to_dict("records"):
        counts = table[(table[keys] == pd.Series({key: row[key] for key in keys})).all(axis=1)]["count"]
        assert row["mean"] == pytest.approx(counts.mean())
        for quantile, name in ((0.025, "q2.5"), (0.25, "q25"), (0.5, "q50"), (0.75, "q75"), (0.975, "q97.5")):
            assert row[name] == pytest.approx(counts.quantile(quantile))
        assert row["replicates"] == 5


def test_paired_curves_are_those_of_a_naive_loop():
    table = curves()
    found = paired_curves(table.sample(frac=1, random_state=1), CONTROL)
    assert set(found["arm"]) == {"a", "b"}
    keys = ["behaviour", "state", "group_by", "group", "time"]
    for row in found.to_dict("records"):
        same = table[(table[keys] == pd.Series({key: row[key] for key in keys})).all(axis=1)]
        by_arm = same.pivot(index="replicate", columns="arm", values="count")
        expected = t_interval((by_arm[row["arm"]] - by_arm[CONTROL]).to_numpy())
        assert (row["difference"], row["low"], row["high"]) == pytest.approx([float(number) for number in expected])


def test_incomplete_replicates_are_left_out_of_curves_and_missing_rows_count_nobody():
    table = curves()
    lost = table[~((table["arm"] == "b") & (table["replicate"] == 2))]
    assert (curve_bands(lost)["replicates"] == 4).all()
    assert_frame_equal(curve_bands(lost), curve_bands(table[table["replicate"] != 2]))
    nobody = (table["arm"] == "a") & (table["replicate"] == 0) & (table["time"] == 1) & (table["state"] == "obese")
    zeros = table.assign(count=table["count"].where(~nobody, 0))
    assert_frame_equal(curve_bands(table[~nobody]), curve_bands(zeros))
    assert_frame_equal(paired_curves(table[~nobody], CONTROL), paired_curves(zeros, CONTROL))


def test_curves_without_rows_have_no_bands():
    assert curve_bands(curves()[:0]).empty
    assert paired_curves(curves()[:0], CONTROL).empty
