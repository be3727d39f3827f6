"""`import netrial`: loading, changing, running, plotting; graphs; and the Mesa model of the same simulation."""

import gc
import weakref

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


@pytest.mark.parametrize("arm", ["usual_care", "champions", "alteration", "groups"])
def test_the_model_gives_the_curves_of_the_run(scenario, results, arm):
    model = scenario.model(arm=arm, replicate=1)
    while model.running:
        model.step()
    assert model.steps == 12
    ours = model.datacollector.get_model_vars_dataframe()
    assert ours["time"].tolist() == list(range(13))
    theirs = results.curves[(results.curves["arm"] == arm) & (results.curves["replicate"] == 1)]
    wide = theirs.pivot_table(index="time", columns=["behaviour", "state"], values="count")
    for behaviour, state in wide.columns:
        assert ours[f"{behaviour}.{state}"].tolist() == wide[behaviour, state].tolist()


def test_people_are_views(scenario):
    model = scenario.model(arm="champions", replicate=0)
    assert len(model.agents) == 300
    ids = {id(agent) for agent in model.agents}
    gc.collect()
    assert {id(agent) for agent in model.agents} == ids
    person = model.person(0)
    assert person.columns["area"] in ("urban", "rural")
    assert person.state["obesity"] in ("lean", "obese")
    graph = scenario.graph()
    assert {contact.id for contact in person.contacts} == set(graph.neighbors(person.id))
    champions = [agent for agent in model.agents if agent.state["advocacy"] == "champion"]
    assert len(champions) == int(model.datacollector.model_vars["advocacy.champion"][0]) > 0
    before = [agent.state["obesity"] for agent in model.agents]
    model.step()
    assert [agent.state["obesity"] for agent in model.agents] != before
    assert "Person(0, obesity:" in repr(person)


def test_people_with_added_ties_see_them(scenario):
    model = scenario.model(arm="alteration", replicate=0)
    added = model.simulation.tied_in("buddies")
    assert len(added) > 0
    one, two = added[0]
    assert two in {contact.index for contact in model.person(one).contacts}
    for _ in range(4):
        model.step()
    assert len(model.simulation.tied_in("buddies")) == 0


def test_looking_at_people_changes_nothing(scenario):
    looked, plain = scenario.model(arm="champions"), scenario.model(arm="champions")
    while plain.running:
        plain.step()
        looked.step()
        looked.agents.shuffle_do("__repr__")
        np.random.default_rng().random()
    assert looked.datacollector.model_vars == plain.datacollector.model_vars


def test_steps_after_the_horizon_do_nothing(scenario):
    model = scenario.model(replicate=0)
    for _ in range(14):
        model.step()
    assert not model.running
    assert model.time_now == 12
    assert len(model.datacollector.model_vars["time"]) == 13


def test_a_finished_model_is_freed(scenario):
    model = scenario.model(arm="champions")
    assert len(model.agents) == 300
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


def test_unknown_arms_are_refused(scenario):
    with pytest.raises(netrial.SpecError, match="champions"):
        scenario.model(arm="champion")
    with pytest.raises(netrial.SpecError, match="did you mean `champions`"):
        netrial.run(scenario, arms=["champion"])


def test_global_random_state_is_left_alone(scenario):
    import random

    np.random.seed(1)
    random.seed(1)
    before = np.random.get_state()[1].tolist(), random.getstate()
    netrial.run(scenario, replicates=1)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before
