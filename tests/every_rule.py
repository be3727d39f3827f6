"""Every targeting rule that scores people, with parameters, and what tests of all of them share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from small_towns import situation, town, undirected

from interventions.targeting import rank
from simulator.network import ContactNetwork, Layer
from simulator.population import Column
from simulator.streams import Draw
from simulator.world import Situation, World

RULES: dict[str, dict[str, Any]] = {
    "random": {},
    "degree": {},
    "most_named": {},
    "strength": {},
    "closeness": {},
    "betweenness": {},
    "eigenvector": {},
    "pagerank": {},
    "k_core": {},
    "bridging": {},
    "constraint": {},
    "nominated": {"asked": 1.0},
    "one_hop": {},
    "gossip": {"asked": 1.0},
    "peripheral": {},
    "isolated": {},
    "by_column": {"column": "age"},
    "low_threshold": {"threshold": "age"},
    "self_selected": {"column": "age"},
}
ASKING = ("nominated", "one_hop", "gossip")
OF_THE_NETWORK = (
    "degree",
    "most_named",
    "strength",
    "closeness",
    "betweenness",
    "eigenvector",
    "pagerank",
    "k_core",
    "bridging",
    "constraint",
    "peripheral",
)
"""Rules in which luck decides only between equal scores."""
BY_LAYERS = (*OF_THE_NETWORK, *ASKING, "isolated")
"""Rules that go by the ties of some layers."""


def aged_town(n_persons: int, layers: Sequence[Layer] = ()) -> World:
    """A town whose people have ages, some of them equal, one of them missing."""
    ages = np.array([20.0 + 10 * (i * 7 % 5) for i in range(n_persons)])
    if n_persons > 2:
        ages[2] = np.nan
    return town(n_persons, layers, [Column("age", ages)])


def ranked(rule: str, here: Situation, **parameters: Any) -> list[int]:
    return rank(here, rule, RULES.get(rule, {}) | parameters).tolist()


def first(rule: str, here: Situation, k: int, **parameters: Any) -> set[int]:
    return set(ranked(rule, here, **parameters)[:k])


def in_a_town_of(pairs: Sequence[tuple[int, int]], replicate: int = 0, n_persons: int | None = None) -> Situation:
    n = max(max(pair) for pair in pairs) + 1 if n_persons is None else n_persons
    return situation(aged_town(n, [undirected("friends", pairs)]), replicate=replicate)


@dataclass(frozen=True)
class RenamedDraw:
    """The luck of a town whose people have been renamed: everybody keeps their own.

    Parameters
    ----------
    draw : Draw
    old : int64[n]
        The old name of each person.
    """

    draw: Draw
    old: np.ndarray

    @property
    def seed(self) -> int:
        return self.draw.seed

    def words(self, *name: str | int, n: int) -> np.ndarray:
        return self.words_at(*name, indices=np.arange(n))

    def words_at(self, *name: str | int, indices: np.ndarray) -> np.ndarray:
        return self.draw.words_at(*name, indices=self.old[indices])

    def order(self, *name: str | int, n: int) -> np.ndarray:
        return np.argsort(self.words(*name, n=n), kind="stable")


def renamed(here: Situation, new: np.ndarray) -> Situation:
    """Give person i the name ``new[i]``, in their ties, columns and luck."""
    old = np.argsort(new)
    world = here.world
    columns: Mapping[str, Column] = {
        name: replace(column, values=column.values[old]) for name, column in world.population.columns.items()
    }
    layers = {name: _renamed_layer(layer, new) for name, layer in world.network.layers.items()}
    network = ContactNetwork(world.network.n_persons, layers)
    renamed_world = replace(world, population=replace(world.population, columns=columns), network=network)
    return replace(here, world=renamed_world, draw=RenamedDraw(here.draw, old))  # type: ignore[arg-type]


def _renamed_layer(layer: Layer, new: np.ndarray) -> Layer:
    ties = new[layer.ties].astype(np.int32)
    if not layer.directed:
        ties = np.sort(ties, axis=1)
    order = np.lexsort((ties[:, 1], ties[:, 0]))
    namings = None
    if layer.namings is not None:
        namings = new[layer.namings].astype(np.int32)
        namings = namings[np.lexsort((namings[:, 1], namings[:, 0]))]
    weights = None if layer.weights is None else layer.weights[order]
    return replace(layer, ties=np.ascontiguousarray(ties[order]), weights=weights, namings=namings)
