"""What strategies cost, and what a unit of their effect costs, from the ledger and the paired differences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import stats

from experiments.estimands import MEANS, UNIT, OutcomeSpec, t_interval
from experiments.wording import plain_number
from simulator.trajectory import FIRST_TREATED

IN_PEOPLE = ("count", "share", "first_entries")
"""Measures whose difference is a number of people, so that a number needed to treat makes sense."""

STRATEGY_COLUMNS = [
    *("arm", "cost", "cost_difference", "cost_low", "cost_high", "treated"),
    *("benefit", "benefit_low", "benefit_high"),
    *("cost_per_unit", "cost_per_unit_low", "cost_per_unit_high"),
    *("needed_to_treat", "ntt_low", "ntt_high"),
]


def costs(ledger: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """Add up the ledger of every arm and replicate.

    Parameters
    ----------
    ledger : DataFrame
        arm, replicate, draw, time, intervention, action, people, cost.
    outcomes : DataFrame
        Says which arms and replicates there are; an arm without a line in the ledger cost nothing.

    Returns
    -------
    DataFrame
        arm, replicate, draw, cost (study's currency), reached (times that somebody was), treated (people who ever
        were); sorted by arm, draw, replicate.
    """
    keys = ["arm", *UNIT]
    lines = ledger[keys].assign(
        cost=ledger["cost"],
        reached=ledger["people"].where(ledger["action"] == "reach", 0),
        treated=ledger["people"].where(ledger["action"] == FIRST_TREATED, 0),
    )
    everywhere = pd.MultiIndex.from_frame(outcomes[keys].drop_duplicates()).sort_values()
    return lines.groupby(keys).sum().reindex(everywhere, fill_value=0).reset_index()


def mean_asked(ledger: pd.DataFrame, replicates: int) -> dict[str, tuple[float, float]]:
    """Return, by arm, how often people were asked about contacts and what that cost; means over all replicates."""
    sums = ledger[ledger["action"] == "ask"].groupby("arm")[["people", "cost"]].sum() / max(replicates, 1)
    return {str(arm): (float(row["people"]), float(row["cost"])) for arm, row in sums.iterrows()}


def strategies(
    ledger: pd.DataFrame,
    outcomes: pd.DataFrame,
    pairs: pd.DataFrame,
    specs: Mapping[str, OutcomeSpec],
    control: str,
    outcome: str,
) -> pd.DataFrame:
    """Return, for every arm, what it costs and what its overall effect on one outcome costs.

    Parameters
    ----------
    ledger, outcomes, pairs : DataFrame
    specs : mapping of str to OutcomeSpec
    control : str
    outcome : str

    Returns
    -------
    DataFrame
        One row per arm, the control too, sorted by name; all means over replicates that all arms have:
        `cost`; `cost_difference` to the control with its t interval `cost_low`, `cost_high`; `treated` (more than
        in the control); `benefit` with its t interval: the effect turned so that positive is good, for shares times
        the people counted (people averted or gained); `cost_per_unit` = cost difference ÷ benefit and
        `needed_to_treat` = treated ÷ benefit (for outcomes counted in people), both NaN where the benefit is 0, with
        Fieller's 95 % sets as `ratio_interval` returns them: where low is negative and high positive, and the
        benefit's interval holds 0, the set is everything *outside* (low, high).
    """
    spec = specs[outcome]
    overall = pairs[(pairs["outcome"] == outcome) & (pairs["estimand"] == "overall")]
    weight = overall["people"] if spec.kind in MEANS else 1
    gained = overall[["arm", *UNIT]].assign(benefit=spec.sign * (overall["value"] - overall["control_value"]) * weight)
    benefits = gained.pivot(index=UNIT, columns="arm", values="benefit")
    values = outcomes[outcomes["outcome"] == outcome].pivot(index=UNIT, columns="arm", values="value")
    values = values if spec.among else values.dropna()  # of such people the control has none, so no value
    if values.empty:  # there is nobody whom the outcome counts
        return pd.DataFrame({"arm": values.columns}).reindex(columns=STRATEGY_COLUMNS)
    spent = costs(ledger, outcomes)
    benefits = benefits.reindex(index=values.index, columns=values.columns)  # nobody to benefit: unknown
    cost = spent.pivot(index=UNIT, columns="arm", values="cost").loc[values.index]
    treated = spent.pivot(index=UNIT, columns="arm", values="treated").loc[values.index]
    rows = []
    for arm in values.columns:
        difference = (cost[arm] - cost[control]).to_numpy(float)
        more_treated = (treated[arm] - treated[control]).to_numpy(float)
        benefit = np.zeros(len(values)) if arm == control else benefits[arm].to_numpy(float)
        in_people = more_treated if spec.kind in IN_PEOPLE else np.full(len(values), np.nan)
        numbers = (
            cost[arm].mean(),
            *t_interval(difference),
            more_treated.mean(),
            *t_interval(benefit),
            *ratio_interval(difference, benefit),
            *ratio_interval(in_people, benefit),
        )
        rows.append((arm, *(float(value) for value in numbers)))
    return pd.DataFrame(rows, columns=STRATEGY_COLUMNS)


def ratio_interval(top: np.ndarray, bottom: np.ndarray) -> tuple[float, float, float]:
    """Return the ratio of two paired means and its 95 % confidence set (Fieller 1954).

    The set holds every r at which the mean of top − r·bottom does not differ from 0 by a paired t test.

    Parameters
    ----------
    top, bottom : float64[n]
        Of the same replicates.

    Returns
    -------
    ratio, low, high : float
        The ratio is NaN where the mean of `bottom` is 0. Where the interval of `bottom` leaves out 0, the set is
        [low, high]. Where it holds 0, the set runs through infinity: everything up to `low` (negative) and from
        `high` (positive) on. Both are NaN below two values, or where nothing can be said of the ratio at all.
    """
    n = len(top)
    above, below = float(np.mean(top)), float(np.mean(bottom))
    ratio = above / below if below else math.nan
    if n < 2:
        return ratio, math.nan, math.nan
    if np.ptp(top) == 0 and np.ptp(bottom) == 0:
        return ratio, ratio, ratio
    factor = float(stats.t.ppf(0.975, n - 1)) ** 2 / n
    spread = np.cov(top, bottom, ddof=1)
    # r solves a·r² − 2·b·r + c = 0.
    a = below**2 - factor * spread[1, 1]
    b = above * below - factor * spread[0, 1]
    c = above**2 - factor * spread[0, 0]
    root = b**2 - a * c
    if a > 0:
        half = math.sqrt(max(root, 0.0)) / a  # never negative but by rounding
        return ratio, b / a - half, b / a + half
    if a < 0 < root and c > 0:
        low, high = sorted(((b - math.sqrt(root)) / a, (b + math.sqrt(root)) / a))
        return ratio, low, high
    return ratio, math.nan, math.nan


def needed_to_treat_text(row: Mapping[str, float]) -> str:
    """Say a number needed to treat: "12 (10 to 15)", or "benefit 12 … ∞ … harm 40" where the benefit may be 0.

    Parameters
    ----------
    row : mapping
        A row of `strategies`.

    Returns
    -------
    str
        Empty where there is none.
    """
    needed, low, high = row["needed_to_treat"], row["ntt_low"], row["ntt_high"]
    if math.isnan(low):
        return "" if math.isnan(needed) else plain_number(needed)
    if _may_be_nothing(row):
        return f"benefit {plain_number(high)} … ∞ … harm {plain_number(-low)}"
    if needed < 0:
        return f"harm {_with_set(-needed, -high, -low)}"
    return _with_set(needed, low, high)


def _may_be_nothing(row: Mapping[str, float]) -> bool:
    return row["benefit_low"] <= 0 <= row["benefit_high"]


def _with_set(ratio: float, low: float, high: float) -> str:
    bounds = "" if low == high else f" ({plain_number(low)} to {plain_number(high)})"
    return plain_number(ratio) + bounds


def incremental(table: pd.DataFrame) -> pd.DataFrame:
    """Compare strategies step by step, cheapest first, and say which are dominated.

    Parameters
    ----------
    table : DataFrame
        What `strategies` returned; means are compared.

    Returns
    -------
    DataFrame
        arm, cost (difference to the control), benefit, status: "frontier", "dominated" (another costs no more and
        does no less), "extended dominance" (a mix of two others does); for arms on the frontier, `versus`, the
        frontier's arm before it, and `cost_per_unit`, the additional cost of an additional unit. Sorted by cost.
    """
    rows = table[["arm", "cost_difference", "benefit"]].rename(columns={"cost_difference": "cost"})
    rows = rows.sort_values(["cost", "benefit", "arm"], ascending=[True, False, True]).reset_index(drop=True)
    frontier: list[int] = []
    status = ["dominated"] * len(rows)
    for place, (cost, benefit) in enumerate(zip(rows["cost"], rows["benefit"], strict=True)):
        if frontier and benefit <= rows["benefit"][frontier[-1]]:
            continue
        # A step that buys units more dearly than this arm does is left out of the frontier.
        while len(frontier) > 1 and _price(rows, frontier[-2], frontier[-1]) > (cost - rows["cost"][frontier[-2]]) / (
            benefit - rows["benefit"][frontier[-2]]
        ):
            status[frontier.pop()] = "extended dominance"
        frontier.append(place)
        status[place] = "frontier"
    versus = pd.Series([None] * len(rows), dtype=object)
    price = pd.Series(np.nan, index=rows.index)
    for before, place in pairwise(frontier):
        versus[place] = rows["arm"][before]
        price[place] = _price(rows, before, place)
    return rows.assign(status=status, versus=versus, cost_per_unit=price)


def _price(rows: pd.DataFrame, before: int, after: int) -> float:
    return (rows["cost"][after] - rows["cost"][before]) / (rows["benefit"][after] - rows["benefit"][before])
