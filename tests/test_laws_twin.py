"""Engine and slow twin write the same log under every exposure law, whatever numbers, conditions and times depend on.

Wrong twins, one for each mistake that an engine might make, must differ.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import naive_laws as laws
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive import Active, Added, NaiveClock, NaiveRun
from naive_laws import Entry, Words
from test_twin import BOUNDED, SCALES, assert_twins, redated
from towns import Case, events_of, layer, occurrence, random_case, town

from simulator.actions import ScaleInfluence, SetStates
from simulator.behaviour import LAWS, Behaviour, GroupOf, HazardRatio, Response, Series, Source, Transition
from simulator.population import Column
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.turnover import Leave, Turnover
from simulator.units import to_ticks

# --- the same log ---------------------------------------------------------------------------------------------------


@BOUNDED
@given(
    seed=st.integers(0, 10**6),
    n_persons=st.integers(1, 16),
    n_behaviours=st.integers(1, 3),
    n_layers=st.integers(0, 3),
    n_occurrences=st.integers(0, 8),
    scales=st.sampled_from(SCALES),
    late=st.sampled_from([None, None, -1, 0, 1]),
)
def test_same_event_log(
    seed: int,
    n_persons: int,
    n_behaviours: int,
    n_layers: int,
    n_occurrences: int,
    scales: tuple[float, ...],
    late: int | None,
) -> None:
    case = random_case(
        seed, n_persons=n_persons, n_behaviours=n_behaviours, n_layers=n_layers,
        n_occurrences=n_occurrences, scales=scales, mean_rings=600, laws=True,
    )  # fmt: skip
    if late is not None:
        case = redated(case, late)
    assert_twins(case.simulation(Draw(1)).run(), case.twin(Draw(1)), case)


def by_hand(rate: float) -> list[Case]:
    """Two mistakes are rare at random: influence that is scaled under `response`, and a state that is set again."""
    ties = layer([(i, j) for i in range(8) for j in range(i)])
    source, response = Source("obesity", ("obese",)), Response("count", ((0.0, 0.1), (8.0, 1.0)), "linear")
    catch = Transition("catch", ("lean",), "obese", rate, "response", source, {"ties": 1.0}, response=response)
    lose = Transition("lose", ("obese",), "lean", rate, time_in_state=((0.0, 1.0), (0.5, 0.1)))
    everybody, end = np.arange(8, dtype=np.int32), to_ticks(8.0)
    acts = [
        [ScaleInfluence(everybody, "obesity", "catch", np.full(8, 3.0))],
        [SetStates(everybody, "obesity", "obese")],
    ]
    found = []
    for act in acts:
        occurrences = tuple(occurrence(time, *act, occasion=k) for k, time in enumerate((0.3, 0.9, 1.7)))
        world = town(8, [Behaviour("obesity", ("lean", "obese"), (catch, lose))], [ties])
        found.append(Case(world, np.arange(8, dtype=np.uint8)[:, None] % 2, occurrences, np.array([end]), end))
    return found


@cache
def cases() -> tuple[Case, ...]:
    """Cases that wrong twins are tried on: two in three last long enough for ages to grow."""
    drawn = [
        random_case(
            seed, n_persons=8, n_behaviours=2, n_layers=2, n_occurrences=6, mean_rings=1200, laws=True,
            scales=SCALES[seed % 6] if seed % 3 == 0 else SCALES[0],
        )
        for seed in range(68)
    ]  # fmt: skip
    return (*by_hand(0.7), *by_hand(1.3), *drawn)


@cache
def right(number: int) -> tuple[tuple[int, ...], ...]:
    """What the engine does in one of the cases."""
    return tuple(events_of(cases()[number].simulation(Draw(1)).run()))


def test_the_cases_hold_everything() -> None:
    """Every law moves people in at least six of the cases; every kind of number and condition is in use."""
    moved: dict[str, int] = dict.fromkeys(LAWS, 0)
    used: dict[str, int] = {}
    for number, case in enumerate(cases()):
        transitions = [t for b in case.world.behaviours.values() for t in b.transitions]
        for law in {transitions[cause].law for *_, cause in right(number) if cause >= 0}:
            moved[law] += 1
        for one in transitions:
            parts = {
                "where": one.where, "time in state": one.time_in_state, "series": one.series,
                "source weights": one.source and one.source.weights, "group where": one.group and one.group.where,
                "threshold": one.response and one.response.threshold is not None,
                "linear": one.response and one.response.table and one.response.shape == "linear",
                "season": any(each.repeats_every for each in one.series),
                **{type(number).__name__: True for number in (one.rate, *one.susceptibility, *one.influence)},
            }  # fmt: skip
            for name, part in parts.items():
                used[name] = used.get(name, 0) + bool(part)
        for name in ("since", "turnover"):
            used[name] = used.get(name, 0) + (case.since is not None if name == "since" else bool(case.world.turnover))
    assert min(moved.values()) >= 6, moved
    assert min(used.values()) >= 6, used


def test_before_time_zero() -> None:
    """Seasons, ages and dates before 0."""
    n_events = 0
    for case in cases()[:20]:
        begin = -case.horizon // 2
        occurrences = tuple(replace(one, tick=one.tick + begin) for one in case.occurrences)
        since = None if case.since is None else case.since + begin
        early = replace(
            case, occurrences=occurrences, observe_at=case.observe_at + begin, horizon=case.horizon + begin, since=since
        )
        twin = early.twin(Draw(1), begin)
        trajectory = early.simulation(Draw(1), begin).run()
        assert events_of(trajectory) == twin.events
        assert trajectory.counts.tolist() == twin.observed
        n_events += len(twin.events)
    assert n_events > 300


def test_ages_grow_at_whole_units() -> None:
    """Over many years, some of them before 0, hazards outgrow their ceilings: levels ring, and are shared by both."""
    column_ages = [20.0, 33.0, 45.0, 58.0]
    older = HazardRatio("age", 1.6, 4.0, 45.0)
    catch = Transition(
        "catch", ("lean",), "obese", 0.3, "proportion", Source("obesity", ("obese",)), {"ties": 1.0},
        susceptibility=(older,), influence=(HazardRatio("age", 1.3, 5.0, 45.0),),
    )  # fmt: skip
    moves = (
        Transition("become", ("lean",), "obese", 0.1, susceptibility=(older,)),
        catch,
        Transition("lose", ("obese",), "lean", 0.5, susceptibility=(HazardRatio("age", 0.8, 4.0, 45.0),)),
    )
    ties = layer([(0, 1), (1, 2), (2, 3), (0, 3)])
    age = Column("age", np.array(column_ages), per_time=1.0)
    world = town(4, [Behaviour("obesity", ("lean", "obese"), moves)], [ties], [age])
    begin, end = to_ticks(-6.5), to_ticks(12.25)
    case = Case(world, np.zeros((4, 1), np.uint8), (), np.array([end]), end)
    twin = case.twin(Draw(1), begin)
    assert events_of(case.simulation(Draw(1), begin).run()) == twin.events
    assert len(twin.events) > 20
    assert any(ring.name[-1] >= 2 for clock in twin.clocks for ring in twin.rings_of(clock, 2, 0, end))


class GivesUp(NaiveRun):
    """After 32 refusals nobody is met."""

    def draw_contact(self, entries: list[Entry], words: Words) -> int | None:
        return super().draw_contact(entries, self.watched(words))

    def draw_other(self, members: list[int], person: int, words: Words) -> int | None:
        return super().draw_other(members, person, self.watched(words))

    def watched(self, words: Words) -> Words:
        self.scans = getattr(self, "scans", 0)

        def watching(attempt: int) -> tuple[int, int, int, int]:
            self.scans += attempt == 33
            return words(attempt)

        return watching

    def sending(self, clock: NaiveClock, person: int, tick: int) -> float:
        scanned, self.scans = getattr(self, "scans", 0), 0
        return 0.0 if scanned else super().sending(clock, person, tick)


@pytest.mark.parametrize("law", ["proportion", "group"])
def test_after_32_refusals(law: str) -> None:
    """Sixty contacts of whom most have left, two carry weight; and a group that most have left."""
    n = 61
    weights = [1e-3] * (n - 1)
    weights[17] = weights[40] = 2.0
    left = np.full(n, -1.0)
    left[[0, 5, 18, 41, 60]] = np.nan
    ties = layer([(0, i) for i in range(1, n)], weights=weights)
    parts = {"group": GroupOf("group")} if law == "group" else {"layers": {"ties": 1.0}}
    moves = (
        Transition("join", ("off",), "on", 20.0, law, Source("habit", ("on",)), **parts),
        Transition("begin", ("off",), "on", 1.0),
        Transition("back", ("on",), "off", 8.0),
    )
    columns = [Column("left", left), Column("group", np.zeros(n))]
    closed = town(n, [Behaviour("habit", ("off", "on"), moves)], [ties], columns)
    start = np.ones((n, 1), np.uint8)
    end = to_ticks(10.0)
    case = Case(replace(closed, turnover=Turnover(leave=Leave(at="left"))), start, (), np.array([end]), end)
    log = events_of(case.simulation(Draw(1)).run())
    assert log == case.twin(Draw(1)).events
    assert len(log) > 40
    assert log != case.twin(Draw(1), kind=GivesUp).events


def small_logs() -> list[Any]:
    """Event logs of six small cases; run below with and without the compiler."""
    small = [
        random_case(seed, n_persons=5, n_behaviours=2, n_layers=2, n_occurrences=4, mean_rings=300, laws=True)
        for seed in range(3, 9)
    ]
    return [[list(event) for event in events_of(case.simulation(Draw(3)).run())] for case in small]


def test_without_the_compiler() -> None:
    """The kernel is plain Python too: NUMBA_DISABLE_JIT=1 gives the same events under all laws."""
    here = Path(__file__).parent
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import json, test_laws_twin as t; print(json.dumps(t.small_logs()))"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled = small_logs()
    assert json.loads(finished.stdout) == compiled
    assert sum(map(len, compiled)) >= 50


# --- stops are free -------------------------------------------------------------------------------------------------


def assert_same(one: Trajectory, two: Trajectory) -> None:
    assert events_of(one) == events_of(two)
    assert one.final.tolist() == two.final.tolist()
    assert one.counts.tolist() == two.counts.tolist()


@pytest.mark.parametrize("number", range(0, 72, 6))
def test_stops_are_free(number: int) -> None:
    """Stops at odd instants, and what may ring laid out anew at each, change nothing under any law."""
    case = cases()[number]
    stopped = case.simulation(Draw(1))
    for k in range(1, 23):
        stopped.advance(case.horizon * k // 23 + k % 3)
        stopped._layout = None
    assert_same(case.simulation(Draw(1)).run(), stopped.run())


@pytest.mark.parametrize("number", range(1, 72, 6))
def test_a_checkpoint_is_states_and_times(number: int) -> None:
    """A run that begins where another stopped, with its states and the ticks of entry, goes on as that one did."""
    case = replace(cases()[number], occurrences=())
    half = case.horizon // 2
    before = replace(case, horizon=half, observe_at=np.array([half])).simulation(Draw(1))
    first = events_of(before.run())
    whole = case.simulation(Draw(1))
    log = events_of(whole.run())
    again = replace(
        whole, start=before.states, now=half, since=before.entered_at(), observe_at=np.array([case.horizon])
    )
    assert first + events_of(again.run()) == log


# --- wrong twins ----------------------------------------------------------------------------------------------------


class Unweighted(NaiveRun):
    """Draws every contact alike, whatever the weight of the tie."""

    def draw_contact(self, entries: list[Entry], words: Words) -> int | None:
        return super().draw_contact([(contact, 1.0 if weight else 0.0) for contact, weight in entries], words)


class CountsTheDead(NaiveRun):
    """Ties to people who have left still count below the fraction line."""

    def draw_contact(self, entries: list[Entry], words: Words) -> int | None:
        return laws.draw_contact(entries, lambda person: True, words)


class GroupOfOneself(NaiveRun):
    """The share of a group includes the person."""

    def draw_other(self, members: list[int], person: int, words: Words) -> int | None:
        return laws.draw_other(members, -1, self.living, words)


class EverybodyInTheGroup(NaiveRun):
    """`where` of a group is not read."""

    def group_of(self, transition: Transition, person: int) -> list[int]:
        assert transition.group is not None
        return super().group_of(replace(transition, group=replace(transition.group, where=None)), person)


class OneLayerAtATime(NaiveRun):
    """Reads the first of its layers only."""

    def entries_of(self, transition: Transition, person: int) -> list[Entry]:
        return super().entries_of(replace(transition, layers=dict(list(transition.layers.items())[:1])), person)


class NoAddedTies(NaiveRun):
    """Pooled laws do not see ties that interventions add."""

    def entries_of(self, transition: Transition, person: int) -> list[Entry]:
        return laws.entries_of(self.world, transition, person, [])


class AddedTiesFirst(NaiveRun):
    """Added ties come in the order in which they were added."""

    def entries_of(self, transition: Transition, person: int) -> list[Entry]:
        own = laws.entries_of(self.world, transition, person, [])
        added = [Added(a.layer, a.segment, row, ends, a.weight) for a in self.active for row, ends in enumerate(a.ties)]
        return own + laws.entries_of(self.world, transition, person, added)[len(own) :][::-1]


class AlongTheArrow(NaiveRun):
    """Pooled laws read a directed tie from its wrong end."""

    def entries_of(self, transition: Transition, person: int) -> list[Entry]:
        straight, layers = self.world, self.world.network.layers
        turned = {name: replace(one, ties=one.ties[:, ::-1]) if one.directed else one for name, one in layers.items()}
        self.world = replace(straight, network=replace(straight.network, layers=turned))
        found = super().entries_of(transition, person)
        self.world = straight
        return found


class StepAfterThePoint(NaiveRun):
    """A step begins behind its point: < instead of <=."""

    def factor_of(self, response: Response, threshold: float, value: float) -> float:
        return super().factor_of(response, threshold, value - 2e-9)


class StepForLinear(NaiveRun):
    """A linear table is read as a step."""

    def factor_of(self, response: Response, threshold: float, value: float) -> float:
        return super().factor_of(replace(response, shape="step"), threshold, value)


class RoundsUpTo(NaiveRun):
    """An unknown threshold is passed by anybody."""

    def factor_of(self, response: Response, threshold: float, value: float) -> float:
        return super().factor_of(response, 0.0 if threshold != threshold else threshold, value)


class ShareForCount(NaiveRun):
    """Reads a share where a count is meant."""

    def response(self, clock: NaiveClock, person: int, tick: int) -> float:
        response = clock.transition.response
        assert response is not None
        transition = replace(clock.transition, response=replace(response, reads="share"))
        return super().response(replace(clock, transition=transition), person, tick)


class InfluenceOutsideTheSum(NaiveRun):
    """Interventions on influence do not change what `response` counts."""

    def response(self, clock: NaiveClock, person: int, tick: int) -> float:
        active = self.active
        self.active = [a for a in active if a.end != "sender"]
        found = super().response(clock, person, tick)
        self.active = active
        return found


class SinceTheStart(NaiveRun):
    """Time in state is the time since the run began."""

    def move(self, person: int, column: int, *rest: Any) -> None:
        entered = self.entered[person][column]
        super().move(person, column, *rest)
        self.entered[person][column] = entered


class SinceNow(NaiveRun):
    """Everybody entered at the start, whatever `since` says."""

    def run(self) -> NaiveRun:
        self.since = None
        return super().run()


class SetAgain(NaiveRun):
    """Setting a state that one already has restarts its time."""

    def act(self, action: Any, *rest: Any) -> None:
        super().act(action, *rest)
        if hasattr(action, "state"):
            column = list(self.world.behaviours).index(action.behaviour)
            for person in action.persons.tolist():
                self.entered[person][column] = self.now


class LateSeries(NaiveRun):
    """A series is read a fiftieth of the horizon late."""

    def seasonal(self, series: Series, tick: int) -> float:
        return super().seasonal(series, tick - self.horizon // 50)


class OnceOnly(NaiveRun):
    """A season does not come again."""

    def seasonal(self, series: Series, tick: int) -> float:
        return super().seasonal(replace(series, repeats_every=None), tick)


class InfluenceAtTheWrongEnd(NaiveRun):
    """The influence of the receiving end counts."""

    def sending(self, clock: NaiveClock, person: int, tick: int) -> float:
        bare = replace(clock, transition=replace(clock.transition, influence=()))
        return super().sending(bare, person, tick)

    def receiving(self, clock: NaiveClock, person: int, tick: int) -> float:
        transition = clock.transition
        both = replace(transition, susceptibility=(*transition.susceptibility, *transition.influence))
        return super().receiving(replace(clock, transition=both), person, tick)


class NoSourceWeights(NaiveRun):
    """Contacts count alike in all source states."""

    def sending(self, clock: NaiveClock, person: int, tick: int) -> float:
        source = clock.transition.source
        assert source is not None
        alike = replace(clock, transition=replace(clock.transition, source=replace(source, weights=())))
        return super().sending(alike, person, tick)


class StatesAtTheStart(NaiveRun):
    """Own states are read as they were at the start, not as they are now."""

    def receiving(self, clock: NaiveClock, person: int, tick: int) -> float:
        states, self.states = self.states, self.start.tolist()
        found = super().receiving(clock, person, tick) if self.living(person) else 0.0
        self.states = states
        return found


class NoConditions(NaiveRun):
    """`where` is not read."""

    def receiving(self, clock: NaiveClock, person: int, tick: int) -> float:
        return super().receiving(replace(clock, transition=replace(clock.transition, where=None)), person, tick)


class NobodyAges(NaiveRun):
    """Hazard ratios stay those of time 0."""

    def receiving(self, clock: NaiveClock, person: int, tick: int) -> float:
        return super().receiving(clock, person, tick) / laws.ageing(
            self.world, laws.receiving_numbers(clock.transition), tick
        )


class OneTryOnly(NaiveRun):
    """A refused contact is not drawn again."""

    def draw_contact(self, entries: list[Entry], words: Words) -> int | None:
        return laws.draw_contact(entries, self.living, lambda attempt: words(min(attempt, 1) if attempt < 33 else 1))


class EndlessTies(NaiveRun):
    """Added ties do not end."""

    def act(self, *arguments: Any) -> None:
        before = list(map(id, self.active))
        super().act(*arguments)
        self.active = [
            a if id(a) in before or not a.ties else Active(**{**vars(a), "until": 2**62}) for a in self.active
        ]


WRONG = [
    Unweighted, CountsTheDead, GroupOfOneself, EverybodyInTheGroup, OneLayerAtATime, NoAddedTies, AddedTiesFirst,
    AlongTheArrow, StepAfterThePoint, StepForLinear, RoundsUpTo, ShareForCount, InfluenceOutsideTheSum, SinceTheStart,
    SinceNow, SetAgain, LateSeries, OnceOnly, InfluenceAtTheWrongEnd, NoSourceWeights, StatesAtTheStart, NoConditions,
    NobodyAges, OneTryOnly, EndlessTies,
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_a_wrong_engine_is_told_apart(wrong: type[NaiveRun]) -> None:
    """Each mistake shows in at least one of the cases; the search ends at the second."""
    differ = 0
    for number, case in enumerate(cases()):
        differ += tuple(case.twin(Draw(1), kind=wrong).events) != right(number)
        if differ == 2:
            return
    raise AssertionError(f"{wrong.__name__} gives the same events in all but {differ} cases")


@pytest.mark.parametrize("number", range(72))
def test_the_right_twin_agrees_on_these_cases(number: int) -> None:
    assert tuple(cases()[number].twin(Draw(1)).events) == right(number)
