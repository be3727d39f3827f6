"""Layers that a generator of NetworkX makes: the graph it would give, no global luck, who is who, what is refused."""

from __future__ import annotations

import inspect
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from scenarios.inputs import inputs_of
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from scenarios.worlds import world_of
from simulator.errors import SpecError
from simulator.network import Layer
from simulator.networkx_layers import NO_GRAPH, NOT_DATA, NOT_PEOPLE, networkx_generators, networkx_layer
from simulator.population import generate
from simulator.streams import Draw

FRIENDS = "network.layers.close_ties"
DRAW = Draw(1, "network")
SEED = DRAW.key("layer", "a") >> 32

NUMBERS: dict[str, object] = (
    {"n": 12, "k": 3, "m": 3, "d": 4, "r": 2, "s": 4, "v": 5, "N": 12, "m1": 2, "m2": 1, "l": 3, "h": 2, "i": 20}
    | {"p": 0.3, "q": 0.2, "p1": 0.3, "p2": 0.3, "p_in": 0.5, "p_out": 0.1, "radius": 0.5, "theta": 0.1, "alpha": 1}
    | {"offsets": [1], "shift_list": [2], "repeats": 2, "sizes": [4, 5], "dim": [3, 3], "subset_sizes": [2, 3]}
    | {key: [2, 2, 2, 1, 1] for key in ("deg_sequence", "sequence", "w")}
    | {f"{end}_{word}_sequence": [1, 1, 1] for end in ("in", "out") for word in ("deg", "degree")}
    | {"num_cliques": 3, "clique_size": 3, "intervals": [[1, 2], [2, 3], [5, 6]], "triad_name": "012", "beta": 1.2}
    | {"series": [1, 3, 2, 4], "constructor": [[5, 6, 0.5], [4, 3, 0.5]], "paths": ["abc", "abd"]}
    | {"joint_degree_sequence": [[1, 0], [1, 0], [2, 0], [0, 1], [0, 1], [0, 1]]}
)
"""An argument of each name that suits most generators."""

OTHERS: dict[str, dict[str, object]] = {
    "LFR_benchmark_graph": {"tau1": 3, "tau2": 1.5, "mu": 0.1, "min_degree": 3, "max_degree": 30}
    | {"n": 250, "min_community": 20, "max_community": 60},
    "stochastic_block_model": {"p": [[0.5, 0.1], [0.1, 0.5]]},
    "general_random_intersection_graph": {"p": [0.1, 0.2, 0.3]},
    "geometric_soft_configuration_graph": {"n": 12, "gamma": 2.7, "mean_degree": 5},
    "empty_graph": {"n": 12},
    "hnm_harary_graph": {"m": 20},
    "random_powerlaw_tree": {"tries": 10000},
    "chordal_cycle_graph": {"p": 7},
    "paley_graph": {"p": 13},
    "kneser_graph": {"n": 5, "k": 2},
    "dorogovtsev_goltsev_mendes_graph": {"n": 4},
    "binomial_tree": {"n": 4},
    "margulis_gabber_galil_graph": {"n": 4},
    "mycielski_graph": {"n": 4},
    "hypercube_graph": {"n": 4},
    "random_cograph": {"n": 3},
    "navigable_small_world_graph": {"n": 4},
    "partial_duplication_graph": {"n": 5},
    "random_internet_as_graph": {"n": 100},
}
"""What some need beside."""

LEFT_OUT = {"joint_degree_graph", "directed_joint_degree_graph"}
"""Those whose arguments are mappings of numbers, which a text file has no way to say."""


def arguments_of(name: str) -> dict[str, object]:
    needed = [
        key
        for key, each in inspect.signature(inspect.unwrap(networkx_generators()[name])).parameters.items()
        if each.default is each.empty
    ]
    return {key: NUMBERS[key] for key in needed if key in NUMBERS} | OTHERS.get(name, {})


def made(name: str, arguments: dict[str, object], size: int, **more: object) -> Layer:
    return networkx_layer("a", name, arguments, generate(size, {}, DRAW), DRAW, **more)


def size_of(name: str, arguments: dict[str, object]) -> int:
    """Ask for a population of nobody; the refusal says how many people there would be."""
    with pytest.raises(SpecError) as refused:
        made(name, arguments, 0)
    said = str(refused.value)
    assert "makes" in said, (name, said)
    return int(said.split(" makes ")[1].split(" people")[0].replace(",", ""))


def global_luck() -> tuple[object, ...]:
    _, words, place, *_ = np.random.get_state()
    return random.getstate(), words.tobytes(), place


