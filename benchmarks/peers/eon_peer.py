"""EoN (Kiss, Miller & Simon; doi:10.21105/joss.01731): exact, event by event, in pure Python on a NetworkX graph."""

from __future__ import annotations

import time

import EoN
import networkx as nx
import numpy as np
from worker import Run, Work, at_times, serve


def prepare(work: Work) -> Run:
    """Make the graph; `fast_SIS` where nobody begins alone, else `fast_simple_contagion`."""
    graph = nx.Graph()
    graph.add_nodes_from(range(work.people))
    graph.add_edges_from(work.ties.tolist())
    beginners = work.start.tolist()
    rates = work.rates

    def sis(rng: np.random.Generator) -> tuple:
        times, _, on = EoN.fast_SIS(graph, rates["contact"], rates["back"], beginners, tmax=work.end, rng=rng)
        return times, on

    alone, along = nx.DiGraph(), nx.DiGraph()
    if work.law == "contagion":
        alone.add_edge("off", "on", rate=rates["alone"])
        alone.add_edge("on", "off", rate=rates["back"])
        along.add_edge(("on", "off"), ("on", "on"), rate=rates["contact"])

    def simple(rng: np.random.Generator) -> tuple:
        begins = dict.fromkeys(range(work.people), "off") | dict.fromkeys(beginners, "on")
        return EoN.fast_simple_contagion(graph, alone, along, begins, ("on",), tmax=work.end, rng=rng)

    def complex_(rng: np.random.Generator) -> tuple:
        begins = dict.fromkeys(range(work.people), "outside") | dict.fromkeys(beginners, "member")
        join = [rates["join"] * factor for factor in work.factors()]
        forget, most = rates["forget"], len(join) - 1

        def rates_of(graph, person, status):
            members = 0
            for contact in graph.adj[person]:
                members += status[contact] == "member"
            return join[min(members, most)], forget if members else 0.0

        def rate(graph, person, status, parameters):
            return sum(rates_of(graph, person, status)) if status[person] == "outside" else 0.0

        def choose(graph, person, status, parameters):
            joins, forgets = rates_of(graph, person, status)
            return "member" if rng.random() * (joins + forgets) < joins else "gone"

        def influenced(graph, person, status, parameters):
            if status[person] != "member":
                return ()
            return [contact for contact in graph.adj[person] if status[contact] == "outside"]

        return EoN.Gillespie_complex_contagion(
            graph, rate, choose, influenced, begins, ("member",), tmax=work.end, rng=rng
        )

    simulate = complex_ if work.law == "response" else simple if rates["alone"] else sis

    def run(seed: int) -> tuple[float, list[float]]:
        rng = np.random.default_rng(seed)
        began = time.perf_counter()
        times, on = simulate(rng)
        seconds = time.perf_counter() - began
        return seconds, at_times(times, on, work.observe, work.people)

    return run


if __name__ == "__main__":
    serve("EoN", prepare)
