"""The rows of `benchmarks/RESULTS.md` that need no peer: what shapes the cost of a run of netrial itself."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from benchmarks import engine
from benchmarks.tables import goal_text, median_ratio, power_text, seconds_text, table
from simulator.behaviour import PER_CONTACT, Behaviour, ByColumn, PersonNumber, Source, Transition
from simulator.engine import ClockPlan, Simulation, plan_clocks
from simulator.network import ContactNetwork, Layer
from simulator.population import Column, Population
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.units import to_ticks
from simulator.world import World

REPLICATES = 8
READS = 1_000_000
FOLD = 4.0
"""How many times the largest weight or susceptibility is the smallest, in the uneven run."""

SMALL_WORLD = ("watts_strogatz", {"mean_degree": 10, "rewiring": 0.1})
PREFERENCE = ("holme_kim", {"mean_degree": 10, "triangles": 0})


@dataclass(frozen=True)
class Ready:
    """A town that is planned, and how to run one replicate of it."""

    plan: ClockPlan
    start: np.ndarray
    end: float

    def simulation(self, replicate: int) -> Simulation:
        """Return a run that counts at the end only."""
        ends = to_ticks(self.end)
        luck = Draw(1, "replicate", replicate)
        return Simulation(self.plan, luck, self.start, [], np.array([ends]), ends, keep_events=False)

    def run(self, replicate: int) -> tuple[float, int]:
        """Return the seconds of one replicate, and its rings."""
        began = time.perf_counter()
        rings = self.simulation(replicate).run().rings
        return time.perf_counter() - began, rings


def contagion(contact: PersonNumber, alone: PersonNumber | None, back: float) -> Behaviour:
    """Off to on alone and by contact, on to off."""
    transitions = [
        Transition("catch", ("off",), "on", contact, PER_CONTACT, Source("habit", ("on",)), {"ties": 1.0}),
        Transition("stop", ("on",), "off", back),
    ]
    if alone is not None:
        transitions.append(Transition("begin", ("off",), "on", alone))
    return Behaviour("habit", ("off", "on"), tuple(transitions))


LAWS = {"SISa obesity": (0.005, 0.02, 0.04, 30.0), "endemic SIS": (0.18, None, 1.0, 8.0)}
"""Rates per contact, alone and back, and the end."""


def layer_of(people: int, network: tuple[str, Mapping]) -> Layer:
    """Generate the ties of a town."""
    return generated_layer("ties", *(network[0], people), network[1], Draw(1, "network", 0))


def ready(behaviour: Behaviour, layer: Layer, people: int, end: float, columns: Mapping | None = None) -> Ready:
    """Plan a town in which 14% are on at the start."""
    population = Population(np.arange(people), columns or {})
    plan = plan_clocks(World(population, ContactNetwork(people, {"ties": layer}), {"habit": behaviour}))
    start = np.zeros((people, 1), np.uint8)
    start[Draw(1, "replicate", 0).order("initial", n=people)[: people * 14 // 100]] = 1
    return Ready(plan, start, end)


def uneven(people: int, layer: Layer, law: str) -> Ready:
    """The same law with weights and susceptibilities spread `FOLD`-fold about the same means."""
    contact, alone, back, end = LAWS[law]
    steps = FOLD ** np.linspace(-0.5, 0.5, 4)
    values = {f"c{k}": float(step / steps.mean()) for k, step in enumerate(steps)}
    draw = Draw(1, "network", 0)
    codes = (draw.words("susceptibility", n=people) >> np.uint64(62)).astype(np.int32)
    column = Column("susceptibility", codes, tuple(values))
    low = 2 / (1 + FOLD)  # uniform from low to FOLD × low has mean 1
    weights = low + draw.uniforms("weight", n=layer.n_ties) * (FOLD - 1) * low

    def by_column(rate: float | None) -> ByColumn | None:
        return rate and ByColumn("susceptibility", {name: rate * value for name, value in values.items()})

    behaviour = contagion(by_column(contact), by_column(alone), back)
    return ready(behaviour, replace(layer, weights=weights), people, end, {"susceptibility": column})


def in_turn(runs: int, *ones: Callable[[int], float]) -> list[list[float]]:
    """Return the seconds of each, taken in turn; the first round warms up."""
    seconds: list[list[float]] = [[] for _ in ones]
    for run in range(runs + 1):
        for times, one in zip(seconds, ones, strict=True):
            times.append(one(run))
    return [times[1:] for times in seconds]


def against_even(runs: int, people: int) -> str:
    """Barabási–Albert against Watts–Strogatz, and uneven against even."""
    rows = []
    plain = layer_of(people, SMALL_WORLD)
    preferred = layer_of(people, PREFERENCE)
    for law, (contact, alone, back, end) in LAWS.items():
        even = ready(contagion(contact, alone, back), plain, people, end)
        others = {
            "Barabási–Albert ties": (ready(contagion(contact, alone, back), preferred, people, end), 2),
            f"people and weights with a {FOLD:g}-fold spread": (uneven(people, plain, law), 3),
        }
        for what, (other, goal) in others.items():
            one, two = in_turn(runs, lambda run, e=even: e.run(run)[0], lambda run, o=other: o.run(run)[0])
            ratio = median_ratio(two, one)
            goal_said = goal_text(ratio, goal, at_most=True)
            rings = [town.run(1)[1] for town in (even, other)]
            more = f"{rings[1] / rings[0]:.2f}"
            rows.append(
                [
                    law,
                    power_text(people),
                    what,
                    seconds_text(two),
                    seconds_text(one),
                    f"**{ratio:.2f}**",
                    goal_said,
                    more,
                ]
            )
    head = ("law", "people", "what", "s", "even small world, s", "ratio", "goal", "rings, ratio")
    return table(head, rows)


def threads(runs: int, people: int) -> str:
    """Replicates on one thread and on two, all on one plan."""
    rows = []
    for law, (contact, alone, back, end) in LAWS.items():
        town = ready(contagion(contact, alone, back), layer_of(people, SMALL_WORLD), people, end)

        def all_on(count: int, town: Ready = town) -> float:
            began = time.perf_counter()
            with ThreadPoolExecutor(count) as pool:
                list(pool.map(lambda replicate: town.simulation(replicate).run(), range(REPLICATES)))
            return time.perf_counter() - began

        one, two = in_turn(runs, lambda _, f=all_on: f(1), lambda _, f=all_on: f(2))
        ratio = median_ratio(one, two)
        rows.append(
            [law, power_text(people), seconds_text(one), seconds_text(two), f"**{ratio:.2f}**", goal_text(ratio, 1.8)]
        )
    return table(("law", "people", f"{REPLICATES} replicates on 1 thread, s", "on 2, s", "ratio", "goal"), rows)


@njit(nogil=True)
def read_at_random(ties, states, reads):
    """Read a tie and the states of both its ends, `reads` times, at places that nobody can foresee."""
    word, total = np.uint64(1), 0
    for _ in range(reads):
        word = word * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        tie = ((word >> np.uint64(32)) * np.uint64(ties.shape[0])) >> np.uint64(32)
        total += states[ties[tie, 0], 0] ^ states[ties[tie, 1], 0]
    return total


def sizes(runs: int, most: int) -> str:
    """Cost of a ring from 10^4 people on, beside that of reading a tie and its two ends at random."""
    contact, alone, back, end = LAWS["SISa obesity"]
    rows, per_ring = [], []
    for people in (10_000, 100_000, 1_000_000, 10_000_000):
        if people > most:
            continue
        town = ready(contagion(contact, alone, back), layer_of(people, SMALL_WORLD), people, end)
        rings = town.run(1)[1]

        def ring(run: int, town: Ready = town) -> float:
            seconds, rings = town.run(run)
            return seconds / rings * 1e9

        def read(_: int, town: Ready = town) -> float:
            began = time.perf_counter()
            read_at_random(town.plan.ties, town.start, READS)
            return (time.perf_counter() - began) / READS * 1e9

        ringing, reading = in_turn(runs, ring, read)
        per_ring.append(statistics.median(ringing))
        megabytes = (town.plan.ties.nbytes + town.start.nbytes) / 1e6
        nanoseconds = (seconds_text(ringing), f"{statistics.median(reading):.1f}")
        rows.append([power_text(people), f"{rings:,}", nanoseconds[0], f"{megabytes:,.1f}", nanoseconds[1]])
    grown = per_ring[-1] / per_ring[0]
    head = ("people", "rings", "ns a ring", "ties and states, MB", "ns to read a tie and its two ends at random")
    goal = goal_text(grown, 4, at_most=True)
    return table(head, rows) + (
        f"\nA ring costs {grown:.2f} times as much with the most people as with the fewest (goal {goal}). What grows "
        "is the way to memory: a ring reads one tie at random and the states of its two ends, which outgrow one cache "
        "after the other. The last column times these reads alone, one after the other, on the same arrays; the engine "
        "handles rings in blocks, so that some of the reads overlap.\n"
    )


def tables(runs: int, most: int) -> str:
    """Measure all rows of netrial alone, for towns of at most `most` people."""
    people = min(most, 1_000_000)
    return "\n".join(
        (
            "### Uneven towns\n",
            against_even(runs, people),
            "### Threads over replicates\n",
            threads(runs, people),
            "### Cost against size (SISa obesity)\n",
            sizes(runs, most),
            "### The engine beside a bare loop of the same rings\n",
            engine.measure(people, max(runs, 3)),
        )
    )
