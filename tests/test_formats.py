"""Files of people and ties in every format give the same town, or a refusal with the line; NetworkX is the oracle."""

from __future__ import annotations

import gzip
import os
import re
import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.errors import SpecError
from simulator.formats import FORMATS, GRAPH_FILES, format_of, read_graph
from simulator.graphs import to_graph
from tests.file_towns import FILES, KFAMILY, refusal, same_ties, town, world

OTHERS = os.environ.get("NETRIAL_DATA")
needs_data = pytest.mark.skipif(
    OTHERS is None, reason="NETRIAL_DATA does not name the folder of data sets that are not bundled"
)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    return tmp_path


NAMED = "influence: target_to_source"
TALK = {
    "csv": "file: town_ties.csv, source: namer, target: named, weight: close",
    "graphml": "file: town.graphml, weight: weight",
    "gexf": "file: town.gexf, id: label, weight: weight",
    "pajek": "file: town.net, weight: weight",
    "edge_list": "file: town.edgelist, weight: column3",
    "matrix": "file: town_matrix.csv, format: matrix, weight: weight",
    "survey": "file: town_survey.csv, named: [friend1, friend2], weight: [close1, close2]",
}


@pytest.mark.parametrize("influence", ["target_to_source", "source_to_target"])
@pytest.mark.parametrize("talk", TALK)
def test_every_format_gives_the_same_ties(files: Path, talk: str, influence: str) -> None:
    """Of ann, bob, cem, dee, eva: ann names bob (2), bob ann (1), cem ann (0.5), dee ann (1) and herself."""
    layer = world(files, f"{{{TALK[talk]}, influence: {influence}}}").network.layers["talk"]
    arcs = [([0, 1], 2.0), ([1, 0], 1.0), ([2, 0], 0.5), ([3, 0], 1.0)]
    if influence == "target_to_source":
        arcs = [(arc[::-1], weight) for arc, weight in arcs]
    assert layer.ties.tolist() == sorted(arc for arc, _ in arcs)
    assert layer.weights is not None
    assert layer.weights.tolist() == [weight for _, weight in sorted(arcs)]
    assert layer.namings is not None
    assert layer.namings.tolist() == [[0, 1], [1, 0], [2, 0], [3, 0]]
    assert (layer.counts.rows, layer.counts.self_ties, layer.counts.mutual) == (5, 1, 1)


def test_a_reversed_direction_would_be_seen(files: Path) -> None:
    one, other = (
        world(files, f"{{{TALK['graphml']}, influence: {influence}}}").network.layers["talk"]
        for influence in ("target_to_source", "source_to_target")
    )
    with pytest.raises(AssertionError):
        same_ties(one, other)


POPULATIONS = {
    "graphml": "{file: town.graphml}",
    "gexf": "{file: town.gexf, id: label}",
    "pajek": "{file: town.net}",
    "survey": "{file: town_survey.csv, id: who}",
}


@pytest.mark.parametrize("people", POPULATIONS)
def test_people_come_from_the_same_file(files: Path, people: str) -> None:
    expected = world(files, "{generator: empty}").population
    found = world(files, "{generator: empty}", POPULATIONS[people]).population
    assert found.ids.tolist() == expected.ids.tolist() == ["ann", "bob", "cem", "dee", "eva"]
    ages = found.columns["age"].values
    assert ages[[0, 1, 3]].tolist() == [31, 40, 25]
    assert np.isnan(ages[[2, 4]]).all()
    job = found.columns["job"]
    assert job.categories is not None
    jobs = [job.categories[code] if code >= 0 else None for code in job.values.tolist()]
    assert jobs == ["clerk & cook", "none", "07", "none", None if people == "pajek" else "none"]


