"""Ties from files and generators: direction, merging, counting, refusals, and the published counts of real networks."""

from __future__ import annotations

import os
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.conditions import parse
from simulator.distributions import Distribution
from simulator.errors import SpecError
from simulator.measures import components, local_clustering, transitivity
from simulator.merging import INFLUENCES
from simulator.network import ContactNetwork, Layer
from simulator.population import Population, from_table, generate
from simulator.streams import Draw
from simulator.tables import read_table
from simulator.ties import generated_layer, layer_from_table

DRAW = Draw(seed=5, scope="network")
KFAMILY = Path(__file__).parents[1] / "scenarios" / "data" / "kfamily"
OTHERS = os.environ.get("NETRIAL_DATA")
needs_data = pytest.mark.skipif(
    OTHERS is None, reason="NETRIAL_DATA does not name the folder of data sets that are not bundled"
)

ROWS = pd.DataFrame(
    {
        "source": [3, 7, 3, 12, 3, 12, 101],
        "target": [7, 3, 7, 12, 12, 3, 12],
        "close": [2.0, 2.0, 2.0, 9.0, 1.0, 1.0, 0.0],
        "note": list("abcdefg"),
    }
)


@pytest.fixture
def people() -> Population:
    return from_table(pd.DataFrame({"who": [12, 3, 7, 101], "village": [2, 1, 1, 2]}), "who")


def read(frame: pd.DataFrame, people: Population, influence: str = "both", **more) -> Layer:
    return layer_from_table("talk", frame, people, source="source", target="target", influence=influence, **more)


def refusal(call, *args, **kwargs) -> tuple[tuple, str]:
    with pytest.raises(SpecError) as caught:
        call(*args, **kwargs)
    [problem] = caught.value.problems
    return problem.place, f"{problem.message}. {problem.hint}"


# --- direction, merging, counting (people by place: 3 → 0, 7 → 1, 12 → 2, 101 → 3)


def test_direction_of_influence(people: Population) -> None:
    names = [[0, 1], [0, 2], [1, 0], [2, 0], [3, 2]]
    forward = read(ROWS, people, "source_to_target")
    assert forward.ties.tolist() == names
    assert forward.directed
    backward = read(ROWS, people, "target_to_source")
    assert backward.ties.tolist() == sorted([b, a] for a, b in names)
    assert backward.directed
    both = read(ROWS, people, "both")
    assert both.ties.tolist() == [[0, 1], [0, 2], [2, 3]]
    assert not both.directed
    for layer in (forward, backward, both):
        assert layer.namings.tolist() == names
        assert layer.ties.dtype == layer.namings.dtype == np.int32
        assert layer.ties.flags.c_contiguous
        assert layer.origin == "file"


def test_everything_is_counted(people: Population) -> None:
    for influence in INFLUENCES:
        counts = read(ROWS, people, influence, weight="close").counts
        assert (counts.rows, counts.self_ties, counts.duplicates, counts.mutual, counts.outside) == (7, 1, 1, 2, 0)
        assert counts.unused_columns == ("note",)


def test_weights_stay_with_their_ties(people: Population) -> None:
    assert read(ROWS, people, weight="close").weights.tolist() == [2, 1, 0]
    assert read(ROWS, people, "source_to_target", weight="close").weights.tolist() == [2, 1, 2, 1, 0]
    assert read(ROWS, people, "target_to_source", weight="close").weights.tolist() == [2, 1, 2, 1, 0]
    assert read(ROWS, people, weight=1).weights is None
    assert read(ROWS, people, weight=0.5).weights.tolist() == [0.5] * 3
    assert read(ROWS.assign(close=1), people, weight="close").weights is None


@pytest.mark.parametrize("influence", INFLUENCES)
def test_rows_in_another_order_give_the_same_arrays(people: Population, influence: str) -> None:
    layer = read(ROWS, people, influence, weight="close")
    for seed in range(10):
        other = read(ROWS.sample(frac=1, random_state=seed), people, influence, weight="close")
        for one, two in ((layer.ties, other.ties), (layer.weights, other.weights), (layer.namings, other.namings)):
            assert one.tobytes() == two.tobytes()
        assert layer.counts == other.counts


rows_of = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.integers(0, 2)), max_size=40)


