"""Builders of small worlds, and of random ones, for tests of the engine."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import random_laws
from naive import NaiveRun
from naive_clocks import clocks_of

from simulator.actions import Action, AddTies, Record, ScaleInfluence, ScaleSusceptibility, SetStates
from simulator.active import NEVER
from simulator.behaviour import Behaviour, ByColumn, ByState, PersonNumber, Source, Transition
from simulator.engine import ClockPlan, Simulation, plan_clocks
from simulator.network import ContactNetwork, Layer
from simulator.population import Column, Population
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.turnover import comings_of, with_absent
from simulator.units import TICKS_PER_UNIT, to_ticks
from simulator.world import Occurrence, Situation, World

SMALL_GRAPHS: dict[str, tuple[int, list[tuple[int, int]]]] = {
    "K2": (2, [(0, 1)]),
    "K3": (3, [(0, 1), (0, 2), (1, 2)]),
    "K4": (4, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
    "C6": (6, [(i, (i + 1) % 6) for i in range(6)]),
    "C8": (8, [(i, (i + 1) % 8) for i in range(8)]),
    "S5": (5, [(0, i) for i in range(1, 5)]),
}
"""Graphs of theory/sisa_exact_small_graphs.csv: people, and undirected ties."""


def sisa(become: PersonNumber, catch: PersonNumber, lose: PersonNumber, *, layer: str = "ties") -> Behaviour:
    """Obesity as in Hill et al. 2010 (doi:10.1371/journal.pcbi.1000968): become and catch, and lose again."""
    return Behaviour(
        "obesity",
        ("lean", "obese"),
        (
            Transition("become", ("lean",), "obese", become),
            Transition("catch", ("lean",), "obese", catch, "per_contact", Source("obesity", ("obese",)), {layer: 1.0}),
            Transition("lose", ("obese",), "lean", lose),
        ),
    )


def layer(
    pairs: Iterable[tuple[int, int]] | np.ndarray,
    *,
    name: str = "ties",
    directed: bool = False,
    weights: Sequence[float] | None = None,
) -> Layer:
    """A layer as the engine wants it: sorted, an undirected tie's smaller person first."""
    ties = np.array(pairs if isinstance(pairs, np.ndarray) else list(pairs), np.int32).reshape(-1, 2)
    if not directed:
        ties = np.sort(ties, axis=1)
    order = np.lexsort((ties[:, 1], ties[:, 0]))
    return Layer(
        name,
        np.ascontiguousarray(ties[order]),
        directed=directed,
        weights=None if weights is None else np.array(weights, float)[order],
    )


def category(name: str, labels: Sequence[str]) -> Column:
    """A column of words."""
    categories = tuple(sorted(set(labels)))
    return Column(name, np.array([categories.index(label) for label in labels], np.int32), categories)


def town(
    n_persons: int,
    behaviours: Iterable[Behaviour],
    layers: Iterable[Layer] = (),
    columns: Iterable[Column] = (),
) -> World:
    """A world of `n_persons` people."""
    return World(
        Population(np.arange(n_persons), {column.name: column for column in columns}),
        ContactNetwork(n_persons, {layer.name: layer for layer in layers}),
        {behaviour.name: behaviour for behaviour in behaviours},
    )


def copies_of(graph: str, copies: int) -> Layer:
    """Return many disjoint copies of a small graph; copy c holds people c * size … (c + 1) * size - 1."""
    size, ties = SMALL_GRAPHS[graph]
    first = size * np.arange(copies, dtype=np.int64)
    return layer((np.array(ties)[None] + first[:, None, None]).reshape(-1, 2))


def all_in_first_state(world: World) -> np.ndarray:
    return np.zeros((world.population.size, len(world.behaviours)), np.uint8)


def simulate(
    where: World | ClockPlan,
    *,
    until: float,
    draw: Draw | None = None,
    start: np.ndarray | None = None,
    occurrences: Sequence[Occurrence] = (),
    observe: Sequence[float] = (),
    keep_events: bool = True,
) -> Trajectory:
    """Run one arm; times in the scenario's unit."""
    plan = where if isinstance(where, ClockPlan) else plan_clocks(where)
    return Simulation(
        plan,
        draw or Draw(1),
        all_in_first_state(plan.world) if start is None else start,
        occurrences,
        np.array([to_ticks(time) for time in observe], np.int64),
        to_ticks(until),
        keep_events,
    ).run()


def occurrence(time: float, *actions: Action, name: str = "programme", occasion: int = 0) -> Occurrence:
    """Return an occurrence that does these actions whatever it finds."""
    return Occurrence(to_ticks(time), name, occasion, lambda situation: list(actions))


def events_of(trajectory: Trajectory) -> list[tuple[int, int, int, int, int]]:
    """Return the log as (tick, person, left, entered, cause)."""
    log = trajectory.events()
    columns = (log.tick, log.person, log.left, log.entered, log.cause)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@dataclass(frozen=True)
