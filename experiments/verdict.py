"""Who wins, and the sentences that say so; every word about a number is made from that number."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from experiments.estimands import MEANS, RESAMPLES, TOTALS, UNIT, OutcomeSpec, people_counted, t_interval
from experiments.wording import BASE, percent_rounded_down, plain_label, plain_number
from simulator.errors import Problem, SpecError

LEAST_PROBABILITY = 0.95
"""Nobody wins whose mean is best in a smaller share of resamples."""


@dataclass(frozen=True)
class Verdict:
    """What the trial says about one outcome, given its inputs.

    Parameters
    ----------
    outcome : OutcomeSpec
    control : str
    winner : str or None
        The arm that wins; None where there is no clear winner.
    leader : str
        The arm with the best mean, winner or not.
    runner_up : str or None
        The arm with the second best mean; None if there is only one arm.
    margin, low, high : float
        Mean paired difference between leader and runner-up, with its 95 % t interval, in the outcome's own unit and
        turned so that positive means that the leader does better. NaN where there is nothing to compare.
    probability_best : float
        Of the leader; NaN below two replicates.
    replicates : int
        How many the margin rests on.
    people : float
        Over how many people the outcome is taken; NaN where unknown.
    effect, effect_low, effect_high : float
        The leader against the control, with its 95 % interval, in the outcome's own unit; NaN where unknown.
    """

    outcome: OutcomeSpec
    control: str
    winner: str | None
    leader: str
    runner_up: str | None
    margin: float
    low: float
    high: float
    probability_best: float
    replicates: int
    people: float
    effect: float = math.nan
    effect_low: float = math.nan
    effect_high: float = math.nan

    @property
    def matters(self) -> float:
        """The smallest difference worth having; 0 where the scenario gives none."""
        return self.outcome.matters or 0.0


def decide(
    effects: pd.DataFrame,
    outcomes: pd.DataFrame,
    pairs: pd.DataFrame,
    specs: Mapping[str, OutcomeSpec],
    control: str,
    outcome: str | None = None,
) -> Verdict:
    """Find the arm that wins on an outcome, if any does; the control may.

    An arm wins only with a `probability_best` of at least 0.95 and a margin over the runner-up whose 95 % t interval
    lies above `matters` (0 where not given).

    Parameters
    ----------
    effects, outcomes, pairs : DataFrame
    specs : mapping of str to OutcomeSpec
    control : str
    outcome : str, optional
        Default: the primary outcome.

    Returns
    -------
    Verdict

    Raises
    ------
    SpecError
        If no replicate has a value of the outcome in every arm: it counts nobody.
    ValueError
        If its people differ from arm to arm.
    """
    spec = specs[outcome] if outcome else next(spec for spec in specs.values() if spec.primary)
    if spec.among:
        raise ValueError(f"`{spec.name}` is about {spec.among} only, who differ from arm to arm")
    of_outcome = outcomes[outcomes["outcome"] == spec.name]
    values = of_outcome.pivot(index=UNIT, columns="arm", values="value").sort_index().dropna()
    if values.empty:
        hint = "does its `where` leave anybody?"
        raise SpecError(Problem(f"no replicate has a value of `{spec.name}`", ("outcomes", spec.name), hint))
    overall = effects[(effects["outcome"] == spec.name) & (effects["estimand"] == "overall")].set_index("arm")
    # Sorted by mean, and by name where means are equal, so that the order of arms changes nothing.
    best_first = sorted(overall.index, key=lambda arm: (-spec.sign * overall.loc[arm, "mean"], arm))
    leader = best_first[0]
    runner_up = best_first[1] if len(best_first) > 1 else None
    margin = low = high = math.nan
    if runner_up is not None:
        difference = spec.sign * (values[leader] - values[runner_up])
        if difference.index.get_level_values("draw").nunique() > 1:
            difference = difference.groupby("draw").mean()
        margin, low, high = (float(number) for number in t_interval(difference.to_numpy()))
    probability = float(overall.loc[leader, "probability_best"])
    wins = probability >= LEAST_PROBABILITY and low > (spec.matters or 0.0)
    return Verdict(
        outcome=spec,
        control=control,
        winner=leader if wins else None,
        leader=leader,
        runner_up=runner_up,
        margin=margin,
        low=low,
        high=high,
        probability_best=probability,
        replicates=len(values),
        people=people_counted(pairs).get(spec.name, math.nan),
        effect=float(overall.loc[leader, "effect"]),
        effect_low=float(overall.loc[leader, "low"]),
        effect_high=float(overall.loc[leader, "high"]),
    )


def sentence(verdict: Verdict, time_unit: str = "year") -> str:
    """Say the verdict in one or two sentences, for a report or a terminal.

    Parameters
    ----------
    verdict : Verdict
    time_unit : str
        The scenario's, for `time_to`.

    Returns
    -------
    str
    """
    spec, leader = verdict.outcome, verdict.leader
    outcome, share = plain_label(spec.name), percent_rounded_down(verdict.probability_best)
    names = {verdict.control: f"{plain_label(verdict.control)} (the control)"}
    first = names.get(leader, plain_label(leader))
    if verdict.runner_up is None:
        return f"Only one arm was run, {plain_label(leader)}, so there is nothing to compare it with."
    other = names.get(verdict.runner_up, plain_label(verdict.runner_up))
    if verdict.margin == 0:
        return f"No clear winner: {first} and {other} are equal on {outcome}."
    if math.isnan(verdict.low):
        return f"No clear winner: {first} did best on {outcome}, but one replicate cannot tell luck from effect."
    sign = spec.sign
    low, high = sorted((sign * verdict.low, sign * verdict.high))
    words = difference_in_words(spec, sign * verdict.margin, low, high, verdict.people, time_unit)
    best = f"its mean is best in {share} of {RESAMPLES:,} resamples"
    if verdict.winner is not None:
        beyond = f", more than the {_matters(verdict, time_unit)} that matters" if verdict.matters > 0 else ""
        wins = f"No strategy beats {first}" if leader in names else f"The best strategy is {first}"
        against = ""
        if verdict.control not in (leader, verdict.runner_up) and not math.isnan(verdict.effect):
            bounds = verdict.effect, verdict.effect_low, verdict.effect_high
            effect = difference_in_words(spec, *bounds, verdict.people, time_unit)
            against = f"{effect} than {plain_label(verdict.control)}, and "
        return f"{wins}: {against}{words} than {other}, the next best{beyond}; {best}."
    why = []
    if verdict.probability_best < LEAST_PROBABILITY:
        why.append(f"its mean is best in only {share} of {RESAMPLES:,} resamples")
    if verdict.low <= verdict.matters:
        beyond = f"smaller than the {_matters(verdict, time_unit)} that matters" if verdict.matters > 0 else "nothing"
        why.append(f"the margin {'is' if verdict.high < verdict.matters else 'may be'} {beyond}")
    return f"No clear winner: {first} comes first, with {words} than {other}, but {' and '.join(why)}."


def ranking_lines(effects: pd.DataFrame, verdict: Verdict, time_unit: str = "year") -> list[str]:
    """Rank the arms in plain words for the terminal, best first.

    Parameters
    ----------
    effects : DataFrame
    verdict : Verdict
        Its outcome, control and number of people are used.
    time_unit : str

    Returns
    -------
    list of str
        A heading, then one line per arm, the control in its place.
    """
    spec = verdict.outcome
    table = effects[(effects["outcome"] == spec.name) & (effects["estimand"] == "overall")].set_index("arm")
    arms = sorted(table.index, key=lambda arm: (-spec.sign * table.loc[arm, "mean"], arm))
    wide = max(len(arm) for arm in arms)
    unit = unit_in_words(spec, verdict.people, time_unit)
    factor, _ = scaled(spec, verdict.people, time_unit)
    measured = ", ".join(filter(None, [plain_label(spec.name), unit]))
    lines = [f"{measured}: {spec.better} is better ({verdict.replicates} replicates)"]
    for place, arm in enumerate(arms, start=1):
        row = table.loc[arm]
        start = f"{place:>3}. {arm:<{wide}}  {plain_number(factor * row['mean']):>8}"
        if arm == verdict.control:
            said = "the control"
        else:
            said = _compared(spec, row["effect"], row["low"], row["high"], factor)
        if not math.isnan(row["probability_best"]):
            said += f"; best in {percent_rounded_down(row['probability_best'])} of resamples"
        lines.append(f"{start}  {said}")
    return lines


def difference_in_words(
    spec: OutcomeSpec, effect: float, low: float, high: float, people: float, time_unit: str = "year"
) -> str:
    """Say a difference with its interval: "4,970 fewer obese years per 10,000 people (95 % interval 4,880 to 5,060)".

    Parameters
    ----------
    spec : OutcomeSpec
    effect, low, high : float
        In the outcome's own unit, arm − comparator; NaN bounds where there is no interval.
    people : float
        Over how many people the outcome is taken, for totals.
    time_unit : str

    Returns
    -------
    str
        Bounds are turned with the word: "120 fewer … (95 % interval −30 to 270)" may be 30 more.
    """
    factor, unit = scaled(spec, people, time_unit)
    outcome, size = plain_label(spec.name), plain_number(factor * abs(effect))
    if effect == 0:
        said = f"as many {outcome}" if spec.kind in TOTALS else f"the same {outcome}"
    elif spec.kind in TOTALS:
        said = f"{size} {_word(spec, effect)} {outcome} {unit}".strip()
    else:
        said = " ".join(filter(None, [outcome, size, unit, _word(spec, effect)]))
    return f"{said} ({_interval(effect, low, high, factor)})"


def scaled(spec: OutcomeSpec, people: float, time_unit: str = "year") -> tuple[float, str]:
    """Return what an outcome is multiplied with for readers, and the unit it then has.

    Parameters
    ----------
    spec : OutcomeSpec
    people : float
    time_unit : str

    Returns
    -------
    factor : float
    unit : str
        Of a difference: "per 10,000 people" (totals; "" with factor 1 where `people` is unknown), "percentage
        points" (shares and their differences), "years" (`time_to`), "" (a measure that a package brings).
    """
    if spec.kind in TOTALS:
        return (1.0, "") if math.isnan(people) or people <= 0 else (BASE / people, f"per {BASE:,} people")
    if spec.kind == "time_to":
        return 1.0, f"{time_unit}s"
    return (100.0, "percentage points") if spec.kind in ("share", "difference") else (1.0, "")


def unit_in_words(spec: OutcomeSpec, people: float, time_unit: str = "year") -> str:
    """Return the unit of an outcome's values after scaling: "per 10,000 people", "%", "percentage points", "years"."""
    _, unit = scaled(spec, people, time_unit)
    if spec.kind in MEANS:
        return "%"
    return unit or ("in all" if spec.kind in TOTALS else "")


def _word(spec: OutcomeSpec, effect: float) -> str:
    if spec.kind in TOTALS:
        return "more" if effect > 0 else "fewer"
    if spec.kind == "time_to":
        return "later" if effect > 0 else "earlier"
    return "higher" if effect > 0 else "lower"


def _interval(effect: float, low: float, high: float, factor: float) -> str:
    if math.isnan(low):
        return "no interval: one replicate"
    if low == high:
        return "the same in every replicate"
    turned = (low, high) if effect >= 0 else (-high, -low)
    return f"95 % interval {plain_number(factor * turned[0])} to {plain_number(factor * turned[1])}"


def _compared(spec: OutcomeSpec, effect: float, low: float, high: float, factor: float) -> str:
    if effect == 0:
        return "no difference to the control"
    amount = f"{plain_number(factor * abs(effect))} {_word(spec, effect)}"
    return f"{amount} than the control ({_interval(effect, low, high, factor)})"


def _matters(verdict: Verdict, time_unit: str) -> str:
    factor, unit = scaled(verdict.outcome, verdict.people, time_unit)
    return f"{plain_number(factor * verdict.matters)} {unit}".strip()
