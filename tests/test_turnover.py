"""People who enter and leave: exact in law, the same whatever the stops, and in nobody's way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from towns import category, events_of, layer, occurrence, sisa, town

from scenarios.loading import load
from scenarios.problems import ScenarioError
from simulator.actions import AddTies, ScaleInfluence, ScaleSusceptibility, SetStates
from simulator.beginning import begin
from simulator.behaviour import Behaviour, HazardRatio, Source, Transition
from simulator.engine import Simulation, plan_clocks
from simulator.network import ContactNetwork
from simulator.population import Column, Population
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.turnover import Enter, Leave, Turnover
from simulator.units import TICKS_PER_UNIT, to_ticks
from simulator.world import Occurrence, World

MOOD = Behaviour("mood", ("calm", "tense"), (Transition("tense_up", ("calm",), "tense", 0.3),))


def open_town(turnover: Turnover, *, until: float, n: int = 40, world: World | None = None) -> World:
    """A town that people enter and leave, with places enough until then."""
    closed = town(n, [MOOD]) if world is None else world
    places = 0 if turnover.enter is None else turnover.enter.places(until)
    people = closed.population
    columns = {
        name: replace(column, values=np.append(column.values, np.resize(column.values, places)))
        for name, column in people.columns.items()
    }
    more = Population(np.arange(people.size + places), columns, reserve=places)
    network = ContactNetwork(more.size, closed.network.layers)
    return replace(closed, population=more, network=network, turnover=turnover)


def run(
    world: World,
    until: float,
    *,
    seed: int = 1,
    occurrences: tuple[Occurrence, ...] = (),
    stops: tuple[float, ...] = (),
    warm_up: float = 0.0,
    end: float | None = None,
) -> tuple[Simulation, Trajectory]:
    """Run one arm; `end` is the horizon to which comings are drawn, if it is not `until`."""
    states = np.zeros((world.population.size, len(world.behaviours)), np.uint8)
    states[: world.population.residents : 4] = 1
    horizon = to_ticks(until if end is None else end)
    beginning = begin(plan_clocks(world), Draw(seed), states, None, to_ticks(warm_up), horizon)
    observe_at = np.array([to_ticks(until * k / 4) for k in range(5)], np.int64)
    simulation = beginning.simulation(occurrences, observe_at, to_ticks(until))
    for stop in stops:
        simulation.advance(to_ticks(stop))
        simulation._layout = None
    return simulation, simulation.run()


def present(world: World, trajectory: Trajectory) -> np.ndarray:
    """How many people are there at each observation."""
    return trajectory.counts[:, world.state_numbers[:2]].sum(axis=1)


def test_entry_and_leaving_are_poisson() -> None:
    """Immigration and death: from 40 people, the number at t is binomial plus Poisson, of the exact mean and variance.

    At rate 20 a year and leaving 0.5 a person and year: mean 40 e^-1 + 40 (1 - e^-1), at t = 2. Over 400 replicates the
    mean is tested at 4 standard errors (one false alarm in 16,000), the variance at 5 of its own.
    """
    world = open_town(Turnover(Enter(rate=20.0), Leave(rate=0.5)), until=2)
    found = np.array([present(world, run(world, 2, seed=k)[1])[-1] for k in range(400)])
    stay = np.exp(-1.0)
    mean, variance = 40 * stay + 40 * (1 - stay), 40 * stay * (1 - stay) + 40 * (1 - stay)
    assert abs(found.mean() - mean) < 4 * np.sqrt(variance / found.size)
    assert abs(found.var(ddof=1) / variance - 1) < 5 * np.sqrt(2 / found.size)
    faster = open_town(Turnover(Enter(rate=22.0), Leave(rate=0.55)), until=2)  # the mean at 2 is nearly the same
    wrong = np.array([run(faster, 2, seed=k)[1].events().tick.size for k in range(400)])
    right = np.array([run(world, 2, seed=k)[1].events().tick.size for k in range(400)])
    assert wrong.mean() - right.mean() > 4 * np.sqrt((wrong.var() + right.var()) / 400)


FRIENDS = layer([(i, (i + k) % 60) for i in range(60) for k in (1, 2)], name="friends")
LAWS = (
    Transition("catch", ("lean",), "obese", 0.2, "per_contact", Source("obesity", ("obese",)), {"friends": 1.0}),
    Transition("norm", ("lean",), "obese", 0.4, "proportion", Source("obesity", ("obese",)), {"friends": 1.0}),
    Transition("lose", ("obese",), "lean", 0.5, time_in_state=((0.0, 1.0), (1.0, 0.2))),
)


def lively(*, weights: bool = False, ageing: bool = False) -> World:
    """A town with ties, in which laws read lists that newcomers join."""
    columns = [Column("age", np.linspace(20, 60, 60), per_time=1.0)] if ageing else []
    laws = LAWS
    if ageing:
        laws = (
            *LAWS,
            Transition("old", ("lean",), "obese", 0.1, susceptibility=(HazardRatio("age", 2.0, 10.0, 40.0),)),
        )
    friends = replace(FRIENDS, weights=np.resize([1.0, 0.5, 2.0], FRIENDS.n_ties)) if weights else FRIENDS
    closed = town(60, [Behaviour("obesity", ("lean", "obese"), laws)], [friends], columns)
    enter = Enter(rate=30.0, states={"obesity": {"lean": 0.5, "obese": 0.5}}, ties={"friends": 3})
    return open_town(Turnover(enter, Leave(rate=0.2)), until=6, world=closed)


@pytest.mark.parametrize("options", [{}, {"weights": True}, {"ageing": True}])
def test_stops_change_nothing(options: dict[str, bool]) -> None:
    """Laying everything out anew in the middle, at instants at which lists have grown, moves no event."""
    world = lively(**options)
    _, plain = run(world, 4)
    _, stopped = run(world, 4, stops=(0.3, 1.0, 1.7, 2.5, 3.9))
    assert events_of(plain) == events_of(stopped)
    assert plain.counts.tolist() == stopped.counts.tolist()
    assert np.count_nonzero(plain.events().cause == -32768) > 80


def test_ties_to_people_who_were_treated_carry_their_factors() -> None:
    """Ties of people who enter may join anybody, so their clocks allow for the highest factors from the beginning."""
    world = lively()
    some = np.arange(0, 60, 2, dtype=np.int32)
    louder = (
        occurrence(0.1, ScaleInfluence(some, "obesity", "catch", np.full(some.size, 6.0))),
        occurrence(0.1, ScaleSusceptibility(some, "obesity", "catch", np.full(some.size, 3.0))),
    )
    stops = tuple(np.linspace(0.2, 3.9, 60).tolist())
    (_, plain), (_, stopped) = run(world, 4, occurrences=louder), run(world, 4, occurrences=louder, stops=stops)
    assert events_of(plain) == events_of(stopped)
    assert events_of(plain) != events_of(run(world, 4)[1])


def test_a_longer_horizon_changes_nothing_before() -> None:
    """Places are in segments of fixed size, so that people who enter later are in nobody's way."""
    world = lively(ageing=True)
    _, short = run(world, 2)
    _, long = run(world, 6)
    assert events_of(short) == [event for event in events_of(long) if event[0] < to_ticks(2)]
    assert len(events_of(long)) > len(events_of(short)) > 100


