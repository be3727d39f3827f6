"""Curves: strategies compared at several budgets, with one luck; and where the ranking flips."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from experiments.comparison.arms import LineUp, check_budget, too_dear
from experiments.comparison.ranking import primary_of
from experiments.comparison.running import Comparison, Prepared, prepare, run_comparison
from experiments.estimands import UNIT, t_interval
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    from experiments.comparison.strategies import LeftOut
    from experiments.execution import Progress

MOST_BUDGETS = 100


def budgets_between(low: float, high: float, steps: int) -> list[float]:
    """Return so many budgets, evenly from one to the other.

    Raises
    ------
    SpecError
        If they do not rise, or are fewer than 2 or more than 100.
    """
    if not 0 < low < high < math.inf:
        raise SpecError(
            Problem(f"budgets from {low:g} to {high:g} do not rise", hint="FROM:TO:STEPS, as 5000:50000:10")
        )
    if not 2 <= steps <= MOST_BUDGETS:
        raise SpecError(Problem(f"{steps} budgets make no curve", hint=f"from 2 to {MOST_BUDGETS}"))
    return [float(f"{budget:.12g}") for budget in np.linspace(low, high, steps)]


@dataclass(frozen=True)
class Flip:
    """Two strategies that change places between two budgets.

    Parameters
    ----------
    low, high : float
        The first does better at `low`, the second at `high`: budgets next to each other.
    before, after : str
        The strategy that does better at the lower budget, and at the higher one.
    clear : bool
        Whether the 95 % intervals of the paired difference exclude 0 at some budget before and at some after, on
        either side; else it may be luck.
    """

    low: float
    high: float
    before: str
    after: str
    clear: bool


@dataclass(frozen=True)
class Curves:
    """Strategies at several budgets.

    Parameters
    ----------
    folder : Path
        A results folder for each budget, and, once `report` was called, figure and page.
    comparisons : tuple of Comparison
        One for each budget, in order.
    too_small : tuple of float
        Budgets that buy nobody under any strategy.
    """

    folder: Path
    comparisons: tuple[Comparison, ...]
    too_small: tuple[float, ...] = ()

    @property
    def budgets(self) -> list[float]:
        """The budgets, rising."""
        return [each.budget for each in self.comparisons]

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Strategies that could be compared at no budget, and why."""
        reasons = {each.name: each for one in self.comparisons for each in one.left_out}
        compared = {each.name for one in self.comparisons for each in one.record.strategies}
        return tuple(each for name, each in reasons.items() if name not in compared)

    def ranking(self) -> pd.DataFrame:
        """Return one row for each budget and strategy: budget, and the columns of `Comparison.ranking`."""
        tables = [each.ranking() for each in self.comparisons]
        for table, each in zip(tables, self.comparisons, strict=True):
            table.insert(0, "budget", each.budget)
        return pd.concat(tables, ignore_index=True)

    def leaders(self) -> list[tuple[float, float, tuple[str, ...]]]:
        """Return which strategies are best over which stretch of budgets: (from, to, strategies).

        At each budget these are the one with the best mean, and those of which the 95 % interval of the paired
        difference to it holds 0. A stretch goes on for as long as some are among the best at all of its budgets.
        """
        found: list[tuple[float, float, tuple[str, ...]]] = []
        for each in self.comparisons:
            best = _best(each)
            both = tuple(name for name in found[-1][2] if name in best) if found else ()
            if both:
                found[-1] = (found[-1][0], each.budget, both)
            else:
                found.append((each.budget, each.budget, best))
        return found

    def flips(self) -> list[Flip]:
        """Return where two strategies change places, if only on average; clear ones first, then by budget."""
        values = [_benefits(each) for each in self.comparisons]
        table = self.ranking()
        copies = set(table.loc[table["same_as"] != "", "strategy"]) - set(table.loc[table["same_as"] == "", "strategy"])
        names = [name for name in dict.fromkeys(str(name) for one in values for name in one) if name not in copies]
        found = []
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                found += _flips_of(one, other, self.budgets, values)
        return sorted(found, key=lambda flip: (not flip.clear, flip.low, flip.before, flip.after))

    def report(self) -> Path:
        """Write ``report.html`` and the figure of benefit against money into the folder; return the page's path."""
        from experiments.comparison.curve_page import write_page

        return write_page(self)

    def __repr__(self) -> str:
        from experiments.comparison.curve_words import lines

        return "\n".join([*lines(self), "tables: .ranking() .leaders() .flips(); picture: .report()"])


