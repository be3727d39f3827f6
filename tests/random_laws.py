"""Random transitions of every exposure law, for `towns.random_case`: the same people, anything may depend on anything.

Numbers are mostly halves and quarters, so that products are exact and slots lie on the edges of strata.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simulator.behaviour import (
    Behaviour,
    ByColumn,
    ByState,
    GroupOf,
    HazardRatio,
    PersonNumber,
    Response,
    Series,
    Source,
    Transition,
)
from simulator.conditions import Condition, parse
from simulator.network import Layer
from simulator.population import Column
from simulator.turnover import Enter, Leave, Turnover

WARDS = ("north", "south", "tiny", "west")
ON_COLUMNS = (
    "sort == a", "sort in [a, b]", "sort != c", "age > 40", "age <= 45 or sort == b", "score >= 2", "score != 1",
    "ward not in [north, tiny]", "not (ward == south and score < 3)",
)  # fmt: skip


def columns(luck: random.Random, n_persons: int) -> list[Column]:
    """Wards (some unknown, some of one person), ages (growing or not); scores and thresholds (some unknown)."""
    wards = [luck.choice((0, 0, 1, 1, 3, 3, -1)) for _ in range(n_persons)]
    if luck.random() < 0.7:
        wards[luck.randrange(n_persons)] = WARDS.index("tiny")
    ages = [float(luck.choice((25, 30, 35, 45, 50, 55, 65))) for _ in range(n_persons)]
    weights = [luck.choice((20.0, 25.0, 32.5)) for _ in range(n_persons)]
    scores = [luck.choice((1.0, 2.0, 2.5, 3.0, np.nan)) for _ in range(n_persons)]
    thresholds = [luck.choice((0.0, 0.25, 0.5, 0.5, 1.0, 1.0, 2.0, np.nan)) for _ in range(n_persons)]
    return [
        Column("ward", np.array(wards, np.int32), WARDS),
        Column("age", np.array(ages), per_time=luck.choice((0.0, 1.0))),
        Column("bmi", np.array(weights)),
        Column("score", np.array(scores)),
        Column("threshold", np.array(thresholds)),
    ]


def since(luck: random.Random, shape: tuple[int, int], horizon: int) -> np.ndarray | None:
    """When people entered the states that they start in: now, or before."""
    if luck.random() < 0.5:
        return None
    n, k = shape
    return np.array([[-luck.choice((0, luck.randrange(2 * horizon))) for _ in range(k)] for _ in range(n)], np.int64)


def turnover(luck: random.Random, n_persons: int, horizon: float) -> tuple[list[Column], Turnover | None]:
    """Dates at which some people enter, or leave; or nobody does."""
    if luck.random() < 0.6:
        return [], None
    dates = [[luck.uniform(-0.2, 1.1) * horizon for _ in range(n_persons)] for _ in range(2)]
    came = [luck.choice((np.nan, np.nan, min(pair))) for pair in zip(*dates, strict=True)]
    left = [luck.choice((np.nan, max(pair))) for pair in zip(*dates, strict=True)]
    columns = [Column("came", np.array(came)), Column("left", np.array(left))]
    return columns, Turnover(luck.choice((None, Enter(at="came"))), Leave(at="left"))


def with_any_law(
    luck: random.Random,
    plain: Transition,
    states: Sequence[tuple[str, ...]],
    layers: Sequence[Layer],
    scale: float,
) -> Transition:
    """Give a transition another law, and numbers, a condition and factors that depend on people, states and time.

    Times are shares of the horizon, which depends on all rates; `in_time` makes times of them.

    Parameters
    ----------
    plain : Transition
        Spontaneous or `per_contact`.
    states : sequence of tuple of str
        States of the behaviours b0, b1, …
    layers : sequence of Layer
    scale : float
        What its rate is multiplied by.
    """
    law = luck.choice(("spontaneous", "per_contact", "proportion", "group", "response"))
    if law in ("per_contact", "proportion", "response") and not layers:
        law = luck.choice(("spontaneous", "group"))
    source, along = None, {}
    if law != "spontaneous":
        source = _source(luck, states)
    if law not in ("spontaneous", "group"):
        along = {
            one.name: luck.choice((1.0, 0.5, 2.5)) for one in luck.sample(list(layers), luck.randint(1, len(layers)))
        }
    rate = plain.rate
    if luck.random() < 0.3:
        rate = _times(_number(luck, states), scale)
    influence = tuple(_number(luck, states) for _ in range(luck.choice((0, 0, 1, 2)))) if source else ()
    sometimes = luck.random() < 0.5
    return replace(
        plain,
        rate=rate,
        law=law,
        source=source,
        layers=along,
        group=_group(luck) if law == "group" else None,
        response=_response(luck) if law == "response" else None,
        where=_where(luck, states) if luck.random() < 0.4 else None,
        susceptibility=tuple(_number(luck, states) for _ in range(luck.choice((0, 0, 1, 2)))),
        influence=influence,
        time_in_state=_waning(luck) if sometimes else (),
        series=tuple(_series(luck) for _ in range(luck.choice((0, 0, 0, 1, 2)))),
    )


def _number(luck: random.Random, states: Sequence[tuple[str, ...]]) -> PersonNumber:
    kind = luck.choice(("float", "column", "state", "state", "ratio"))
    if kind == "float":
        return luck.choice((0.5, 0.75, 1.5))
    if kind == "column" and luck.random() < 0.2:  # a column of numbers
        return ByColumn("age", {str(age): luck.choice((0.5, 1.0, 1.5)) for age in (25, 30, 35, 45, 50, 55, 65)})
    if kind == "column":
        return ByColumn("sort", {label: luck.choice((0.0, 0.25, 0.5, 1.0, 1.5)) for label in "abc"})
    if kind == "state":
        k = luck.randrange(len(states))
        return ByState(f"b{k}", {state: luck.choice((0.0, 0.25, 0.5, 1.0, 1.0, 1.5, 3.0)) for state in states[k]})
    column, centre = luck.choice((("age", 45.0), ("bmi", 25.0)))
    return HazardRatio(column, luck.choice((0.5, 0.9, 1.5)), per=luck.choice((10.0, 20.0)), centre=centre)


def _times(number: PersonNumber, scale: float) -> PersonNumber:
    """Return the number times a scale; a hazard ratio is once a unit, whatever the scale."""
    if isinstance(number, HazardRatio):
        return number
    if isinstance(number, float):
        return number * scale
    return replace(number, values={word: value * scale for word, value in number.values.items()})


def _source(luck: random.Random, states: Sequence[tuple[str, ...]]) -> Source:
    k = luck.randrange(len(states))
    counted = tuple(luck.sample(states[k], luck.randint(1, len(states[k]))))
    weights = tuple(luck.choice((0.0, 0.5, 1.0, 1.0, 2.0)) for _ in counted) if luck.random() < 0.4 else ()
    return Source(f"b{k}", counted, weights)


def _group(luck: random.Random) -> GroupOf:
    return GroupOf(luck.choice(("ward", "ward", "sort", "score")), _on_columns(luck) if luck.random() < 0.4 else None)


def _response(luck: random.Random) -> Response:
    reads = luck.choice(("count", "share"))
    if luck.random() < 0.4:
        return Response(reads, threshold=luck.choice((0.0, 0.5, 1.0, 2.0, "threshold", "threshold")))
    places = (0.25, 1 / 3, 0.5, 0.75, 1.0) if reads == "share" else (0.5, 1.0, 2.0, 2.5, 4.0)
    points = [0.0, *sorted(luck.sample(places, luck.randint(0, 3)))]
    table = tuple((x, luck.choice((0.0, 0.1, 0.25, 0.5, 1.0))) for x in points)
    return Response(reads, table, luck.choice(("step", "linear")))


def _on_columns(luck: random.Random) -> Condition:
    return parse(luck.choice(ON_COLUMNS))


def _where(luck: random.Random, states: Sequence[tuple[str, ...]]) -> Condition:
    """On columns, on the person's own states, or on both."""
    k = luck.randrange(len(states))
    own = luck.choice((f"b{k} == {states[k][0]}", f"b{k} != {states[k][-1]}", f"b{k} in [{', '.join(states[k][1:])}]"))
    kind = luck.choice(("columns", "states", "or", "and"))
    if kind == "columns":
        return _on_columns(luck)
    return parse(own if kind == "states" else f"({luck.choice(ON_COLUMNS)}) {kind} {own}")