def test_a_warm_up_is_the_same_run_begun_earlier() -> None:
    """Time before 0 is run once for all arms; who entered in it is there with their ties."""
    world = lively()
    states = np.zeros((world.population.size, 1), np.uint8)
    plan = plan_clocks(world)
    beginning = begin(plan, Draw(1), states, None, to_ticks(2), to_ticks(2))
    times = np.array([0, to_ticks(1), to_ticks(2)], np.int64)
    after = beginning.simulation((), times, to_ticks(2)).run()
    whole = Simulation(
        plan, Draw(1), begin(plan, Draw(1), states, None, 0, to_ticks(2)).start, (), times, to_ticks(2),
        now=-to_ticks(2), comings=beginning.comings,
    ).run()  # fmt: skip
    assert events_of(after) == [event for event in events_of(whole) if event[0] >= 0]
    assert after.counts.tolist() == whole.counts.tolist()
    assert (after.start[world.population.residents :] < 2).sum() > 30


def test_everybody_who_enters_gets_their_ties() -> None:
    """Three ties each, to distinct people who were there, none to oneself."""
    world = lively()
    simulation, trajectory = run(world, 4)
    own = world.network.layers["friends"].n_ties
    new = simulation.tied_in("friends")[own:]
    first = world.population.residents
    log = trajectory.events()
    came = np.flatnonzero(log.cause == -32768)
    assert len(new) == 3 * came.size
    for row in came.tolist():
        person = int(log.person[row])
        mine = new[new[:, 0] == person][:3, 1]
        assert np.unique(mine).size == 3
        gone = set(log.person[:row][log.entered[:row] == 2].tolist())
        there = set(range(first)) | set(log.person[:row][log.left[:row] == 2].tolist())
        assert set(mine.tolist()) <= there - gone - {person}


