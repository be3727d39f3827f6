"""People who enter and leave: who may come, when each does, in which states and with how many ties.

People who are not there have a state of their own in every behaviour, behind its states, so that no clock moves them
and no contact counts them. People who enter at a rate take places behind everybody else, in segments of fixed size: a
segment's clocks have its size and name, so that neither the horizon nor an arm changes anybody else's luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from simulator.behaviour import Behaviour, PersonNumber, Series, Transition
from simulator.errors import NetrialError
from simulator.kernel_arrays import Comings, no_comings
from simulator.units import TICK_BITS, TICKS_PER_UNIT, to_ticks

if TYPE_CHECKING:
    from simulator.conditions import Condition
    from simulator.streams import Draw
    from simulator.world import World

LEAVE = "leave"
LEAST_SEGMENT = 16


@dataclass(frozen=True)
class Enter:
    """How people enter: at a rate, or at the dates of a column.

    Parameters
    ----------
    rate : float
        People per time unit; 0 where `at` stands instead.
    series : Series, optional
        Factor of the rate over time.
    at : str, optional
        Column of the time of entry; people without one, or with one at or before the beginning, are there from it on.
    states : mapping of str to mapping of str to float
        For people who enter at a rate: the chance of each state, by behaviour; left out: the first state.
    ties : mapping of str to int
        For people who enter at a rate: ties to random people who are there, by layer.
    """

    rate: float = 0.0
    series: Series | None = None
    at: str | None = None
    states: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    ties: Mapping[str, int] = field(default_factory=dict)

    @property
    def largest_rate(self) -> float:
        """The rate at its highest."""
        return self.rate * (1.0 if self.series is None else max(factor for _, factor in self.series.points))

    @property
    def segment(self) -> int:
        """Places in one segment: about the people of one time unit, a power of two."""
        size = LEAST_SEGMENT
        while size < self.largest_rate:
            size *= 2
        return size

    def places(self, duration: float) -> int:
        """Return how many places suffice for a duration, but for one case in a thousand million; whole segments."""
        expected = self.largest_rate * duration
        most = expected + 6.5 * expected**0.5 + 2 * self.segment
        return -(-int(most) // self.segment) * self.segment if self.rate else 0


@dataclass(frozen=True)
class Leave:
    """How people leave: at a rate, or at the dates of a column.

    Parameters
    ----------
    rate : PersonNumber, optional
        Per person and time unit.
    where : Condition, optional
        Who may leave.
    susceptibility : tuple of PersonNumber
        Factors, multiplied.
    series : tuple of Series
    at : str, optional
        Column of the time of leaving; people without one stay.
    """

    rate: PersonNumber | None = None
    where: Condition | None = None
    susceptibility: tuple[PersonNumber, ...] = ()
    series: tuple[Series, ...] = ()
    at: str | None = None


@dataclass(frozen=True)
class Turnover:
    """People who enter and leave; either may be None."""

    enter: Enter | None = None
    leave: Leave | None = None


def leaving(turnover: Turnover | None, first: Behaviour) -> Transition | None:
    """Return leaving as a transition out of every state of the first behaviour; None where nobody leaves at a rate."""
    if turnover is None or turnover.leave is None or turnover.leave.rate is None:
        return None
    given = turnover.leave
    return Transition(
        LEAVE,
        first.states,
        first.states[0],
        given.rate if given.rate is not None else 0.0,
        where=given.where,
        susceptibility=given.susceptibility,
        series=given.series,
    )


def absent_code(world: World, column: int) -> int:
    """Return the code, in a behaviour's column, of people who are not there."""
    return len(list(world.behaviours.values())[column].states)


def with_absent(world: World, states: np.ndarray, begin: int) -> np.ndarray:
    """Return the states at the beginning, in which people who have yet to enter are not there.

    Parameters
    ----------
    world : World
    states : uint8[n_persons, n_behaviours]
        As everybody would have them.
    begin : int
        Tick.
    """
    if world.turnover is None:
        return states
    enter, leave = world.turnover.enter, world.turnover.leave
    absent = np.zeros(len(states), bool)
    absent[world.population.residents :] = True
    if enter is not None and enter.at is not None:
        absent |= _dates(world, enter.at, begin) > begin
    if leave is not None and leave.at is not None:
        absent |= _dates(world, leave.at, begin) < begin
    states = states.copy()
    for column in range(states.shape[1]):
        states[absent, column] = absent_code(world, column)
    return states


def _dates(world: World, column: str, otherwise: int) -> np.ndarray:
    """Return int64[n_persons]: a column's times in ticks; `otherwise` where there is none."""
    values = world.population.columns[column].values
    known = ~np.isnan(values)
    dates = np.full(values.size, otherwise)
    dates[known] = [to_ticks(value) for value in values[known].tolist()]
    return dates


