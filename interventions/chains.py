"""Chains: an intervention passed on along ties, wave after wave, by those who accepted it.

Wave 0 are the people whom the target picks. In wave w each of those who accepted in wave w - 1, and who is still there
and still in it, passes it on to contacts, or to followers matched to them; who is handed it by several is offered it
once. Passing on goes the way influence runs: from source to target of a directed tie, both ways along an undirected
one. Each wave reads the ties, the states and the money as they are then, and has luck of its own.

Lines in the ledger, for each wave with somebody to pass it on to: "reach" and "treat", then "message" (how many were
passed on) and "wave" (how many people there were to pass them on), then the effects on those who accepted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from interventions.acting import act, effects_on
from interventions.matching import match, place_in, spread
from interventions.money import left_for
from interventions.scores import once
from interventions.specs import Target
from interventions.uptake import accept
from simulator.actions import Action, ActLater, Record
from simulator.network import distinct, pack
from simulator.units import to_ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interventions.specs import Cost, Intervention
    from simulator.network import ContactNetwork
    from simulator.streams import Draw, NamePart
    from simulator.world import Situation


def act_and_pass_on(intervention: Intervention, situation: Situation, occasion: int) -> list[Action]:
    """Return what an intervention does now and, if it has a chain, that those who accept will pass it on.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    occasion : int
        How many times the intervention acted before in this arm; names its luck.

    Returns
    -------
    list of Action
        The next wave comes last.
    """
    actions = act(intervention, situation, occasion)
    treated = next(one.treated for one in actions if isinstance(one, Record) and one.treated is not None)
    return [*actions, *_next_wave(intervention, situation, occasion, situation.tick, 0, treated)]


def _next_wave(
    intervention: Intervention, situation: Situation, occasion: int, start: int, wave: int, accepted: np.ndarray
) -> Iterator[ActLater]:
    """Yield the wave after this one, if there is to be one before the run ends."""
    chain = intervention.chain
    if chain is None or wave == chain.waves or accepted.size == 0:
        return
    tick = start + to_ticks((wave + 1) * chain.every)
    if tick <= situation.horizon:
        plan = partial(_carry_on, intervention, occasion, start, wave + 1, accepted)
        yield ActLater(tick, occasion, plan, wave + 1)


def _carry_on(
    intervention: Intervention, occasion: int, start: int, wave: int, carriers: np.ndarray, situation: Situation
) -> list[Action]:
    """Return what one wave does; nothing where there is nobody to pass it on, nobody to pass it on to, or no money."""
    chain, cost, name = intervention.chain, intervention.cost, intervention.name
    assert chain is not None
    still = situation.present & situation.past.members(name, situation.tick)
    carriers = carriers[still[carriers]]
    eligible = situation.mask(chain.where)
    if not chain.again:
        eligible &= ~situation.past.offered(name)
    luck: tuple[NamePart, ...] = ("chain", name, occasion, wave)
    if chain.to == "matched":
        eligible[carriers] = False
        followers = np.flatnonzero(eligible).astype(np.int32)
        followers, _ = match(
            situation.network(), carriers, followers, situation.draw, luck,
            coupons=chain.coupons, layers=chain.layers, there=situation.present,
        )  # fmt: skip
        passed = Passed(followers, np.ones(followers.size, np.int64))
    else:
        passed = pass_on(
            situation.network(), carriers, eligible, situation.draw, luck,
            coupons=chain.coupons, ties=chain.ties, layers=chain.layers,
        )  # fmt: skip
    step = f"{occasion}.{wave}"  # no occasion's luck is named by a word
    accepted = accept(intervention, situation, passed.receivers, step, chain.uptake)
    left = left_for(replace(intervention, target=Target()), situation)  # the target's own budget is for wave 0
    if np.isfinite(left):
        order = np.argsort(situation.draw.words_at(*luck, "offer", indices=passed.receivers), kind="stable")
        accepts = np.isin(passed.receivers, accepted)
        kept = np.sort(order[: _affordable(passed.messages[order], accepts[order], cost, left)])
        passed, accepted = Passed(passed.receivers[kept], passed.messages[kept]), passed.receivers[kept][accepts[kept]]
    n_offered, n_messages = int(passed.receivers.size), int(passed.messages.sum())
    if n_offered == 0:
        return []
    actions: list[Action] = [
        Record("reach", n_offered, cost.per_reached * n_offered, offered=passed.receivers, wave=wave),
        Record("treat", int(accepted.size), cost.per_treated * accepted.size, treated=accepted),
        Record("message", n_messages, cost.per_message * n_messages),
        Record("wave", int(carriers.size), cost.per_step),
    ]
    if accepted.size:
        passed_on = intervention if chain.effect is None else replace(intervention, effect=chain.effect)
        actions += effects_on(passed_on, situation, accepted, step)
    return [*actions, *_next_wave(intervention, situation, occasion, start, wave, accepted)]


def _affordable(messages: np.ndarray, accepts: np.ndarray, cost: Cost, left: float) -> int:
    """Return how many offers are made, in this order, until the next one could cost more than what is left.

    Parameters
    ----------
    messages : int64[k]
        To each person.
    accepts : bool[k]
    cost : Cost
    left : float
        Before the wave.
    """
    before = cost.per_message * messages + cost.per_reached
    spent = cost.per_step + np.cumsum(before + cost.per_treated * accepts)
    dearest = np.append(cost.per_step, spent[:-1])[: messages.size] + before + cost.per_treated
    return int(np.argmax(np.append(dearest > left, True)))


@dataclass(frozen=True)
class Passed:
    """What was passed on in one wave.

    Parameters
    ----------
    receivers : int32[k]
        Those to whom it is offered: distinct, ascending.
    messages : int64[k]
        How many people passed it on to each; at least 1.
    """

    receivers: np.ndarray
    messages: np.ndarray


def pass_on(
    network: ContactNetwork,
    carriers: np.ndarray,
    eligible: np.ndarray,
    draw: Draw,
    luck: Sequence[NamePart],
    *,
    coupons: int | None = None,
    ties: str = "random",
    layers: Sequence[str] | None = None,
) -> Passed:
    """Let each carrier pass it on to contacts, along ties that live now.

    Snowball samples follow all contacts, respondent-driven ones so many coupons each (Heckathorn 1997,
    doi:10.2307/3096941). Carriers do not know of each other: several may spend a coupon on the same person.

    Parameters
    ----------
    network : ContactNetwork
        As it is now.
    carriers : int32[j]
        Distinct, ascending: those who pass it on.
    eligible : bool[n_persons]
        To whom it may be passed on.
    draw : Draw
    luck : sequence of str or int
        Names the draw, together with the carrier and the contact: how somebody's contacts are ordered depends on
        nobody else, and those reached with fewer coupons are among those reached with more.
    coupons : int, optional
        Eligible contacts of each carrier, at most; None: all of them.
    ties : {"random", "strong", "weak"}
        Which come first: in keyed order, or by the largest (smallest) sum of weights over the layers, equal ones in
        keyed order.
    layers : sequence of str, optional
        Along which ties; None: all.

    Returns
    -------
    Passed
    """
    names = tuple(network.layers) if layers is None else tuple(name for name in network.layers if name in layers)
    ways = _ways(network, names)
    first = carriers.astype(np.int64) << 32
    _, places = spread(np.searchsorted(ways, first), np.searchsorted(ways, first + (1 << 32)))
    places = places[eligible[ways[places] & 0xFFFFFFFF]]
    if coupons is not None:
        order = [draw.words_at(*luck, "contact", indices=ways[places]), ways[places] >> 32]
        if ties != "random":
            weights = once(network, ("weights of ways", names), lambda: _weights(network, names, ways))[places]
            order.insert(1, -weights if ties == "strong" else weights)
        places = places[np.lexsort(order)]
        places = places[place_in(ways[places] >> 32) < coupons]
    receivers, messages = np.unique(ways[places] & 0xFFFFFFFF, return_counts=True)
    return Passed(receivers.astype(np.int32), messages)


def _ways(network: ContactNetwork, names: tuple[str, ...]) -> np.ndarray:
    """Return int64[m], sorted: each (person, contact) such that the person can pass something on to the contact."""
    return once(network, ("ways", names), lambda: distinct(_joined([ways for ways, _ in _by_layer(network, names)])))


def _weights(network: ContactNetwork, names: tuple[str, ...], ways: np.ndarray) -> np.ndarray:
    """Return float64[m]: the sum of the weights of each way over the layers, added in their order."""
    total = np.zeros(ways.size)
    for each, weights in _by_layer(network, names):
        total[np.searchsorted(ways, each)] += weights
    return total


def _by_layer(network: ContactNetwork, names: tuple[str, ...]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield each layer's ways, distinct, and their weights."""
    for layer in (network.layers[name] for name in names):
        weights = np.ones(layer.n_ties) if layer.weights is None else layer.weights
        ways = pack(*layer.ties.T)
        if not layer.directed:
            ways, weights = np.concatenate([ways, pack(*layer.ties.T[::-1])]), np.concatenate([weights, weights])
        yield ways, weights


def _joined(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0, np.int64), *arrays])
