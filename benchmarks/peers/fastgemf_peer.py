"""FastGEMF: exact, event by event, NumPy per event."""

from __future__ import annotations

import time

import fastgemf as fg
import numpy as np
import scipy.sparse as sp
from worker import Run, Work, at_times, serve


def prepare(work: Work) -> Run:
    """Make the adjacency matrix and the model; its set-up of a run is apart from the run's seconds."""
    one, two = work.ties.T
    ends = (np.append(one, two), np.append(two, one))
    matrix = sp.csr_matrix((np.ones(ends[0].size), ends), shape=(work.people, work.people))
    schema = fg.ModelSchema("habit").define_compartment(["off", "on"]).add_network_layer("ties")
    schema.add_node_transition("stop", from_state="on", to_state="off", rate="back")
    if work.rates["alone"]:
        schema.add_node_transition("begin", from_state="off", to_state="on", rate="alone")
    schema.add_edge_interaction(
        "catch", from_state="off", to_state="on", inducer="on", network_layer="ties", rate="contact"
    )
    model = fg.ModelConfiguration(schema).add_parameter(**work.rates).get_networks(ties=matrix)
    states = np.zeros(work.people, int)
    states[work.start] = 1
    simulation = fg.Simulation(
        model,
        time_structure_option="SortedList",
        initial_condition={"exact": states},
        stop_condition={"time": work.end},
    )

    def run(seed: int) -> tuple[float, list[float]]:
        np.random.seed(seed)  # the package draws from NumPy's shared state
        simulation.reset()
        began = time.perf_counter()
        while not simulation.stop_condition():
            simulation.forward()
        seconds = time.perf_counter() - began
        times, counts = simulation.get_results()[:2]
        return seconds, at_times(np.asarray(times), counts[1], work.observe, work.people)

    return run


if __name__ == "__main__":
    serve("fastgemf", prepare)
