"""Scores of people by the whole network: whom the well connected know, whom the named name, whose contacts know whom.

Sums of many fractions depend, in their last bits, on the order of the people and on the machine; `settled` takes these
bits away, so that people who are alike have the same score, and luck decides between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.network import pack, unpack
from simulator.shortest_paths import contacts_of_all

if TYPE_CHECKING:
    from simulator.network import Contacts, Layer

ROUNDS = 1000
"""Most steps of an iteration that goes on until nothing changes."""
MOST_LOOKS = 1_000_000_000
"""Looks from a person at a contact after which such an iteration ends early."""
SETTLED_BITS = 30
ROWS = 1 << 22
"""Pairs of contacts of one person that are looked at in one go."""


def settled(scores: np.ndarray) -> np.ndarray:
    """Round scores to 30 binary digits each, so that equal scores are equal whatever order they were summed in.

    The bounds between two results lie where no simple fraction does.
    """
    digits, power = np.frexp(scores)
    return np.ldexp(np.floor(digits * 2.0**SETTLED_BITS + 0.381966), power - SETTLED_BITS)


def _matrix(starts: np.ndarray, others: np.ndarray, n: int) -> Any:
    from scipy.sparse import csr_array

    return csr_array((np.ones(others.size), others, starts), shape=(n, n))


def eigenvector(contacts: Contacts) -> np.ndarray:
    """Score people in proportion to the sum of their contacts' scores.

    Bonacich (1972, doi:10.1080/0022250X.1972.9989806), by iteration from equal scores, in which everybody counts among
    their own contacts, so that it comes to rest; as ``networkx.eigenvector_centrality``. It ends when the scores change
    by less than 1e-10 of their sum; after 1,000 rounds; or after 1e9 looks at a contact, but not before 100 rounds.
    What is found then are numbers of walks: how many ways lead from each person, in so many steps, to anybody.

    Returns
    -------
    float64[n_persons]
        Adds up to 1. Of several components, those whose people have fewer contacts fall towards 0.
    """
    n = contacts.starts.size - 1
    matrix = _matrix(contacts.starts, contacts.persons, n)
    scores = np.full(n, 1 / max(n, 1))
    for _ in range(max(100, min(ROUNDS, MOST_LOOKS // max(contacts.persons.size, 1)))):
        new = matrix @ scores + scores
        new /= new.sum()
        change = np.abs(new - scores).sum()
        scores = new
        if change < 1e-10:
            break
    return scores


def pagerank(namings: np.ndarray, n_persons: int, damping: float) -> np.ndarray:
    """Score people by the votes of those who name them, each vote worth the namer's score ÷ number of people named.

    A share `damping` of the scores is passed on by votes, and what those have who name nobody is spread over all; the
    rest is given out evenly. Page, Brin, Motwani & Winograd (1999, The PageRank citation ranking, Stanford InfoLab
    1999-66); as ``networkx.pagerank``. It ends when the scores change by less than 1e-8, and in any case after 1,000
    rounds.

    Parameters
    ----------
    namings : int32[k, 2]
        (namer, named), sorted.
    n_persons : int
    damping : float in [0, 1)

    Returns
    -------
    float64[n_persons]
        Adds up to 1.
    """
    n = max(n_persons, 1)
    named = np.bincount(namings[:, 0], minlength=n_persons)
    votes = _matrix(np.concatenate([[0], np.cumsum(named)]), namings[:, 1], n_persons).T
    share = np.divide(damping, named, out=np.zeros(n_persons), where=named > 0)
    silent = np.flatnonzero(named == 0)
    scores = np.full(n_persons, 1 / n)
    for _ in range(ROUNDS):
        new = votes @ (scores * share) + (damping * scores[silent].sum() + 1 - damping) / n
        change = np.abs(new - scores).sum()
        scores = new
        if change < 1e-8:
            break
    return scores


def strengths(layers: Iterable[Layer], n_persons: int) -> np.ndarray:
    """Return float64[n_persons]: the sum of the weights of all ties at each person, whichever way influence runs."""
    found = np.zeros(n_persons)
    for layer in layers:
        for end in (0, 1):
            found += np.bincount(layer.ties[:, end], layer.weights, minlength=n_persons)
    return found


def constraint(layers: Iterable[Layer], n_persons: int) -> np.ndarray:
    """Return Burt's constraint: how far a person's ties are spent on contacts who are tied to each other.

    The sum over contacts j of (p_ij + Σ_q p_iq p_qj)², where p_ij is the share of i's strength that the tie to j has
    (Burt 1992, Structural Holes, chapter 2); as ``networkx.constraint``. Weights count: those of all layers and both
    directions are added up.

    Returns
    -------
    float64[n_persons]
        NaN for people without contacts.
    """
    people, one, two, strength = _strong_pairs(layers, n_persons)

    def sums(of_one: np.ndarray, of_two: np.ndarray) -> np.ndarray:
        return np.bincount(one, of_one, minlength=n_persons) + np.bincount(two, of_two, minlength=n_persons)

    whole = sums(strength, strength)
    there, back = strength / whole[one], strength / whole[two]  # p of the first for the second, and the reverse
    spent_there, spent_back = there.copy(), back.copy()
    for ab, ac, bc in _triangles(one, two, n_persons):
        np.add.at(spent_there, ab, there[ac] * back[bc])
        np.add.at(spent_back, ab, there[bc] * back[ac])
        np.add.at(spent_there, ac, there[ab] * there[bc])
        np.add.at(spent_back, ac, back[bc] * back[ab])
        np.add.at(spent_there, bc, back[ab] * there[ac])
        np.add.at(spent_back, bc, back[ac] * there[ab])
    found = np.empty(n_persons)
    found[people] = np.where(whole > 0, sums(spent_there**2, spent_back**2), np.nan)
    return found


def _strong_pairs(layers: Iterable[Layer], n_persons: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return people by their number of contacts, few first; pairs of places in that order; and their strengths.

    The pairs, sorted, have the lower place first; those tied with weight 0 are left out.
    """
    packed, weights = [np.empty(0, np.int64)], [np.empty(0)]
    for layer in layers:
        packed.append(pack(layer.ties.min(axis=1), layer.ties.max(axis=1)))
        own = np.ones(layer.n_ties) if layer.weights is None else layer.weights
        weights.append(own if layer.directed else 2 * own)
    pairs, row = np.unique(np.concatenate(packed), return_inverse=True)
    strength = np.bincount(row, np.concatenate(weights), minlength=pairs.size)
    ends, strength = unpack(pairs[strength > 0]), strength[strength > 0]
    people = np.argsort(np.bincount(ends.ravel(), minlength=n_persons), kind="stable")
    place = np.empty(n_persons, np.int64)
    place[people] = np.arange(n_persons)
    places = np.sort(place[ends], axis=1)
    order = np.lexsort((places[:, 1], places[:, 0]))
    return people, places[order, 0], places[order, 1], strength[order]


