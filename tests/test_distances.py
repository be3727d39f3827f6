"""Spillover by distance: known on small networks, adds up to the overall effect, and nothing where nothing spreads."""

from __future__ import annotations

from dataclasses import replace

import networkx
import numpy as np
import pandas as pd
import pytest
from small_towns import CHAIN, STAR, surveyed, undirected

import netrial
from experiments import replicate as one_replicate
from experiments.design import design
from experiments.distances import DISTANCES, by_distance, check_distances, influencing_layers, rows_of, steps_from
from experiments.estimands import outcome_specs
from simulator.outcomes import GapReading, PersonReading

SPECS = outcome_specs({"years": {"person_time": "x", "better": "lower"}})


def mask(n: int, *persons: int) -> np.ndarray:
    return np.isin(np.arange(n), persons)


# ---- ties from the nearest target


def test_the_star_and_the_chain():
    assert steps_from(mask(6, 0), [undirected("a", STAR)]).tolist() == [0, 2, 2, 1, 2, 2]
    chain = [(i, i + 1) for i in range(6)]
    assert steps_from(mask(8, 0), [undirected("a", chain)]).tolist() == [0, 1, 2, 3, 4, 4, 4, 4]
    assert steps_from(mask(8, 0, 4), [undirected("a", chain)]).tolist() == [0, 1, 2, 1, 0, 1, 2, 4]


def test_direction_is_that_of_influence():
    """In the chain each names the next: influence from the named reaches those who name them, not the other way."""
    named = surveyed("a", CHAIN, influence="target_to_source")
    assert steps_from(mask(5, 2), [named]).tolist() == [2, 1, 0, 4, 4]
    namer = surveyed("a", CHAIN, influence="source_to_target")
    assert steps_from(mask(5, 2), [namer]).tolist() == [4, 4, 0, 1, 2]


def test_layers_are_followed_together():
    layers = [undirected("a", [(0, 1), (2, 3)]), undirected("b", [(1, 2)])]
    assert steps_from(mask(4, 0), layers).tolist() == [0, 1, 2, 3]
    assert steps_from(mask(4, 0), layers[:1]).tolist() == [0, 1, 4, 4]


def test_nothing_runs_along_ties_of_weight_0():
    layer = replace(undirected("a", [(0, 1), (0, 2), (2, 3)]), weights=np.array([0.0, 0.5, 2.0]))
    assert steps_from(mask(4, 0), [layer]).tolist() == [0, 4, 1, 2]


@pytest.mark.parametrize("seed", range(5))
def test_distances_are_those_of_networkx(seed):
    draw = np.random.default_rng(seed)
    graph = networkx.gnp_random_graph(60, 0.03, seed=seed, directed=bool(seed % 2))
    pairs = list(graph.edges)
    layer = surveyed("a", pairs, influence="source_to_target") if graph.is_directed() else undirected("a", pairs)
    targets = np.flatnonzero(draw.random(60) < 0.06)
    near = networkx.multi_source_dijkstra_path_length(graph, set(targets.tolist()), cutoff=3)
    expected = [near.get(person, 4) for person in range(60)]
    assert steps_from(mask(60, *targets), [layer]).tolist() == expected


def test_only_layers_that_something_spreads_along_count():
    world = design(netrial.load("obesity").set("population.size", 50)).town(0).world
    assert {layer.name for layer in influencing_layers(world)} == {"close_ties", "buddies"}
    smaller = netrial.load("obesity").set(
        {
            "population.size": 50,
            "network.layers.office": {"generator": "watts_strogatz", "mean_degree": 4, "rewiring": 0.1},
        }
    )
    assert "office" not in {layer.name for layer in influencing_layers(design(smaller).town(0).world)}


# ---- what is read


def test_values_are_read_over_the_same_people():
    treated = PersonReading(np.array([0, 1, 2, 3, 4, 5]), np.ones(6, bool))
    untreated = PersonReading(np.full(6, 10), np.ones(6, bool))
    rows = rows_of(mask(6, 0), mask(6, 5), [undirected("a", STAR)], treated, untreated)
    assert rows == [("0", 1, 0.0, 10.0), ("1", 1, 3.0, 10.0), ("2", 3, 7.0, 30.0), ("later", 1, 5.0, 10.0)]


def test_without_targets_or_parts_there_is_nothing_to_read():
    reading = PersonReading(np.zeros(6, int), np.ones(6, bool))
    assert rows_of(mask(6), mask(6), [], reading, reading) == []
    gap = GapReading(mask(6), mask(6, 0), mask(6, 1))
    assert rows_of(mask(6, 0), mask(6), [], gap, gap) == []


def table(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["arm", "replicate", "draw", "outcome", "distance", "people", "value", "control_value"]
    )


