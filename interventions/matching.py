"""Followers matched to those who pass an intervention on, by nearness in the network: outreach by leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interventions.cutting import place_in
from simulator.network import Contacts, contacts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.network import ContactNetwork
    from simulator.streams import Draw, NamePart

MOST_PAIRS, MOST_STEPS = 4_000_000, 50_000_000
"""Up to so many pairs of a follower and a coupon, and so many steps from person to person to measure how far apart they
are, the least total is found: about a second."""


def match(
    network: ContactNetwork,
    carriers: np.ndarray,
    followers: np.ndarray,
    draw: Draw,
    luck: Sequence[NamePart],
    *,
    coupons: int | None = None,
    layers: Sequence[str] | None = None,
    there: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Match followers to the nearest of those who pass an intervention on (Valente & Davis 1999).

    Nearness is the number of ties on the shortest path, whichever way influence runs, along people who are there.
    Without `coupons` each follower gets the nearest carrier. With them, as many followers as the coupons allow are
    matched such that the sum of all distances is the least possible (an optimal assignment, Kuhn 1955,
    doi:10.1002/nav.3800020109); beyond `MOST_PAIRS` or `MOST_STEPS`, each goes to the nearest carrier who has coupons
    left, where carriers take the nearest of those who come. Equal distances are decided by the keyed draw. Valente
    and Davis, doi:10.1177/000271629956600105, set no limit to the followers of a leader.

    Parameters
    ----------
    network : ContactNetwork
    carriers : int32[j]
        Distinct, ascending: those who pass it on.
    followers : int32[k]
        Distinct, ascending, none of them a carrier: those to be matched.
    draw : Draw
    luck : sequence of str or int
        Names the draw.
    coupons : int, optional
        Followers of one carrier, at most; None: no limit.
    layers : sequence of str, optional
        Along which ties; None: all.
    there : bool[n_persons], optional
        Who is there; None: everybody.

    Returns
    -------
    followers : int32[m]
        Those who are matched, ascending; who has no path to a carrier is not among them.
    carriers : int32[m]
        To whom.
    """
    if carriers.size == 0 or followers.size == 0:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    contacts = _contacts_there(network, layers, there)
    if coupons is None:
        carrier = nearest(contacts, carriers, draw, luck)[1][followers]
        return followers[carrier >= 0], carrier[carrier >= 0]
    coupons = min(coupons, followers.size)
    steps = min(carriers.size, followers.size) * (network.n_persons + contacts.persons.size)
    if followers.size * carriers.size <= MOST_PAIRS and steps <= MOST_STEPS:
        cost = _costs(contacts, carriers, followers, draw, luck, coupons)
        rows = _near_enough(cost, carriers.size * coupons)
        if rows.size * carriers.size * coupons <= MOST_PAIRS:
            return _least_total(cost[rows], carriers, followers[rows], coupons)
    return _nearest_first(contacts, carriers, followers, draw, luck, coupons)