class Case:
    """A random world, and what a random arm does in it."""

    world: World
    start: np.ndarray
    occurrences: tuple[Occurrence, ...]
    observe_at: np.ndarray
    horizon: int
    since: np.ndarray | None = None

    def simulation(self, draw: Draw, now: int = 0) -> Simulation:
        """Return the arm at its beginning, with those who are there then."""
        _, comings = comings_of(self.world, draw, self.start, now, self.horizon)
        start = with_absent(self.world, self.start, now)
        return Simulation(
            plan_clocks(self.world), draw, start, self.occurrences, self.observe_at, self.horizon, now=now,
            since=self.since, comings=comings,
        )  # fmt: skip

    def twin(self, draw: Draw, now: int = 0, kind: type[NaiveRun] = NaiveRun) -> NaiveRun:
        """Return the slow twin of the same arm, run to the horizon."""
        observe_at = self.observe_at.tolist()
        return kind(self.world, draw, self.start, self.occurrences, observe_at, self.horizon, now, self.since).run()


def random_case(
    seed: int,
    *,
    n_persons: int = 12,
    n_behaviours: int = 2,
    n_layers: int = 2,
    n_occurrences: int = 4,
    scales: Sequence[float] = (1.0,),
    mean_rings: float = 1500,
    forces: bool = True,
    laws: bool = False,
) -> Case:
    """Make up people, ties, behaviours, an arm and a horizon that lets the base clocks ring about `mean_rings` times.

    Parameters
    ----------
    scales : sequence of float
        Rates of each transition are multiplied by one of these: slabs are one unit wide, or narrower; from
        2**9 on so narrow that places are finer than a tick.
    forces : bool
        Whether the arm does anything.
    laws : bool
        Whether transitions are of all laws, with all that their numbers may depend on (see `random_laws`); else
        spontaneous and `per_contact`, at rates that differ by column at most.
    """
    luck = random.Random(seed)
    labels = [luck.choice("abc") for _ in range(n_persons)]
    layers = [_random_layer(luck, f"layer{k}", n_persons) for k in range(n_layers)]
    states = [("s0", "s1", "s2")[: luck.choice((2, 2, 3))] for _ in range(n_behaviours)]
    behaviours = []
    for number in range(n_behaviours):
        transitions = [
            _random_transition(luck, f"t{k}", number, states, layers, luck.choice(scales))
            for k in range(luck.randint(1, 4))
        ]
        if laws:
            transitions = [
                random_laws.with_any_law(luck, one, states, layers, luck.choice(scales)) for one in transitions
            ]
        behaviours.append(Behaviour(f"b{number}", states[number], tuple(transitions)))
    luck.shuffle(behaviours)  # the order of names is not the order of columns
    columns = [category("sort", labels), *(random_laws.columns(luck, n_persons) if laws else ())]
    world = town(n_persons, behaviours, layers, columns)
    start = np.array(
        [[luck.randrange(len(b.states)) for b in world.behaviours.values()] for _ in range(n_persons)], np.uint8
    )
    rate = sum(clock.ceiling * len(clock.slots) for clock in clocks_of(world))
    rate += sum(6 * _largest(t.rate) for b in behaviours for t in b.transitions if t.law == "per_contact")
    horizon = max(1, min(int(mean_rings / max(rate, 1e-9) * TICKS_PER_UNIT), 30 * TICKS_PER_UNIT))
    if laws:
        units = horizon / TICKS_PER_UNIT
        dates_of_people, turnover = random_laws.turnover(luck, n_persons, units)
        world = town(n_persons, random_laws.in_time(behaviours, units), layers, [*columns, *dates_of_people])
        world = replace(world, turnover=turnover)
    dates = sorted(luck.randrange(horizon) for _ in range(max(1, n_occurrences - 1)))
    occurrences = [
        _random_occurrence(luck, world, luck.choice([0, *dates]), f"programme{luck.randrange(3)}", k, horizon)
        for k in range(n_occurrences)
    ]
    since = random_laws.since(luck, start.shape, horizon) if laws else None
    observe_at = sorted({0, horizon, luck.choice(dates), *(luck.randrange(horizon) for _ in range(4))})
    return Case(world, start, tuple(occurrences if forces else ()), np.array(observe_at, np.int64), horizon, since)


def _random_layer(luck: random.Random, name: str, n_persons: int) -> Layer:
    directed = luck.random() < 0.5
    pairs = [(i, j) for i in range(n_persons) for j in range(n_persons) if (i != j if directed else i < j)]
    chosen = [pair for pair in pairs if luck.random() < luck.choice((0.1, 0.3))]
    weights = [luck.choice((0.0, 0.3, 0.5, 1.0, 1.7, 4.0)) for _ in chosen] if luck.random() < 0.5 else None
    return layer(chosen, name=name, directed=directed, weights=weights)


