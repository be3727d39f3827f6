"""Hazards: what each transition's rate depends on, split into what is fixed for a person and what changes as they live.

The fixed part (columns) goes into the slots of clocks, the changing part (a person's own states, contacts' states, time
in state, time) into tables that the kernel reads at a ring; the ceiling is the largest value of the product of both.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from simulator.behaviour import (
    GROUP,
    PROPORTION,
    RESPONSE,
    Behaviour,
    ByColumn,
    ByState,
    HazardRatio,
    PersonNumber,
    Series,
    Transition,
)
from simulator.condition_text import Both, Comparison, Tree
from simulator.conditions import Condition
from simulator.errors import Place, Problem, SpecError
from simulator.population import Population
from simulator.units import TICK_BITS, to_ticks
from simulator.world import World

MOST_JOINT_STATES = 4096
"""Combinations of own states that one transition may depend on."""

MOST_RATIO = 1e6
"""Factor that a hazard ratio may reach; beyond, its centre is a slip."""


@dataclass(frozen=True, eq=False)
class OwnFactor:
    """A factor that depends on a person's own states now, and on the class that their columns put them in.

    Parameters
    ----------
    columns : tuple of int
        Behaviours that are read.
    strides : tuple of int
        What one state of each is worth in the joint table.
    table : float64[n_classes, n_joint]
        Relative to `most`, unless that is 0.
    classes : int32[n_persons] or None
        None: everybody is in class 0.
    most : float
        Largest factor of any resident.
    excess : float
        Largest entry of the table: above 1 only for people who enter.
    """

    columns: tuple[int, ...]
    strides: tuple[int, ...]
    table: np.ndarray
    classes: np.ndarray | None
    most: float
    excess: float = 1.0


@dataclass(frozen=True, eq=False)
class Hazard:
    """One transition's hazard, taken apart.

    Parameters
    ----------
    receiving, sending : float or float64[n_persons]
        What is fixed at either end: the rate and susceptibilities; influences.
    own, others : OwnFactor or None
        What depends on states at either end.
    weights : tuple of float
        Weight of each state of the source behaviour, relative to the largest; empty: all that count are 1.
    largest : float
        Of all that changes, by which ceilings are higher than what is fixed.
    growth : tuple of (ratio, exponent per time unit)
        Hazard ratios on columns that age, by which the whole hazard grows.
    counted_growth : tuple of (ratio, exponent per time unit)
        The same of influences under `response`, by which what contacts count for grows.
    series : tuple of Series
    excess : float
        How far above its ceiling people who enter may bring a clock: bounds are over residents, so that they do not
        depend on how many places are kept.
    """

    receiving: float | np.ndarray
    sending: float | np.ndarray
    own: OwnFactor | None = None
    others: OwnFactor | None = None
    weights: tuple[float, ...] = ()
    largest: float = 1.0
    growth: tuple[tuple[float, float], ...] = ()
    counted_growth: tuple[tuple[float, float], ...] = ()
    series: tuple[Series, ...] = field(default=())
    excess: float = 1.0

    def now(self, tick: int) -> float:
        """Return the factor of the time, relative to the largest of its series: above 1 only where columns age."""
        return growth_at(self.growth, tick) * math.prod(
            series_at(series, tick) / max(factor for _, factor in series.points) for series in self.series
        )

    def counted_at(self, tick: int) -> float:
        """Return what a contact counts for under `response`, relative to time 0."""
        return growth_at(self.counted_growth, tick)

    def next_change(self, tick: int) -> int | None:
        """Return the first tick after `tick` at which `now` may change; None: never."""
        changes = [change for series in self.series if (change := _next_step(series, tick)) is not None]
        if self.growth or self.counted_growth:
            changes.append(((tick >> TICK_BITS) + 1) << TICK_BITS)
        return min(changes, default=None)


def series_at(series: Series, tick: int) -> float:
    """Return a series' factor at a tick."""
    if series.repeats_every is not None:
        tick %= to_ticks(series.repeats_every)
    value = series.points[0][1]
    for time, factor in series.points:
        if to_ticks(time) <= tick:
            value = factor
    return value


def _next_step(series: Series, tick: int) -> int | None:
    times = [to_ticks(time) for time, _ in series.points]
    if series.repeats_every is None:
        return min((time for time in times if time > tick), default=None)
    period = to_ticks(series.repeats_every)
    begins = tick // period * period
    return min(begins + time for time in (*times, *(time + period for time in times)) if begins + time > tick)


def growth_at(growth: tuple[tuple[float, float], ...], tick: int) -> float:
    """Return what hazard ratios on ageing columns have grown to since time 0, in whole time units."""
    units = tick >> TICK_BITS
    return _rounded(math.prod(_power(ratio, units * exponent) for ratio, exponent in growth))


