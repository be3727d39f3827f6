"""Money: what an intervention costs each person it is offered to, and what is left to spend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.world import Situation


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