def test_people_who_are_not_there_do_nothing() -> None:
    """They are not counted, not moved, not set, and carry nothing."""
    world = open_town(Turnover(Enter(rate=5.0), Leave(rate=0.3)), until=4, n=30)
    everybody = np.arange(world.population.size, dtype=np.int32)
    setting = occurrence(2.0, SetStates(everybody, "mood", "tense"))
    _, trajectory = run(world, 4, occurrences=(setting,))
    log = trajectory.events()
    state = np.full(world.population.size, 2)
    state[:30] = np.where(np.arange(30) % 4 == 0, 1, 0)
    for _, person, left, entered, cause in events_of(trajectory):
        assert state[person] == left
        assert (left == 2) == (cause == -32768)
        state[person] = entered
    assert trajectory.final[:, 0].tolist() == state.tolist()
    assert log.person.max() >= 30


def test_arms_share_comings() -> None:
    """An intervention, however much it changes, moves nobody's entry."""
    world = lively()
    pairs = np.array([[i, i + 30] for i in range(30)], np.int32)
    _, without = run(world, 3)
    _, with_tie = run(world, 3, occurrences=(occurrence(1.0, AddTies("friends", pairs, 1.0)),))
    comings = [
        [(tick, person) for tick, person, _, _, cause in events_of(each) if cause == -32768]
        for each in (without, with_tie)
    ]
    assert comings[0] == comings[1]
    assert events_of(without) != events_of(with_tie)


