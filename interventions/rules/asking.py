"""People whom others name when they are asked: what can be done where nobody has mapped the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from interventions.cutting import rounded_share
from interventions.ranking import best_first, in_words, targets
from interventions.rules.leaders import names_of
from interventions.scores import once
from simulator.network import pack, unpack
from simulator.streams import scale

if TYPE_CHECKING:
    from simulator.network import ContactNetwork
    from simulator.streams import Draw
    from simulator.world import Situation

Asked = Annotated[float, Field(gt=0, le=1)]
Passing = Annotated[float, Field(gt=0, le=1)]
Periods = Annotated[int, Field(ge=1, le=20)]
MOST_FOR_ALL = 20_000
"""People up to whom it is found once of whom each of them hears most."""

MOST_HEARD = 20_000_000
"""Pairs of an asked person and one of whom they hear that are kept at one time, about."""


@targets.add("nominated")
@in_words("named most often when {asked} of all people name one contact each")
def rank_nominated(situation: Situation, *, asked: Asked = 0.2, layers: Sequence[str] | None = None) -> np.ndarray:
    """People named most often when a random share of people each name one contact: friends of random people.

    This finds well-connected people without mapping the network (Kim et al. 2015,
    doi:10.1016/S0140-6736(15)60095-2). Anybody may be asked, whether or not they satisfy the target's
    `where`. People name one of those whom they name in the ties, whichever way influence runs and whatever the weights.

    Example: in a star everybody but the centre names the centre, who comes first if only one of them is asked.

    Parameters
    ----------
    situation : Situation
    asked : float, share in (0, 1]
        Share of all people who are asked, rounded to a number of people.
    layers : list of str, optional
        Layers in which contacts are named. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    named = answers(situation, asked, layers)
    return best_first(np.bincount(named, minlength=situation.world.network.n_persons), situation, "nominated")


@targets.add("one_hop")
@in_words("named by people asked at random, one contact each")
def rank_one_hop(situation: Situation, *, asked: Asked = 0.2, layers: Sequence[str] | None = None) -> np.ndarray:
    """People whom random people name, one contact each, in the order in which they are first named.

    Somebody is asked at random, and whom they name is taken; then the next; until there are enough. Nobody counts how
    often somebody is named, as `nominated` does, yet people with many contacts are named sooner (Cohen, Havlin &
    ben-Avraham 2003, doi:10.1103/PhysRevLett.91.247901). The same people are asked, and give the same answers, as for
    `nominated`; asking more people only adds to the end.

    Example: in a star of six the centre is first in five replicates of six.

    Parameters
    ----------
    situation : Situation
    asked : float, share in (0, 1]
        Share of all people who are asked, rounded to a number of people.
    layers : list of str, optional
        Layers in which contacts are named. Default: all.

    Returns
    -------
    int32[k]
        Whom nobody names is not among them.
    """
    named = answers(situation, asked, layers)
    _, first = np.unique(named, return_index=True)
    return named[np.sort(first)].astype(np.int32)