def test_effects_on_a_person_and_their_intervals():
    found = by_distance(
        table([("a", r, 0, "years", "1", people, 2.0 * people + r, 4.0 * people) for r, people in ((0, 10), (1, 20))]),
        SPECS,
    )
    each = np.array([-2.0, -2.0 + 1 / 20])
    row = found.iloc[0]
    assert [row["people"], row["effect"], row["replicates"]] == [15, each.mean(), 2]
    half = 12.7062047364 * each.std(ddof=1) / np.sqrt(2)
    assert [row["low"], row["high"]] == pytest.approx([each.mean() - half, each.mean() + half])


def test_intervals_come_from_the_means_of_draws():
    rows = [("a", r, d, "years", "0", 1, float(d + r), 0.0) for d in range(3) for r in range(4)]
    row = by_distance(table(rows), SPECS).iloc[0]
    assert row["effect"] == 2.5
    assert row["high"] - row["low"] == pytest.approx(2 * 4.30265272991 * 1.0 / np.sqrt(3))


def test_distances_come_in_their_order():
    found = by_distance(table([("a", 0, 0, "years", name, 1, 1.0, 1.0) for name in sorted(DISTANCES)[::-1]]), SPECS)
    assert found["distance"].tolist() == list(DISTANCES)


# ---- all distances together are everybody

RUNS = {
    "a total": {},
    "a count": {"outcomes.primary": "cases", "outcomes.cases": {"count": "obesity.obese", "better": "lower"}},
    "a share": {"outcomes.primary": "obese_at_end"},
    "some people": {
        "outcomes.primary": "rural",
        "outcomes.rural": {"entries": "obesity.obese", "where": "area == rural", "better": "lower"},
    },
    "two dates": {
        "interventions.leaders.at": [0, 5],
        "interventions.leaders.target": {"where": "obesity == obese", "rank": "random", "share": 0.5},
    },
}


@pytest.mark.parametrize("case", RUNS)
def test_they_add_up_to_the_overall_effect(case):
    scenario = netrial.load("obesity").set({"population.size": 400, **RUNS[case]})
    results = netrial.run(scenario, arms=["champions", "alteration"], replicates=3)
    distances, pairs = results.distances, results.pairs
    assert set(distances["arm"]) == {"champions", "alteration"}
    assert set(distances["outcome"]) == {scenario.spec.outcomes.primary}
    assert ("later" in set(distances["distance"])) == (case == "two dates")
    unit = ["arm", "replicate"]
    whole = pairs[(pairs["estimand"] == "overall") & (pairs["outcome"] == scenario.spec.outcomes.primary)]
    whole = whole.set_index(unit).sort_index()
    weight = distances["people"] if case == "a share" else 1
    for name in ("value", "control_value"):
        parts = (distances[name] * weight).groupby([distances[key] for key in unit]).sum()
        expected = whole[name] * (whole["people"] if case == "a share" else 1)
        if case in ("a count", "some people"):
            assert (parts == expected).all()
        else:
            assert parts.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9)
    assert (distances.groupby(unit)["people"].sum() == whole["people"]).all()
    assert check_distances(distances, pairs, results.specs) == []
    # A check that could not fail would say nothing.
    changed = distances.copy()
    changed.loc[0, "value"] += 1
    assert len(check_distances(changed, pairs, results.specs)) == 1
    assert len(check_distances(distances.iloc[1:], pairs, results.specs)) > 0
    # The targets at distance 0 are those of the total effect.
    total = pairs[(pairs["estimand"] == "total") & (pairs["outcome"] == scenario.spec.outcomes.primary)]
    nearest = distances[distances["distance"] == "0"]
    assert nearest["value"].tolist() == pytest.approx(total.sort_values(unit)["value"].tolist())


def test_nothing_reaches_further_than_ties():
    """Champions pass on along ties; without any, those who are not targets are as in the control."""
    scenario = netrial.load("obesity").set(
        {"population.size": 300, "network.layers.close_ties": {"generator": "empty"}}
    )
    found = netrial.run(scenario, arms=["groups"], replicates=4).distances
    far = found[found["distance"] == "4+"]
    assert (far["value"] == far["control_value"]).all()
    assert set(found["distance"]) == {"0", "4+"}


def test_effects_fade_with_distance():
    found = netrial.run(netrial.load("obesity").set("population.size", 1000), arms=["champions"], replicates=12)
    effect = by_distance(found.distances, found.specs).set_index("distance")["effect"]
    assert effect["0"] < effect["1"] < effect["2"] - 0.1 < 0


def test_only_the_first_hundred_replicates_and_no_huge_network(monkeypatch):
    trial = design(netrial.load("obesity").set("population.size", 100), ["champions"])
    assert one_replicate.run_replicate(trial, 99)["distances"]["arm"]
    assert not one_replicate.run_replicate(trial, 100)["distances"]["arm"]
    monkeypatch.setattr(one_replicate, "MOST_TIES", 10)
    assert not one_replicate.run_replicate(trial, 0)["distances"]["arm"]
