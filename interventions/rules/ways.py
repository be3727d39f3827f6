"""Ways along which influence runs, as arrays, and how far people are from one another along them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.network import ContactNetwork, pack, unpack

FAR = 255
"""Stands for no way from one to the other, or one of `FAR` steps or more."""
WORD = 64


@dataclass(frozen=True, eq=False)
class Ways:
    """From whom influence reaches each person in one step, as compressed rows.

    Parameters
    ----------
    starts : int64[n_persons + 1]
    senders : int32[n_ways]
        Who influence person i directly, ascending, at ``senders[starts[i]:starts[i + 1]]``.
    weights : float64[n_ways]
        Of their ties, summed over layers; positive.
    """

    starts: np.ndarray
    senders: np.ndarray
    weights: np.ndarray

    @property
    def n_persons(self) -> int:
        """Number of people."""
        return int(self.starts.size - 1)

    @property
    def receivers(self) -> np.ndarray:
        """int32[n_ways]: who is influenced, way by way."""
        return np.repeat(np.arange(self.n_persons, dtype=np.int32), np.diff(self.starts))

    def turned(self) -> Ways:
        """Return the same ways with influence running backwards."""
        return _rows(pack(self.senders, self.receivers), self.weights, self.n_persons)

    def among(self, people: np.ndarray) -> Ways:
        """Return the ways between two of these people, bool[n_persons]; nobody is renumbered."""
        receivers = self.receivers
        kept = people[self.senders] & people[receivers]
        starts = np.zeros_like(self.starts)
        np.cumsum(np.bincount(receivers[kept], minlength=self.n_persons), out=starts[1:])
        return Ways(starts, self.senders[kept], self.weights[kept])


def ways_of(network: ContactNetwork, layers: Sequence[str] | None = None) -> Ways:
    """Return the ways along which influence runs in some layers: both ways along a tie that has no direction.

    Parameters
    ----------
    network : ContactNetwork
    layers : sequence of str, optional
        None: all.

    Returns
    -------
    Ways
        A way in two layers is one, with the sum of both weights; ties of weight 0 carry nothing.
    """
    packed, weights = [np.empty(0, np.int64)], [np.empty(0)]
    for name, layer in network.layers.items():
        if layers is None or name in layers:
            own = np.ones(layer.n_ties) if layer.weights is None else layer.weights
            for pairs in (layer.ties[:, ::-1],) if layer.directed else (layer.ties, layer.ties[:, ::-1]):
                packed.append(pack(*pairs.T)[own > 0])
                weights.append(own[own > 0])
    return _rows(np.concatenate(packed), np.concatenate(weights), network.n_persons)


def _rows(packed: np.ndarray, weights: np.ndarray, n_persons: int) -> Ways:
    """Sort packed (receiver, sender) pairs into rows; add up the weights of equal ones."""
    pairs, which = np.unique(packed, return_inverse=True)
    ends = unpack(pairs)
    starts = np.zeros(n_persons + 1, np.int64)
    np.cumsum(np.bincount(ends[:, 0], minlength=n_persons), out=starts[1:])
    summed = np.bincount(which, weights, minlength=pairs.size)
    return Ways(starts, np.ascontiguousarray(ends[:, 1]), summed)


def waves(ways: Ways, sources: np.ndarray) -> Iterator[np.ndarray]:
    """Yield, step by step, whom influence from each of up to 64 people reaches first.

    Parameters
    ----------
    ways : Ways
    sources : int[k], k at most 64

    Yields
    ------
    uint64[n_persons]
        Bit b of person i is set where i is reached from ``sources[b]`` in this many steps and no fewer: 1, 2, …, as
        long as anybody is, and at most ``FAR - 1``.
    """
    bits = np.left_shift(np.uint64(1), np.arange(sources.size, dtype=np.uint64))
    now = np.zeros(ways.n_persons, np.uint64)
    np.bitwise_or.at(now, sources, bits)
    reached = now.copy()
    rows = np.flatnonzero(np.diff(ways.starts))
    starts = ways.starts[rows]
    for _ in range(FAR - 1):
        new = np.zeros_like(now)
        if rows.size:
            new[rows] = np.bitwise_or.reduceat(now[ways.senders], starts) & ~reached[rows]
        if not new.any():
            return
        reached |= new
        yield new
        now = new


def distances_to(ways: Ways, people: np.ndarray) -> np.ndarray:
    """Return how many steps influence needs from everybody to some people.

    Parameters
    ----------
    ways : Ways
    people : int[k]

    Returns
    -------
    uint8[n_persons, k]
        0 from a person to themself; `FAR` where there is no way, or one of `FAR` steps or more.
    """
    found = np.full((ways.n_persons, people.size), FAR, np.uint8)
    found[people, np.arange(people.size)] = 0
    backwards = ways.turned()
    for first in range(0, people.size, WORD):
        batch = people[first : first + WORD]
        columns = found[:, first : first + WORD]
        for step, new in enumerate(waves(backwards, batch), 1):
            columns[bits_of(new)[:, : batch.size]] = step
    return found


def bits_of(words: np.ndarray) -> np.ndarray:
    """Return bool[n, 64]: the bits of uint64[n], the lowest first."""
    octets = words.astype("<u8").view(np.uint8).reshape(-1, 8)
    return np.unpackbits(octets, axis=1, bitorder="little").view(bool)