def every_layer() -> dict[str, str]:
    """Make a layer of each generator; return what came of it, and see that no global luck was touched."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for name in networkx_generators():
            if name in LEFT_OUT or name == "null_graph":
                continue
            arguments = arguments_of(name)
            random.seed(5)
            np.random.seed(5)
            before = global_luck()
            n = size_of(name, arguments)
            try:
                layer = made(name, arguments, n)
            except SpecError:  # for a directed graph
                layer = made(name, arguments, n, influence="source_to_target")
                assert layer.directed
            assert global_luck() == before, name
            found[name] = layer.ties.tobytes().hex()
    return found


def test_every_generator_makes_the_same_ties_whatever_the_hashes_of_words() -> None:
    here = every_layer()
    assert len(here) > 100
    code = "import json, test_networkx_layers as t; print(json.dumps(t.every_layer()))"
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{Path(__file__).parent}:{Path(__file__).parent.parent}", "PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
    )
    assert json.loads(there.stdout) == here


def test_the_generators_offered_are_those_that_take_plain_data() -> None:
    known = networkx_generators()
    assert len(known) > 100
    assert not {"ego_graph", "line_graph", "random_kernel_graph", "read_gml", "generators", "nx"} & set(known)
    for name in NO_GRAPH:
        assert name in dir(nx.generators)
        assert name not in known
    assert not isinstance(nx.graph_atlas_g(), nx.Graph)
    for name, function in known.items():
        assert function.__module__.startswith("networkx.generators."), name
        for key, each in inspect.signature(inspect.unwrap(function)).parameters.items():
            assert each.default is not each.empty or key not in NOT_DATA, name


def test_an_n_that_is_left_out_is_the_number_of_people() -> None:
    for name, function in networkx_generators().items():
        n = inspect.signature(inspect.unwrap(function)).parameters.get("n")
        if n is None or n.default is not n.empty or name.startswith("maybe_"):
            continue
        arguments = arguments_of(name)
        if name in NOT_PEOPLE:
            without = {key: value for key, value in arguments.items() if key != "n"}
            with pytest.raises(SpecError, match=f"`{name}` needs `n`"):
                made(name, without, 12)
            assert name.startswith(("random_", "partial_")) or size_of(name, arguments) != arguments["n"], name
        else:
            assert size_of(name, arguments) == arguments["n"], name
    layer = made("powerlaw_cluster_graph", {"m": 3, "p": 0.2}, 50)
    assert layer.ties.max() == 49


def test_the_ties_are_those_that_networkx_gives() -> None:
    theirs = nx.powerlaw_cluster_graph(60, 3, 0.2, seed=SEED)
    layer = made("powerlaw_cluster_graph", {"m": 3, "p": 0.2}, 60)
    assert not layer.directed
    assert layer.weights is None
    assert layer.origin == "networkx: powerlaw_cluster_graph"
    assert layer.ties.tolist() == sorted(sorted(pair) for pair in theirs.edges)
    other = networkx_layer("b", "powerlaw_cluster_graph", {"m": 3, "p": 0.2}, generate(60, {}, DRAW), DRAW)
    assert other.ties.tolist() != layer.ties.tolist()  # another layer has other luck


def test_nodes_are_people_by_their_number_or_else_in_order() -> None:
    grid = made("grid_2d_graph", {"m": 3, "n": 12}, 36)
    assert [0, 1] in grid.ties.tolist()
    assert [0, 12] in grid.ties.tolist()  # by their text, (0, 10) would come before (0, 2)
    assert len(grid.ties) == 3 * 11 + 2 * 12
    women = nx.davis_southern_women_graph()
    layer = made("davis_southern_women_graph", {}, 32)
    names = list(women)
    assert {(names[one], names[two]) for one, two in layer.ties.tolist()} <= set(women.edges) | {
        (two, one) for one, two in women.edges
    }
    # The first nodes of this graph are not 0, 1, 2: but all are numbers of people.
    theirs = nx.random_labeled_tree(30, seed=SEED)
    assert made("random_labeled_tree", {}, 30).ties.tolist() == sorted(sorted(pair) for pair in theirs.edges)


def test_weights_of_the_graph_are_kept_unless_the_layer_has_its_own() -> None:
    karate = nx.karate_club_graph()
    layer = made("karate_club_graph", {}, 34)
    assert layer.weights is not None
    assert layer.weights.tolist() == [karate.edges[one, two]["weight"] for one, two in layer.ties.tolist()]
    assert set(layer.weights) > {1.0, 4.0}
    assert made("karate_club_graph", {}, 34, weight=2).weights.tolist() == [2.0] * 78
    assert made("karate_club_graph", {}, 34, weight=1).weights is None


def test_directed_graphs_say_which_way_influence_runs() -> None:
    theirs = nx.gn_graph(20, seed=SEED)
    with pytest.raises(SpecError, match="`gn_graph` makes a directed graph: say which way influence runs"):
        made("gn_graph", {}, 20)
    down = made("gn_graph", {}, 20, influence="source_to_target")
    up = made("gn_graph", {}, 20, influence="target_to_source")
    assert down.ties.tolist() == sorted(map(list, theirs.edges))
    assert up.ties.tolist() == sorted([two, one] for one, two in theirs.edges)
    both = made("gn_graph", {}, 20, influence="both")
    assert not both.directed
    assert both.ties.tolist() == sorted(sorted(pair) for pair in theirs.edges)
    assert made("cycle_graph", {}, 20, influence="both").n_ties == 20
    with pytest.raises(SpecError, match="makes a graph without directions"):
        made("cycle_graph", {}, 20, influence="source_to_target")


def test_repeated_ties_and_self_ties_are_merged_and_counted() -> None:
    theirs = nx.scale_free_graph(40, seed=SEED)
    layer = made("scale_free_graph", {}, 40, influence="source_to_target")
    arcs = {(one, two) for one, two, _ in theirs.edges if one != two}
    assert layer.ties.tolist() == sorted(map(list, arcs))
    assert layer.counts.rows == theirs.number_of_edges()
    assert layer.counts.self_ties == nx.number_of_selfloops(theirs) > 0
    assert layer.counts.duplicates > 0


def test_arguments_are_not_changed_and_lists_are_spread() -> None:
    arguments = {"sizes": [5, 5], "p": [[0.9, 0.1], [0.1, 0.9]]}
    made("stochastic_block_model", arguments, 10)
    assert arguments == {"sizes": [5, 5], "p": [[0.9, 0.1], [0.1, 0.9]]}
    assert made("complete_multipartite_graph", {"subset_sizes": [2, 3]}, 5).n_ties == 6


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (
            {"networkx": "powerlaw_cluster"},
            ["no generator `powerlaw_cluster`", "did you mean `powerlaw_cluster_graph`"],
        ),
        ({"networkx": "read_gml", "arguments": {"path": "x"}}, ["no generator `read_gml`", "allowed: "]),
        ({"networkx": "__builtins__"}, ["no generator `__builtins__`"]),
        ({"networkx": "community"}, ["no generator `community`"]),
        ({"networkx": "graph_atlas_g"}, ["no generator `graph_atlas_g`"]),
        ({"networkx": "cycle_graph", "arguments": {"create_using": "x"}}, ["takes no `create_using`", "allowed: n"]),
        ({"networkx": "gn_graph", "arguments": {"kernel": 1}}, ["takes no `kernel`"]),
        ({"networkx": "gn_graph", "arguments": {"backend": "x"}}, ["takes no `backend`"]),
        ({"networkx": "gnp_random_graph", "arguments": {"p": 0.1, "seed": 3}}, ["`seed` is not given here"]),
        ({"networkx": "powerlaw_cluster_graph", "arguments": {"q": 0.1}}, ["takes no `q`", "needs `m` and `p`"]),
        ({"networkx": "grid_2d_graph", "arguments": {"m": 5}}, ["needs `n`", "it takes `m`, `n`, `periodic`"]),
    ],
)
def test_check_refuses_them_with_their_place(layer: dict, words: list[str]) -> None:
    with pytest.raises(ScenarioError) as refused:
        load("obesity").set({FRIENDS: layer})
    for word in words:
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"networkx": "karate_club_graph"}, "`karate_club_graph` makes 34 people, and the population has 100"),
        (
            {"networkx": "grid_2d_graph", "arguments": {"m": 5, "n": 100}},
            "makes 500 people, and the population has 100",
        ),
        ({"networkx": "random_regular_graph", "arguments": {"d": 100}}, "NetworkX cannot make it: "),
        ({"networkx": "gnp_random_graph", "arguments": {"p": "many"}}, "NetworkX cannot make it: "),
        ({"networkx": "random_unlabeled_tree", "arguments": {"number_of_trees": 2}}, "makes no graph of these"),
        ({"networkx": "gnr_graph", "arguments": {"p": 0.1}}, "say which way influence runs"),
    ],
)
def test_what_comes_of_them_is_refused_with_its_place(layer: dict, words: str) -> None:
    scenario = load("obesity").set({"population.size": 100, FRIENDS: layer})
    with pytest.raises(ScenarioError) as refused:
        world_of(scenario)
    assert words in str(refused.value)
    assert "close_ties" in str(refused.value)


def caves(**layer: object) -> Scenario:
    given = {"networkx": "relaxed_caveman_graph", "arguments": {"l": 10, "k": 10, "p": 0.2}, **layer}
    return load("obesity").set({"population.size": 100, "experiment.networks": 2, FRIENDS: given})


def test_scenarios_can_ask_for_them() -> None:
    scenario = caves()
    assert not scenario.not_built()
    one, again, two = (world_of(scenario, k).network.layers["close_ties"].ties for k in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)
    assert scenario.hash8() == caves().hash8()
    assert scenario.hash8() != caves(arguments={"l": 10, "k": 10, "p": 0.3}).hash8()
    said = {entry.name: entry for entry in inputs_of(scenario.spec)}[f"{FRIENDS}.networkx"]
    assert said.value == "relaxed_caveman_graph: l 10, k 10, p 0.2"
    assert said.assumed
    drawn = world_of(caves(weight={"distribution": "uniform", "min": 1, "max": 2})).network.layers["close_ties"]
    assert 1 <= drawn.weights.min() < drawn.weights.max() <= 2


def test_a_graph_given_in_python_is_no_generator() -> None:
    given = load("obesity").set("population.size", 20).with_layer("close_ties", nx.cycle_graph(20))
    assert not given.not_built()
    assert len(world_of(given).network.layers["close_ties"].ties) == 20
    said = {entry.name: entry for entry in inputs_of(given.spec)}[f"{FRIENDS}.networkx"]
    assert not said.assumed
