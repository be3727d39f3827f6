"""Positions: people who stand in the same place of the contact network, since they have the same contacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import Problem, SpecError
from simulator.network import Layer
from simulator.streams import Draw

MOST_STEPS = 1_000_000_000
"""Pairs of namings of one contact that are gone through at most, where positions need not be exactly alike."""
MOST_IN_A_CHAIN = 5_000
"""People who are linked by likeness, directly or through others, at most: their likeness is a square table."""
STEPS_AT_A_TIME = 20_000_000


@dataclass(frozen=True)
class _Facets:
    """Everything that makes up where people stand: one row for each contact, in each layer and way of influence.

    Parameters
    ----------
    person, contact : int64[k]
    kind : int64[k]
        Which layer, and which way influence runs there.
    """

    person: np.ndarray
    contact: np.ndarray
    kind: np.ndarray


def positions(layers: Sequence[Layer], n_persons: int, like: float = 1.0) -> np.ndarray:
    """Say at which position of the network each person stands.

    Two people are at one position if they could change places and no tie would change: in each layer they are
    influenced by the same others, they influence the same others, and what ties them to each other runs both ways or
    not at all. This is structural equivalence (Lorrain & White 1971, doi:10.1080/0022250X.1971.9989788), in the form
    in which two people who are tied may be equivalent (Everett, Boyd & Borgatti 1990,
    doi:10.1080/0022250X.1990.9990067). Weights are not compared. People without contacts share a position.

    With `like` below 1 the contacts of two people, in all layers and both ways, need only be shared to that part:
    those that both have ÷ those that either has (Jaccard 1912, doi:10.1111/j.1469-8137.1912.tb05611.x), what ties them
    to each other counting as shared if it runs both ways. People are joined by complete linkage (Defays 1977,
    doi:10.1093/comjnl/20.4.364), as positions are from such profiles since Burt (1976, Social Forces 55:93-122): so
    *any* two people of a position are at least that much alike. Where several ways of joining are equally good, the
    order of people decides.

    Parameters
    ----------
    layers : sequence of Layer
    n_persons : int
    like : float in (0, 1]

    Returns
    -------
    int64[n_persons]
        A person of each position, as its label.

    Raises
    ------
    SpecError
        If `like` is outside (0, 1], or asks for so little that too many people are like one another to compare them.

    Notes
    -----
    Exact positions are found by sums of 64-bit words, one for each contact: time goes with the number of ties, and
    the chance that two of n people are taken to be alike by mistake is below n² ÷ 2⁶⁵.
    """
    if not 0 < like <= 1:
        raise SpecError(Problem(f"`like` is {like:g}", hint="a share above 0, at most 1"))
    facets = _facets_of(layers)
    return _exact(facets, n_persons) if like == 1 else _alike(facets, n_persons, like)


def _facets_of(layers: Sequence[Layer]) -> _Facets:
    persons, contacts, kinds = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, layer in enumerate(layers):
        one, other = layer.ties.astype(np.int64).T
        for way, (person, contact) in enumerate(((one, other), (other, one))):
            persons.append(person)
            contacts.append(contact)
            kinds.append(np.full(person.size, 2 * number + (way if layer.directed else 0)))
    return _Facets(*map(np.concatenate, (persons, contacts, kinds)))


def _exact(facets: _Facets, n_persons: int) -> np.ndarray:
    """Find who could change places: those with equal sums and, of those who are tied, equal sums without each other.

    Whoever shares a position with somebody they are tied to shares it with nobody else, so that the two never mix.
    """
    draw = Draw(0, "network")
    words = np.empty(facets.person.size, np.uint64)
    tokens = draw.words("positions", "kinds", n=int(facets.kind.max(initial=-1)) + 1)
    for kind in range(tokens.size):
        rows = np.flatnonzero(facets.kind == kind)
        words[rows] = draw.words_at("positions", kind, indices=facets.contact[rows])
    sums = np.zeros(n_persons, np.uint64)
    np.add.at(sums, facets.person, words)
    _, first, label = np.unique(sums, return_index=True, return_inverse=True)
    found = first[label].astype(np.int64)

    # Of each pair of people who are tied: what the one adds to the other's sum, and by which kinds of ties.
    key, back = facets.person * n_persons + facets.contact, facets.contact * n_persons + facets.person
    pairs, place = np.unique(key, return_inverse=True)
    added, kinds = np.zeros(pairs.size, np.uint64), np.zeros(pairs.size, np.uint64)
    np.add.at(added, place, words)
    np.add.at(kinds, place, tokens[facets.kind])
    reverse = np.empty(pairs.size, np.int64)
    reverse[place] = np.searchsorted(pairs, back)
    one, other = np.divmod(pairs, n_persons)
    same = (kinds == kinds[reverse]) & (sums[one] - added == sums[other] - added[reverse])
    np.minimum.at(found, one[same], other[same])
    return found


def _alike(facets: _Facets, n_persons: int, like: float) -> np.ndarray:
    """Join people by complete linkage, apart in each set of people who are linked by likeness."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one, other, likeness = _alike_pairs(facets, n_persons, like)
    graph = coo_array((np.ones(one.size, np.int8), (one, other)), (n_persons, n_persons))
    _, chain = connected_components(graph, directed=False)
    sizes = np.bincount(chain, minlength=1)
    if sizes.max() > MOST_IN_A_CHAIN:
        message = f"{sizes.max():,} people are linked by a likeness of {like:g}, more than can be compared"
        raise SpecError(Problem(message, hint=f"a larger `like`, or none: at most {MOST_IN_A_CHAIN:,} can be linked"))
    found = np.arange(n_persons)
    members_of = np.split(np.argsort(chain, kind="stable"), np.cumsum(sizes)[:-1])
    row_order = np.argsort(chain[one], kind="stable")
    rows_of = np.split(row_order, np.cumsum(np.bincount(chain[one], minlength=sizes.size))[:-1])
    for members, rows in zip(members_of, rows_of, strict=True):
        if rows.size:
            places = np.searchsorted(members, one[rows]), np.searchsorted(members, other[rows])
            found[members] = members[_linked(places[0], places[1], likeness[rows], members.size, like)]
    alone = np.bincount(facets.person, minlength=n_persons) == 0
    if alone.any():
        found[alone] = np.flatnonzero(alone)[0]
    return found