def _power(ratio: float, exponent: float) -> float:
    """Return ratio ** exponent; infinite beyond all numbers."""
    try:
        return ratio**exponent
    except OverflowError:
        return math.inf


def _rounded(factor: float) -> float:
    """Drop the last bits of a power, which depend on the processor's mathematical library."""
    return float(f"{factor:.12g}")


def hazard_of(world: World, behaviour: Behaviour, transition: Transition) -> Hazard:
    """Take a transition's hazard apart.

    Parameters
    ----------
    world : World
    behaviour : Behaviour
    transition : Transition

    Raises
    ------
    SpecError
        If somebody has no value in a column, or one that a number does not name; if too many combinations of own
        states are read. Places are relative to the behaviours.
    """
    place: Place = (behaviour.name, "transitions", transition.name)
    receiving = [("rate", transition.rate), *(("susceptibility", number) for number in transition.susceptibility)]
    sending = [("influence", number) for number in transition.influence]
    fixed: list[float | np.ndarray] = []
    for numbers in (receiving, sending):
        product: float | np.ndarray = 1.0
        for key, number in numbers:
            if not isinstance(number, ByState):
                product = product * fixed_number(number, world.population, (*place, key))
        fixed.append(product)
    at_receiver, at_sender = fixed
    condition = transition.where
    if condition is not None and not _behaviours_in(condition, world):
        at_receiver = at_receiver * condition.mask(world.population.size, world.population.columns.__getitem__)
        condition = None
    own = _own_factor(world, [n for _, n in receiving if isinstance(n, ByState)], condition, (*place, "where"))
    others = _own_factor(world, [n for _, n in sending if isinstance(n, ByState)], None, place)
    weights, heaviest = _source_weights(world, transition)
    largest = own.most if own is not None else 1.0
    excess = own.excess if own is not None else 1.0
    if transition.law == RESPONSE:
        assert transition.response is not None
        largest *= max((factor for _, factor in transition.response.table), default=1.0)
    else:
        largest *= (others.most if others is not None else 1.0) * heaviest
        excess *= others.excess if others is not None else 1.0
        if transition.law in (PROPORTION, GROUP):
            bound, more = bound_of(at_sender, world.population.residents)
            largest, excess = largest * bound, excess * more
    largest *= max((factor for _, factor in transition.time_in_state), default=1.0)
    for series in transition.series:
        largest *= max(factor for _, factor in series.points)
    growth, sending_growth = (tuple(_growth(numbers, world.population)) for numbers in (receiving, sending))
    return Hazard(
        receiving=at_receiver,
        sending=at_sender,
        own=own,
        others=others,
        weights=weights,
        largest=largest,
        growth=growth if transition.law == RESPONSE else (*growth, *sending_growth),
        counted_growth=sending_growth if transition.law == RESPONSE else (),
        series=transition.series,
        excess=excess,
    )


def bound_of(numbers: float | np.ndarray, residents: int) -> tuple[float, float]:
    """Return the largest number of any resident, and how many times as large that of somebody who enters may be.

    Where no resident has any, somebody who enters is measured by 1.
    """
    if not isinstance(numbers, np.ndarray):
        return numbers, 1.0
    largest, entering = float(numbers[:residents].max(initial=0.0)), float(numbers[residents:].max(initial=0.0))
    if largest == 0 and entering > 0:
        return 1.0, max(entering, 1.0)
    return largest, max(entering / largest, 1.0) if largest > 0 else 1.0


def fixed_number(number: PersonNumber, population: Population, place: Place) -> float | np.ndarray:
    """Return a number that does not change: a float, or float64[n_persons] where it differs by column.

    Raises
    ------
    SpecError
        If somebody has no value in the column, or one that the number does not name; if a hazard ratio makes factors
        beyond a million.
    """
    if isinstance(number, HazardRatio):
        values = population.columns[number.column].values
        missing = int(np.count_nonzero(np.isnan(values)))
        if missing:
            raise SpecError(Problem(f"{missing} people have no `{number.column}`", place, "everybody needs a number"))
        factors = hazard_ratios(number, values)
        most = float(factors.max(initial=0.0))
        if most > MOST_RATIO:
            hint = (
                f"its `centre` is {number.centre:g}, where the factor is 1, its `per` {number.per:g}: are they right?"
            )
            message = f"the hazard ratio on `{number.column}` makes factors up to {most:.3g}"
            raise SpecError(Problem(message, place, hint))
        return factors
    if not isinstance(number, ByColumn):
        assert not isinstance(number, ByState)
        return float(number)
    codes, labels = population.columns[number.column].groups()
    unnamed = [label for code, label in enumerate(labels) if label not in number.values and np.any(codes == code)]
    missing = int(np.count_nonzero(codes < 0))
    if unnamed or missing:
        what = f"no value for {', '.join(unnamed[:5])}" if unnamed else f"{missing} people have no `{number.column}`"
        raise SpecError(Problem(f"by `{number.column}`: {what}", place, hint="name every category of the column"))
    table = np.array([number.values.get(label, 0.0) for label in labels])
    return table[codes]


