"""People who enter at a rate: the clocks of their segments, and the rows kept for their ties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.clock_making import entrants_tie_clocks, person_clocks
from simulator.clock_plan import ClockPlan
from simulator.clocks import Clock
from simulator.kernel_arrays import Comings, ComingTies
from simulator.streams import Draw


@dataclass
class Entrants:
    """Segments in use, from the beginning on; only the ties in them change.

    Parameters
    ----------
    clocks : tuple of Clock
        Ties are numbered from the first row kept for them.
    rows : int32[k, 2]
        Ties of those who entered so far; rows of people yet to enter end in nobody.
    layers : int64[k]
        Number of the layer of each row.
    each : int64[l]
        Ties of each person, by layer.
    keys : uint64[l]
    numbers : tuple of int
        Numbers of these layers.
    """

    clocks: tuple[Clock, ...]
    rows: np.ndarray
    layers: np.ndarray
    each: np.ndarray
    keys: np.ndarray
    numbers: tuple[int, ...]

    def keep(self, added: np.ndarray) -> None:
        """Take over the ties that the kernel wrote at the end of `added`, int32[a, 2]."""
        if len(self.rows):
            self.rows = added[-len(self.rows) :].copy()

    def tied_in(self, layer: int) -> list[np.ndarray]:
        """Return the ties of those who entered, in one layer; none where there are none."""
        theirs = self.rows[self.layers == layer]
        there = theirs[theirs[:, 0] != theirs[:, 1]]
        return [there] if len(there) else []

    def ties(self, plan: ClockPlan, first_row: int) -> ComingTies:
        """Return what the kernel draws ties with."""
        lists = plan.base.lists
        linked = np.zeros((len(lists), len(self.numbers)), np.bool_)
        for row, key in enumerate(lists):
            read = [number for number, _ in key]
            linked[row] = [number in read for number in self.numbers]
        first_person = np.int64(plan.world.population.residents)
        return ComingTies(first_person, np.int64(first_row), self.each, self.keys, linked)


def entrants_of(plan: ClockPlan, draw: Draw, comings: Comings, rows: np.ndarray | None) -> Entrants:
    """Lay out the segments that somebody enters by the end.

    Parameters
    ----------
    plan : ClockPlan
    draw : Draw
    comings : Comings
    rows : int32[k, 2], optional
        Ties of those who entered before.
    """
    world, nobody = plan.world, plan.world.population.size
    enter = None if world.turnover is None else world.turnover.enter
    first = world.population.residents
    n_entering = int(np.count_nonzero(comings.person >= first))
    if enter is None or not n_entering:
        none = np.empty(0, np.int64)
        return Entrants((), np.empty((0, 2), np.int32), none, none, np.empty(0, np.uint64), ())
    names = [name for name in world.network.layers if enter.ties.get(name)]
    each = np.array([enter.ties[name] for name in names], np.int64)
    numbers = tuple(list(world.network.layers).index(name) for name in names)
    of_person = np.repeat(np.array(numbers, np.int64), each)
    size, total = enter.segment, int(each.sum())
    n_segments = -(-n_entering // size)
    clocks: list[Clock] = []
    for k in range(n_segments):
        segment = f"enter/{k}"
        clocks += person_clocks(world, plan.hazards, segment, first + k * size, size)
        for name, begins, n_ties in zip(names, np.cumsum(each) - each, each, strict=True):
            of_segment = np.arange(k * size, (k + 1) * size)[:, None] * total + begins + np.arange(n_ties)
            clocks += entrants_tie_clocks(world, plan.hazards, name, segment, of_segment.ravel())
    kept = np.full((n_segments * size * total, 2), nobody, np.int32)
    if rows is not None:
        kept[: len(rows)] = rows
    return Entrants(
        clocks=tuple(clocks),
        rows=kept,
        layers=np.tile(of_person, n_segments * size),
        each=each,
        keys=np.array([draw.key("enter", "ties", name) for name in names], np.uint64),
        numbers=numbers,
    )
