"""Money: what an intervention costs, whom a budget pays for, and what is left of it.

All that taking somebody on costs, for as long as they stay, is paid when they accept, so that what is left is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interventions.dropping import leaves_of
from interventions.uptake import accept
from simulator.units import TICKS_PER_UNIT, to_ticks

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.world import Situation

ROUNDING = 1e-9
"""By what share of itself a budget may be overspent: what adding up thousands of prices may be off by."""


@dataclass(frozen=True, eq=False)
class Purse:
    """What can be spent on people now, and what each of them would cost.

    Parameters
    ----------
    money : float
        What is left when all that does not depend on people is paid; negative: not even that can be.
    price : float64[n_persons]
        What offering it to each person costs, given whether they accept: nobody else knows before they are asked.
    most : float64[n_persons]
        What it costs if they accept.
    """

    money: float
    price: np.ndarray
    most: np.ndarray

    def affordable(self, persons: np.ndarray) -> int:
        """Return how many of these people (int32[k]), in order, can be paid for.

        It is offered to one after the other until what is left would not pay for the next if they accepted.
        """
        before = np.concatenate([[0.0], np.cumsum(self.price[persons])[:-1]]) if persons.size else np.empty(0)
        short = before + self.most[persons] > self.money + ROUNDING * abs(self.money)
        return int(np.argmax(short)) if short.any() else persons.size

    def affordable_groups(self, groups: list[np.ndarray]) -> list[int]:
        """Return which of these groups of people, in order, can be paid for; one that cannot be is skipped."""
        left, taken = self.money + ROUNDING * abs(self.money), []
        cheapest = float(self.most.min(initial=math.inf))
        for k, persons in enumerate(groups):
            if 0 <= left < cheapest:
                break  # nobody, and so no group, can be paid for any more
            if self.most[persons].sum() <= left:
                taken.append(k)
                left -= float(self.price[persons].sum())
        return taken


def left_for(intervention: Intervention, situation: Situation, spent_now: float = 0.0) -> float:
    """Return what an intervention may still spend, in the study's currency; infinite without a budget.

    Parameters
    ----------
    intervention : Intervention
        Its `budget` is its arm's; its target's budget is for each time that it acts.
    situation : Situation
    spent_now : float
        What it has spent at this instant, which the arm's past does not hold yet.
    """
    of_arm = math.inf if intervention.budget is None else intervention.budget - situation.past.spent
    of_target = math.inf if intervention.target.budget is None else intervention.target.budget
    return min(of_arm, of_target) - spent_now


def purse_for(intervention: Intervention, situation: Situation, occasion: int, asked: int) -> Purse | None:
    """Return what can be spent on people on an occasion; None without a budget.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    occasion : int
    asked : int
        People asked about their contacts.
    """
    money = left_for(intervention, situation)
    if math.isinf(money):
        return None
    return _purse(intervention, situation, money - overheads(intervention, situation, asked), occasion)


def purse_for_wave(
    intervention: Intervention, situation: Situation, occasion: int, wave: int, messages: np.ndarray
) -> Purse | None:
    """Return what can be spent on people in a wave of a chain; None without a budget.

    Parameters
    ----------
    intervention : Intervention
        With the uptake and the effect of the wave.
    situation : Situation
    occasion, wave : int
    messages : int64[n_persons]
        How many people would pass it on to each.
    """
    money, cost = left_for(intervention, situation), intervention.cost
    if math.isinf(money):
        return None
    return _purse(intervention, situation, money - cost.per_step, occasion, wave, cost.per_message * messages)


def _purse(
    intervention: Intervention,
    situation: Situation,
    money: float,
    occasion: int,
    wave: int = 0,
    beside: float | np.ndarray = 0.0,
) -> Purse:
    """Price everybody; `beside` is what it costs to offer it to each, beside the price of reaching anybody."""
    everybody = np.arange(situation.world.population.size, dtype=np.int32)
    accepts = np.zeros(everybody.size, bool)
    accepts[accept(intervention, situation, everybody, occasion, wave=wave)] = True
    cost = intervention.cost
    reached = cost.per_reached + beside
    most = reached + cost.per_treated + _most_ties(intervention, situation)
    most += cost.per_time_treated * stay_of(intervention, situation, everybody, occasion, wave)
    return Purse(money, np.where(accepts, most, reached), most)


def overheads(intervention: Intervention, situation: Situation, asked: int) -> float:
    """Return what an occasion costs whoever is reached: fixed, for the time that it runs, and for asking people."""
    cost = intervention.cost
    return cost.fixed + cost.per_time * run_of(intervention, situation) + cost.per_asked * asked


def run_of(intervention: Intervention, situation: Situation) -> float:
    """Return for how long an occasion runs: until its effects end, the next occasion, or the horizon."""
    left = (situation.horizon - situation.tick) / TICKS_PER_UNIT
    ends = [left, *(each for each in (intervention.effect.lasting, intervention.every) if each is not None)]
    return min(ends)


def stay_of(
    intervention: Intervention, situation: Situation, persons: np.ndarray, occasion: int, wave: int = 0
) -> np.ndarray:
    """Return float64[k]: for how long people who accept now are in it: until they drop out, its end, or the horizon."""
    end = situation.horizon
    if intervention.effect.lasting is not None:
        end = min(end, situation.tick + to_ticks(intervention.effect.lasting))
    leaves = leaves_of(intervention, situation, persons, occasion, wave)
    ends = np.full(persons.size, end) if leaves is None else np.minimum(leaves, end)
    return (ends - situation.tick) / TICKS_PER_UNIT


def _most_ties(intervention: Intervention, situation: Situation) -> np.ndarray:
    """Return float64[n_persons]: what the ties cost, at most, that are made or moved for each person."""
    effect, n_persons = intervention.effect, situation.world.population.size
    ties = np.zeros(n_persons)
    if not intervention.cost.per_tie:
        return ties
    if effect.ties is not None:
        ties += effect.ties.per_person
    if effect.rewire is not None:
        ends = np.bincount(situation.tied_in(effect.rewire.layer).ravel(), minlength=n_persons)[:n_persons]
        ties += np.ceil(effect.rewire.share * ends)
    return intervention.cost.per_tie * ties