def _waning(luck: random.Random) -> tuple[tuple[float, float], ...]:
    times = [0.0, *sorted(luck.sample((0.003, 0.01, 0.03, 0.1, 0.3), luck.randint(0, 3)))]
    return tuple((time, luck.choice((0.0, 0.25, 0.5, 1.0))) for time in times)


def _series(luck: random.Random) -> Series:
    repeats = luck.random() < 0.5
    first = 0.0 if repeats else luck.choice((-0.07, 0.0, 0.04))
    times = [first, *sorted(luck.sample((0.05, 0.07, 0.11, 0.19), luck.randint(0, 3)))]
    points = tuple((time, luck.choice((0.0, 0.5, 1.0, 1.5, 2.0))) for time in times)
    return Series(points, luck.choice((0.2, 0.23)) if repeats else None)


def in_time(behaviours: Sequence[Behaviour], horizon: float) -> list[Behaviour]:
    """Stretch all times, which were shares of the horizon."""

    def stretched(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        return tuple((time * horizon, factor) for time, factor in points)

    def timed(one: Transition) -> Transition:
        series = tuple(
            Series(stretched(each.points), None if each.repeats_every is None else each.repeats_every * horizon)
            for each in one.series
        )
        return replace(one, time_in_state=stretched(one.time_in_state), series=series)

    return [replace(b, transitions=tuple(timed(one) for one in b.transitions)) for b in behaviours]
