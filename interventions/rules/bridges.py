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
    from simulator.world import Situation

EXACT_PEOPLE = 500
SAMPLED = 64


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
        Steps are counted from so many people drawn in each component, or from all where it is smaller, instead of all;
        the same people in all replicates. None: all, in networks of up to 500 people with contacts; 64 in larger ones.

    Returns
    -------
    int32[n_persons]
        People without contacts come last.

    Raises
    ------
    SpecError
        If single ties matter to so many people that it cannot be computed: chains and rings of many thousand people.
    """
    scores = by_paths(
        situation, "bridging", layers, sampled, shortest_paths.bridging, exact=EXACT_PEOPLE, otherwise=SAMPLED
    )
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