def test_age_at_entry() -> None:
    """People enter at 20 and age; a hazard ratio of 2 per year doubles their rate with every whole unit that they stay.

    Nobody but them can act. The share unmoved two units after entry is exp(-r (2^a0 …)); entry at the very beginning of
    a unit is not needed, since ages step at whole units of the run: a person who enters in unit k and is looked at at
    the end of unit k + 1 has rates r in the rest of unit k and 2 r in unit k + 1.
    """
    move = Transition("move", ("calm",), "tense", 0.4, susceptibility=(HazardRatio("age", 2.0, 1.0, 20.0),))
    closed = town(
        1, [Behaviour("mood", ("calm", "tense"), (move,))], columns=[Column("age", np.array([20.0]), None, 1.0)]
    )
    world = open_town(Turnover(Enter(rate=2000.0)), until=4, world=closed)
    _, trajectory = run(world, 4)
    log = trajectory.events()
    first = world.population.residents
    entered = {int(p): int(t) for t, p, c in zip(log.tick, log.person, log.cause, strict=True) if c == -32768}
    moved = {int(p): int(t) for t, p, c in zip(log.tick, log.person, log.cause, strict=True) if c == 0 and p >= first}
    unmoved = expected = variance = 0.0
    for person, tick in entered.items():
        unit = tick // TICKS_PER_UNIT
        if unit > 2:
            continue
        rest = unit + 1 - tick / TICKS_PER_UNIT
        chance = np.exp(-0.4 * rest - 0.8)
        expected += chance
        variance += chance * (1 - chance)
        unmoved += moved.get(person, 2**62) >= (unit + 2) * TICKS_PER_UNIT
    assert abs(unmoved - expected) < 4 * np.sqrt(variance)
    not_ageing = sum(
        np.exp(-0.4 * (t // TICKS_PER_UNIT + 2 - t / TICKS_PER_UNIT))
        for t in entered.values()
        if t < 3 * TICKS_PER_UNIT
    )
    assert abs(unmoved - not_ageing) > 10 * np.sqrt(variance)


def test_dates() -> None:
    """People of a file come and go at their own dates, with the state that they would have begun in."""
    columns = [
        Column("arrives", np.array([np.nan, -1.0, 0.0, 1.5, 2.0, 9.0])),
        Column("goes", np.array([1.0, np.nan, np.nan, 2.5, 1.0, np.nan])),
    ]
    world = town(6, [Behaviour("mood", ("calm", "tense"), ())], columns=columns)
    world = replace(world, turnover=Turnover(Enter(at="arrives"), Leave(at="goes")))
    states = np.array([[0], [1], [0], [1], [0], [1]], np.uint8)
    beginning = begin(plan_clocks(world), Draw(1), states, None, 0, to_ticks(4))
    times = np.array([to_ticks(t) for t in (0, 1, 1.5, 2, 2.5, 4)], np.int64)
    trajectory = beginning.simulation((), times, to_ticks(4)).run()
    assert beginning.start[:, 0].tolist() == [0, 1, 0, 2, 2, 2]
    assert trajectory.counts.tolist() == [[2, 1, 3], [1, 1, 4], [1, 2, 3], [2, 2, 2], [2, 1, 3], [2, 1, 3]]


OBESITY = load("obesity")


def changed(changes: dict[str, Any]) -> Any:
    return OBESITY.set({"population.size": 300, "experiment.replicates": 3, "time.horizon": 5, **changes})


def test_a_scenario_with_turnover_runs_and_adds_up(tmp_path: Any) -> None:
    """Effects are over the people there at time 0; curves count everybody who is there."""
    import netrial

    scenario = changed(
        {
            "population.enter": {"rate": 20, "columns": {"area": "rural"}, "ties": {"close_ties": 4}},
            "population.leave": {"rate": {"value": 3, "unit": "year"}},
        }
    )
    results = netrial.run(scenario, out=tmp_path / "run")
    people = results.pairs[results.pairs["estimand"] == "overall"]["people"]
    assert set(people) == {300}
    curves = results.curves[(results.curves["behaviour"] == "obesity") & (results.curves["arm"] == "usual_care")]
    totals = curves.groupby(["replicate", "time"])["count"].sum()
    assert set(totals.xs(0.0, level="time")) == {300}
    assert 0 < totals.xs(5.0, level="time").mean() < 60  # nearly all of the first have left; about 7 newcomers stay
    again = netrial.run(scenario.set("time.observe_every", 0.25), out=tmp_path / "again")
    assert again.outcomes.equals(results.outcomes)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("enter", {}, "needs either `rate` or `at`"),
        ("enter", {"rate": 3, "at": "area"}, "found both"),
        ("enter", {"at": "area"}, "`area` holds words"),
        ("enter", {"rate": -3}, "a rate cannot be -3"),
        ("enter", {"rate": 1e12}, "is the unit right?"),
        ("enter", {"rate": 3, "ties": {"close_tie": 2}}, "did you mean `close_ties`"),
        ("enter", {"rate": 3, "ties": {"close_ties": 300}}, "among 300 people"),
        ("enter", {"rate": 3, "states": {"obesity": "obeese"}}, "did you mean `obese`"),
        ("enter", {"rate": 3, "columns": {"area": "urbane"}}, "did you mean `urban`"),
        ("enter", {"rate": {"by": "area", "values": {"urban": 1, "rural": 2}}}, "the rate of entry is one number"),
        ("leave", {"rate": {"column": "age", "ratio": 2}}, "a hazard ratio is no rate"),
        ("leave", {"rate": 0.1, "where": "start.obesity == obese"}, "cannot be asked for here"),
        ("leave", {"at": "goes"}, "no column is named `goes`"),
        ("leave", {"rte": 0.1}, "did you mean `rate`"),
    ],
)
def test_mistakes_are_placed(key: str, value: Any, words: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        changed({f"population.{key}": value})
    assert words in str(refused.value)


def test_sisa_without_turnover_is_untouched() -> None:
    """A turnover in which nobody moves changes no event of anybody."""
    world = town(30, [sisa(0.1, 0.2, 0.3)], [layer([(i, (i + 1) % 30) for i in range(30)])], [category("a", "x" * 30)])
    states = np.zeros((30, 1), np.uint8)
    closed = begin(plan_clocks(world), Draw(1), states, None, 0, to_ticks(5))
    idle = replace(world, turnover=Turnover(None, Leave(rate=0.0)))
    opened = begin(plan_clocks(idle), Draw(1), states, None, 0, to_ticks(5))
    times = np.array([0], np.int64)
    first, second = (each.simulation((), times, to_ticks(5)).run() for each in (closed, opened))
    assert events_of(first) == events_of(second)


def test_the_mesa_face_says_who_is_there() -> None:
    """People who enter have a view from the beginning, without a state until they are there."""
    model = changed({"population.enter": {"rate": 20}, "population.leave": {"rate": 3.0}}).model()
    newcomer, resident = model.person(300), model.person(0)
    assert (newcomer.present, newcomer.state["obesity"]) == (False, None)
    assert resident.present
    assert resident.state["obesity"] in ("lean", "obese")
    while model.running:
        model.step()
    there = [person for person in model.agents if person.present]
    counts = model.datacollector.get_model_vars_dataframe().iloc[-1]
    assert len(there) == counts["obesity.lean"] + counts["obesity.obese"]
    assert sum(person.state["obesity"] == "obese" for person in there) == counts["obesity.obese"]
