"""Outcomes: what is measured on one arm's trajectory over a set of people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from simulator.arguments import with_columns
from simulator.conditions import Condition, mask_of
from simulator.registry import Registry
from simulator.trajectory import Trajectory
from simulator.units import TICKS_PER_UNIT, from_ticks, to_ticks
from simulator.world import Situation, World

MEASURES = {
    "share": "share of people in the states, at a time or at the end",
    "count": "number of people in the states, at a time or at the end",
    "person_time": "total time that people spend in the states, in the scenario's unit",
    "entries": "number of times that anybody enters the states",
    "first_entries": "number of people, not in the states at the start, who ever enter them",
    "exits": "number of times that anybody leaves the states",
    "time_to": "time until a share or count is reached; the horizon where it is not",
    "difference": "share in the first minus share in the second of two categories of a column",
}

TOTALS = ("person_time", "entries", "first_entries", "exits")
"""Measures that add up what happened, whoever is still there."""
LOW_BITS = 20
"""Ticks are added up in two parts, so that sums stay exact."""

WholeMeasure = Callable[..., float]

outcomes: Registry[WholeMeasure] = Registry("measure", "netrial.outcomes")
"""Measures of people as a whole: ``measure(world, trajectory, people, **parameters) -> float``, a pure function
of one trajectory and of people (bool[n_persons], never empty). A package adds one by entry point."""


@dataclass(frozen=True)
class Measure:
    """What to measure.

    Parameters
    ----------
    kind : str
        A key of `MEASURES`, or a name in `outcomes`.
    behaviour : str
    states : tuple of str
        States of that behaviour that count.
    weights : tuple of float
        How much each counts, for `share`, `count` and `person_time`; empty: 1.
    where : Condition, optional
        Whom to count; columns and ``start.`` only.
    at : float, optional
        Time (scenario's unit) at which share, count and difference are read; None: the end.
    by, between : str and two categories, optional
        For `difference`.
    reaches : float, optional
        For `time_to`: the level.
    of : {"share", "count"}
        For `time_to`: what reaches the level.
    among : {"targets", "others"}, optional
        Count only the people offered the intervention at the arm's first date, or only those never offered it.
    parameters : mapping of str to object
        Of a measure in `outcomes`; such a measure has no `behaviour` and no `states` of its own.
    """

    kind: str
    behaviour: str
    states: tuple[str, ...]
    where: Condition | None = None
    at: float | None = None
    by: str | None = None
    between: tuple[str, str] | None = None
    reaches: float | None = None
    of: str = "share"
    among: str | None = None
    weights: tuple[float, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Value(NamedTuple):
    """A measure over some people.

    Parameters
    ----------
    value : float
        NaN where there is nobody to measure.
    people : int
        How many people it is over.
    reached : bool or None
        For `time_to`: whether the level was reached before the horizon.
    """

    value: float
    people: int
    reached: bool | None = None


NOBODY = Value(float("nan"), 0)


@dataclass(frozen=True)
class PersonReading:
    """A measure that is a sum or a mean over people, read person by person on one trajectory.

    Parameters
    ----------
    values : int64[n_persons]
        What each person contributes.
    counted : bool[n_persons]
        Whom the measure's `where` includes.
    mean : bool
        Whether the value over people is their mean rather than their sum.
    ticks : bool
        Whether contributions are ticks, to be given in the scenario's unit.
    """

    values: np.ndarray
    counted: np.ndarray
    mean: bool = False
    ticks: bool = False

    splits = True

    def over(self, people: np.ndarray) -> Value:
        """Return the value over the counted ones among `people` (bool[n_persons]).

        Sums are taken in integers, so that no order of summation leaves a trace.
        """
        chosen = self.values[people & self.counted]
        if not chosen.size:
            return NOBODY
        total = (int((chosen >> LOW_BITS).sum()) << LOW_BITS) + int((chosen & ((1 << LOW_BITS) - 1)).sum())
        value = from_ticks(total) if self.ticks else float(total)
        return Value(value / chosen.size if self.mean else value, int(chosen.size))

    def by_group(self, codes: np.ndarray, n_groups: int) -> np.ndarray:
        """Return float64[n_groups]: the value over each group (int32[n_persons]; -1: in none), NaN over nobody."""
        mine = self.counted & (codes >= 0)
        own, values = codes[mine], self.values[mine]
        people = np.bincount(own, minlength=n_groups)
        high, low = values >> LOW_BITS, values & ((1 << LOW_BITS) - 1)
        total = np.bincount(own, high, n_groups) * 2.0**LOW_BITS + np.bincount(own, low, n_groups)
        if self.ticks:
            total /= TICKS_PER_UNIT
        return np.divide(total, people if self.mean else 1, out=np.full(n_groups, np.nan), where=people > 0)


@dataclass(frozen=True)
class WeightedReading:
    """A measure that counts states with different weights: one reading for each state."""

    parts: tuple[PersonReading, ...]
    weights: tuple[float, ...]

    splits = True

    def over(self, people: np.ndarray) -> Value:
        """Return the weighted sum of the parts over `people` (bool[n_persons])."""
        values = [part.over(people) for part in self.parts]
        total = sum(weight * value.value for weight, value in zip(self.weights, values, strict=True))
        return Value(float(total), values[0].people)

    def by_group(self, codes: np.ndarray, n_groups: int) -> np.ndarray:
        """Return float64[n_groups]: the value over each group (int32[n_persons]; -1: in none), NaN over nobody."""
        parts = zip(self.weights, self.parts, strict=True)
        return sum((weight * part.by_group(codes, n_groups) for weight, part in parts), np.zeros(n_groups))


@dataclass(frozen=True)
class GapReading:
    """The share in one group minus the share in another; defined over everybody only."""

    inside: np.ndarray
    first: np.ndarray
    second: np.ndarray

    splits = False

    def over(self, people: np.ndarray) -> Value:
        """Return share(first) - share(second) among `people` (bool[n_persons])."""
        first, second = self.first & people, self.second & people
        sizes = int(np.count_nonzero(first)), int(np.count_nonzero(second))
        if not all(sizes):
            return NOBODY
        shares = [
            np.count_nonzero(self.inside & group) / size for group, size in zip((first, second), sizes, strict=True)
        ]
        return Value(float(shares[0] - shares[1]), sum(sizes))

    def by_group(self, codes: np.ndarray, n_groups: int) -> np.ndarray:
        """Return float64[n_groups]: the value over each group (int32[n_persons]; -1: in none), NaN over nobody."""
        one, other = (
            PersonReading(self.inside.astype(np.int64), each, mean=True).by_group(codes, n_groups)
            for each in (self.first, self.second)
        )
        return one - other


@dataclass(frozen=True)
class TimeReading:
    """The time at which a share or count first reaches a level; defined over everybody only."""

    measure: Measure
    trajectory: Trajectory
    column: int
    codes: tuple[int, ...]
    counted: np.ndarray

    splits = False

    def over(self, people: np.ndarray) -> Value:
        """Return the first time at which the level is reached, from whichever side, or the horizon."""
        people = people & self.counted
        size = int(np.count_nonzero(people))
        if not size:
            return NOBODY
        assert self.measure.reaches is not None
        level = self.measure.reaches
        ticks, counts = self.trajectory.count_curve(self.column, self.codes, people)
        # Divided, not multiplied: 7 / 100 is 0.07 to the last bit, 0.07 * 100 is more than 7.
        levels = counts / size if self.measure.of == "share" else counts
        there = levels >= level if levels[0] <= level else levels <= level
        reached = bool(there.any())
        return Value(from_ticks(int(ticks[np.argmax(there)]) if reached else self.trajectory.horizon), size, reached)


@dataclass(frozen=True)
class WholeReading:
    """A measure in `outcomes`; defined over everybody only, since nobody knows whether its parts add up."""

    measure: Measure
    world: World
    trajectory: Trajectory
    counted: np.ndarray

    splits = False

    def over(self, people: np.ndarray) -> Value:
        """Return what the package's function makes of the counted ones among `people` (bool[n_persons])."""
        people = people & self.counted
        size = int(np.count_nonzero(people))
        if not size:
            return NOBODY
        function = outcomes[self.measure.kind]
        parameters = with_columns(function, self.measure.parameters, self.world.population.columns)
        return Value(float(function(self.world, self.trajectory, people, **parameters)), size)

    def by_group(self, codes: np.ndarray, n_groups: int) -> np.ndarray:
        """Return float64[n_groups]: the value over each group (int32[n_persons]; -1: in none), NaN over nobody."""
        return np.array([self.over(codes == group).value for group in range(n_groups)])


Reading = PersonReading | WeightedReading | GapReading | TimeReading | WholeReading


def read(measure: Measure, world: World, trajectory: Trajectory, counted: np.ndarray | None = None) -> Reading:
    """Read a measure on one trajectory: a pure function of the two.

    Parameters
    ----------
    measure : Measure
    world : World
    trajectory : Trajectory
        With its event log.
    counted : bool[n_persons], optional
        Whom the measure counts; None: those there at time 0 who satisfied its `where` then.

    Returns
    -------
    Reading
        ``reading.over(people)`` is the value over any set of people.
    """
    if counted is None:
        counted = trajectory.start[:, 0] < len(next(iter(world.behaviours.values())).states)  # there at time 0
        if measure.where is not None:
            counted &= mask_of(measure.where, world, trajectory.start, trajectory.start)
    if measure.kind not in MEASURES:
        return WholeReading(measure, world, trajectory, counted)
    column = world.column_of(measure.behaviour)
    behaviour = world.behaviours[measure.behaviour]
    codes = tuple(behaviour.code(state) for state in measure.states)
    tick = trajectory.horizon if measure.at is None else to_ticks(measure.at)
    if measure.kind == "time_to":
        return TimeReading(measure, trajectory, column, codes, counted)
    if measure.kind == "difference":
        assert measure.by is not None
        assert measure.between is not None
        groups, labels = world.population.columns[measure.by].groups()
        first, second = (counted & (groups == labels.index(label)) for label in measure.between)
        return GapReading(trajectory.in_states_at(column, codes, tick), first, second)
    if measure.weights:
        parts = [_read_states(measure, trajectory, column, (code,), tick, counted) for code in codes]
        return WeightedReading(tuple(parts), measure.weights)
    if measure.kind in ("share", "count", "person_time"):
        return _read_states(measure, trajectory, column, codes, tick, counted)
    if measure.kind == "exits":
        return PersonReading(trajectory.exits(column, codes), counted)
    entries = trajectory.entries(column, codes)
    if measure.kind == "first_entries":
        entries = ((entries > 0) & ~trajectory.starts_in(column, codes)).astype(np.int64)
    return PersonReading(entries, counted)


def read_so_far(measure: Measure, situation: Situation) -> Reading:
    """Read a measure on what happened until now, as those see it who decide what to do next.

    `where` is asked of everybody as they are now. Who are in states now is read of those who are there; what happened
    is added up over all who were ever there, so that nobody's share in it is lost when they leave.

    Parameters
    ----------
    measure : Measure
    situation : Situation
    """
    counted = mask_of(measure.where, situation.world, situation.states, situation.start, situation.tick)
    if measure.kind not in TOTALS:
        counted = counted & situation.present
    return read(measure, situation.world, situation.so_far(), counted)


def _read_states(
    measure: Measure, trajectory: Trajectory, column: int, codes: tuple[int, ...], tick: int, counted: np.ndarray
) -> PersonReading:
    if measure.kind == "person_time":
        return PersonReading(trajectory.ticks_in(column, codes), counted, ticks=True)
    values = trajectory.in_states_at(column, codes, tick).astype(np.int64)
    return PersonReading(values, counted, mean=measure.kind == "share")
