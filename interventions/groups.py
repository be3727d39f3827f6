"""Groups of people, and their ranking: categories of a column, or communities of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.specs import COMMUNITIES, Target
from simulator.errors import Problem, SpecError, allowed_words

if TYPE_CHECKING:
    from interventions.specs import Phase
    from simulator.outcomes import Measure
    from simulator.world import Situation, World

GROUP_RANKS = {
    "random": "groups in random order, one order per replicate",
    "size": "groups with most people first",
}
"""Ways to rank groups by name; a share or a count of people's states is the other way."""


def group_codes(target: Target, world: World) -> tuple[np.ndarray, int]:
    """Return everybody's group.

    Parameters
    ----------
    target : Target
        Its `groups` is a column or "communities" (of the layers in `parameters`, default all).
    world : World

    Returns
    -------
    codes : int32[n_persons]
        -1: in no group, since the column is missing.
    n_groups : int
    """
    if target.groups == COMMUNITIES:
        from simulator.communities import communities

        layers = target.parameters.get("layers")
        codes = communities(world.network, layers)
        return codes, int(codes.max(initial=-1)) + 1
    assert target.groups is not None
    codes, labels = world.population.columns[target.groups].groups()
    return codes, len(labels)


def rank_groups(target: Target, situation: Situation) -> np.ndarray:
    """Rank groups: by a measure of their members' states now (largest first), by size, or at random.

    Measures and sizes count all members, whether or not they satisfy the target's `where`. Equal groups come
    in an order drawn once per replicate; a group without anybody to measure comes last.

    Parameters
    ----------
    target : Target
    situation : Situation

    Returns
    -------
    int64[n_groups]
        Best first.

    Raises
    ------
    SpecError
        If groups cannot be ranked in this way.
    """
    if problems := check_group_rank(target):
        raise SpecError(problems)
    codes, n_groups = group_codes(target, situation.world)
    extra = target.parameters.get("draw", "")
    luck = situation.draw.words("rank", "groups", str(target.groups), extra, n=n_groups)
    if target.group_measure is not None:
        scores = _measured(target.group_measure, situation, codes, n_groups)
    elif target.rank == "size":
        scores = np.bincount(codes[codes >= 0], minlength=n_groups).astype(np.float64)
    else:
        scores = np.zeros(n_groups)
    return np.lexsort((luck, -scores))


def check_group_rank(target: Target) -> list[Problem]:
    """Say what is wrong with how groups are ranked; places are relative to the target."""
    measure = target.group_measure
    if measure is None:
        if target.rank in GROUP_RANKS:
            return []
        hint = f"{allowed_words(target.rank, list(GROUP_RANKS))}, or a share or count of states"
        return [Problem(f"groups cannot be ranked by `{target.rank}`", ("rank",), hint)]
    if measure.kind not in ("share", "count"):
        hint = "a share or a count of people in a state"
        return [Problem(f"groups cannot be ranked by `{measure.kind}`", ("rank", measure.kind), hint, on_key=True)]
    problems = []
    for key, value in (("at", measure.at), ("among", measure.among)):
        if value is not None:
            message = f"a rank of groups is measured when the intervention acts, and takes no `{key}`"
            problems.append(Problem(message, ("rank", key), on_key=True))
    return problems


def _measured(measure: Measure, situation: Situation, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """Return float64[n_groups]: the share or count of members in the states now; -inf: nobody to measure."""
    world = situation.world
    counted = (codes >= 0) & situation.mask(measure.where)
    behaviour = world.behaviours[measure.behaviour]
    weight_of = np.zeros(256)  # of each state; 0 for one that is not counted, and for people who are not there
    weight_of[[behaviour.code(state) for state in measure.states]] = measure.weights or 1.0
    weights = weight_of[situation.states[counted, world.column_of(measure.behaviour)]]
    members = np.bincount(codes[counted], minlength=n_groups)
    counts = np.bincount(codes[counted], weights, minlength=n_groups)
    scores = counts if measure.kind == "count" else counts / np.maximum(members, 1)
    return np.where(members > 0, scores, -np.inf)


def groups_over(over: str, world: World) -> np.ndarray:
    """Return int32[n_persons]: everybody's group by a column, or "communities"; -1: in none."""
    return group_codes(Target(groups=over), world)[0]


def order_over(phase: Phase, situation: Situation) -> np.ndarray:
    """Return the groups of a stepped start in the order in which they begin.

    Parameters
    ----------
    phase : Phase
    situation : Situation
        When the first of them begin.

    Returns
    -------
    int64[k]
        Groups, as `groups_over` numbers them.
    """
    if phase.listed:
        labels = situation.world.population.columns[phase.over].groups()[1]
        return np.array([labels.index(label) for label in phase.listed if label in labels], np.int64)
    if isinstance(phase.order, str):
        return rank_groups(Target(groups=phase.over, rank=phase.order), situation)
    return rank_groups(Target(groups=phase.over, group_measure=phase.order), situation)
