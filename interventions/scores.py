"""Scores of people that follow from a network alone: found once per network, shared by replicates, arms and threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from weakref import WeakKeyDictionary

import numpy as np

from simulator.network import ContactNetwork

_found: WeakKeyDictionary[ContactNetwork, dict[Hashable, np.ndarray]] = WeakKeyDictionary()
_LOCK = threading.RLock()


def once(network: ContactNetwork, key: Hashable, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return what `make` gives for a network, made on first use.

    Parameters
    ----------
    network : ContactNetwork
    key : hashable
        Names what is made, with all it depends on beside the network: ``("closeness", ("friends",))``.
    make : callable
        ``make() -> array``; must depend on the network and the key only.

    Returns
    -------
    array
        Not to be written to.
    """
    with _LOCK:  # arms on several threads ask at the same time; one of them works it out
        known = _found.setdefault(network, {})
        if key not in known:
            made = make()
            made.flags.writeable = False
            known[key] = made
        return known[key]
