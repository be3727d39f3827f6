"""`import netrial`: loading, changing, running, plotting; and graphs."""

import gc

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
