"""Whom an intervention is offered to: a target, read against a situation, as far as the money goes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interventions.cutting import (
    counted_groups,
    cut,
    cut_per_group,
    largest_remainder,
    place_in,
    places_for,
    whole_groups,
)
from interventions.groups import codes_by, group_codes, rank_groups
from interventions.targeting import Request, rank, takes_request, targets

if TYPE_CHECKING:
    from interventions.money import Purse
    from interventions.specs import Intervention, Target
    from simulator.world import Situation


@dataclass(frozen=True)
class Selection:
    """Who is picked.

    Parameters
    ----------
    persons : int32[k]
        Ascending.
    missing : int
        How many people fewer than the target's `number` there are to pick from, whom its rule would never pick left
        out.
    too_dear : int
        How many more would have been picked if money had sufficed.
    missing_groups : int
        The same of groups, where the target's `number` counts them.
    """

    persons: np.ndarray
    missing: int = 0
    too_dear: int = 0
    missing_groups: int = 0


@dataclass(frozen=True, eq=False)
class Pool:
    """From whom a target picks.

    Parameters
    ----------
    eligible : bool[n_persons]
        Who may be picked now.
    counted : int
        Of how many people its share is a share: those who satisfy `where`, picked before or not.
    codes : int32[n_persons] or None
        Groups of `per` or `groups`; -1: in none.
    """

    eligible: np.ndarray
    counted: int
    codes: np.ndarray | None


def select(
    target: Target,
    situation: Situation,
    intervention: Intervention | None = None,
    purse: Purse | None = None,
    within: np.ndarray | None = None,
) -> Selection:
    """Pick a target's people, now.

    The ranking is cut among those who satisfy `where`; with `per` or `groups`, people whose column is missing
    are in no group, are not picked and do not count for the share.

    Parameters
    ----------
    target : Target
    situation : Situation
        Its world's network is the network as it is known.
    intervention : Intervention, optional
        Whose target it is; None where the target excludes and replaces nobody.
    purse : Purse, optional
        What can be spent; None: whatever it costs.
    within : bool[n_persons], optional
        Who alone may be picked: those whose turn it is.

    Returns
    -------
    Selection
    """
    pool = pool_of(target, situation, intervention, within)
    places, missing = places_for(pool.counted, target.share, target.number)
    if target.replace and intervention is not None:
        there = situation.past.members(intervention.name, situation.tick) & situation.present
        places = max(places - int(np.count_nonzero(there)), 0)
    places = min(places, int(np.count_nonzero(pool.eligible)))
    if target.number is not None and not target.replace:
        missing = target.number - places
    if target.groups is not None and pool.codes is not None and target.counts_groups:
        order = rank_groups(target, situation)
        share, number, skip = target.share, target.number, target.skip
        persons, n_missing = counted_groups(order, pool.eligible, pool.codes, share=share, number=number, skip=skip)
        return replace(_groups_afforded(persons, order, pool.codes, purse, 0), missing_groups=n_missing)
    if target.groups is not None and pool.codes is not None:
        order = rank_groups(target, situation)
        persons = whole_groups(order, pool.eligible, places, pool.codes)
        return _groups_afforded(persons, order, pool.codes, purse, missing)
    if pool.codes is not None:
        persons, order = _per_group(target, situation, intervention, pool, places, purse)
    else:
        request = Request(pool.eligible, _most_places(places, purse, pool.eligible), intervention)
        order = rank(situation, target.rank, target.parameters, request)
        persons = cut(order, pool.eligible, places)
    if target.number is not None:
        missing += places - persons.size  # whom the rule would never pick
    if purse is None:
        return Selection(persons, missing)
    picked = np.zeros(situation.world.population.size, bool)
    picked[persons] = True
    in_order = order[picked[order]]
    afforded = np.sort(in_order[: purse.affordable(in_order)])
    return Selection(afforded, missing, persons.size - afforded.size)


def pool_of(
    target: Target,
    situation: Situation,
    intervention: Intervention | None = None,
    within: np.ndarray | None = None,
) -> Pool:
    """Return from whom a target picks now; see `select`."""
    there = situation.mask(target.where)
    if within is not None:
        there &= within
    codes = None
    if target.groups is not None:
        codes, _ = group_codes(target, situation.world)
    elif target.per is not None:
        codes, _ = codes_by(target.per, situation.world)
    if codes is not None:
        there &= codes >= 0
    eligible = there & ~_excluded(target, situation, intervention)
    return Pool(eligible, int(np.count_nonzero(there)), codes)


def _excluded(target: Target, situation: Situation, intervention: Intervention | None) -> np.ndarray:
    """Return bool[n_persons]: whom a target excludes; with `replace`, also those who are in it."""
    past, excluded = situation.past, np.zeros(situation.world.population.size, bool)
    for word in target.exclude:
        if word == "offered":
            excluded |= past.offered(intervention.name) if intervention is not None else False
        elif word == "treated":
            excluded |= past.treated(intervention.name) if intervention is not None else False
        else:
            excluded |= past.offered(word)
    if target.replace and intervention is not None:
        excluded |= past.members(intervention.name, situation.tick)
    return excluded


def _most_places(places: int, purse: Purse | None, eligible: np.ndarray) -> int:
    """Return for how many people a rule that chooses a set is asked: for somewhat more than money will pay for.

    Who accepts, and so how far the money goes, differs from replicate to replicate. So that the choice need not be made
    anew for each, the number is a power of two. If it should not suffice, those who come next in the ranking follow.
    """
    mean = float(purse.price[eligible].mean()) if purse is not None and eligible.any() else 0.0
    if purse is None or mean <= 0 or not np.isfinite(purse.money):
        return places
    expected = max(1.25 * purse.money / mean, 1.0)
    return min(places, 1 << int(np.ceil(np.log2(expected)))) if expected < places else places


def _per_group(
    target: Target,
    situation: Situation,
    intervention: Intervention | None,
    pool: Pool,
    places: int,
    purse: Purse | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Cut in each group; return who is picked, and all in an order in which the groups take turns by their sizes."""
    codes, eligible = pool.codes, pool.eligible
    assert codes is not None
    if takes_request(targets[target.rank]):
        sizes = np.bincount(codes[eligible])
        parts = largest_remainder(places, sizes)
        orders = [
            rank(
                situation,
                target.rank,
                target.parameters,
                Request(inside, _most_places(int(part), purse, inside), intervention),
            )
            for group, part in enumerate(parts)
            if part
            for inside in [eligible & (codes == group)]
        ]
        order = np.concatenate([np.empty(0, np.int32), *orders])
    else:
        order = rank(situation, target.rank, target.parameters)
    persons = cut_per_group(order, eligible, places, codes)
    ranked = order[eligible[order]]
    own = codes[ranked]
    by_group = np.argsort(own, kind="stable")
    sizes = np.bincount(own)
    turn = np.empty(ranked.size)
    turn[by_group] = place_in(own[by_group])
    return persons, ranked[np.argsort((turn + 0.5) / np.maximum(sizes[own], 1), kind="stable")]


def _groups_afforded(
    persons: np.ndarray, order: np.ndarray, codes: np.ndarray, purse: Purse | None, missing: int
) -> Selection:
    if purse is None:
        return Selection(persons, missing)
    own = codes[persons]
    members = persons[np.argsort(own, kind="stable")]  # group by group, ascending in each
    sizes = np.bincount(own, minlength=order.size)
    ends = np.cumsum(sizes)
    groups = [members[ends[group] - sizes[group] : ends[group]] for group in order[sizes[order] > 0]]
    taken = purse.affordable_groups(groups)
    afforded = np.sort(np.concatenate([np.empty(0, np.int32), *(groups[k] for k in taken)]))
    return Selection(afforded, missing, persons.size - afforded.size)
