"""The network picture: the very states and ties of the run, the same bytes however it was made, clusters apart."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from unittest import mock

import networkx
import numpy as np
import pytest
from small_towns import undirected

import netrial
from experiments import network_film
from experiments.design import design
from experiments.figures import drawing as figures
from experiments.network_film import film_network, people_around
from experiments.network_layout import GRID, layout
from experiments.network_picture import NetworkPicture
from experiments.replicate import run_arms
from experiments.report import page as report
from simulator.network import ContactNetwork
from simulator.population import Population
from simulator.streams import Draw
from simulator.units import to_ticks
from simulator.world import World

STORED = ("network.json", "network_people.parquet", "network_states.parquet", "network_ties.parquet")


def town(pairs: list[tuple[int, int]], n: int) -> World:
    return World(Population(np.arange(n)), ContactNetwork(n, {"a": undirected("a", pairs)}), {})


def shown_of(scenario, arm: str | None, replicate: int = 0) -> tuple[NetworkPicture, object]:
    trial = design(scenario)
    return film_network(trial, replicate, arm), trial


# ---- what is shown is what happened


def test_a_small_town_is_shown_whole_and_its_counts_are_the_runs_own():
    scenario = netrial.load("obesity").set({"population.size": 150, "interventions.leaders.at": [0, 3.5]})
    picture, trial = shown_of(scenario, "champions", 2)
    trajectories = run_arms(trial, trial.town(2), 2)
    assert picture.arms == ["usual_care", "champions"]
    assert picture.facts["shown"] == picture.facts["people"] == 150
    assert picture.times.tolist() == trial.times.tolist()
    for arm in picture.arms:
        trajectory = trajectories[arm]
        numbers = slice(int(trajectory.first_state[0]), int(trajectory.first_state[0]) + 2)
        counts = [np.bincount(codes, minlength=2).tolist() for codes in picture.codes(arm)]
        assert counts == trajectory.counts[:, numbers].tolist()
        for k, time in enumerate(trial.times):
            obese = trajectory.in_states_at(0, (1,), to_ticks(float(time)))
            assert (picture.codes(arm)[k] == 1).tolist() == obese.tolist()
    offered = picture.offered("champions")
    assert offered[0].tolist() == trajectories["champions"].targets().tolist()
    assert offered[-1].tolist() == trajectories["champions"].ever_offered().tolist()
    assert not picture.offered("usual_care").any()
    world = trial.town(2).world
    assert picture.ties("usual_care")[["one", "two"]].to_numpy().tolist() == world.network.pairs_in().tolist()


def test_ties_made_by_a_strategy_are_there_while_they_last():
    scenario = netrial.load("obesity").set({"population.size": 200, "interventions.matched_buddies.at": 2})
    picture, _ = shown_of(scenario, "alteration")
    ties = picture.ties("alteration")
    made = ties[ties["added"]]
    stored = picture.tables["network_ties"]
    assert set(stored.loc[stored["layer"] == "buddies", "arm"]) == {"alteration"}
    assert len(made) > 20
    assert set(made["first"]) == {2}
    assert set(made["last"]) == {4}  # made at year 2 for three years: gone at year 5
    assert len(ties) == len(picture.ties("usual_care")) + (stored["layer"] == "buddies").sum()
    assert not picture.ties("usual_care")["added"].any()


def test_rewired_ties_change_ends():
    rewired = {"kind": "alteration", "target": {"rank": "random", "share": 0.5}, "at": 3,
               "effect": {"ties": {"rewire": {"share": 0.5, "layer": "close_ties"}}}}  # fmt: skip
    scenario = netrial.load("obesity").set({"population.size": 100, "interventions.leaders": rewired})
    picture, _ = shown_of(scenario, "champions")
    ties = picture.ties("champions")
    last = picture.times.size - 1
    assert ((ties["first"] == 0) & (ties["last"] == 2)).sum() > 10
    assert ((ties["first"] == 3) & (ties["last"] == last)).sum() > 10
    before, after = ((ties["first"] <= k) & (ties["last"] >= k) for k in (0, last))
    assert before.sum() == len(picture.ties("usual_care")) >= after.sum() > 0


def test_people_who_come_and_go_are_shown_while_they_are_there():
    scenario = netrial.load("smoking").set({"population.size": 300})
    if not any(getattr(scenario.spec.population, key) for key in ("enter", "leave")):
        scenario = scenario.set({"population.leave": {"rate": 0.05}})
    picture, trial = shown_of(scenario, None)
    trajectory = run_arms(trial, trial.town(0), 0)[trial.control]
    codes = picture.codes(trial.control)
    column = trial.town(0).world.column_of(picture.facts["behaviour"])
    first = int(trajectory.first_state[column])
    n = len(picture.states)
    assert (codes[-1] < 0).any()
    assert [np.bincount(row[row >= 0], minlength=n).tolist() for row in codes] == (
        trajectory.counts[:, first : first + n].tolist()
    )


def test_long_series_are_thinned(monkeypatch):
    monkeypatch.setattr(network_film, "MOST_TIMES", 4)
    picture, _ = shown_of(netrial.load("obesity").set("population.size", 60), "groups")
    assert picture.times.tolist() == [0, 10, 20, 30]
    assert picture.codes("groups").shape == (4, 60)


# ---- who is shown of a large town


def test_people_around_a_target_come_circle_by_circle():
    chain = town([(i, i + 1) for i in range(99)], 100)
    targets = np.arange(100) == 50
    around = people_around(targets, np.ones(100, bool), chain, Draw(1), 7)
    assert around.tolist() == list(range(47, 54))
    cut = people_around(targets, np.ones(100, bool), chain, Draw(1), 6)
    assert set(cut) < set(around)
    assert {48, 49, 50, 51, 52} < set(cut)


def test_when_nobody_is_left_to_reach_another_target_begins():
    pairs = town([(0, 1), (2, 3), (4, 5), (6, 7)], 8)
    targets = np.isin(np.arange(8), [0, 4])
    assert people_around(targets, np.ones(8, bool), pairs, Draw(1), 4).tolist() == [0, 1, 4, 5]
    gone = np.arange(8) != 5
    assert 5 not in people_around(targets, gone, pairs, Draw(1), 8)
    assert people_around(targets, gone, pairs, Draw(1), 8).size == 7


def test_a_large_town_shows_some_around_the_targets(monkeypatch):
    monkeypatch.setattr(network_film, "MOST_SHOWN_WHOLE", 200)
    monkeypatch.setattr(network_film, "SHOWN", 40)
    picture, trial = shown_of(netrial.load("obesity").set("population.size", 500), "champions")
    assert [picture.facts["people"], picture.facts["shown"]] == [500, 40]
    assert picture.offered("champions")[0].sum() > 2  # 40 at random of 500 have two among 25 targets
    ids = picture.tables["network_people"]["id"].astype(int).to_numpy()
    ties = picture.ties("usual_care")[["one", "two"]].to_numpy()
    pairs = {tuple(pair) for pair in trial.town(0).world.network.pairs_in().tolist()}
    inside = {pair for pair in pairs if set(pair) <= set(ids.tolist())}
    assert {tuple(pair) for pair in ids[ties].tolist()} == inside


def test_a_huge_town_is_left_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr(network_film, "MOST_PEOPLE", 99)
    results = netrial.run(netrial.load("obesity").set("population.size", 100), arms=["champions"], replicates=2)
    assert "100 people" in results.network.facts["left_out"]
    assert len(results.network.tables["network_states"]) == 0
    with mock.patch.object(figures, "draw_figures", return_value=figures.Figures()):
        assert "There is no picture of the network: a town of 100 people" in report.render(results)[0]


# ---- always the same


def test_the_same_bytes_whatever_the_threads_the_order_of_arms_or_a_resume(tmp_path):
    scenario = netrial.load("obesity").set("population.size", 150)
    arms = scenario.data["arms"]
    turned = scenario.set(
        {"experiment.control": "usual_care", "arms": {name: arms[name] for name in reversed(list(arms))}}
    )
    netrial.run(scenario, replicates=4, jobs=1, out=tmp_path / "a")
    netrial.run(turned, replicates=4, jobs=3, out=tmp_path / "b")
    netrial.run(scenario, replicates=2, out=tmp_path / "c")
    (tmp_path / "c" / "network.json").unlink()
    netrial.run(scenario, replicates=4, out=tmp_path / "c")
    for name in STORED:
        stored = {(tmp_path / folder / name).read_bytes() for folder in "abc"}
        assert len(stored) == 1, name
    other = netrial.run(scenario, replicates=4, seed=2).network
    first = netrial.Results.load(tmp_path / "a").network
    assert other.tables["network_states"]["state"].tolist() != first.tables["network_states"]["state"].tolist()
    facts = json.loads((tmp_path / "a" / "network.json").read_text())
    assert facts["arms"] == ["usual_care", "champions"]


def test_the_best_arm_is_the_one_with_the_best_mean():
    results = netrial.run(
        netrial.load("obesity").set("population.size", 150), arms=["groups", "champions"], replicates=4
    )
    overall = results.effects[
        (results.effects["outcome"] == "obese_years") & (results.effects["estimand"] == "overall")
    ]
    best = overall.sort_values("mean")["arm"].iloc[0]
    assert results.network.arms[1] == best
    alone = netrial.run(netrial.load("obesity").set("population.size", 100), arms=[], replicates=1)
    assert alone.network.arms == ["usual_care"]


# ---- places


def test_contacts_stand_near_each_other_and_groups_apart():
    graph = networkx.planted_partition_graph(4, 20, 0.4, 0.01, seed=3)
    pairs = np.array(sorted(tuple(sorted(edge)) for edge in graph.edges))
    at = layout(pairs, 80).astype(float)
    assert at.min() == 0
    assert at.max() == GRID
    distance = np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2))
    group = np.arange(80) // 20
    same = (group[:, None] == group) & ~np.eye(80, dtype=bool)
    assert distance[same].mean() < 0.5 * distance[group[:, None] != group].mean()
    tied = distance[pairs[:, 0], pairs[:, 1]].mean()
    assert tied < 0.6 * distance[~np.eye(80, dtype=bool)].mean()
    assert np.sort(distance[~np.eye(80, dtype=bool)]).min() > 15  # nobody covers anybody


def test_places_are_the_same_on_every_machine():
    pairs = np.unique(np.sort([(i, (i * i + 3) % 60) for i in range(60) if i != (i * i + 3) % 60], axis=1), axis=0)
    assert hashlib.sha256(layout(pairs, 60).astype("<i8").tobytes()).hexdigest()[:16] == "20ea8753fe33ffac"


@pytest.mark.parametrize(("pairs", "n"), [([], 0), ([], 1), ([], 5), ([(0, 1)], 2)])
def test_odd_networks_have_places(pairs, n):
    at = layout(np.array(pairs, np.int64).reshape(-1, 2), n)
    assert at.shape == (n, 2)
    assert len({tuple(place) for place in at.tolist()}) == n
    assert ((at >= 0) & (at <= GRID)).all()


def test_making_the_picture_changes_nothing_in_the_trial():
    trial = design(netrial.load("obesity").set("population.size", 100))
    before = run_arms(trial, trial.town(0), 0)
    film_network(trial, 0, "alteration")
    after = run_arms(replace(trial), trial.town(0), 0)
    assert all((before[arm].counts == after[arm].counts).all() for arm in before)