@settings(max_examples=150, deadline=None)
@given(rows=rows_of, influence=st.sampled_from(sorted(INFLUENCES)), weighted=st.booleans())
def test_merging_is_what_a_dictionary_would_do(rows, influence: str, weighted: bool) -> None:
    """A slow, obvious twin, of rows whose weights may disagree."""
    ties: dict[tuple[int, int], int] = {}
    namings: set[tuple[int, int]] = set()
    selves = repeats = 0
    agree = True
    for namer, named, weight in rows:
        if namer == named:
            selves += 1
            continue
        repeats += (namer, named) in namings
        namings.add((namer, named))
        pair = {
            "both": (min(namer, named), max(namer, named)),
            "source_to_target": (namer, named),
            "target_to_source": (named, namer),
        }[influence]
        agree &= ties.setdefault(pair, weight) == weight
    people = generate(8, {}, DRAW)
    frame = pd.DataFrame(rows, columns=["source", "target", "w"]).astype(int)
    if weighted and not agree:
        place, message = refusal(read, frame, people, influence, weight="w")
        assert place == ("weight",)
        assert "two weights" in message
        return
    layer = read(frame, people, influence, weight="w" if weighted else None)
    assert list(map(tuple, layer.ties.tolist())) == sorted(ties)
    assert list(map(tuple, layer.namings.tolist())) == sorted(namings)
    weights = np.ones(len(ties)) if layer.weights is None else layer.weights
    assert weights.tolist() == ([ties[tie] for tie in sorted(ties)] if weighted else [1] * len(ties))
    mutual = sum((b, a) in namings for a, b in namings) // 2
    counts = layer.counts
    assert (counts.rows, counts.self_ties, counts.duplicates, counts.mutual) == (len(rows), selves, repeats, mutual)


def test_ids_written_differently_are_the_same_people(people: Population) -> None:
    layer = read(ROWS, people)
    for kind in (str, float):
        assert np.array_equal(read(ROWS.astype({"source": kind, "target": kind}), people).ties, layer.ties)
    text = ROWS.assign(source=ROWS["source"].astype(float).astype(str))
    assert np.array_equal(read(text, people).ties, layer.ties)
    words = from_table(pd.DataFrame({"who": ["12", "3", "7", "101", "anna"]}), "who")
    assert words.ids.tolist() == ["101", "12", "3", "7", "anna"]
    assert read(ROWS, words).ties.tolist() == [[0, 1], [1, 2], [2, 3]]


def test_rows_and_people_left_out_are_counted(people: Population) -> None:
    some = read(ROWS, people, where=parse("note in [a, d, g]"))
    assert some.ties.tolist() == [[0, 1], [2, 3]]
    assert (some.counts.rows, some.counts.outside, some.counts.self_ties) == (7, 4, 1)
    assert some.counts.unused_columns == ("close",)
    table = pd.DataFrame({"who": [12, 3, 7, 101], "village": [2, 1, 1, 2]})
    village = from_table(table, "who", where=parse("village == 1"))
    layer = read(ROWS, village)
    assert layer.ties.tolist() == [[0, 1]]
    assert (layer.counts.rows, layer.counts.outside) == (7, 4)


# --- refusals


def test_unknown_people_are_named_with_their_lines(people: Population) -> None:
    frame = pd.DataFrame({"source": [3, 99, 98, 97, 96, 95, 94, 99], "target": 7})
    place, message = refusal(read, frame, people)
    assert place == ("source",)
    assert "6 source ids are not among the people: 94 (line 8), 95 (line 7), 96 (line 6), 97 (line 5)" in message
    assert "and 1 more" in message
    place, message = refusal(read, pd.DataFrame({"source": [3], "target": ["anna"]}), people)
    assert (place, "anna (line 2)" in message) == (("target",), True)
    village = from_table(pd.DataFrame({"who": [3, 7, 12], "village": [1, 1, 2]}), "who", where=parse("village == 1"))
    place, message = refusal(read, pd.DataFrame({"source": [3, 3], "target": [12, 99]}), village)
    assert "1 target id is not among the people: 99 (line 3)" in message
    assert "12" not in message


def test_differing_weights_are_shown(people: Population) -> None:
    frame = ROWS.assign(close=[2, 3, 2, 9, 1, 5, 0])
    place, message = refusal(read, frame, people, weight="close")
    assert place == ("weight",)
    assert "the tie 3 – 7 has two weights" in message
    assert "(line 2)" in message or "(line 4)" in message
    assert "3 (line 3)" in message
    assert "and so have 1 more" in message
    # Under one direction the two namings are two ties, and nothing differs.
    assert read(frame, people, "source_to_target", weight="close").weights.tolist() == [2, 1, 3, 5, 0]


