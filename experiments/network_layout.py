"""Where people stand in a picture of their network: near their contacts, groups apart, the same on every machine.

1. Communities are laid out, then the people around the middle of theirs, by forces between people (ForceAtlas2,
   Jacomy et al. 2014, doi:10.1371/journal.pone.0098679): everybody repels everybody, in proportion to their contacts,
   and ties pull.
2. The picture is stretched to a square, and people who cover each other are moved apart.

Only sums, products, quotients and roots, each on its own and in a fixed order, so that no processor rounds differently.
"""

from __future__ import annotations

import numpy as np

from simulator.communities import by_size
from simulator.measures import partition

GRID = 1000
"""Positions are whole numbers from 0 to this."""
ROUNDS = (30, 90)
"""Least and most rounds in which forces move people: fewer where there are many people, since each takes longer."""
APART = 0.62
"""Least distance of two people, where there is room, as a share of what a square grid would give each."""
BLOCK = 128
"""People whose repulsion is worked out at once, so that the arrays stay in the processor's cache."""
GRAVITY = 0.6
"""How strongly the middle pulls, so that people without contacts do not drift away."""
TURN = (-0.7373688780783197, 0.6754902942615238)
"""Cosine and sine of the golden angle, which spreads points evenly over a disc (Vogel 1979)."""


def layout(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Place people so that contacts are near each other.

    Parameters
    ----------
    pairs : int[k, 2]
        Distinct pairs of people, smaller one first, sorted.
    n_persons : int

    Returns
    -------
    int64[n_persons, 2]
        Across and up, 0 to `GRID`; the picture fills the longer side.
    """
    if not n_persons:
        return np.empty((0, 2), np.int64)
    places = _spread_by_forces(pairs, _beginnings(pairs, n_persons))
    return np.rint(_square(_apart(_square(places), APART / n_persons**0.5)) * GRID).astype(np.int64)


def _square(places: np.ndarray) -> np.ndarray:
    """Stretch places to [0, 1] both ways; where all are on one line, to its middle."""
    low, extent = places.min(axis=0), np.ptp(places, axis=0)
    return np.where(extent > 0, (places - low) / np.where(extent > 0, extent, 1.0), 0.5)


def _apart(places: np.ndarray, gap: float) -> np.ndarray:
    """Move points that are less than `gap` apart away from each other, a little at a time."""
    from scipy.spatial import KDTree

    n = len(places)
    places = places + 1e-6 * _disc(n) / n**0.5  # no two are at the very same point
    for _ in range(60):
        close = KDTree(places).query_pairs(gap, output_type="ndarray")
        if not len(close):
            break
        one, two = close[np.lexsort((close[:, 1], close[:, 0]))].T
        between = places[two] - places[one]
        distance = np.sqrt(between[:, 0] * between[:, 0] + between[:, 1] * between[:, 1])
        move = (0.35 * (gap - distance) / distance)[:, None] * between
        for axis in (0, 1):
            places[:, axis] += np.bincount(two, move[:, axis], n) - np.bincount(one, move[:, axis], n)
    return places


def _beginnings(pairs: np.ndarray, n_persons: int) -> np.ndarray:
    """Return float64[n, 2]: people on a disc around the middle of their community, communities laid out by forces."""
    labels = by_size(partition(np.ascontiguousarray(pairs, np.int32), n_persons)).astype(np.int64)
    sizes = np.bincount(labels)
    between = np.sort(labels[pairs], axis=1)
    between = np.unique(between[between[:, 0] < between[:, 1]], axis=0)
    middles = _spread_by_forces(between, _disc(sizes.size), masses=sizes.astype(np.float64))
    order = np.argsort(labels, kind="stable")
    rank = np.empty(n_persons, np.int64)
    rank[order] = np.arange(n_persons) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return middles[labels] * 4 + _disc(int(sizes.max()))[rank]


def _disc(n: int) -> np.ndarray:
    """Return float64[n, 2]: points spread evenly over a disc, the k-th at distance √(k + ½)."""
    points = np.empty((n, 2))
    across, up = 1.0, 0.0
    for k in range(n):
        radius = (k + 0.5) ** 0.5
        points[k] = radius * across, radius * up
        across, up = across * TURN[0] - up * TURN[1], across * TURN[1] + up * TURN[0]
    return points


def _spread_by_forces(pairs: np.ndarray, places: np.ndarray, masses: np.ndarray | None = None) -> np.ndarray:
    """Return float64[n, 2]: where forces move points from their `places`, in rounds that move them less and less."""
    n = len(places)
    rounds = min(max(ROUNDS[0], 60_000 // n), ROUNDS[1])
    one, two = pairs[:, 0], pairs[:, 1]
    if masses is None:
        masses = 1.0 + np.bincount(pairs.ravel(), minlength=n)
    x, y = places[:, 0].copy(), places[:, 1].copy()
    reach = float(max(np.ptp(x), np.ptp(y), 1.0)) / 8
    for k in range(rounds):
        push_x, push_y = _repulsion(x, y, masses)
        pull_x, pull_y = x[two] - x[one], y[two] - y[one]
        for ends, sign in ((one, 1.0), (two, -1.0)):
            push_x += np.bincount(ends, sign * pull_x, n)
            push_y += np.bincount(ends, sign * pull_y, n)
        away = np.sqrt(x * x + y * y) + 1e-9
        push_x -= GRAVITY * masses * x / away
        push_y -= GRAVITY * masses * y / away
        force = np.sqrt(push_x * push_x + push_y * push_y) + 1e-9
        step = np.minimum(force / masses, reach * (1 - k / rounds)) / force
        x, y = x + push_x * step, y + push_y * step
    return np.stack([x, y], axis=1)


def _repulsion(x: np.ndarray, y: np.ndarray, masses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the force of all points on each: product of masses ÷ distance, away from each other."""
    x, y, weights = (values.astype(np.float32) for values in (x, y, masses))  # half the time
    push_x, push_y = np.zeros(x.size, np.float32), np.zeros(x.size, np.float32)
    for first in range(0, x.size, BLOCK):
        rows = slice(first, first + BLOCK)
        across, up = x - x[rows, None], y - y[rows, None]
        inverse = across * across
        inverse += up * up
        inverse += np.float32(1e-4)
        np.divide(weights[rows, None], inverse, out=inverse)
        across *= inverse
        up *= inverse
        # Added row by row: within a row, processors differ in how they add.
        push_x += np.add.reduce(across, axis=0)
        push_y += np.add.reduce(up, axis=0)
    return push_x * masses, push_y * masses
