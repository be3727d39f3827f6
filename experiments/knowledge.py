"""What imperfect knowledge of the network costs: each arm that picks people by a survey, against all being known.

In every replicate such an arm is run once more on the network as it is, with the same luck and the same money spent on
asking. Nothing of that run is kept but its outcomes, beside those of the arm and of the control over the same people.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from experiments.economics import ratio_interval
from experiments.estimands import UNIT, OutcomeSpec, independent, t_interval
from interventions.schedule import occurrences
from simulator.outcomes import read

if TYPE_CHECKING:
    from experiments.design import Trial
    from interventions.specs import Intervention
    from simulator.beginning import Beginning
    from simulator.outcomes import Reading
    from simulator.world import World

COLUMNS = ("arm", "outcome", "value", "perfect_value", "control_value")
LOSS_COLUMNS = [
    *("arm", "outcome", "benefit", "low", "high", "perfect_benefit", "perfect_low", "perfect_high"),
    *("lost", "lost_low", "lost_high", "share_lost", "share_low", "share_high", "replicates"),
]


def with_perfect_knowledge(
    arms: Mapping[str, Sequence[Intervention]], control: str
) -> dict[str, tuple[Intervention, ...]]:
    """Return the arms in which people are picked by a survey, as they would be if the whole network were known.

    Parameters
    ----------
    arms : mapping of str to sequence of Intervention
    control : str
        The comparator, which has no effect to lose.

    Returns
    -------
    dict of str to tuple of Intervention
        People are asked, and paid for, as before. Arms in which nothing depends on a survey are left out.
    """
    return {
        name: tuple(_perfect(member) for member in members)
        for name, members in arms.items()
        if name != control and any(_surveyed(member) for member in members)
    }


def _surveyed(member: Intervention) -> bool:
    """Say whether an intervention picks people by a survey; what runs in every arm is as it is in the control."""
    return member.target.knowledge is not None and not member.background


def _perfect(member: Intervention) -> Intervention:
    if not _surveyed(member) or member.target.knowledge is None:
        return member
    return replace(member, target=replace(member.target, knowledge=replace(member.target.knowledge, perfect=True)))


def compare(
    trial: Trial, world: World, beginning: Beginning, readings: Mapping[str, Mapping[str, Reading]]
) -> dict[str, Sequence[Any]]:
    """Run the arms that rest on a survey once more, with perfect knowledge, and read all outcomes over everybody.

    Parameters
    ----------
    trial : Trial
    world : World
    beginning : Beginning
        Of the replicate.
    readings : mapping of str to mapping of str to Reading
        The outcomes of every arm, as it was run.

    Returns
    -------
    dict of str to list
        `COLUMNS`. Outcomes among targets or others are left out: they are about different people.
    """
    everybody = np.ones(beginning.start.shape[0], bool)
    rows = []
    for arm, members in with_perfect_knowledge(trial.arms, trial.control).items():
        trajectory = beginning.simulation(occurrences(members), trial.observe_at, trial.horizon_tick).run()
        for name, measure in trial.measures.items():
            if measure.among is None:
                perfect = read(measure, world, trajectory)
                three = (readings[arm][name], perfect, readings[trial.control][name])
                rows.append((arm, name, *(reading.over(everybody).value for reading in three)))
    return {title: [row[k] for row in rows] for k, title in enumerate(COLUMNS)}


def losses(knowledge: pd.DataFrame, specs: Mapping[str, OutcomeSpec]) -> pd.DataFrame:
    """Estimate how much of each arm's benefit is lost to imperfect knowledge of the network.

    Parameters
    ----------
    knowledge : DataFrame
        arm, replicate, draw, outcome, value, perfect_value, control_value.
    specs : mapping of str to OutcomeSpec

    Returns
    -------
    DataFrame
        arm, outcome; in the outcome's own unit, over everybody, positive where it is good: `benefit` (over the
        control, as the arm was run), `perfect_benefit` (were the whole network known) and `lost` (the second less the
        first), each with the 95 % t interval of the paired differences (NaN below two replicates); `share_lost` =
        lost ÷ perfect benefit with Fieller's 95 % set, as `economics.ratio_interval` returns it: where the interval of
        the perfect benefit holds 0, everything up to `share_low` and from `share_high` on. NaN where the perfect
        benefit is not positive, since nothing can be a share of it; replicates.
    """
    rows = []
    for (arm, outcome), each in knowledge.groupby(["arm", "outcome"], sort=True):
        sign = specs[str(outcome)].sign
        each = each.set_index(UNIT).sort_index()[["value", "perfect_value", "control_value"]].dropna()
        if each.empty:
            continue
        benefit = independent(sign * (each["value"] - each["control_value"])).to_numpy(float)
        perfect = independent(sign * (each["perfect_value"] - each["control_value"])).to_numpy(float)
        # Not perfect - benefit, which rounding would make differ where the two runs are the same.
        lost = independent(sign * (each["perfect_value"] - each["value"])).to_numpy(float)
        share = ratio_interval(lost, perfect) if perfect.mean() > 0 else (math.nan, math.nan, math.nan)
        numbers = (*t_interval(benefit), *t_interval(perfect), *t_interval(lost), *share)
        rows.append((arm, outcome, *(float(number) + 0.0 for number in numbers), len(each)))
    return pd.DataFrame(rows, columns=LOSS_COLUMNS)


def check_knowledge(knowledge: pd.DataFrame, pairs: pd.DataFrame) -> list[str]:
    """Check that the arms and the control are those of the overall effects, exactly.

    Returns
    -------
    list of str
        One problem per arm, replicate and outcome that is another; empty if none is.
    """
    keys = ["arm", *UNIT, "outcome"]
    overall = pairs[pairs["estimand"] == "overall"]
    both = knowledge.merge(overall, on=keys, how="left", suffixes=("", "_of_pairs"))
    same = np.ones(len(both), bool)
    for name in ("value", "control_value"):
        one, other = both[name].to_numpy(float), both[f"{name}_of_pairs"].to_numpy(float)
        same &= (one == other) | (np.isnan(one) & np.isnan(other))
    return [
        f"{row['outcome']} of {row['arm']}, replicate {row['replicate']}, draw {row['draw']}: what imperfect knowledge "
        "is measured on is not the overall effect"
        for row in both[~same].to_dict("records")
    ]
