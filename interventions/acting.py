"""What one intervention does when it acts: offer, uptake, effects, and what the ledger says of them.

Order: a "reach" line (who was offered it; fixed cost), a "treat" line (who accepted), then, on those who
accepted, states, susceptibility, influence, ties. Everything, the `to` of new ties too, reads the states as
they were before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.alteration import new_ties
from interventions.rewiring import chosen_ties, exchange, move_ends
from interventions.selecting import select
from interventions.uptake import accept, number_for
from simulator.actions import Action, AddTies, Record, RewireTies, ScaleInfluence, ScaleSusceptibility, SetStates
from simulator.units import to_ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interventions.specs import Intervention, NewTies, Rewiring
    from simulator.world import Situation


def act(intervention: Intervention, situation: Situation, occasion: int) -> list[Action]:
    """Return what an intervention does now.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    occasion : int
        How many times the intervention acted before in this arm; names its luck.

    Returns
    -------
    list of Action
        Touch nobody but those who accepted (and, for ties, their new contacts). With nobody to reach: the
        ledger lines alone, with the fixed cost.
    """
    selection = select(intervention.target, situation)
    treated = accept(intervention, situation, selection.persons, occasion)
    cost, n_offered = intervention.cost, int(selection.persons.size)
    actions: list[Action] = [
        Record("reach", n_offered, cost.fixed + cost.per_reached * n_offered, offered=selection.persons),
        Record("treat", int(treated.size), cost.per_treated * treated.size, treated=treated),
    ]
    if treated.size:
        actions += _effects(intervention, situation, treated, occasion)
    if selection.missing:  # last, so that no action's place in the list depends on it
        actions.append(Record("short of people", selection.missing))
    if selection.missing_groups:
        actions.append(Record("short of groups", selection.missing_groups))
    return actions


def _effects(intervention: Intervention, situation: Situation, treated: np.ndarray, occasion: int) -> Iterator[Action]:
    effect = intervention.effect
    until = None if effect.lasting is None else situation.tick + to_ticks(effect.lasting)
    for behaviour, change in effect.set.items():
        yield from _set_states(situation, treated, behaviour, change)
    for which, factor in effect.susceptibility.items():
        behaviour, transition = which.split(".")
        factors = number_for(factor, treated, situation)
        yield ScaleSusceptibility(treated, behaviour, transition, factors, until)
        yield Record(f"susceptibility of {which}", int(treated.size))
    for which, factor in effect.influence.items():
        behaviour, transition = which.split(".")
        factors = number_for(factor, treated, situation)
        yield ScaleInfluence(treated, behaviour, transition, factors, until)
        yield Record(f"influence on {which}", int(treated.size))
    if effect.ties is not None:
        yield from _add_ties(intervention.name, effect.ties, situation, treated, occasion, until)
    if effect.rewire is not None:
        yield from _rewire(intervention.name, effect.rewire, situation, treated, occasion)


def _set_states(
    situation: Situation, treated: np.ndarray, behaviour: str, change: str | Mapping[str, str]
) -> Iterator[Action]:
    if isinstance(change, str):
        yield SetStates(treated, behaviour, change)
        yield Record(f"set {behaviour}", int(treated.size))
        return
    world = situation.world
    now = situation.states[treated, world.column_of(behaviour)]
    n_moved = 0
    for before, after in change.items():
        movers = treated[now == world.behaviours[behaviour].code(before)]
        yield SetStates(movers, behaviour, after)
        n_moved += int(movers.size)
    yield Record(f"set {behaviour}", n_moved)


def _add_ties(
    name: str, new: NewTies, situation: Situation, treated: np.ndarray, occasion: int, until: int | None
) -> Iterator[Action]:
    ties, given = new_ties(new, situation, treated, name, occasion)
    if ties.size:
        yield AddTies(new.layer, ties, new.weight, until)
    yield Record(f"add ties to {new.layer}", int(np.count_nonzero(given)))
    if n_short := int(np.count_nonzero(given < new.per_person)):
        yield Record(f"short of ties to {new.layer}", n_short)


def _rewire(
    name: str, rewiring: Rewiring, situation: Situation, treated: np.ndarray, occasion: int
) -> Iterator[Action]:
    """Rewire the layer's own ties; ties that interventions added stay as they are."""
    layer = situation.world.network.layers[rewiring.layer]
    ties = situation.tied_in(rewiring.layer)[: layer.n_ties]
    rows = chosen_ties(ties, treated, rewiring.share, situation.draw, name, occasion)
    if rewiring.keeps_degree:
        ends, still = exchange(ties, rows, layer.directed, situation.draw, name, occasion)
    else:
        present = situation.present
        ends, still = move_ends(ties, rows, treated, present, layer.directed, situation.draw, name, occasion)
    if rows.size:
        yield RewireTies(rewiring.layer, rows, ends)
    yield Record(f"rewire ties of {rewiring.layer}", int(rows.size) - still)
    if still:
        yield Record(f"ties of {rewiring.layer} that stayed", still)
