"""From a scenario to what the engine takes: units, initial people, arms and observed data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenarios.build import (
    arms_of,
    behaviours_of,
    horizon_of,
    initial_states,
    interventions_of,
    measures_of,
    observation_times,
    observe_every_of,
    observed_of,
    world_of,
)
from scenarios.loading import Scenario, load
from scenarios.problems import ScenarioError
from simulator.behaviour import ByColumn, Source
from simulator.errors import SpecError
from simulator.streams import Draw
from simulator.units import to_ticks

SMALL = """
netrial: 1
name: small
study: {currency: EUR}
time: {unit: month, horizon: {value: 2, unit: year}}
population:
  size: 101
  columns:
    area: {categories: {urban: 3, rural: 1}}
    age: {distribution: uniform, min: 0, max: 100}
network:
  layers:
    home: {generator: watts_strogatz, mean_degree: 4, rewiring: 0.1}
    work: {generator: watts_strogatz, mean_degree: 2, rewiring: 0.5}
behaviours:
  smoking:
    states: [never, current, former]
    initial: {current: 0.5, former: {number: 10}}
    transitions:
      start: {from: never, to: current, rate: {value: 0.12, unit: year}, per_contact: [current, former]}
      quit: {from: current, to: former, rate: {by: area, values: {urban: 0.01, rural: 0.02}}}
      helped: {from: current, to: former, rate: 0.1, per_contact: coaching.coach, layers: {home: 0.5}}
      relapse: {from: [former, never], to: current, rate: 0.2}
  coaching:
    states: [none, coach]
    initial: {coach: {where: age > 50 and area == urban}}
interventions:
  coaches:
    kind: champions
    target: {where: smoking != current, rank: {rule: random, draw: second}, number: 3, per: area}
    at: [0, {value: 1, unit: year}]
    uptake: {by: area, values: {urban: 0.5, rural: 1}}
    effect:
      set: {coaching: coach, smoking: {current: former}}
      susceptibility: {smoking.start: 0.5}
      for: {value: 1, unit: year}
    cost: {per_reached: 2, per_treated: {value: 30, source: assumed}}
arms:
  nothing: []
  coaches: [coaches, {kind: broadcast, target: {}, at: 1, effect: {susceptibility: {smoking.start: 2}}}]
outcomes:
  primary: smokers
  smokers: {share: smoking.current, at: {value: 1, unit: year}, better: lower, where: start.smoking == never}
  gap: {difference: smoking.current, by: area, between: [rural, urban], better: lower}
  slow: {time_to: {count: current, reaches: 90}, better: higher}
observed:
  - {arm: nothing, outcome: smokers, value: 0.3, low: 0.2, high: 0.4}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    path = tmp_path_factory.mktemp("scenario") / "small.yaml"
    path.write_text(SMALL)
    return load(path)


def test_units_are_converted(small: Scenario) -> None:
    transitions = {each.name: each for each in behaviours_of(small.spec)["smoking"].transitions}
    assert transitions["start"].rate == pytest.approx(0.01, rel=1e-15)
    assert transitions["quit"].rate == ByColumn("area", {"urban": 0.01, "rural": 0.02})
    intervention = interventions_of(small.spec)["coaches"]
    assert intervention.at == (0.0, 12.0)
    assert intervention.effect.lasting == 12.0
    assert measures_of(small.spec)["smokers"].at == 12.0
    assert observe_every_of(small.spec) == 1.0


def test_transitions_know_their_contacts(small: Scenario) -> None:
    transitions = {each.name: each for each in behaviours_of(small.spec)["smoking"].transitions}
    assert transitions["start"].source == Source("smoking", ("current", "former"))
    assert transitions["start"].layers == {"home": 1.0, "work": 1.0}
    assert transitions["helped"].source == Source("coaching", ("coach",))
    assert transitions["helped"].layers == {"home": 0.5}
    assert transitions["quit"].law == "spontaneous"
    assert not transitions["quit"].layers
    assert transitions["relapse"].from_states == ("former", "never")


def test_arms_are_written_out(small: Scenario) -> None:
    arms = arms_of(small.spec)
    assert [each.name for each in arms["coaches"]] == ["coaches", "broadcast"]
    coaches = arms["coaches"][0]
    assert (coaches.target.rank, dict(coaches.target.parameters)) == ("random", {"draw": "second"})
    assert (coaches.target.number, coaches.target.per) == (3, "area")
    assert coaches.target.where is not None
    assert coaches.uptake == ByColumn("area", {"urban": 0.5, "rural": 1.0})
    assert coaches.effect.set == {"coaching": "coach", "smoking": {"current": "former"}}
    assert (coaches.cost.fixed, coaches.cost.per_reached, coaches.cost.per_treated) == (0, 2, 30)


def test_measures(small: Scenario) -> None:
    measures = measures_of(small.spec)
    assert measures["gap"].between == ("rural", "urban")
    assert (measures["slow"].of, measures["slow"].reaches) == ("count", 90)
    assert (measures["slow"].behaviour, measures["slow"].states) == ("smoking", ("current",))


