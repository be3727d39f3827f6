"""netrial beside its peers, in one run: `make bench` writes `benchmarks/RESULTS.md` with this.

Every simulator runs in a process of its own (`peers/*_peer.py`) on the same ties and from the same beginners; netrial
and the peer take turns, run by run. A ratio is the median of the ratios of these pairs, and stands only where both say
the same of the law. What each row means, and how to run: `benchmarks/README.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import alone
from benchmarks.tables import RUNS, goal_text, median_ratio, power_text, seconds_text, table
from simulator import behaviour as behaviours
from simulator.streams import Draw
from simulator.ties import generated_layer

HERE = Path(__file__).parent
TOLERANCE = 0.005
"""What a share may be off, beyond noise, for a peer that steps in time; the step is chosen so that it is less."""

STANDARD_ERRORS = 4.0
BUDGET = 150.0
"""Seconds of a peer's runs after which no further run of a row begins."""


@dataclass(frozen=True, eq=False)
class Law:
    """What is simulated: the fields of a worker's `Work` that do not depend on the size."""

    name: str
    law: str
    rates: dict[str, float]
    observe: tuple[float, ...]
    start: float
    table: tuple[tuple[int, float], ...] = ()


OBESITY = Law(
    "SISa obesity: alone .02 a year, +.005 per obese contact, back .04; 14% at start; 30 years",
    "contagion",
    {"alone": 0.02, "contact": 0.005, "back": 0.04},
    (15.0, 30.0),
    0.14,
)
SIS = Law(
    "endemic SIS: .18 per contact, back 1; 14% at start; T = 8",
    "contagion",
    {"alone": 0.0, "contact": 0.18, "back": 1.0},
    (4.0, 8.0),
    0.14,
)
RESPONSE = Law(
    "response: join .5 × (0, .052, 1 at 0, 1, 2 members among contacts), forget .1 from 1 on; 1% at start; T = 30",
    "response",
    {"join": 0.5, "forget": 0.1},
    (15.0, 30.0),
    0.01,
    ((0, 0.0), (1, 0.052), (2, 1.0)),
)


@dataclass(frozen=True)
class Pairing:
    """One row: a law, a size, a peer, its step in time (0: exact), the ratio aimed at (0: none), seconds at most."""

    law: Law
    people: int
    peer: str
    step: float = 0.0
    goal: float = 0.0
    budget: float = BUDGET


PAIRINGS = (
    Pairing(OBESITY, 100_000, "eon", goal=800),
    Pairing(OBESITY, 100_000, "fastgemf", budget=100),
    Pairing(OBESITY, 100_000, "starsim", 1.0, 20),
    Pairing(OBESITY, 100_000, "epiworldpy", 0.5, 50),
    Pairing(OBESITY, 100_000, "ndlib", 1.0),
    Pairing(OBESITY, 100_000, "mesa", 1.0),
    Pairing(OBESITY, 1_000_000, "eon", goal=800, budget=600),
    Pairing(OBESITY, 1_000_000, "starsim", 1.0, 20),
    Pairing(OBESITY, 1_000_000, "epiworldpy", 0.5, 50),
    Pairing(SIS, 100_000, "eon", goal=250),
    Pairing(SIS, 100_000, "fastgemf", budget=100),
    Pairing(SIS, 100_000, "starsim", 0.02, 20),
    Pairing(SIS, 100_000, "epiworldpy", 0.05, 50),
    Pairing(SIS, 100_000, "ndlib", 0.02, budget=100),
    Pairing(SIS, 100_000, "mesa", 0.02),
    Pairing(SIS, 1_000_000, "eon", goal=250, budget=600),
    Pairing(SIS, 1_000_000, "starsim", 0.02, 20),
    Pairing(SIS, 1_000_000, "epiworldpy", 0.05, 50),
    Pairing(RESPONSE, 10_000, "eon", goal=10),
    Pairing(RESPONSE, 10_000, "ndlib", 0.0125, budget=100),
    Pairing(RESPONSE, 10_000, "mesa", 0.0125),
    Pairing(RESPONSE, 100_000, "starsim", 0.0125, 10),
    Pairing(RESPONSE, 1_000_000, "starsim", 0.0125, 10, budget=600),
)
STEPS = (
    Pairing(OBESITY, 100_000, "starsim", 3.0),
    Pairing(OBESITY, 100_000, "epiworldpy", 1.0),
    Pairing(SIS, 100_000, "starsim", 0.1),
    Pairing(SIS, 100_000, "starsim", 0.05),
    Pairing(SIS, 100_000, "epiworldpy", 0.1),
    Pairing(RESPONSE, 100_000, "starsim", 0.05),
    Pairing(RESPONSE, 100_000, "starsim", 0.025),
)
"""The same with longer steps: faster, and further off."""

