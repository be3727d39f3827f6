"""`import netrial`: loading, changing, running, plotting; and graphs."""

import doctest
import gc
from importlib import import_module

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import netrial


@pytest.fixture(scope="module")
def scenario():
    return netrial.load("obesity").set({"population.size": 300, "experiment.replicates": 3, "time.horizon": 12})


@pytest.fixture(scope="module")
def results(scenario):
    return netrial.run(scenario)


def test_public_names():
    assert {"load", "run", "Scenario", "Results", "SpecError", "StoreError"} <= set(netrial.__all__)
    assert all(hasattr(netrial, name) for name in netrial.__all__)


def test_set_gives_a_changed_copy_with_the_same_checks(scenario):
    changed = scenario.set("population.size", 200)
    assert (scenario.spec.population.size, changed.spec.population.size) == (300, 200)
    with pytest.raises(netrial.SpecError, match="uptake"):
        scenario.set("interventions.leaders.uptake", 1.5)
    with pytest.raises(netrial.SpecError, match="did you mean `behaviours`"):
        scenario.set("behaviors.obesity", {})


MISTAKES = {
    "no scenario": (lambda s: netrial.run(None), "expected a scenario, found None"),
    "a graph for a scenario": (lambda s: netrial.load(nx.path_graph(2)), "expected a scenario, found a value of type"),
    "a list for a path": (lambda s: s.set(["population", "size"], 3), r"path of a key, found the list"),
    "a number for a path": (lambda s: s.set({3: 3}), "path of a key, found the dict"),
    "a set for a value": (lambda s: s.set("arms", {"x"}), "`arms` cannot be set to the set"),
    "one assignment": (lambda s: s.set_text("a=3"), r"write assignments=\["),
    "one arm": (lambda s: netrial.run(s, arms="champions"), r'found the str \'champions\'. write arms=\["champions"\]'),
    "numbers for arms": (lambda s: netrial.run(s, arms=[3]), "`arms` is a list of words, found the list"),
    "a list for an arm": (lambda s: s.graph(arm=["champions"]), "no arm `.*allowed: usual_care"),
    "a word for a replicate": (lambda s: s.graph(arm="champions", replicate="a"), "there is no a"),
    "a word for threads": (lambda s: netrial.run(s, jobs="2"), "a whole number of threads"),
    "a table for a layer": (
        lambda s: s.with_layer("close_ties", pd.DataFrame()),
        "a NetworkX graph, found a DataFrame",
    ),
    "no results": (lambda s: netrial.Results.load(None), "a results folder, found None"),
    "a list to replay": (lambda s: netrial.replay([1]), "expected a scenario, found the list"),
    "one share": (lambda s: netrial.dose(s, "leaders", 0.1), "list of numbers, found the float 0.1"),
    "words for shares": (lambda s: netrial.dose(s, "leaders", "0.1"), "list of numbers, found the str"),
    "a list for an intervention": (lambda s: netrial.dose(s, ["leaders"]), "there is no intervention"),
    "a word for a budget": (lambda s: netrial.compare(s, budget="5000:9000:3"), "expected a budget, found the str"),
    "an array of budgets": (lambda s: netrial.compare(s, budget=np.arange(3)), r"from, to and how many, \(5000"),
    "half a budget": (lambda s: netrial.compare(s, budget=(1, 2, 2.5)), "expected a budget, found the tuple"),
    "an endless budget": (lambda s: netrial.compare(s, budget=float("inf")), "a budget cannot be inf"),
    "a budget that is no number": (lambda s: netrial.compare(s, budget=float("nan")), "a budget cannot be nan"),
    "a debt for a goal": (
        lambda s: netrial.compare(s, goal="obese_years < 1", budget=-1),
        "a budget of -1 buys nobody",
    ),
    "no strategies": (lambda s: netrial.compare(s, budget=1, strategies=None), "`strategies` is a list of words"),
    "a number for a goal": (lambda s: netrial.compare(s, goal=0.3), "a goal is a text, found the float 0.3"),
    "a list for a survey": (lambda s: netrial.read_survey([1], id="who", named=["a"]), "a file or a data frame"),
    "one column": (lambda s: netrial.read_survey("x.csv", id="who", named="a"), r'write named=\["a"\]'),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_a_notebook_gets_wrong_is_said_in_one_error_of_netrials_own(mistake, scenario):
    make, said = MISTAKES[mistake]
    with pytest.raises(netrial.SpecError, match=said):
        make(scenario)


def test_lists_of_any_kind_will_do(scenario):
    assert netrial.run(scenario, replicates=np.int64(1), arms=pd.Series(["groups"])).arms == ["usual_care", "groups"]
    answers = pd.DataFrame({"who": [1, 2], "friend": [2.0, None]})
    assert list(netrial.read_survey(answers, id="who", named=pd.Series(["friend"])).edges) == [(1, 2)]


@pytest.mark.parametrize("module", ["scenarios.loading", "simulator.surveys", "experiments.dose"])
def test_examples_in_docstrings_run(module):
    said = import_module(module)
    assert doctest.testmod(said, extraglobs={"netrial": netrial}).failed == 0
    assert any(test.examples for test in doctest.DocTestFinder().find(said))


def test_a_replay_prints_in_two_lines(scenario):
    shown = repr(netrial.replay(scenario, arm="champions", replicate=0))
    assert shown.startswith("obesity: champions, replicate 0: ")
    assert len(shown.splitlines()) == 2


def test_tables_are_pandas(results):
    for name in ("effects", "curves", "outcomes", "pairs", "ledger", "targets"):
        table = getattr(results, name)
        assert isinstance(table, pd.DataFrame)
        assert len(table) > 0
    assert results.arms[0] == "usual_care"


def test_plot_curves_returns_axes(results):
    import matplotlib as mpl

    mpl.use("Agg")
    axes = results.plot_curves()
    assert any("obese" in text.get_text() for text in axes.texts)
    assert len(axes.lines) >= len(results.arms)


def test_temporary_results_live_as_long_as_they_are_held(scenario):
    results = netrial.run(scenario, replicates=1, arms=["groups"])
    folder = results.folder
    assert len(results.pairs) > 0
    assert folder.exists()
    del results
    gc.collect()
    assert not folder.exists()


def test_the_graph_has_the_people_and_their_columns(scenario):
    graph = scenario.graph()
    assert graph.number_of_nodes() == 300
    assert {graph.nodes[node]["area"] for node in graph} == {"urban", "rural"}
    assert set(nx.get_edge_attributes(graph, "layer").values()) <= {"close_ties"}
    assert graph.number_of_edges() == 596


def test_a_layer_may_be_a_graph(scenario):
    ring = nx.cycle_graph(300)
    changed = scenario.with_layer("close_ties", ring)
    assert sorted(map(sorted, changed.graph().edges())) == sorted(map(sorted, ring.edges()))
    one = netrial.run(changed, replicates=1)
    two = netrial.run(scenario, replicates=1)
    assert one.manifest["hash"] != two.manifest["hash"]
    assert not one.curves.equals(two.curves)


def test_unknown_arms_are_refused(scenario):
    with pytest.raises(netrial.SpecError, match="did you mean `champions`"):
        netrial.run(scenario, arms=["champion"])


def test_global_random_state_is_left_alone(scenario):
    import random

    np.random.seed(1)
    random.seed(1)
    before = np.random.get_state()[1].tolist(), random.getstate()
    netrial.run(scenario, replicates=1)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before
