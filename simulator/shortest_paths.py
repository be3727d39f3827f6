"""Shortest paths in the contact network: who is how far from whom, through whom, and what one tie is worth.

Every tie counts as one step, both ways. Paths are followed from *sources*, step by step, from many at once: each round
of sources is a copy of the network, in which there is one source at most in each component. Where a component has more
people than sources are wanted, some are drawn, and what they find stands for all.

All loops are over steps and rounds; what is done in one is done for all people at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulator.errors import SpecError
from simulator.network import Contacts

AT_ONCE = 1 << 16
"""People, of all copies together, that one walk is about."""
MOST_PAIRS = 10_000_000
"""Of a tie and a person whom it alone brings near, that may be kept for one round."""
NEVER = np.iinfo(np.int32).max
"""A distance that is none."""


@dataclass(frozen=True)
class Sources:
    """From whom paths are followed.

    Parameters
    ----------
    rounds : tuple of int64[k]
        In each, people of different components.
    of_size : int64[n_persons]
        How many people each person's component has.
    sources : int64[n_persons]
        How many of them are sources.
    chosen : bool[n_persons]
        Who is a source.
    """

    rounds: tuple[np.ndarray, ...]
    of_size: np.ndarray
    sources: np.ndarray
    chosen: np.ndarray


def find_sources(contacts: Contacts, words: np.ndarray, most: int) -> Sources:
    """Choose from whom paths are followed: everybody in components of at most `most` people, else `most` at random.

    Parameters
    ----------
    contacts : Contacts
    words : uint64[n_persons]
        The luck: smaller words first.
    most : int
        In each component.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    n = contacts.starts.size - 1
    ones = np.ones(contacts.persons.size, np.int8)
    _, component = connected_components(csr_array((ones, contacts.persons, contacts.starts), shape=(n, n)), False)
    order = np.lexsort((words, component))
    sizes = np.bincount(component, minlength=1)
    place = np.empty(n, np.int64)  # of each person, in the random order of their component
    place[order] = np.arange(n) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chosen = (place < most) & (sizes[component] > 1)
    people = np.flatnonzero(chosen)
    people = people[np.argsort(place[people], kind="stable")]
    rounds = np.split(people, np.flatnonzero(np.diff(place[people])) + 1) if people.size else []
    return Sources(tuple(rounds), sizes[component], np.minimum(sizes, most)[component], chosen)


@dataclass(frozen=True)
class Walk:
    """All shortest paths from the sources of some copies of the network; person i of copy k is number ``k * n + i``.

    Parameters
    ----------
    sources : int64[k]
    distance : int32[copies * n_persons], fewer than 2³¹
        Steps from the source of the same component; -1: there is none.
    steps : tuple of (int32[k], int32[k])
        (from, to) of all ties that lead one step further, for each distance; those from one person stand together.
    """

    sources: np.ndarray
    distance: np.ndarray
    steps: tuple[tuple[np.ndarray, np.ndarray], ...]