def nearest(
    contacts: Contacts, carriers: np.ndarray, draw: Draw, luck: Sequence[NamePart], attempt: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Find everybody's nearest carrier; of several, that of a contact who is picked by the keyed draw.

    Parameters
    ----------
    contacts : Contacts
    carriers : int32[j]
    draw : Draw
    luck : sequence of str or int
    attempt : int
        Names another draw.

    Returns
    -------
    distance : int64[n_persons]
        Ties on the shortest path; -1 where there is none.
    carrier : int32[n_persons]
        -1 where there is none.
    """
    n_persons = contacts.starts.size - 1
    distance = np.full(n_persons, -1, np.int64)
    carrier = np.full(n_persons, -1, np.int32)
    distance[carriers], carrier[carriers] = 0, carriers
    frontier, steps = carriers, 0
    while frontier.size:
        steps += 1
        rows, places = spread(contacts.starts[frontier], contacts.starts[frontier + 1])
        persons, through = contacts.persons[places], frontier[rows]
        new = distance[persons] < 0
        persons, through = persons[new], through[new]
        pairs = persons.astype(np.int64) << 32 | through
        order = np.lexsort((draw.words_at(*luck, "through", indices=pairs, attempt=attempt), persons))
        frontier, first = np.unique(persons[order], return_index=True)
        distance[frontier] = steps
        carrier[frontier] = carrier[through[order][first]]
    return distance, carrier


def spread(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write out the places of several stretches of an array.

    Parameters
    ----------
    starts, ends : int64[k]

    Returns
    -------
    rows : int64[m]
        The stretch that each place is in.
    places : int64[m]
    """
    sizes = ends - starts
    rows = np.repeat(np.arange(sizes.size), sizes)
    return rows, np.arange(rows.size) - np.repeat(np.cumsum(sizes) - sizes - starts, sizes)


def _contacts_there(network: ContactNetwork, layers: Sequence[str] | None, there: np.ndarray | None) -> Contacts:
    if there is None or there.all():
        return network.contacts if layers is None else network.contacts_in(tuple(layers))
    pairs = network.pairs_in(layers)
    return contacts_of(pairs[there[pairs].all(axis=1)], network.n_persons)


def _costs(
    contacts: Contacts,
    carriers: np.ndarray,
    followers: np.ndarray,
    draw: Draw,
    luck: Sequence[NamePart],
    coupons: int,
) -> np.ndarray:
    """Return float64[k, j]: the distance of each follower from each carrier, and what luck adds; infinite: no path.

    What luck adds to a whole matching stays below 1, so that it only decides between matchings of the same total.
    """
    most = min(followers.size, carriers.size * coupons)
    pairs = followers.astype(np.int64)[:, None] << 32 | carriers
    added = (draw.words_at(*luck, "pair", indices=pairs) >> np.uint64(11)) * (2.0**-53 / (most + 1))
    return distances(contacts, followers, carriers) + added


def _near_enough(cost: np.ndarray, n_places: int) -> np.ndarray:
    """Return the rows of followers who are among the nearest of some carrier, as many of them as there are places.

    Nobody else is in the best matching: one of that carrier's nearest who is left would cost less in their place.
    """
    if n_places >= len(cost):
        return np.arange(len(cost))
    return np.unique(np.argpartition(cost, n_places - 1, axis=0)[:n_places])


def _least_total(
    cost: np.ndarray, carriers: np.ndarray, followers: np.ndarray, coupons: int
) -> tuple[np.ndarray, np.ndarray]:
    """Match as many as possible at the least sum of costs: each coupon is a place, each follower takes one."""
    from scipy.optimize import linear_sum_assignment

    near = np.isfinite(cost)
    most = min(followers.size, carriers.size * coupons)
    apart = (cost[near].max(initial=0.0) + 1) * (most + 1)  # more than any sum of `most` costs
    rows, places = linear_sum_assignment(np.repeat(np.where(near, cost, apart), coupons, axis=1))
    columns = places // coupons
    matched = near[rows, columns]
    return followers[rows[matched]], carriers[columns[matched]]


def distances(contacts: Contacts, persons: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return float64[k, j]: the ties on the shortest path between people and others; infinite where there is none.

    Parameters
    ----------
    contacts : Contacts
    persons : int32[k]
    others : int32[j]
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    n_persons = contacts.starts.size - 1
    graph = csr_array((np.ones(contacts.persons.size), contacts.persons, contacts.starts), (n_persons, n_persons))
    few, many = (persons, others) if persons.size <= others.size else (others, persons)
    block = max(1, MOST_PAIRS // n_persons)
    found = [
        dijkstra(graph, unweighted=True, indices=few[first : first + block])[:, many]
        for first in range(0, few.size, block)
    ]
    joined = np.concatenate([np.empty((0, many.size)), *found])
    return joined if few is persons else joined.T


def _nearest_first(
    contacts: Contacts,
    carriers: np.ndarray,
    followers: np.ndarray,
    draw: Draw,
    luck: Sequence[NamePart],
    coupons: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Let each go to the nearest carrier with coupons left, and carriers take the nearest of those who come."""
    left = np.full(carriers.size, coupons)
    order_of = draw.words_at(*luck, "follower", indices=followers)
    taken_by = np.full(followers.size, -1, np.int32)
    for attempt in range(carriers.size):  # each time, somebody gives away the last coupon, or nobody is turned away
        distance, carrier = nearest(contacts, carriers[left > 0], draw, luck, attempt)
        waiting = np.flatnonzero((taken_by < 0) & (carrier[followers] >= 0))
        theirs = np.searchsorted(carriers, carrier[followers[waiting]])
        order = np.lexsort((order_of[waiting], distance[followers[waiting]], theirs))
        waiting, theirs = waiting[order], theirs[order]
        taken = place_in(theirs) < left[theirs]
        taken_by[waiting[taken]] = carriers[theirs[taken]]
        left -= np.bincount(theirs[taken], minlength=carriers.size)
        if taken.all():
            break
    matched = taken_by >= 0
    return followers[matched], taken_by[matched]
