"""Opinion leaders: people whom the ties around them put in the middle.

Unless a rule says otherwise, a tie counts whichever way influence runs along it and whatever its weight, and a contact
met in two layers counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from interventions.ranking import best_first, in_words, targets
from interventions.rules.choosing import town_luck
from interventions.scores import once
from simulator import centrality, shortest_paths

if TYPE_CHECKING:
    from simulator.network import ContactNetwork, Contacts
    from simulator.shortest_paths import Sources
    from simulator.world import Situation

EXACT_PEOPLE = 3_000
"""Largest number of people from all of whom shortest paths are followed unless the scenario says so."""
SAMPLED = 200
"""From how many people of each component they are followed in a larger network."""

Sampled = Annotated[int, Field(ge=2)] | None
Damping = Annotated[float, Field(ge=0, lt=1)]


@targets.add("most_named")
@in_words("named most often")
def rank_most_named(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People named most often in the ties first, whichever way influence runs: opinion leaders.

    In a layer that was not surveyed every tie counts as named from both ends. Weights do not count.

    Example: on the chain of namings 0 → 1 → 2 everybody but 0 is named once; if 3 names 1 too, 1 comes first.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    return best_first(situation.world.network.times_named(layers), situation, "most_named")


@targets.add("degree")
@in_words("with most contacts")
def rank_degree(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People with most distinct contacts first (a contact met in two layers counts once).

    Whichever way influence runs, and whatever the weights.

    Example: the centre of a star comes first.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    return best_first(situation.world.network.degree(layers), situation, "degree")


@targets.add("strength")
@in_words("with the strongest ties in all")
def rank_strength(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People whose ties have the largest sum of weights first.

    Each tie counts with its weight at both of its ends, whichever way influence runs. A contact met in two layers, or
    tied in both directions of a directed layer, counts with each of these ties. Without weights every tie counts 1.

    Example: a person with one tie of weight 5 comes before one with three ties of weight 1.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    network = situation.world.network
    names = names_of(network, layers)

    def make() -> np.ndarray:
        named = (network.layers[name] for name in names)
        return centrality.settled(centrality.strengths(named, network.n_persons))

    return best_first(once(network, ("strength", names), make), situation, "strength")


@targets.add("closeness")
@in_words("from whom the others are reached in the fewest steps")
def rank_closeness(situation: Situation, *, layers: Sequence[str] | None = None, sampled: Sampled = None) -> np.ndarray:
    """People from whom the others are reached in the fewest steps first.

    The share of the others who can be reached at all, divided by the mean number of steps to these (Wasserman & Faust
    1994, Social Network Analysis, section 5.2.2): a network in several parts needs the first factor, since somebody in
    a pair would else be nearest to all. It equals ``networkx.closeness_centrality``. Every tie is one step, both ways,
    whatever its weight.

    Example: on the path 0 - 1 - 2 - 3 - 4 person 2 comes first, with 1 ÷ (6 / 4) = 0.67.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers whose ties are steps. Default: all.
    sampled : int, optional
        Steps are counted to so many people drawn in each component, or to all where it is smaller, instead of all
        (Eppstein & Wang 2004, doi:10.7155/jgaa.00081); the same people in all replicates. Default: all, in networks of
        up to 3,000 people with contacts; 200 in larger ones.

    Returns
    -------
    int32[n_persons]
        People without contacts come last.
    """
    scores = by_paths(situation, "closeness", layers, sampled, shortest_paths.closeness)
    return best_first(scores, situation, "closeness")


@targets.add("betweenness")
@in_words("who lie on most shortest paths between others")
def rank_betweenness(
    situation: Situation, *, layers: Sequence[str] | None = None, sampled: Sampled = None
) -> np.ndarray:
    """People who lie on most shortest paths between others first.

    For each pair of others, the share of their shortest paths that lead over the person, added up over all pairs
    (Freeman 1977, doi:10.2307/3033543; Brandes 2001, doi:10.1080/0022250X.2001.9990249). It orders people as
    ``networkx.betweenness_centrality`` does. Every tie is one step, both ways, whatever its weight.

    Example: on the path 0 - 1 - 2 - 3 - 4 person 2 is between four pairs, 1 and 3 between three, 0 and 4 between none.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers whose ties are steps. Default: all.
    sampled : int, optional
        Paths are followed from so many people drawn in each component, or from all where it is smaller, instead of all
        (Brandes & Pich 2007, doi:10.1142/S0218127407018403); the same people in all replicates. Default: all, in
        networks of up to 3,000 people with contacts; 200 in larger ones.

    Returns
    -------
    int32[n_persons]
    """
    scores = by_paths(situation, "betweenness", layers, sampled, shortest_paths.betweenness)
    return best_first(scores, situation, "betweenness")


@targets.add("eigenvector")
@in_words("with most contacts who are well connected themselves")
def rank_eigenvector(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People with most contacts who have many well-connected contacts themselves first.

    Everybody's score is in proportion to the sum of their contacts' (Bonacich 1972, doi:10.1080/0022250X.1972.9989806).
    It equals ``networkx.eigenvector_centrality``. Ties count both ways, whatever their weight. In a network of several
    parts, that with the denser middle comes first; the others follow by what is left of their scores after the
    iteration.

    Example: on a path the middle comes first, then those next to it: 0.5 : 0.87 : 1 : 0.87 : 0.5 for five people.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    network = situation.world.network
    names = names_of(network, layers)

    def make() -> np.ndarray:
        return centrality.settled(centrality.eigenvector(network.contacts_in(names)))

    return best_first(once(network, ("eigenvector", names), make), situation, "eigenvector")


@targets.add("pagerank")
@in_words("named most by people who are much named themselves")
def rank_pagerank(situation: Situation, *, layers: Sequence[str] | None = None, damping: Damping = 0.85) -> np.ndarray:
    """People named most by people who are named much themselves first.

    Everybody gives votes worth their own score, in equal parts, to those whom they name (Page, Brin, Motwani & Winograd
    1999, The PageRank citation ranking, Stanford InfoLab 1999-66). It equals ``networkx.pagerank`` with ties from the
    namer to the named. A naming is a vote for the named, whichever way influence runs; in a layer that was not
    surveyed, every tie is a vote from both ends. Weights do not count.

    Example: on the chain of namings 0 → 1 → 2 → 3 → 4 person 4 comes first and 0, whom nobody names, last.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers whose namings count. Default: all.
    damping : float, from 0, below 1
        Share of the scores that votes pass on; the rest is given out evenly.

    Returns
    -------
    int32[n_persons]
    """
    network = situation.world.network
    names = names_of(network, layers)

    def make() -> np.ndarray:
        return centrality.settled(centrality.pagerank(network.namings_of(names), network.n_persons, damping))

    return best_first(once(network, ("pagerank", names, damping), make), situation, "pagerank")


@targets.add("k_core")
@in_words("deepest in the core of the network")
def rank_k_core(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People deepest in the core of the network first, of equal depth those with more contacts.

    Depth is the largest k so that the person belongs to a group of people who have k contacts within it each (Seidman
    1983, doi:10.1016/0378-8733(83)90028-X). It equals ``networkx.core_number``. Ties count both ways, whatever their
    weight.

    Example: in two cliques of five joined by a tie all are of depth 4; the two ends of that tie, with five contacts,
    come first.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
    """
    network = situation.world.network
    names = names_of(network, layers)
    degree = network.degree(names)

    def make() -> np.ndarray:
        return centrality.core_numbers(network.contacts_in(names))

    depth = once(network, ("k_core", names), make)
    return best_first(depth * (int(degree.max(initial=0)) + 1) + degree, situation, "k_core")


