"""Ask EoN 2.0 (Kiss, Miller & Simon; doi:10.21105/joss.01731) the questions of second_opinion.py, 400 times each.

    make bench ARGS=--help && .venv-bench/bin/python tests/make_second_opinion.py

writes tests/data/second_opinion.json, the same bytes each time. EoN is exact, and has nothing in common with netrial:
an event-driven queue or Gillespie's algorithm, on NetworkX. The laws are written out here as functions of a person.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import EoN
import networkx as nx
import numpy as np
from second_opinion import N_PERSONS, QUESTIONS, TABLE, Question, groups, thresholds, ties

N_SAMPLES = 400
SEED = 20_260_001


def town() -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(N_PERSONS))
    for (i, j), weight in zip(*ties(), strict=True):
        graph.add_edge(int(i), int(j), weight=float(weight))
    return graph


def by_contact(name: str, graph: nx.Graph, question: Question, rng: np.random.Generator) -> int:
    rates, beginners = question.rates, list(range(question.beginners))
    if name in ("sir", "sis"):
        run = EoN.fast_SIR if name == "sir" else EoN.fast_SIS
        counts = run(
            graph, rates["catch"], rates["recover"], initial_infecteds=beginners, transmission_weight="weight",
            tmax=question.time, rng=rng,
        )  # fmt: skip
        return int(counts[-1][-1])
    alone, along = nx.DiGraph(), nx.DiGraph()
    alone.add_edge("early", "infectious", rate=rates["turn"])
    alone.add_edge("infectious", "recovered", rate=rates["recover"])
    alone.add_edge("recovered", "susceptible", rate=rates["wane"])
    for state, share in (("infectious", 1.0), ("early", rates["early"])):
        rate = rates["catch"] * share
        along.add_edge((state, "susceptible"), (state, "early"), rate=rate, weight_label="weight")
    begins = dict.fromkeys(range(N_PERSONS), "susceptible") | dict.fromkeys(beginners, "early")
    counts = EoN.fast_simple_contagion(graph, alone, along, begins, ("recovered",), tmax=question.time, rng=rng)
    return int(counts[-1][-1])


def by_all_contacts(name: str, graph: nx.Graph, question: Question, rng: np.random.Generator) -> int:
    rates, group_of, threshold_of = question.rates, groups().tolist(), thresholds().tolist()
    members = [[j for j in range(N_PERSONS) if group_of[j] == group_of[i] and j != i] for i in range(N_PERSONS)]

    def joins(person: int, status: dict[int, str]) -> float:
        if name == "group":
            on = sum(status[other] == "on" for other in members[person])
            return rates["alone"] + rates["peers"] * on / len(members[person])
        weights = graph.adj[person]
        count = sum(tie["weight"] for contact, tie in weights.items() if status[contact] == "on")
        total = sum(tie["weight"] for tie in weights.values())
        share = count / total if total else 0.0
        if name == "proportion":
            return rates["alone"] + rates["peers"] * share
        if name == "threshold":
            return rates["peers"] * (share >= threshold_of[person])
        return rates["peers"] * [factor for at, factor in TABLE if count >= at][-1]

    def rate(graph: Any, person: int, status: dict[int, str], parameters: Any) -> float:
        return joins(person, status) if status[person] == "off" else rates["back"]

    def choose(graph: Any, person: int, status: dict[int, str], parameters: Any) -> str:
        return "on" if status[person] == "off" else "off"

    def influenced(graph: Any, person: int, status: dict[int, str], parameters: Any) -> list[int]:
        return members[person] if name == "group" else list(graph.adj[person])

    begins = dict.fromkeys(range(N_PERSONS), "off") | dict.fromkeys(range(question.beginners), "on")
    counts = EoN.Gillespie_complex_contagion(
        graph, rate, choose, influenced, begins, ("on",), tmax=question.time, rng=rng
    )
    return int(counts[-1][-1])


def sample(name: str, n: int, seed: int) -> list[int]:
    """Return how many people are in the counted state in the end, in n independent runs."""
    graph, question = town(), QUESTIONS[name]
    ask = by_contact if question.law == "per_contact" else by_all_contacts
    streams = np.random.default_rng([seed, list(QUESTIONS).index(name)]).spawn(n)
    return [ask(name, graph, question, rng) for rng in streams]


def main() -> None:
    answers = {name: sample(name, N_SAMPLES, SEED) for name in QUESTIONS}
    how = {
        "made by": "tests/make_second_opinion.py",
        "EoN": "2.0",
        "Python": sys.version.split()[0],
        "NumPy": np.__version__,
        "seed": SEED,
        "what": "people in the counted state of each question in the end, one number for each independent run",
    }
    lines = [f'  "{name}": {json.dumps(numbers)}' for name, numbers in answers.items()]
    text = '{\n "how": ' + json.dumps(how) + ',\n "answers": {\n' + ",\n".join(lines) + "\n }\n}\n"
    (Path(__file__).parent / "data" / "second_opinion.json").write_text(text)


if __name__ == "__main__":
    main()