def hazard_ratios(number: HazardRatio, values: np.ndarray) -> np.ndarray:
    """Return the factor for each value of the column, float64; NaN where it is missing."""
    distinct, where = np.unique(values, return_inverse=True)
    factors = [_rounded(_power(number.ratio, (value - number.centre) / number.per)) for value in distinct.tolist()]
    return np.array(factors, np.float64)[where]


def _growth(numbers: list[tuple[str, PersonNumber]], population: Population) -> Iterator[tuple[float, float]]:
    for _, number in numbers:
        if isinstance(number, HazardRatio) and population.columns[number.column].per_time:
            yield number.ratio, population.columns[number.column].per_time / number.per


def _source_weights(world: World, transition: Transition) -> tuple[tuple[float, ...], float]:
    """Return the weight of each state of the source behaviour (empty: all alike), and the largest of them.

    Weights are relative to the largest, except for `response`, which adds them up.
    """
    source = transition.source
    if source is None or not source.weights:
        return (), 1.0
    largest = 1.0 if transition.law == RESPONSE else max(source.weights)
    given = dict(zip(source.states, source.weights, strict=True))
    states = world.behaviours[source.behaviour].states
    if not largest:
        return (), 0.0
    return tuple(given.get(state, 0.0) / largest for state in states), largest


def _behaviours_in(condition: Condition, world: World) -> list[str]:
    return [name for name in world.behaviours if name in condition.columns]


def _own_factor(world: World, numbers: list[ByState], condition: Condition | None, place: Place) -> OwnFactor | None:
    """Tabulate the product of some numbers and a condition over all combinations of the states that they read."""
    if not numbers and condition is None:
        return None
    read = {number.behaviour for number in numbers} | set(() if condition is None else _behaviours_in(condition, world))
    columns = tuple(world.column_of(name) for name in world.behaviours if name in read)
    names = [name for name in world.behaviours if name in read]
    sizes = [len(world.behaviours[name].states) for name in names]
    n_joint = math.prod(sizes)
    if n_joint > MOST_JOINT_STATES:
        message = f"it depends on {n_joint:,} combinations of the person's own states"
        raise SpecError(Problem(message, place, f"at most {MOST_JOINT_STATES:,} are possible"))
    strides = tuple(math.prod(sizes[k + 1 :]) for k in range(len(sizes)))
    classes, truths = _classes(world, condition)
    table = np.ones((len(truths), n_joint))
    for joint, states in enumerate(itertools.product(*(range(size) for size in sizes))):
        now = {name: world.behaviours[name].states[state] for name, state in zip(names, states, strict=True)}
        factor = math.prod(number.values[now[number.behaviour]] for number in numbers)
        for k, truth in enumerate(truths):
            table[k, joint] = factor * (condition is None or holds(condition.tree, truth, now))
    n = world.population.residents
    of_residents = slice(None) if classes is None else np.unique(classes[:n])
    most, everybody = float(table[of_residents].max(initial=0.0)), float(table.max(initial=0.0))
    if most == 0 and everybody > 0:
        most = 1.0
    if most > 0:
        table = table / most
    return OwnFactor(columns, strides, table, classes, most, max(float(table.max(initial=0.0)), 1.0))


def _classes(world: World, condition: Condition | None) -> tuple[np.ndarray | None, list[dict[Comparison, bool]]]:
    """Put people into classes within which every comparison with a column has one answer; return those answers."""
    fixed = [] if condition is None else [c for c in condition.comparisons if c.name not in world.behaviours]
    if not fixed:
        return None, [{}]
    n, column = world.population.size, world.population.columns.__getitem__
    answers = np.stack([Condition(c.name, c).mask(n, column) for c in fixed], axis=1)
    distinct, classes = np.unique(answers, axis=0, return_inverse=True)
    return classes.reshape(-1).astype(np.int32), [dict(zip(fixed, map(bool, row), strict=True)) for row in distinct]


def holds(tree: Tree, truth: dict[Comparison, bool], now: dict[str, str]) -> bool:
    """Say whether a condition holds, given the answers on columns and a person's own states."""
    if isinstance(tree, Comparison):
        if tree in truth:
            return truth[tree]
        among = now[tree.name] in tree.values
        return among if tree.operator in ("==", "in") else not among
    answers = (holds(part, truth, now) for part in tree.parts)
    return all(answers) if isinstance(tree, Both) else any(answers)