def names_of(network: ContactNetwork, layers: Sequence[str] | None) -> tuple[str, ...]:
    """Return the layers that are meant, in the order of the network."""
    return tuple(name for name in network.layers if layers is None or name in layers)


def by_paths(
    situation: Situation,
    name: str,
    layers: Sequence[str] | None,
    sampled: int | None,
    measure: Callable[[Contacts, Sources], np.ndarray],
) -> np.ndarray:
    """Return a score by shortest paths, found once per network.

    Parameters
    ----------
    situation : Situation
    name : str
        Of the score.
    layers : list of str, optional
    sampled : int, optional
        From how many people of each component paths are followed at most; None: `EXACT_PEOPLE`, `SAMPLED`.
    measure : callable
        Of `simulator.shortest_paths`.
    """
    network = situation.world.network
    names = names_of(network, layers)
    luck = town_luck(situation)

    def make() -> np.ndarray:
        contacts = network.contacts_in(names)
        with_contacts = int(np.count_nonzero(np.diff(contacts.starts)))
        most = sampled or (network.n_persons if with_contacts <= EXACT_PEOPLE else SAMPLED)
        words = luck.words("shortest paths", n=network.n_persons)
        return centrality.settled(measure(contacts, shortest_paths.find_sources(contacts, words, max(most, 1))))

    return once(network, (name, names, sampled, luck), make)
