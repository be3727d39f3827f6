"""What a run will cost, before it starts: rings by transition, how many of them will be idle, time, and memory.

Rings follow from the clocks and the horizon. How many of them are idle (find nobody to move) is measured by a pilot:
the control of replicate 0, stopped after about half a second. Stops change nothing, so the pilot is what the run does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from experiments.memory import footprint_of
from experiments.wording import plural
from simulator.footprint import Footprint, available_memory, in_words
from simulator.units import from_ticks

if TYPE_CHECKING:
    from interventions.specs import Intervention
    from scenarios.loading import Scenario
    from simulator.clock_plan import ClockPlan
    from simulator.engine import Simulation
    from simulator.foresight import SilentSimulation

PILOT_SECONDS = 0.5
FIRST_RINGS = 20_000
"""Rings of the pilot's first step, on average; each further step is twice as long."""

MOST_SLOTS = 2_000_000
"""People and ties up to which all arms' interventions are tried; beyond, arms are taken to ring as the control does."""

MANY, FEW = 0.5, 0.01
"""A transition that has at least this share of all rings, and acts in at most this share of them, is worth a word."""

EXACTLY_SHOWN = 12
"""Transitions that are listed, those with most rings first."""


@dataclass(frozen=True)
class TransitionForecast:
    """One transition's clocks.

    Parameters
    ----------
    name : str
        ``behaviour.transition``.
    law : str
    leaves : tuple of str
        States that it leaves.
    rings : float
        Expected in the control, from time 0 to the horizon.
    acted : float, optional
        Share of its rings in the pilot that moved somebody; None: it did not ring.
    able : float
        Share of people who were in a state that it leaves when the pilot ended.
    ceiling : float
        The largest rate of a slot, per time unit.
    """

    name: str
    law: str
    leaves: tuple[str, ...]
    rings: float
    acted: float | None
    able: float
    ceiling: float


@dataclass(frozen=True)
class Forecast:
    """What a run will cost.

    Parameters
    ----------
    transitions : tuple of TransitionForecast
        By number.
    arms : mapping of str to float
        Expected rings of one replicate, from time 0 to the horizon.
    warm_up : float
        Expected rings of one replicate before time 0, once for all arms.
    alike : bool
        Whether arms were taken to ring as the control does.
    replicates, threads : int
    pilot_rings : int
    pilot_events : int
    pilot_span : (float, float)
        From when to when it went, in the scenario's time unit.
    seconds_a_ring : float
        On one thread; 0 where nothing rang.
    memory : Footprint
    available : int, optional
        Bytes free.
    again : tuple of str
        Arms that are run once more in each replicate, as if the whole network were known.
    """

    transitions: tuple[TransitionForecast, ...]
    arms: Mapping[str, float]
    warm_up: float
    alike: bool
    replicates: int
    threads: int
    pilot_rings: int
    pilot_events: int
    pilot_span: tuple[float, float]
    seconds_a_ring: float
    memory: Footprint
    available: int | None
    again: tuple[str, ...] = ()

    @property
    def each(self) -> float:
        """Rings of one replicate."""
        return self.warm_up + sum(self.arms.values()) + sum(self.arms[name] for name in self.again)

    @property
    def rings(self) -> float:
        """Rings of the whole run."""
        return self.replicates * self.each

    @property
    def seconds(self) -> float:
        """Seconds that all rings take."""
        return self.rings * self.seconds_a_ring / min(self.threads, self.replicates)

    @property
    def idle(self) -> float:
        """Share of the pilot's rings that moved nobody."""
        return 1 - self.pilot_events / self.pilot_rings if self.pilot_rings else 0.0