def _benefits(comparison: Comparison) -> pd.DataFrame:
    """Return the primary outcome, turned so that more is better: a column for each strategy, a row for a replicate."""
    spec = primary_of(comparison.results)
    outcomes = comparison.results.outcomes
    wide = outcomes[outcomes["outcome"] == spec.name].pivot(index=UNIT, columns="arm", values="value").dropna()
    return spec.sign * wide[[each.name for each in comparison.record.strategies]]


def _best(comparison: Comparison) -> tuple[str, ...]:
    """Return the strategies that are best at one budget, the best mean first."""
    names = [str(name) for name in comparison.ranking()["strategy"]]
    values = _benefits(comparison)
    lows = [float(t_interval((values[names[0]] - values[name]).to_numpy(float))[1]) for name in names[1:]]
    return (names[0], *(name for name, low in zip(names[1:], lows, strict=True) if not low > 0))


def _flips_of(one: str, other: str, budgets: Sequence[float], values: Sequence[pd.DataFrame]) -> list[Flip]:
    known: list[tuple[float, float, float, float]] = []
    for budget, table in zip(budgets, values, strict=True):
        if one in table and other in table:
            mean, low, high = t_interval((table[one] - table[other]).to_numpy(float))
            if mean != 0:
                known.append((budget, float(mean), float(low), float(high)))
    found = []
    for k, (left, right) in enumerate(pairwise(known)):
        if (left[1] > 0) != (right[1] > 0):
            sign = 1 if left[1] > 0 else -1
            clear = any(sign * _near(each, sign) > 0 for each in known[: k + 1])
            clear = clear and any(-sign * _near(each, -sign) > 0 for each in known[k + 1 :])
            before, after = (one, other) if sign > 0 else (other, one)
            found.append(Flip(left[0], right[0], before, after, clear))
    return found


def _near(known: tuple[float, float, float, float], sign: int) -> float:
    """Return the end of an interval that is nearer to 0 on the side of a sign."""
    return known[2] if sign > 0 else known[3]


@dataclass(frozen=True)
class PreparedCurves:
    """Comparisons at several budgets that can be run.

    Parameters
    ----------
    each : tuple of Prepared
        One for each budget; all share the same people and ties.
    too_small : tuple of float
        Budgets that buy nobody under any strategy.
    """

    each: tuple[Prepared, ...]
    too_small: tuple[float, ...]

    @property
    def replicates(self) -> int:
        """Of all budgets together."""
        return sum(one.trial.scenario.spec.experiment.replicates for one in self.each)

    @property
    def default_folder(self) -> Path:
        """``results/<scenario>-budgets-<hash8>``."""
        from experiments.execution import identity_of

        identities = [identity_of(one.trial) for one in self.each]
        digest = hashlib.blake2b("".join(one.hash for one in identities).encode(), digest_size=4).hexdigest()
        return Path("results") / f"{identities[0].scenario}-budgets-{digest}"


def prepare_curves(lined_up: LineUp, budgets: Sequence[float]) -> PreparedCurves:
    """Make a trial for each budget.

    Raises
    ------
    SpecError
        If the largest budget buys nobody.
    """
    check_budget(lined_up, budgets[-1])
    too_small = tuple(budget for budget in budgets if len(too_dear(lined_up, budget)) == len(lined_up.strategies))
    prepared = [prepare(lined_up, budget) for budget in budgets if budget not in too_small]
    first = prepared[0].trial
    shared = (replace(one, trial=one.trial.sharing_towns(first)) for one in prepared)
    return PreparedCurves(tuple(shared), too_small)


def run_curves(
    prepared: PreparedCurves, folder: Path, *, jobs: int | None = None, progress: Progress | None = None
) -> Curves:
    """Run a comparison at each budget, each into a results folder of its own inside `folder`."""
    found: list[Comparison] = []
    before = 0
    for one in prepared.each:
        inside = folder / f"{one.record.budget:.12g}"
        step = None if progress is None else _step(progress, before, prepared.replicates)
        found.append(run_comparison(one, inside, jobs=jobs, progress=step, again=False))
        before += one.trial.scenario.spec.experiment.replicates
    return Curves(folder, tuple(found), prepared.too_small)


def _step(progress: Progress, before: int, asked: int) -> Progress:
    return lambda done, _: progress(before + done, asked)
