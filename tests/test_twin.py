"""The compiled engine and its slow twin (naive.py) read the same rings and write the same event log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive import Active, NaiveClock, NaiveRun, Ring
from towns import Case, events_of, layer, occurrence, random_case, simulate, sisa, town

from simulator.actions import ScaleSusceptibility
from simulator.behaviour import Behaviour, Transition
from simulator.engine import Simulation, plan_clocks
from simulator.errors import SpecError
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.units import to_ticks

# Slabs of one unit; of several widths; so narrow that places are finer than a tick; all of these at once.
SCALES = [(1.0,), (1.0, 40.0), (2.0**12,), (1.0, 2.0**9, 2.0**16), (2.0**16, 1.0), (2.0**16,)]
BOUNDED = settings(
    max_examples=120, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


def fast(case: Case, draw: Draw) -> Trajectory:
    return case.simulation(draw).run()


def slow(case: Case, draw: Draw, kind: type[NaiveRun] = NaiveRun) -> NaiveRun:
    return case.twin(draw, kind=kind)


def redated(case: Case, late: int = 0) -> Case:
    """Move the arm's dates, and an observation, to `late` ticks after things that happen without it."""
    without = fast(replace(case, occurrences=()), Draw(1))
    ticks = np.unique(np.clip(without.events().tick + late, 0, case.horizon - 1))
    if not ticks.size:
        return case
    chosen = ticks[:: max(1, ticks.size // 5)].tolist()
    occurrences = tuple(
        replace(occurrence, tick=chosen[k % len(chosen)]) for k, occurrence in enumerate(case.occurrences)
    )
    observe_at = np.unique(np.append(case.observe_at, chosen[-1]))
    return replace(case, occurrences=occurrences, observe_at=observe_at)


def assert_twins(trajectory: Trajectory, twin: NaiveRun, case: Case) -> None:
    assert events_of(trajectory) == twin.events
    assert trajectory.counts.tolist() == twin.observed
    assert trajectory.observe_at.tolist() == case.observe_at.tolist()
    assert trajectory.final.tolist() == twin.states
    for column in range(len(case.world.behaviours)):
        now = [int(state) for state in trajectory.start[:, column]]
        since, spent, entered = [0] * len(now), [0] * len(now), [0] * len(now)
        first, last = trajectory.first_state[column], trajectory.first_state[column + 1]
        for tick, person, _, state, _ in twin.events:
            if first <= state < last:
                spent[person] += (tick - since[person]) * (now[person] == 1)
                entered[person] += state - first == 1
                now[person], since[person] = int(state - first), tick
        spent = [t + (case.horizon - s) * (n == 1) for t, s, n in zip(spent, since, now, strict=True)]
        assert trajectory.ticks_in(column, (1,)).tolist() == spent
        assert trajectory.entries(column, (1,)).tolist() == entered
        for k, tick in enumerate(case.observe_at.tolist()):
            in_one = int(np.count_nonzero(trajectory.in_states_at(column, (1,), tick)))
            assert in_one == trajectory.counts[k, first + 1]


@BOUNDED
@given(
    seed=st.integers(0, 10**6),
    n_persons=st.integers(2, 16),
    n_behaviours=st.integers(1, 3),
    n_layers=st.integers(0, 3),
    n_occurrences=st.integers(0, 8),
    scales=st.sampled_from(SCALES),
    late=st.sampled_from([None, -1, 0, 1]),
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
        n_occurrences=n_occurrences, scales=scales, mean_rings=800,
    )  # fmt: skip
    if late is not None:
        case = redated(case, late)
    assert_twins(fast(case, Draw(1)), slow(case, Draw(1)), case)


CASES = [
    random_case(seed, n_persons=10, n_behaviours=2, n_layers=2, n_occurrences=8, scales=SCALES[seed % 6])
    for seed in range(100, 124)
]


class FasterContacts(NaiveRun):
    """Contagion passes a tenth more often than it should."""

    def hazard(self, clock: NaiveClock, *rest: Any) -> float:
        return super().hazard(clock, *rest) * (0.9 if clock.transition.source else 1.0)


class WrongEnd(NaiveRun):
    """Influence multiplies at the receiving end, susceptibility at the sending end."""

    def intervened(self, number: int, end: str, person: int) -> float:
        return super().intervened(number, "receiver" if end == "sender" else "sender", person)


class NamedBackwards(NaiveRun):
    """Influence runs against the arrow of every tie."""

    def ring(self, begin: int, stop: int) -> None:
        turned: dict[int, NaiveClock] = {}
        for clock in self.clocks:
            slots = [
                [way if way.sender is None else replace(way, receiver=way.sender, sender=way.receiver) for way in slot]
                for slot in clock.slots
            ]
            turned[id(clock)] = replace(clock, slots=slots)
        straight, self.clocks = self.clocks, [turned[id(clock)] for clock in self.clocks]
        super().ring(begin, stop)
        self.clocks = straight


class NoExcess(NaiveRun):
    """Factors above the ceiling are clipped."""

    def rings_of(self, clock: NaiveClock, level: int, begin: int, stop: int) -> list[Ring]:
        return super().rings_of(clock, level, begin, stop) if level == 0 else []


class AddedFactors(NaiveRun):
    """Overlapping factors add what they change instead of multiplying."""

    def intervened(self, number: int, end: str, person: int) -> float:
        active, added = self.active, 1.0
        for factor in active:
            self.active = [factor]
            added += super().intervened(number, end, person) - 1
        self.active = active
        return max(added, 0.0)


class Endless(NaiveRun):
    """Factors and added ties do not end."""

    def act(self, *arguments: Any) -> None:
        before = list(map(id, self.active))
        super().act(*arguments)
        self.active = [a if id(a) in before else Active(**{**vars(a), "until": 2**62}) for a in self.active]


class RingsFirst(NaiveRun):
    """A ring at the instant of an action comes before it."""

    def ring(self, begin: int, stop: int) -> None:
        super().ring(begin + (begin > 0), stop + (stop < self.horizon))


@pytest.mark.parametrize(
    "wrong", [FasterContacts, WrongEnd, NamedBackwards, NoExcess, AddedFactors, Endless, RingsFirst]
)
def test_a_wrong_engine_is_told_apart(wrong: type[NaiveRun]) -> None:
    prepare: Callable[[Case], Case] = redated if wrong is RingsFirst else replace
    differ = 0
    for case in map(prepare, CASES):
        twin = slow(case, Draw(1), wrong)
        trajectory = fast(case, Draw(1))
        differ += events_of(trajectory) != twin.events
    assert differ >= 3, f"{wrong.__name__} gives the same events in all but {differ} of {len(CASES)} cases"


def test_rates_are_read_by_the_twin() -> None:
    """A transition that is a tenth faster in the twin's world rings at other instants."""

    def faster(behaviour: Behaviour) -> Behaviour:
        transitions = [
            replace(t, rate=t.rate * 1.1 if isinstance(t.rate, float) else t.rate) for t in behaviour.transitions
        ]
        return replace(behaviour, transitions=tuple[Transition, ...](transitions))

    differ = 0
    for case in CASES:
        wrong = replace(case.world, behaviours={b.name: faster(b) for b in case.world.behaviours.values()})
        differ += events_of(fast(case, Draw(1))) != slow(replace(case, world=wrong), Draw(1)).events
    assert differ >= 12


def test_before_time_zero() -> None:
    """Negative slabs, as in a warm-up, are two's complement."""
    n_events = 0
    for case in CASES[:6]:
        begin = -case.horizon // 2
        occurrences = [replace(one, tick=one.tick + begin) for one in case.occurrences]
        observe_at = case.observe_at + begin
        arguments = (case.start, occurrences, observe_at, case.horizon + begin)
        plan = plan_clocks(case.world)
        trajectory = Simulation(plan, Draw(1), *arguments, now=begin).run()
        twin = NaiveRun(
            case.world, Draw(1), case.start, occurrences, observe_at.tolist(), case.horizon + begin, now=begin
        ).run()
        assert events_of(trajectory) == twin.events
        assert trajectory.counts.tolist() == twin.observed
        n_events += len(twin.events)
    assert n_events > 100


def test_factors_beyond_the_last_level_are_refused() -> None:
    """1024 is the most that factors may multiply to; nothing is clipped."""
    world = town(3, [sisa(0.5, 0.5, 0.5)], [layer([(0, 1), (1, 2)])])
    everybody = np.arange(3, dtype=np.int32)
    double = [ScaleSusceptibility(everybody, "obesity", "catch", np.full(3, 32.0)) for _ in range(2)]
    simulate(world, until=0.1, occurrences=[occurrence(0.0, *double)])
    more = ScaleSusceptibility(everybody[:1], "obesity", "catch", np.array([1.001]))
    with pytest.raises(SpecError, match="1024"):
        simulate(world, until=0.1, occurrences=[occurrence(0.0, *double, more)])


class NamesBackwards(NaiveRun):
    """Rings of one instant are handled in the order of names turned round."""

    def in_order(self, rings: list[Ring]) -> list[Ring]:
        backwards = sorted(rings, key=lambda ring: (ring.name, ring.place_in_slab), reverse=True)
        return sorted(backwards, key=lambda ring: ring.instant)


COINCIDENCES = [4433, 118167, 145666, 252415, 259757, 298691, 329703, 333297, 398657]
"""Slabs, of the first 400,000, in which two clocks of the town below ring at one instant and their order matters."""


@pytest.mark.parametrize("slab", COINCIDENCES)
def test_rings_of_one_instant(slab: int) -> None:
    """Rings at the very same place are handled by name, also where the clocks' slabs differ in width."""
    moves = (
        Transition("down", ("up",), "down", 250.0),
        Transition("up", ("down",), "up", 480.0),
        Transition("away", ("up", "down"), "away", 200.0),
        Transition("back", ("away",), "up", 100.0),
    )
    world = town(1, [Behaviour("mood", ("up", "down", "away"), moves)])
    begin, end = to_ticks(slab), to_ticks(slab + 1)
    start = np.zeros((1, 1), np.uint8)
    run = Simulation(plan_clocks(world), Draw(1), start, (), np.array([end]), end, now=begin).run()
    right, wrong = (kind(world, Draw(1), start, (), [end], end, now=begin).run() for kind in (NaiveRun, NamesBackwards))
    assert right.events != wrong.events
    assert events_of(run) == right.events


SMALL = {"n_persons": 5, "n_behaviours": 2, "n_layers": 2, "n_occurrences": 4, "mean_rings": 250.0}


def small_logs() -> list[Any]:
    """Event logs of two small cases; run below with and without the compiler."""
    cases = [random_case(seed, scales=scales, **SMALL) for seed, scales in ((17, SCALES[1]), (24, SCALES[3]))]  # type: ignore[arg-type]
    return [[list(event) for event in events_of(fast(case, Draw(3)))] for case in cases]


def test_without_the_compiler() -> None:
    """The kernel is plain Python too: NUMBA_DISABLE_JIT=1 gives the same events."""
    here = Path(__file__).parent
    command = "import json, test_twin; print(json.dumps(test_twin.small_logs()))"
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", command],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])},
        capture_output=True,
        text=True,
        check=True,
    )
    compiled = small_logs()
    assert json.loads(finished.stdout) == compiled
    assert min(map(len, compiled)) > 0
    assert sum(map(len, compiled)) >= 100
