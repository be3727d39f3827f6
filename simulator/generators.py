"""Standard networks, made by compiled code from one 64-bit key: the same ties on every machine.

What a generator is, `simulator.generating` says; those of independent pairs are in `simulator.blocks`, those of given
numbers of contacts in `simulator.degrees`. The compiled code is in `simulator.wiring`.
"""

from __future__ import annotations

import math

import numpy as np

from simulator import wiring
from simulator.blocks import erdos_renyi, stochastic_blocks
from simulator.degrees import degrees, random_regular
from simulator.errors import Problem, SpecError
from simulator.generating import check_share, networks, parameters, people_in_words, sorted_pairs

__all__ = [
    "barabasi_albert",
    "degrees",
    "empty",
    "erdos_renyi",
    "holme_kim",
    "lattice",
    "networks",
    "parameters",
    "random_regular",
    "stochastic_blocks",
    "watts_strogatz",
]

OFFSETS = {
    2: ((0, 1),),
    4: ((0, 1), (1, 0)),
    6: ((0, 1), (1, 0), (1, 1)),
    8: ((0, 1), (1, 0), (1, 1), (1, -1)),
}
"""Contacts of each person inside a lattice, and how many rows and columns away half of them are."""


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
    check_share("rewiring", rewiring)
    if half and n <= mean_degree:
        raise SpecError(
            Problem(
                f"{people_in_words(n)} cannot have {mean_degree} contacts each", ("mean_degree",), "make it smaller"
            )
        )
    if not half:
        return np.empty((0, 2), np.int32)
    far = wiring.small_world(n, half, float(rewiring), np.uint64(key))
    begins = np.empty(n, np.uint32 if n * half < 2**32 else np.int64)
    return wiring.sorted_ties(far, begins)


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
    check_share("triangles", triangles)
    return _grown("holme_kim", n, key, mean_degree, float(triangles))


@networks.add("barabasi_albert")
def barabasi_albert(n: int, key: int, *, mean_degree: int) -> np.ndarray:
    """A few people know many: newcomers prefer those whom many know already.

    People join one by one, each with ``m = mean_degree / 2`` ties to different people, drawn in proportion to the
    number of contacts they have (Barabási & Albert 1999, doi:10.1126/science.286.5439.509): `holme_kim` without
    triangles, tie for tie. The share of people with k or more contacts falls as k**-2, and friends of a friend are
    seldom friends. As ``networkx.barabasi_albert_graph``, but who joined when is drawn.

    Parameters
    ----------
    n : int
        Number of people.
    key : int
        64-bit key of the random stream.
    mean_degree : int
        Contacts per person, in the limit of many people: there are ``(n - m) * m`` ties. Even, and below ``2 * n``.

    Returns
    -------
    int32[(n - m) * m, 2]

    Raises
    ------
    SpecError
        If `mean_degree` is odd, negative or not below twice `n`.
    """
    return _grown("barabasi_albert", n, key, mean_degree, 0.0)


@networks.add("lattice")
def lattice(n: int, key: int, *, neighbours: int, periodic: bool = False) -> np.ndarray:
    """A grid of people who know those beside them: many closed triangles, and a long way across.

    The grid is as near to square as n allows: rows times columns is n, and there are no more rows than columns.
    People are numbered along the rows. With 4 neighbours (von Neumann) they know those in the same row and column;
    with 6 (hexagonal) also those down to the right and up to the left; with 8 (Moore) all around them; with 2 they
    stand in one row. Centola (2010, doi:10.1126/science.1185231) used periodic lattices of 6 (98 and 128 people) and 8
    (144 people), in which 2/5 and 3/7 of the pairs of contacts of a person are tied.

    Parameters
    ----------
    n : int
        Number of people. Their grid needs 3 rows (with 2 neighbours, 3 people), so that somebody has all contacts,
        and nobody the same one twice.
    key : int
        Unused: there is no luck in a lattice.
    neighbours : {2, 4, 6, 8}
        Contacts of a person who is not at the border.
    periodic : bool
        Whether the last row and column are tied to the first: then nobody is at a border, and everybody has
        `neighbours` contacts.

    Returns
    -------
    int32[n_ties, 2]
        n * neighbours / 2 ties where it is periodic, fewer at borders.

    Raises
    ------
    SpecError
        If `neighbours` is none of these, or the grid of n people has fewer than 3 rows.
    """
    problem = lattice_problem(n, neighbours)
    if problem is not None:
        raise SpecError(problem)
    rows, columns = (1, n) if neighbours == 2 else most_square(n)
    return wiring.lattice(rows, columns, np.array(OFFSETS[neighbours]), bool(periodic))


def most_square(n: int) -> tuple[int, int]:
    """Return the rows and columns of the grid of n people that is nearest to a square: rows <= columns."""
    rows = next((k for k in range(math.isqrt(n), 0, -1) if n % k == 0), 0)
    return rows, n // rows if rows else 0


def lattice_problem(n: int | None, neighbours: float) -> Problem | None:
    """Say why n people (None: not known) cannot stand on such a lattice; None: they can."""
    if neighbours not in OFFSETS:
        hint = "allowed: 2 (a ring), 4 (von Neumann), 6 (hexagonal) and 8 (Moore)"
        return Problem(f"neighbours is {neighbours:g}; there is no such lattice", ("neighbours",), hint)
    if n is None:
        return None
    if neighbours == 2:
        ring = Problem(f"{people_in_words(n)} cannot stand in a ring", ("neighbours",), "at least 3 can")
        return ring if n < 3 else None
    rows, columns = most_square(n)
    if rows >= 3:
        return None
    below = next((k for k in range(n - 1, 8, -1) if _is_squarish(k)), None)
    above = next(k for k in range(max(n, 8) + 1, 2 * n + 10) if _is_squarish(k))
    near = " or ".join(f"{k:,} ({' x '.join(map(str, most_square(k)))})" for k in (below, above) if k is not None)
    return Problem(
        f"{people_in_words(n)} cannot stand on a lattice: their grid would be {rows} x {columns}, and it needs 3 rows",
        ("neighbours",),
        f"sizes near by that fit well: {near}",
    )


def _is_squarish(n: int) -> bool:
    rows, columns = most_square(n)
    return rows >= 3 and columns <= 2 * rows


def _half(mean_degree: int) -> int:
    if not mean_degree >= 0 or mean_degree % 2 != 0:
        hint = "each person brings half of it, so give an even whole number"
        raise SpecError(Problem(f"mean_degree is {mean_degree:g}; it must be even", ("mean_degree",), hint))
    return int(mean_degree) // 2


def _grown(name: str, n: int, key: int, mean_degree: int, triangles: float) -> np.ndarray:
    half = _half(mean_degree)
    if half and n <= half:
        raise SpecError(
            Problem(
                f"{people_in_words(n)} cannot have {mean_degree} contacts each",
                ("mean_degree",),
                f"{name} with mean_degree {mean_degree} starts from {half} people and needs at least one more",
            )
        )
    if not half:
        return np.empty((0, 2), np.int32)
    chosen, names = wiring.growth(n, half, triangles, np.uint64(key))
    return sorted_pairs(np.repeat(names[half:], half), names[chosen].ravel())
