"""How long it takes to choose people as sets in a large town, and how much good they do.

`python benchmarks/greedy.py [people [places]]` (default: 50 champions among 10,000 people, obesity, 30 years) prints
the CPU time of each rule that chooses sets, on one core, and the obese years that the people chosen avert on average
in 100 replicates, under luck that no rule knew, beside those with most contacts and people at random.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from experiments.design import design
from interventions.rules.greedy import Goal, Rehearsal
from interventions.specs import Effect, Intervention
from interventions.targeting import Request, rank, takes_request, targets
from scenarios import build
from scenarios.loading import load
from simulator.behaviour import Source
from simulator.past import Past
from simulator.trajectory import Trajectory
from simulator.world import Situation

REPLICATES = 100
OBESE = Source("obesity", ("obese",))
CHAMPION = Intervention("champions", "champions", effect=Effect(set={"advocacy": "champion"}))
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("greedy", {"state": OBESE, "better": "lower"}),
    ("greedy", {"state": OBESE, "better": "lower", "simulations": 50, "candidates": 100}),
    ("key_players_reach", {}),
    ("key_players_fragmentation", {}),
    ("key_players_fragmentation", {"measure": "components"}),
    ("reverse_reachable", {}),
    ("degree", {}),
    ("random", {}),
)


def _no_trajectory() -> Trajectory:
    raise NotImplementedError("no rule here looks back")


def run(people: int, places: int) -> None:
    """Choose, and judge what was chosen."""
    trial = design(load("obesity").set("population.size", people))
    town = trial.town(0)
    world, network = town.world, town.world.network
    beginnings = tuple(build.beginning_of(trial.scenario, town, trial.luck(k)) for k in range(REPLICATES))
    start = beginnings[0].start
    here = Situation(
        world=world,
        draw=trial.luck(0),
        tick=0,
        states=start,
        start=start,
        tied_in=lambda layer: network.layers[layer].ties,
        past=Past(people),
        horizon=trial.horizon_tick,
        network_at=lambda tick: network,
        so_far=_no_trajectory,
    )
    instants = np.linspace(0, trial.horizon_tick, 65).astype(np.int64)
    judge = Rehearsal(
        town, beginnings, CHAMPION, 0, 0, 0, trial.horizon_tick, Goal(0, OBESE, "lower", "person_time"), instants
    )
    untreated = judge.benefit([])
    print(f"{places} of {people:,} people; obese years averted, per 10,000 people, mean of {REPLICATES} replicates")
    for rule, parameters in RULES:
        began = time.process_time()
        chosen = rank(here, rule, parameters, Request(here.present, places, CHAMPION))[:places]
        took = time.process_time() - began
        averted = (judge.benefit(chosen.tolist()) - untreated) * trial.horizon * 10_000
        kind = "set" if takes_request(targets[rule]) else "scores"
        said = ", ".join(f"{name} {each}" for name, each in parameters.items() if name not in ("state", "better"))
        print(f"  {rule + (f' ({said})' if said else ''):50} {kind:6} {took:7.2f} s  {averted:8,.0f}", flush=True)


if __name__ == "__main__":
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 50)
