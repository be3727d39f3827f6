"""Ties that change their ends: by exchange or at random; in their slots, or, where slots are uneven, in new ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from towns import category, copies_of, events_of, layer, occurrence, simulate, sisa, town

from interventions.rewiring import chosen_ties, exchange, move_ends
from simulator.actions import RewireTies
from simulator.behaviour import Behaviour, ByColumn, Response, Source, Transition
from simulator.engine import Simulation, plan_clocks
from simulator.measures import local_clustering, transitivity
from simulator.network import contacts_of
from simulator.streams import Draw
from simulator.ties import generated_layer
from simulator.units import to_ticks

LATTICE = generated_layer("ties", "lattice", 400, {"neighbours": 8, "periodic": True}, Draw(1, "network")).ties


def degrees(ties: np.ndarray, n: int) -> list[int]:
    return np.bincount(ties.ravel(), minlength=n).tolist()


def clustering(ties: np.ndarray, n: int) -> float:
    pairs = np.sort(ties, axis=1)
    return transitivity(local_clustering(pairs, n), np.diff(contacts_of(pairs, n).starts))


def assert_simple(ties: np.ndarray, directed: bool = False) -> None:
    assert np.all(ties[:, 0] != ties[:, 1])
    ends = ties if directed else np.sort(ties, axis=1)
    assert len(np.unique(ends, axis=0)) == len(ties)


def test_exchange_keeps_contacts_and_forgets_the_lattice() -> None:
    """Everybody keeps eight contacts; clustering falls from 3/7 to that of a random graph, about 7 / 400."""
    rows = np.arange(len(LATTICE))
    ends, still = exchange(LATTICE, rows, False, Draw(3), "shuffle", 0)
    assert degrees(ends, 400) == degrees(LATTICE, 400) == [8] * 400
    assert_simple(ends)
    assert clustering(LATTICE, 400) == pytest.approx(3 / 7)
    assert clustering(ends, 400) < 0.04
    assert still < 60  # a tie returns to one of 400 x 8 / 2 places by chance
    again, _ = exchange(LATTICE, rows, False, Draw(3), "shuffle", 0)
    other, _ = exchange(LATTICE, rows, False, Draw(4), "shuffle", 0)
    assert np.array_equal(ends, again)
    assert not np.array_equal(ends, other)


def test_exchange_of_directed_ties_keeps_both_sides() -> None:
    luck = np.random.default_rng(1)
    ties = np.unique(luck.integers(0, 60, (400, 2)), axis=0).astype(np.int32)
    ties = ties[ties[:, 0] != ties[:, 1]]
    rows = np.arange(0, len(ties), 2)
    ends, _ = exchange(ties, rows, True, Draw(1), "shuffle", 0)
    after = ties.copy()
    after[rows] = ends
    assert_simple(after, directed=True)
    for side in (0, 1):
        assert np.array_equal(np.bincount(after[:, side]), np.bincount(ties[:, side]))
    assert not np.array_equal(after, ties)


def test_moved_ends_stay_with_who_accepted() -> None:
    """The end at an accepting person stays, the other goes to somebody who is there."""
    persons = np.arange(0, 40, dtype=np.int32)
    rows = chosen_ties(LATTICE, persons, 1.0, Draw(1), "move", 0)
    present = np.arange(400) < 350
    ends, still = move_ends(LATTICE, rows, persons, present, False, Draw(1), "move", 0)
    assert still == 0
    after = LATTICE.copy()
    after[rows] = ends
    assert_simple(after)
    for before, now in zip(LATTICE[rows].tolist(), ends.tolist(), strict=True):
        kept = set(before) & set(now)
        assert kept & set(range(40))
        assert all(person < 350 for person in set(now) - set(before))


def test_a_share_of_the_ties_is_nested() -> None:
    persons = np.arange(100, dtype=np.int32)
    few, many = (set(chosen_ties(LATTICE, persons, share, Draw(1), "x", 0).tolist()) for share in (0.2, 0.6))
    every = {k for k, (one, two) in enumerate(LATTICE.tolist()) if one < 100 or two < 100}
    assert few < many < every
    assert len(few) == round(0.2 * len(every))


def test_nobody_can_be_rewired_where_all_are_tied() -> None:
    """Among four people who all know each other there is no other end."""
    ties = layer([(i, j) for i in range(4) for j in range(i)]).ties
    for ends, still in (
        exchange(ties, np.arange(6), False, Draw(1), "x", 0),
        move_ends(ties, np.arange(6), np.arange(4, dtype=np.int32), np.ones(4, bool), False, Draw(1), "x", 0),
    ):
        assert still == 6
        assert np.array_equal(np.sort(ends, axis=1), np.sort(ties, axis=1))


def rewired(world, rows, ends, *, at=0.0, until=4.0, seed=1):
    plan = plan_clocks(world)
    start = np.zeros((world.population.size, 1), np.uint8)
    start[0::2] = 1
    action = RewireTies("ties", np.array(rows), np.array(ends, np.int32))
    run = Simulation(plan, Draw(seed), start, (occurrence(at, action),), np.empty(0, np.int64), to_ticks(until))
    return run, run.run()


def test_in_its_slot_a_rewired_tie_is_a_tie_between_its_new_ends() -> None:
    """Even slots: a run rewired at 0 is, ring for ring, the run of a town that has these ties in this order."""
    pairs = [(0, 1), (2, 3), (4, 5), (6, 7)]
    new = [(0, 3), (1, 2), (4, 7), (5, 6)]
    world = town(8, [sisa(0.0, 0.8, 0.3)], [layer(pairs)])
    _, trajectory = rewired(world, [0, 1, 2, 3], new)
    base = layer(pairs)
    other = replace(world, network=replace(world.network, layers={"ties": replace(base, ties=np.array(new, np.int32))}))
    start = np.zeros((8, 1), np.uint8)
    start[0::2] = 1
    assert events_of(trajectory) == events_of(simulate(other, until=4.0, start=start))
    assert trajectory.log is not None
    assert trajectory.log.tick.size > 3


LAWS = {
    "per_contact": {},
    "proportion": {},
    "response": {"response": Response("count", ((0.0, 0.0), (1.0, 1.0)))},
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("uneven", [False, True])
def test_law_after_rewiring(law: str, uneven: bool) -> None:
    """Pairs (lean, obese) | (lean, lean) exchange ends: exactly those who now know somebody obese catch it.

    2,000 quadruples 0-1, 2-3, of whom 1 is obese; by time t a share 1 - exp(-r t) of the newly exposed has caught it (r
    twice as large for half of the people in the uneven town), tested at 4 standard errors; rates x 1.3 must fail.
    """
    copies, t, rate = 2000, 1.0, 0.5
    ties = layer(np.concatenate([[(4 * c, 4 * c + 1), (4 * c + 2, 4 * c + 3)] for c in range(copies)]))
    new = np.concatenate([[(4 * c, 4 * c + 3), (4 * c + 2, 4 * c + 1)] for c in range(copies)])
    sort = ["a" if c % 2 else "b" for c in range(copies) for _ in range(4)]

    def caught(rate: float, action: bool = True) -> tuple[np.ndarray, np.ndarray]:
        number = ByColumn("sort", {"a": rate, "b": 2 * rate}) if uneven else rate
        catch = Transition(
            "catch", ("lean",), "obese", number, law, Source("obesity", ("obese",)), {"ties": 1.0}, **LAWS[law]
        )
        world = town(4 * copies, [Behaviour("obesity", ("lean", "obese"), (catch,))], [ties], [category("sort", sort)])
        start = np.zeros((4 * copies, 1), np.uint8)
        start[1::4] = 1  # 0 knows 1, who is obese; 2 and 3 know each other
        act = [occurrence(0.0, RewireTies("ties", np.arange(2 * copies), new.astype(np.int32)))] if action else []
        final = simulate(world, until=t, start=start, occurrences=act).final[:, 0]
        return final[0::4], final[2::4]

    before, after = caught(rate)
    slow, fast = 1 - np.exp(-rate * t), 1 - np.exp(-2 * rate * t)
    expected = (slow + fast) / 2 if uneven else slow
    error = np.sqrt(expected * (1 - expected) / copies)
    assert before.sum() == 0
    assert abs(after.mean() - expected) < 4 * error
    assert abs(caught(1.3 * rate)[1].mean() - expected) > 4 * error
    unmoved = caught(rate, action=False)
    assert unmoved[1].sum() == 0
    assert unmoved[0].sum() > 0


def test_rewired_twice_in_an_uneven_town() -> None:
    """A tie that moved, and moves again, is a tie between its last ends only; tied_in says so."""
    sort = [category("sort", ["a", "b", "b"] * 4)]
    behaviour = sisa(0.0, ByColumn("sort", {"a": 1.0, "b": 0.5}), 0.01)
    world = town(12, [behaviour], [layer([(2 * k, 2 * k + 1) for k in range(6)])], sort)
    plan = plan_clocks(world)
    start = np.zeros((12, 1), np.uint8)
    start[0] = 1
    first = RewireTies("ties", np.array([0, 1]), np.array([(0, 3), (1, 2)], np.int32))
    second = RewireTies("ties", np.array([0, 2]), np.array([(4, 3), (0, 5)], np.int32))
    acts = (occurrence(0.0, first), occurrence(1e-6, second, occasion=1))
    run = Simulation(plan, Draw(1), start, acts, np.empty(0, np.int64), to_ticks(60))
    trajectory = run.run()
    assert run.tied_in("ties").tolist() == [[4, 3], [1, 2], [0, 5], [6, 7], [8, 9], [10, 11]]
    moved = set(trajectory.events().person.tolist())
    assert moved <= {0, 5}
    assert 5 in moved


def test_disjoint_copies_after_an_exchange_stay_what_they_are() -> None:
    """Exchanging ends within copies of a square with both diagonals missing keeps squares: nothing else is touched."""
    ties = copies_of("C6", 50).ties
    rows = np.arange(0, len(ties), 6)
    ends, _ = exchange(ties, rows, False, Draw(2), "few", 0)
    after = ties.copy()
    after[rows] = ends
    assert_simple(after)
    untouched = np.setdiff1d(np.arange(len(ties)), rows)
    assert np.array_equal(after[untouched], ties[untouched])
    assert degrees(after, 300) == degrees(ties, 300)
