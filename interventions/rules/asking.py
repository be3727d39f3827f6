"""People whom others name when they are asked: what can be done where nobody has mapped the network."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Annotated
from weakref import WeakKeyDictionary

import numpy as np
from pydantic import Field

from interventions.cutting import rounded_share
from interventions.ranking import best_first, in_words, targets
from interventions.rules.leaders import names_of
from simulator.network import ContactNetwork, Contacts, distinct, pack
from simulator.shortest_paths import contacts_of_all
from simulator.streams import scale

if TYPE_CHECKING:
    from simulator.streams import Draw
    from simulator.world import Situation

Asked = Annotated[float, Field(gt=0, le=1)]
Passing = Annotated[float, Field(gt=0, le=1)]
Periods = Annotated[int, Field(ge=1, le=20)]

AT_ONCE = 1 << 16
"""Pairs of somebody who is asked and anybody that are looked at in one go."""

Answers = dict[int, np.ndarray]
_known: WeakKeyDictionary[ContactNetwork, dict[Hashable, Answers]] = WeakKeyDictionary()
_LOCK = threading.RLock()


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
    hearers, heard = most_heard(network, names_of(network, layers), people, passing, periods)
    count = np.bincount(hearers, minlength=people.size)
    answering = np.flatnonzero(count)
    first = (np.cumsum(count) - count)[answering]
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


def most_heard(
    network: ContactNetwork, layers: tuple[str, ...], people: np.ndarray, passing: float, periods: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return of whom people hear most; what is found of somebody is kept with the network.

    Parameters
    ----------
    network : ContactNetwork
    layers : tuple of str
    people : int64[k]
        Distinct.
    passing : float
    periods : int

    Returns
    -------
    hearers : int64[m]
        Places in `people`, ascending; one comes again where several people are heard equally often.
    heard : int64[m]
        Those people, ascending for each hearer.
    """
    with _LOCK:
        known = _known.setdefault(network, {}).setdefault((layers, passing, periods), {})
        new = np.array([person for person in people.tolist() if person not in known], np.int64)
        if new.size:
            senders = _senders(network, layers)
            at_once = max(1, AT_ONCE // max(network.n_persons, 1))
            for first in range(0, new.size, at_once):
                some = new[first : first + at_once]
                known.update(zip(some.tolist(), _most_heard(senders, some, passing, periods), strict=True))
        found = [known[person] for person in people.tolist()]
    hearers = np.repeat(np.arange(people.size), [each.size for each in found])
    return hearers, np.concatenate([np.empty(0, np.int64), *found])


def _most_heard(senders: Contacts, people: np.ndarray, passing: float, periods: int) -> list[np.ndarray]:
    """Return of whom each of some people hears most: int64 arrays, ascending.

    Walks are counted in whole numbers, so that people who are alike are heard equally often. Of the k-th hearer, person
    i is number ``k * n_persons + i``.
    """
    n = senders.starts.size - 1
    ids, walks, chance = np.arange(people.size) * n + people, np.ones(people.size), 1.0
    all_ids, all_heard = [np.empty(0, np.int64)], [np.empty(0)]
    for _ in range(periods):
        count, others = contacts_of_all(ids.astype(np.int32), senders)
        ids, walks = _added_up(others, np.repeat(walks, count), people.size * n)
        chance *= passing
        all_ids.append(ids)
        all_heard.append(walks * chance)
    ids, heard = _added_up(np.concatenate(all_ids), np.concatenate(all_heard), people.size * n)
    hearers, heard_of = np.divmod(ids, n)
    other = heard_of != people[hearers]  # nobody names themself
    hearers, heard_of, heard = hearers[other], heard_of[other], heard[other]
    most = np.zeros(people.size)
    np.maximum.at(most, hearers, heard)
    best = heard == most[hearers]
    return np.split(heard_of[best], np.cumsum(np.bincount(hearers[best], minlength=people.size))[:-1])


def _added_up(ids: np.ndarray, values: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return distinct ids, ascending, each with the sum of its values, which are above 0."""
    if 8 * ids.size > size:
        sums = np.bincount(ids, values, minlength=size)
        there = np.flatnonzero(sums)
        return there, sums[there]
    there, place = np.unique(ids, return_inverse=True)
    return there.astype(np.int64), np.bincount(place, values, minlength=there.size)


def _senders(network: ContactNetwork, layers: tuple[str, ...]) -> Contacts:
    """Return from whom everybody hears: over which ties influence runs to them."""
    packed = [np.empty(0, np.int64)]
    for layer in (network.layers[name] for name in layers):
        packed.append(pack(*layer.ties.T[::-1]))
        if not layer.directed:
            packed.append(pack(*layer.ties.T))
    pairs = distinct(np.concatenate(packed))
    starts = np.zeros(network.n_persons + 1, np.int64)
    np.cumsum(np.bincount(pairs >> 32, minlength=network.n_persons), out=starts[1:])
    return Contacts(starts, (pairs & 0xFFFFFFFF).astype(np.int32))