def _linked(one: np.ndarray, other: np.ndarray, likeness: np.ndarray, n: int, like: float) -> np.ndarray:
    """Return int64[n]: the first member of each one's cluster by complete linkage, at the likeness asked for."""
    from scipy.cluster.hierarchy import fcluster, linkage

    if one.size == n * (n - 1) // 2:
        return np.zeros(n, np.int64)  # everybody is like everybody
    apart = np.full(n * (n - 1) // 2, 2.0)  # whatever is further apart than asked for is never joined
    apart[one * n - one * (one + 1) // 2 + other - one - 1] = 1 - likeness
    clusters = fcluster(linkage(apart, "complete"), 1 - like, criterion="distance")
    _, first, label = np.unique(clusters, return_index=True, return_inverse=True)
    return first[label]


def _alike_pairs(facets: _Facets, n_persons: int, like: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return who is alike (int64[k], int64[k]: the earlier and the later of each pair) and how much (float64[k])."""
    from scipy.sparse import csr_array

    _, column = np.unique(facets.kind * n_persons + facets.contact, return_inverse=True)
    shape = (n_persons, int(column.max(initial=0)) + 1)
    has = csr_array((np.ones(column.size, np.int32), (facets.person, column)), shape)
    by_column = np.bincount(column, minlength=1)
    steps = np.zeros(n_persons, np.int64)
    np.add.at(steps, facets.person, by_column[column])
    if (total := int(steps.sum())) > MOST_STEPS:
        message = f"to compare people by their contacts would take {total:,} steps"
        hint = f"at most {MOST_STEPS:,}; without `like`, positions are found by other means"
        raise SpecError(Problem(message, hint=hint))
    mutual = _mutual(facets, n_persons)
    n_facets = np.bincount(facets.person, minlength=n_persons)
    columns = has.T.tocsr()
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [(np.empty(0, np.int64),) * 2 + (np.empty(0),)]
    for start, end in _blocks(steps):
        shared = (has[start:end] @ columns + mutual[start:end]).tocoo()
        one, other = shared.row.astype(np.int64) + start, shared.col.astype(np.int64)
        either = n_facets[one] + n_facets[other] - shared.data
        likeness = shared.data / np.maximum(either, 1)
        kept = (one < other) & (likeness >= like)
        found.append((one[kept], other[kept], likeness[kept]))
    one, other, likeness = map(np.concatenate, zip(*found, strict=True))
    return one, other, likeness


def _mutual(facets: _Facets, n_persons: int) -> Any:
    """Return, sparse: by how many ties that run both ways two people are tied to each other, each end counted once."""
    from scipy.sparse import csr_array

    key = (facets.kind * n_persons + facets.person) * n_persons + facets.contact
    back = (facets.kind * n_persons + facets.contact) * n_persons + facets.person
    both = np.isin(back, key)
    ones = np.ones(int(both.sum()), np.int32)
    return csr_array((ones, (facets.person[both], facets.contact[both])), (n_persons, n_persons))


def _blocks(steps: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield runs of people whose comparison takes about as many steps as fit into memory at a time."""
    done = np.cumsum(steps)
    start = 0
    while start < steps.size:
        before = int(done[start - 1]) if start else 0
        end = max(start + 1, int(np.searchsorted(done, before + STEPS_AT_A_TIME, side="right")))
        yield start, end
        start = end