def _triangles(one: np.ndarray, two: np.ndarray, n: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield all triangles a < b < c of sorted pairs, many at a time: the rows of (a, b), (a, c) and (b, c).

    Where people with few contacts come first, few pairs begin with the same person, however many contacts some have.
    """
    keys = one * n + two
    new = np.flatnonzero(np.append(True, one[1:] != one[:-1])) if one.size else np.empty(0, np.int64)
    begins = np.append(new, one.size)
    rest = np.repeat(begins[1:], np.diff(begins)) - np.arange(one.size) - 1  # later pairs with the same first person
    ends = np.cumsum(rest)
    first = 0
    while first < one.size:
        last = max(first + 1, int(np.searchsorted(ends, ends[first] - rest[first] + ROWS, side="right")))
        rows, count = np.arange(first, last), rest[first:last]
        ab = np.repeat(rows, count)
        ac = ab + 1 + np.arange(ab.size) - np.repeat(np.cumsum(count) - count, count)
        wanted = two[ab] * n + two[ac]
        bc = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        closed = keys[bc] == wanted
        yield ab[closed], ac[closed], bc[closed]
        first = last


def core_numbers(contacts: Contacts) -> np.ndarray:
    """Return int64[n_persons]: the largest k so that the person is in a group of people with k contacts in it each.

    Seidman (1983, doi:10.1016/0378-8733(83)90028-X). For rising k, people with at most k contacts among those left are
    taken away until there are none, as Batagelj & Zaveršnik do (2003, arXiv:cs/0310049), many at a time; as
    ``networkx.core_number``.
    """
    left = np.diff(contacts.starts)
    found, there = np.zeros(left.size, np.int64), np.ones(left.size, bool)
    place = np.empty(left.size, np.int64)
    k = 0
    while there.any():
        k = max(k, int(left[there].min()))
        front = np.flatnonzero(there & (left <= k))
        while front.size:
            found[front], there[front] = k, False
            _, others = contacts_of_all(front, contacts)
            others = others[there[others]]
            np.subtract.at(left, others, 1)
            fewer = others[left[others] <= k]
            rows = np.arange(fewer.size)
            place[fewer] = rows  # of those who are named twice, one row stays
            front = fewer[place[fewer] == rows]
    return found
