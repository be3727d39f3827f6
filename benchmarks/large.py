"""One very large town: people, ten contacts each, 30 years of obesity, made and run in one process.

`python benchmarks/large.py [people]` prints how long each part took, and the most memory that the process ever held.
Only counts are kept. A hundred million people need about 8 GiB.
"""

from __future__ import annotations

import platform
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from engine import YEARS, obesity

from simulator.engine import Simulation, plan_clocks
from simulator.network import ContactNetwork
from simulator.population import generate
from simulator.streams import Draw, first_of
from simulator.ties import generated_layer
from simulator.units import to_ticks
from simulator.world import World


def peak() -> float:
    """Return the most memory held so far, in GiB."""
    unit = 1 if platform.system() == "Darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def run(people: int, say: Callable[[str], None]) -> None:
    """Make the town, draw who starts obese, run, and say what it took."""
    seconds = {}
    began, worked = time.perf_counter(), time.process_time()

    def done(what: str) -> None:
        nonlocal began, worked
        seconds[what] = time.perf_counter() - began
        work = time.process_time() - worked
        say(f"  {what}: {seconds[what]:.1f} s ({work:.1f} s of work), at most {peak():.2f} GiB so far")
        began, worked = time.perf_counter(), time.process_time()

    drawn = Draw(1, "network", 0)
    population = generate(people, {}, drawn)
    layer = generated_layer("ties", "watts_strogatz", people, {"mean_degree": 10, "rewiring": 0.1}, drawn)
    done("people and ties")
    network = ContactNetwork(people, {"ties": layer})
    plan = plan_clocks(World(population, network, {"obesity": obesity("ties")}))
    done("clocks")
    luck = Draw(1, "replicate", 0)
    start = np.zeros((people, 1), np.uint8)
    start[first_of(luck.words("initial", n=people), np.ones(people, bool), people * 14 // 100)] = 1
    done("who starts obese")
    observe_at = np.array([to_ticks(year) for year in range(YEARS + 1)])
    simulation = Simulation(plan, luck, start, [], observe_at, to_ticks(YEARS), keep_events=False)
    del start
    trajectory = simulation.run()
    done(f"{YEARS} years")
    rings, obese = trajectory.rings, int(trajectory.counts[-1, 1])
    say(f"{people:,} people, {layer.n_ties:,} ties, {rings:,} rings, {obese:,} obese after {YEARS} years")
    building, simulating = sum(list(seconds.values())[:-1]), list(seconds.values())[-1]
    say(f"building {building:.1f} s, simulating {simulating:.1f} s ({simulating / rings * 1e9:.1f} ns a ring)")
    say(f"peak memory {peak():.2f} GiB")


if __name__ == "__main__":
    run(1_000, lambda line: None)  # compiles
    run(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000, lambda line: print(line, flush=True))