@targets.add("gossip")
@in_words("named most often when {asked} of all people say whose news they hear most")
def rank_gossip(
    situation: Situation,
    *,
    asked: Asked = 0.2,
    passing: Passing = 0.2,
    periods: Periods = 3,
    layers: Sequence[str] | None = None,
) -> np.ndarray:
    """People whom the community names as those whose news gets around: gossips.

    A random share of people each name, among all others, the person whose news they hear most often. News starts from
    somebody and is passed on to each contact with a chance, again and again, for some periods; how often it is heard on
    average is the sum over t of passing^t × number of walks of t steps (Banerjee, Chandrasekhar, Duflo & Jackson 2019,
    doi:10.1093/restud/rdz008). News runs the way influence does, along every tie with the same chance, whatever its
    weight. Of several whom they hear equally often, people name one at random; who hears from nobody names nobody.

    Example: in a star all others name the centre.

    Parameters
    ----------
    situation : Situation
    asked : float, share in (0, 1]
        Share of all people who are asked, rounded to a number of people.
    passing : float, chance in (0, 1]
        Chance that news is passed on along a tie in a period. The default is netrial's own choice.
    periods : int, from 1 to 20
        How many times news is passed on. The default is netrial's own choice.
    layers : list of str, optional
        Layers along which news runs. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    draw, network = situation.draw, situation.world.network
    people = asked_people(situation, asked)
    count, first, heard = _most_heard_by(network, names_of(network, layers), people, passing, periods)
    answering = np.flatnonzero(count)
    first = first[answering]
    place = scale(draw.words_at("rank", "gossip", "named", indices=people[answering]), count[answering])
    named = heard[first + place]
    return best_first(np.bincount(named, minlength=network.n_persons), situation, "gossip")


def asked_people(situation: Situation, asked: float) -> np.ndarray:
    """Return int64[k]: who is asked, a share of those who are there, in the random order in which they are asked.

    It is one order for all rules that ask.
    """
    order = situation.draw.order("rank", "nominated", "asked", n=situation.world.network.n_persons)
    there = order[situation.present[order]]
    return there[: rounded_share(asked, there.size)]


def answers(situation: Situation, asked: float, layers: Sequence[str] | None) -> np.ndarray:
    """Return int32[k]: whom people name who are asked for one contact, in the order in which they are asked.

    Who is asked, and whom each would name, are drawn apart: asking more people leaves earlier answers as they
    were. Those who name nobody give no answer.
    """
    network = situation.world.network
    return name_one(network.namings_of(layers), asked_people(situation, asked), situation.draw)


def name_one(namings: np.ndarray, people: np.ndarray, draw: Draw) -> np.ndarray:
    """Return whom each of some people names who names anybody: one of those whom they name, at random.

    Parameters
    ----------
    namings : int32[n_namings, 2]
        (namer, named), distinct and sorted.
    people : int64[k]
    draw : Draw
    """
    first = np.searchsorted(namings[:, 0], people)
    n_named = np.searchsorted(namings[:, 0], people, side="right") - first
    some = n_named > 0
    place = scale(draw.words_at("rank", "nominated", "named", indices=people[some]), n_named[some])
    return namings[first[some] + place, 1]


def _most_heard_by(
    network: ContactNetwork, layers: tuple[str, ...], people: np.ndarray, passing: float, periods: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return of how many each of some people hears most, where these begin in a list, and the list.

    In a small network that is found for everybody, once; whom replicates ask differs.
    """
    everybody = np.arange(network.n_persons) if network.n_persons <= MOST_FOR_ALL else people

    def make() -> np.ndarray:
        hearers, heard = most_heard(network, layers, everybody, passing, periods)
        count = np.bincount(hearers, minlength=everybody.size)
        return np.concatenate([count, np.cumsum(count) - count, heard])

    for_all = everybody is not people
    found = once(network, ("most heard", layers, passing, periods), make) if for_all else make()
    count, first, heard = np.split(found, [everybody.size, 2 * everybody.size])
    return (count[people], first[people], heard) if for_all else (count, first, heard)


def most_heard(
    network: ContactNetwork, layers: tuple[str, ...], people: np.ndarray, passing: float, periods: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return of whom people hear most.

    Walks are counted in whole numbers, so that people who are alike are heard equally often.

    Parameters
    ----------
    network : ContactNetwork
    layers : tuple of str
    people : int64[k]
    passing : float
    periods : int

    Returns
    -------
    hearers : int64[m]
        Places in `people`, ascending; one comes again where several people are heard equally often.
    heard : int64[m]
        Those people, ascending for each hearer.
    """
    matrix = _passed_on(network, layers)
    found_rows, found = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    first, size = 0, 64
    while first < people.size:
        some = people[first : first + size]
        heard = _heard(matrix, some, passing, periods)
        best = np.zeros(some.size)
        rows = np.repeat(np.arange(some.size), np.diff(heard.indptr))
        np.maximum.at(best, rows, heard.data)
        most = (heard.data == best[rows]) & (heard.data > 0)
        found_rows.append(rows[most] + first)
        found.append(heard.indices[most].astype(np.int64))
        first += some.size
        size = int(min(max(64, MOST_HEARD * some.size // max(heard.data.size, 1)), 4 * size))
    return np.concatenate(found_rows), np.concatenate(found)


def _heard(matrix: Any, people: np.ndarray, passing: float, periods: int) -> Any:
    """Return a sparse matrix, people x everybody, sorted: how often each hears the news of another on average."""
    from scipy.sparse import csr_array

    k, n = people.size, matrix.shape[0]
    walks = csr_array((np.ones(k), people, np.arange(k + 1)), shape=(k, n))
    heard, chance = csr_array((k, n)), 1.0
    for _ in range(periods):
        walks, chance = walks @ matrix, chance * passing
        heard = heard + walks * chance
    heard.sort_indices()
    heard.data[heard.indices == np.repeat(people, np.diff(heard.indptr))] = 0.0  # nobody names themself
    return heard


def _passed_on(network: ContactNetwork, layers: tuple[str, ...]) -> Any:
    """Return a sparse matrix: 1 where the person of the row hears from the person of the column."""
    from scipy.sparse import csr_array

    def make() -> np.ndarray:
        packed = [np.empty(0, np.int64)]
        for layer in (network.layers[name] for name in layers):
            packed.append(pack(*layer.ties.T[::-1]))
            if not layer.directed:
                packed.append(pack(*layer.ties.T))
        return unpack(np.unique(np.concatenate(packed)))

    pairs = once(network, ("passed on", layers), make)
    n = network.n_persons
    starts = np.searchsorted(pairs[:, 0], np.arange(n + 1))
    return csr_array((np.ones(len(pairs)), pairs[:, 1], starts), shape=(n, n))
