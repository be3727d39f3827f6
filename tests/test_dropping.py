"""People who drop out: their factors and ties end on the way, bit for bit as if all were laid out anew at each end.

These checks compare exactly, so they have no error rate; each is shown to reject an engine that lacks the property.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from test_turnover import lively
from towns import Case, events_of, layer, occurrence, random_case, sisa, town

from simulator import engine
from simulator.actions import Action, AddTies, ScaleInfluence, ScaleSusceptibility
from simulator.active import NEVER, NO_ENDS, Factor, ends_of, multiplied
from simulator.beginning import Beginning, begin
from simulator.engine import Simulation, plan_clocks
from simulator.streams import Draw
from simulator.trajectory import Trajectory
from simulator.units import to_ticks
from simulator.world import Occurrence, Situation

SEEDS = [10, 25, 44, 63, 65, 71, 103, 116, 120, 122]
"""Random cases of all laws in which it matters who drops out; in the last seven, even to the tick."""


def leaving(one: Occurrence, ticks: np.ndarray) -> Occurrence:
    """The same occurrence, with everybody, and every tie, leaving alone at one of these ticks."""

    def plan(situation: Situation) -> list[Action]:
        later = ticks[ticks > one.tick]
        actions: list[Action] = []
        for number, action in enumerate(one.plan(situation)):
            if isinstance(action, ScaleSusceptibility | ScaleInfluence | AddTies) and later.size:
                n = len(action.ties) if isinstance(action, AddTies) else action.persons.size
                luck = np.random.default_rng([one.occasion, number])
                action = replace(action, leaves=luck.choice(later, n), until=None)
            actions.append(action)
        return actions

    return replace(one, plan=plan)


@cache
def crowded(seed: int) -> tuple[Case, tuple[int, ...]]:
    """A case, and the ticks at which people leave: half of them ticks of events, where a tick matters."""
    case = random_case(seed, n_persons=14, n_behaviours=2, n_layers=2, n_occurrences=9, mean_rings=2500, laws=True)
    events = case.simulation(Draw(1)).run().events().tick
    luck = np.random.default_rng(seed)
    ticks = np.concatenate([luck.choice(events, 40), luck.integers(1, case.horizon, 40)])
    ticks = np.unique(ticks[(ticks > 0) & (ticks < case.horizon)])
    return replace(case, occurrences=tuple(leaving(one, ticks) for one in case.occurrences)), tuple(ticks.tolist())


def anew(simulation: Simulation, ticks: tuple[int, ...]) -> Trajectory:
    """Run with a stop at each of these ticks, where all is laid out anew."""
    for tick in ticks:
        simulation.advance(tick)
        simulation._layout = None
    return simulation.run()


class Stays(Simulation):
    """A wrong engine: nobody's factor or tie ends before all is laid out anew."""

    def _lay_out(self) -> Any:
        layout = super()._lay_out()
        layout.ends = NO_ENDS
        return layout


class Late(Simulation):
    """A wrong engine: what ends still holds for rings of that instant."""

    def _lay_out(self) -> Any:
        layout = super()._lay_out()
        layout.ends = layout.ends._replace(tick=layout.ends.tick + 1)
        return layout


def of_kind(case: Case, kind: type[Simulation]) -> Simulation:
    simulation = case.simulation(Draw(1))
    simulation.__class__ = kind
    return simulation


@pytest.mark.parametrize("seed", SEEDS)
def test_ends_are_as_if_laid_out_anew(seed: int) -> None:
    case, ticks = crowded(seed)
    straight, stopped = case.simulation(Draw(1)).run(), anew(case.simulation(Draw(1)), ticks)
    assert events_of(straight) == events_of(stopped)
    assert straight.counts.tolist() == stopped.counts.tolist()
    assert straight.final.tolist() == stopped.final.tolist()


@pytest.mark.parametrize("wrong", [Stays, Late])
def test_an_engine_in_which_people_stay_is_told_apart(wrong: type[Simulation]) -> None:
    differ = 0
    for seed in SEEDS:
        case, _ = crowded(seed)
        differ += events_of(of_kind(case, wrong).run()) != events_of(case.simulation(Draw(1)).run())
    assert differ >= 3, f"{wrong.__name__} gives the same events in all but {differ} of {len(SEEDS)} cases"


def newcomers(*, weights: bool) -> Beginning:
    world = lively(weights=weights)
    start = np.zeros((world.population.size, 1), np.uint8)
    start[: world.population.residents : 4] = 1
    return begin(plan_clocks(world), Draw(1), start, None, 0, to_ticks(4))


