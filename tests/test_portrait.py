"""The portrait: numbers that agree with NetworkX, in words that a planner understands."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from simulator.conditions import parse
from simulator.measures import components, local_clustering, transitivity
from simulator.network import ContactNetwork
from simulator.population import Categories, Distribution, Population, from_table, generate
from simulator.portrait import lines, portrait
from simulator.streams import Draw
from simulator.tables import read_table
from simulator.ties import generated_layer, layer_from_networkx, layer_from_table

DRAW = Draw(seed=5, scope="network")
KFAMILY = Path(__file__).parents[1] / "scenarios" / "data" / "kfamily"


def said(network: ContactNetwork, people: Population) -> str:
    return "\n".join(lines(portrait(network, people)))


@pytest.mark.parametrize("seed", range(4))
def test_measures_agree_with_networkx(seed: int) -> None:
    graph = nx.gnp_random_graph(60, 0.04 + 0.02 * seed, seed=seed)
    network = ContactNetwork(60, {"talk": layer_from_networkx("talk", graph)})
    found = portrait(network, generate(60, {}, DRAW))
    degree = np.array([d for _, d in graph.degree()])
    sizes = sorted(map(len, nx.connected_components(graph)), reverse=True)
    assert found.transitivity == pytest.approx(nx.transitivity(graph))
    assert found.mean_clustering == pytest.approx(nx.average_clustering(graph))
    assert found.components == len(sizes)
    assert found.largest_component == sizes[0]
    assert components(network.pairs_in(), 60).tolist() == sizes
    assert found.isolates == nx.number_of_isolates(graph)
    assert found.mean_contacts == pytest.approx(degree.mean())
    assert found.sd_contacts == pytest.approx(degree.std())
    assert (found.median_contacts, found.most_contacts) == (np.median(degree), degree.max())
    clustering = nx.clustering(graph)
    assert local_clustering(network.pairs_in(), 60) == pytest.approx([clustering[i] for i in range(60)])


def test_nobody_nothing_and_stars_have_no_clustering() -> None:
    assert transitivity(np.zeros(3), np.array([1, 1, 0])) == 0
    assert portrait(ContactNetwork(0, {}), generate(0, {}, DRAW)).components == 0
    assert "nobody has a contact" in said(ContactNetwork(3, {}), generate(3, {}, DRAW))
    star = ContactNetwork(5, {"talk": layer_from_networkx("talk", nx.star_graph(4))})
    assert portrait(star, generate(5, {}, DRAW)).transitivity == 0


def test_a_generated_town_in_words() -> None:
    plans = {"area": Categories({"urban": 0.7, "rural": 0.3}), "age": Distribution("normal", 40, 15, 18, 90)}
    people = generate(10_000, plans, DRAW)
    ties = generated_layer("close_ties", "holme_kim", 10_000, {"mean_degree": 4, "triangles": 0.8}, DRAW)
    none = generated_layer("buddies", "empty", 10_000, {}, DRAW)
    text = said(ContactNetwork(10_000, {"close_ties": ties, "buddies": none}), people)
    assert text.startswith("10,000 people\n")
    assert "19,996 ties in `close_ties` (generated: holme_kim), 4.0 contacts each on average" in text
    assert "no ties in `buddies` to begin with (generated: empty)" in text
    assert "area urban 69.8 %, rural 30.2 %" in text
    assert "age 18 to 89.91, mean 42.31" in text
    assert "everybody has a contact" in text
    assert "everybody is connected to everybody" in text


def test_the_korean_villages_in_words() -> None:
    people = from_table(read_table(KFAMILY / "nodes.csv"), "node")
    edges = read_table(KFAMILY / "edges_any.csv")
    for influence, ties, each in (
        ("target_to_source", "4,999 directed ties", ""),
        ("both", "3,931 ties", ": one tie each"),
    ):
        layer = layer_from_table("talk", edges, people, source="source", target="target", influence=influence)
        text = said(ContactNetwork(people.size, {"talk": layer}), people)
        assert text.startswith("1,047 people\n")
        assert f"{ties} in `talk` (file), 7.5 contacts each on average" in text
        assert (
            f"of 4,999 rows: 0 self-ties dropped, 0 repeated rows merged, 1,068 pairs named each other{each}\n" in text
        )
        assert "columns not used: n_nominations" in text
        assert "transitivity 0.3772" in text
        assert "11 people have no contact" in text
        assert "the largest has 56 people" in text
        assert "toa 1 to 10, mean 4.997, 374 missing" in text


def test_whatever_was_merged_or_left_out_is_said() -> None:
    people = from_table(pd.DataFrame({"who": [1, 2, 3, 4], "old": [0, 0, 0, 1]}), "who", where=parse("old == 0"))
    frame = pd.DataFrame({"a": [1, 1, 2, 3, 4], "b": [2, 2, 1, 3, 1], "w": [0.5, 0.5, 0.5, 2, 1]})
    layer = layer_from_table("talk", frame, people, source="a", target="b", influence="both", weight="w")
    text = said(ContactNetwork(3, {"talk": layer}), people)
    assert "3 people (1 left out)" in text
    assert "of 5 rows: 1 self-tie dropped, 1 repeated row merged, 1 pair named each other: one tie each" in text
    assert "1 row left out" in text
    assert "weights from 0.5 to 0.5" in text
    assert "1 tie in `talk` (file), 0.7 contacts each" in text
    assert "1 person has no contact" in text
    assert "1 connected group of two or more people" in text
