"""The network as it is, or was, in one arm: ties added, ended or rewired since time 0, among those who are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simulator.network import ContactNetwork, Layer, distinct, pack, unpack


@dataclass(frozen=True, eq=False)
class TiesNow:
    """The ties of one layer at one instant.

    Parameters
    ----------
    own : int32[n_ties, 2]
        The layer's own ties, row by row, as they have been rewired.
    added : int32[k, 2]
        Undirected ties added since, either order.
    weights : float64[k]
        Theirs.
    """

    own: np.ndarray
    added: np.ndarray
    weights: np.ndarray


@dataclass(eq=False)
class TiesSince:
    """The ties of all layers from an instant on, until something else changes them than people who drop out.

    Parameters
    ----------
    tick : int
    own : mapping of str to int32[n_ties, 2]
        By layer, row by row.
    added : mapping of str to list of (int32[k, 2], float, int64[k] or None)
        By layer: ties added since, their weight, and when each ends alone.
    """

    tick: int
    own: Mapping[str, np.ndarray]
    added: Mapping[str, Sequence[tuple[np.ndarray, float, np.ndarray | None]]]
    _made: dict[int, ContactNetwork] = field(default_factory=dict)

    def network(self, world: ContactNetwork, tick: int) -> ContactNetwork:
        """Return the network at an instant, with all else as in the world's; the same one until a tie ends."""
        leaves = [leave[leave <= tick] for each in self.added.values() for _, _, leave in each if leave is not None]
        since = max((int(leave.max(initial=self.tick)) for leave in leaves), default=self.tick)
        if since not in self._made:
            self._made[since] = with_ties(world, {name: self._now(name, since) for name in self.own})
        return self._made[since]

    def _now(self, layer: str, tick: int) -> TiesNow:
        ties, weights = [np.empty((0, 2), np.int32)], [np.empty(0)]
        for added, weight, leaves in self.added[layer]:
            ties.append(added if leaves is None else added[leaves > tick])
            weights.append(np.full(len(ties[-1]), weight))
        return TiesNow(self.own[layer], np.concatenate(ties), np.concatenate(weights))


def with_ties(network: ContactNetwork, now: Mapping[str, TiesNow]) -> ContactNetwork:
    """Return a network with the ties of one instant.

    Parameters
    ----------
    network : ContactNetwork
    now : mapping of str to TiesNow
        By layer; layers that are not named stay as they are.

    Returns
    -------
    ContactNetwork
        Namings of ties that are gone are gone with them; a tie that is new counts as named from both ends.
    """
    layers = {name: _layer(layer, now[name]) if name in now else layer for name, layer in network.layers.items()}
    return ContactNetwork(network.n_persons, layers)


def among(network: ContactNetwork, there: np.ndarray) -> ContactNetwork:
    """Return a network without the ties, and the namings, of people who are not there.

    Parameters
    ----------
    network : ContactNetwork
    there : bool[n_persons]

    Returns
    -------
    ContactNetwork
        `network` itself where only people who are there have ties.
    """
    if there.all():
        return network
    layers = {name: _among(layer, there) for name, layer in network.layers.items()}
    same = all(layers[name] is layer for name, layer in network.layers.items())
    return network if same else ContactNetwork(network.n_persons, layers)


def _among(layer: Layer, there: np.ndarray) -> Layer:
    ties, namings = there[layer.ties].all(axis=1), None if layer.namings is None else there[layer.namings].all(axis=1)
    if ties.all() and (namings is None or namings.all()):
        return layer
    return replace(
        layer,
        ties=layer.ties[ties],
        weights=None if layer.weights is None else layer.weights[ties],
        namings=None if layer.namings is None else layer.namings[namings],
        attributes={name: values[ties] for name, values in layer.attributes.items()},
    )


def _layer(layer: Layer, now: TiesNow) -> Layer:
    added, weights = now.added, now.weights
    if layer.directed:  # a new tie passes on both ways
        added, weights = np.concatenate([added, added[:, ::-1]]), np.concatenate([weights, weights])
    own = now.own
    pairs = np.concatenate([own, added]).astype(np.int32)
    if not layer.directed:
        pairs = np.sort(pairs, axis=1)
    packed = pack(*pairs.T)
    _, first = np.unique(packed, return_index=True)
    own_weights = np.ones(len(own)) if layer.weights is None else layer.weights
    all_weights = np.concatenate([own_weights, weights])[first]
    return replace(
        layer,
        ties=np.ascontiguousarray(pairs[first]),
        weights=None if (all_weights == 1).all() else all_weights,
        namings=None if layer.namings is None else _namings(layer, pairs[first]),
        attributes={},
    )


def _namings(layer: Layer, pairs: np.ndarray) -> np.ndarray:
    """Return the namings whose pair is still tied, and both ways of each pair that was not."""
    assert layer.namings is not None
    tied, before = _unordered(pairs), _unordered(layer.ties)
    kept = layer.namings[np.isin(_unordered(layer.namings), tied)]
    new = unpack(np.setdiff1d(tied, before))
    both = np.concatenate([pack(*kept.T), pack(*new.T), pack(*new.T[::-1])])
    return unpack(distinct(both))


def _unordered(pairs: np.ndarray) -> np.ndarray:
    return pack(pairs.min(axis=1), pairs.max(axis=1))
