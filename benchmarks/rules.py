"""How long targeting rules take on large networks: CPU and wall time of each, the first time on a network and again.

`python benchmarks/rules.py [people]` (default: a million, mean degree 10) prints both for each kind of network. Rules
that follow shortest paths are tried on a tenth of the people.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from interventions.targeting import rank
from simulator.behaviour import Behaviour
from simulator.network import ContactNetwork
from simulator.past import Past
from simulator.population import generate
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.trajectory import Trajectory
from simulator.units import to_ticks
from simulator.world import Situation, World

NETWORKS = {
    "holme_kim": {"mean_degree": 10, "triangles": 0.3},
    "watts_strogatz": {"mean_degree": 10, "rewiring": 0.1},
}
MANY = ("random", "degree", "most_named", "nominated", "one_hop", "peripheral", "self_selected", "strength", "k_core",
        "pagerank", "eigenvector", "constraint")  # fmt: skip
FEWER = ("closeness", "betweenness", "bridging", "gossip")


def town(people: int, generator: str) -> World:
    """Return a town of people with ten contacts each."""
    draw = Draw(1, "network", 0)
    layer = generated_layer("ties", generator, people, NETWORKS[generator], draw)
    return World(generate(people, {}, draw), ContactNetwork(people, {"ties": layer}), {"any": Behaviour("any", ("a",))})


def situation(world: World, replicate: int) -> Situation:
    """Return what an intervention sees at time 0."""
    states = np.zeros((world.population.size, 1), np.uint8)
    network = world.network

    def so_far() -> Trajectory:
        raise NotImplementedError("rules of the network do not look back")

    return Situation(
        world=world,
        draw=Draw(1, number=replicate),
        tick=0,
        states=states,
        start=states,
        tied_in=lambda layer: network.layers[layer].ties,
        past=Past(world.population.size),
        horizon=to_ticks(1.0),
        network_at=lambda tick: network,
        so_far=so_far,
    )


def measure(world: World, rules: tuple[str, ...]) -> None:
    """Print how long each rule takes, first and in a second replicate."""
    for rule in rules:
        took = []
        for replicate in range(2):
            worked, began = time.process_time(), time.perf_counter()
            rank(situation(world, replicate), rule, {})
            took.append(f"{time.process_time() - worked:6.2f} s CPU, {time.perf_counter() - began:6.2f} s wall")
        print(f"  {rule:14} first {took[0]}; again {took[1]}", flush=True)


if __name__ == "__main__":
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for generator in NETWORKS:
        for n_persons, rules in ((people, MANY), (people // 10, FEWER)):
            print(f"{generator}, {n_persons:,} people")
            measure(town(n_persons, generator), rules)
