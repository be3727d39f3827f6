"""Cross-checks of numbers: ranges, series, columns by which they differ; durations and instants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from scenarios import grammar
from scenarios.checking import LONGEST, Checker
from simulator.errors import Place

MOST_CHANGES = 100_000
"""Times that a season may change a rate in one run."""

SHORTEST = 1e-6
"""Shortest season, in time units."""


def check_number(
    checker: Checker,
    number: Any,
    place: Place,
    *,
    what: str,
    least: float | None = 0,
    most: float | None = None,
    timed: bool = False,
    by_state: bool = True,
    ratio: bool = True,
    series: bool = False,
    ageing: bool = False,
) -> None:
    """Check a number: its range, its source, the column by which it differs.

    Parameters
    ----------
    number : Number
    place : place
    what : str
        What it is, for messages: "a rate".
    least, most : float, optional
    timed : bool
        Whether a time unit means something.
    by_state, ratio, series, ageing : bool
        Whether it may differ by the person's own state, be a hazard ratio, change over time, differ by a column
        that ages.
    """
    if isinstance(number, tuple):
        for i, each in enumerate(number):
            check_number(
                checker, each, (*place, i), what=what, least=least, most=most, timed=timed,
                by_state=by_state, ratio=ratio, series=series, ageing=ageing,
            )  # fmt: skip
        return
    if isinstance(number, grammar.Sourced):
        checker.source(number.source, (*place, "source"))
        if number.unit is not None and not timed:
            message, hint = f"{what} has no time unit", "rates and durations have"
            checker.add(message, (*place, "unit"), hint, on_key=True)
    if isinstance(number, grammar.ByCategory):
        for category, value in number.values.items():
            checker.range(value, (*place, "values", category), what, least, most)
        if number.by in checker.known.behaviours and not by_state:
            hint = f"{what} differs by a column only"
            checker.add(f"`{number.by}` is a behaviour, not a column", (*place, "by"), hint)
        elif number.by in checker.ageing and not ageing:
            hint = f"use a hazard ratio: {{column: {number.by}, ratio: 1.2, per: 10, centre: 40}}"
            checker.add(f"`{number.by}` ages, so nobody stays in its categories", (*place, "by"), hint)
        else:
            checker.categories(number, place)
    elif isinstance(number, grammar.HazardRatio):
        if not ratio:
            hint = "put it under `susceptibility`, and a number here" if timed else "use a number, or {by, values}"
            checker.add(f"a hazard ratio is no {what.removeprefix('a ')}", place, hint)
        checker.numbers_in(number.column, (*place, "column"), "a hazard ratio needs numbers")
    elif isinstance(number, grammar.Value):
        checker.range(number.value, (*place, "value"), what, least, most)
        low, high = number.low, number.high
        if low is not None and high is not None and low > high:
            checker.add(f"low ({low:g}) is above high ({high:g})", (*place, "low"))
        check_series(checker, number, place, series)
    elif not isinstance(number, grammar.Uncertain):
        checker.range(number, place, what, least, most)


def check_series(checker: Checker, number: grammar.Value, place: Place, allowed: bool = False) -> None:
    """Check how a number changes over time: [[time, factor], …], and for seasons its period."""
    at, period = (*place, "series"), number.repeats_every
    if number.series is None:
        if period is not None:
            hint = "an example: series: [[0, 1], [0.5, 1.3]], repeats_every: 1"
            checker.add("`repeats_every` goes with `series`", (*place, "repeats_every"), hint, on_key=True)
        return
    if not allowed:
        hint = "only rates, susceptibilities and influences of transitions change over time"
        checker.add("`series` has no meaning here", at, hint, on_key=True)
        return
    check_rising(checker, number.series, at)
    for i, (time, factor) in enumerate(number.series):
        checker.range(factor, (*at, i, 1), "a factor", 0, None)
        if abs(time) > LONGEST:
            checker.add(f"the time {time:g}", (*at, i, 0), f"at most {LONGEST:,.0f} units")
        elif period is not None and time >= period:
            checker.add(f"{time:g} is beyond the period", (*at, i, 0), f"`repeats_every` is {period:g}")
    if not any(factor for _, factor in number.series):
        checker.add("all factors are 0", at, "a rate that is always 0 is written `0`", on_key=True)
    if period is None:
        return
    if period > LONGEST:
        checker.add(f"the period is {period:g}", (*place, "repeats_every"), f"at most {LONGEST:,.0f} units")
    if number.series[0][0] != 0:
        hint = "say what holds from 0 on: begin with [0, 1]"
        checker.add(f"the period begins at {number.series[0][0]:g}", (*at, 0, 0), hint)
    changes = (checker.horizon or 0.0) / period * len(number.series)
    if changes > MOST_CHANGES or period < SHORTEST:
        message = f"the factor would change {changes:,.0f} times"
        checker.add(message, (*place, "repeats_every"), f"at most {MOST_CHANGES:,}: is the unit right?")


def check_rising(checker: Checker, table: Sequence[tuple[float, float]], place: Place) -> None:
    """Check that the first numbers of [[x, y], …] rise."""
    for i, ((before, _), (x, _)) in enumerate(pairwise(table), start=1):
        if x <= before:
            checker.add(f"{x:g} does not come after {before:g}", (*place, i, 0), "the first numbers rise")


def check_duration(checker: Checker, time: Any, place: Place, what: str, *, above: float | None = 0.0) -> float | None:
    """Check a duration; return it in the scenario's unit."""
    if time is None:
        return None
    if isinstance(time, grammar.Uncertain):
        checker.source(time.source, (*place, "source"))
        return None
    if isinstance(time, grammar.Value):
        checker.source(time.source, (*place, "source"))
        check_series(checker, time, place)
        place = (*place, "value")
    value = checker.duration(time)
    if above is not None and not value > above:
        checker.add(f"{what} is {value:g}", place, f"it must be above {above:g}")
        return None
    if value > LONGEST:
        hint = f"at most {LONGEST:,.0f} {checker.unit}s: choose a longer unit of time"
        checker.add(f"{what} is {value:g}", place, hint)
        return None
    return value


def check_instant(checker: Checker, time: Any, place: Place, what: str, *, begin: float = 0.0) -> None:
    """Check that a time lies between the start (or, for `begin` below 0, the warm-up) and the horizon."""
    if isinstance(time, grammar.Value):
        checker.source(time.source, (*place, "source"))
        check_series(checker, time, place)
        place = (*place, "value")
    value = checker.duration(time)
    if value < begin and "time" not in checker.missing:
        hint = f"the warm-up begins at {begin:g}" if begin < 0 else "time 0 is the start"
        if begin == 0 and checker.begin < 0:
            hint = "arms act and are measured from time 0 on; in the warm-up, only `background` acts"
        checker.add(f"{what} is at {value:g}, before the start", place, hint)
    elif checker.horizon is not None and value > checker.horizon:
        checker.add(f"{what} is at {value:g}, beyond the horizon", place, f"the horizon is {checker.horizon:g}")
