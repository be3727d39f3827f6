"""netrial's own worker: the same work, the same seconds as its peers are asked for."""

from __future__ import annotations

import time

import numpy as np
from worker import Run, Work, serve

from simulator import behaviour as behaviours
from simulator.behaviour import PER_CONTACT, Behaviour, Source, Transition
from simulator.engine import Simulation, plan_clocks
from simulator.network import ContactNetwork, Layer
from simulator.population import Population
from simulator.streams import Draw
from simulator.units import to_ticks
from simulator.world import World


def behaviour_of(work: Work) -> Behaviour:
    """Say the law as a table of states and transitions."""
    rates, layers = work.rates, {"ties": 1.0}
    if work.law == "contagion":
        source = Source("habit", ("on",))
        transitions = [Transition("catch", ("off",), "on", rates["contact"], PER_CONTACT, source, layers)]
        transitions.append(Transition("stop", ("on",), "off", rates["back"]))
        if rates["alone"]:
            transitions.append(Transition("begin", ("off",), "on", rates["alone"]))
        return Behaviour("habit", ("off", "on"), tuple(transitions))

    def response(name: str, to_state: str, rate: float, table: list[list[float]]) -> Transition:
        step = behaviours.Response(reads="count", table=tuple((int(n), f) for n, f in table), shape="step")
        source = Source("habit", ("member",))
        return Transition(name, ("outside",), to_state, rate, "response", source, layers, response=step)

    join = response("join", "member", rates["join"], work.table)
    forget = response("forget", "gone", rates["forget"], [[0, 0.0], [1, 1.0]])
    return Behaviour("habit", ("outside", "member", "gone"), (join, forget))


def prepare(work: Work) -> Run:
    """Plan the clocks once; a run makes a simulation of its own and counts at the times asked for."""
    network = ContactNetwork(work.people, {"ties": Layer("ties", work.ties)})
    plan = plan_clocks(World(Population(np.arange(work.people)), network, {"habit": behaviour_of(work)}))
    start = np.zeros((work.people, 1), np.uint8)
    start[work.start] = 1
    observe_at = np.array([to_ticks(time) for time in work.observe])

    def run(seed: int) -> tuple[float, list[float]]:
        began = time.perf_counter()
        draw = Draw(1, "replicate", seed)
        trajectory = Simulation(plan, draw, start, [], observe_at, int(observe_at[-1]), keep_events=False).run()
        seconds = time.perf_counter() - began
        return seconds, [float(count) / work.people for count in trajectory.counts[:, 1]]

    run(0)
    return run


if __name__ == "__main__":
    serve("netrial", prepare)
