"""Communities: groups of people with more ties among themselves than chance would give."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from simulator.measures import partition
from simulator.network import ContactNetwork

_found: WeakKeyDictionary[ContactNetwork, dict[tuple[str, ...], np.ndarray]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def communities(network: ContactNetwork, layers: Sequence[str] | None = None) -> np.ndarray:
    """Say to which community each person belongs, by the Louvain method at resolution 1.

    All ties of the named layers count once, whichever way influence runs and whatever their weights. The answer
    depends on the network only, and is found once per network.

    Parameters
    ----------
    network : ContactNetwork
    layers : sequence of str, optional
        Default: all.

    Returns
    -------
    int32[n_persons]
        Not to be written to. 0 is the largest community; of two of one size, the one with the smallest person
        comes first. Somebody without contacts is a community of one.

    Raises
    ------
    SpecError
        If a layer is not in the network.
    """
    names = tuple(sorted(network.layers if layers is None else set(layers)))
    pairs = network.pairs_in(names)
    with _LOCK:  # arms on several threads ask at the same time; one of them looks
        known = _found.setdefault(network, {})
        if names not in known:
            labels = by_size(partition(pairs, network.n_persons))
            labels.flags.writeable = False
            known[names] = labels
        return known[names]


def by_size(labels: np.ndarray) -> np.ndarray:
    """Renumber groups from the largest to the smallest; of one size, by their smallest person.

    Parameters
    ----------
    labels : int[n_persons]

    Returns
    -------
    int32[n_persons]
    """
    _, first, codes, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(sizes.size, np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(sizes.size, dtype=np.int32)
    return rank[codes]
