"""The engine beside a bare loop of the same rings: a million people, ten contacts each, 30 years of obesity.

`python benchmarks/engine.py [people]` prints one table, which `make bench` writes too: medians, the runs taken in turn
in one process on one thread, the network built before. The bare loop knows one behaviour, two states and three clocks
and has no factors, levels, layers, log or stops; it draws the very same rings, so that both must end with the same
counts, year by year.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from numba import njit

from simulator.behaviour import PER_CONTACT, Behaviour, Source, Transition
from simulator.engine import Simulation, plan_clocks
from simulator.kernel import _draw_slab
from simulator.network import ContactNetwork
from simulator.population import Population
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.units import to_ticks
from simulator.world import World

YEARS = 30
RUNS = 7


@njit(nogil=True)
def bare_loop(states, ties, keys, tables, shifts, n_slots, years, counts):
    """Rings of three clocks (alone, catch, recover) in order of time, each applied without a question asked."""
    widest = max(shifts[0], shifts[1], shifts[2])
    order = np.empty(2048, np.uint64)
    places = np.empty(2048, np.uint64)
    slots = np.empty((3, 512), np.int64)
    marks = np.empty(512, np.uint32)
    waiting = np.empty((3, 512), np.uint64)
    n_waiting = np.zeros(3, np.int64)
    one = np.empty((3, 512), np.int32)
    two = np.empty((3, 512), np.int32)
    what = np.empty(2048, np.int64)
    bucket = np.empty(257, np.int64)
    obese = 0
    for state in states:
        obese += state
    rings = 0
    for window in range(years << widest):
        if window & ((1 << widest) - 1) == 0:
            counts[window >> widest] = obese
        total = 0
        for c in range(3):
            wider = widest - shifts[c]
            part = window & ((1 << wider) - 1)
            if part == 0:
                n = _draw_slab(keys[c], window >> wider, tables[c], n_slots[c], waiting[c], slots[c], marks)
                n_waiting[c] = n
                for j in range(n):
                    if c == 1:
                        one[c, j], two[c, j] = ties[slots[c, j], 0], ties[slots[c, j], 1]
                    else:
                        one[c, j] = slots[c, j]
            for j in range(n_waiting[c]):
                place = waiting[c, j] >> np.uint64(32)
                if np.int64(place >> np.uint64(32 - wider)) == part:
                    place = (place << np.uint64(wider)) & np.uint64(0xFFFFFFFF)
                    order[total] = (place << np.uint64(32)) | np.uint64(total)
                    what[total] = (c << 9) | j
                    total += 1
        bucket[:] = 0
        for j in range(total):
            bucket[np.int64(order[j] >> np.uint64(56)) + 1] += 1
        for b in range(256):
            bucket[b + 1] += bucket[b]
        for j in range(total):
            b = np.int64(order[j] >> np.uint64(56))
            places[bucket[b]] = order[j]
            bucket[b] += 1
        for j in range(1, total):
            x = places[j]
            i = j
            while i > 0 and places[i - 1] > x:
                places[i] = places[i - 1]
                i -= 1
            places[i] = x
        for j in range(total):
            here = what[np.int64(places[j] & np.uint64(0xFFFFFFFF))]
            c, ring = here >> 9, here & 511
            u = one[c, ring]
            if c == 1:
                v = two[c, ring]
                d = states[u] ^ states[v]
                states[u] |= d
                states[v] |= d
                obese += d
            elif c == 0:
                obese += 1 - states[u]
                states[u] = 1
            else:
                obese -= states[u]
                states[u] = 0
        rings += total
    counts[years] = obese
    return rings


def obesity(layer: str) -> Behaviour:
    """The behaviour of Hill et al. 2010 (doi:10.1371/journal.pcbi.1000968), rates rounded as in its abstract."""
    catch = Transition("catch", ("lean",), "obese", 0.005, PER_CONTACT, Source("obesity", ("obese",)), {layer: 1.0})
    alone = Transition("become", ("lean",), "obese", 0.02)
    recover = Transition("recover", ("obese",), "lean", 0.04)
    return Behaviour("obesity", ("lean", "obese"), (alone, catch, recover))


def measure(people: int, runs: int) -> str:
    """Let the engine and the bare loop take turns; return a table and what it means."""
    drawn = Draw(1, "network", 0)
    layer = generated_layer("ties", "watts_strogatz", people, {"mean_degree": 10, "rewiring": 0.1}, drawn)
    network = ContactNetwork(people, {"ties": layer})
    behaviour = obesity("ties")
    plan = plan_clocks(World(Population(np.arange(people)), network, {"obesity": behaviour}))
    luck = Draw(1, "replicate", 0)
    start = np.zeros((people, 1), np.uint8)
    start[luck.order("initial", n=people)[: people * 14 // 100]] = 1
    observe_at = np.array([to_ticks(year) for year in range(YEARS + 1)])

    engine_seconds, bare_seconds = [], []
    for run in range(runs + 1):  # the first compiles
        simulation = Simulation(plan, luck, start, [], observe_at, to_ticks(YEARS), keep_events=False)
        layout = simulation._lay_out().clocks
        began = time.perf_counter()
        trajectory = simulation.run()
        engine = time.perf_counter() - began

        by_transition = np.argsort(layout.cause)
        shape = (layout.key, layout.table, layout.shift, layout.n_slots)
        keys, tables, shifts, n_slots = (array[by_transition] for array in shape)
        states, counts = start[:, 0].copy(), np.zeros(YEARS + 1, np.int64)
        began = time.perf_counter()
        rings = bare_loop(states, plan.ties, keys, tables, shifts, n_slots, YEARS, counts)
        bare = time.perf_counter() - began
        assert rings == trajectory.rings
        assert np.array_equal(counts, trajectory.counts[:, 1]), "the two do not simulate the same thing"
        if run:
            engine_seconds.append(engine)
            bare_seconds.append(bare)
    ratio = statistics.median(e / b for e, b in zip(engine_seconds, bare_seconds, strict=True))
    text = "| what | median s | min | max | ns a ring |\n|---|---|---|---|---|\n"
    for name, seconds in (("engine", engine_seconds), ("bare loop", bare_seconds)):
        median = statistics.median(seconds)
        text += f"| {name} | {median:.3f} | {min(seconds):.3f} | {max(seconds):.3f} | {median / rings * 1e9:.1f} |\n"
    return text + (
        f"\n{people:,} people, {layer.n_ties:,} ties, {YEARS} years of obesity counted every year, {rings:,} rings, "
        f"one thread. Engine / bare loop, pair by pair: {ratio:.2f}; both end with {counts[-1]:,} obese people.\n"
    )


if __name__ == "__main__":
    print(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, RUNS))
