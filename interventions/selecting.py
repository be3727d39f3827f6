"""Whom an intervention is offered to: a target, read against a situation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interventions.cutting import counted_groups, cut, cut_per_group, places_for, whole_groups
from interventions.groups import codes_by, group_codes, rank_groups
from interventions.targeting import rank

if TYPE_CHECKING:
    from interventions.specs import Target
    from simulator.world import Situation


@dataclass(frozen=True)
class Selection:
    """Who is picked.

    Parameters
    ----------
    persons : int32[k]
        Ascending.
    missing : int
        How many people fewer than the target's `number` there are to pick from.
    missing_groups : int
        The same of groups, where the target's `number` counts them.
    """

    persons: np.ndarray
    missing: int = 0
    missing_groups: int = 0


def select(target: Target, situation: Situation) -> Selection:
    """Pick a target's people, now.

    The ranking is cut among those who satisfy `where`; with `per` or `groups`, people whose column is missing
    are in no group, are not picked and do not count for the share.

    Parameters
    ----------
    target : Target
    situation : Situation

    Returns
    -------
    Selection
    """
    eligible, codes = eligible_for(target, situation)
    if codes is not None and target.counts_groups:
        order = rank_groups(target, situation)
        share, number, skip = target.share, target.number, target.skip
        persons, n_missing = counted_groups(order, eligible, codes, share=share, number=number, skip=skip)
        return Selection(persons, missing_groups=n_missing)
    places, missing = places_for(int(eligible.sum()), target.share, target.number)
    if codes is None:
        persons = cut(rank(situation, target.rank, target.parameters), eligible, places)
    elif target.groups is not None:
        persons = whole_groups(rank_groups(target, situation), eligible, places, codes)
    else:
        persons = cut_per_group(rank(situation, target.rank, target.parameters), eligible, places, codes)
    return Selection(persons, missing)


def eligible_for(target: Target, situation: Situation) -> tuple[np.ndarray, np.ndarray | None]:
    """Return who may be picked now, and everybody's group.

    Parameters
    ----------
    target : Target
    situation : Situation

    Returns
    -------
    eligible : bool[n_persons]
        Who satisfies `where` and, with `per` or `groups`, is in a group.
    codes : int32[n_persons] or None
        Groups of `per` or `groups`; -1: in none.
    """
    eligible = situation.mask(target.where)
    if target.groups is not None:
        codes, _ = group_codes(target, situation.world)
    elif target.per is not None:
        codes, _ = codes_by(target.per, situation.world)
    else:
        return eligible, None
    return eligible & (codes >= 0), codes
