"""Pairs of people as single numbers: which pairs there are already, and which come twice."""

from __future__ import annotations

import numpy as np


def pair_keys(one: np.ndarray | np.int64, other: np.ndarray, n_persons: int, *, directed: bool = False) -> np.ndarray:
    """Return int64: one number for each pair, which sorts as (one, other) does.

    Parameters
    ----------
    one, other : int[k]
    n_persons : int
    directed : bool
        False: whichever of the two is named first, the smaller person counts as first.
    """
    one, other = np.asarray(one, np.int64), np.asarray(other, np.int64)
    if directed:
        return one * n_persons + other
    return np.minimum(one, other) * n_persons + np.maximum(one, other)


def pairs_of(keys: np.ndarray, n_persons: int) -> np.ndarray:
    """Return int32[k, 2]: the pairs that numbers stand for."""
    return np.column_stack(np.divmod(keys, n_persons)).astype(np.int32)


def holds(sorted_keys: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Return bool: which keys are among the sorted ones."""
    if sorted_keys.size == 0:
        return np.zeros(keys.size, bool)
    place = np.minimum(np.searchsorted(sorted_keys, keys), sorted_keys.size - 1)
    return sorted_keys[place] == keys


def is_first(keys: np.ndarray) -> np.ndarray:
    """Return bool: which keys do not occur earlier in the array."""
    first = np.zeros(keys.size, bool)
    first[np.unique(keys, return_index=True)[1]] = True
    return first
