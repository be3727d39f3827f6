"""Nomination surveys: a row a person, columns of whom they named; one key in a scenario, one call in Python."""

from __future__ import annotations

import re
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import netrial
from scenarios import build
from scenarios.loading import load
from simulator.errors import SpecError
from simulator.surveys import NAMED, WEIGHT, namings_of
from simulator.tables import lines
from tests.file_towns import FILES, KFAMILY, refusal, same_ties, town, world

SURVEY = "who,friend1,friend2,friend3,wave\nann,bob,,cem,1\nbob,ann,ann,,1\ncem,,,,1\ndee,dee,,ann,2\n"
PEOPLE = "{file: survey.csv, id: who}"
FRIENDS = "named: [friend1, friend2, friend3]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "survey.csv").write_text(SURVEY)
    return tmp_path


def test_a_survey_is_one_key(folder: Path) -> None:
    """Who named whom: ann bob and cem; bob ann, twice; dee ann, and herself. Those named influence those who named."""
    network = world(folder, f"{{file: survey.csv, {FRIENDS}, influence: target_to_source}}", PEOPLE).network
    layer = network.layers["talk"]
    assert layer.ties.tolist() == [[0, 1], [0, 3], [1, 0], [2, 0]]
    assert layer.namings is not None
    assert layer.namings.tolist() == [[0, 1], [0, 2], [1, 0], [3, 0]]
    counts = layer.counts
    assert (counts.rows, counts.self_ties, counts.duplicates, counts.mutual) == (6, 1, 1, 1)
    assert counts.unused_columns == ("wave",)
    assert network.times_named().tolist() == [2, 1, 1, 0]


def test_influence_both_ways_and_rows_that_are_left_out(folder: Path) -> None:
    both = world(folder, f"{{file: survey.csv, {FRIENDS}, influence: both}}", PEOPLE).network.layers["talk"]
    assert both.ties.tolist() == [[0, 1], [0, 2], [0, 3]]
    talk = f"{{file: survey.csv, source: who, {FRIENDS}, influence: both, where: wave == 1}}"
    first = world(folder, talk, PEOPLE).network.layers["talk"]
    assert first.ties.tolist() == [[0, 1], [0, 2]]
    assert (first.counts.outside, first.counts.unused_columns) == (2, ())


def test_two_layers_of_one_survey(folder: Path) -> None:
    one, other = (f"{{file: survey.csv, {named}, influence: both}}" for named in ("named: [friend1]", FRIENDS))
    layers = world(folder, f"{one}\n    work: {other}", PEOPLE).network.layers
    assert [layers[name].n_ties for name in ("talk", "work")] == [1, 3]


def test_strangers_are_refused_with_line_and_column_or_dropped_and_counted(folder: Path) -> None:
    (folder / "survey.csv").write_text(SURVEY.replace("cem,,,,1", "cem,zoe,ann,yan,1"))
    talk = f"file: survey.csv, {FRIENDS}, influence: target_to_source"
    said = refusal(folder, f"{{{talk}}}", PEOPLE)
    assert re.search(r"town\.yaml:8:\d+: 2 target ids are not among the people", said)
    assert "yan (line 4, column `friend3`), zoe (line 4, column `friend1`)" in said
    assert "strangers: drop" in said
    scenario = town(folder, f"{{{talk}, strangers: drop}}", PEOPLE)
    counts = build.world_of(scenario).network.layers["talk"].counts
    assert (counts.rows, counts.strangers, counts.outside) == (9, 2, 0)
    from experiments.examination import examination_lines, examine

    assert "    2 rows dropped: one end is not among the people" in examination_lines(examine(scenario))


def test_weights_go_with_their_namings(tmp_path: Path) -> None:
    frame = pd.read_csv(FILES / "town_survey.csv")
    long = namings_of(frame, "who", ["friend1", "friend2"], ["close1", "close2"])
    found = list(long[["who", NAMED, WEIGHT]].itertuples(index=False, name=None))
    assert found == [
        ("ann", "bob", 2), ("bob", "ann", 1), ("cem", "ann", 0.5), ("dee", "ann", 1), ("dee", "dee", 1)
    ]  # fmt: skip
    assert lines(np.array([1]), long) == "line 3, column `friend2`"
    swapped = namings_of(frame, "who", ["friend1", "friend2"], ["close2", "close1"])
    assert swapped[WEIGHT].isna().any()  # weights at the wrong names would be seen


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("named: [frend1]", "the survey has no column `frend1`"),
        ("named: [friend1, friend1]", "`friend1` is named twice"),
        ("named: [who]", "`who` is named twice"),
        ("named: [friend1], weight: [wave, wave]", "2 columns of weights for 1 of names"),
        ("named: [friend1, friend2], weight: wave", "one column of weights for 2 of names"),
        ("named: [friend1], weight: friend2", "`friend2` holds words, not weights"),
        ("named: [friend1, friend3], weight: [wave, lost]", "the survey has no column `lost`"),
        ("named: []", "this cannot be empty"),
        ("named: [friend1], source: whom", "the survey has no column `whom`"),
        ("named: [friend1], target: friend2", "`named` does not go with `target`"),
        ("named: [friend1], id: who", "`id` goes with graph files only"),
    ],
)
def test_what_a_survey_may_not_say(folder: Path, keys: str, message: str) -> None:
    said = refusal(folder, f"{{file: survey.csv, influence: both, {keys}}}", PEOPLE)
    assert message in said
    assert "town.yaml:8:" in said


def test_a_survey_without_a_source_needs_people_of_a_file(folder: Path) -> None:
    assert "`source` is missing" in refusal(folder, f"{{file: survey.csv, {FRIENDS}, influence: both}}", "{size: 4}")


