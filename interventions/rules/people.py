"""People by what they are, not by whom they lead: few contacts, a column, a threshold, an urge, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from interventions.ranking import best_first, in_words, targets
from simulator.population import Numbers, Thresholds

if TYPE_CHECKING:
    from simulator.world import Situation


@targets.add("random")
@in_words("picked at random")
def rank_random(situation: Situation, *, draw: str = "") -> np.ndarray:
    """People in random order: one order per replicate, the same in every arm.

    Parameters
    ----------
    situation : Situation
    draw : str
        Name of another order: ``{rule: random, draw: second}``.

    Returns
    -------
    int32[n_persons]
    """
    n_persons = situation.world.population.size
    return situation.draw.order("rank", "random", draw, n=n_persons).astype(np.int32)


@targets.add("peripheral")
@in_words("with fewest contacts")
def rank_peripheral(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People with fewest contacts first, those with none before all: the reverse of `degree`.

    Whichever way influence runs, and whatever the weights.

    Example: the centre of a star comes last.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    return best_first(-situation.world.network.degree(layers), situation, "peripheral")


@targets.add("isolated")
@in_words("without any contact, in random order")
def rank_isolated(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People without any contact, in random order; nobody else is picked.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers in which they have none. Default: all.

    Returns
    -------
    int32[k]
    """
    alone = np.flatnonzero(situation.world.network.degree(layers) == 0)
    luck = situation.draw.words_at("rank", "isolated", indices=alone)
    return alone[np.argsort(luck, kind="stable")].astype(np.int32)


@targets.add("by_column")
@in_words("with the {order} {column}")
def rank_by_column(
    situation: Situation, *, column: Numbers, order: Literal["highest", "lowest"] = "highest"
) -> np.ndarray:
    """People with the highest (or lowest) number in a column first.

    Example: ``{rule: by_column, column: age, order: lowest}``: the youngest first.

    Parameters
    ----------
    situation : Situation
    column : Column
        A column of numbers.
    order : {"highest", "lowest"}
        Which end of the column comes first.

    Returns
    -------
    int32[n_persons]
        People whose number is missing come last.
    """
    scores = column.values if order == "highest" else -column.values
    return best_first(np.where(np.isnan(scores), -np.inf, scores), situation, "by_column")


@targets.add("low_threshold")
@in_words("who need to see the fewest others do it ({threshold})")
def rank_low_threshold(situation: Situation, *, threshold: Thresholds) -> np.ndarray:
    """People with the lowest threshold of adoption first: who need to see the fewest others do it.

    Whether others are counted, or their share among the contacts, is up to the `response` law that the thresholds are
    of (thresholds in networks: Valente 1996, doi:10.1016/0378-8733(95)00256-1).

    Example: ``{rule: low_threshold, threshold: forum.join}``.

    Parameters
    ----------
    situation : Situation
    threshold : Column
        A transition with a `response` law whose `threshold` differs by person, as in forum.join; or a column of
        numbers.

    Returns
    -------
    int32[n_persons]
        People whose threshold is missing come last.
    """
    return best_first(np.where(np.isnan(threshold.values), -np.inf, -threshold.values), situation, "low_threshold")


@targets.add("self_selected")
@in_words(
    "who come forward by themselves, in random order",
    column="who come forward by themselves, sooner the higher their {column}",
)
def rank_self_selected(situation: Situation, *, column: Numbers | None = None) -> np.ndarray:
    """People in the order in which they come forward by themselves: volunteers.

    Each comes after a random time with a mean of 1 ÷ propensity; so who is next is drawn, among those left, with
    chances in proportion to their propensities (Efraimidis & Spirakis 2006, doi:10.1016/j.ipl.2005.11.003).

    Example: of two people with propensities 3 and 1 the first comes before the second in three replicates of four.

    Parameters
    ----------
    situation : Situation
    column : Column, optional
        A column of numbers: the propensities. Default: the same for everybody.

    Returns
    -------
    int32[k]
        People whose propensity is missing or not above 0 never come.
    """
    n_persons = situation.world.population.size
    propensity = np.ones(n_persons) if column is None else column.values
    willing = np.flatnonzero(propensity > 0)  # false where it is missing
    words = situation.draw.words_at("rank", "self_selected", indices=willing)
    times = waiting_times(words) / propensity[willing]
    return willing[np.lexsort((words, times))].astype(np.int32)


def waiting_times(words: np.ndarray) -> np.ndarray:
    """Turn uniform 64-bit words into exponential times with mean 1, the same to the last bit on every machine.

    The logarithm is taken as a series, of +, -, × and ÷ only, which all processors round alike; libraries do not agree
    on the last bit of theirs.

    Parameters
    ----------
    words : uint64[n]

    Returns
    -------
    float64[n]
    """
    uniforms = ((words >> np.uint64(11)) + 0.5) * 2.0**-53
    digits, power = np.frexp(uniforms)  # digits in [0.5, 1)
    small = digits < 0.7071067811865476
    digits, power = np.where(small, 2 * digits, digits), power - small
    z = (digits - 1) / (digits + 1)  # at most 0.172; log(digits) = 2 (z + z³/3 + z⁵/5 + …)
    square, series = z * z, np.zeros_like(z)
    for k in range(23, 0, -2):
        series = series * square + 1 / k
    return -(power * 0.6931471805599453 + 2 * z * series)