def walks(contacts: Contacts, rounds: tuple[np.ndarray, ...], at_once: int = AT_ONCE) -> Iterator[Walk]:
    """Follow shortest paths from all sources, some rounds at a time."""
    n = contacts.starts.size - 1
    copies = max(1, at_once // max(n, 1))
    for first in range(0, len(rounds), copies):
        some = rounds[first : first + copies]
        yield _walk(contacts, np.concatenate([people + k * n for k, people in enumerate(some)]), len(some) * n)


def _walk(contacts: Contacts, sources: np.ndarray, size: int) -> Walk:
    distance = np.full(size, -1, np.int32)
    distance[sources] = 0
    place = np.empty(size, np.int32)
    front, steps = sources.astype(np.int32), list[tuple[np.ndarray, np.ndarray]]()
    while True:
        count, others = contacts_of_all(front, contacts)
        new = np.flatnonzero(distance[others] < 0)
        if not new.size:
            return Walk(sources, distance, tuple(steps))
        tails, heads = np.repeat(front, count)[new], others[new]
        steps.append((tails, heads))
        distance[heads] = len(steps)
        rows = np.arange(heads.size, dtype=np.int32)
        place[heads] = rows  # of those who are reached twice, one row stays
        front = heads[place[heads] == rows]


def contacts_of_all(people: np.ndarray, contacts: Contacts) -> tuple[np.ndarray, np.ndarray]:
    """Return how many contacts each of some people of some copies has, and all these contacts one after the other.

    Parameters
    ----------
    people : int32[k]
    contacts : Contacts

    Returns
    -------
    (int64[k], int32[m])
    """
    n = contacts.starts.size - 1
    own = people % np.int32(n) if people.size and people.max() >= n else people
    first = contacts.starts[own]
    count = contacts.starts[own + 1] - first
    ends = np.cumsum(count)
    at = np.repeat(first - (ends - count), count)
    at += np.arange(at.size)
    others = contacts.persons[at]
    return count, others if own is people else others + np.repeat(people - own, count)


def closeness(contacts: Contacts, sources: Sources) -> np.ndarray:
    """Return how near the others are: (share of the others who can be reached) ÷ (mean distance to these).

    Wasserman & Faust (1994, Social Network Analysis, section 5.2.2); as ``networkx.closeness_centrality``. With some
    sources only, distances to these stand for all (Eppstein & Wang 2004, doi:10.7155/jgaa.00081).

    Parameters
    ----------
    contacts : Contacts
    sources : Sources

    Returns
    -------
    float64[n_persons]
        0 without contacts. A quotient of whole numbers, so that equal ones are equal to the last bit.
    """
    n = contacts.starts.size - 1
    total = np.zeros(n, np.int64)
    for walk in walks(contacts, sources.rounds):
        total += np.maximum(walk.distance.reshape(-1, n), 0).sum(axis=0, dtype=np.int64)
    others = sources.of_size - 1
    asked = sources.sources - sources.chosen
    return np.divide(others * asked, total * (n - 1), out=np.zeros(n), where=total > 0)


def betweenness(contacts: Contacts, sources: Sources) -> np.ndarray:
    """Return for how many pairs of others each person is on the way, as a share of all shortest paths of each pair.

    Freeman (1977, doi:10.2307/3033543), by the algorithm of Brandes (2001, doi:10.1080/0022250X.2001.9990249); each
    pair counts twice, once from either end. With some sources only, they stand for all others (Brandes & Pich 2007,
    doi:10.1142/S0218127407018403); of somebody who is a source, the other sources do, since nobody is between
    themselves and others.

    Returns
    -------
    float64[n_persons]
    """
    n = contacts.starts.size - 1
    found = np.zeros(n)
    for walk in walks(contacts, sources.rounds):
        paths, through = np.zeros(walk.distance.size), np.zeros(walk.distance.size)
        paths[walk.sources] = 1
        for tails, heads in walk.steps:
            np.add.at(paths, heads, paths[tails])
        for tails, heads in reversed(walk.steps):
            np.add.at(through, tails, paths[tails] * ((1 + through[heads]) / paths[heads]))
        through[walk.sources] = 0
        found += through.reshape(-1, n).sum(axis=0)
    return found * ((sources.of_size - 1) / np.maximum(sources.sources - sources.chosen, 1))


def bridging(contacts: Contacts, sources: Sources, most_work: int | None = None) -> np.ndarray:
    """Return how much cohesion is lost on average when one of a person's ties is deleted.

    Cohesion is the mean, over all pairs of people, of 1 ÷ distance (0 where there is no path). Valente & Fujimoto
    (2010, Social Networks 32:212-220, PMC2889704).

    From each source, a tie matters if it is the only one by which somebody is reached over a shortest path. People all
    of whose shortest paths lead over it are found step by step; their new distances follow from those contacts whose
    distance stays as it is.

    To its own ends a tie matters most, so that where only some are sources, these would come first for being sources.
    What an end loses is therefore told by the others, from whom the end is as much further away as they are from it;
    what the two ends lose of each other counts only where everybody is a source.

    Parameters
    ----------
    contacts : Contacts
    sources : Sources
    most_work : int, optional
        After so many looks from a person at a contact no further sources are taken; the same on every machine. Those
        taken stand for all. None: all are taken.

    Returns
    -------
    float64[n_persons]
        0 without contacts.

    Raises
    ------
    SpecError
        If ties matter to so many people that it cannot be computed: long chains and rings.
    """
    n = contacts.starts.size - 1
    one = np.repeat(np.arange(n), np.diff(contacts.starts))
    ways = one * n + contacts.persons  # each tie from either end, sorted
    lost, own = np.zeros(ways.size), np.zeros(ways.size)
    work, taken = 0, 0
    for walk in walks(contacts, sources.rounds, at_once=4_000_000 // max(n, 1)):
        near, far, by_others, by_end, looks = _losses(contacts, walk)
        at = np.searchsorted(ways, near % n * n + far % n)
        lost += np.bincount(at, by_others, ways.size)
        own += np.bincount(at, by_end, ways.size)
        taken += walk.distance.size // n
        work += looks
        if most_work is not None and work > most_work:
            break
    source = np.zeros(n, np.int64)
    source[np.concatenate([np.empty(0, np.int64), *sources.rounds[:taken]])] = 1
    asked = np.minimum(sources.sources, taken)
    stand_for = (sources.of_size[one] - 2) / np.maximum(asked[one] - source[one] - source[contacts.persons], 1)
    loss = lost * stand_for + np.where(asked == sources.of_size, 1.0, 0.0)[one] * own
    of_person = np.bincount(one, loss, n) + np.bincount(contacts.persons, loss, n)
    return of_person / np.maximum(np.diff(contacts.starts), 1) / max(n * (n - 1), 1)


def _losses(contacts: Contacts, walk: Walk) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int]:
    """Return near and far end of all ties that matter, and how much: sums of 1 ÷ distance; and how many looks it took.

    What matters to a source that is no end of the tie is what it loses, and what the far end loses of it; to one that
    is the near end, the far end alone.
    """
    size = walk.distance.size
    tails = np.concatenate([np.empty(0, np.int32), *(each for each, _ in walk.steps)])
    heads = np.concatenate([np.empty(0, np.int32), *(each for _, each in walk.steps)])
    ways = np.bincount(heads, minlength=size)
    only = ways[heads] == 1
    near = np.full(size, -1, np.int64)
    near[heads[only]] = tails[only]
    far = np.flatnonzero(near >= 0)
    others = _dependants(tails, heads, ways, far)
    few = np.ones(size, bool)  # whether nobody but the far end depends on the tie
    few[others // size] = False
    pairs = np.sort(np.concatenate([others, np.flatnonzero(~few) * (size + 1)]))
    alone = far[few[far]]
    roots = np.concatenate([pairs // size, alone])
    members = np.concatenate([pairs % size, alone])
    after = np.concatenate(
        [_new_distances(contacts, walk.distance, near, pairs), _next_distances(contacts, walk.distance, near, alone)]
    )
    gone = 1 / walk.distance[members] - np.where(after == NEVER, 0.0, 1 / after)
    n = contacts.starts.size - 1
    looks = size // n * contacts.persons.size + int(np.diff(contacts.starts)[members % n].sum())
    of_end = np.zeros(size)
    of_end[roots[members == roots]] = gone[members == roots]
    beside = walk.distance[near[far]] > 0  # not an end of the tie
    by_others = np.where(beside, np.bincount(roots, gone, minlength=size)[far] + of_end[far], 0.0)
    return near[far], far, by_others, np.where(beside, 0.0, of_end[far]), looks


def _dependants(tails: np.ndarray, heads: np.ndarray, ways: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Return root * size + person for all others whose every shortest path leads over the only tie to the root."""
    size = ways.size
    children = np.bincount(tails, minlength=size)
    firsts = np.zeros(size, np.int64)
    new = np.flatnonzero(np.append(True, tails[1:] != tails[:-1])) if tails.size else np.empty(0, np.int64)
    firsts[tails[new]] = new
    roots = members = far
    found, kept = [np.empty(0, np.int64)], 0
    while members.size:
        count = children[members]
        ends = np.cumsum(count)
        at = np.arange(ends[-1]) + np.repeat(firsts[members] - (ends - count), count)
        reached = heads[at]
        at_most = np.bincount(roots, minlength=size)[roots]  # over how many others of the root they may be reached
        possible = ways[reached] <= np.repeat(at_most, count)
        keys = np.repeat(roots, count)[possible] * size + reached[possible]
        keys, times = np.unique(keys, return_counts=True)
        keys = keys[times == ways[keys % size]]
        roots, members = np.divmod(keys, size)
        found.append(keys)
        kept += keys.size
        if kept > MOST_PAIRS:
            raise SpecError(
                "`bridging` cannot be computed on this network: in its long chains or rings too many people depend on "
                "single ties; rank by `betweenness` or `constraint`"
            )
    return np.concatenate(found)


def _next_distances(contacts: Contacts, distance: np.ndarray, near: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Return int64[k]: how far people are who have one contact less, by the distances of their others; or `NEVER`."""
    found = np.full(people.size, NEVER, np.int64)
    count, others = contacts_of_all(people.astype(np.int32), contacts)
    steps = np.where(others == np.repeat(near[people], count), NEVER, distance[others] + 1)
    if people.size:  # everybody here has a contact
        found = np.minimum.reduceat(steps, np.cumsum(count) - count).astype(np.int64)
    return found


def _new_distances(contacts: Contacts, distance: np.ndarray, near: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return int64[n_pairs]: how far each person is from the source without the only tie to the root; or `NEVER`."""
    size = distance.size
    roots, members = np.divmod(pairs, size)
    count, others = contacts_of_all(members.astype(np.int32), contacts)
    row = np.repeat(np.arange(pairs.size), count)
    keys = np.repeat(roots * size, count) + others
    at = np.searchsorted(pairs, keys)
    inside = pairs[np.minimum(at, pairs.size - 1)] == keys if pairs.size else np.empty(0, bool)
    deleted = others == np.repeat(np.where(members == roots, near[members], -1), count)
    found = np.full(pairs.size, NEVER, np.int64)
    stays = ~inside & ~deleted
    np.minimum.at(found, row[stays], distance[others[stays]] + 1)
    row, at = row[inside], at[inside]
    while row.size:
        better = found[at] + 1 < found[row]
        if not better.any():
            break
        np.minimum.at(found, row[better], found[at[better]] + 1)
    return found
