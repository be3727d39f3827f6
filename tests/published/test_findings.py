"""Published findings that bundled scenarios reproduce in direction, and one that they do not; each with a failing twin.

Differences are paired, replicate by replicate, of fixed seeds. They are tested at four standard errors (one false alarm
in 16,000 for each), and every twin, a scenario in which the finding should not hold, must fail the same test.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import netrial

STANDARD_ERRORS = 4.0
REVERSED = {"network.layers.talk.influence": "source_to_target"}


@cache
def values(name: str, changes: tuple[tuple[str, Any], ...] = (), replicates: int = 40) -> pd.DataFrame:
    """Return outcomes, one column for each (outcome, arm), one row for each replicate."""
    scenario = netrial.load(name)
    if changes:
        scenario = scenario.set({path: as_mapping(value) for path, value in changes})
    outcomes = netrial.run(scenario, replicates=replicates).outcomes
    return outcomes.pivot(index="replicate", columns=["outcome", "arm"], values="value")


def as_mapping(value: Any) -> Any:
    """Let a tuple of pairs be a mapping, since what is cached must be hashable."""
    if isinstance(value, tuple):
        return {key: as_mapping(each) for key, each in value}
    return value


def difference(table: pd.DataFrame, outcome: str, one: str, two: str) -> tuple[float, float]:
    """Return the mean of arm one minus arm two, and its standard error."""
    paired = (table[outcome, one] - table[outcome, two]).to_numpy(float)
    return float(paired.mean()), float(paired.std(ddof=1) / np.sqrt(paired.size))


def above(table: pd.DataFrame, outcome: str, one: str, two: str) -> bool:
    """Say whether arm one is above arm two by more than chance."""
    mean, error = difference(table, outcome, one, two)
    return mean > STANDARD_ERRORS * error


# --- friends of random women -----------------------------------------------------------------------------------------


def beat_by_four_to_ten(table: pd.DataFrame, one: str) -> bool:
    """4 to 10 users more than random women, also at the ends of the 95 % interval of the Monte Carlo error."""
    mean, error = difference(table, "users", one, "random_women")
    return mean - 1.96 * error > 4 and mean + 1.96 * error < 10


def test_friends_of_random_women_beat_random_women_by_four_to_ten_users() -> None:
    table = values("friends_of_random", replicates=200)
    assert beat_by_four_to_ten(table, "friends_of_random")
    assert difference(table, "users", "friends_of_random", "random_women")[0] == pytest.approx(6.3, abs=1.2)


@pytest.mark.parametrize(
    "changes",
    [
        tuple(REVERSED.items()),
        (("interventions.friends_of_random.target.rank", (("rule", "random"), ("draw", "second"))),),
    ],
    ids=["the direction of namings", "random against random"],
)
def test_where_they_should_not_they_do_not(changes: tuple[tuple[str, Any], ...]) -> None:
    table = values("friends_of_random", changes, 100)
    assert not beat_by_four_to_ten(table, "friends_of_random")
    assert not above(table, "users", "friends_of_random", "random_women")


def test_namings_of_both_sides_do_not_give_it_either() -> None:
    assert not beat_by_four_to_ten(
        values("friends_of_random", (("network.layers.talk.influence", "both"),), 100), "friends_of_random"
    )


def test_equal_numbers_are_asked() -> None:
    results = netrial.run("friends_of_random", replicates=5)
    reached = results.ledger[results.ledger["action"] == "reach"]
    assert set(reached["people"]) == {49}


def test_those_named_most_do_better_than_random_women_which_the_trial_did_not_find() -> None:
    """Kim et al. 2015: "in-degree" no better than random. It does not follow from these laws: 16.7 users more."""
    table = values("friends_of_random", replicates=200)
    mean, error = difference(table, "users", "most_named", "random_women")
    assert mean == pytest.approx(16.7, abs=STANDARD_ERRORS * error)
    assert above(table, "users", "most_named", "random_women")
    assert not above(values("friends_of_random", tuple(REVERSED.items()), 100), "users", "most_named", "random_women")


# --- first adopters --------------------------------------------------------------------------------------------------


def in_order(table: pd.DataFrame) -> bool:
    """Leaders clearly ahead of random women, and these of marginal ones: by at least 150 of 1,047."""
    steps = [
        difference(table, "adopters_at_ten", one, two)
        for one, two in (("opinion_leaders", "at_random"), ("at_random", "marginal"))
    ]
    return all(mean - STANDARD_ERRORS * error > 150 for mean, error in steps)


def test_leaders_are_faster_than_random_women_and_these_than_marginal_ones() -> None:
    table = values("leaders_valente1999")
    assert in_order(table)
    assert above(table, "time_to_third", "at_random", "opinion_leaders")
    assert above(table, "time_to_third", "marginal", "at_random")


def test_at_every_step() -> None:
    curves = netrial.run("leaders_valente1999", replicates=20).curves
    adopted = curves[(curves["state"] == "adopted") & curves["time"].between(1, 10)]
    means = adopted.groupby(["arm", "time"])["count"].mean().unstack("arm")
    assert len(means) == 10
    assert (means["opinion_leaders"] > means["at_random"]).all()
    assert (means["at_random"] > means["marginal"]).all()


@pytest.mark.parametrize(
    "changes",
    [
        tuple(REVERSED.items()),
        (("interventions.opinion_leaders.target.rank", (("rule", "random"), ("draw", "second"))),),
        (("interventions.marginal.target.rank", "most_named"),),
    ],
    ids=["the direction of namings", "random against random", "no marginal women"],
)
def test_where_the_order_should_not_hold_it_does_not(changes: tuple[tuple[str, Any], ...]) -> None:
    assert not in_order(values("leaders_valente1999", changes, 20))


def test_matched_followers_are_more_than_own_contacts() -> None:
    """Two leaders may have one woman as a contact; matched, each has followers of her own."""
    results = netrial.run("leaders_valente1999", replicates=20, arms=["leaders_matched", "leaders_to_contacts"])
    ledger = results.ledger[(results.ledger["action"] == "reach") & (results.ledger["time"] == 1)]
    reached = ledger.groupby("arm")["people"].mean()
    assert reached["leaders_matched"] == 315
    assert reached["leaders_to_contacts"] < 270
    assert above(values("leaders_valente1999"), "adopters_at_ten", "leaders_matched", "leaders_to_contacts")
    assert above(values("leaders_valente1999"), "adopters_at_ten", "leaders_to_contacts", "opinion_leaders")


# --- schools ---------------------------------------------------------------------------------------------------------

SIMPLE = (
    "behaviours.habit.transitions.take_up",
    (("from", "not_yet"), ("to", "adopted"), ("rate", 0.1), ("per_contact", "adopted")),
)
EVEN = ("network.layers.friends", (("generator", "random_regular"), ("degree", 6)))
STARTED = 0.5
"""Share of the school at which the habit is taken to have got anywhere: the larger part of it."""


def popular_are_good(table: pd.DataFrame) -> bool:
    return above(table, "news_soon", "popular", "random_pupils") and above(
        table, "habit_at_end", "popular", "random_pupils"
    )


def rankings_flip(table: pd.DataFrame) -> bool:
    """For news, friends of random pupils are better than central ones; for the habit, the other way round."""
    news, habit = "news_to_half", "habit_to_half"  # the sooner the better
    return above(table, news, "central", "friends_of_random") and above(table, habit, "friends_of_random", "central")


def some_start_nothing(table: pd.DataFrame) -> bool:
    ends = {arm: table["habit_at_end", arm] for arm in ("random_pupils", "one_class", "popular")}
    nothing = all((ends[arm] < STARTED).all() for arm in ("random_pupils", "one_class"))
    return nothing and bool((ends["popular"] > STARTED).mean() > 0.9) and bool((table["news_to_half"] < 30).all().all())


def test_popular_pupils_are_good_under_both() -> None:
    assert popular_are_good(values("schools_badham2019", replicates=102))


def test_popularity_is_worth_nothing_where_all_have_as_many_friends() -> None:
    assert not popular_are_good(values("schools_badham2019", (EVEN,), 34))


def test_rankings_flip_between_a_simple_and_a_complex_contagion() -> None:
    assert rankings_flip(values("schools_badham2019", replicates=102))


def test_some_choices_start_nothing_under_the_complex_one() -> None:
    assert some_start_nothing(values("schools_badham2019", replicates=102))


def test_two_simple_contagions_neither_flip_nor_stop() -> None:
    table = values("schools_badham2019", (SIMPLE,), 34)
    assert not rankings_flip(table)
    assert not some_start_nothing(table)
    assert above(table, "news_soon", "popular", "random_pupils")
    assert above(table, "habit_to_half", "random_pupils", "popular")
