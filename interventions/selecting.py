"""Whom an intervention is offered to: a target, read against a situation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interventions.cutting import cut, cut_per_group, places_for, whole_groups
from interventions.groups import group_codes, rank_groups
from interventions.knowing import as_known
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
    n_asked : int
        How many people were asked about contacts.
    """

    persons: np.ndarray
    missing: int = 0
    n_asked: int = 0


def select(target: Target, situation: Situation, occasion: int = 0) -> Selection:
    """Pick a target's people, now, by what is known of the network.

    The ranking is cut among those who satisfy `where`; with `per` or `groups`, people whose column is missing
    are in no group, are not picked and do not count for the share.

    Parameters
    ----------
    target : Target
    situation : Situation
    occasion : int
        How many times the intervention acted before.

    Returns
    -------
    Selection
    """
    situation, n_asked = as_known(situation, target, occasion)
    eligible, codes = eligible_for(target, situation)
    places, missing = places_for(int(eligible.sum()), target.share, target.number)
    if codes is None:
        persons = cut(rank(situation, target.rank, target.parameters), eligible, places)
    elif target.groups is not None:
        persons = whole_groups(rank_groups(target, situation), eligible, places, codes)
    else:
        persons = cut_per_group(rank(situation, target.rank, target.parameters), eligible, places, codes)
    return Selection(persons, missing, n_asked)


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
        codes, _ = situation.world.population.columns[target.per].groups()
    else:
        return eligible, None
    return eligible & (codes >= 0), codes
