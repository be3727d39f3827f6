"""When the interventions of an arm act: at dates, again and again, once a measure passes a level, group after group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from interventions.background import uncounted
from interventions.chains import act_and_pass_on
from interventions.groups import FOUND, groups_over, order_over
from interventions.knowing import as_seen
from simulator.actions import ActLater
from simulator.outcomes import read_so_far
from simulator.units import to_ticks
from simulator.world import Occurrence

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.actions import Action
    from simulator.world import Situation


def occurrences(arm: Sequence[Intervention]) -> list[Occurrence]:
    """List what the interventions of an arm begin with, in the order in which they act.

    Parameters
    ----------
    arm : sequence of Intervention
        At one instant they act in this order. One name may be listed twice: its occasions go on counting, so
        that the second time has luck of its own.

    Returns
    -------
    list of Occurrence
        By date, then by the arm's order. What repeats, waits for a level or goes on group by group is listed once, and
        asks for its next step when it acts.
    """
    dated = sorted(
        (
            (to_ticks(time), place, intervention)
            for place, intervention in enumerate(arm)
            for time in _begins(intervention)
        ),
        key=lambda each: each[:2],
    )
    acted: Counter[str] = Counter()
    listed = []
    for tick, place, intervention in dated:
        occasion = acted[intervention.name]
        acted[intervention.name] += 1
        if intervention.when is not None:
            plan = partial(_check, intervention, occasion, tick, 0)
        elif intervention.phase is not None:
            plan = partial(_begin_phases, intervention, occasion, tick)
        else:
            plan = partial(_act_again, intervention, occasion, tick, 0)
        if intervention.background:
            plan = partial(uncounted, plan)
        listed.append(Occurrence(tick, intervention.name, occasion, plan, place))
    return listed


def _begins(intervention: Intervention) -> tuple[float, ...]:
    """Return when an intervention first does something: at its dates, or when it first looks at the measure."""
    return intervention.at or ((0.0,) if intervention.when is not None or intervention.phase is not None else ())


def _last(intervention: Intervention, situation: Situation) -> int:
    """Return the last tick at which an intervention may act again, or look at its measure."""
    last = situation.horizon - 1
    return last if intervention.until is None else min(last, to_ticks(intervention.until))


def _act_again(intervention: Intervention, first: int, begin: int, repeat: int, situation: Situation) -> list[Action]:
    """Act, and ask for the next time.

    Parameters
    ----------
    intervention : Intervention
    first : int
        Occasion at `begin`.
    begin : int
        Tick at which it first acted.
    repeat : int
        How many times it has acted since.
    situation : Situation
    """
    actions = act_and_pass_on(intervention, situation, first + repeat)
    if intervention.every is not None:
        tick = begin + to_ticks((repeat + 1) * intervention.every)
        if tick <= _last(intervention, situation):
            again = partial(_act_again, intervention, first, begin, repeat + 1)
            actions.append(ActLater(tick, first + repeat + 1, again))
    return actions


def _check(intervention: Intervention, occasion: int, begin: int, n_checks: int, situation: Situation) -> list[Action]:
    """Act if the measure is past its level; else ask to look again."""
    when = intervention.when
    assert when is not None
    value = read_so_far(when.measure, situation).over(np.ones(situation.world.population.size, bool)).value
    if (when.above is not None and value > when.above) or (when.below is not None and value < when.below):
        if intervention.phase is not None:
            return _begin_phases(intervention, occasion, situation.tick, situation)
        return _act_again(intervention, occasion, situation.tick, 0, situation)
    tick = begin + to_ticks((n_checks + 1) * when.check_every)
    if tick > _last(intervention, situation):
        return []
    return [ActLater(tick, occasion, partial(_check, intervention, occasion, begin, n_checks + 1))]


def _begin_phases(intervention: Intervention, occasion: int, begin: int, situation: Situation) -> list[Action]:
    """Find the groups and put them in order, once, and let the first of them begin.

    Groups that are found in the network are those of the network as it is known then, and stay what they are.
    """
    phase = intervention.phase
    assert phase is not None
    seen = as_seen(situation, intervention.target.knowledge) if phase.over in FOUND else situation
    codes, order = groups_over(phase.over, seen.world), order_over(phase, seen)
    if phase.over in FOUND:  # who is not there is in a group of nobody
        order = order[np.isin(order, codes[situation.present])]
    return _next_phase(intervention, occasion, begin, 0, codes, order, situation)


def _next_phase(
    intervention: Intervention,
    first: int,
    begin: int,
    step: int,
    codes: np.ndarray,
    order: np.ndarray,
    situation: Situation,
) -> list[Action]:
    """Let the next groups (of int32[n_persons], each person's) begin, and ask for those after them."""
    phase = intervention.phase
    assert phase is not None
    begins = order[step * phase.groups : (step + 1) * phase.groups]
    actions = act_and_pass_on(intervention, situation, first + step, np.isin(codes, begins))
    if (step + 1) * phase.groups < order.size:
        tick = begin + to_ticks((step + 1) * phase.every)
        if tick < situation.horizon:
            later = partial(_next_phase, intervention, first, begin, step + 1, codes, order)
            actions.append(ActLater(tick, first + step + 1, later))
    return actions
