"""A comparison, run: all strategies at one budget, and the best of them again on fresh replicates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.comparison.arms import LineUp, check_budget, too_dear
from experiments.comparison.ranking import Again, again_from, best_two, ranking
from experiments.comparison.record import Record, read_record, write_record
from experiments.comparison.strategies import LeftOut

if TYPE_CHECKING:
    import pandas as pd

    from experiments.design import Trial
    from experiments.execution import Progress
    from experiments.results import Results

AGAIN = "again"
"""Folder, inside that of a comparison, of replicates that try the best strategies again: one for each pair of them,
since more replicates may put others first."""


@dataclass(frozen=True)
class Comparison:
    """Strategies at equal cost, best first.

    Parameters
    ----------
    results : Results
        The control and one arm for each strategy; ``.effects``, ``.plot_forest()`` and the rest are its.
    record : Record
        What was compared, what was not, and what fresh replicates say of the best.
    """

    results: Results
    record: Record

    @property
    def budget(self) -> float:
        """What every strategy could spend."""
        return self.record.budget

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Strategies that could not be compared here, and why."""
        return self.record.left_out

    @property
    def again(self) -> Again | None:
        """The best strategy on fresh replicates."""
        return self.record.again

    def ranking(self) -> pd.DataFrame:
        """Return one row for each strategy, best first; see `experiments.comparison.ranking.ranking`."""
        return self._ranked.copy()

    @cached_property
    def _ranked(self) -> pd.DataFrame:
        return ranking(self.results, self.record.strategies)

    def __getattr__(self, name: str) -> Any:
        """Look up in the results what is not the comparison's own."""
        if name.startswith("_") or name == "results":
            raise AttributeError(name)
        return getattr(self.results, name)

    def __dir__(self) -> list[str]:  # what a notebook completes
        return sorted({*super().__dir__(), *(name for name in dir(self.results) if not name.startswith("_"))})

    def __repr__(self) -> str:
        from experiments.comparison.words import lines

        return "\n".join([*lines(self.results, self.record), "tables: .ranking() .results.effects .results.ledger"])


@dataclass(frozen=True)
class Prepared:
    """A comparison that can be run.

    Parameters
    ----------
    trial : Trial
    record : Record
    """

    trial: Trial
    record: Record


def prepare(lined_up: LineUp, budget: float) -> Prepared:
    """Make the trial that compares strategies at one budget.

    Raises
    ------
    SpecError
        If the budget buys nobody under any strategy.
    """
    from experiments.design import design
    from experiments.wording import money

    check_budget(lined_up, budget)
    dear = too_dear(lined_up, budget)
    able = tuple(each for each in lined_up.strategies if each.name not in dear)
    poor = [
        LeftOut(each.name, each.kind, f"it buys nobody: {dear[each.name]}")
        for each in lined_up.strategies
        if each.name in dear
    ]
    made = lined_up.scenario_at({each.name: budget for each in able})
    made = made.set("title", f"{made.title}: strategies for {money(budget)} {made.spec.study.currency or ''} each")
    return Prepared(design(made), Record(budget, able, (*lined_up.left_out, *poor)))


def run_comparison(
    prepared: Prepared,
    folder: Path,
    *,
    jobs: int | None = None,
    progress: Progress | None = None,
    again: bool = True,
) -> Comparison:
    """Run a comparison into a results folder, and the best strategy again into one inside it.

    Parameters
    ----------
    prepared : Prepared
    folder : Path
    jobs : int, optional
    progress : callable, optional
        As for `experiments.execution.run`; of the comparison, not of the fresh replicates.
    again : bool
        Whether the best is tried again.

    Returns
    -------
    Comparison
    """
    from experiments.execution import run_trial

    results = run_trial(prepared.trial, folder, jobs=jobs, progress=progress)
    known = read_record(results)
    record = replace(prepared.record, again=known.again if known is not None and again else None)
    if again and record.again is None and results.manifest["completed"]:
        record = replace(record, again=_try_again(prepared, results, jobs))
    write_record(results, record)
    return Comparison(results, record)


def _try_again(prepared: Prepared, results: Results, jobs: int | None) -> Again:
    """Run the best strategy, the next best and the control for twice as many replicates; read the second half."""
    from experiments.design import design
    from experiments.execution import identity_of, run_trial

    trial = prepared.trial
    first, second = best_two(ranking(results, prepared.record.strategies), trial.control)
    n = trial.scenario.spec.experiment.replicates
    longer = design(trial.scenario.set("experiment.replicates", 2 * n), [first, second]).sharing_towns(trial)
    folder = results.folder / AGAIN / identity_of(longer).hash
    return again_from(run_trial(longer, folder, jobs=jobs), first, second, n)
