"""What interventions would do, seen in the first replicate: whom they reach at each date, and what that costs."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from interventions.knowing import as_known
from interventions.schedule import occurrences
from interventions.selecting import pool_of
from interventions.uptake import chances
from simulator.actions import ActLater, Record
from simulator.units import from_ticks, to_ticks

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.actions import Action
    from simulator.beginning import Beginning
    from simulator.world import Occurrence, Situation

    Plan = Callable[[Situation], Sequence[Action]]


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
    wave : int
        Above 0: of a chain.
    too_dear : int
        How many more would have been reached if money had sufficed.
    asked : int
        People asked about contacts.
    """

    eligible: int
    reached: int
    groups: int | None
    treated: float
    missing: int
    cost: float
    wave: int = 0
    too_dear: int = 0
    asked: int = 0


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


def dates_of(members: Sequence[Intervention], horizon: int) -> list[Date]:
    """Return what an arm is known to do, in the order in which it does it, without numbers of people.

    Parameters
    ----------
    members : sequence of Intervention
        One that waits for a level is listed when it is first looked at; later groups of a stepped start, and later
        waves of a chain, are not listed.
    horizon : int
        Tick.
    """
    places = {member.name: place for place, member in enumerate(members)}
    by_name = {member.name: member for member in members}
    found = []
    for one in occurrences(members):
        member = by_name[one.intervention]
        for repeat, tick in enumerate(_known_ticks(one.tick, member, horizon)):
            found.append((tick, places[member.name], Date(from_ticks(tick), member, one.occasion + repeat)))
    return [date for *_, date in sorted(found, key=lambda each: each[:2])]


def _known_ticks(begin: int, member: Intervention, horizon: int) -> list[int]:
    if member.every is None or member.when is not None:
        return [begin]
    last = horizon - 1 if member.until is None else min(horizon - 1, to_ticks(member.until))
    times = (begin + to_ticks(repeat * member.every) for repeat in itertools.count())
    return list(itertools.takewhile(lambda tick: tick <= max(last, begin), times))


def open_ended(members: Sequence[Intervention]) -> bool:
    """Say whether an arm must be followed to its end to know what it does."""
    return any(member.when or member.phase or member.chain or member.budget is not None for member in members)


def watched(members: Sequence[Intervention], found: list[Date]) -> list[Occurrence]:
    """Return what an arm does; whenever one of its interventions acts, whom that reaches is added to `found`."""
    by_name = {member.name: member for member in members}

    def watching(plan: Plan, name: str, occasion: int) -> Plan:
        def watched_plan(situation: Situation) -> Sequence[Action]:
            actions = plan(situation)
            counted = _counted(by_name[name], situation, actions)
            if counted is not None:
                found.append(Date(from_ticks(situation.tick), by_name[name], occasion, counted))
            return [
                replace(each, plan=watching(each.plan, name, each.occasion)) if isinstance(each, ActLater) else each
                for each in actions
            ]

        return watched_plan

    return [replace(one, plan=watching(one.plan, one.intervention, one.occasion)) for one in occurrences(members)]


def counted_dates(
    beginning: Beginning, members: Sequence[Intervention], until: float, horizon: int, found: list[Date]
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
    found : list of Date
        What `watched` found of the background before time 0; it goes on watching what that asked for.
    """
    early = len(found)
    beginning.simulation(watched(members, found), np.empty(0, np.int64), horizon).advance(to_ticks(until))
    seen = {(date.intervention.name, date.occasion) for date in found}
    rest = [date for date in dates_of(members, horizon) if (date.intervention.name, date.occasion) not in seen]
    dates = sorted([*found, *rest], key=lambda date: date.time)
    del found[early:]
    return dates


def _counted(intervention: Intervention, situation: Situation, actions: Sequence[Action]) -> Counted | None:
    """Return what was counted as an intervention acted; None where it only looked at a level, or counted drop-outs."""
    records = [action for action in actions if isinstance(action, Record)]
    reach = next((one for one in records if one.offered is not None), None)
    if reach is None or reach.offered is None:
        return None
    pool = pool_of(intervention.target, as_known(situation, intervention.target)[0], intervention)
    chain, wave = intervention.chain, reach.wave
    uptake = chain.uptake if wave and chain is not None and chain.uptake is not None else intervention.uptake
    expected = math.fsum(chances(uptake, intervention.name, reach.offered, situation).clip(0, 1).tolist())
    accepted = sum(one.people for one in records if one.treated is not None)
    whole = pool.codes is not None and intervention.target.groups is not None
    cost = math.fsum(one.cost for one in records)
    return Counted(
        eligible=int(np.count_nonzero(pool.eligible)),
        reached=int(reach.offered.size),
        groups=int(np.unique(pool.codes[reach.offered]).size) if whole and pool.codes is not None else None,
        treated=expected,
        missing=sum(one.people for one in records if one.action.startswith("short of people")),
        cost=0.0 if intervention.background else cost + intervention.cost.per_treated * (expected - accepted),
        wave=wave,
        asked=sum(one.people for one in records if one.action == "ask"),
        too_dear=sum(one.people for one in records if one.action.startswith("short of money")),
    )