@pytest.mark.parametrize(
    ("change", "arguments", "place", "words"),
    [
        ({}, {"influence": "mutual"}, "influence", "source_to_target"),
        ({}, {"weight": "clos"}, "weight", "did you mean `close`"),
        ({}, {"where": parse("nope == 1")}, "where", "nope"),
        ({}, {"weight": "note"}, "weight", "words"),
        ({}, {"weight": -1.0}, "weight", "-1"),
        ({}, {"weight": float("nan")}, "weight", "missing"),
        ({}, {"weight": Distribution("normal", 0.0, 1.0), "draw": DRAW}, "weight", "negative"),
        ({}, {"weight": Distribution("normal", 0.0), "draw": DRAW}, "weight", "sd"),
        ({"close": [1, 1, 1, 1, -2, 1, 1]}, {"weight": "close"}, "weight", "line 6 is -2"),
        ({"close": [1, 1, 1, 1, np.nan, 1, 1]}, {"weight": "close"}, "weight", "line 6 is missing"),
        ({"close": [1, 1, 1, 1, np.inf, 1, 1]}, {"weight": "close"}, "weight", "line 6 is inf"),
        ({"source": [3, np.nan, 3, 12, 3, 12, 101]}, {}, "source", "line 3"),
    ],
)
def test_wrong_ties_are_refused_with_their_place(people, change, arguments, place: str, words: str) -> None:
    found, message = refusal(read, ROWS.assign(**change), people, **arguments)
    assert found[0] == place
    assert words in message


def test_missing_columns_are_all_named_at_once(people: Population) -> None:
    with pytest.raises(SpecError) as caught:
        layer_from_table("talk", ROWS, people, source="sauce", target="aim", influence="both", weight="w")
    assert [problem.place for problem in caught.value.problems] == [("source",), ("target",), ("weight",)]


# --- drawn weights, generated layers


def test_a_drawn_weight_belongs_to_the_two_people(people: Population) -> None:
    weight = Distribution("gamma", 1, 0.5)
    layer = read(ROWS, people, weight=weight, draw=DRAW)
    fewer = read(ROWS.iloc[[6, 0]], people, weight=weight, draw=DRAW)
    assert layer.weights[[0, 2]].tolist() == fewer.weights.tolist()
    assert len(set(layer.weights.tolist())) == 3


def test_generated_layers() -> None:
    parameters = {"mean_degree": 4, "triangles": 0.8}
    one, two = (generated_layer(name, "holme_kim", 500, parameters, DRAW) for name in ("a", "b"))
    assert one.n_ties == one.counts.rows == 2 * 498
    assert one.origin == "generated: holme_kim"
    assert not one.directed
    assert not np.array_equal(one.ties, two.ties)
    assert np.array_equal(one.ties, generated_layer("a", "holme_kim", 500, parameters, DRAW).ties)
    assert generated_layer("a", "empty", 500, {}, DRAW, weight=0.5).weights.shape == (0,)
    weights = generated_layer("a", "holme_kim", 500, parameters, DRAW, Distribution("uniform", min=1, max=3)).weights
    assert weights.mean() == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("generator", "parameters", "place", "words"),
    [
        ("holmekim", {}, ("generator",), "did you mean `holme_kim`"),
        ("empty", {"mean_degree": 4}, ("mean_degree",), "no parameter"),
        ("holme_kim", {"mean_degree": 4}, (), "needs `triangles`"),
        ("holme_kim", {"mean_degree": 5, "triangles": 0.1}, ("mean_degree",), "even"),
    ],
)
def test_wrong_generators_are_refused(generator, parameters, place, words) -> None:
    found, message = refusal(generated_layer, "a", generator, 10, parameters, DRAW)
    assert found == place
    assert words in message


# --- contacts and namings


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40),
)
def test_contacts_and_namings_are_what_sets_would_give(first, second) -> None:
    people = generate(10, {}, DRAW)
    frames = [pd.DataFrame(rows, columns=["source", "target"]).astype(int) for rows in (first, second)]
    survey, friends = read(frames[0], people, "target_to_source"), read(frames[1], people, "both")
    friends = Layer("friends", friends.ties)  # nobody was asked about these
    network = ContactNetwork(10, {"survey": survey, "friends": friends})
    for layers in (("survey",), ("friends",), ("friends", "survey")):
        rows = (first if "survey" in layers else []) + (second if "friends" in layers else [])
        pairs = {(a, b) for a, b in rows if a != b}
        contacts = {i: sorted({b for a, b in pairs if a == i} | {a for a, b in pairs if b == i}) for i in range(10)}
        assert [network.contacts_in(layers).of(i).tolist() for i in range(10)] == [contacts[i] for i in range(10)]
        assert network.degree(layers).tolist() == [len(contacts[i]) for i in range(10)]
        said = {(a, b) for a, b in first if a != b} if "survey" in layers else set()
        if "friends" in layers:
            said |= {pair for a, b in second if a != b for pair in ((a, b), (b, a))}
        assert list(map(tuple, network.namings_of(layers).tolist())) == sorted(said)
        assert network.times_named(layers).tolist() == [sum(named == i for _, named in said) for i in range(10)]
    assert np.array_equal(network.degree(), network.degree(["survey", "friends"]))
    assert network.contacts is network.contacts_in(("friends", "survey"))


