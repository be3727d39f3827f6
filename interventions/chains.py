"""Chains: an intervention passed on along ties, wave after wave, by those who accepted it.

Wave 0 are the people whom the target picks. In wave w each of those who accepted in wave w - 1, and who is still there
and has not dropped out, passes it on to contacts, or to followers matched to them; who is handed it by several is
offered it once. Passing on goes the way influence runs: from source to target of a directed tie, both ways along an
undirected one. Each wave reads the ties, the states and the money as they are then, and has luck of its own. A
target's budget is for wave 0 alone; an arm's is for all that it does.

Lines in the ledger, for each wave with somebody to pass it on to: "reach", "treat", the effects on those who accepted;
then "message" (how many were passed on) and "wave" (how many people there were to pass them on).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from interventions.acting import act, offer
from interventions.cutting import place_in
from interventions.dropping import leaves_of
from interventions.matching import match, spread
from interventions.money import purse_for_wave
from interventions.scores import once
from interventions.specs import Target
from simulator.actions import Action, ActLater, Record
from simulator.centrality import settled
from simulator.network import distinct, pack
from simulator.units import to_ticks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from interventions.specs import Chain, Intervention
    from simulator.network import ContactNetwork
    from simulator.streams import Draw, NamePart
    from simulator.world import Situation


def act_and_pass_on(
    intervention: Intervention, situation: Situation, occasion: int, within: np.ndarray | None = None
) -> list[Action]:
    """Return what an intervention does now and, if it has a chain, that those who accept will pass it on.

    Parameters
    ----------
    intervention : Intervention
    situation : Situation
    occasion : int
        How many times the intervention acted before in this arm; names its luck.
    within : bool[n_persons], optional
        Who alone may be picked; it may be passed on to others.

    Returns
    -------
    list of Action
    """
    actions = act(intervention, situation, occasion, within)
    accepted = next(one.treated for one in actions if isinstance(one, Record) and one.treated is not None)
    return [*actions, *_next_wave(intervention, situation, occasion, situation.tick, 0, accepted)]


def _next_wave(
    intervention: Intervention, situation: Situation, occasion: int, start: int, wave: int, accepted: np.ndarray
) -> Iterator[ActLater]:
    """Yield the wave after this one, if there is to be one before the run ends."""
    chain = intervention.chain
    if chain is None or wave == chain.waves:
        return
    tick = start + to_ticks((wave + 1) * chain.every)
    leaves = leaves_of(intervention, situation, accepted, occasion, wave)
    carriers = accepted if leaves is None else accepted[leaves > tick]
    if carriers.size and (tick < situation.horizon or tick == situation.tick):
        plan = partial(_carry_on, intervention, chain, occasion, start, wave + 1, carriers)
        yield ActLater(tick, occasion, plan, wave + 1)


def _carry_on(
    intervention: Intervention,
    chain: Chain,
    occasion: int,
    start: int,
    wave: int,
    carriers: np.ndarray,
    situation: Situation,
) -> list[Action]:
    """Return what one wave does; nothing where nobody is left to pass it on, or to pass it on to."""
    carriers = carriers[situation.present[carriers]]
    luck = ("chain", intervention.name, occasion, wave)
    passed = _passed(intervention.name, chain, carriers, situation, luck)
    one = replace(
        intervention,
        target=Target(),
        effect=intervention.effect if chain.effect is None else chain.effect,
        uptake=intervention.uptake if chain.uptake is None else chain.uptake,
    )
    n_found = passed.receivers.size
    purse = purse_for_wave(one, situation, occasion, wave, passed.by_person(situation.world.population.size))
    if purse is not None:
        words = situation.draw.words_at(*luck, "offer", indices=passed.receivers)
        order = np.argsort(words, kind="stable")
        kept = np.sort(order[: purse.affordable(passed.receivers[order])])
        passed = Passed(passed.receivers[kept], passed.messages[kept])
    short = [Record("short of money", n_found - passed.receivers.size)] if passed.receivers.size < n_found else []
    if passed.receivers.size == 0:
        return [*short]
    actions, accepted = offer(one, situation, passed.receivers, occasion, wave=wave)
    n_messages = int(passed.messages.sum())
    return [
        *actions,
        Record("message", n_messages, intervention.cost.per_message * n_messages),
        Record("wave", int(carriers.size), intervention.cost.per_step),
        *short,
        *_next_wave(intervention, situation, occasion, start, wave, accepted),
    ]


def _passed(name: str, chain: Chain, carriers: np.ndarray, situation: Situation, luck: Sequence[NamePart]) -> Passed:
    """Return to whom carriers pass it on now, and how often."""
    eligible = situation.mask(chain.where)
    if not chain.again:
        eligible &= ~situation.past.offered(name)
    if chain.to == "contacts":
        return pass_on(
            situation.network(), carriers, eligible, situation.draw, luck,
            coupons=chain.coupons, ties=chain.ties, layers=chain.layers,
        )  # fmt: skip
    eligible[carriers] = False
    followers, _ = match(
        situation.network(), carriers, np.flatnonzero(eligible).astype(np.int32), situation.draw, luck,
        coupons=chain.coupons, layers=chain.layers, there=situation.present,
    )  # fmt: skip
    return Passed(followers, np.ones(followers.size, np.int64))


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

    def by_person(self, n_persons: int) -> np.ndarray:
        """Return int64[n_persons]: the messages to everybody."""
        messages = np.zeros(n_persons, np.int64)
        messages[self.receivers] = self.messages
        return messages


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
    return settled(total)  # else 0.1 + 0.2 would be more than 0.3


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