def test_people_may_be_those_who_have_ties(files: Path) -> None:
    edges = world(files, "{file: town.edgelist, influence: both}", "{file: town.edgelist}")
    assert edges.population.ids.tolist() == ["ann", "bob", "cem", "dee"]
    matrix = "{file: town_matrix.csv, format: matrix}"
    assert world(files, "{generator: empty}", matrix).population.ids.tolist() == ["ann", "bob", "cem", "dee", "eva"]
    numbered = world(files, "{file: town.mtx, influence: target_to_source, weight: weight}", "{file: town.mtx}")
    assert numbered.population.ids.tolist() == [1, 2, 3, 4, 5]
    layer = numbered.network.layers["talk"]
    assert layer.ties.tolist() == [[0, 1], [0, 2], [0, 3], [1, 0]]
    assert layer.weights is not None
    assert layer.weights.tolist() == [1, 0.5, 1, 2]


def test_names_say_the_format_unless_it_is_stated() -> None:
    names = {"a.graphml": "graphml", "A.GEXF": "gexf", "a.net": "pajek", "a.txt": "edge_list", "a.txt.gz": "edge_list"}
    names |= {"a.csv": "table", "a.parquet": "table", "a": "table", "a.mtx.gz": "matrix", "a.b/c.edges": "edge_list"}
    assert {name: format_of(name) for name in names} == names
    assert format_of("a.txt", "table") == "table"
    assert set(names.values()) == set(FORMATS)


def test_packed_files_are_unpacked(files: Path) -> None:
    for name, more in (("town.edgelist", ""), ("town.graphml", ""), ("town.net", ""), ("town.gexf", ", id: label")):
        (files / f"{name}.gz").write_bytes(gzip.compress((files / name).read_bytes()))
        plain, packed = (
            world(files, f"{{file: {each}, {NAMED}{more}}}").network.layers["talk"] for each in (name, f"{name}.gz")
        )
        same_ties(plain, packed)


def test_attributes_of_ties_come_out_again(files: Path) -> None:
    scenario = town(files, f"{{file: town.graphml, {NAMED}, weight: weight}}", "{file: town.graphml}")
    graph = scenario.graph()
    assert graph.edges["bob", "ann"] == {"layer": "talk", "weight": 2.0, "since": 1999.0}
    assert graph.edges["ann", "cem"] == {"layer": "talk", "weight": 0.5}
    assert graph.nodes["ann"] == {"node": "ann", "age": 31, "job": "clerk & cook"}


def test_weights_that_nobody_asked_for_are_warned_of(files: Path) -> None:
    [warning] = town(files, f"{{file: town.graphml, {NAMED}}}").warnings
    assert "has a `weight` for its ties, which is not used" in str(warning)
    for weight in ("1", "weight", "since"):
        assert not town(files, f"{{file: town.gexf, id: label, {NAMED}, weight: {weight}, where: since > 0}}").warnings


def test_the_hash_of_a_file_is_that_of_its_content(files: Path) -> None:
    first = town(files, f"{{file: town.net, {NAMED}}}", "{file: town.net}").hash8()
    lines = (files / "town.net").read_text().splitlines()
    (files / "other.net").write_text("\n".join([*lines[1:8], "*arcs", *lines[:8:-1]]))
    assert town(files, f"{{file: other.net, {NAMED}}}", "{file: other.net, format: pajek}").hash8() == first
    (files / "other.net").write_text("\n".join([*lines[:-1], "4 5 1"]))
    assert town(files, f"{{file: other.net, {NAMED}}}", "{file: other.net}").hash8() != first


def test_it_runs(files: Path, tmp_path: Path) -> None:
    import netrial

    results = netrial.run(town(files, f"{{{TALK['gexf']}, {NAMED}}}", POPULATIONS["gexf"]), out=tmp_path / "out")
    assert not results.manifest["failures"]
    targets = pd.read_csv(tmp_path / "out" / "targets.csv")
    assert targets["id"].tolist() == ["ann"]  # named by three


# --- what NetworkX writes, and what it reads


