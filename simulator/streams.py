"""Keyed random draws: every number is a pure function of the seed, the replicate and a name.

A stream is Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) under a 64-bit key: the BLAKE2b hash
of the length-prefixed parts of its name. The counter says which person, try or ring is meant, so nothing is ever
drawn "next": adding a person, an arm or an intervention moves no other draw.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from simulator.kernel import philox_words

NamePart = str | int


def stream_key(*parts: NamePart) -> int:
    """Hash the parts of a name, each with its kind and length, to a 64-bit key.

    Parameters
    ----------
    *parts : str or int
        ``("a", "bc")`` and ``("ab", "c")``, and ``1`` and ``"1"``, give different keys; a NumPy integer is its number.

    Returns
    -------
    int
        In [0, 2**64).
    """
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        data = str(part).encode()
        kind = b"i" if isinstance(part, int | np.integer) else b"s"
        digest.update(kind + len(data).to_bytes(8, "little") + data)
    return int.from_bytes(digest.digest(), "little")


@dataclass(frozen=True)
class Draw:
    """The luck of one replicate (or of one network): where all its random numbers come from.

    Parameters
    ----------
    seed : int
        The scenario's random seed.
    scope : {"replicate", "network", "planning"}
        What is drawn anew when `number` changes.
    number : int
        Replicate, network, or simulation by which somebody plans, counted from 0.
    draw : int
        Number of the set of uncertain parameters.
    """

    seed: int
    scope: str = "replicate"
    number: int = 0
    draw: int = 0

    def key(self, *name: NamePart) -> int:
        """Return the 64-bit key of the stream called `name`."""
        return stream_key(self.seed, self.draw, self.scope, self.number, *name)

    def words(self, *name: NamePart, n: int, k: int = 0, attempt: int = 0) -> np.ndarray:
        """Return uint64[n]: one uniform 64-bit word for each index 0 … n-1 (a person, a tie).

        Word i depends on the name, i, `k` and `attempt` only, not on `n`.
        """
        return self.words_at(*name, indices=np.arange(n, dtype=np.int64), k=k, attempt=attempt)

    def words_at(self, *name: NamePart, indices: np.ndarray, k: int = 0, attempt: int = 0) -> np.ndarray:
        """Return uint64 words, shaped as `indices` (int64), for these indices only."""
        return philox_words(
            np.uint64(self.key(*name)),
            np.ascontiguousarray(indices, dtype=np.int64),
            np.uint32(k),
            np.uint32(attempt),
        )

    def uniforms(self, *name: NamePart, n: int, k: int = 0) -> np.ndarray:
        """Return float64[n] in [0, 1), 53 bits each."""
        return (self.words(*name, n=n, k=k) >> np.uint64(11)) * 2.0**-53

    def order(self, *name: NamePart, n: int) -> np.ndarray:
        """Return int64[n]: the indices 0 … n-1 in random order."""
        return np.argsort(self.words(*name, n=n), kind="stable")


def first_of(words: np.ndarray, eligible: np.ndarray, k: int) -> np.ndarray:
    """Return who of the eligible come first where people are ordered by their words; no order is made.

    Parameters
    ----------
    words : uint64[n]
        As `Draw.words` returns them.
    eligible : bool[n]
    k : int
        How many; at most as many as are eligible.

    Returns
    -------
    int64[k]
        Ascending. The same people as the first k eligible ones of ``np.argsort(words, kind="stable")``.
    """
    if k == 0:
        return np.empty(0, np.int64)
    chosen = words[eligible]
    chosen.partition(k - 1)
    last = chosen[k - 1]
    before = int(np.count_nonzero(chosen[:k] < last))
    del chosen
    found = eligible & (words <= last)
    if np.count_nonzero(found) > k:  # several have the very same word: the smaller indices come first
        same = np.flatnonzero(found & (words == last))
        found[same[k - before :]] = False
    return np.flatnonzero(found)


def scale(words: np.ndarray, size: int | np.ndarray) -> np.ndarray:
    """Turn uint64 words into int64 places in [0, size): the high half of the 128-bit product."""
    size = np.asarray(size, dtype=np.uint64)
    low32 = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    word_high, word_low = words >> half, words & low32
    size_high, size_low = size >> half, size & low32
    middle = word_low * size_low >> half
    first = word_high * size_low + middle
    second = word_low * size_high + (first & low32)
    return (word_high * size_high + (first >> half) + (second >> half)).astype(np.int64)