@pytest.mark.parametrize("weights", [False, True])
def test_ties_end_beside_those_of_people_who_enter(weights: bool) -> None:
    """In weighted lists the heaviest tie of somebody may end, and lists of those tied grow in the meantime."""
    luck = np.random.default_rng(3)
    pairs = np.unique(np.sort(luck.integers(0, 60, (200, 2)), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]].astype(np.int32)
    halves = (AddTies("friends", each, weight) for each, weight in ((pairs[::2], 3.0), (pairs[1::2], 0.3)))
    given = [replace(each, leaves=luck.integers(to_ticks(0.1), to_ticks(4), len(each.ties))) for each in halves]
    ticks = np.unique(np.concatenate([each.leaves for each in given if each.leaves is not None]))
    arm = [occurrence(0.05, each, occasion=k) for k, each in enumerate(given)]
    stay = [occurrence(0.05, replace(each, leaves=None), occasion=k) for k, each in enumerate(given)]
    beginning, nothing = newcomers(weights=weights), np.empty(0, np.int64)
    straight = beginning.simulation(arm, nothing, to_ticks(4)).run()
    stopped = anew(beginning.simulation(arm, nothing, to_ticks(4)), tuple(ticks.tolist()))
    assert events_of(straight) == events_of(stopped)
    assert events_of(straight) != events_of(beginning.simulation(stay, nothing, to_ticks(4)).run())


def test_what_is_left_is_multiplied_in_order_of_name() -> None:
    """At every end, the kernel's products are those of a new lay-out to the last bit; another order's are not."""
    luck = np.random.default_rng(1)
    rows = (("susceptibility", 0), ("influence", 0))
    factors = []
    for k in range(12):
        persons = np.flatnonzero(luck.random(30) < 0.7).astype(np.int32)
        leaves = None if k % 4 == 0 else luck.integers(0, 60, persons.size)
        fades = ((0, 0.9), (50, 0.5)) if k % 3 == 0 else ()
        name = (f"{k * 7 % 12:02}", 0, 0, 0)
        factors.append(Factor(name, rows[k % 2], persons, luck.random(persons.size), NEVER, leaves, fades))
    numbers, product, _ = multiplied(factors, 5, 31)
    ends = ends_of(factors, numbers, 31, np.empty(0, np.int64), 5, 50)
    for tick in np.unique(ends.tick):
        now = ends.tick == tick
        product[ends.row[now], ends.which[now]] = ends.value[now]
        assert np.array_equal(product, multiplied(factors, tick, 31)[1])
    assert np.array_equal(product, multiplied(factors, 49, 31)[1])
    backwards = [replace(each, name=(each.name[0][::-1], 0, 0, 0)) for each in factors]
    assert not np.array_equal(ends.value, ends_of(backwards, numbers, 31, np.empty(0, np.int64), 5, 50).value)


def given_ties() -> Simulation:
    """Five people in a chain, and three ties more, of which two end alone; run to the end."""
    world = town(5, [sisa(0.1, 0.2, 0.3)], [layer([(k, k + 1) for k in range(4)])])
    ties = np.array([(0, 2), (0, 3), (0, 4)], np.int32)
    ends = np.array([to_ticks(1), NEVER, to_ticks(2)])
    arm = [occurrence(0.5, AddTies("ties", ties, leaves=ends))]
    start = np.zeros((5, 1), np.uint8)
    simulation = Simulation(plan_clocks(world), Draw(1), start, arm, np.empty(0, np.int64), to_ticks(3))
    simulation.run()
    return simulation


def test_the_network_of_an_earlier_date_is_that_of_who_was_in_it_then() -> None:
    simulation = given_ties()
    more = {0.4: [], 0.5: [2, 3, 4], 0.9: [2, 3, 4], 1.0: [3, 4], 1.9: [3, 4], 2.0: [3], 3.0: [3]}
    for time, partners in more.items():
        ties = simulation.network_at(to_ticks(time)).layers["ties"].ties.tolist()
        assert sorted(ties) == sorted([[k, k + 1] for k in range(4)] + [[0, k] for k in partners]), time
    assert simulation.network_at(to_ticks(1.0)) is simulation.network_at(to_ticks(1.9))
    assert sorted(simulation.tied_in("ties").tolist()) == [[0, 1], [0, 3], [1, 2], [2, 3], [3, 4]]


def test_who_drops_out_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel is called as often as without drop-out: nothing is laid out, or begun, anew."""
    calls = []
    advance = engine.advance
    monkeypatch.setattr(engine, "advance", lambda *arguments: calls.append(1) or advance(*arguments))
    n = 200
    world = town(n, [sisa(0.1, 0.2, 0.3)], [layer([(k, k + 1) for k in range(n - 1)])])
    everybody = np.arange(n, dtype=np.int32)
    ties = np.stack([everybody[: n // 2], everybody[: n // 2 - 1 : -1]], axis=1)
    counted = []
    for leaves in (None, np.linspace(to_ticks(0.1), to_ticks(2.9), n).astype(np.int64)):
        factor = ScaleSusceptibility(everybody, "obesity", "lose", np.full(n, 3.0), leaves=leaves)
        tied = AddTies("ties", ties, leaves=None if leaves is None else leaves[: n // 2])
        arm = [occurrence(0.0, factor, tied)]
        Simulation(
            plan_clocks(world), Draw(1), np.zeros((n, 1), np.uint8), arm, np.empty(0, np.int64), to_ticks(3)
        ).run()
        counted.append(len(calls))
        calls.clear()
    assert counted[0] == counted[1] < 5
