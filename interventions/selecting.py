"""Whom an intervention is offered to: a target, read against a situation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interventions.cutting import cut, cut_per_group, places_for, whole_groups
from interventions.groups import group_codes, rank_groups
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
    """

    persons: np.ndarray
    missing: int = 0


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
    world = situation.world
    eligible = situation.mask(target.where)
    codes = None
    if target.groups is not None:
        codes, _ = group_codes(target, world)
    elif target.per is not None:
        codes, _ = world.population.columns[target.per].groups()
    if codes is not None:
        eligible = eligible & (codes >= 0)
    places, missing = places_for(int(eligible.sum()), target.share, target.number)
    if codes is None:
        persons = cut(rank(situation, target.rank, target.parameters), eligible, places)
    elif target.groups is not None:
        persons = whole_groups(rank_groups(target, situation), eligible, places, codes)
    else:
        persons = cut_per_group(rank(situation, target.rank, target.parameters), eligible, places, codes)
    return Selection(persons, missing)
