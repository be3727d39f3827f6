"""From a NetworkX graph to a scenario and back: nothing is lost; what was simulated comes out as attributes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netrial
from experiments.design import design
from experiments.replicate import run_arms
from scenarios import build
from scenarios.loading import Scenario, load
from simulator.errors import SpecError
from simulator.formats import read_graph
from simulator.graphs import persons_of, population_from_networkx
from simulator.units import from_ticks
from tests.file_towns import town


@pytest.fixture(scope="module")
def smoking(tmp_path_factory: Any) -> Scenario:
    """A scenario that asks nothing of people's columns, with one layer."""
    return town(tmp_path_factory.mktemp("town"), "{generator: holme_kim, mean_degree: 4, triangles: 0.5}", "{size: 20}")


# --- nothing is lost

words = st.text("abxy01 é", max_size=4)
plain = st.integers(-9, 10**20) | st.floats(allow_nan=False, allow_infinity=False) | words | st.booleans() | st.none()
nodes = st.recursive(
    plain | st.binary(max_size=2) | st.frozensets(st.integers(0, 3), max_size=2),
    lambda inner: st.tuples(inner, inner),
    max_leaves=3,
).filter(lambda node: node is not None)
attributes = st.dictionaries(
    st.sampled_from(["age", "job", "layer", "note", 7]), plain | st.lists(st.integers(0, 2), max_size=2), max_size=3
)


@st.composite
def graphs(draw: Any) -> nx.Graph:
    kind = draw(st.sampled_from([nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]))
    graph = kind(**draw(st.dictionaries(st.sampled_from(["title", "year"]), plain)))
    people = draw(st.lists(nodes, unique_by=(repr, lambda node: node), min_size=1, max_size=8))
    for node in people:
        graph.add_node(node, **{str(key): value for key, value in draw(attributes).items()})
        if draw(st.booleans()):
            graph.nodes[node][7] = "a key that is no word"
    for _ in range(draw(st.integers(0, 12))):
        one, two = (people[draw(st.integers(0, len(people) - 1))] for _ in range(2))
        known = {str(key): value for key, value in draw(attributes).items()}
        if draw(st.booleans()):
            known["weight"] = draw(st.floats(0, 10) | st.integers(0, 3))
        key = () if not graph.is_multigraph() else (draw(st.integers(0, 3) | words),)
        graph.add_edge(one, two, *key, **known)
    _same_weight_for_each_pair(graph)  # others are refused; see test_graphs.py
    return graph


def _same_weight_for_each_pair(graph: nx.Graph) -> None:
    first: dict[Any, dict[str, Any]] = {}
    for one, two, known in graph.edges(data=True):
        pair = (one, two) if graph.is_directed() else frozenset([one, two])
        weight = first.setdefault(pair, known).get("weight")
        known.pop("weight", None)
        if weight is not None:
            known["weight"] = weight


def same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def without_self_ties(graph: nx.Graph) -> nx.Graph:
    copy = graph.copy()
    copy.remove_edges_from([edge for edge in edges_of(graph) if edge[0] == edge[1]])
    return copy