def test_an_unknown_layer_is_refused() -> None:
    network = ContactNetwork(3, {"talk": Layer("talk", np.array([[0, 1]], np.int32))})
    for call in (network.contacts_in, network.degree, network.namings_of, network.times_named):
        with pytest.raises(SpecError, match="did you mean `talk`"):
            call(["tlak"])
    assert ContactNetwork(3, {}).degree().tolist() == [0, 0, 0]


# --- real networks


def published(network: ContactNetwork) -> dict[str, float]:
    pairs, degree = network.pairs_in(), network.degree()
    return {
        "nonisolate_nodes": int((degree > 0).sum()),
        "und_edges": len(pairs),
        "transitivity": round(transitivity(local_clustering(pairs, degree.size), degree), 4),
        "giant": int(components(pairs, degree.size)[0]),
    }


def test_korean_villages() -> None:
    nodes, edges = read_table(KFAMILY / "nodes.csv"), read_table(KFAMILY / "edges_any.csv")
    people = from_table(nodes, "node", renames={"village": "group"})
    assert people.size == 1047
    assert len(people.columns["village"].groups()[1]) == 25
    for influence in INFLUENCES:
        layer = read(edges, people, influence)
        assert layer.n_ties == (3931 if influence == "both" else 4999)
        assert len(layer.namings) == 4999
        assert (layer.counts.mutual, layer.counts.self_ties, layer.counts.duplicates) == (1068, 0, 0)
        assert layer.counts.unused_columns == ("n_nominations",)
        network = ContactNetwork(people.size, {"talk": layer})
        expected = {"nonisolate_nodes": 1036, "und_edges": 3931, "transitivity": 0.3772, "giant": 56}
        assert published(network) == expected
        named = edges.groupby("target").size()
        assert network.times_named().tolist() == [named.get(id, 0) for id in people.ids.tolist()]
    # Direction: somebody named by many but naming nobody influences many.
    layer = read(edges, people, "target_to_source")
    first = edges.iloc[0]
    pair = [int(np.searchsorted(people.ids, first[end])) for end in ("target", "source")]
    assert (layer.ties == pair).all(axis=1).any()


@needs_data
def test_brazilian_farmers() -> None:
    folder = Path(OTHERS or "") / "brfarmers"
    people = from_table(read_table(folder / "nodes.csv"), "node")
    layer = read(read_table(folder / "edges_any.csv"), people)
    assert (people.size, layer.counts.rows) == (692, 1854)
    expected = {"nonisolate_nodes": 656, "und_edges": 1717, "transitivity": 0.2089, "giant": 82}
    assert published(ContactNetwork(people.size, {"talk": layer})) == expected


@needs_data
def test_email_of_a_european_institute() -> None:
    folder = Path(OTHERS or "") / "snap_email_eu"
    people = from_table(read_table(folder / "nodes.csv"), "node")
    layer = read(read_table(folder / "edges.csv"), people)
    assert (people.size, layer.counts.rows, layer.counts.self_ties) == (1005, 25571, 642)
    expected = {"nonisolate_nodes": 986, "und_edges": 16064, "transitivity": 0.2674, "giant": 986}
    assert published(ContactNetwork(people.size, {"mail": layer})) == expected


@needs_data
@pytest.mark.parametrize(
    ("wave", "namings", "expected"),
    [(1, 113, (47, 74, 0.4229, 33)), (2, 116, (48, 81, 0.3457, 48)), (3, 122, (47, 77, 0.5182, 15))],
)
def test_fifty_girls(wave: int, namings: int, expected) -> None:
    folder = Path(OTHERS or "") / "s50"
    behaviour = read_table(folder / "behaviour.csv")
    people = from_table(behaviour[behaviour["wave"] == wave], "node")
    layer = read(read_table(folder / "edges.csv"), people, where=parse(f"wave == {wave}"))
    assert len(layer.namings) == namings
    assert layer.counts.outside == layer.counts.rows - namings
    assert tuple(published(ContactNetwork(people.size, {"friends": layer})).values()) == expected


def test_a_graph_made_from_the_ties_agrees() -> None:
    layer = generated_layer("a", "watts_strogatz", 200, {"mean_degree": 6, "rewiring": 0.2}, DRAW)
    graph = nx.Graph(layer.ties.tolist())
    network = ContactNetwork(200, {"a": layer})
    assert published(network)["transitivity"] == round(nx.transitivity(graph), 4)
