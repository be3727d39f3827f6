"""What shaking a trial will take: how many changes, how many replicates of arms, about how long."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.execution import identity_of
from experiments.forecast import Forecast, in_time
from experiments.replicate import run_outcomes
from experiments.shake.changes import changes_of, parts_of
from experiments.shake.words import not_tried
from experiments.store import stored
from experiments.wording import plural

if TYPE_CHECKING:
    from experiments.design import Trial

LONG = 1.0
"""Seconds that a replicate takes, from which on it is not run again to be timed."""


@dataclass(frozen=True)
class Foretold:
    """What shaking will take.

    Parameters
    ----------
    numbers : int
        Numbers that are halved or doubled.
    changes : int
    run : int
        Changes that are run; the others are of costs, which move nobody.
    there, missing : int
        Replicates of changes that are stored, and that would run.
    runs : int
        Arms that would be run in those that are missing: a change of an intervention moves only the arms that use it.
    not_tried : tuple of str
        What is not tried, and why.
    seconds : float, optional
        About how long that takes; None: nobody knows.
    """

    numbers: int
    changes: int
    run: int
    there: int
    missing: int
    runs: int
    not_tried: tuple[str, ...]
    seconds: float | None = None

    def timed(self, seconds_a_run: float | None, threads: int) -> Foretold:
        """Return it with how long it takes, given how long one arm of one replicate takes on one thread."""
        seconds = None if seconds_a_run is None else self.runs * seconds_a_run / threads
        return replace(self, seconds=seconds)

    @property
    def said(self) -> str:
        """The same in a sentence."""
        which = f"{plural(self.numbers, 'number')} to halve and double: {plural(self.changes, 'change')}"
        if self.changes > self.run:
            which += f", {self.changes - self.run} of them of costs, for which nothing is run"
        if not self.missing:
            return f"{which}; all {self.there:,} replicates are there" if self.there else which
        there = f"; {self.there:,} of {self.there + self.missing:,} replicates are there" if self.there else ""
        took = "" if self.seconds is None else f", about {in_time(self.seconds)}"
        return f"{which}{there}; {plural(self.runs, 'run')} of an arm to do{took}"

    def lines(self) -> list[str]:
        """Return the sentence, and what is not tried."""
        return [f"shaken: {self.said}", *(f"not tried: {line}" for line in self.not_tried)]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**vars(self), "not_tried": list(self.not_tried), "said": self.said}


def foretold(trial: Trial, folder: Path) -> Foretold:
    """Foretell what shaking a trial takes; nothing is written.

    Parameters
    ----------
    trial : Trial
    folder : Path
        Its results folder, which need not be there.
    """
    changes = changes_of(trial)
    replicates = range(trial.scenario.spec.experiment.replicates)
    stored(folder, identity_of(trial))  # refuses a foreign folder
    run = [change for change in changes if change.runs]
    missing = {
        change.name: len(set(replicates) - set(parts_of(change, folder, trial.control).numbers())) for change in run
    }
    arms = {change.name: len({*change.arms, trial.control}) for change in run}
    runs = sum(missing[name] * arms[name] for name in missing)
    tried = [change for change in changes if change.scenario is not None]
    return Foretold(
        numbers=len({change.number for change in tried}),
        changes=len(tried),
        run=len(run),
        there=len(run) * len(replicates) - sum(missing.values()),
        missing=sum(missing.values()),
        runs=runs,
        not_tried=tuple(not_tried((change.of.what, change.change, change.reason) for change in changes)),
    )


def seconds_expected(foreseen: Forecast | None) -> float | None:
    """Return how long one arm of one replicate takes, on average, by a plan's pilot; None: there was none."""
    if foreseen is None:
        return None
    return foreseen.seconds_a_ring * sum(foreseen.arms.values()) / len(foreseen.arms)


def seconds_measured(trial: Trial) -> float:
    """Return how long one arm of one replicate takes, on average: the first replicate is run, again if that was quick.

    The first time it also pays for what replicates share, such as ranks of people that depend on the network alone.
    """
    took = 0.0
    for _ in range(2):
        began = time.perf_counter()
        run_outcomes(trial, 0)
        took = time.perf_counter() - began
        if took > LONG:
            break
    return took / len(trial.arms)
