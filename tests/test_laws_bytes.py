"""Equal bytes whatever the laws: stops are free and arms are strangers, and the processor decides nothing.

Random worlds that mix all laws with everything a rate may depend on (see `random_laws`), under arms that set states,
scale, add ties and rewire; in some of them people come and go. The checks compare exactly, and have no error rate.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_stops import assert_same_run, by_name
from test_turnover import open_town
from towns import Case, category, events_of, layer, random_case, simulate, town

from interventions.rewiring import exchange
from simulator.actions import Action, Record, RewireTies, ScaleSusceptibility
from simulator.beginning import Beginning, begin
from simulator.behaviour import Behaviour, ByColumn, GroupOf, Response, Series, Source, Transition
from simulator.conditions import parse
from simulator.engine import Simulation, plan_clocks
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.turnover import Enter, Leave, Turnover, with_absent
from simulator.units import TICKS_PER_UNIT
from simulator.world import Occurrence, Situation

SEEDS = (2, 3, 11, 12, 20, 21, 28, 30)
NONE = np.empty(0, np.int64)


def lively(seed: int) -> Case:
    """Return a random case of all laws in which ties are rewired; some of them with people who come and go."""
    scales = ((1.0,), (1.0, 40.0), (60.0,), (1.0, 2.0**12))[seed % 4]
    case = random_case(seed, n_persons=24, n_occurrences=6, scales=scales, mean_rings=3000, laws=True)
    horizon = case.horizon / TICKS_PER_UNIT
    rewirings = [
        Occurrence(case.horizon * (k + 1) // 4, "rewiring", k, lambda situation, k=k: rewired(situation, "layer0", k))
        for k in range(3)
    ]
    case = replace(case, occurrences=(*case.occurrences, *rewirings))
    numbers = [n for b in case.world.behaviours.values() for t in b.transitions for n in _numbers(t)]
    by_age = any(isinstance(number, ByColumn) and number.column == "age" for number in numbers)
    if (
        scales == (1.0,) and case.world.turnover is None and not by_age
    ):  # where people enter, ages lie between those that numbers are given for
        turnover = Turnover(Enter(rate=12 / horizon, ties={"layer0": 2, "layer1": 1}), Leave(rate=0.6 / horizon))
        world = open_town(turnover, until=2 * horizon, world=case.world)
        places = np.zeros((world.population.size - len(case.start), case.start.shape[1]), np.uint8)
        since = None if case.since is None else np.concatenate([case.since, np.zeros(places.shape, np.int64)])
        case = replace(case, world=world, start=np.concatenate([case.start, places]), since=since)
    return case


def _numbers(transition: Transition) -> tuple[Any, ...]:
    return (transition.rate, *transition.susceptibility, *transition.influence)


def rewired(situation: Situation, name: str, occasion: int) -> list[Action]:
    layer = situation.world.network.layers[name]
    ties = situation.tied_in(name)[: layer.n_ties]
    rows = np.arange(occasion % 2, layer.n_ties, 2)
    ends, _ = exchange(ties, rows, layer.directed, situation.draw, "rewiring", occasion)
    return [RewireTies(name, rows, ends)] if rows.size else []


CASES = [lively(seed) for seed in SEEDS]
cases = pytest.mark.parametrize("case", CASES, ids=[f"seed{seed}" for seed in SEEDS])


def beginning_of(case: Case, *, until: int | None = None, warm_up: int = 0) -> Beginning:
    """Let people come until `until`, and warm up."""
    plan = plan_clocks(case.world)
    return begin(plan, Draw(4), case.start, case.since, warm_up, case.horizon if until is None else until)


def simulation(case: Case, *, until: int | None = None, warm_up: int = 0, **changes: Any) -> Simulation:
    case = replace(case, **changes)
    return beginning_of(case, until=until, warm_up=warm_up).simulation(case.occurrences, case.observe_at, case.horizon)


def test_the_cases_hold_everything() -> None:
    transitions = [t for case in CASES for b in case.world.behaviours.values() for t in b.transitions]
    assert {t.law for t in transitions} == {"spontaneous", "per_contact", "proportion", "group", "response"}
    assert sum(bool(t.time_in_state) for t in transitions) > 3
    assert sum(bool(t.series) for t in transitions) > 3
    assert {t.response.reads for t in transitions if t.response} == {"count", "share"}
    assert any(case.world.population.columns["age"].per_time for case in CASES)
    assert any(case.since is not None for case in CASES)
    assert sum(case.world.turnover is not None for case in CASES) > 1
    for case in CASES:
        straight = simulation(case).run()
        still = simulation(case, occurrences=[o for o in case.occurrences if o.intervention != "rewiring"]).run()
        assert len(straight.events().tick) > 30
        if events_of(straight) != events_of(still):
            break
    else:
        raise AssertionError("rewiring changes nothing anywhere")


# --- stops are free ---------------------------------------------------------------------------------------------


@cases
def test_stops(case: Case) -> None:
    stepped = simulation(case)
    luck = random.Random(1)
    for number, tick in enumerate(sorted(luck.randrange(case.horizon) for _ in range(60))):
        stepped.advance(tick)
        if number % 3 == 0:
            stepped._layout = None  # laid out anew, as after an action
    stepped.advance(case.horizon)
    assert_same_run(stepped.trajectory(), simulation(case).run())


@cases
def test_observation(case: Case) -> None:
    straight = simulation(case).run()
    more = np.unique(np.append(case.observe_at, np.linspace(0, case.horizon, 40).astype(np.int64)))
    often, never = (simulation(case, observe_at=times).run() for times in (more, NONE))
    assert events_of(straight) == events_of(often) == events_of(never)
    assert often.counts[np.isin(more, case.observe_at)].tolist() == straight.counts.tolist()


@cases
def test_a_longer_horizon(case: Case) -> None:
    straight = simulation(case).run()
    longer = simulation(case, until=2 * case.horizon, horizon=2 * case.horizon).run()
    events = events_of(longer)
    assert [e for e in events if e[0] < case.horizon] == [e for e in events_of(straight) if e[0] < case.horizon]
    assert longer.counts[:-1].tolist() == straight.counts[: len(longer.counts) - 1].tolist()


def test_a_longer_horizon_where_influence_ages() -> None:
    """Who enters later must not raise, before, the ceiling of `proportion`: the largest influence of all."""
    test_a_longer_horizon(replace(lively(36), occurrences=()))  # its factors would outgrow what is allowed, later


@cases
def test_a_checkpoint(case: Case) -> None:
    """Tick, states, since when, and the ties of those who came: all that a run needs to go on."""
    beginning = beginning_of(case)
    straight = beginning.simulation((), NONE, case.horizon).run()
    half = case.horizon // 2 + 12345
    first = beginning.simulation((), NONE, case.horizon)
    first.advance(half)
    rest = Simulation(
        beginning.plan, Draw(4), first.states, (), NONE, case.horizon, now=half, since=first.entered_at(),
        comings=beginning.comings, entrant_ties=first.entrants_tied(),
    ).run()  # fmt: skip
    assert events_of(first.trajectory()) + events_of(rest) == events_of(straight)
    assert rest.final.tolist() == straight.final.tolist()


@cases
def test_a_warm_up_is_the_time_before(case: Case) -> None:
    warm_up = case.horizon // 3
    beginning = beginning_of(case, warm_up=warm_up)
    after = beginning.simulation((), NONE, case.horizon).run()
    start = with_absent(beginning.plan.world, case.start, -warm_up)
    whole = Simulation(
        beginning.plan, Draw(4), start, (), NONE, case.horizon, now=-warm_up, since=case.since,
        comings=beginning.comings,
    )  # fmt: skip
    events = events_of(whole.run())
    assert events_of(after) == [event for event in events if event[0] >= 0]
    assert any(event[0] < 0 for event in events)


@cases
def test_interventions_that_do_nothing(case: Case) -> None:
    everybody = np.arange(24, dtype=np.int32)
    behaviour = next(iter(case.world.behaviours.values()))
    ones = ScaleSusceptibility(everybody, behaviour.name, behaviour.transitions[0].name, np.ones(24))
    idle: list[list[Action]] = [
        [],
        [Record("reach", 3, 1.0)],
        [ones],
        [RewireTies("layer0", NONE, np.empty((0, 2), np.int32))],
    ]
    nothing = [
        Occurrence(tick, "zz nothing", number, lambda situation, actions=actions: actions)  # type: ignore[misc]
        for number, tick in enumerate((0, case.horizon // 3, case.horizon // 2))
        for actions in idle
    ]
    straight, idled = simulation(case).run(), simulation(case, occurrences=(*nothing, *case.occurrences)).run()
    assert [event[:4] for event in events_of(idled)] == [event[:4] for event in events_of(straight)]
    assert idled.counts.tolist() == straight.counts.tolist()


@cases
def test_another_arm_on_the_same_plan(case: Case) -> None:
    beginning = beginning_of(case)

    def run(occurrences: Sequence[Occurrence]) -> Trajectory:
        return beginning.simulation(occurrences, case.observe_at, case.horizon).run()

    control, arm = run(()), run(case.occurrences)
    assert_same_run(run(()), control)
    assert_same_run(run(case.occurrences), arm)
    first = min(occurrence.tick for occurrence in case.occurrences)
    assert [e for e in events_of(arm) if e[0] < first] == [e for e in events_of(control) if e[0] < first]


@cases
@pytest.mark.parametrize("name", ["aa", "zz"])
def test_transitions_that_nobody_can_take(case: Case, name: str) -> None:
    """Of every law, with times in states and series that stop the clocks; wherever their names come in order."""
    other, per = next(iter(case.world.behaviours)), TICKS_PER_UNIT / case.horizon
    source = Source(other, case.world.behaviours[other].states)
    more: dict[str, Any] = {
        "spontaneous": {},
        "per_contact": {"source": source, "layers": {"layer0": 1.0}},
        "proportion": {"source": source, "layers": {"layer0": 1.0, "layer1": 2.0}},
        "group": {"source": source, "group": GroupOf("sort")},
        "response": {"source": source, "layers": {"layer1": 1.0}, "response": Response("count", threshold=1.0)},
    }
    idle = tuple(
        Transition(
            law, ("unheard of",), "none", 300 * per, law, where=None if law == "per_contact" else parse("age > 30"),
            time_in_state=((0.0, 1.0), (0.1 / per, 0.5)), series=(Series(((0.0, 1.0), (0.31 / per, 0.5))),), **given,
        )
        for law, given in more.items()
    )  # fmt: skip
    behaviours = [*case.world.behaviours.values(), Behaviour(name, ("none", "unheard of"), idle)]
    world = replace(case.world, behaviours={each.name: each for each in behaviours})
    start = np.concatenate([case.start, np.zeros((len(case.start), 1), np.uint8)], axis=1)
    since = None if case.since is None else np.concatenate([case.since, case.since[:, :1]], axis=1)
    wider = simulation(case, world=world, start=start, since=since).run()
    assert named(wider, world, but=name) == named(simulation(case).run(), case.world)


def test_a_transition_that_nobody_can_take_along_rewired_ties() -> None:
    """Slots of unlike people, of a transition that nobody can take: the luck of other transitions stays their own."""
    catch = Transition("catch", ("a",), "b", 0.5, "per_contact", Source("x", ("b",)), {"ties": 1.0})
    back = Transition("back", ("b",), "a", 0.5)
    idle = replace(catch, name="idle", from_states=("unheard of",), rate=ByColumn("sort", {"p": 1.0, "q": 0.5}))
    column = category("sort", ["p", "q"] * 10)
    ties = layer([(i, (i + k) % 20) for i in range(20) for k in (1, 3)])
    act = Occurrence(1 << 40, "rewiring", 0, lambda situation: rewired(situation, "ties", 0))
    start = (np.arange(20) % 3 == 0).astype(np.uint8)[:, None]
    one, two = (
        events_of(simulate(world, until=9.0, start=start, occurrences=[act]))
        for more in ((), (idle,))
        for world in [town(20, [Behaviour("x", ("a", "b", "unheard of"), (catch, back, *more))], [ties], [column])]
    )
    assert one == two


def named(trajectory: Trajectory, world: Any, but: str = "") -> list[tuple[Any, ...]]:
    """Events by name, those of one behaviour left out; not being there, and leaving, have names too."""
    if world.turnover is None:
        return by_name(world, events_of(trajectory), but=but)
    names = [(b.name, state) for b in world.behaviours.values() for state in (*b.states, "not there")]
    n_transitions = sum(len(b.transitions) for b in world.behaviours.values())
    causes = [(b.name, t.name) for b in world.behaviours.values() for t in b.transitions]
    return [
        (tick, person, names[left], names[entered], causes[cause] if 0 <= cause < n_transitions else cause < 0)
        for tick, person, left, entered, cause in events_of(trajectory)
        if names[left][0] != but
    ]


# --- the processor decides nothing ------------------------------------------------------------------------------


def digests(change: Callable[[Case], Case] = lambda case: case) -> list[str]:
    """Return a hash of the event log of each case."""
    found = []
    for case in CASES:
        log = simulation(change(case)).run().events()
        found.append(
            hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in vars(log).values())).hexdigest()
        )
    return found


def test_a_plain_processor_writes_the_same_bytes(tmp_path: Path) -> None:
    """Code compiled for any processor of the family, and numpy without its faster instructions, in another process."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    plain = os.environ | {
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "NUMBA_CACHE_DIR": str(tmp_path),
        "NPY_DISABLE_CPU_FEATURES": " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name)),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), str(Path(__file__).parent)]),
    }
    program = "import json, test_laws_bytes; print(json.dumps(test_laws_bytes.digests()))"
    done = subprocess.run([sys.executable, "-c", program], env=plain, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    here = digests()
    assert json.loads(done.stdout) == here
    assert len(set(here)) == len(here)
    assert digests(lambda case: replace(case, occurrences=case.occurrences[:-1])) != here