PACKAGES = {
    "netrial": "netrial",
    "eon": "EoN",
    "fastgemf": "FastGEMF",
    "starsim": "starsim",
    "epiworldpy": "epiworldpy",
    "ndlib": "NDlib",
    "mesa": "Mesa agents",
}


@dataclass(frozen=True)
class Agreement:
    """Whether two simulators say the same: the widest difference of mean shares, and what was allowed there."""

    difference: float
    allowed: float
    holds: bool


def agreement(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]], people: int, tolerance: float):
    """Compare mean shares at each time of observation.

    Allowed is `STANDARD_ERRORS` standard errors of the difference, plus `tolerance`. The variance of a run is pooled
    over both, and never taken for less than that of people who are independent of each other.

    Parameters
    ----------
    ours, theirs : float[n_runs, n_times]
    people : int
    tolerance : float
        Share.

    Returns
    -------
    Agreement
        Of the time that fits worst.
    """
    a, b = np.atleast_2d(np.array(ours, float)), np.atleast_2d(np.array(theirs, float))
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    squares = ((a - mean_a) ** 2).sum(axis=0) + ((b - mean_b) ** 2).sum(axis=0)
    pooled = (len(a) * mean_a + len(b) * mean_b) / (len(a) + len(b))
    variance = np.maximum(squares / max(len(a) + len(b) - 2, 1), pooled * (1 - pooled) / people)
    allowed = STANDARD_ERRORS * np.sqrt(variance * (1 / len(a) + 1 / len(b))) + tolerance
    difference = np.abs(mean_a - mean_b)
    worst = int(np.argmax(difference - allowed))
    return Agreement(float(difference[worst]), float(allowed[worst]), bool((difference <= allowed).all()))


@dataclass
class Measured:
    """What a pairing gave; `problem` says why it gave nothing."""

    pairing: Pairing
    version: str = ""
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    our_shares: list[list[float]] = field(default_factory=list)
    their_shares: list[list[float]] = field(default_factory=list)
    built: float = 0.0
    problem: str = ""

    def agreement(self) -> Agreement:
        """Return whether both said the same."""
        tolerance = TOLERANCE if self.pairing.step else 0.0
        return agreement(self.our_shares, self.their_shares, self.pairing.people, tolerance)

    def row(self) -> list[str]:
        """Say it as a row of the table."""
        pairing = self.pairing
        first = [power_text(pairing.people), f"{PACKAGES[pairing.peer]} {self.version}".strip()]
        first.append(f"{pairing.step:g}" if pairing.step else "exact")
        if self.problem:
            return [*first, f"not measured: {self.problem}", "", "", "", "", ""]
        found = self.agreement()
        said = f"{'yes' if found.holds else '**no**'}: {100 * found.difference:.2f} of {100 * found.allowed:.2f}"
        ratio = median_ratio(self.theirs, self.ours)
        times = [seconds_text(self.theirs), seconds_text(self.ours)]
        if not found.holds:
            return [*first, *times, "–", "–", said, f"{self.built:.1f}"]
        return [*first, *times, f"**{ratio:.3g}**", goal_text(ratio, pairing.goal), said, f"{self.built:.1f}"]


HEAD = ("people", "peer", "step", "peer, s", "netrial, s", "ratio", "goal", "same law?", "peer's set-up, s")


class WorkerFailedError(Exception):
    """A worker ended or did not answer as it should; says why."""


