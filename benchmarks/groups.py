"""Groups of a very large town: how long it takes to find them, to rank them, and to pair people who are alike.

`python benchmarks/groups.py [people]` prints seconds of work (CPU), for a million people of ten contacts each unless
told otherwise. The goal of the project: communities of a million people in 30 seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from interventions.group_scores import TIE_SCORES
from interventions.groups import FOUND, codes_by
from interventions.similar import find_similar_ties
from simulator.network import ContactNetwork
from simulator.population import Column, Population
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.world import World


def timed(what: str, work: Callable[[], Any]) -> Any:
    """Do something, and print how many seconds of work it took."""
    began = time.process_time()
    done = work()
    print(f"  {what}: {time.process_time() - began:.1f} s", flush=True)
    return done


def run(people: int) -> None:
    """Find and rank groups, and pair people, in two kinds of town."""
    for generator, more in (("watts_strogatz", {"rewiring": 0.1}), ("holme_kim", {"triangles": 0.8})):
        layer = generated_layer("ties", generator, people, {"mean_degree": 10, **more}, Draw(1, "network"))
        print(f"{generator}: {people:,} people, {layer.n_ties:,} ties")
        measure(World(Population(np.arange(people)), ContactNetwork(people, {"ties": layer}), {}), layer.ties)


def measure(world: World, ties: np.ndarray) -> None:
    """Find and rank groups, and pair people, in one town."""
    people = world.population.size
    for by in FOUND:
        codes, n_groups = timed(by, partial(codes_by, by, world))
        print(f"    {n_groups:,} groups, the largest of {np.bincount(codes).max():,} people")
    codes, n_groups = codes_by("communities", world)
    for rule, score in TIE_SCORES.items():
        timed(f"communities by {rule}", partial(score, codes, n_groups, ties))
    age = Column("age", np.round(18 + 60 * Draw(1, "network").uniforms("age", n=people)))
    persons, everybody = np.arange(0, people, 10, dtype=np.int32), np.ones(people, bool)
    pairing = partial(find_similar_ties, persons, 2, everybody, ties, age, Draw(1), "buddies", 0)
    timed(f"two similar ties for each of {persons.size:,} people", pairing)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
