"""``netrial.compare``: strategies at equal cost, at several budgets, or up to a goal, from Python."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.comparison.arms import line_up
from experiments.comparison.curves import Curves, budgets_between, prepare_curves, run_curves
from experiments.comparison.goal import read_goal, with_goal
from experiments.comparison.running import Comparison, prepare, run_comparison
from experiments.comparison.search import Cheapest, cheapest
from experiments.comparison.strategies import ALL, choose
from simulator.errors import Problem, SpecError, found_in, words_of

if TYPE_CHECKING:
    from experiments.execution import Progress
    from scenarios.loading import Scenario


def compare(
    scenario: Scenario | str | Path,
    *,
    budget: float | tuple[float, float, int] | None = None,
    strategies: str | Sequence[str] = ALL,
    goal: str | None = None,
    effect: str | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Comparison | Curves | Cheapest:
    """Compare strategies at equal cost, with the scenario's own effects; ``.ranking()`` is what comes out.

    Parameters
    ----------
    scenario : Scenario, str or Path
        A scenario, the name of a bundled one, or a path to a YAML file.
    budget : float or (float, float, int), optional
        What each strategy may spend, in the study's currency; or budgets from, to and how many, for curves. With a
        goal: the most that any may spend.
    strategies : str or sequence of str
        ``all``, kinds, names of tactics or of the scenario's own interventions.
    goal : str, optional
        Find the cheapest way to it: ``"share obesity.obese at end < 0.30"``; see `experiments.comparison.goal`.
    effect : str, optional
        The scenario's intervention of which all shall have effect, date, uptake and cost. Default: for each kind the
        first of that kind, else the first that acts on people.
    replicates, seed, jobs, out, progress
        As for `experiments.execution.run`; a goal has no results folder.

    Returns
    -------
    Comparison, Curves or Cheapest
        At one budget: `Comparison`, with all that its results have, and the best strategy tried again on fresh
        replicates. At several: `Curves`. With a goal: `Cheapest`.

    Raises
    ------
    SpecError
        If no strategy can be compared, an intervention that lends its effect costs nothing, the budget buys nobody, or
        the goal cannot be read.
    StoreError
        As `run` does.

    Examples
    --------
    >>> compare("obesity", budget=20000, strategies="champions", replicates=20).ranking()  # doctest: +SKIP
    """
    from scenarios import build
    from scenarios.loading import Scenario, load

    if not isinstance(scenario, Scenario):
        scenario = load(scenario)
    changes = {"experiment.replicates": replicates, "experiment.seed": seed}
    scenario = scenario.set({key: value for key, value in changes.items() if value is not None})
    wanted = [strategies] if isinstance(strategies, str) else words_of(strategies, "strategies", '["popular"]')
    budget = _money(budget)
    several = isinstance(budget, tuple)
    budgets = budgets_between(*budget) if isinstance(budget, tuple) else []
    if budget is None and goal is None:
        raise SpecError(Problem("there is nothing to compare by", hint="give a budget, or a goal"))
    if goal is not None and several:
        raise SpecError(Problem("a goal goes with one budget at most", hint="it is the most that any may spend"))
    aim = None if goal is None else read_goal(goal, scenario)
    scenario = scenario if aim is None else with_goal(scenario, aim)
    choice = choose(scenario, build.world_of(scenario, 0), wanted, effect)
    lined_up = line_up(scenario, choice, budget[1] if isinstance(budget, tuple) else budget, jobs)
    if aim is not None:
        assert not isinstance(budget, tuple)
        return cheapest(lined_up, aim, most=budget, jobs=jobs, progress=progress)
    home = tempfile.TemporaryDirectory(prefix="netrial-") if out is None else None
    folder = Path(home.name if home is not None else out or "")
    if isinstance(budget, tuple):
        curves = run_curves(prepare_curves(lined_up, budgets), folder, jobs=jobs, progress=progress)
        kept = tuple(replace(each, results=replace(each.results, home=home)) for each in curves.comparisons)
        return replace(curves, comparisons=kept)
    assert budget is not None
    found = run_comparison(prepare(lined_up, budget), folder, jobs=jobs, progress=progress)
    return replace(found, results=replace(found.results, home=home))


def _money(budget: object) -> float | tuple[float, float, int] | None:
    """Return what Python code gave as a budget, or budgets from, to and how many.

    Raises
    ------
    SpecError
        If it is neither.
    """
    if budget is None or (isinstance(budget, Real) and not isinstance(budget, bool)):
        return None if budget is None else float(budget)
    if isinstance(budget, tuple | list) and len(budget) == 3 and all(isinstance(each, Real) for each in budget):
        low, high, steps = budget
        if isinstance(steps, Integral):
            return float(low), float(high), int(steps)
    hint = "an amount, 20000; or budgets from, to and how many, (5000, 50000, 10)"
    raise SpecError(Problem(f"expected a budget, found {found_in(budget)}", hint=hint))
