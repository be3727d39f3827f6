"""How long `netrial compare` takes: 20 strategies, 10,000 people, 100 replicates, the best tried again, and a report.

`python -m benchmarks.comparing [replicates]` prints the seconds of each part, on the wall and of the processor.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments.comparison.arms import line_up
from experiments.comparison.running import prepare, run_comparison
from experiments.comparison.strategies import choose
from experiments.report.page import write_report
from scenarios import build
from scenarios.loading import load

STRATEGIES = (
    *("opinion_leaders", "popular", "closeness", "betweenness", "eigenvector", "pagerank", "k_core", "bridges"),
    *("brokers", "leaders_per_group", "friends_of_random", "one_hop", "gossips", "volunteers", "random_people"),
    *("communities", "positions", "word_of_mouth", "matched_outreach", "buddies"),
)
BUDGET = 20_000.0
GOAL = 60.0
"""Seconds, on two cores."""


@contextmanager
def part(name: str) -> Iterator[None]:
    """Print what a part took."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    print(f"{name:<24}{time.perf_counter() - wall:>8.1f} s{time.process_time() - processor:>8.1f} s of the processor")


def main(replicates: int = 100) -> None:
    """Run the comparison in a temporary folder."""
    scenario = load("obesity").set("experiment.replicates", replicates)
    with part(f"all, goal {GOAL:g} s"), tempfile.TemporaryDirectory() as folder:
        with part("strategies and chains"):
            lined_up = line_up(scenario, choose(scenario, build.world_of(scenario, 0), STRATEGIES), BUDGET)
            prepared = prepare(lined_up, BUDGET)
        with part(f"{len(prepared.record.strategies)} strategies"):
            found = run_comparison(prepared, Path(folder) / "all", again=False)
        with part("the best again"):
            run_comparison(prepared, Path(folder) / "all")
        with part("report"):
            write_report(found.results)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