@st.composite
def graphs(draw: Any) -> nx.Graph:
    kind = draw(st.sampled_from([nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph]))
    graph = kind()
    names = draw(st.lists(st.text("abcXYZ019 äß<&>'.-", min_size=1, max_size=5), unique_by=str.strip, max_size=8))
    nodes = [name.strip() for name in names if name.strip()]
    for node in nodes:
        graph.add_node(node, **draw(st.dictionaries(st.sampled_from(["age", "size"]), st.integers(0, 99))))
    for _ in range(draw(st.integers(0, 12)) if nodes else 0):
        graph.add_edge(*draw(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes))), weight=draw(WEIGHTS))
    return graph


WEIGHTS = st.floats(0.001, 1000, allow_subnormal=False)
WRITERS = {"graphml": nx.write_graphml, "gexf": nx.write_gexf}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graph=graphs(), form=st.sampled_from(sorted(WRITERS)))
def test_xml_is_read_as_networkx_wrote_it(tmp_path: Path, graph: nx.Graph, form: str) -> None:
    path = tmp_path / f"graph.{form}"
    WRITERS[form](graph, path)
    tables = read_graph(path, form)
    assert tables.people["node"].astype(str).tolist() == list(graph)
    for name in ("age", "size"):
        known = nx.get_node_attributes(graph, name)
        found = tables.people[name].tolist() if name in tables.people else [float("nan")] * len(graph)
        assert {n: value for n, value in zip(graph, found, strict=True) if value == value} == known
    if graph.number_of_edges():
        assert tables.directed == graph.is_directed()
    found = zip(*(tables.ties[name].astype(str) for name in ("source", "target")), strict=True)
    weights = tables.ties["weight"].tolist() if "weight" in tables.ties else []
    expected = [(str(a), str(b), w) for a, b, w in graph.edges(data="weight")]
    assert [(a, b, w) for (a, b), w in zip(found, weights, strict=True)] == expected


def test_pajek_is_read_as_networkx_wrote_it(tmp_path: Path) -> None:
    for seed in range(4):
        for kind, directed in ((nx.Graph, False), (nx.DiGraph, True)):
            graph = kind(nx.gnp_random_graph(12, 0.2, seed=seed, directed=directed))
            graph = nx.relabel_nodes(graph, lambda node: f"person {node}")
            for k, (_, _, known) in enumerate(graph.edges(data=True)):
                known.update(weight=k + 0.25, how="at school")
            nx.write_pajek(graph, tmp_path / "graph.net")
            tables = read_graph(tmp_path / "graph.net", "pajek")
            assert tables.directed == directed
            labels = dict(zip(tables.people["node"], tables.people["label"], strict=True))
            assert list(labels.values()) == list(graph)
            found = {
                (labels[a], labels[b]): (w, how)
                for a, b, w, how in tables.ties[["source", "target", "weight", "how"]].itertuples(index=False)
            }
            assert found == {(a, b): (known["weight"], known["how"]) for a, b, known in graph.edges(data=True)}


@pytest.mark.parametrize(("sign", "packed"), [("#", False), ("#", True), ("%", False)])
def test_a_sign_of_comments_within_an_id_belongs_to_it(tmp_path: Path, sign: str, packed: bool) -> None:
    text = f"{sign} a comment\nann{sign}1,bob{sign}2\n  {sign} another\nann{sign}3,bob{sign}2\n".encode()
    file = tmp_path / ("a.txt.gz" if packed else "a.txt")
    file.write_bytes(gzip.compress(text) if packed else text)
    ties = read_graph(file, "edge_list").ties
    assert ties["source"].tolist() == [f"ann{sign}1", f"ann{sign}3"]
    assert ties["target"].tolist() == [f"bob{sign}2"] * 2


