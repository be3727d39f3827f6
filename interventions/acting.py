"""What one intervention does when it acts: offer, uptake, effects, and what the ledger says of them.

Order: a "reach" line (who was offered it; fixed cost), a "treat" line (who accepted), then, on those who
accepted, states, susceptibility, influence, ties; then what running it and asking people costs, and what fell short.
Everything, the `to` of new ties too, reads the states as they were before.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from interventions.alteration import new_ties
from interventions.dropping import fades_of, leaves_of
from interventions.knowing import as_known
from interventions.money import purse_for, run_of, stay_of
from interventions.rewiring import chosen_ties, exchange, move_ends
from interventions.selecting import Selection, select
from interventions.uptake import accept, number_for
from simulator.actions import (
    Action,
    ActLater,
    AddTies,
    Record,
    RewireTies,
    ScaleInfluence,
    ScaleSusceptibility,
    SetStates,
)
from simulator.active import NEVER
from simulator.units import TICKS_PER_UNIT, to_ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from interventions.specs import Effect, Intervention, NewTies, Rewiring
    from simulator.world import Situation


def act(
    intervention: Intervention, situation: Situation, occasion: int, within: np.ndarray | None = None
) -> list[Action]:
    """Return what an intervention does now.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    occasion : int
        How many times the intervention acted before in this arm; names its luck.
    within : bool[n_persons], optional
        Who alone may be picked: those whose turn it is.

    Returns
    -------
    list of Action
        Touch nobody but those who accepted (and, for ties, their new contacts). With nobody to reach: the
        ledger lines alone, with the fixed cost; where the money does not even pay for that, nothing is spent.
    """
    known, asked = as_known(situation, intervention.target, occasion)
    purse = purse_for(intervention, situation, occasion, asked)
    selection = select(intervention.target, known, intervention, purse, within)
    if purse is not None and (purse.money < 0 or (selection.too_dear and not selection.persons.size)):
        nobody = Selection(np.empty(0, np.int32), selection.missing, selection.too_dear)
        return _short(nobody, [Record("reach", 0, offered=nobody.persons), Record("treat", 0, treated=nobody.persons)])
    actions, _ = offer(intervention, situation, selection.persons, occasion, fixed=intervention.cost.fixed)
    running = intervention.cost.per_time * run_of(intervention, situation)
    if running:
        actions.append(Record("run", 0, running))
    if asked:
        actions.append(Record("ask", asked, intervention.cost.per_asked * asked))
    return _short(selection, actions)


def offer(
    intervention: Intervention,
    situation: Situation,
    persons: np.ndarray,
    occasion: int,
    *,
    wave: int = 0,
    fixed: float = 0.0,
) -> tuple[list[Action], np.ndarray]:
    """Offer an intervention to people, and let it act on those who accept.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    persons : int32[k]
        Ascending.
    occasion, wave : int
        Name the luck.
    fixed : float
        What it costs whoever is reached.

    Returns
    -------
    actions : list of Action
    treated : int32[j]
        Who accepted.
    """
    treated = accept(intervention, situation, persons, occasion, wave=wave)
    cost, effect = intervention.cost, intervention.effect
    leaves = leaves_of(intervention, situation, treated, occasion, wave)
    ends = leaves
    if effect.lasting is not None:
        ends = np.minimum(NEVER if leaves is None else leaves, np.full(treated.size, _until(effect, situation)))
    actions: list[Action] = [
        Record("reach", int(persons.size), fixed + cost.per_reached * persons.size, offered=persons, wave=wave),
        Record("treat", int(treated.size), cost.per_treated * treated.size, treated=treated, stays=ends),
    ]
    if treated.size:
        actions += _effects(intervention, situation, treated, f"{occasion}.{wave}" if wave else occasion, leaves)
    if cost.per_time_treated and treated.size:
        stays = stay_of(intervention, situation, treated, occasion, wave)
        actions.append(Record("keep", int(treated.size), cost.per_time_treated * float(stays.sum())))
    if leaves is not None:
        actions += _drop_outs(leaves, effect, situation, occasion)
    return actions, treated


def _short(selection: Selection, actions: list[Action]) -> list[Action]:
    """Say what fell short; last, so that no action's place in the list depends on it."""
    if selection.missing:
        actions.append(Record("short of people", selection.missing))
    if selection.too_dear:
        actions.append(Record("short of money", selection.too_dear))
    if selection.missing_groups:
        actions.append(Record("short of groups", selection.missing_groups))
    return actions


