"""Whom the pooled laws and `group` read: every person's contacts over some layers, with weights, and the groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simulator.behaviour import GroupOf
from simulator.network import Layer
from simulator.world import World

LayerWeights = tuple[tuple[int, float], ...]
"""Numbers of the layers that a law reads together, with the weight of each: what names a list."""


@dataclass(frozen=True, eq=False)
class ContactList:
    """Everyone's contacts over some layers: those who influence them, tie by tie, in the order of layers and rows.

    Parameters
    ----------
    starts : int64[n_persons + 1]
    persons : int32[k]
        Contacts of person i at ``persons[starts[i]:starts[i + 1]]``; someone met in two layers comes twice.
    weights : float64[k] or None
        Weight of the tie x weight of the layer; None: all 1.
    """

    starts: np.ndarray
    persons: np.ndarray
    weights: np.ndarray | None

    def most(self) -> np.ndarray:
        """Return float64[n_persons]: the largest weight in each list; 0 where it is empty."""
        most = np.zeros(self.starts.size - 1)
        weights = np.ones(self.persons.size) if self.weights is None else self.weights
        filled = np.flatnonzero(np.diff(self.starts))
        if filled.size:
            most[filled] = np.maximum.reduceat(weights, self.starts[filled])
        return most


def layer_weights(world: World, layers: Mapping[str, float]) -> LayerWeights:
    """Return what names the list of a transition that reads these layers."""
    return tuple((number, float(layers[name])) for number, name in enumerate(world.network.layers) if name in layers)


def contact_list(layers: Sequence[tuple[Layer, np.ndarray, float]], n_persons: int) -> ContactList:
    """Gather everyone's contacts.

    Parameters
    ----------
    layers : sequence of (Layer, int32[n_ties, 2], float)
        Each with its ties as they are now, row by row, and its weight.
    n_persons : int
    """
    receivers, senders, weights = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0)]
    for layer, ties, weight in layers:
        own = np.full(len(ties), weight) if layer.weights is None else layer.weights * weight
        if layer.directed:
            receivers.append(ties[:, 1])
            senders.append(ties[:, 0])
            weights.append(own)
        else:
            receivers.append(ties[:, ::-1].ravel())
            senders.append(ties.ravel())
            weights.append(np.repeat(own, 2))
    receiver = np.concatenate(receivers)
    order = np.argsort(receiver, kind="stable")
    starts = np.zeros(n_persons + 1, np.int64)
    np.cumsum(np.bincount(receiver, minlength=n_persons), out=starts[1:])
    every = np.concatenate(weights)
    return ContactList(
        starts,
        np.concatenate(senders)[order].astype(np.int32, copy=False),
        None if np.all(every == 1.0) else every[order],
    )


@dataclass(frozen=True, eq=False)
class Groups:
    """Who is in which group, and who of each group counts.

    Parameters
    ----------
    group_of : int32[n_persons]
        -1: in no group.
    starts : int64[n_groups + 1]
    members : int32[k]
        Ascending within a group.
    """

    group_of: np.ndarray
    starts: np.ndarray
    members: np.ndarray


def groups_of(world: World, group: GroupOf) -> Groups:
    """Gather the groups that a `group` law reads."""
    codes, labels = world.population.columns[group.by].groups()
    counts = codes >= 0
    if group.where is not None:
        counts = counts & group.where.mask(world.population.size, world.population.columns.__getitem__)
    members = np.flatnonzero(counts)
    members = members[np.argsort(codes[members], kind="stable")].astype(np.int32)
    starts = np.zeros(len(labels) + 1, np.int64)
    np.cumsum(np.bincount(codes[members], minlength=len(labels)), out=starts[1:])
    return Groups(codes.astype(np.int32), starts, members)