def test_pajek_vertices_are_separated_by_tabs_or_spaces(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text('*Vertices 3\n1\t"ann lee"\t0.5\n2 \t"bob"\n3\n*Arcs\n1\t2\t3.5\n')
    found = read_graph(tmp_path / "a.net", "pajek")
    assert found.people["label"].tolist() == ["ann lee", "bob", "3"]
    assert found.people["x"].tolist()[0] == 0.5
    assert found.ties.to_dict("records") == [{"source": 1, "target": 2, "weight": 3.5}]


def test_networkx_edge_lists_and_matrices(tmp_path: Path) -> None:
    karate = nx.karate_club_graph()
    nx.write_edgelist(karate, tmp_path / "data.edgelist")
    nx.write_weighted_edgelist(karate, tmp_path / "weights.edges")
    nx.write_edgelist(karate, tmp_path / "bare.txt", data=False, delimiter=",")
    nx.to_pandas_adjacency(karate, weight="weight").to_csv(tmp_path / "matrix.csv")
    nx.to_pandas_adjacency(karate, weight="weight").rename(columns=str).reset_index().to_parquet(tmp_path / "m.parquet")
    scipy_io = pytest.importorskip("scipy.io")
    scipy_io.mmwrite(tmp_path / "karate.mtx", nx.to_scipy_sparse_array(karate, weight="weight"))
    expected = sorted((min(a, b), max(a, b), w) for a, b, w in karate.edges(data="weight"))
    files = {"data.edgelist": "weight", "weights.edges": "column3", "bare.txt": None}
    files |= {"matrix.csv, format: matrix": "weight", "m.parquet, format: matrix": "weight", "karate.mtx": "weight"}
    for file, weight in files.items():
        more = f", weight: {weight}" if weight else ""
        found = world(tmp_path, f"{{file: {file}, influence: both{more}}}", f"{{file: {file}}}")
        layer, ids = found.network.layers["talk"], found.population.ids - (file == "karate.mtx")
        weights = [1.0] * layer.n_ties if layer.weights is None else layer.weights.tolist()
        ties = [(int(ids[a]), int(ids[b]), w) for (a, b), w in zip(layer.ties.tolist(), weights, strict=True)]
        assert ties == [(a, b, w if weight else 1.0) for a, b, w in expected], file


@pytest.mark.parametrize("form", GRAPH_FILES)
def test_mixed_ties_are_directed_and_the_undirected_run_both_ways(tmp_path: Path, form: str) -> None:
    text = {
        "graphml": '<graphml><graph edgedefault="undirected"><node id="a"/><node id="b"/><node id="c"/>'
        '<edge source="a" target="b" directed="true"/>\n<edge source="c" target="b"/></graph></graphml>',
        "gexf": '<gexf><graph><nodes><node id="a"/><node id="b"/><node id="c"/></nodes><edges>'
        '<edge source="a" target="b" type="directed"/>\n<edge source="c" target="b"/></edges></graph></gexf>',
        "pajek": "*Vertices 3\n1 a\n2 b\n3 c\n*Arcs\n1 2\n*Edges\n3 2\n",
    }[form]
    (tmp_path / "mixed").write_text(text)
    tables = read_graph(tmp_path / "mixed", form)
    ties = tables.ties_by(tables.id)
    assert tables.directed
    assert list(zip(ties["source"], ties["target"], strict=True)) == [("a", "b"), ("c", "b"), ("b", "c")]


def test_pajek_lists_matrices_and_vertices_without_labels(tmp_path: Path) -> None:
    (tmp_path / "a.net").write_text("*vertices 4\n2 b\n*Arcslist\n1 2 3\n*Edgeslist\n4 1\n")
    tables = read_graph(tmp_path / "a.net", "pajek")
    assert sorted(tables.people["label"].astype(str)) == ["1", "3", "4", "b"]
    arcs = list(zip(tables.ties["source"], tables.ties["target"], strict=True))
    assert arcs == [(1, 2), (1, 3), (4, 1), (1, 4)]
    (tmp_path / "m.net").write_text("*Vertices 2\n*Matrix\n0 2.5\n0 1\n")
    ties = read_graph(tmp_path / "m.net", "pajek").ties
    assert ties.to_numpy().tolist() == [[1, 2, 2.5], [2, 2, 1]]


GEXF_OF = (
    "<gexf><graph><nodes><node id='0' label='{0}'/><node id='1' label='{1}'/></nodes>"
    "<edges><edge source='0' target='1'/></edges></graph></gexf>"
)


@pytest.mark.parametrize(("one", "two"), [("007", "7"), ("007", "008"), ("7", "8")])
@pytest.mark.parametrize(
    ("file", "text"),
    [("a.net", '*Vertices 2\n1 "{0}"\n2 "{1}"\n*Edges\n1 2\n'), ("a.gexf, id: label", GEXF_OF)],
)
def test_labels_keep_their_zeros_where_they_are_ids(files: Path, file: str, text: str, one: str, two: str) -> None:
    """As in a CSV file, so that people of one kind of file fit ties of the other."""
    (files / file.partition(",")[0]).write_text(text.format(one, two))
    (files / "p.csv").write_text(f"who\n{two}\n{one}\n")
    for people in ("{file: p.csv, id: who}", f"{{file: {file}}}"):
        found = world(files, f"{{file: {file}, influence: both}}", people)
        assert set(map(str, found.population.ids.tolist())) == {one, two}
        assert found.network.layers["talk"].ties.tolist() == [[0, 1]]


def test_yed_labels_are_read(tmp_path: Path) -> None:
    (tmp_path / "y.graphml").write_text(
        '<graphml xmlns:y="http://www.yworks.com/xml/graphml"><key for="node" id="d6" yfiles.type="nodegraphics"/>'
        '<graph edgedefault="directed"><node id="n0"><data key="d6"><y:ShapeNode><y:Fill color="#FFCC00"/>'
        '<y:NodeLabel x="1">Ann</y:NodeLabel></y:ShapeNode></data></node></graph></graphml>'
    )
    assert read_graph(tmp_path / "y.graphml", "graphml").people.to_numpy().tolist() == [["n0", "Ann"]]


# --- the published networks, in every format


@pytest.mark.parametrize("influence", ["target_to_source", "source_to_target", "both"])
def test_the_korean_villages_are_the_same_in_every_format(tmp_path: Path, influence: str) -> None:
    """As declared, reversed, and as one tie a pair: of 4,999 namings, 1,068 pairs name each other."""
    shutil.copy(KFAMILY / "nodes.csv", tmp_path)
    shutil.copy(KFAMILY / "edges_any.csv", tmp_path)
    rows = pd.read_csv(KFAMILY / "edges_any.csv")[["source", "target"]]
    people = pd.read_csv(KFAMILY / "nodes.csv")["node"]
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(people.tolist())
    graph.add_edges_from(rows.itertuples(index=False, name=None))
    nx.write_graphml(graph, tmp_path / "k.graphml")
    nx.write_gexf(graph, tmp_path / "k.gexf")
    nx.write_pajek(nx.relabel_nodes(graph, str), tmp_path / "k.net")
    rows.to_csv(tmp_path / "k.txt.gz", sep="\t", header=False, index=False)
    population = "{file: nodes.csv, id: node}"
    table = f"{{file: edges_any.csv, source: source, target: target, influence: {influence}}}"
    expected = world(tmp_path, table, population).network.layers["talk"]
    assert expected.n_ties == {"both": 3931}.get(influence, 4999)
    for file in ("k.graphml", "k.gexf", "k.net", "k.txt.gz"):
        more = ", weight: 1" if file == "k.net" else ""
        same_ties(
            world(tmp_path, f"{{file: {file}, influence: {influence}{more}}}", population).network.layers["talk"],
            expected,
        )


@needs_data
def test_snap_has_its_published_size(tmp_path: Path) -> None:
    rows = pd.read_csv(Path(str(OTHERS)) / "snap_email_eu" / "edges.csv")
    rows.iloc[:, :2].to_csv(tmp_path / "email-Eu-core.txt.gz", sep=" ", header=False, index=False)
    file = "file: email-Eu-core.txt.gz"
    found = world(tmp_path, f"{{{file}, influence: both}}", f"{{{file}}}")
    layer = found.network.layers["talk"]
    assert (found.population.size, layer.counts.rows, layer.counts.self_ties, layer.n_ties) == (1005, 25571, 642, 16064)
    graph = to_graph(found.population, found.network)
    assert max(map(len, nx.connected_components(graph))) == 986


# --- refusals


ENTITIES = "\n".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghij", "bcdefghijk", strict=True))
BOMB = f"""<?xml version="1.0"?>
<!DOCTYPE graphml [<!ENTITY a "aaaaaaaaaa">
{ENTITIES}]>
<graphml><graph edgedefault="directed"><node id="&k;"/></graph></graphml>
"""
OUTSIDE = '<!DOCTYPE gexf SYSTEM "file:///etc/passwd"><gexf><graph/></gexf>'


@pytest.mark.parametrize(("form", "text"), [("graphml", BOMB), ("gexf", OUTSIDE), ("graphml", f"\n\n{OUTSIDE}")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_expanded(tmp_path, form: str, text: str, encoding: str) -> None:
    path = tmp_path / f"bomb.{form}"
    path.write_bytes(text.replace('<?xml version="1.0"?>', "").strip("\n").encode(encoding))
    with pytest.raises(SpecError, match="declares a document type"):
        read_graph(path, form)


G = "<graphml><graph>"
WRONG = {
    "a.graphml": [
        ("", "`a.graphml`, line 1, column 1: no element found"),
        ("ann bob\n", "`a.graphml`, line 1, column 1"),
        (f'{G}\n<node id="ann">\n</graph></graphml>', "line 3, column 3: mismatched tag"),
        ("<gexf/>", "line 1: the file begins with `gexf`"),
        ("<graphml/>", "holds no graph"),
        (f"{G}</graph>\n<graph/></graphml>", "line 2: a second graph begins here"),
        (f"{G}\n<node/></graph></graphml>", "line 2: a node without `id`"),
        (f'{G}\n\n<edge source="ann"/></graph></graphml>', "line 3: a tie without `target`"),
        (f'{G}\n<node id="a"><data key="d9">1</data></node></graph></graphml>', "line 2: no attribute `d9` of a node"),
        (f"{G}\n<hyperedge/></graph></graphml>", "line 2: a hyperedge"),
        (f'{G}<node id="ann"/>\n<edge source="ann" target="zoe"/></graph></graphml>', "zoe (line 2)"),
        (
            '<graphml><key id="w" for="edge" attr.name="weight" attr.type="double"/><graph>\n'
            '<edge source="ann" target="bob"><data key="w">much</data></edge></graph></graphml>',
            "line 2: the tie's `weight` is declared a number, and is `much`",
        ),
        (
            '<graphml><key id="w" for="edge" attr.name="source" attr.type="double"/><graph>\n'
            '<edge source="ann" target="bob"><data key="w">1</data></edge></graph></graphml>',
            "a tie has an attribute called `source`",
        ),
        (
            '<graphml><key id="w" for="edge" attr.name="weight" attr.type="double"/><graph>\n'
            '<edge source="ann" target="bob"><data key="w">-1</data></edge></graph></graphml>',
            "the weight of line 2 is -1",
        ),
        ('<?xml version="1.0" encoding="klingon"?><graphml/>', "klingon"),
    ],
    "a.gexf": [
        (
            "<gexf><graph><nodes>\n<node id='a'><spells><spell start='1'/></spells></node></nodes></graph></gexf>",
            "line 2",
        ),
        ("<gexf><graph><nodes>\n\n<node label='a'/></nodes></graph></gexf>", "line 3: a node without `id`"),
    ],
    "a.net": [
        ("1 2\n", "line 1: `1 2` stands before `*Vertices`"),
        ("*Network only\n", "holds no `*Vertices`"),
        ("*Vertices 5 3\n", "line 1: a two-mode network"),
        ("*Vertices many\n", "does not say how many"),
        ("*Vertices 2\n*Arcs\n1\n", "line 3: `1` is no tie"),
        ("*Vertices 2\n*Arcs\n1 3\n", "line 3: there is no vertex `3`"),
        ("*Vertices 2\n*Arcs\n1 2 strong\n", "line 3: the weight `strong` is not a number"),
        ("*Vertices 2\n1 a\n1 b\n", "line 3: vertex 1 is listed twice"),
        ("*Vertices 2\n*Matrix\n0 1 0\n", "line 3: a row of 3 in a matrix of 2"),
        ("*Vertices 2\n*Vertices 2\n", "line 2: a second network"),
        ("*Vertices 2\n*Partition\n", "line 2: `*partition` is not read here"),
        ("*Vertices 2\n1 zoe\n2 ann\n*Arcs\n1 2\n", "zoe (line 5)"),
    ],
    "a.txt": [
        ("", "holds no ties"),
        ("# nothing\n\n", "holds no ties"),
        ("ann\nbob\n", "has one word a line"),
        ("# x\nann bob\nann bob cem\n", "line 3 of `a.txt` has 3 fields; those before have 2"),
        ("source target\nann bob\n", "line 1: `source target` is a header, not a tie"),
        ("# x\n\nann bob\n\nann zoe\n", "zoe (line 5)"),
        ("ann bob\nann\n", "no target in line 2"),
        ('# x\nann bob 1\n\n"ann lee" bob\n', 'line 4: `"ann` is quoted'),
        ("cem#1 bob#2\n# x\nann#1 bob#2 3\n", "line 3 of `a.txt` has 3 fields"),
        ("# x\nann bob\n# x\nann zoe#1\n", "zoe#1 (line 4)"),
        ("ann bob\0\n", "is binary"),
        ("ann b\u00f6b\n".encode("latin-1"), "is not UTF-8"),
        ("ann bob {'weight': \n", "line 1: this cannot be read"),
        ("ann bob {}\n# x\nbob ann " + "[" * 9999 + "\n", "line 3: this cannot be read"),
        ("cem bob {}\nann bob {'a': [1]}\n\ncem zoe {'a': 2}\n", "zoe (line 4)"),
    ],
    "a.txt.gz": [(gzip.compress(b"ann bob\n" * 1000, mtime=0)[:40], "is damaged"), (b"ann bob\n", "is damaged")],
    "a.mtx": [
        ("1 2\n", "no Matrix Market file"),
        ("%%MatrixMarket matrix coordinate real general\n2 3 0\n", "is 2 × 3"),
    ],
    "m.csv, format: matrix": [
        (",ann,bob\nann,0,1\n", "has no row for bob"),
        (",ann\nann,0\nbob,1\n", "has no column for bob"),
        (",ann,bob\nann,0,1\nbob,yes,0\n", "the column `ann` of the matrix `m.csv` holds words"),
        (",ann,bob\nann,0,1\nann,1,0\n", "has no row for bob"),
        (",ann,zoe\nann,0,1\nzoe,1,0\n", "zoe (line 3, column `ann`)"),
        (",ann,bob\nann,0,1\n,1,0\n", "no id in line 3"),
    ],
}


@pytest.mark.parametrize(("file", "text", "words"), [(file, *case) for file, cases in WRONG.items() for case in cases])
def test_what_cannot_be_read_is_refused_with_its_line(files: Path, file: str, text: Any, words: str) -> None:
    (files / file.partition(",")[0]).write_bytes(text if isinstance(text, bytes) else text.encode())
    said = refusal(files, f"{{file: {file}, influence: both, weight: {'weight' if 'weight' in words else 1}}}")
    assert words in said
    assert re.match(r".*town\.yaml:8:\d+: ", said), said


KEYS = [
    ("file: town.graphml, source: a, influence: both", "`source` goes with tables only", "is read as `graphml`"),
    ("file: town.edgelist, named: [a], influence: both", "`named` goes with tables only", "format: table"),
    ("file: town.graphml, influence: both, id: nme", "the nodes of the file have no `nme`", "allowed: node, age, job"),
    ("file: town.graphml, influence: both, id: job", "two people have the same `job`: none", "an id is"),
    ("file: town_ties.csv, source: namer, influence: both", "`target` is missing", "or `named`"),
    ("file: town_ties.csv, target: named, influence: both", "`source` is missing", "who named"),
    ("file: town.edgelist, id: a, influence: both", "`id` goes with graph files only", "as in the file"),
    ("file: town.graphml, influence: both, weight: wieght", "has no column `wieght`", "did you mean `weight`?"),
    ("file: town.graphml, influence: both, weight: [a, b]", "several columns of weights, but no survey", "one column"),
    ("file: town.graphml, influence: both, format: grapml", "`grapml` is not allowed", "did you mean `graphml`?"),
    ("file: town.graphml", "`influence` is missing", "allowed: source_to_target"),
    ("file: nowhere.gexf, influence: both", "there is no file `nowhere.gexf`", "looked in"),
    ("file: town.net, format: gexf, influence: both", "`town.net`, line 1, column 1", "GEXF"),
]


@pytest.mark.parametrize(("talk", "message", "hint"), KEYS)
def test_keys_that_do_not_go_together(files: Path, talk: str, message: str, hint: str) -> None:
    said = refusal(files, f"{{{talk}}}")
    assert message in said
    assert hint in said
    assert said.count("town.yaml:8:") == 1


def test_undirected_ties_cannot_run_one_way(files: Path) -> None:
    text = (files / "town.graphml").read_text().replace('"directed"', '"undirected"')
    (files / "both.graphml").write_text(text)
    for influence in ("source_to_target", "target_to_source"):
        said = refusal(files, f"{{file: both.graphml, influence: {influence}, weight: 1}}")
        assert "the file's ties are undirected, so influence cannot run one way" in said
        assert "write influence: both" in said
    layer = world(files, "{file: both.graphml, influence: both, weight: 1}").network.layers["talk"]
    assert layer.ties.tolist() == [[0, 1], [0, 2], [0, 3]]


def test_keys_of_people(files: Path) -> None:
    empty = "{generator: empty}"
    assert "`id` is missing" in refusal(files, empty, "{file: town_people.csv}")
    said = refusal(files, empty, "{file: town.edgelist, id: who}")
    assert "`id` goes with tables and graph files" in said
    assert said.count("town.yaml") == 1
    assert "has no column `nme`" in refusal(files, empty, "{file: town.gexf, id: nme}")
    assert "does not go with `size`" in refusal(files, empty, "{size: 5, format: gexf}")
    assert "as a graph in Python only" in refusal(files, empty, "{networkx: Graph}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["town.graphml", "town.gexf", "town.net", "town.edgelist", "town_matrix.csv", "town.mtx"]),
    cut=st.floats(0, 1),
    put=st.binary(max_size=6)
    | st.text(max_size=6).map(str.encode)
    | st.sampled_from([b"<graph>", b"*Arcs\n", b"\xff"]),
    gone=st.integers(0, 30),
    packed=st.booleans(),
)
def test_damaged_files_are_read_or_refused(
    tmp_path: Path, name: str, cut: float, put: bytes, gone: int, packed: bool
) -> None:
    """Never another exception than a refusal."""
    packed = packed and not name.endswith(".csv")
    whole = gzip.compress((FILES / name).read_bytes(), mtime=0) if packed else (FILES / name).read_bytes()
    at = int(cut * len(whole))
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(whole[:at] + put + whole[at + gone :])
    form = format_of(name, "matrix" if "matrix" in name else None)
    try:
        tables = read_graph(path, form)
    except SpecError:
        return
    assert "node" in tables.people
    try:
        ties = tables.ties_by(tables.id)
    except SpecError:  # two people of one name
        return
    assert len(ties) == len(tables.ties)