def effects_on(intervention: Intervention, situation: Situation, persons: np.ndarray, occasion: int) -> list[Action]:
    """Return what an intervention does to people (int32[k], ascending) who all accept it: what a planner reckons."""
    if not persons.size:
        return []
    return list(_effects(intervention, situation, persons, occasion, None))


def _until(effect: Effect, situation: Situation) -> int | None:
    return None if effect.lasting is None else situation.tick + to_ticks(effect.lasting)


def _drop_outs(leaves: np.ndarray, effect: Effect, situation: Situation, occasion: int) -> Iterator[Action]:
    """Let the ledger say, at each whole unit of time from time 0, how many dropped out since the last."""
    until = _until(effect, situation)
    end = situation.horizon if until is None else min(situation.horizon, until)
    gone = leaves[leaves < end]
    units, counts = np.unique(-(-gone // TICKS_PER_UNIT), return_counts=True)
    for unit, count in zip(units.tolist(), counts.tolist(), strict=True):
        tick = min(unit * TICKS_PER_UNIT, situation.horizon)
        yield ActLater(tick, occasion, partial(_dropped_out, count))


def _dropped_out(count: int, situation: Situation) -> list[Action]:
    return [Record("drop out", count)]


def _effects(
    intervention: Intervention,
    situation: Situation,
    treated: np.ndarray,
    occasion: int | str,
    leaves: np.ndarray | None,
) -> Iterator[Action]:
    effect = intervention.effect
    ends, fades = _until(effect, situation), fades_of(effect.half_life, situation.tick)
    until = fades[-1][0] if fades and ends is None else ends
    for behaviour, change in effect.set.items():
        yield from _set_states(situation, treated, behaviour, change)
    for which, factor in effect.susceptibility.items():
        behaviour, transition = which.split(".")
        factors = number_for(factor, treated, situation)
        yield ScaleSusceptibility(treated, behaviour, transition, factors, until, leaves, fades)
        yield Record(f"susceptibility of {which}", int(treated.size))
    for which, factor in effect.influence.items():
        behaviour, transition = which.split(".")
        factors = number_for(factor, treated, situation)
        yield ScaleInfluence(treated, behaviour, transition, factors, until, leaves, fades)
        yield Record(f"influence on {which}", int(treated.size))
    if effect.ties is not None:
        yield from _add_ties(intervention, effect.ties, situation, treated, occasion, ends, leaves)
    if effect.rewire is not None:
        yield from _rewire(intervention, effect.rewire, situation, treated, occasion)


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
    intervention: Intervention,
    new: NewTies,
    situation: Situation,
    treated: np.ndarray,
    occasion: int | str,
    until: int | None,
    leaves: np.ndarray | None,
) -> Iterator[Action]:
    ties, given = new_ties(new, situation, treated, intervention.name, occasion)
    if ties.size:
        yield AddTies(new.layer, ties, new.weight, until, _ends_of(ties, treated, leaves, situation))
    yield Record(f"add ties to {new.layer}", int(np.count_nonzero(given)), intervention.cost.per_tie * int(given.sum()))
    if n_short := int(np.count_nonzero(given < new.per_person)):
        yield Record(f"short of ties to {new.layer}", n_short)


def _ends_of(
    ties: np.ndarray, treated: np.ndarray, leaves: np.ndarray | None, situation: Situation
) -> np.ndarray | None:
    """Return int64[k]: when each new tie ends since one of those it was made for drops out."""
    if leaves is None:
        return None
    ends = np.full(situation.world.population.size, NEVER)
    ends[treated] = leaves
    return ends[ties].min(axis=1)


def _rewire(
    intervention: Intervention, rewiring: Rewiring, situation: Situation, treated: np.ndarray, occasion: int | str
) -> Iterator[Action]:
    """Rewire the layer's own ties; ties that interventions added stay as they are."""
    layer, name = situation.world.network.layers[rewiring.layer], intervention.name
    ties = situation.tied_in(rewiring.layer)[: layer.n_ties]
    rows = chosen_ties(ties, treated, rewiring.share, situation.draw, name, occasion)
    if rewiring.keeps_degree:
        ends, still = exchange(ties, rows, layer.directed, situation.draw, name, occasion)
    else:
        present = situation.present
        ends, still = move_ends(ties, rows, treated, present, layer.directed, situation.draw, name, occasion)
    if rows.size:
        yield RewireTies(rewiring.layer, rows, ends)
    moved = int(rows.size) - still
    yield Record(f"rewire ties of {rewiring.layer}", moved, intervention.cost.per_tie * moved)
    if still:
        yield Record(f"ties of {rewiring.layer} that stayed", still)
