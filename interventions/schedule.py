"""When the interventions of an arm act."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from interventions.acting import act
from simulator.units import to_ticks
from simulator.world import Occurrence

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from simulator.actions import Action
    from simulator.world import Situation


def occurrences(arm: Sequence[Intervention]) -> list[Occurrence]:
    """List everything that the interventions of an arm do, in the order in which they act.

    Parameters
    ----------
    arm : sequence of Intervention
        At one instant they act in this order. One name may be listed twice: its occasions go on counting, so
        that the second time has luck of its own.

    Returns
    -------
    list of Occurrence
        By date, then by the arm's order.
    """
    dated = sorted(
        ((to_ticks(time), intervention) for intervention in arm for time in intervention.at),
        key=lambda pair: pair[0],
    )
    acted: Counter[str] = Counter()
    listed = []
    for tick, intervention in dated:
        occasion = acted[intervention.name]
        acted[intervention.name] += 1
        plan = partial(_plan, intervention, occasion)
        listed.append(Occurrence(tick, intervention.name, occasion, plan))
    return listed


def _plan(intervention: Intervention, occasion: int, situation: Situation) -> list[Action]:
    return act(intervention, situation, occasion)
