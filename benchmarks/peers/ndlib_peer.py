"""NDlib: steps in time, a pure Python loop over people; laws beyond its catalogue are compartments of our own."""

from __future__ import annotations

import time

import networkx as nx
import numpy as np
from ndlib.models import ModelConfig
from ndlib.models.compartments.Compartment import Compartiment
from ndlib.models.compartments.NodeStochastic import NodeStochastic
from ndlib.models.CompositeModel import CompositeModel
from ndlib.models.epidemics import SISModel
from worker import Run, Work, serve


class Counting(Compartiment):
    """Leave with a chance that depends on the number of contacts in one status."""

    def __init__(self, chances: list[float], status: str) -> None:
        super().__init__({})
        self.chances, self.status = chances, status

    def execute(self, node, graph, status, status_map, *args, **kwargs) -> bool:
        wanted, count = status_map[self.status], 0
        for contact in graph.neighbors(node):
            count += status[contact] == wanted
        return np.random.random_sample() < self.chances[min(count, len(self.chances) - 1)]


def contagion(graph: nx.Graph, work: Work):
    """`SISModel` where nobody begins alone, else a composite model."""
    rates, config = work.rates, ModelConfig.Configuration()
    if not rates["alone"]:
        model = SISModel(graph)
        config.add_model_parameter("beta", work.chance(rates["contact"]))
        config.add_model_parameter("lambda", work.chance(rates["back"]))
        return model, config, "Infected"
    model = CompositeModel(graph)
    model.add_status("off")
    model.add_status("Infected")  # a status of this name must be there
    most = int(np.bincount(work.ties.ravel()).max())
    chances = [work.chance(rates["alone"] + rates["contact"] * count) for count in range(most + 1)]
    model.add_rule("off", "Infected", Counting(chances, "Infected"))
    model.add_rule("Infected", "off", NodeStochastic(work.chance(rates["back"])))
    return model, config, "Infected"


def response(graph: nx.Graph, work: Work):
    """Two rules, tried one after the other: the second has its chance given that the first failed."""
    model = CompositeModel(graph)
    for status in ("outside", "Infected", "gone"):
        model.add_status(status)
    joins = work.rates["join"] * work.factors()
    leaves = joins + work.rates["forget"] * (np.arange(joins.size) > 0)
    leave = -np.expm1(-leaves * work.step)
    join = leave * np.divide(joins, leaves, out=np.zeros_like(joins), where=leaves > 0)
    model.add_rule("outside", "Infected", Counting(join.tolist(), "Infected"))
    model.add_rule("outside", "gone", Counting(((leave - join) / (1 - join)).tolist(), "Infected"))
    return model, ModelConfig.Configuration(), "Infected"


def prepare(work: Work) -> Run:
    """Make the graph and the model; setting the initial status is apart from a run's seconds."""
    graph = nx.Graph()
    graph.add_nodes_from(range(work.people))
    graph.add_edges_from(work.ties.tolist())
    model, config, on = (response if work.law == "response" else contagion)(graph, work)
    config.add_model_initial_configuration(on, work.start.tolist())
    model.set_initial_status(config)
    number = model.available_statuses[on]

    def run(seed: int) -> tuple[float, list[float]]:
        np.random.seed(seed)  # the package draws from NumPy's shared state
        model.reset()
        model.set_initial_status(config)
        began = time.perf_counter()
        told = [model.iteration(node_status=False) for _ in range(work.steps()[-1] + 1)]  # the first: the beginning
        seconds = time.perf_counter() - began
        return seconds, [told[k]["node_count"][number] / work.people for k in work.steps()]

    return run


if __name__ == "__main__":
    serve("ndlib", prepare)
