"""Bridges: people over whom others are connected who would else not be, or not so nearly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from interventions.ranking import best_first, in_words, targets
from interventions.rules.leaders import Sampled, by_paths, names_of
from interventions.scores import once
from simulator import centrality, shortest_paths

if TYPE_CHECKING:
    from simulator.network import Contacts
    from simulator.shortest_paths import Sources
    from simulator.world import Situation

MOST_WORK = 50_000_000
"""Looks from a person at a contact, some five seconds' worth, after which steps are counted from nobody more."""


@targets.add("bridging")
@in_words("whose ties hold the network together most")
def rank_bridging(situation: Situation, *, layers: Sequence[str] | None = None, sampled: Sampled = None) -> np.ndarray:
    """People whose ties hold the network together most first: bridges.

    The loss of cohesion when one of the person's ties is deleted, on average over these ties; cohesion is the mean,
    over all pairs of people, of 1 ÷ number of steps between them, 0 where there is no path (Valente & Fujimoto 2010,
    Social Networks 32:212-220, PMC2889704). Every tie is one step, both ways, whatever its weight.

    Example: of two cliques of five joined by a tie its two ends come first; all ties of theirs but one do little, yet
    the one cuts the network in two.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers whose ties are steps. Default: all.
    sampled : int, optional
        Steps are counted from so many people drawn in each component, or from all where it is smaller; the same people
        in all replicates. Default: from as many as can be done with 50 million looks at a contact: all in networks of
        up to some 1,500 people with ten contacts each, about 180 of 10,000, 20 of 100,000. From few, the order is a
        rough guide, and the less people differ the rougher: from 100 of 2,000 people, half of the first 100 are right.

    Returns
    -------
    int32[n_persons]
        People without contacts come last.

    Raises
    ------
    SpecError
        If single ties matter to so many people that it cannot be computed: chains and rings of many thousand people.
    """
    most_work = MOST_WORK if sampled is None else None

    def measure(contacts: Contacts, sources: Sources) -> np.ndarray:
        return shortest_paths.bridging(contacts, sources, most_work)

    n_persons = situation.world.network.n_persons
    scores = by_paths(situation, "bridging", layers, sampled or max(n_persons, 2), measure)
    there = situation.world.network.degree(layers) > 0
    return best_first(np.where(there, scores, -1.0), situation, "bridging")


@targets.add("constraint")
@in_words("whose contacts know each other least")
def rank_constraint(situation: Situation, *, layers: Sequence[str] | None = None) -> np.ndarray:
    """People whose contacts know each other least first: brokers, with the lowest constraint.

    Constraint says how far a person's ties are spent on contacts who are tied to each other (Burt 1992, Structural
    Holes, chapter 2). It equals ``networkx.constraint``. Weights count: those of all layers and of both directions are
    added up.

    Example: the centre of a star of six has 5 × (1/5)² = 0.2, each of the others 1.

    Parameters
    ----------
    situation : Situation
    layers : list of str, optional
        Layers to count in. Default: all.

    Returns
    -------
    int32[n_persons]
        People without contacts come last.
    """
    network = situation.world.network
    names = names_of(network, layers)

    def make() -> np.ndarray:
        found = centrality.constraint((network.layers[name] for name in names), network.n_persons)
        return -centrality.settled(np.nan_to_num(found, nan=np.inf))

    return best_first(once(network, ("constraint", names), make), situation, "constraint")
