"""Standard networks, made by compiled code from one 64-bit key: the same ties on every machine.

A generator is ``generator(n, key, **parameters) -> int32[n_ties, 2]``, distinct pairs of the persons 0 … n-1, smaller
person first, sorted. Random words are SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195): word number
c of the stream is a pure function of the key and c.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
from numba import njit

from simulator.errors import Problem, SpecError
from simulator.network import pack, unpack
from simulator.registry import Registry

Generator = Callable[..., np.ndarray]

networks: Registry[Generator] = Registry("network generator", "netrial.networks")
"""Generators by name; the parameters of each are its keyword-only arguments."""

TRIES = 64
"""Draws at random before the generators look at everybody there is."""

U = np.uint64


def parameters(name: str) -> dict[str, bool]:
    """Return the parameters of a registered generator, and whether each must be given."""
    arguments = inspect.signature(networks[name]).parameters.values()
    return {a.name: a.default is a.empty for a in arguments if a.kind is a.KEYWORD_ONLY}


@networks.add("empty")
def empty(n: int, key: int) -> np.ndarray:
    """No ties at all, to begin with: a layer for ties that interventions add.

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        Unused.

    Returns
    -------
    int32[0, 2]
    """
    return np.empty((0, 2), np.int32)


@networks.add("watts_strogatz")
def watts_strogatz(n: int, key: int, *, mean_degree: int, rewiring: float) -> np.ndarray:
    """Small world: a ring of people who know those next to them, some ties rewired to anybody.

    Everybody is tied to the ``mean_degree / 2`` next people on either side. Then each tie in turn, nearest first,
    moves its far end with probability `rewiring` to a person drawn uniformly, never to oneself nor to a contact
    (Watts & Strogatz 1998, doi:10.1038/30918; as ``networkx.watts_strogatz_graph``).

    Parameters
    ----------
    n : int
        Number of people; person i stands between i - 1 and i + 1.
    key : int
        64-bit key of the random stream.
    mean_degree : int
        Contacts per person; even, and below `n`.
    rewiring : float in [0, 1]

    Returns
    -------
    int32[n * mean_degree / 2, 2]

    Raises
    ------
    SpecError
        If `mean_degree` is odd, negative or not below `n`, or `rewiring` is not a share.
    """
    half = _half(mean_degree)
    _check_share("rewiring", rewiring)
    if half and n <= mean_degree:
        raise SpecError(
            Problem(f"{_people(n)} cannot have {mean_degree} contacts each", ("mean_degree",), "make it smaller")
        )
    if not half:
        return np.empty((0, 2), np.int32)
    far = _small_world(n, half, float(rewiring), U(key))
    return _sorted(np.repeat(np.arange(n), half), far.ravel())


@networks.add("holme_kim")
def holme_kim(n: int, key: int, *, mean_degree: int, triangles: float) -> np.ndarray:
    """A few people know many, and friends know each other: growth by preference and triangles.

    People join one by one, each with ``m = mean_degree / 2`` ties; the first m people have none of their own. The
    first tie goes to a person drawn in proportion to the number of contacts; each further one, with probability
    `triangles`, to a random contact of the person last drawn that way, else (or if all of those are contacts
    already) again in proportion to the number of contacts (Holme & Kim 2002, doi:10.1103/PhysRevE.65.026107).

    As ``networkx.powerlaw_cluster_graph``, but for three things: each newcomer really gets m ties (there, from
    m = 3, a tie drawn twice is lost); the person drawn first is not the one whom a Python set gives out first; and
    who joined when is drawn, so that a small id does not mean many contacts.

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        64-bit key of the random stream.
    mean_degree : int
        Contacts per person, in the limit of many people: there are ``(n - m) * m`` ties. Even, and below ``2 * n``.
    triangles : float in [0, 1]
        Chance that a tie after the first closes a triangle.

    Returns
    -------
    int32[(n - m) * m, 2]

    Raises
    ------
    SpecError
        If `mean_degree` is odd, negative or not below twice `n`, or `triangles` is not a share.
    """
    half = _half(mean_degree)
    _check_share("triangles", triangles)
    if half and n <= half:
        raise SpecError(
            Problem(
                f"{_people(n)} cannot have {mean_degree} contacts each",
                ("mean_degree",),
                f"holme_kim with mean_degree {mean_degree} starts from {half} people and needs at least one more",
            )
        )
    if not half:
        return np.empty((0, 2), np.int32)
    chosen, names = _growth(n, half, float(triangles), U(key))
    return _sorted(np.repeat(names[half:], half), names[chosen].ravel())


def _half(mean_degree: int) -> int:
    if not mean_degree >= 0 or mean_degree % 2 != 0:
        hint = "each person brings half of it, so give an even whole number"
        raise SpecError(Problem(f"mean_degree is {mean_degree:g}; it must be even", ("mean_degree",), hint))
    return int(mean_degree) // 2


def _check_share(name: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise SpecError(Problem(f"{name} is {share:g}; it is a share", (name,), "allowed: 0 to 1"))


def _people(n: int) -> str:
    return "1 person" if n == 1 else f"{n:,} people"


def _sorted(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    packed = pack(np.minimum(one, two), np.maximum(one, two))
    packed.sort()
    return unpack(packed)


@njit(inline="always")
def _word(key, count):  # type: ignore[no-untyped-def]
    z = key + U(0x9E3779B97F4A7C15) * (count + U(1))
    z = (z ^ (z >> U(30))) * U(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> U(27))) * U(0x94D049BB133111EB)
    return z ^ (z >> U(31))


@njit(inline="always")
def _place(word, size):  # type: ignore[no-untyped-def]
    """Turn a word into a place in [0, size), size below 2**32: the high half of the product."""
    low = ((word & U(0xFFFFFFFF)) * U(size)) >> U(32)
    return np.int64(((word >> U(32)) * U(size) + low) >> U(32))


@njit(inline="always")
def _uniform(word):  # type: ignore[no-untyped-def]
    return (word >> U(11)) * 2.0**-53


@njit(inline="always")
def _holds(row, person):  # type: ignore[no-untyped-def]
    for other in row:  # noqa: SIM110 (a loop is what compiles well)
        if other == person:
            return True
    return False


@njit(nogil=True, cache=True)
def _small_world(n, half, rewiring, key):  # type: ignore[no-untyped-def]
    """Return int32[n, half]: the far ends of each person's own ties, after rewiring.

    Each tie stands in exactly one row, so two short rows say whether two people are tied.
    """
    far = np.empty((n, half), np.int32)
    for person in range(n):
        for j in range(half):
            far[person, j] = (person + j + 1) % n
    count = U(0)
    for j in range(half):
        for person in range(n):
            count += U(1)
            if _uniform(_word(key, count)) >= rewiring:
                continue
            found = -1
            for _ in range(TRIES):
                count += U(1)
                other = _place(_word(key, count), n)
                if other != person and not _holds(far[person], other) and not _holds(far[other], person):
                    found = other
                    break
            if found < 0:  # nearly everybody is a contact: choose among those who are not, if any
                free = 0
                for other in range(n):
                    if other != person and not _holds(far[person], other) and not _holds(far[other], person):
                        free += 1
                        count += U(1)
                        if _place(_word(key, count), free) == 0:
                            found = other
            if found >= 0:
                far[person, j] = found
    return far


@njit(nogil=True, cache=True)
def _growth(n, half, triangles, key):  # type: ignore[no-untyped-def]
    """Return int32[n - half, half]: whom each newcomer chose, and int32[n]: the name of the k-th to join."""
    chosen = np.empty((n - half, half), np.int32)
    # Everybody as often as they have contacts (the first people once more, so that they can be drawn at all).
    ends = np.empty(half + 2 * half * (n - half), np.int32)
    # Who chose a person: runs of doubling length in one pool, at most 4 places per tie.
    pool = np.empty(4 * half * (n - half), np.int32)
    begins = np.zeros(n, np.int64)
    known = np.zeros(n, np.int32)
    pool_size = 0
    n_ends = half
    for person in range(half):
        ends[person] = person
    count = U(0)
    for person in range(half, n):
        own = chosen[person - half]
        drawn_from = n_ends
        last = -1
        for j in range(half):
            found = -1
            count += U(1)
            if j > 0 and _uniform(_word(key, count)) < triangles:
                n_own = 0 if last < half else half
                n_all = n_own + known[last]
                for _ in range(TRIES if n_all > 8 else 0):
                    count += U(1)
                    place = _place(_word(key, count), n_all)
                    other = chosen[last - half, place] if place < n_own else pool[begins[last] + place - n_own]
                    if other != person and not _holds(own[:j], other):
                        found = other
                        break
                if found < 0:  # few, or nearly all are contacts: choose among those who are not, if any
                    free = 0
                    for place in range(n_all):
                        other = chosen[last - half, place] if place < n_own else pool[begins[last] + place - n_own]
                        if other != person and not _holds(own[:j], other):
                            free += 1
                            count += U(1)
                            if _place(_word(key, count), free) == 0:
                                found = other
            if found < 0:
                while True:
                    count += U(1)
                    found = ends[_place(_word(key, count), drawn_from)]
                    if not _holds(own[:j], found):
                        break
                last = found
            own[j] = found
            ends[n_ends] = found
            n_ends += 1
            size = known[found]
            if size == 0:
                begins[found] = pool_size
                pool_size += 4
            elif size >= 4 and size & (size - 1) == 0:  # the run is full: move it to one twice as long
                pool[pool_size : pool_size + size] = pool[begins[found] : begins[found] + size]
                begins[found] = pool_size
                pool_size += 2 * size
            pool[begins[found] + size] = person
            known[found] = size + 1
        for _ in range(half):
            ends[n_ends] = person
            n_ends += 1
    names = np.arange(n).astype(np.int32)
    for person in range(n - 1, 0, -1):
        count += U(1)
        other = _place(_word(key, count), person + 1)
        names[person], names[other] = names[other], names[person]
    return chosen, names