def edges_of(graph: nx.Graph) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return what is known of each tie, by its ends and its key."""
    return dict(graph.edges)


def check_the_same(back: nx.Graph, graph: nx.Graph, layer: str = "talk") -> None:
    expected = without_self_ties(graph)
    assert type(back) is type(expected)
    assert same(back.graph, graph.graph)
    assert {node: type(node) for node in back} == {node: type(node) for node in expected}
    for node, known in expected.nodes(data=True):
        assert back.nodes[node] == known
        assert all(same(back.nodes[node][key], value) for key, value in known.items())
    assert back.number_of_edges() == expected.number_of_edges()
    for edge, known in edges_of(expected).items():
        found = back.edges[edge]
        assert found == {"layer": layer, "weight": 1.0, **known}
        assert all(same(found[key], value) for key, value in known.items())


@settings(max_examples=60, deadline=None)
@given(graph=graphs())
def test_a_graph_comes_back_whole(smoking: Scenario, graph: nx.Graph) -> None:
    influence = "source_to_target" if graph.is_directed() else None
    before = graph.copy()
    scenario = smoking.on_graph(graph, influence=influence)
    back = scenario.graph()
    check_the_same(back, graph)
    assert nx.utils.graphs_equal(graph, before)
    loops = nx.number_of_selfloops(graph)
    counts = build.world_of(scenario).network.layers["talk"].counts
    assert counts.self_ties == loops
    assert counts.rows == graph.number_of_edges()
    persons = dict(zip(graph, persons_of(graph, build.world_of(scenario).population).tolist(), strict=True))
    layer = build.world_of(scenario).network.layers["talk"]
    weights = [1.0] * layer.n_ties if layer.weights is None else layer.weights.tolist()
    expected = {}
    for one, two, known in without_self_ties(graph).edges(data=True):
        pair = persons[one], persons[two]
        expected[pair if graph.is_directed() else (min(pair), max(pair))] = known.get("weight", 1.0)
    assert dict(zip(map(tuple, layer.ties.tolist()), weights, strict=True)) == expected
    again = smoking.on_graph(back, influence=influence).graph()
    assert nx.utils.graphs_equal(again, back)


def test_a_loss_would_be_seen(smoking: Scenario) -> None:
    graph = nx.MultiDiGraph([("a", "b", {"weight": 0.1, "since": 1999})])
    graph.add_node("c", age=None)
    back = smoking.on_graph(graph, influence="source_to_target").graph()
    check_the_same(back, graph)
    for damage in (
        lambda g: g.remove_node("c"),
        lambda g: g.nodes["c"].pop("age"),
        lambda g: g.edges["a", "b", 0].update(since=1999.0),
        lambda g: g.edges["a", "b", 0].update(weight=0.1 + 1e-16),
        lambda g: g.add_edge("b", "a"),
        lambda g: g.graph.update(title="x"),
    ):
        damaged = back.copy()
        damage(damaged)
        with pytest.raises((AssertionError, KeyError)):
            check_the_same(damaged, graph)


def test_parallel_ties_are_one_tie_and_come_out_as_they_were(smoking: Scenario) -> None:
    graph = nx.MultiGraph()
    graph.add_edge("ann", "bob", key="school", since=1)
    graph.add_edge("ann", "bob", key="work", since=2)
    scenario = smoking.on_graph(graph)
    layer = build.world_of(scenario).network.layers["talk"]
    assert (layer.n_ties, layer.counts.duplicates) == (1, 1)
    assert set(scenario.graph().edges(keys=True)) == {("ann", "bob", "school"), ("ann", "bob", "work")}


def test_two_layers_keep_their_keys(tmp_path: Path) -> None:
    layers = "{generator: empty}\n    work: {generator: empty}\n    kin: {generator: empty}"
    friends = nx.MultiGraph([("a", "b"), ("a", "b"), ("b", "c")])
    work = nx.Graph([("a", "c")])
    scenario = town(tmp_path, layers, "{size: 3}").on_graph(friends, "talk").with_layer("work", work)
    back = scenario.graph()
    assert set(back.edges(keys=True)) == {
        ("a", "b", ("talk", 0)), ("a", "b", ("talk", 1)), ("b", "c", ("talk", 0)), ("a", "c", "work")
    }  # fmt: skip
    directed = scenario.with_layer("work", nx.DiGraph([("a", "c")])).graph()
    assert set(directed["c"]) == {"b"}
    assert set(directed["a"]) == {"b", "c"}


def test_a_graph_that_is_set_to_something_else_is_gone(smoking: Scenario) -> None:
    scenario = smoking.on_graph(nx.path_graph(4)).set("network.layers.talk", {"generator": "empty"})
    assert scenario.graph().number_of_edges() == 0
    assert len(scenario.set("population", {"size": 7}).graph()) == 7


def test_people_of_whole_numbers_are_in_the_order_of_their_numbers(smoking: Scenario) -> None:
    scenario = smoking.on_graph(nx.Graph([(10, 9), (9, 2)]))
    assert build.world_of(scenario).population.ids.tolist() == [2, 9, 10]
    assert list(scenario.graph()) == [2, 9, 10]


# --- people and columns


def test_columns_come_from_the_graph_and_the_rest_is_drawn() -> None:
    graph = nx.les_miserables_graph()
    scenario = load("obesity").on_graph(graph)
    people = build.world_of(scenario).population
    assert (people.size, list(people.columns)) == (77, ["area"])
    nx.set_node_attributes(graph, {node: "rural" if node < "M" else "urban" for node in graph}, "area")
    column = build.world_of(load("obesity").on_graph(graph)).population.columns["area"]
    assert column.categories == ("rural", "urban")
    assert [column.categories[code] for code in column.values] == [graph.nodes[node]["area"] for node in sorted(graph)]


def test_what_a_scenario_needs_and_the_graph_has_not_is_named() -> None:
    graph = nx.path_graph(5, create_using=nx.DiGraph)
    with pytest.raises(SpecError) as caught:
        load("family_planning").on_graph(graph, influence="both")
    said = str(caught.value)
    assert "family_planning.yaml:26:" in said
    assert "no column or behaviour is named `toa_raw`" in said
    assert said.count("no column is named `village`") == 4
    nx.set_node_attributes(graph, {node: {"toa_raw": node + 1, "group": node % 2} for node in graph})
    renamed = load("family_planning").on_graph(graph, influence="both")
    assert set(build.world_of(renamed).population.columns) == {"toa_raw", "village"}
    assert set(renamed.graph().nodes[0]) == {"toa_raw", "group", "village"}


def test_a_condition_on_people_still_chooses_among_them(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,age\n1,3\n")
    adults = town(tmp_path, "{generator: empty}", "{file: people.csv, id: id, where: age > 2}")
    graph = nx.path_graph(["a", "b", "c", "d"])
    with pytest.raises(SpecError, match="age"):
        adults.on_graph(graph, "talk")
    nx.set_node_attributes(graph, {"a": 1, "b": 5, "c": 6, "d": 7}, "age")
    back = adults.on_graph(graph, "talk").graph()
    assert dict(back.nodes(data="age")) == {"b": 5, "c": 6, "d": 7}
    assert set(map(frozenset, back.edges)) == {frozenset("bc"), frozenset("cd")}


def test_a_column_may_not_be_called_like_a_behaviour(smoking: Scenario) -> None:
    graph = nx.Graph([("a", "b")])
    graph.nodes["a"]["smoking"] = "yes"
    with pytest.raises(SpecError, match="smoking"):
        smoking.on_graph(graph)


def test_attributes_of_any_kind_become_columns() -> None:
    graph = nx.Graph()
    graph.add_node(1, tags=["a", "b"], mixed=1, flag=True, big=10**30, none=None)
    graph.add_node(2, tags={}, mixed="one", flag=False, big=1)
    columns = population_from_networkx(graph).columns
    assert columns["tags"].categories == ("['a', 'b']", "{}")
    assert columns["flag"].categories == ("False", "True")
    assert columns["mixed"].categories == ("1", "one")
    assert np.isnan(columns["none"].values).all()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda s: s.on_graph(nx.DiGraph([(1, 2)])), "the graph is directed: say which way `influence` runs"),
        (lambda s: s.on_graph(nx.Graph([(1, 2)]), influence="target_to_source"), "influence cannot run one way"),
        (lambda s: s.on_graph(nx.DiGraph([(1, 2)]), influence="forwards"), "`forwards` is not allowed"),
        (lambda s: s.on_graph(nx.Graph([(1, 2)]), "friends"), "the scenario has no layer `friends`"),
        (lambda s: s.on_graph(nx.Graph()), "the graph has no nodes"),
        (lambda s: s.on_graph([(1, 2)]), "expected a NetworkX graph, found a list"),
        (lambda s: s.on_graph(nx.Graph([(1, 2, {"weight": -1})])), "is -1"),
        (lambda s: s.on_graph(nx.Graph([(1, 2, {"weight": "x"})])), "not a number"),
        (lambda s: s.on_graph(nx.Graph([(1, 2)])).graph(arm="nobody"), "there is no arm `nobody`"),
        (lambda s: s.on_graph(nx.Graph([(1, 2)])).with_layer("talk", nx.Graph([(1, 3)])), "not among the people: 3"),
        (lambda s: s.set("network.layers.more", {"generator": "holme_kim", "mean_degree": 2, "triangles": 0}).on_graph(
            nx.Graph([(1, 2)])), "name one: talk, more"),
    ],
)  # fmt: skip
def test_what_a_graph_may_not_be(smoking: Scenario, make: Any, words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make(smoking)


def test_direction_is_kept_turned_or_merged(smoking: Scenario) -> None:
    """An arc says u influences v, or that u named v; the graph that comes out always says who influences whom."""
    graph = nx.DiGraph([("a", "b", {"weight": 2}), ("b", "c", {"weight": 3}), ("c", "b", {"weight": 3})])
    forward, backward, both = (
        smoking.on_graph(graph, influence=each) for each in ("source_to_target", "target_to_source", "both")
    )
    assert dict(forward.graph().edges) == {(a, b): {"layer": "talk", **known} for a, b, known in graph.edges(data=True)}
    assert set(backward.graph().edges) == {("b", "a"), ("c", "b"), ("b", "c")}
    assert backward.graph().edges["b", "a"]["weight"] == 2
    assert not both.graph().is_directed()
    assert both.graph().number_of_edges() == 2
    for scenario in (forward, backward, both):
        assert build.world_of(scenario).network.times_named().tolist() == [0, 2, 1]
    default = smoking.set("population.size", 3).with_layer("talk", graph)
    assert build.world_of(default).network.times_named().tolist() == [1, 2, 1]


def test_the_same_graph_in_another_order_is_the_same_trial(smoking: Scenario, tmp_path: Path) -> None:
    graph = nx.karate_club_graph()
    shuffled = nx.Graph()
    shuffled.add_nodes_from(list(graph.nodes(data=True))[::-1])
    shuffled.add_edges_from([(b, a, known) for a, b, known in graph.edges(data=True)][::-1])
    one, other = smoking.on_graph(graph), smoking.on_graph(shuffled)
    assert one.hash8() == other.hash8()
    assert one.graph(arm="leaders").nodes == other.graph(arm="leaders").nodes
    changed = graph.copy()
    changed.nodes[0]["club"] = "Officer"
    assert smoking.on_graph(changed).hash8() != one.hash8()
    results = netrial.run(one, out=tmp_path / "out", replicates=1)
    assert pd.read_csv(tmp_path / "out" / "targets.csv")["id"].tolist() == [33]  # the best connected
    assert not results.manifest["failures"]


# --- what was simulated comes out


def test_states_targets_and_times_come_out(smoking: Scenario) -> None:
    scenario = smoking.on_graph(nx.karate_club_graph())
    graph = scenario.graph(arm="leaders", replicate=1)
    assert graph.graph["arm"] == "leaders"
    assert graph.graph["replicate"] == 1
    model = scenario.model("leaders", 1)
    while model.running:
        model.step()
    ends = {person.id: person.state["smoking"] for person in model.people}
    assert nx.get_node_attributes(graph, "smoking") == ends
    starts = nx.get_node_attributes(graph, "start.smoking")
    [first] = [node for node, state in starts.items() if state == "smoker"]
    entered = nx.get_node_attributes(graph, "entered.smoking.smoker")
    assert entered[first] == 0
    assert set(entered) == {node for node, state in ends.items() if state == "smoker"}
    assert nx.get_node_attributes(graph, "targeted.leaders") == {33: 1.0}
    assert entered[33] <= 1.0
    # In the order of adoption everybody but the target has a contact who had adopted before.
    for node, time in entered.items():
        if node not in (first, 33):
            assert any(entered.get(contact, math.inf) < time for contact in graph[node])
    assert "targeted.leaders" not in scenario.graph(arm="usual", replicate=1).nodes[33]
    assert scenario.graph().nodes[33] == {"club": "Officer"}


def test_first_entry_and_first_offer_are_those_of_the_log() -> None:
    """By walking through the events one by one, in a scenario in which people also go back."""
    scenario = load("obesity").set("population.size", 300).set("time.horizon", 5)
    trial = design(scenario)
    trajectory = run_arms(trial, trial.town(0), 0)["champions"]
    behaviours = trial.town(0).world.behaviours
    graph = scenario.graph(arm="champions")
    first: dict[tuple[int, int], float] = {}
    for b, _ in enumerate(behaviours):
        for person, code in enumerate(trajectory.start[:, b].tolist()):
            first[person, int(trajectory.first_state[b]) + code] = 0.0
    log = trajectory.events()
    for tick, person, entered in zip(log.tick.tolist(), log.person.tolist(), log.entered.tolist(), strict=True):
        first.setdefault((person, entered), from_ticks(tick))
    numbers = [f"entered.{b.name}.{state}" for b in behaviours.values() for state in b.states]
    found = {
        (person, numbers.index(key)): value
        for person, known in graph.nodes(data=True)
        for key, value in known.items()
        if key.startswith("entered.")
    }
    assert found == first
    assert {value for _, value in graph.nodes(data="targeted.leaders") if value is not None} == {0.0}


def test_people_who_leave_have_no_state_at_the_end() -> None:
    scenario = load("obesity").set({"population.size": 200, "time.horizon": 5, "population.leave": {"rate": 0.2}})
    graph = scenario.graph(arm="usual_care")
    there = nx.get_node_attributes(graph, "obesity")
    assert 0 < len(there) < 200
    assert len(nx.get_node_attributes(graph, "start.obesity")) == 200


# --- out to files, by NetworkX's own writers


@pytest.fixture(scope="module")
def simulated(smoking: Scenario) -> nx.Graph:
    return smoking.on_graph(nx.les_miserables_graph()).graph(arm="leaders")


@pytest.mark.parametrize(
    ("name", "write", "read"),
    [
        ("a.graphml", nx.write_graphml, nx.read_graphml),
        ("a.gexf", nx.write_gexf, nx.read_gexf),
    ],
)
def test_networkx_writes_what_comes_out(simulated: nx.Graph, tmp_path: Path, name: str, write: Any, read: Any) -> None:
    write(simulated, tmp_path / name)
    back = read(tmp_path / name)
    assert set(back) == set(simulated)
    for node, known in simulated.nodes(data=True):
        assert {key: back.nodes[node][key] for key in known} == known
    weights = {frozenset(edge): w for *edge, w in simulated.edges(data="weight")}
    assert {frozenset(edge): w for *edge, w in back.edges(data="weight")} == weights


@pytest.mark.parametrize(("name", "write"), [("a.graphml", nx.write_graphml), ("a.gexf", nx.write_gexf)])
def test_what_comes_out_goes_in_again_as_a_file(simulated: nx.Graph, tmp_path: Path, name: str, write: Any) -> None:
    write(simulated, tmp_path / name)
    tables = read_graph(tmp_path / name, name.partition(".")[2])
    assert dict(zip(tables.people["node"], tables.people["smoking"], strict=True)) == nx.get_node_attributes(
        simulated, "smoking"
    )
    times = dict(zip(tables.people["node"], tables.people["entered.smoking.smoker"], strict=True))
    assert {node: time for node, time in times.items() if time == time} == nx.get_node_attributes(
        simulated, "entered.smoking.smoker"
    )


def test_tables_and_pajek_out(simulated: nx.Graph, tmp_path: Path) -> None:
    people = pd.DataFrame.from_dict(dict(simulated.nodes(data=True)), orient="index").rename_axis("id").reset_index()
    people.to_parquet(tmp_path / "people.parquet", index=False)
    nx.to_pandas_edgelist(simulated).to_csv(tmp_path / "ties.csv", index=False)
    assert pd.read_parquet(tmp_path / "people.parquet")["smoking"].isin(["never", "smoker"]).all()
    assert len(pd.read_csv(tmp_path / "ties.csv")) == 254
    words = nx.Graph()
    for node, known in simulated.nodes(data=True):
        words.add_node(node, **{key: str(value) for key, value in known.items()})
    for one, two, weight in simulated.edges(data="weight"):
        words.add_edge(one, two, weight=weight)
    nx.write_pajek(words, tmp_path / "a.net")
    tables = read_graph(tmp_path / "a.net", "pajek")
    assert dict(zip(tables.people["label"], tables.people["smoking"], strict=True)) == nx.get_node_attributes(
        simulated, "smoking"
    )
    assert tables.ties["weight"].sum() == sum(w for _, _, w in simulated.edges(data="weight"))