class Worker:
    """A simulator in a process of its own, waiting to be told a seed."""

    def __init__(self, peer: str, python: str, work: Path) -> None:
        one = dict.fromkeys(("OMP", "OPENBLAS", "MKL", "NUMBA"), "1")
        environment = os.environ | {f"{name}_NUM_THREADS": count for name, count in one.items()}
        environment["STARSIM_INSTALL_FONTS"] = "0"
        if peer == "netrial":
            environment["PYTHONPATH"] = str(HERE.parent)
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the worker)
        self.process = subprocess.Popen(
            [python, str(HERE / "peers" / f"{peer}_peer.py"), str(work)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=environment,
        )
        self.ready = self._answer()

    def run(self, seed: int) -> tuple[float, list[float]]:
        """Simulate once; return the seconds and the shares."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()
        answer = self._answer()
        return answer["seconds"], answer["shares"]

    def close(self) -> None:
        """Let the process end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self.errors.close()

    def _answer(self) -> dict:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.errors.seek(0)
        said = self.errors.read().strip().splitlines()
        self.close()
        raise WorkerFailedError(said[-1] if said else f"it ended with code {self.process.returncode}")


@contextmanager
def working(*arguments) -> Iterator[Worker]:
    """Have a worker, and let it end whatever happens."""
    worker = Worker(*arguments)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.close()


def write_work(folder: Path, pairing: Pairing) -> Path:
    """Write what both are to simulate: ties of a small world with 10 contacts each, beginners, the law."""
    law, people = pairing.law, pairing.people
    drawn = Draw(1, "network", 0)
    ties = generated_layer("ties", "watts_strogatz", people, {"mean_degree": 10, "rewiring": 0.1}, drawn).ties
    start = Draw(1, "replicate", 0).order("initial", n=people)[: round(people * law.start)]
    np.save(folder / "ties.npy", ties)
    np.save(folder / "start.npy", start)
    work = {
        "law": law.law,
        "people": people,
        "rates": law.rates,
        "table": law.table,
        "observe": law.observe,
        "step": pairing.step,
        "ties": str(folder / "ties.npy"),
        "start": str(folder / "start.npy"),
    }
    path = folder / "work.json"
    path.write_text(json.dumps(work))
    return path


def measure(pairing: Pairing, bench_python: str, runs: int) -> Measured:
    """Let netrial and a peer take turns."""
    measured = Measured(pairing)
    if pairing.law.law == "response" and not hasattr(behaviours, "Response"):
        measured.problem = "this engine does not run the law `response`"
        return measured
    with tempfile.TemporaryDirectory() as folder:
        work = write_work(Path(folder), pairing)
        try:
            with working("netrial", sys.executable, work) as own, working(pairing.peer, bench_python, work) as peer:
                measured.version, measured.built = peer.ready["version"], peer.ready["built"]
                spent = 0.0
                for seed in range(1, runs + 1):
                    seconds, shares = own.run(seed)
                    measured.ours.append(seconds)
                    measured.our_shares.append(shares)
                    seconds, shares = peer.run(seed)
                    measured.theirs.append(seconds)
                    measured.their_shares.append(shares)
                    spent += seconds
                    if spent + seconds > pairing.budget:
                        break
        except WorkerFailedError as error:
            measured.problem = str(error)
    return measured


def machine() -> str:
    """Describe the machine and what netrial runs on."""
    from importlib.metadata import version

    model = platform.processor() or platform.machine()
    memory = ""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
        memory = f"{int(Path('/proc/meminfo').read_text().split()[1]) / 2**20:.0f} GiB of memory, "
    except OSError:
        pass
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    packages = ", ".join(f"{name} {version(name)}" for name in ("netrial", "numpy", "numba"))
    caches = ", ".join(cache_sizes())
    return (
        f"{model}, {cores} cores{f' ({caches})' if caches else ''}, {memory}{platform.system()} {platform.release()}, "
        f"{platform.python_implementation()} {platform.python_version()}, {packages}."
    )


def cache_sizes() -> list[str]:
    """Say the sizes of the first core's data caches, where the system tells them."""
    found = []
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        try:
            level, kind, size = ((index / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            found.append(f"L{level} {size}")
    return found


def side_by_side(measured: Sequence[Measured]) -> str:
    """Lay out rows against peers, one table per law."""
    text = ""
    for law in dict.fromkeys(one.pairing.law for one in measured if one):
        rows = [one.row() for one in measured if one.pairing.law is law]
        text += f"### {law.name}\n\n{table(HEAD, rows)}\n"
    return text


def large(people: int) -> str:
    """Run `benchmarks/large.py`, and say its wall time and its peak of memory."""
    script = HERE / "large.py"
    if not script.exists():
        return "Not measured: there is no `benchmarks/large.py`.\n"
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
        process = subprocess.Popen([sys.executable, str(script), str(people)], stdout=output, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read().strip()
    seconds, gib = time.perf_counter() - began, used.ru_maxrss / 2**20
    if process.returncode:
        return f"Not measured: `benchmarks/large.py` ended with code {process.returncode}.\n"
    head = ("people", "minutes in all", "goal", "peak of memory, GiB", "goal")
    row = [power_text(people), f"{seconds / 60:.2f}", goal_text(seconds / 60, 5, at_most=True)]
    row += [f"{gib:.2f}", goal_text(gib, 8, at_most=True)]
    return table(head, [row]) + f"\nIt says:\n\n```\n{said}\n```\n"


PAGE = """# netrial beside its peers

Written by `make bench`, in one run of {minutes:.0f} minutes on one machine: {machine}
How to run it, what a row means, the peers' licences, and what they do that netrial does not: [README.md](README.md).

A time is the median (and range) of at least {runs} runs of one simulation on one thread; where a run is long there are
fewer, and the row says how many. netrial and the peer took turns, run by run, on the same ties (a Watts–Strogatz small
world, 10 contacts each, one in ten ties rewired) and as many beginners. Building networks and agents, compiling and a
run to warm up are apart. A ratio is the median of the ratios of the pairs of runs, and is given only where both agree:
the mean shares at half time and at the end differ by no more than {errors:g} standard errors, plus, for a peer that
steps in time, {tolerance:.1%} of all people. `same law?` says the difference, in percentage
points, and what was allowed.

## Against peers

{peers}
## What a longer step would do

Peers that step in time are faster with longer steps, and further from the law. These are the same rows with longer
steps than above.

{steps}
## netrial alone

{alone}
## 100 million people

{large}"""


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench-python", default=".venv-bench/bin/python", help="interpreter that has the peers")
    parser.add_argument("--quick", action="store_true", help="10,000 people at most, 3 runs; prints, writes nothing")
    parser.add_argument("--large", action="store_true", help="also 100 million people")
    parser.add_argument("--peers", default="", help="only these peers, with commas (`none`: netrial alone)")
    parser.add_argument("--most", type=int, default=10**8, help="leave out rows of more people than this")
    parser.add_argument("--out", type=Path, help="where to write (default: benchmarks/RESULTS.md, --quick: nowhere)")
    given = parser.parse_args()
    began = time.perf_counter()
    runs, most = (3, 10_000) if given.quick else (RUNS, given.most)

    def measured(pairings: Sequence[Pairing]) -> list[Measured]:
        found, seen = [], set()
        for pairing in pairings:
            if given.quick:
                pairing = Pairing(pairing.law, min(pairing.people, most), pairing.peer, pairing.step, 0, 10)
            if pairing.people > most or pairing in seen or (given.peers and pairing.peer not in given.peers.split(",")):
                continue
            seen.add(pairing)
            one = measure(pairing, given.bench_python, runs)
            found.append(one)
            print(f"{time.perf_counter() - began:6.0f} s  {' | '.join(one.row())}", file=sys.stderr, flush=True)
        return found

    peers, steps = side_by_side(measured(PAIRINGS)), side_by_side(measured(STEPS))
    own = alone.tables(runs, most)
    hundred_million = large(100_000_000) if given.large else "Not measured in this run: `make bench ARGS=--large`.\n"
    page = PAGE.format(
        minutes=(time.perf_counter() - began) / 60,
        machine=machine(),
        runs=runs,
        errors=STANDARD_ERRORS,
        tolerance=TOLERANCE,
        peers=peers or "Left out of this run.\n",
        steps=steps or "Left out of this run.\n",
        alone=own,
        large=hundred_million,
    )
    out = given.out or (None if given.quick else HERE / "RESULTS.md")
    if out is None:
        print(page)
    else:
        out.write_text(page)
        print(out)


if __name__ == "__main__":
    main()