def forecast(
    scenario: Scenario, plan: ClockPlan, states: np.ndarray, *, threads: int, only: Collection[str] | None = None
) -> Forecast:
    """Foresee what running a scenario costs.

    Parameters
    ----------
    scenario : Scenario
    plan : ClockPlan
        Of network 0.
    states : uint8[n_persons, n_behaviours]
        Initial states of replicate 0.
    threads : int
    only : collection of str, optional
        Arms that are run, the control among them; default: all.
    """
    from experiments.knowledge import with_perfect_knowledge
    from interventions.schedule import occurrences
    from scenarios import build
    from scenarios.worlds import since_of
    from simulator.foresight import before_warm_up
    from simulator.streams import Draw
    from simulator.units import to_ticks

    spec = scenario.spec
    arms = {name: members for name, members in build.arms_of(spec).items() if only is None or name in only}
    draw = Draw(spec.experiment.seed, "replicate", 0)
    warm_up, horizon = to_ticks(build.warm_up_of(spec)), to_ticks(build.horizon_of(spec))
    make = before_warm_up(plan, draw, states, since_of(scenario, plan.world, states), warm_up, horizon)
    control, before = _rings(make, arms[scenario.control], horizon)
    small = plan.world.population.size + len(plan.ties) <= MOST_SLOTS
    found = {
        name: float(_rings(make, members, horizon)[0].sum()) if small and members else float(control.sum())
        for name, members in arms.items()
    }
    pilot = _pilot(partial(make, occurrences=occurrences(arms[scenario.control])), horizon, warm_up)
    events = pilot.events * (horizon + warm_up) / max(pilot.until + warm_up, 1)
    memory = footprint_of(scenario, tuple(arms), threads, n_events=int(events))
    return Forecast(
        transitions=_transitions(plan, control, pilot),
        arms=found,
        warm_up=float(before.sum()),
        alike=not small,
        replicates=spec.experiment.replicates,
        threads=threads,
        pilot_rings=pilot.rings,
        pilot_events=pilot.events,
        pilot_span=(from_ticks(-warm_up), from_ticks(pilot.until)),
        seconds_a_ring=pilot.seconds / pilot.rings if pilot.rings else 0.0,
        memory=memory,
        available=available_memory(),
        again=tuple(with_perfect_knowledge(arms, scenario.control)),
    )


