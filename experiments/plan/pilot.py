"""What interventions would do, seen in the first replicate: whom they reach at each date, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interventions.schedule import occurrences
from interventions.selecting import eligible_for
from interventions.uptake import chances
from simulator.actions import Record
from simulator.units import from_ticks, to_ticks
from simulator.world import Occurrence

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.actions import Action
    from simulator.beginning import Beginning
    from simulator.world import Situation


@dataclass(frozen=True)
class Counted:
    """What an intervention found and did at one date of the first replicate.

    Parameters
    ----------
    eligible : int
        People who could have been picked.
    reached : int
        People who were offered it: exact at time 0.
    groups : int, optional
        Whole groups that they make up.
    treated : float
        People who accept, on average, given who is offered it.
    missing : int
        How many fewer could be reached than were asked for.
    cost : float
        On average, given who is offered it.
    """

    eligible: int
    reached: int
    groups: int | None
    treated: float
    missing: int
    cost: float


@dataclass(frozen=True)
class Date:
    """One intervention at one date of an arm.

    Parameters
    ----------
    time : float
        In the scenario's unit.
    intervention : Intervention
    occasion : int
        How often it acted before in this arm.
    counted : Counted, optional
        None: the first replicate was not followed so far.
    """

    time: float
    intervention: Intervention
    occasion: int
    counted: Counted | None = None


def dates_of(members: Sequence[Intervention]) -> list[Date]:
    """Return what an arm does, in the order in which it does it, without numbers of people."""
    by_name = {member.name: member for member in members}
    return [Date(from_ticks(one.tick), by_name[one.intervention], one.occasion) for one in occurrences(members)]


Found = dict[tuple[str, int], Counted]
"""What was found of each intervention and occasion."""


def watched(members: Sequence[Intervention], found: Found) -> list[Occurrence]:
    """Return what an arm does; when it acts, it is noted in `found` whom that reaches."""
    return [
        _watched(one, date.intervention, found)
        for one, date in zip(occurrences(members), dates_of(members), strict=True)
    ]


def _watched(occurrence: Occurrence, intervention: Intervention, found: Found) -> Occurrence:
    def plan(situation: Situation) -> Sequence[Action]:
        actions = occurrence.plan(situation)
        found[occurrence.intervention, occurrence.occasion] = _counted(intervention, situation, actions)
        return actions

    return replace(occurrence, plan=plan)


def counted_dates(
    beginning: Beginning, members: Sequence[Intervention], until: float, horizon: int, before: Found
) -> list[Date]:
    """Follow the first replicate of an arm, and count whom its interventions reach.

    Parameters
    ----------
    beginning : Beginning
        Of replicate 0, at time 0.
    members : sequence of Intervention
    until : float
        The last date that is followed, in the scenario's unit.
    horizon : int
        Tick.
    before : mapping
        What was found before time 0.
    """
    found = dict(before)
    beginning.simulation(watched(members, found), np.empty(0, np.int64), horizon).advance(to_ticks(until))
    return [replace(one, counted=found.get((one.intervention.name, one.occasion))) for one in dates_of(members)]


def _counted(intervention: Intervention, situation: Situation, actions: Sequence[Action]) -> Counted:
    eligible, codes = eligible_for(intervention.target, situation)
    records = [action for action in actions if isinstance(action, Record)]
    offered = next(one.offered for one in records if one.offered is not None)
    treated = math.fsum(chances(intervention.uptake, intervention.name, offered, situation).clip(0, 1).tolist())
    cost, reached = intervention.cost, int(offered.size)
    whole = codes is not None and intervention.target.groups is not None
    return Counted(
        eligible=int(np.count_nonzero(eligible)),
        reached=reached,
        groups=int(np.unique(codes[offered]).size) if whole and codes is not None else None,
        treated=treated,
        missing=sum(one.people for one in records if one.action.startswith("short of people")),
        cost=cost.fixed + cost.per_reached * reached + cost.per_treated * treated,
    )
