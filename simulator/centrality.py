"""Scores of people by the whole network: whom the well connected know, whom the named name, whose contacts know whom.

Sums of many fractions depend, in their last bits, on the order of the people and on the machine; `settled` takes these
bits away, so that people who are alike have the same score, and luck decides between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.shortest_paths import contacts_of_all

if TYPE_CHECKING:
    from simulator.network import Contacts, Layer

ROUNDS = 1000
"""Most steps of an iteration that goes on until nothing changes."""
MOST_LOOKS = 1_000_000_000
"""Looks from a person at a contact after which such an iteration ends early."""
SETTLED_BITS = 30
ROWS = 1 << 16
"""People whose contacts' contacts are looked at in one go."""


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
    by less than 1e-10 of their sum; after 1,000 rounds; or after 1e9 looks at a contact, but not before 100 rounds. What
    is found then are numbers of walks: how many ways lead from each person, in so many steps, to anybody.

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
    from scipy.sparse import coo_array

    parts = []
    for layer in layers:
        weights = np.ones(layer.n_ties) if layer.weights is None else layer.weights
        parts.append((layer.ties, weights if layer.directed else 2 * weights))
    one = np.concatenate([np.empty(0, np.int32), *(ties[:, end] for ties, _ in parts for end in (0, 1))])
    two = np.concatenate([np.empty(0, np.int32), *(ties[:, 1 - end] for ties, _ in parts for end in (0, 1))])
    weights = np.concatenate([np.empty(0), *(each for _, each in parts for _ in (0, 1))])
    matrix = coo_array((weights, (one, two)), shape=(n_persons, n_persons)).tocsr()
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    whole = matrix.sum(axis=1)
    matrix.data /= np.repeat(whole, np.diff(matrix.indptr))
    found = np.full(n_persons, np.nan)
    for first in range(0, n_persons, ROWS):
        own = matrix[first : first + ROWS]
        tied = own.copy()
        tied.data = np.ones(tied.data.size)
        spent = own + (own @ matrix).multiply(tied)
        found[first : first + ROWS] = spent.power(2).sum(axis=1)
    found[whole <= 0] = np.nan
    return found


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