def _rings(
    make: Callable[..., Simulation], members: Sequence[Intervention], horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return float64[n_transitions] twice: rings expected in one arm from time 0 on, and before."""
    from interventions.schedule import occurrences
    from simulator.foresight import SilentSimulation

    silent = make(SilentSimulation, occurrences(members))
    assert isinstance(silent, SilentSimulation)
    silent.advance(0)
    before = silent.expected.copy()
    silent.advance(horizon)
    return silent.expected - before, before


@dataclass(frozen=True)
class _Pilot:
    """What the pilot found: how many rings there were, and moves by transition; expected rings by transition."""

    until: int
    seconds: float
    rings: int
    moves: np.ndarray
    expected: np.ndarray
    counts: np.ndarray

    @property
    def events(self) -> int:
        return int(self.moves.sum())


def _pilot(make: Callable[..., Simulation], horizon: int, warm_up: int) -> _Pilot:
    """Run the control from the beginning in steps, each twice as long as the one before, until it took long enough."""
    from simulator.foresight import SilentSimulation

    silent = make(SilentSimulation)
    assert isinstance(silent, SilentSimulation)
    step = _first_step(silent, horizon + warm_up)
    silent = make(SilentSimulation)
    assert isinstance(silent, SilentSimulation)
    run = make()
    run.advance(run.now + 1)  # compiles, or reads what was compiled
    began = time.perf_counter()
    before, elapsed = run.rings, 0.0
    while run.now < horizon and elapsed < PILOT_SECONDS / 2:
        run.advance(min(horizon, run.now + step))
        step *= 2
        elapsed = time.perf_counter() - began
    silent.advance(run.now)
    causes = run.trajectory().events().cause
    return _Pilot(
        until=run.now,
        seconds=elapsed,
        rings=run.rings - before,
        moves=np.bincount(causes[causes >= 0], minlength=silent.expected.size),
        expected=silent.expected,
        counts=run.counts.copy(),
    )


def _first_step(silent: SilentSimulation, longest: int) -> int:
    """Return in how many ticks the clocks ring about `FIRST_RINGS` times."""
    begin = silent.now
    silent.advance(begin + 1)
    per_tick = float(silent.expected.sum())
    return max(1, min(longest, int(FIRST_RINGS / per_tick))) if per_tick else max(1, longest)


def _transitions(plan: ClockPlan, control: np.ndarray, pilot: _Pilot) -> tuple[TransitionForecast, ...]:
    from simulator.clock_making import numbered_transitions
    from simulator.foresight import transition_names

    found = []
    for number, (name, (behaviour, transition)) in enumerate(
        zip(transition_names(plan.world), numbered_transitions(plan.world), strict=True)
    ):
        first = int(plan.first_state[plan.world.column_of(behaviour.name)])
        there = pilot.counts[first : first + len(behaviour.states)]
        able = sum(there[behaviour.code(state)] for state in transition.from_states)
        rang = float(pilot.expected[number])
        ceilings = [clock.ceiling for clock in plan.clocks if clock.number == number]
        found.append(
            TransitionForecast(
                name=name,
                law=transition.law,
                leaves=transition.from_states,
                rings=float(control[number]),
                acted=min(1.0, float(pilot.moves[number]) / rang) if rang > 0 else None,
                able=float(able / max(there.sum(), 1)),
                ceiling=max(ceilings, default=0.0),
            )
        )
    return tuple(found)


def forecast_lines(found: Forecast, unit: str) -> list[str]:
    """Put a forecast in sentences."""
    each = sorted(found.transitions, key=lambda one: -one.rings)
    early = f", {in_millions(found.warm_up)} of them before time 0" if found.warm_up else ""
    arms = plural(len(found.arms), "arm") + (f", {len(found.again)} of them run twice" if found.again else "")
    lines = [
        f"a replicate ({arms}) rings about {in_millions(found.each)} times{early}, and "
        f"{plural(found.replicates, 'replicate')} take about {in_time(found.seconds)} on "
        f"{plural(min(found.threads, found.replicates), 'thread')}, beside choosing people and writing tables"
    ]
    if found.alike:
        lines.append("in a town as large as this, arms were taken to ring as the control does")
    if found.pilot_rings:
        span = f"from time {found.pilot_span[0]:g} to {found.pilot_span[1]:.3g}"
        lines.append(
            f"a pilot of {in_millions(found.pilot_rings)} rings ({span}) took "
            f"{found.seconds_a_ring * 1e9:,.0f} ns a ring; {in_percent(found.idle)} of them were idle:"
        )
    for one in each[:EXACTLY_SHOWN] if found.pilot_rings else ():
        if one.rings > 0:
            idle = "did not ring in the pilot" if one.acted is None else f"{in_percent(1 - one.acted)} idle"
            lines.append(f"  `{one.name}` {in_millions(one.rings)} rings in the control, {idle}")
    lines += [hot_line(one, unit) for one in each if is_hot(one, sum(other.rings for other in each))]
    return lines + memory_lines(found.memory, found.available)


def memory_lines(memory: Footprint, available: int | None) -> list[str]:
    """Say how much memory a run needs, and whether it is there."""
    free = "" if available is None else f"; {in_words(available)} are free"
    lines = [f"it needs at most about {in_words(memory.total)} of memory{free}"]
    if available is not None and memory.total > available:
        lines.append("`netrial run` would refuse that: fewer --jobs, fewer people or fewer ties need less")
    return lines


def is_hot(one: TransitionForecast, all_rings: float) -> bool:
    """Say whether one transition makes most rings, and nearly all of them idle."""
    return one.acted is not None and one.rings >= MANY * all_rings and one.acted <= FEW


def hot_line(one: TransitionForecast, unit: str) -> str:
    """Say of a transition whose clocks mostly ring in vain why that is, and what the way out is."""
    states = " or ".join(f"`{state.replace('_', ' ')}`" for state in one.leaves)
    slots = "tie" if one.law == "per_contact" else "person"
    assert one.acted is not None
    return (
        f"`{one.name}` rings {in_millions(one.rings)} times a replicate and acts in {in_percent(one.acted)} of them: "
        f"its ceiling ({one.ceiling:.3g} a {unit}) is for every {slots}, though {in_percent(one.able)} of people are "
        f"{states}; a lower peak (`rate`, `time_in_state`, `series` and numbers by state all count), fewer people or a "
        "shorter horizon make fewer rings"
    )


def in_millions(rings: float) -> str:
    """Say a number of rings, in three digits or so."""
    if rings < 1e6:
        return f"{float(f'{rings:.3g}'):,.0f}"
    return f"{rings / 1e6:,.1f} million" if rings < 1e8 else f"{rings / 1e6:,.0f} million"


def in_percent(share: float) -> str:
    """Say a share; what is small, or nearly 1, keeps digits that tell it from 0 and 1."""
    digits = 0
    while digits < 5 and share not in (0, 1) and round(share, digits + 2) in (0, 1):
        digits += 1
    return f"{100 * share:.{digits}f} %"


def in_time(seconds: float) -> str:
    """Say how long something takes."""
    if seconds < 1.5:
        return "a second"
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:,.0f} minutes" if seconds < 7200 else f"{seconds / 3600:,.1f} hours"