def comings_of(world: World, draw: Draw, states: np.ndarray, begin: int, until: int) -> tuple[World, Comings]:
    """Draw who enters and leaves when; the same in every arm.

    Parameters
    ----------
    world : World
    draw : Draw
        Of scope "replicate".
    states : uint8[n_persons, n_behaviours]
        States in which people at the dates of a column enter.
    begin, until : int
        Ticks, the first included, the last not.

    Returns
    -------
    world : World
        In which a column that ages has, of people who enter at a rate, the value at entry, brought back to time 0.
    comings : Comings

    Raises
    ------
    NetrialError
        If more people enter than there are places.
    """
    turnover = world.turnover
    if turnover is None:
        return world, no_comings(states.shape[1])
    moves: list[tuple[int, int, bool]] = []
    entering = states.copy()
    enter, leave = turnover.enter, turnover.leave
    if enter is not None and enter.at is not None:
        dates = _dates(world, enter.at, until)
        moves += [(int(dates[k]), int(k), True) for k in np.flatnonzero((dates > begin) & (dates < until))]
    if enter is not None and enter.rate:
        world, entering = _enter_at_rate(world, enter, draw, entering, begin, until, moves)
    if leave is not None and leave.at is not None:
        dates = _dates(world, leave.at, until)
        moves += [(int(dates[k]), int(k), False) for k in np.flatnonzero((dates >= begin) & (dates < until))]
    moves.sort()
    persons = np.array([person for _, person, _ in moves], np.int64)
    return world, Comings(
        tick=np.array([tick for tick, _, _ in moves], np.int64),
        person=persons.astype(np.int32),
        enters=np.array([enters for _, _, enters in moves], bool),
        states=entering[persons].reshape(-1, states.shape[1]),
    )


def _enter_at_rate(
    world: World,
    enter: Enter,
    draw: Draw,
    states: np.ndarray,
    begin: int,
    until: int,
    moves: list[tuple[int, int, bool]],
) -> tuple[World, np.ndarray]:
    """Give the k-th who enters the k-th place, with states drawn by place; fill the last segment beyond `until`."""
    ticks = _entry_ticks(enter, draw, begin, until)
    first, size = world.population.residents, world.population.size
    if first + ticks.size > size:
        raise NetrialError(f"{ticks.size} people enter, but there are places for {size - first}")
    moves += [(tick, first + k, True) for k, tick in enumerate(ticks.tolist()) if tick < until]
    places = np.arange(size - first)
    for column, (name, behaviour) in enumerate(world.behaviours.items()):
        chances = enter.states.get(name, {behaviour.states[0]: 1.0})
        bounds = np.cumsum([chances.get(state, 0.0) for state in behaviour.states])
        uniforms = draw.uniforms("enter", "state", name, n=places.size)
        states[first:, column] = np.minimum(
            np.searchsorted(bounds / bounds[-1], uniforms, side="right"), len(behaviour.states) - 1
        )
    aged = {name: column for name, column in world.population.columns.items() if column.per_time}
    if not aged:
        return world, states
    units = np.zeros(size)
    units[first : first + ticks.size] = ticks >> TICK_BITS
    back = {name: replace(column, values=column.values - units * column.per_time) for name, column in aged.items()}
    population = replace(world.population, columns={**world.population.columns, **back})
    return replace(world, population=population), states


def _last_entry(enter: Enter) -> float:
    """Return the tick after which the rate of entry is 0 for good; infinity where it never is."""
    series = enter.series
    if series is None or series.repeats_every is not None or series.points[-1][1] > 0:
        return float("inf")
    return to_ticks(series.points[-1][0])


def _entry_ticks(enter: Enter, draw: Draw, begin: int, until: int) -> np.ndarray:
    """Return int64[k], ascending: ticks of entry, from `begin` to the last place of the segment in use at `until`."""
    from simulator.clocks import poisson_table, slab_shift
    from simulator.hazards import series_at
    from simulator.kernel import RINGS, _draw_slab

    rate = enter.largest_rate
    if rate <= 0:
        return np.empty(0, np.int64)
    shift = slab_shift(rate)
    width = TICKS_PER_UNIT >> shift
    table, key = poisson_table(rate * 2.0**-shift), np.uint64(draw.key("clock", "", "enter"))
    largest = 1.0 if enter.series is None else max(factor for _, factor in enter.series.points)
    places, slots, marks = np.empty(RINGS, np.uint64), np.empty(RINGS, np.int64), np.empty(RINGS, np.uint32)
    ticks: list[int] = []
    slab = begin // width
    ends = _last_entry(enter)  # after which nobody comes to fill a segment
    while slab * width < until or (len(ticks) % enter.segment and slab * width < ends):
        n = _draw_slab(key, np.int64(slab), table, np.uint64(1), places, slots, marks)
        for place, mark in sorted(zip(places[:n].tolist(), marks[:n].tolist(), strict=True)):
            tick = slab * width + ((place >> 32) * width >> 32)
            share = 1.0 if enter.series is None else series_at(enter.series, tick) / largest
            if tick >= begin and mark * 2.0**-32 < share:
                if tick >= until and len(ticks) % enter.segment == 0:
                    return np.array(ticks, np.int64)
                ticks.append(tick)
        slab += 1
    return np.array(ticks, np.int64)
