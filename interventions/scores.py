"""Scores of people that follow from a network alone: found once per network, shared by replicates, arms and threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from simulator.network import ContactNetwork


@dataclass(eq=False)
class _Slot:
    """What is made once, and who is making it."""

    making: threading.Lock = field(default_factory=threading.Lock)
    made: np.ndarray | None = None


_found: WeakKeyDictionary[ContactNetwork, dict[Hashable, _Slot]] = WeakKeyDictionary()
_LOCK = threading.Lock()


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
    with _LOCK:
        slot = _found.setdefault(network, {}).setdefault(key, _Slot())
    with slot.making:  # arms on several threads ask at the same time; one of them works it out, others get on meanwhile
        if slot.made is None:
            made = make()
            made.flags.writeable = False
            slot.made = made
        return slot.made