def _random_rate(luck: random.Random, scale: float) -> PersonNumber:
    if luck.random() < 0.4:
        values: Mapping[str, float] = {
            label: scale * luck.choice((0.0, 0.13, 0.25, 0.5, 1.0, 1.5, 6.0)) for label in "abc"
        }
        return ByColumn("sort", values)
    return scale * luck.choice((0.1, 0.5, 1.3))


def _largest(rate: PersonNumber) -> float:
    if isinstance(rate, ByColumn | ByState):
        return max(rate.values.values())
    return rate if isinstance(rate, float) else 1.0


def _random_transition(
    luck: random.Random,
    name: str,
    behaviour: int,
    states: Sequence[tuple[str, ...]],
    layers: Sequence[Layer],
    scale: float,
) -> Transition:
    mine = states[behaviour]
    to_state = luck.choice(mine)
    others = [state for state in mine if state != to_state]
    leaves = tuple(luck.sample(others, luck.randint(1, len(others))))
    rate = _random_rate(luck, scale)
    if not layers or luck.random() < 0.35:
        return Transition(name, leaves, to_state, rate)
    source = luck.randrange(len(states))
    counted = tuple(luck.sample(states[source], luck.randint(1, len(states[source]))))
    along = luck.sample(list(layers), luck.randint(1, len(layers)))
    weights = {one.name: luck.choice((1.0, 0.5, 2.5)) for one in along}
    return Transition(name, leaves, to_state, rate, "per_contact", Source(f"b{source}", counted), weights)


def _random_occurrence(
    luck: random.Random, world: World, tick: int, name: str, occasion: int, horizon: int
) -> Occurrence:
    drawn = [_random_action(luck, world, tick, horizon) for _ in range(luck.randint(0, 3))]
    once = {one.layer: one for one in drawn if isinstance(one, AddTies)}
    chosen = [one for one in drawn if not isinstance(one, AddTies) or one is once[one.layer]]

    def plan(situation: Situation) -> list[Action]:
        actions = list(chosen)
        if occasion % 3 == 2:  # an intervention that looks at the states before it acts
            for column, behaviour in enumerate(world.behaviours.values()):
                found = np.flatnonzero(situation.states[:, column] == len(behaviour.states) - 1)
                actions.append(SetStates(found[::2].astype(np.int32), behaviour.name, behaviour.states[0]))
        return actions

    return Occurrence(tick, name, occasion, plan)


def _random_action(luck: random.Random, world: World, tick: int, horizon: int) -> Action:
    n_persons = world.population.size
    until = luck.choice([None, tick + luck.randint(1, horizon), luck.randint(tick + 1, tick + 1 + horizon // 4)])
    persons = np.array(luck.sample(range(n_persons), luck.randint(0, n_persons)), np.int32)
    behaviour = luck.choice(list(world.behaviours.values()))
    kind = luck.choice(("set", "susceptibility", "susceptibility", "influence", "influence", "ties", "record"))
    if kind == "set":
        return SetStates(persons, behaviour.name, luck.choice(behaviour.states))
    if kind == "record":
        return Record("reach", persons.size, 10.0, persons)
    if kind == "ties" and world.network.layers:
        pairs = [(i, j) for i in range(n_persons) for j in range(i)]
        ties = np.array(luck.sample(pairs, min(len(pairs), luck.randint(0, 6))), np.int32).reshape(-1, 2)
        leaves = _random_leaves(luck, len(ties), tick, horizon)
        return AddTies(luck.choice(list(world.network.layers)), ties, luck.choice((0.4, 1.0, 3.0)), until, leaves)
    transition = luck.choice(behaviour.transitions)
    if luck.random() < 0.5:  # so that factors overlap
        behaviour = next(iter(world.behaviours.values()))
        transition = behaviour.transitions[0]
    factors = np.array([luck.choice((0.0, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 5.5)) for _ in persons])
    scaling = ScaleSusceptibility if kind == "susceptibility" else ScaleInfluence
    leaves = _random_leaves(luck, len(persons), tick, horizon)
    fades = luck.choice([(), (), ((tick, 0.7), (tick + horizon // 5, 0.25), (tick + horizon // 3, 0.0))])
    return scaling(persons, behaviour.name, transition.name, factors, until, leaves, fades)


def _random_leaves(luck: random.Random, n: int, tick: int, horizon: int) -> np.ndarray | None:
    """Instants at which factors or ties end one by one, some of them together, some never."""
    if luck.random() < 0.6:
        return None
    some = [luck.randint(tick + 1, tick + 1 + horizon) for _ in range(3)]
    return np.array(
        [luck.choice([*some, NEVER, luck.randint(tick + 1, tick + 1 + horizon)]) for _ in range(n)], np.int64
    )
