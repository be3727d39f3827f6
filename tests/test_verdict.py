"""Who wins, and that every sentence agrees with the numbers it is made from."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.estimands import OutcomeSpec, effects
from experiments.verdict import Verdict, decide, difference_in_words, ranking_lines, scaled, sentence
from experiments.wording import percent_rounded_down, plain_number
from simulator.errors import SpecError

CONTROL = "usual_care"
YEARS = OutcomeSpec("obese_years", "person_time", "lower", primary=True)
WORDS = {"person_time": ("more", "fewer"), "share": ("higher", "lower"), "time_to": ("later", "earlier")}


def trial(values: dict[str, list[float]], spec: OutcomeSpec = YEARS) -> tuple[pd.DataFrame, Verdict]:
    """Return effects and verdict of arms with these values by replicate, over 5,000 people."""
    rows = [
        {"arm": arm, "replicate": i, "draw": 0, "outcome": spec.name, "value": float(value)}
        for arm, of_arm in values.items()
        for i, value in enumerate(of_arm)
    ]
    outcomes = pd.DataFrame(rows)
    control = outcomes[outcomes["arm"] == CONTROL].set_index("replicate")["value"]
    others = outcomes[outcomes["arm"] != CONTROL]
    pairs = others.assign(estimand="overall", people=5000, control_value=others["replicate"].map(control))
    specs = {spec.name: spec}
    table = effects(pairs, outcomes, specs, CONTROL, 1)
    return table, decide(table, outcomes, pairs, specs, CONTROL)


def around(mean: float, sd: float = 1.0, n: int = 30, seed: int = 1) -> list[float]:
    noise = np.random.default_rng([seed, int(mean * 10)]).normal(0, sd, n)
    return list(mean + noise - noise.mean())


def numbers_in(text: str) -> list[float]:
    return [float(word.replace(",", "").replace("−", "-")) for word in re.findall(r"−?\d[\d,]*(?:\.\d+)?", text)]


def test_a_clear_winner():
    _, verdict = trial({CONTROL: around(100), "leaders": around(90), "anyone": around(95)})
    assert (verdict.winner, verdict.leader, verdict.runner_up) == ("leaders", "leaders", "anyone")
    assert 4 < verdict.low < verdict.margin < verdict.high < 6
    assert (verdict.probability_best, verdict.replicates, verdict.people) == (1, 30, 5000)
    said = sentence(verdict)
    assert said.startswith("The best strategy is leaders: ")
    assert f"{plain_number(2 * verdict.margin)} fewer obese years per 10,000 people" in said
    margin = f"95 % interval {plain_number(2 * verdict.low)} to {plain_number(2 * verdict.high)}"
    assert f"({margin}) than anyone, the next best" in said
    assert "best in 100 % of 2,000 resamples" in said
    against = f"{plain_number(-2 * verdict.effect)} fewer obese years per 10,000 people"
    bounds = f"95 % interval {plain_number(-2 * verdict.effect_high)} to {plain_number(-2 * verdict.effect_low)}"
    assert f"{against} ({bounds}) than usual care" in said
    assert verdict.effect == pytest.approx(-10, abs=0.01)


def test_better_turns_the_ranking():
    spec = OutcomeSpec("users", "count", "higher", primary=True)
    _, verdict = trial({CONTROL: around(100), "leaders": around(90), "anyone": around(95)}, spec)
    assert verdict.winner == CONTROL
    assert verdict.margin > 0
    assert sentence(verdict).startswith("No strategy beats usual care (the control): ")
    assert "more users per 10,000 people" in sentence(verdict)
    assert "than anyone, the next best" in sentence(verdict)


def test_a_margin_that_may_be_too_small_to_matter_does_not_win():
    values = {CONTROL: around(100), "leaders": around(90), "anyone": around(95)}
    for matters, wins in ((None, True), (3.0, True), (5.0, False), (20.0, False)):
        spec = OutcomeSpec("obese_years", "person_time", "lower", matters, primary=True)
        _, verdict = trial(values, spec)
        assert (verdict.winner == "leaders") == wins
        assert sentence(verdict).startswith("The best" if wins else "No clear winner: leaders comes first")
    assert "the margin is smaller than the 40 per 10,000 people that matters" in sentence(verdict)


def test_luck_does_not_win():
    rng = np.random.default_rng(12)
    values = {name: list(rng.normal(100, 3, 30)) for name in (CONTROL, "a", "b", "c")}
    _, verdict = trial(values)
    assert verdict.winner is None
    assert verdict.probability_best < 0.95
    assert f"best in only {percent_rounded_down(verdict.probability_best)} of 2,000 resamples" in sentence(verdict)


def test_a_probability_below_095_is_no_win_whatever_the_margin():
    table, verdict = trial({CONTROL: around(100), "leaders": around(90)})
    assert verdict.winner == "leaders"
    values = {"arm": [CONTROL] * 30 + ["leaders"] * 30, "replicate": [*range(30)] * 2, "draw": 0, "outcome": YEARS.name}
    outcomes = pd.DataFrame(values).assign(value=around(100) + around(90))
    pairs = pd.DataFrame({"outcome": [YEARS.name], "estimand": "overall", "people": 5000})
    for probability, wins in ((0.95, True), (0.9499, False)):
        changed = table.assign(probability_best=table["probability_best"].where(table["arm"] == CONTROL, probability))
        decided = decide(changed, outcomes, pairs, {YEARS.name: YEARS}, CONTROL)
        assert (decided.winner is not None) == wins


def test_equal_arms_one_replicate_and_one_arm_have_no_winner():
    base = around(100)
    _, verdict = trial({CONTROL: base, "empty": base})
    assert verdict.winner is None
    assert sentence(verdict) == "No clear winner: empty and usual care (the control) are equal on obese years."
    table, verdict = trial({CONTROL: [100], "leaders": [90]})
    assert verdict.winner is None
    assert "one replicate cannot tell luck from effect" in sentence(verdict)
    assert any("no interval: one replicate" in line for line in ranking_lines(table, verdict))
    table, verdict = trial({CONTROL: base})
    assert verdict.winner is None
    assert sentence(verdict) == "Only one arm was run, usual care, so there is nothing to compare it with."
    assert len(ranking_lines(table, verdict)) == 2


def test_nothing_to_decide_on_is_refused():
    table, _ = trial({CONTROL: [100, 101], "leaders": [90, 91]})
    outcomes = pd.DataFrame(columns=["arm", "replicate", "draw", "outcome", "value"])
    with pytest.raises(SpecError, match="no replicate"):
        decide(table, outcomes, table, {YEARS.name: YEARS}, CONTROL)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["person_time", "share", "time_to"]),
    better=st.sampled_from(["lower", "higher"]),
    matters=st.sampled_from([None, 0.5]),
    margin=st.floats(0.0011, 5000),
    half=st.floats(0.0011, 5000),
    probability=st.floats(0, 1),
    control_leads=st.booleans(),
)
def test_sentences_agree_with_the_numbers(kind, better, matters, margin, half, probability, control_leads):
    low, high = margin - half, margin + half
    leader, runner_up = (CONTROL, "a") if control_leads else ("a", CONTROL)
    spec = OutcomeSpec("obese_years", kind, better, matters, primary=True)
    wins = probability >= 0.95 and low > (matters or 0)
    verdict = Verdict(
        spec, CONTROL, leader if wins else None, leader, runner_up, margin, low, high, probability, 30, 5000.0
    )
    said = sentence(verdict)
    assert said.startswith("No clear winner") != wins
    # The word says which way the leader differs; the numbers are the margin's, scaled, to three digits.
    more, fewer = WORDS[kind]
    word, other = (more, fewer) if better == "higher" else (fewer, more)
    amount, unit = (said[: said.index("(95 %")].removeprefix("No clear winner: "), said[said.index("(95 %") :])
    assert f" {word}" in amount
    assert f" {other}" not in amount
    factor, _ = scaled(spec, 5000, "year")
    found = [value for value in numbers_in(amount.replace("per 10,000 people", "")) if value]
    assert found == [pytest.approx(factor * margin, rel=0.0051)]
    interval = numbers_in(unit)[1:3]
    # A bound is rounded to three digits, or to a whole number.
    assert interval == pytest.approx([factor * low, factor * high], rel=0.0051, abs=1e-9)
    assert math.copysign(1, interval[0]) == math.copysign(1, low) or low == 0
    assert f"{percent_rounded_down(probability)} of 2,000 resamples" in said or (not wins and probability >= 0.95)
    assert not wins or interval[0] > 0


@pytest.mark.parametrize(
    ("kind", "effect", "expected"),
    [
        ("person_time", -100, "200 fewer obese years per 10,000 people (95 % interval −20 to 420)"),
        ("person_time", 100, "200 more obese years per 10,000 people (95 % interval −20 to 420)"),
        ("share", -100, "obese years 10,000 percentage points lower (95 % interval −1,000 to 21,000)"),
        ("time_to", 100, "obese years 100 weeks later (95 % interval −10 to 210)"),
    ],
)
def test_differences_in_words(kind, effect, expected):
    bounds = (-10, 210) if effect > 0 else (-210, 10)
    assert difference_in_words(OutcomeSpec("obese_years", kind, "lower"), effect, *bounds, 5000, "week") == expected


def test_differences_that_are_exact_or_unscaled():
    assert difference_in_words(YEARS, 0, 0, 0, 5000) == "as many obese years (the same in every replicate)"
    assert difference_in_words(YEARS, -3, -3, -3, math.nan) == "3 fewer obese years (the same in every replicate)"


def test_the_ranking_is_in_order_and_in_plain_words():
    values = {CONTROL: around(100), "leaders": around(90), "anyone": around(95), "harm": around(104)}
    table, verdict = trial(values)
    heading, *lines = ranking_lines(table, verdict)
    assert heading == "obese years, per 10,000 people: lower is better (30 replicates)"
    assert [line.split()[1] for line in lines] == ["leaders", "anyone", CONTROL, "harm"]
    row = table[table["arm"] == "leaders"].iloc[0]
    assert f"{plain_number(-2 * row['effect'])} fewer than the control" in lines[0]
    assert f"{plain_number(-2 * row['high'])} to {plain_number(-2 * row['low'])}" in lines[0]
    assert "the control; best in 0 % of resamples" in lines[2]
    assert "more than the control" in lines[3]
    turned, other = trial({name: values[name] for name in reversed(values)})
    assert ranking_lines(turned, other) == [heading, *lines]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (4970.4, "4,970"),
        (99.96, "100"),
        (99.94, "99.9"),
        (-30.25, "−30.2"),
        (0.000123456, "0.000123"),
        (1e-9, "0.000000001"),
        (5, "5"),
        (10, "10"),
        (100.4, "100"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "unknown"),
    ],
)
def test_numbers_for_readers(value, text):
    assert plain_number(value) == text


@given(st.floats(-1e9, 1e9, allow_subnormal=False))
def test_a_number_keeps_its_sign_and_three_digits(value):
    text = plain_number(value)
    if abs(value) > 1e-12:
        assert numbers_in(text)[0] == pytest.approx(value, rel=0.0051)
        assert "e" not in text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (1, "100 %"),
        (0.9999, "99 %"),
        (0.95, "95 %"),
        (0.9499, "94 %"),
        (0.0005, "under 1 %"),
        (0, "0 %"),
        (0.29, "29 %"),
    ],
)
def test_percentages_are_rounded_down(share, text):
    assert percent_rounded_down(share) == text
