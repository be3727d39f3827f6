"""What every peer's worker does: read the work, build, say ready, then run once for every seed on standard input.

A worker is started as ``python x_peer.py work.json``, prints JSON lines and nothing else:
first ``{"built": seconds, "version": text}``, then ``{"seconds": s, "shares": [...]}`` for each seed it is given.
Building (the package's own network and agents, compilation, a run to warm up) is apart from the seconds of a run.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

Run = Callable[[int], tuple[float, list[float]]]
"""From a seed to the seconds of one run and the shares at the times of `Work.observe`."""


@dataclass(frozen=True)
class Work:
    """What is to be simulated: a law, people, their ties, who begins.

    Parameters
    ----------
    law : {"contagion", "response"}
        ``contagion``: off to on at rate ``alone`` plus ``contact`` for every tie to somebody on; on to off at
        ``back``. ``response``: outside to member at ``join`` times a step function of the number of members among
        one's contacts (`table`: from each number on, this factor); outside to gone at ``forget`` where there is one.
    rates : mapping of str to float
    table : list of [count, factor]
        Ascending; empty for ``contagion``.
    ties : int32[n_ties, 2]
        Undirected, distinct.
    start : int64[k]
        Who is on, or a member, at time 0.
    observe : list of float
        Times, ascending; the last one is the end.
    step : float
        Step of peers that step in time; 0: none, exact in continuous time.
    """

    law: str
    people: int
    rates: dict[str, float]
    table: list[list[float]]
    ties: np.ndarray
    start: np.ndarray
    observe: list[float]
    step: float

    @property
    def end(self) -> float:
        """Time at which a run ends."""
        return self.observe[-1]

    def steps(self) -> list[int]:
        """Return the number of steps until each time of `observe`."""
        return [round(time / self.step) for time in self.observe]

    def chance(self, rate: float) -> float:
        """Return the chance that a clock of this rate rings within a step."""
        return float(-np.expm1(-rate * self.step))

    def factor(self, count: int) -> float:
        """Return the factor of `table` for this many members among one's contacts."""
        return [factor for first, factor in self.table if count >= first][-1]

    def factors(self) -> np.ndarray:
        """Return float64[k]: `factor` of 0, 1, … members, up to the last entry of the table."""
        return np.array([self.factor(count) for count in range(int(self.table[-1][0]) + 1)])


def read_work(path: str) -> Work:
    """Read what the driver wrote: ``work.json`` with ``ties.npy`` and ``start.npy``."""
    said = json.loads(Path(path).read_text())
    said["ties"] = np.load(said["ties"])
    said["start"] = np.load(said["start"])
    return Work(**said)


def at_times(times: np.ndarray, counts: np.ndarray, observe: list[float], people: int) -> list[float]:
    """Return the shares at `observe` from counts that hold from each of the ascending `times` on."""
    return [float(counts[np.searchsorted(times, time, side="right") - 1]) / people for time in observe]


def serve(package: str, prepare: Callable[[Work], Run]) -> None:
    """Build, warm up, and answer seeds until standard input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages print is no answer
    work = read_work(sys.argv[1])
    began = time.perf_counter()
    run = prepare(work)
    _say(answers, {"built": time.perf_counter() - began, "version": version(package)})
    for line in sys.stdin:
        seconds, shares = run(int(line))
        _say(answers, {"seconds": seconds, "shares": shares})


def _say(answers, what: dict) -> None:
    answers.write(json.dumps(what) + "\n")
    answers.flush()