cells = st.lists(st.lists(st.none() | st.integers(0, 7), min_size=3, max_size=3), min_size=1, max_size=8)


@settings(max_examples=100, deadline=None)
@given(cells=cells)
def test_namings_are_what_two_loops_would_find(cells: list[list[int | None]]) -> None:
    frame = pd.DataFrame(cells, columns=["a", "b", "c"], dtype="Int64")
    frame.insert(0, "who", range(100, 100 + len(cells)))
    long = namings_of(frame, "who", ["a", "b", "c"])
    expected = [(100 + k, named) for k, row in enumerate(cells) for named in row if named is not None]
    assert [(who, named) for who, named in long[["who", NAMED]].itertuples(index=False)] == expected


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_korean_villages_as_a_survey_are_those_of_the_edge_list(tmp_path: Path, kind: str) -> None:
    """Each woman's contacts in columns: the same ties, namings and counts as with a row for each naming."""
    (tmp_path / "nodes.csv").write_bytes((KFAMILY / "nodes.csv").read_bytes())
    rows = pd.read_csv(KFAMILY / "edges_any.csv")[["source", "target"]]
    rows.to_csv(tmp_path / "edges.csv", index=False)
    rows["place"] = rows.groupby("source").cumcount()
    survey = rows.pivot(index="source", columns="place", values="target").add_prefix("named").astype("Int64")
    names = ", ".join(survey.columns)
    file = f"survey.{kind}"
    wide = survey.reset_index()
    wide.to_csv(tmp_path / file, index=False) if kind == "csv" else wide.to_parquet(tmp_path / file, index=False)
    people = "{file: nodes.csv, id: node}"
    expected = "{file: edges.csv, source: source, target: target, influence: target_to_source}"
    found = f"{{file: {file}, source: source, named: [{names}], influence: target_to_source}}"
    same_ties(*(world(tmp_path, talk, people).network.layers["talk"] for talk in (found, expected)))


# --- one call in Python


def test_read_survey_gives_a_graph_of_namings(folder: Path) -> None:
    graph = netrial.read_survey(folder / "survey.csv", id="who", named=["friend1", "friend2", "friend3"])
    assert type(graph) is nx.DiGraph
    assert dict(graph.nodes(data=True)) == {
        "ann": {"wave": 1},
        "bob": {"wave": 1},
        "cem": {"wave": 1},
        "dee": {"wave": 2},
    }
    assert set(graph.edges) == {("ann", "bob"), ("ann", "cem"), ("bob", "ann"), ("dee", "ann")}
    assert all(known == {} for _, _, known in graph.edges(data=True))
    frame = pd.read_csv(folder / "survey.csv")
    again = netrial.read_survey(frame, id="who", named=["friend1", "friend2", "friend3"])
    assert nx.utils.graphs_equal(again, graph)
    nobody = netrial.read_survey(frame[["who"]].assign(friend=None), id="who", named=["friend"])
    assert (type(nobody), len(nobody), nobody.number_of_edges()) == (nx.DiGraph, 4, 0)


def test_read_survey_with_weights_and_strangers() -> None:
    close = {"named": ["friend1", "friend2"], "weights": ["close1", "close2"]}
    graph = netrial.read_survey(FILES / "town_survey.csv", id="who", **close)
    assert nx.get_edge_attributes(graph, "weight") == {
        ("ann", "bob"): 2, ("bob", "ann"): 1, ("cem", "ann"): 0.5, ("dee", "ann"): 1
    }  # fmt: skip
    frame = pd.DataFrame({"who": [1, 2], "friend": [2, 99]})
    with pytest.raises(SpecError, match=r"99 \(line 3, column `friend`\)"):
        netrial.read_survey(frame, id="who", named=["friend"])
    assert list(netrial.read_survey(frame, id="who", named=["friend"], strangers="drop").edges) == [(1, 2)]
    for wrong, words in (({"id": "whom"}, "no column `whom`"), ({"strangers": "keep"}, "allowed: refuse, drop")):
        with pytest.raises(SpecError, match=words):
            netrial.read_survey(frame, **({"id": "who", "named": ["friend"]} | wrong))
    with pytest.raises(SpecError, match="two people have the id 1"):
        netrial.read_survey(pd.DataFrame({"who": [1, 1], "friend": [1, 1]}), id="who", named=["friend"])


def test_a_survey_in_python_is_the_survey_of_the_file(folder: Path) -> None:
    """The same ties and namings, whether the scenario names the file or the graph is given."""
    by_file = town(folder, f"{{file: survey.csv, {FRIENDS}, influence: target_to_source}}", PEOPLE)
    graph = netrial.read_survey(folder / "survey.csv", id="who", named=["friend1", "friend2", "friend3"])
    by_graph = load(folder / "town.yaml").on_graph(graph, influence="target_to_source")
    one, other = (build.world_of(each).network.layers["talk"] for each in (by_file, by_graph))
    assert one.ties.tobytes() == other.ties.tobytes()
    assert one.namings is not None
    assert other.namings is not None
    assert one.namings.tobytes() == other.namings.tobytes()
    reversed_graph = load(folder / "town.yaml").on_graph(graph, influence="source_to_target")
    assert build.world_of(reversed_graph).network.layers["talk"].ties.tobytes() != one.ties.tobytes()


@pytest.mark.parametrize("named", [[], "friend"])
def test_columns_of_names_are_a_list(named):
    answers = pd.DataFrame({"who": ["ann", "bob"], "friend": ["bob", None]})
    with pytest.raises(SpecError, match="`named`"):
        netrial.read_survey(answers, id="who", named=named)