def test_initial_counts_are_exact_in_every_replicate(small: Scenario) -> None:
    world = world_of(small)
    seen = set()
    for replicate in range(5):
        states = initial_states(small, world, Draw(1, "replicate", replicate))
        assert states.dtype == np.uint8
        assert np.bincount(states[:, 0], minlength=3).tolist() == [40, 51, 10]  # 50.5 rounds to 51
        age, area = world.population.columns["age"].values, world.population.columns["area"].values
        assert (states[:, 1] == ((age > 50) & (area == 0))).all()
        seen.add(states[:, 0].tobytes())
    assert len(seen) == 5


def test_initial_shares_by_category_are_of_the_category(small: Scenario) -> None:
    changed = small.set(
        "behaviours.smoking.initial", {"current": {"by": "area", "values": {"urban": 0.1, "rural": 1.0}}}
    )
    world = world_of(changed)
    states = initial_states(changed, world, Draw(1, "replicate", 0))[:, 0]
    area = world.population.columns["area"].values
    assert (states[area == 1] == 1).all()
    assert (states[area == 0] == 1).sum() == int((area == 0).sum() / 10 + 0.5)


def test_initial_draws_are_nested(small: Scenario) -> None:
    """More people at the start are the same people and others."""
    world, draw = world_of(small), Draw(1, "replicate", 0)
    few = initial_states(small.set("behaviours.smoking.initial", {"current": 0.2}), world, draw)[:, 0] == 1
    many = initial_states(small.set("behaviours.smoking.initial", {"current": 0.6}), world, draw)[:, 0] == 1
    assert (many | ~few).all()
    assert many.sum() == 61


def test_people_start_in_one_state_only(small: Scenario) -> None:
    clash = small.set("behaviours.smoking.initial", {"current": {"where": "age > 20"}, "former": {"where": "age > 90"}})
    with pytest.raises(SpecError, match="two states"):
        initial_states(clash, world_of(clash), Draw(1, "replicate", 0))
    full = small.set("behaviours.smoking.initial", {"current": {"where": "age > 20"}, "former": {"number": 100}})
    with pytest.raises(ScenarioError, match="are left"):
        initial_states(full, world_of(full), Draw(1, "replicate", 0))


def test_networks_differ_by_number_only(small: Scenario) -> None:
    one, again, other = world_of(small, 0), world_of(small, 0), world_of(small, 1)
    assert (one.network.layers["home"].ties == again.network.layers["home"].ties).all()
    assert not np.array_equal(one.network.layers["home"].ties, other.network.layers["home"].ties)
    assert not np.array_equal(one.population.columns["age"].values, other.population.columns["age"].values)
    more = world_of(small.set("population.columns.sex", {"categories": {"f": 1, "m": 1}}))
    assert np.array_equal(one.population.columns["age"].values, more.population.columns["age"].values)


@pytest.mark.parametrize(
    ("unit", "horizon", "every", "n"),
    [
        ("month", 4, 1, 5),
        ("month", 1, 1, 2),
        ("month", 7, 2, 5),
        ("day", 6, 2, 4),
        ("day", 45, 1, 46),
        ("week", 3, 2, 3),
    ],
)
def test_the_last_observation_is_the_horizon(unit: str, horizon: int, every: int, n: int) -> None:
    """Thirds of a year do not end in binary, nor after twelve decimals."""
    changes = {"time.horizon": {"value": horizon, "unit": unit}, "time.observe_every": {"value": every, "unit": unit}}
    spec = load("obesity").set({**changes, "outcomes.gap.at": "end"}).spec
    times = observation_times(spec)
    assert len(times) == n
    assert times[-1] == horizon_of(spec)
    assert (np.diff([to_ticks(float(time)) for time in times]) > to_ticks(1 / 400)).all()


def test_observed_points(small: Scenario) -> None:
    (series,) = observed_of(small)
    assert series["points"] == [{"time": 12.0, "value": 0.3, "low": 0.2, "high": 0.4}]
    (curve,) = observed_of(load("family_planning"))
    assert [point["time"] for point in curve["points"]] == list(range(10))
    assert [point["value"] for point in curve["points"]][::9] == [69, 673]


def test_village_data_are_as_published() -> None:
    scenario = load("family_planning")
    world = world_of(scenario)
    assert world.population.size == 1047
    assert world.network.layers["talk"].n_ties == 4999
    assert len(np.unique(world.population.columns["village"].values)) == 25
    assert initial_states(scenario, world, Draw(1, "replicate", 0)).sum() == 69


def test_lower_floors_errors_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    scenario = load(path)
    path.write_text("")  # what was read stays read
    assert world_of(scenario).population.size == 101
    full = scenario.set("behaviours.smoking.initial.former", {"number": 60})
    with pytest.raises(ScenarioError) as refused:
        initial_states(full, world_of(full), Draw(1, "replicate", 0))
    assert "--set behaviours.smoking.initial.former" in str(refused.value)
