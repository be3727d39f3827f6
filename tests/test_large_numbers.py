"""Numbers that a 32-bit or a floating-point counter would lose: ids, counts, and times far from zero."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from towns import layer, sisa, town

import netrial
from scenarios.build import world_of
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from simulator.behaviour import Series
from simulator.engine import Simulation, plan_clocks
from simulator.hazards import series_at
from simulator.outcomes import Measure, PersonReading, WeightedReading, read
from simulator.streams import Draw
from simulator.trajectory import EventLog, Trajectory
from simulator.units import to_ticks

SCENARIO = """\
netrial: 1
name: large
time: {unit: year, horizon: 2, start: 1963}
population: {file: people.csv, id: id}
network: {layers: {talk: {file: ties.csv, source: a, target: b, influence: source_to_target}}}
behaviours:
  use:
    states: [no, yes]
    initial: {yes: {where: first == 1}}
    transitions: {adopt: {from: no, to: yes, rate: 100, per_contact: yes}}
interventions:
  ask: {kind: champions, target: {where: first == 1}, at: 0, effect: {}}
arms: {usual: [], asked: [ask]}
outcomes: {primary: users, users: {count: use.yes, at: end, better: higher}}
experiment: {replicates: 1}
"""

IDS = {
    "beyond 32 bits": [2**31 - 1, 2**31, 2**31 + 1, 2**32, 2**32 + 1],
    "beyond floating point": [2**53 - 1, 2**53, 2**53 + 1, 2**53 + 2, 2**53 + 3],
    "beyond 64 bits": [10**19, 10**19 + 1, 10**19 + 2, 10**30, 10**30 + 1],
    "alike but for the last 32 bits": [5, 2**32 + 5, 2 * 2**32 + 5, 3 * 2**32 + 5, 2**40 + 5],
}


def chain(folder: Path, ids: list[int], stranger: int | None = None) -> Scenario:
    """A directed chain of people in the order of `ids`, the first of whom adopts."""
    people = pd.DataFrame({"id": list(map(str, ids)), "first": [1, *[0] * (len(ids) - 1)]})
    people.sample(frac=1, random_state=1).to_csv(folder / "people.csv", index=False)
    ties = [*pairwise(ids), *([(ids[0], stranger)] if stranger is not None else [])]
    pd.DataFrame([tuple(map(str, pair)) for pair in ties], columns=["a", "b"]).to_csv(folder / "ties.csv", index=False)
    (folder / "scenario.yaml").write_text(SCENARIO)
    return load(folder / "scenario.yaml")


@pytest.mark.parametrize("ids", IDS.values(), ids=IDS)
def test_large_ids_are_told_apart(tmp_path: Path, ids: list[int]) -> None:
    scenario = chain(tmp_path, ids)
    world = world_of(scenario)
    assert sorted(map(str, world.population.ids)) == sorted(map(str, ids))
    named = {(str(world.population.ids[i]), str(world.population.ids[j])) for i, j in world.network.layers["talk"].ties}
    assert named == {(str(one), str(other)) for one, other in pairwise(ids)}
    results = netrial.run(scenario, out=tmp_path / "run")
    users = results.outcomes.set_index("arm")["value"]
    assert users["usual"] == len(ids), "the last of the chain is reached along ties between the right people"
    picked = pd.read_csv(tmp_path / "run" / "targets.csv", dtype=str)
    assert str(ids[0]) in picked.to_numpy().ravel()


def test_a_large_stranger_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=str(2**53 + 5)):
        chain(tmp_path, IDS["beyond floating point"], stranger=2**53 + 5)


@pytest.mark.parametrize("count", [2**31, 2**32 + 1, 2**40 + 3])
def test_large_counts_are_exact(count: int) -> None:
    everybody = np.ones(5, bool)
    entries = PersonReading(np.full(5, count), everybody)
    assert entries.over(everybody).value == 5 * count
    assert PersonReading(np.full(5, count), everybody, mean=True).over(everybody).value == count
    assert WeightedReading((entries, entries), (0.5, 2.0)).over(everybody).value == 2.5 * 5 * count


def test_person_time_beyond_64_bits() -> None:
    """Three people for four million years each, read in ticks of 2**-40 year, are more than 2**63 ticks."""
    world = town(3, [sisa(0.1, 0.1, 0.1)], [layer([(0, 1)])])
    horizon = to_ticks(4_000_000)
    nothing = (np.empty(0, kind) for kind in (np.int64, np.int32, np.int16, np.int16, np.int16))
    start = np.ones((3, 1), np.uint8)
    trajectory = Trajectory(
        start, start, horizon, np.array([0, 2]), np.empty(0, np.int64), np.zeros((0, 2), np.int64), EventLog(*nothing),
        (), (), 0,
    )  # fmt: skip
    assert 3 * horizon > 2**63
    measure = Measure("person_time", "obesity", ("obese",))
    assert read(measure, world, trajectory).over(np.ones(3, bool)).value == 12_000_000


@pytest.mark.parametrize("begin", [-100_000, 0, 100_000, 3_000_000])
def test_far_times_are_like_near_ones(begin: int) -> None:
    """Ten people who gain and lose at rate 1, far from time 0: half of them are obese, and stops change nothing."""
    world = town(10, [sisa(1.0, 0.0, 1.0)], [layer([(0, 1)])])
    plan = plan_clocks(world)
    first, last = to_ticks(begin), to_ticks(begin + 400)
    start = np.zeros((10, 1), np.uint8)

    def run(*stops: int) -> Trajectory:
        simulation = Simulation(plan, Draw(1), start, (), np.empty(0, np.int64), last, now=first)
        for stop in (*stops, last):
            simulation.advance(stop)
        return simulation.trajectory()

    straight, stopped = run(), run(first + 12345, to_ticks(begin + 100.5), to_ticks(begin + 100.5) + 1)
    log, again = straight.events(), stopped.events()
    for name in ("tick", "person", "left", "entered", "cause"):
        assert np.array_equal(getattr(log, name), getattr(again, name))
    assert ((log.tick >= first) & (log.tick < last)).all()
    assert np.all(np.diff(log.tick) >= 0)
    assert len(log.tick) == pytest.approx(10 * 400, abs=5 * (10 * 400) ** 0.5)
    signs = np.where(log.entered == 1, 1, -1)
    time_obese = float(((last - log.tick) / 2.0**40 * signs).sum()) / (10 * 400)
    assert time_obese == pytest.approx(0.5, abs=0.05)
    assert len(np.unique(log.tick - first)) == len(log.tick), "no two events at one instant: ticks are not rounded"


def test_seasons_far_from_zero() -> None:
    season = Series(((0.0, 1.0), (0.25, 3.0)), repeats_every=1.0)
    for year in (-4_000_000, -1, 0, 1, 4_000_000):
        assert [series_at(season, to_ticks(year + part)) for part in (0.0, 0.2, 0.25, 0.99)] == [1.0, 1.0, 3.0, 3.0]
    assert series_at(season, to_ticks(4_000_000.25) - 1) == 1.0


def test_a_long_horizon(tmp_path: Path) -> None:
    """A horizon of 100,000 years: person-time adds up to it to the last bit, labels and since are far from 0."""
    scenario = chain(tmp_path, IDS["beyond 32 bits"]).set(
        {
            "time": {"unit": "year", "horizon": 100_000, "observe_every": 25_000, "start": -98_000, "warm_up": 1000},
            "behaviours.use.transitions": {
                "adopt": {"from": "no", "to": "yes", "rate": 0.01, "time_in_state": [[0, 0.5], [90_000, 1]]},
                "stop": {"from": "yes", "to": "no", "rate": {"value": 1, "unit": "month"}},
            },
            "outcomes.yes": {"person_time": "use.yes", "better": "higher"},
            "outcomes.no": {"person_time": "use.no", "better": "higher"},
            "outcomes.entries": {"entries": "use.yes", "better": "higher"},
        }
    )
    results = netrial.run(scenario)
    values = results.outcomes[results.outcomes["arm"] == "usual"].set_index("outcome")["value"]
    assert values["yes"] + values["no"] == 5 * 100_000
    assert values["entries"] == pytest.approx(5 * 100_000 * 0.005, rel=0.1)
    assert sorted(results.curves["time"].unique()) == [0, 25_000, 50_000, 75_000, 100_000]
    assert set(results.curves.groupby(["arm", "time"])["count"].sum()) == {5}
