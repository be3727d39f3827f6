"""Chains: an intervention passed on along ties, wave after wave, by those who accepted it.

Wave 0 are the people whom the target picks. In wave w each of those who accepted in wave w - 1 passes it on to
contacts, or to followers matched to them; who is handed it by several is offered it once. Passing on goes the way
influence runs: from source to target of a directed tie, both ways along an undirected one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from interventions.matching import place_in, spread
from interventions.scores import once
from simulator.network import distinct, pack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from simulator.network import ContactNetwork
    from simulator.streams import Draw, NamePart


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
