"""The cheapest way to a goal: how little each strategy has to spend, by halving, all with one luck.

1. Every strategy runs with all the money it can use, so that everybody it can pick is treated: which reach the goal?
2. For each of those the budget is halved in again and again, all in one run per round, between what is too little and
   what is enough. A strategy that cannot be among the `PLACES` cheapest any more is not looked at further.
3. The cheapest is tried again on fresh replicates, since it was found on the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from experiments.comparison.arms import LineUp
from experiments.comparison.goal import Goal
from experiments.comparison.strategies import LeftOut, Strategy
from experiments.comparison.trying import Came, try_out
from experiments.estimands import t_interval
from simulator.errors import Problem, SpecError

if TYPE_CHECKING:
    import pandas as pd

    from experiments.design import Trial
    from experiments.execution import Progress

PLACES = 3
"""Strategies of which the price is found; of the others, that they are dearer."""
ROUNDS = 9
"""Times that budgets are halved in, at most."""
CLOSE = 0.01
"""A price is found where what is too little is within this share of what is enough."""

FOUND, DEARER, NEVER = "found", "dearer", "never"


@dataclass(frozen=True)
class Price:
    """What a strategy has to spend to reach a goal.

    Parameters
    ----------
    strategy, kind, lender : str
    status : {"found", "dearer", "never"}
        "dearer": not among the cheapest, so that only a budget is known that is too little; "never": not reached with
        everybody treated.
    too_little : float
        The largest budget tried that does not reach it.
    enough : float
        The smallest budget tried that does; NaN: never.
    value : float
        The outcome at `enough`, or with everybody treated where that does not reach the goal (mean of replicates).
    cost, treated : float
        Money spent and people treated there (means).
    """

    strategy: str
    kind: str
    lender: str
    status: str
    too_little: float
    enough: float
    value: float
    cost: float
    treated: float


@dataclass(frozen=True)
class Cheapest:
    """The cheapest way to a goal.

    Parameters
    ----------
    goal : Goal
    currency : str
    control : str
    control_value : float
        The outcome where nothing is done.
    replicates : int
    prices : tuple of Price
        Cheapest first, then those that are dearer, then those that never reach it.
    left_out : tuple of LeftOut
    again, again_low, again_high : float
        The outcome of the cheapest on fresh replicates, with its 95 % interval; NaN where nothing reaches the goal, or
        nothing has to be done.
    """

    goal: Goal
    currency: str
    control: str
    control_value: float
    replicates: int
    prices: tuple[Price, ...]
    left_out: tuple[LeftOut, ...]
    again: float = math.nan
    again_low: float = math.nan
    again_high: float = math.nan

    @property
    def met_by_control(self) -> bool:
        """Whether the goal is reached where nothing is done."""
        return self.goal.met_by(self.control_value)

    def ranking(self) -> pd.DataFrame:
        """Return one row for each strategy, cheapest first: the fields of `Price`."""
        import pandas as pd

        return pd.DataFrame([vars(each) for each in self.prices], columns=list(Price.__dataclass_fields__))

    def __repr__(self) -> str:
        from experiments.comparison.goal_words import lines

        return "\n".join(lines(self))


def cheapest(
    lined_up: LineUp,
    goal: Goal,
    *,
    most: float | None = None,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Cheapest:
    """Find the cheapest of some strategies to reach a goal; see this module.

    Parameters
    ----------
    lined_up : LineUp
        Of a scenario whose primary outcome is the goal's.
    goal : Goal
    most : float, optional
        No strategy may spend more.
    jobs : int, optional
        Threads; default: all cores.
    progress : callable, optional
        ``progress(done, asked)`` after each round.

    Raises
    ------
    SpecError
        If the outcome has no value: it counts nobody.
    """
    from experiments.design import design

    kept = lined_up.strategies
    town: Trial | None = None

    def run(budgets: Mapping[str, float | None], first: int = 0) -> dict[str, Came]:
        nonlocal town
        trial = design(lined_up.scenario_at(budgets))
        town = town or trial
        n = trial.scenario.spec.experiment.replicates
        return try_out(trial.sharing_towns(town), range(first, first + n), jobs)

    rounds = ROUNDS + 2
    _tell(progress, 0, rounds)
    whole = run({each.name: most for each in kept})
    _tell(progress, 1, rounds)
    control = whole[lined_up.scenario.control]
    if math.isnan(control.value):
        raise SpecError(Problem(f"the outcome of `{goal.text}` has no value: it counts nobody"))
    currency = lined_up.scenario.spec.study.currency or ""
    n, left = control.values.size, lined_up.left_out
    found = Cheapest(goal, currency, lined_up.scenario.control, control.value, n, (), left)
    if found.met_by_control:
        return found
    able = {each.name: (0.0, whole[each.name].most) for each in kept if goal.met_by(whole[each.name].value)}
    best = {name: whole[name] for name in able}
    for number in range(ROUNDS):
        looked_at = _looked_at(able)
        if not looked_at:
            break
        budgets: dict[str, float | None] = {name: sum(able[name]) / 2 for name in looked_at}
        came_to = run(budgets)
        for name, budget in budgets.items():
            assert budget is not None
            if goal.met_by(came_to[name].value):
                able[name], best[name] = (able[name][0], budget), came_to[name]
            else:
                able[name] = (budget, able[name][1])
        _tell(progress, 2 + number, rounds)
    prices = _prices(kept, able, best, whole)
    again = (math.nan, math.nan, math.nan)
    if prices[0].status == FOUND:
        fresh = run({prices[0].strategy: prices[0].enough}, first=n)
        mean, low, high = t_interval(fresh[prices[0].strategy].values)
        again = (float(mean), float(low), float(high))
    _tell(progress, rounds, rounds)
    return replace(found, prices=prices, again=again[0], again_low=again[1], again_high=again[2])


def _tell(progress: Progress | None, done: int, asked: int) -> None:
    if progress is not None:
        progress(done, asked)


def _limit(able: Mapping[str, tuple[float, float]]) -> float:
    """Return the price below which a strategy may be among the cheapest."""
    enough = sorted(high for _, high in able.values())
    return enough[min(PLACES, len(enough)) - 1] if enough else 0.0


def _looked_at(able: Mapping[str, tuple[float, float]]) -> list[str]:
    """Return strategies that may be among the cheapest, and of which the price is not found yet."""
    limit = _limit(able)
    return [name for name, (low, high) in able.items() if low < limit and high - low > CLOSE * high]


def _prices(
    strategies: Sequence[Strategy],
    able: Mapping[str, tuple[float, float]],
    best: Mapping[str, Came],
    whole: Mapping[str, Came],
) -> tuple[Price, ...]:
    limit = _limit(able)
    found = []
    for each in strategies:
        name = each.name
        if name in able:
            low, high = able[name]
            status, came_to = (FOUND if high <= limit else DEARER), best[name]
        else:
            low, high, status, came_to = whole[name].most, math.nan, NEVER, whole[name]
        found.append(
            Price(name, each.kind, each.lender, status, low, high, came_to.value, came_to.cost, came_to.treated)
        )
    order = {FOUND: 0, DEARER: 1, NEVER: 2}
    return tuple(
        sorted(found, key=lambda price: (order[price.status], price.enough if price.enough == price.enough else 0.0))
    )
